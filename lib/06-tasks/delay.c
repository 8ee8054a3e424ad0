#include "delay.h"

#include "errors.h"

#include <errno.h>
#include <math.h>

static void cancel_sleep(struct eddy_future *future)
{
    struct eddy_sleep *sleep = container_of(future, struct eddy_sleep, future);

    eddy_timer_cancel(future->loop, &sleep->timer);
    eddy_future_set_error(future, -ECANCELED);
}

static const struct eddy_future_type type = {.name = "sleep", .cancel = cancel_sleep};

static void on_time(struct eddy_handle *handle)
{
    struct eddy_sleep *sleep = container_of(handle, struct eddy_sleep, timer.handle);

    eddy_future_set_result(&sleep->future, NULL);
}

static void on_time_with_result(struct eddy_handle *handle)
{
    struct eddy_sleep_result *sleep =
        container_of(handle, struct eddy_sleep_result, sleep.timer.handle);

    eddy_future_set_result(&sleep->sleep.future, sleep->result);
}

/* Nothing to wait for, but a turn to give up. */
static struct eddy_future *no_time(struct eddy_sleep *sleep, struct eddy_loop *loop, void *result)
{
    eddy_future_init_done(&sleep->future, loop, eddy_loop_is_closed(loop) ? EDDY_ECLOSED : 0);
    sleep->future.result = result;
    sleep->future.turn = true;
    return &sleep->future;
}

/* Nobody ever changes it: to await what is done only reads. */
struct eddy_future *eddy_next_turn(void)
{
    static struct eddy_future turn = {.err = 0, .turn = true};

    return &turn;
}

static struct eddy_future *start_sleep(struct eddy_sleep *sleep, struct eddy_loop *loop,
                                       double seconds, void (*fn)(struct eddy_handle *handle))
{
    int err = 0;

    eddy_future_init_type(&sleep->future, loop, &type);
    eddy_timer_init_named(&sleep->timer, fn, "sleep");
    if (eddy_loop_is_closed(loop))
        err = EDDY_ECLOSED;
    else if (!isinf(seconds))
        err = eddy_loop_call_later(loop, &sleep->timer, seconds);
    return err < 0 ? eddy_future_init_done(&sleep->future, loop, err) : &sleep->future;
}

struct eddy_future *eddy_sleep(struct eddy_sleep *sleep, struct eddy_loop *loop, double seconds)
{
    return seconds <= 0 ? no_time(sleep, loop, NULL) : start_sleep(sleep, loop, seconds, on_time);
}

struct eddy_future *eddy_sleep_result(struct eddy_sleep_result *sleep, struct eddy_loop *loop,
                                      double seconds, void *result)
{
    sleep->result = result;
    return seconds <= 0 ? no_time(&sleep->sleep, loop, result)
                        : start_sleep(&sleep->sleep, loop, seconds, on_time_with_result);
}
