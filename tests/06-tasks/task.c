/*
 * A task's life: starting and spawning, the first step, the current task, the outcome and who is
 * told; what is refused.
 */
#include "tasks.h"

#include "faults.h"
#include "ledger.h"

#include <stdlib.h>

static struct eddy_task a, b, c;
static struct waiter frames[3];
static struct eddy_future future;

static void set_up_future(void)
{
    set_up();
    eddy_future_init(&future, &loop);
}

/* ---- Starting ---------------------------------------------------------------------------------- */

/* A resource that it was given, and gives back. */
struct owner {
    struct eddy_co co;
    const char *name;
    void *block;
    struct eddy_sleep sleep;
};

static struct eddy_step owner(struct eddy_co *co)
{
    struct owner *self = CO_FRAME(co, owner);

    CO_BEGIN(co);
    note("%s", self->name);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1));
    CO_FINALLY(co);
    free(self->block);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void plain_callback(struct eddy_handle *handle)
{
    (void)handle;
    note(eddy_current_task() ? "task" : "none");
}

static void starting(void)
{
    CASE("tasks begin in a turn that follows, in the order of starting, behind what is in line") {
        struct eddy_handle before, behind;
        set_up_future();
        eddy_handle_init(&before, plain_callback);
        eddy_handle_init(&behind, plain_callback);
        CHECK_OK(eddy_loop_call_soon(&loop, &before));
        eddy_task_start(&a, &loop, waiter, &frames[0], .name = "a", .on = &future);
        CHECK_OK(eddy_spawn(&loop, waiter, .name = "b", .on = &future));
        eddy_task_start(&c, &loop, waiter, &frames[2], .name = "c", .on = &future);
        CHECK_OK(eddy_loop_call_soon(&loop, &behind));
        EXPECT("");
        turns(1);
        EXPECT("none a b c none");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        tear_down();
    }

    CASE("a spawned task has a copy of its frame, and its block goes when it ends") {
        struct eddy_future *on = &future;
        const char *name = "a";
        set_up_future();
        CHECK_OK(eddy_spawn(&loop, waiter, .name = name, .on = on));
        name = "x";
        on = NULL;
        turns(1);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        EXPECT("a a=OK a.OK");
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        tear_down();
    }

    CASE("whoever waits for a task wakes when its body has ended, with its outcome") {
        static const int outcomes[] = {0, -EIO};
        struct sleeper frame;
        set_up();
        for (int i = 0; i < 2; i++) {
            eddy_task_start(&a, &loop, sleeper, &frame, .name = "a", .seconds = 1,
                            .outcome = outcomes[i]);
            eddy_task_start(&b, &loop, waiter, &frames[0], .name = "b", .on = &a.future);
            run_out();
            EXPECT(i == 0 ? "a b a.OK b=OK b.OK" : "a b a.EIO b.EIO");
            CHECK_CODE(outcome(&a), outcomes[i]);
            CHECK_CODE(outcome(&b), outcomes[i]);
            reports = 0;
        }
        tear_down();
    }

    CASE("a closed loop starts nothing: the future says so, and what was given is the caller's") {
        void *block = malloc(8);
        struct owner frame;
        set_up();
        tear_down();
        DID("started and spawned a task in a loop that is closed");
        CHECK(eddy_task_start(&a, &loop, owner, &frame, .name = "a", .block = block) == &a.future);
        CHECK_CODE(outcome(&a), EDDY_ECLOSED);
        CHECK_CODE(eddy_spawn(&loop, owner, .name = "b", .block = block), EDDY_ECLOSED);
        CHECK(!cancel_task(&a));
        EXPECT("");
        free(block);
    }

    CASE("without memory nothing is spawned, what was given is the caller's, and later it works") {
        void *block = malloc(8);
        set_up();
        DID("malloc() fails while a task is spawned");
        faults_plan("malloc@1=ENOMEM");
        CHECK_CODE(eddy_spawn(&loop, owner, .name = "a", .block = block), -ENOMEM);
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        turns(2);
        EXPECT("");
        CHECK_CODE(eddy_spawn(&loop, owner, .name = "a", .block = block), 0);
        run_out();
        EXPECT("a a.OK");
        tear_down();
    }

    CASE("starting a task in memory of one's own needs no memory, after a loop's first task") {
        set_up_future();
        DID("calloc() fails for the first task of a loop");
        faults_plan("calloc@1=ENOMEM");
        CHECK_CODE(eddy_task_start(&a, &loop, waiter, &frames[0], .name = "a", .on = &future)->err,
                   -ENOMEM);
        eddy_task_start(&a, &loop, waiter, &frames[0], .name = "b", .on = &future);
        CHECK(eddy_task_cancel(&a));
        run_out();
        CHECK_CODE(a.future.err, -ECANCELED);
        DID("from then on, without any memory");
        trace[0] = '\0';
        faults_plan("malloc@1+=ENOMEM,calloc@1+=ENOMEM,realloc@1+=ENOMEM");
        eddy_task_start(&a, &loop, waiter, &frames[0], .name = "a", .on = &future);
        turns(1);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        EXPECT("a a=OK a.OK");
        CHECK_INT(faults_injected(), 0);
        tear_down();
    }
}

