/* gather: the order of results, the first error, cancels from within and without, what is refused. */
#include "many.h"

#include "gather.h"

#include <math.h>

enum { N = 3 };

static struct eddy_gather gather;
static struct eddy_future f[N];
static struct eddy_awaited each[N];

/* ---- Children and a parent ----------------------------------------------------------------------- */

/* Sleeps, and ends with `outcome`; if it is cancelled it may succeed, or fail with `instead`; and then
 * its cleanup takes a while. */
struct child {
    struct eddy_co co;
    const char *name;
    double seconds, cleanup;
    int outcome, instead;
    bool succeeds;
    struct eddy_sleep sleep;
};

static struct eddy_step child(struct eddy_co *co)
{
    struct child *self = CO_FRAME(co, child);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->seconds));
    if (eddy_co_error(co) == 0)
        CO_FAIL(co, self->outcome);
    if (!self->succeeds)
        CO_FAIL(co, self->instead ? self->instead : -ECANCELED);
    CO_FINALLY(co);
    if (self->cleanup > 0)
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->cleanup));
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static struct eddy_task kids[N];
static struct child frames[N];

#define CHILD(i, ...)                                                                        \
    (each[i] =                                                                               \
         (struct eddy_awaited){.future = eddy_task_start(&kids[i], &loop, child, &frames[i], \
                                                         .name = &"a\0b\0c"[(i)*2], __VA_ARGS__)})

/* Awaits a gather of all; and then another turn, so that a request that is left lands there. */
struct parent {
    struct eddy_co co;
    struct eddy_future *(*start)(struct eddy_gather *gather, struct eddy_loop *loop,
                                 struct eddy_awaited *awaited, size_t n);
    bool stops; /* at an error */
};

static struct eddy_step parent(struct eddy_co *co)
{
    struct parent *self = CO_FRAME(co, parent);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, self->start(&gather, eddy_co_loop(co), each, N));
    note("gather=%s", eddy_errname(eddy_co_error(co)));
    if (self->stops && eddy_co_error(co) < 0)
        CO_FAIL(co, eddy_co_error(co));
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    note("p.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Asks itself to end, and then awaits a gather. */
struct doomed {
    struct eddy_co co;
};

static struct eddy_step doomed(struct eddy_co *co)
{
    CO_BEGIN(co);
    CHECK(eddy_task_cancel(eddy_current_task()));
    CO_AWAIT(co, (note("started"), eddy_gather(&gather, &loop, each, N)));
    CO_FINALLY(co);
    note("%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static struct eddy_task p;
static struct parent frame;

static void start_parent(void)
{
    eddy_task_start(&p, &loop, parent, &frame, .start = eddy_gather);
}

static void start_collecting(void)
{
    eddy_task_start(&p, &loop, parent, &frame, .start = eddy_gather_settled);
}

static void pass(double seconds)
{
    static struct eddy_sleep sleep;

    CHECK_CODE(eddy_loop_run_until_complete(&loop, eddy_sleep(&sleep, &loop, seconds)), 0);
}

static void set_up_places(void)
{
    set_up();
    begin_all(f, each, N);
}

/* ---- Results ------------------------------------------------------------------------------------- */

static void results(void)
{
    CASE("gather's results stand in the order of the places, however the futures end") {
        struct eddy_sleep_result sleeps[N];
        static char words[N][8] = {"one", "two", "three"};
        set_up_places();
        for (int i = 0; i < N; i++)
            each[i].future = eddy_sleep_result(&sleeps[i], &loop, N - i, words[i]);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, eddy_gather(&gather, &loop, each, N)), 0);
        CHECK(gather.future.result == each);
        for (int i = 0; i < N; i++)
            CHECK_TEXT(each[i].future->result, words[i]);
        CHECK(scripted_time() == 1003);
        CHECK_INT(gather.failures, 0);
        tear_down();
    }
    CASE("a gather of nothing is done at once, with 0") {
        set_up();
        CHECK_CODE(eddy_future_error(eddy_gather(&gather, &loop, NULL, 0)), 0);
        CHECK_CODE(eddy_future_error(eddy_gather_settled(&gather, &loop, NULL, 0)), 0);
        CHECK_CODE(eddy_future_error(eddy_gather_cancel(&gather, &loop, NULL, 0)), 0);
        CHECK(gather.future.result == NULL);
        tear_down();
    }
    CASE("a gather of what is done already is done in the next turn, not at once") {
        set_up_places();
        finish(&f[0], 0);
        finish(&f[1], 0);
        each[2].future = NULL;
        eddy_gather(&gather, &loop, each, N);
        CHECK(!eddy_future_done(&gather.future));
        turns(1);
        CHECK_CODE(eddy_future_error(&gather.future), 0);
        tear_down();
    }
    CASE("the same future in two places is awaited once in each, and cancelled once") {
        set_up_places();
        each[2].future = &f[0];
        eddy_gather(&gather, &loop, each, N);
        CHECK_INT(waiters_of(&f[0]), 2);
        finish(&f[0], -EIO);
        turns(2);
        CHECK_CODE(eddy_future_error(&gather.future), -EIO);
        CHECK_CODE(eddy_awaited_error(&each[2]), -EIO);
        CHECK_CODE(eddy_awaited_error(&each[1]), -ECANCELED);
        tear_down();
    }
    CASE("eddy_gather_of starts its futures in their order, and knows how many there are") {
        struct eddy_sleep sleeps[2];
        set_up_places();
        memset(each, 0, sizeof each);
        eddy_gather_of(&gather, &loop, each, (note("one"), eddy_sleep(&sleeps[0], &loop, 1)),
                       (note("two"), eddy_sleep(&sleeps[1], &loop, 2)));
        EXPECT("one two");
        CHECK_INT(gather.count, 2);
        CHECK(each[1].future == &sleeps[1].future && each[2].future == NULL);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &gather.future), 0);
        CHECK(scripted_time() == 1002);
        tear_down();
    }
}

