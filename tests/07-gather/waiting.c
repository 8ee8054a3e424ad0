/* wait: the first, the first that fails, or all; with a limit; and nothing is left with the losers. */
#include "many.h"

#include "gather.h"
#include "waiting.h"

#include <math.h>
#include <stdlib.h>

enum { N = 3, ROUNDS = 1000000, MANY = 100000 };

static struct eddy_wait wait_;
static struct eddy_future f[N];
static struct eddy_awaited each[N];
static struct eddy_task task;
static struct waiter frame;

static void set_up_places(void)
{
    set_up();
    begin_all(f, each, N);
}

static struct eddy_future *start(int return_when, double seconds)
{
    return eddy_wait(&wait_, &loop, each, N, return_when, seconds);
}

/* A task awaits it, and leaves in the trace when it came back. */
static void start_in_task(int return_when, double seconds)
{
    eddy_task_start(&task, &loop, waiter, &frame, .name = "w", .on = start(return_when, seconds));
    turns(1);
    EXPECT("w");
}

/* Which are done, as text; and nothing of the wait is left anywhere. */
static const char *done(void)
{
    static char text[N + 1];

    for (int i = 0; i < N; i++) {
        text[i] = eddy_awaited_done(&each[i]) ? 'd' : '-';
        if (each[i].future)
            CHECK_INT(waiters_of(each[i].future), 0);
        CHECK(!eddy_handle_queued(&each[i].handle));
    }
    CHECK_INT(loop.timers.count, 0);
    return text;
}

/* ---- What is waited for -------------------------------------------------------------------------- */

static void all(void)
{
    CASE("wait for all returns when the last one is done") {
        set_up_places();
        start_in_task(EDDY_ALL_COMPLETED, EDDY_FOREVER);
        finish(&f[2], -EIO);
        turns(2);
        CHECK(eddy_future_cancel(&f[0]));
        turns(2);
        EXPECT("");
        finish(&f[1], 0);
        turns(2);
        EXPECT("w=OK w.OK");
        CHECK_TEXT(done(), "ddd");
        CHECK(wait_.future.result == each && !wait_.timed_out);
        tear_down();
    }
    CASE("a future that stands in two places is waited for once, and the second is repeated") {
        set_up_places();
        each[1].future = &f[0];
        start(EDDY_ALL_COMPLETED, EDDY_FOREVER);
        CHECK_INT(waiters_of(&f[0]), 1);
        CHECK(!each[0].repeated && each[1].repeated && !each[2].repeated);
        finish(&f[0], 0);
        finish(&f[2], 0);
        run_out();
        CHECK_CODE(eddy_future_error(&wait_.future), 0);
        CHECK_TEXT(done(), "ddd");
        tear_down();
    }
}

static void first(void)
{
    CASE("a future that stands in two places, and is pending, is not what a wait is for") {
        set_up_places();
        each[1].future = &f[0];
        for (int when = EDDY_FIRST_COMPLETED; when <= EDDY_FIRST_EXCEPTION; when++) {
            CHECK(!eddy_future_done(start(when, EDDY_FOREVER)));
            CHECK(eddy_future_cancel(&wait_.future));
        }
        tear_down();
    }
    CASE("wait for the first returns as soon as one is done, and leaves the others as they are") {
        set_up_places();
        start_in_task(EDDY_FIRST_COMPLETED, EDDY_FOREVER);
        finish(&f[1], 0);
        turns(2);
        EXPECT("w=OK w.OK");
        CHECK_TEXT(done(), "-d-");
        CHECK_CODE(eddy_future_error(&f[0]), EDDY_EPENDING);
        tear_down();
    }
    CASE("all that are done when the wait for the first returns are told as done") {
        set_up_places();
        start_in_task(EDDY_FIRST_COMPLETED, EDDY_FOREVER);
        finish(&f[2], 0);
        finish(&f[0], -EIO);
        turns(2);
        EXPECT("w=OK w.OK");
        CHECK_TEXT(done(), "d-d");
        tear_down();
    }
    CASE("wait for the first exception returns at an error, and a cancelled one is none") {
        set_up_places();
        start_in_task(EDDY_FIRST_EXCEPTION, EDDY_FOREVER);
        CHECK(eddy_future_cancel(&f[0]));
        turns(2);
        EXPECT("");
        finish(&f[1], -EIO);
        turns(2);
        EXPECT("w=OK w.OK");
        CHECK_TEXT(done(), "dd-");
        tear_down();
    }
    CASE("wait for the first exception returns when all are done, if none fails") {
        set_up_places();
        start_in_task(EDDY_FIRST_EXCEPTION, EDDY_FOREVER);
        finish(&f[0], 0);
        finish(&f[1], 0);
        turns(2);
        EXPECT("");
        CHECK(eddy_future_cancel(&f[2]));
        turns(2);
        EXPECT("w=OK w.OK");
        tear_down();
    }
}

/* One of three is done: whether a wait for that is done at once. */
static bool at_once(int return_when, int err)
{
    bool is_done;

    begin_all(f, each, N);
    finish(&f[1], err);
    is_done = eddy_future_done(start(return_when, EDDY_FOREVER));
    if (!is_done)
        CHECK(eddy_future_cancel(&wait_.future));
    CHECK_TEXT(done(), "-d-");
    return is_done;
}

