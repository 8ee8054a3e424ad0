/*
 * Gathers of gathers: a cancel goes down, errors come up, and both take no C stack, however deep; a
 * ring ends; and a hundred thousand children are as few calls as there are children.
 */
#include "many.h"

#include "gather.h"

#include <stdlib.h>

enum { MANY = 100000, STACK = 16384 };

/* ---- A few -------------------------------------------------------------------------------------- */

static struct eddy_future f[4];
static struct eddy_awaited each[4], inner_places[2], outer_places[2];
static struct eddy_gather inner, outer;

/* outer has f[0], and inner, which has f[1] and f[2]. */
static void start_two(void)
{
    set_up();
    begin_all(f, each, 4);
    memset(inner_places, 0, sizeof inner_places);
    memset(outer_places, 0, sizeof outer_places);
    eddy_gather_of(&outer, &loop, outer_places, &f[0],
                   eddy_gather_of(&inner, &loop, inner_places, &f[1], &f[2]));
}

static void expect_errors(int err0, int err1, int err2)
{
    CHECK_CODE(eddy_future_error(&f[0]), err0);
    CHECK_CODE(eddy_future_error(&f[1]), err1);
    CHECK_CODE(eddy_future_error(&f[2]), err2);
}

static void a_few(void)
{
    CASE("a gather of gathers has their results, and their errors") {
        start_two();
        for (int i = 0; i < 3; i++)
            finish(&f[i], 0);
        run_out();
        CHECK_CODE(eddy_future_error(&outer.future), 0);
        tear_down();
        start_two();
        finish(&f[2], -EIO);
        run_out();
        expect_errors(-ECANCELED, -ECANCELED, -EIO);
        CHECK_CODE(eddy_future_error(&inner.future), -EIO);
        CHECK_CODE(eddy_future_error(&outer.future), -EIO);
        tear_down();
    }
    CASE("an error in the outer gather cancels the inner one, down to its futures") {
        start_two();
        finish(&f[0], -EIO);
        run_out();
        expect_errors(-EIO, -ECANCELED, -ECANCELED);
        CHECK_CODE(eddy_future_error(&inner.future), -ECANCELED);
        CHECK_CODE(eddy_future_error(&outer.future), -EIO);
        CHECK_INT(outer.failures, 1);
        tear_down();
    }
    CASE("a cancel of the outer gather goes down, and both end as cancelled") {
        start_two();
        CHECK(eddy_future_cancel(&outer.future));
        run_out();
        expect_errors(-ECANCELED, -ECANCELED, -ECANCELED);
        CHECK_CODE(eddy_future_error(&inner.future), -ECANCELED);
        CHECK_CODE(eddy_future_error(&outer.future), -ECANCELED);
        tear_down();
    }
    CASE("a cancel of the inner gather alone is a failure of the outer one") {
        start_two();
        CHECK(eddy_future_cancel(&inner.future));
        run_out();
        expect_errors(-ECANCELED, -ECANCELED, -ECANCELED);
        CHECK_CODE(eddy_future_error(&outer.future), -ECANCELED);
        CHECK_INT(outer.failures, 1);
        tear_down();
    }
}

/* ---- A ring -------------------------------------------------------------------------------------- */

/* Gathers one future, and cleans up. */
struct gatherer {
    struct eddy_co co;
    const char *name;
    struct eddy_future *on;
    struct eddy_gather gather;
    struct eddy_awaited each[1];
};

static struct eddy_step gatherer(struct eddy_co *co)
{
    struct gatherer *self = CO_FRAME(co, gatherer);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_gather_of(&self->gather, eddy_co_loop(co), self->each, self->on));
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void rings(void)
{
    CASE("a ring of tasks that gather each other is a loop that is stuck; a cancel of it ends") {
        static struct eddy_task ring[3];
        static struct gatherer frames[3];
        static const char *const names[] = {"a", "b", "c"};
        set_up();
        for (int i = 0; i < 3; i++)
            eddy_task_start(&ring[i], &loop, gatherer, &frames[i], .name = names[i],
                            .on = &ring[(i + 1) % 3].future);
        run_out();
        for (int i = 0; i < 3; i++) {
            struct eddy_task *next = &ring[(i + 1) % 3];
            unsigned asked = eddy_task_cancelling(next);
            DID("each waits for the next one; cancelled task %d of the ring", i);
            IF_CRASH("the cancel goes round and round, until the C stack is used up");
            CHECK(cancel_task(&ring[i]));
            CHECK_INT(eddy_task_cancelling(next), asked + 1);
            run_out();
        }
        DID("shut the loop down: who is in a ring is abandoned at once");
        CHECK_CODE(eddy_loop_shutdown(&loop, 10), EDDY_ETASKS);
        CHECK(scripted_time() == 1000);
        EXPECT("");
        CHECK_CODE(outcome(&ring[0]), EDDY_ETASKS);
        CHECK(strstr(reported, "awaits gather"));
        tear_down();
    }
}

/* ---- Deep ---------------------------------------------------------------------------------------- */

static struct eddy_gather nests[MANY];
static struct eddy_awaited places[MANY];
static struct eddy_task tasks[MANY];
static struct gatherer frames[MANY];

static struct eddy_future deepest;
static const char *top; /* where the stack was in the test */
static int cancels;

