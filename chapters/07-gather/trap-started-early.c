/* Trap: children that are started above the await, not in it. If a cancel lands at the await, its
 * expression is not evaluated: there is no gather that would wait for them, and they outlive the frame.
 * (The frame is static, so that it is still there when the children need it.) */
#include "delay.h"
#include "errors.h"
#include "gather.h"
#include "run.h"
#include "turn.h"
#include "until_complete.h"

#include <stdio.h>

struct child {
    struct eddy_co co;
    struct eddy_sleep sleep;
    const char *name;
};

static struct eddy_step child(struct eddy_co *co)
{
    struct child *self = CO_FRAME(co, child);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 0.1));
    printf("  %s:    I write into a frame; whose is it now?\n", self->name);
    CO_END(co);
}

struct parent {
    struct eddy_co co;
    struct eddy_gather both;
    struct eddy_awaited each[2];
    struct eddy_task ann, bob;
    struct child ann_frame, bob_frame;
    bool early;
};

static void start_children(struct parent *self, struct eddy_loop *loop)
{
    self->each[0].future =
        eddy_task_start(&self->ann, loop, child, &self->ann_frame, .name = "ann");
    self->each[1].future =
        eddy_task_start(&self->bob, loop, child, &self->bob_frame, .name = "bob");
}

static struct eddy_future *gather_children(struct parent *self, struct eddy_loop *loop)
{
    if (!self->early)
        start_children(self, loop);
    return eddy_gather(&self->both, loop, self->each, 2);
}

static struct eddy_step parent(struct eddy_co *co)
{
    struct parent *self = CO_FRAME(co, parent);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    if (self->early)
        start_children(self, loop);
    eddy_task_cancel(eddy_current_task()); /* as if somebody had asked a moment ago */
    CO_AWAIT(co, gather_children(self, loop));
    CO_FINALLY(co);
    printf("  parent: %s; I end, and so does my frame\n", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void show(struct eddy_loop *loop, bool early)
{
    static struct parent frame;
    struct eddy_task task;

    printf("started %s the await:\n", early ? "above" : "in");
    eddy_loop_run_until_complete(loop,
                                 eddy_task_start(&task, loop, parent, &frame, .early = early));
    eddy_loop_run_until_stuck(loop);
}

int main(void)
{
    struct eddy_loop loop;

    if (eddy_loop_open(&loop, NULL) < 0)
        return 1;
    show(&loop, true);
    show(&loop, false);
    return eddy_loop_close(&loop) < 0;
}