static void there_already(void)
{
    CASE("what is waited for may be there already: then the wait is done at once") {
        set_up();
        CHECK(at_once(EDDY_FIRST_COMPLETED, 0));
        CHECK(at_once(EDDY_FIRST_COMPLETED, -ECANCELED));
        CHECK(at_once(EDDY_FIRST_EXCEPTION, -EIO));
        CHECK(!at_once(EDDY_FIRST_EXCEPTION, -ECANCELED));
        CHECK(!at_once(EDDY_FIRST_EXCEPTION, 0));
        CHECK(!at_once(EDDY_ALL_COMPLETED, -EIO));
        begin_all(f, each, N);
        finish(&f[0], 0);
        each[1].future = NULL;
        each[2].future = &f[0];
        CHECK(eddy_future_done(start(EDDY_ALL_COMPLETED, EDDY_FOREVER)));
        tear_down();
    }
    CASE("a wait that is done at once sets no timer, whatever its limit") {
        set_up_places();
        finish(&f[0], 0);
        CHECK_CODE(eddy_future_error(start(EDDY_FIRST_COMPLETED, 5)), 0);
        CHECK(!wait_.timed_out);
        CHECK_TEXT(done(), "d--");
        tear_down();
    }
}

/* ---- Limits and cancels -------------------------------------------------------------------------- */

static void limits(void)
{
    CASE("when a wait's time is up it returns 0, and cancels none of them") {
        set_up_places();
        start_in_task(EDDY_ALL_COMPLETED, 5);
        finish(&f[0], 0);
        run_out();
        EXPECT("w=OK w.OK");
        CHECK(wait_.timed_out);
        CHECK(scripted_time() == 1005);
        CHECK_TEXT(done(), "d--");
        CHECK_CODE(eddy_future_error(&f[1]), EDDY_EPENDING);
        tear_down();
    }
    CASE("a wait of no time, or less, is one turn") {
        static const double none[] = {0, -0.0, -1, -INFINITY};
        set_up();
        for (int i = 0; i < 4; i++) {
            begin_all(f, each, N);
            CHECK(!eddy_future_done(start(EDDY_ALL_COMPLETED, none[i])));
            turns(1);
            CHECK_CODE(eddy_future_error(&wait_.future), 0);
            CHECK(wait_.timed_out);
            CHECK_TEXT(done(), "---");
        }
        CHECK(scripted_time() == 1000);
        tear_down();
    }
    CASE("a wait whose last future and whose time come in one turn has lost neither") {
        set_up_places();
        start(EDDY_ALL_COMPLETED, 0);
        for (int i = 0; i < N; i++)
            finish(&f[i], 0);
        turns(1);
        CHECK_CODE(eddy_future_error(&wait_.future), 0);
        CHECK_TEXT(done(), "ddd");
        tear_down();
    }
    CASE("a cancelled wait ends at once, and cancels none of them") {
        set_up_places();
        start_in_task(EDDY_ALL_COMPLETED, 5);
        finish(&f[0], 0); /* its handle is in line */
        CHECK(cancel_task(&task));
        CHECK_TEXT(done(), "d--");
        run_out();
        EXPECT("w.ECANCELED");
        CHECK_CODE(eddy_future_error(&f[1]), EDDY_EPENDING);
        CHECK(scripted_time() == 1000);
        tear_down();
    }
}

/* ---- What is refused ----------------------------------------------------------------------------- */

