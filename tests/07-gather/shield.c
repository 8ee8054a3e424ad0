/* An await that can be cancelled without what it waits for. */
#include "limits.h"

#include "faults.h"
#include "shield.h"
#include "wait_for.h"

static struct eddy_task a, b, inner;
static struct slow inner_frame;
static struct eddy_future future, next;

/* Waits for `on` behind a shield, and then for `then`. */
struct shielded {
    struct eddy_co co;
    const char *name;
    struct eddy_future *on, *then;
    struct eddy_shield shield;
};

static struct eddy_step shielded(struct eddy_co *co)
{
    struct shielded *self = CO_FRAME(co, shielded);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_shield(&self->shield, eddy_co_loop(co), self->on));
    note("%s=%s@%g", self->name, eddy_errname(eddy_co_error(co)), now());
    if (self->then)
        CO_AWAIT(co, self->then);
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Starts a task in its frame, awaits it behind a shield, and in its cleanup section anyway. */
struct careful {
    struct eddy_co co;
    struct eddy_task task;
    struct slow frame;
    struct eddy_shield shield;
};

static struct eddy_step careful(struct eddy_co *co)
{
    struct careful *self = CO_FRAME(co, careful);
    struct eddy_loop *on = eddy_co_loop(co);

    CO_BEGIN(co);
    eddy_task_start(&self->task, on, slow, &self->frame, .name = "commit", .seconds = 5);
    CO_AWAIT(co, eddy_shield(&self->shield, on, &self->task.future));
    CO_FINALLY(co);
    note("careful.%s@%g", eddy_errname(eddy_co_outcome(co)), now());
    CO_AWAIT(co, &self->task.future);
    note("end@%g", now());
    CO_END(co);
}

struct mirror {
    struct eddy_co co;
    struct eddy_shield shield;
};

static struct eddy_step mirror(struct eddy_co *co)
{
    struct mirror *self = CO_FRAME(co, mirror);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_shield(&self->shield, eddy_co_loop(co), &co->task->future));
    CO_END(co);
}

static struct shielded a_frame, b_frame;

static void set_up_futures(int debug)
{
    set_up_in(debug);
    eddy_future_init(&future, &loop);
    eddy_future_init(&next, &loop);
}

static void shield_a(struct eddy_future *on, struct eddy_future *then)
{
    eddy_task_start(&a, &loop, shielded, &a_frame, .name = "a", .on = on, .then = then);
}

static void start_inner(double seconds, int outcome)
{
    eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = seconds,
                    .outcome = outcome);
}

static void cancel_a(void)
{
    cancel_task(&a);
}

static void cancel_inner(void)
{
    cancel_task(&inner);
}

static void set_and_cancel(void)
{
    CHECK_CODE(eddy_future_set_result(&future, &future), 0);
    cancel_a();
}

static void cancel_and_set(void)
{
    cancel_a();
    CHECK_CODE(eddy_future_set_result(&future, &future), 0);
}

static void both_ways(void)
{
    CASE("cancelling the await ends it at once, and what it waited for runs to its end") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            start_inner(5, 0);
            shield_a(&inner.future, NULL);
            call_in(&later, 1, cancel_a);
            run_out();
            EXPECT("a=ECANCELED@1 a.OK i.OK@5");
            CHECK(!has_waiters(&inner.future));
            CHECK_INT(eddy_task_cancelling(&inner), 0);
            CHECK_INT(reports, 0);
            tear_down();
        }
    }

    CASE("cancelling what is shielded ends the await, but cancels nobody who waits") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            start_inner(5, 0);
            shield_a(&inner.future, eddy_next_turn());
            call_in(&later, 1, cancel_inner);
            run_out();
            EXPECT("i.ECANCELED@1 a=ECANCELED@1 a.OK");
            CHECK_INT(eddy_task_cancelling(&a), 0);
            tear_down();
        }
    }

    CASE("a result and an error pass through, also of what is done already") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            start_inner(5, -EIO);
            shield_a(&inner.future, NULL);
            run_out();
            EXPECT("i.EIO@5 a=EIO@5 a.OK");
            CHECK_INT(reports, 0);
            start_inner(1, 0);
            shield_a(&inner.future, NULL);
            run_out();
            EXPECT("i.OK@6 a=OK@6 a.OK");
            CHECK(a_frame.shield.future.result == &inner_frame.co);
            shield_a(&inner.future, NULL);
            turns(1);
            EXPECT("a=OK@6 a.OK");
            CHECK(a_frame.shield.future.result == &inner_frame.co);
            eddy_future_init_done(&future, &loop, -EIO);
            shield_a(&future, NULL);
            turns(1);
            EXPECT("a=EIO@6 a.OK");
            CHECK(a_frame.shield.future.result == NULL);
            tear_down();
        }
    }

    CASE("a turn that was asked for is given, also behind a shield") {
        set_up_futures(0);
        shield_a(eddy_next_turn(), NULL);
        turns(1);
        EXPECT("");
        turns(1);
        EXPECT("a=OK@0 a.OK");
        tear_down();
    }

    CASE("of two shields of one future, one is cancelled and the other one goes on") {
        set_up_futures(0);
        start_inner(5, 0);
        shield_a(&inner.future, NULL);
        eddy_task_start(&b, &loop, shielded, &b_frame, .name = "b", .on = &inner.future);
        turns(2);
        cancel_a();
        run_out();
        EXPECT("a=ECANCELED@0 a.OK i.OK@5 b=OK@5 b.OK");
        tear_down();
    }

    CASE("a shield of a shield is one, too") {
        struct eddy_shield within;
        set_up_futures(0);
        start_inner(5, 0);
        shield_a(eddy_shield(&within, &loop, &inner.future), NULL);
        turns(2);
        cancel_a();
        run_out();
        EXPECT("a=ECANCELED@0 a.OK i.OK@5");
        CHECK_CODE(within.future.err, 0);
        tear_down();
    }

    CASE("a limit over a shield: the time-out is told at once, and the task goes on") {
        for (int mode = 0; mode < 2; mode++) {
            struct eddy_shield within;
            struct eddy_wait_for limit;
            set_up_futures(mode);
            start_inner(5, 0);
            shield_a(eddy_wait_for(&limit, &loop, eddy_shield(&within, &loop, &inner.future), 1),
                     NULL);
            run_out();
            EXPECT("a=ETIMEDOUT@1 a.OK i.OK@5");
            tear_down();
        }
    }

    CASE("in the cleanup section the task is awaited anyway, and no cancel lands there") {
        for (int mode = 0; mode < 2; mode++) {
            struct careful frame;
            struct later first, second;
            set_up_futures(mode);
            eddy_task_start(&a, &loop, careful, &frame);
            call_in(&first, 1, cancel_a);
            call_in(&second, 2, cancel_a);
            run_out();
            EXPECT("careful.ECANCELED@1 commit.OK@5 end@5");
            CHECK_CODE(outcome(&a), -ECANCELED);
            tear_down();
        }
    }
}

