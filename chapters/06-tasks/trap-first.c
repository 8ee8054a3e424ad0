/* Trap: a task that has been created has not begun. It begins when its creator pauses; an await
 * of what is done already is no pause. */
#include "delay.h"
#include "run.h"

#include <stdio.h>

struct child {
    struct eddy_co co;
    const char *name;
};

static struct eddy_step child(struct eddy_co *co)
{
    struct child *self = CO_FRAME(co, child);

    CO_BEGIN(co);
    printf("        %s: my first step\n", self->name);
    CO_END(co);
}

struct parent {
    struct eddy_co co;
    struct eddy_future done;
    struct eddy_task ann, bob;
    struct child ann_frame, bob_frame;
};

static struct eddy_step parent(struct eddy_co *co)
{
    struct parent *self = CO_FRAME(co, parent);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    eddy_task_start(&self->ann, loop, child, &self->ann_frame, .name = "ann");
    eddy_task_start(&self->bob, loop, child, &self->bob_frame, .name = "bob");
    printf("parent: ann and bob are created\n");
    CO_AWAIT(co, eddy_future_init_done(&self->done, loop, 0));
    printf("parent: after an await of what is done\n");
    CO_AWAIT(co, eddy_next_turn());
    printf("parent: after an await that gave up a turn\n");
    CO_FINALLY(co);
    CO_TRY_AWAIT(co, &self->ann.future);
    CO_TRY_AWAIT(co, &self->bob.future);
    CO_END(co);
}

int main(void)
{
    return eddy_run(parent) < 0;
}
