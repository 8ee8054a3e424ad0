/*
 * awaited - one of several futures that are awaited together. gather, wait, as_completed, wait_for,
 * shield and group are made of these.
 *
 *     struct eddy_awaited each[3];
 *
 * The places are the caller's, in the frame that waits, one for each future, and begin zeroed. The
 * caller sets `future`; a place without one counts as done. What came of a future is asked of its
 * place: eddy_awaited_error(); a result lies where it always does, in the future or beside it.
 *
 * A waiter joins a future's list when the waiting begins, and leaves it at the latest when the
 * waiting ends. So a future that is still pending then, a loser, is left as it was.
 *
 * Errors: a future that cannot be awaited counts as one that has failed: EDDY_EOTHER, of another
 * loop; -EINVAL, a spawned task; EDDY_EDEADLOCK, the task that starts the waiting; EDDY_EQUEUED, the
 * place is in use. The others are awaited all the same, so that none outlives its frame.
 * Memory: places and futures stay until the waiting has ended. Nothing is allocated.
 * Threads: the loop's.
 */
#ifndef EDDY_AWAITED_H
#define EDDY_AWAITED_H

#include "future.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Set `future` and read `repeated`; touch no other field. */
struct eddy_awaited {
    struct eddy_handle handle;  /* among the future's waiters, or in line */
    struct eddy_future *future; /* NULL: there is nothing to wait for */
    void *owner;                /* what awaits it */
    int refused;                /* why its future cannot be awaited; 0: it can */
    bool repeated;              /* wait, as_completed: the same future stands in a place before */
};

/* How its future has ended: 0, an error, or EDDY_EPENDING. */
static inline int eddy_awaited_error(const struct eddy_awaited *awaited)
{
    return awaited->refused || !awaited->future ? awaited->refused : awaited->future->err;
}

static inline bool eddy_awaited_done(const struct eddy_awaited *awaited)
{
    return eddy_awaited_error(awaited) != EDDY_EPENDING;
}

/* ---- For what is made of these ----------------------------------------------------------------- */

/* Begin to wait: `fn` is called when the future is done; in the next turn, if it is done already.
 * Returns 0, or why it is refused; then `fn` is not called. O(1). */
int eddy_awaited_start(struct eddy_awaited *awaited, struct eddy_loop *loop, void *owner,
                       void (*fn)(struct eddy_handle *handle));

/* The place waits no more. Returns whether it did. O(1). */
bool eddy_awaited_stop(struct eddy_awaited *awaited);

/* The same for those of `n` places that are `owner`'s. */
void eddy_awaited_stop_all(struct eddy_awaited *awaited, size_t n, const void *owner);

/* The same, for a waiting that cancels nothing when it ends. But a task that is abandoned loses its
 * frame: then those of the futures that lie in this frame are cancelled. */
void eddy_awaited_leave_all(struct eddy_awaited *awaited, size_t n, const void *owner);

/*
 * Set `repeated` in each of `n` places: whether its future stands in a place before. EDDY_EQUEUED: one
 * of the places is in use, and nothing has changed. Not for futures of other loops. O(n).
 */
int eddy_awaited_find_repeated(struct eddy_awaited *awaited, size_t n,
                               const struct eddy_loop *loop);

/*
 * For a future that will serve again for the next wait; call it before the future is finished. As long
 * as its waiter has not been called, `told` stands in line (eddy_handle_queued()), and the future must
 * stay as it is. If nobody waits, nothing happens. Take `told` back (eddy_handle_cancel()) before its
 * memory goes. O(1).
 */
void eddy_awaited_announce(struct eddy_future *future, struct eddy_handle *told);

/* Set `timer` for a limit in seconds; EDDY_FOREVER is none. Errors of eddy_loop_call_later(). */
int eddy_awaited_limit(struct eddy_loop *loop, struct eddy_timer *timer, double seconds);

/*
 * Several futures may lead to each other: a gather of tasks that await a gather, and so on, and in
 * the end to itself. So their cancels are not nested, they stand in line: the first one calls them
 * one after the other, and what is asked for meanwhile joins the line. A cancel comes to each of
 * these once. However deep it goes, it takes no room on the C stack.
 */
struct eddy_canceller {
    struct eddy_list link; /* in that line */
    void (*cancel)(struct eddy_canceller *canceller);
    uint64_t round; /* the last cancel that has come here; 32 bits would be used up in days */
};

/* Call canceller->cancel(), now or when its turn in the line has come. */
void eddy_canceller_call(struct eddy_canceller *canceller);

/* Cancel the future, if it is pending. */
void eddy_awaited_cancel(struct eddy_awaited *awaited);

#ifdef __cplusplus
}
#endif

#endif
