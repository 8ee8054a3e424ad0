/*
 * Exercise 03.3, a drop-in: write the functions marked TODO, and your file takes the place of
 * lib/03-callbacks/turn.c in the library. What each function promises stands in
 * lib/03-callbacks/turn.h. All else is the library's own.
 *
 *     make check-03.3     make hint-03.3     make learn
 */
#include "turn.h"

#include "errors.h"
#include "fork.h"
#include "selector_backend.h"

#include <stdio.h>

static const int64_t forever = INT64_MAX; /* for a wait: no limit */

static _Thread_local struct eddy_loop *running_here;

/* ---- One turn ---------------------------------------------------------------------------------- */

/* How long a wait may be: not at all if there is something to do. */
static int64_t sleep_time(struct eddy_loop *loop)
{
    /* TODO 03.3: write sleep_time(). */
    return 0;
}

static int queue_events(struct eddy_loop *loop)
{
    struct eddy_event event;
    int err = 0;

    while (eddy_selector_next(&loop->watches.selector, &event))
        if (event.data == &loop->wakeup)
            err = eddy_wakeup_take(&loop->wakeup, event.fd, &loop->ready);
        else
            eddy_watches_queue(&loop->watches, &event, &loop->ready);
    return err;
}

static void queue_timers(struct eddy_loop *loop)
{
    /* TODO 03.3: write queue_timers(). */
}

/* The handle may be gone when its function returns: what is needed of it is read before. */
static void call_timed(struct eddy_loop *loop, struct eddy_handle *handle)
{
    void (*fn)(struct eddy_handle *) = handle->fn;
    const char *who = eddy_guests_name(&loop->guests, handle);
    double before = eddy_loop_time(loop), took;
    char text[96];

    fn(handle);
    took = eddy_loop_time(loop) - before;
    if (took <= loop->slow_callback_duration)
        return;
    snprintf(text, sizeof text, "took %.3f seconds, and nothing else could run", took);
    eddy_loop_call_exception_handler(loop, &(struct eddy_context){.message = text, .who = who});
}

/* The one place from which users' code is called. */
static void call_handle(struct eddy_loop *loop, struct eddy_handle *handle)
{
    if (loop->looks_closer)
        call_timed(loop, handle);
    else
        handle->fn(handle);
}

/* The door for threads stands in line for all handles that were posted; they are called in its place. */
static struct eddy_handle *next_in_line(struct eddy_loop *loop)
{
    struct eddy_handle *handle =
        container_of(eddy_list_pop(&loop->batch), struct eddy_handle, link);

    return handle == &loop->wakeup.door ? eddy_wakeup_next(&loop->wakeup, &loop->batch) : handle;
}

/* What is queued while the batch is called joins an empty line: it is the next turn's. */
static void run_batch(struct eddy_loop *loop)
{
    /* TODO 03.3: write run_batch(). */
}

/* What is waited for, less what was said to be no reason to wait (eddy_loop_unkeep). */
static bool is_stuck(struct eddy_loop *loop)
{
    long reasons = loop->watches.count + (long)loop->timers.count + loop->keeps;

    return reasons == 0 && !eddy_wakeup_waiting(&loop->wakeup);
}

static int run_turn(struct eddy_loop *loop, bool until_stuck)
{
    int64_t ns = sleep_time(loop);
    int err;

    if (loop->watches.selector.forks != eddy_fork_count())
        return EDDY_EFORK; /* a callback has started a child process, and this is in it */
    if (until_stuck && ns > 0 && is_stuck(loop))
        return EDDY_ESTUCK;
    err = eddy_selector_wait_once(&loop->watches.selector, ns);
    if (err >= 0)
        err = queue_events(loop);
    queue_timers(loop);
    run_batch(loop); /* also after an error: what is in line needs no selector */
    return err;
}

/* ---- Running ----------------------------------------------------------------------------------- */

/* In a child process that a callback has started, the parent's loop does not run. */
struct eddy_loop *eddy_running_loop(void)
{
    if (running_here && running_here->watches.selector.forks != eddy_fork_count())
        running_here = NULL;
    return running_here;
}

static int enter_loop(struct eddy_loop *loop)
{
    bool busy;

    if (!loop->open)
        return EDDY_ECLOSED;
    if (loop->watches.selector.forks != eddy_fork_count())
        return EDDY_EFORK;
    pthread_mutex_lock(&loop->wakeup.lock);
    busy = loop->running || eddy_running_loop();
    if (!busy) {
        loop->running = true;
        loop->thread = pthread_self();
    }
    pthread_mutex_unlock(&loop->wakeup.lock);
    if (busy)
        return EDDY_ERUNNING;
    running_here = loop;
    return 0;
}

static void leave_loop(struct eddy_loop *loop)
{
    loop->stopping = false;
    running_here = NULL;
    pthread_mutex_lock(&loop->wakeup.lock);
    loop->running = false;
    pthread_mutex_unlock(&loop->wakeup.lock);
}

static int run_loop(struct eddy_loop *loop, bool until_stuck)
{
    int err = enter_loop(loop);

    if (err < 0)
        return err;
    do
        err = run_turn(loop, until_stuck);
    while (err == 0 && !loop->stopping);
    leave_loop(loop);
    return err;
}

int eddy_loop_run_forever(struct eddy_loop *loop)
{
    return run_loop(loop, false);
}

int eddy_loop_run_until_stuck(struct eddy_loop *loop)
{
    return run_loop(loop, true);
}
