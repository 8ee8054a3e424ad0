/* How processes end: by themselves, by signals, by a close; who waits; and whose children they are. */
#include "programs.h"

#include "fdio.h"
#include "gather.h"

enum { MANY = 1000, WAITERS = 5 };

static struct eddy_process process;

static void start_cat(void)
{
    CHECK_CODE(start_line(&process, "exec cat", EDDY_PIPE, EDDY_NULL, EDDY_INHERIT), 0);
}

/* A process of the test's own, which waits until it is killed, or has ended already. */
static pid_t fork_child(bool waits)
{
    pid_t pid = fork();

    if (pid == 0) {
        while (waits)
            pause();
        _exit(42);
    }
    CHECK_OK(pid);
    if (!waits)
        await_death(pid);
    return pid;
}

static int reap(pid_t pid)
{
    int status;

    CHECK_INT(waitpid(pid, &status, 0), pid);
    return status;
}

/* ---- Waiting ---------------------------------------------------------------------------------------------- */

static void waiting(void)
{
    CASE("the code is 0 to 255, and a signal is told apart from it") {
        static const struct {
            const char *line;
            int code, signal;
        } ends[] = {{"exit 0", 0, 0},
                    {"exit 255", 255, 0},
                    {"exit 137", 137, 0},
                    {"kill -TERM $$", -1, 15},
                    {"kill -KILL $$", -1, 9}};
        open_loop();
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
            DID("ran sh -c '%s'", ends[i].line);
            CHECK_CODE(start_line(&process, ends[i].line, 0, 0, 0), 0);
            CHECK_CODE(wait_for(&process), 0);
            CHECK(process.ended);
            CHECK_INT(process.code, ends[i].code);
            CHECK_INT(process.signal, ends[i].signal);
            CHECK(nothing_to_wait_for());
            eddy_process_close(&process);
        }
        close_loop();
    }

    CASE("one that ends before anybody waits has its code, and no zombie is left") {
        struct eddy_process_wait wait = {0};
        open_loop();
        CHECK_CODE(start_line(&process, "exit 3", 0, 0, 0), 0);
        await_death(process.pid);
        CHECK(eddy_future_done(eddy_process_wait(&wait, &process)));
        CHECK_INT(process.code, 3);
        CHECK(nothing_to_wait_for());
        CHECK_CODE(wait_for(&process), 0);
        eddy_process_close(&process);
        CHECK_CODE(start_line(&process, "exit 4", 0, 0, 0), 0);
        await_death(process.pid);
        CHECK(eddy_process_poll(&process));
        CHECK_INT(process.code, 4);
        eddy_process_close(&process);
        CHECK(is_default(SIGCHLD));
        close_loop();
    }

    CASE("a look says no while it runs, and a loop with a process that runs is not stuck") {
        open_loop();
        start_cat();
        CHECK(!eddy_process_poll(&process));
        CHECK(!process.ended);
        eddy_process_close_in(&process);
        eddy_process_close_in(&process);
        CHECK_INT(process.in, -1);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK(process.ended && process.code == 0);
        eddy_process_close(&process);
        close_loop();
    }

    CASE("several may wait; one that is cancelled leaves, and takes nothing from the others") {
        struct eddy_process_wait waits[WAITERS] = {0};
        open_loop();
        start_cat();
        for (int i = 0; i < WAITERS; i++)
            CHECK(!eddy_future_done(eddy_process_wait(&waits[i], &process)));
        CHECK_CODE(eddy_future_error(eddy_process_wait(&waits[1], &process)), EDDY_EQUEUED);
        CHECK(eddy_future_cancel(&waits[2].waiter.future));
        eddy_process_close_in(&process);
        for (int i = 0; i < WAITERS; i++)
            CHECK_CODE(run(&waits[i].waiter.future), i == 2 ? -ECANCELED : 0);
        CHECK_INT(process.code, 0);
        eddy_process_close(&process);
        close_loop();
    }

    CASE("a thousand that end at the same time are all told, each with its own code") {
        static struct eddy_process many[MANY];
        int fds[2];
        open_loop();
        CHECK_OK(pipe(fds));
        WAITING("a thousand processes to end");
        for (int i = 0; i < MANY; i++) {
            char line[64];
            snprintf(line, sizeof line, "read x; exit %d", i % 256);
            CHECK_CODE(start_line(&many[i], line, EDDY_FD(fds[0]), 0, 0), 0);
        }
        close(fds[0]);
        close(fds[1]); /* all of them read the end now */
        for (int i = 0; i < MANY; i++)
            await_death(many[i].pid);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        for (int i = 0; i < MANY; i++) {
            CHECK(many[i].ended);
            CHECK_INT(many[i].code, i % 256);
            eddy_process_close(&many[i]);
        }
        CHECK(nothing_to_wait_for());
        close_loop();
    }

    CASE("the end is told though a grandchild keeps the pipe, whose end comes later") {
        int fds[2];
        char byte;
        open_loop();
        CHECK_OK(pipe(fds));
        /* (A shell's background program has no stdin but /dev/null; so it is given by a number.) */
        CHECK_CODE(start_line(&process, "exec 3<&0; cat <&3 & exit 5", EDDY_FD(fds[0]), EDDY_PIPE,
                              EDDY_INHERIT),
                   0);
        close(fds[0]);
        CHECK_CODE(wait_for(&process), 0);
        CHECK_INT(process.code, 5);
        CHECK_INT(write(fds[1], "late", 4), 4);
        CHECK_CODE(run(eddy_reader_readexactly(&process.out.reader, 4)), 0);
        CHECK_BYTES(process.out.reader.data, process.out.reader.size, "late", 4);
        close(fds[1]);
        CHECK_CODE(run(eddy_reader_read(&process.out.reader, sizeof byte)), 0);
        CHECK_INT(process.out.reader.size, 0);
        eddy_process_close(&process);
        close_loop();
    }

    CASE("what it has written is read completely after its end, and lines as they appear") {
        open_loop();
        CHECK_CODE(start_line(&process, "echo one; read x; echo two; printf three", EDDY_PIPE,
                              EDDY_PIPE, EDDY_INHERIT),
                   0);
        CHECK_CODE(run(eddy_reader_readline(&process.out.reader)), 0);
        CHECK_BYTES(process.out.reader.data, process.out.reader.size, "one\n", 4);
        CHECK(!eddy_process_poll(&process));
        eddy_process_close_in(&process);
        CHECK_CODE(wait_for(&process), 0);
        CHECK_CODE(run(eddy_reader_readline(&process.out.reader)), 0);
        CHECK_BYTES(process.out.reader.data, process.out.reader.size, "two\n", 4);
        CHECK_CODE(run(eddy_reader_readline(&process.out.reader)), 0);
        CHECK_BYTES(process.out.reader.data, process.out.reader.size, "three", 5);
        CHECK_CODE(run(eddy_reader_readline(&process.out.reader)), 0);
        CHECK_INT(process.out.reader.size, 0);
        eddy_process_close(&process);
        close_loop();
    }
}

