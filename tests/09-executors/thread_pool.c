/* A pool: who works, in which order, how it is shut down. What a pool of threads and one of processes
 * have in common is tried with both. */
#include "pools.h"

#include "faults.h"
#include "jobs.h"
#include "ledger.h"
#include "thread.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum { N = 3 };

static struct eddy_job jobs[2 * N];
static struct gate gate, gates[2 * N];

/* ---- Opening ------------------------------------------------------------------------------------------ */

static void opens(void)
{
    CASE("a pool of no workers, or fewer, is refused, and nothing is open") {
        const int few[] = {0, -1, -2147483647 - 1};
        struct eddy_thread_pool thread_pool = {.name = NULL};
        struct eddy_process_pool process_pool = {.name = NULL};
        for (int i = 0; i < 3; i++) {
            CHECK_CODE(eddy_process_pool_open(&process_pool, few[i]), -EINVAL);
            CHECK_CODE(eddy_thread_pool_open(&thread_pool, few[i]), -EINVAL);
        }
        CHECK_CODE(eddy_process_pool_close(&process_pool), 0);
        CHECK_CODE(eddy_thread_pool_close(&thread_pool), 0);
        CHECK_CODE(eddy_thread_pool_open(&thread_pool, 1), 0);
        CHECK_CODE(eddy_thread_pool_close(&thread_pool), 0);
    }

    CASE("a pool that is open is not opened again; one that was closed is, and works as before") {
        int n = 3, result;
        BOTH(kind)
        {
            for (int i = 0; i < 2; i++) {
                open_pool(kind, 2);
                CHECK_CODE(kind == THREADS ? eddy_thread_pool_open(&threads, 2)
                                           : eddy_process_pool_open(&processes, 2),
                           EDDY_EQUEUED);
                result = 0;
                submit_square(&jobs[0], &n, &result);
                CHECK_CODE(eddy_job_result(&jobs[0], EDDY_FOREVER), 0);
                CHECK_INT(result, 9);
                CHECK_CODE(close_pool(kind), 0);
                CHECK_CODE(close_pool(kind), 0);
            }
        }
        CHECK_CODE(eddy_thread_pool_open(&threads, 2), 0); /* without being zeroed first */
        submit_square(&jobs[0], &n, &result);
        CHECK_CODE(eddy_job_result(&jobs[0], EDDY_FOREVER), 0);
        CHECK_CODE(eddy_thread_pool_close(&threads), 0);
    }

    CASE("a pool without memory for its threads is ENOMEM, and is not open") {
        threads = (struct eddy_thread_pool){.name = NULL};
        faults_plan("calloc@1=ENOMEM");
        CHECK_CODE(eddy_thread_pool_open(&threads, 2), -ENOMEM);
        faults_plan("");
        CHECK_CODE(eddy_executor_submit(&threads.executor, &jobs[0]), -EINVAL);
        CHECK_CODE(eddy_thread_pool_close(&threads), 0);
    }

    CASE("a job is refused for want of a thread only where there is none at all") {
        struct eddy_job each[2];
        int n[2] = {3, 4}, result[2];
        CHECK_CODE(eddy_thread_pool_open(&threads, 2), 0);
        for (int i = 0; i < 2; i++)
            eddy_job_init(&each[i], square, &n[i], sizeof n[i], &result[i], sizeof result[i]);
        faults_plan("pthread_create@1=EAGAIN,pthread_create@3+=EAGAIN");
        CHECK_CODE(eddy_executor_submit(&threads.executor, &each[0]), -EAGAIN);
        CHECK_CODE(eddy_job_error(&each[0]), -EAGAIN);
        for (int i = 0; i < 2; i++)
            CHECK_CODE(eddy_executor_submit(&threads.executor, &each[i]), 0);
        for (int i = 0; i < 2; i++)
            CHECK_CODE(eddy_job_result(&each[i], EDDY_FOREVER), 0);
        CHECK(result[0] == 9 && result[1] == 16);
        CHECK_CODE(eddy_thread_pool_close(&threads), 0);
    }

    CASE("if nobody says how many threads: from 5 to 32") {
        CHECK(eddy_thread_pool_usual() >= 5 && eddy_thread_pool_usual() <= 32);
        CHECK(eddy_process_pool_usual() >= 1);
    }
}

