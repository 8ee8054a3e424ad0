/*
 * limits - what the tests of time-outs, shields and groups begin with: chapter 6's loop, plain or in
 * debug mode, and a coroutine that takes its time to end.
 */
#ifndef LIMITS_H
#define LIMITS_H

#include "../06-tasks/tasks.h"

#include <math.h>

/* As set_up(), in one of the two modes: no order may differ. Also for a second time. */
static inline void set_up_in(int debug)
{
    reports = 0;
    trace[0] = reported[0] = '\0';
    set_up();
    eddy_loop_set_debug(&loop, debug == 1);
}

/* Seconds since the beginning. */
static inline double now(void)
{
    return scripted_time() - 1000;
}

static inline size_t timers(void)
{
    return loop.timers.count;
}

static inline bool has_waiters(const struct eddy_future *future)
{
    return !eddy_list_empty(&future->waiters);
}

/* Calls `fn` in `seconds`, and then some turns later. */
struct later {
    struct eddy_timer timer;
    struct eddy_handle handle;
    void (*fn)(void);
    int turns;
};

static inline void pass_turn(struct later *later)
{
    if (later->turns-- > 0)
        CHECK_OK(eddy_loop_call_soon(&loop, &later->handle));
    else
        later->fn();
}

static inline void on_later(struct eddy_handle *handle)
{
    pass_turn(container_of(handle, struct later, timer.handle));
}

static inline void on_later_turn(struct eddy_handle *handle)
{
    pass_turn(container_of(handle, struct later, handle));
}

static inline void call_in_turns(struct later *later, double seconds, int n, void (*fn)(void))
{
    later->fn = fn;
    later->turns = n;
    eddy_timer_init(&later->timer, on_later);
    eddy_handle_init(&later->handle, on_later_turn);
    CHECK_OK(eddy_loop_call_later(&loop, &later->timer, seconds));
}

static inline void call_in(struct later *later, double seconds, void (*fn)(void))
{
    call_in_turns(later, seconds, 0, fn);
}

/*
 * Sleeps, then ends with `outcome`; refuses as many cancels as `refusals` says, by sleeping anew; and
 * its cleanup section takes `goodbye` seconds. With its end it leaves the time in the trace.
 */
struct slow {
    struct eddy_co co;
    const char *name;
    double seconds, goodbye;
    int refusals, outcome, last; /* `last`: if not 0, that becomes its outcome at the very end */
    struct eddy_sleep sleep;
};

static inline struct eddy_step slow(struct eddy_co *co)
{
    struct slow *self = CO_FRAME(co, slow);

    CO_BEGIN(co);
    do
        CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->seconds));
    while (eddy_co_error(co) < 0 && self->refusals-- > 0);
    CO_FAIL(co, eddy_co_error(co) < 0 ? eddy_co_error(co) : self->outcome);
    CO_FINALLY(co);
    if (self->goodbye > 0)
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->goodbye));
    if (self->last < 0)
        co->place.outcome = self->last;
    note("%s.%s@%g", self->name, eddy_errname(eddy_co_outcome(co)), now());
    CO_END(co);
}

#endif