/* ---- Errors ------------------------------------------------------------------------------------ */

static void errors(void)
{
    CASE("gather's first error cancels the others, and it ends when all have, with that error") {
        set_up();
        start_parent();
        CHILD(0, .seconds = 9, .cleanup = 5);
        CHILD(1, .seconds = 1, .outcome = -EIO);
        CHILD(2, .seconds = 9, .cleanup = 2);
        run_out();
        EXPECT("b.EIO c.ECANCELED a.ECANCELED gather=EIO p.OK");
        CHECK(scripted_time() == 1006);
        CHECK_INT(gather.failures, 1);
        CHECK_INT(reports, 0);
        tear_down();
    }
    CASE("gather's error is the first in time, and later ones are counted, and in their places") {
        set_up();
        start_parent();
        CHILD(0, .seconds = 9, .instead = -EPIPE);
        CHILD(1, .seconds = 1, .outcome = -EIO);
        CHILD(2, .seconds = 9);
        run_out();
        EXPECT("b.EIO a.EPIPE c.ECANCELED gather=EIO p.OK");
        CHECK_INT(gather.failures, 2);
        CHECK_CODE(eddy_awaited_error(&each[0]), -EPIPE);
        CHECK_INT(reports, 0);
        tear_down();
    }
    CASE("gather's others are cancelled once, also when a second one fails") {
        set_up();
        start_parent();
        CHILD(0, .seconds = 1, .outcome = -EIO);
        CHILD(1, .seconds = 9, .instead = -EPIPE);
        CHILD(2, .seconds = 9, .cleanup = 5);
        pass(2);
        CHECK_INT(eddy_task_cancelling(&kids[2]), 1);
        run_out();
        tear_down();
    }
    CASE("a child that a stranger cancels has failed, and gather cancels the others") {
        set_up();
        start_parent();
        for (int i = 0; i < N; i++)
            CHILD(i, .seconds = 9, .cleanup = 1 + i);
        turns(2);
        CHECK(cancel_task(&kids[1]));
        run_out();
        EXPECT("b.ECANCELED a.ECANCELED c.ECANCELED gather=ECANCELED p.OK");
        CHECK_INT(gather.failures, 1);
        tear_down();
    }
    CASE("a settled gather takes errors for results: none cancels, and the outcome is 0") {
        set_up();
        start_collecting();
        CHILD(0, .seconds = 2);
        CHILD(1, .seconds = 1, .outcome = -EIO);
        CHILD(2, .seconds = 3);
        turns(2);
        CHECK(cancel_task(&kids[2]));
        run_out();
        EXPECT("c.ECANCELED b.EIO a.OK gather=OK p.OK");
        CHECK_CODE(eddy_awaited_error(&each[0]), 0);
        CHECK_CODE(eddy_awaited_error(&each[1]), -EIO);
        CHECK_CODE(eddy_awaited_error(&each[2]), -ECANCELED);
        CHECK_INT(gather.failures, 2);
        tear_down();
    }
}

