/*
 * Exercise 07.3: several ways to the same thing, and the first that arrives is taken: three mirrors of
 * one file, two addresses of one server. The others are told to stop.
 */
#ifndef RACE_H
#define RACE_H

#include "completed.h"
#include "gather.h"
#include "task.h"

/*
 * A race of `count` runners. `start` starts number i and returns its future: a task, or any other
 * operation. It is called once for each, in their order; and for none if the race is cancelled before
 * its first step.
 *
 *     CO_CALL(co, race, &self->race, .start = start_fetch, .of = self, .each = self->each, .count = 3);
 *     use(self->race.winner);
 *
 * - The first RESULT wins, and the race ends with success. To be done is not enough: a runner that
 *   has failed is out, and the others run on.
 * - When all have failed, the race ends with the error of the last that did. Without any runner it
 *   ends with -EINVAL.
 * - A cancel of the race is one of all runners, and the race ends with -ECANCELED; unless one had won.
 * - WHEN IT ENDS, ALL RUNNERS HAVE ENDED, whatever has happened: the losers are cancelled, and awaited.
 *
 * A loser that does not heed the cancel may have a result, too. Its place says so, and the result is
 * the caller's.
 */
struct race {
    struct eddy_co co;
    struct eddy_future *(*start)(void *of, struct eddy_loop *loop, size_t i);
    void *of;
    struct eddy_awaited *each; /* the caller's, zeroed, one for each runner; race() sets `future` */
    size_t count;
    struct eddy_awaited *winner;   /* set by race(), if there is one */
    struct eddy_as_completed done; /* yours, from here on */
    struct eddy_gather losers;
};

struct eddy_step race(struct eddy_co *co);

#endif