/* ---- Signals ------------------------------------------------------------------------------------------------ */

static void signalling(void)
{
    CASE("terminate, kill and any signal reach it, and after its end they are ESRCH") {
        static int (*const ways[])(struct eddy_process *) = {eddy_process_terminate,
                                                             eddy_process_kill};
        static const int signals[] = {SIGTERM, SIGKILL};
        open_loop();
        for (int i = 0; i < 2; i++) {
            start_cat();
            CHECK_CODE(ways[i](&process), 0);
            CHECK_CODE(wait_for(&process), 0);
            CHECK_INT(process.signal, signals[i]);
            CHECK_INT(process.code, -1);
            CHECK_CODE(ways[i](&process), -ESRCH);
            eddy_process_close(&process);
            CHECK_CODE(ways[i](&process), -ESRCH);
        }
        start_cat();
        CHECK_CODE(eddy_process_send_signal(&process, 9999), -EINVAL);
        CHECK_CODE(eddy_process_send_signal(&process, 0), 0);
        CHECK_CODE(eddy_process_send_signal(&process, SIGUSR1), 0);
        CHECK_CODE(wait_for(&process), 0);
        CHECK_INT(process.signal, SIGUSR1);
        eddy_process_close(&process);
        close_loop();
    }

    CASE("one that has ended, and nobody has looked yet, gets no signal: ESRCH") {
        open_loop();
        CHECK_CODE(start_line(&process, "exit 6", 0, 0, 0), 0);
        await_death(process.pid);
        CHECK_CODE(eddy_process_kill(&process), -ESRCH);
        CHECK_CODE(wait_for(&process), 0);
        CHECK_INT(process.code, 6);
        eddy_process_close(&process);
        close_loop();
    }

    CASE("cpython 127049: a number that was waited for gets no signal, whoever has it now") {
        pid_t innocent = fork_child(true);
        open_loop();
        CHECK_CODE(start_line(&process, "exit 0", 0, 0, 0), 0);
        CHECK_CODE(wait_for(&process), 0);
        DID("waited for the process, and gave its struct the number of another child");
        process.pid = innocent;
        CHECK_CODE(eddy_process_terminate(&process), -ESRCH);
        CHECK_CODE(eddy_process_kill(&process), -ESRCH);
        CHECK(eddy_process_poll(&process));
        eddy_process_close(&process);
        CHECK_CODE(eddy_process_kill(&process), -ESRCH);
        CHECK_INT(waitpid(innocent, NULL, WNOHANG), 0);
        CHECK_OK(kill(innocent, SIGKILL));
        CHECK_INT(WTERMSIG(reap(innocent)), SIGKILL);
        close_loop();
    }

    CASE("one that somebody else has waited for gets no signal, whoever has its number now") {
        open_loop();
        CHECK_CODE(start_line(&process, "exit 0", 0, 0, 0), 0);
        reap(process.pid);
        DID("waited for it past the loop; its number is one that is no child of ours: our own");
        process.pid = getpid();
        CHECK_CODE(eddy_process_send_signal(&process, SIGKILL), -ESRCH);
        CHECK(process.ended);
        CHECK_INT(process.code, -1);
        CHECK_CODE(wait_for(&process), -ECHILD);
        eddy_process_close(&process);
        close_loop();
    }

    CASE("writing to the stdin of a dead process is EPIPE, and no SIGPIPE comes") {
        struct eddy_io io = {.fd = -1};
        open_loop();
        CHECK_CODE(start_line(&process, "exit 0", EDDY_PIPE, 0, 0), 0);
        CHECK_CODE(wait_for(&process), 0);
        CHECK(is_default(SIGPIPE));
        CHECK_CODE(run(eddy_write(&io, &loop, process.in, "x", 1)), -EPIPE);
        eddy_process_close(&process);
        close_loop();
    }
}

