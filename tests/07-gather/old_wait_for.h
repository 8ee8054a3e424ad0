/*
 * old_wait_for - asyncio's wait_for as it was in 2014, in 2016, in 2019, and from 2020 to Python 3.11,
 * told in C. Each keeps its faults, so that the tests of these faults have something to fail on.
 *
 *     struct old_wait_for limit;
 *     CO_AWAIT(co, old_wait_for_2016(&limit.wait, loop, future, 5));
 *
 * Their type is that of eddy_wait_for, and the struct has more room. What they have in common: when the
 * time is up, they hear of it a turn later, as a coroutine does whose waiter was released. They check no
 * input, and their task must not be abandoned.
 */
#ifndef OLD_WAIT_FOR_H
#define OLD_WAIT_FOR_H

#include "io.h"
#include "task.h"
#include "wait_for.h"

typedef struct eddy_future *wait_for_fn(struct eddy_wait_for *wait, struct eddy_loop *loop,
                                        struct eddy_future *future, double seconds);

struct old_wait_for {
    struct eddy_wait_for wait;
    struct eddy_handle released; /* the time is up, and it hears of it now */
    struct eddy_task *task;      /* that waits */
};

static inline struct old_wait_for *old_of(struct eddy_future *future)
{
    return container_of(future, struct old_wait_for, wait.future);
}

static inline struct old_wait_for *old_released(struct eddy_handle *handle)
{
    return container_of(handle, struct old_wait_for, released);
}

static inline struct old_wait_for *old_awaits(struct eddy_handle *handle)
{
    return container_of(handle, struct old_wait_for, wait.awaited.handle);
}

/* It points nowhere any more, and that is how it ends. */
static inline void old_end(struct old_wait_for *old, int err)
{
    struct eddy_wait_for *wait = &old->wait;

    eddy_awaited_stop(&wait->awaited);
    eddy_timer_cancel(wait->future.loop, &wait->timer);
    eddy_handle_cancel(&old->released);
    eddy_future_finish(&wait->future, err, err == 0 ? wait->awaited.future->result : NULL);
}

static inline void old_on_time(struct eddy_handle *handle)
{
    struct eddy_wait_for *wait = container_of(handle, struct eddy_wait_for, timer.handle);

    eddy_loop_call_soon(wait->future.loop, &old_of(&wait->future)->released);
}

static inline struct eddy_future *old_start(struct eddy_wait_for *wait, struct eddy_loop *loop,
                                            struct eddy_future *future, double seconds,
                                            const struct eddy_future_type *type,
                                            void (*on_done)(struct eddy_handle *),
                                            void (*on_released)(struct eddy_handle *))
{
    struct old_wait_for *old = container_of(wait, struct old_wait_for, wait);

    *old = (struct old_wait_for){.wait.awaited.future = future, .task = eddy_current_task()};
    eddy_timer_init(&wait->timer, old_on_time);
    eddy_handle_init(&old->released, on_released);
    eddy_future_init_type(&wait->future, loop, type);
    eddy_awaited_start(&wait->awaited, loop, wait, on_done);
    eddy_awaited_limit(loop, &wait->timer, seconds);
    return &wait->future;
}

/* ---- 2014 and 2016 ----------------------------------------------------------------------------- */

static inline void old_2014_on_done(struct eddy_handle *handle)
{
    struct old_wait_for *old = old_awaits(handle);

    old_end(old, old->wait.awaited.future->err);
}

/* The time-out is told, and nobody looks at the future any more. In 2014 nobody cancelled it. */
static inline void old_2014_on_released(struct eddy_handle *handle)
{
    struct old_wait_for *old = old_released(handle);

    if (!eddy_awaited_done(&old->wait.awaited))
        old_end(old, -ETIMEDOUT);
}

static inline void old_2014_cancel(struct eddy_future *future)
{
    old_end(old_of(future), -ECANCELED);
}

