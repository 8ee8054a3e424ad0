/* What the chapter's own tests look at in detail, here one function after the other. */
#include "cast.h"

enum { CHILDREN = 3, LEVELS = 100000 };

static struct eddy_gather gather;
static struct eddy_awaited each[CHILDREN];
static struct eddy_future f[CHILDREN], last;
static struct eddy_task a, b;

static void set_up_children(void)
{
    set_up();
    begin_all(f, each, CHILDREN);
    eddy_future_init(&last, &loop);
}

static void start(void)
{
    eddy_gather(&gather, &loop, each, CHILDREN);
}

static void start_settled(void)
{
    eddy_gather_settled(&gather, &loop, each, CHILDREN);
}

/* Child `i` is a task, and runs as far as its first await. */
static void let_run(int i, struct eddy_task *task)
{
    each[i].future = &task->future;
    turns(1);
}

static int gathered(void)
{
    return eddy_future_error(&gather.future);
}

/* ---- start_children() --------------------------------------------------------------------------- */

static void starting(void)
{
    CASE("each child is waited for, and counted") {
        set_up_children();
        DID("started a gather of three pending futures");
        CAUSE("start_children() calls eddy_awaited_start() for each place, from 0 to count - 1");
        start();
        for (int i = 0; i < CHILDREN; i++)
            CHECK_INT(waiters_of(&f[i]), 1);
        CAUSE("start_children() counts in `left` each place for which eddy_awaited_start() has "
              "returned 0");
        CHECK_INT(gather.left, 3);
        CAUSE("the place's owner is the gather, and on_child_done() is what is to be called");
        for (int i = 0; i < CHILDREN; i++)
            CHECK(each[i].owner == &gather && each[i].handle.fn != NULL);
        CAUSE("nobody has failed, so there is no error, and nobody to cancel");
        CHECK_INT(gather.failures, 0);
        CHECK_INT(gather.err, 0);
        for (int i = 0; i < CHILDREN; i++)
            CHECK(!eddy_future_done(&f[i]));
        CHECK_CODE(gathered(), EDDY_EPENDING);
        tear_down();
    }

    CASE("what is done already is a child like the others, and is heard of in the next turn") {
        set_up_children();
        DID("started a gather of three futures that are done");
        CAUSE("start all of them: eddy_awaited_start() puts in line what is done already");
        for (int i = 0; i < CHILDREN; i++)
            finish(&f[i], 0);
        start();
        CHECK_INT(gather.left, 3);
        CHECK_CODE(gathered(), EDDY_EPENDING);
        for (int i = 0; i < CHILDREN; i++)
            CHECK(eddy_handle_queued(&each[i].handle));
        turns(1);
        tear_down();
    }
}

/* Children 0 and 2 cannot be awaited: one is another loop's, one is a spawned task. */
static struct eddy_loop strange;

static void refuse_two(void)
{
    set_up_children();
    CHECK_OK(eddy_loop_open(&strange, NULL));
    eddy_future_init(&f[0], &strange);
    CHECK_OK(eddy_spawn(&loop, waiter, .name = "s", .on = &last));
    each[2].future = &eddy_next_task(&loop, NULL)->future;
    turns(1);
}

static void end_refused(void)
{
    finish(&last, 0);
    turns(1);
    CHECK_CODE(eddy_loop_close(&strange), 0);
    tear_down();
}

