/*
 * scripted - a loop without surprises: a clock that a test sets, and a selector that a test scripts.
 * Nothing sleeps, and an hour takes no time:
 *
 *     struct eddy_loop loop;
 *     scripted_start();
 *     CHECK_OK(eddy_loop_open(&loop, &scripted));
 *     CHECK_OK(eddy_loop_call_later(&loop, &timer, 3600));
 *     CHECK_OK(eddy_loop_run_forever(&loop));      the timer's callback stops it
 *     CHECK(scripted_time() == 4600);              it began at 1000
 *
 * A wait tells what was scripted, and what is truly ready (pipes, sockets), in the order of the
 * descriptors. If that is nothing, the clock is set forward to the end of the wait. A wait without
 * a limit, with nothing to tell, would be a hang: it ends with -EDEADLK, which the run returns.
 */
#ifndef SCRIPTED_H
#define SCRIPTED_H

#include "clock.h"
#include "loop.h"

/* Options for eddy_loop_open(). */
extern const struct eddy_loop_options scripted;

/* The clock stands at 1000 seconds, nothing is scripted, events come in the order of descriptors. */
void scripted_start(void);

double scripted_time(void);

/* Time passes: also within a callback, which is then a slow one. */
void scripted_advance(double seconds);

/* The next wait tells that `fd` is ready for `events`, as far as it is registered for them. */
void scripted_event(int fd, int events);

/* From now on events come in an order that only the seed decides. */
void scripted_shuffle(unsigned seed);

/* How many waits there were, and how long the last might have been: 0, seconds, or INFINITY. */
long scripted_waits(void);
double scripted_last_wait(void);

/* How many descriptors are registered, the loop's own two not counted. */
int scripted_registered(void);

#endif
