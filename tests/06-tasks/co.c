/*
 * Coroutines: awaiting, errors and the cleanup section, and coroutines that call coroutines.
 */
#include "tasks.h"

#include <stdlib.h>

static struct eddy_task task, other;
static struct eddy_future future, second;

static void set_up_futures(void)
{
    set_up();
    eddy_future_init(&future, &loop);
    eddy_future_init(&second, &loop);
}

/* ---- Awaiting ---------------------------------------------------------------------------------- */

/* Its state is in its frame: a number that grows with each value that it gets. */
struct adder {
    struct eddy_co co;
    const char *name;
    struct eddy_future own;
    int sum, i;
};

static struct eddy_step adder(struct eddy_co *co)
{
    struct adder *self = CO_FRAME(co, adder);

    CO_BEGIN(co);
    for (self->i = 1; self->i <= 3; self->i++) {
        eddy_future_init(&self->own, eddy_co_loop(co));
        CO_AWAIT(co, &self->own);
        self->sum += self->i * *(int *)self->own.result;
    }
    note("%s=%d", self->name, self->sum);
    CO_END(co);
}

static int one = 1, hundred = 100;

static void awaiting(void)
{
    CASE("a coroutine runs to its first await, and goes on behind it when the future is done") {
        struct waiter frame;
        set_up_futures();
        DID("started a task that waits for a future, and set its result three turns later");
        eddy_task_start(&task, &loop, waiter, &frame, .name = "a", .on = &future);
        EXPECT("");
        turns(3);
        EXPECT("a");
        CHECK_CODE(outcome(&task), EDDY_EPENDING);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        EXPECT("");
        turns(1);
        EXPECT("a=OK a.OK");
        CHECK_CODE(outcome(&task), 0);
        CHECK(eddy_task_done(&task));
        tear_down();
    }

    CASE("its frame keeps its state, and two of one kind know nothing of each other") {
        struct adder a, b;
        set_up();
        eddy_task_start(&task, &loop, adder, &a, .name = "a");
        eddy_task_start(&other, &loop, adder, &b, .name = "b", .sum = 5000);
        for (int i = 0; i < 3; i++) {
            turns(1);
            CHECK_CODE(eddy_future_set_result(&a.own, &one), 0);
            CHECK_CODE(eddy_future_set_result(&b.own, &hundred), 0);
        }
        turns(1);
        EXPECT("a=6 b=5600");
        tear_down();
    }

    CASE("the result of a task is the frame's coroutine, where its fields tell what it has found") {
        struct adder frame;
        void *result = NULL;
        struct eddy_co *ended; /* whatever it is called */
        set_up();
        eddy_task_start(&task, &loop, adder, &frame, .name = "a");
        for (int i = 0; i < 3; i++) {
            turns(1);
            CHECK_CODE(eddy_future_set_result(&frame.own, &one), 0);
        }
        turns(1);
        CHECK_CODE(eddy_future_result(&task.future, &result), 0);
        ended = result;
        CHECK(ended == &frame.co);
        CHECK_INT(CO_FRAME(ended, adder)->sum, 6);
        tear_down();
    }

    CASE("many tasks wait for one future, and wake in the order of waiting") {
        static const char *const names[] = {"a", "b", "c", "d", "e"};
        struct eddy_task tasks[5];
        struct waiter frames[5];
        set_up_futures();
        for (int i = 0; i < 5; i++)
            eddy_task_start(&tasks[i], &loop, waiter, &frames[i], .name = names[i], .on = &future);
        turns(1);
        EXPECT("a b c d e");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        EXPECT("a=OK a.OK b=OK b.OK c=OK c.OK d=OK d.OK e=OK e.OK");
        tear_down();
    }

    CASE("a future of another loop is refused at the await, and nobody is left waiting") {
        struct eddy_loop strange;
        struct waiter frame;
        set_up();
        CHECK_OK(eddy_loop_open(&strange, NULL));
        eddy_future_init(&future, &strange);
        eddy_task_start(&task, &loop, waiter, &frame, .name = "a", .on = &future);
        eddy_loop_set_exception_handler(&loop, NULL);
        turns(1);
        EXPECT("a a.EDDY_EOTHER");
        CHECK_CODE(outcome(&task), EDDY_EOTHER);
        CHECK(eddy_list_empty(&future.waiters));
        CHECK_CODE(eddy_loop_close(&strange), 0);
        tear_down();
    }
}

