/* A task that ends and has forgotten to close what it has open in its frame: debug mode says so. */
#include "../06-tasks/tasks.h"

#include "group.h"

/* Opens a group, and ends in its next turn. */
struct forgetful {
    struct eddy_co co;
    struct eddy_group group;
    bool closes;
};

static struct eddy_step forgetful(struct eddy_co *co)
{
    struct forgetful *self = CO_FRAME(co, forgetful);

    CO_BEGIN(co);
    CHECK_OK(eddy_group_open(&self->group, co));
    CHECK_OK(eddy_group_spawn(&self->group, sleeper, .name = "child", .seconds = 1));
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    if (self->closes)
        CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

static void run_forgetful(bool debug, bool closes)
{
    static struct forgetful frame; /* stays, so that the test itself is in order */
    struct eddy_task task;

    reported[0] = trace[0] = '\0';
    set_up();
    eddy_loop_set_debug(&loop, debug);
    eddy_task_start(&task, &loop, forgetful, &frame, .closes = closes);
    run_out();
    CHECK_CODE(eddy_future_error(&task.future), 0);
    tear_down();
}

TESTS
{
    CASE("debug mode reports a task that ends with a group open; nothing points into its frame") {
        run_forgetful(true, false);
        CHECK_TEXT(reported, "forgetful: it ends and has not closed what it has opened (a group, a "
                             "scope, an iteration)\n");
        EXPECT("child child.OK");
    }

    CASE("a task that closes what it opens is not reported, and without debug mode nobody looks") {
        run_forgetful(true, true);
        EXPECT("child child.ECANCELED");
        run_forgetful(false, false);
        EXPECT("child child.OK");
        CHECK_TEXT(reported, "");
    }
}
