/*
 * shared - what the tests of chapter 8 begin with: chapter 6's loop, plain or in debug mode; calls at a
 * time; a task that has no body of interest; and who stands in a line.
 */
#ifndef SHARED_H
#define SHARED_H

#include "../06-tasks/tasks.h"

#include "faults.h"
#include "in_thread.h"
#include "wait_for.h"

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

/* How many stand in a line. */
static inline int length_of(const struct eddy_list *line)
{
    int n = 0;

    for (const struct eddy_list *link = line->next; link != line; link = link->next)
        n++;
    return n;
}

/* With a limit, if there is one. */
static inline struct eddy_future *within(double seconds, struct eddy_wait_for *limit,
                                         struct eddy_future *future)
{
    return seconds > 0 ? eddy_wait_for(limit, &loop, future, seconds) : future;
}

static inline long allocations(void)
{
    return faults_calls("malloc") + faults_calls("calloc") + faults_calls("realloc");
}

/* ---- Calls at a time --------------------------------------------------------------------------- */

struct later {
    struct eddy_timer timer;
    void (*fn)(void);
};

static inline void on_later(struct eddy_handle *handle)
{
    container_of(handle, struct later, timer.handle)->fn();
}

static inline void call_in(struct later *later, double seconds, void (*fn)(void))
{
    later->fn = fn;
    eddy_timer_init(&later->timer, on_later);
    CHECK_OK(eddy_loop_call_later(&loop, &later->timer, seconds));
}

/* ---- A call in a task's step, and in another thread's ------------------------------------------ */

struct caller {
    struct eddy_co co;
    void (*fn)(void);
};

static inline struct eddy_step caller(struct eddy_co *co)
{
    struct caller *self = CO_FRAME(co, caller);

    CO_BEGIN(co);
    self->fn();
    CO_END(co);
}

static inline void call_in_task(void (*fn)(void))
{
    CHECK_OK(eddy_spawn(&loop, caller, .fn = fn));
}

#endif
