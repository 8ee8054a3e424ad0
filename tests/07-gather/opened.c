/* What a task has open in its frame leaves it when the task is abandoned. */
#include "limits.h"

#include "completed.h"
#include "faults.h"
#include "group.h"
#include "opened.h"
#include "timeout.h"

static struct eddy_task a, inner;
static struct slow inner_frame;

/* ---- By itself ----------------------------------------------------------------------------------- */

static struct eddy_opened things[5];

static void on_leave(struct eddy_opened *opened)
{
    note("left%d", (int)(opened - things));
    eddy_opened_remove(opened);
}

/* Opens some of the things, and waits for ever. */
struct opener {
    struct eddy_co co;
    int first, count;
    struct eddy_future never;
};

static struct eddy_step opener(struct eddy_co *co)
{
    struct opener *self = CO_FRAME(co, opener);

    CO_BEGIN(co);
    for (int i = self->first; i < self->first + self->count; i++)
        CHECK_CODE(eddy_opened_add(&things[i], co->task, on_leave), 0);
    for (;;) {
        eddy_future_init(&self->never, eddy_co_loop(co));
        CO_TRY_AWAIT(co, &self->never);
    }
    CO_END(co);
}

/* Opens one thing in its frame, and one outside of it, and waits for ever. */
struct opener_here {
    struct eddy_co co;
    char inside;
    struct eddy_future never;
};

static struct eddy_step opener_here(struct eddy_co *co)
{
    struct opener_here *self = CO_FRAME(co, opener_here);

    CO_BEGIN(co);
    CHECK_CODE(eddy_opened_add_here(&things[0], &self->inside, on_leave), 0);
    CHECK_CODE(eddy_opened_add_here(&things[1], self + 1, on_leave), 0);
    for (;;) {
        eddy_future_init(&self->never, eddy_co_loop(co));
        CO_TRY_AWAIT(co, &self->never);
    }
    CO_END(co);
}

static void by_itself(void)
{
    CASE("what lies in the frame of the task that runs goes with it, and nothing else does") {
        struct opener_here frames[2];
        set_up_in(0);
        memset(things, 0, sizeof things);
        CHECK_CODE(eddy_opened_add_here(&things[2], frames, on_leave), 0);
        CHECK(!eddy_list_linked(&things[2].link));
        eddy_task_start(&a, &loop, opener_here, &frames[0], .inside = 0);
        turns(1);
        CHECK(!eddy_list_linked(&things[1].link));
        eddy_task_abandon(&a);
        EXPECT("left0");
        tear_down();
    }

    CASE("what an abandoned task has open is told, the last first; what others have is not") {
        for (int mode = 0; mode < 2; mode++) {
            struct opener frame, second;
            set_up_in(mode);
            memset(things, 0, sizeof things);
            eddy_task_start(&a, &loop, opener, &frame, .first = 0, .count = 3);
            eddy_task_start(&inner, &loop, opener, &second, .first = 3, .count = 2);
            turns(1);
            eddy_opened_remove(&things[1]);
            eddy_opened_remove(&things[1]);
            eddy_task_abandon(&a);
            EXPECT("left2 left0");
            eddy_task_abandon(&a);
            EXPECT("");
            eddy_task_abandon(&inner);
            EXPECT("left4 left3");
            tear_down();
        }
    }

    CASE("one that was zeroed is removed without harm") {
        struct eddy_opened zeroed = {.task = NULL};
        set_up_in(0);
        eddy_opened_remove(&zeroed);
        tear_down();
    }

    CASE("a loop's first needs memory; without any nothing is open, and it works later") {
        set_up_in(0);
        eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 1);
        faults_plan("calloc@1=ENOMEM");
        CHECK_CODE(eddy_opened_add(&things[0], &inner, on_leave), -ENOMEM);
        CHECK_CODE(eddy_opened_add(&things[0], &inner, on_leave), 0);
        faults_plan("calloc@1+=ENOMEM,malloc@1+=ENOMEM");
        CHECK_CODE(eddy_opened_add(&things[1], &inner, on_leave), 0);
        faults_plan("");
        eddy_opened_remove(&things[0]);
        run_out();
        EXPECT("i.OK@1");
        CAUSE("what is still open when the loop is closed is forgotten, and touches nobody");
        tear_down();
        CHECK(!eddy_list_linked(&things[1].link));
        eddy_opened_remove(&things[1]);
    }

    CASE("an owner in which something is left open does not hinder the next loop") {
        for (int i = 0; i < 3; i++) {
            struct opener frame;
            set_up_in(0);
            memset(things, 0, sizeof things);
            eddy_task_start(&a, &loop, opener, &frame, .count = 1);
            turns(1);
            CHECK_CODE(eddy_loop_shutdown(&loop, 1), EDDY_ETASKS);
            EXPECT("left0");
            tear_down();
        }
    }
}

/* ---- A request to cancel ------------------------------------------------------------------------- */

/* Opens one thing, which cancels it; takes that back; and tells what is left. */
struct asked {
    struct eddy_co co;
    int before, after; /* more requests, of others, before and after the thing's own */
    bool lands, cancelled;
};

static struct eddy_step asked(struct eddy_co *co)
{
    struct asked *self = CO_FRAME(co, asked);
    bool landed, only;

    CO_BEGIN(co);
    CHECK_CODE(eddy_opened_add(&things[0], co->task, on_leave), 0);
    for (; self->before > 0; self->before--)
        eddy_task_cancel(co->task);
    eddy_opened_cancel(&things[0]);
    if (self->lands)
        CO_TRY_AWAIT(co, eddy_next_turn());
    for (; self->after > 0; self->after--)
        eddy_task_cancel(co->task);
    only = eddy_opened_uncancel(&things[0], self->cancelled ? -ECANCELED : 0, &landed);
    note("%s,%s:%u/%u", only ? "only" : "others", landed ? "landed" : "late",
         (unsigned)co->task->requests, (unsigned)co->task->unlanded);
    CO_FINALLY(co);
    eddy_opened_remove(&things[0]);
    CO_END(co);
}

