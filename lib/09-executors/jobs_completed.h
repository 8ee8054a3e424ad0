/*
 * jobs_completed - several jobs in the order in which they are done: an iteration for a thread without a
 * loop. (concurrent.futures' as_completed)
 *
 *     err = eddy_jobs_completed_open(&completed, places, n, EDDY_FOREVER);
 *     while (err == 0 && completed.left > 0) {
 *         err = eddy_jobs_completed_next(&completed, &job);
 *         ...
 *     }
 *     eddy_jobs_completed_close(&completed);
 *
 * No job is cancelled. Errors: negative codes. Memory: the iteration, its places (jobs.h) and the jobs are
 * the caller's, and stay until it is closed. Threads: one at a time. All of it together is O(jobs).
 */
#ifndef EDDY_JOBS_COMPLETED_H
#define EDDY_JOBS_COMPLETED_H

#include "deadline.h"
#include "jobs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Read `left`; touch no other field. Valid when zeroed: closed. */
struct eddy_jobs_completed {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct eddy_list done; /* places, in order */
    struct eddy_job_place *places;
    size_t count;
    size_t left; /* how many have not been told yet */
    struct eddy_deadline deadline;
    bool open;
};

/*
 * Begin, with `seconds` for all together. Those that are done already come first, in the order of their
 * places. A job that stands in two places is told once. -EINVAL: NaN. EDDY_EQUEUED: it is open, or a
 * place is in use. EDDY_EFORK: a job is not done, and is the parent's.
 */
int eddy_jobs_completed_open(struct eddy_jobs_completed *completed, struct eddy_job_place *places,
                             size_t n, double seconds);

/* Wait for the next: *job is done, and `left` is one less. 0, also if that job has failed. -ENOENT:
 * none is left. -ETIMEDOUT: the time is up, and none is done. EDDY_ECLOSED. Else *job is NULL. */
int eddy_jobs_completed_next(struct eddy_jobs_completed *completed, struct eddy_job **job);

/* Leave them; the jobs go on. Twice is harmless. */
void eddy_jobs_completed_close(struct eddy_jobs_completed *completed);

#ifdef __cplusplus
}
#endif

#endif
