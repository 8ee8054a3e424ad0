/* A pool of processes: jobs in other processes, and what becomes of all when one of these dies. (What it has
 * in common with a pool of threads is in thread_pool.c.) */
#include "workers.h"

#include "faults.h"
#include "jobs.h"
#include "thread.h"

#include <poll.h>
#include <sys/wait.h>

enum { N = 4, MEGABYTE = 1 << 20 };

static struct eddy_job jobs[N], later;
static struct gate gate;

static pid_t worker_pid(int i)
{
    return processes.workers[i].pid;
}

/* As a program opens it: without the parent's descriptors. */
static void open_plain(int workers)
{
    DID("opened a pool of %d processes", workers);
    processes = (struct eddy_process_pool){.name = NULL};
    CHECK_CODE(eddy_process_pool_open(&processes, workers), 0);
    executor = &processes.drivers.executor;
}

static void close_processes(void)
{
    WAITING("the pool to be closed");
    CHECK_CODE(eddy_process_pool_close(&processes), 0);
    CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
    CHECK_INT(errno, ECHILD);
    CHECK_INT(eddy_thread_count(), 0);
}

static int result_of(struct eddy_job *job)
{
    WAITING("a job's end");
    return eddy_job_result(job, EDDY_FOREVER);
}

static int run(int (*fn)(struct eddy_work *work), const void *in, size_t n, void *out, size_t room)
{
    eddy_job_init(&jobs[0], fn, in, n, out, room);
    CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), 0);
    return result_of(&jobs[0]);
}

static void check_it_squares(int n)
{
    int result = 0;

    CHECK_CODE(run(square, &n, sizeof n, &result, sizeof result), 0);
    CHECK_INT(result, n * n);
}

/* Nothing is accepted any more, and the pool can be closed. */
static void check_broken(const char *cause)
{
    int n = 3, result = 0;

    init_square(&later, &n, &result);
    CHECK_CODE(eddy_executor_submit(executor, &later), EDDY_EBROKEN);
    CHECK_CODE(result_of(&later), EDDY_EBROKEN);
    CHECK_INT(result, 0);
    CHECK(strstr(processes.cause, cause) != NULL);
    close_processes();
}

/* ---- Elsewhere, on copies ---------------------------------------------------------------------------- */

static int global = 1;

static int change_global(struct eddy_work *work)
{
    global++;
    return eddy_work_put(work, &global, sizeof global);
}

static int too_much(struct eddy_work *work)
{
    char bytes[100] = "";

    return eddy_work_put(work, bytes, work->out_room + 1);
}

static int reverse(struct eddy_work *work)
{
    const char *in = work->in;
    char *out = work->out;

    for (size_t i = 0; i < work->in_size; i++)
        out[i] = in[work->in_size - 1 - i];
    return 0;
}

/* The pool is its parent's. */
static int use_the_pool(struct eddy_work *work)
{
    static struct eddy_job job;

    (void)work;
    eddy_job_init(&job, nothing, NULL, 0, NULL, 0);
    return eddy_executor_submit(&processes.drivers.executor, &job) == EDDY_EFORK &&
                   eddy_executor_shutdown(&processes.drivers.executor, EDDY_SHUT_WAIT) == EDDY_EFORK
               ? 0
               : -EINVAL;
}

