/* futures: when their callbacks are called, and what cannot be done twice. */
#include "promises.h"

static void in_order(void)
{
    struct eddy_future *f = future();

    add(f, actor("a"));
    add(f, actor("b"));
    add(f, actor("c"));
    finish(f);
    run();
}

static void finishing_calls_nobody(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a");

    add(f, actor("b"));
    then(a, finish, f);
    then(a, speak, actor("still a"));
    soon(a);
    soon(actor("soon"));
    run();
}

/* An actor who is added to a future when another one is called. */
struct adding {
    struct eddy_future *to;
    struct actor *who;
};

static void add_now(void *whom)
{
    struct adding *adding = whom;

    add(adding->to, adding->who);
}

static void added_when_done(void)
{
    struct actor *a = actor("a");
    struct adding d = {future(), actor("d")};

    finish(d.to);
    then(a, soon, actor("c"));
    then(a, add_now, &d);
    then(a, soon, actor("e"));
    soon(a);
    soon(actor("b"));
    run();
}

static void added_by_callback(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a");
    struct adding c = {f, actor("c")};

    then(a, add_now, &c);
    add(f, a);
    add(f, actor("b"));
    finish(f);
    run();
}

static void added_to_pending(void)
{
    struct eddy_future *f = future(), *g = future();
    struct actor *a = actor("a"), *timer = actor("timer");
    struct adding c = {g, actor("c")};

    then(a, add_now, &c);
    add(f, a);
    add(f, actor("b"));
    finish(f);
    then(timer, finish, g);
    later(timer, 1);
    run();
}

static void two_in_a_turn(void)
{
    struct eddy_future *f = future(), *g = future();
    struct actor *a = actor("a");

    add(g, actor("w"));
    add(g, actor("x"));
    add(f, actor("u"));
    add(f, actor("v"));
    then(a, finish, f);
    then(a, soon, actor("soon"));
    then(a, finish, g);
    soon(a);
    run();
}

static void crossed_callbacks(void)
{
    struct eddy_future *f = future(), *g = future();

    add(f, actor("a"));
    add(g, actor("b"));
    add(f, actor("c"));
    add(g, actor("d"));
    finish(g);
    finish(f);
    run();
}

static void chain(void)
{
    struct eddy_future *f = future(), *g = future(), *h = future();
    struct actor *a = actor("a"), *b = actor("b");
    struct actor *first = actor("first turn"), *second = actor("second turn");

    then(a, finish, g);
    then(b, finish, h);
    add(f, a);
    add(g, b);
    add(h, actor("c"));
    then(first, soon, second);
    then(second, soon, actor("third turn"));
    soon(first);
    finish(f);
    run();
}

static void soon_in_callback(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a");

    then(a, soon, actor("c"));
    add(f, a);
    add(f, actor("b"));
    finish(f);
    run();
}

static void finished_by_timer(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a"), *b = actor("b");

    add(f, actor("c"));
    then(a, finish, f);
    then(b, set, actor("d"));
    at(a, 1001);
    at(b, 1001);
    run();
}

/* ---- Taking callbacks back ------------------------------------------------------------------- */

/* asyncio says how many there were. */
static void take_back(struct eddy_future *what, struct actor *who)
{
    say("removed %d", eddy_future_remove_done_callback(what, &who->handle));
}

static void removed_before(void)
{
    struct eddy_future *f = future();
    struct actor *b = actor("b");

    add(f, actor("a"));
    add(f, b);
    add(f, actor("c"));
    take_back(f, b);
    take_back(f, b);
    finish(f);
    run();
}

static void removed_after(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a");

    add(f, a);
    finish(f);
    take_back(f, a);
    run();
}

static void take_back_now(void *whom)
{
    struct adding *added = whom;

    take_back(added->to, added->who);
}

static void removed_by_callback(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a");
    struct adding b = {f, actor("b")};

    then(a, take_back_now, &b);
    add(f, a);
    add(f, b.who);
    finish(f);
    run();
}

static void removed_and_added(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a");

    add(f, a);
    add(f, actor("b"));
    eddy_future_remove_done_callback(f, &a->handle);
    add(f, a);
    finish(f);
    run();
}

