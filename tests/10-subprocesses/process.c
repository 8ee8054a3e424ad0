/* Starting processes: what they are given, and what their three descriptors are. */
#include "programs.h"

#include <sys/resource.h>

static struct eddy_process process;

static int start(const char *const *argv, int in, int out, int err)
{
    return eddy_process_start(
        &process, &loop, &(struct eddy_program){.argv = argv, .in = in, .out = out, .err = err});
}

/* The program that tells of itself, and how `program` wants it. */
static int start_telling(struct eddy_program *program)
{
    const char *argv[] = {here, "tell", told_path, NULL};

    open_told();
    program->argv = argv;
    return eddy_process_start(&process, &loop, program);
}

static void end_telling(void)
{
    CHECK_CODE(wait_for(&process), 0);
    CHECK_INT(process.code, 0);
    eddy_process_close(&process);
    read_told();
}

/* All that it writes to `pump`, as text. */
static const char *text_of(struct eddy_pump *pump)
{
    static char text[4096];

    CHECK_CODE(run(eddy_reader_readall(&pump->reader, sizeof text - 1)), 0);
    snprintf(text, sizeof text, "%.*s", (int)pump->reader.size, pump->reader.data);
    return text;
}

/* ---- It cannot be started ------------------------------------------------------------------------------- */

static void failing(void)
{
    CASE("a program that is not there is the error of the start, and nothing is left of it") {
        const char *argv[] = {"no-such-program", NULL}, *path[] = {"/no/such/program", NULL};
        open_loop();
        CHECK_CODE(start(argv, EDDY_PIPE, EDDY_PIPE, EDDY_PIPE), -ENOENT);
        CHECK_CODE(start(path, EDDY_PIPE, EDDY_PIPE, EDDY_PIPE), -ENOENT);
        CHECK_CODE(start((const char *[]){"/dev/null", NULL}, EDDY_PIPE, EDDY_NULL, EDDY_STDOUT),
                   -EACCES);
        CHECK(nothing_to_wait_for());
        CHECK(is_default(SIGCHLD));
        CHECK(process.loop == NULL && process.in == -1);
        eddy_process_close(&process);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        close_loop();
    }

    CASE("a struct that has failed can be used again at once, and one that is open cannot") {
        const char *argv[] = {"true", NULL};
        open_loop();
        CHECK_CODE(start((const char *[]){"no-such-program", NULL}, 0, 0, 0), -ENOENT);
        CHECK_CODE(start(argv, 0, 0, 0), 0);
        CHECK_CODE(start(argv, 0, 0, 0), EDDY_EQUEUED);
        CHECK_CODE(wait_for(&process), 0);
        CHECK_CODE(start(argv, 0, 0, 0), EDDY_EQUEUED);
        eddy_process_close(&process);
        CHECK_CODE(start(argv, 0, 0, 0), 0);
        eddy_process_close(&process);
        close_loop();
        CHECK_CODE(start(argv, 0, 0, 0), EDDY_ECLOSED);
    }

    CASE("no arguments, and descriptors that are none of the kinds, are invalid") {
        const char *argv[] = {"true", NULL};
        open_loop();
        CHECK_CODE(start(NULL, 0, 0, 0), -EINVAL);
        CHECK_CODE(start(argv + 1, 0, 0, 0), -EINVAL);
        CHECK_CODE(start(argv, EDDY_STDOUT, 0, 0), -EINVAL);
        CHECK_CODE(start(argv, 0, EDDY_STDOUT, 0), -EINVAL);
        CHECK_CODE(start(argv, EDDY_PIPE, EDDY_PIPE, EDDY_FD(-1)), -EINVAL);
        for (int err = -1; err > -200; err--)
            CHECK_CODE(start(argv, EDDY_NULL, EDDY_NULL, EDDY_FD(err)), -EINVAL);
        CHECK_CODE(start(argv, EDDY_FD(EDDY_ECLOSED), 0, 0), -EINVAL);
        CHECK_CODE(start(argv, EDDY_PIPE, EDDY_PIPE, -1), -EINVAL);
        CHECK_CODE(start(argv, EDDY_PIPE, EDDY_PIPE, EDDY_FD(999)), -EBADF);
        CHECK_CODE(eddy_process_start_shell(&process, &loop, NULL, NULL), -EINVAL);
        CHECK(nothing_to_wait_for());
        close_loop();
    }

    CASE("a directory that is none is the error of the start") {
        struct eddy_program program = {.cwd = "/no/such/directory"};
        open_loop();
        CHECK_CODE(start_telling(&program), -ENOENT);
        program.cwd = "/dev/null";
        unlink(told_path);
        CHECK_CODE(start_telling(&program), -ENOTDIR);
        unlink(told_path);
        close_loop();
    }

    CASE("a program without descriptors for pipes starts none, and keeps none") {
        struct rlimit limit, low = {.rlim_cur = 0};
        const char *argv[] = {"true", NULL};
        open_loop();
        CHECK_CODE(start(argv, 0, 0, 0), 0); /* what the signals need is open */
        eddy_process_close(&process);
        low.rlim_cur = (rlim_t)fcntl(0, F_DUPFD, 3) + 1;
        close((int)low.rlim_cur - 1);
        CHECK_OK(getrlimit(RLIMIT_NOFILE, &limit));
        low.rlim_max = limit.rlim_max;
        CHECK_OK(setrlimit(RLIMIT_NOFILE, &low));
        CHECK_CODE(start(argv, EDDY_PIPE, 0, 0), -EMFILE);
        CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
        CHECK(nothing_to_wait_for());
        close_loop();
    }
}

