/* Trap: a frame that ends before a task that lies in it. (The frame is static here, so that it is still
 * there when the task needs it.) */
#include "delay.h"
#include "run.h"
#include "turn.h"
#include "until_complete.h"

#include <stdio.h>

struct child {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step child(struct eddy_co *co)
{
    struct child *self = CO_FRAME(co, child);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 0.1));
    printf("child:  I write into my frame; whose is it now?\n");
    CO_END(co);
}

struct parent {
    struct eddy_co co;
    struct eddy_task task;
    struct child child;
    bool careful;
};

static struct eddy_step parent(struct eddy_co *co)
{
    struct parent *self = CO_FRAME(co, parent);

    CO_BEGIN(co);
    eddy_task_start(&self->task, eddy_co_loop(co), child, &self->child);
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    if (self->careful) {
        eddy_task_cancel(&self->task);
        CO_TRY_AWAIT(co, &self->task.future);
    }
    printf("parent: I end, and so does my frame\n");
    CO_END(co);
}

static int show(struct eddy_loop *loop, bool careful)
{
    static struct parent frame;
    struct eddy_task task;

    printf("%s\n", careful ? "with a cleanup section that cancels and awaits:" : "without:");
    eddy_loop_run_until_complete(loop,
                                 eddy_task_start(&task, loop, parent, &frame, .careful = careful));
    return eddy_loop_run_until_stuck(loop);
}

int main(void)
{
    struct eddy_loop loop;

    if (eddy_loop_open(&loop, NULL) < 0)
        return 1;
    show(&loop, false);
    show(&loop, true);
    return eddy_loop_close(&loop) < 0;
}
