/*
 * Exercise 08.2, a drop-in: write the functions marked TODO, and your file takes the place of
 * lib/08-sync/permit.c in the library. What each function promises stands in
 * lib/08-sync/permit.h. All else is the library's own.
 *
 *     make check-08.2     make hint-08.2     make learn
 */
#include "permit.h"

#include "errors.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

static int init_semaphore(struct eddy_semaphore *semaphore, struct eddy_loop *loop, long value,
                          long bound)
{
    *semaphore = (struct eddy_semaphore){.loop = loop, .value = value, .bound = bound};
    eddy_list_init(&semaphore->line);
    return 0;
}

int eddy_semaphore_init(struct eddy_semaphore *semaphore, struct eddy_loop *loop, long value)
{
    return value < 0 ? -EINVAL : init_semaphore(semaphore, loop, value, 0);
}

int eddy_semaphore_init_bounded(struct eddy_semaphore *semaphore, struct eddy_loop *loop,
                                long value)
{
    return value < 1 ? -EINVAL : init_semaphore(semaphore, loop, value, value);
}

/* ---- Acquiring --------------------------------------------------------------------------------- */

static struct eddy_permit *permit_of(struct eddy_waiter *waiter)
{
    return container_of(waiter, struct eddy_permit, waiter);
}

static void cancel_acquire(struct eddy_future *future)
{
    /* TODO 08.2: write cancel_acquire(). */
}

static const struct eddy_future_type type = {
    .name = "semaphore", .cancel = cancel_acquire, .guarded = true};

struct eddy_future *eddy_semaphore_acquire(struct eddy_permit *permit,
                                           struct eddy_semaphore *semaphore)
{
    /* TODO 08.2: write eddy_semaphore_acquire(). */
    return NULL;
}

/* ---- Releasing --------------------------------------------------------------------------------- */

int eddy_semaphore_release(struct eddy_semaphore *semaphore)
{
    /* TODO 08.2: write eddy_semaphore_release(). */
    return -ENOSYS;
}

int eddy_permit_release(struct eddy_permit *permit)
{
    /* TODO 08.2: write eddy_permit_release(). */
    return -ENOSYS;
}
