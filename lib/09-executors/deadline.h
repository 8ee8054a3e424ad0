/*
 * deadline - a thread that waits under a lock: until somebody signals, or the time is up. (A task
 * waits with an await; this is for threads that have no loop.)
 *
 * Errors: negative codes. Threads: any.
 */
#ifndef EDDY_DEADLINE_H
#define EDDY_DEADLINE_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_deadline {
    struct timespec at; /* of the monotonic clock, which nobody can set */
    bool never;         /* there is no limit */
};

/* In `seconds` from now; 0 or less: at once. EDDY_FOREVER, and more than 290 years: never.
 * -EINVAL: NaN. */
int eddy_deadline_set(struct eddy_deadline *deadline, double seconds);

/* Seconds until then, at least 0; EDDY_FOREVER: there is no limit. */
double eddy_deadline_left(const struct eddy_deadline *deadline);

/*
 * A condition to wait for up to `deadline`, by the monotonic clock; NULL: up to any. Errors of
 * pthread_cond_init(). Never an error where there is no limit: whoever must wait for ever, since a job is on
 * its stack, must be able to.
 */
int eddy_deadline_cond(pthread_cond_t *cond, const struct eddy_deadline *deadline);

/* Wait for a signal, as pthread_cond_wait() does: this may return although nothing has come, so look
 * again. 0; -ETIMEDOUT: the time is up. */
int eddy_deadline_wait(const struct eddy_deadline *deadline, pthread_cond_t *cond,
                       pthread_mutex_t *lock);

#ifdef __cplusplus
}
#endif

#endif
