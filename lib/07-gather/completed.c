#include "completed.h"

#include "errors.h"
#include "io.h"

#include <errno.h>
#include <math.h>

/* The next one's turn. */
static void take_first(struct eddy_as_completed *each)
{
    struct eddy_handle *first = container_of(eddy_list_pop(&each->done), struct eddy_handle, link);

    each->awaited = container_of(first, struct eddy_awaited, handle);
    each->left--;
}

/* The next one that is asked for has the same place. */
static void finish_next(struct eddy_as_completed *each, int err)
{
    eddy_awaited_announce(&each->future, &each->told);
    eddy_finish_in_batch(&each->future, err, each->awaited);
}

static void on_done(struct eddy_handle *handle)
{
    struct eddy_as_completed *each = container_of(handle, struct eddy_awaited, handle)->owner;

    each->pending--;
    if (each->timed_out)
        return; /* too late: -ETIMEDOUT stands for it */
    eddy_list_append(&each->done, &handle->link);
    if (each->pending == 0)
        eddy_timer_cancel(each->loop, &each->timer);
    if (eddy_future_done(&each->future))
        return;
    take_first(each);
    finish_next(each, 0);
}

static void on_time(struct eddy_handle *handle)
{
    struct eddy_as_completed *each = container_of(handle, struct eddy_as_completed, timer.handle);

    each->timed_out = true;
    if (eddy_future_done(&each->future))
        return;
    each->left--;
    finish_next(each, -ETIMEDOUT);
}

/* ---- Opening and closing ----------------------------------------------------------------------- */

/* Also one that is refused has its turn; its place is not used otherwise. */
static void start_all(struct eddy_as_completed *each)
{
    for (size_t i = 0; i < each->count; i++) {
        struct eddy_awaited *awaited = &each->all[i];
        awaited->owner = each;
        if (awaited->repeated)
            continue;
        each->left++;
        if (eddy_awaited_start(awaited, each->loop, each, on_done) == 0)
            each->pending++;
        else
            eddy_list_append(&each->done, &awaited->handle.link);
    }
}

static void leave_frame(struct eddy_opened *opened)
{
    eddy_as_completed_close(container_of(opened, struct eddy_as_completed, opened));
}

/* What may fail, before anything is begun. */
static int prepare_iteration(struct eddy_as_completed *each, struct eddy_loop *loop, double seconds)
{
    struct eddy_task *task = eddy_current_task();
    int err = eddy_awaited_find_repeated(each->all, each->count, loop);

    if (err == 0)
        err = eddy_awaited_limit(loop, &each->timer, seconds);
    if (err == 0 && task)
        err = eddy_opened_add(&each->opened, task, leave_frame);
    if (err < 0)
        eddy_timer_cancel(loop, &each->timer);
    return err;
}

int eddy_as_completed_open(struct eddy_as_completed *each, struct eddy_loop *loop,
                           struct eddy_awaited *awaited, size_t n, double seconds)
{
    int err;

    if (each->loop)
        return EDDY_EQUEUED;
    err = eddy_loop_is_closed(loop) ? EDDY_ECLOSED : eddy_loop_check_thread(loop, "as_completed");
    if (err < 0)
        return err;
    *each = (struct eddy_as_completed){.all = awaited, .count = n};
    eddy_timer_init_named(&each->timer, on_time, "as_completed");
    eddy_list_init(&each->done);
    eddy_future_init_done(&each->future, loop, 0);
    err = prepare_iteration(each, loop, seconds);
    if (err < 0)
        return err;
    each->loop = loop;
    start_all(each);
    if (each->pending == 0)
        eddy_timer_cancel(loop, &each->timer);
    return 0;
}

void eddy_as_completed_close(struct eddy_as_completed *each)
{
    if (!each->loop)
        return;
    eddy_opened_remove(&each->opened);
    eddy_awaited_leave_all(each->all, each->count, each);
    eddy_timer_cancel(each->loop, &each->timer);
    eddy_handle_cancel(&each->told);
    each->loop = NULL;
    each->left = 0;
    eddy_future_finish(&each->future, EDDY_ECLOSED, NULL);
}

/* ---- The next ---------------------------------------------------------------------------------- */

/* What is done meanwhile stays for the next call. */
static void cancel_next(struct eddy_future *future)
{
    eddy_awaited_announce(future, &container_of(future, struct eddy_as_completed, future)->told);
    eddy_future_finish(future, -ECANCELED, NULL);
}

static const struct eddy_future_type type = {
    .name = "as_completed", .cancel = cancel_next, .guarded = true};

/* EDDY_EPENDING: it is to be waited for. */
static int next_outcome(struct eddy_as_completed *each)
{
    each->awaited = NULL;
    if (!eddy_list_empty(&each->done)) {
        take_first(each);
        return 0;
    }
    if (each->left == 0)
        return -ENOENT;
    if (!each->timed_out)
        return EDDY_EPENDING;
    each->left--;
    return -ETIMEDOUT;
}

struct eddy_future *eddy_as_completed_next(struct eddy_as_completed *each)
{
    int err = each->loop ? eddy_loop_check_thread(each->loop, "as_completed_next") : EDDY_ECLOSED;

    if (err == 0 && (!eddy_future_done(&each->future) || eddy_handle_queued(&each->told)))
        err = EDDY_EWATCHED;
    if (err < 0)
        return eddy_future_init_done(&each->refused, each->future.loop, err);
    err = next_outcome(each);
    if (err != EDDY_EPENDING) {
        eddy_future_init_done(&each->future, each->loop, err);
        each->future.result = each->awaited;
        return &each->future;
    }
    eddy_future_init_type(&each->future, each->loop, &type);
    return &each->future;
}
