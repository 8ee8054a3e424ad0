/* A worker process as its parent sees it: what it does, and all the ways in which it may go. */
#include "workers.h"

#include "faults.h"
#include "net.h"
#include "worker.h"

#include <poll.h>
#include <pthread.h>

static struct eddy_worker worker, brother;
static const struct eddy_worker_setup plain = {NULL, NULL, false};
static const struct eddy_worker_setup keeping = {NULL, NULL, true};

static struct eddy_work work; /* of the last job */

static int run(int (*fn)(struct eddy_work *work), const void *in, size_t n, void *out, size_t room)
{
    work = (struct eddy_work){.in = in, .in_size = n, .out = out, .out_room = room};
    return eddy_worker_run(&worker, &work, fn);
}

static void start_worker(const struct eddy_worker_setup *setup)
{
    DID("started a worker");
    CHECK_CODE(eddy_worker_start(&worker, setup), 0);
    CHECK(worker.pid > 0);
}

static void check_it_squares(int n)
{
    int result = 0;

    CHECK_CODE(run(square, &n, sizeof n, &result, sizeof result), 0);
    CHECK_INT(work.out_size, (long long)sizeof result);
    CHECK_INT(result, n * n);
    CHECK(!worker.broken);
}

/* It is of no use any more; its fate is a sentence with its number in it. */
static void check_fate(const char *end)
{
    char how[EDDY_WORK_MESSAGE], expected[EDDY_WORK_MESSAGE];

    CHECK(worker.broken);
    CHECK_TEXT(work.message, "");
    CHECK_INT(work.out_size, 0);
    snprintf(expected, sizeof expected, "worker %ld %s", (long)worker.pid, end);
    WAITING("the worker to end");
    eddy_worker_fate(&worker, how, sizeof how);
    CHECK_TEXT(how, expected);
}

static int global = 1;

static int change_global(struct eddy_work *unused)
{
    (void)unused;
    global = 2;
    return 0;
}

/* It is killed, and has been; nobody has waited for it. */
static void kill_and_await(pid_t pid)
{
    siginfo_t info;

    CHECK_OK(kill(pid, SIGKILL));
    CHECK_OK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
}

static void stop_worker(void)
{
    siginfo_t info;

    CHECK_OK(kill(worker.pid, SIGSTOP));
    CHECK_OK(waitid(P_PID, (id_t)worker.pid, &info, WSTOPPED | WNOWAIT));
}

/* In a thread: kills the worker when the socket to it is full. */
static void *kill_when_full(void *unused)
{
    struct pollfd polled = {.fd = worker.fd, .events = POLLOUT};

    (void)unused;
    do
        polled.revents = 0;
    while (poll(&polled, 1, 0) == 1 && !(polled.revents & POLLHUP));
    kill(worker.pid, SIGKILL);
    return NULL;
}

static pthread_t killer;

static void start_killer(void)
{
    CHECK_INT(pthread_create(&killer, NULL, kill_when_full, NULL), 0);
}

static void join_killer(void)
{
    CHECK_INT(pthread_join(killer, NULL), 0);
}

static int fail_initially(void *err)
{
    return *(const int *)err;
}

static int fail_with(struct eddy_work *unused)
{
    return *(const int *)unused->in;
}

static int kill_itself(struct eddy_work *unused)
{
    (void)unused;
    return raise(SIGKILL);
}

/* ---- Jobs ---------------------------------------------------------------------------------------------- */

static void runs(void)
{
    CASE("the function runs in another process, on copies, and changes the result alone") {
        pid_t pid = 0;
        start_worker(&plain);
        CHECK_CODE(run(tell_pid, NULL, 0, &pid, sizeof pid), 0);
        CHECK(pid == worker.pid && pid != getpid());
        CHECK_CODE(run(change_global, NULL, 0, NULL, 0), 0);
        CHECK_INT(global, 1);
        eddy_worker_end(&worker);
    }

    CASE("an error comes back with its words, and the worker is as good as before") {
        int n = 50000, result = 77;
        start_worker(&plain);
        CHECK_CODE(run(square, &n, sizeof n, &result, sizeof result), -ERANGE);
        CHECK_TEXT(work.message, "50000 is too large to be squared");
        CHECK(work.out_size == 0 && result == 77);
        check_it_squares(5);
        eddy_worker_end(&worker);
    }

    CASE("an initializer that has failed makes it unusable: EBROKEN, and the message says why") {
        int err = -EACCES, result, n = 1;
        struct eddy_worker_setup setup = {fail_initially, &err, false};
        start_worker(&setup);
        CHECK_CODE(run(square, &n, sizeof n, &result, sizeof result), EDDY_EBROKEN);
        CHECK(worker.broken);
        CHECK_TEXT(work.message, "the initializer has failed: Permission denied");
        eddy_worker_end(&worker);
    }

    CASE("a job that says EBROKEN itself breaks nothing") {
        int err = EDDY_EBROKEN;
        start_worker(&plain);
        CHECK_CODE(run(fail_with, &err, sizeof err, NULL, 0), EDDY_EBROKEN);
        CHECK(!worker.broken);
        check_it_squares(3);
        eddy_worker_end(&worker);
    }
}

