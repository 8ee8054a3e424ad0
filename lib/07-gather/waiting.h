/*
 * waiting - wait until one of several futures is done, or all, or until one has failed; or the time
 * is up. It only looks: none of them is cancelled, whatever comes. (asyncio.wait)
 *
 *     CO_AWAIT(co, eddy_wait(&self->wait, loop, self->each, 2, EDDY_FIRST_COMPLETED, EDDY_FOREVER));
 *     for (size_t i = 0; i < 2; i++)
 *         if (eddy_awaited_done(&self->each[i]))
 *             ...
 *
 * Afterwards each place says for itself whether its future is done. Those that are not go on, and
 * nothing of this wait is left with them.
 *
 * To wait again and again for the next of many, use as_completed: each eddy_wait() comes to all of
 * them, O(futures). Errors, memory and threads: as awaited.h says.
 */
#ifndef EDDY_WAITING_H
#define EDDY_WAITING_H

#include "awaited.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What to wait for. */
enum {
    EDDY_ALL_COMPLETED,
    EDDY_FIRST_COMPLETED,
    EDDY_FIRST_EXCEPTION /* one has failed; a cancelled one has not. If none fails: all */
};

/* Read `timed_out`; touch no other field. */
struct eddy_wait {
    struct eddy_future future;
    struct eddy_timer timer;
    struct eddy_awaited *awaited;
    size_t count, left;
    int return_when;
    bool timed_out; /* that is why it has returned */
};

/*
 * Wait for that, at most `seconds`; EDDY_FOREVER: without a limit, 0 or less: one turn. The outcome
 * is 0, also when the time is up. -EINVAL: `n` is 0, nothing to wait for; or `seconds` is NaN, or
 * `return_when` none of the three. -ERANGE: more than 290 years. -ENOMEM, EDDY_ECLOSED.
 * EDDY_EQUEUED: one of the places is in use; then none is waited for.
 * If what is waited for is there already, it is done at once. A future that stands in two places
 * counts once: the second place is `repeated`.
 */
struct eddy_future *eddy_wait(struct eddy_wait *wait, struct eddy_loop *loop,
                              struct eddy_awaited *awaited, size_t n, int return_when,
                              double seconds);

#ifdef __cplusplus
}
#endif

#endif
