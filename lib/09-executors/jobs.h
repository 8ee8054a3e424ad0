/*
 * jobs - several jobs: wait for one, for all, or until one has failed. For threads without a loop: this
 * blocks. (concurrent.futures' wait)
 *
 *     struct eddy_job_place each[3] = {{.job = &a}, {.job = &b}, {.job = &c}};
 *
 *     eddy_jobs_wait(each, 3, EDDY_FIRST_COMPLETED, EDDY_FOREVER);
 *
 * Places are the caller's, one for each job, and begin zeroed; a place without a job counts as done, and
 * so does a job that was never submitted. No job is cancelled.
 *
 * Errors: negative codes. Memory: places and jobs stay until the waiting has ended; nothing is allocated.
 * Threads: any. All of it together is O(jobs).
 */
#ifndef EDDY_JOBS_H
#define EDDY_JOBS_H

#include "job.h"
#include "waiting.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Set `job` and read `repeated`; touch no other field. */
struct eddy_job_place {
    struct eddy_job *job;
    struct eddy_job_waiter waiter;
    struct eddy_list link; /* of those that are done */
    void *owner;           /* what waits; NULL: nothing does */
    size_t first,
        next;      /* of a hash table that lies in the places: 1 for the first place, 0 for none */
    bool repeated; /* the same job stands in a place before */
};

/*
 * Wait for EDDY_ALL_COMPLETED, EDDY_FIRST_COMPLETED or EDDY_FIRST_EXCEPTION (waiting.h), at most
 * `seconds`. 0: it is so. -ETIMEDOUT: the time is up. Either way each job says for itself whether it
 * is done (eddy_job_done). -EINVAL: `n` is 0, NaN, or `return_when` is none of the three. EDDY_EQUEUED:
 * one of the places is in use. EDDY_EFORK: a job is not done, and is the parent's. EDDY_EDEADLOCK: as
 * eddy_job_result() says, when all that is waited for is its own executor's.
 */
int eddy_jobs_wait(struct eddy_job_place *places, size_t n, int return_when, double seconds);

/* ---- For what is made of these ----------------------------------------------------------------- */

/* The places are free: `repeated` is set in each. EDDY_EQUEUED: one is in use; EDDY_EFORK: of
 * its job; then nothing has changed. O(n). */
int eddy_job_places_check(struct eddy_job_place *places, size_t n);

/* The place begins to wait. True: `wake` will be called, once. False: there is nothing to wait for. */
bool eddy_job_place_join(struct eddy_job_place *place, void *owner,
                         void (*wake)(struct eddy_job_waiter *waiter, int err));

/* None of them waits any more, and nobody is in their `wake`. */
void eddy_job_places_leave(struct eddy_job_place *places, size_t n);

static inline struct eddy_job_place *eddy_job_place_of(struct eddy_job_waiter *waiter)
{
    return container_of(waiter, struct eddy_job_place, waiter);
}

#ifdef __cplusplus
}
#endif

#endif