/* ---- Cancelled --------------------------------------------------------------------------------- */

static void cancelled(void)
{
    CASE("cancelling a gather cancels all its children, and it ends when they have ended") {
        set_up();
        start_parent();
        for (int i = 0; i < N; i++)
            CHILD(i, .seconds = 9, .cleanup = 3 - i);
        turns(2);
        CHECK(cancel_task(&p));
        run_out();
        EXPECT("c.ECANCELED b.ECANCELED a.ECANCELED gather=ECANCELED p.OK");
        CHECK(scripted_time() == 1003);
        CHECK_INT(gather.failures, 0);
        tear_down();
    }
    CASE("cancelling a settled gather ends it as cancelled, not with a list of cancelled ones") {
        set_up();
        start_collecting();
        CHILD(0, .seconds = 1);
        CHILD(1, .seconds = 9, .cleanup = 1);
        CHILD(2, .seconds = 9);
        pass(2);
        CHECK(cancel_task(&p));
        run_out();
        EXPECT("a.OK c.ECANCELED b.ECANCELED gather=ECANCELED p.OK");
        CHECK_INT(gather.failures, 0);
        tear_down();
    }
    CASE("a gather whose children are all done is not cancelled: its results are delivered") {
        set_up_places();
        eddy_gather(&gather, &loop, each, N);
        for (int i = 0; i < N; i++)
            finish(&f[i], 0);
        DID("the children are done, and gather has not heard of it: cancelled it, and once more "
            "later");
        eddy_future_cancel(&gather.future);
        turns(1);
        CHECK_CODE(eddy_future_error(&gather.future), 0);
        CHECK(!eddy_future_cancel(&gather.future));
        CHECK_CODE(eddy_future_error(&gather.future), 0);
        tear_down();
    }
    CASE("when all children succeed in spite of a cancel, so does gather, and the request waits") {
        set_up();
        start_parent();
        for (int i = 0; i < N; i++)
            CHILD(i, .seconds = 9, .succeeds = true);
        turns(2);
        CHECK(cancel_task(&p));
        run_out();
        EXPECT("a.OK b.OK c.OK gather=OK p.ECANCELED");
        tear_down();
    }
    CASE("a child that fails while its parent is cancelled is gather's error (cpython 95704)") {
        set_up();
        start_parent();
        CHILD(0, .seconds = 9, .cleanup = 1);
        CHILD(1, .seconds = 9, .instead = -EIO, .cleanup = 2);
        CHILD(2, .seconds = 9, .cleanup = 3);
        turns(2);
        CHECK(cancel_task(&p));
        run_out();
        EXPECT("a.ECANCELED b.EIO c.ECANCELED gather=EIO p.ECANCELED");
        CHECK_INT(gather.failures, 1);
        tear_down();
    }
    CASE("a gather whose first child has failed is cancelled: the others end (cpython 81884)") {
        set_up();
        start_parent();
        frame.stops = true;
        CHILD(0, .seconds = 1, .outcome = -EIO);
        CHILD(1, .seconds = 9, .cleanup = 5);
        CHILD(2, .seconds = 9);
        pass(2);
        DID("the first has failed, the second is in its cleanup section; cancelled the parent");
        CHECK(cancel_task(&p));
        run_out();
        EXPECT("a.EIO c.ECANCELED b.ECANCELED gather=EIO p.EIO");
        CHECK(scripted_time() == 1006);
        tear_down();
    }
    CASE("when a cancel lands at the await of a gather, nothing is started") {
        struct doomed ends;
        set_up();
        eddy_task_start(&p, &loop, doomed, &ends);
        run_out();
        EXPECT("ECANCELED");
        tear_down();
    }
    CASE("a child whose error is in line when gather is cancelled is still gather's error") {
        set_up_places();
        eddy_gather(&gather, &loop, each, N);
        finish(&f[1], -EIO);
        CHECK(eddy_future_cancel(&gather.future));
        turns(2);
        CHECK_CODE(eddy_future_error(&gather.future), -EIO);
        CHECK_CODE(eddy_future_error(&f[0]), -ECANCELED);
        tear_down();
    }
    CASE("a child that refuses a cancel is asked again by the next one") {
        struct stubborn twice;
        set_up();
        start_parent();
        memset(each, 0, sizeof each);
        each[0].future =
            eddy_task_start(&kids[0], &loop, stubborn, &twice, .name = "s", .rounds = 2);
        turns(2);
        for (int i = 0; i < 2; i++) {
            CHECK(cancel_task(&p));
            turns(1);
        }
        run_out();
        EXPECT("s s=ECANCELED s=ECANCELED s.OK gather=OK p.ECANCELED");
        tear_down();
    }
    CASE("eddy_gather_cancel cancels all, and is done with 0 when they have ended") {
        set_up();
        for (int i = 0; i < N; i++)
            CHILD(i, .seconds = 9, .cleanup = 3 - i, .instead = i == 1 ? -EIO : 0);
        turns(1);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, eddy_gather_cancel(&gather, &loop, each, N)),
                   0);
        EXPECT("c.ECANCELED b.EIO a.ECANCELED");
        CHECK_INT(gather.failures, 1);
        tear_down();
    }
    CASE("eddy_gather_cancel leaves a place that is in use alone, and says so when the others have "
         "ended") {
        struct eddy_gather first;
        set_up_places();
        eddy_gather(&first, &loop, &each[1], 1);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, eddy_gather_cancel(&gather, &loop, each, N)),
                   EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(&f[0]), -ECANCELED);
        CHECK_CODE(eddy_future_error(&f[2]), -ECANCELED);
        CHECK(!eddy_future_done(&f[1]) && !eddy_future_done(&first.future));
        finish(&f[1], 0);
        run_out();
        CHECK_CODE(eddy_future_error(&first.future), 0);
        tear_down();
    }
    CASE("eddy_gather_cancel takes what was never started, or is done, for ended") {
        set_up_places();
        memset(kids, 0, sizeof kids);
        for (int i = 0; i < N; i++)
            each[i].future = &kids[i].future;
        CHECK_CODE(eddy_loop_run_until_complete(&loop, eddy_gather_cancel(&gather, &loop, each, N)),
                   0);
        tear_down();
    }
}