static void refusing(void)
{
    CASE("a child that is refused is not waited for; the others are, and then they are cancelled") {
        refuse_two();
        DID("started a gather of three: another loop's future, a pending one, a spawned task");
        CAUSE("a refusal is no reason to return: go on with the other places. The gather is "
              "pending until the child that could be started has ended");
        start();
        CHECK_CODE(gathered(), EDDY_EPENDING);
        CAUSE("only those count in `left` that will be called: for which eddy_awaited_start() has "
              "returned 0");
        CHECK_INT(gather.left, 1);
        CAUSE("a refusal is an error: the first one becomes gather->err, and stays it");
        CHECK_CODE(gather.err, EDDY_EOTHER);
        CAUSE("each child that is refused has failed, so it counts in `failures`");
        CHECK_INT(gather.failures, 2);
        CAUSE(
            "the child in the middle runs, and must end: when all have been started, after its "
            "loop, start_children() calls eddy_canceller_call(&gather->canceller), and that calls "
            "cancel_children(), which calls eddy_awaited_cancel() for each place");
        CHECK(eddy_future_cancelled(&f[1]));
        turns(1);
        end_refused();
    }

    CASE("a place that is in use is refused, and its future is somebody else's") {
        struct eddy_gather before;
        set_up_children();
        DID("one gather waits in place 2; started another one of places 0, 1 and 2");
        CAUSE("a place that is in use is refused like any other: EDDY_EQUEUED");
        eddy_gather(&before, &loop, &each[2], 1);
        start();
        CHECK_CODE(gather.err, EDDY_EQUEUED);
        CAUSE("cancel_children() cancels what stands in its own places: those whose owner is the "
              "gather. The first gather still waits in place 2");
        CHECK(!eddy_future_done(&f[2]));
        CHECK_INT(waiters_of(&f[2]), 1);
        finish(&f[2], 0);
        turns(1);
        tear_down();
    }

    CASE("where errors are results, a refused child cancels nobody") {
        refuse_two();
        DID("the same three, with eddy_gather_settled()");
        CAUSE("if gather->collects, start_children() counts the failures, and that is all: no "
              "error is kept, nobody is cancelled");
        start_settled();
        CHECK(!eddy_future_done(&f[1]));
        CHECK_INT(gather.err, 0);
        CHECK_INT(gather.failures, 2);
        finish(&f[1], 0);
        turns(1);
        end_refused();
    }
}

/* ---- on_child_done() ---------------------------------------------------------------------------- */

static void counting(void)
{
    CASE("a gather is done when its last child is, in whatever order they end") {
        set_up_children();
        DID("three children; child 2 ended, then child 0, then child 1, a turn each");
        CAUSE("on_child_done() counts `left` down by one, and finishes gather's future when it is "
              "0; not before, and not after");
        start();
        finish(&f[2], 0);
        turns(1);
        CHECK_INT(gather.left, 2);
        CHECK_CODE(gathered(), EDDY_EPENDING);
        finish(&f[0], 0);
        turns(1);
        CHECK_CODE(gathered(), EDDY_EPENDING);
        finish(&f[1], 0);
        turns(1);
        CAUSE("when `left` has become 0, on_child_done() finishes gather's future with "
              "whole_outcome(gather); its type is guarded, so only eddy_finish_in_batch() and "
              "eddy_future_finish() can");
        CHECK_CODE(gathered(), 0);
        CAUSE("the result of a gather is its places, gather->awaited");
        CHECK(gather.future.result == each);
        tear_down();
    }

    CASE("whoever awaits a gather goes on in the turn in which its last child was heard of") {
        struct gatherer frame;
        long before;
        set_up_children();
        DID("a task awaits a gather of two; ended both, ran the loop, and counted its waits");
        CAUSE("eddy_finish_in_batch() puts the task into the running batch; with "
              "eddy_future_finish() it comes a turn later, after another wait");
        eddy_task_start(&a, &loop, gatherer, &frame, .first = &f[0], .second = &f[1]);
        run_out();
        finish(&f[0], 0);
        finish(&f[1], 0);
        before = scripted_waits();
        run_out();
        EXPECT("all=OK");
        CHECK_INT(scripted_waits() - before, 1);
        tear_down();
    }

    CASE("the same future may stand in two places") {
        set_up_children();
        DID("a gather of one future in places 0 and 1, and another one; ended both");
        CAUSE("each place is called, and counts for itself");
        each[1].future = &f[0];
        start();
        finish(&f[0], 0);
        turns(1);
        CHECK_CODE(gathered(), EDDY_EPENDING);
        finish(&f[2], 0);
        turns(1);
        CHECK_CODE(gathered(), 0);
        tear_down();
    }
}