/* ---- Who works ---------------------------------------------------------------------------------------- */

static void open_gates(void)
{
    for (int i = 0; i < 2 * N; i++)
        gate_open(&gates[i]);
}

static void close_gates(void)
{
    for (int i = 0; i < 2 * N; i++)
        gate_close(&gates[i]);
}

static void try_saturation(int kind)
{
    open_gates();
    open_pool(kind, N);
    for (int i = 0; i < 2 * N; i++)
        submit_hold(&jobs[i], &gates[i]);
    for (int i = 0; i < N; i++)
        await_begun(&gates[i]);
    for (int i = 0; i < 2 * N; i++)
        CHECK(eddy_job_running(&jobs[i]) == (i < N) && !eddy_job_done(&jobs[i]));
    for (int i = 0; i < N; i++) {
        int free = (i + 1) % N; /* whoever is free takes the next in line */
        let_go(&gates[free], 1);
        await_begun(&gates[N + i]);
        CHECK(eddy_job_done(&jobs[free]));
        for (int k = N + i + 1; k < 2 * N; k++)
            CHECK(!eddy_job_running(&jobs[k]));
    }
    for (int i = N; i < 2 * N; i++)
        let_go(&gates[i], 1);
    CHECK_CODE(close_pool(kind), 0);
    close_gates();
}

/* By a pool of one, so one after the other. */
static void try_order(int kind)
{
    static struct eddy_job each[26];
    static struct mark each_mark[26];
    char ran[27] = "";
    int fds[2];

    CHECK_OK(pipe(fds));
    open_pool(kind, 1);
    for (int i = 0; i < 26; i++)
        submit_mark(&each[i], &each_mark[i], fds[1], 'a' + i);
    CHECK_CODE(close_pool(kind), 0);
    CHECK_INT(read(fds[0], ran, 26), 26);
    CHECK_TEXT(ran, "abcdefghijklmnopqrstuvwxyz");
    close(fds[0]);
    close(fds[1]);
}

/* Which process runs it, and which thread of it. */
struct place {
    pid_t pid;
    pthread_t thread;
};

static int tell_place(struct eddy_work *work)
{
    struct place *place = work->out;

    *place = (struct place){getpid(), pthread_self()};
    return 0;
}

static struct place ask_place(void)
{
    struct eddy_job job;
    struct place place = {.pid = 0};

    eddy_job_init(&job, tell_place, NULL, 0, &place, sizeof place);
    CHECK_CODE(eddy_executor_submit(executor, &job), 0);
    CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
    return place;
}

static void try_reuse(int kind)
{
    const struct eddy_thread_pool *pool = kind == THREADS ? &threads : &processes.drivers;
    struct place first, next;

    gate_open(&gate);
    open_pool(kind, N);
    CHECK_INT(pool->started, 0);
    first = ask_place();
    CHECK((first.pid == getpid()) == (kind == THREADS));
    for (int i = 0; i < 50; i++) {
        next = ask_place();
        CHECK(next.pid == first.pid && pthread_equal(next.thread, first.thread));
    }
    CHECK_INT(pool->started, 1);
    begin_hold(&jobs[0], &gate);
    CHECK_INT(pool->started, 1);
    next = ask_place(); /* now a second one is needed */
    CHECK(next.pid != first.pid || !pthread_equal(next.thread, first.thread));
    CHECK_INT(pool->started, 2);
    let_go(&gate, 1);
    CHECK_CODE(eddy_job_result(&jobs[0], EDDY_FOREVER), 0);
    begin_hold(&jobs[0], &gate);
    begin_hold(&jobs[1], &gate);
    CHECK_INT(pool->started, 2);
    let_go(&gate, 2);
    CHECK_CODE(close_pool(kind), 0);
    gate_close(&gate);
}

