#include "waiter.h"

#include "errors.h"

#include <errno.h>

int eddy_waiter_refusal(const struct eddy_waiter *waiter, struct eddy_loop *loop, const char *call)
{
    if (eddy_list_linked(&waiter->link))
        return EDDY_EQUEUED;
    return eddy_loop_is_closed(loop) ? EDDY_ECLOSED : eddy_loop_check_thread(loop, call);
}

struct eddy_future *eddy_waiter_start(struct eddy_waiter *waiter, struct eddy_loop *loop,
                                      const struct eddy_future_type *type, struct eddy_list *line)
{
    if (eddy_loop_is_closed(loop))
        return eddy_waiter_done(waiter, loop, EDDY_ECLOSED, NULL);
    eddy_future_init_type(&waiter->future, loop, type);
    eddy_list_append(line, &waiter->link);
    return &waiter->future;
}

struct eddy_future *eddy_waiter_done(struct eddy_waiter *waiter, struct eddy_loop *loop, int err,
                                     void *result)
{
    waiter->link = (struct eddy_list){0};
    eddy_future_init_done(&waiter->future, loop, err);
    waiter->future.result = err == 0 ? result : NULL;
    return &waiter->future;
}

void eddy_waiter_wake(struct eddy_waiter *waiter, int err, void *result)
{
    eddy_list_remove(&waiter->link);
    eddy_future_finish(&waiter->future, err, result);
}

struct eddy_waiter *eddy_waiter_first(const struct eddy_list *line)
{
    struct eddy_waiter *first = eddy_list_empty(line) ? NULL : eddy_waiter_of(line->next);

    return first && !eddy_loop_is_closed(first->future.loop) ? first : NULL;
}

void eddy_waiter_wake_all(struct eddy_list *line, int err)
{
    while (!eddy_list_empty(line))
        eddy_waiter_wake(eddy_waiter_of(line->next), err, NULL);
}

void eddy_waiter_cancel(struct eddy_future *future)
{
    eddy_waiter_wake(container_of(future, struct eddy_waiter, future), -ECANCELED, NULL);
}
