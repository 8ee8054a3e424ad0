/* Somebody who waits in a line: whoever is taken from it has what is given, and nobody else. */
#include "shared.h"

#include "waiter.h"

static const struct eddy_future_type type = {
    .name = "line", .cancel = eddy_waiter_cancel, .guarded = true};
static struct eddy_list line;
static struct eddy_waiter w[3];

static void stand(struct eddy_waiter *one)
{
    CHECK(eddy_waiter_start(one, &loop, &type, &line) == &one->future);
}

static void stand_all(void)
{
    eddy_list_init(&line);
    for (int i = 0; i < 3; i++)
        stand(&w[i]);
}

TESTS
{
    CASE("a line is served from its front, and who is taken from it has left it") {
        set_up();
        stand_all();
        CHECK(eddy_waiter_first(&line) == &w[0]);
        eddy_waiter_wake(&w[0], 0, &line);
        CHECK_CODE(eddy_future_error(&w[0].future), 0);
        CHECK(w[0].future.result == &line);
        CHECK(!eddy_list_linked(&w[0].link));
        CHECK(eddy_waiter_first(&line) == &w[1]);
        tear_down();
    }

    CASE("who is cancelled leaves the line at once, from any place in it") {
        for (int i = 0; i < 3; i++) {
            set_up();
            stand_all();
            CHECK(eddy_future_cancel(&w[i].future));
            CHECK_CODE(eddy_future_error(&w[i].future), -ECANCELED);
            CHECK_INT(length_of(&line), 2);
            CHECK(eddy_waiter_first(&line) == &w[i == 0 ? 1 : 0]);
            CHECK(!eddy_future_cancel(&w[i].future)); /* and only once */
            tear_down();
        }
    }

    CASE("who was given something cannot be cancelled any more") {
        set_up();
        stand_all();
        eddy_waiter_wake(&w[0], 0, &line);
        CHECK(!eddy_future_cancel(&w[0].future));
        CHECK(w[0].future.result == &line);
        tear_down();
    }

    CASE("all are woken with one outcome, and the line is empty") {
        set_up();
        stand_all();
        eddy_waiter_wake_all(&line, EDDY_ECLOSED);
        for (int i = 0; i < 3; i++)
            CHECK_CODE(eddy_future_error(&w[i].future), EDDY_ECLOSED);
        CHECK(eddy_list_empty(&line) && eddy_waiter_first(&line) == NULL);
        eddy_waiter_wake_all(&line, 0); /* nobody is there */
        tear_down();
    }

    CASE("who has left can stand in line again, at its end") {
        set_up();
        stand_all();
        eddy_future_cancel(&w[0].future);
        stand(&w[0]);
        CHECK(eddy_waiter_first(&line) == &w[1]);
        CHECK_INT(length_of(&line), 3);
        tear_down();
    }

    CASE("nobody but the giver can finish a wait") {
        set_up();
        stand_all();
        CHECK_CODE(eddy_future_set_result(&w[0].future, NULL), EDDY_EOTHER);
        CHECK_CODE(eddy_future_set_error(&w[0].future, -EIO), EDDY_EOTHER);
        CHECK_INT(length_of(&line), 3);
        tear_down();
    }

    CASE("with nothing to wait for it is done, stands in no line, and has no result of an error") {
        set_up();
        CHECK(eddy_waiter_done(&w[0], &loop, 0, &line) == &w[0].future);
        CHECK(w[0].future.result == &line && !eddy_list_linked(&w[0].link));
        CHECK_CODE(eddy_waiter_done(&w[0], &loop, -EIO, &line)->err, -EIO);
        CHECK(w[0].future.result == NULL);
        tear_down();
    }

    CASE("who waits already, or of a closed loop, is refused before anything has changed") {
        set_up();
        stand_all();
        CHECK_CODE(eddy_waiter_refusal(&w[0], &loop, "test"), EDDY_EQUEUED);
        eddy_waiter_wake(&w[0], 0, NULL);
        CHECK_CODE(eddy_waiter_refusal(&w[0], &loop, "test"), 0);
        tear_down();
        CHECK_CODE(eddy_waiter_refusal(&w[0], &loop, "test"), EDDY_ECLOSED);
        CHECK_INT(length_of(&line), 2);
    }

    CASE("for a loop that is closed nobody stands in line") {
        set_up();
        eddy_list_init(&line);
        tear_down();
        CHECK_CODE(eddy_waiter_start(&w[0], &loop, &type, &line)->err, EDDY_ECLOSED);
        CHECK(eddy_list_empty(&line) && !eddy_list_linked(&w[0].link));
    }

    CASE("who still waits when the loop is closed is no harm to who gives later") {
        set_up();
        stand_all();
        CHECK(eddy_waiter_first(&line) == &w[0]);
        tear_down();
        CHECK(!eddy_future_cancel(&w[0].future));
        CHECK(eddy_waiter_first(&line) == NULL); /* who would never hear of what it is given */
        eddy_waiter_wake_all(&line, 0);
        CHECK(eddy_list_empty(&line));
    }

    CASE("waiting, waking and leaving allocate nothing") {
        long before;
        set_up();
        before = allocations();
        stand_all();
        eddy_future_cancel(&w[1].future);
        eddy_waiter_wake_all(&line, 0);
        CHECK_INT(allocations(), before);
        tear_down();
    }
}
