/*
 * cast - what the test of exercise 09.3 needs: a pool, jobs that say when they begin and stay until they
 * are let go, and a watch. Nothing here waits for a time to pass: threads wait for each other, at `stage`.
 *
 * The linker leads some calls of the module under test through here first (`wrap` in about). So a case
 * knows when a thread waits, and whether the lock is held where it must be.
 */
#ifndef CAST_H
#define CAST_H

#include "../../watch.h"

#include "errors.h"
#include "thread.h"
#include "thread_pool.h"

#include <errno.h>
#include <stdlib.h>

static struct eddy_thread_pool pool;

/* ---- The stage: whatever happens is noted here, and whoever waits for it looks again ------------------ */

static pthread_mutex_t stage = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static char order[64];             /* the names of those that have begun */
static int at_come, at_joined;     /* threads that wait there now */
static int came_to_come, finished; /* how often that has happened */
static bool no_more_threads;       /* the system gives none */

static inline void change(int *number, int by)
{
    pthread_mutex_lock(&stage);
    *number += by;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&stage);
}

/* ---- Jobs --------------------------------------------------------------------------------------- */

enum { ACTORS = 12 };

struct actor {
    struct eddy_job job;
    char name[2];
    bool stays; /* until it is let go */
    bool gone;  /* it was */
    int begun;
    int returns;
    bool alone; /* nobody else has a reason to hold the lock when it begins */
};

static struct actor actors[ACTORS];
#define A (&actors[0])
#define B (&actors[1])
#define C (&actors[2])
#define D (&actors[3])

static inline int act(struct eddy_work *work)
{
    struct actor *self = container_of(work, struct actor, job.work);
    bool again;

    if (self->alone && pthread_mutex_trylock(&pool.executor.lock) == 0)
        pthread_mutex_unlock(&pool.executor.lock);
    else if (self->alone)
        ACCUSE("the executor's lock to be free while a job runs", "it is held");
    pthread_mutex_lock(&stage);
    again = self->begun++ > 0;
    strncat(order, self->name, sizeof order - strlen(order) - 1);
    pthread_cond_broadcast(&moved);
    while (self->stays && !self->gone)
        pthread_cond_wait(&moved, &stage);
    pthread_mutex_unlock(&stage);
    if (again)
        ACCUSE("each job runs once", "%s runs a second time, and was submitted once", self->name);
    return self->returns;
}

static inline void let_go(struct actor *actor)
{
    pthread_mutex_lock(&stage);
    actor->gone = true;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&stage);
}

/* ---- What the module calls ---------------------------------------------------------------------- */

static inline void expect_lock(const char *call, const char *cause)
{
    if (pthread_mutex_trylock(&pool.executor.lock) != 0)
        return;
    CAUSE("%s", cause);
    ACCUSE("the executor's lock to be held", "%s is called without it", call);
}

void __real_eddy_job_begin(struct eddy_job *job);
void __wrap_eddy_job_begin(struct eddy_job *job);
void __wrap_eddy_job_begin(struct eddy_job *job)
{
    expect_lock("eddy_job_begin()",
                "a job that has left the line, and has not begun, must be seen by "
                "nobody: next_job() and eddy_job_begin() come under one lock");
    __real_eddy_job_begin(job);
}

void __real_eddy_job_finish(struct eddy_job *job, int err);
void __wrap_eddy_job_finish(struct eddy_job *job, int err);
void __wrap_eddy_job_finish(struct eddy_job *job, int err)
{
    expect_lock("eddy_job_finish()",
                "run_job() has run without the lock: run_jobs() takes it again "
                "before it finishes the job");
    change(&finished, 1);
    __real_eddy_job_finish(job, err);
}

void __real_eddy_job_withdraw(struct eddy_job *job, int err);
void __wrap_eddy_job_withdraw(struct eddy_job *job, int err);
void __wrap_eddy_job_withdraw(struct eddy_job *job, int err)
{
    expect_lock("eddy_job_withdraw()",
                "end_line() withdraws with the lock held; shut_down() is called "
                "without it, and takes it before it calls end_line()");
    __real_eddy_job_withdraw(job, err);
}

int __real_eddy_thread_start(pthread_t *thread, void *(*fn)(void *argument), void *argument);
int __wrap_eddy_thread_start(pthread_t *thread, void *(*fn)(void *argument), void *argument);
int __wrap_eddy_thread_start(pthread_t *thread, void *(*fn)(void *argument), void *argument)
{
    return no_more_threads ? -EAGAIN : __real_eddy_thread_start(thread, fn, argument);
}

int __real_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock);
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock);
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock)
{
    int *here = cond == &pool.come ? &at_come : cond == &pool.joined ? &at_joined : NULL;
    int error;

    if (here)
        change(here, 1);
    if (here == &at_come)
        change(&came_to_come, 1);
    error = __real_pthread_cond_wait(cond, lock);
    if (here)
        change(here, -1);
    return error;
}

int __real_pthread_cond_broadcast(pthread_cond_t *cond);
int __wrap_pthread_cond_broadcast(pthread_cond_t *cond);
int __wrap_pthread_cond_broadcast(pthread_cond_t *cond)
{
    if ((cond == &pool.come || cond == &pool.joined) && !pool.threads)
        ACCUSE("nothing to be done to a closed pool", "its conditions are used; it has none");
    return __real_pthread_cond_broadcast(cond);
}

/* ---- Who stands where ---------------------------------------------------------------------------------- */

