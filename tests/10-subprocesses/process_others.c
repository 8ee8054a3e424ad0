/* Processes beside what is not theirs: other children, other loops, handlers of the program, a fork; and in
 * the frames of tasks that are cancelled or abandoned. */
#include "programs.h"

#include "delay.h"
#include "faults.h"
#include "fdio.h"
#include "run.h"
#include "signals.h"
#include "task.h"

#include <pthread.h>
#include <sched.h>

enum { FOREIGN = 5 };

static struct eddy_process process;

static pid_t fork_foreign(int code)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(code);
    CHECK_OK(pid);
    return pid;
}

static int reap(pid_t pid)
{
    int status;

    CHECK_INT(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

/* Starts what makes a file, and so shows whether it has run. */
static int start_marking(struct eddy_loop *its_loop, char path[32])
{
    char line[64];

    snprintf(path, 32, "/tmp/eddy-ran-%ld", (long)getpid());
    unlink(path);
    snprintf(line, sizeof line, "echo > %s", path);
    return eddy_process_start_shell(&process, its_loop, line, NULL);
}

static bool has_run(const char *path)
{
    return unlink(path) == 0;
}

/* ---- Other children, and other waits ---------------------------------------------------------------------- */

static void with_children(void)
{
    CASE("cpython 87744: children of others keep their status, whatever the loop waits for") {
        pid_t foreign[FOREIGN];
        open_loop();
        for (int i = 0; i < FOREIGN; i++) {
            foreign[i] = fork_foreign(10 + i);
            await_death(foreign[i]);
            CHECK_CODE(start_line(&process, "exit 1", 0, 0, 0), 0);
            CHECK_CODE(wait_for(&process), 0);
            CHECK_INT(process.code, 1);
            eddy_process_close(&process);
        }
        for (int i = 0; i < FOREIGN; i++)
            CHECK_INT(reap(foreign[i]), 10 + i);
        close_loop();
    }

    CASE("if somebody else has waited for any child, the wait ends with ECHILD, and nobody hangs") {
        struct eddy_process_wait wait = {0};
        open_loop();
        CHECK_CODE(start_line(&process, "exec cat", EDDY_PIPE, EDDY_PIPE, 0), 0);
        eddy_process_wait(&wait, &process);
        eddy_process_close_in(&process);
        CHECK_INT(waitpid(-1, NULL, 0), process.pid);
        CHECK_CODE(run(&wait.waiter.future), -ECHILD);
        CHECK(process.ended && process.code == -1 && process.signal == 0);
        CHECK_CODE(wait_for(&process), -ECHILD);
        CHECK_CODE(eddy_process_kill(&process), -ESRCH);
        eddy_process_close(&process);
        CHECK_CODE(start_line(&process, "exit 2", 0, 0, 0), 0);
        CHECK_INT(waitpid(-1, NULL, 0), process.pid);
        CHECK(eddy_process_poll(&process));
        eddy_process_close(&process);
        CHECK_CODE(start_line(&process, "exit 2", 0, 0, 0), 0);
        CHECK_INT(waitpid(-1, NULL, 0), process.pid);
        eddy_process_close(&process);
        CHECK_INT(process.code, -1);
        close_loop();
    }

    CASE("a program that ignores SIGCHLD has the code all the same, and ignores it again after") {
        struct sigaction action;
        signal(SIGCHLD, SIG_IGN);
        open_loop();
        CAUSE("the kernel waits by itself for the children of those who ignore SIGCHLD");
        CHECK_CODE(start_line(&process, "exit 9", 0, 0, 0), 0);
        CHECK_CODE(wait_for(&process), 0);
        CHECK_INT(process.code, 9);
        CHECK_OK(sigaction(SIGCHLD, NULL, &action));
        CHECK(action.sa_handler == SIG_IGN);
        eddy_process_close(&process);
        close_loop();
        signal(SIGCHLD, SIG_DFL);
    }

    CASE("a process of this one's fork can neither signal nor wait for what is its parent's") {
        pid_t pid;
        open_loop();
        CHECK_CODE(start_line(&process, "exec cat", EDDY_PIPE, EDDY_PIPE, 0), 0);
        pid = fork();
        if (pid == 0) {
            int wrong = eddy_process_kill(&process) != -ESRCH;
            eddy_process_close(&process);
            _exit(wrong || process.signal != 0);
        }
        CHECK_OK(pid);
        CHECK_INT(reap(pid), 0);
        CHECK(!eddy_process_poll(&process));
        eddy_process_close_in(&process);
        CHECK_CODE(wait_for(&process), 0);
        CHECK_INT(process.code, 0);
        eddy_process_close(&process);
        close_loop();
    }

    CASE("a process of this one's fork has a loop and processes of its own") {
        pid_t pid;
        open_loop();
        CHECK_CODE(start_line(&process, "exec cat", EDDY_PIPE, 0, 0), 0);
        pid = fork();
        if (pid == 0) {
            struct eddy_process own = {.loop = NULL};
            struct eddy_process_wait wait = {0};
            struct eddy_loop its;
            int err = eddy_loop_open(&its, NULL);
            err = err ? err : eddy_process_start_shell(&own, &its, "exit 33", NULL);
            err = err ? err : eddy_loop_run_until_complete(&its, eddy_process_wait(&wait, &own));
            _exit(err ? 1 : own.code);
        }
        CHECK_INT(reap(pid), 33);
        eddy_process_close(&process);
        CHECK_INT(process.signal, SIGKILL);
        close_loop();
    }
}

/* ---- Where no child can be watched ------------------------------------------------------------------------ */

static void refused(void)
{
    CASE("cpython 90493: where somebody else handles SIGCHLD, nothing has run") {
        struct eddy_loop other;
        struct eddy_handle handle;
        struct eddy_process first = {.loop = NULL};
        char path[32];
        open_loop();
        eddy_handle_init(&handle, NULL);
        CHECK_OK(eddy_loop_add_signal_handler(&loop, SIGCHLD, &handle));
        CHECK_CODE(start_marking(&loop, path), -EEXIST);
        CHECK(nothing_to_wait_for() && !has_run(path));
        CHECK(eddy_loop_signal_handler(&loop, SIGCHLD) == &handle);
        CHECK_OK(eddy_loop_open(&other, NULL));
        CHECK_CODE(start_marking(&other, path), EDDY_EOTHER);
        CHECK(nothing_to_wait_for() && !has_run(path));
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGCHLD));
        CHECK_OK(eddy_loop_add_signal_handler(&loop, SIGUSR1, &handle));
        CHECK_CODE(start_marking(&other, path), EDDY_EOTHER);
        CHECK(nothing_to_wait_for() && !has_run(path));
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGUSR1));
        CHECK_CODE(start_line(&first, "exec cat", EDDY_PIPE, 0, 0), 0);
        CHECK_CODE(start_marking(&other, path), EDDY_EOTHER);
        CHECK(!has_run(path));
        CHECK(process.loop == NULL);
        eddy_process_close(&first);
        CHECK_CODE(start_marking(&other, path), 0);
        eddy_process_close(&process);
        unlink(path);
        CHECK_CODE(eddy_loop_close(&other), 0);
        close_loop();
    }

    CASE("without memory, or a handler for the signal, the program has not run") {
        static const char *const plans[] = {"calloc@1=ENOMEM", "socketpair@1=EMFILE",
                                            "sigaction_install@1=EINVAL"};
        char path[32];
        for (int i = 0; i < 3; i++) {
            open_loop();
            DID("EDDY_FAULTS=%s", plans[i]);
            faults_plan(plans[i]);
            CHECK(start_marking(&loop, path) < 0);
            CHECK_INT(faults_injected(), 1);
            faults_plan("");
            CHECK(nothing_to_wait_for() && !has_run(path));
            close_loop();
        }
    }
}