static void works_elsewhere(void)
{
    CASE("each job runs in one of the pool's processes, and what it changes, changes there") {
        pid_t pids[N];
        int seen = 0;
        open_plain(2);
        for (int i = 0; i < N; i++) {
            eddy_job_init(&jobs[i], tell_pid, NULL, 0, &pids[i], sizeof pids[i]);
            CHECK_CODE(eddy_executor_submit(executor, &jobs[i]), 0);
        }
        for (int i = 0; i < N; i++) {
            CHECK_CODE(result_of(&jobs[i]), 0);
            CHECK(pids[i] != getpid() && (pids[i] == worker_pid(0) || pids[i] == worker_pid(1)));
        }
        CHECK_CODE(run(change_global, NULL, 0, &seen, sizeof seen), 0);
        CHECK(seen == 2 && global == 1);
        close_processes();
    }

    CASE("an error is carried back with its words, and the next job runs") {
        int n = 50000, result = 77;
        open_plain(1);
        CHECK_CODE(run(square, &n, sizeof n, &result, sizeof result), -ERANGE);
        CHECK_TEXT(eddy_job_message(&jobs[0]), "50000 is too large to be squared");
        CHECK_INT(result, 77);
        check_it_squares(5);
        close_processes();
    }

    CASE("bytes of any number go there and back, many megabytes too") {
        static const size_t sizes[] = {0, 1, 400, 4096, MEGABYTE, 8 * MEGABYTE + 1};
        static char in[8 * MEGABYTE + 1], out[sizeof in];
        open_plain(1);
        for (size_t i = 0; i < sizeof in; i++)
            in[i] = (char)(i * 7 + i / 251);
        for (int k = 0; k < 6; k++) {
            CHECK_CODE(run(reverse, in, sizes[k], out, sizes[k]), 0);
            CHECK_INT(jobs[0].work.out_size, (long long)sizes[k]);
            for (size_t i = 0; i < sizes[k]; i++)
                if (out[i] != in[sizes[k] - 1 - i])
                    FAIL("the bytes from the last to the first", "other ones at %zu", i);
        }
        close_processes();
    }

    CASE("a result that is larger than its room is EMSGSIZE, and the room is as it was") {
        char room[8] = "before";
        open_plain(1);
        CHECK_CODE(run(too_much, NULL, 0, room, sizeof room), -EMSGSIZE);
        CHECK_TEXT(room, "before");
        check_it_squares(5);
        close_processes();
    }

    CASE("a job that says EBROKEN itself does not break the pool") {
        int err = EDDY_EBROKEN;
        open_plain(1);
        CHECK_CODE(run(fail, &err, sizeof err, NULL, 0), EDDY_EBROKEN);
        check_it_squares(5);
        close_processes();
    }

    CASE("in a worker the pool is the parent's: EFORK") {
        open_plain(1);
        CHECK_CODE(run(use_the_pool, NULL, 0, NULL, 0), 0);
        close_processes();
    }
}

/* ---- A worker dies ----------------------------------------------------------------------------------- */

/* In a thread: kills the first worker when the socket to it is full. */
static void *kill_when_full(void *unused)
{
    struct pollfd polled = {.fd = processes.workers[0].fd, .events = POLLOUT};

    (void)unused;
    do
        polled.revents = 0;
    while (poll(&polled, 1, 0) == 1 && !(polled.revents & POLLHUP));
    kill(worker_pid(0), SIGKILL);
    return NULL;
}

static void stop_worker(int i)
{
    siginfo_t info;

    CHECK_OK(kill(worker_pid(i), SIGSTOP));
    CHECK_OK(waitid(P_PID, (id_t)worker_pid(i), &info, WSTOPPED | WNOWAIT));
}