static volatile sig_atomic_t handled, elsewhere;
static pthread_t main_thread;

static void on_signal(int signo)
{
    (void)signo;
    handled++;
    elsewhere += !pthread_equal(pthread_self(), main_thread);
}

/* One thread is busy, one is idle. */
static void try_signals(int kind)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    main_thread = pthread_self();
    handled = elsewhere = 0;
    sigemptyset(&action.sa_mask);
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    gate_open(&gate);
    open_pool(kind, 2);
    begin_hold(&jobs[0], &gate);
    (void)ask_place();
    for (int i = 1; i <= 50; i++) {
        CHECK_OK(kill(getpid(), SIGUSR1));
        CHECK_INT(handled, i);
    }
    CHECK_INT(elsewhere, 0);
    CHECK(eddy_job_running(&jobs[0]));
    let_go(&gate, 1);
    CHECK_CODE(close_pool(kind), 0);
    gate_close(&gate);
}

static int tell_name(struct eddy_work *work)
{
    FILE *file = fopen("/proc/thread-self/comm", "r");

    if (!file)
        return -errno;
    if (!fgets(work->out, (int)work->out_room, file))
        memset(work->out, 0, work->out_room);
    fclose(file);
    return 0;
}

static void expect_name(const char *given, const char *want)
{
    char name[32] = "";

    threads = (struct eddy_thread_pool){.name = given};
    CHECK_OK(eddy_thread_pool_open(&threads, 1));
    eddy_job_init(&jobs[0], tell_name, NULL, 0, name, sizeof name);
    CHECK_CODE(eddy_executor_submit(&threads.executor, &jobs[0]), 0);
    if (eddy_job_result(&jobs[0], EDDY_FOREVER) == -ENOENT)
        SKIP("this system does not show a thread's name");
    name[strcspn(name, "\n")] = '\0';
    CHECK_TEXT(name, want);
    CHECK_CODE(eddy_thread_pool_close(&threads), 0);
}

static void works(void)
{
    CASE("at most as many jobs run as there are workers, and the next is the first in line") {
        BOTH(kind) try_saturation(kind);
    }

    CASE("jobs begin in the order of submitting") {
        BOTH(kind) try_order(kind);
    }

    CASE("an idle worker is used again, and another is started only when none is idle") {
        BOTH(kind) try_reuse(kind);
    }

    CASE("a signal to the process is handled in the main thread, and not in a pool's") {
        BOTH(kind) try_signals(kind);
    }

    CASE("a pool's threads have its name, or eddy's") {
        expect_name("fetch", "fetch");
        expect_name(NULL, "eddy");
    }
}

/* ---- Shutting down ------------------------------------------------------------------------------------ */

static int children(void)
{
    int status, n = 0;

    while (waitpid(-1, &status, WNOHANG) > 0)
        n++;
    return n > 0 || errno != ECHILD; /* one that lives, or a zombie */
}

/* One runs, three are in line. */
static void fill(int kind)
{
    gate_open(&gate);
    open_pool(kind, 1);
    begin_hold(&jobs[0], &gate);
    for (int i = 1; i <= N; i++)
        submit_hold(&jobs[i], &gate);
}

static void expect_all(int first, int err)
{
    for (int i = first; i <= N; i++) {
        CHECK(eddy_job_done(&jobs[i]));
        CHECK_CODE(eddy_job_error(&jobs[i]), err);
    }
}

static void try_wait(int kind)
{
    fill(kind);
    let_go(&gate, N + 1);
    CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_WAIT), 0);
    expect_all(0, 0);
    CHECK_INT(eddy_thread_count(), 0);
    CHECK(!children());
    CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_WAIT), 0);
    CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_WAIT | EDDY_SHUT_CANCEL), 0);
    CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), EDDY_ECLOSED);
    CHECK_CODE(close_pool(kind), 0);
    CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), EDDY_ECLOSED); /* late, and harmless */
    gate_close(&gate);
}

