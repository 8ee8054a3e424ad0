/* Time is the test's own here: nothing sleeps, and a callback that "takes 3 s" sets the clock on. */
#include "check.h"

#include "4-every.h"
#include "errors.h"
#include "faults.h"
#include "scripted.h"
#include "turn.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { CALLS_MOST = 200, CROWD = 64 };

/* What is tested, and what its callback does. */
struct metronome {
    struct every every;
    double takes;       /* seconds that the first call takes */
    double always;      /* ... and that each call takes */
    long stops_at;      /* the call that stops the loop; 0: none */
    void (*then)(void); /* what the first call does after that */
};

static struct eddy_loop loop;
static struct metronome metronome;
static double times[CALLS_MOST]; /* when it was called, in seconds since the start */
static long calls, missed[CALLS_MOST];

static void on_tick(struct every *every)
{
    struct metronome *m = container_of(every, struct metronome, every);

    times[calls] = scripted_time() - 1000;
    missed[calls] = (long)every->missed;
    calls++;
    scripted_advance(m->always);
    if (calls == 1)
        scripted_advance(m->takes);
    if (calls == m->stops_at || calls == CALLS_MOST)
        eddy_loop_stop(&loop);
    if (calls == 1 && m->then)
        m->then();
}

/* The loop's clock begins at 1000. */
static void set_up(void)
{
    scripted_start();
    CHECK_CODE(eddy_loop_open(&loop, &scripted), 0);
    metronome = (struct metronome){.takes = 0};
    every_init(&metronome.every, on_tick);
    calls = 0;
}

static void start(double period)
{
    CHECK_CODE(every_start(&metronome.every, &loop, period), 0);
}

/* Runs until the given number of calls. */
static void run(long until)
{
    metronome.stops_at = until;
    WAITING("call number %ld: has the next tick been set?", until);
    CHECK_CODE(eddy_loop_run_until_stuck(&loop), 0);
    WAITING("%s", "");
}

/* Runs until nothing is left that could happen. */
static void run_out(void)
{
    WAITING("the loop to have nothing left to do");
    CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
    WAITING("%s", "");
}

static void tear_down(void)
{
    eddy_loop_close(&loop);
}

/* Times are sums of doubles: a microsecond is as good as equal. */
static void expect_time(long call, double seconds)
{
    char expected[96];

    snprintf(expected, sizeof expected, "call %ld at %g s (0 is the start)", call, seconds);
    if (!(fabs(times[call - 1] - seconds) < 1e-6))
        FAIL(expected, "it came at %g s", times[call - 1]);
}

/* ---- When it ticks ----------------------------------------------------------------------------- */

static void on_time(void)
{
    CASE("it ticks every period") {
        set_up();
        DID("every_start(&every, &loop, 2), and let 6 seconds pass");
        CAUSE("the first tick is due one period after the start, and each tick sets the next one");
        start(2);
        run(3);
        for (long n = 1; n <= 3; n++)
            expect_time(n, 2 * (double)n);
        CHECK_INT(metronome.every.missed, 0);
        tear_down();
    }

    CASE("a callback that takes its time delays no other tick") {
        set_up();
        metronome.always = 0.3;
        DID("every_start(&every, &loop, 1), with a callback that takes 0.3 s each time");
        CAUSE("the next tick is due a period after this one was due, which is not now: with a "
              "little delay each time, a clock runs slow");
        start(1);
        run(10);
        for (long n = 1; n <= 10; n++)
            expect_time(n, (double)n);
        CHECK_INT(metronome.every.missed, 0);
        tear_down();
    }

    CASE("a hundred ticks of a tenth of a second make ten seconds") {
        set_up();
        DID("every_start(&every, &loop, 0.1), and let 10 seconds pass");
        CAUSE("passed() may be one too small (0.3 / 0.1 < 3): then the tick that comes next is the "
              "one that has just been called");
        start(0.1);
        run(100);
        for (long n = 1; n <= 100; n++)
            expect_time(n, 0.1 * (double)n);
        CHECK_INT(metronome.every.missed, 0);
        tear_down();
    }
}

/* ---- When it cannot tick in time --------------------------------------------------------------- */

static void keep_busy(struct eddy_handle *handle)
{
    (void)handle;
    scripted_advance(3.5);
}

