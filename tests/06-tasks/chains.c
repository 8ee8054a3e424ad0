/*
 * Tasks that wait for tasks: a cancel goes down the chain, however long; rings are refused, or the
 * loop says that it is stuck; and a cancel goes through calls at each depth.
 */
#include "tasks.h"

#include <stdlib.h>

enum { LONG = 1000000, RING = 20 };

static struct eddy_task a, b, c;
static struct waiter frames[3];
static struct eddy_future future;

static void set_up_future(void)
{
    set_up();
    eddy_future_init(&future, &loop);
}

/* c waits for b, which waits for a, which waits for the future. */
static void start_chain(void)
{
    eddy_task_start(&a, &loop, waiter, &frames[0], .name = "a", .on = &future);
    eddy_task_start(&b, &loop, waiter, &frames[1], .name = "b", .on = &a.future);
    eddy_task_start(&c, &loop, waiter, &frames[2], .name = "c", .on = &b.future);
    turns(1);
    EXPECT("a b c");
}

/* Is in its cleanup section from its first step on, for a second. */
struct polite {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step polite(struct eddy_co *co)
{
    struct polite *self = CO_FRAME(co, polite);

    CO_BEGIN(co);
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1));
    note("bye=%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

/* ---- Down the chain ------------------------------------------------------------------------------ */

/* Waits for `first`, whatever comes of it, then for `second`. */
struct twice {
    struct eddy_co co;
    struct eddy_future *first, *second;
};

static struct eddy_step twice(struct eddy_co *co)
{
    struct twice *self = CO_FRAME(co, twice);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, self->first);
    note("first=%s", eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co, self->second);
    note("second=%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

static void somebody_elses(void)
{
    CASE("whoever waits for a task that somebody else has cancelled keeps a request of its own") {
        struct polite cleaning;
        struct twice frame;
        set_up_future();
        DID("b waits for a; a was cancelled and is in its cleanup section; cancelled b");
        CAUSE("what comes of a is not this request's doing: it must land at the next await");
        eddy_task_start(&a, &loop, polite, &cleaning);
        eddy_task_start(&b, &loop, twice, &frame, .first = &a.future, .second = &future);
        CHECK(eddy_task_cancel(&a));
        turns(1);
        CHECK(eddy_task_cancel(&b));
        run_out();
        EXPECT("bye=OK first=ECANCELED second=ECANCELED");
        CHECK(!eddy_future_done(&future));
        tear_down();
    }
}

/* A chain: each waits for the next, the last for `future`. */
enum { MANY = 60000 };

static struct eddy_task many[MANY];
static struct waiter links_of_many[MANY];

/* The n-th to be started: in the order of the chain, from its end, or the odd ones first. */
static int in_order(int order, int n)
{
    if (order == 0)
        return n;
    if (order == 1)
        return MANY - 1 - n;
    return n < MANY / 2 ? 2 * n + 1 : 2 * (n - MANY / 2);
}

static void start_many(int order)
{
    for (int n = 0; n < MANY; n++) {
        int i = in_order(order, n);
        eddy_task_start(&many[i], &loop, waiter, &links_of_many[i], .name = "",
                        .on = i + 1 < MANY ? &many[i + 1].future : &future);
    }
    turns(1);
}

static void counting(void)
{
    CASE("requests are counted until they are taken back, and several land as one") {
        struct twice frame;
        struct eddy_future second;
        set_up_future();
        eddy_future_init(&second, &loop);
        eddy_task_start(&a, &loop, twice, &frame, .first = &future, .second = &second);
        turns(1);
        CHECK(eddy_task_cancel(&a));
        CHECK(eddy_task_cancel(&a));
        CHECK_INT(eddy_task_cancelling(&a), 2);
        turns(1);
        EXPECT("first=ECANCELED");
        CHECK_INT(eddy_task_cancelling(&a), 2);
        CHECK_INT(eddy_task_uncancel(&a), 1);
        CHECK_INT(eddy_task_uncancel(&a), 0);
        CHECK_INT(eddy_task_uncancel(&a), 0);
        CHECK_CODE(eddy_future_set_result(&second, NULL), 0);
        turns(1);
        EXPECT("second=OK");
        tear_down();
    }

    CASE("a request that is taken back before it has landed strikes nobody") {
        struct twice frame;
        struct eddy_future second;
        set_up_future();
        eddy_future_init(&second, &loop);
        eddy_task_start(&a, &loop, twice, &frame, .first = &future, .second = &second);
        turns(1);
        DID("the result is delivered, then two cancels, and one is taken back");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK(eddy_task_cancel(&a));
        CHECK(eddy_task_cancel(&a));
        CHECK_INT(eddy_task_uncancel(&a), 1);
        CHECK_INT(eddy_task_uncancel(&a), 0);
        turns(1);
        EXPECT("first=OK");
        CHECK(!eddy_future_done(&second));
        CHECK_CODE(eddy_future_set_result(&second, NULL), 0);
        turns(1);
        EXPECT("second=OK");
        tear_down();
    }

    CASE("of two requests, one of which has landed, taking one back leaves none to strike") {
        struct twice frame;
        struct eddy_future second;
        set_up_future();
        eddy_future_init(&second, &loop);
        eddy_task_start(&a, &loop, twice, &frame, .first = &future, .second = &second);
        turns(1);
        CHECK(eddy_task_cancel(&a));
        turns(1);
        EXPECT("first=ECANCELED");
        CHECK_CODE(eddy_future_set_result(&second, NULL), 0);
        CHECK(eddy_task_cancel(&a));
        CHECK_INT(eddy_task_uncancel(&a), 1);
        CHECK_INT(a.unlanded, 0);
        turns(1);
        EXPECT("second=OK");
        tear_down();
    }

    CASE("a long chain of tasks is shut down in a time that grows with its length alone") {
        set_up_future();
        DID("shut down %d tasks that wait for each other, started in three orders", MANY);
        for (int order = 0; order < 3; order++) {
            eddy_future_init(&future, &loop);
            start_many(order);
            CHECK_CODE(eddy_loop_shutdown(&loop, 1), 0);
            for (int i = 0; i < MANY; i++)
                CHECK_CODE(many[i].future.err, -ECANCELED);
        }
        tear_down();
    }
}

static void down(void)
{
    CASE("a cancel goes down the chain of tasks that wait, to the last, which ends first") {
        set_up_future();
        start_chain();
        CHECK(cancel_task(&c));
        CHECK(eddy_future_cancelled(&future));
        CHECK(!eddy_task_done(&a) && !eddy_task_done(&b) && !eddy_task_done(&c));
        run_out();
        EXPECT("a.ECANCELED b.ECANCELED c.ECANCELED");
        tear_down();
    }

    CASE("cancelled in the middle, those above see an error, and nobody above was asked to end") {
        struct catcher frame;
        set_up_future();
        eddy_task_start(&a, &loop, waiter, &frames[0], .name = "a", .on = &future);
        eddy_task_start(&b, &loop, waiter, &frames[1], .name = "b", .on = &a.future);
        eddy_task_start(&c, &loop, catcher, &frame, .name = "c", .on = &b.future);
        turns(1);
        CHECK(cancel_task(&b));
        run_out();
        EXPECT("a b c a.ECANCELED b.ECANCELED c=ECANCELED c.OK");
        CHECK_CODE(outcome(&c), 0);
        tear_down();
    }

    CASE("a task that several wait for is cancelled for all of them") {
        set_up_future();
        eddy_task_start(&a, &loop, waiter, &frames[0], .name = "a", .on = &future);
        eddy_task_start(&b, &loop, waiter, &frames[1], .name = "b", .on = &a.future);
        eddy_task_start(&c, &loop, waiter, &frames[2], .name = "c", .on = &a.future);
        turns(1);
        CHECK(cancel_task(&c));
        run_out();
        EXPECT("a b c a.ECANCELED b.ECANCELED c.ECANCELED");
        tear_down();
    }

    CASE("an awaited task may return all the same: its waiter has the result") {
        struct stubborn frame;
        set_up_future();
        eddy_task_start(&a, &loop, stubborn, &frame, .name = "a", .rounds = 1);
        eddy_task_start(&b, &loop, waiter, &frames[1], .name = "b", .on = &a.future);
        turns(1);
        CHECK(cancel_task(&b));
        run_out();
        EXPECT("a b a=ECANCELED a.OK b=OK b.OK");
        CHECK_CODE(outcome(&b), 0);
        tear_down();
    }

    CASE("an awaited task that refuses can be cancelled again through the task that waits for it") {
        struct stubborn frame;
        set_up_future();
        eddy_task_start(&a, &loop, stubborn, &frame, .name = "a", .rounds = 3);
        eddy_task_start(&b, &loop, waiter, &frames[1], .name = "b", .on = &a.future);
        eddy_task_start(&c, &loop, waiter, &frames[2], .name = "c", .on = &b.future);
        turns(1);
        for (int i = 0; i < 3; i++) {
            CHECK(cancel_task(&c));
            turns(2);
        }
        run_out();
        EXPECT("a b c a=ECANCELED a=ECANCELED a=ECANCELED a.OK b=OK b.OK c=OK c.OK");
        tear_down();
    }

    CASE("a task in its cleanup section is not cut short by the task that waits for it") {
        struct polite frame;
        set_up_future();
        eddy_task_start(&a, &loop, polite, &frame);
        eddy_task_start(&b, &loop, waiter, &frames[1], .name = "b", .on = &a.future);
        turns(1);
        for (int i = 0; i < 3; i++) {
            CHECK(cancel_task(&b));
            turns(1);
        }
        CHECK(!eddy_future_done(&frame.sleep.future));
        run_out();
        EXPECT("b bye=OK b=OK b.OK");
        CHECK(scripted_time() == 1001);
        tear_down();
    }
}

/* ---- A long one ----------------------------------------------------------------------------------- */

struct link {
    struct eddy_task task;
    struct patient {
        struct eddy_co co;
        struct eddy_future *on;
    } frame;
};

static struct eddy_step patient(struct eddy_co *co)
{
    struct patient *self = CO_FRAME(co, patient);

    CO_BEGIN(co);
    CO_AWAIT(co, self->on);
    CO_END(co);
}

static struct link *start_links(int count)
{
    struct link *links = malloc((size_t)count * sizeof *links);

    CHECK(links != NULL);
    for (int i = 0; i < count; i++)
        eddy_task_start(&links[i].task, &loop, patient, &links[i].frame,
                        .on = i == 0 ? &future : &links[i - 1].task.future);
    turns(1);
    return links;
}

static void long_chain(void)
{
    CASE("a chain of a million tasks is cancelled without a stack of a million calls") {
        struct link *links;
        set_up_future();
        links = start_links(LONG);
        DID("cancelled the last of %d tasks, each of which waits for the one before", LONG);
        CAUSE("go down the chain in a loop");
        CHECK(cancel_task(&links[LONG - 1].task));
        CHECK(eddy_future_cancelled(&future));
        for (int i = 0; i < LONG; i++)
            CHECK_INT(links[i].task.unlanded, 1);
        turns(3);
        for (int i = 0; i < 3; i++)
            CHECK_CODE(outcome(&links[i].task), -ECANCELED);
        for (int i = 3; i < LONG; i++)
            eddy_task_abandon(&links[i].task);
        free(links);
        tear_down();
    }

    CASE("a chain ends one after the other, a turn each") {
        struct link *links;
        enum { COUNT = 1000 };
        set_up_future();
        links = start_links(COUNT);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(COUNT - 1);
        CHECK(!eddy_task_done(&links[COUNT - 1].task));
        turns(1);
        CHECK(eddy_task_done(&links[COUNT - 1].task));
        free(links);
        tear_down();
    }
}

/* ---- Rings ------------------------------------------------------------------------------------------ */

static struct eddy_task ring[RING];
static struct waiter ring_frames[RING];
static const char *const ring_names[RING] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j",
                                             "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"};

/* Each waits for the next, and the last for the first. */
static void start_ring(int count)
{
    for (int i = 0; i < count; i++)
        eddy_task_start(&ring[i], &loop, waiter, &ring_frames[i], .name = ring_names[i],
                        .on = &ring[(i + 1) % count].future);
    turns(1);
}

static void rings(void)
{
    CASE("to wait for oneself, or in a ring of two or three, is an error at the closing await") {
        set_up();
        eddy_loop_set_exception_handler(&loop, NULL);
        start_ring(1);
        EXPECT("a a.EDDY_EDEADLOCK");
        start_ring(2);
        run_out();
        EXPECT("a b b.EDDY_EDEADLOCK a.EDDY_EDEADLOCK");
        start_ring(3);
        run_out();
        EXPECT("a b c c.EDDY_EDEADLOCK b.EDDY_EDEADLOCK a.EDDY_EDEADLOCK");
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        tear_down();
    }

    CASE("a longer ring is a loop that is stuck: it says which tasks wait for which") {
        set_up();
        start_ring(RING);
        DID("ran until one of a ring of %d tasks was complete", RING);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &ring[0].future), EDDY_ESTUCK);
        CHECK(strstr(reported, "stuck: ") != NULL);
        CHECK(strstr(reported, "waiter (tests/06-tasks/tasks.h:") != NULL);
        CHECK(strstr(reported, "awaits the task waiter\n") != NULL);
        DID("cancelled one of the ring: that must come to an end");
        CHECK(cancel_task(&ring[5]));
        CHECK(cancel_task(&ring[5]));
        CHECK(cancel_task(&ring[6]));
        turns(3);
        for (int i = 0; i < RING; i++)
            CHECK(!eddy_task_done(&ring[i]));
        DID("shut the loop down: none of them can end, and all are abandoned");
        CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
        for (int i = 0; i < RING; i++)
            CHECK_CODE(outcome(&ring[i]), EDDY_ETASKS);
        tear_down();
    }

    CASE("a stuck loop names the chain of tasks, down to what nobody finishes") {
        char want[256];
        set_up_future();
        start_chain();
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &c.future), EDDY_ESTUCK);
        snprintf(want, sizeof want,
                 "    it waits for   waiter (tests/06-tasks/tasks.h:%d) awaits the task waiter\n"
                 "                   waiter (tests/06-tasks/tasks.h:%d) awaits the task waiter\n"
                 "                   waiter (tests/06-tasks/tasks.h:%d) awaits future\n",
                 frames[0].co.place.line, frames[1].co.place.line, frames[2].co.place.line);
        CHECK(strstr(reported, want) != NULL);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        run_out();
        tear_down();
    }
}

