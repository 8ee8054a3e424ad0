#include "check.h"

#include "clock.h"
#include "errors.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
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

/* ---- There and back ---------------------------------------------------------------------------- */

enum { RANDOM = 20000 };

/* 44 random bits. */
static int64_t random_bits(void)
{
    static uint64_t state = 1;

    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(state >> 20);
}

/* Seconds near `around`, as somebody who adds to a time would get them, to the last bit. */
static double random_near(double around)
{
    return around + (double)(random_bits() % 1000000007) / 1e9 * (random_bits() % 2 ? 1 : 1e-6);
}

/* (Where a long double has no more bits than a double, the last check is weaker.) */
static void there_and_back(double around)
{
    for (int i = 0; i < RANDOM; i++) {
        double when = random_near(around), back;
        int64_t at = ns_of(when);
        back = eddy_clock_seconds(at);
        DID("eddy_clock_seconds(eddy_clock_ns(%.17g))", when);
        if (back < when)
            FAIL("not less than before", "%.17g, at %lld ns", back, (long long)at);
        CHECK(eddy_clock_seconds(at + 1) >= back && eddy_clock_seconds(at - 2) <= when);
        CHECK(fabs((double)((long double)at - (long double)when * 1e9L)) < 1.001);
    }
}

TESTS
{
    CASE("there and back a time is never less than before, however long the machine has been up") {
        static const double ups[] = {0,   1,     1e5,   123456.789, 9007199.5, 1e8, 4.6e9,
                                     9e9, -1e-3, -12.5, -1e5,       -9007200,  -4e9};
        CAUSE("each step that rounds to nearest may round down: the whole seconds and the rest of "
              "them are converted one by one, and what is cut off is added");
        for (size_t i = 0; i < sizeof ups / sizeof ups[0]; i++)
            there_and_back(ups[i]);
    }

    CASE("nanoseconds become the nearest seconds") {
        CHECK(eddy_clock_seconds(0) == 0);
        CHECK(eddy_clock_seconds(250000000) == 0.25);
        CHECK(eddy_clock_seconds(-2500000000) == -2.5);
        CHECK(eddy_clock_seconds(1) == 1e-9);
        CHECK(eddy_clock_seconds(INT64_C(9007199254740993)) == 9007199.254740993);
        CHECK(eddy_clock_seconds(INT64_MIN) < -9.2e9 && eddy_clock_seconds(INT64_MAX) > 9.2e9);
    }

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
