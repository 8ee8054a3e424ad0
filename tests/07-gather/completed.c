/* as_completed: in the order of their ends, each once; with a limit for all; and nothing is lost. */
#include "many.h"

#include "completed.h"
#include "gather.h"

#include <math.h>

enum { N = 3, MANY = 100000, ROUNDS = 100000 };

static struct eddy_as_completed next;
static struct eddy_future f[N];
static struct eddy_awaited each[N];
static struct eddy_task task;
static struct eddy_handle heard;

/* Opens it and asks until none is left; tells which came, and how it had ended. */
struct iterator {
    struct eddy_co co;
    struct eddy_awaited *each;
    size_t n;
    double seconds;
};

static struct eddy_step iterator(struct eddy_co *co)
{
    struct iterator *self = CO_FRAME(co, iterator);
    int err;

    CO_BEGIN(co);
    err = eddy_as_completed_open(&next, eddy_co_loop(co), self->each, self->n, self->seconds);
    if (err < 0)
        CO_FAIL(co, err);
    while (next.left > 0) {
        CO_TRY_AWAIT(co, eddy_as_completed_next(&next));
        if (eddy_co_error(co) == 0)
            note("%td=%s", next.awaited - self->each,
                 eddy_errname(eddy_awaited_error(next.awaited)));
        else
            note("%s%s", eddy_errname(eddy_co_error(co)), next.awaited ? " and a place" : "");
        if (eddy_co_error(co) == -ECANCELED)
            CO_FAIL(co, -ECANCELED);
    }
    CO_FINALLY(co);
    eddy_as_completed_close(&next);
    note("end=%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static struct iterator frame;

static void set_up_places(void)
{
    set_up();
    memset(&next, 0, sizeof next);
    begin_all(f, each, N);
}

static void start(double seconds)
{
    eddy_task_start(&task, &loop, iterator, &frame, .each = each, .n = N, .seconds = seconds);
    turns(1);
}

static int open_all(double seconds)
{
    return eddy_as_completed_open(&next, &loop, each, N, seconds);
}

static int ask(void)
{
    return eddy_future_error(eddy_as_completed_next(&next));
}

/* Nothing of it is left anywhere. */
static void expect_nothing(void)
{
    for (int i = 0; i < N; i++) {
        if (each[i].future)
            CHECK_INT(waiters_of(each[i].future), 0);
        CHECK(!eddy_handle_queued(&each[i].handle));
    }
    CHECK_INT(loop.timers.count, 0);
}

/* ---- In order ------------------------------------------------------------------------------------ */

static void in_order(void)
{
    CASE("as_completed tells futures in the order of their ends, and how they have ended") {
        set_up_places();
        start(EDDY_FOREVER);
        finish(&f[2], 0);
        turns(2);
        EXPECT("2=OK");
        CHECK(eddy_future_cancel(&f[0]));
        finish(&f[1], -EIO);
        turns(2);
        EXPECT("0=ECANCELED 1=EIO end=OK");
        expect_nothing();
        tear_down();
    }
    CASE("those that are done before it is opened come first, in the order of their places") {
        set_up_places();
        finish(&f[2], 0);
        finish(&f[0], -EIO);
        start(EDDY_FOREVER);
        turns(2);
        EXPECT("0=EIO 2=OK");
        finish(&f[1], 0);
        turns(2);
        EXPECT("1=OK end=OK");
        tear_down();
    }
    CASE("a future that stands in two places is told once, and the second place is repeated") {
        set_up_places();
        each[1].future = &f[0];
        start(EDDY_FOREVER);
        CHECK_INT(next.left, 2);
        CHECK(each[1].repeated);
        finish(&f[2], 0);
        finish(&f[0], 0);
        turns(2);
        EXPECT("2=OK 0=OK end=OK");
        tear_down();
    }
    CASE("a place without a future is one that is done") {
        set_up_places();
        each[1].future = NULL;
        start(EDDY_FOREVER);
        turns(2);
        EXPECT("1=OK");
        finish(&f[0], 0);
        finish(&f[2], 0);
        turns(2);
        EXPECT("0=OK 2=OK end=OK");
        tear_down();
    }
    CASE("a future that cannot be awaited is told first, with the reason in its place") {
        struct eddy_loop other;
        struct eddy_future foreign;
        set_up_places();
        CHECK_OK(eddy_loop_open(&other, &scripted));
        eddy_future_init(&foreign, &other);
        each[1].future = &foreign;
        each[2].future = &task.future; /* of the task that opens it */
        start(EDDY_FOREVER);
        EXPECT("1=EDDY_EOTHER 2=EDDY_EDEADLOCK");
        finish(&f[0], 0);
        turns(2);
        EXPECT("0=OK end=OK");
        CHECK_CODE(eddy_loop_close(&other), 0);
        tear_down();
    }
    CASE("as_completed of nothing is at its end at once: a next is ENOENT") {
        set_up();
        CHECK_CODE(eddy_as_completed_open(&next, &loop, NULL, 0, 5), 0);
        CHECK_INT(next.left, 0);
        CHECK_INT(loop.timers.count, 0);
        CHECK_CODE(ask(), -ENOENT);
        CHECK(next.awaited == NULL);
        eddy_as_completed_close(&next);
        tear_down();
    }
}

/* ---- The limit ----------------------------------------------------------------------------------- */

static void limits(void)
{
    CASE("as_completed's limit is one for all: whoever is left is ETIMEDOUT, and not cancelled") {
        struct eddy_sleep sleep;
        set_up_places();
        each[1].future = eddy_sleep(&sleep, &loop, 3);
        start(5);
        run_out();
        EXPECT("1=OK ETIMEDOUT ETIMEDOUT end=OK");
        CHECK(scripted_time() == 1005);
        CHECK_CODE(eddy_future_error(&f[0]), EDDY_EPENDING);
        CHECK_CODE(eddy_future_error(&f[2]), EDDY_EPENDING);
        expect_nothing();
        tear_down();
    }
    CASE("a limit of as_completed that was not needed leaves no timer") {
        set_up_places();
        CHECK_CODE(open_all(5), 0);
        CHECK_INT(loop.timers.count, 1);
        for (int i = 0; i < N; i++)
            finish(&f[i], 0);
        turns(1);
        CHECK_INT(loop.timers.count, 0);
        for (int i = 0; i < N; i++)
            CHECK_CODE(ask(), 0);
        CHECK_CODE(ask(), -ENOENT);
        eddy_as_completed_close(&next);
        expect_nothing();
        tear_down();
    }
    CASE("with no time, or less, those that are done are told, and the others are ETIMEDOUT") {
        static const double none[] = {0, -1, -INFINITY};
        set_up();
        for (int i = 0; i < 3; i++) {
            begin_all(f, each, N);
            finish(&f[1], 0);
            start(none[i]);
            turns(2);
            EXPECT("1=OK ETIMEDOUT ETIMEDOUT end=OK");
            expect_nothing();
        }
        CHECK(scripted_time() == 1000);
        tear_down();
    }
    CASE("what was done before the time was up is told after it; what is done later is not") {
        set_up_places();
        CHECK_CODE(open_all(5), 0);
        finish(&f[2], 0);
        run_out();
        CHECK(scripted_time() == 1005);
        finish(&f[0], 0);
        turns(1);
        CHECK_CODE(ask(), 0);
        CHECK(next.awaited == &each[2]);
        CHECK_CODE(ask(), -ETIMEDOUT);
        CHECK(next.awaited == NULL);
        CHECK_CODE(ask(), -ETIMEDOUT);
        CHECK_INT(next.left, 0);
        CHECK_CODE(ask(), -ENOENT);
        eddy_as_completed_close(&next);
        tear_down();
    }
    CASE("as_completed refuses NaN and more than 290 years, and is not open then") {
        set_up_places();
        CHECK_CODE(open_all(NAN), -EINVAL);
        CHECK_CODE(open_all(1e10), -ERANGE);
        expect_nothing();
        CHECK_CODE(open_all(EDDY_FOREVER), 0);
        eddy_as_completed_close(&next);
        tear_down();
    }
}

/* ---- Cancels, and asking at the wrong time ------------------------------------------------------- */

static void cancelled(void)
{
    CASE("a task that is cancelled at a next cancels none of the futures") {
        set_up_places();
        start(5);
        CHECK(cancel_task(&task));
        run_out();
        EXPECT("ECANCELED end=ECANCELED");
        CHECK_CODE(eddy_future_error(&f[0]), EDDY_EPENDING);
        expect_nothing();
        tear_down();
    }
    CASE("a next that is cancelled loses nothing: what is done stays for the one after it") {
        struct eddy_future *asked;
        set_up_places();
        CHECK_CODE(open_all(EDDY_FOREVER), 0);
        asked = eddy_as_completed_next(&next);
        finish(&f[1], 0); /* its handle is in line */
        CHECK(eddy_future_cancel(asked));
        CHECK_INT(next.left, 3);
        turns(1);
        CHECK_CODE(ask(), 0);
        CHECK(next.awaited == &each[1]);
        CHECK_INT(next.left, 2);
        eddy_as_completed_close(&next);
        expect_nothing();
        tear_down();
    }
    CASE("a next that was delivered before a cancel is told, and the cancel lands later") {
        set_up_places();
        start(EDDY_FOREVER);
        finish(&f[1], 0);
        turns(1); /* now it is delivered, and the task in line */
        CHECK(cancel_task(&task));
        run_out();
        EXPECT("1=OK ECANCELED and a place end=ECANCELED"); /* the last next was not called */
        expect_nothing();
        tear_down();
    }
    CASE("while one task awaits the next, another one is told EDDY_EWATCHED") {
        set_up_places();
        start(EDDY_FOREVER);
        CHECK_CODE(ask(), EDDY_EWATCHED);
        for (int i = 0; i < N; i++)
            finish(&f[i], 0);
        run_out();
        EXPECT("0=OK 1=OK 2=OK end=OK");
        tear_down();
    }
    CASE("a next that is done, and not yet heard of, is nobody else's: EDDY_EWATCHED") {
        set_up_places();
        start(EDDY_FOREVER);
        finish(&f[1], 0);
        turns(1); /* now it is delivered, and the task in line */
        CHECK_CODE(ask(), EDDY_EWATCHED);
        CHECK(next.awaited == &each[1]);
        finish(&f[0], 0);
        finish(&f[2], 0);
        run_out();
        EXPECT("1=OK 0=OK 2=OK end=OK");
        tear_down();
    }
    CASE("also one whose time is up, and one that was cancelled") {
        set_up_places();
        start(1);
        scripted_advance(1);
        turns(1);
        CHECK_CODE(ask(), EDDY_EWATCHED);
        run_out();
        EXPECT("ETIMEDOUT ETIMEDOUT ETIMEDOUT end=OK");
        tear_down();
        set_up_places();
        start(1);
        CHECK(cancel_task(&task));
        CHECK_CODE(ask(), EDDY_EWATCHED);
        run_out();
        EXPECT("ECANCELED end=ECANCELED");
        tear_down();
    }
    CASE("closed while a next is in line, it is not heard of by anybody, and leaves nothing") {
        set_up_places();
        CHECK_CODE(open_all(EDDY_FOREVER), 0);
        CHECK_CODE(eddy_future_add_done_callback(eddy_as_completed_next(&next), &heard), 0);
        finish(&f[1], 0);
        turns(1);
        eddy_handle_cancel(&heard);
        eddy_as_completed_close(&next);
        memset(&next, 0x5A, sizeof next);
        turns(2);
        expect_nothing();
        tear_down();
    }
    CASE("closed, it is EDDY_ECLOSED: for who awaits the next, and for who asks later") {
        set_up_places();
        start(5);
        eddy_as_completed_close(&next);
        eddy_as_completed_close(&next);
        expect_nothing();
        turns(1);
        EXPECT("EDDY_ECLOSED end=OK");
        CHECK_CODE(ask(), EDDY_ECLOSED);
        CHECK_INT(next.left, 0);
        tear_down();
    }
    CASE("one that is zeroed is closed: to ask is EDDY_ECLOSED, to close is harmless") {
        set_up();
        memset(&next, 0, sizeof next);
        eddy_as_completed_close(&next);
        CHECK_CODE(ask(), EDDY_ECLOSED);
        tear_down();
    }
    CASE("one that is open cannot be opened, nor one with a place in use: EDDY_EQUEUED") {
        struct eddy_as_completed other = {0};
        set_up_places();
        CHECK_CODE(open_all(5), 0);
        CHECK_CODE(open_all(5), EDDY_EQUEUED);
        CHECK_CODE(eddy_as_completed_open(&other, &loop, &each[1], 1, 5), EDDY_EQUEUED);
        CHECK_INT(loop.timers.count, 1);
        CHECK_INT(waiters_of(&f[1]), 1);
        finish(&f[1], 0);
        turns(1);
        CHECK_CODE(ask(), 0);
        eddy_as_completed_close(&next);
        tear_down();
    }
    CASE("as_completed on a closed loop is EDDY_ECLOSED") {
        set_up_places();
        tear_down();
        CHECK_CODE(open_all(5), EDDY_ECLOSED);
        CHECK_CODE(open_all(EDDY_FOREVER), EDDY_ECLOSED);
    }
    CASE("nobody else ends a next: to set its result is EDDY_EOTHER") {
        set_up_places();
        CHECK_CODE(open_all(EDDY_FOREVER), 0);
        CHECK_CODE(eddy_future_set_result(eddy_as_completed_next(&next), NULL), EDDY_EOTHER);
        eddy_as_completed_close(&next);
        tear_down();
    }
}

/* ---- Many ---------------------------------------------------------------------------------------- */

static void many(void)
{
    CASE("as_completed tells each of 100,000 once, the last one first") {
        static struct eddy_future futures[MANY];
        static struct eddy_awaited places[MANY];
        set_up();
        memset(&next, 0, sizeof next);
        begin_all(futures, places, MANY);
        IF_HANG("each next comes to all the others");
        CHECK_CODE(eddy_as_completed_open(&next, &loop, places, MANY, 5), 0);
        for (int i = MANY; i-- > 0;)
            finish(&futures[i], 0);
        turns(1);
        for (int i = MANY; i-- > 0;) {
            CHECK_CODE(ask(), 0);
            CHECK(next.awaited == &places[i]);
        }
        CHECK_CODE(ask(), -ENOENT);
        eddy_as_completed_close(&next);
        tear_down();
    }
    CASE("G5: an iteration that is closed early leaves no handle on a loser over 100,000 rounds") {
        set_up_places();
        for (long i = 0; i < ROUNDS; i++) {
            eddy_future_init(&f[2], &loop);
            CHECK_CODE(open_all(3600), 0);
            finish(&f[2], 0);
            turns(1);
            CHECK_CODE(ask(), 0);
            CHECK(next.awaited == &each[2]);
            eddy_as_completed_close(&next);
            expect_nothing();
        }
        tear_down();
    }
}

TESTS
{
    in_order();
    limits();
    cancelled();
    many();
}
