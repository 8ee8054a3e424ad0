/*
 * waiter - somebody who waits in a line for something that others hand over: a lock, a permit, an
 * item. lock, flag, condition, permit, barrier and queue are made of these.
 *
 * A waiter is a future and a link, embedded in the caller's struct. Whoever gives something away takes
 * the first of the line and finishes it: from that moment on, the thing is the waiter's, whether its
 * task has run yet or not. A waiter that is cancelled leaves the line at once. So nothing is ever
 * given to somebody who has gone, and nobody is woken for nothing.
 *
 * Nothing is allocated, and waking cannot fail. All is O(1). Threads: the loop's.
 */
#ifndef EDDY_WAITER_H
#define EDDY_WAITER_H

#include "future.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_waiter {
    struct eddy_future future;
    struct eddy_list link; /* in the line */
};

static inline struct eddy_waiter *eddy_waiter_of(struct eddy_list *link)
{
    return container_of(link, struct eddy_waiter, link);
}

/* Why nobody may wait now. EDDY_EQUEUED: `waiter` does already. EDDY_ECLOSED: the loop is closed.
 * EDDY_ETHREAD: debug mode, another thread; it is told as `call`. 0: nothing is in the way. */
int eddy_waiter_refusal(const struct eddy_waiter *waiter, struct eddy_loop *loop, const char *call);

/* Stand at the end of `line`. The cancel hook of `type` is eddy_waiter_cancel, or leaves the line at once
 * as that does. Returns the future, which is done with EDDY_ECLOSED if the loop is closed. */
struct eddy_future *eddy_waiter_start(struct eddy_waiter *waiter, struct eddy_loop *loop,
                                      const struct eddy_future_type *type, struct eddy_list *line);

/* There is no need to wait, or no way to: a future that is done, with `err` and `result`. */
struct eddy_future *eddy_waiter_done(struct eddy_waiter *waiter, struct eddy_loop *loop, int err,
                                     void *result);

/* It has what it waited for, or an error: it leaves the line, and its future is done. */
void eddy_waiter_wake(struct eddy_waiter *waiter, int err, void *result);

/* The first of the line; NULL: nobody waits, or the loop is closed, and what anybody is given now would
 * be lost: they will not run again. */
struct eddy_waiter *eddy_waiter_first(const struct eddy_list *line);

/* Wake all, in order, with this outcome. O(waiters). */
void eddy_waiter_wake_all(struct eddy_list *line, int err);

/* It leaves the line, and nothing was given to it. */
void eddy_waiter_cancel(struct eddy_future *future);

#ifdef __cplusplus
}
#endif

#endif
