/*
 * Exercise 03.4, build: a timer that repeats. 4-every.h says what it promises; due_at() is all the
 * arithmetic that there need be in floating point. Try it:  make check-03.4
 */
#include "4-every.h"

#include "errors.h"

#include <errno.h>

/* When the tick of that number is due, on the loop's clock. */
static double due_at(const struct every *every, int64_t number)
{
    return every->begin + (double)number * every->period;
}

/* The number of the last tick whose time has passed. Beware: it is rounded down, and 0.3 / 0.1 is a
 * little less than 3 in floating point. */
static int64_t passed(const struct every *every)
{
    return (int64_t)((eddy_loop_time(every->loop) - every->begin) / every->period);
}

/* The loop calls this when a tick is due. */
static void on_due(struct eddy_handle *handle)
{
    struct every *every = container_of(handle, struct every, timer.handle);
    int64_t latest = passed(every);

    if (latest < every->number)
        latest = every->number; /* rounding; a timer is never early */
    every->missed += latest - every->number;
    every->number = latest + 1;
    every->err = eddy_loop_call_at(every->loop, &every->timer, due_at(every, every->number));
    every->fn(every); /* last: `every` may be gone now */
}

void every_init(struct every *every, void (*fn)(struct every *every))
{
    *every = (struct every){.fn = fn};
    eddy_timer_init(&every->timer, on_due);
}

int every_start(struct every *every, struct eddy_loop *loop, double period)
{
    double now;
    int err;

    if (period < 1e-9)
        return -EINVAL;
    if (eddy_loop_is_closed(loop))
        return EDDY_ECLOSED;
    now = eddy_loop_time(loop);
    err = eddy_loop_call_at(loop, &every->timer, now + period);
    if (err < 0)
        return err;
    every->loop = loop;
    every->begin = now;
    every->period = period;
    every->number = 1;
    every->missed = 0;
    every->err = 0;
    return 0;
}

bool every_cancel(struct every *every)
{
    return eddy_timer_cancel(every->loop, &every->timer);
}
