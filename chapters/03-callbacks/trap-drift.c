/* Trap: a tick a second, with 10 ms of work in each. When is tick 3600? Nobody has to wait an hour
 * for the answer: the clock is ours, and so is the selector, which does not sleep but sets it. */
#include "selector_backend.h"
#include "turn.h"

#include <errno.h>
#include <stdio.h>

enum { TICKS = 3600, WORK = 10000000 /* ns */ };

/* ---- Time that passes when we say so ----------------------------------------------------------- */

static int64_t hands; /* of the clock, in nanoseconds */

static int64_t now(struct eddy_clock *unused)
{
    (void)unused;
    return hands;
}

static int open_nothing(struct eddy_selector *selector)
{
    (void)selector;
    return 0;
}

static void close_nothing(struct eddy_selector *selector)
{
    (void)selector;
}

static int set_nothing(struct eddy_selector *selector, int fd, uint32_t id, int before, int events)
{
    (void)selector, (void)fd, (void)id, (void)before, (void)events;
    return 0;
}

static int wait_for_nothing(struct eddy_selector *selector, int64_t ns)
{
    (void)selector;
    if (ns == INT64_MAX)
        return -EDEADLK; /* no timer, no descriptor: it would be for ever */
    hands += ns;
    return 0;
}

static struct eddy_clock our_clock = {now};

static const struct eddy_selector_ops no_sleep = {
    .name = "no sleep",
    .open = open_nothing,
    .close = close_nothing,
    .set = set_nothing,
    .wait = wait_for_nothing,
};

/* ---- Two ways to tick -------------------------------------------------------------------------- */

struct ticker {
    struct eddy_loop loop;
    struct eddy_timer timer;
    double due;
    int count;
};

static void work(struct ticker *ticker)
{
    if (++ticker->count == TICKS)
        eddy_loop_stop(&ticker->loop);
    else
        hands += WORK;
}

static void from_now(struct eddy_handle *handle)
{
    struct ticker *ticker = container_of(handle, struct ticker, timer.handle);

    work(ticker);
    eddy_loop_call_later(&ticker->loop, &ticker->timer, 1);
}

static void from_due(struct eddy_handle *handle)
{
    struct ticker *ticker = container_of(handle, struct ticker, timer.handle);

    work(ticker);
    ticker->due += 1;
    eddy_loop_call_at(&ticker->loop, &ticker->timer, ticker->due);
}

static int run(const char *how, void (*on_tick)(struct eddy_handle *handle))
{
    struct eddy_loop_options options = {.clock = &our_clock, .ops = &no_sleep};
    struct ticker ticker = {.due = 1};
    int err = eddy_loop_open(&ticker.loop, &options);

    if (err < 0)
        return err;
    hands = 0;
    eddy_timer_init(&ticker.timer, on_tick);
    err = eddy_loop_call_at(&ticker.loop, &ticker.timer, ticker.due);
    if (err == 0)
        err = eddy_loop_run_forever(&ticker.loop);
    printf("%s  tick %d came at %.2f seconds\n", how, ticker.count, eddy_loop_time(&ticker.loop));
    eddy_timer_cancel(&ticker.loop, &ticker.timer);
    eddy_loop_close(&ticker.loop);
    return err;
}

int main(void)
{
    return run("a second from now:           ", from_now) < 0 ||
           run("a second from the last's due:", from_due) < 0;
}
