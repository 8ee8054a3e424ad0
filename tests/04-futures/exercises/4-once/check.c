/* Time is the test's own here: an operation that takes ten seconds takes none. */
#include "check.h"

#include "4-once.h"
#include "errors.h"
#include "scripted.h"
#include "turn.h"

#include <errno.h>

enum { ASKERS = 3, SECONDS = 10, ANSWERS = 10, TOLD_MOST = 256 };

/* The operation: looks a thing up, and counts how often. The answer is the number of the lookup. */
struct lookup {
    struct once once;
    struct eddy_future future;
    struct eddy_timer timer;
    int err;                /* what it ends with */
    int fails_at_once;      /* what it starts with, if not 0 */
    int started, cancelled; /* how often */
};

/* Somebody who asks, and notes the outcome. */
struct asker {
    struct ask ask;
    struct eddy_handle told;
    struct lookup *asks_again; /* when told for the first time; NULL: does not */
};

static struct eddy_loop loop;
static struct lookup lookup, other;
static struct asker askers[ASKERS]; /* a, b and c */
static int answers[ANSWERS];
static char told[TOLD_MOST]; /* "a1 bEIO ": a got the answer of the first lookup, b an error */
static long told_in;         /* in which turn the last one was told */
static int turns;            /* in how many turns somebody was told */

/* ---- The operation --------------------------------------------------------------------------- */

static void on_found(struct eddy_handle *handle)
{
    struct lookup *found = container_of(handle, struct lookup, timer.handle);

    if (found->err < 0)
        eddy_future_set_error(&found->future, found->err);
    else
        eddy_future_set_result(&found->future, &answers[found->started]);
}

static void cancel_lookup(struct eddy_future *future)
{
    struct lookup *cancelled = container_of(future, struct lookup, future);

    cancelled->cancelled++;
    eddy_timer_cancel(&loop, &cancelled->timer);
    eddy_future_set_error(future, -ECANCELED);
}

static struct eddy_future *start(struct once *once)
{
    static const struct eddy_future_type type = {.name = "lookup", .cancel = cancel_lookup};
    struct lookup *started = container_of(once, struct lookup, once);

    if (started->started > 0 && !eddy_future_done(&started->future))
        FAIL("one operation at a time", "start() was called while the operation was under way");
    started->started++;
    eddy_future_init_type(&started->future, &loop, &type);
    eddy_timer_init(&started->timer, on_found);
    if (started->fails_at_once < 0)
        eddy_future_set_error(&started->future, started->fails_at_once);
    else
        CHECK_CODE(eddy_loop_call_later(&loop, &started->timer, SECONDS), 0);
    return &started->future;
}

/* ---- Who asks -------------------------------------------------------------------------------- */

/* asks(&lookup, 'a') and so on. */
static void asks(struct lookup *asked, char who)
{
    struct asker *asker = &askers[who - 'a'];
    struct eddy_future *future = once_ask(&asked->once, &asker->ask);

    if (!future) {
        CAUSE("this function is still its TODO, which returns NULL: write its body");
        FAIL("once_ask() to return the asker's own future", "NULL");
    }
    if (future != &asker->ask.future) {
        CAUSE("once_ask() makes a future in `ask` (eddy_future_init_type) and returns that. The "
              "operation's, under_way, is one for all: an asker that cancelled it would cancel it "
              "for the others, too");
        FAIL("a future for each asker, its own: &ask->future", "another one");
    }
    CHECK_CODE(eddy_future_add_done_callback(future, &asker->told), 0);
}

/* The learner's hook, looked at: one that cancels its own future would be called for ever. */
static const struct eddy_future_type *theirs;
static int depth; /* of the hook's calls */

static void call_hook(struct eddy_future *future)
{
    if (depth > 0) {
        CAUSE("eddy_future_cancel() is what has called the hook. In there it would call the hook "
              "again, without end: it is the hook that must finish its future, with "
              "eddy_future_set_error(future, -ECANCELED)");
        FAIL("a cancel hook that is called once",
             "it calls eddy_future_cancel() of its own future");
    }
    depth++;
    theirs->cancel(future);
    depth--;
}

