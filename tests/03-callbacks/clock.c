#include "check.h"

#include "clock.h"
#include "errors.h"

#include <errno.h>
#include <math.h>
#include <time.h>

static int64_t ns;

static int64_t ns_of(double seconds)
{
    ns = -7;
    CHECK_CODE(eddy_clock_ns(seconds, &ns), 0);
    return ns;
}

static int64_t monotonic(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

TESTS
{
    CASE("seconds become whole nanoseconds") {
        CHECK_INT(ns_of(0), 0);
        CHECK_INT(ns_of(1), 1000000000);
        CHECK_INT(ns_of(0.25), 250000000);
        CHECK_INT(ns_of(-2), -2000000000);
    }

    CASE("what is no whole number of nanoseconds is rounded up: late, and never early") {
        CHECK_INT(ns_of(1e-12), 1);
        CHECK_INT(ns_of(0.0000000015), 2);
        CHECK_INT(ns_of(-0.0000000015), -1);
    }

    CASE("a time that is no number, or that never comes, is refused, and nothing is stored") {
        ns = 5;
        CHECK_CODE(eddy_clock_ns((double)NAN, &ns), -EINVAL);
        CHECK_CODE(eddy_clock_ns((double)INFINITY, &ns), -ERANGE);
        CHECK_CODE(eddy_clock_ns(9.3e9, &ns), -ERANGE);
        CHECK_CODE(eddy_clock_ns(1e300, &ns), -ERANGE);
        CHECK_INT(ns, 5);
    }

    CASE("290 years can be counted") {
        CHECK_INT(ns_of(290.0 * 365 * 86400), INT64_C(290) * 365 * 86400 * 1000000000);
    }

    CASE("whatever is long past is past") {
        CHECK_INT(ns_of(-(double)INFINITY), INT64_MIN);
        CHECK_INT(ns_of(-1e300), INT64_MIN);
    }

    CASE("the clock is the monotonic one: setting the time of day does not move it") {
        int64_t before = monotonic(), now = eddy_clock_monotonic.now(&eddy_clock_monotonic);
        DID("read the clock between two readings of CLOCK_MONOTONIC");
        CAUSE("time() and gettimeofday() tell the time of day, which jumps when it is set");
        CHECK(before <= now);
        CHECK(now <= monotonic());
    }

    CASE("the clock never goes back") {
        int64_t last = 0;
        for (int i = 0; i < 10000; i++) {
            int64_t now = eddy_clock_monotonic.now(&eddy_clock_monotonic);
            CHECK(now >= last);
            last = now;
        }
    }
}