/* In a thread: a loop with processes, until it has had them, which may take turns with another loop. */
static void *run_loop(void *turns)
{
    struct eddy_process own = {.loop = NULL};
    struct eddy_process_wait wait = {0};
    struct eddy_loop its;
    int err = eddy_loop_open(&its, NULL);

    while (err == 0 && *(int *)turns > 0) {
        err = eddy_process_start_shell(&own, &its, "exit 12", NULL);
        if (err == EDDY_EOTHER) {
            err = sched_yield();
            continue;
        }
        err = err ? err : eddy_loop_run_until_complete(&its, eddy_process_wait(&wait, &own));
        if (err == 0 && own.code != 12)
            err = -EIO;
        eddy_process_close(&own);
        --*(int *)turns;
    }
    if (err < 0)
        *(int *)turns = err;
    eddy_loop_close(&its);
    return NULL;
}

static void in_threads(void)
{
    CASE("two loops in two threads: one has children at a time, and each gets all of its own") {
        pthread_t threads[2];
        int left[2] = {20, 20};
        WAITING("two threads, in which twenty processes each are run");
        for (int i = 0; i < 2; i++)
            CHECK_INT(pthread_create(&threads[i], NULL, run_loop, &left[i]), 0);
        for (int i = 0; i < 2; i++)
            CHECK_INT(pthread_join(threads[i], NULL), 0);
        CHECK_INT(left[0], 0);
        CHECK_INT(left[1], 0);
        CHECK(nothing_to_wait_for());
    }
}

