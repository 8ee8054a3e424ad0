/* What modules keep for a loop: found by its type, asked and told when the loop is closed. */
#include "check.h"

#include "errors.h"
#include "scripted.h"
#include "traced.h"
#include "turn.h"

#include <errno.h>

static struct eddy_loop loop;
static struct step steps[4];
#define A (&steps[0])

static void set_up(void)
{
    scripted_start();
    CHECK_CODE(eddy_loop_open(&loop, &scripted), 0);
    steps_init(steps);
}

static void tear_down(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

/* Guests that leave their letter in the trace when the loop is closed, if nobody refuses. */
static struct eddy_guest guests[3];
static int refusal;

static int may_close(struct eddy_loop *closing, struct eddy_guest *guest)
{
    CHECK(closing == &loop);
    return guest == &guests[1] ? refusal : 0;
}

static void close_guest(struct eddy_loop *closing, struct eddy_guest *guest)
{
    CHECK(eddy_loop_is_closed(closing));
    CHECK_CODE(eddy_loop_call_soon(closing, &A->soon), EDDY_ECLOSED);
    traced_run(&steps[guest - guests]);
}

/* In that memory a timer of somebody else may lie, and a handle that is in line. */
static void free_guest(struct eddy_guest *guest)
{
    CHECK(guest == &guests[2]);
    CHECK_INT(loop.timers.count, 0);
    CHECK(!eddy_handle_queued(&A->soon));
    strcat(trace, ".");
}

static const struct eddy_guest_type types[3] = {
    {.name = "a", .may_close = may_close, .close = close_guest},
    {.name = "b", .may_close = may_close, .close = close_guest},
    {.name = "c", .close = close_guest},
};

static void trace_guests(void)
{
    refusal = 0;
    for (int i = 0; i < 3; i++) {
        guests[i] = (struct eddy_guest){.type = NULL};
        CHECK_CODE(eddy_loop_add_guest(&loop, &guests[i], &types[i]), 0);
    }
}

TESTS
{
    CASE("guests are told when the loop closes, the last one first, and it is closed for them") {
        set_up();
        trace_guests();
        CHECK(eddy_loop_guest(&loop, &types[0]) == &guests[0]);
        CHECK(eddy_guest_leave(&guests[1]));
        CHECK(!eddy_guest_leave(&guests[1]));
        CHECK(eddy_loop_guest(&loop, &types[1]) == NULL);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "");
        tear_down();
        CHECK_TEXT(trace, "ca");
        tear_down();
        CHECK_TEXT(trace, "ca");
        CHECK(eddy_loop_guest(&loop, &types[0]) == NULL);
    }

    CASE("a guest that does not allow it keeps the loop open, and no guest is told") {
        set_up();
        trace_guests();
        refusal = -EBUSY;
        CHECK_CODE(eddy_loop_close(&loop), -EBUSY);
        CHECK(!eddy_loop_is_closed(&loop));
        CHECK_TEXT(trace, "");
        refusal = 0;
        tear_down();
        CHECK_TEXT(trace, "cba");
    }

    CASE("memory of a guest goes after all guests have been closed, and all is forgotten") {
        static const struct eddy_guest_type owner = {
            .name = "owner", .close = close_guest, .free = free_guest};
        set_up();
        trace_guests();
        CHECK(eddy_guest_leave(&guests[2]));
        CHECK_CODE(eddy_loop_add_guest(&loop, &guests[2], &owner), 0);
        CHECK_CODE(eddy_loop_call_later(&loop, &A->timer, 60), 0);
        tear_down();
        CHECK_TEXT(trace, "cba.");
        CHECK(!eddy_guest_leave(&guests[2]));
    }

    CASE("a zeroed loop has no guest, and an open one takes none twice") {
        static struct eddy_loop zeroed;
        CHECK(eddy_loop_guest(&zeroed, &types[0]) == NULL);
        set_up();
        trace_guests();
        CHECK_CODE(eddy_loop_add_guest(&loop, &guests[0], &types[0]), EDDY_EQUEUED);
        tear_down();
    }
}
