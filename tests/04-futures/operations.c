/*
 * Operations: futures with something behind them, which a cancel hook undoes. Here it is a timer,
 * which finishes the future.
 */
#include "futures.h"

#include <math.h>
#include <stdlib.h>

struct operation {
    struct eddy_future future;
    struct eddy_timer timer;
    int cancels; /* how often the hook was called */
    int told;    /* what its timer was told by eddy_future_set_result() */
};

static struct operation operation;
static int answer = 42;

static void on_time(struct eddy_handle *handle)
{
    struct operation *self = container_of(handle, struct operation, timer.handle);

    self->told = eddy_future_set_result(&self->future, &answer);
}

/* The three kinds of hook: one that undoes, one that cannot, and one that comes too late. */
static void undo(struct eddy_future *cancelled)
{
    struct operation *self = container_of(cancelled, struct operation, future);

    self->cancels++;
    CHECK(eddy_timer_cancel(cancelled->loop, &self->timer));
    CHECK_CODE(eddy_future_set_error(cancelled, -ECANCELED), 0);
}

static void only_note(struct eddy_future *cancelled)
{
    container_of(cancelled, struct operation, future)->cancels++;
}

static void finish_instead(struct eddy_future *cancelled)
{
    struct operation *self = container_of(cancelled, struct operation, future);

    self->cancels++;
    CHECK(eddy_timer_cancel(cancelled->loop, &self->timer));
    CHECK_CODE(eddy_future_set_result(cancelled, &answer), 0);
}

static const struct eddy_future_type undoing = {.name = "sleep", .cancel = undo};
static const struct eddy_future_type noting = {.name = "job", .cancel = only_note};
static const struct eddy_future_type obliging = {.name = "flush", .cancel = finish_instead};
static const struct eddy_future_type bare = {.name = "bare"};

/* One that fails returns a future that is done already. */
static struct eddy_future *start(struct operation *started, const struct eddy_future_type *type,
                                 double seconds)
{
    int err;

    *started = (struct operation){.told = 1};
    eddy_future_init_type(&started->future, &loop, type);
    eddy_timer_init(&started->timer, on_time);
    err = eddy_loop_call_later(&loop, &started->timer, seconds);
    if (err < 0)
        CHECK_CODE(eddy_future_set_error(&started->future, err), 0);
    return &started->future;
}

static void cancel_operation(struct step *step)
{
    (void)step;
    CHECK(eddy_future_cancel(&operation.future));
}

static void cancel_too_late(struct step *step)
{
    (void)step;
    CHECK(!eddy_future_cancel(&operation.future));
}

/* Runs the loop until `letter` is called. */
static void stop_loop(struct step *step)
{
    (void)step;
    eddy_loop_stop(&loop);
}

