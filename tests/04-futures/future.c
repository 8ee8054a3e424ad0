/* What a future is, and what finishing it does. Waiting for it is in waiters.c. */
#include "futures.h"

#include "until_complete.h"

#include <stdlib.h>

static int answer = 42; /* what a result points at */

static const char in_order[] =
    "a waiter goes to the end of the future's list, and finishing moves all of the list, in its "
    "order, to the loop's line (eddy_loop_call_all_soon): a handle that is still in the one list "
    "is refused by the other (EDDY_EQUEUED)";

/* ---- Looking at it ----------------------------------------------------------------------------- */

static void looking(void)
{
    CASE("a new future is pending, and its result is no garbage") {
        set_up();
        DID("eddy_future_init() on memory that held something else, and looked at the result");
        memset(&future, 0xAA, sizeof future);
        eddy_future_init(&future, &loop);
        expect_outcome(&future, EDDY_EPENDING, NULL);
        tear_down();
    }

    CASE("a result can be read again and again, and NULL is one") {
        set_up();
        DID("eddy_future_set_result(&answer), on another one NULL, and read both twice");
        CHECK_CODE(eddy_future_set_result(&future, &answer), 0);
        CHECK_CODE(eddy_future_set_result(&other, NULL), 0);
        for (int i = 0; i < 2; i++) {
            expect_outcome(&future, 0, &answer);
            expect_outcome(&other, 0, NULL);
        }
        tear_down();
    }

    CASE("an error is the outcome, and there is no result beside it") {
        set_up();
        DID("eddy_future_set_error(-EIO), and a code of eddy's own");
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        CHECK_CODE(eddy_future_set_error(&other, EDDY_ENOHOST), 0);
        expect_outcome(&future, -EIO, NULL);
        expect_outcome(&other, EDDY_ENOHOST, NULL);
        tear_down();
    }

    CASE("cancelled is an outcome of its own: result and error both say -ECANCELED") {
        set_up();
        DID("eddy_future_cancel() on one, eddy_future_set_error(-ECANCELED) on another");
        CHECK(eddy_future_cancel(&future));
        CHECK_CODE(eddy_future_set_error(&other, -ECANCELED), 0);
        expect_outcome(&future, -ECANCELED, NULL);
        expect_outcome(&other, -ECANCELED, NULL);
        tear_down();
    }

    CASE("a future owns nothing: what its result points at stays as it is") {
        int *payload;
        set_up();
        DID("set a result on the heap, read it or not, and let the futures go");
        payload = malloc(sizeof *payload);
        CHECK(payload != NULL);
        *payload = 7;
        CHECK_CODE(eddy_future_set_result(&future, payload), 0);
        CHECK_CODE(eddy_future_set_result(&other, payload), 0);
        CAUSE(
            "a future that is done stays as it is: eddy_future_cancel() asks that first, and then "
            "returns false");
        CHECK(!eddy_future_cancel(&other));
        expect_outcome(&future, 0, payload);
        tear_down();
        CHECK_INT(*payload, 7);
        free(payload);
    }
}

/* ---- Finishing it ------------------------------------------------------------------------------ */

/* The three ways to finish a future. Returns what the call says; for cancel 0 or EDDY_EDONE. */
static int finish(struct eddy_future *finished, int way)
{
    if (way == 0)
        return eddy_future_set_result(finished, &answer);
    if (way == 1)
        return eddy_future_set_error(finished, -EIO);
    return eddy_future_cancel(finished) ? 0 : EDDY_EDONE;
}

static const char *const way_name[] = {"eddy_future_set_result()", "eddy_future_set_error()",
                                       "eddy_future_cancel()"};
static const int way_err[] = {0, -EIO, -ECANCELED};

static int inside; /* 1 while somebody is in the middle of something */

static void look_inside(struct step *step)
{
    (void)step;
    CHECK_INT(inside, 0);
}

static void renew(struct step *step)
{
    if (step->calls > 1)
        return;
    expect_outcome(&future, 0, &answer);
    eddy_future_init(&future, &loop);
    CHECK_CODE(eddy_future_add_done_callback(&future, &step->soon), 0);
}