static void loses_a_worker(void)
{
    CASE("a worker is killed: jobs that run or are in line end with EBROKEN, later ones too") {
        int n = 3, result = 0;
        char cause[64];
        gate_open(&gate);
        open_pool(PROCESSES, 2);
        begin_hold(&jobs[0], &gate);
        begin_hold(&jobs[1], &gate);
        submit_square(&jobs[2], &n, &result);
        submit_square(&jobs[3], &n, &result);
        snprintf(cause, sizeof cause, "worker %ld was killed by signal 9", (long)worker_pid(1));
        CHECK_OK(kill(worker_pid(1), SIGKILL));
        for (int i = 0; i < N; i++)
            CHECK_CODE(result_of(&jobs[i]), EDDY_EBROKEN);
        for (int i = 0; i < N; i++)
            CHECK_TEXT(eddy_job_message(&jobs[i]), cause);
        CHECK_CODE(eddy_executor_submit(executor, &jobs[3]), EDDY_EBROKEN);
        CHECK_TEXT(eddy_job_message(&jobs[3]), cause);
        CHECK_INT(result, 0);
        check_broken(cause);
        gate_close(&gate);
    }

    CASE("an idle worker that is killed is noticed while another one works") {
        gate_open(&gate);
        open_pool(PROCESSES, 2);
        begin_hold(&jobs[0], &gate);
        CHECK_OK(kill(worker_pid(1), SIGKILL));
        CHECK_CODE(result_of(&jobs[0]), EDDY_EBROKEN);
        check_broken("was killed by signal 9");
        gate_close(&gate);
    }

    CASE("one that is killed while all are idle breaks the pool: soon nothing is accepted") {
        open_plain(2);
        check_it_squares(3);
        CHECK_OK(kill(worker_pid(0), SIGKILL));
        WAITING("the pool to be broken");
        do
            eddy_job_init(&jobs[0], nothing, NULL, 0, NULL, 0);
        while (eddy_executor_submit(executor, &jobs[0]) == 0 &&
               result_of(&jobs[0]) != EDDY_EBROKEN);
        check_broken("was killed by signal 9");
    }

    CASE("one that is killed before the first job is noticed with that") {
        siginfo_t info;
        gate_open(&gate);
        open_pool(PROCESSES, 2);
        CHECK_OK(kill(worker_pid(1), SIGKILL));
        CHECK_OK(waitid(P_PID, (id_t)worker_pid(1), &info, WEXITED | WNOWAIT));
        submit_hold(&jobs[0], &gate);
        CHECK_CODE(result_of(&jobs[0]), EDDY_EBROKEN);
        check_broken("was killed by signal 9");
        gate_close(&gate);
    }

    CASE("cpython 94784: a worker killed with a job's megabytes in its socket breaks the pool") {
        static char in[8 * MEGABYTE];
        int n = 3, result;
        pthread_t killer;
        open_plain(1);
        stop_worker(0); /* it reads nothing, and the socket is soon full */
        eddy_job_init(&jobs[0], square, in, sizeof in, &result, sizeof result);
        CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), 0);
        for (int i = 1; i < N; i++)
            submit_square(&jobs[i], &n, &result);
        killer = start(kill_when_full, NULL);
        for (int i = 0; i < N; i++)
            CHECK_CODE(result_of(&jobs[i]), EDDY_EBROKEN);
        join(killer);
        check_broken("was killed by signal 9");
    }

    CASE("a worker that exits, becomes another program or closes all breaks the pool") {
        static const struct {
            int (*fn)(struct eddy_work *work);
            const char *end;
        } ends[] = {{exit_with_3, "has ended, with status 3"},
                    {close_all, "has ended, with status 0"},
                    {become_another_program, "was killed by signal 9"}};
        for (int i = 0; i < 3; i++) {
            open_plain(2);
            CHECK_CODE(run(ends[i].fn, NULL, 0, NULL, 0), EDDY_EBROKEN);
            CHECK(strstr(eddy_job_message(&jobs[0]), ends[i].end) != NULL);
            check_broken(ends[i].end);
        }
    }

    CASE("a worker's end is noticed although a child of it lives on") {
        int go[2], pid_to[2];
        struct orphan orphan;
        pid_t pid;
        CHECK_OK(pipe(go));
        CHECK_OK(pipe(pid_to));
        orphan = (struct orphan){go[0], pid_to[1]};
        open_pool(PROCESSES, 2);
        CHECK_CODE(run(leave_an_orphan, &orphan, sizeof orphan, NULL, 0), EDDY_EBROKEN);
        CHECK_INT(read(pid_to[0], &pid, sizeof pid), (long long)sizeof pid);
        check_broken("has ended, with status 4");
        CHECK_OK(kill(pid, SIGKILL)); /* it was there still */
        for (int i = 0; i < 2; i++) {
            close(go[i]);
            close(pid_to[i]);
        }
    }

    CASE("a worker that is killed in the middle of its answer breaks the pool") {
        char result[64] = "as before", half[sizeof(struct eddy_answer) + 10];
        struct lie answer = lie_number(LIES, sizeof result);
        answer.as.answer.out_size = sizeof result;
        memcpy(half, answer.as.bytes, sizeof half);
        for (size_t n = sizeof half; n > 0; n /= 3) {
            open_plain(2);
            CHECK_CODE(run(send_them_and_die, half, n, result, sizeof result), EDDY_EBROKEN);
            CHECK_INT(jobs[0].work.out_size, 0);
            check_broken("was killed by signal 9");
        }
    }

    CASE("an answer that lies breaks the pool, and is believed in nothing") {
        char result[16] = "as before";
        for (int i = 0; i < LIES; i++) {
            struct lie lie = lie_number(i, sizeof result);
            open_plain(2);
            DID("had a worker answer with %s", lie.name);
            CHECK_CODE(run(send_them_raw, &lie.as, lie.size, result, sizeof result), EDDY_EBROKEN);
            CHECK_TEXT(result, "as before");
            check_broken("has sent what is no answer");
        }
    }

    CASE("a stray byte before an answer breaks the pool") {
        open_plain(1);
        CHECK_CODE(run(send_them_raw, "", 1, NULL, 0), EDDY_EBROKEN);
        check_broken("has sent what is no answer");
    }
}

/* ---- Ending ------------------------------------------------------------------------------------------ */

