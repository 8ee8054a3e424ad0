/* A program in a new process: by the build's own way, and by fork and exec, which must do the same. */
#include "programs.h"

#include "../../lib/10-subprocesses/program.h" /* tests/support has a program.h, too */
#include "faults.h"

#include <pthread.h>

static pid_t (*const ways[])(const struct eddy_launch *launch) = {eddy_program_start,
                                                                  eddy_program_fork};
enum { WAYS = 2, THREADS = 4, SPAWNS = 25 };

/* Tells of itself. `arguments` begins with four places for what is put there. */
static struct eddy_launch telling(const char **arguments)
{
    open_told();
    arguments[0] = here;
    arguments[1] = "tell";
    arguments[2] = told_path;
    return (struct eddy_launch){.path = here,
                                .arguments = (char *const *)arguments,
                                .environment = environ,
                                .fds = {-1, -1, -1}};
}

static int status_of(pid_t pid)
{
    int status;

    CHECK_OK(pid);
    WAITING("process %ld to end", (long)pid);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    return status;
}

/* Starts it, and reads what it has told. */
static void start_and_read(int way, const struct eddy_launch *launch)
{
    DID("started a program by %s", way ? "fork and exec" : "the build's own way");
    CHECK_INT(status_of(ways[way](launch)), 0);
    read_told();
}

/* ---- Errors -------------------------------------------------------------------------------------------- */

static void check_error(const struct eddy_launch *launch, int want)
{
    for (int way = 0; way < WAYS; way++) {
        DID("started %s by %s", launch->path, way ? "fork and exec" : "the build's own way");
        CHECK_CODE(ways[way](launch), want);
        CHECK(nothing_to_wait_for());
    }
}

static void make_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    CHECK(file != NULL);
    fputs(text, file);
    CHECK_OK(fclose(file));
    CHECK_OK(chmod(path, mode));
}

static char room[64];

static const char *in_room(const char *name)
{
    static char paths[4][128];
    static int turn;

    turn = (turn + 1) % 4;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", room, name);
    return paths[turn];
}

static void open_room(void)
{
    snprintf(room, sizeof room, "/tmp/eddy-room-XXXXXX");
    CHECK(mkdtemp(room) != NULL);
    make_file(in_room("plain"), "#!/bin/sh\n", 0644);
    make_file(in_room("noise"), "\1\2\3 no program\n", 0755);
    CHECK_OK(mkdir(in_room("folder"), 0755));
}

static void close_room(void)
{
    unlink(in_room("plain"));
    unlink(in_room("noise"));
    rmdir(in_room("folder"));
    CHECK_OK(rmdir(room));
}

static void failing(void)
{
    CASE("what cannot be executed is the true error of exec, and leaves no process") {
        const char *arguments[] = {"x", NULL};
        struct eddy_launch launch = {
            .arguments = (char *const *)arguments, .environment = environ, .fds = {-1, -1, -1}};
        open_room();
        launch.path = "/no/such/program";
        check_error(&launch, -ENOENT);
        launch.path = in_room("plain");
        check_error(&launch, -EACCES);
        launch.path = in_room("folder");
        check_error(&launch, -EACCES);
        launch.path = in_room("noise");
        check_error(&launch, -ENOEXEC);
        launch.path = "/dev/null/x";
        check_error(&launch, -ENOTDIR);
        close_room();
    }

    CASE("a directory that is none, and an argument that is too long, are told as they are") {
        const char *arguments[] = {"true", NULL, NULL};
        struct eddy_launch launch = {.path = "/bin/sh",
                                     .arguments = (char *const *)arguments,
                                     .environment = environ,
                                     .fds = {-1, -1, -1}};
        char *huge = malloc(4 << 20);
        launch.directory = "/no/such/directory";
        check_error(&launch, -ENOENT);
        launch.directory = "/dev/null";
        check_error(&launch, -ENOTDIR);
        launch.directory = NULL;
        CHECK(huge != NULL);
        memset(huge, 'x', (4 << 20) - 1);
        huge[(4 << 20) - 1] = '\0';
        arguments[1] = huge;
        check_error(&launch, -E2BIG);
        free(huge);
    }

    CASE("each step of the new process that fails is told, and the process has gone") {
        static const struct {
            const char *plan;
            int want;
        } steps[] = {{"dup2@1=EMFILE", -EMFILE},  {"setpgid@1=EPERM", -EPERM},
                     {"chdir@1=ENOMEM", -ENOMEM}, {"execve@1=ENOEXEC", -ENOEXEC},
                     {"fork@1=EAGAIN", -EAGAIN},  {"read@1=EIO", -EIO},
                     {"pipe@1=EMFILE", -EMFILE}};
        const char *arguments[] = {"sh", "-c", "exit 0", NULL};
        struct eddy_launch launch = {.path = "/bin/sh",
                                     .arguments = (char *const *)arguments,
                                     .environment = environ,
                                     .directory = "/",
                                     .fds = {-1, -1, open("/dev/null", O_WRONLY)},
                                     .own_group = true};
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            DID("EDDY_FAULTS=%s", steps[i].plan);
            faults_plan(steps[i].plan);
            CHECK_CODE(eddy_program_fork(&launch), steps[i].want);
            faults_plan("");
            CHECK(nothing_to_wait_for());
        }
        close(launch.fds[2]);
    }

    CASE("the error of exec is told also if 0, 1 or 2 are closed here") {
        const char *arguments[] = {"x", NULL};
        struct eddy_launch launch = {.path = "/no/such/program",
                                     .arguments = (char *const *)arguments,
                                     .environment = environ};
        int kept[3], codes[WAYS];
        for (int closed = 0; closed < 8; closed++) {
            for (int fd = 0; fd < 3; fd++)
                kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
            launch.fds[0] = launch.fds[1] = launch.fds[2] = fcntl(1, F_DUPFD_CLOEXEC, 10);
            for (int fd = 0; fd < 3; fd++)
                if (closed & 1 << fd)
                    close(fd);
            for (int way = 0; way < WAYS; way++)
                codes[way] = ways[way](&launch);
            for (int fd = 0; fd < 3; fd++) {
                dup2(kept[fd], fd);
                close(kept[fd]);
            }
            close(launch.fds[0]);
            DID("closed 0, 1 and 2 as the bits of %d say, and started what is not there", closed);
            CAUSE("the pipe for the error has one of these numbers, and dup2() has overwritten it");
            for (int way = 0; way < WAYS; way++)
                CHECK_CODE(codes[way], -ENOENT);
            CHECK(nothing_to_wait_for());
        }
    }
}

