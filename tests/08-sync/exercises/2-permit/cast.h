/*
 * cast - the coroutines of the test of exercise 08.2, beside those of tasks.h.
 */
#ifndef CAST_H
#define CAST_H

#include "../../../06-tasks/tasks.h"

#include "permit.h"

/* Wants a permit, keeps it until `on` is done, and gives it back in its cleanup section. In the trace:
 * a asks, a+ has it, a-OK or a-EPERM is what giving it back has returned, and then the outcome. */
struct guest {
    struct eddy_co co;
    const char *name;
    struct eddy_semaphore *seats;
    struct eddy_permit permit;
    struct eddy_future *on;
};

static inline struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);

    CO_BEGIN(co);
    note("%s", self->name);
    CO_AWAIT(co, eddy_semaphore_acquire(&self->permit, self->seats));
    note("%s+", self->name);
    CO_AWAIT(co, self->on);
    CO_FINALLY(co);
    note("%s-%s", self->name, eddy_errname(eddy_permit_release(&self->permit)));
    note("%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Gives its permit back, and asks again before anybody else can run; time and again. */
struct greedy {
    struct eddy_co co;
    struct eddy_semaphore *seats;
    struct eddy_permit permit;
    int rounds;
};

static inline struct eddy_step greedy(struct eddy_co *co)
{
    struct greedy *self = CO_FRAME(co, greedy);

    CO_BEGIN(co);
    for (; self->rounds > 0; self->rounds--) {
        CO_AWAIT(co, eddy_semaphore_acquire(&self->permit, self->seats));
        note("g+");
        CO_AWAIT(co, eddy_next_turn());
        CHECK_CODE(eddy_permit_release(&self->permit), 0);
    }
    CO_FINALLY(co);
    eddy_permit_release(&self->permit);
    CO_END(co);
}

#endif