static void late(void)
{
    CASE("after a long callback it ticks once, and not once for each tick that has passed") {
        set_up();
        metronome.takes = 3.5;
        DID("every_start(&every, &loop, 1); the first call takes 3.5 s, until 4.5 s");
        CAUSE("ticks 2, 3 and 4 are due when the loop comes to look. That is one call: the next "
              "one is the first whose time is yet to come");
        start(1);
        run(3);
        expect_time(1, 1);
        expect_time(2, 4.5);
        CHECK(times[2] > 4.6);
        CAUSE("ticks are due at begin + n * period, and that stays so when one was late: 5 comes "
              "after 4.5");
        expect_time(3, 5);
        CAUSE("`missed` counts the ticks that were left out: 3 and 4, when 2 came late");
        CHECK_INT(missed[0], 0);
        CHECK_INT(missed[1], 2);
        CHECK_INT(missed[2], 2);
        tear_down();
    }

    CASE("so it does when others have kept the loop busy") {
        struct eddy_timer other;
        set_up();
        eddy_timer_init(&other, keep_busy);
        DID("every_start(&every, &loop, 1); at 0.75 s another callback takes 3.5 s");
        CAUSE("ticks 1 to 4 are due at 4.25 s. That is one call, with 3 missed");
        CHECK_CODE(eddy_loop_call_later(&loop, &other, 0.75), 0);
        start(1);
        run(2);
        expect_time(1, 4.25);
        CHECK_INT(missed[0], 3);
        expect_time(2, 5);
        CHECK_INT(missed[1], 3);
        tear_down();
    }
}

/* ---- Cancelling -------------------------------------------------------------------------------- */

static bool cancelled, cancelled_again;

static void cancel_it(void)
{
    cancelled = every_cancel(&metronome.every);
    cancelled_again = every_cancel(&metronome.every);
}

static void cancel_from_outside(struct eddy_handle *handle)
{
    (void)handle;
    cancel_it();
}

static void start_faster(void)
{
    cancel_it();
    start(0.25);
}

/* One that is a block of memory, and gone after its first call. */
static void on_last_tick(struct every *every)
{
    every_cancel(every);
    free(container_of(every, struct metronome, every));
}

static void cancelling(void)
{
    CASE("cancelled, it ticks no more, and nothing of it is left in the loop") {
        set_up();
        DID("every_cancel() before the first start");
        CAUSE("what was not started has no tick to come");
        CHECK(!every_cancel(&metronome.every));
        DID("every_start(&every, &loop, 5), then every_cancel() at once");
        CAUSE("cancel the timer itself; a flag would leave it in the loop, which then points to "
              "memory that may be something else by then");
        start(5);
        CHECK(every_cancel(&metronome.every));
        CHECK(!every_cancel(&metronome.every));
        run_out();
        CHECK_INT(calls, 0);
        CHECK(scripted_time() == 1000);
        tear_down();
    }

    CASE("it can be cancelled when its tick is due, and in line") {
        struct eddy_timer other;
        set_up();
        eddy_timer_init(&other, cancel_from_outside);
        DID("a timer and a tick are both due at 1 s; the timer's callback comes first, and calls "
            "every_cancel()");
        CAUSE("eddy_timer_cancel() takes out of the line what is due");
        CHECK_CODE(eddy_loop_call_later(&loop, &other, 1), 0);
        start(1);
        run_out();
        CHECK(cancelled);
        CHECK(!cancelled_again);
        CHECK_INT(calls, 0);
        tear_down();
    }

    CASE("it can be cancelled in its own callback") {
        set_up();
        metronome.then = cancel_it;
        DID("every_start(&every, &loop, 1), with a callback that calls every_cancel()");
        CAUSE("if the next tick is set before `fn` is called, a cancel finds it there; if it is "
              "set afterwards, nothing of the cancel is known any more");
        start(1);
        metronome.stops_at = 2;
        run_out();
        CHECK_INT(calls, 1);
        CHECK(cancelled);
        CHECK(!cancelled_again);
        tear_down();
    }

    CASE("... and started anew there, with another period") {
        set_up();
        metronome.then = start_faster;
        DID("every_start(&every, &loop, 1); the callback cancels it, then starts it with 0.25");
        CAUSE("what `fn` has set is valid: change nothing after it");
        start(1);
        run(3);
        expect_time(1, 1);
        expect_time(2, 1.25);
        expect_time(3, 1.5);
        tear_down();
    }

    CASE("... and freed there") {
        struct metronome *m = malloc(sizeof *m);
        set_up();
        CHECK(m != NULL);
        *m = (struct metronome){.takes = 0};
        every_init(&m->every, on_last_tick);
        DID("every_start(), with a callback that calls every_cancel(every) and free()s it");
        CAUSE("`every` may be gone when `fn` returns: call it last, and touch nothing afterwards");
        CHECK_CODE(every_start(&m->every, &loop, 1), 0);
        run_out();
        tear_down();
    }
}

/* ---- Refusing ---------------------------------------------------------------------------------- */

