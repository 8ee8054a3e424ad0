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

void eddy_future_init_type(struct eddy_future *future, struct eddy_loop *loop,
                           const struct eddy_future_type *type)
{
    future->loop = loop;
    future->type = type;
    future->err = EDDY_EPENDING;
    eddy_list_init(&future->waiters);
}

/* ---- Looking at it --------------------------------------------------------------------------- */

bool eddy_future_done(const struct eddy_future *future)
{
    return future->err != EDDY_EPENDING;
}

bool eddy_future_cancelled(const struct eddy_future *future)
{
    return future->err == -ECANCELED;
}

int eddy_future_result(const struct eddy_future *future, void **result)
{
    if (result)
        *result = future->err == 0 ? future->result : NULL;
    return future->err;
}

int eddy_future_error(const struct eddy_future *future)
{
    return future->err;
}

/* ---- Finishing it ---------------------------------------------------------------------------- */

/* All outcomes come through here: the waiters are queued, and nobody is called. */
static int finish(struct eddy_future *future, int err, void *result)
{
    /* TODO 04.2: write finish(). */
    return -ENOSYS;
}

int eddy_future_set_result(struct eddy_future *future, void *result)
{
    return finish(future, 0, result);
}

int eddy_future_set_error(struct eddy_future *future, int err)
{
    return err < 0 && err != EDDY_EPENDING ? finish(future, err, NULL) : -EINVAL;
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