static void refused(void)
{
    CASE("a wait for nothing, for no time at all, or for what is none of the three is EINVAL") {
        set_up_places();
        CHECK_CODE(eddy_future_error(eddy_wait(&wait_, &loop, each, 0, EDDY_ALL_COMPLETED, 1)),
                   -EINVAL);
        CHECK_CODE(eddy_future_error(start(EDDY_ALL_COMPLETED, NAN)), -EINVAL);
        CHECK_CODE(eddy_future_error(start(EDDY_ALL_COMPLETED - 1, 1)), -EINVAL);
        CHECK_CODE(eddy_future_error(start(EDDY_FIRST_EXCEPTION + 1, 1)), -EINVAL);
        CHECK_TEXT(done(), "---");
        tear_down();
    }
    CASE("NaN is EINVAL also when what is waited for is there already") {
        set_up_places();
        finish(&f[0], 0);
        CHECK_CODE(eddy_future_error(start(EDDY_FIRST_COMPLETED, NAN)), -EINVAL);
        tear_down();
    }
    CASE("a wait of more than 290 years is ERANGE, and leaves nothing") {
        set_up_places();
        CHECK_CODE(eddy_future_error(start(EDDY_ALL_COMPLETED, 1e10)), -ERANGE);
        CHECK_TEXT(done(), "---");
        tear_down();
    }
    CASE("a wait with a place in use is EDDY_EQUEUED, and the other wait goes on") {
        struct eddy_wait other;
        set_up_places();
        eddy_wait(&other, &loop, &each[2], 1, EDDY_ALL_COMPLETED, EDDY_FOREVER);
        CHECK_CODE(eddy_future_error(start(EDDY_ALL_COMPLETED, 1)), EDDY_EQUEUED);
        CHECK_INT(waiters_of(&f[0]), 0);
        CHECK_INT(loop.timers.count, 0);
        finish(&f[2], 0);
        turns(1);
        CHECK_CODE(eddy_future_error(&other.future), 0);
        tear_down();
    }
    CASE("a future that cannot be awaited counts as failed: a wait for the first is done") {
        struct eddy_loop other;
        struct eddy_future foreign;
        set_up_places();
        CHECK_OK(eddy_loop_open(&other, &scripted));
        eddy_future_init(&foreign, &other);
        each[1].future = &foreign;
        CHECK_CODE(eddy_future_error(start(EDDY_FIRST_EXCEPTION, EDDY_FOREVER)), 0);
        CHECK_CODE(eddy_awaited_error(&each[1]), EDDY_EOTHER);
        CHECK_TEXT(done(), "-d-");
        DID("waited again with another future in the place that was refused");
        each[1].future = NULL;
        CHECK_CODE(eddy_future_error(start(EDDY_FIRST_COMPLETED, EDDY_FOREVER)), 0);
        CHECK_CODE(eddy_awaited_error(&each[1]), 0);
        CHECK_CODE(eddy_loop_close(&other), 0);
        tear_down();
    }
    CASE("a wait on a closed loop is EDDY_ECLOSED") {
        set_up_places();
        tear_down();
        CHECK_CODE(eddy_future_error(start(EDDY_ALL_COMPLETED, 1)), EDDY_ECLOSED);
    }
    CASE("nobody else ends a wait; and a loop that is stuck tells how many are not done") {
        set_up_places();
        start(EDDY_ALL_COMPLETED, EDDY_FOREVER);
        CHECK_CODE(eddy_future_set_result(&wait_.future, NULL), EDDY_EOTHER);
        finish(&f[0], 0);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &wait_.future), EDDY_ESTUCK);
        CHECK(strstr(reported, "wait: 2 of 3 are not done"));
        tear_down();
    }
}

/* ---- Many rounds, and many futures --------------------------------------------------------------- */

static struct eddy_handle winner_is_done;
static long rounds;

static void on_winner(struct eddy_handle *handle)
{
    (void)handle;
    finish(&f[2], 0);
}

/* f[2] is done in the next turn; in every other round, at once. */
static struct eddy_awaited *new_winner(void)
{
    eddy_future_init(&f[2], &loop);
    winner_is_done.fn = on_winner;
    if (rounds % 2 == 0)
        finish(&f[2], 0);
    else
        eddy_loop_call_soon(&loop, &winner_is_done);
    return each;
}

/* Waits for the first of three, again and again: two of them are always the losers. */
struct racer {
    struct eddy_co co;
    struct eddy_wait wait;
    long most;
};

static struct eddy_step racer(struct eddy_co *co)
{
    struct racer *self = CO_FRAME(co, racer);

    CO_BEGIN(co);
    for (; rounds < self->most; rounds++) {
        CO_AWAIT(co, eddy_wait(&self->wait, eddy_co_loop(co), new_winner(), N, EDDY_FIRST_COMPLETED,
                               rounds % 3 ? EDDY_FOREVER : 3600));
        if (waiters_of(&f[0]) + waiters_of(&f[1]) > 0 || loop.timers.count > 0)
            CO_FAIL(co, -ENOTEMPTY);
    }
    CO_END(co);
}

static void many(void)
{
    /* A tenth of them, unless all is asked for. */
    long most = getenv("EDDY_FULL") ? ROUNDS : ROUNDS / 10;

    check_limit(60);
    CASE("G5: no handle stays on a loser over 1,000,000 rounds") {
        struct racer race;
        set_up_places();
        eddy_task_start(&task, &loop, racer, &race, .most = most);
        run_out();
        CHECK_CODE(outcome(&task), 0);
        CHECK_INT(rounds, most);
        DID("the losers have run on, and are there to be awaited");
        finish(&f[0], 0);
        CHECK_CODE(eddy_future_error(eddy_wait(&wait_, &loop, each, 1, EDDY_ALL_COMPLETED, 0)), 0);
        tear_down();
    }
    check_limit(10);
    CASE("a wait for all of 100,000 hears of each once, the last one first") {
        static struct eddy_future futures[MANY];
        static struct eddy_awaited places[MANY];
        set_up();
        begin_all(futures, places, MANY);
        IF_HANG("each future that is done, or each place, comes to all the others");
        eddy_wait(&wait_, &loop, places, MANY, EDDY_ALL_COMPLETED, 5);
        for (int i = MANY; i-- > 0;)
            finish(&futures[i], 0);
        turns(1);
        CHECK_CODE(eddy_future_error(&wait_.future), 0);
        CHECK_INT(wait_.left, 0);
        tear_down();
    }
}

TESTS
{
    all();
    first();
    there_already();
    limits();
    refused();
    many();
}
