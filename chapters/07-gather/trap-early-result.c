/* Trap: a time-out cancels, and waits until what it has cancelled has ended. A task that refuses, or
 * cleans up at leisure, takes its time; wait_for returns late, and a result that came is no time-out. */
#include "delay.h"
#include "errors.h"
#include "run.h"
#include "wait_for.h"

#include <stdio.h>

struct stubborn {
    struct eddy_co co;
    struct eddy_sleep sleep;
    double left; /* seconds of work */
    double until;
};

/* Goes on with its work, whatever is asked of it. */
static struct eddy_step stubborn(struct eddy_co *co)
{
    struct stubborn *self = CO_FRAME(co, stubborn);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->until = eddy_loop_time(loop) + self->left;
    while (eddy_loop_time(loop) < self->until) {
        CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, loop, self->until - eddy_loop_time(loop)));
        if (eddy_co_error(co) < 0)
            printf("  task: %s? not now\n", eddy_errname(eddy_co_error(co)));
    }
    printf("  task: done\n");
    CO_END(co);
}

struct polite {
    struct eddy_co co;
    struct eddy_sleep sleep;
    double left;
};

static struct eddy_step polite(struct eddy_co *co)
{
    struct polite *self = CO_FRAME(co, polite);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->left));
    CO_FINALLY(co);
    printf("  task: %s, I go\n", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

struct hurry {
    struct eddy_co co;
    struct eddy_wait_for limit;
    struct eddy_task task;
    struct stubborn stubborn;
    struct polite polite;
    double began;
};

static void say(struct hurry *self, struct eddy_co *co)
{
    double seconds = eddy_loop_time(eddy_co_loop(co)) - self->began;

    printf("  wait_for(0.1 s): %s after %.1f s\n", eddy_errname(eddy_co_error(co)), seconds);
}

static struct eddy_step hurry(struct eddy_co *co)
{
    struct hurry *self = CO_FRAME(co, hurry);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    printf("a task that hears:\n");
    self->began = eddy_loop_time(loop);
    CO_TRY_AWAIT(
        co,
        eddy_wait_for(&self->limit, loop,
                      eddy_task_start(&self->task, loop, polite, &self->polite, .left = 0.4), 0.1));
    say(self, co);
    printf("a task that refuses:\n");
    self->began = eddy_loop_time(loop);
    CO_TRY_AWAIT(co, eddy_wait_for(
                         &self->limit, loop,
                         eddy_task_start(&self->task, loop, stubborn, &self->stubborn, .left = 0.4),
                         0.1));
    say(self, co);
    CO_END(co);
}

int main(void)
{
    return eddy_run(hurry) < 0;
}
