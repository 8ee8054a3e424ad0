#include "barrier.h"

#include "errors.h"

#include <errno.h>

int eddy_barrier_init(struct eddy_barrier *barrier, struct eddy_loop *loop, long parties)
{
    *barrier = (struct eddy_barrier){.loop = loop, .parties = parties};
    eddy_list_init(&barrier->line);
    return parties < 1 ? -EINVAL : 0;
}

static struct eddy_barrier_wait *wait_of(struct eddy_waiter *waiter)
{
    return container_of(waiter, struct eddy_barrier_wait, waiter);
}

static void cancel_wait(struct eddy_future *future)
{
    wait_of(container_of(future, struct eddy_waiter, future))->barrier->waiting--;
    eddy_waiter_cancel(future);
}

static const struct eddy_future_type type = {
    .name = "barrier", .cancel = cancel_wait, .guarded = true};

/* The numbers are given now: some who came may have left. */
static void open_barrier(struct eddy_barrier *barrier)
{
    long index = 0;

    for (struct eddy_waiter *first; (first = eddy_waiter_first(&barrier->line)) != NULL;) {
        wait_of(first)->index = index++;
        eddy_waiter_wake(first, 0, NULL);
    }
    barrier->waiting = 0;
}

struct eddy_future *eddy_barrier_wait(struct eddy_barrier_wait *wait, struct eddy_barrier *barrier)
{
    struct eddy_future *future;
    int err = eddy_waiter_refusal(&wait->waiter, barrier->loop, "barrier_wait");

    if (err < 0)
        return eddy_future_init_done(&wait->refused, barrier->loop, err);
    wait->barrier = barrier;
    if (barrier->broken || barrier->parties < 1)
        return eddy_waiter_done(&wait->waiter, barrier->loop, EDDY_EBROKEN, NULL);
    if (barrier->waiting + 1 == barrier->parties) {
        wait->index = barrier->waiting;
        open_barrier(barrier);
        return eddy_waiter_done(&wait->waiter, barrier->loop, 0, NULL);
    }
    future = eddy_waiter_start(&wait->waiter, barrier->loop, &type, &barrier->line);
    barrier->waiting += !eddy_future_done(future);
    return future;
}

/* Those who wait get EDDY_EBROKEN; and those who come from now on, if it stays `broken`. */
static void break_round(struct eddy_barrier *barrier, bool broken, const char *call)
{
    if (eddy_loop_check_thread(barrier->loop, call) < 0)
        return;
    eddy_waiter_wake_all(&barrier->line, EDDY_EBROKEN);
    barrier->waiting = 0;
    barrier->broken = broken;
}

void eddy_barrier_abort(struct eddy_barrier *barrier)
{
    break_round(barrier, true, "barrier_abort");
}

void eddy_barrier_reset(struct eddy_barrier *barrier)
{
    break_round(barrier, false, "barrier_reset");
}
