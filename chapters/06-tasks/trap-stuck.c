/* Trap: a task waits for a task that waits for what nobody will ever finish. */
#include "errors.h"
#include "run.h"

#include <stdio.h>

/* Fetches what stands on a list that nobody writes. */
struct shop {
    struct eddy_co co;
    struct eddy_future list;
};

static struct eddy_step shop(struct eddy_co *co)
{
    struct shop *self = CO_FRAME(co, shop);

    CO_BEGIN(co);
    eddy_future_init(&self->list, eddy_co_loop(co));
    CO_AWAIT(co, &self->list);
    CO_END(co);
}

struct cook {
    struct eddy_co co;
    struct shop shop;
};

static struct eddy_step cook(struct eddy_co *co)
{
    struct cook *self = CO_FRAME(co, cook);

    CO_BEGIN(co);
    CO_CALL(co, shop, &self->shop);
    CO_END(co);
}

struct dine {
    struct eddy_co co;
    struct eddy_task task;
    struct cook cook;
};

static struct eddy_step dine(struct eddy_co *co)
{
    struct dine *self = CO_FRAME(co, dine);

    CO_BEGIN(co);
    eddy_task_start(&self->task, eddy_co_loop(co), cook, &self->cook);
    CO_AWAIT(co, &self->task.future);
    CO_FINALLY(co);
    eddy_task_cancel(&self->task);
    CO_TRY_AWAIT(co, &self->task.future);
    printf("dine: ends with %s\n", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

int main(void)
{
    int err = eddy_run(dine);

    printf("eddy_run() has returned %s\n", eddy_errname(err));
    return err != EDDY_ESTUCK;
}
