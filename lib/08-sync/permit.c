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
    struct eddy_permit *permit = permit_of(container_of(future, struct eddy_waiter, future));

    permit->semaphore = NULL;
    eddy_waiter_cancel(future);
}

static const struct eddy_future_type type = {
    .name = "semaphore", .cancel = cancel_acquire, .guarded = true};

struct eddy_future *eddy_semaphore_acquire(struct eddy_permit *permit,
                                           struct eddy_semaphore *semaphore)
{
    struct eddy_future *future;
    int err = permit->semaphore
                  ? EDDY_EQUEUED
                  : eddy_waiter_refusal(&permit->waiter, semaphore->loop, "semaphore_acquire");

    if (err < 0)
        return eddy_future_init_done(&permit->refused, semaphore->loop, err);
    if (semaphore->value > 0) {
        semaphore->value--;
        permit->semaphore = semaphore;
        return eddy_waiter_done(&permit->waiter, semaphore->loop, 0, NULL);
    }
    future = eddy_waiter_start(&permit->waiter, semaphore->loop, &type, &semaphore->line);
    permit->semaphore = eddy_future_done(future) ? NULL : semaphore;
    return future;
}

/* ---- Releasing --------------------------------------------------------------------------------- */

int eddy_semaphore_release(struct eddy_semaphore *semaphore)
{
    struct eddy_waiter *first = eddy_waiter_first(&semaphore->line);
    int err = eddy_loop_check_thread(semaphore->loop, "semaphore_release");

    if (err < 0)
        return err;
    if (first)
        eddy_waiter_wake(first, 0, NULL);
    else if (semaphore->bound > 0 && semaphore->value >= semaphore->bound)
        return -EPERM;
    else if (semaphore->value == LONG_MAX)
        return -EOVERFLOW;
    else
        semaphore->value++;
    return 0;
}

int eddy_permit_release(struct eddy_permit *permit)
{
    struct eddy_semaphore *semaphore = permit->semaphore;
    int err;

    if (!semaphore || !eddy_future_done(&permit->waiter.future))
        return -EPERM;
    err = eddy_loop_check_thread(semaphore->loop, "permit_release");
    if (err < 0)
        return err;
    permit->semaphore = NULL;
    return eddy_semaphore_release(semaphore);
}
