/* order: when tasks have their turns. */
#include "players.h"

static void first_steps(void)
{
    soon(actor("soon 1"));
    begin(role("a", SAYS("a runs")));
    soon(actor("soon 2"));
    begin(role("b", SAYS("b runs")));
    soon(actor("soon 3"));
    say("begun");
    run();
}

static void begun_by_task(void)
{
    struct role *c = role("c", SAYS("c runs"));

    begin(role("a", SAYS("a runs"), DOES(soon, actor("soon 1")), DOES(begin, c),
               DOES(soon, actor("soon 2")), SAYS("a goes on")));
    begin(role("b", SAYS("b runs")));
    run();
}

static void two_take_turns(void)
{
    begin(role("a", SAYS("a 1"), SLEEPS(0), SAYS("a 2"), SLEEPS(0), SAYS("a 3")));
    begin(role("b", SAYS("b 1"), SLEEPS(0), SAYS("b 2"), SLEEPS(0), SAYS("b 3")));
    run();
}

static void three_take_turns(void)
{
    begin(role("a", SAYS("a 1"), SLEEPS(0), SAYS("a 2"), SLEEPS(0), SAYS("a 3")));
    begin(role("b", SAYS("b 1"), SLEEPS(0), SAYS("b 2")));
    begin(role("c", SAYS("c 1"), SLEEPS(0), SAYS("c 2"), SLEEPS(0), SAYS("c 3")));
    run();
}

static void sleep_zero_and_soon(void)
{
    struct actor *first = actor("soon 1"), *b = actor("b");

    then(first, soon, actor("soon 3"));
    then(b, soon, actor("soon 2"));
    begin(role("a", DOES(soon, first), SLEEPS(0), SAYS("a goes on")));
    soon(b);
    run();
}

static void sleep_zero_and_timer(void)
{
    begin(role("a", DOES(set, actor("timer")), SLEEPS(0), SAYS("a goes on")));
    run();
}

static void done_future(void)
{
    struct eddy_future *f = future();

    finish(f);
    begin(role("a", SAYS("a runs"), AWAITS(f), SAYS("a goes on")));
    soon(actor("soon"));
    run();
}

static void done_task(void)
{
    struct role *b = role("b", SAYS("b runs"));

    begin(b);
    begin(role("a", SLEEPS(1), DOES(soon, actor("soon")), AWAITS(ending(b)), SAYS("a goes on")));
    run();
}

static void task_ends_later(void)
{
    struct role *b =
        role("b", SAYS("b runs"), SLEEPS(1), SAYS("b goes on"), DOES(soon, actor("soon")));

    begin(b);
    begin(role("a", SAYS("a runs"), AWAITS(ending(b)), SAYS("a goes on")));
    run();
}

/* An actor who waits for a future, from when another one is called. */
struct waiting {
    struct eddy_future *what;
    struct actor *who;
};

static void add_now(void *whom)
{
    struct waiting *waiting = whom;

    add(waiting->what, waiting->who);
}

static void two_await_one(void)
{
    struct eddy_future *f = future();
    struct waiting callback = {f, actor("callback")};
    struct actor *between = actor("soon"), *timer = actor("timer");

    begin(role("b", AWAITS(f), SAYS("b goes on")));
    then(between, add_now, &callback);
    soon(between);
    begin(role("a", AWAITS(f), SAYS("a goes on")));
    then(timer, finish, f);
    later(timer, 1);
    run();
}

static void callbacks_and_awaiter(void)
{
    struct role *b = role("b", SLEEPS(1), SAYS("b goes on"));
    struct waiting callback = {ending(b), actor("callback")};
    struct actor *last = actor("soon");

    begin(b);
    begin(role("a", AWAITS(ending(b)), SAYS("a goes on")));
    then(last, add_now, &callback);
    soon(last);
    run();
}

static void set_by_timer(void)
{
    struct eddy_future *f = future();
    struct actor *first = actor("timer 1"), *second = actor("timer 2");

    begin(role("a", AWAITS(f), SAYS("a goes on")));
    then(first, finish, f);
    then(second, soon, actor("soon"));
    at(first, 1001);
    at(second, 1001);
    run();
}

