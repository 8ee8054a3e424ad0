#include "timeout.h"

#include "awaited.h"
#include "errors.h"

#include <errno.h>
#include <math.h>

static void expire_scope(struct eddy_timeout *timeout)
{
    timeout->expired = true;
    eddy_opened_cancel(&timeout->opened);
}

static void on_time(struct eddy_handle *handle)
{
    expire_scope(container_of(handle, struct eddy_timeout, timer.handle));
}

/* What is due already cuts the next await, and needs no timer. */
static int set_limit(struct eddy_timeout *timeout, double seconds)
{
    if (seconds > 0 || isnan(seconds))
        return eddy_awaited_limit(timeout->task->future.loop, &timeout->timer, seconds);
    expire_scope(timeout);
    return 0;
}

static void unset_limit(struct eddy_timeout *timeout)
{
    eddy_timer_cancel(timeout->task->future.loop, &timeout->timer);
}

/* The frame goes, and the scope with it. */
static void leave_frame(struct eddy_opened *opened)
{
    struct eddy_timeout *timeout = container_of(opened, struct eddy_timeout, opened);

    unset_limit(timeout);
    timeout->task = NULL;
}

int eddy_timeout_open(struct eddy_timeout *timeout, struct eddy_co *co, double seconds)
{
    int err;

    if (timeout->task)
        return EDDY_EQUEUED;
    *timeout = (struct eddy_timeout){.expired = false};
    eddy_timer_init_named(&timeout->timer, on_time, "timeout");
    err = eddy_opened_add(&timeout->opened, co->task, leave_frame);
    if (err < 0)
        return err;
    timeout->task = co->task;
    err = set_limit(timeout, seconds);
    if (err < 0) {
        eddy_opened_remove(&timeout->opened);
        timeout->task = NULL;
    }
    return err;
}

int eddy_timeout_reschedule(struct eddy_timeout *timeout, double seconds)
{
    double when = eddy_timeout_when(timeout);
    int64_t ns;
    int err;

    if (!timeout->task)
        return EDDY_ECLOSED;
    if (timeout->expired)
        return -ETIMEDOUT;
    err = isinf(seconds) ? 0 : eddy_clock_ns(seconds, &ns);
    if (err < 0)
        return err;
    unset_limit(timeout);
    err = set_limit(timeout, seconds);
    if (err < 0 && !isnan(when)) /* the place that it had is still there */
        eddy_loop_call_at(timeout->task->future.loop, &timeout->timer, when);
    return err;
}

double eddy_timeout_when(const struct eddy_timeout *timeout)
{
    return timeout->task ? eddy_timer_when(timeout->task->future.loop, &timeout->timer) : NAN;
}

/* Its request is taken back. Returns whether that, and no other, has cut an await: a late one has cut
 * none, though somebody else may have cancelled what was awaited. */
static bool has_cut(struct eddy_timeout *timeout, int err)
{
    bool landed = false;

    return timeout->expired && eddy_opened_uncancel(&timeout->opened, err, &landed) && landed;
}

int eddy_timeout_close(struct eddy_timeout *timeout, struct eddy_co *co)
{
    int *err = co->place.finally ? &co->place.outcome : &co->place.err;
    bool ours;

    if (!timeout->task)
        return *err;
    unset_limit(timeout);
    eddy_opened_remove(&timeout->opened);
    ours = has_cut(timeout, *err);
    timeout->task = NULL;
    if (ours && *err == -ECANCELED)
        *err = -ETIMEDOUT;
    return *err;
}
