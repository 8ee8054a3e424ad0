/*
 * Exercise 07.4: a thousand files to fetch, and eight connections. A job for each of many inputs, at most
 * so many at a time.
 */
#ifndef MAP_H
#define MAP_H

#include "gather.h"
#include "task.h"
#include "waiting.h"

/*
 * Jobs for the inputs 0 to `count` - 1, at most `limit` at a time. `start` starts the job for `input` in
 * the slot `slot`, a number below `limit`, and returns its future: a task, or any other operation. What
 * a job needs while it runs lies in its slot, so a slot has one job at a time. What it finds it writes
 * to where that input's result belongs: so the results lie in the order of the inputs, whoever is done
 * first.
 *
 *     CO_CALL(co, bounded_map, &self->map, .start = start_fetch, .of = self,
 *             .slots = self->slots, .limit = 8, .count = 1000);
 *
 * - The jobs are started in the order of the inputs, the first `limit` at once. When one is done, the
 *   next begins in its slot: at once, and not when the others are done, too.
 * - The first error ends it: no other job is started, those that run are cancelled, and when they have
 *   ended, it ends with that error. A job that a stranger has cancelled has failed with -ECANCELED.
 * - A cancel does the same, and it ends with -ECANCELED.
 * - WHEN IT ENDS, ALL JOBS HAVE ENDED.
 * - Without inputs it ends with success. A `limit` of 0 is -EINVAL. It may be larger than `count`.
 */
struct bounded_map {
    struct eddy_co co;
    struct eddy_future *(*start)(void *of, struct eddy_loop *loop, size_t input, size_t slot);
    void *of;
    struct eddy_awaited *slots; /* the caller's, zeroed, one for each slot; you set `future` */
    size_t limit, count;
    size_t next; /* yours, from here on: the first input that has not been started */
    struct eddy_wait wait;
    struct eddy_gather jobs;
};

struct eddy_step bounded_map(struct eddy_co *co);

#endif
