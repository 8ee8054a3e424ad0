/*
 * What a learner hears first: the promises of future.h one by one, from simple to hard. The chapter's
 * own tests come after these.
 */
#include "../../futures.h"

#include <pthread.h>
#include <stdlib.h>

static int answer = 42; /* what a result points at */

/* ---- finish_future() ----------------------------------------------------------------------------------- */

static void finishing(void)
{
    CASE("a result is the outcome, and NULL is a result") {
        set_up();
        DID("eddy_future_set_result(&future, &answer), and looked at it");
        CAUSE("finish_future() sets future->err, here to 0, and returns 0");
        CHECK_CODE(eddy_future_set_result(&future, &answer), 0);
        CHECK_CODE(eddy_future_error(&future), 0);
        CAUSE("finish_future() sets future->result, too");
        expect_outcome(&future, 0, &answer);
        DID("eddy_future_set_result(&other, NULL), and looked at it");
        CAUSE(
            "future->result shares its place with future->type, which is there while the future is "
            "pending: so the result is set in any case, also if it is NULL");
        CHECK_CODE(eddy_future_set_result(&other, NULL), 0);
        expect_outcome(&other, 0, NULL);
        tear_down();
    }

    CASE("an error is the outcome, and there is no result beside it") {
        set_up();
        DID("eddy_future_set_error(&future, -EIO), and looked at it");
        CAUSE(
            "what finish_future() returns is whether it could finish it: 0, whatever the outcome");
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        CAUSE("finish_future() sets future->err to what it was given");
        expect_outcome(&future, -EIO, NULL);
        tear_down();
    }

    CASE("the first outcome stays") {
        set_up();
        DID("eddy_future_set_result(), then eddy_future_set_error(), then another result");
        CAUSE("a future that is done refuses: finish_future() looks first, and returns EDDY_EDONE");
        CHECK_CODE(eddy_future_set_result(&future, &answer), 0);
        CHECK_CODE(eddy_future_set_error(&future, -EIO), EDDY_EDONE);
        CHECK_CODE(eddy_future_set_result(&future, NULL), EDDY_EDONE);
        expect_outcome(&future, 0, &answer);
        tear_down();
    }
}

/* ---- eddy_future_add_done_callback() ------------------------------------------------------------ */

static void waiting(void)
{
    CASE("a waiter is called when the future is done, in the next turn") {
        set_up();
        DID("a waits, then b; eddy_future_set_result(); one turn of the loop");
        CAUSE(
            "eddy_future_add_done_callback() of a pending future puts the handle's link to the end "
            "of future->waiters, and returns 0");
        await(&future, "ab");
        CHECK_TEXT(trace, "");
        CAUSE("a waiter goes to the end of the future's list (eddy_list_append): the first to wait "
              "is the first to be called");
        CHECK(future.waiters.next == &steps[0].soon.link);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CAUSE("a waiter that is called in the middle of finish_future() sees half of what its "
              "caller is "
              "doing: finish_future() puts it in line, and the loop calls it");
        CHECK_TEXT(trace, "");
        CAUSE("finishing moves all of the list, in its order, to the loop's line "
              "(eddy_loop_call_all_soon): a handle that is still in the one list is refused by the "
              "other (EDDY_EQUEUED)");
        turn();
        CHECK_TEXT(trace, "ab");
        tear_down();
    }

    CASE("a waiter of a future that is done is called in the next turn, too") {
        set_up();
        DID("eddy_future_set_result(), then a waits");
        CAUSE("added to a done future, a handle must neither be called at once nor be lost: "
              "eddy_loop_call_soon()");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        await(&future, "a");
        CHECK_TEXT(trace, "");
        turn();
        CHECK_TEXT(trace, "a");
        tear_down();
    }

    CASE("a handle waits for one thing at a time: EDDY_EQUEUED") {
        set_up();
        DID("a waits for a future; added it to the same one, and to another");
        CAUSE("its one link is in a list already: into a second one, it would tear the first "
              "(eddy_handle_queued)");
        await(&future, "a");
        CHECK_CODE(eddy_future_add_done_callback(&future, &steps[0].soon), EDDY_EQUEUED);
        CHECK_CODE(eddy_future_add_done_callback(&other, &steps[0].soon), EDDY_EQUEUED);
        DID("... and to one that is done");
        CAUSE("what eddy_loop_call_soon() returns is what the caller wants to know");
        eddy_future_init_done(&other, &loop, 0);
        CHECK_CODE(eddy_future_add_done_callback(&other, &steps[0].soon), EDDY_EQUEUED);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turn();
        CHECK_TEXT(trace, "a");
        tear_down();
    }

    CASE("on a loop that is closed nothing is finished") {
        set_up();
        CHECK_CODE(eddy_loop_close(&loop), 0);
        DID("closed the loop; eddy_future_set_result() on a pending future");
        CAUSE("nobody would be called any more. eddy_loop_call_all_soon() says so, and "
              "finish_future() asks "
              "it first and returns what it refuses, before it sets the outcome");
        CHECK_CODE(eddy_future_set_result(&future, &answer), EDDY_ECLOSED);
        expect_outcome(&future, EDDY_EPENDING, NULL);
    }

    CASE("on a loop that is closed nobody begins to wait") {
        set_up();
        CHECK_CODE(eddy_loop_close(&loop), 0);
        DID("closed the loop; eddy_future_add_done_callback() to a pending future");
        CAUSE("nobody would be called any more: refusal() says so, and what it says is returned");
        CHECK_CODE(eddy_future_add_done_callback(&future, &steps[0].soon), EDDY_ECLOSED);
        CHECK(!eddy_handle_queued(&steps[0].soon));
    }
}

