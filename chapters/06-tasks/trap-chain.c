/* Trap: a cancel that goes from function to function needs stack: down a chain of a hundred thousand
 * tasks too much, and in a ring without end. Here it goes in a loop. */
#include "delay.h"
#include "errors.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>

enum { LENGTH = 100000 };

/* Awaits another task; if there is none, it sleeps. */
struct waiter {
    struct eddy_co co;
    struct eddy_sleep sleep;
    struct eddy_task *other;
    int *cancelled; /* to be counted here */
};

static struct eddy_step waiter(struct eddy_co *co)
{
    struct waiter *self = CO_FRAME(co, waiter);

    CO_BEGIN(co);
    if (self->other)
        CO_AWAIT(co, &self->other->future);
    else
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), EDDY_FOREVER));
    CO_FINALLY(co);
    *self->cancelled += eddy_co_outcome(co) == -ECANCELED;
    CO_END(co);
}

struct chain {
    struct eddy_co co;
    struct eddy_task *tasks;
    struct waiter *frames;
    int i, cancelled;
};

static struct eddy_step chain(struct eddy_co *co)
{
    struct chain *self = CO_FRAME(co, chain);

    CO_BEGIN(co);
    self->tasks = calloc(LENGTH, sizeof *self->tasks);
    self->frames = calloc(LENGTH, sizeof *self->frames);
    if (!self->tasks || !self->frames)
        CO_FAIL(co, -ENOMEM);
    for (int i = 0; i < LENGTH; i++)
        eddy_task_start(&self->tasks[i], eddy_co_loop(co), waiter, &self->frames[i],
                        .other = i + 1 < LENGTH ? &self->tasks[i + 1] : NULL,
                        .cancelled = &self->cancelled);
    CO_AWAIT(co, eddy_next_turn());
    eddy_task_cancel(&self->tasks[0]);
    CO_TRY_AWAIT(co, &self->tasks[0].future);
    printf("a chain of %d: %d tasks were cancelled\n", LENGTH, self->cancelled);
    CO_FINALLY(co);
    for (self->i = 0; self->tasks && self->i < LENGTH; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_TRY_AWAIT(co, &self->tasks[self->i].future);
    }
    free(self->tasks);
    free(self->frames);
    CO_END(co);
}

struct ring {
    struct eddy_co co;
    struct eddy_task tasks[2];
    struct waiter frames[2];
    int cancelled;
};

static struct eddy_step ring(struct eddy_co *co)
{
    struct ring *self = CO_FRAME(co, ring);

    CO_BEGIN(co);
    for (int i = 0; i < 2; i++)
        eddy_task_start(&self->tasks[i], eddy_co_loop(co), waiter, &self->frames[i],
                        .other = &self->tasks[1 - i], .cancelled = &self->cancelled);
    CO_TRY_AWAIT(co, &self->tasks[0].future);
    printf("a ring of 2: %s, ", eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co, &self->tasks[1].future);
    printf("%s\n", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

int main(void)
{
    int err = eddy_run(chain);

    return (err == 0 ? eddy_run(ring) : err) < 0;
}