/* At the end of everything: how far down the stack is. */
static void cancel_deepest(struct eddy_future *future)
{
    char here;
    ptrdiff_t used = top - (const char *)&here;

    cancels++;
    if (used < 0 || used > STACK)
        FAIL("less than 16 KiB of stack", "%td bytes", used);
    eddy_future_set_error(future, -ECANCELED);
}

static const struct eddy_future_type deepest_type = {.name = "deepest", .cancel = cancel_deepest};

static void set_up_deepest(void)
{
    set_up();
    cancels = 0;
    eddy_future_init_type(&deepest, &loop, &deepest_type);
}

/* Each gather has the one before as its only child. */
static struct eddy_future *nest_gathers(void)
{
    struct eddy_future *last = &deepest;

    for (int i = 0; i < MANY; i++) {
        places[i] = (struct eddy_awaited){.future = last};
        last = eddy_gather(&nests[i], &loop, &places[i], 1);
    }
    return last;
}

static void expect_all(int err)
{
    for (int i = 0; i < MANY; i++)
        if (eddy_future_error(&nests[i].future) != err)
            FAIL("all the same outcome", "gather %d: %s", i,
                 eddy_errname(eddy_future_error(&nests[i].future)));
}

static void deep(void)
{
    char here;

    top = &here;
    CASE("a nest of 100,000 gathers is cancelled without using the C stack") {
        set_up_deepest();
        IF_CRASH("each cancel calls the next one: that takes a frame of stack for each");
        CHECK(eddy_future_cancel(nest_gathers()));
        CHECK_INT(cancels, 1);
        run_out();
        expect_all(-ECANCELED);
        tear_down();
    }
    CASE("an error comes up through 100,000 gathers without using the C stack") {
        set_up_deepest();
        nest_gathers();
        CHECK_CODE(eddy_future_set_error(&deepest, -EIO), 0);
        run_out();
        expect_all(-EIO);
        tear_down();
    }
    CASE("a chain of 100,000 tasks that gather each other is cancelled without using the C stack") {
        set_up_deepest();
        for (int i = 0; i < MANY; i++)
            eddy_task_start(&tasks[i], &loop, gatherer, &frames[i], .name = "",
                            .on = i ? &tasks[i - 1].future : &deepest);
        run_out();
        CHECK(cancel_task(&tasks[MANY - 1]));
        CHECK_INT(cancels, 1);
        run_out();
        for (int i = 0; i < MANY; i++)
            CHECK_CODE(outcome(&tasks[i]), -ECANCELED);
        tear_down();
    }
    CASE("100,000 tasks that gather each other are shut down, and each is asked once") {
        set_up_deepest();
        for (int i = 0; i < MANY; i++)
            eddy_task_start(&tasks[i], &loop, gatherer, &frames[i], .name = "",
                            .on = i ? &tasks[i - 1].future : &deepest);
        run_out();
        WAITING("the shutdown of %d tasks", MANY);
        IF_HANG("each task that is cancelled comes to all below it once more: that is the square");
        CHECK_CODE(eddy_loop_shutdown(&loop, 1), 0);
        CHECK_INT(cancels, 1);
        for (int i = 0; i < MANY; i++)
            CHECK_CODE(outcome(&tasks[i]), -ECANCELED);
        tear_down();
    }
}

/* ---- Wide ---------------------------------------------------------------------------------------- */

static struct eddy_future children[MANY];

static void cancel_child(struct eddy_future *future)
{
    cancels++;
    eddy_future_set_error(future, -ECANCELED);
}

static const struct eddy_future_type child_type = {.name = "child", .cancel = cancel_child};

static void begin_children(void)
{
    set_up();
    cancels = 0;
    memset(places, 0, sizeof places);
    for (int i = 0; i < MANY; i++) {
        eddy_future_init_type(&children[i], &loop, &child_type);
        places[i].future = &children[i];
    }
}

static void wide(void)
{
    check_limit(2); /* it takes a hundredth; the square of the children takes more */
    CASE("100,000 children of a gather end in one turn, the last one first") {
        begin_children();
        IF_HANG("each child that ends comes to all the others");
        eddy_gather(&outer, &loop, places, MANY);
        for (int i = MANY; i-- > 0;)
            finish(&children[i], 0);
        turns(1);
        CHECK_INT(outer.left, 0);
        CHECK_CODE(eddy_future_error(&outer.future), 0);
        tear_down();
    }
    CASE("when one of 100,000 fails, each of the others is cancelled once") {
        begin_children();
        eddy_gather(&outer, &loop, places, MANY);
        finish(&children[MANY / 2], -EIO);
        turns(2);
        CHECK_INT(cancels, MANY - 1);
        CHECK_CODE(eddy_future_error(&outer.future), -EIO);
        CHECK_INT(outer.failures, 1);
        tear_down();
    }
    CASE("when all of 100,000 fail at once, each is heard, and none is cancelled") {
        begin_children();
        eddy_gather(&outer, &loop, places, MANY);
        for (int i = 0; i < MANY; i++)
            finish(&children[i], -EIO);
        turns(1);
        CHECK_INT(cancels, 0);
        CHECK_INT(outer.failures, MANY);
        CHECK_CODE(eddy_future_error(&outer.future), -EIO);
        tear_down();
    }
}

TESTS
{
    a_few();
    rings();
    deep();
    wide();
}