/* ---- eddy_future_cancel() ----------------------------------------------------------------------- */

static int hooks; /* how often a hook was called */

static void note_the_wish(struct eddy_future *cancelled)
{
    (void)cancelled;
    hooks++;
}

static void finish_it(struct eddy_future *cancelled)
{
    hooks++;
    CHECK_CODE(eddy_future_set_error(cancelled, -ECANCELED), 0);
}

static const struct eddy_future_type noting = {.name = "job", .cancel = note_the_wish};
static const struct eddy_future_type undoing = {.name = "sleep", .cancel = finish_it};

static void cancelling(void)
{
    CASE("a plain future is cancelled: that is an outcome, and the waiters are called") {
        set_up();
        DID("a waits; eddy_future_cancel(); one turn");
        CAUSE("without a hook in its type, eddy_future_cancel() finishes it with -ECANCELED, and "
              "returns true");
        await(&future, "a");
        CHECK(eddy_future_cancel(&future));
        expect_outcome(&future, -ECANCELED, NULL);
        turn();
        CHECK_TEXT(trace, "a");
        tear_down();
    }

    CASE("a future that is done is cancelled no more") {
        set_up();
        DID("eddy_future_set_result(&answer); eddy_future_cancel()");
        CAUSE(
            "a future that is done stays as it is, and has no type any more: eddy_future_cancel() "
            "asks that first, and then returns false");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK(!eddy_future_cancel(&future));
        expect_outcome(&future, 0, NULL);
        CHECK_CODE(eddy_future_set_error(&other, -EIO), 0);
        CHECK(!eddy_future_cancel(&other));
        expect_outcome(&other, -EIO, NULL);
        tear_down();
    }

    CASE("where there is an operation, its hook is called, and decides") {
        set_up();
        DID("a future whose hook finishes it; eddy_future_cancel()");
        CAUSE(
            "eddy_future_cancel() asks the type's cancel hook, if there is one: it undoes what was "
            "registered");
        eddy_future_init_type(&future, &loop, &undoing);
        CHECK(eddy_future_cancel(&future));
        CHECK_INT(hooks, 1);
        expect_outcome(&future, -ECANCELED, NULL);
        DID("a future whose hook only notes the wish; eddy_future_cancel()");
        eddy_future_init_type(&future, &loop, &noting);
        CAUSE(
            "with a hook it returns true, since the future was pending, whether it is done by now "
            "or not: whoever asks for the outcome looks at the future");
        CHECK(eddy_future_cancel(&future));
        CHECK_INT(hooks, 2);
        CAUSE("with a hook it is the hook that decides: eddy_future_cancel() must not finish the "
              "future itself");
        expect_outcome(&future, EDDY_EPENDING, NULL);
        tear_down();
    }

    CASE("on a loop that is closed nothing is cancelled, and no hook is called") {
        set_up();
        eddy_future_init_type(&other, &loop, &noting);
        CHECK_CODE(eddy_loop_close(&loop), 0);
        DID("closed the loop; eddy_future_cancel() of what is pending");
        CAUSE("refusal() says so: eddy_future_cancel() asks it before it calls the hook, and then "
              "returns false");
        CHECK(!eddy_future_cancel(&future));
        CHECK(!eddy_future_cancel(&other));
        CHECK_INT(hooks, 0);
        expect_outcome(&future, EDDY_EPENDING, NULL);
    }
}