static void try_no_wait(int kind)
{
    fill(kind);
    CHECK_CODE(eddy_executor_shutdown(executor, 0), 0);
    CHECK(eddy_job_running(&jobs[0]) && !eddy_job_done(&jobs[N])); /* it has not waited */
    eddy_job_init(&jobs[N + 1], nothing, NULL, 0, NULL, 0);
    CHECK_CODE(eddy_executor_submit(executor, &jobs[N + 1]), EDDY_ECLOSED);
    let_go(&gate, 1);
    await_begun(&gate); /* the first in line */
    CHECK_CODE(eddy_job_result(&jobs[0], EDDY_FOREVER), 0);
    CHECK(eddy_job_cancel(&jobs[N]));
    let_go(&gate, N - 1);
    CHECK_CODE(close_pool(kind), 0);
    for (int i = 0; i < N; i++)
        CHECK_CODE(eddy_job_error(&jobs[i]), 0);
    CHECK(eddy_job_cancelled(&jobs[N]));
    CHECK_INT(eddy_thread_count(), 0);
    CHECK(!children());
    gate_close(&gate);
}

/* Who waits for the jobs in line wakes up while the first one still runs. */
static void try_shut_cancel(int kind)
{
    struct watcher watchers[N + 1];
    struct eddy_job_place places[N];

    fill(kind);
    for (int i = 1; i <= N; i++) {
        start_watcher(&watchers[i], &jobs[i]);
        places[i - 1] = (struct eddy_job_place){.job = &jobs[i]};
    }
    CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_CANCEL), 0);
    CHECK_CODE(eddy_jobs_wait(places, N, EDDY_ALL_COMPLETED, EDDY_FOREVER), 0);
    for (int i = 1; i <= N; i++) {
        join(watchers[i].thread);
        CHECK_CODE(watchers[i].err, -ECANCELED);
        CHECK(eddy_job_cancelled(&jobs[i]));
    }
    CHECK(eddy_job_running(&jobs[0]));
    let_go(&gate, 1);
    CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_WAIT), 0);
    CHECK_CODE(eddy_job_error(&jobs[0]), 0);
    CHECK_CODE(close_pool(kind), 0);
    gate_close(&gate);
}

static void *let_first_go(void *unused)
{
    CHECK_CODE(eddy_job_result(&jobs[N], EDDY_FOREVER), -ECANCELED);
    let_go(&gate, 1);
    return unused;
}

static void try_cancel_and_wait(int kind)
{
    pthread_t thread;

    fill(kind);
    thread = start(let_first_go, NULL);
    CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_WAIT | EDDY_SHUT_CANCEL), 0);
    join(thread);
    CHECK_CODE(eddy_job_error(&jobs[0]), 0);
    expect_all(1, -ECANCELED);
    CHECK_INT(eddy_thread_count(), 0);
    CHECK_CODE(close_pool(kind), 0);
    gate_close(&gate);
}

static void try_submit_cancel_wait(int kind)
{
    for (int i = 0; i < 20; i++) {
        gate_open(&gate);
        open_pool(kind, 1);
        begin_hold(&jobs[0], &gate);
        submit_hold(&jobs[1], &gate);
        CHECK(eddy_job_cancel(&jobs[1]));
        let_go(&gate, 1);
        CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_WAIT), 0);
        CHECK(eddy_job_cancelled(&jobs[1]) && eddy_job_error(&jobs[0]) == 0);
        CHECK_CODE(close_pool(kind), 0);
        gate_close(&gate);

        open_pool(kind, 1); /* and with nothing else than that one */
        eddy_job_init(&jobs[0], nothing, NULL, 0, NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), 0);
        (void)eddy_job_cancel(&jobs[0]);
        CHECK_CODE(close_pool(kind), 0);
        CHECK(eddy_job_done(&jobs[0]));
    }
}

