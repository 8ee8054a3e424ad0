/*
 * Exercise 09.4: an executor that runs the most urgent job first. It has no threads. It stands in front of
 * another executor, such as a pool of threads:
 *
 *     priorities_open(&hospital, &pool.executor);
 *     priorities_submit(&hospital, &cold, 7);
 *     priorities_submit(&hospital, &heart, 1);
 *
 * Jobs wait in a heap. For each of them the pool is handed a *token*, a job of its own. A token does not
 * know for whose sake it was handed over: when its turn comes, it runs the most urgent job there is then.
 */
#ifndef PRIORITIES_H
#define PRIORITIES_H

#include "heap.h"
#include "job.h"

struct priorities {
    struct eddy_executor executor;
    struct eddy_executor *pool;
    struct eddy_heap urgent; /* jobs that have not begun; the smallest priority is the first */
    int tokens;              /* that were handed to the pool, and have not done their work yet */
    pthread_cond_t all_done; /* there is no token any more */
};

/* The caller's, as a job is. Initialize `job` (eddy_job_init), and touch no other field. */
struct urgent_job {
    struct eddy_job job;
    int64_t priority;
    struct eddy_heap_node node;
};

/* `pool` must stay open longer than this. */
int priorities_open(struct priorities *priorities, struct eddy_executor *pool);

/* As eddy_executor_submit(); the smallest priority is the most urgent, and equals go in the order of
 * coming. Also -ENOMEM, and what the pool says. */
int priorities_submit(struct priorities *priorities, struct urgent_job *urgent, int64_t priority);

/* Accept no more, and wait until all is done. Not for one of its own jobs. */
int priorities_close(struct priorities *priorities);

#endif
