/*
 * cast - the coroutines of the test of exercise 07.2, beside those of tasks.h.
 */
#ifndef CAST_H
#define CAST_H

#include "../../many.h"

#include "gather.h"

/* Waits for one future. Its cleanup section waits for another one. */
struct tidy {
    struct eddy_co co;
    struct eddy_future *on, *last;
};

static inline struct eddy_step tidy(struct eddy_co *co)
{
    struct tidy *self = CO_FRAME(co, tidy);

    CO_BEGIN(co);
    CO_AWAIT(co, self->on);
    CO_FINALLY(co);
    note("cleanup");
    CO_AWAIT(co, self->last);
    note("clean");
    CO_END(co);
}

/* Waits for one future; if that is cancelled, something breaks. */
struct clumsy {
    struct eddy_co co;
    struct eddy_future *on;
};

static inline struct eddy_step clumsy(struct eddy_co *co)
{
    struct clumsy *self = CO_FRAME(co, clumsy);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, self->on);
    if (eddy_co_error(co) == -ECANCELED)
        CO_FAIL(co, -EIO);
    CO_END(co);
}

/* Gathers two futures. */
struct gatherer {
    struct eddy_co co;
    struct eddy_gather all;
    struct eddy_awaited each[2];
    struct eddy_future *first, *second;
};

static inline struct eddy_step gatherer(struct eddy_co *co)
{
    struct gatherer *self = CO_FRAME(co, gatherer);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_gather_of(&self->all, &loop, self->each, self->first, self->second));
    note("all=%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

#endif