static void try_rounds(int kind)
{
    struct ledger before;
    char left[256];

    ledger_open(&before);
    for (int round = 0; round < 30; round++) {
        open_pool(kind, N);
        for (int i = 0; i < 2 * N; i++) {
            eddy_job_init(&jobs[i], nothing, NULL, 0, NULL, 0);
            CHECK_CODE(eddy_executor_submit(executor, &jobs[i]), 0);
        }
        CHECK_CODE(close_pool(kind), 0);
        CHECK_INT(eddy_thread_count(), 0);
    }
    CHECK(!ledger_left(&before, left, sizeof left));
}

/* ---- Several at once, and from within ------------------------------------------------------------- */

static void *shut_down_and_look(void *unused)
{
    CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_WAIT), 0);
    expect_all(0, 0);
    return unused;
}

static void try_many_shutdowns(int kind)
{
    pthread_t each[4];

    fill(kind);
    for (int i = 0; i < 4; i++)
        each[i] = start(shut_down_and_look, NULL);
    let_go(&gate, N + 1);
    (void)shut_down_and_look(NULL);
    for (int i = 0; i < 4; i++)
        join(each[i]);
    CHECK_INT(eddy_thread_count(), 0);
    CHECK_CODE(close_pool(kind), 0);
    gate_close(&gate);
}

static int said[3];

static int shut_own_pool(struct eddy_work *work)
{
    (void)work;
    said[0] = eddy_executor_shutdown(executor, EDDY_SHUT_WAIT);
    said[1] = eddy_thread_pool_close(&threads);
    said[2] = eddy_executor_shutdown(executor, EDDY_SHUT_CANCEL);
    return 0;
}

struct shutter {
    struct eddy_job_callback callback;
    int err, submitted;
};

/* In a driver of a process pool, too. */
static void shut_in_callback(struct eddy_job_callback *callback, struct eddy_job *job)
{
    struct shutter *self = container_of(callback, struct shutter, callback);

    (void)job;
    self->err = eddy_executor_shutdown(executor, EDDY_SHUT_WAIT);
    self->submitted = eddy_executor_submit(executor, &jobs[1]);
}

static void try_callback(int kind)
{
    struct shutter shutter = {.callback.fn = shut_in_callback};

    open_pool(kind, 2);
    eddy_job_init(&jobs[0], nothing, NULL, 0, NULL, 0);
    eddy_job_init(&jobs[1], nothing, NULL, 0, NULL, 0);
    CHECK_CODE(eddy_job_add_done_callback(&jobs[0], &shutter.callback), 0);
    CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), 0);
    CHECK_CODE(eddy_job_result(&jobs[0], EDDY_FOREVER), 0);
    CHECK_CODE(shutter.err, EDDY_EDEADLOCK);
    CHECK_CODE(shutter.submitted, EDDY_ECLOSED);
    CHECK_CODE(close_pool(kind), 0);
}

struct canceller {
    struct eddy_job_callback callback;
    bool said;
};

static void cancel_next(struct eddy_job_callback *callback, struct eddy_job *job)
{
    struct canceller *self = container_of(callback, struct canceller, callback);

    self->said = eddy_job_cancel(job + 1);
}