/* ---- The current one --------------------------------------------------------------------------- */

struct looker {
    struct eddy_co co;
    const char *name;
    struct eddy_task *expected;
    struct eddy_handle soon;
    int i;
};

static struct eddy_step looker(struct eddy_co *co)
{
    struct looker *self = CO_FRAME(co, looker);

    CO_BEGIN(co);
    eddy_handle_init(&self->soon, plain_callback);
    for (self->i = 0; self->i < 3; self->i++) {
        CHECK(eddy_current_task() == self->expected);
        CHECK(eddy_co_loop(co) == &loop);
        note("%s", self->name);
        CHECK_OK(eddy_loop_call_soon(&loop, &self->soon));
        CO_AWAIT(co, eddy_next_turn());
    }
    CO_FINALLY(co);
    CHECK(eddy_current_task() == self->expected);
    CO_END(co);
}

static void current(void)
{
    CASE("the current task is the one whose step runs, and none in a plain callback") {
        struct looker one, two;
        set_up();
        CHECK(eddy_current_task() == NULL);
        eddy_task_start(&a, &loop, looker, &one, .name = "a", .expected = &a);
        eddy_task_start(&b, &loop, looker, &two, .name = "b", .expected = &b);
        run_out();
        EXPECT("a b none a none b none a none b none none");
        CHECK(eddy_current_task() == NULL);
        tear_down();
    }

    CASE("all tasks of a loop are told in the order of starting, and none that has ended") {
        set_up_future();
        eddy_task_start(&a, &loop, waiter, &frames[0], .name = "a", .on = &future);
        eddy_task_start(&b, &loop, waiter, &frames[1], .name = "b", .on = &future);
        eddy_task_start(&c, &loop, waiter, &frames[2], .name = "c", .on = &future);
        CHECK(eddy_next_task(&loop, NULL) == &a);
        CHECK(eddy_next_task(&loop, &a) == &b);
        CHECK(eddy_next_task(&loop, &b) == &c);
        CHECK(eddy_next_task(&loop, &c) == NULL);
        CHECK(cancel_task(&b));
        turns(1);
        CHECK(eddy_next_task(&loop, &a) == &c);
        CHECK(eddy_next_task(&loop, &b) == NULL);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        tear_down();
    }
}

/* ---- Its outcome is its own ---------------------------------------------------------------------- */

/* Does what a task must not do to itself. */
struct meddler {
    struct eddy_co co;
    struct eddy_task *self;
};

static struct eddy_step meddler(struct eddy_co *co)
{
    struct meddler *self = CO_FRAME(co, meddler);

    CO_BEGIN(co);
    CHECK_CODE(eddy_future_set_result(&self->self->future, NULL), EDDY_EOTHER);
    CHECK_CODE(eddy_future_set_error(&self->self->future, -EIO), EDDY_EOTHER);
    note("awaits itself");
    CO_TRY_AWAIT(co, &self->self->future);
    note("a=%s", eddy_errname(eddy_co_error(co)));
    CHECK_CODE(eddy_loop_run_forever(&loop), EDDY_ERUNNING);
    CHECK_CODE(eddy_loop_run_until_complete(&loop, &self->self->future), EDDY_ERUNNING);
    CHECK_CODE(eddy_loop_close(&loop), EDDY_ERUNNING);
    CO_AWAIT(co, eddy_next_turn());
    note("went on");
    CO_END(co);
}

