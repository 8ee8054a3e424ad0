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
    int refused;

    if (eddy_future_done(future))
        return EDDY_EDONE;
    refused = eddy_loop_call_all_soon(future->loop, &future->waiters);
    if (refused < 0)
        return refused;
    future->err = err;
    future->result = result;
    return 0;
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
    if (eddy_future_done(future) || eddy_loop_is_closed(future->loop))
        return false;
    if (!future->type->cancel)
        return finish(future, -ECANCELED, NULL) == 0;
    future->type->cancel(future);
    return true;
}

/* ---- Waiting for it -------------------------------------------------------------------------- */

int eddy_future_add_done_callback(struct eddy_future *future, struct eddy_handle *handle)
{
    if (eddy_future_done(future))
        return eddy_loop_call_soon(future->loop, handle);
    if (eddy_loop_is_closed(future->loop))
        return EDDY_ECLOSED;
    if (eddy_handle_queued(handle))
        return EDDY_EQUEUED;
    eddy_list_append(&future->waiters, &handle->link);
    return 0;
}

bool eddy_future_remove_done_callback(struct eddy_future *future, struct eddy_handle *handle)
{
    struct eddy_list *link = future->waiters.next;

    /* A handle does not know in which list it is: it is looked for. */
    while (link != &future->waiters && link != &handle->link)
        link = link->next;
    return link == &handle->link && eddy_handle_cancel(handle);
}
