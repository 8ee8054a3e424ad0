/*
 * Timers: on the scripted loop, where an hour takes no time, and on each selector with the real
 * clock, to see that none of them is early.
 */
#include "check.h"

#include "errors.h"
#include "faults.h"
#include "scripted.h"
#include "traced.h"
#include "turn.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { MILLION = 1000000 };

static struct eddy_loop loop;
static struct step steps[4];
#define A (&steps[0])
#define B (&steps[1])
#define C (&steps[2])
#define D (&steps[3])

static void set_up(void)
{
    scripted_start();
    CHECK_CODE(eddy_loop_open(&loop, &scripted), 0);
    steps_init(steps);
}

static void tear_down(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

static int later(struct step *step, double delay)
{
    return eddy_loop_call_later(&loop, &step->timer, delay);
}

static void run_out(void)
{
    CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
}

static void run_one_turn(void)
{
    eddy_loop_stop(&loop);
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

/* ---- Timers ------------------------------------------------------------------------------------ */

static double lateness[4];

static void note_lateness(struct step *step)
{
    lateness[step - steps] = eddy_loop_time(&loop) - 1000;
}

static void cancel_b(struct step *step)
{
    (void)step;
    CHECK(eddy_timer_cancel(&loop, &B->timer));
    CHECK(!eddy_timer_cancel(&loop, &B->timer));
}

static void set_a_again(struct step *step)
{
    (void)step;
    CHECK_CODE(later(A, 1), EDDY_EQUEUED);
}

static void set_itself_thrice(struct step *step)
{
    if (step->calls < 3)
        CHECK_CODE(later(step, 1), 0);
}

static void times(void)
{
    CASE("timers are called in the order of their times, each at its own, and none early") {
        static const double delays[] = {3, 1, 4, 2};
        set_up();
        for (int i = 0; i < 4; i++) {
            steps[i].then = note_lateness;
            CHECK_CODE(later(&steps[i], delays[i]), 0);
        }
        run_out();
        CHECK_TEXT(trace, "bdac");
        for (int i = 0; i < 4; i++)
            CHECK(lateness[i] == delays[i]);
        tear_down();
    }

    CASE("in its callback the time is not before what was asked for, however long the clock runs") {
        static const double ups[] = {0, 1e5, 9007199.5, 1e8, 4.6e9};
        for (size_t i = 0; i < sizeof ups / sizeof ups[0]; i++) {
            set_up();
            scripted_advance(ups[i]);
            for (int k = 0; k < 5000; k++) {
                double when;
                scripted_advance(1e-9 * (k % 1009));
                when = eddy_loop_time(&loop) + 1e-9 * ((k * 7919) % 1000003);
                CHECK_CODE(eddy_loop_call_at(&loop, &A->timer, when), 0);
                run_out();
                DID("set a timer for %.17g, at an uptime of %g s; it came at %.17g", when, ups[i],
                    eddy_loop_time(&loop));
                CHECK(eddy_loop_time(&loop) >= when);
            }
            CHECK_INT(A->calls, 5000);
            tear_down();
        }
    }

    CASE("a clock may stand below zero: what is ahead is ahead, and what is past is due") {
        set_up();
        scripted_advance(-1000 - 4e9);
        CHECK_CODE(later(A, 0.5), 0);
        CHECK(fabs(eddy_timer_when(&loop, &A->timer) - (0.5 - 4e9)) < 1e-6);
        CHECK_CODE(later(B, -1e300), 0);
        CHECK_CODE(eddy_loop_call_at(&loop, &C->timer, 6e9), -ERANGE);
        CHECK_CODE(eddy_loop_call_at(&loop, &C->timer, 5e9), 0);
        DID("at -4e9 s: timer a in 0.5 s, b long past, c at 5e9 s");
        run_out();
        CHECK_TEXT(trace, "bac");
        CHECK(scripted_time() == 5e9);
        tear_down();
    }

    CASE("call_at takes the time that eddy_loop_time tells") {
        set_up();
        CHECK(eddy_loop_time(&loop) == 1000);
        CHECK_CODE(eddy_loop_call_at(&loop, &A->timer, eddy_loop_time(&loop) + 5), 0);
        CHECK(eddy_timer_when(&loop, &A->timer) == 1005);
        run_out();
        CHECK(scripted_time() == 1005);
        tear_down();
    }

    CASE("what is negative, or has passed, is due at once, in the order of time") {
        set_up();
        CHECK_CODE(later(A, 0), 0);
        CHECK_CODE(later(B, -1), 0);
        CHECK_CODE(eddy_loop_call_at(&loop, &C->timer, 2), 0);
        CHECK_CODE(later(D, -(double)INFINITY), 0);
        run_one_turn();
        CHECK_TEXT(trace, "dcba");
        CHECK(scripted_time() == 1000);
        tear_down();
    }

    CASE("a time that is no number or never comes is refused, and nothing is set") {
        static const struct {
            double time;
            int code;
        } bad[] = {{(double)NAN, -EINVAL},
                   {(double)INFINITY, -ERANGE},
                   {9.3e9, -ERANGE},
                   {1e300, -ERANGE}};
        set_up();
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            DID("set a timer %g seconds from now, and at %g", bad[i].time, bad[i].time);
            CHECK_CODE(later(A, bad[i].time), bad[i].code);
            CHECK_CODE(eddy_loop_call_at(&loop, &A->timer, bad[i].time), bad[i].code);
        }
        DID("set a timer so late that now and the delay together are too much");
        CHECK_CODE(later(A, 9223372036.0), -ERANGE);
        CHECK(isnan(eddy_timer_when(&loop, &A->timer)));
        CHECK_INT(loop.timers.count, 0);
        run_out();
        CHECK_TEXT(trace, "");
        CHECK_CODE(later(A, 290.0 * 365 * 86400), 0);
        tear_down();
    }

    CASE("a timer that is set, or due and in line, cannot be set again, unless it is cancelled") {
        set_up();
        CHECK_CODE(later(A, 5), 0);
        DID("set a timer twice");
        CHECK_CODE(later(A, 1), EDDY_EQUEUED);
        CHECK_CODE(eddy_loop_call_at(&loop, &A->timer, 1), EDDY_EQUEUED);
        CHECK(eddy_timer_when(&loop, &A->timer) == 1005);
        CHECK(eddy_timer_cancel(&loop, &A->timer));
        CHECK_CODE(later(A, 1), 0);
        CHECK(eddy_timer_when(&loop, &A->timer) == 1001);
        B->then = set_a_again;
        CHECK_CODE(later(B, 0), 0);
        scripted_advance(1);
        DID("set a timer again while it is due and in line, from the one before it");
        run_out();
        CHECK_TEXT(trace, "ba");
        tear_down();
    }

    CASE("a timer can be set again in its own callback") {
        set_up();
        A->then = set_itself_thrice;
        CHECK_CODE(later(A, 1), 0);
        run_out();
        CHECK_TEXT(trace, "aaa");
        CHECK(scripted_time() == 1003);
        tear_down();
    }
}

static void cancelling(void)
{
    CASE("a cancelled timer is not called, also when it is due and in line") {
        set_up();
        A->then = cancel_b;
        CHECK_CODE(later(A, 1), 0);
        CHECK_CODE(later(B, 1), 0);
        CHECK_CODE(later(C, 1), 0);
        CHECK_CODE(later(D, 1), 0);
        CHECK(eddy_timer_cancel(&loop, &C->timer));
        CHECK(!eddy_timer_cancel(&loop, &C->timer));
        CHECK(isnan(eddy_timer_when(&loop, &C->timer)));
        run_out();
        CHECK_TEXT(trace, "ad");
        CHECK(!eddy_timer_cancel(&loop, &A->timer));
        tear_down();
    }

    CASE("another loop's timer cannot be cancelled or looked at, and stays set") {
        struct eddy_loop other;
        set_up();
        CHECK_CODE(eddy_loop_open(&other, NULL), 0);
        CHECK_CODE(later(A, 1), 0);
        CHECK_CODE(eddy_loop_call_later(&other, &B->timer, 1), 0);
        DID("cancelled a timer with another loop than the one that it is set in");
        CAUSE("a slot means something in one heap only: the other one has another node there");
        CHECK(!eddy_timer_cancel(&other, &A->timer));
        CHECK(isnan(eddy_timer_when(&other, &A->timer)));
        CHECK(eddy_timer_when(&loop, &A->timer) == 1001);
        run_out();
        CHECK_TEXT(trace, "a");
        CHECK(eddy_timer_cancel(&other, &B->timer));
        CHECK_CODE(eddy_loop_close(&other), 0);
        tear_down();
    }

    CASE("a cancelled timer leaves at once: after a million the heap is as small as before") {
        set_up();
        CHECK_CODE(later(B, 2), 0);
        CHECK_CODE(later(A, 1), 0);
        DID("set and cancelled a timer a million times, beside two that stay");
        CAUSE("what is only marked as cancelled lies in the heap until its time has come");
        for (int i = 0; i < MILLION; i++) {
            CHECK_CODE(later(C, 3600 + i % 7), 0);
            CHECK(eddy_timer_cancel(&loop, &C->timer));
        }
        CHECK_INT(loop.timers.count, 2);
        CHECK(loop.timers.room <= 64);
        run_out();
        CHECK_TEXT(trace, "ab");
        tear_down();
    }

    CASE("a million timers that are set, then cancelled, give their room back") {
        struct eddy_timer *many = calloc(MILLION, sizeof *many);
        set_up();
        for (int i = 0; i < MILLION; i++)
            CHECK_CODE(eddy_loop_call_later(&loop, &many[i], i * 37 % 1000), 0);
        for (int i = 0; i < MILLION; i++)
            CHECK(eddy_timer_cancel(&loop, &many[i]));
        CHECK_INT(loop.timers.count, 0);
        CHECK(loop.timers.room <= 64);
        free(many);
        tear_down();
    }
}

/* ---- Order ------------------------------------------------------------------------------------- */

struct counted {
    struct eddy_timer timer;
    int number;
};

static int next_number;

static void count_up(struct eddy_handle *handle)
{
    CHECK_INT(container_of(handle, struct counted, timer.handle)->number, next_number);
    next_number++;
}

static void equal_times(void)
{
    CASE("a hundred thousand timers of one time are called in the order of setting") {
        enum { MANY = 100000 };
        struct counted *many = calloc(MANY, sizeof *many);
        set_up();
        DID("set 100000 timers for the same time, and ran the loop");
        CAUSE("a heap alone is not stable: equal times need a number that tells who was first");
        for (int i = 0; i < MANY; i++) {
            eddy_timer_init(&many[i].timer, count_up);
            many[i].number = i;
            CHECK_CODE(eddy_loop_call_at(&loop, &many[i].timer, 2000), 0);
        }
        run_out();
        CHECK_INT(next_number, MANY);
        free(many);
        tear_down();
    }
}

/* ---- The real clock ---------------------------------------------------------------------------- */

static double when;
static bool early;

static void note_early(struct step *step)
{
    (void)step;
    early = early || eddy_loop_time(&loop) < when;
}

static const char *which; /* the selector that is tested */

#define EACH(sentence) CASE(traced_on(sentence, which))

static long asked(void)
{
    return faults_calls("epoll_wait") + faults_calls("poll") + faults_calls("select");
}

static void real_time(void)
{
    EACH("no timer is early, and waiting asks seldom")
    {
        static const double delays[] = {0.0000001, 0.0004, 0.0015, 0.02};
        struct eddy_loop_options options = {.selector = which};
        CHECK_CODE(eddy_loop_open(&loop, &options), 0);
        steps_init(steps);
        A->then = note_early;
        for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
            DID("set a timer %g seconds from now, on %s", delays[i], which);
            CAUSE("rounding down makes a wait too short: then the loop asks again and again");
            faults_plan("");
            CHECK_CODE(later(A, delays[i]), 0);
            when = eddy_timer_when(&loop, &A->timer);
            run_out();
            CHECK(!early);
            CHECK(asked() <= 5);
        }
        CHECK_INT(A->calls, 4);
        tear_down();
    }
}

TESTS
{
    times();
    cancelling();
    equal_times();
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        real_time();
}