static void set_by_task(void)
{
    struct eddy_future *f = future();

    begin(role("a", AWAITS(f), SAYS("a goes on")));
    begin(role("b", DOES(soon, actor("soon 1")), DOES(finish, f), DOES(soon, actor("soon 2")),
               SAYS("b goes on"), SLEEPS(0), SAYS("b again")));
    run();
}

static void equal_deadlines(void)
{
    begin(role("a", SLEEPS(1), SAYS("a goes on")));
    begin(role("b", SLEEPS(1), SAYS("b goes on")));
    run();
}

static void deadlines(void)
{
    begin(role("a", SLEEPS(3), SAYS("a goes on")));
    begin(role("b", SLEEPS(1), SAYS("b goes on")));
    begin(role("c", SLEEPS(2), SAYS("c goes on")));
    run();
}

/* ---- Coroutines that call others ------------------------------------------------------------- */

static void call(void)
{
    struct role *inner = role("inner", SAYS("inner runs"));

    begin(role("a", SAYS("a runs"), DOES(soon, actor("soon")), CALLS(inner), SAYS("a goes on")));
    run();
}

static void sleep_in_call(void)
{
    struct role *inner = role("inner", SLEEPS(1), SAYS("inner goes on"), DOES(soon, actor("soon")));

    begin(role("a", CALLS(inner), SAYS("a goes on"), SLEEPS(0), SAYS("a again")));
    run();
}

static void error_in_call(void)
{
    struct role *inner = role("inner", SLEEPS(1), FAILS, CLEANS_UP, SAYS("inner cleans up"));

    begin(role("a", CALLS(inner), SAYS("never"), CLEANS_UP, SAYS("a cleans up")));
    run();
}

static void look_at_current(void *nobody)
{
    (void)nobody;
    say("now: %s", name_of(eddy_current_task()));
}

static void current_task(void)
{
    struct role *inner =
        role("inner", DOES(look_at_current, NULL), SLEEPS(0), DOES(look_at_current, NULL));
    struct actor *looks = actor("soon");

    begin(role("a", DOES(look_at_current, NULL), CALLS(inner), DOES(look_at_current, NULL)));
    begin(role("b", DOES(look_at_current, NULL)));
    then(looks, look_at_current, NULL);
    soon(looks);
    run();
}

static const struct scenario scenarios[] = {
    {first_steps,
     "first steps come in the next turn, in the order of creation, in one line with call_soon"},
    {begun_by_task,
     "a task that begins another one goes on; the other's first step is behind what is in line"},
    {two_take_turns, "two tasks that sleep 0 take turns"},
    {three_take_turns,
     "three tasks that sleep 0 take turns, and the first to end leaves the others their order"},
    {sleep_zero_and_soon,
     "a sleep of 0 ends behind what was queued before it, and before what is queued after it"},
    {sleep_zero_and_timer, "a sleep of 0 ends before a timer that is due in the same turn"},
    {done_future, "to await a done future takes no turn"},
    {done_task, "to await a task that has ended takes no turn"},
    {task_ends_later, "who awaits a task goes on in the turn behind its end"},
    {two_await_one,
     "two tasks and a callback wait for one future: they come in the order of waiting"},
    {callbacks_and_awaiter,
     "a task's callbacks and who awaits it: in the order in which they came"},
    {set_by_timer,
     "a timer finishes a future: another timer that is due comes before who awaits it"},
    {set_by_task,
     "a task finishes a future and goes on; who awaits it has its turn behind what is in line"},
    {equal_deadlines,
     "two tasks sleep to the same moment: they go on in the order of their sleeps"},
    {deadlines, "three tasks sleep: they go on when their time has come"},
    {call, "to call a coroutine takes no turn, neither its first step nor its return"},
    {sleep_in_call,
     "a called coroutine sleeps: its caller goes on in the turn in which it returns"},
    {error_in_call,
     "a called coroutine fails: both cleanups run, the inner one's first, and the task fails"},
    {current_task, "the current task is the one whose step runs, and none in a callback"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