/* ---- note_outcome(), whole_outcome() ------------------------------------------------------------------ */

static void a_first_error(void)
{
    CASE("the first error cancels the others") {
        set_up_children();
        DID("three children; child 1 failed with -EIO; one turn");
        start();
        finish(&f[1], -EIO);
        turns(1);
        CAUSE("on_child_done() counts `left` down by one for each child, however that has ended");
        CHECK_INT(gather.left, 2);
        CAUSE("a child has failed, and nobody will look at what the others find: note_outcome() "
              "calls eddy_canceller_call(&gather->canceller), and that calls cancel_children(), "
              "which calls eddy_awaited_cancel() for each place");
        CHECK(eddy_future_cancelled(&f[0]));
        CHECK(eddy_future_cancelled(&f[2]));
        CAUSE("gather waits until the others have ended, so their places stay where they are: "
              "eddy_awaited_cancel() cancels the future, eddy_awaited_stop() would end the "
              "waiting");
        CHECK(eddy_handle_queued(&each[0].handle));
        CHECK(eddy_handle_queued(&each[2].handle));
        CAUSE("finish gather's future when `left` is 0, also after an error");
        CHECK_CODE(gathered(), EDDY_EPENDING);
        CAUSE(
            "the first error is kept in gather->err, and whole_outcome() returns that. (The places "
            "know all errors, and not which came first.)");
        turns(1);
        CHECK_CODE(gathered(), -EIO);
        CAUSE(
            "gather has cancelled the others itself, so their -ECANCELED is no error: with `ends`, "
            "-ECANCELED does not count in `failures`");
        CHECK_INT(gather.failures, 1);
        tear_down();
    }

    CASE("the last child may be the one that fails") {
        set_up_children();
        DID("three children; 0 and 1 ended, and then 2 failed with -EIO; a turn each");
        CAUSE("on_child_done() asks the place how the child has ended and tells note_outcome(), "
              "also of the last child; and then it asks whole_outcome()");
        start();
        finish(&f[0], 0);
        finish(&f[1], 0);
        turns(1);
        finish(&f[2], -EIO);
        turns(1);
        CHECK_CODE(gathered(), -EIO);
        tear_down();
    }

    CASE("a child that had failed before is the first error; a refused child's is one, too") {
        set_up_children();
        DID("a gather of three; child 2 had failed with -EIO before it began; two turns");
        CAUSE("what is done already is called like the others, and told like the others");
        finish(&f[2], -EIO);
        start();
        turns(2);
        CHECK_CODE(gathered(), -EIO);
        CHECK(eddy_future_cancelled(&f[0]));
        tear_down();
        refuse_two();
        DID("a gather whose first child is another loop's future; one turn");
        CAUSE("whole_outcome() is gather->err, also if start_children() has set it");
        start();
        turns(1);
        CHECK_CODE(gathered(), EDDY_EOTHER);
        end_refused();
    }

    CASE("a gather that has failed is done when all have ended, their cleanup sections too") {
        struct tidy frame;
        set_up_children();
        DID("child 0 is a task whose cleanup section waits; child 1 failed with -EIO");
        CAUSE("finish gather's future when `left` is 0, also after an error: the children run in "
              "the frame of whoever awaits it, which goes away then");
        eddy_task_start(&a, &loop, tidy, &frame, .on = &f[0], .last = &last);
        let_run(0, &a);
        start();
        finish(&f[1], -EIO);
        turns(3);
        EXPECT("cleanup");
        CHECK_CODE(gathered(), EDDY_EPENDING);
        CAUSE("the place stays among the waiters of a child that has not ended");
        CHECK_INT(waiters_of(&a.future), 1);
        finish(&last, 0);
        turns(2);
        EXPECT("clean");
        CHECK_CODE(gathered(), -EIO);
        tear_down();
    }
}

