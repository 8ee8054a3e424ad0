/*
 * Exercise 03.4: a timer that repeats, on top of the loop's timers, which are due once.
 */
#ifndef EVERY_H
#define EVERY_H

#include "loop.h"

/* Read `missed` and `err`, and touch no other field. */
struct every {
    struct eddy_timer timer;
    struct eddy_loop *loop;
    void (*fn)(struct every *every);
    double begin, period; /* seconds */
    int64_t number;       /* of the tick that comes next: 1 is the first */
    int64_t missed;       /* ticks that were left out since it was started */
    int err;              /* 0; or why this tick is the last one, such as -ENOMEM */
};

/* `fn` will be called. Before the first start. */
void every_init(struct every *every, void (*fn)(struct every *every));

/*
 * Call `fn` every `period` seconds from now on: the tick number n is due at now + n * period, and
 * comes then or later, never earlier. So no tick that is late delays another.
 *
 * When the loop was kept busy, several ticks may be due at once. Then `fn` is called once for all
 * of them, and the next tick is the first whose time is yet to come. `missed` counts the ticks that
 * got no call.
 *
 * In `fn` everything is allowed: after every_cancel(), `fn` may start the timer anew, with another
 * period too, or free its memory.
 *
 * Returns 0, or an error, and then nothing has changed: -EINVAL when `period` is NaN or less than a
 * nanosecond, EDDY_EQUEUED when it has been started already, and all that eddy_loop_call_at()
 * returns. When the next tick cannot be set, `fn` is called all the same, for the last time, with
 * the reason in `err`.
 */
int every_start(struct every *every, struct eddy_loop *loop, double period);

/* No more ticks; and nothing of it is left in the loop. Returns whether there was one to come. */
bool every_cancel(struct every *every);

#endif
