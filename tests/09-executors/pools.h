/*
 * pools - what the tests of chapter 9 begin with: a case that runs over both pools, jobs whose beginning
 * and end the test has in its hand, in a thread or in another process, and an executor whose jobs run when
 * the test says so.
 *
 * Nothing here sleeps. A job tells through a pipe that it has begun, and waits for a byte from another;
 * worker processes inherit both, so a gate is opened before its pool.
 */
#ifndef POOLS_H
#define POOLS_H

#include "check.h"

#include "clock.h"
#include "errors.h"
#include "job.h"
#include "process_pool.h"
#include "thread_pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

/* ---- Both pools ---------------------------------------------------------------------------------- */

enum { PROCESSES, THREADS, KINDS }; /* processes first: they are made by fork() */

static struct eddy_process_pool processes;
static struct eddy_thread_pool threads;
static struct eddy_executor *executor; /* of the pool that is open */

/* For each pool: the statement that follows. */
#define BOTH(kind) for (int kind = 0; kind < KINDS; kind++)

static inline void open_pool_with(int kind, int workers, int (*initializer)(void *argument))
{
    DID("opened a pool of %d %s", workers, kind == THREADS ? "threads" : "processes");
    if (kind == THREADS) {
        threads = (struct eddy_thread_pool){.initializer = initializer};
        CHECK_OK(eddy_thread_pool_open(&threads, workers));
        executor = &threads.executor;
    } else {
        processes =
            (struct eddy_process_pool){.initializer = initializer, .keep_descriptors = true};
        CHECK_OK(eddy_process_pool_open(&processes, workers));
        executor = &processes.drivers.executor;
    }
}

static inline void open_pool(int kind, int workers)
{
    open_pool_with(kind, workers, NULL);
}

static inline int close_pool(int kind)
{
    return kind == THREADS ? eddy_thread_pool_close(&threads) : eddy_process_pool_close(&processes);
}

/* ---- Jobs that the test lets go ------------------------------------------------------------------ */

struct gate {
    int begun[2], go[2];
};

static inline void gate_open(struct gate *gate)
{
    CHECK_OK(pipe(gate->begun));
    CHECK_OK(pipe(gate->go));
}

static inline void gate_close(const struct gate *gate)
{
    for (int i = 0; i < 2; i++) {
        close(gate->begun[i]);
        close(gate->go[i]);
    }
}

/* A job: says that it has begun, and waits until one is let go. Its result, if there is room for it, is 7. */
static inline int hold(struct eddy_work *work)
{
    const struct gate *gate = work->in;
    char byte = 'b';
    int seven = 7;

    if (write(gate->begun[1], &byte, 1) != 1 || read(gate->go[0], &byte, 1) != 1)
        return -EIO;
    return work->out_room > 0 ? eddy_work_put(work, &seven, sizeof seven) : 0;
}

/* One more job has begun. */
static inline void await_begun(const struct gate *gate)
{
    char byte;

    WAITING("a job to begin");
    CHECK_INT(read(gate->begun[0], &byte, 1), 1);
}

/* `n` jobs may go on, those that wait or those that come. */
static inline void let_go(const struct gate *gate, int n)
{
    for (; n > 0; n--)
        CHECK_INT(write(gate->go[1], "g", 1), 1);
}

static inline void submit_hold(struct eddy_job *job, const struct gate *gate)
{
    eddy_job_init(job, hold, gate, sizeof *gate, NULL, 0);
    CHECK_CODE(eddy_executor_submit(executor, job), 0);
}

/* One that runs, until it is let go. */
static inline void begin_hold(struct eddy_job *job, const struct gate *gate)
{
    submit_hold(job, gate);
    await_begun(gate);
    CHECK(eddy_job_running(job));
}

/* ---- Jobs of some use ---------------------------------------------------------------------------- */

static inline int square(struct eddy_work *work)
{
    const int *n = work->in;
    int *result = work->out;

    if (*n > 46340)
        return eddy_work_fail(work, -ERANGE, "%d is too large to be squared", *n);
    *result = *n * *n;
    return 0;
}

static inline void init_square(struct eddy_job *job, const int *n, int *result)
{
    eddy_job_init(job, square, n, sizeof *n, result, sizeof *result);
}

static inline void submit_square(struct eddy_job *job, const int *n, int *result)
{
    init_square(job, n, result);
    CHECK_CODE(eddy_executor_submit(executor, job), 0);
}

static inline int nothing(struct eddy_work *work)
{
    (void)work;
    return 0;
}

/* Fails with the error that it is given. */
static inline int fail(struct eddy_work *work)
{
    return *(const int *)work->in;
}

/* Writes one byte into a pipe: the order in which jobs have run. (No gaps: valgrind sees it go through a
 * worker's socket.) */
struct mark {
    int fd, letter;
};

static inline int mark(struct eddy_work *work)
{
    const struct mark *self = work->in;
    char letter = (char)self->letter;

    return write(self->fd, &letter, 1) == 1 ? 0 : -EIO;
}