/* Spawns one that would like to wait for it. */
struct orphan_maker {
    struct eddy_co co;
};

static struct eddy_step orphan_maker(struct eddy_co *co)
{
    CO_BEGIN(co);
    CHECK_OK(
        eddy_spawn(eddy_co_loop(co), catcher, .name = "a", .on = &eddy_current_task()->future));
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_next_turn());
    note("ends");
    CO_END(co);
}

/* Its coroutine is not the first in its frame. */
struct behind {
    int before;
    struct eddy_co co;
    int after;
};

static struct eddy_step behind(struct eddy_co *co)
{
    struct behind *self = CO_FRAME(co, behind);

    CO_BEGIN(co);
    note("%d %d", self->before, self->after);
    CO_AWAIT(co, eddy_next_turn());
    note("%d %d", self->before, self->after);
    CO_END(co);
}

static void refusing(void)
{
    CASE("a spawned task cannot be awaited: its memory is the loop's, and goes when it ends") {
        set_up();
        CHECK_OK(eddy_spawn(&loop, orphan_maker));
        run_out();
        EXPECT("a a=EINVAL a.OK ends");
        tear_down();
    }

    CASE("a task that was never started counts as done: it can be cancelled and awaited") {
        struct eddy_task never = {0};
        struct catcher frame;
        set_up();
        CHECK(eddy_task_done(&never));
        CHECK(!eddy_task_cancel(&never));
        CHECK(!cancel_task(&never));
        eddy_task_start(&a, &loop, catcher, &frame, .name = "a", .on = &never.future);
        turns(1);
        EXPECT("a a=OK a.OK");
        tear_down();
    }

    CASE("a frame may have its coroutine anywhere") {
        struct behind frame;
        set_up();
        eddy_task_start(&a, &loop, behind, &frame, .before = 1, .after = 2);
        CHECK_OK(eddy_spawn(&loop, behind, .before = 3, .after = 4));
        CHECK_CODE(eddy_run(behind, .before = 5, .after = 6), 0);
        run_out();
        EXPECT("5 6 5 6 1 2 3 4 1 2 3 4");
        tear_down();
    }

    CASE("nobody but its body sets a task's outcome") {
        set_up_future();
        eddy_task_start(&a, &loop, waiter, &frames[0], .name = "a", .on = &future);
        for (int i = 0; i < 2; i++) {
            CHECK_CODE(eddy_future_set_result(&a.future, NULL), EDDY_EOTHER);
            CHECK_CODE(eddy_future_set_error(&a.future, -EIO), EDDY_EOTHER);
            CHECK_CODE(outcome(&a), EDDY_EPENDING);
            turns(1);
        }
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        EXPECT("a a=OK a.OK");
        CHECK_CODE(eddy_future_set_result(&a.future, NULL), EDDY_EDONE);
        tear_down();
    }

    CASE("a step can neither wait for its own task, nor run or close its loop, and goes on") {
        struct meddler frame;
        set_up();
        eddy_task_start(&a, &loop, meddler, &frame, .self = &a);
        run_out();
        EXPECT("awaits itself a=EDDY_EDEADLOCK went on");
        CHECK_CODE(outcome(&a), 0);
        tear_down();
    }

    CASE("a task that has ended is resumed no more") {
        set_up_future();
        eddy_task_start(&a, &loop, waiter, &frames[0], .name = "a", .on = &future);
        turns(1);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        EXPECT("a a=OK a.OK");
        CHECK(!eddy_handle_queued(&a.handle));
        CHECK(!cancel_task(&a));
        turns(3);
        EXPECT("");
        DID("ran its body once more, by hand");
        CHECK(!waiter(&frames[0].co).paused);
        EXPECT("");
        CHECK_CODE(outcome(&a), 0);
        tear_down();
    }
}

/* ---- Failures that nobody sees -------------------------------------------------------------------- */

static const char *failed_who;
static int failed_err;