static void shuts(void)
{
    CASE("shutdown with wait runs all that is in line, joins all, and is harmless again") {
        BOTH(kind) try_wait(kind);
    }

    CASE("shutdown without wait returns at once, what is in line still runs, and close waits") {
        BOTH(kind) try_no_wait(kind);
    }

    CASE("cpython 136655: a shutdown that cancels wakes all who wait for those jobs") {
        BOTH(kind) try_shut_cancel(kind);
    }

    CASE("shutdown with wait and cancel: those in line are cancelled, the one that runs finishes") {
        BOTH(kind) try_cancel_and_wait(kind);
    }

    CASE("cpython 94440: submit, cancel, shutdown with wait returns") {
        BOTH(kind) try_submit_cancel_wait(kind);
    }

    CASE("cpython 78218: after close there are as many threads as before, and nothing else") {
        BOTH(kind) try_rounds(kind);
    }

    CASE("several threads shut one pool down at once: each returns when all is done") {
        BOTH(kind) try_many_shutdowns(kind);
    }

    CASE("a job cannot wait for its own pool's end: EDEADLOCK, nothing is accepted any more") {
        gate_open(&gate);
        open_pool(THREADS, 1);
        begin_hold(&jobs[2], &gate);
        eddy_job_init(&jobs[0], shut_own_pool, NULL, 0, NULL, 0);
        eddy_job_init(&jobs[1], nothing, NULL, 0, NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), 0);
        CHECK_CODE(eddy_executor_submit(executor, &jobs[1]), 0);
        let_go(&gate, 1);
        CHECK_CODE(eddy_job_result(&jobs[1], EDDY_FOREVER), -ECANCELED);
        CHECK_CODE(eddy_job_result(&jobs[0], EDDY_FOREVER), 0);
        CHECK_CODE(said[0], EDDY_EDEADLOCK);
        CHECK_CODE(said[1], EDDY_EDEADLOCK);
        CHECK_CODE(said[2], 0);
        CHECK_CODE(eddy_executor_submit(executor, &jobs[1]), EDDY_ECLOSED);
        CHECK_CODE(close_pool(THREADS), 0);
        gate_close(&gate);
    }

    CASE("a callback in a pool's thread cannot wait for the pool's end either") {
        BOTH(kind) try_callback(kind);
    }

    CASE("a callback of a job that a shutdown cancels may cancel the next one before it") {
        BOTH(kind)
        {
            struct canceller canceller = {.callback.fn = cancel_next};
            fill(kind);
            CHECK_CODE(eddy_job_add_done_callback(&jobs[1], &canceller.callback), 0);
            CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_CANCEL), 0);
            CHECK(canceller.said);
            expect_all(1, -ECANCELED);
            let_go(&gate, 1);
            CHECK_CODE(close_pool(kind), 0);
            gate_close(&gate);
        }
    }
}

/* ---- Initializers ------------------------------------------------------------------------------------- */

static int cannot_begin(void *argument)
{
    (void)argument;
    return -ENODEV;
}

/* So that jobs are in line when it fails. */
static int cannot_begin_when_told(void *argument)
{
    struct eddy_work work = {.in = &gate};

    (void)argument;
    return hold(&work) < 0 ? -EIO : -ENODEV;
}

static int begin_with_one(void *argument)
{
    (void)argument;
    return 1;
}

static _Thread_local int begun_with;
static atomic_int initialized;

static int begin_with(void *argument)
{
    begun_with = *(int *)argument;
    initialized++;
    return 0;
}

static int tell_begun_with(struct eddy_work *work)
{
    *(int *)work->out = begun_with;
    return 0;
}

