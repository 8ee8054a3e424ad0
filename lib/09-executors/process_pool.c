#include "process_pool.h"

#include "errors.h"
#include "thread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct eddy_process_pool *pool_of(struct eddy_executor *executor)
{
    return container_of(executor, struct eddy_process_pool, drivers.executor);
}

/* ---- When a worker dies -------------------------------------------------------------------------- */

/* Lock held. The first cause stays: the others are killed for it. */
static void break_pool(struct eddy_process_pool *pool, const char *cause)
{
    if (!pool->cause[0])
        snprintf(pool->cause, sizeof pool->cause, "%s", cause);
    pool->drivers.executor.cause = pool->cause;
    for (int i = 0; i < pool->count; i++)
        eddy_worker_kill(&pool->workers[i]);
    eddy_thread_pool_break(&pool->drivers);
}

/* `said`: why the worker is of no use; "": it has gone. */
static void break_for_worker(struct eddy_process_pool *pool, struct eddy_worker *worker,
                             const char *said)
{
    char how[EDDY_WORK_MESSAGE] = "";

    pthread_mutex_lock(&pool->drivers.executor.lock);
    if (!said[0] && !pool->cause[0])
        eddy_worker_fate(worker, how, sizeof how);
    break_pool(pool, said[0] ? said : how);
    pthread_mutex_unlock(&pool->drivers.executor.lock);
}

/* A driver runs a job: its worker does. */
static int perform_job(struct eddy_pool_thread *thread, struct eddy_job *job)
{
    struct eddy_process_pool *pool = pool_of(&thread->pool->executor);
    struct eddy_worker *worker = &pool->workers[thread->number];
    int err;

    job->work.message[0] = '\0';
    err = eddy_worker_run(worker, &job->work, job->fn);
    if (!worker->broken)
        return err;
    break_for_worker(pool, worker, job->work.message);
    return eddy_work_fail(&job->work, EDDY_EBROKEN, "%s", pool->cause);
}

/* ---- The sentry ---------------------------------------------------------------------------------- */

/* Nothing is asked of the workers' sockets, whose bytes are the drivers'; but an end is told all the same. */
static void list_sockets(struct eddy_process_pool *pool)
{
    for (int i = 0; i < pool->count; i++)
        pool->polled[i] = (struct pollfd){.fd = pool->workers[i].fd};
    pool->polled[pool->count] = (struct pollfd){.fd = pool->bell.fds[0], .events = POLLIN};
}

/* The worker whose socket has ended; NULL: the bell has rung. */
static struct eddy_worker *wait_for_a_death(struct eddy_process_pool *pool)
{
    int n;

    do
        n = poll(pool->polled, (nfds_t)pool->count + 1, -1);
    while (n < 0 && errno == EINTR);
    for (int i = 0; i < pool->count && n > 0 && !pool->polled[pool->count].revents; i++)
        if (pool->polled[i].revents)
            return &pool->workers[i];
    return NULL;
}

/* The first death is the last thing that it waits for. */
static void *watch_workers(void *argument)
{
    struct eddy_process_pool *pool = argument;
    struct eddy_worker *dead;

    eddy_thread_name("eddy-sentry");
    eddy_executor_enter(&pool->drivers.executor); /* it calls callbacks */
    dead = wait_for_a_death(pool);
    if (dead)
        break_for_worker(pool, dead, "");
    return NULL;
}

/* Lock held. Without the sentry, a dead worker is noticed by the next job that it is given. */
static void post_sentry(struct eddy_process_pool *pool)
{
    if (!pool->watched)
        pool->watched = eddy_thread_start(&pool->sentry, watch_workers, pool) == 0;
}

static void recall_sentry(struct eddy_process_pool *pool)
{
    if (!pool->watched)
        return;
    (void)eddy_pair_send(&pool->bell);
    eddy_thread_join(pool->sentry);
    pool->watched = false;
}

/* ---- What an executor does ----------------------------------------------------------------------- */

static int enqueue_job(struct eddy_executor *executor, struct eddy_job *job)
{
    post_sentry(pool_of(executor));
    return eddy_thread_pool_ops.enqueue(executor, job);
}

static void dequeue_job(struct eddy_executor *executor, struct eddy_job *job)
{
    eddy_thread_pool_ops.dequeue(executor, job);
}

/* Once: it also has one when no worker could be started. */
static void close_bell(struct eddy_process_pool *pool)
{
    if (pool->bell.fds[0] < 0)
        return;
    eddy_pair_close(&pool->bell);
    pool->bell.fds[0] = -1;
}

/* The drivers have gone, so nobody uses the sockets any more. */
static void end_workers(struct eddy_process_pool *pool)
{
    pthread_mutex_lock(&pool->ending);
    recall_sentry(pool);
    for (int i = 0; i < pool->count; i++)
        eddy_worker_close(&pool->workers[i]);
    for (int i = 0; i < pool->count; i++)
        eddy_worker_end(&pool->workers[i]);
    close_bell(pool);
    pool->count = 0;
    pthread_mutex_unlock(&pool->ending);
}

