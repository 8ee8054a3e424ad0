/*
 * Exercise 07.3, build: a race. 3-race.h says what it promises, and what is in the frame. race() has
 * about 20 lines. Try it:  make check-07.3
 */
#include "3-race.h"

#include <errno.h>

struct eddy_step race(struct eddy_co *co)
{
    struct race *self = CO_FRAME(co, race);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    for (size_t i = 0; i < self->count; i++)
        self->each[i].future = self->start(self->of, loop, i);
    err = eddy_as_completed_open(&self->done, loop, self->each, self->count, EDDY_FOREVER);
    if (err < 0)
        CO_FAIL(co, err);
    while (self->done.left > 0) {
        CO_AWAIT(co, eddy_as_completed_next(&self->done));
        err = eddy_awaited_error(self->done.awaited);
        if (err == 0)
            self->winner = self->done.awaited;
        if (err == 0 || self->done.left == 0)
            CO_FAIL(co, err);
    }
    CO_FAIL(co, -EINVAL);
    CO_FINALLY(co);
    eddy_as_completed_close(&self->done);
    CO_AWAIT(co, eddy_gather_cancel(&self->losers, loop, self->each, self->count));
    CO_END(co);
}
