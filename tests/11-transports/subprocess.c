/* Programs as transports: who is told, and in which order. On every selector. */
#include "../10-subprocesses/programs.h"

#include "co.h"
#include "faults.h"
#include "in_thread.h"
#include "subprocess.h"
#include "task.h"

#include <stdint.h>

enum { LARGE = 300000 };

static const char *which; /* the selector that is tested */

#define EACH(sentence) CASE(on_each(sentence))

static const char *on_each(const char *sentence)
{
    static char text[256];

    snprintf(text, sizeof text, "%s [%s]", sentence, which);
    return text;
}

/* ---- Who is told ------------------------------------------------------------------------------------ */

static struct eddy_subprocess child;

/* How often, and what. */
static struct {
    int made, exited, lost, paused, resumed;
    int pipe_lost[3], pipe_err[3];
    size_t size[3];
    char text[3][LARGE + 1];
} told_of;

static int data_answer;
static void (*on_made)(void); /* what a case does beside */
static void (*on_data)(void);
static void (*on_lost)(void);

/* Between connection_made and connection_lost. */
static void check_order(const struct eddy_subprocess *subprocess)
{
    CHECK(subprocess == &child);
    CAUSE("connection_made is the first call, connection_lost the last one");
    CHECK_INT(told_of.made, 1);
    CHECK_INT(told_of.lost, 0);
}

static void told_made(struct eddy_subprocess *subprocess)
{
    CHECK(subprocess == &child);
    CHECK(told_of.exited == 0 && told_of.pipe_lost[0] + told_of.pipe_lost[1] == 0);
    told_of.made++;
    if (on_made)
        on_made();
}

static int told_data(struct eddy_subprocess *subprocess, int fd, const char *bytes, size_t n)
{
    check_order(subprocess);
    CHECK(fd == 1 || fd == 2);
    CHECK_INT(told_of.pipe_lost[fd], 0);
    CHECK(n > 0 && n <= LARGE - told_of.size[fd]);
    memcpy(told_of.text[fd] + told_of.size[fd], bytes, n);
    told_of.size[fd] += n;
    eddy_loop_stop(&loop);
    if (on_data)
        on_data();
    return data_answer;
}

static void told_pipe_lost(struct eddy_subprocess *subprocess, int fd, int err)
{
    check_order(subprocess);
    told_of.pipe_lost[fd]++;
    told_of.pipe_err[fd] = err;
    eddy_loop_stop(&loop);
}

static void told_exited(struct eddy_subprocess *subprocess)
{
    check_order(subprocess);
    CHECK(subprocess->process.ended);
    told_of.exited++;
    eddy_loop_stop(&loop);
}

static void told_lost(struct eddy_subprocess *subprocess)
{
    check_order(subprocess);
    CHECK_INT(told_of.exited, 1);
    told_of.lost++;
    eddy_loop_stop(&loop);
    if (on_lost)
        on_lost();
}

static void told_pause(struct eddy_subprocess *subprocess)
{
    check_order(subprocess);
    CHECK_INT(++told_of.paused, told_of.resumed + 1);
}

static void told_resume(struct eddy_subprocess *subprocess)
{
    check_order(subprocess);
    CHECK_INT(++told_of.resumed, told_of.paused);
}

static const struct eddy_subprocess_protocol protocol = {.name = "told",
                                                         .connection_made = told_made,
                                                         .pipe_data_received = told_data,
                                                         .pipe_connection_lost = told_pipe_lost,
                                                         .process_exited = told_exited,
                                                         .connection_lost = told_lost,
                                                         .pause_writing = told_pause,
                                                         .resume_writing = told_resume};

static void start_told(void)
{
    memset(&told_of, 0, sizeof told_of);
    data_answer = 0;
    on_made = on_data = on_lost = NULL;
}

static bool told_nothing(void)
{
    static const char none[sizeof told_of];

    return memcmp(&told_of, none, sizeof none) == 0;
}

/* ---- A program -------------------------------------------------------------------------------------- */