static void requests(void)
{
    CASE("a request is taken back with what it is known of it: no other one is lost") {
        const struct {
            int before, after;
            bool lands, cancelled;
            const char *want;
        } cases[] = {
            {0, 0, false, false, "only,late:0/0"},   {0, 0, true, true, "only,landed:0/0"},
            {1, 0, false, false, "others,late:1/1"}, {1, 0, true, true, "others,landed:1/0"},
            {0, 1, false, false, "others,late:1/1"}, {0, 1, true, false, "others,landed:1/1"},
            {0, 1, true, true, "others,landed:1/0"}, {2, 3, true, false, "others,landed:5/3"},
            {2, 3, false, false, "others,late:5/5"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            struct asked frame;
            set_up_in(i % 2);
            memset(things, 0, sizeof things);
            eddy_task_start(&a, &loop, asked, &frame, .before = cases[i].before,
                            .after = cases[i].after, .lands = cases[i].lands,
                            .cancelled = cases[i].cancelled);
            run_out();
            EXPECT(cases[i].want);
            tear_down();
        }
    }
}

/* ---- Scopes, groups, iterations ------------------------------------------------------------------ */

/* Has all three open, and refuses every cancel. */
struct mule {
    struct eddy_co co;
    bool called; /* they are in a called coroutine's frame */
    struct mule *within;
    struct eddy_timeout scope, second;
    struct eddy_group group;
    struct eddy_as_completed done;
    struct eddy_awaited each[2];
    struct eddy_member member;
    struct eddy_task task;
    struct slow frame;
    struct eddy_future never;
};

static struct eddy_step mule(struct eddy_co *co)
{
    struct mule *self = CO_FRAME(co, mule);
    struct eddy_loop *on = eddy_co_loop(co);

    CO_BEGIN(co);
    if (self->called)
        CO_TRY_CALL(co, mule, self->within);
    CHECK_CODE(eddy_timeout_open(&self->scope, co, 3), 0);
    CHECK_CODE(eddy_timeout_open(&self->second, co, 3600), 0);
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    CHECK_CODE(eddy_group_spawn(&self->group, slow, .name = "m", .seconds = 60, .refusals = 1000),
               0);
    CHECK_CODE(eddy_group_add(&self->group, &self->member, &inner.future), 0);
    eddy_task_start(&self->task, on, slow, &self->frame, .name = "t", .seconds = 60,
                    .refusals = 1000);
    self->each[0].future = &self->task.future;
    self->each[1].future = &inner.future;
    CHECK_CODE(eddy_as_completed_open(&self->done, on, self->each, 2, 7200), 0);
    for (;;)
        if (self->called) {
            eddy_future_init(&self->never, on);
            CO_TRY_AWAIT(co, &self->never);
        } else {
            CO_TRY_AWAIT(co, eddy_as_completed_next(&self->done));
        }
    CO_END(co);
}

static void start_inner(void)
{
    eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 100,
                    .refusals = 1000);
}

static void in_frames(void)
{
    CASE("a loop that is shut down leaves no timer and no handle of what was open") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_in(mode);
            IF_CRASH(
                "a timer, a member or a future's list still leads into the block that is gone");
            start_inner();
            CHECK_OK(eddy_spawn(&loop, mule, .called = false));
            turns(3);
            CHECK_INT(timers(), 6);
            CHECK(has_waiters(&inner.future));
            CHECK_CODE(eddy_loop_shutdown(&loop, 9), EDDY_ETASKS);
            CHECK(!has_waiters(&inner.future));
            CHECK_INT(timers(), 0);
            CHECK_CODE(outcome(&inner), EDDY_ETASKS);
            tear_down();
        }
    }

    CASE("one owner is abandoned, and the loop goes on: nothing of it comes any more") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_in(mode);
            IF_CRASH(
                "a timer, a member or a future's list still leads into the block that is gone");
            start_inner();
            CHECK_OK(eddy_spawn(&loop, mule, .called = false));
            turns(3);
            eddy_task_abandon(eddy_next_task(&loop, &inner));
            CHECK(!has_waiters(&inner.future));
            CHECK_INT(timers(), 2); /* the spawned member's and inner's: they go on by themselves */
            run_out();
            EXPECT("m.OK@60 i.OK@100");
            tear_down();
        }
    }

    CASE("the same with what called coroutines have open, in frames of their own") {
        for (int mode = 0; mode < 2; mode++) {
            struct mule *within = calloc(1, sizeof *within);
            set_up_in(mode);
            start_inner();
            CHECK_OK(eddy_spawn(&loop, mule, .called = true, .within = within));
            turns(3);
            CHECK_INT(timers(), 6);
            eddy_task_abandon(eddy_next_task(&loop, &inner));
            CHECK(!has_waiters(&inner.future));
            eddy_task_abandon(&within->task);
            free(within);
            run_out();
            EXPECT("m.OK@60 i.OK@100");
            tear_down();
        }
    }

    CASE("abandoned when its time is up, and when a member's end is in line") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_in(mode);
            start_inner();
            CHECK_OK(eddy_spawn(&loop, mule, .called = false));
            turns(3);
            scripted_advance(3);
            eddy_task_abandon(&inner);
            eddy_task_abandon(eddy_next_task(&loop, NULL));
            run_out();
            EXPECT("m.OK@60");
            tear_down();
        }
    }
}

TESTS
{
    by_itself();
    requests();
    in_frames();
}
