/*
 * Exercise 09.3, a drop-in: write the functions marked TODO, and your file takes the place of
 * lib/09-executors/thread_pool.c in the library. What each function promises stands in
 * lib/09-executors/thread_pool.h. All else is the library's own.
 *
 *     make check-09.3     make hint-09.3     make learn
 */
#include "thread_pool.h"

#include "errors.h"
#include "fork.h"
#include "thread.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static struct eddy_thread_pool *pool_of(struct eddy_executor *executor)
{
    return container_of(executor, struct eddy_thread_pool, executor);
}

/* ---- What a thread does -------------------------------------------------------------------------- */

/* Lock held. NULL: nothing is in line, and nothing will come. */
static struct eddy_job *next_job(struct eddy_thread_pool *pool)
{
    /* TODO 09.3: write next_job(). */
    return NULL;
}

/*
 * Whether an idle thread must be called now. One is called at a time, and when it has taken a job, it calls
 * the next one: where jobs are short, nothing is left for that one by then, and two switches are saved.
 * Lock held.
 */
static bool must_call(struct eddy_thread_pool *pool)
{
    bool call = pool->in_line > 0 && pool->idle > 0 && !pool->called;

    if (call)
        pool->called = true;
    return call;
}

static int run_job(struct eddy_pool_thread *thread, struct eddy_job *job)
{
    if (thread->pool->perform)
        return thread->pool->perform(thread, job);
    return eddy_work_run(&job->work, job->fn);
}

/* Lock held, but not while a job runs. */
static void run_jobs(struct eddy_pool_thread *thread)
{
    /* TODO 09.3: write run_jobs(). */
}

static void break_for_initializer(struct eddy_thread_pool *pool)
{
    pool->executor.cause = "the initializer has failed";
    eddy_thread_pool_break(pool);
}

static void *work_for_pool(void *argument)
{
    struct eddy_pool_thread *thread = argument;
    struct eddy_thread_pool *pool = thread->pool;
    int err;

    eddy_thread_name(pool->name ? pool->name : "eddy");
    eddy_executor_enter(&pool->executor);
    err = pool->initializer ? pool->initializer(pool->argument) : 0;
    pthread_mutex_lock(&pool->executor.lock);
    if (err < 0)
        break_for_initializer(pool);
    run_jobs(thread);
    pthread_mutex_unlock(&pool->executor.lock);
    return NULL;
}

/* ---- What an executor does ----------------------------------------------------------------------- */

/* Lock held. The new thread waits for it. As long as the system gives no more, those that there are are all
 * that can run jobs: whoever waits for its own pool must know. */
static int start_thread(struct eddy_thread_pool *pool)
{
    struct eddy_pool_thread *thread = &pool->threads[pool->started];
    int err;

    *thread = (struct eddy_pool_thread){.pool = pool, .number = pool->started};
    err = eddy_thread_start(&thread->thread, work_for_pool, thread);
    if (err == 0)
        pool->started++;
    pool->executor.workers = err == 0 ? pool->most : pool->started;
    return err;
}

/* An idle thread that was called for an earlier job, and has not taken it yet, still counts as idle. So
 * there must be as many idle ones as there are jobs in line. */
static int call_thread(struct eddy_thread_pool *pool)
{
    /* TODO 09.3: write call_thread(). */
    return -ENOSYS;
}

static int enqueue_job(struct eddy_executor *executor, struct eddy_job *job)
{
    /* TODO 09.3: write enqueue_job(). */
    return -ENOSYS;
}

static void dequeue_job(struct eddy_executor *executor, struct eddy_job *job)
{
    /* TODO 09.3: write dequeue_job(). */
}

/* All jobs in line end, without having run. Lock held, but not while callbacks are called; so first of all
 * they leave the line, where a thread would take them. */
static void end_line(struct eddy_thread_pool *pool, int err)
{
    /* TODO 09.3: write end_line(). */
}

void eddy_thread_pool_break(struct eddy_thread_pool *pool)
{
    pool->executor.refusal = EDDY_EBROKEN;
    end_line(pool, EDDY_EBROKEN);
    pthread_cond_broadcast(&pool->come);
}

/* Lock held, but not while it waits. Each thread is joined once, by whoever comes first. */
static void join_threads(struct eddy_thread_pool *pool)
{
    /* TODO 09.3: write join_threads(). */
}

/* Called without the lock, and takes it. */
static int shut_down(struct eddy_executor *executor, int how)
{
    /* TODO 09.3: write shut_down(). */
    return -ENOSYS;
}

const struct eddy_executor_ops eddy_thread_pool_ops = {
    .name = "thread pool", .enqueue = enqueue_job, .dequeue = dequeue_job, .shutdown = shut_down};

/* ---- Opening and closing ------------------------------------------------------------------------- */

int eddy_thread_pool_usual(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    return processors < 1 ? 5 : processors > 28 ? 32 : (int)processors + 4;
}

static int open_conditions(struct eddy_thread_pool *pool)
{
    int err = -pthread_cond_init(&pool->come, NULL);

    if (err < 0)
        return err;
    err = -pthread_cond_init(&pool->joined, NULL);
    if (err < 0)
        pthread_cond_destroy(&pool->come);
    return err;
}

static void free_pool(struct eddy_thread_pool *pool)
{
    free(pool->threads);
    pool->threads = NULL;
}

int eddy_thread_pool_open(struct eddy_thread_pool *pool, int workers)
{
    int err;

    if (pool->threads || workers <= 0)
        return pool->threads ? EDDY_EQUEUED : -EINVAL;
    pool->threads = calloc((size_t)workers, sizeof *pool->threads);
    if (!pool->threads)
        return -ENOMEM;
    eddy_list_init(&pool->line);
    pool->in_line = 0;
    pool->started = pool->idle = pool->joining = pool->gone = 0;
    pool->called = false;
    pool->most = workers;
    err = open_conditions(pool);
    if (err < 0) {
        free_pool(pool);
        return err;
    }
    err = eddy_executor_open(&pool->executor, &eddy_thread_pool_ops, workers);
    if (err < 0) {
        pthread_cond_destroy(&pool->come);
        pthread_cond_destroy(&pool->joined);
        free_pool(pool);
    }
    return err;
}

/* In a child process the parent's threads seem to wait for the conditions still. */
int eddy_thread_pool_close(struct eddy_thread_pool *pool)
{
    int err = pool->threads ? eddy_executor_shutdown(&pool->executor, EDDY_SHUT_WAIT) : 0;

    if (!pool->threads || err == EDDY_EDEADLOCK)
        return err;
    if (err == 0) {
        pthread_cond_destroy(&pool->come);
        pthread_cond_destroy(&pool->joined);
    }
    free_pool(pool);
    return 0;
}
