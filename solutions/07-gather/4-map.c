/*
 * Exercise 07.4, build: many jobs, few at a time. 4-map.h says what it promises, and what is in the
 * frame. fill() is a suggestion: what comes again and again, in a function of its own. The two have
 * about 35 lines together. Try it:  make check-07.4
 */
#include "4-map.h"

#include <errno.h>

/* Starts a job in each slot whose job is done, as long as there are inputs. Returns 0; or the error of a
 * job that has failed, and then starts none. */
static int fill(struct bounded_map *self, struct eddy_loop *loop)
{
    for (size_t slot = 0; slot < self->limit; slot++) {
        int err = eddy_awaited_error(&self->slots[slot]);
        if (err < 0 && err != EDDY_EPENDING)
            return err;
    }
    for (size_t slot = 0; slot < self->limit && self->next < self->count; slot++)
        if (eddy_awaited_done(&self->slots[slot]))
            self->slots[slot].future = self->start(self->of, loop, self->next++, slot);
    return 0;
}

struct eddy_step bounded_map(struct eddy_co *co)
{
    struct bounded_map *self = CO_FRAME(co, bounded_map);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    if (self->limit == 0)
        CO_FAIL(co, -EINVAL);
    err = fill(self, loop);
    while (err == 0 && self->next < self->count) {
        CO_AWAIT(co, eddy_wait(&self->wait, loop, self->slots, self->limit, EDDY_FIRST_COMPLETED,
                               EDDY_FOREVER));
        err = fill(self, loop);
    }
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_gather(&self->jobs, loop, self->slots, self->limit));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_gather_cancel(&self->jobs, loop, self->slots, self->limit));
    CO_END(co);
}
