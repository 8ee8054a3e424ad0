/* cancel: where a request to cancel lands, who hears of it, and who ends when. */
#include "players.h"

static void before_first_step(void)
{
    struct role *a = SLEEPER("a", 9);

    begin(a);
    soon(actor("soon"));
    cancel_future(ending(a));
    run();
}

static void while_sleeping(void)
{
    struct role *a = SLEEPER("a", 9);

    begin(a);
    asked_at(a, "timer", 1);
    run();
}

static void asked_twice(void)
{
    struct role *a = SLEEPER("a", 9);

    begin(a);
    asked_at(a, "timer 1", 1);
    asked_at(a, "timer 2", 1);
    run();
}

static void done(void)
{
    struct role *a = SLEEPER("a", 1);

    begin(a);
    asked_at(a, "timer", 2);
    run();
}

static void after_result(void)
{
    struct eddy_future *f = future();
    struct role *a = role("a", AWAITS(f), SAYS("a goes on"), SLEEPS(9), SAYS("never"), CLEANS_UP,
                          SAYS("a cleans up"));
    struct actor *timer = actor("timer");

    begin(a);
    then(timer, finish, f);
    then(timer, cancel_future, ending(a));
    later(timer, 1);
    run();
}

static void look_whether_done(void *whom)
{
    say(eddy_future_done(whom) ? "done" : "not done");
}

static void before_result(void)
{
    struct eddy_future *f = future();
    struct role *a = role("a", AWAITS(f), SAYS("never"), CLEANS_UP, SAYS("a cleans up"));
    struct actor *second = actor("timer 2");

    begin(a);
    asked_at(a, "timer 1", 1);
    then(second, look_whether_done, f);
    later(second, 1);
    run();
}

static void in_line(void)
{
    struct role *a = role("a", SLEEPS(0), SAYS("a goes on"), SLEEPS(9), SAYS("never"), CLEANS_UP,
                          SAYS("a cleans up"));
    struct actor *asking = actor("soon");

    begin(a);
    then(asking, try_cancel, ending(a));
    soon(asking);
    run();
}

static void cancel_current(void *nobody)
{
    (void)nobody;
    eddy_task_cancel(eddy_current_task());
}

static void itself_and_await(void)
{
    begin(role("a", DOES(cancel_current, NULL), SAYS("a goes on"), SLEEPS(9), SAYS("never"),
               CLEANS_UP, SAYS("a cleans up")));
    soon(actor("soon"));
    run();
}

static void itself_and_return(void)
{
    begin(role("a", DOES(cancel_current, NULL), SAYS("a returns")));
    run();
}

static void itself_and_done_future(void)
{
    struct eddy_future *f = future();

    finish(f);
    begin(role("a", DOES(cancel_current, NULL), AWAITS(f), SAYS("a goes on"), SLEEPS(9),
               SAYS("never")));
    run();
}

static void while_starting(void)
{
    begin(role("a", STARTS(cancel_current, future()), SAYS("never")));
    soon(actor("soon"));
    run();
}

/* ---- Refusing -------------------------------------------------------------------------------- */