/* ---- What it is given ------------------------------------------------------------------------------------ */

static void giving(void)
{
    CASE("a process has descriptors 0, 1 and 2, and none of another one's pipes") {
        struct eddy_process other = {.loop = NULL};
        struct eddy_program program = {.out = EDDY_PIPE};
        int leak = fcntl(0, F_DUPFD, 50); /* the program's own, without close-on-exec */
        open_loop();
        CHECK_CODE(eddy_process_start(&other, &loop,
                                      &(struct eddy_program){.argv = (const char *[]){"cat", NULL},
                                                             .in = EDDY_PIPE,
                                                             .out = EDDY_PIPE}),
                   0);
        CHECK_CODE(start_telling(&program), 0);
        CAUSE("the second process holds the first one's stdin open, whose end never comes");
        eddy_process_close_in(&other);
        CHECK_CODE(wait_for(&other), 0);
        end_telling();
        CHECK(!has_told_of("also"));
        eddy_process_close(&other);
        close(leak);
        close_loop();
    }

    CASE("its pipes block, as programs expect of their descriptors, and ours do not") {
        struct eddy_program program = {.in = EDDY_PIPE, .out = EDDY_PIPE, .err = EDDY_PIPE};
        open_loop();
        CHECK_CODE(start_telling(&program), 0);
        CHECK(fcntl(process.in, F_GETFL) & O_NONBLOCK);
        CHECK(fcntl(process.in, F_GETFD) & FD_CLOEXEC);
        end_telling();
        CHECK(strstr(told, "nonblocking") == NULL);
        close_loop();
    }

    CASE("the environment is ours, one that is given, or an empty one") {
        const char *one[] = {"COLOUR=blue", NULL}, *none[] = {NULL};
        struct eddy_program program = {.argv = NULL};
        open_loop();
        CHECK_OK(setenv("EDDY_WEATHER", "rain", 1));
        CHECK_CODE(start_telling(&program), 0);
        end_telling();
        CHECK(has_told("variable [EDDY_WEATHER=rain]"));
        program.env = one;
        CHECK_CODE(start_telling(&program), 0);
        end_telling();
        CHECK(has_told("variable [COLOUR=blue]") && !has_told("variable [EDDY_WEATHER=rain]"));
        program.env = none;
        CHECK_CODE(start_telling(&program), 0);
        end_telling();
        CHECK(!has_told_of("variable"));
        close_loop();
    }

    CASE("it is looked for in its own PATH, if it is given one, and file is what is executed") {
        const char *argv[] = {"sh", "-c", "exit 7", NULL}, *nowhere[] = {"PATH=/no/such", NULL};
        const char *named[] = {"another name", "-c", "echo $0", NULL};
        struct eddy_program program = {.argv = argv, .env = nowhere};
        open_loop();
        CHECK_CODE(eddy_process_start(&process, &loop, &program), -ENOENT);
        CHECK_OK(setenv("PATH", "/no/such", 1));
        program.env = NULL;
        CHECK_CODE(eddy_process_start(&process, &loop, &program), -ENOENT);
        program.env = (const char *[]){"COLOUR=blue", NULL}; /* no PATH: the usual one */
        CHECK_CODE(eddy_process_start(&process, &loop, &program), 0);
        eddy_process_close(&process);
        program.env = (const char *[]){"PATH=/no/such:/bin", NULL};
        CHECK_CODE(eddy_process_start(&process, &loop, &program), 0);
        CHECK_CODE(wait_for(&process), 0);
        CHECK_INT(process.code, 7);
        eddy_process_close(&process);
        program = (struct eddy_program){.argv = named, .file = "/bin/sh", .out = EDDY_PIPE};
        CHECK_CODE(eddy_process_start(&process, &loop, &program), 0);
        CHECK_TEXT(text_of(&process.out), "another name\n");
        eddy_process_close(&process);
        close_loop();
    }

    CASE("its directory, and a group of its own, are as it was asked for") {
        struct eddy_program program = {.cwd = "/", .own_group = true};
        open_loop();
        CHECK_CODE(start_telling(&program), 0);
        end_telling();
        CHECK(has_told("directory /") && has_told("leader yes"));
        close_loop();
    }

    CASE("no argument means anything to a shell, and the shell's own form is a line of it") {
        const char *argv[] = {"printf", "%s|", "a b", "$(id)", "; exit 3",
                              "'",      "",    "-n",  "x\ny",  NULL};
        open_loop();
        CHECK_CODE(start(argv, 0, EDDY_PIPE, 0), 0);
        CHECK_TEXT(text_of(&process.out), "a b|$(id)|; exit 3|'||-n|x\ny|");
        eddy_process_close(&process);
        CHECK_CODE(start_line(&process, "echo $((2 + 3)); exit 3", 0, EDDY_PIPE, 0), 0);
        CHECK_TEXT(text_of(&process.out), "5\n");
        CHECK_CODE(wait_for(&process), 0);
        CHECK_INT(process.code, 3);
        eddy_process_close(&process);
        CHECK_CODE(start_line(&process, "-s 2>/dev/null; exit 3", EDDY_NULL, 0, 0), 0);
        CAUSE("a line that begins with - was taken for an option of the shell");
        CHECK_CODE(wait_for(&process), 0);
        CHECK_INT(process.code, 3);
        eddy_process_close(&process);
        close_loop();
    }
}

