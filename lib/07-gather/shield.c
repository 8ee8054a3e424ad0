#include "shield.h"

#include "errors.h"
#include "io.h"
#include "task.h"

#include <errno.h>

static void *awaited_result(const struct eddy_future *future)
{
    return future->err == 0 ? future->result : NULL;
}

static void on_done(struct eddy_handle *handle)
{
    struct eddy_awaited *awaited = container_of(handle, struct eddy_awaited, handle);
    struct eddy_shield *shield = awaited->owner;

    eddy_finish_in_batch(&shield->future, awaited->future->err, awaited_result(awaited->future));
}

/* A result that was delivered already wins: it is passed on in its turn. */
static void cancel_shield(struct eddy_future *future)
{
    struct eddy_shield *shield = container_of(future, struct eddy_shield, future);

    if (eddy_awaited_done(&shield->awaited) && !eddy_task_lets_go())
        return;
    eddy_awaited_leave_all(&shield->awaited, 1, shield);
    eddy_future_finish(future, -ECANCELED, NULL);
}

static const struct eddy_future_type type = {
    .name = "shield", .cancel = cancel_shield, .guarded = true};

struct eddy_future *eddy_shield(struct eddy_shield *shield, struct eddy_loop *loop,
                                struct eddy_future *future)
{
    *shield = (struct eddy_shield){.awaited = {.future = future}};
    eddy_future_init_type(&shield->future, loop, &type);
    if (!future) {
        eddy_future_init_done(&shield->future, loop, -EINVAL);
    } else if (eddy_future_done(future)) {
        eddy_future_init_done(&shield->future, loop, future->err);
        shield->future.result = awaited_result(future);
        shield->future.turn = future->turn;
    } else if (eddy_awaited_start(&shield->awaited, loop, shield, on_done) < 0) {
        eddy_future_init_done(&shield->future, loop, shield->awaited.refused);
    }
    return &shield->future;
}