static void refused(void)
{
    struct role *a = role("a", SLEEPS(9), SLEEPS(1), SAYS("a goes on"));

    a->refuses = 1;
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

static void refused_once(void)
{
    struct role *a = role("a", SLEEPS(9), SLEEPS(9), SAYS("never"));

    a->refuses = 1;
    begin(a);
    asked_at(a, "timer 1", 1);
    asked_at(a, "timer 2", 2);
    run();
}

static void awaited_refuses(void)
{
    struct role *b = role("b", SLEEPS(9), SLEEPS(1), SAYS("b goes on"));
    struct role *a = role("a", AWAITS(ending(b)), SAYS("a goes on"));

    b->refuses = 1;
    begin(b);
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

/* ---- Tasks that await tasks ------------------------------------------------------------------ */

/* The role of one who awaits another task. */
#define AWAITER(name, whom) \
    role(name, AWAITS(ending(whom)), SAYS(name " goes on"), CLEANS_UP, SAYS(name " cleans up"))

static void awaiting_task(void)
{
    struct role *b = SLEEPER("b", 9), *a = AWAITER("a", b);

    begin(b);
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

static void chain(void)
{
    struct role *c = SLEEPER("c", 9), *b = AWAITER("b", c), *a = AWAITER("a", b);

    begin(c);
    begin(b);
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

static void awaited_task(void)
{
    struct role *b = SLEEPER("b", 9);

    begin(b);
    begin(AWAITER("a", b));
    asked_at(b, "timer", 1);
    run();
}

static void two_awaiters(void)
{
    struct role *c = SLEEPER("c", 9), *a = AWAITER("a", c);

    begin(c);
    begin(a);
    begin(AWAITER("b", c));
    asked_at(a, "timer", 1);
    run();
}

static void awaited_has_not_begun(void)
{
    struct role *b = role("b", SAYS("never"));
    struct role *a =
        role("a", DOES(begin, b), AWAITS(ending(b)), SAYS("never"), CLEANS_UP, SAYS("a cleans up"));
    struct actor *asking = actor("soon");

    b->untold = true;
    begin(a);
    then(asking, try_cancel, ending(a));
    soon(asking);
    run();
}

static void result_for_chain(void)
{
    struct eddy_future *f = future();
    struct role *b = role("b", AWAITS(f), SAYS("b goes on"));
    struct role *a = role("a", AWAITS(ending(b)), SAYS("a goes on"), SLEEPS(9), SAYS("never"),
                          CLEANS_UP, SAYS("a cleans up"));
    struct actor *timer = actor("timer");

    begin(b);
    begin(a);
    then(timer, finish, f);
    then(timer, cancel_future, ending(a));
    later(timer, 1);
    run();
}

/* Of the role that `whom` points at by then. */
static void cancel_role(void *whom)
{
    struct role **who = whom;

    eddy_task_cancel(&(*who)->task);
}

static void by_the_awaited(void)
{
    struct role *a, *b = role("b", SLEEPS(1), DOES(cancel_role, &a), SAYS("b goes on"), SLEEPS(1),
                              SAYS("never"), CLEANS_UP, SAYS("b cleans up"));

    begin(b);
    a = AWAITER("a", b);
    begin(a);
    run();
}

static void future_cancelled(void)
{
    struct eddy_future *f = future();
    struct actor *timer = actor("timer");

    begin(role("a", AWAITS(f), SAYS("never"), CLEANS_UP, SAYS("a cleans up")));
    then(timer, cancel_future, f);
    later(timer, 1);
    run();
}

static void in_call(void)
{
    struct role *inner = SLEEPER("inner", 9);
    struct role *a = role("a", CALLS(inner), SAYS("never"), CLEANS_UP, SAYS("a cleans up"));

    begin(a);
    asked_at(a, "timer", 1);
    run();
}

static const struct scenario scenarios[] = {
    {before_first_step, "cancelled before its first step"},
    {while_sleeping, "cancelled while it sleeps: a turn later it ends, and the timer is gone"},
    {asked_twice, "asked twice in one turn: cancelled once"},
    {done, "a cancel after the end changes nothing"},
    {after_result, "a future is done, and then its awaiter is cancelled in the same turn"},
    {before_result, "a task is cancelled, and then the result comes in the same turn: too late"},
    {in_line, "cancelled while it is in line behind a sleep of 0"},
    {itself_and_await, "it cancels itself: its next await says so"},
    {itself_and_return, "it cancels itself, and returns without another await"},
    {itself_and_done_future, "it cancels itself, and awaits what is done already"},
    {while_starting, "it is cancelled by the very call that starts what it awaits"},
    {refused,
     "a task refuses and goes on: the request is spent, and it ends as if there had been none"},
    {refused_once, "a task refuses once, and is asked again"},
    {awaited_refuses,
     "the awaited task refuses: who awaits it is not cancelled, and goes on when it has ended"},
    {awaiting_task, "who awaits a task is cancelled: the awaited one ends first, and then it"},
    {chain, "the first of a chain of three is cancelled: they end from the last to the first"},
    {awaited_task, "the awaited task is cancelled: who awaits it comes back cancelled, too"},
    {two_awaiters, "one of two who await a task is cancelled: all three end"},
    {awaited_has_not_begun,
     "who awaits a task is cancelled before that one's first step: it never runs"},
    {result_for_chain,
     "a future is done, and in the same turn who awaits its awaiter is cancelled"},
    {by_the_awaited, "a task cancels the one that awaits it: that comes back to itself"},
    {future_cancelled, "the awaited future is cancelled, and nobody has cancelled the task"},
    {in_call, "cancelled in a called coroutine: both cleanups run, the inner one's first"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
