/*
 * What an await costs the others: nothing that is ready hides the loop, sleep(0) gives one turn, and
 * a sleep is not early.
 */
#include "tasks.h"

#include "faults.h"
#include "io.h"

#include <math.h>
#include <unistd.h>

static struct eddy_task a, b;
static struct eddy_future done;

static void tick(struct eddy_handle *handle)
{
    note("tick");
    eddy_loop_call_soon(&loop, handle);
}

static void mark(struct eddy_handle *handle)
{
    (void)handle;
    note("turn");
}

/* Awaits `rounds` times what is done already. */
struct runner {
    struct eddy_co co;
    const char *name;
    int rounds, i;
    struct eddy_future *on;
    bool quiet;
};

static struct eddy_step runner(struct eddy_co *co)
{
    struct runner *self = CO_FRAME(co, runner);

    CO_BEGIN(co);
    for (self->i = 1; self->i <= self->rounds; self->i++) {
        if (!self->quiet)
            note("%s%d", self->name, self->i);
        CO_TRY_AWAIT(co, self->on);
    }
    CO_END(co);
}

static void set_up_done(void)
{
    set_up();
    eddy_future_init_done(&done, &loop, 0);
}

/* Awaits what is done 60 times, then something that is not, then 60 times again. */
struct resting {
    struct eddy_co co;
    struct eddy_future *on;
    struct eddy_future own;
    int i;
};

static struct eddy_step resting(struct eddy_co *co)
{
    struct resting *self = CO_FRAME(co, resting);

    CO_BEGIN(co);
    for (self->i = 0; self->i < 60; self->i++)
        CO_TRY_AWAIT(co, self->on);
    eddy_future_init(&self->own, &loop);
    CO_AWAIT(co, &self->own);
    for (self->i = 0; self->i < 60; self->i++)
        CO_TRY_AWAIT(co, self->on);
    CO_END(co);
}

/* ---- What is done ---------------------------------------------------------------------------- */

static void already_done(void)
{
    CASE("awaiting what is done takes no turn and no memory, 99 times of 100") {
        struct runner frame;
        set_up_done();
        eddy_task_start(&a, &loop, runner, &frame, .rounds = 0, .on = &done, .quiet = true);
        turns(1); /* the loop's first task has made what the loop keeps for all */
        DID("a task awaits a future that is done, 99 times");
        faults_plan("");
        eddy_task_start(&a, &loop, runner, &frame, .rounds = 99, .on = &done, .quiet = true);
        turns(1);
        CHECK(eddy_task_done(&a));
        DID("and 250 times");
        eddy_task_start(&a, &loop, runner, &frame, .rounds = 250, .on = &done, .quiet = true);
        turns(1);
        CHECK_INT(frame.i, 100);
        turns(1);
        CHECK_INT(frame.i, 200);
        turns(1);
        CHECK(eddy_task_done(&a));
        CHECK_INT(faults_calls("malloc") + faults_calls("calloc") + faults_calls("realloc"), 0);
        tear_down();
    }

    CASE("an error that is there counts like a result, and a pause begins the count anew") {
        struct runner one;
        struct resting two;
        set_up();
        eddy_future_init_done(&done, &loop, -EIO);
        eddy_task_start(&a, &loop, runner, &one, .rounds = 150, .on = &done, .quiet = true);
        turns(1);
        CHECK_INT(one.i, 100);
        turns(1);
        CHECK(eddy_task_done(&a));
        DID("awaited what is done 60 times, then for something, and 60 times again");
        eddy_task_start(&a, &loop, resting, &two, .on = &done);
        turns(1);
        CHECK_CODE(eddy_future_set_result(&two.own, NULL), 0);
        turns(1);
        CHECK(eddy_task_done(&a));
        tear_down();
    }

    CASE("two tasks whose awaits are always ready share the loop, and a pipe is looked at") {
        struct runner one, two;
        struct eddy_watch watch;
        int ends[2];
        set_up_done();
        CHECK(pipe(ends) == 0);
        CHECK(write(ends[1], "x", 1) == 1);
        eddy_watch_init(&watch, mark);
        CHECK_OK(eddy_loop_add_reader(&loop, ends[0], &watch));
        eddy_task_start(&a, &loop, runner, &one, .rounds = 300, .on = &done, .quiet = true);
        eddy_task_start(&b, &loop, runner, &two, .rounds = 300, .on = &done, .quiet = true);
        turns(3);
        EXPECT("turn turn turn");
        CHECK_INT(one.i, 300);
        CHECK_INT(two.i, 300);
        CHECK(eddy_loop_remove_reader(&loop, ends[0]));
        run_out();
        close(ends[0]);
        close(ends[1]);
        tear_down();
    }
}