static void on_failure(struct eddy_loop *failing, const struct eddy_context *context)
{
    CHECK(failing == &loop);
    reports++;
    failed_who = context->who;
    failed_err = context->err;
}

static void unobserved(void)
{
    CASE("a task that fails and that nobody awaits is reported once, with its name and its error") {
        struct sleeper frame;
        set_up();
        eddy_loop_set_exception_handler(&loop, on_failure);
        eddy_task_start(&a, &loop, sleeper, &frame, .name = "a", .seconds = 1, .outcome = -EIO);
        run_out();
        CHECK_INT(reports, 1);
        CHECK_TEXT(failed_who, "sleeper");
        CHECK_CODE(failed_err, -EIO);
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "b", .seconds = 1, .outcome = -ENOSPC));
        run_out();
        CHECK_INT(reports, 2);
        CHECK_CODE(failed_err, -ENOSPC);
        tear_down();
    }

    CASE("without a handler the report is one line") {
        set_up();
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "b", .outcome = -ENOSPC));
        run_out();
        CHECK_TEXT(reported, "sleeper: the task has failed, and nobody awaits it: No space left on "
                             "device\n");
        tear_down();
    }

    CASE("success, a cancel, and a failure that somebody awaits are not reported") {
        struct sleeper one, two, three;
        struct catcher frame;
        set_up();
        eddy_task_start(&a, &loop, sleeper, &one, .name = "a", .seconds = 1);
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "b", .seconds = 1));
        eddy_task_start(&b, &loop, sleeper, &two, .name = "c", .seconds = 1);
        CHECK(cancel_task(&b));
        run_out();
        eddy_task_start(&b, &loop, sleeper, &three, .name = "d", .seconds = 1, .outcome = -EIO);
        eddy_task_start(&c, &loop, catcher, &frame, .name = "e", .on = &b.future);
        run_out();
        EXPECT("a b c.ECANCELED a.OK b.OK d e d.EIO e=EIO e.OK");
        CHECK_INT(reports, 0);
        tear_down();
    }
}

/* ---- Closing ------------------------------------------------------------------------------------ */

static void closing(void)
{
    CASE("a loop with tasks cannot be closed: it names them, and they run on") {
        set_up_future();
        eddy_task_start(&a, &loop, waiter, &frames[0], .name = "a", .on = &future);
        CHECK_OK(eddy_spawn(&loop, owner, .name = "b", .block = NULL));
        turns(1);
        CHECK_CODE(eddy_loop_close(&loop), EDDY_ETASKS);
        CHECK_INT(reports, 4);
        CHECK(strstr(reported, "the loop cannot be closed") != NULL);
        CHECK(strstr(reported, "task 1: waiter (") != NULL);
        CHECK(strstr(reported, "task 2: owner (") != NULL);
        CHECK(strstr(reported, "2 tasks\n") != NULL);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        run_out();
        EXPECT("a b a=OK a.OK b.OK");
        tear_down();
    }

    CASE("a task that is abandoned is never run again, and who awaits it is told") {
        struct sleeper frame;
        set_up();
        eddy_task_start(&a, &loop, sleeper, &frame, .name = "a", .seconds = 60);
        eddy_task_start(&b, &loop, waiter, &frames[0], .name = "b", .on = &a.future);
        turns(1);
        eddy_task_abandon(&a);
        CHECK_CODE(outcome(&a), EDDY_ETASKS);
        CHECK(scripted_time() < 1060);
        run_out();
        EXPECT("a b b.EDDY_ETASKS");
        CHECK(scripted_time() < 1060);
        tear_down();
    }

    CASE("a spawned task that is abandoned gives its block back, waiting or in line") {
        set_up_future();
        CHECK_OK(eddy_spawn(&loop, waiter, .name = "a", .on = &future));
        turns(1);
        eddy_task_abandon(eddy_next_task(&loop, NULL));
        CHECK(eddy_future_done(&future));
        CHECK_OK(eddy_spawn(&loop, waiter, .name = "b", .on = &future));
        eddy_task_abandon(eddy_next_task(&loop, NULL));
        run_out();
        EXPECT("a");
        tear_down();
    }
}

TESTS
{
    starting();
    current();
    refusing();
    unobserved();
    closing();
}