/* ---- How it goes ----------------------------------------------------------------------------------------- */

static void dies_in_a_job(void)
{
    CASE("one that is killed by its job, exits or closes all is broken, and its fate is told") {
        static const struct {
            int (*fn)(struct eddy_work *work);
            const char *end;
        } ends[] = {{kill_itself, "was killed by signal 9"},
                    {exit_with_3, "has ended, with status 3"},
                    {close_all, "has ended, with status 0"}};
        char result[64];
        for (int i = 0; i < 3; i++) {
            start_worker(&plain);
            CHECK_CODE(run(ends[i].fn, NULL, 0, result, sizeof result), EDDY_EBROKEN);
            check_fate(ends[i].end);
            eddy_worker_end(&worker);
        }
    }

    CASE("one that becomes another program is noticed at once, and killed after a second") {
        start_worker(&plain);
        CHECK_CODE(run(become_another_program, NULL, 0, NULL, 0), EDDY_EBROKEN);
        check_fate("was killed by signal 9");
        eddy_worker_end(&worker);
    }

    CASE("one that leaves a child behind is noticed all the same, and the child lives on") {
        int go[2], pid_to[2];
        struct orphan orphan;
        pid_t pid;
        CHECK_OK(pipe(go));
        CHECK_OK(pipe(pid_to));
        orphan = (struct orphan){go[0], pid_to[1]};
        open_lifeline();
        start_worker(&keeping);
        let_go_of_lifeline();
        CHECK_CODE(run(leave_an_orphan, &orphan, sizeof orphan, NULL, 0), EDDY_EBROKEN);
        check_fate("has ended, with status 4");
        CHECK_INT(read(pid_to[0], &pid, sizeof pid), (long long)sizeof pid);
        CHECK_OK(kill(pid, 0)); /* it is there */
        eddy_worker_end(&worker);
        CHECK_OK(kill(pid, SIGKILL));
        await_their_end();
        for (int i = 0; i < 2; i++) {
            close(go[i]);
            close(pid_to[i]);
        }
    }

    CASE("killed in the middle of its answer, or of a job's bytes: it is broken") {
        static char in[1 << 20];
        char result[64] = "", half[sizeof(struct eddy_answer) + 10];
        struct lie answer = lie_number(LIES, sizeof result);
        answer.as.answer.out_size = sizeof result;
        memcpy(half, answer.as.bytes, sizeof half);
        for (size_t n = 1; n <= sizeof half; n += 13) {
            start_worker(&plain);
            CHECK_CODE(run(send_them_and_die, half, n, result, sizeof result), EDDY_EBROKEN);
            check_fate("was killed by signal 9");
            eddy_worker_end(&worker);
        }
        start_worker(&plain);
        stop_worker(); /* it reads nothing, and the socket is soon full */
        start_killer();
        CHECK_CODE(run(square, in, sizeof in, result, sizeof result), EDDY_EBROKEN);
        join_killer();
        check_fate("was killed by signal 9");
        eddy_worker_end(&worker);
    }

    CASE("what is no answer breaks it, and is believed in nothing") {
        char result[16] = "as before", expected[EDDY_WORK_MESSAGE];
        for (int i = 0; i < LIES; i++) {
            struct lie lie = lie_number(i, sizeof result);
            DID("had a worker answer with %s", lie.name);
            CHECK_CODE(eddy_worker_start(&worker, &plain), 0);
            CHECK_CODE(run(send_them_raw, &lie.as, lie.size, result, sizeof result), EDDY_EBROKEN);
            CHECK(worker.broken);
            snprintf(expected, sizeof expected, "worker %ld has sent what is no answer",
                     (long)worker.pid);
            CHECK_TEXT(work.message, expected);
            CHECK_TEXT(result, "as before");
            CHECK_INT(work.out_size, 0);
            eddy_worker_end(&worker);
        }
    }
}

