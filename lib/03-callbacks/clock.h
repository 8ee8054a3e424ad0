/*
 * clock - what time it is, in nanoseconds, on a clock that nobody can set; and how seconds, which
 * are a double, become nanoseconds, which are counted.
 *
 * A loop asks its clock through a function pointer, so that a test can hold the hands: then nothing
 * has to sleep, and an hour takes no time.
 *
 * Threads: any.
 */
#ifndef EDDY_CLOCK_H
#define EDDY_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Embedded in a clock of your own, or alone. */
struct eddy_clock {
    /* Nanoseconds since some fixed moment, which may lie ahead (then they are negative, and no more
     * than 146 years); never less than at the last call. */
    int64_t (*now)(struct eddy_clock *clock);
};

/* The system's monotonic clock. Setting the time of day does not move it. */
extern struct eddy_clock eddy_clock_monotonic;

/*
 * `seconds`, rounded up to whole nanoseconds, to *ns. Negative is allowed: it has passed already.
 * -EINVAL: NaN. -ERANGE: +infinite, or more than 290 years; what never comes needs no timer.
 */
int eddy_clock_ns(double seconds, int64_t *ns);

/*
 * The way back, to the nearest double. There and back is never less than before: at the nanosecond
 * that was asked for, or later, this is at least the `seconds` that were asked for.
 */
double eddy_clock_seconds(int64_t ns);

#ifdef __cplusplus
}
#endif

#endif