static bool cancels(char who)
{
    static struct eddy_future_type watched;
    struct eddy_future *future = &askers[who - 'a'].ask.future;

    if (!eddy_future_done(future) && future->type->cancel) {
        theirs = future->type;
        watched = *theirs;
        watched.cancel = call_hook;
        future->type = &watched;
    }
    return eddy_future_cancel(future);
}

static void on_told(struct eddy_handle *handle)
{
    struct asker *asker = container_of(handle, struct asker, told);
    struct lookup *again = asker->asks_again;
    void *result;
    int err = eddy_future_result(&asker->ask.future, &result);
    size_t used = strlen(told);
    char who = (char)('a' + (asker - askers));

    if (err < 0)
        snprintf(told + used, sizeof told - used, "%c%s ", who, eddy_errname(err));
    else
        snprintf(told + used, sizeof told - used, "%c%d ", who, result ? *(int *)result : -1);
    turns += told_in != scripted_waits();
    told_in = scripted_waits();
    if (eddy_list_linked(&asker->ask.link)) {
        if (err != -ECANCELED)
            CAUSE("on_done() takes each asker out of the list (eddy_list_pop) before it finishes "
                  "that one's future: when that is done, the memory may be something else");
        FAIL("nothing that points to `ask` when its future is done", "it is still in a list");
    }
    memset(&asker->ask, 0, sizeof asker->ask);
    asker->asks_again = NULL;
    if (again)
        asks(again, who);
}

/* ---- A scene --------------------------------------------------------------------------------- */

static void set_up(void)
{
    scripted_start();
    CHECK_CODE(eddy_loop_open(&loop, &scripted), 0);
    lookup = other = (struct lookup){.started = 0};
    once_init(&lookup.once, &loop, start);
    once_init(&other.once, &loop, start);
    for (int i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.asks_again = NULL};
        eddy_handle_init(&askers[i].told, on_told);
    }
    for (int i = 0; i < ANSWERS; i++)
        answers[i] = i;
    told[0] = '\0';
    told_in = turns = 0;
}

/* Until nothing is left that could happen. */
static void run(void)
{
    WAITING("the loop to have nothing left to do");
    CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
    WAITING("%s", "");
}

