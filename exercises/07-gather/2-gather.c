/*
 * Exercise 07.2, a drop-in: write the functions marked TODO, and your file takes the place of
 * lib/07-gather/gather.c in the library. What each function promises stands in
 * lib/07-gather/gather.h. All else is the library's own.
 *
 *     make check-07.2     make hint-07.2     make learn
 */
#include "gather.h"

#include "errors.h"
#include "io.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>

static struct eddy_gather *gather_of(struct eddy_future *future)
{
    return container_of(future, struct eddy_gather, future);
}

/* ---- Cancelling -------------------------------------------------------------------------------- */

/* A place that was in use is somebody else's, and so is its future. */
static void cancel_children(struct eddy_canceller *canceller)
{
    /* TODO 07.2: write cancel_children(). */
}

/* The frame goes: nothing may be left in anybody's list. */
static void leave_children(struct eddy_gather *gather)
{
    eddy_awaited_stop_all(gather->awaited, gather->count, gather);
    eddy_future_finish(&gather->future, -ECANCELED, NULL);
}

/* When all children are done, and only not yet heard of, there is nothing to cancel: the results win. */
static void cancel_gather(struct eddy_future *future)
{
    /* TODO 07.2: write cancel_gather(). */
}

/* ---- A child has ended ------------------------------------------------------------------------- */

static int whole_outcome(const struct eddy_gather *gather)
{
    /* TODO 07.2: write whole_outcome(). */
    return -ENOSYS;
}

/* A cancel that gather has asked for is no error, and hides none. */
static void note_outcome(struct eddy_gather *gather, int err)
{
    /* TODO 07.2: write note_outcome(). */
}

static void on_child_done(struct eddy_handle *handle)
{
    /* TODO 07.2: write on_child_done(). */
}

/* ---- Starting ---------------------------------------------------------------------------------- */

static void describe_gather(const struct eddy_future *future, char *text, size_t n)
{
    const struct eddy_gather *gather = container_of(future, const struct eddy_gather, future);

    snprintf(text, n, "gather: %zu of %zu have not ended", gather->left, gather->count);
}

static const struct eddy_future_type type = {
    .name = "gather", .cancel = cancel_gather, .describe = describe_gather, .guarded = true};

/* A child that is refused has failed; the others are awaited all the same. */
static void start_children(struct eddy_gather *gather, struct eddy_loop *loop)
{
    /* TODO 07.2: write start_children(). */
}

static struct eddy_future *start_gather(struct eddy_gather *gather, struct eddy_loop *loop,
                                        struct eddy_awaited *awaited, size_t n, bool collects)
{
    *gather = (struct eddy_gather){.awaited = awaited, .count = n, .collects = collects};
    gather->canceller.cancel = cancel_children;
    eddy_future_init_type(&gather->future, loop, &type);
    if (eddy_loop_is_closed(loop))
        return eddy_future_init_done(&gather->future, loop, EDDY_ECLOSED);
    start_children(gather, loop);
    if (gather->left == 0) {
        eddy_future_init_done(&gather->future, loop, gather->err);
        gather->future.result = awaited;
    }
    return &gather->future;
}

struct eddy_future *eddy_gather(struct eddy_gather *gather, struct eddy_loop *loop,
                                struct eddy_awaited *awaited, size_t n)
{
    return start_gather(gather, loop, awaited, n, false);
}

struct eddy_future *eddy_gather_settled(struct eddy_gather *gather, struct eddy_loop *loop,
                                        struct eddy_awaited *awaited, size_t n)
{
    return start_gather(gather, loop, awaited, n, true);
}

struct eddy_future *eddy_gather_cancel(struct eddy_gather *gather, struct eddy_loop *loop,
                                       struct eddy_awaited *awaited, size_t n)
{
    struct eddy_future *future = start_gather(gather, loop, awaited, n, true);
    int err = eddy_loop_is_closed(loop) ? EDDY_ECLOSED : 0;

    for (size_t i = 0; err == 0 && i < n; i++)
        if (awaited[i].owner != gather)
            err = EDDY_EQUEUED;
    if (eddy_future_done(future))
        return eddy_future_init_done(future, loop, err);
    gather->err = err;
    eddy_canceller_call(&gather->canceller);
    return future;
}

struct eddy_future *eddy_gather_futures(struct eddy_gather *gather, struct eddy_loop *loop,
                                        struct eddy_awaited *each, struct eddy_future **futures,
                                        size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!eddy_handle_queued(&each[i].handle))
            each[i].future = futures[i];
    return start_gather(gather, loop, each, n, false);
}
