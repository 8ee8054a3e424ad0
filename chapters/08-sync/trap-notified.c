/* Trap: a wait for a condition that is cancelled. It returns with the lock all the same, and so it returns
 * late: not before the lock is free. And if it was notified first, it returns with success. */
#include "condition.h"
#include "delay.h"
#include "errors.h"
#include "run.h"

#include <stdio.h>

struct shop {
    struct eddy_lock lock;
    struct eddy_condition delivered;
};

struct ann {
    struct eddy_co co;
    struct shop *shop;
    struct eddy_locking locking;
    struct eddy_condition_wait wait;
};

static struct eddy_step ann(struct eddy_co *co)
{
    struct ann *self = CO_FRAME(co, ann);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &self->shop->lock));
    CO_TRY_AWAIT(co, eddy_condition_wait(&self->wait, &self->shop->delivered));
    printf("  ann: my wait is over: %s. %s\n", eddy_errname(eddy_co_error(co)),
           eddy_lock_mine(&self->shop->lock) ? "I have the lock" : "I do not have the lock");
    CO_TRY_AWAIT(co, eddy_next_turn());
    printf("  ann: my next await: %s\n", eddy_errname(eddy_co_error(co)));
    CO_FINALLY(co);
    eddy_lock_release(&self->shop->lock);
    CO_END(co);
}

struct baker {
    struct eddy_co co;
    struct shop shop;
    struct eddy_locking locking;
    struct eddy_task task;
    struct ann ann;
    bool notifies;
    int turns;
};

static struct eddy_step baker(struct eddy_co *co)
{
    struct baker *self = CO_FRAME(co, baker);
    struct shop *shop = &self->shop;

    CO_BEGIN(co);
    printf("%s:\n", self->notifies ? "notified, and then cancelled" : "cancelled");
    eddy_lock_init(&shop->lock, eddy_co_loop(co));
    eddy_condition_init(&shop->delivered, &shop->lock);
    eddy_task_start(&self->task, eddy_co_loop(co), ann, &self->ann, .shop = shop);
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &shop->lock));
    if (self->notifies)
        eddy_condition_notify(&shop->delivered, 1);
    eddy_task_cancel(&self->task);
    for (self->turns = 0; self->turns < 3; self->turns++)
        CO_AWAIT(co, eddy_next_turn());
    printf("  baker: three turns later I give the lock back\n");
    CO_FINALLY(co);
    eddy_lock_release(&shop->lock);
    CO_AWAIT(co, &self->task.future);
    CO_END(co);
}

int main(void)
{
    int err = eddy_run(baker);

    return (err == 0 ? eddy_run(baker, .notifies = true) : err) < 0;
}
