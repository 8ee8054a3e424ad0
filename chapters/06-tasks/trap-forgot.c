/* Trap: an operation that was started, and not awaited. The coroutine does not wait; and the operation
 * goes on, in a frame that its owner thinks free. (This frame is static, so that one can look.) */
#include "delay.h"
#include "errors.h"
#include "run.h"
#include "turn.h"
#include "until_complete.h"

#include <stdio.h>

struct tea {
    struct eddy_co co;
    struct eddy_sleep brew;
    bool forget;
    double began;
};

static struct eddy_step tea(struct eddy_co *co)
{
    struct tea *self = CO_FRAME(co, tea);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->began = eddy_loop_time(loop);
    if (self->forget)
        eddy_sleep(&self->brew, loop, 0.3);
    else
        CO_AWAIT(co, eddy_sleep(&self->brew, loop, 0.3));
    printf("  it is poured after %.1f s\n", eddy_loop_time(loop) - self->began);
    CO_END(co);
}

static void make_tea(struct eddy_loop *loop, bool forget)
{
    static struct tea frame;
    struct eddy_task task;

    eddy_loop_run_until_complete(loop, eddy_task_start(&task, loop, tea, &frame, .forget = forget));
    printf("  the task has ended, and in its frame the sleep is %s\n",
           eddy_future_done(&frame.brew.future) ? "over" : "still going on");
    eddy_loop_run_until_stuck(loop);
}

int main(void)
{
    struct eddy_loop loop;

    if (eddy_loop_open(&loop, NULL) < 0)
        return 1;
    printf("eddy_sleep(...):\n");
    make_tea(&loop, true);
    printf("CO_AWAIT(co, eddy_sleep(...)):\n");
    make_tea(&loop, false);
    return eddy_loop_close(&loop) < 0;
}
