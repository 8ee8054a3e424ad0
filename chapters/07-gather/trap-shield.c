/* Trap: what is shielded goes on, but not its frame. The await ends at once, the coroutine ends, and the
 * shielded task lies in what was its frame. (It is static here, so that it is still there.) */
#include "delay.h"
#include "errors.h"
#include "run.h"
#include "shield.h"
#include "turn.h"
#include "until_complete.h"

#include <stdio.h>

struct commit {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step commit(struct eddy_co *co)
{
    struct commit *self = CO_FRAME(co, commit);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 0.1));
    printf("  commit: all is written\n");
    CO_END(co);
}

struct order {
    struct eddy_co co;
    struct eddy_shield shield;
    struct eddy_task commit;
    struct commit commit_frame;
    bool careful;
};

static struct eddy_step order(struct eddy_co *co)
{
    struct order *self = CO_FRAME(co, order);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_shield(&self->shield, loop,
                             eddy_task_start(&self->commit, loop, commit, &self->commit_frame)));
    CO_FINALLY(co);
    printf("  order:  %s\n", eddy_errname(eddy_co_outcome(co)));
    if (self->careful)
        CO_AWAIT(co, &self->commit.future); /* no cancel lands here */
    printf("  order:  I end, and so does my frame\n");
    CO_END(co);
}

static void show(struct eddy_loop *loop, bool careful)
{
    static struct order frame;
    struct eddy_task task;

    printf("%s\n", careful ? "awaited in the cleanup section:" : "a shield alone:");
    eddy_task_start(&task, loop, order, &frame, .careful = careful);
    eddy_loop_stop(loop);
    eddy_loop_run_forever(loop); /* a turn: it is in its await */
    eddy_task_cancel(&task);
    eddy_loop_run_until_complete(loop, &task.future);
    eddy_loop_run_until_stuck(loop);
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
