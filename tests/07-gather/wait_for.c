/* A time-out for one await: what is awaited has ended when it comes back, and what came all the same
 * wins. */
#include "limits.h"

#include "faults.h"
#include "gather.h"
#include "wait_for.h"

#include <sys/resource.h>

static struct eddy_task a, b, inner;
static struct slow inner_frame;
static struct eddy_future future, next;

/* Waits with a limit for `on`, which may be a task that it starts itself; and then for `then`. */
struct limited {
    struct eddy_co co;
    const char *name;
    double seconds;
    struct eddy_future *on, *then;
    void *result;
    struct eddy_wait_for limit;
};

static struct eddy_step limited(struct eddy_co *co)
{
    struct limited *self = CO_FRAME(co, limited);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, eddy_co_loop(co), self->on, self->seconds));
    note("%s=%s@%g", self->name, eddy_errname(eddy_co_error(co)), now());
    CHECK_CODE(eddy_future_result(&self->limit.future, &self->result), eddy_co_error(co));
    if (self->then)
        CO_AWAIT(co, self->then);
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static struct limited a_frame, b_frame;

static void set_up_futures(int debug)
{
    set_up_in(debug);
    eddy_future_init(&future, &loop);
    eddy_future_init(&next, &loop);
}

static void limit_a(struct eddy_future *on, double seconds)
{
    eddy_task_start(&a, &loop, limited, &a_frame, .name = "a", .on = on, .seconds = seconds);
}

static void set_result(void)
{
    note("set:%s", eddy_errname(eddy_future_set_result(&future, &future)));
}

static void cancel_a(void)
{
    cancel_task(&a);
}

static void cancel_future(void)
{
    eddy_future_cancel(&future);
}

static void set_and_cancel(void)
{
    set_result();
    cancel_a();
}

static void cancel_and_set(void)
{
    cancel_a();
    set_result();
}

/* ---- In time ----------------------------------------------------------------------------------- */

static void in_time(void)
{
    CASE("a result in time is the await's own, and no timer is left") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            limit_a(&future, 5);
            call_in(&later, 1, set_result);
            turns(1);
            CHECK_INT(timers(), 2);
            run_out();
            EXPECT("set:OK a=OK@1 a.OK");
            CHECK(a_frame.result == &future);
            CHECK_INT(timers(), 0);
            CHECK(now() == 1);
            tear_down();
        }
    }

    CASE("without a limit it waits as long as it takes, and sets no timer") {
        struct later later;
        set_up_futures(0);
        limit_a(&future, EDDY_FOREVER);
        turns(1);
        CHECK_INT(timers(), 0);
        call_in(&later, 1e6, set_result);
        run_out();
        EXPECT("set:OK a=OK@1e+06 a.OK");
        tear_down();
    }

    CASE("an error in time is passed on, and so is a cancel that was a stranger's") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 1,
                            .outcome = -EIO);
            limit_a(&inner.future, 2);
            eddy_task_start(&b, &loop, limited, &b_frame, .name = "b", .on = &future, .seconds = 9,
                            .then = eddy_next_turn());
            call_in(&later, 3, cancel_future);
            run_out();
            EXPECT("i.EIO@1 a=EIO@1 a.OK b=ECANCELED@3 b.OK");
            CHECK_INT(eddy_task_cancelling(&b), 0);
            CHECK_INT(reports, 0);
            tear_down();
        }
    }

    CASE("what is done already needs neither time nor memory, whatever the limit says") {
        const double limits[] = {1, 0, -1, -INFINITY, INFINITY, NAN, 1e300};
        struct eddy_future cancelled_before;
        set_up_futures(0);
        eddy_future_init_done(&future, &loop, -EIO);
        eddy_future_init_done(&next, &loop, 0);
        next.result = &next;
        faults_plan("malloc@1+=ENOMEM,calloc@1+=ENOMEM,realloc@1+=ENOMEM");
        for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
            CHECK_CODE(eddy_wait_for(&a_frame.limit, &loop, &future, limits[i])->err, -EIO);
            CHECK_CODE(eddy_wait_for(&a_frame.limit, &loop, &next, limits[i])->err, 0);
            CHECK(a_frame.limit.future.result == &next);
            eddy_future_init_done(&cancelled_before, &loop, -ECANCELED);
            CHECK_CODE(eddy_wait_for(&a_frame.limit, &loop, &cancelled_before, limits[i])->err,
                       -ECANCELED);
        }
        CHECK_INT(timers(), 0);
        faults_plan("");
        tear_down();
    }

    CASE("a turn that was asked for is given, also with a limit") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            eddy_task_start(&a, &loop, limited, &a_frame, .name = "a", .on = eddy_next_turn(),
                            .seconds = 1, .then = eddy_next_turn());
            eddy_task_start(&b, &loop, limited, &b_frame, .name = "b", .on = eddy_next_turn(),
                            .seconds = 0, .then = eddy_next_turn());
            turns(1);
            EXPECT("");
            turns(1);
            EXPECT("a=OK@0 b=OK@0");
            run_out();
            EXPECT("a.OK b.OK");
            tear_down();
        }
    }
}

