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
    while (eddy_list_empty(&pool->line) && pool->executor.refusal == 0) {
        pool->idle++;
        pthread_cond_wait(&pool->come, &pool->executor.lock);
        pool->idle--;
        pool->called = false;
    }
    if (eddy_list_empty(&pool->line))
        return NULL;
    pool->in_line--;
    return container_of(eddy_list_pop(&pool->line), struct eddy_job, link);
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
    struct eddy_thread_pool *pool = thread->pool;
    struct eddy_executor *executor = &pool->executor;
    struct eddy_job *job;
    bool call;
    int err;

    while ((job = next_job(pool)) != NULL) {
        call = must_call(pool);
        eddy_job_begin(job);
        pthread_mutex_unlock(&executor->lock);
        if (call)
            pthread_cond_signal(&pool->come);
        err = run_job(thread, job);
        pthread_mutex_lock(&executor->lock);
        eddy_job_finish(job, err);
    }
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
    int err = 0;

    if ((size_t)pool->idle < pool->in_line && pool->started < pool->most)
        err = start_thread(pool);
    else if (must_call(pool))
        pthread_cond_signal(&pool->come);
    return pool->started > 0 ? 0 : err; /* fewer threads than wished for will do */
}

static int enqueue_job(struct eddy_executor *executor, struct eddy_job *job)
{
    struct eddy_thread_pool *pool = pool_of(executor);
    int err;

    eddy_list_append(&pool->line, &job->link);
    pool->in_line++;
    err = call_thread(pool);
    if (err < 0) {
        eddy_list_remove(&job->link);
        pool->in_line--;
    }
    return err;
}

static void dequeue_job(struct eddy_executor *executor, struct eddy_job *job)
{
    eddy_list_remove(&job->link);
    pool_of(executor)->in_line--;
}

/* All jobs in line end, without having run. Lock held, but not while callbacks are called; so first of all
 * they leave the line, where a thread would take them. */
static void end_line(struct eddy_thread_pool *pool, int err)
{
    struct eddy_list line;

    eddy_list_init(&line);
    eddy_list_move(&line, &pool->line);
    while (!eddy_list_empty(&line)) {
        pool->in_line--;
        eddy_job_withdraw(container_of(eddy_list_pop(&line), struct eddy_job, link), err);
    }
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
    while (pool->joining < pool->started) {
        pthread_t thread = pool->threads[pool->joining++].thread;
        pthread_mutex_unlock(&pool->executor.lock);
        eddy_thread_join(thread);
        pthread_mutex_lock(&pool->executor.lock);
        pool->gone++;
        pthread_cond_broadcast(&pool->joined);
    }
    while (pool->gone < pool->started)
        pthread_cond_wait(&pool->joined, &pool->executor.lock);
}

/* Called without the lock, and takes it. */
static int shut_down(struct eddy_executor *executor, int how)
{
    struct eddy_thread_pool *pool = pool_of(executor);
    bool own = eddy_executor_mine() == executor;

    pthread_mutex_lock(&executor->lock);
    if (pool->threads) {
        if (how & EDDY_SHUT_CANCEL)
            end_line(pool, -ECANCELED);
        pthread_cond_broadcast(&pool->come);
        if ((how & EDDY_SHUT_WAIT) && !own)
            join_threads(pool);
    }
    pthread_mutex_unlock(&executor->lock);
    return (how & EDDY_SHUT_WAIT) && own ? EDDY_EDEADLOCK : 0;
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
