/* Trap: a coroutine that waits as a thread waits. All others wait with it. (The program's clock is its
 * own, and only sleep_as_a_thread() moves it, so that a second is one on every machine.) */
#include "errors.h"
#include "task.h"
#include "turn.h"
#include "until_complete.h"

#include <stdio.h>

static int64_t hands; /* of the clock, in nanoseconds */

static int64_t now(struct eddy_clock *unused)
{
    (void)unused;
    return hands;
}

static void sleep_as_a_thread(void)
{
    hands += 1000000000;
}

struct snore {
    struct eddy_co co;
};

static struct eddy_step snore(struct eddy_co *co)
{
    CO_BEGIN(co);
    sleep_as_a_thread();
    CO_END(co);
}

struct quick {
    struct eddy_co co;
    double created;
};

static struct eddy_step quick(struct eddy_co *co)
{
    struct quick *self = CO_FRAME(co, quick);

    CO_BEGIN(co);
    printf("quick: began %.2f seconds after it was created\n",
           eddy_loop_time(eddy_co_loop(co)) - self->created);
    CO_END(co);
}

int main(void)
{
    struct eddy_clock clock_of_ours = {now};
    struct eddy_loop loop;
    struct eddy_task first, second;
    struct snore snore_frame;
    struct quick quick_frame;
    int err = eddy_loop_open(&loop, &(struct eddy_loop_options){.clock = &clock_of_ours});

    if (err < 0)
        return 1;
    eddy_task_start(&first, &loop, snore, &snore_frame);
    eddy_task_start(&second, &loop, quick, &quick_frame, .created = eddy_loop_time(&loop));
    err = eddy_loop_run_until_complete(&loop, &second.future);
    eddy_loop_close(&loop);
    return err < 0;
}