static void finishing(void)
{
    CASE("the first outcome stays, whatever comes second") {
        set_up();
        for (int first = 0; first < 3; first++)
            for (int second = 0; second < 3; second++) {
                DID("%s, then %s", way_name[first], way_name[second]);
                CAUSE("a future that is done refuses: EDDY_EDONE, or false from "
                      "eddy_future_cancel()");
                eddy_future_init(&future, &loop);
                trace[0] = '\0';
                await(&future, "ab");
                CHECK_CODE(finish(&future, first), 0);
                CHECK_CODE(finish(&future, second), EDDY_EDONE);
                turn();
                CHECK_CODE(finish(&future, second), EDDY_EDONE);
                expect_outcome(&future, way_err[first], first == 0 ? &answer : NULL);
                turn();
                CAUSE("%s", in_order);
                CHECK_TEXT(trace, "ab");
            }
        tear_down();
    }

    CASE("zeroed, it is done: nothing finishes it, nobody waits for it, no loop runs for it") {
        struct eddy_future zeroed = {.err = 0};
        set_up();
        DID("finished and cancelled a zeroed future, removed a from it, and ran the loop for it");
        CAUSE("its list was never made and it has no loop: look first whether the future is done");
        expect_outcome(&zeroed, 0, NULL);
        CHECK_CODE(eddy_future_set_result(&zeroed, &answer), EDDY_EDONE);
        CHECK_CODE(eddy_future_set_error(&zeroed, -EIO), EDDY_EDONE);
        CHECK(!eddy_future_cancel(&zeroed));
        CHECK(!eddy_future_remove_done_callback(&zeroed, &steps[0].soon));
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &zeroed), EDDY_EOTHER);
        expect_outcome(&zeroed, 0, NULL);
        tear_down();
    }

    CASE("what is no error is refused as one, and the future stays pending") {
        static const int no_errors[] = {0, 1, EIO, -EDDY_EDONE, EDDY_EPENDING};
        struct eddy_future done;
        set_up();
        await(&future, "a");
        for (size_t i = 0; i < sizeof no_errors / sizeof no_errors[0]; i++) {
            DID("eddy_future_set_error(%d)", no_errors[i]);
            CHECK_CODE(eddy_future_set_error(&future, no_errors[i]), -EINVAL);
            expect_outcome(&future, EDDY_EPENDING, NULL);
            if (no_errors[i] == 0) /* an outcome, but no error */
                continue;
            CHECK_CODE(eddy_future_finish(&future, no_errors[i], NULL), -EINVAL);
            expect_outcome(&future, EDDY_EPENDING, NULL);
            CHECK_CODE(eddy_future_init_done(&done, &loop, no_errors[i])->err, -EINVAL);
        }
        turn();
        CHECK_TEXT(trace, "");
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        turn();
        CHECK_TEXT(trace, "a");
        tear_down();
    }

    CASE("finishing calls nobody: that is the next turn's") {
        set_up();
        for (int i = 0; i < 3; i++)
            steps[i].then = look_inside;
        for (int way = 0; way < 3; way++) {
            DID("three wait; %s", way_name[way]);
            CAUSE("a waiter that is called in the middle of the caller that finishes sees half of "
                  "what it "
                  "does: the waiters are queued, and the loop calls them");
            eddy_future_init(&future, &loop);
            trace[0] = '\0';
            await(&future, "abc");
            inside = 1;
            CHECK_CODE(finish(&future, way), 0);
            inside = 0;
            CHECK_TEXT(trace, "");
            CAUSE("%s", in_order);
            CHECK(eddy_handle_queued(&steps[0].soon));
            turn();
            CHECK_TEXT(trace, "abc");
        }
        tear_down();
    }

    CASE("the waiters are called in the order in which they were added, each once") {
        set_up();
        for (int way = 0; way < 3; way++) {
            DID("d, b, a and c wait, in this order; %s", way_name[way]);
            CAUSE("a new waiter goes to the end of the list");
            eddy_future_init(&future, &loop);
            trace[0] = '\0';
            await(&future, "dbac");
            CHECK_CODE(finish(&future, way), 0);
            turn();
            turn();
            CHECK_TEXT(trace, "dbac");
        }
        tear_down();
    }

    CASE("cancelling wakes the waiters as a result does") {
        set_up();
        DID("a and b wait; eddy_future_cancel()");
        await(&future, "ab");
        CHECK(eddy_future_cancel(&future));
        CHECK_TEXT(trace, "");
        turn();
        CHECK_TEXT(trace, "ab");
        tear_down();
    }

    CASE("futures finished in one turn wake their waiters in the order of finishing") {
        set_up();
        DID("a and c wait for one future, b for another, d is in line; the other one is finished "
            "first");
        await(&future, "ac");
        await(&other, "b");
        CHECK_CODE(eddy_loop_call_soon(&loop, &steps[3].soon), 0);
        CHECK_CODE(eddy_future_set_result(&other, NULL), 0);
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        turn();
        CHECK_TEXT(trace, "dbac");
        tear_down();
    }

    CASE("a future can be made anew when it is done, even by the one who waited for it") {
        set_up();
        DID("a waits; when it is called it makes the future anew and waits again");
        also('a', renew);
        await(&future, "a");
        CHECK_CODE(eddy_future_set_result(&future, &answer), 0);
        turn();
        expect_outcome(&future, EDDY_EPENDING, NULL);
        turn();
        CHECK_TEXT(trace, "a");
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        turn();
        CHECK_TEXT(trace, "aa");
        expect_outcome(&future, -EIO, NULL);
        tear_down();
    }

    CASE("on a loop that is closed nothing changes: EDDY_ECLOSED") {
        set_up();
        await(&future, "ab");
        CHECK_CODE(eddy_future_set_result(&other, &answer), 0);
        DID("closed the loop, then tried to finish a pending future, and to wait");
        CAUSE("nobody would be called any more: the caller must be told, and the future stays "
              "as it is");
        CHECK_CODE(eddy_loop_close(&loop), 0);
        CHECK_CODE(eddy_future_set_result(&future, &answer), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_set_error(&future, -EIO), EDDY_ECLOSED);
        CHECK(!eddy_future_cancel(&future));
        expect_outcome(&future, EDDY_EPENDING, NULL);
        CHECK_CODE(eddy_future_add_done_callback(&future, &steps[2].soon), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_add_done_callback(&other, &steps[2].soon), EDDY_ECLOSED);
        CHECK(!eddy_handle_queued(&steps[2].soon));
        expect_outcome(&other, 0, &answer);
        DID("took the waiters back, after the loop was closed");
        CHECK(eddy_future_remove_done_callback(&future, &steps[0].soon));
        CHECK(eddy_handle_cancel(&steps[1].soon));
        CHECK_TEXT(trace, "");
    }
}

TESTS
{
    looking();
    finishing();
}