/* ---- Too late ---------------------------------------------------------------------------------- */

static void too_late(void)
{
    CASE("when the time is up, the task is cancelled, and has ended before it is told") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                            .goodbye = 2);
            limit_a(&inner.future, 1);
            run_out();
            EXPECT("i.ECANCELED@3 a=ETIMEDOUT@3 a.OK");
            CHECK(a_frame.result == NULL);
            CHECK_INT(timers(), 0);
            CHECK_INT(eddy_task_cancelling(&a), 0);
            tear_down();
        }
    }

    CASE("a task that refuses is waited for, and its result wins") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 10,
                            .refusals = 1);
            limit_a(&inner.future, 1);
            run_out();
            EXPECT("i.OK@11 a=OK@11 a.OK");
            CHECK(a_frame.result == &inner_frame.co);
            tear_down();
        }
    }

    CASE("what fails while it ends, fails: that is no time-out") {
        set_up_futures(0);
        eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                        .last = -EIO);
        limit_a(&inner.future, 1);
        run_out();
        EXPECT("i.EIO@1 a=EIO@1 a.OK");
        tear_down();
    }

    CASE("a limit of 0 or less cuts at once, and needs no timer; what it cuts has ended") {
        const double limits[] = {0, -0.0, -1, -INFINITY};
        for (int i = 0; i < 8; i++) {
            set_up_futures(i % 2);
            limit_a(&future, limits[i / 2]);
            turns(1);
            EXPECT("a=ETIMEDOUT@0 a.OK");
            CHECK_CODE(future.err, -ECANCELED);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                            .goodbye = 2);
            limit_a(&inner.future, limits[i / 2]);
            turns(2);
            CHECK_INT(timers(), 1);
            run_out();
            EXPECT("i.ECANCELED@2 a=ETIMEDOUT@2 a.OK");
            tear_down();
        }
    }

    CASE("of two that wait for the same future, one's limit cancels it for the other, too") {
        set_up_futures(0);
        limit_a(&future, 1);
        eddy_task_start(&b, &loop, limited, &b_frame, .name = "b", .on = &future, .seconds = 9);
        run_out();
        EXPECT("a=ETIMEDOUT@1 a.OK b=ECANCELED@1 b.OK");
        tear_down();
    }
}

/* ---- In one batch ------------------------------------------------------------------------------ */