static inline struct eddy_future *old_wait_for_2014(struct eddy_wait_for *wait,
                                                    struct eddy_loop *loop,
                                                    struct eddy_future *future, double seconds)
{
    static const struct eddy_future_type type = {
        .name = "wait_for of 2014", .cancel = old_2014_cancel, .guarded = true};

    return old_start(wait, loop, future, seconds, &type, old_2014_on_done, old_2014_on_released);
}

/* What was cancelled may have a result in its hand by now: it is not asked. */
static inline void old_2016_on_released(struct eddy_handle *handle)
{
    struct old_wait_for *old = old_released(handle);

    if (eddy_awaited_done(&old->wait.awaited))
        return;
    eddy_future_cancel(old->wait.awaited.future);
    old_end(old, -ETIMEDOUT);
}

static inline void old_2016_cancel(struct eddy_future *future)
{
    eddy_awaited_cancel(&old_of(future)->wait.awaited);
    old_end(old_of(future), -ECANCELED);
}

static inline struct eddy_future *old_wait_for_2016(struct eddy_wait_for *wait,
                                                    struct eddy_loop *loop,
                                                    struct eddy_future *future, double seconds)
{
    static const struct eddy_future_type type = {
        .name = "wait_for of 2016", .cancel = old_2016_cancel, .guarded = true};

    return old_start(wait, loop, future, seconds, &type, old_2014_on_done, old_2016_on_released);
}

/* ---- 2019 -------------------------------------------------------------------------------------- */

/* The time-out waits for the end now (bpo-32751), but still does not ask what came of it. */
static inline void old_2019_on_done(struct eddy_handle *handle)
{
    struct old_wait_for *old = old_awaits(handle);

    old_end(old, old->wait.reason < 0 ? old->wait.reason : old->wait.awaited.future->err);
}

static inline void old_2019_on_released(struct eddy_handle *handle)
{
    struct old_wait_for *old = old_released(handle);

    if (eddy_awaited_done(&old->wait.awaited))
        return;
    old->wait.reason = -ETIMEDOUT;
    eddy_future_cancel(old->wait.awaited.future);
}

/* A cancel does as in 2016. If the future is done already, and its waiter in line, then there is
 * nothing to cancel, and the result is dropped. */
static inline struct eddy_future *old_wait_for_2019(struct eddy_wait_for *wait,
                                                    struct eddy_loop *loop,
                                                    struct eddy_future *future, double seconds)
{
    static const struct eddy_future_type type = {
        .name = "wait_for of 2019", .cancel = old_2016_cancel, .guarded = true};

    return old_start(wait, loop, future, seconds, &type, old_2019_on_done, old_2019_on_released);
}

/* ---- 2020, to Python 3.11 ---------------------------------------------------------------------- */

/* A result that came all the same wins against the time-out. */
static inline void old_2020_on_done(struct eddy_handle *handle)
{
    struct old_wait_for *old = old_awaits(handle);
    int err = old->wait.awaited.future->err;

    old_end(old, err == -ECANCELED && old->wait.reason < 0 ? old->wait.reason : err);
}

/*
 * `except CancelledError: if fut.done(): return fut.result()`. There the exception was the request, and
 * whoever caught it had it. Here a request lands by itself; to catch it is to take it back.
 */
static inline void old_2020_cancel(struct eddy_future *future)
{
    struct old_wait_for *old = old_of(future);

    if (!eddy_awaited_done(&old->wait.awaited)) {
        eddy_awaited_cancel(&old->wait.awaited);
        return;
    }
    old_end(old, old->wait.awaited.future->err);
    eddy_task_uncancel(old->task);
}

static inline struct eddy_future *old_wait_for_2020(struct eddy_wait_for *wait,
                                                    struct eddy_loop *loop,
                                                    struct eddy_future *future, double seconds)
{
    static const struct eddy_future_type type = {
        .name = "wait_for of 2020", .cancel = old_2020_cancel, .guarded = true};

    return old_start(wait, loop, future, seconds, &type, old_2020_on_done, old_2019_on_released);
}

#endif