static void in_one_batch(void)
{
    CASE("the result, and then a cancel: the result comes, the cancel lands at the next await") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            CAUSE("a result that was delivered is lost, and with it what it stands for");
            shield_a(&future, &next);
            call_in(&later, 1, set_and_cancel);
            run_out();
            EXPECT("a=OK@1 a.ECANCELED");
            CHECK(!has_waiters(&next));
            tear_down();
        }
    }

    CASE("the cancel, and then a result: the await is cancelled, and the future has its result") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            shield_a(&future, eddy_next_turn());
            call_in(&later, 1, cancel_and_set);
            run_out();
            EXPECT("a=ECANCELED@1 a.OK");
            CHECK_CODE(future.err, 0);
            tear_down();
        }
    }
}

static void bad_input(void)
{
    CASE("what cannot be awaited is refused: another loop's, a spawned task, oneself") {
        struct eddy_loop other;
        struct eddy_future theirs;
        struct eddy_shield shield;
        struct mirror frame;
        set_up_futures(0);
        CHECK_OK(eddy_loop_open(&other, &scripted));
        eddy_future_init(&theirs, &other);
        CHECK_CODE(eddy_shield(&shield, &loop, &theirs)->err, EDDY_EOTHER);
        CHECK_OK(eddy_spawn(&loop, slow, .name = "s", .seconds = 1));
        CHECK_CODE(eddy_shield(&shield, &loop, &eddy_next_task(&loop, NULL)->future)->err, -EINVAL);
        eddy_task_start(&a, &loop, mirror, &frame);
        run_out();
        CHECK_CODE(outcome(&a), EDDY_EDEADLOCK);
        CHECK_CODE(eddy_loop_close(&other), 0);
        tear_down();
    }

    CASE("it needs no memory") {
        struct eddy_shield shield;
        set_up_futures(0);
        faults_plan("malloc@1+=ENOMEM,calloc@1+=ENOMEM,realloc@1+=ENOMEM");
        CHECK_CODE(eddy_shield(&shield, &loop, &future)->err, EDDY_EPENDING);
        CHECK(eddy_future_cancel(&shield.future));
        CHECK_CODE(shield.future.err, -ECANCELED);
        CHECK_CODE(future.err, EDDY_EPENDING);
        CHECK(!has_waiters(&future));
        CHECK_INT(faults_injected(), 0);
        faults_plan("");
        tear_down();
    }

    CASE("no future at all is EINVAL") {
        struct eddy_shield none;
        set_up();
        CHECK_CODE(eddy_future_error(eddy_shield(&none, &loop, NULL)), -EINVAL);
        tear_down();
    }

    CASE("on a loop that is closed it is done at once, and says so") {
        struct eddy_shield shield;
        set_up_futures(0);
        tear_down();
        CHECK_CODE(eddy_shield(&shield, &loop, &future)->err, EDDY_ECLOSED);
    }

    CASE("who is abandoned behind a shield leaves no handle, and what is shielded goes on") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            start_inner(5, 0);
            CHECK_OK(eddy_spawn(&loop, shielded, .name = "a", .on = &inner.future));
            turns(2);
            eddy_task_abandon(eddy_next_task(&loop, &inner));
            CHECK(!has_waiters(&inner.future));
            run_out();
            EXPECT("i.OK@5");
            tear_down();
        }
    }

    CASE("abandoned when the result is in line, it leaves no handle either") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            CHECK_OK(eddy_spawn(&loop, shielded, .name = "a", .on = &future));
            turns(1);
            CHECK_CODE(eddy_future_set_result(&future, &future), 0);
            eddy_task_abandon(eddy_next_task(&loop, NULL));
            CHECK(eddy_list_empty(&loop.ready));
            run_out();
            EXPECT("");
            tear_down();
        }
    }
}

TESTS
{
    both_ways();
    in_one_batch();
    bad_input();
}