static inline void submit_mark(struct eddy_job *job, struct mark *self, int fd, int letter)
{
    *self = (struct mark){fd, letter};
    eddy_job_init(job, mark, self, sizeof *self, NULL, 0);
    CHECK_CODE(eddy_executor_submit(executor, job), 0);
}

/* ---- Threads of the test ------------------------------------------------------------------------- */

static inline pthread_t start(void *(*fn)(void *argument), void *argument)
{
    pthread_t thread;

    CHECK_INT(pthread_create(&thread, NULL, fn, argument), 0);
    return thread;
}

static inline void join(pthread_t thread)
{
    CHECK_INT(pthread_join(thread, NULL), 0);
}

/* Whether a child of a process that has threads can do more than ask: allocate, free and start threads.
 * Under a sanitizer it cannot. fork() copies the sanitizer's own locks as they are, and a thread that is
 * just beginning may have one of them; and the thread sanitizer lets no such child start a thread. */
extern void __asan_init(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));

static inline bool child_is_whole(void)
{
    return !__asan_init && !__tsan_init;
}

/* One that waits for a job. */
struct watcher {
    struct eddy_job *job;
    double seconds;
    int err;
    pthread_t thread;
};

static inline void *watch_job(void *argument)
{
    struct watcher *self = argument;

    self->err = eddy_job_result(self->job, self->seconds);
    return NULL;
}

static inline void start_watcher(struct watcher *self, struct eddy_job *job)
{
    *self = (struct watcher){.job = job, .seconds = EDDY_FOREVER};
    self->thread = start(watch_job, self);
}

/* Until somebody waits for a job of that executor; or `other`, which was to wait, is done. */
static inline void await_waiter(struct eddy_executor *of, struct eddy_job *job,
                                const struct eddy_job *other)
{
    bool waits = false;

    while (!waits && !eddy_job_done(other)) {
        pthread_mutex_lock(&of->lock);
        waits = !eddy_list_empty(&job->waiters);
        pthread_mutex_unlock(&of->lock);
        sched_yield();
    }
}

/* Until `n` workers of that executor wait without a limit for jobs of it; or `other` is done. */
static inline void await_blocked(struct eddy_executor *of, int n, const struct eddy_job *other)
{
    for (int blocked = 0; blocked < n && !eddy_job_done(other); sched_yield()) {
        pthread_mutex_lock(&of->lock);
        blocked = of->blocked;
        pthread_mutex_unlock(&of->lock);
    }
}

/* ---- An executor of the test's own --------------------------------------------------------------- */

/* Its jobs wait in line until the test runs them, one after the other, in the test's thread. */
struct by_hand {
    struct eddy_executor executor;
    struct eddy_list line;
    int refuses; /* what enqueue answers; 0: it accepts */
    int shutdowns, how;
};

static inline int hand_enqueue(struct eddy_executor *self, struct eddy_job *job)
{
    struct by_hand *hand = container_of(self, struct by_hand, executor);

    if (hand->refuses < 0)
        return hand->refuses;
    eddy_list_append(&hand->line, &job->link);
    return 0;
}

static inline void hand_dequeue(struct eddy_executor *self, struct eddy_job *job)
{
    (void)self;
    eddy_list_remove(&job->link);
}

static inline int hand_shutdown(struct eddy_executor *self, int how)
{
    struct by_hand *hand = container_of(self, struct by_hand, executor);

    hand->shutdowns++;
    hand->how = how;
    return 0;
}

static const struct eddy_executor_ops hand_ops = {
    .name = "by hand", .enqueue = hand_enqueue, .dequeue = hand_dequeue, .shutdown = hand_shutdown};

static inline void open_hand(struct by_hand *hand)
{
    *hand = (struct by_hand){.refuses = 0};
    eddy_list_init(&hand->line);
    CHECK_OK(eddy_executor_open(&hand->executor, &hand_ops, 0));
    executor = &hand->executor;
}

/* The first in line begins. NULL: none is in line. */
static inline struct eddy_job *begin_by_hand(struct by_hand *hand)
{
    struct eddy_job *job = NULL;

    pthread_mutex_lock(&hand->executor.lock);
    if (!eddy_list_empty(&hand->line)) {
        job = container_of(eddy_list_pop(&hand->line), struct eddy_job, link);
        eddy_job_begin(job);
    }
    pthread_mutex_unlock(&hand->executor.lock);
    return job;
}

static inline void finish_by_hand(struct by_hand *hand, struct eddy_job *job, int err)
{
    pthread_mutex_lock(&hand->executor.lock);
    eddy_job_finish(job, err);
    pthread_mutex_unlock(&hand->executor.lock);
}

static inline void run_by_hand(struct by_hand *hand)
{
    struct eddy_job *job;

    while ((job = begin_by_hand(hand)) != NULL)
        finish_by_hand(hand, job, eddy_work_run(&job->work, job->fn));
}

#endif
