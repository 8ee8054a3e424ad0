/*
 * Exercise 04.4, build: one answer for many who ask. 4-once.h says what it promises; the three
 * functions that are to be written have about 30 lines together. Try it:  make check-04.4
 */
#include "4-once.h"

#include <errno.h>

/* The loop calls this when the operation is done: all who have asked get its outcome. */
static void on_done(struct eddy_handle *handle)
{
    struct once *once = container_of(handle, struct once, on_done);
    void *result;
    int err = eddy_future_result(once->under_way, &result);

    once->under_way = NULL;
    while (!eddy_list_empty(&once->askers)) {
        struct ask *ask = container_of(eddy_list_pop(&once->askers), struct ask, link);
        if (err < 0)
            eddy_future_set_error(&ask->future, err);
        else
            eddy_future_set_result(&ask->future, result);
    }
}

void once_init(struct once *once, struct eddy_loop *loop,
               struct eddy_future *(*start)(struct once *once))
{
    *once = (struct once){.loop = loop, .start = start};
    eddy_list_init(&once->askers);
    eddy_handle_init(&once->on_done, on_done);
}

/* eddy_future_cancel() calls this: an asker does not want to know any more. */
static void cancel_ask(struct eddy_future *future)
{
    struct ask *ask = container_of(future, struct ask, future);
    struct once *once = ask->once;
    struct eddy_future *operation = once->under_way;

    eddy_list_remove(&ask->link);
    eddy_future_set_error(future, -ECANCELED);
    if (!eddy_list_empty(&once->askers))
        return;
    once->under_way = NULL;
    eddy_future_cancel(operation);
    eddy_handle_cancel(&once->on_done); /* it is in line now: nobody is left to be told */
}

struct eddy_future *once_ask(struct once *once, struct ask *ask)
{
    static const struct eddy_future_type type = {.name = "ask", .cancel = cancel_ask};

    ask->once = once;
    eddy_future_init_type(&ask->future, once->loop, &type);
    eddy_list_append(&once->askers, &ask->link);
    if (!once->under_way) {
        once->under_way = once->start(once);
        eddy_future_add_done_callback(once->under_way, &once->on_done);
    }
    return &ask->future;
}
