/*
 * Exercise 04.2, a drop-in: write the functions marked TODO, and your file takes the place of
 * lib/04-futures/future.c in the library. What each function promises stands in
 * lib/04-futures/future.h. All else is the library's own.
 *
 *     make check-04.2     make hint-04.2     make learn
 */
#include "future.h"

#include "errors.h"

#include <errno.h>

struct eddy_future *eddy_future_init_done(struct eddy_future *future, struct eddy_loop *loop,
                                          int err)
{
    eddy_future_init_type(future, loop, NULL);
    future->result = NULL;
    future->err = eddy_is_outcome(err) ? err : -EINVAL;
    return future;
}

/* ---- Looking at it --------------------------------------------------------------------------- */

int eddy_future_result(const struct eddy_future *future, void **result)
{
    if (result)
        *result = future->err == 0 ? future->result : NULL;
    return future->err;
}

/* ---- Finishing it ---------------------------------------------------------------------------- */

/* All outcomes come through here: the waiters are queued, and nobody is called. */
static int finish_future(struct eddy_future *future, int err, void *result)
{
    /* TODO 04.2: write finish_future(). */
    return -ENOSYS;
}

int eddy_future_finish(struct eddy_future *future, int err, void *result)
{
    return eddy_is_outcome(err) ? finish_future(future, err, result) : -EINVAL;
}

/* What anybody may do; but not to a guarded future (skip: chapter 6). */
static int set_outcome(struct eddy_future *future, int err, void *result)
{
    if (!eddy_future_done(future) && future->type->guarded)
        return EDDY_EOTHER;
    return finish_future(future, err, result);
}

int eddy_future_set_result(struct eddy_future *future, void *result)
{
    return set_outcome(future, 0, result);
}

int eddy_future_set_error(struct eddy_future *future, int err)
{
    return err < 0 && eddy_is_outcome(err) ? set_outcome(future, err, NULL) : -EINVAL;
}

/* Why a pending future cannot be touched: its loop is closed; or, in debug mode, this is another
 * thread, and a report names `call`. 0: it can be. */
static int refusal(const struct eddy_future *future, const char *call)
{
    if (eddy_loop_is_closed(future->loop))
        return EDDY_ECLOSED;
    return eddy_loop_check_thread(future->loop, call);
}

bool eddy_future_cancel(struct eddy_future *future)
{
    /* TODO 04.2: write eddy_future_cancel(). */
    return false;
}

/* ---- Waiting for it -------------------------------------------------------------------------- */

int eddy_future_add_done_callback(struct eddy_future *future, struct eddy_handle *handle)
{
    /* TODO 04.2: write eddy_future_add_done_callback(). */
    return -ENOSYS;
}

bool eddy_future_remove_done_callback(struct eddy_future *future, struct eddy_handle *handle)
{
    /* TODO 04.2: write eddy_future_remove_done_callback(). */
    return false;
}
