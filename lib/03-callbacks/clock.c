#include "clock.h"

#include <errno.h>
#include <math.h>
#include <time.h>

static int64_t monotonic_time(struct eddy_clock *clock)
{
    struct timespec time;

    (void)clock;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

struct eddy_clock eddy_clock_monotonic = {monotonic_time};

int eddy_clock_ns(double seconds, int64_t *ns)
{
    int64_t whole, part;
    double rest, ns_of_rest;

    if (isnan(seconds))
        return -EINVAL;
    if (seconds >= (double)INT64_MAX / 1e9)
        return -ERANGE;
    if (seconds <= (double)INT64_MIN / 1e9) {
        *ns = INT64_MIN;
        return 0;
    }
    whole = (int64_t)seconds;
    rest = seconds - (double)whole; /* exact, and what is cut off below is less than 1 ns */
    ns_of_rest = rest * 1e9;
    part = (int64_t)ns_of_rest;
    /* Up: a timer may be late, and never early. The product may have been rounded down to a whole
     * number: only the way back tells, and dividing takes long, so it is asked second. */
    part += (double)part < ns_of_rest || (double)part / 1e9 < rest;
    *ns = whole * 1000000000 + part;
    return 0;
}

/* In two parts, as above: a double has no room for the nanoseconds of more than 104 days. Dividing
 * their sum would round twice, and come out below what was asked for. */
double eddy_clock_seconds(int64_t ns)
{
    return (double)(ns / 1000000000) + (double)(ns % 1000000000) / 1e9;
}