static void in_one_batch(void)
{
    CASE("a result and the time-out in one batch: the result wins, if it is the first") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            call_in(&later, 1, set_result);
            limit_a(&future, 1);
            run_out();
            EXPECT("set:OK a=OK@1 a.OK");
            CHECK(a_frame.result == &future);
            tear_down();
        }
    }

    CASE("the time-out and a result in one batch: who comes second is told so") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            limit_a(&future, 1);
            turns(1);
            call_in(&later, 1, set_result);
            run_out();
            EXPECT("set:EDDY_EDONE a=ETIMEDOUT@1 a.OK");
            tear_down();
        }
    }

    CASE("86296: a cancel in the batch of the result: the result comes, and then the cancel") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            CAUSE("the request was thrown away together with the inner cancel that came too late");
            limit_a(&future, 5);
            a_frame.then = &next;
            call_in(&later, 1, set_and_cancel);
            run_out();
            EXPECT("set:OK a=OK@1 a.ECANCELED");
            CHECK(a_frame.result == &future);
            CHECK(!has_waiters(&next));
            tear_down();
        }
    }

    CASE("86296: the same when a task ends in that batch, before the cancel and after it") {
        for (int mode = 0; mode < 4; mode++) {
            struct later later;
            set_up_futures(mode % 2);
            if (mode < 2)
                call_in(&later, 1, cancel_a);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 1,
                            .refusals = mode < 2);
            limit_a(&inner.future, 5);
            a_frame.then = &next;
            turns(1);
            if (mode >= 2)
                call_in(&later, 1, cancel_a);
            run_out();
            if (mode < 2)
                EXPECT("i.OK@2 a=OK@2 a.ECANCELED");
            else
                EXPECT("i.OK@1 a=OK@1 a.ECANCELED");
            tear_down();
        }
    }

    CASE("a result, a cancel and the time-out in one batch: the result, and then the cancel") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            call_in(&later, 1, set_and_cancel);
            limit_a(&future, 1);
            a_frame.then = &next;
            run_out();
            EXPECT("set:OK a=OK@1 a.ECANCELED");
            CHECK(a_frame.result == &future);
            CHECK_CODE(next.err, EDDY_EPENDING);
            tear_down();
        }
    }

    CASE("a cancel, the time-out and a result in one batch: cancelled, and nothing is left") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            call_in(&later, 1, cancel_and_set);
            limit_a(&future, 1);
            a_frame.then = eddy_next_turn();
            run_out();
            EXPECT("set:EDDY_EDONE a=ECANCELED@1 a.OK");
            CHECK_INT(timers(), 0);
            tear_down();
        }
    }

    CASE("the cancel first, and then the result: there is exactly one outcome") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            limit_a(&future, 5);
            a_frame.then = eddy_next_turn();
            call_in(&later, 1, cancel_and_set);
            run_out();
            EXPECT("set:EDDY_EDONE a=ECANCELED@1 a.OK");
            tear_down();
        }
    }
}

/* ---- Cancelled --------------------------------------------------------------------------------- */

static void cancelled(void)
{
    CASE("a cancel goes to the task that is waited for, and is told when that has ended") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                            .goodbye = 2);
            limit_a(&inner.future, 10);
            call_in(&later, 1, cancel_a);
            run_out();
            EXPECT("i.ECANCELED@3 a=ECANCELED@3 a.OK");
            CHECK_INT(timers(), 0);
            tear_down();
        }
    }

    CASE("cancelled first, it ends as cancelled, also if the time is up while it waits") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            CAUSE("whoever has cancelled it would see an error that it has caused itself");
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                            .goodbye = 5);
            limit_a(&inner.future, 2);
            call_in(&later, 1, cancel_a);
            run_out();
            EXPECT("i.ECANCELED@6 a=ECANCELED@6 a.OK");
            tear_down();
        }
    }

    CASE("the time is up first, and then it is cancelled: a time-out, and then the cancel") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                            .goodbye = 5);
            limit_a(&inner.future, 1);
            a_frame.then = &next;
            call_in(&later, 2, cancel_a);
            run_out();
            EXPECT("i.ECANCELED@6 a=ETIMEDOUT@6 a.ECANCELED");
            tear_down();
        }
    }

    CASE("who refuses a cancel is cut by the limit all the same") {
        struct later later;
        set_up_futures(0);
        eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                        .refusals = 1);
        limit_a(&inner.future, 5);
        call_in(&later, 1, cancel_a);
        run_out();
        EXPECT("i.ECANCELED@5 a=ECANCELED@5 a.OK");
        tear_down();
    }
}

/* Its cleanup section waits with a limit. */
struct goodbye {
    struct eddy_co co;
    struct eddy_wait_for limit;
};

static struct eddy_step goodbye(struct eddy_co *co)
{
    struct goodbye *self = CO_FRAME(co, goodbye);

    CO_BEGIN(co);
    CO_AWAIT(co, &future);
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_wait_for(&self->limit, eddy_co_loop(co), &next, 2));
    note("%s@%g", eddy_errname(eddy_co_error(co)), now());
    CO_END(co);
}

static void in_cleanup(void)
{
    CASE("in a cleanup section a limit cuts its await all the same, and a cancel does not") {
        for (int mode = 0; mode < 2; mode++) {
            struct goodbye frame;
            struct later first, second;
            set_up_futures(mode);
            eddy_task_start(&a, &loop, goodbye, &frame);
            call_in(&first, 1, cancel_a);
            call_in(&second, 2, cancel_a);
            run_out();
            EXPECT("ETIMEDOUT@3");
            CHECK_CODE(outcome(&a), -ECANCELED);
            tear_down();
        }
    }
}

