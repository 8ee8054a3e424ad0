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
    /* TODO 03.4: write on_due(). */
}

void every_init(struct every *every, void (*fn)(struct every *every))
{
    *every = (struct every){.fn = fn};
    eddy_timer_init(&every->timer, on_due);
}

int every_start(struct every *every, struct eddy_loop *loop, double period)
{
    /* TODO 03.4: write every_start(). */
    return -ENOSYS;
}

bool every_cancel(struct every *every)
{
    /* TODO 03.4: write every_cancel(). */
    return false;
}
