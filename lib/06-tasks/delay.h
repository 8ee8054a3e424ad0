/*
 * delay - sleeping, as an operation: a future and a timer, embedded in the frame that waits.
 *
 *     CO_AWAIT(co, eddy_sleep(&self->sleep, loop, 0.5));
 *
 * Cancelling it takes the timer out of the heap at once. Errors: the future's, -EINVAL for NaN,
 * -ERANGE for more than 290 years, -ENOMEM, EDDY_ECLOSED. Threads: the loop's.
 */
#ifndef EDDY_DELAY_H
#define EDDY_DELAY_H

#include "future.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_sleep {
    struct eddy_future future;
    struct eddy_timer timer;
};

/*
 * Done in `seconds`, not earlier. 0 or less gives every other task one turn, and is done then.
 * EDDY_FOREVER: until it is cancelled; a loop in which nothing else can happen still counts as stuck.
 */
struct eddy_future *eddy_sleep(struct eddy_sleep *sleep, struct eddy_loop *loop, double seconds);

/* As a sleep of 0, but needs no memory: one future for all, that is always done. For coroutines. */
struct eddy_future *eddy_next_turn(void);

/* A sleep that has a result when it is over. */
struct eddy_sleep_result {
    struct eddy_sleep sleep;
    void *result;
};

/* The same, and the future's result is `result`. */
struct eddy_future *eddy_sleep_result(struct eddy_sleep_result *sleep, struct eddy_loop *loop,
                                      double seconds, void *result);

#ifdef __cplusplus
}
#endif

#endif