/* ---- eddy_future_remove_done_callback() --------------------------------------------------------- */

static bool was_removed;

static void *remove_from_outside(void *unused)
{
    was_removed = eddy_future_remove_done_callback(&future, &steps[0].soon);
    return unused;
}

/* While the loop runs: this is one of its callbacks. */
static void let_a_thread_remove(struct step *step)
{
    pthread_t thread;

    (void)step;
    CHECK_INT(pthread_create(&thread, NULL, remove_from_outside, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
}

static void receive(struct eddy_loop *from, const struct eddy_context *context)
{
    (void)from;
    (void)context; /* of the thread that was refused */
}

static void removing(void)
{
    CASE("a waiter that was taken back is not called, wherever in the list it was") {
        set_up();
        DID("a, b and c wait; took b back, then c; set the result");
        CAUSE("go through the waiters until you are at this handle's link, or back at the head of "
              "the list; true if you have found it");
        await(&future, "abc");
        CHECK(eddy_future_remove_done_callback(&future, &steps[1].soon));
        CAUSE("one that was found is taken out of the list (eddy_handle_cancel), and waits for "
              "nothing any more");
        CHECK(!eddy_handle_queued(&steps[1].soon));
        CHECK(eddy_future_remove_done_callback(&future, &steps[2].soon));
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turn();
        CHECK_TEXT(trace, "a");
        tear_down();
    }

    CASE("a handle that does not wait for this future stays where it is") {
        set_up();
        DID("a waits, b waits for another one, c is in line; removed b, c and d from a's");
        CAUSE("a handle does not know in which list it is: it may be queued, and not here. So look "
              "for it among the waiters of this future");
        WAITING("eddy_future_remove_done_callback() to come to the end of the list");
        await(&future, "a");
        await(&other, "b");
        CHECK_CODE(eddy_loop_call_soon(&loop, &steps[2].soon), 0);
        for (int i = 1; i < 4; i++)
            CHECK(!eddy_future_remove_done_callback(&future, &steps[i].soon));
        CHECK(eddy_handle_queued(&steps[1].soon));
        CHECK(eddy_handle_queued(&steps[2].soon));
        DID("finished it, and removed a");
        CAUSE("when the future is done, a is in line, and not among its waiters any more: false");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK(!eddy_future_remove_done_callback(&future, &steps[0].soon));
        CHECK_CODE(eddy_future_set_result(&other, NULL), 0);
        turn();
        CHECK_TEXT(trace, "cab");
        tear_down();
    }

    CASE("a future that is zeroed counts as done: nobody waits for it") {
        struct eddy_future zeroed = {.err = 0};
        set_up();
        DID("removed a from a future that is zeroed");
        CAUSE("its list was never made: look first whether the future is done");
        WAITING("eddy_future_remove_done_callback() to return");
        CHECK(!eddy_future_remove_done_callback(&zeroed, &steps[0].soon));
        tear_down();
    }

    CASE("on a loop that is closed, waiters can still be taken back") {
        set_up();
        await(&future, "a");
        CHECK_CODE(eddy_loop_close(&loop), 0);
        DID("a waits; closed the loop; removed a");
        CAUSE(
            "its memory may be needed for something else: that the loop is closed is no reason to "
            "refuse here (refusal() would), only another thread is");
        CHECK(eddy_future_remove_done_callback(&future, &steps[0].soon));
        CHECK(!eddy_handle_queued(&steps[0].soon));
    }

    CASE("in debug mode another thread is refused") {
        set_up();
        eddy_loop_set_debug(&loop, true);
        eddy_loop_set_exception_handler(&loop, receive);
        await(&future, "a");
        also('b', let_a_thread_remove);
        CHECK_CODE(eddy_loop_call_soon(&loop, &steps[1].soon), 0);
        DID("a waits; while the loop runs, another thread removed it");
        CAUSE("the list has no lock: eddy_loop_check_thread() says who may touch it");
        turn();
        CHECK(!was_removed);
        CHECK(eddy_handle_queued(&steps[0].soon));
        CHECK(eddy_future_remove_done_callback(&future, &steps[0].soon));
        tear_down();
    }
}

TESTS
{
    finishing();
    waiting();
    cancelling();
    removing();
}
