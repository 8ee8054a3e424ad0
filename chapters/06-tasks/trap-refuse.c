/* Trap: a body that goes on whatever comes. Each cancel is spent, and nobody can end it in order. */
#include "delay.h"
#include "errors.h"
#include "run.h"
#include "turn.h"

#include <stdio.h>

struct deaf {
    struct eddy_co co;
    struct eddy_sleep sleep;
    int cancels;
};

static struct eddy_step deaf(struct eddy_co *co)
{
    struct deaf *self = CO_FRAME(co, deaf);

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), EDDY_FOREVER));
        self->cancels++; /* and its error is not looked at */
    }
    CO_FINALLY(co);
    printf("deaf: this is never printed\n");
    CO_END(co);
}

static void one_turn(struct eddy_loop *loop)
{
    eddy_loop_stop(loop);
    eddy_loop_run_forever(loop);
}

int main(void)
{
    struct eddy_loop loop;
    struct eddy_task task;
    struct deaf frame;
    int err = eddy_loop_open(&loop, NULL);

    if (err < 0)
        return 1;
    eddy_task_start(&task, &loop, deaf, &frame);
    one_turn(&loop);
    for (int i = 0; i < 3; i++) {
        eddy_task_cancel(&task);
        one_turn(&loop);
    }
    printf("cancelled 3 times; it has heard of %d, and goes on\n", frame.cancels);
    err = eddy_loop_shutdown(&loop, 0.1);
    printf("eddy_loop_shutdown() has returned %s, the task's outcome is %s\n", eddy_errname(err),
           eddy_errname(eddy_future_error(&task.future)));
    return eddy_loop_close(&loop) < 0;
}
