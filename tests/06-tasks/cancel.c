/*
 * Cancelling one task: before it begins, while it waits, when its result is in line, in its own
 * step, in its cleanup section, and again. The rules stand in task.h.
 */
#include "tasks.h"

#include "faults.h"

#include <math.h>
#include <stdlib.h>

static struct eddy_task a, b;
static struct eddy_future future, second;
static int starts; /* operations that were started */

static void set_up_futures(void)
{
    set_up();
    eddy_future_init(&future, &loop);
    eddy_future_init(&second, &loop);
}

static struct eddy_future *counted(struct eddy_future *started)
{
    starts++;
    return started;
}

/* Two awaits, each of which counts that its operation was started, and tells what came of it. */
struct twice {
    struct eddy_co co;
    struct eddy_future *first, *second;
};

static struct eddy_step twice(struct eddy_co *co)
{
    struct twice *self = CO_FRAME(co, twice);

    CO_BEGIN(co);
    note("a");
    CO_TRY_AWAIT(co, counted(self->first));
    note("first=%s", eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co, counted(self->second));
    note("second=%s", eddy_errname(eddy_co_error(co)));
    CO_FINALLY(co);
    note("a.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* An operation whose cancel hook only notes the wish. */
static int wishes;

static void note_wish(struct eddy_future *cancelled)
{
    (void)cancelled;
    wishes++;
}

static const struct eddy_future_type job = {.name = "job", .cancel = note_wish};

/* ---- Before its first step -------------------------------------------------------------------- */

struct given {
    struct eddy_co co;
    void *block;
    struct eddy_future *goodbye;
};

static struct eddy_step given(struct eddy_co *co)
{
    struct given *self = CO_FRAME(co, given);

    CO_BEGIN(co);
    note("body");
    CO_FINALLY(co);
    free(self->block);
    if (self->goodbye)
        CO_AWAIT(co, self->goodbye);
    note("cleaned %s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

struct bare {
    struct eddy_co co;
};

static struct eddy_step bare(struct eddy_co *co)
{
    CO_BEGIN(co);
    note("body");
    CO_AWAIT(co, eddy_next_turn());
    note("went on");
    CO_END(co);
}

static void before(void)
{
    CASE("cancelled before its first step, a task only cleans up, with its arguments") {
        struct given frame;
        set_up();
        CAUSE("the body was given something; nobody else will give it back");
        eddy_task_start(&a, &loop, given, &frame, .block = malloc(8));
        CHECK(cancel_task(&a));
        CHECK_OK(eddy_spawn(&loop, given, .block = malloc(8)));
        CHECK(eddy_task_cancel(eddy_next_task(&loop, &a)));
        CHECK_CODE(outcome(&a), EDDY_EPENDING);
        run_out();
        EXPECT("cleaned ECANCELED cleaned ECANCELED");
        CHECK_CODE(outcome(&a), -ECANCELED);
        CHECK_INT(reports, 0);
        tear_down();
    }

    CASE("its cleanup section may wait then, and a second cancel does not cut it") {
        struct given frame;
        set_up_futures();
        eddy_task_start(&a, &loop, given, &frame, .goodbye = &future);
        CHECK(cancel_task(&a));
        turns(1);
        CHECK(cancel_task(&a));
        turns(1);
        EXPECT("");
        CHECK(!eddy_future_done(&future));
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        EXPECT("cleaned ECANCELED");
        tear_down();
    }

    CASE("one without a cleanup section ends as cancelled, and nothing of it runs") {
        struct bare frame;
        set_up();
        eddy_task_start(&a, &loop, bare, &frame);
        CHECK(cancel_task(&a));
        CHECK(cancel_task(&a)); /* twice is once */
        run_out();
        EXPECT("");
        CHECK_CODE(outcome(&a), -ECANCELED);
        CHECK(!cancel_task(&a));
        tear_down();
    }
}

/* ---- While it waits ----------------------------------------------------------------------------- */

static void cancel_b(struct eddy_handle *handle)
{
    (void)handle;
    CHECK(cancel_task(&b));
}

static void waiting(void)
{
    CASE("a task that waits: what it waits for is cancelled, and the await says so") {
        struct waiter frame;
        set_up_futures();
        eddy_task_start(&a, &loop, waiter, &frame, .name = "a", .on = &future);
        turns(1);
        CHECK(cancel_task(&a));
        CHECK(eddy_future_cancelled(&future));
        CHECK_CODE(outcome(&a), EDDY_EPENDING);
        turns(1);
        EXPECT("a a.ECANCELED");
        CHECK_CODE(outcome(&a), -ECANCELED);
        CHECK(!cancel_task(&a));
        tear_down();
    }

    CASE("a body that deals with it and returns has succeeded: cancelled is no state of a task") {
        struct catcher frame;
        set_up_futures();
        eddy_task_start(&a, &loop, catcher, &frame, .name = "a", .on = &future);
        turns(1);
        CHECK(cancel_task(&a));
        turns(1);
        EXPECT("a a=ECANCELED a.OK");
        CHECK_CODE(outcome(&a), 0);
        tear_down();
    }

    CASE("a body may refuse and go on, and each later cancel is delivered again") {
        struct stubborn frame;
        set_up();
        eddy_task_start(&a, &loop, stubborn, &frame, .name = "a", .rounds = 3);
        for (int i = 0; i < 3; i++) {
            turns(2);
            CHECK_CODE(outcome(&a), EDDY_EPENDING);
            CHECK(cancel_task(&a));
            CHECK(cancel_task(&a)); /* two before it runs again are one */
        }
        turns(1);
        EXPECT("a a=ECANCELED a=ECANCELED a=ECANCELED a.OK");
        CHECK_CODE(outcome(&a), 0);
        tear_down();
    }

    CASE("what a task waits for may be cancelled by somebody else: an error like any other") {
        struct waiter one;
        struct twice two;
        set_up_futures();
        eddy_task_start(&a, &loop, waiter, &one, .name = "b", .on = &future);
        turns(1);
        CHECK(eddy_future_cancel(&future));
        turns(1);
        EXPECT("b b.ECANCELED");
        CHECK_CODE(outcome(&a), -ECANCELED);
        CHECK_INT(reports, 0);
        DID("the same, and the task itself is cancelled before it runs again: its own request "
            "waits");
        eddy_future_init(&future, &loop);
        eddy_task_start(&a, &loop, twice, &two, .first = &future, .second = &second);
        turns(1);
        CHECK(eddy_future_cancel(&future));
        CHECK(cancel_task(&a));
        turns(1);
        EXPECT("a first=ECANCELED second=ECANCELED a.OK");
        CHECK_INT(starts, 1);
        tear_down();
    }

    CASE("an operation only notes the wish: its result is delivered, the cancel lands behind") {
        struct twice frame;
        set_up_futures();
        eddy_future_init_type(&future, &loop, &job);
        eddy_task_start(&a, &loop, twice, &frame, .first = &future, .second = &second);
        turns(1);
        CHECK(cancel_task(&a));
        CHECK_INT(wishes, 1);
        turns(2);
        EXPECT("a");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        EXPECT("first=OK second=ECANCELED a.OK");
        CHECK_INT(starts, 1);
        tear_down();
    }

    CASE("an operation that fails while a wish is noted: its error is what the await says") {
        struct twice frame;
        set_up_futures();
        eddy_future_init_type(&future, &loop, &job);
        eddy_task_start(&a, &loop, twice, &frame, .first = &future, .second = &second);
        turns(1);
        CHECK(cancel_task(&a));
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        turns(1);
        EXPECT("a first=EIO second=ECANCELED a.OK");
        tear_down();
    }

    CASE("a cancelled sleep leaves no timer, also in the turn in which it is due") {
        struct sleeper one, two;
        struct eddy_timer *timer = &one.sleep.timer, first;
        set_up();
        eddy_task_start(&a, &loop, sleeper, &one, .name = "a", .seconds = 60);
        turns(1);
        CHECK(eddy_timer_when(&loop, timer) == 1060);
        CHECK(cancel_task(&a));
        CHECK(isnan(eddy_timer_when(&loop, timer)));
        run_out();
        CHECK(scripted_time() < 1060);
        EXPECT("a a.ECANCELED");
        DID("a timer that is due at the same time cancels the task whose sleep's timer is in line");
        eddy_timer_init(&first, cancel_b);
        CHECK_OK(eddy_loop_call_later(&loop, &first, 5));
        eddy_task_start(&b, &loop, sleeper, &two, .name = "b", .seconds = 5);
        run_out();
        EXPECT("b b.ECANCELED");
        tear_down();
    }
}

/* ---- When the result is there -------------------------------------------------------------------- */

/* Takes one thing after the other; each is ready already. */
struct taker {
    struct eddy_co co;
    int *stock;
    int held;
    struct eddy_future ready;
};

static struct eddy_future *take(struct taker *self)
{
    --*self->stock;
    self->held++;
    return eddy_future_init_done(&self->ready, &loop, 0);
}

static struct eddy_step taker(struct eddy_co *co)
{
    struct taker *self = CO_FRAME(co, taker);

    CO_BEGIN(co);
    while (*self->stock > 0) {
        CO_AWAIT(co, take(self));
        self->held--;
        ++*self->stock;
    }
    CO_FINALLY(co);
    note("held %d", self->held);
    CO_END(co);
}

static void cancel_a(struct eddy_handle *handle)
{
    (void)handle;
    CHECK(cancel_task(&a));
}

static void delivered(void)
{
    CASE("a delivered result wins, and the cancel lands before the next operation is started") {
        struct twice frame;
        set_up_futures();
        DID("set the result of what a task waits for, and cancelled the task in the same turn");
        CAUSE("neither may be lost: the result is delivered, and the request waits");
        eddy_task_start(&a, &loop, twice, &frame, .first = &future, .second = &second);
        turns(1);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK(cancel_task(&a));
        CHECK(cancel_task(&a));
        turns(1);
        EXPECT("a first=OK second=ECANCELED a.OK");
        CHECK_INT(starts, 1);
        CHECK(!eddy_future_done(&second));
        tear_down();
    }

    CASE("cancelled first, and then its result cannot be set any more: exactly one outcome") {
        struct twice frame;
        set_up_futures();
        eddy_task_start(&a, &loop, twice, &frame, .first = &future, .second = &second);
        turns(1);
        CHECK(cancel_task(&a));
        CHECK_CODE(eddy_future_set_result(&future, NULL), EDDY_EDONE);
        turns(1);
        CHECK_CODE(eddy_future_set_result(&second, NULL), 0);
        turns(1);
        EXPECT("a first=ECANCELED second=OK a.OK");
        tear_down();
    }

    CASE("a body that returns behind its delivered result ends with it, and the request is gone") {
        struct waiter one;
        struct catcher two;
        set_up_futures();
        eddy_task_start(&a, &loop, waiter, &one, .name = "a", .on = &future);
        turns(1);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK(cancel_task(&a));
        turns(1);
        EXPECT("a a=OK a.OK");
        CHECK_CODE(outcome(&a), 0);
        DID("another task that waits for that task, and was not cancelled, has its result");
        eddy_task_start(&b, &loop, catcher, &two, .name = "b", .on = &a.future);
        turns(1);
        EXPECT("b b=OK b.OK");
        tear_down();
    }

    CASE("a task that gives up a turn and is cancelled in it is stopped at the next await") {
        struct twice frame;
        set_up_futures();
        eddy_task_start(&a, &loop, twice, &frame, .first = eddy_next_turn(), .second = &second);
        turns(1);
        CHECK(cancel_task(&a));
        turns(1);
        EXPECT("a first=OK second=ECANCELED a.OK");
        CHECK_INT(starts, 1);
        tear_down();
    }

    CASE("awaits that are always ready do not hide from a cancel, and lose nothing to it") {
        struct taker frame;
        struct eddy_handle soon;
        int stock = 5;
        set_up();
        DID("a task takes and gives back in a loop, and never has to wait; a callback cancels it");
        CAUSE("an await of what is ready must give up a turn now and then, and look for a request");
        eddy_handle_init(&soon, cancel_a);
        eddy_task_start(&a, &loop, taker, &frame, .stock = &stock);
        CHECK_OK(eddy_loop_call_soon(&loop, &soon));
        run_out();
        EXPECT("held 0");
        CHECK_CODE(outcome(&a), -ECANCELED);
        CHECK_INT(stock, 5);
        tear_down();
    }
}

/* ---- By itself ---------------------------------------------------------------------------------- */

struct suicidal {
    struct eddy_co co;
    struct eddy_task *self;
    bool awaits, in_operand;
    struct eddy_future own;
};

static struct eddy_future *cancel_and_start(struct suicidal *self)
{
    starts++;
    eddy_future_init(&self->own, &loop);
    CHECK(cancel_task(self->self));
    return &self->own;
}

static struct eddy_step suicidal(struct eddy_co *co)
{
    struct suicidal *self = CO_FRAME(co, suicidal);

    CO_BEGIN(co);
    if (self->in_operand)
        CO_AWAIT(co, cancel_and_start(self));
    CHECK(cancel_task(self->self));
    note("still here");
    if (self->awaits)
        CO_AWAIT(co, counted(eddy_next_turn()));
    note("returns");
    CO_FINALLY(co);
    note("a.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void by_itself(void)
{
    CASE("a task that cancels itself is stopped at its next await, which starts nothing") {
        struct suicidal frame;
        set_up();
        eddy_task_start(&a, &loop, suicidal, &frame, .self = &a, .awaits = true);
        run_out();
        EXPECT("still here a.ECANCELED");
        CHECK_INT(starts, 0);
        CHECK_CODE(outcome(&a), -ECANCELED);
        tear_down();
    }

    CASE("a task that cancels itself and returns has returned") {
        struct suicidal frame;
        set_up();
        eddy_task_start(&a, &loop, suicidal, &frame, .self = &a);
        run_out();
        EXPECT("still here returns a.OK");
        CHECK_CODE(outcome(&a), 0);
        tear_down();
    }

    CASE("a cancel that comes while the operation is being started reaches that operation") {
        struct suicidal frame;
        set_up();
        DID("the function that starts the operation cancels the task that is going to wait for it");
        CAUSE("the request was looked for before; when the task is about to wait it is there");
        eddy_task_start(&a, &loop, suicidal, &frame, .self = &a, .in_operand = true);
        run_out();
        EXPECT("a.ECANCELED");
        CHECK_INT(eddy_task_cancelling(&a), 1);
        CHECK(eddy_future_cancelled(&frame.own));
        CHECK_CODE(outcome(&a), -ECANCELED);
        tear_down();
    }
}

/* ---- In the cleanup section ---------------------------------------------------------------------- */

struct polite {
    struct eddy_co co;
    struct eddy_future *on;
    struct eddy_sleep sleep;
    int i;
};

static struct eddy_step polite(struct eddy_co *co)
{
    struct polite *self = CO_FRAME(co, polite);

    CO_BEGIN(co);
    if (self->on)
        CO_AWAIT(co, self->on);
    CO_FINALLY(co);
    for (self->i = 0; self->i < 3; self->i++) {
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1));
        note("bye=%s", eddy_errname(eddy_co_error(co)));
    }
    note("a.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Calls a polite one, and then waits. */
struct host {
    struct eddy_co co;
    struct polite polite;
    struct eddy_future *on, *then;
};

static struct eddy_step host(struct eddy_co *co)
{
    struct host *self = CO_FRAME(co, host);

    CO_BEGIN(co);
    CO_CALL(co, polite, &self->polite, .on = self->on);
    note("called");
    CO_AWAIT(co, counted(self->then));
    note("waited");
    CO_FINALLY(co);
    note("host.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void in_cleanup(void)
{
    CASE("the cleanup section is never cut short, however often it is cancelled") {
        struct polite frame;
        set_up_futures();
        eddy_task_start(&a, &loop, polite, &frame, .on = &future);
        turns(1);
        for (int i = 0; i < 4; i++) {
            CHECK(cancel_task(&a));
            turns(1);
        }
        run_out();
        EXPECT("bye=OK bye=OK bye=OK a.ECANCELED");
        CHECK(scripted_time() == 1003);
        CHECK_CODE(outcome(&a), -ECANCELED);
        tear_down();
    }

    CASE("a body that had succeeded when its cleanup section was cancelled has succeeded") {
        struct polite frame;
        set_up();
        eddy_task_start(&a, &loop, polite, &frame, .on = NULL);
        turns(1);
        CHECK(cancel_task(&a));
        run_out();
        EXPECT("bye=OK bye=OK bye=OK a.OK");
        CHECK_CODE(outcome(&a), 0);
        tear_down();
    }

    CASE("a cancel in a called one's cleanup waits for its end, and lands in the caller") {
        struct host frame;
        set_up_futures();
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        eddy_task_start(&a, &loop, host, &frame, .on = &future, .then = &second);
        turns(1);
        CHECK(cancel_task(&a));
        run_out();
        EXPECT("bye=OK bye=OK bye=OK a.OK called host.ECANCELED");
        CHECK_INT(starts, 0);
        CHECK(!eddy_future_done(&second));
        tear_down();
    }
}

TESTS
{
    before();
    waiting();
    delivered();
    by_itself();
    in_cleanup();
}
