/*
 * thread_pool - an executor whose workers are threads of this process: for calls that block, and for work
 * on memory that is shared. (concurrent.futures' ThreadPoolExecutor)
 *
 *     struct eddy_thread_pool pool = {.name = "fetch"};
 *
 *     err = eddy_thread_pool_open(&pool, 5);
 *     eddy_executor_submit(&pool.executor, &job);
 *     ...
 *     eddy_thread_pool_close(&pool);
 *
 * Jobs begin in the order of submitting, at most `workers` at the same time. A thread is started when a
 * job has come and none is idle, and stays for the next job. Signals are blocked in it, so that a signal's
 * handler runs in the program's own threads.
 *
 * A job that waits for another job of its own pool takes a thread away from it: when all of them wait so,
 * none is left to run what they wait for. The last one is told EDDY_EDEADLOCK (job.h).
 *
 * Errors: negative codes. Memory: one array of threads, when it is opened; nothing for a job. Threads:
 * any; open and close: one at a time. A child process that fork() has made does not have the threads:
 * EDDY_EFORK there, and close frees what it has inherited.
 */
#ifndef EDDY_THREAD_POOL_H
#define EDDY_THREAD_POOL_H

#include "job.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_thread_pool;

struct eddy_pool_thread {
    pthread_t thread;
    struct eddy_thread_pool *pool;
    int number; /* from 0 */
};

/* Set `name`, `initializer` and `argument` before it is opened; the rest is zero. Use `executor`; touch no
 * other field. */
struct eddy_thread_pool {
    struct eddy_executor executor;
    const char *name; /* of its threads; NULL: "eddy" */
    int (*initializer)(
        void *argument); /* each thread calls it before its first job; NULL: nothing */
    void *argument;
    /* How to run a job, for process_pool.c; NULL: call its function. */
    int (*perform)(struct eddy_pool_thread *thread, struct eddy_job *job);
    struct eddy_list line;
    size_t in_line;
    pthread_cond_t come;   /* something is in line, or the pool ends */
    pthread_cond_t joined; /* one more thread was joined */
    struct eddy_pool_thread *threads;
    int most, started, idle, joining, gone;
    bool called; /* an idle thread was called, and has not come yet */
};

/* How many threads a pool has if nobody says: a few more than there are processors, 32 at most. */
int eddy_thread_pool_usual(void);

/*
 * Open it. -EINVAL: `workers` is 0 or less. -ENOMEM. EDDY_EQUEUED: it is open. No thread is started yet.
 * If an initializer returns an error, the pool is broken: its jobs end with EDDY_EBROKEN, and none is
 * accepted any more.
 */
int eddy_thread_pool_open(struct eddy_thread_pool *pool, int workers);

/*
 * Accept no more jobs, wait until all are done and the threads have ended, and free what it has. Afterwards
 * its memory may go, if no thread submits any more, nor waits for one of its jobs or cancels one: such a
 * thread may be about to take the lock (executor.h). EDDY_EDEADLOCK: one of its own jobs cannot wait for
 * itself; it is not closed. Twice is harmless, and so is a pool that was zeroed.
 */
int eddy_thread_pool_close(struct eddy_thread_pool *pool);

/* ---- For process_pool.c ------------------------------------------------------------------------ */

/* What submit, cancel and shutdown do here. */
extern const struct eddy_executor_ops eddy_thread_pool_ops;

/* No job is accepted any more, and those in line end with EDDY_EBROKEN. Lock held. */
void eddy_thread_pool_break(struct eddy_thread_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