/* ---- Giving up a turn ------------------------------------------------------------------------------ */

struct napper {
    struct eddy_co co;
    const char *name;
    double seconds;
    int rounds, i;
    struct eddy_sleep sleep;
};

static struct eddy_step napper(struct eddy_co *co)
{
    struct napper *self = CO_FRAME(co, napper);

    CO_BEGIN(co);
    for (self->i = 1; self->i <= self->rounds; self->i++) {
        note("%s%d", self->name, self->i);
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->seconds));
    }
    note("%s", self->name);
    CO_END(co);
}

static void one_turn(void)
{
    CASE("to give up a turn gives every other one exactly one: two tasks alternate") {
        struct runner one, two;
        set_up();
        eddy_task_start(&a, &loop, runner, &one, .name = "a", .rounds = 3, .on = eddy_next_turn());
        eddy_task_start(&b, &loop, runner, &two, .name = "b", .rounds = 3, .on = eddy_next_turn());
        turns(1);
        EXPECT("a1 b1");
        turns(1);
        EXPECT("a2 b2");
        run_out();
        EXPECT("a3 b3");
        tear_down();
    }

    CASE("a sleep of 0, or less, is the same, and sets no timer") {
        static const double none[] = {0, -0.0, -1, -(double)INFINITY};
        for (int i = 0; i < 4; i++) {
            struct napper one, two;
            set_up();
            DID("two tasks sleep for %g seconds, three times", none[i]);
            eddy_task_start(&a, &loop, napper, &one, .name = "a", .rounds = 3, .seconds = none[i]);
            eddy_task_start(&b, &loop, napper, &two, .name = "b", .rounds = 3, .seconds = none[i]);
            turns(1);
            EXPECT("a1 b1");
            CHECK_INT((int)loop.timers.count, 0);
            run_out();
            EXPECT("a2 b2 a3 b3 a b");
            CHECK(scripted_time() == 1000);
            tear_down();
        }
    }

    CASE("while tasks give up turns, callbacks, timers and descriptors have theirs") {
        struct runner frame;
        struct eddy_handle soon;
        struct eddy_watch watch;
        int ends[2];
        set_up();
        CHECK(pipe(ends) == 0);
        CHECK(write(ends[1], "x", 1) == 1);
        eddy_handle_init(&soon, tick);
        eddy_watch_init(&watch, mark);
        CHECK_OK(eddy_loop_add_reader(&loop, ends[0], &watch));
        CHECK_OK(eddy_loop_call_soon(&loop, &soon));
        eddy_task_start(&a, &loop, runner, &frame, .name = "a", .rounds = 3,
                        .on = eddy_next_turn());
        turns(3);
        EXPECT("tick a1 turn tick a2 turn tick a3 turn");
        CHECK(eddy_loop_remove_reader(&loop, ends[0]));
        CHECK(eddy_handle_cancel(&soon));
        run_out();
        close(ends[0]);
        close(ends[1]);
        tear_down();
    }

    CASE("the one future that is always done can be awaited in any loop, and never changes") {
        struct eddy_loop second;
        struct runner one, two;
        set_up();
        CHECK_OK(eddy_loop_open(&second, &scripted));
        eddy_task_start(&a, &loop, runner, &one, .name = "a", .rounds = 2, .on = eddy_next_turn());
        eddy_task_start(&b, &second, runner, &two, .name = "b", .rounds = 2,
                        .on = eddy_next_turn());
        turns(3);
        CHECK_CODE(eddy_loop_run_until_stuck(&second), EDDY_ESTUCK);
        EXPECT("a1 a2 b1 b2");
        CHECK(!eddy_future_cancel(eddy_next_turn()));
        CHECK_CODE(eddy_future_set_error(eddy_next_turn(), -EIO), EDDY_EDONE);
        CHECK_CODE(eddy_loop_close(&second), 0);
        tear_down();
    }
}

/* ---- Sleeping ---------------------------------------------------------------------------------------- */

