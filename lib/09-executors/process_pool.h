/*
 * process_pool - an executor whose workers are processes: for work that computes, on as many processors as
 * there are, and that may crash without the program. (concurrent.futures' ProcessPoolExecutor)
 *
 *     struct eddy_process_pool pool = {.initializer = NULL};
 *
 *     err = eddy_process_pool_open(&pool, eddy_process_pool_usual());
 *     eddy_executor_submit(&pool.drivers.executor, &job);
 *     ...
 *     eddy_process_pool_close(&pool);
 *
 * A job is a function and bytes: its input is copied to the worker, its output back. What the function
 * changes otherwise, globals or what a pointer leads to, changes in the worker alone. Behind the face it
 * is a pool of threads, the drivers, each of which has a worker, and does nothing but talk to it.
 *
 * Open it early: it forks, and a child process has only one of its parent's threads, and may find locked for
 * ever what another thread has locked. With threads of another pool running it is refused (EDDY_ETHREADS);
 * threads of your own it does not see. A function must be in the program when the pool is opened.
 *
 * When a worker dies, the pool is broken: each job that is in line or runs ends with EDDY_EBROKEN, and none
 * is accepted any more. (Who knows what else that job would kill.) A worker that dies while all are idle
 * is noticed, too. When the parent dies, its workers end.
 *
 * Errors: negative codes. Memory: a few arrays, when it is opened; a job's bytes stay the caller's, and the
 * worker has a copy of each while the job runs. Threads and fork(): as thread_pool.h says; the processes are
 * the children of the one that has opened the pool, and nobody else may wait for them.
 */
#ifndef EDDY_PROCESS_POOL_H
#define EDDY_PROCESS_POOL_H

#include "pair.h"
#include "thread_pool.h"
#include "worker.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pollfd;

/* Set the first four before it is opened; the rest is zero. Use `drivers.executor`; touch no other
 * field. */
struct eddy_process_pool {
    const char *name; /* of the drivers' threads; NULL: "eddy" */
    int (*initializer)(
        void *argument);   /* each worker calls it first; NULL: nothing. An error breaks */
    void *argument;        /* the pool at the first job */
    bool keep_descriptors; /* workers keep the parent's above 2; else they close them */
    struct eddy_thread_pool drivers;
    struct eddy_worker *workers; /* driver k has worker k */
    int count;
    pthread_t sentry;       /* watches the workers, from the first job on */
    struct pollfd *polled;  /* what it looks at */
    struct eddy_pair bell;  /* calls it back */
    pthread_mutex_t ending; /* of whoever waits for the workers' end */
    bool watched;
    char cause[EDDY_WORK_MESSAGE]; /* why it is broken */
};

/* How many workers a pool has if nobody says: as many as there are processors. */
int eddy_process_pool_usual(void);

/*
 * Open it, and start all workers. On an error there are none. -EINVAL: `workers` is 0 or less.
 * EDDY_ETHREADS: threads of a pool run already, so fork() is not safe any more: open this one first.
 * EDDY_EQUEUED: it is open. Errors of fork(), -ENOMEM, -EMFILE. What stdout has not written yet, it
 * writes, or each worker would write it, too. Of 0, 1 and 2, what the program has closed is /dev/null in the
 * workers.
 */
int eddy_process_pool_open(struct eddy_process_pool *pool, int workers);

/* Kill all workers. Jobs in line are cancelled; those that run end with EDDY_EBROKEN. Close it then.
 * (multiprocessing.Pool's terminate) */
void eddy_process_pool_terminate(struct eddy_process_pool *pool);

/* As eddy_thread_pool_close(). Afterwards no worker is left, and none of them is a zombie. */
int eddy_process_pool_close(struct eddy_process_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