static void *shut_down_and_wait(void *unused)
{
    (void)unused;
    eddy_executor_shutdown(executor, EDDY_SHUT_WAIT);
    return NULL;
}

/* Called when a job is done. */
struct callback {
    struct eddy_job_callback callback;
    int began, go; /* pipe ends: tells the first, waits for the second */
    int closes, waits;
};

static void wait_in_callback(struct eddy_job_callback *callback, struct eddy_job *job)
{
    struct callback *self = container_of(callback, struct callback, callback);
    char byte;

    (void)job;
    if (write(self->began, "b", 1) != 1 || read(self->go, &byte, 1) != 1)
        abort();
}

static void end_in_callback(struct eddy_job_callback *callback, struct eddy_job *job)
{
    struct callback *self = container_of(callback, struct callback, callback);

    (void)job;
    eddy_process_pool_terminate(&processes);
    self->closes = eddy_process_pool_close(&processes);
    self->waits = eddy_executor_shutdown(executor, EDDY_SHUT_WAIT);
    if (write(self->began, "b", 1) != 1)
        abort();
}

static void is_ended(void)
{
    CASE("who is told of a broken pool by its sentry cannot wait for its end there: EDEADLOCK") {
        struct callback first = {.callback.fn = wait_in_callback}, second = {.closes = 1};
        second.callback.fn = end_in_callback;
        gate_open(&gate);
        first.began = second.began = gate.begun[1];
        first.go = gate.go[0];
        open_plain(1);
        eddy_job_init(&jobs[0], nothing, NULL, 0, NULL, 0);
        CHECK_CODE(eddy_job_add_done_callback(&jobs[0], &first.callback), 0);
        CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), 0);
        await_begun(&gate); /* the driver is in the callback, so the sentry alone sees the end */
        eddy_job_init(&jobs[1], nothing, NULL, 0, NULL, 0);
        CHECK_CODE(eddy_job_add_done_callback(&jobs[1], &second.callback), 0);
        CHECK_CODE(eddy_executor_submit(executor, &jobs[1]), 0);
        CHECK_OK(kill(worker_pid(0), SIGKILL));
        WAITING("the sentry's callback to return");
        await_begun(&gate);
        CHECK_CODE(second.closes, EDDY_EDEADLOCK);
        CHECK_CODE(second.waits, EDDY_EDEADLOCK);
        let_go(&gate, 1);
        CHECK_CODE(result_of(&jobs[1]), EDDY_EBROKEN);
        CHECK_CODE(result_of(&jobs[0]), 0);
        check_broken("was killed by signal 9");
        gate_close(&gate);
    }

    CASE("after shutdown with wait no child process and no socket is left, before close") {
        open_plain(3);
        check_it_squares(3);
        CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_WAIT), 0);
        CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
        for (int i = 0; i < 3; i++)
            CHECK_INT(processes.workers[i].fd, -1);
        close_processes();
    }

    CASE("a pool that was opened, and had no job, leaves nothing") {
        open_plain(3);
        close_processes();
    }

    CASE("terminated: those in line are cancelled, those that run end with EBROKEN") {
        int n = 3, result;
        gate_open(&gate);
        open_pool(PROCESSES, 2);
        begin_hold(&jobs[0], &gate);
        begin_hold(&jobs[1], &gate);
        submit_square(&jobs[2], &n, &result);
        eddy_process_pool_terminate(&processes);
        CHECK_CODE(result_of(&jobs[0]), EDDY_EBROKEN);
        CHECK_CODE(result_of(&jobs[1]), EDDY_EBROKEN);
        CHECK_TEXT(eddy_job_message(&jobs[1]), "the pool was terminated");
        CHECK_CODE(result_of(&jobs[2]), -ECANCELED);
        eddy_process_pool_terminate(&processes);
        close_processes();
        eddy_process_pool_terminate(&processes);
        gate_close(&gate);
    }

    CASE("terminated while other threads wait for its end: all of them return") {
        for (int round = 0; round < 20; round++) {
            pthread_t waiting[2];
            open_plain(2);
            check_it_squares(3);
            for (int i = 0; i < 2; i++)
                waiting[i] = start(shut_down_and_wait, NULL);
            eddy_process_pool_terminate(&processes);
            for (int i = 0; i < 2; i++)
                join(waiting[i]);
            close_processes();
        }
    }

    CASE("a worker that is stopped when the pool is closed is killed after a second") {
        open_plain(2);
        check_it_squares(3);
        stop_worker(1);
        close_processes();
    }

    CASE("a program that ignores SIGCHLD, or waits for any child, has its pool end all the same") {
        for (int i = 0; i < 2; i++) {
            pid_t pid;
            if (i == 1)
                signal(SIGCHLD, SIG_IGN);
            gate_open(&gate);
            open_pool(PROCESSES, 2);
            begin_hold(&jobs[0], &gate);
            pid = worker_pid(0);
            CHECK_OK(kill(pid, SIGKILL));
            if (i == 0)
                CHECK_INT(waitpid(-1, NULL, 0), pid);
            CHECK_CODE(result_of(&jobs[0]), EDDY_EBROKEN);
            close_processes();
            gate_close(&gate);
        }
        signal(SIGCHLD, SIG_DFL);
    }
}