static double expect_sleep(double seconds, int err)
{
    struct sleeper frame;
    struct catcher other;
    double before = scripted_time();

    DID("slept %g seconds", seconds);
    eddy_task_start(&a, &loop, sleeper, &frame, .name = "a", .seconds = seconds);
    eddy_task_start(&b, &loop, catcher, &other, .name = "b", .on = &a.future);
    run_out();
    CHECK_CODE(outcome(&a), err);
    return scripted_time() - before;
}

static char tea[] = "tea";

struct fetcher {
    struct eddy_co co;
    double seconds;
    struct eddy_sleep_result sleep;
};

static struct eddy_step fetcher(struct eddy_co *co)
{
    struct fetcher *self = CO_FRAME(co, fetcher);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep_result(&self->sleep, eddy_co_loop(co), self->seconds, tea));
    note("%s", (const char *)self->sleep.sleep.future.result);
    CO_END(co);
}

static void sleeping(void)
{
    CASE("a sleep is as long as it was said, and never shorter") {
        static const double lengths[] = {0.5, 3600, 1e-9, 0.1, 1e6};
        set_up();
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
            CHECK(expect_sleep(lengths[i], 0) >= lengths[i] * (1 - 1e-9));
        tear_down();
    }

    CASE("what is no length is the await's error, and nothing is set") {
        set_up();
        CHECK(expect_sleep((double)NAN, -EINVAL) == 0);
        CHECK(expect_sleep(1e18, -ERANGE) == 0);
        CHECK_INT((int)loop.timers.count, 0);
        faults_plan("realloc@1+=ENOMEM,malloc@1+=ENOMEM,calloc@1+=ENOMEM");
        CHECK(expect_sleep(1, -ENOMEM) == 0);
        faults_plan("");
        tear_down();
    }

    CASE("a sleep of EDDY_FOREVER lasts until it is cancelled, and the loop may be stuck") {
        struct sleeper frame;
        set_up();
        eddy_task_start(&a, &loop, sleeper, &frame, .name = "a", .seconds = EDDY_FOREVER);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &a.future), EDDY_ESTUCK);
        CHECK(strstr(reported, " awaits sleep") != NULL);
        CHECK(cancel_task(&a));
        run_out();
        EXPECT("a a.ECANCELED");
        tear_down();
    }

    CASE("a sleep may have a result") {
        static const double lengths[] = {5, 0};
        struct fetcher frame;
        for (int i = 0; i < 2; i++) {
            set_up();
            eddy_task_start(&a, &loop, fetcher, &frame, .seconds = lengths[i]);
            run_out();
            EXPECT("tea");
            CHECK(scripted_time() == 1000 + lengths[i]);
            tear_down();
        }
    }

    CASE("sleeps wake in the order of their times, and equal ones in that of starting") {
        static const double lengths[] = {3, 1, 2, 1, 3};
        static const char *const names[] = {"a", "b", "c", "d", "e"};
        struct eddy_task tasks[5];
        struct sleeper frames[5];
        set_up();
        for (int i = 0; i < 5; i++)
            eddy_task_start(&tasks[i], &loop, sleeper, &frames[i], .name = names[i],
                            .seconds = lengths[i]);
        run_out();
        EXPECT("a b c d e b.OK d.OK c.OK a.OK e.OK");
        tear_down();
    }

    CASE("in a closed loop there is no sleep") {
        struct eddy_sleep one;
        struct eddy_sleep_result two;
        set_up();
        tear_down();
        CHECK_CODE(eddy_future_error(eddy_sleep(&one, &loop, 1)), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(eddy_sleep(&one, &loop, 0)), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(eddy_sleep_result(&two, &loop, 0, tea)), EDDY_ECLOSED);
    }
}

/* eddy_finish_in_batch() is for callbacks of the loop; but somebody may call it, through a reader that is
 * fed, while no loop runs. */
static void finishing_outside(void)
{
    CASE("what is finished in a batch, while no loop runs, is called in the next run") {
        struct waiter frame;

        set_up();
        eddy_future_init(&done, &loop);
        eddy_task_start(&a, &loop, waiter, &frame, .name = "a", .on = &done);
        turns(1);
        EXPECT("a");
        DID("finished the future between two runs");
        eddy_finish_in_batch(&done, 0, NULL);
        CAUSE("outside a callback there is no batch: the task waits in line (loop->ready)");
        run_out();
        EXPECT("a=OK a.OK");
        tear_down();
    }
}

TESTS
{
    already_done();
    one_turn();
    sleeping();
    finishing_outside();
}
