#include "wait_for.h"

#include "errors.h"
#include "io.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>

static struct eddy_wait_for *wait_of(struct eddy_future *future)
{
    return container_of(future, struct eddy_wait_for, future);
}

/* ---- It has ended ------------------------------------------------------------------------------ */

/* That it came back cancelled is our own doing, if we have cut it short. */
static int awaited_outcome(const struct eddy_wait_for *wait)
{
    int err = wait->awaited.future->err;

    return err == -ECANCELED && wait->reason < 0 ? wait->reason : err;
}

static void *awaited_result(const struct eddy_wait_for *wait)
{
    const struct eddy_future *future = wait->awaited.future;

    return future->err == 0 ? future->result : NULL;
}

static void on_done(struct eddy_handle *handle)
{
    struct eddy_awaited *awaited = container_of(handle, struct eddy_awaited, handle);
    struct eddy_wait_for *wait = awaited->owner;

    eddy_timer_cancel(wait->future.loop, &wait->timer);
    eddy_finish_in_batch(&wait->future, awaited_outcome(wait), awaited_result(wait));
}

/* ---- Cutting it short -------------------------------------------------------------------------- */

static void cancel_awaited(struct eddy_canceller *canceller)
{
    eddy_awaited_cancel(&container_of(canceller, struct eddy_wait_for, canceller)->awaited);
}

/* If it is done, and only not yet heard of, it stays as it is: what was delivered wins. Whoever has
 * cancelled it before hears of no time-out: that is how long the end takes. */
static void on_time(struct eddy_handle *handle)
{
    struct eddy_wait_for *wait = container_of(handle, struct eddy_wait_for, timer.handle);

    if (eddy_awaited_done(&wait->awaited))
        return;
    wait->reason = wait->asked ? 0 : -ETIMEDOUT;
    eddy_canceller_call(&wait->canceller);
}

static void cancel_wait(struct eddy_future *future)
{
    struct eddy_wait_for *wait = wait_of(future);

    wait->asked = true;
    eddy_canceller_call(&wait->canceller);
    if (!eddy_task_lets_go())
        return;
    eddy_awaited_stop(&wait->awaited); /* the frame goes */
    eddy_timer_cancel(future->loop, &wait->timer);
    eddy_future_finish(future, -ECANCELED, NULL);
}

/* ---- Starting ---------------------------------------------------------------------------------- */

static void describe_wait(const struct eddy_future *future, char *text, size_t n)
{
    const struct eddy_future *awaited =
        container_of(future, const struct eddy_wait_for, future)->awaited.future;

    snprintf(text, n, "wait_for: %s",
             eddy_future_done(awaited) ? "what has just ended" : awaited->type->name);
}

static const struct eddy_future_type type = {
    .name = "wait_for", .cancel = cancel_wait, .describe = describe_wait, .guarded = true};

/* What is done already stays what it is, also one that asks for a turn (eddy_next_turn()). */
static struct eddy_future *pass_on(struct eddy_wait_for *wait, struct eddy_loop *loop)
{
    const struct eddy_future *future = wait->awaited.future;

    eddy_timer_cancel(loop, &wait->timer);
    eddy_awaited_stop(&wait->awaited);
    eddy_future_init_done(&wait->future, loop, awaited_outcome(wait));
    wait->future.result = awaited_result(wait);
    wait->future.turn = future->turn;
    return &wait->future;
}

struct eddy_future *eddy_wait_for(struct eddy_wait_for *wait, struct eddy_loop *loop,
                                  struct eddy_future *future, double seconds)
{
    *wait = (struct eddy_wait_for){.awaited = {.future = future}};
    wait->canceller.cancel = cancel_awaited;
    eddy_timer_init_named(&wait->timer, on_time, "wait_for");
    eddy_future_init_type(&wait->future, loop, &type);
    if (!future)
        return eddy_future_init_done(&wait->future, loop, -EINVAL);
    if (eddy_future_done(future))
        return pass_on(wait, loop);
    if (eddy_awaited_start(&wait->awaited, loop, wait, on_done) < 0)
        return eddy_future_init_done(&wait->future, loop, wait->awaited.refused);
    wait->reason = seconds <= 0 ? -ETIMEDOUT : eddy_awaited_limit(loop, &wait->timer, seconds);
    if (wait->reason < 0)
        eddy_awaited_cancel(&wait->awaited);
    return eddy_future_done(future) ? pass_on(wait, loop) : &wait->future;
}
