/* Trap: one callback takes its time, and all others wait. The program's clock is its own, and only
 * crunch() moves it, so that a quarter of a second is one on every machine. */
#include "turn.h"

#include <stdio.h>

static int64_t hands; /* of the clock, in nanoseconds */
static struct eddy_loop loop;

static int64_t now(struct eddy_clock *unused)
{
    (void)unused;
    return hands;
}

static void crunch(struct eddy_handle *handle)
{
    (void)handle;
    hands += 250000000;
}

static void quick(struct eddy_handle *handle)
{
    (void)handle;
    printf("quick() was called after %.2f seconds in line\n", eddy_loop_time(&loop));
    eddy_loop_stop(&loop);
}

int main(void)
{
    struct eddy_clock clock_of_ours = {now};
    struct eddy_loop_options options = {.clock = &clock_of_ours};
    struct eddy_handle first, second;
    int err = eddy_loop_open(&loop, &options);

    eddy_handle_init(&first, crunch);
    eddy_handle_init(&second, quick);
    if (err == 0)
        err = eddy_loop_call_soon(&loop, &first);
    if (err == 0)
        err = eddy_loop_call_soon(&loop, &second);
    if (err == 0)
        err = eddy_loop_run_forever(&loop);
    eddy_loop_close(&loop);
    return err < 0;
}