/* ---- One in the other -------------------------------------------------------------------------- */

enum { MANY = 100000 };

/* Waits for the last of a row of limits, of which each waits for the one before. */
static struct eddy_wait_for *make_row(double seconds, double last)
{
    struct eddy_wait_for *row = malloc(MANY * sizeof *row);

    CHECK(row != NULL);
    for (int i = 0; i < MANY; i++)
        eddy_wait_for(&row[i], &loop, i > 0 ? &row[i - 1].future : &future,
                      i == MANY - 1 ? last : seconds);
    return row;
}

static void nested(void)
{
    CASE("of two limits in one another the shorter one cuts; also both in one batch") {
        const struct {
            double outer, inner;
            const char *want;
        } cases[] = {{1, 5, "a=ETIMEDOUT@1 a.OK"},
                     {5, 1, "a=ETIMEDOUT@1 a.OK"},
                     {1, 1, "a=ETIMEDOUT@1 a.OK"},
                     {0, 1, "a=ETIMEDOUT@0 a.OK"},
                     {1, 0, "a=ETIMEDOUT@0 a.OK"}};
        for (int i = 0; i < 10; i++) {
            struct eddy_wait_for within;
            set_up_futures(i % 2);
            limit_a(eddy_wait_for(&within, &loop, &future, cases[i / 2].inner), cases[i / 2].outer);
            run_out();
            EXPECT(cases[i / 2].want);
            CHECK_CODE(future.err, -ECANCELED);
            CHECK_CODE(within.future.err,
                       cases[i / 2].outer < cases[i / 2].inner ? -ECANCELED : -ETIMEDOUT);
            CHECK_INT(timers(), 0);
            tear_down();
        }
    }

    CASE("a hundred thousand in one another: a result, a cancel, a time-out take no stack") {
        for (int i = 0; i < 3; i++) {
            struct eddy_wait_for *row;
            set_up_futures(0);
            CHECK_INT(setrlimit(RLIMIT_STACK, &(struct rlimit){1 << 19, 1 << 19}), 0);
            row = make_row(EDDY_FOREVER, 5);
            if (i == 0)
                CHECK_CODE(eddy_future_set_result(&future, &future), 0);
            else if (i == 1)
                CHECK(eddy_future_cancel(&row[MANY - 1].future));
            run_out();
            CHECK_CODE(row[MANY - 1].future.err, i == 0 ? 0 : i == 1 ? -ECANCELED : -ETIMEDOUT);
            CHECK_CODE(future.err, i == 0 ? 0 : -ECANCELED);
            free(row);
            tear_down();
        }
    }

    CASE("a gather whose time is up has cancelled its children, and all have ended") {
        for (int mode = 0; mode < 2; mode++) {
            struct eddy_gather gather;
            struct eddy_awaited each[2] = {{.future = &future}, {.future = &inner.future}};
            set_up_futures(mode);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                            .goodbye = 3);
            limit_a(eddy_gather(&gather, &loop, each, 2), 1);
            run_out();
            EXPECT("i.ECANCELED@4 a=ETIMEDOUT@4 a.OK");
            CHECK_CODE(future.err, -ECANCELED);
            tear_down();
        }
    }

    CASE("a child that fails while gather is cut is told, and no time-out") {
        struct eddy_gather gather;
        struct eddy_awaited each[1] = {{.future = &inner.future}};
        set_up_futures(0);
        eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                        .last = -EIO);
        limit_a(eddy_gather(&gather, &loop, each, 1), 1);
        run_out();
        EXPECT("i.EIO@1 a=EIO@1 a.OK");
        tear_down();
    }
}

/* ---- Bad input --------------------------------------------------------------------------------- */

/* Waits for its own task. */
struct narcissus {
    struct eddy_co co;
    struct eddy_wait_for limit;
};

static struct eddy_step narcissus(struct eddy_co *co)
{
    struct narcissus *self = CO_FRAME(co, narcissus);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_wait_for(&self->limit, eddy_co_loop(co), &co->task->future, 1));
    CO_END(co);
}

