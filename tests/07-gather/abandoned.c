/*
 * A task that refuses every cancel is abandoned when its loop is shut down, and its frame is gone.
 * Whatever it awaits or has open, nothing may still point into that frame: a sanitizer would see it.
 */
#include "many.h"

#include "completed.h"
#include "gather.h"
#include "shield.h"
#include "waiting.h"

enum kind { GATHER, SETTLED, NESTED, TASKS, ENDS, WAIT, NEXT, OPEN, IN_WAIT, IN_CLEANUP, KINDS };

static const char *const kinds[KINDS] = {"a gather",
                                         "a settled gather",
                                         "a gather of a gather",
                                         "a gather of tasks in its frame",
                                         "eddy_gather_cancel",
                                         "a wait with a limit",
                                         "the next of an as_completed",
                                         "something else, with an as_completed open",
                                         "a wait for tasks in its frame",
                                         "a gather in its cleanup"};

static int asked;

/* It refuses to be cancelled. */
static void refuse(struct eddy_future *future)
{
    (void)future;
    asked++;
}

static const struct eddy_future_type loser_type = {.name = "loser", .cancel = refuse};

static struct eddy_future losers[3];

/* Awaits a loser, again and again. */
struct kid {
    struct eddy_co co;
    struct eddy_future *on;
};

static struct eddy_step kid(struct eddy_co *co)
{
    struct kid *self = CO_FRAME(co, kid);

    CO_BEGIN(co);
    while (!eddy_future_done(self->on))
        CO_TRY_AWAIT(co, self->on);
    CO_END(co);
}

struct mule {
    struct eddy_co co;
    enum kind kind;
    struct eddy_gather gather, inner;
    struct eddy_wait wait;
    struct eddy_as_completed next;
    struct eddy_awaited each[2], inner_each[2];
    struct eddy_task tasks[2];
    struct kid kids[2];
};

static struct eddy_task *mule_task;

static void open_once(struct mule *self)
{
    if (self->next.left == 0)
        CHECK_CODE(eddy_as_completed_open(&self->next, &loop, self->each, 2, 7200), 0);
}

static void raise_kids(struct mule *self)
{
    for (int i = 0; i < 2; i++)
        if (!self->tasks[i].co)
            eddy_task_start(&self->tasks[i], &loop, kid, &self->kids[i], .on = &losers[i]);
    for (int i = 0; i < 2; i++)
        self->each[i].future = &self->tasks[i].future;
}

static struct eddy_future *gather_tasks(struct mule *self)
{
    raise_kids(self);
    return eddy_gather(&self->gather, &loop, self->each, 2);
}

static struct eddy_future *gather_nested(struct mule *self)
{
    return eddy_gather_of(
        &self->gather, &loop, self->each, &losers[0],
        eddy_gather_of(&self->inner, &loop, self->inner_each, &losers[1], &losers[2]));
}

static struct eddy_future *start(struct mule *self)
{
    for (int i = 0; i < 2; i++)
        self->each[i].future = &losers[i];
    switch (self->kind) {
    case SETTLED:
        return eddy_gather_settled(&self->gather, &loop, self->each, 2);
    case NESTED:
        return gather_nested(self);
    case TASKS:
        return gather_tasks(self);
    case ENDS:
        return eddy_gather_cancel(&self->gather, &loop, self->each, 2);
    case WAIT:
        return eddy_wait(&self->wait, &loop, self->each, 2, EDDY_ALL_COMPLETED, 7200);
    case NEXT:
        open_once(self);
        return eddy_as_completed_next(&self->next);
    case OPEN:
        open_once(self);
        return &losers[2];
    case IN_WAIT:
        raise_kids(self);
        return eddy_wait(&self->wait, &loop, self->each, 2, EDDY_FIRST_EXCEPTION, 7200);
    default:
        return eddy_gather(&self->gather, &loop, self->each, 2);
    }
}

static struct eddy_step mule(struct eddy_co *co)
{
    struct mule *self = CO_FRAME(co, mule);

    CO_BEGIN(co);
    mule_task = eddy_current_task();
    if (self->kind == IN_CLEANUP)
        CO_RETURN(co);
    for (;;)
        CO_TRY_AWAIT(co, start(self));
    CO_FINALLY(co);
    CO_AWAIT(co, start(self));
    CO_END(co);
}

/* ---- Operations in its frame -------------------------------------------------------------------------- */

enum way { A_WAIT, A_SHIELD, AN_ITERATION, A_GATHER_IN_A_WAIT, WAYS };

static const char *const ways[WAYS] = {"a wait", "a shield", "an as_completed",
                                       "a wait for a gather"};

/* Awaits two sleeps that lie in its frame, through what would not cancel them. */
struct lazy {
    struct eddy_co co;
    enum way way;
    struct eddy_sleep sleeps[2];
    struct eddy_gather gather;
    struct eddy_shield shield;
    struct eddy_wait wait;
    struct eddy_as_completed next;
    struct eddy_awaited each[2], outer_each[1];
};