static inline const char *how(const struct actor *actor)
{
    if (eddy_job_done(&actor->job))
        return "is done";
    if (!eddy_job_running(&actor->job))
        return "is in line";
    return actor->stays && !actor->gone ? "runs, until the test lets it go" : "runs";
}

/* Who stands where. The pool's numbers cannot be read while somebody keeps its lock. */
static inline void watch_describe(char *text, size_t n)
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < ACTORS; i++)
        if (actors[i].job.executor && !eddy_job_done(&actors[i].job) && used < n)
            used +=
                (size_t)snprintf(text + used, n - used, "%s %s; ", actors[i].name, how(&actors[i]));
    if (used >= n)
        return;
    if (pthread_mutex_trylock(&pool.executor.lock) != 0)
        snprintf(text + used, n - used, "somebody keeps the executor's lock, or takes it twice");
    else
        snprintf(text + used, n - used,
                 "%d of %d threads are started, and %d wait for `come`; in_line is %zu, idle is %d",
                 pool.started, pool.most, at_come, pool.in_line, pool.idle);
}

/* ---- What a case does --------------------------------------------------------------------------- */

static inline void set_up(int threads)
{
    CHECK_CODE(eddy_thread_pool_open(&pool, threads), 0);
    for (int i = 0; i < ACTORS; i++) {
        actors[i].name[0] = (char)('a' + i);
        eddy_job_init(&actors[i].job, act, NULL, 0, NULL, 0);
    }
    start_watch();
}

static inline void tear_down(void)
{
    for (int i = 0; i < ACTORS; i++)
        let_go(&actors[i]);
    CAUSE("eddy_thread_pool_close() shuts down and waits: shut_down() wakes all threads, each "
          "leaves its loop when the line is empty, and join_threads() joins each that was started, "
          "while it gives the lock back");
    waiting("eddy_thread_pool_close() to return");
    CHECK_CODE(eddy_thread_pool_close(&pool), 0);
    end_watch();
    CHECK_INT(eddy_thread_count(), 0);
}

/* Submit it; it will stay until it is let go. */
static inline void send_to_stay(struct actor *actor)
{
    actor->stays = true;
    waiting("the submit of %s to return", actor->name);
    CHECK_CODE(eddy_executor_submit(&pool.executor, &actor->job), 0);
}

static inline void send(struct actor *actor)
{
    waiting("the submit of %s to return", actor->name);
    CHECK_CODE(eddy_executor_submit(&pool.executor, &actor->job), 0);
}

static inline void await_number(const int *number, int at_least, const char *what)
{
    waiting("%s", what);
    pthread_mutex_lock(&stage);
    while (*number < at_least)
        pthread_cond_wait(&moved, &stage);
    pthread_mutex_unlock(&stage);
}

static inline void await_begun(struct actor *actor)
{
    char what[32];

    snprintf(what, sizeof what, "%s to begin", actor->name);
    await_number(&actor->begun, 1, what);
}

/* So many threads wait for work. */
static inline void await_idle(int threads)
{
    await_number(&at_come, threads,
                 threads == 1 ? "a thread to wait for `come`" : "more threads to wait for `come`");
}

static inline int result_of(struct actor *actor)
{
    waiting("%s to be done", actor->name);
    return eddy_job_result(&actor->job, EDDY_FOREVER);
}

static inline void take_lock(void)
{
    waiting("the executor's lock");
    pthread_mutex_lock(&pool.executor.lock);
}

static inline long long give_lock(long long number)
{
    pthread_mutex_unlock(&pool.executor.lock);
    return number;
}

/* A number of the pool's, read under its lock. */
#define CHECK_NUMBER(field, want)                                                                 \
    (take_lock(), check_int(__FILE__, __LINE__, "pool." #field, give_lock((long long)pool.field), \
                            #want, (want)))

/* ---- Two jobs that come before any thread can take the lock ----------------------------------------- */

static struct actor *companion;

/* The first one's enqueue puts the second in line, too, before the lock is given back. */
static inline int enqueue_both(struct eddy_executor *executor, struct eddy_job *job)
{
    int err = eddy_thread_pool_ops.enqueue(executor, job);

    if (err < 0)
        return err;
    companion->job.executor = executor;
    companion->job.state = job->state;
    return eddy_thread_pool_ops.enqueue(executor, &companion->job);
}

static inline void send_both(struct actor *first, struct actor *second)
{
    struct eddy_executor_ops both = eddy_thread_pool_ops;

    both.enqueue = enqueue_both;
    companion = second;
    take_lock();
    pool.executor.ops = &both;
    pthread_mutex_unlock(&pool.executor.lock);
    send(first);
    take_lock();
    pool.executor.ops = &eddy_thread_pool_ops;
    pthread_mutex_unlock(&pool.executor.lock);
}

/* ---- Whoever shuts the pool down in another thread --------------------------------------------------- */

struct closer {
    pthread_t thread;
    int how, err, threads_left;
};

static inline void *shut_it(void *argument)
{
    struct closer *self = argument;

    self->err = eddy_executor_shutdown(&pool.executor, self->how);
    self->threads_left = eddy_thread_count();
    return NULL;
}

static inline void start_closer(struct closer *closer, int how)
{
    closer->how = how;
    CHECK(pthread_create(&closer->thread, NULL, shut_it, closer) == 0);
}

static inline void join_closer(struct closer *closer)
{
    waiting("eddy_executor_shutdown() to return, in another thread");
    pthread_join(closer->thread, NULL);
}

#endif
