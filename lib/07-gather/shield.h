/*
 * shield - await something without taking it along when the await is cancelled: the await ends at
 * once, with -ECANCELED, and what it waited for goes on.
 *
 *     CO_AWAIT(co, eddy_shield(&self->shield, loop, &self->commit.future));
 *
 * The other way round nothing is held back: when the future ends, however it does, so does this.
 *
 * WHAT IS SHIELDED GOES ON IN SOMEBODY'S FRAME. If it is a task of yours, await it in your cleanup
 * section, where no cancel lands; or start it where it outlives you.
 *
 * Memory: the caller's, until it is done; nothing is allocated, and nothing can fail. Threads: the
 * loop's. O(1).
 */
#ifndef EDDY_SHIELD_H
#define EDDY_SHIELD_H

#include "awaited.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Touch no field. */
struct eddy_shield {
    struct eddy_future future;
    struct eddy_awaited awaited;
};

/* Await `future`. The outcome and the result are its own; -ECANCELED, if this was cancelled. Errors
 * as of an await: EDDY_EOTHER, -EINVAL (a spawned task, or NULL), EDDY_EDEADLOCK. */
struct eddy_future *eddy_shield(struct eddy_shield *shield, struct eddy_loop *loop,
                                struct eddy_future *future);

#ifdef __cplusplus
}
#endif

#endif
