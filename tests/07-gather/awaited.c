/* Places: what can be awaited in one and what not, the same future in two, and cancels in a line. */
#include "many.h"

#include "gather.h"

#include <math.h>

enum { N = 3, CHAIN = 5 };

static struct eddy_future f[N];
static struct eddy_awaited each[N];
static int owners[2];

static void on_done(struct eddy_handle *handle)
{
    const struct eddy_awaited *awaited = container_of(handle, struct eddy_awaited, handle);

    note("%d=%s", (int)(awaited - each), eddy_errname(eddy_awaited_error(awaited)));
}

static int start(int i)
{
    return eddy_awaited_start(&each[i], &loop, owners, on_done);
}

static void set_up_places(void)
{
    set_up();
    begin_all(f, each, N);
}

/* ---- Waiting ----------------------------------------------------------------------------------- */

static void waits(void)
{
    CASE("a place tells how its future has ended, or that it is pending") {
        set_up_places();
        CHECK(!eddy_awaited_done(&each[0]));
        CHECK_CODE(eddy_awaited_error(&each[0]), EDDY_EPENDING);
        finish(&f[0], 0);
        finish(&f[1], -EIO);
        CHECK(eddy_awaited_done(&each[0]) && eddy_awaited_done(&each[1]));
        CHECK_CODE(eddy_awaited_error(&each[0]), 0);
        CHECK_CODE(eddy_awaited_error(&each[1]), -EIO);
        tear_down();
    }
    CASE("a place without a future counts as done") {
        struct eddy_awaited empty = {0};
        CHECK(eddy_awaited_done(&empty));
        CHECK_CODE(eddy_awaited_error(&empty), 0);
    }
    CASE("who waits is called in the next turn, also for what is done, or not there at all") {
        set_up_places();
        each[1].future = NULL;
        finish(&f[0], -EIO);
        for (int i = 0; i < N; i++)
            CHECK_CODE(start(i), 0);
        EXPECT("");
        turns(1);
        EXPECT("0=EIO 1=OK");
        finish(&f[2], 0);
        EXPECT("");
        turns(1);
        EXPECT("2=OK");
        tear_down();
    }
    CASE("who has stopped is not called, and to stop twice is harmless") {
        set_up_places();
        finish(&f[0], 0);
        CHECK_CODE(start(0), 0);
        CHECK_CODE(start(1), 0);
        CHECK(eddy_awaited_stop(&each[0])); /* it was in line */
        CHECK(eddy_awaited_stop(&each[1]));
        CHECK(!eddy_awaited_stop(&each[1]));
        CHECK_INT(waiters_of(&f[1]), 0);
        run_out();
        EXPECT("");
        tear_down();
    }
    CASE("to stop all leaves the places that are somebody else's") {
        set_up_places();
        CHECK_CODE(start(0), 0);
        CHECK_CODE(eddy_awaited_start(&each[1], &loop, &owners[1], on_done), 0);
        eddy_awaited_stop_all(each, N, owners);
        CHECK_INT(waiters_of(&f[0]), 0);
        CHECK_INT(waiters_of(&f[1]), 1);
        tear_down();
    }
}

/* ---- What is refused ----------------------------------------------------------------------------- */

static struct eddy_task *spawned;

struct stray {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step stray(struct eddy_co *co)
{
    struct stray *self = CO_FRAME(co, stray);

    CO_BEGIN(co);
    spawned = eddy_current_task();
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1));
    CO_END(co);
}

struct narcissus {
    struct eddy_co co;
};

static struct eddy_task self_task;

/* It has no await: it only tries its own task's place. */
static struct eddy_step narcissus(struct eddy_co *co)
{
    CO_BEGIN(co);
    each[0].future = &self_task.future;
    CHECK_CODE(start(0), EDDY_EDEADLOCK);
    CO_END(co);
}

