/* A thread that waits under a lock, with a limit. */
#include "check.h"

#include "clock.h"
#include "deadline.h"
#include "selector.h"

#include <errno.h>
#include <limits.h>
#include <math.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond;
static bool come;

enum { ROUNDS = 100 };

static double now(void)
{
    return eddy_clock_seconds(eddy_clock_monotonic.now(&eddy_clock_monotonic));
}

static void *come_now(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    come = true;
    pthread_cond_signal(&cond);
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* Waits until the other thread has come, or the time is up. Lock held. */
static int wait_for_it(double seconds)
{
    struct eddy_deadline deadline;
    int err = 0;

    CHECK_CODE(eddy_deadline_set(&deadline, seconds), 0);
    while (!come && err == 0)
        err = eddy_deadline_wait(&deadline, &cond, &lock);
    return err;
}

static void let_it_come(double seconds)
{
    pthread_t thread;

    come = false;
    CHECK_CODE(eddy_deadline_cond(&cond, NULL), 0);
    pthread_mutex_lock(&lock);
    CHECK_INT(pthread_create(&thread, NULL, come_now, NULL), 0);
    CHECK_CODE(wait_for_it(seconds), 0); /* it cannot come before this thread waits */
    CHECK(come);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    pthread_cond_destroy(&cond);
}

TESTS
{
    CASE("NaN is no time, 0 and less is at once, and what is endless is never") {
        struct eddy_deadline deadline;
        const double never[] = {EDDY_FOREVER, 1e10, 1e300};
        const double at_once[] = {0, -1, -1e300, -EDDY_FOREVER};
        CHECK_CODE(eddy_deadline_set(&deadline, NAN), -EINVAL);
        for (int i = 0; i < 3; i++) {
            CHECK_CODE(eddy_deadline_set(&deadline, never[i]), 0);
            CHECK(deadline.never && eddy_deadline_left(&deadline) == EDDY_FOREVER);
        }
        for (int i = 0; i < 4; i++) {
            CHECK_CODE(eddy_deadline_set(&deadline, at_once[i]), 0);
            CHECK(!deadline.never && eddy_deadline_left(&deadline) == 0);
        }
    }

    CASE("what is left becomes less, and is never below 0") {
        struct eddy_deadline deadline;
        double left, later;
        CHECK_CODE(eddy_deadline_set(&deadline, 9e9), 0); /* nearly 290 years */
        CHECK(!deadline.never);
        left = eddy_deadline_left(&deadline);
        CHECK(left > 8.9e9 && left <= 9e9);
        CHECK_CODE(eddy_deadline_set(&deadline, 3600), 0);
        left = eddy_deadline_left(&deadline);
        do
            later = eddy_deadline_left(&deadline);
        while (later == left); /* until the clock has moved */
        CHECK(later < left && left <= 3600);
        CHECK_CODE(eddy_deadline_set(&deadline, 1e-9), 0);
        while (eddy_deadline_left(&deadline) > 0) {
        }
        CHECK(eddy_deadline_left(&deadline) == 0);
    }

    CASE("a wait ends with ETIMEDOUT, and not before its time") {
        double begin = now();
        come = false;
        CHECK_CODE(eddy_deadline_cond(&cond, NULL), 0);
        pthread_mutex_lock(&lock);
        CHECK_CODE(wait_for_it(0.02), -ETIMEDOUT);
        CHECK(now() - begin >= 0.02);
        CHECK_CODE(wait_for_it(0), -ETIMEDOUT);
        pthread_mutex_unlock(&lock);
        pthread_cond_destroy(&cond);
    }

    CASE("a signal ends a wait whose time has not come, by the clock that nobody can set") {
        CAUSE(
            "the condition counts by the time of day, on which any of these moments is long past");
        for (int i = 0; i < ROUNDS; i++)
            let_it_come(3600);
    }

    CASE("a wait without a limit ends with a signal") {
        for (int i = 0; i < ROUNDS; i++)
            let_it_come(EDDY_FOREVER);
    }
}