/* ---- Its three descriptors ------------------------------------------------------------------------------- */

/* The loop, and what it opens for signals when the first process starts. */
static void open_all(void)
{
    open_loop();
    CHECK_CODE(start((const char *[]){"true", NULL}, 0, 0, 0), 0);
    eddy_process_close(&process);
}

/* Starts it, while those of 0, 1 and 2 are closed that the bits of `closed` say. */
static int start_without(int closed, struct eddy_program *program)
{
    int kept[3], err;

    for (int fd = 0; fd < 3; fd++)
        kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    for (int fd = 0; fd < 3; fd++)
        if (closed & 1 << fd)
            close(fd);
    err = start_telling(program);
    for (int fd = 0; fd < 3; fd++) {
        dup2(kept[fd], fd);
        close(kept[fd]);
    }
    return err;
}

static char null_names[3][64]; /* /dev/null as each of the three */

/* What descriptor `i` of the program should be; NULL: anything that is open. */
static const char *expected_fd(int i, int kind, int closed, const char *const inherited[3])
{
    if (kind != EDDY_INHERIT)
        return kind == EDDY_NULL ? null_names[i] : NULL;
    return closed & 1 << i ? "-" : inherited[i];
}

static void note_null(void)
{
    for (int i = 0; i < 3; i++) {
        int fd = open("/dev/null", i == 0 ? O_RDONLY : O_WRONLY);
        name_of_fd(fd, null_names[i], sizeof null_names[i]);
        close(fd);
    }
}

static bool tells_fd(int i, const char *what)
{
    char line[128];

    snprintf(line, sizeof line, "fd%d %s", i, what);
    return has_told(line);
}