static void bad_input(void)
{
    CASE("NaN and a limit of centuries are errors, told when the future has ended") {
        for (int i = 0; i < 4; i++) {
            set_up_futures(i % 2);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                            .goodbye = 2);
            turns(1);
            limit_a(&inner.future, i < 2 ? NAN : 1e300);
            run_out();
            if (i < 2)
                EXPECT("i.ECANCELED@2 a=EINVAL@2 a.OK");
            else
                EXPECT("i.ECANCELED@2 a=ERANGE@2 a.OK");
            tear_down();
        }
    }

    CASE("without memory for the timer that is the error, and the future has ended") {
        set_up_futures(0);
        limit_a(&future, 1);
        faults_plan("realloc@1+=ENOMEM");
        turns(2);
        EXPECT("a=ENOMEM@0 a.OK");
        CHECK_CODE(future.err, -ECANCELED);
        faults_plan("");
        CAUSE("it must work later");
        eddy_future_init(&future, &loop);
        limit_a(&future, 1);
        run_out();
        EXPECT("a=ETIMEDOUT@1 a.OK");
        tear_down();
    }

    CASE("a result wins over a bad limit, too") {
        set_up_futures(0);
        eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 2,
                        .refusals = 1);
        turns(1);
        limit_a(&inner.future, NAN);
        run_out();
        EXPECT("i.OK@2 a=OK@2 a.OK");
        tear_down();
    }

    CASE("what cannot be awaited is refused: another loop's, a spawned task, oneself") {
        struct eddy_loop other;
        struct eddy_future theirs;
        struct narcissus frame;
        struct eddy_wait_for limit;
        set_up_futures(0);
        CHECK_OK(eddy_loop_open(&other, &scripted));
        eddy_future_init(&theirs, &other);
        CHECK_CODE(eddy_wait_for(&limit, &loop, &theirs, 1)->err, EDDY_EOTHER);
        CHECK_OK(eddy_spawn(&loop, slow, .name = "s", .seconds = 1));
        CHECK_CODE(eddy_wait_for(&limit, &loop, &eddy_next_task(&loop, NULL)->future, 1)->err,
                   -EINVAL);
        eddy_task_start(&a, &loop, narcissus, &frame);
        run_out();
        CHECK_CODE(outcome(&a), EDDY_EDEADLOCK);
        CHECK_CODE(theirs.err, EDDY_EPENDING);
        CHECK_INT(timers(), 0);
        CHECK_CODE(eddy_loop_close(&other), 0);
        tear_down();
    }

    CASE("no future at all is EINVAL") {
        struct eddy_wait_for none;
        set_up();
        CHECK_CODE(eddy_future_error(eddy_wait_for(&none, &loop, NULL, 1)), -EINVAL);
        CHECK_INT((long long)loop.timers.count, 0);
        tear_down();
    }

    CASE("on a loop that is closed it is done at once, and says so") {
        struct eddy_wait_for limit;
        set_up_futures(0);
        tear_down();
        CHECK_CODE(eddy_wait_for(&limit, &loop, &future, 1)->err, EDDY_ECLOSED);
    }
}

/* ---- The last resort, and reports -------------------------------------------------------------- */

static void on_last_resort(void)
{
    CASE("a task that is abandoned leaves neither a timer nor a handle of its limit") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                            .refusals = 1000);
            CHECK_OK(eddy_spawn(&loop, limited, .name = "a", .on = &inner.future, .seconds = 5));
            turns(1);
            CHECK_CODE(eddy_loop_shutdown(&loop, 9), EDDY_ETASKS);
            CHECK(!has_waiters(&inner.future));
            CHECK_INT(timers(), 0);
            EXPECT("");
            tear_down();
        }
    }

    CASE("who is abandoned does not take along a task that is another one's") {
        set_up_futures(0);
        eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 3);
        limit_a(&inner.future, 5);
        turns(1);
        eddy_task_abandon(&a);
        CHECK_CODE(outcome(&a), EDDY_ETASKS);
        CHECK(!has_waiters(&inner.future));
        run_out();
        EXPECT("i.OK@3");
        tear_down();
    }

    CASE("a stuck loop says what is waited for") {
        set_up_futures(0);
        limit_a(&future, EDDY_FOREVER);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &a.future), EDDY_ESTUCK);
        CHECK(strstr(reported, "awaits wait_for") != NULL);
        cancel_a();
        run_out();
        tear_down();
    }
}

TESTS
{
    in_time();
    too_late();
    in_one_batch();
    cancelled();
    in_cleanup();
    nested();
    bad_input();
    on_last_resort();
}
