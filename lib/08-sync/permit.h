/*
 * permit - semaphores: a number of permits. Whoever wants one waits until there is one, first come first
 * served; whoever has one gives it back.
 *
 *     CO_AWAIT(co, eddy_semaphore_acquire(&self->permit, self->seats));
 *     ...
 *     CO_FINALLY(co);
 *     eddy_permit_release(&self->permit);
 *
 * A RELEASE HANDS THE PERMIT OVER: it belongs to the first of the line from then on, also if that task
 * is cancelled before it runs. Its await returns with the permit, the cancel lands at its next await,
 * and its cleanup section gives the permit back. Nobody overtakes the line. (asyncio's Semaphore woke
 * a waiter and let it try; permits were lost and waiters forgotten, on and off, from 2015 to 2022.)
 *
 * Memory: the semaphore must outlive its waiters. Nothing is allocated; O(1). Threads: the loop's.
 */
#ifndef EDDY_PERMIT_H
#define EDDY_PERMIT_H

#include "waiter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Read `value`; touch no other field. */
struct eddy_semaphore {
    struct eddy_loop *loop;
    long value;            /* permits that nobody has */
    long bound;            /* of a bounded one; 0: it has no bound */
    struct eddy_list line; /* of those who wait, only while value is 0 */
};

/* One permit: asked for, or had. Valid when zeroed: it is none. Touch no field. */
struct eddy_permit {
    struct eddy_waiter waiter;
    struct eddy_semaphore *semaphore; /* that it was asked of; NULL: none, or given back */
    struct eddy_future refused;
};

/* `value` permits to begin with. -EINVAL: less than 0. */
int eddy_semaphore_init(struct eddy_semaphore *semaphore, struct eddy_loop *loop, long value);

/* The same, but a release that would make it more than `value` is refused. -EINVAL: less than 1. */
int eddy_semaphore_init_bounded(struct eddy_semaphore *semaphore, struct eddy_loop *loop,
                                long value);

/* Done when `permit` has one. At once, if there is one. EDDY_EQUEUED: `permit` waits already, or has
 * one. EDDY_ECLOSED: the loop is closed. A cancel leaves the line. */
struct eddy_future *eddy_semaphore_acquire(struct eddy_permit *permit,
                                           struct eddy_semaphore *semaphore);

/* Give back the permit that this one has, if it has one: for a cleanup section, where nobody knows how
 * far the body came. Returns 0, or -EPERM: it has none; then nothing has happened. */
int eddy_permit_release(struct eddy_permit *permit);

/* One permit more, as asyncio has it: for whoever counts without asking, or gives back what another
 * task has taken. -EPERM: a bounded one has all of its permits. -EOVERFLOW. */
int eddy_semaphore_release(struct eddy_semaphore *semaphore);

/* Whether an acquire would wait. */
static inline bool eddy_semaphore_locked(const struct eddy_semaphore *semaphore)
{
    return semaphore->value == 0;
}

#ifdef __cplusplus
}
#endif

#endif