static void more_errors(void)
{
    CASE("first is what came first in time, wherever it stands") {
        set_up_children();
        DID("three children; in one turn child 2 failed with -EIO, and then child 0 with "
            "-ECONNRESET");
        CAUSE("gather->err is set once, by the first call of note_outcome() with an error, and "
              "stays");
        start();
        finish(&f[2], -EIO);
        finish(&f[0], -ECONNRESET);
        turns(2);
        CHECK_CODE(gathered(), -EIO);
        CAUSE("the second error is lost in the outcome, so at least `failures` tells of it: it "
              "counts each child that has failed");
        CHECK_INT(gather.failures, 2);
        tear_down();
    }

    CASE("a child that a stranger has cancelled has failed, and cancels the others") {
        set_up_children();
        DID("three children; somebody cancelled the future of child 1; two turns");
        CAUSE("-ECANCELED is no error only if gather has cancelled its children itself, `ends`. "
              "Else it is an error like any other");
        start();
        CHECK(eddy_future_cancel(&f[1]));
        turns(1);
        CHECK(eddy_future_cancelled(&f[0]));
        CHECK(eddy_future_cancelled(&f[2]));
        turns(1);
        CHECK_CODE(gathered(), -ECANCELED);
        CHECK_INT(gather.failures, 1);
        tear_down();
    }
}

static void settled(void)
{
    CASE("where errors are results, none cancels, and the outcome is 0") {
        set_up_children();
        DID("eddy_gather_settled(): child 0 failed, a stranger cancelled child 1, child 2 ended");
        CAUSE("if gather->collects, note_outcome() counts the failure and returns: nobody is "
              "cancelled");
        start_settled();
        finish(&f[0], -EIO);
        turns(1);
        CHECK(!eddy_future_done(&f[1]));
        CHECK(eddy_future_cancel(&f[1]));
        turns(1);
        CHECK(!eddy_future_done(&f[2]));
        finish(&f[2], 0);
        turns(1);
        CAUSE(
            "if gather->collects, no error is kept in gather->err, so whole_outcome() has none to "
            "tell");
        CHECK_CODE(gathered(), 0);
        CAUSE("a failure that is a result counts in `failures` all the same");
        CHECK_INT(gather.failures, 2);
        tear_down();
    }

    CASE("children that eddy_gather_cancel() has cancelled are no failure of it") {
        set_up_children();
        DID("eddy_gather_cancel() of three pending futures; one turn");
        CAUSE("a child is `cut` only if gather was `asked` to end. Here it has cancelled its "
              "children because that is its work, and the outcome is 0");
        eddy_gather_cancel(&gather, &loop, each, CHILDREN);
        turns(1);
        CHECK_CODE(gathered(), 0);
        CHECK_INT(gather.failures, 0);
        tear_down();
    }
}

/* ---- cancel_gather(), cancel_children() --------------------------------------------------------- */