/* ---- In tasks ------------------------------------------------------------------------------------------------ */

static int awaits; /* that have come back */

/* A process in its own frame, with an await before the start, and several after it. */
struct session {
    struct eddy_co co;
    struct eddy_process process;
    struct eddy_process_wait wait;
    struct eddy_sleep sleep;
    struct eddy_io io;
};

static struct eddy_step session(struct eddy_co *co)
{
    struct session *self = CO_FRAME(co, session);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 0));
    awaits++;
    if (start_line(&self->process, "read x; echo $x; exec cat > /dev/null", EDDY_PIPE, EDDY_PIPE,
                   EDDY_INHERIT) < 0)
        CO_FAIL(co, -EIO);
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 0));
    awaits++;
    CO_AWAIT(co, eddy_write(&self->io, &loop, self->process.in, "hello\n", 6));
    awaits++;
    CO_AWAIT(co, eddy_reader_readline(&self->process.out.reader));
    awaits++;
    eddy_process_close_in(&self->process);
    CO_AWAIT(co, eddy_process_wait(&self->wait, &self->process));
    awaits++;
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}

static struct eddy_task task;
static struct session frame;

/* A start that fails, of a process in its frame. */
static struct eddy_step failure(struct eddy_co *co)
{
    struct session *self = CO_FRAME(co, session);

    CO_BEGIN(co);
    CHECK_CODE(eddy_process_start_shell(&self->process, &loop, "exit 0",
                                        &(struct eddy_program){.cwd = "/no/such"}),
               -ENOENT);
    CO_END(co);
}

/* So many turns of the loop, each of which sleeps until something happens. */
static void step_turns(int n)
{
    for (; n > 0 && !eddy_task_done(&task); n--) {
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
    }
}

/* Until that many awaits have come back. */
static void run_to(int n)
{
    awaits = 0;
    eddy_task_start(&task, &loop, session, &frame, .io = {.fd = -1});
    WAITING("the task's await %d", n);
    while (awaits < n)
        step_turns(1);
}

static void in_tasks(void)
{
    CASE("cpython 133536: a cancel at each await around a start leaves no process, and no hang") {
        open_loop();
        for (int n = 0; n <= 4; n++) {
            DID("cancelled the task when %d of its awaits had come back", n);
            run_to(n);
            eddy_task_cancel(&task);
            CHECK_CODE(run(&task.future), awaits == 5 ? 0 : -ECANCELED);
            CHECK(frame.process.loop == NULL);
            CHECK(nothing_to_wait_for());
            CHECK(is_default(SIGCHLD));
        }
        close_loop();
    }

    CASE("a cancel before the first step, and in the turn of the start, leave no process") {
        open_loop();
        for (int turns = 0; turns < 12; turns++) {
            DID("cancelled the task after %d turns", turns);
            awaits = 0;
            eddy_task_start(&task, &loop, session, &frame, .io = {.fd = -1});
            for (int i = 0; i < turns && awaits < 2; i++)
                step_turns(1);
            eddy_task_cancel(&task);
            CHECK_CODE(run(&task.future), -ECANCELED);
            CHECK(nothing_to_wait_for());
        }
        close_loop();
    }

    CASE("a task that is abandoned with a process in its frame: it is closed, killed, waited for") {
        for (int n = 0; n <= 4; n++) {
            DID("abandoned the task when %d of its awaits had come back", n);
            open_loop();
            run_to(n);
            eddy_task_abandon(&task);
            memset(&frame, 0x5a, sizeof frame); /* its memory is another's */
            CHECK(nothing_to_wait_for());
            CHECK(is_default(SIGCHLD));
            CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
            close_loop();
        }
    }

    CASE("a start that has failed leaves nothing that points into the task's frame") {
        open_loop();
        for (int i = 0; i < 2; i++) {
            memset(&frame, 0, sizeof frame);
            CHECK_CODE(run(eddy_task_start_frame(&task, &loop, &frame.co, "failure", failure,
                                                 sizeof frame)),
                       0);
            memset(&frame, 0x5a, sizeof frame);
        }
        run_to(3);
        eddy_task_abandon(&task);
        CHECK(nothing_to_wait_for());
        close_loop();
    }

    CASE("a loop that is shut down cancels a task with a process, which is killed and waited for") {
        open_loop();
        run_to(2);
        CHECK_CODE(eddy_loop_shutdown(&loop, 5), 0);
        CHECK_CODE(eddy_future_error(&task.future), -ECANCELED);
        CHECK(nothing_to_wait_for());
        close_loop();
    }
}

TESTS_AND_PROGRAM
{
    with_children();
    refused();
    in_threads();
    in_tasks();
}
