#include "clock.h"

#include <errno.h>
#include <math.h>
#include <time.h>

static int64_t monotonic(struct eddy_clock *clock)
{
    struct timespec time;

    (void)clock;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

struct eddy_clock eddy_clock_monotonic = {monotonic};

int eddy_clock_ns(double seconds, int64_t *ns)
{
    double exact = seconds * 1e9;

    if (isnan(seconds))
        return -EINVAL;
    if (exact >= (double)INT64_MAX)
        return -ERANGE;
    if (exact <= (double)INT64_MIN) {
        *ns = INT64_MIN;
        return 0;
    }
    *ns = (int64_t)exact;
    *ns += (double)*ns < exact; /* up: a timer may be late, and never early */
    return 0;
}