static void turn(void)
{
    eddy_loop_stop(&loop);
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

static void tear_down(void)
{
    eddy_loop_close(&loop);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static void asking(void)
{
    CASE("an asker gets the answer when there is one") {
        set_up();
        DID("a asked; the operation takes %d s (a1 is: a was told what the first start brought)",
            SECONDS);
        CAUSE("nobody waits for an answer yet: once_ask() calls once->start()");
        asks(&lookup, 'a');
        CHECK_INT(lookup.started, 1);
        CAUSE("once_ask() returns at once; on_done() finishes the future when there is an answer");
        CHECK(!eddy_future_done(&askers[0].ask.future));
        run();
        CAUSE("once_ask() puts `ask` at the end of the askers, and lets on_done() wait for the "
              "operation "
              "(eddy_future_add_done_callback); on_done() hands on the result");
        CHECK_TEXT(told, "a1 ");
        CHECK(scripted_time() == 1000 + SECONDS);
        tear_down();
    }

    CASE("an asker joins while the operation is under way: it is started once for all") {
        set_up();
        DID("c asked; 4 s later a asked, then b");
        CAUSE("as long as somebody waits for an answer, once_ask() only puts the next one after "
              "the others");
        asks(&lookup, 'c');
        scripted_advance(4);
        asks(&lookup, 'a');
        asks(&lookup, 'b');
        CHECK_INT(lookup.started, 1);
        run();
        CAUSE("on_done() finishes the futures of all who have asked, in the order of asking");
        CHECK_TEXT(told, "c1 a1 b1 ");
        CHECK_INT(turns, 1);
        CHECK(scripted_time() == 1000 + SECONDS);
        tear_down();
    }

    CASE("an asker joins, too, when it is done but nobody has been told yet") {
        set_up();
        DID("a asked; the operation was done, and before the next turn b asked");
        CAUSE("a still waits for an answer: on_done() is in line, and will tell b, too. So it is "
              "not the operation that must be asked whether to start");
        asks(&lookup, 'a');
        on_found(&lookup.timer.handle);
        eddy_timer_cancel(&loop, &lookup.timer);
        asks(&lookup, 'b');
        CHECK_INT(lookup.started, 1);
        run();
        CHECK_TEXT(told, "a1 b1 ");
        tear_down();
    }

    CASE("the next question starts it anew: an old answer is never given") {
        set_up();
        DID("a asked and got the answer; then it asked once more");
        CAUSE("when on_done() has told all, nothing is under way any more (once->under_way)");
        asks(&lookup, 'a');
        run();
        asks(&lookup, 'a');
        CHECK_INT(lookup.started, 2);
        run();
        CHECK_TEXT(told, "a1 a2 ");
        DID("a, b and c asked; when b got the answer, it asked once more in its callback");
        askers[1].asks_again = &lookup;
        told[0] = '\0';
        asks(&lookup, 'a');
        asks(&lookup, 'b');
        asks(&lookup, 'c');
        run();
        CHECK_TEXT(told, "a3 b3 c3 b4 ");
        tear_down();
    }
}

/* ---- Errors ---------------------------------------------------------------------------------- */

static void errors(void)
{
    CASE("an error is an outcome, and all are told") {
        set_up();
        lookup.err = -EIO;
        DID("a and b asked; the operation ended with -EIO");
        CAUSE("eddy_future_result() returns the operation's outcome: if it is an error, so is that "
              "of all who have asked (eddy_future_set_error)");
        asks(&lookup, 'a');
        asks(&lookup, 'b');
        run();
        CHECK_TEXT(told, "aEIO bEIO ");
        DID("c asked after that, and the operation succeeded");
        CAUSE("after an error, too, the next question starts it anew");
        lookup.err = 0;
        asks(&lookup, 'c');
        run();
        CHECK_TEXT(told, "aEIO bEIO c2 ");
        tear_down();
    }

    CASE("a start that fails at once is an error like any other") {
        set_up();
        lookup.fails_at_once = -ENOMEM;
        DID("a asked; start() returned a future that is done, with -ENOMEM");
        CAUSE("eddy_future_add_done_callback() works with a future that is done, too: on_done() is "
              "called in the next turn");
        asks(&lookup, 'a');
        run();
        CHECK_TEXT(told, "aENOMEM ");
        lookup.fails_at_once = 0;
        asks(&lookup, 'b');
        run();
        CHECK_TEXT(told, "aENOMEM b2 ");
        tear_down();
    }

    CASE("if somebody else cancels the operation, all are told so") {
        set_up();
        DID("a and b asked; eddy_future_cancel() of the operation itself");
        CAUSE("-ECANCELED is an error for the askers, as any other");
        asks(&lookup, 'a');
        asks(&lookup, 'b');
        CHECK(eddy_future_cancel(&lookup.future));
        run();
        CHECK_TEXT(told, "aECANCELED bECANCELED ");
        asks(&lookup, 'c');
        run();
        CHECK_TEXT(told, "aECANCELED bECANCELED c2 ");
        tear_down();
    }
}

/* ---- Cancelling ------------------------------------------------------------------------------ */

static void cancelling(void)
{
    CASE("an asker that cancels is cancelled at once, and the others get their answer") {
        set_up();
        DID("a, b and c asked; b cancelled its future");
        asks(&lookup, 'a');
        asks(&lookup, 'b');
        asks(&lookup, 'c');
        CHECK(cancels('b'));
        CAUSE("the future of an asker has a type with a cancel hook, and it is the hook that must "
              "finish it: eddy_future_set_error(future, -ECANCELED)");
        CHECK(eddy_future_cancelled(&askers[1].ask.future));
        CAUSE("others still wait for the operation: it is not b's to cancel");
        CHECK_INT(lookup.cancelled, 0);
        CAUSE("the cancel hook takes `ask` out of the list of askers: its future is done, so its "
              "memory may be something else by now. An asker's future needs a type with a hook");
        turn();
        CHECK_TEXT(told, "bECANCELED ");
        CAUSE("others still wait for the operation: it is not b's to cancel");
        run();
        CHECK_TEXT(told, "bECANCELED a1 c1 ");
        tear_down();
    }

    CASE("when the last of them has cancelled, the operation is cancelled") {
        set_up();
        DID("a and b asked; a cancelled, then b");
        asks(&lookup, 'a');
        asks(&lookup, 'b');
        CHECK(cancels('a'));
        CAUSE("b still waits for the operation");
        CHECK_INT(lookup.cancelled, 0);
        CHECK(cancels('b'));
        CAUSE("nobody is left who wants to know: the hook calls eddy_future_cancel() for the "
              "operation, at once, or it goes on for nobody");
        CHECK_INT(lookup.cancelled, 1);
        CAUSE("the operation is done now, because it was cancelled, and that has put on_done() in "
              "line. But what it would look at is forgotten: eddy_handle_cancel() takes it out of "
              "there");
        if (!lookup.once.under_way && eddy_handle_queued(&lookup.once.on_done))
            FAIL("nobody in line to be called, as nothing is under way", "on_done() is in line");
        run();
        CHECK_TEXT(told, "aECANCELED bECANCELED ");
        CHECK(scripted_time() == 1000);
        tear_down();
    }

    CASE("the next asker starts it anew") {
        set_up();
        DID("a asked and cancelled; before the next turn, b asked");
        CAUSE("the operation that a cancelled is over, and b must not be told of its end: the hook "
              "forgets it (once->under_way), and takes on_done() out of the line "
              "(eddy_handle_cancel)");
        asks(&lookup, 'a');
        CHECK(cancels('a'));
        asks(&lookup, 'b');
        CHECK_INT(lookup.started, 2);
        CHECK_INT(lookup.cancelled, 1);
        run();
        CHECK_TEXT(told, "aECANCELED b2 ");
        tear_down();
    }

    CASE("the last one can cancel when the operation is done, but nobody has been told yet") {
        set_up();
        DID("a asked; the operation was done; before the next turn a cancelled, and b asked");
        CAUSE("on_done() is in line already. eddy_handle_cancel() takes it out of there, "
              "eddy_future_remove_done_callback() does not");
        asks(&lookup, 'a');
        on_found(&lookup.timer.handle);
        eddy_timer_cancel(&loop, &lookup.timer);
        CHECK(cancels('a'));
        CHECK_INT(lookup.cancelled, 0);
        asks(&lookup, 'b');
        CHECK_INT(lookup.started, 2);
        run();
        CHECK_TEXT(told, "aECANCELED b2 ");
        tear_down();
    }
}

static void two_of_them(void)
{
    CASE("two of them know nothing of each other") {
        set_up();
        DID("a asked one, b another");
        CAUSE("all that belongs to one is in its struct once: no static variable");
        asks(&lookup, 'a');
        asks(&other, 'b');
        CHECK_INT(lookup.started, 1);
        CHECK_INT(other.started, 1);
        CHECK(cancels('a'));
        CHECK_INT(lookup.cancelled, 1);
        CHECK_INT(other.cancelled, 0);
        run();
        CHECK_TEXT(told, "aECANCELED b1 ");
        tear_down();
    }
}

TESTS
{
    check_limit(3);
    asking();
    errors();
    cancelling();
    two_of_them();
}
