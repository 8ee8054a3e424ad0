/*
 * flag - something has happened, or not yet. All who wait go on when it is raised. (asyncio.Event; here
 * an event is what a selector tells.)
 *
 *     CO_AWAIT(co, eddy_flag_wait(&self->waiting, &self->door->open));
 *
 * Memory: the flag must outlive its waiters. Nothing is allocated. Threads: the loop's. (A thread
 * posts a handle, eddy_loop_call_soon_threadsafe(), and that one raises the flag.)
 */
#ifndef EDDY_FLAG_H
#define EDDY_FLAG_H

#include "waiter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Touch no field. */
struct eddy_flag {
    struct eddy_loop *loop;
    struct eddy_list line;
    bool is_set;
};

/* A wait that is under way. Valid when zeroed; touch no field. */
struct eddy_flag_wait {
    struct eddy_waiter waiter;
    struct eddy_future refused;
};

/* Not set. */
void eddy_flag_init(struct eddy_flag *flag, struct eddy_loop *loop);

/* Done when the flag is set: at once, if it is. Whoever waits when it is set goes on, even if it is
 * cleared before that task runs. EDDY_EQUEUED: `wait` waits already. EDDY_ECLOSED: the loop is closed.
 * O(1). */
struct eddy_future *eddy_flag_wait(struct eddy_flag_wait *wait, struct eddy_flag *flag);

/* Set it, and wake all who wait, in the order in which they came. O(waiters). */
void eddy_flag_set(struct eddy_flag *flag);

/* Whoever waits from now on waits for the next set. */
void eddy_flag_clear(struct eddy_flag *flag);

static inline bool eddy_flag_is_set(const struct eddy_flag *flag)
{
    return flag->is_set;
}

#ifdef __cplusplus
}
#endif

#endif
