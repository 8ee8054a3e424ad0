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
    /* Nanoseconds since some fixed moment. It may lie ahead, by 146 years at most; then the
     * numbers are negative. Never less than at the last call. */
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
 * The way back, to the nearest double. There and back is never less than before: eddy_clock_seconds()
 * of what eddy_clock_ns() has made of `seconds`, or of more, is at least `seconds`.
 */
double eddy_clock_seconds(int64_t ns);

#ifdef __cplusplus
}
#endif

#endif
