/*
 * completed - several futures in the order in which they are done: an iteration. (asyncio.as_completed)
 *
 *     err = eddy_as_completed_open(&self->done, loop, self->each, n, EDDY_FOREVER);
 *     while (self->done.left > 0) {
 *         CO_AWAIT(co, eddy_as_completed_next(&self->done));
 *         use(self->done.awaited);
 *     }
 *     CO_FINALLY(co);
 *     eddy_as_completed_close(&self->done);
 *
 * None is cancelled. Between two awaits the iteration's handles stay at the futures, so close it before
 * its frame ends; after that, end the tasks that lie in the frame (eddy_gather_cancel()).
 *
 * Errors, memory and threads: as awaited.h says. All of the iteration together is O(futures).
 */
#ifndef EDDY_COMPLETED_H
#define EDDY_COMPLETED_H

#include "awaited.h"
#include "opened.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Valid when zeroed: closed. Read `left` and `awaited`; touch no other field. */
struct eddy_as_completed {
    struct eddy_future future;    /* the next one */
    struct eddy_awaited *awaited; /* whose future is done: set by the last next */
    size_t left;                  /* how many have not been told yet */
    struct eddy_awaited *all;
    size_t count, pending;
    struct eddy_list done; /* the handles of those that are done, in order */
    struct eddy_timer timer;
    struct eddy_loop *loop; /* NULL: closed */
    bool timed_out;
    struct eddy_future refused;
    struct eddy_handle told; /* in line until whoever awaits the next hears of it */
    struct eddy_opened opened;
};

/*
 * Begin: `n` futures, and `seconds` for all together (EDDY_FOREVER: no limit). Those that are done
 * already come first, in the order of their places. A future that stands in two places is told
 * once, and the second place is `repeated`. -EINVAL: NaN; -ERANGE; -ENOMEM; EDDY_ECLOSED;
 * EDDY_EQUEUED: it is open, or one of the places is in use; then none is waited for. O(n).
 */
int eddy_as_completed_open(struct eddy_as_completed *each, struct eddy_loop *loop,
                           struct eddy_awaited *awaited, size_t n, double seconds);

/*
 * Done when the next future is; `awaited` is its place then, and `left` is one less. The outcome is 0,
 * also if that future has failed: ask its place. -ETIMEDOUT, once for each that is left, when the
 * time is up; then `awaited` is NULL. -ENOENT: none is left. EDDY_EWATCHED: another task awaits the
 * next. EDDY_ECLOSED. Cancelling it loses nothing: what is done stays for the next call.
 */
struct eddy_future *eddy_as_completed_next(struct eddy_as_completed *each);

/* Leave them. A next that is awaited ends with EDDY_ECLOSED. Twice is harmless. O(n). */
void eddy_as_completed_close(struct eddy_as_completed *each);

#ifdef __cplusplus
}
#endif

#endif