static void initializers(void)
{
    CASE("an initializer that fails breaks the pool: its jobs and later ones fail, none hangs") {
        BOTH(kind)
        {
            open_pool_with(kind, 2, cannot_begin);
            for (int i = 0; i < N; i++) {
                eddy_job_init(&jobs[i], nothing, NULL, 0, NULL, 0);
                (void)eddy_executor_submit(executor, &jobs[i]);
            }
            for (int i = 0; i < N; i++)
                CHECK_CODE(eddy_job_result(&jobs[i], EDDY_FOREVER), EDDY_EBROKEN);
            CHECK(!eddy_job_cancelled(&jobs[0]));
            CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), EDDY_EBROKEN);
            CHECK_CODE(eddy_job_result(&jobs[0], EDDY_FOREVER), EDDY_EBROKEN);
            CHECK(strstr(eddy_job_message(&jobs[0]), "the initializer has failed"));
            CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_WAIT), 0);
            CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), EDDY_EBROKEN);
            CHECK_CODE(close_pool(kind), 0);
        }
    }

    CASE("jobs that are in line when an initializer fails end with EBROKEN, and waiters wake") {
        struct watcher watcher;
        gate_open(&gate);
        open_pool_with(THREADS, 1, cannot_begin_when_told);
        for (int i = 0; i < N; i++) {
            eddy_job_init(&jobs[i], nothing, NULL, 0, NULL, 0);
            CHECK_CODE(eddy_executor_submit(executor, &jobs[i]), 0);
        }
        await_begun(&gate);
        start_watcher(&watcher, &jobs[N - 1]);
        let_go(&gate, 1);
        join(watcher.thread);
        CHECK_CODE(watcher.err, EDDY_EBROKEN);
        for (int i = 0; i < N; i++)
            CHECK_CODE(eddy_job_result(&jobs[i], EDDY_FOREVER), EDDY_EBROKEN);
        CHECK_CODE(close_pool(THREADS), 0);
        gate_close(&gate);
    }

    CASE("an initializer that returns what is no error breaks nothing") {
        BOTH(kind)
        {
            open_pool_with(kind, 1, begin_with_one);
            eddy_job_init(&jobs[0], nothing, NULL, 0, NULL, 0);
            CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), 0);
            CHECK_CODE(eddy_job_result(&jobs[0], EDDY_FOREVER), 0);
            CHECK_CODE(close_pool(kind), 0);
        }
    }

    CASE("each thread calls the initializer once, before its first job, with the argument") {
        int argument = 5, result[2 * N] = {0};
        threads = (struct eddy_thread_pool){.initializer = begin_with, .argument = &argument};
        CHECK_OK(eddy_thread_pool_open(&threads, N));
        for (int i = 0; i < 2 * N; i++) {
            eddy_job_init(&jobs[i], tell_begun_with, NULL, 0, &result[i], sizeof result[i]);
            CHECK_CODE(eddy_executor_submit(&threads.executor, &jobs[i]), 0);
        }
        CHECK_CODE(eddy_executor_shutdown(&threads.executor, EDDY_SHUT_WAIT), 0);
        for (int i = 0; i < 2 * N; i++)
            CHECK_INT(result[i], 5);
        CHECK_INT(initialized, threads.started);
        CHECK_CODE(eddy_thread_pool_close(&threads), 0);
    }
}

/* ---- In a child process --------------------------------------------------------------------------- */

static bool child_can_close(int kind)
{
    int n = 4, result = 0;
    long blocks;

    init_square(&jobs[0], &n, &result);
    if (eddy_executor_submit(executor, &jobs[0]) != EDDY_EFORK ||
        eddy_executor_shutdown(executor, EDDY_SHUT_WAIT) != EDDY_EFORK)
        return false;
    if (!child_is_whole())
        return true;
    blocks = ledger_blocks;
    if (close_pool(kind) != 0 || close_pool(kind) != 0 || ledger_blocks >= blocks)
        return false;
    open_pool(kind, 1); /* its own */
    return eddy_executor_submit(executor, &jobs[0]) == 0 &&
           eddy_job_result(&jobs[0], EDDY_FOREVER) == 0 && result == 16 && close_pool(kind) == 0;
}

static void forks(void)
{
    CASE("a child process is told EFORK, frees what it has inherited, and opens its own pool") {
        BOTH(kind)
        {
            struct eddy_job last;
            int n = 3, result = 0, status;
            pid_t pid;
            gate_open(&gate);
            open_pool(kind, 1);
            begin_hold(&jobs[1], &gate);
            pid = fork();
            if (pid == 0)
                _exit(child_can_close(kind) ? 0 : 1);
            CHECK(waitpid(pid, &status, 0) == pid && status == 0);
            let_go(&gate, 1);
            submit_square(&last, &n, &result); /* the parent's is as it was */
            CHECK_CODE(eddy_job_result(&last, EDDY_FOREVER), 0);
            CHECK_CODE(close_pool(kind), 0);
            gate_close(&gate);
        }
    }
}

TESTS
{
    opens();
    works();
    shuts();
    initializers();
    forks();
}