static void run_until(char letter)
{
    also(letter, stop_loop);
    WAITING("%c to be called", letter);
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

/* ---- Cancelling -------------------------------------------------------------------------------- */

static void cancelling(void)
{
    CASE("cancelling an operation calls its hook, once, and what was registered is undone") {
        set_up();
        DID("started a sleep of 60 seconds, a waits for it; eddy_future_cancel(), twice");
        CAUSE("eddy_future_cancel() asks the type's cancel hook, which undoes and finishes");
        await(start(&operation, &undoing, 60), "a");
        CHECK(eddy_future_cancel(&operation.future));
        CHECK_INT(operation.cancels, 1);
        expect_outcome(&operation.future, -ECANCELED, NULL);
        CHECK(isnan(eddy_timer_when(&loop, &operation.timer)));
        CHECK(!eddy_future_cancel(&operation.future));
        CHECK_INT(operation.cancels, 1);
        CHECK_TEXT(trace, "");
        run_until('a');
        CHECK_TEXT(trace, "a");
        CHECK(scripted_time() < 1060);
        tear_down();
    }

    CASE("a hook may only note the wish: then the future stays pending, and finishes later") {
        set_up();
        DID("started a job that cannot be stopped, a waits for it; eddy_future_cancel()");
        CAUSE("with a hook it is the hook that decides: eddy_future_cancel() must not finish the "
              "future itself");
        await(start(&operation, &noting, 60), "a");
        CHECK(eddy_future_cancel(&operation.future));
        CHECK_INT(operation.cancels, 1);
        expect_outcome(&operation.future, EDDY_EPENDING, NULL);
        run_until('a');
        CHECK(scripted_time() == 1060);
        expect_outcome(&operation.future, 0, &answer);
        tear_down();
    }

    CASE("a hook may finish with another outcome") {
        set_up();
        DID("started an operation whose hook sets a result; eddy_future_cancel()");
        await(start(&operation, &obliging, 60), "a");
        CHECK(eddy_future_cancel(&operation.future));
        expect_outcome(&operation.future, 0, &answer);
        run_until('a');
        CHECK_TEXT(trace, "a");
        tear_down();
    }

    CASE("a future that is done is cancelled no more, and its hook is not called") {
        set_up();
        DID("a sleep has ended; eddy_future_cancel()");
        CAUSE("the type is there only while the future is pending: ask first whether it is");
        await(start(&operation, &undoing, 60), "a");
        run_until('a');
        CHECK(!eddy_future_cancel(&operation.future));
        CHECK_INT(operation.cancels, 0);
        expect_outcome(&operation.future, 0, &answer);
        DID("a sleep has failed; eddy_future_cancel()");
        start(&operation, &undoing, 60);
        CHECK(eddy_timer_cancel(&loop, &operation.timer));
        CHECK_CODE(eddy_future_set_error(&operation.future, -EIO), 0);
        CHECK(!eddy_future_cancel(&operation.future));
        CHECK_INT(operation.cancels, 0);
        expect_outcome(&operation.future, -EIO, NULL);
        tear_down();
    }

    CASE("on a loop that is closed nothing is cancelled, and no hook is called") {
        set_up();
        start(&operation, &undoing, 60);
        CHECK_CODE(eddy_loop_close(&loop), 0);
        DID("closed the loop while a sleep was under way; eddy_future_cancel()");
        CHECK(!eddy_future_cancel(&operation.future));
        CHECK_INT(operation.cancels, 0);
        expect_outcome(&operation.future, EDDY_EPENDING, NULL);
    }

    CASE("a type without a hook is cancelled as a plain future is") {
        set_up();
        DID("started a sleep that nothing undoes, and cancelled it; its time comes all the same");
        await(start(&operation, &bare, 60), "a");
        CHECK(eddy_future_cancel(&operation.future));
        expect_outcome(&operation.future, -ECANCELED, NULL);
        CHECK_CODE(eddy_loop_call_later(&loop, &steps[1].timer, 120), 0);
        run_until('b');
        CHECK_TEXT(trace, "ab");
        CHECK_CODE(operation.told, EDDY_EDONE);
        expect_outcome(&operation.future, -ECANCELED, NULL);
        tear_down();
    }

    CASE("a start that fails returns a future that is done, and its waiter is called as ever") {
        set_up();
        DID("started a sleep of NaN seconds, and let a wait for it");
        CAUSE("added to a done future, it must neither be called at once nor be lost: the loop "
              "calls it soon");
        await(start(&operation, &undoing, (double)NAN), "a");
        CHECK_TEXT(trace, "");
        expect_outcome(&operation.future, -EINVAL, NULL);
        turn();
        CHECK_TEXT(trace, "a");
        tear_down();
    }
}

/* ---- Timer and cancel in one turn -------------------------------------------------------------- */

static void in_one_turn(void)
{
    CASE("cancelled in the turn in which its timer is due, before it: its timer is not called") {
        set_up();
        DID("a timer that cancels the sleep and the sleep's own are due at the same time");
        also('a', cancel_operation);
        CHECK_CODE(eddy_loop_call_later(&loop, &steps[0].timer, 60), 0);
        await(start(&operation, &undoing, 60), "b");
        run_until('b');
        CHECK_TEXT(trace, "ab");
        CHECK_INT(operation.told, 1); /* its timer was not called */
        expect_outcome(&operation.future, -ECANCELED, NULL);
        tear_down();
    }

    CASE("cancelled in the turn in which its timer is due, after it: it has its result") {
        set_up();
        DID("the sleep's timer and then a timer that cancels it are due at the same time");
        await(start(&operation, &undoing, 60), "b");
        also('a', cancel_too_late);
        CHECK_CODE(eddy_loop_call_later(&loop, &steps[0].timer, 60), 0);
        run_until('b');
        CHECK_TEXT(trace, "ab");
        CHECK_INT(operation.cancels, 0);
        expect_outcome(&operation.future, 0, &answer);
        tear_down();
    }

    CASE("a timer that finds its future cancelled is told so, and harms nothing") {
        set_up();
        DID("a cancels a sleep whose hook undoes nothing, in the turn in which its timer is due");
        also('a', cancel_operation);
        CHECK_CODE(eddy_loop_call_later(&loop, &steps[0].timer, 60), 0);
        await(start(&operation, &bare, 60), "b");
        run_until('b');
        CHECK_TEXT(trace, "ab");
        CHECK_CODE(operation.told, EDDY_EDONE);
        expect_outcome(&operation.future, -ECANCELED, NULL);
        tear_down();
    }
}

/* ---- Its memory -------------------------------------------------------------------------------- */

static void end(struct operation *ended, int way)
{
    if (way == 0)
        CHECK_CODE(eddy_future_set_result(&ended->future, NULL), 0);
    else if (way == 1)
        CHECK_CODE(eddy_future_set_error(&ended->future, -EIO), 0);
    else
        CHECK(eddy_future_cancel(&ended->future));
    eddy_timer_cancel(&loop, &ended->timer);
}

static void its_memory(void)
{
    CASE("done, nothing of the loop points into it: waiters who do not read it may outlive it") {
        static const char *const ways[] = {"set the result", "set an error", "cancelled it"};
        set_up();
        for (int way = 0; way < 3; way++) {
            struct operation *frame = malloc(sizeof *frame);
            CHECK(frame != NULL);
            DID("a, b and c wait for a sleep; %s, and freed it before they were called", ways[way]);
            CAUSE("the waiters must be in the loop's line, and not in the future's list");
            trace[0] = '\0';
            await(start(frame, &undoing, 60), "abc");
            end(frame, way);
            memset(frame, 0x5A, sizeof *frame);
            free(frame);
            turn();
            CHECK_TEXT(trace, "abc");
        }
        CHECK_CODE(eddy_loop_call_later(&loop, &steps[3].timer, 120), 0);
        run_until('d'); /* past the time of all three */
        CHECK_TEXT(trace, "abcd");
        tear_down();
    }

    CASE("a future that nobody waits for any more can go while it is pending") {
        struct eddy_future *lonely = malloc(sizeof *lonely);
        CHECK(lonely != NULL);
        set_up();
        DID("a and b waited; both were taken back, and the pending future freed");
        eddy_future_init(lonely, &loop);
        await(lonely, "ab");
        CHECK(eddy_future_remove_done_callback(lonely, &steps[0].soon));
        CHECK(eddy_handle_cancel(&steps[1].soon));
        memset(lonely, 0x5A, sizeof *lonely);
        free(lonely);
        await(&future, "ab");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turn();
        CHECK_TEXT(trace, "ab");
        tear_down();
    }
}

TESTS
{
    cancelling();
    in_one_turn();
    its_memory();
}