static void refused(void)
{
    CASE("a future of another loop is refused with EDDY_EOTHER, and nothing is left with it") {
        struct eddy_loop other;
        set_up_places();
        CHECK_OK(eddy_loop_open(&other, &scripted));
        eddy_future_init(&f[0], &other);
        CHECK_CODE(start(0), EDDY_EOTHER);
        CHECK_CODE(eddy_awaited_error(&each[0]), EDDY_EOTHER);
        CHECK(eddy_awaited_done(&each[0]));
        CHECK_INT(waiters_of(&f[0]), 0);
        CHECK_CODE(eddy_loop_close(&other), 0);
        tear_down();
    }
    CASE("a spawned task is refused with -EINVAL: its memory goes when it ends") {
        set_up_places();
        CHECK_OK(eddy_spawn(&loop, stray));
        turns(1);
        each[0].future = &spawned->future;
        CHECK_CODE(start(0), -EINVAL);
        CHECK_CODE(eddy_awaited_error(&each[0]), -EINVAL);
        run_out();
        tear_down();
    }
    CASE("the task whose step runs is refused with EDDY_EDEADLOCK") {
        struct narcissus frame;
        set_up_places();
        eddy_task_start(&self_task, &loop, narcissus, &frame);
        run_out();
        CHECK_CODE(outcome(&self_task), 0);
        tear_down();
    }
    CASE("a place in use is refused with EDDY_EQUEUED, and what it says and waits for stays") {
        set_up_places();
        CHECK_CODE(start(0), 0);
        CHECK_CODE(eddy_awaited_start(&each[0], &loop, &owners[1], on_done), EDDY_EQUEUED);
        CHECK(each[0].owner == owners);
        CHECK_CODE(eddy_awaited_error(&each[0]), EDDY_EPENDING);
        finish(&f[0], -EIO);
        turns(1);
        EXPECT("0=EIO");
        tear_down();
    }
    CASE("a place that was refused can be used again, and forgets why") {
        struct eddy_loop other;
        set_up_places();
        CHECK_OK(eddy_loop_open(&other, &scripted));
        eddy_future_init(&f[0], &other);
        CHECK_CODE(start(0), EDDY_EOTHER);
        eddy_future_init(&f[0], &loop);
        CHECK_CODE(start(0), 0);
        CHECK_CODE(eddy_awaited_error(&each[0]), EDDY_EPENDING);
        CHECK_CODE(eddy_loop_close(&other), 0);
        tear_down();
    }
}

/* ---- The same future in two places, and limits --------------------------------------------------- */

static void repeated(void)
{
    CASE("the same future in several places is repeated in all but the first, done or pending") {
        struct eddy_future two[2];
        struct eddy_awaited eight[8];
        char told[9] = "";
        set_up();
        for (int done = 0; done < 2; done++) {
            memset(eight, 0, sizeof eight);
            eddy_future_init(&two[0], &loop);
            eddy_future_init(&two[1], &loop);
            for (int i = 0; i < 6; i++)
                eight[i].future = &two[i % 3 == 1];
            if (done)
                finish(&two[0], 0);
            CHECK_CODE(eddy_awaited_find_repeated(eight, 8, &loop), 0);
            for (int i = 0; i < 8; i++)
                told[i] = eight[i].repeated ? 'r' : '-';
            CHECK_TEXT(told, "--rrrr--"); /* two places without a future repeat nothing */
            CHECK_INT(waiters_of(&two[0]) + waiters_of(&two[1]), 0);
        }
        tear_down();
    }
    CASE("who waits for a future already is not disturbed by the search for repeated ones") {
        struct eddy_awaited twice[2] = {{.future = &f[0]}, {.future = &f[0]}};
        set_up_places();
        CHECK_CODE(start(0), 0);
        CHECK_CODE(eddy_awaited_find_repeated(twice, 2, &loop), 0);
        CHECK(!twice[0].repeated && twice[1].repeated);
        CHECK_INT(waiters_of(&f[0]), 1);
        finish(&f[0], 0);
        turns(1);
        EXPECT("0=OK");
        tear_down();
    }
    CASE("when one of the places is in use, EDDY_EQUEUED, and nothing has changed") {
        set_up_places();
        each[1].future = &f[0];
        CHECK_CODE(start(2), 0);
        CHECK_CODE(eddy_awaited_find_repeated(each, N, &loop), EDDY_EQUEUED);
        CHECK(!each[1].repeated);
        CHECK_INT(waiters_of(&f[0]), 0);
        CHECK_INT(waiters_of(&f[2]), 1);
        tear_down();
    }
}

