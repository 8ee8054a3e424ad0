/* Trap: two locks, taken in two orders. Each has what the other one waits for, and both wait for ever. The
 * loop notices, and its report says who has what. The cure: all take them in one order. */
#include "delay.h"
#include "errors.h"
#include "lock.h"
#include "run.h"

#include <stdio.h>

struct table {
    struct eddy_lock knife, fork;
};

struct ann {
    struct eddy_co co;
    struct table *table;
    struct eddy_locking knife, fork;
};

static struct eddy_step ann(struct eddy_co *co)
{
    struct ann *self = CO_FRAME(co, ann);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->knife, &self->table->knife));
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_lock_acquire(&self->fork, &self->table->fork));
    CO_FINALLY(co);
    printf("  ann: %s\n", eddy_co_outcome(co) == 0 ? "I eat" : eddy_errname(eddy_co_outcome(co)));
    eddy_lock_release(&self->table->fork);
    eddy_lock_release(&self->table->knife);
    CO_END(co);
}

struct bob {
    struct eddy_co co;
    struct table *table;
    struct eddy_locking first, second;
    bool careful;
};

static struct eddy_step bob(struct eddy_co *co)
{
    struct bob *self = CO_FRAME(co, bob);
    struct eddy_lock *knife = &self->table->knife, *fork = &self->table->fork;

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->first, self->careful ? knife : fork));
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_lock_acquire(&self->second, self->careful ? fork : knife));
    CO_FINALLY(co);
    printf("  bob: %s\n", eddy_co_outcome(co) == 0 ? "I eat" : eddy_errname(eddy_co_outcome(co)));
    eddy_lock_release(knife);
    eddy_lock_release(fork);
    CO_END(co);
}

struct dinner {
    struct eddy_co co;
    struct table table;
    struct eddy_task tasks[2];
    struct ann ann;
    struct bob bob;
    bool careful;
    int i;
};

static struct eddy_step dinner(struct eddy_co *co)
{
    struct dinner *self = CO_FRAME(co, dinner);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    printf("%s\n", self->careful ? "both take the knife first:" : "bob takes the fork first:");
    eddy_lock_init(&self->table.knife, loop);
    eddy_lock_init(&self->table.fork, loop);
    eddy_task_start(&self->tasks[0], loop, ann, &self->ann, .table = &self->table);
    eddy_task_start(&self->tasks[1], loop, bob, &self->bob, .table = &self->table,
                    .careful = self->careful);
    CO_AWAIT(co, &self->tasks[0].future);
    CO_AWAIT(co, &self->tasks[1].future);
    CO_FINALLY(co);
    for (self->i = 0; self->i < 2; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_AWAIT(co, &self->tasks[self->i].future);
    }
    CO_END(co);
}

int main(void)
{
    int err;

    setvbuf(stdout, NULL, _IOLBF, 0); /* so that the report stands where it was made */
    err = eddy_run(dinner);
    printf("eddy_run() has returned %s\n", eddy_errname(err));
    return err != EDDY_ESTUCK || eddy_run(dinner, .careful = true) < 0;
}