/* ---- What it gets ---------------------------------------------------------------------------------------- */

static void giving(void)
{
    CASE("a program has descriptors 0, 1 and 2, and no other, whatever is open here") {
        for (int way = 0; way < WAYS; way++) {
            const char *arguments[4] = {NULL};
            char name[64], want[80];
            struct eddy_launch launch = telling(arguments);
            int open_here[3] = {fcntl(0, F_DUPFD, 10), fcntl(0, F_DUPFD, 77),
                                fcntl(0, F_DUPFD, 1000)};
            launch.fds[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
            snprintf(want, sizeof want, "fd1 %s", name_of_fd(launch.fds[1], name, sizeof name));
            start_and_read(way, &launch);
            CHECK(!has_told_of("also"));
            CHECK(has_told(want));
            snprintf(want, sizeof want, "fd2 %s", name_of_fd(2, name, sizeof name));
            CHECK(has_told(want));
            close(launch.fds[1]);
            for (int i = 0; i < 3; i++)
                close(open_here[i]);
        }
    }

    CASE("no signal is ignored or blocked in a program, though all are here") {
        for (int way = 0; way < WAYS; way++) {
            const char *arguments[4] = {NULL};
            struct eddy_launch launch = telling(arguments);
            sigset_t all, before;
            signal(SIGPIPE, SIG_IGN);
            signal(SIGINT, SIG_IGN);
            signal(SIGRTMAX, SIG_IGN);
            sigfillset(&all);
            CHECK_OK(sigprocmask(SIG_SETMASK, &all, &before));
            start_and_read(way, &launch);
            CHECK_OK(sigprocmask(SIG_SETMASK, &before, NULL));
            CHECK(!has_told_of("ignored"));
            CHECK(!has_told_of("blocked"));
        }
    }

    CASE("signals are here as they were, whether the program runs or cannot") {
        for (int way = 0; way < WAYS; way++) {
            const char *arguments[4] = {NULL};
            struct eddy_launch launch = telling(arguments), none = launch;
            sigset_t now;
            signal(SIGUSR2, SIG_IGN);
            start_and_read(way, &launch);
            none.path = "/no/such/program";
            CHECK_CODE(ways[way](&none), -ENOENT);
            CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &now));
            CHECK_INT(sigismember(&now, SIGUSR1), 0);
            CHECK(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
        }
    }

    CASE("arguments and environment are bytes, and mean nothing but themselves") {
        for (int way = 0; way < WAYS; way++) {
            const char *arguments[] = {NULL,         NULL,       NULL,   "a b", "\"q\" 'q'",
                                       "; exit 3",   "$(id)",    "`id`", "-rf", "",
                                       "two\nlines", "*?\\\xff", NULL};
            const char *variables[] = {"A=$(id)", "B=", NULL};
            struct eddy_launch launch = telling(arguments);
            launch.environment = (char *const *)variables;
            start_and_read(way, &launch);
            CHECK(strstr(told, "argument [a b]\nargument [\"q\" 'q']\nargument [; exit 3]\n"
                               "argument [$(id)]\nargument [`id`]\nargument [-rf]\nargument []\n"
                               "argument [two\nlines]\nargument [*?\\\xff]\n"
                               "variable [A=$(id)]\nvariable [B=]\n"));
        }
    }

    CASE("its directory, and a process group of its own, are what was asked for") {
        for (int way = 0; way < WAYS; way++) {
            const char *first[4] = {NULL}, *second[4] = {NULL};
            struct eddy_launch launch = telling(first);
            launch.directory = "/";
            launch.own_group = true;
            start_and_read(way, &launch);
            CHECK(has_told("directory /"));
            CHECK(has_told("leader yes"));
            launch = telling(second);
            start_and_read(way, &launch);
            CHECK(!has_told("directory /"));
            CHECK(has_told("leader no"));
        }
    }

    CASE("a descriptor that has been made to block does so, and no other is touched") {
        int fds[2];
        CHECK_OK(pipe(fds));
        CHECK_OK(fcntl(fds[0], F_SETFL, O_NONBLOCK));
        CHECK_OK(fcntl(fds[1], F_SETFL, O_NONBLOCK));
        CHECK_CODE(eddy_program_blocking(fds[0]), 0);
        CHECK_INT(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
        CHECK(fcntl(fds[1], F_GETFL) & O_NONBLOCK);
        close(fds[0]);
        close(fds[1]);
        CHECK_CODE(eddy_program_blocking(fds[0]), -EBADF);
    }
}

/* ---- Which file -------------------------------------------------------------------------------------------- */

static void finding(void)
{
    char path[128], search[300];

    CASE("a name is looked for in PATH, and one that cannot be run is passed over") {
        open_room();
        snprintf(search, sizeof search, "/no/such:%s:/bin", room);
        CHECK_CODE(eddy_program_find("sh", search, path, sizeof path), 0);
        CHECK_TEXT(path, "/bin/sh");
        CHECK_CODE(eddy_program_find("plain", search, path, sizeof path), -EACCES);
        CHECK_CODE(eddy_program_find("folder", search, path, sizeof path), -EACCES);
        CHECK_CODE(eddy_program_find("noise", search, path, sizeof path), 0);
        CHECK_TEXT(path, in_room("noise"));
        CHECK_CODE(eddy_program_find("nothing", search, path, sizeof path), -ENOENT);
        CHECK_OK(rename(in_room("plain"), in_room("sh")));
        CHECK_CODE(eddy_program_find("sh", search, path, sizeof path), 0);
        CHECK_TEXT(path, "/bin/sh");
        CHECK_OK(rename(in_room("sh"), in_room("plain")));
        close_room();
    }

    CASE("a name with a slash is a path, an empty place of PATH is here, and long is too long") {
        CHECK_CODE(eddy_program_find("./no/such", "/bin", path, sizeof path), 0);
        CHECK_TEXT(path, "./no/such");
        CHECK_CODE(eddy_program_find("", "/bin", path, sizeof path), -ENOENT);
        CHECK_CODE(eddy_program_find("sh", "", path, sizeof path), -ENOENT);
        CHECK_OK(chdir("/bin"));
        CHECK_CODE(eddy_program_find("sh", "/no/such:", path, sizeof path), 0);
        CHECK_TEXT(path, "sh");
        CHECK_CODE(eddy_program_find("sh", "/bin", path, 4), -ENAMETOOLONG);
        CHECK_CODE(eddy_program_find("/bin/sh", "/bin", path, 4), -ENAMETOOLONG);
    }
}

/* ---- Threads ------------------------------------------------------------------------------------------------ */

/* In a thread: starts cat, again and again, and ends its input. It ends if nobody else has that pipe. */
static void *start_many(void *failed)
{
    const char *arguments[] = {"cat", NULL};
    int status;

    for (int i = 0; i < SPAWNS; i++) {
        int fds[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        struct eddy_launch launch = {
            .path = "/bin/cat", .arguments = (char *const *)arguments, .environment = environ};
        pid_t pid;
        if (pipe(fds) < 0)
            *(int *)failed = -errno;
        launch.fds[0] = fcntl(fds[0], F_DUPFD_CLOEXEC, 3);
        launch.fds[1] = launch.fds[2] = null;
        pid = ways[i % WAYS](&launch);
        close(fds[0]);
        close(launch.fds[0]);
        close(fds[1]);
        close(null);
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
            *(int *)failed = pid < 0 ? (int)pid : -ECHILD;
    }
    return NULL;
}

static void in_threads(void)
{
    CASE("programs that threads start at once have nothing of each other") {
        pthread_t threads[THREADS];
        int failed[THREADS] = {0};
        CAUSE("the pipe is open in another program, too, so that its end never comes");
        WAITING("a hundred cats whose input has ended");
        for (int i = 0; i < THREADS; i++)
            CHECK_INT(pthread_create(&threads[i], NULL, start_many, &failed[i]), 0);
        for (int i = 0; i < THREADS; i++)
            CHECK_INT(pthread_join(threads[i], NULL), 0);
        for (int i = 0; i < THREADS; i++)
            CHECK_CODE(failed[i], 0);
    }
}

TESTS_AND_PROGRAM
{
    failing();
    giving();
    finding();
    in_threads();
}