static struct eddy_future *fall_asleep(struct lazy *self)
{
    for (int i = 0; i < 2; i++)
        self->each[i].future = eddy_sleep(&self->sleeps[i], &loop, 3600);
    if (self->way == A_SHIELD) {
        eddy_future_cancel(self->each[1].future);
        return eddy_shield(&self->shield, &loop, self->each[0].future);
    }
    if (self->way == AN_ITERATION) {
        CHECK_CODE(eddy_as_completed_open(&self->next, &loop, self->each, 2, 7200), 0);
        return eddy_as_completed_next(&self->next);
    }
    if (self->way == A_WAIT)
        return eddy_wait(&self->wait, &loop, self->each, 2, EDDY_ALL_COMPLETED, 7200);
    self->outer_each[0].future = eddy_gather(&self->gather, &loop, self->each, 2);
    return eddy_wait(&self->wait, &loop, self->outer_each, 1, EDDY_ALL_COMPLETED, EDDY_FOREVER);
}

static struct eddy_step lazy(struct eddy_co *co)
{
    struct lazy *self = CO_FRAME(co, lazy);

    CO_BEGIN(co);
    mule_task = eddy_current_task();
    CO_AWAIT(co, fall_asleep(self));
    CO_END(co);
}

/* In debug mode a spawned task's block is freed, and kept for nobody. */
static void spawn_mule(int kind)
{
    DID("the task awaits %s", kinds[kind]);
    set_up();
    eddy_loop_set_debug(&loop, true);
    for (int i = 0; i < 3; i++)
        eddy_future_init_type(&losers[i], &loop, &loser_type);
    CHECK_OK(eddy_spawn(&loop, mule, .kind = (enum kind)kind));
    turns(3);
}

/* The losers hear of nobody, and can end. */
static void expect_nothing(void)
{
    IF_CRASH("a loser, a timer or a list still points into the frame");
    CHECK_INT(loop.timers.count, 0);
    for (int i = 0; i < 3; i++)
        CHECK_INT(waiters_of(&losers[i]), 0);
    for (int i = 0; i < 3; i++)
        if (!eddy_future_done(&losers[i]))
            finish(&losers[i], 0);
    turns(3);
    CHECK(eddy_next_task(&loop, NULL) == NULL);
    tear_down();
}

TESTS
{
    CASE("a task that refuses is abandoned, and nothing that it awaits points into its frame") {
        for (int kind = 0; kind < KINDS; kind++) {
            spawn_mule(kind);
            CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
            CHECK(scripted_time() <= 1005);
            expect_nothing();
        }
    }
    CASE("abandoned without a cancel before, it leaves nothing either") {
        for (int kind = 0; kind < KINDS; kind++) {
            spawn_mule(kind);
            eddy_task_abandon(mule_task);
            expect_nothing();
        }
    }
    CASE("abandoned when what it awaits is done, and it has not heard of it, it leaves nothing") {
        for (int kind = 0; kind < KINDS; kind++) {
            spawn_mule(kind);
            for (int i = 0; i < 3; i++)
                finish(&losers[i], -EIO);
            eddy_task_abandon(mule_task);
            expect_nothing();
        }
    }
    CASE("abandoned a turn after what it awaits was done, it leaves nothing either") {
        for (int kind = 0; kind < KINDS; kind++) {
            spawn_mule(kind);
            finish(&losers[0], 0);
            turns(1);
            eddy_task_abandon(mule_task);
            expect_nothing();
        }
    }
    CASE("operations in an abandoned frame end with it, also those that would not be cancelled") {
        for (int way = 0; way < WAYS; way++) {
            DID("a task awaits sleeps in its frame through %s, and is abandoned", ways[way]);
            set_up();
            eddy_loop_set_debug(&loop, true);
            CHECK_OK(eddy_spawn(&loop, lazy, .way = (enum way)way));
            turns(1);
            CHECK(loop.timers.count > 0);
            eddy_task_abandon(mule_task);
            CHECK_INT(loop.timers.count, 0);
            run_out();
            tear_down();
        }
    }
    CASE("a future outside an abandoned frame is not cancelled by a wait for it") {
        spawn_mule(WAIT);
        eddy_task_abandon(mule_task);
        CHECK_INT(asked, 0);
        expect_nothing();
    }
    CASE("gather of a task that is abandoned fails with EDDY_ETASKS, and ends the others") {
        struct eddy_task a, b;
        struct waiter frames[2];
        struct eddy_gather gather;
        struct eddy_awaited each[2] = {{.future = NULL}};
        struct eddy_future f[2];
        set_up();
        begin_all(f, each, 2);
        eddy_gather_of(&gather, &loop, each,
                       eddy_task_start(&a, &loop, waiter, &frames[0], .name = "a", .on = &f[0]),
                       eddy_task_start(&b, &loop, waiter, &frames[1], .name = "b", .on = &f[1]));
        turns(1);
        eddy_task_abandon(&a);
        run_out();
        EXPECT("a b b.ECANCELED");
        CHECK_CODE(eddy_future_error(&gather.future), EDDY_ETASKS);
        tear_down();
    }
}