/* Two handles with one function: an actor's name is its data. */
static void one_function_twice(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a");

    add(f, a);
    add(f, actor("a"));
    take_back(f, a);
    finish(f);
    run();
}

/* ---- Outcomes -------------------------------------------------------------------------------- */

static void outcomes(void)
{
    struct eddy_future *each[] = {future(), future(), future()};

    outcome(each[0]);
    finish(each[0]);
    fail(each[1]);
    cancel_future(each[2]);
    for (int i = 0; i < 3; i++) {
        outcome(each[i]);
        say("%s%s", eddy_future_done(each[i]) ? "done" : "",
            eddy_future_cancelled(each[i]) ? " cancelled" : "");
    }
}

static void cancelled_as_error(void)
{
    struct eddy_future *f = future();

    attempt(eddy_future_set_error(f, -ECANCELED));
    outcome(f);
    say(eddy_future_cancelled(f) ? "cancelled" : "not cancelled");
}

static void error_calls(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a");

    then(a, outcome, f);
    add(f, a);
    add(f, actor("b"));
    fail(f);
    run();
}

static void cancel_calls(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a"), *b = actor("b"), *c = actor("c");

    then(c, outcome, f);
    add(f, c);
    add(f, actor("d"));
    then(a, try_cancel, f);
    then(b, try_cancel, f);
    soon(a);
    soon(b);
    run();
}

/* A future with a callback that tells its outcome. */
static struct eddy_future *told_by(struct actor *who)
{
    struct eddy_future *f = future();

    then(who, outcome, f);
    add(f, who);
    return f;
}

static void cancel_after_result(void)
{
    struct eddy_future *f = told_by(actor("a"));

    finish(f);
    try_cancel(f);
    run();
}

static void set_after_cancel(void)
{
    struct eddy_future *f = told_by(actor("a"));

    cancel_future(f);
    finish(f);
    fail(f);
    run();
}

static void set_twice(void)
{
    struct eddy_future *f = told_by(actor("a"));
    static char other[] = "other";

    finish(f);
    attempt(eddy_future_set_result(f, other));
    fail(f);
    run();
}

static void set_in_callback(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a"), *b = actor("b");

    then(a, fail, f);
    then(b, outcome, f);
    add(f, a);
    add(f, b);
    finish(f);
    run();
}

static const struct scenario scenarios[] = {
    {in_order, "callbacks are called in the order in which they were added"},
    {finishing_calls_nobody,
     "finishing a future calls nobody: who finishes goes on, and so does what is in line"},
    {added_when_done,
     "a callback is added to a done future: the next turn, behind what is in line"},
    {added_by_callback,
     "a callback that adds another one to its own future: that one is called a turn later"},
    {added_to_pending,
     "a callback that adds another one to a pending future: that one waits for it"},
    {two_in_a_turn, "two futures finished in one turn, with a call_soon in between"},
    {crossed_callbacks, "callbacks added to two futures in turns keep together, future by future"},
    {chain, "each link of a chain of futures takes a turn, and others are called in between"},
    {soon_in_callback, "what a callback of a future queues is called in the next turn"},
    {finished_by_timer,
     "a timer finishes a future: another timer that is due comes before the callbacks"},
    {removed_before, "a callback that is removed before the future is done is not called"},
    {removed_after, "a callback that is removed after the future is done is called all the same"},
    {removed_by_callback, "a callback removes the one behind it, and is too late"},
    {removed_and_added, "a callback that is removed and added again goes to the end"},
    {one_function_twice, "one function, added twice and removed once"},
    {outcomes, "a future is pending, and then done with a result, an error or a cancel"},
    {cancelled_as_error, "the error that is set is the one that stands for a cancel"},
    {error_calls, "an error calls the callbacks, as a result does"},
    {cancel_calls, "a cancel calls the callbacks in the next turn, as a result does"},
    {cancel_after_result, "a cancel after a result changes nothing"},
    {set_after_cancel, "a result or an error after a cancel is refused"},
    {set_twice,
     "a second result or an error after it is refused, and the callbacks are called once"},
    {set_in_callback, "a callback that finishes its own future again is refused"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