static void set_up(void)
{
    struct eddy_loop_options options = {.selector = which};

    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, &options));
    child = (struct eddy_subprocess){.data = NULL};
    start_told();
}

static void tear_down(void)
{
    CHECK(nothing_to_wait_for());
    CHECK_INT(loop.watches.count, 0);
    CHECK_INT(loop.keeps, 0);
    close_loop();
}

/* A line for a shell. */
static int open_line(const char *line, int in, int out, int err)
{
    const char *argv[] = {"/bin/sh", "-c", line, NULL};

    return eddy_subprocess_open(
        &child, &loop, &(struct eddy_program){.argv = argv, .in = in, .out = out, .err = err},
        &protocol);
}

static int open_all(const char *line)
{
    return open_line(line, EDDY_PIPE, EDDY_PIPE, EDDY_PIPE);
}

static void turns(int n)
{
    for (; n > 0; n--) {
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
    }
}

#define UNTIL(condition)                                 \
    do {                                                 \
        WAITING("%s", #condition);                       \
        while (!(condition))                             \
            CHECK_CODE(eddy_loop_run_forever(&loop), 0); \
    } while (0)

/* All that belongs to it has ended, each with one call. */
static void check_ended(bool in, bool out, bool err)
{
    CHECK_INT(told_of.made, 1);
    CHECK_INT(told_of.exited, 1);
    CHECK_INT(told_of.lost, 1);
    CHECK_INT(told_of.pipe_lost[0], in);
    CHECK_INT(told_of.pipe_lost[1], out);
    CHECK_INT(told_of.pipe_lost[2], err);
    CHECK(child.process.loop == NULL && child.under_way == 0);
}

static void until_ended(bool in, bool out, bool err)
{
    UNTIL(told_of.lost > 0);
    turns(3); /* and nothing more */
    check_ended(in, out, err);
}

static int write_to_it(const void *bytes, size_t n)
{
    return eddy_transport_write(&child.pipes[0], bytes, n);
}

/* ---- What it is told --------------------------------------------------------------------------------- */

static void telling(void)
{
    EACH("all three pipes: what is written to it, what it writes, and how it ends")
    {
        set_up();
        child.data = &told_of;
        CHECK_CODE(open_all("cat; echo done >&2; exit 3"), 0);
        CHECK(told_nothing() && child.data == &told_of);
        CHECK(child.process.pid > 0);
        CHECK_CODE(write_to_it("hello ", 6), 0);
        turns(1);
        CHECK_CODE(write_to_it("you", 3), 0);
        CHECK_CODE(eddy_transport_write_eof(&child.pipes[0]), 0);
        CHECK_CODE(write_to_it("more", 4), EDDY_ECLOSED);
        until_ended(true, true, true);
        CHECK_TEXT(told_of.text[1], "hello you");
        CHECK_TEXT(told_of.text[2], "done\n");
        CHECK_INT(child.process.code, 3);
        CHECK_INT(child.process.signal, 0);
        for (int fd = 0; fd < 3; fd++)
            CHECK_CODE(told_of.pipe_err[fd], 0);
        CHECK(child.data == &told_of);
        tear_down();
    }

    EACH("without pipes it is told of connection_made, the exit, and connection_lost")
    {
        set_up();
        CHECK_CODE(open_line("exit 7", EDDY_INHERIT, EDDY_NULL, EDDY_STDOUT), 0);
        until_ended(false, false, false);
        CHECK_INT(child.process.code, 7);
        CHECK_CODE(write_to_it("x", 1), EDDY_ECLOSED);
        tear_down();
    }

    EACH("its stderr goes where its stdout goes, and that has one pipe")
    {
        set_up();
        CHECK_CODE(
            open_line("echo one; echo two >&2; echo three", EDDY_NULL, EDDY_PIPE, EDDY_STDOUT), 0);
        until_ended(false, true, false);
        CHECK_TEXT(told_of.text[1], "one\ntwo\nthree\n");
        tear_down();
    }

    EACH("more than its stdin takes: writing pauses and resumes, and all comes back")
    {
        static char bytes[LARGE];
        set_up();
        for (size_t i = 0; i < LARGE; i++)
            bytes[i] = (char)(i * 7 + i / 251);
        CHECK_CODE(open_line("cat", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT), 0);
        turns(1);
        CHECK_CODE(write_to_it(bytes, LARGE), 0);
        CHECK_INT(told_of.paused, 1);
        CHECK_CODE(eddy_transport_write_eof(&child.pipes[0]), 0);
        until_ended(true, true, false);
        CHECK(told_of.size[1] == LARGE && memcmp(told_of.text[1], bytes, LARGE) == 0);
        CHECK_INT(told_of.resumed, 1);
        tear_down();
    }

    EACH("killed, or terminated: the signal is told, and its pipes end")
    {
        for (int i = 0; i < 2; i++) {
            set_up();
            CHECK_CODE(open_line("exec cat", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT), 0);
            turns(i);
            CHECK_CODE(
                i ? eddy_process_kill(&child.process) : eddy_process_terminate(&child.process), 0);
            until_ended(true, true, false);
            CHECK_INT(child.process.signal, i ? SIGKILL : SIGTERM);
            CHECK_INT(child.process.code, -1);
            tear_down();
        }
    }

    EACH("TR-21: a program that ends its stdin is told, with EPIPE if something waits, no SIGPIPE")
    {
        static char bytes[LARGE];
        for (int waits = 0; waits < 2; waits++) {
            set_up();
            CHECK_CODE(
                open_line("read x; exec 0<&-; kill -STOP $$", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT),
                0);
            turns(1);
            memcpy(bytes, "x\n", 2);
            CHECK_CODE(write_to_it(bytes, waits ? LARGE : 2), 0); /* one call: it is all there */
            UNTIL(told_of.pipe_lost[0] == 1);
            CHECK_CODE(told_of.pipe_err[0], waits ? -EPIPE : 0);
            CHECK_INT(told_of.exited, 0);
            eddy_subprocess_close(&child);
            until_ended(true, true, false);
            tear_down();
        }
    }

    EACH("a grandchild keeps a pipe: the exit is told, and connection_lost after the pipe's end")
    {
        int fds[2];
        set_up();
        CHECK_OK(pipe(fds));
        CHECK_CODE(
            open_line("exec 3<&0; cat <&3 & exit 5", EDDY_FD(fds[0]), EDDY_PIPE, EDDY_INHERIT), 0);
        close(fds[0]);
        UNTIL(told_of.exited == 1);
        CHECK_INT(child.process.code, 5);
        turns(3);
        CHECK(told_of.lost == 0 && told_of.pipe_lost[1] == 0);
        CHECK_INT(write(fds[1], "late", 4), 4);
        UNTIL(told_of.size[1] == 4);
        CHECK_TEXT(told_of.text[1], "late");
        close(fds[1]);
        until_ended(false, true, false);
        tear_down();
    }

    EACH("a pipe ends long before the program: that goes on, and is told of later")
    {
        set_up();
        CHECK_CODE(open_line("exec >&-; read x; exit 4", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT), 0);
        UNTIL(told_of.pipe_lost[1] == 1);
        CHECK(told_of.exited == 0 && told_of.lost == 0);
        CHECK_CODE(write_to_it("x\n", 2), 0);
        until_ended(true, true, false);
        CHECK_INT(child.process.code, 4);
        tear_down();
    }

    EACH("an error of pipe_data_received ends that pipe, and no other one")
    {
        set_up();
        data_answer = -EPROTO;
        CHECK_CODE(open_line("echo one; read x; exit 6", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT), 0);
        UNTIL(told_of.pipe_lost[1] == 1);
        CHECK_CODE(told_of.pipe_err[1], -EPROTO);
        CHECK(told_of.exited == 0 && told_of.pipe_lost[0] == 0);
        CHECK_CODE(write_to_it("x\n", 2), 0);
        until_ended(true, true, false);
        CHECK_INT(child.process.code, 6);
        tear_down();
    }

    EACH("a protocol that is told nothing is one, too")
    {
        static const struct eddy_subprocess_protocol deaf = {.name = "deaf"};
        const char *argv[] = {"/bin/sh", "-c", "echo out; echo err >&2", NULL};
        struct eddy_program program = {
            .argv = argv, .in = EDDY_PIPE, .out = EDDY_PIPE, .err = EDDY_PIPE};
        set_up();
        CHECK_CODE(eddy_subprocess_open(&child, &loop, &program, &deaf), 0);
        WAITING("the subprocess to be closed");
        while (child.process.loop)
            turns(1);
        tear_down();
    }
}

/* ---- The order ----------------------------------------------------------------------------------------- */

/* While the program is being opened, somebody waits until it is dead. */
static void await_any_death(int signo)
{
    siginfo_t info;

    (void)signo;
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
}

static void order(void)
{
    EACH("connection_made comes first, also of a program that has ended when it was opened")
    {
        struct sigaction action = {.sa_handler = await_any_death}, before;
        set_up();
        CHECK_OK(sigaction(SIGUSR1, &action, &before));
        faults_plan("waitpid@1=SIGUSR1");
        CHECK_CODE(open_all("echo out; exit 9"), 0);
        CHECK_INT(faults_injected(), 1);
        CHECK(told_nothing());
        faults_plan("");
        sigaction(SIGUSR1, &before, NULL);
        until_ended(true, true, true);
        CHECK_TEXT(told_of.text[1], "out\n");
        CHECK_INT(child.process.code, 9);
        tear_down();
    }

    EACH("two programs have none of each other's pipes: the end of one's stdin reaches it")
    {
        static struct eddy_process other;
        set_up();
        CHECK_CODE(open_line("exec cat", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT), 0);
        CHECK_CODE(eddy_process_start(&other, &loop,
                                      &(struct eddy_program){.argv = (const char *[]){"cat", NULL},
                                                             .in = EDDY_PIPE}),
                   0);
        CHECK_CODE(eddy_transport_write_eof(&child.pipes[0]), 0);
        until_ended(true, true, false);
        CHECK(!eddy_process_poll(&other));
        eddy_process_close(&other);
        tear_down();
    }

    EACH("somebody else may wait for the process, too")
    {
        struct eddy_process_wait wait = {.waiter = {.link = {NULL, NULL}}};
        struct eddy_future *future;
        set_up();
        CHECK_CODE(open_line("exit 3", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT), 0);
        future = eddy_process_wait(&wait, &child.process);
        UNTIL(eddy_future_error(future) != EDDY_EPENDING);
        CHECK_CODE(eddy_future_error(future), 0);
        CHECK_INT(child.process.code, 3);
        until_ended(true, true, false);
        tear_down();
    }
}

/* ---- It cannot be opened ------------------------------------------------------------------------------- */

static void failing(void)
{
    EACH("what exec says is the error of the opening: nothing is left, and nobody is told")
    {
        const char *none[] = {"no-such-program", NULL}, *null[] = {"/dev/null", NULL};
        struct eddy_program program = {
            .argv = none, .in = EDDY_PIPE, .out = EDDY_PIPE, .err = EDDY_PIPE};
        set_up();
        child.data = &told_of;
        CHECK_CODE(eddy_subprocess_open(&child, &loop, &program, &protocol), -ENOENT);
        program.argv = null;
        CHECK_CODE(eddy_subprocess_open(&child, &loop, &program, &protocol), -EACCES);
        program.argv = NULL;
        CHECK_CODE(eddy_subprocess_open(&child, &loop, &program, &protocol), -EINVAL);
        program.argv = none;
        program.err = EDDY_FD(999);
        CHECK_CODE(eddy_subprocess_open(&child, &loop, &program, &protocol), -EBADF);
        turns(3);
        CHECK(told_nothing() && child.data == &told_of);
        CHECK(child.under_way == 0 && nothing_to_wait_for());
        eddy_subprocess_close(&child);
        CHECK_CODE(open_all("exit 1"), 0); /* and it can be used again */
        until_ended(true, true, true);
        tear_down();
    }

    EACH("opened twice it is EQUEUED, of a closed loop ECLOSED")
    {
        set_up();
        CHECK_CODE(open_all("cat"), 0);
        CHECK_CODE(open_all("cat"), EDDY_EQUEUED);
        turns(2);
        CHECK_CODE(open_all("cat"), EDDY_EQUEUED);
        CHECK_CODE(eddy_transport_write_eof(&child.pipes[0]), 0);
        until_ended(true, true, true);
        tear_down();
        start_told();
        CHECK_CODE(open_all("cat"), EDDY_ECLOSED);
        CHECK_CODE(open_line("true", 0, 0, 0), EDDY_ECLOSED);
        CHECK(told_nothing());
    }
}

/* Fails the first call, then the second, until none is left that fails; else it runs to its end. */
static int fail_each(const char *call, const char *error)
{
    char plan[64];
    int failed = 0;

    for (int i = 1;; i++) {
        int err;
        long injected;
        snprintf(plan, sizeof plan, "%s@%d=%s", call, i, error);
        DID("opened it with the fault %s", plan);
        set_up();
        faults_plan(plan);
        err = open_line("cat", EDDY_PIPE, EDDY_PIPE, EDDY_PIPE);
        injected = faults_injected();
        faults_plan("");
        if (err < 0) {
            CHECK(injected > 0);
            CHECK(child.under_way == 0 && nothing_to_wait_for());
            turns(3);
            CHECK(told_nothing());
            failed++;
        } else {
            CHECK_CODE(write_to_it("abc", 3), 0);
            CHECK_CODE(eddy_transport_write_eof(&child.pipes[0]), 0);
            until_ended(true, true, true);
            CHECK_TEXT(told_of.text[1], "abc");
        }
        tear_down();
        if (injected == 0)
            return failed;
    }
}

static void faults(void)
{
    EACH("without descriptors, at each step, nothing is left, and nobody is told")
    {
        CHECK(fail_each("pipe", "EMFILE") >= 3);
        fail_each("fcntl_dupfd", "EMFILE");
        fail_each("socketpair", "EMFILE");
        CHECK(fail_each("fcntl_setfl", "EINVAL") >= 3);
        fail_each("fcntl_setfd", "EINVAL");
        CHECK(fail_each("fstat", "EIO") >= 3);
    }

    EACH("without memory, or processes, at each step, nothing is left, and nobody is told")
    {
        CHECK(fail_each("calloc", "ENOMEM") >= 1);
        fail_each("malloc", "ENOMEM");
        fail_each("realloc", "ENOMEM");
        fail_each("fork", "EAGAIN");
        fail_each("posix_spawn", "EAGAIN");
    }
}

/* ---- With 0, 1 and 2 closed here ------------------------------------------------------------------------- */

/* Opens it, while those of 0, 1 and 2 are closed that the bits of `closed` say. */
static int open_without(int closed, const struct eddy_program *program)
{
    int kept[3], err;

    for (int fd = 0; fd < 3; fd++)
        kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    for (int fd = 0; fd < 3; fd++)
        if (closed & 1 << fd)
            close(fd);
    err = eddy_subprocess_open(&child, &loop, program, &protocol);
    for (int fd = 0; fd < 3; fd++) {
        dup2(kept[fd], fd);
        close(kept[fd]);
    }
    return err;
}

static void without_standard(void)
{
    EACH("with 0, 1 and 2 closed here in all ways, it gets pipes, and nothing but those")
    {
        static const int kinds[] = {EDDY_INHERIT, EDDY_PIPE};
        set_up();
        CHECK_CODE(open_line("true", 0, 0, 0), 0); /* what the signals need is open */
        until_ended(false, false, false);
        for (int closed = 0; closed < 8; closed++)
            for (int k = 0; k < 8; k++) {
                const char *argv[] = {here, "tell", told_path, NULL};
                struct eddy_program program = {.argv = argv,
                                               .in = kinds[k & 1],
                                               .out = kinds[k >> 1 & 1],
                                               .err = kinds[k >> 2]};
                DID("%d%d%d were pipes, and closed were the bits of %d", k & 1, k >> 1 & 1, k >> 2,
                    closed);
                start_told();
                open_told();
                CHECK_CODE(open_without(closed, &program), 0);
                for (int fd = 0; fd < 3; fd++)
                    CHECK(child.pipes[fd].loop == NULL || child.pipes[fd].fd > 2);
                until_ended(k & 1, k & 2, k & 4);
                CHECK_INT(child.process.code, 0);
                read_told();
                CHECK(!has_told_of("also"));
                for (int fd = 0; fd < 3; fd++) {
                    char line[8];
                    snprintf(line, sizeof line, "fd%d -", fd);
                    CHECK(has_told(line) == (!(k & 1 << fd) && closed & 1 << fd));
                }
            }
        tear_down();
    }
}

/* ---- Its end ------------------------------------------------------------------------------------------- */

static void close_it(void)
{
    eddy_subprocess_close(&child);
    eddy_subprocess_close(&child);
}

static void close_from_a_thread(void)
{
    call_in_thread(close_it);
}

static int times_opened;

static void open_again(void)
{
    if (++times_opened > 2)
        return;
    memset(&told_of, 0, sizeof told_of);
    CHECK_CODE(open_all("echo again"), 0);
}

/* Opens one in its frame, and waits for something else. */
struct owner {
    struct eddy_co co;
    struct eddy_subprocess child;
    struct eddy_future never;
};

static struct eddy_step owner(struct eddy_co *co)
{
    struct owner *self = CO_FRAME(co, owner);
    static const struct eddy_subprocess_protocol deaf = {.name = "deaf"};
    static const char *const argv[] = {"cat", NULL};

    CO_BEGIN(co);
    CHECK_CODE(
        eddy_subprocess_open(&self->child, eddy_co_loop(co),
                             &(struct eddy_program){
                                 .argv = argv, .in = EDDY_PIPE, .out = EDDY_PIPE, .err = EDDY_PIPE},
                             &deaf),
        0);
    CHECK_CODE(eddy_transport_write(&self->child.pipes[0], "abc", 3), 0);
    eddy_future_init(&self->never, eddy_co_loop(co));
    CO_AWAIT(co, &self->never);
    CO_END(co);
}

/* Opens one in its frame, and waits until it has ended. */
struct waiter {
    struct eddy_co co;
    struct eddy_subprocess child;
    struct eddy_future ended;
};

static void end_waiting(struct eddy_subprocess *subprocess)
{
    eddy_future_set_result(&container_of(subprocess, struct waiter, child)->ended, NULL);
}

static struct eddy_step waiter(struct eddy_co *co)
{
    struct waiter *self = CO_FRAME(co, waiter);
    static const struct eddy_subprocess_protocol ends = {.name = "ends",
                                                         .connection_lost = end_waiting};
    static const char *const argv[] = {"true", NULL};

    CO_BEGIN(co);
    eddy_future_init(&self->ended, eddy_co_loop(co));
    CHECK_CODE(eddy_subprocess_open(
                   &self->child, eddy_co_loop(co),
                   &(struct eddy_program){.argv = argv, .in = EDDY_PIPE, .out = EDDY_PIPE}, &ends),
               0);
    CO_AWAIT(co, &self->ended);
    CO_END(co);
}

static int forgotten;

/* (That a callback was slow is reported, too: on a busy machine one is.) */
static void count_report(const char *text)
{
    forgotten += strstr(text, "has not closed") != NULL;
    on_report(text);
}

static void ending(void)
{
    EACH("in the frame of a task that waits for its end, nothing is open when the task ends")
    {
        static struct eddy_task task;
        static struct waiter frame;
        set_up();
        forgotten = 0;
        eddy_report_to(count_report);
        eddy_loop_set_debug(&loop, true);
        eddy_task_start(&task, &loop, waiter, &frame);
        CHECK_CODE(run(&task.future), 0);
        CHECK_INT(frame.child.process.code, 0);
        CHECK_INT(forgotten, 0);
        memset(&frame, 0x5a, sizeof frame);
        turns(2);
        tear_down();
    }

    EACH("debug mode: a close from another thread is refused, and the program runs on")
    {
        set_up();
        eddy_loop_set_debug(&loop, true);
        on_made = close_from_a_thread;
        CHECK_CODE(open_line("read x; exit 7", EDDY_PIPE, EDDY_NULL, EDDY_INHERIT), 0);
        turns(1);
        CHECK_CODE(eddy_transport_write_eof(&child.pipes[0]), 0);
        until_ended(true, false, false);
        CHECK_INT(child.process.signal, 0);
        CHECK_INT(child.process.code, 7);
        tear_down();
    }

    EACH("closed, it is killed, and told of as always: each pipe, the exit, connection_lost, once")
    {
        for (int n = 0; n < 3; n++) {
            set_up();
            CHECK_CODE(open_all("exec cat"), 0);
            turns(n);
            CHECK_CODE(write_to_it("abc", 3), 0);
            close_it();
            until_ended(true, true, true);
            CHECK_INT(child.process.signal, SIGKILL);
            close_it();
            turns(2);
            CHECK_INT(told_of.lost, 1);
            tear_down();
        }
    }

    EACH("closed in connection_made, or when data comes, it is told of nothing twice")
    {
        for (int data = 0; data < 2; data++) {
            set_up();
            *(data ? &on_data : &on_made) = close_it;
            CHECK_CODE(open_all("echo one; echo two; exec cat"), 0);
            until_ended(true, true, true);
            CHECK_INT(child.process.signal, SIGKILL);
            tear_down();
        }
    }

    EACH("closed after its exit, while a grandchild keeps a pipe, it ends")
    {
        int fds[2];
        set_up();
        CHECK_OK(pipe(fds));
        CHECK_CODE(
            open_line("exec 3<&0; cat <&3 & exit 5", EDDY_FD(fds[0]), EDDY_PIPE, EDDY_INHERIT), 0);
        close(fds[0]);
        UNTIL(told_of.exited == 1);
        close_it();
        until_ended(false, true, false);
        CHECK_INT(child.process.code, 5);
        close(fds[1]);
        tear_down();
    }

    EACH("in connection_lost it can be opened again")
    {
        set_up();
        times_opened = 0;
        on_lost = open_again;
        CHECK_CODE(open_all("exit 1"), 0);
        UNTIL(times_opened == 3);
        turns(2);
        check_ended(true, true, true);
        CHECK_TEXT(told_of.text[1], "again\n");
        tear_down();
    }

    EACH("in the frame of an abandoned task: it is killed, and nothing points to the frame")
    {
        for (int n = 1; n < 4; n++) {
            static struct eddy_task task;
            static struct owner frame;
            set_up();
            memset(&frame, 0, sizeof frame);
            eddy_task_start(&task, &loop, owner, &frame);
            turns(n);
            CHECK(!nothing_to_wait_for());
            eddy_task_abandon(&task);
            memset(&frame, 0x5a, sizeof frame);
            CHECK(nothing_to_wait_for());
            turns(3);
            tear_down();
        }
    }

    EACH("its loop is closed: its pipes are, too, and a close ends the program, told to nobody")
    {
        for (int n = 0; n < 3; n++) {
            set_up();
            CHECK_CODE(open_all("exec cat"), 0);
            turns(n);
            start_told();
            close_loop();
            CHECK(child.pipes[0].fd == -1 && child.pipes[1].fd == -1);
            close_it();
            CHECK(nothing_to_wait_for() && told_nothing());
            CHECK_OK(eddy_loop_open(&loop, NULL));
            CHECK_CODE(open_all("exit 1"), 0);
            until_ended(true, true, true);
            tear_down();
        }
    }
}

TESTS_AND_PROGRAM
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        telling();
        order();
        failing();
        faults();
        without_standard();
        ending();
    }
}