static void on_limit(struct eddy_handle *handle)
{
    (void)handle;
    note("limit");
}

static void limits(void)
{
    CASE("a limit for ever sets no timer; 0 or below is due at once; NaN and 1e300 are refused") {
        static const double at_once[] = {0, -1, -1e300};
        struct eddy_timer timer;
        set_up();
        eddy_timer_init(&timer, on_limit);
        CHECK_CODE(eddy_awaited_limit(&loop, &timer, EDDY_FOREVER), 0);
        CHECK_INT(loop.timers.count, 0);
        CHECK_CODE(eddy_awaited_limit(&loop, &timer, NAN), -EINVAL);
        CHECK_CODE(eddy_awaited_limit(&loop, &timer, 1e300), -ERANGE);
        CHECK_INT(loop.timers.count, 0);
        for (int i = 0; i < 3; i++) {
            CHECK_CODE(eddy_awaited_limit(&loop, &timer, at_once[i]), 0);
            turns(1);
            EXPECT("limit");
        }
        CHECK(scripted_time() == 1000);
        tear_down();
    }
}

/* ---- Cancels in a line --------------------------------------------------------------------------- */

/* Each calls the next one, the last one the first. */
static struct link {
    struct eddy_canceller canceller;
    int calls;
} chain[CHAIN];

static int depth, deepest;

static void call_next(struct eddy_canceller *canceller)
{
    struct link *link = container_of(canceller, struct link, canceller);

    deepest = ++depth > deepest ? depth : deepest;
    note("%d", (int)(link - chain));
    link->calls++;
    eddy_canceller_call(&chain[(link - chain + 1) % CHAIN].canceller);
    eddy_canceller_call(&chain[(link - chain + 2) % CHAIN].canceller);
    depth--;
}

static void in_a_line(void)
{
    CASE("cancels that lead to others are not nested, each is called once, and a ring ends") {
        for (int i = 0; i < CHAIN; i++)
            chain[i].canceller.cancel = call_next;
        eddy_canceller_call(&chain[3].canceller);
        EXPECT("3 4 0 1 2");
        CHECK_INT(deepest, 1);
        DID("the next cancel comes to all of them again");
        eddy_canceller_call(&chain[0].canceller);
        EXPECT("0 1 2 3 4");
        for (int i = 0; i < CHAIN; i++)
            CHECK_INT(chain[i].calls, 2);
    }
    CASE("the numbers of rounds are not used up: after 2^32 cancels none is left out") {
        CHECK(sizeof chain[0].canceller.round >=
              sizeof(uint64_t)); /* to count so far takes minutes */
    }
    CASE("what is refused, is not there or is done is not cancelled") {
        struct eddy_awaited empty = {0};
        set_up_places();
        each[0].refused = EDDY_EOTHER;
        finish(&f[1], -EIO);
        eddy_awaited_cancel(&empty);
        for (int i = 0; i < N; i++)
            eddy_awaited_cancel(&each[i]);
        CHECK_CODE(eddy_future_error(&f[0]), EDDY_EPENDING);
        CHECK_CODE(eddy_future_error(&f[1]), -EIO);
        CHECK_CODE(eddy_future_error(&f[2]), -ECANCELED);
        tear_down();
    }
}

TESTS
{
    waits();
    refused();
    repeated();
    limits();
    in_a_line();
}