static void dies_idle(void)
{
    CASE("one that was killed while it was idle is told by the next job") {
        int n = 3, result;
        start_worker(&plain);
        check_it_squares(3);
        kill_and_await(worker.pid);
        CHECK_CODE(run(square, &n, sizeof n, &result, sizeof result), EDDY_EBROKEN);
        check_fate("was killed by signal 9");
        eddy_worker_end(&worker);
    }

    CASE("killed, closed and ended twice: a number that was waited for gets no signal") {
        pid_t pid;
        start_worker(&plain);
        pid = worker.pid;
        eddy_worker_kill(&worker);
        eddy_worker_kill(&worker);
        eddy_worker_close(&worker);
        eddy_worker_close(&worker);
        eddy_worker_end(&worker);
        CHECK(worker.pid == 0 && worker.fd == -1);
        CHECK_INT(waitpid(pid, NULL, WNOHANG), -1);
        faults_plan("");
        eddy_worker_end(&worker);
        eddy_worker_kill(&worker);
        CHECK_INT(faults_calls("kill"), 0);
    }

    CASE("if the program ignores SIGCHLD, or waits for any child itself, it has gone") {
        int n = 3, result;
        for (int i = 0; i < 2; i++) {
            if (i == 1)
                signal(SIGCHLD, SIG_IGN);
            start_worker(&plain);
            check_it_squares(3);
            CHECK_OK(kill(worker.pid, SIGKILL));
            CHECK_INT(waitpid(-1, NULL, 0), i == 0 ? worker.pid : -1);
            faults_plan(""); /* counts from 0 */
            CHECK_CODE(run(square, &n, sizeof n, &result, sizeof result), EDDY_EBROKEN);
            check_fate("has gone");
            eddy_worker_kill(&worker);
            eddy_worker_end(&worker);
            CAUSE("the number may be another process's by now");
            CHECK_INT(faults_calls("kill"), 0);
        }
        signal(SIGCHLD, SIG_DFL);
    }

    CASE("one that was stopped is killed when it has not ended after a second") {
        start_worker(&plain);
        stop_worker();
        eddy_worker_end(&worker);
        CHECK_INT(worker.pid, 0);
    }
}

/* ---- Whoever else is forked ---------------------------------------------------------------------------- */

static void interrupt_myself(void)
{
    raise(SIGINT);
}

static void has_relatives(void)
{
    CASE("a worker ends when its parent closes its socket, although a younger brother lives") {
        start_worker(&plain);
        CHECK_CODE(eddy_worker_start(&brother, &keeping), 0);
        eddy_worker_close(&worker);
        CHECK_INT(waitpid(worker.pid, NULL, 0), worker.pid); /* by itself */
        eddy_worker_end(&worker);
        eddy_worker_end(&brother);
    }

    CASE("a child that the program forks does not keep a worker alive") {
        int go[2];
        pid_t pid;
        char byte;
        CHECK_OK(pipe(go));
        start_worker(&plain);
        pid = fork();
        if (pid == 0) {
            close(go[1]);
            _exit(worker.fd == -1 && read(go[0], &byte, 1) == 0 ? 0 : 1);
        }
        check_it_squares(6); /* the parent's end is the parent's still */
        eddy_worker_close(&worker);
        CHECK_INT(waitpid(worker.pid, NULL, 0), worker.pid);
        close(go[1]);
        close(go[0]);
        CHECK_INT(waitpid(pid, NULL, 0), pid);
        eddy_worker_end(&worker);
    }

    CASE("Ctrl-C that comes while a worker is being born does not kill it") {
        CHECK_INT(pthread_atfork(NULL, NULL, interrupt_myself), 0);
        start_worker(&plain);
        check_it_squares(3);
        eddy_worker_end(&worker);
        CHECK_INT(worker.broken, false);
    }

    CASE("without a process or a socket there is no worker, and nothing is left") {
        static const struct {
            const char *plan;
            int err;
        } faults[] = {{"fork@1=EAGAIN", -EAGAIN},
                      {"fork@1=ENOMEM", -ENOMEM},
                      {"socketpair@1=EMFILE", -EMFILE}};
        for (int i = 0; i < 3; i++) {
            faults_plan(faults[i].plan);
            CHECK_CODE(eddy_worker_start(&worker, &plain), faults[i].err);
            CHECK(worker.pid == 0 && worker.fd == -1);
            eddy_worker_end(&worker);
        }
        faults_plan("");
        start_worker(&plain);
        check_it_squares(3);
        eddy_worker_end(&worker);
    }
}

TESTS
{
    runs();
    dies_in_a_job();
    dies_idle();
    has_relatives();
}