/* ---- Errors ------------------------------------------------------------------------------------ */

/* Tries one future, fails or not, and waits for another in its cleanup section. */
struct careful {
    struct eddy_co co;
    struct eddy_future *first, *last;
    int fail; /* with this, behind the first */
    bool handles;
};

static struct eddy_step careful(struct eddy_co *co)
{
    struct careful *self = CO_FRAME(co, careful);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, self->first);
    note("a=%s", eddy_errname(eddy_co_error(co)));
    note("so far %s", eddy_errname(eddy_co_outcome(co)));
    if (self->fail)
        CO_FAIL(co, self->fail);
    CO_FINALLY(co);
    CO_AWAIT(co, self->last);
    note("last=%s", eddy_errname(eddy_co_error(co)));
    note("a.%s", eddy_errname(eddy_co_outcome(co)));
    if (self->handles)
        eddy_co_handled(co);
    CO_END(co);
}

/* Leaves from the middle of two loops. */
struct leaver {
    struct eddy_co co;
    int way, i, k, cleanups;
    struct eddy_sleep sleep;
};

static struct eddy_step leaver(struct eddy_co *co)
{
    struct leaver *self = CO_FRAME(co, leaver);

    CO_BEGIN(co);
    for (self->i = 0; self->i < 3; self->i++)
        for (self->k = 0; self->k < 3; self->k++) {
            CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1));
            if (self->i == 1 && self->k == 1 && self->way == 0)
                CO_RETURN(co);
            if (self->i == 1 && self->k == 1 && self->way == 1)
                CO_FAIL(co, -EIO);
        }
    note("all");
    CO_FINALLY(co);
    self->cleanups++;
    if (self->way == 2)
        CO_FAIL(co, -ENOSPC); /* a way out of the cleanup section, too */
    note("%d %d", self->i, self->k);
    CO_END(co);
}

struct bare {
    struct eddy_co co;
    struct eddy_future *on;
};

static struct eddy_step bare(struct eddy_co *co)
{
    struct bare *self = CO_FRAME(co, bare);

    CO_BEGIN(co);
    CO_AWAIT(co, self->on);
    note("went on");
    CO_END(co);
}

struct astray {
    struct eddy_co co;
    int which;
};

static struct eddy_step astray(struct eddy_co *co)
{
    struct astray *self = CO_FRAME(co, astray);

