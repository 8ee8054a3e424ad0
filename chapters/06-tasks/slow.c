/*
 * slow - chapter 4's example, with tasks: a slow operation sets a future's result after a second, and
 * another task awaits it. Both are written as if they were alone.
 */
#include "delay.h"
#include "errors.h"
#include "run.h"

#include <stdio.h>
#include <string.h>

/* ---- Who promises ------------------------------------------------------------------------------ */

struct slow_operation {
    struct eddy_co co;
    struct eddy_sleep sleep;
    struct eddy_future *future; /* what it has promised */
};

static struct eddy_step slow_operation(struct eddy_co *co)
{
    static char text[] = "future is done";
    struct slow_operation *self = CO_FRAME(co, slow_operation);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1.0));
    eddy_future_set_result(self->future, text);
    CO_FINALLY(co);
    /* However it ends, nobody waits for ever. */
    if (eddy_co_outcome(co) < 0)
        eddy_future_set_error(self->future, eddy_co_outcome(co));
    eddy_co_handled(co);
    CO_END(co);
}

/* ---- Who waits --------------------------------------------------------------------------------- */

struct slow {
    struct eddy_co co;
    struct eddy_future future;
    struct eddy_task task;
    struct slow_operation operation;
    void *result;
};

static struct eddy_step slow(struct eddy_co *co)
{
    struct slow *self = CO_FRAME(co, slow);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    eddy_future_init(&self->future, loop);
    eddy_task_start(&self->task, loop, slow_operation, &self->operation, .future = &self->future);
    CO_AWAIT(co, &self->future);
    eddy_future_result(&self->future, &self->result);
    printf("%s\n", (char *)self->result);
    CO_FINALLY(co);
    eddy_task_cancel(&self->task); /* it is in this frame: it ends before */
    CO_TRY_AWAIT(co, &self->task.future);
    CO_END(co);
}

int main(int argc, char *argv[])
{
    int err;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: slow\n\nWaits for a future that a slow operation finishes.\n");
        return 0;
    }
    err = eddy_run(slow);
    if (err == 0 || err == -ECANCELED) /* that is Ctrl-C */
        return 0;
    fprintf(stderr, "slow: %s\n", eddy_strerror(err));
    return 1;
}