/* ---- What is refused ----------------------------------------------------------------------------- */

/* The first of three places is refused: the others are cancelled, and awaited. */
static void expect_refusal(int err)
{
    char want[100];

    CHILD(1, .seconds = 9, .cleanup = 1);
    CHILD(2, .seconds = 9, .cleanup = 2);
    start_parent();
    run_out();
    snprintf(want, sizeof want, "b.ECANCELED c.ECANCELED gather=%s p.OK", eddy_errname(err));
    EXPECT(want);
    CHECK_INT(gather.failures, 1);
    CHECK_CODE(eddy_awaited_error(&each[0]), err);
}

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
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 20));
    CO_FINALLY(co);
    note("stray.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void on_nothing(struct eddy_handle *handle)
{
    (void)handle;
}

static void refused(void)
{
    CASE("gather of a future of another loop fails with EDDY_EOTHER when the others have ended") {
        struct eddy_loop other;
        set_up_places();
        CHECK_OK(eddy_loop_open(&other, &scripted));
        eddy_future_init(&f[0], &other);
        expect_refusal(EDDY_EOTHER);
        CHECK_CODE(eddy_future_error(&f[0]), EDDY_EPENDING); /* it is not cancelled */
        CHECK_CODE(eddy_loop_close(&other), 0);
        tear_down();
    }
    CASE("gather of a spawned task fails with EINVAL, and does not cancel it") {
        set_up_places();
        CHECK_OK(eddy_spawn(&loop, stray));
        turns(1);
        each[0].future = &spawned->future;
        CHILD(1, .seconds = 9);
        CHILD(2, .seconds = 9);
        start_parent();
        pass(5);
        EXPECT("b.ECANCELED c.ECANCELED gather=EINVAL p.OK");
        run_out();
        EXPECT("stray.OK");
        tear_down();
    }
    CASE("gather of the task that awaits it fails with EDDY_EDEADLOCK, and does not cancel it") {
        set_up_places();
        each[0].future = &p.future;
        start_parent();
        CHILD(1, .seconds = 9);
        CHILD(2, .seconds = 9);
        run_out();
        EXPECT("b.ECANCELED c.ECANCELED gather=EDDY_EDEADLOCK p.OK");
        tear_down();
    }
    CASE("gather of a place in use fails with EDDY_EQUEUED, and its first user waits on") {
        struct eddy_gather first;
        set_up_places();
        eddy_gather(&first, &loop, each, 1);
        CHILD(1, .seconds = 9);
        CHILD(2, .seconds = 9);
        start_parent();
        run_out();
        EXPECT("b.ECANCELED c.ECANCELED gather=EDDY_EQUEUED p.OK");
        finish(&f[0], 0);
        turns(1);
        CHECK_CODE(eddy_future_error(&first.future), 0);
        tear_down();
    }
    CASE("eddy_gather_of leaves a place in use its future") {
        struct eddy_gather first;
        set_up_places();
        eddy_gather(&first, &loop, each, 1);
        eddy_gather_of(&gather, &loop, each, &f[1], &f[2]);
        CHECK(each[0].future == &f[0]);
        CHECK_CODE(eddy_future_error(&f[2]), -ECANCELED);
        turns(1);
        CHECK_CODE(eddy_future_error(&gather.future), EDDY_EQUEUED);
        finish(&f[0], 0);
        turns(1);
        CHECK_CODE(eddy_future_error(&first.future), 0);
        tear_down();
    }
    CASE("when all are refused gather is done at once; a settled one with 0") {
        struct eddy_loop other;
        set_up_places();
        CHECK_OK(eddy_loop_open(&other, &scripted));
        for (int i = 0; i < N; i++)
            eddy_future_init(&f[i], &other);
        CHECK_CODE(eddy_future_error(eddy_gather(&gather, &loop, each, N)), EDDY_EOTHER);
        CHECK_INT(gather.failures, N);
        CHECK_CODE(eddy_future_error(eddy_gather_settled(&gather, &loop, each, N)), 0);
        CHECK_INT(gather.failures, N);
        CHECK_CODE(eddy_loop_close(&other), 0);
        tear_down();
    }
    CASE("on a closed loop a gather is done at once with EDDY_ECLOSED") {
        set_up_places();
        tear_down();
        CHECK_CODE(eddy_future_error(eddy_gather(&gather, &loop, each, N)), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(eddy_gather_settled(&gather, &loop, each, N)), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(eddy_gather_cancel(&gather, &loop, each, N)), EDDY_ECLOSED);
    }
    CASE("nobody but its children ends a gather: to set its result is EDDY_EOTHER") {
        struct eddy_handle handle = {.fn = on_nothing};
        set_up_places();
        eddy_gather(&gather, &loop, each, N);
        CHECK_CODE(eddy_future_set_result(&gather.future, NULL), EDDY_EOTHER);
        CHECK_CODE(eddy_future_add_done_callback(&gather.future, &handle), 0);
        DID("a loop that is stuck tells how many children have not ended");
        finish(&f[0], 0);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &gather.future), EDDY_ESTUCK);
        CHECK(strstr(reported, "gather: 2 of 3 have not ended"));
        tear_down();
    }
}

TESTS
{
    results();
    errors();
    cancelled();
    refused();
}