static void a_cancel(void)
{
    CASE("a cancel of gather cancels all children that are pending, and waits until they have "
         "ended") {
        struct tidy frame;
        set_up_children();
        DID("child 0 ended; child 1 is a task whose cleanup section waits; cancelled the gather");
        CAUSE("cancel_gather() has the children cancelled (eddy_canceller_call), and "
              "cancel_children() calls eddy_awaited_cancel() for each place");
        eddy_task_start(&a, &loop, tidy, &frame, .on = &f[1], .last = &last);
        let_run(1, &a);
        start();
        finish(&f[0], 0);
        turns(1);
        CHECK(eddy_future_cancel(&gather.future));
        CHECK(eddy_future_cancelled(&f[1]));
        CHECK(eddy_future_cancelled(&f[2]));
        CAUSE("cancel_gather() does not finish gather's future: that comes when the last child has "
              "ended");
        CHECK_CODE(gathered(), EDDY_EPENDING);
        CAUSE(
            "cancel_gather() notes that gather was `asked`, and cancel_children() that it `ends`");
        CHECK(gather.asked);
        CHECK(gather.ends);
        CAUSE("the places stay where they are: eddy_awaited_cancel() cancels the future, and "
              "eddy_awaited_stop() would end the waiting");
        CHECK_INT(waiters_of(&a.future), 1);
        turns(2);
        EXPECT("cleanup");
        CHECK_CODE(gathered(), EDDY_EPENDING);
        finish(&last, 0);
        turns(2);
        EXPECT("clean");
        CAUSE("a child that ends with -ECANCELED when gather was `asked` is `cut` (note_outcome), "
              "and then whole_outcome() is -ECANCELED if no error came first");
        CHECK_CODE(gathered(), -ECANCELED);
        tear_down();
    }

    CASE("results that are there, and only not heard of, win over a cancel") {
        set_up_children();
        DID("all three children ended, and in the same turn the gather was cancelled");
        CAUSE("the children's handles are in line, and the last of them finishes the gather. No "
              "child was `cut`, so whole_outcome() is 0, although gather was `asked`");
        start();
        for (int i = 0; i < CHILDREN; i++)
            finish(&f[i], 0);
        eddy_future_cancel(&gather.future);
        CHECK_CODE(gathered(), EDDY_EPENDING);
        turns(1);
        CHECK_CODE(gathered(), 0);
        tear_down();
    }
}

/* ---- What becomes of a gather that was cancelled ------------------------------------------------ */

static void outcomes_of_a_cancel(void)
{
    CASE("a gather that was cancelled ends so, if that has cut a child") {
        set_up_children();
        DID("three children; child 0 ended; cancelled the gather; two turns");
        CAUSE("-ECANCELED of a child when gather was `asked`: note_outcome() sets `cut`, and "
              "whole_outcome() is -ECANCELED if no error came first");
        start();
        finish(&f[0], 0);
        turns(1);
        CHECK(eddy_future_cancel(&gather.future));
        turns(2);
        CHECK_CODE(gathered(), -ECANCELED);
        CHECK_INT(gather.failures, 0);
        tear_down();
    }

    CASE("an error while gather is being cancelled does not drown in the cancels around it") {
        struct clumsy frame;
        set_up_children();
        DID("child 1 is a task that fails with -EIO when it is cancelled; cancelled the gather");
        CAUSE(
            "only -ECANCELED is no error. Any other error is one, also after gather has cancelled "
            "its children (cpython issue 95704), and whole_outcome() tells an error before a "
            "cancel");
        eddy_task_start(&a, &loop, clumsy, &frame, .on = &f[1]);
        let_run(1, &a);
        start();
        CHECK(eddy_future_cancel(&gather.future));
        turns(3);
        CHECK_CODE(gathered(), -EIO);
        CHECK_INT(gather.failures, 1);
        tear_down();
    }

    CASE("children that succeed in spite of a cancel have succeeded: the outcome is 0") {
        struct catcher one;
        set_up_children();
        DID("child 0 is a task that refuses a cancel; 1 and 2 ended; cancelled the gather");
        CAUSE("whole_outcome() asks whether a child was `cut`, not whether gather was `asked`: "
              "what was "
              "delivered wins");
        eddy_task_start(&a, &loop, catcher, &one, .name = "a", .on = &f[0]);
        let_run(0, &a);
        start();
        finish(&f[1], 0);
        finish(&f[2], 0);
        turns(1);
        CHECK(eddy_future_cancel(&gather.future));
        turns(3);
        EXPECT("a a=ECANCELED a.OK");
        CHECK_CODE(gathered(), 0);
        tear_down();
    }

    CASE("a cancel of eddy_gather_settled() is told as one, whatever the children are") {
        set_up_children();
        DID("eddy_gather_settled(); child 0 failed with -EIO; cancelled it; two turns");
        CAUSE("a cancel that has cut a child is no result: note_outcome() sets `cut`, also if "
              "gather->collects. Else a caller that wants to end would go on for ever");
        start_settled();
        finish(&f[0], -EIO);
        turns(1);
        CHECK(eddy_future_cancel(&gather.future));
        turns(2);
        CHECK_CODE(gathered(), -ECANCELED);
        CHECK_INT(gather.failures, 1);
        tear_down();
    }
}

