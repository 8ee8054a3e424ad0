/* Trap: a semaphore that wakes a waiter and lets it try, as the one of asyncio did in 2015. The wake-up is
 * no permit. If the one that is woken goes away instead, the permit lies there, and nobody is told. */
#include "delay.h"
#include "errors.h"
#include "gather.h"
#include "permit.h"
#include "run.h"

#include <stdio.h>

/* ---- The old way --------------------------------------------------------------------------------- */

struct old_semaphore {
    long value;
    struct eddy_list line;
};

struct old_acquire {
    struct eddy_co co;
    struct old_semaphore *semaphore;
    struct eddy_future woken;
    struct eddy_list link;
};

/* As in asyncio, a cancel beats the wake-up that was there before it. (An await of eddy's own returns
 * with what was delivered; here it is asked for all the same.) */
static struct eddy_step old_acquire(struct eddy_co *co)
{
    struct old_acquire *self = CO_FRAME(co, old_acquire);

    CO_BEGIN(co);
    while (self->semaphore->value == 0) {
        eddy_future_init(&self->woken, eddy_co_loop(co));
        eddy_list_append(&self->semaphore->line, &self->link);
        CO_TRY_AWAIT(co, &self->woken);
        if (eddy_list_linked(&self->link))
            eddy_list_remove(&self->link);
        if (eddy_co_error(co) < 0 || eddy_task_cancelling(eddy_current_task()) > 0)
            CO_FAIL(co, -ECANCELED);
    }
    self->semaphore->value--;
    CO_END(co);
}

static void old_release(struct old_semaphore *semaphore)
{
    semaphore->value++;
    if (!eddy_list_empty(&semaphore->line))
        eddy_future_set_result(
            &container_of(eddy_list_pop(&semaphore->line), struct old_acquire, link)->woken, NULL);
}

/* ---- Three want one permit ------------------------------------------------------------------------ */

struct hall {
    struct old_semaphore old;
    struct eddy_semaphore seats;
    bool handed_over; /* by eddy's own */
};

struct visitor {
    struct eddy_co co;
    struct hall *hall;
    const char *name;
    struct old_acquire acquiring;
    struct eddy_permit permit;
    struct eddy_task *goes; /* is cancelled when this one gives its seat back */
    bool has_seat;
};

static void give_back(struct visitor *self)
{
    if (self->hall->handed_over)
        eddy_permit_release(&self->permit);
    else if (self->has_seat)
        old_release(&self->hall->old);
    if (self->goes)
        eddy_task_cancel(self->goes);
}

static struct eddy_step visitor(struct eddy_co *co)
{
    struct visitor *self = CO_FRAME(co, visitor);

    CO_BEGIN(co);
    if (self->hall->handed_over)
        CO_AWAIT(co, eddy_semaphore_acquire(&self->permit, &self->hall->seats));
    else
        CO_CALL(co, old_acquire, &self->acquiring, .semaphore = &self->hall->old);
    self->has_seat = true;
    printf("  %s has the seat\n", self->name);
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    printf("  %s goes: %s\n", self->name, eddy_errname(eddy_co_outcome(co)));
    give_back(self);
    eddy_co_handled(co);
    CO_END(co);
}

struct show {
    struct eddy_co co;
    struct hall hall;
    struct eddy_gather all;
    struct eddy_awaited each[3];
    struct eddy_task ann, bob, carl;
    struct visitor frames[3];
};

static struct eddy_future *three(struct show *self, struct eddy_loop *loop)
{
    struct hall *hall = &self->hall;

    return eddy_gather_of(
        &self->all, loop, self->each,
        eddy_task_start(&self->ann, loop, visitor, &self->frames[0], .hall = hall, .name = "ann",
                        .goes = &self->bob),
        eddy_task_start(&self->bob, loop, visitor, &self->frames[1], .hall = hall, .name = "bob"),
        eddy_task_start(&self->carl, loop, visitor, &self->frames[2], .hall = hall,
                        .name = "carl"));
}

static struct eddy_step show(struct eddy_co *co)
{
    struct show *self = CO_FRAME(co, show);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    printf("%s:\n", self->hall.handed_over ? "a permit is handed over" : "a waiter is woken");
    self->hall.old.value = 1;
    eddy_list_init(&self->hall.old.line);
    eddy_semaphore_init(&self->hall.seats, loop, 1);
    CO_AWAIT(co, three(self, loop));
    CO_FINALLY(co);
    printf("  %s; free seats: %ld\n", eddy_errname(eddy_co_outcome(co)),
           self->hall.handed_over ? self->hall.seats.value : self->hall.old.value);
    CO_END(co);
}

int main(void)
{
    int err;

    setvbuf(stdout, NULL, _IOLBF, 0); /* so that the report stands where it was made */
    err = eddy_run(show);
    return err != EDDY_ESTUCK || eddy_run(show, .hall = {.handed_over = true}) < 0;
}