static int shut_down(struct eddy_executor *executor, int how)
{
    int err = eddy_thread_pool_ops.shutdown(executor, how);

    if (err == 0 && (how & EDDY_SHUT_WAIT))
        end_workers(pool_of(executor));
    return err;
}

static const struct eddy_executor_ops process_pool_ops = {
    .name = "process pool", .enqueue = enqueue_job, .dequeue = dequeue_job, .shutdown = shut_down};

/* ---- Opening and closing ------------------------------------------------------------------------- */

int eddy_process_pool_usual(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    return processors < 1 ? 1 : (int)processors;
}

static int open_parts(struct eddy_process_pool *pool, int workers)
{
    int err = eddy_pair_open(&pool->bell);

    if (err < 0)
        return err;
    pool->drivers = (struct eddy_thread_pool){.name = pool->name, .perform = perform_job};
    err = eddy_thread_pool_open(&pool->drivers, workers);
    if (err == 0)
        err = -pthread_mutex_init(&pool->ending, NULL);
    if (err < 0) {
        eddy_thread_pool_close(&pool->drivers);
        eddy_pair_close(&pool->bell);
    }
    return err;
}

static void free_arrays(struct eddy_process_pool *pool)
{
    free(pool->workers);
    free(pool->polled);
    pool->workers = NULL;
    pool->polled = NULL;
}

static int allocate_arrays(struct eddy_process_pool *pool, int workers)
{
    pool->workers = calloc((size_t)workers, sizeof *pool->workers);
    pool->polled = calloc((size_t)workers + 1, sizeof *pool->polled);
    if (pool->workers && pool->polled)
        return 0;
    free_arrays(pool);
    return -ENOMEM;
}

static int start_workers(struct eddy_process_pool *pool, int workers)
{
    struct eddy_worker_setup setup = {pool->initializer, pool->argument, pool->keep_descriptors};
    int err = 0;

    fflush(stdout);
    for (; pool->count < workers && err == 0; pool->count += err == 0)
        err = eddy_worker_start(&pool->workers[pool->count], &setup);
    return err;
}

/* Its executor accepts jobs from now on. */
static void complete_pool(struct eddy_process_pool *pool)
{
    pool->cause[0] = '\0';
    pool->watched = false;
    pool->drivers.executor.ops = &process_pool_ops;
    pool->drivers.executor.copies = true;
}

/*
 * Workers keep 0, 1 and 2, and print there. A program that has closed one of them would get that number for
 * a socket, and whatever prints would print into it. So such a number is held for as long as sockets are
 * made; without /dev/null it is not.
 */
static void hold_standard(bool held[3])
{
    for (int fd = 0; fd < 3; fd++)
        held[fd] = fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) == fd;
}

static void release_standard(const bool held[3])
{
    for (int fd = 0; fd < 3; fd++)
        if (held[fd])
            close(fd);
}

static int open_held(struct eddy_process_pool *pool, int workers)
{
    int err = open_parts(pool, workers);

    if (err < 0) {
        free_arrays(pool);
        return err;
    }
    complete_pool(pool);
    err = start_workers(pool, workers);
    list_sockets(pool);
    if (err < 0)
        eddy_process_pool_close(pool);
    return err;
}

int eddy_process_pool_open(struct eddy_process_pool *pool, int workers)
{
    bool held[3];
    int err = pool->workers ? EDDY_EQUEUED : workers <= 0 ? -EINVAL : 0;

    if (err == 0 && eddy_thread_count() > 0)
        err = EDDY_ETHREADS;
    if (err == 0)
        err = allocate_arrays(pool, workers);
    if (err < 0)
        return err;
    pool->count = 0;
    hold_standard(held);
    err = open_held(pool, workers);
    release_standard(held);
    return err;
}

/* If somebody waits for the workers' end already, no job is left, and a worker's number may soon be another
 * process's. */
void eddy_process_pool_terminate(struct eddy_process_pool *pool)
{
    struct eddy_executor *executor = &pool->drivers.executor;

    if (!pool->workers || eddy_executor_shutdown(executor, EDDY_SHUT_CANCEL) < 0)
        return;
    if (pthread_mutex_trylock(&pool->ending) != 0)
        return;
    pthread_mutex_lock(&executor->lock);
    if (!pool->cause[0])
        snprintf(pool->cause, sizeof pool->cause, "the pool was terminated");
    for (int i = 0; i < pool->count; i++)
        eddy_worker_kill(&pool->workers[i]);
    pthread_mutex_unlock(&executor->lock);
    pthread_mutex_unlock(&pool->ending);
}

/* In a child process the sockets are closed already, and the workers are its brothers. */
int eddy_process_pool_close(struct eddy_process_pool *pool)
{
    int err = pool->workers ? eddy_executor_shutdown(&pool->drivers.executor, EDDY_SHUT_WAIT) : 0;

    if (!pool->workers || err == EDDY_EDEADLOCK)
        return err;
    if (err == EDDY_EFORK)
        close_bell(pool);
    eddy_thread_pool_close(&pool->drivers);
    free_arrays(pool);
    return 0;
}