    CO_BEGIN(co);
    switch (self->which) {
    case 1:
        CO_AWAIT(co, eddy_next_turn());
        note("went on");
        break;
    default:
        break;
    }
    note("behind");
    CO_FINALLY(co);
    note("a.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void leave_by(int way, int code, const char *want)
{
    struct leaver frame;

    DID("left from within two loops, way %d", way);
    eddy_task_start(&task, &loop, leaver, &frame, .way = way);
    run_out();
    EXPECT(want);
    CHECK_INT(frame.cleanups, 1);
    CHECK_CODE(outcome(&task), code);
}

static void errors(void)
{
    CASE("an error goes to the cleanup section at once, and is how the task ends") {
        struct waiter frame;
        set_up_futures();
        eddy_task_start(&task, &loop, waiter, &frame, .name = "a", .on = &future);
        turns(1);
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        turns(1);
        EXPECT("a a.EIO");
        CHECK_CODE(outcome(&task), -EIO);
        tear_down();
    }

    CASE("without a cleanup section an error ends the body, and is the outcome all the same") {
        struct bare frame;
        set_up_futures();
        eddy_task_start(&task, &loop, bare, &frame, .on = &future);
        turns(1);
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        turns(1);
        EXPECT("");
        CHECK_CODE(outcome(&task), -EIO);
        tear_down();
    }

    CASE("CO_TRY_AWAIT leaves the error to the body: the outcome is another thing") {
        struct careful frame;
        set_up_futures();
        eddy_future_init_done(&second, &loop, 0);
        eddy_task_start(&task, &loop, careful, &frame, .first = &future, .last = &second);
        turns(1);
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        turns(1);
        EXPECT("a=EIO so far OK last=OK a.OK");
        CHECK_CODE(outcome(&task), 0);
        tear_down();
    }

    CASE("an error in the cleanup section is left to it, and changes no outcome") {
        static const int ends[] = {0, -EIO};
        static const char *const want[] = {"a=OK so far OK last=ENOSPC a.OK",
                                           "a=OK so far OK last=ENOSPC a.EIO"};
        struct careful frame;
        set_up_futures();
        eddy_future_init_done(&future, &loop, 0);
        eddy_future_init_done(&second, &loop, -ENOSPC);
        for (int i = 0; i < 2; i++) {
            eddy_task_start(&task, &loop, careful, &frame, .first = &future, .last = &second,
                            .fail = ends[i]);
            turns(1);
            EXPECT(want[i]);
            CHECK_CODE(outcome(&task), ends[i]);
        }
        tear_down();
    }

    CASE("what the cleanup section has dealt with is no error any more") {
        struct careful frame;
        set_up_futures();
        eddy_future_init_done(&future, &loop, 0);
        eddy_task_start(&task, &loop, careful, &frame, .first = &future, .last = &future,
                        .fail = -EIO, .handles = true);
        turns(1);
        EXPECT("a=OK so far OK last=OK a.EIO");
        CHECK_CODE(outcome(&task), 0);
        CHECK_INT(reports, 0);
        tear_down();
    }

    CASE("each way out of a body goes through its cleanup section once") {
        set_up();
        leave_by(0, 0, "1 1");
        leave_by(1, -EIO, "1 1");
        leave_by(2, -ENOSPC, "all");
        leave_by(3, 0, "all 3 3");
        tear_down();
    }

    CASE("an await in a switch of its own is reported with its place, and the cleanup runs") {
        struct astray frame;
        set_up();
        CAUSE("the switch of its own takes the case label; the outer one has no place to go to");
        eddy_task_start(&task, &loop, astray, &frame, .which = 1);
        run_out();
        EXPECT("a.EDDY_ESTRAY");
        CHECK_CODE(outcome(&task), EDDY_ESTRAY);
        CHECK(strstr(reported, "astray (" __FILE__ ":") != NULL);
        tear_down();
    }
}

/* ---- Calling ----------------------------------------------------------------------------------- */

struct leaf {
    struct eddy_co co;
    struct eddy_future *on;
    int found;
};

static struct eddy_step leaf(struct eddy_co *co)
{
    struct leaf *self = CO_FRAME(co, leaf);

    CO_BEGIN(co);
    note("c");
    if (self->on)
        CO_AWAIT(co, self->on);
    self->found = 42;
    CO_FINALLY(co);
    note("c.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

struct branch {
    struct eddy_co co;
    struct eddy_future *on;
    struct leaf leaf;
};

static struct eddy_step branch(struct eddy_co *co)
{
    struct branch *self = CO_FRAME(co, branch);

    CO_BEGIN(co);
    note("b");
    CO_CALL(co, leaf, &self->leaf, .on = self->on);
    note("b=OK");
    CO_FINALLY(co);
    note("b.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

struct trunk {
    struct eddy_co co;
    struct eddy_future *on;
    bool tries;
    int rounds;
    struct branch branch;
};

static struct eddy_step trunk(struct eddy_co *co)
{
    struct trunk *self = CO_FRAME(co, trunk);

    CO_BEGIN(co);
    do {
        if (self->tries)
            CO_TRY_CALL(co, branch, &self->branch, .on = self->on);
        else
            CO_CALL(co, branch, &self->branch, .on = self->on);
        note("a=%s", eddy_errname(eddy_co_error(co)));
    } while (--self->rounds > 0);
    CO_FINALLY(co);
    note("a.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Ends with this number. */
struct fail_with {
    struct eddy_co co;
    int err;
};

static struct eddy_step fail_with(struct eddy_co *co)
{
    struct fail_with *self = CO_FRAME(co, fail_with);

    CO_BEGIN(co);
    CO_FAIL(co, self->err);
    CO_END(co);
}

struct try_fail {
    struct eddy_co co;
    struct fail_with inner;
    int err;
};

static struct eddy_step try_fail(struct eddy_co *co)
{
    struct try_fail *self = CO_FRAME(co, try_fail);

    CO_BEGIN(co);
    CO_TRY_CALL(co, fail_with, &self->inner, .err = self->err);
    note("call=%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

static void calling(void)
{
    CASE("a coroutine calls another: its awaits are the caller's, and its frame keeps the result") {
        struct trunk frame;
        set_up_futures();
        DID("a calls b, which calls c, which waits for a future");
        eddy_task_start(&task, &loop, trunk, &frame, .on = &future);
        turns(2);
        EXPECT("b c");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        EXPECT("c.OK b=OK b.OK a=OK a.OK");
        CHECK_INT(frame.branch.leaf.found, 42);
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        tear_down();
    }

    CASE("an error goes up from call to call, each cleanup section before its caller's") {
        struct trunk frame;
        set_up_futures();
        eddy_task_start(&task, &loop, trunk, &frame, .on = &future);
        turns(1);
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        turns(1);
        EXPECT("b c c.EIO b.EIO a.EIO");
        CHECK_CODE(outcome(&task), -EIO);
        DID("the same, with CO_TRY_CALL in the first of them");
        eddy_future_init(&future, &loop);
        eddy_task_start(&task, &loop, trunk, &frame, .on = &future, .tries = true);
        turns(1);
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        turns(1);
        EXPECT("b c c.EIO b.EIO a=EIO a.OK");
        CHECK_CODE(outcome(&task), 0);
        tear_down();
    }

    CASE("a call that waits for nothing takes no turn, and its frame can be used again") {
        struct trunk frame;
        set_up();
        eddy_task_start(&task, &loop, trunk, &frame, .rounds = 2);
        turns(1);
        EXPECT("b c c.OK b=OK b.OK a=OK b c c.OK b=OK b.OK a=OK a.OK");
        CHECK_CODE(outcome(&task), 0);
        tear_down();
    }
}

static void outcomes(void)
{
    CASE("a coroutine that ends with what is no error ends with EINVAL, and that is reported") {
        static const int no_errors[] = {1, EIO, EDDY_EPENDING};
        for (size_t i = 0; i < sizeof no_errors / sizeof no_errors[0]; i++) {
            struct fail_with frame;
            struct try_fail outer;
            set_up_futures();
            DID("CO_FAIL(co, %d) in a task", no_errors[i]);
            eddy_task_start(&task, &loop, fail_with, &frame, .err = no_errors[i]);
            turns(1);
            CHECK(eddy_task_done(&task));
            CHECK_CODE(outcome(&task), -EINVAL);
            CHECK(strstr(reported, "fail_with (tests/06-tasks/co.c): it has ended with "));
            CHECK(!eddy_task_cancel(&task));
            DID("CO_FAIL(co, %d) in a coroutine that was called", no_errors[i]);
            reported[0] = '\0';
            eddy_task_start(&task, &loop, try_fail, &outer, .err = no_errors[i]);
            turns(1);
            EXPECT("call=EINVAL");
            CHECK_CODE(outcome(&task), 0);
            CHECK(strstr(reported, "fail_with (tests/06-tasks/co.c): it has ended with "));
            tear_down();
        }
    }
}

static void deep_calls(void)
{
    CASE("a task goes on at the innermost call, at whatever depth: each body is entered twice") {
        struct nest frame;
        set_up_futures();
        DID("100 calls deep; the innermost waits for a future, which is done now");
        bodies = 0;
        eddy_task_start(&task, &loop, nest, &frame, .depth = 100, .on = &future);
        turns(1);
        CHECK_INT(bodies, 101);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        CHECK_CODE(outcome(&task), 0);
        CHECK_INT(bodies, 202);
        tear_down();
    }

    CASE("a million calls deep, no stack of a million bodies is needed") {
        struct nest frame;
        set_up_futures();
        check_limit(60);
        eddy_task_start(&task, &loop, nest, &frame, .depth = 1000000, .on = &future);
        turns(1);
        DID("cancelled the task, which waits at the innermost");
        CHECK(eddy_task_cancel(&task));
        turns(1);
        CHECK_CODE(outcome(&task), -ECANCELED);
        CHECK_INT(bodies, 2000002);
        tear_down();
    }
}

TESTS
{
    awaiting();
    errors();
    calling();
    outcomes();
    deep_calls();
}