static void refuse(double period, int code)
{
    DID("every_start(&every, &loop, %g)", period);
    CAUSE("look at the period first: less than a nanosecond would be a loop without rest");
    CHECK_CODE(every_start(&metronome.every, &loop, period), code);
    CAUSE("on an error nothing has changed: it is not started");
    CHECK(!every_cancel(&metronome.every));
}

static void refusing(void)
{
    CASE("a period that is none is refused") {
        set_up();
        refuse(0, -EINVAL);
        refuse(-1, -EINVAL);
        refuse((double)NAN, -EINVAL);
        refuse(1e-10, -EINVAL);
        refuse((double)INFINITY, -ERANGE);
        tear_down();
        refuse(1, EDDY_ECLOSED);
        loop = (struct eddy_loop){0};
        refuse(1, EDDY_ECLOSED);
    }

    CASE("started twice is refused, and it ticks as before") {
        set_up();
        start(2);
        DID("every_start(&every, &loop, 2), then once more with 30");
        CAUSE("set the timer first, and only if that works write what you need to know of it");
        CHECK_CODE(every_start(&metronome.every, &loop, 30), EDDY_EQUEUED);
        run(3);
        for (long n = 1; n <= 3; n++)
            expect_time(n, 2 * (double)n);
        tear_down();
    }
}

static struct eddy_timer crowd[CROWD];

static void do_nothing(struct eddy_handle *handle)
{
    (void)handle;
}

/* The heap of timers is full then, and one more would need memory. */
static void fill_the_heap(struct eddy_handle *handle)
{
    (void)handle;
    for (int i = 0; i < CROWD; i++) {
        eddy_timer_init(&crowd[i], do_nothing);
        CHECK_CODE(eddy_loop_call_later(&loop, &crowd[i], 100), 0);
    }
    faults_plan("realloc@1=ENOMEM");
}

/* Ticks until two have been missed, and is cancelled then. */
static void miss_two(void)
{
    metronome.takes = 3.5;
    start(1);
    run(2);
    CHECK_INT(metronome.every.missed, 2);
    CHECK(every_cancel(&metronome.every));
}

static void starting_anew(void)
{
    CASE("a start that is refused changes nothing, not even what it tells of before") {
        set_up();
        miss_two();
        DID("every_start(&every, &loop, 1), 2 ticks were missed, every_cancel(); then another "
            "start, with a period of 0, and one without memory (realloc@1=ENOMEM)");
        CAUSE("set the timer first, and only if that works write what you need to know of it");
        CHECK_CODE(every_start(&metronome.every, &loop, 0), -EINVAL);
        CHECK_INT(metronome.every.missed, 2);
        fill_the_heap(NULL);
        CHECK_CODE(every_start(&metronome.every, &loop, 1), -ENOMEM);
        faults_plan("");
        CHECK_INT(metronome.every.missed, 2);
        tear_down();
    }

    CASE("a second start counts what is missed anew") {
        set_up();
        miss_two();
        DID("every_start(&every, &loop, 1), 2 ticks were missed, every_cancel(), every_start()");
        CAUSE("`missed` counts since the start: each start begins with 0, and with tick 1");
        start(1);
        CHECK_INT(metronome.every.missed, 0);
        calls = 0;
        run(1);
        expect_time(1, 5.5);
        tear_down();
    }
}

static void without_memory(void)
{
    CASE("without memory it does not start") {
        set_up();
        DID("every_start(&every, &loop, 1) while there is no memory (realloc@1=ENOMEM)");
        CAUSE("eddy_loop_call_at() may fail: return what it says");
        faults_plan("realloc@1=ENOMEM");
        CHECK_CODE(every_start(&metronome.every, &loop, 1), -ENOMEM);
        faults_plan("");
        CHECK(!every_cancel(&metronome.every));
        tear_down();
    }

    CASE("without memory for the next tick, it is told which one is the last") {
        struct eddy_timer other;
        set_up();
        eddy_timer_init(&other, fill_the_heap);
        DID("every_start(&every, &loop, 1); just before the first tick %d timers were set, and "
            "then there is no memory (realloc@1=ENOMEM)",
            CROWD);
        CAUSE("setting the next tick may fail, and only `fn` can be told: keep the error in `err`, "
              "and call it all the same");
        CHECK_CODE(eddy_loop_call_later(&loop, &other, 1), 0);
        start(1);
        run_out();
        faults_plan("");
        CHECK_INT(calls, 1);
        CHECK_CODE(metronome.every.err, -ENOMEM);
        CAUSE("`err` is of this tick: a new start begins with 0");
        start(1);
        CHECK_CODE(metronome.every.err, 0);
        tear_down();
    }
}

TESTS
{
    check_limit(3);
    on_time();
    late();
    cancelling();
    refusing();
    starting_anew();
    without_memory();
}