static void combining(void)
{
    CASE("pipes, /dev/null and our own, with 0, 1 and 2 closed here in all ways") {
        static const int kinds[] = {EDDY_INHERIT, EDDY_PIPE, EDDY_NULL};
        char names[3][64];
        const char *const inherited[3] = {names[0], names[1], names[2]};
        open_all();
        for (int i = 0; i < 3; i++)
            name_of_fd(i, names[i], sizeof names[i]);
        note_null();
        for (int closed = 0; closed < 8; closed++)
            for (int k = 0; k < 27; k++) {
                struct eddy_program program = {
                    .in = kinds[k % 3], .out = kinds[k / 3 % 3], .err = kinds[k / 9]};
                const int its[3] = {program.in, program.out, program.err};
                DID("in %d, out %d, err %d, and closed were the bits of %d", its[0], its[1], its[2],
                    closed);
                CHECK_CODE(start_without(closed, &program), 0);
                CHECK((process.in >= 0) == (program.in == EDDY_PIPE));
                CHECK(process.in < 0 || process.in > 2);
                end_telling();
                CHECK(!has_told_of("also"));
                for (int i = 0; i < 3; i++) {
                    const char *want = expected_fd(i, its[i], closed, inherited);
                    CHECK(want ? tells_fd(i, want) : !tells_fd(i, "-"));
                }
            }
        close_loop();
    }

    CASE("stderr where stdout goes, whatever that is: a pipe, /dev/null, a file, our own") {
        int file = open("/dev/zero", O_WRONLY), kinds[] = {EDDY_INHERIT, EDDY_PIPE, EDDY_NULL, 0};
        char out[96];
        open_all();
        kinds[3] = EDDY_FD(file);
        for (int closed = 0; closed < 8; closed++)
            for (int k = 0; k < 4; k++) {
                struct eddy_program program = {
                    .in = EDDY_PIPE, .out = kinds[k], .err = EDDY_STDOUT};
                DID("out is %d, and closed were the bits of %d", kinds[k], closed);
                CAUSE("the pipe of its stdin has our number 1, and counts as our stdout");
                if (kinds[k] == EDDY_INHERIT && closed & 2) {
                    CHECK_CODE(start_without(closed, &program), -EBADF);
                    unlink(told_path);
                    continue;
                }
                CHECK_CODE(start_without(closed, &program), 0);
                end_telling();
                snprintf(out, sizeof out, "%.90s", strstr(told, "fd1 ") + 4);
                *strchr(out, '\n') = '\0';
                CHECK(tells_fd(2, out));
            }
        close(file);
        close_loop();
    }

    CASE("stdout and stderr exchanged, and a file's descriptor twice") {
        char first[64], second[64];
        struct eddy_program program = {.out = EDDY_FD(2), .err = EDDY_FD(1)};
        int files[2] = {open("/dev/null", O_RDWR), open("/dev/zero", O_WRONLY)};
        int kept[2] = {fcntl(1, F_DUPFD_CLOEXEC, 100), fcntl(2, F_DUPFD_CLOEXEC, 100)};
        open_all();
        dup2(files[0], 1);
        dup2(files[1], 2);
        name_of_fd(1, first, sizeof first);
        name_of_fd(2, second, sizeof second);
        CHECK_CODE(start_telling(&program), 0);
        end_telling();
        dup2(kept[0], 1);
        dup2(kept[1], 2);
        CHECK(tells_fd(1, second) && tells_fd(2, first));
        program = (struct eddy_program){
            .in = EDDY_FD(files[0]), .out = EDDY_FD(files[0]), .err = EDDY_FD(files[0])};
        CHECK_CODE(start_telling(&program), 0);
        end_telling();
        CHECK(tells_fd(0, first) && tells_fd(1, first) && tells_fd(2, first));
        CHECK(fcntl(files[0], F_GETFD) >= 0);
        for (int i = 0; i < 2; i++) {
            close(kept[i]);
            close(files[i]);
        }
        close_loop();
    }

    CASE("stdout and stderr each have a pipe of their own, and a common one keeps the order") {
        open_all();
        CHECK_CODE(start_line(&process, "echo a; echo b >&2", 0, EDDY_PIPE, EDDY_PIPE), 0);
        CHECK_TEXT(text_of(&process.out), "a\n");
        CHECK_TEXT(text_of(&process.err), "b\n");
        eddy_process_close(&process);
        CHECK_CODE(start_line(&process, "echo a; echo b >&2; echo c", 0, EDDY_PIPE, EDDY_STDOUT),
                   0);
        CHECK_TEXT(text_of(&process.out), "a\nb\nc\n");
        eddy_process_close(&process);
        close_loop();
    }
}

TESTS_AND_PROGRAM
{
    failing();
    giving();
    combining();
}