/* ---- Closing ------------------------------------------------------------------------------------------------- */

static void closing(void)
{
    CASE("a close kills one that runs, waits for it, and whoever waits gets ECLOSED") {
        struct eddy_process_wait wait = {0};
        open_loop();
        start_cat();
        eddy_process_wait(&wait, &process);
        eddy_process_close(&process);
        CHECK(nothing_to_wait_for());
        CHECK_INT(process.signal, SIGKILL);
        CHECK(process.ended);
        CHECK_CODE(run(&wait.waiter.future), EDDY_ECLOSED);
        eddy_process_close(&process);
        CHECK_CODE(eddy_future_error(eddy_process_wait(&wait, &process)), EDDY_ECLOSED);
        CHECK(is_default(SIGCHLD));
        close_loop();
    }

    CASE("closed, and started anew in the same turn: a read that has waited is ECLOSED, no end") {
        struct eddy_awaited each[2] = {{.future = NULL}};
        struct eddy_gather both;
        struct eddy_future *future;
        open_loop();
        CHECK_CODE(start_line(&process, "exec cat", EDDY_PIPE, EDDY_PIPE, EDDY_PIPE), 0);
        future = eddy_gather_of(&both, &loop, each, eddy_reader_readline(&process.out.reader),
                                eddy_reader_readline(&process.err.reader));
        eddy_process_close(&process);
        CHECK_CODE(start_line(&process, "exec cat", EDDY_PIPE, EDDY_PIPE, EDDY_PIPE), 0);
        CHECK_CODE(run(future), EDDY_ECLOSED);
        CHECK_INT(both.failures, 2);
        eddy_process_close(&process);
        close_loop();
    }

    CASE("a close kills it before its stdin ends, which it would take for all of its input") {
        open_loop();
        for (int i = 0; i < 100; i++) {
            CHECK_CODE(start_line(&process, "echo; read x", EDDY_PIPE, EDDY_PIPE, 0), 0);
            CHECK_CODE(run(eddy_reader_readline(&process.out.reader)), 0);
            eddy_process_close(&process);
            CAUSE("its stdin was closed first, and it has ended by itself");
            CHECK_INT(process.signal, SIGKILL);
        }
        close_loop();
    }

    CASE("a close of one that has ended sends nothing, and its code is told") {
        open_loop();
        CHECK_CODE(start_line(&process, "exit 8", 0, 0, 0), 0);
        await_death(process.pid);
        eddy_process_close(&process);
        CHECK_INT(process.code, 8);
        CHECK_INT(process.signal, 0);
        CHECK(nothing_to_wait_for());
        close_loop();
    }

    CASE("a close kills one that refuses SIGTERM, one that is stopped, and closes zeroed ones") {
        struct eddy_process zeroed = {.loop = NULL};
        siginfo_t info;
        open_loop();
        eddy_process_close(&zeroed);
        CHECK_CODE(start_line(&process, "trap '' TERM; echo; exec cat", EDDY_PIPE, EDDY_PIPE, 0),
                   0);
        CHECK_CODE(run(eddy_reader_readline(&process.out.reader)), 0);
        CHECK_CODE(eddy_process_terminate(&process), 0);
        CHECK_CODE(eddy_process_send_signal(&process, SIGSTOP), 0);
        CHECK_OK(waitid(P_PID, (id_t)process.pid, &info, WSTOPPED | WNOWAIT));
        CHECK(!eddy_process_poll(&process));
        eddy_process_close(&process);
        CHECK_INT(process.signal, SIGKILL);
        close_loop();
    }

    CASE("a loop that is closed first: the process is closed later, killed and waited for") {
        open_loop();
        CHECK_CODE(start_line(&process, "exec cat", EDDY_PIPE, EDDY_PIPE, EDDY_PIPE), 0);
        close_loop();
        CHECK(is_default(SIGCHLD));
        CHECK(!eddy_process_poll(&process));
        eddy_process_close(&process);
        CHECK_INT(process.signal, SIGKILL);
        CHECK(nothing_to_wait_for());
    }

    CASE("a loop that is closed while a process waits to be asked leaves nothing in line") {
        open_loop();
        CHECK_CODE(start_line(&process, "exit 0", 0, 0, 0), 0);
        await_death(process.pid);
        close_loop();
        open_loop();
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        close_loop();
        eddy_process_close(&process);
        CHECK_INT(process.code, 0);
    }
}

TESTS_AND_PROGRAM
{
    waiting();
    signalling();
    closing();
}
