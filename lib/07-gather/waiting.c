#include "waiting.h"

#include "errors.h"
#include "io.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

/* ---- Ending ------------------------------------------------------------------------------------ */

/* Nothing is left with those that are not done. */
static void leave_futures(struct eddy_wait *wait)
{
    eddy_awaited_leave_all(wait->awaited, wait->count, wait);
    eddy_timer_cancel(wait->future.loop, &wait->timer);
}

static void cancel_wait(struct eddy_future *future)
{
    leave_futures(container_of(future, struct eddy_wait, future));
    eddy_future_finish(future, -ECANCELED, NULL);
}

static void end_wait(struct eddy_wait *wait)
{
    leave_futures(wait);
    eddy_finish_in_batch(&wait->future, 0, wait->awaited);
}

static void on_time(struct eddy_handle *handle)
{
    struct eddy_wait *wait = container_of(handle, struct eddy_wait, timer.handle);

    wait->timed_out = true;
    end_wait(wait);
}

/* Whether a future that has ended so is what is waited for. */
static bool is_wanted(const struct eddy_wait *wait, int err)
{
    if (wait->return_when == EDDY_FIRST_COMPLETED || wait->left == 0)
        return true;
    return wait->return_when == EDDY_FIRST_EXCEPTION && err != 0 && err != -ECANCELED;
}

static void on_done(struct eddy_handle *handle)
{
    struct eddy_awaited *awaited = container_of(handle, struct eddy_awaited, handle);
    struct eddy_wait *wait = awaited->owner;

    wait->left--;
    if (is_wanted(wait, eddy_awaited_error(awaited)))
        end_wait(wait);
}

/* ---- Starting ---------------------------------------------------------------------------------- */

static void describe_wait(const struct eddy_future *future, char *text, size_t n)
{
    const struct eddy_wait *wait = container_of(future, const struct eddy_wait, future);

    snprintf(text, n, "wait: %zu of %zu are not done", wait->left, wait->count);
}

static const struct eddy_future_type type = {
    .name = "wait", .cancel = cancel_wait, .describe = describe_wait, .guarded = true};

/* Those that are pending are waited for. Returns whether what is waited for is there already. */
static bool start_all(struct eddy_wait *wait, struct eddy_loop *loop)
{
    bool wanted = false;

    wait->left = wait->count;
    for (size_t i = 0; i < wait->count; i++) {
        struct eddy_awaited *awaited = &wait->awaited[i];
        awaited->owner = wait;
        awaited->refused = 0;
        if (!awaited->repeated && !eddy_awaited_done(awaited) &&
            eddy_awaited_start(awaited, loop, wait, on_done) == 0)
            continue;
        wait->left--;
        wanted |= !awaited->repeated && is_wanted(wait, eddy_awaited_error(awaited));
    }
    return wanted || wait->left == 0;
}

static int start_wait(struct eddy_wait *wait, struct eddy_loop *loop, double seconds)
{
    int err = eddy_loop_is_closed(loop) ? EDDY_ECLOSED : eddy_loop_check_thread(loop, "wait");

    if (err < 0)
        return err;
    if (wait->count == 0 || isnan(seconds) || wait->return_when < EDDY_ALL_COMPLETED ||
        wait->return_when > EDDY_FIRST_EXCEPTION)
        return -EINVAL;
    err = eddy_awaited_find_repeated(wait->awaited, wait->count, loop);
    if (err < 0)
        return err;
    if (start_all(wait, loop)) {
        eddy_awaited_stop_all(wait->awaited, wait->count, wait);
        return 0;
    }
    err = eddy_awaited_limit(loop, &wait->timer, seconds);
    if (err < 0)
        eddy_awaited_stop_all(wait->awaited, wait->count, wait);
    return err < 0 ? err : EDDY_EPENDING;
}

struct eddy_future *eddy_wait(struct eddy_wait *wait, struct eddy_loop *loop,
                              struct eddy_awaited *awaited, size_t n, int return_when,
                              double seconds)
{
    int err;

    *wait = (struct eddy_wait){.awaited = awaited, .count = n, .return_when = return_when};
    eddy_timer_init_named(&wait->timer, on_time, "wait");
    eddy_future_init_type(&wait->future, loop, &type);
    err = start_wait(wait, loop, seconds);
    if (err != EDDY_EPENDING) {
        eddy_future_init_done(&wait->future, loop, err);
        wait->future.result = awaited;
    }
    return &wait->future;
}