/* ---- Opening ----------------------------------------------------------------------------------------- */

static int fail_initially(void *err)
{
    return *(const int *)err;
}

static int exit_initially(void *unused)
{
    (void)unused;
    _exit(6);
}

static void is_opened(void)
{
    CASE("with threads of a pool running it is ETHREADS, and without them it is opened") {
        int n = 3, result;
        struct eddy_process_pool second = {.name = NULL};
        open_pool(THREADS, 1);
        CHECK_CODE(eddy_process_pool_open(&processes, 1), 0); /* no thread has been started yet */
        CHECK_CODE(eddy_process_pool_open(&second, 1), 0);
        CHECK_CODE(eddy_process_pool_close(&second), 0);
        submit_square(&jobs[0], &n, &result);
        CHECK_CODE(result_of(&jobs[0]), 0);
        CHECK_CODE(eddy_process_pool_open(&second, 1), EDDY_ETHREADS);
        CHECK(second.workers == NULL);
        CHECK_CODE(eddy_process_pool_close(&second), 0);
        CHECK_CODE(eddy_thread_pool_close(&threads), 0);
        CHECK_CODE(eddy_process_pool_open(&second, 1), 0);
        CHECK_CODE(eddy_process_pool_close(&second), 0);
        executor = &processes.drivers.executor;
        check_it_squares(4);
        CHECK_CODE(eddy_process_pool_open(&second, 1), EDDY_ETHREADS); /* its drivers are threads */
        close_processes();
    }

    CASE("an initializer that fails or ends its process breaks the pool, and the message says so") {
        int err = -EACCES;
        for (int i = 0; i < 2; i++) {
            processes = (struct eddy_process_pool){
                .initializer = i == 0 ? fail_initially : exit_initially, .argument = &err};
            CHECK_CODE(eddy_process_pool_open(&processes, 2), 0);
            executor = &processes.drivers.executor;
            CHECK_CODE(run(nothing, NULL, 0, NULL, 0), EDDY_EBROKEN);
            check_broken(i == 0 ? "the initializer has failed: Permission denied"
                                : "has ended, with status 6");
        }
    }

    CASE("what fails while it is opened is told, nothing is left, and the next time it works") {
        static const char *const plans[] = {"fork@1=EAGAIN",
                                            "fork@2=ENOMEM",
                                            "fork@3=EAGAIN",
                                            "socketpair@1=EMFILE",
                                            "socketpair@3=ENFILE",
                                            "calloc@1=ENOMEM",
                                            "calloc@2=ENOMEM",
                                            "calloc@3=ENOMEM",
                                            "pthread_cond_init@1=ENOMEM",
                                            "pthread_cond_init@2=EAGAIN",
                                            "pthread_mutex_init@1=ENOMEM",
                                            "pthread_mutex_init@2=EAGAIN"};
        for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
            int err;
            DID("opened a pool of 3 processes with %s", plans[i]);
            processes = (struct eddy_process_pool){.name = NULL};
            faults_plan(plans[i]);
            err = eddy_process_pool_open(&processes, 3);
            CHECK_INT(faults_injected(), 1);
            faults_plan("");
            CHECK_TEXT(eddy_errname(err), strchr(plans[i], '=') + 1);
            CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
            CHECK(processes.workers == NULL);
            CHECK_CODE(eddy_process_pool_close(&processes), 0);
            CHECK_CODE(eddy_process_pool_open(&processes, 3), 0);
            executor = &processes.drivers.executor;
            check_it_squares(3);
            close_processes();
        }
    }
}

TESTS
{
    works_elsewhere();
    loses_a_worker();
    is_ended();
    is_opened();
}
