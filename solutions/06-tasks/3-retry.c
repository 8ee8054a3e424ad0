/*
 * Exercise 06.3, build: try again, with patience. 3-retry.h says what it promises, and what is in the
 * frames; the two coroutines that are to be written have about 30 lines together. What must live
 * across an await is a field. Try it:  make check-06.3
 */
#include "3-retry.h"

#include <errno.h>

struct eddy_step one_try(struct eddy_co *co)
{
    struct one_try *self = CO_FRAME(co, one_try);

    CO_BEGIN(co);
    CO_AWAIT(co, phone_dial(self->phone));
    self->on_line = true;
    CO_AWAIT(co, phone_ask(self->phone));
    CO_FINALLY(co);
    if (self->on_line)
        CO_TRY_AWAIT(co, phone_hang_up(self->phone));
    CO_END(co);
}

struct eddy_step retry(struct eddy_co *co)
{
    struct retry *self = CO_FRAME(co, retry);
    int err;

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_CALL(co, one_try, &self->one_try, .phone = self->phone);
        err = eddy_co_error(co);
        self->tries--;
        if (err == 0 || err == -ECANCELED || self->tries <= 0)
            CO_FAIL(co, err);
        if (self->pause > self->longest)
            self->pause = self->longest;
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->pause));
        self->pause *= 2;
    }
    CO_END(co);
}