/* ---- Depths, rings, and a frame that goes ------------------------------------------------------- */

static struct eddy_gather gathers[LEVELS];
static struct eddy_awaited places[LEVELS];

static void a_deep_cancel(void)
{
    CASE("gathers of tasks that await each other in a ring: a cancel comes to an end") {
        struct gatherer one, two;
        set_up_children();
        DID("a gathers b and a future, b gathers a and another future; cancelled a");
        CAUSE("cancel_gather() does not call cancel_children(): eddy_canceller_call() does, which "
              "comes to each gather once");
        IF_CRASH("the stack is full: cancel_gather() has called cancel_children(), which leads to "
                 "itself in a ring. Call eddy_canceller_call(), which comes to each gather once");
        eddy_task_start(&a, &loop, gatherer, &one, .first = &b.future, .second = &f[0]);
        eddy_task_start(&b, &loop, gatherer, &two, .first = &a.future, .second = &f[1]);
        turns(1);
        WAITING("eddy_task_cancel() to return");
        CHECK(eddy_task_cancel(&a));
        CHECK(eddy_future_cancelled(&f[0]));
        CHECK(eddy_future_cancelled(&f[1]));
        CHECK_CODE(eddy_loop_shutdown(&loop, 1), EDDY_ETASKS);
        tear_down();
    }

    CASE("a gather of a gather of a gather: a cancel takes no room on the C stack") {
        set_up_children();
        DID("%d gathers, each the only child of the next; cancelled the outermost", LEVELS);
        CAUSE("a cancel of the outermost comes to all of them, one after the other");
        IF_CRASH(
            "the stack is full: cancel_gather() has called cancel_children(), and that is four "
            "functions more for each level. eddy_canceller_call() lets them stand in line");
        memset(places, 0, sizeof places);
        for (int i = 0; i < LEVELS; i++) {
            places[i].future = i == 0 ? &f[0] : &gathers[i - 1].future;
            eddy_gather(&gathers[i], &loop, &places[i], 1);
        }
        CHECK(eddy_future_cancel(&gathers[LEVELS - 1].future));
        CHECK(eddy_future_cancelled(&f[0]));
        run_out();
        CHECK_CODE(eddy_future_error(&gathers[LEVELS - 1].future), -ECANCELED);
        tear_down();
    }
}

static void an_abandoned_frame(void)
{
    CASE("when the task is abandoned, gather leaves all lists at once") {
        struct gatherer frame;
        struct waiter other;
        set_up_children();
        DID("a task gathers a future and another task; abandoned it (eddy_task_abandon)");
        CAUSE("an operation in the frame goes with it: cancel_gather() has the children cancelled "
              "also then (a task is left alone by eddy_awaited_cancel())");
        eddy_task_start(&b, &loop, waiter, &other, .name = "b", .on = &f[1]);
        eddy_task_start(&a, &loop, gatherer, &frame, .first = &f[0], .second = &b.future);
        turns(1);
        eddy_task_abandon(&a);
        CHECK(eddy_future_cancelled(&f[0]));
        CHECK(!eddy_future_done(&b.future));
        CAUSE("if eddy_task_lets_go() is not NULL, nobody will wait: cancel_gather() calls "
              "leave_children(), or a place stays in a list when its frame has gone");
        CHECK_INT(waiters_of(&b.future), 0);
        CHECK(!eddy_handle_queued(&frame.each[0].handle));
        CHECK_CODE(eddy_future_error(&frame.all.future), -ECANCELED);
        finish(&f[1], 0);
        run_out();
        tear_down();
    }
}

TESTS
{
    starting();
    refusing();
    counting();
    a_first_error();
    more_errors();
    settled();
    a_cancel();
    outcomes_of_a_cancel();
    a_deep_cancel();
    an_abandoned_frame();
}