/* ---- Parent and child -------------------------------------------------------------------------------- */

struct child {
    struct eddy_co co;
    struct eddy_task *parent;
    bool waits;
};

static struct eddy_step child(struct eddy_co *co)
{
    struct child *self = CO_FRAME(co, child);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn());
    CHECK(cancel_task(self->parent));
    if (self->waits)
        CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    note("child.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

struct parent {
    struct eddy_co co;
    struct eddy_task task;
    struct child child;
    bool waits;
};

static struct eddy_step parent(struct eddy_co *co)
{
    struct parent *self = CO_FRAME(co, parent);

    CO_BEGIN(co);
    eddy_task_start(&self->task, eddy_co_loop(co), child, &self->child,
                    .parent = eddy_current_task(), .waits = self->waits);
    CO_TRY_AWAIT(co, &self->task.future);
    note("parent=%s", eddy_errname(eddy_co_error(co)));
    CO_AWAIT(co, eddy_next_turn());
    note("went on");
    CO_FINALLY(co);
    note("parent.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void families(void)
{
    CASE("a child cancels its parent, which waits for it: so its own next await is cancelled") {
        struct parent frame;
        set_up();
        eddy_task_start(&a, &loop, parent, &frame, .waits = true);
        run_out();
        EXPECT("child.ECANCELED parent=ECANCELED went on parent.OK");
        tear_down();
    }

    CASE("a child cancels its parent and returns: the parent has its result, and then the cancel") {
        struct parent frame;
        set_up();
        eddy_task_start(&a, &loop, parent, &frame, .waits = false);
        run_out();
        EXPECT("child.OK parent=OK parent.ECANCELED");
        tear_down();
    }
}

/* ---- Through calls ----------------------------------------------------------------------------------- */

struct deep {
    struct eddy_co co;
    struct eddy_future *on;
    struct waiter waiter;
    struct deep *inner; /* calls itself, in a frame of its own */
    int depth;
};

static struct eddy_step deep(struct eddy_co *co)
{
    struct deep *self = CO_FRAME(co, deep);

    CO_BEGIN(co);
    if (self->depth == 0)
        CO_CALL(co, waiter, &self->waiter, .name = "w", .on = self->on);
    if (self->depth > 0) {
        self->inner = malloc(sizeof *self->inner);
        CHECK(self->inner != NULL);
        CO_CALL(co, deep, self->inner, .on = self->on, .depth = self->depth - 1);
    }
    note("%d=OK", self->depth);
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    free(self->inner);
    note("%d.%s", self->depth, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void calls(void)
{
    CASE("a cancel lands in the innermost call, and goes up through each cleanup section") {
        struct deep frame;
        set_up_future();
        eddy_task_start(&a, &loop, deep, &frame, .on = &future, .depth = 3);
        turns(1);
        CHECK(cancel_task(&a));
        run_out();
        EXPECT("w w.ECANCELED 0.ECANCELED 1.ECANCELED 2.ECANCELED 3.ECANCELED");
        CHECK_CODE(outcome(&a), -ECANCELED);
        tear_down();
    }

    CASE("with a delivered result it lands at the next await, at whichever depth that is") {
        struct deep frame;
        for (int depth = 0; depth < 4; depth++) {
            set_up_future();
            DID("the result is in line, four calls deep; cancelled %d turns later", depth);
            eddy_task_start(&a, &loop, deep, &frame, .on = &future, .depth = 3);
            turns(1);
            CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
            turns(depth);
            CHECK(cancel_task(&a));
            run_out();
            CHECK(strstr(trace, "3.ECANCELED") != NULL);
            trace[0] = '\0';
            tear_down();
        }
    }
}

TESTS
{
    down();
    somebody_elses();
    counting();
    long_chain();
    rings();
    families();
    calls();
}
