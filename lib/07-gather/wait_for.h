/*
 * wait_for - a time-out for one await, whatever is awaited: an operation, a task, a gather.
 *
 *     CO_AWAIT(co, eddy_wait_for(&self->limit, loop,
 *                                eddy_recv(&self->io, loop, self->fd, self->buf, sizeof self->buf), 30));
 *
 * When the time is up, the future is cancelled, and when it has ended, -ETIMEDOUT is the outcome:
 * its cleanup has run, and nothing points into the frame. So a time-out may take longer than it
 * says. A result that came all the same, because it was delivered already or because the future
 * refused to be cancelled, wins: nothing is lost. (A job in a thread cannot be stopped: a time-out
 * of 0.02 over one of 0.1 seconds returns its result after 0.1.)
 *
 * A cancel of wait_for cancels the future, and wait_for ends as the future does. An -ECANCELED is then
 * no time-out, even if the time is up meanwhile. Others that await the same future find it cancelled;
 * where that must not be, await a shield of it.
 *
 * Memory: the caller's, until it is done. Nothing is allocated but the timer's place in the heap; a
 * future that is done already needs none. Threads: the loop's.
 */
#ifndef EDDY_WAIT_FOR_H
#define EDDY_WAIT_FOR_H

#include "awaited.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Touch no field. */
struct eddy_wait_for {
    struct eddy_future future;
    struct eddy_canceller canceller;
    struct eddy_awaited awaited;
    struct eddy_timer timer;
    int reason; /* why it was cut short, for its outcome; 0: it was not */
    bool asked; /* it was cancelled itself, and not for the time */
};

/*
 * Await `future` for at most `seconds`; EDDY_FOREVER: without a limit. 0 or less: only what is done
 * already. The outcome and the result are the future's; or -ETIMEDOUT. -EINVAL (NaN), -ERANGE (more
 * than 290 years), -ENOMEM (no place for the timer): the future is cancelled, and this is told when
 * it has ended. EDDY_EOTHER, -EINVAL (a spawned task, or NULL) and EDDY_EDEADLOCK as of an await. O(log timers).
 */
struct eddy_future *eddy_wait_for(struct eddy_wait_for *wait, struct eddy_loop *loop,
                                  struct eddy_future *future, double seconds);

#ifdef __cplusplus
}
#endif

#endif
