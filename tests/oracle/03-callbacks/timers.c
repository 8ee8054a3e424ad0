/* call_later and call_at: who is due first, and who before whom in a turn. */
#include "actors.h"

#include <math.h>

static void deadline_order(void)
{
    later(actor("3"), 3);
    later(actor("1"), 1);
    later(actor("4"), 4);
    later(actor("1.5"), 1.5);
    later(actor("9"), 9);
    later(actor("2.5"), 2.5);
    later(actor("6"), 6);
    run();
}

static void equal_deadlines(void)
{
    const char *names[] = {"a", "b", "c", "d", "e"};

    for (int i = 0; i < 5; i++)
        at(actor(names[i]), 1001);
    run();
}

static void two_equal_deadlines(void)
{
    struct actor *a = actor("a");

    then(a, soon, actor("c"));
    at(a, 1001);
    later(actor("b"), 1);
    run();
}

static void later_and_at(void)
{
    struct actor *b = actor("b"), *c = actor("c");

    c->delay = 0.5;
    then(b, set, c);
    later(actor("a"), 2);
    at(b, 1001);
    run();
}

static void zero_behind_soon(void)
{
    later(actor("a"), 0);
    soon(actor("b"));
    soon(actor("c"));
    run();
}

static void zero_in_callback(void)
{
    struct actor *a = actor("a");

    then(a, set, actor("c"));
    then(a, soon, actor("d"));
    soon(a);
    soon(actor("b"));
    run();
}

static void again(void *whom)
{
    struct actor *who = whom;

    if (who->left-- > 0)
        set(who);
}

static void zero_again(void)
{
    struct actor *a = actor("a");

    a->left = 2;
    then(a, again, a);
    then(a, soon, actor("b"));
    later(a, 0);
    run();
}

static void the_past(void)
{
    later(actor("now"), 0);
    later(actor("a second ago"), -1);
    at(actor("ten seconds ago"), 990);
    later(actor("long ago"), -1e6);
    run();
}

static void the_past_in_callback(void)
{
    struct actor *a = actor("a"), *c = actor("c");

    c->delay = -5;
    then(a, set, c);
    later(a, 1);
    later(actor("b"), 1);
    run();
}

static void ready_before_due(void)
{
    struct actor *a = actor("a");

    a->takes = 1;
    then(a, soon, actor("c"));
    later(a, 1);
    later(actor("b"), 2);
    run();
}

static void slow_callback(void)
{
    struct actor *slow = actor("slow");

    slow->takes = 3;
    later(actor("c"), 2.5);
    later(actor("a"), 1);
    later(actor("b"), 2);
    later(actor("e"), 4);
    soon(slow);
    soon(actor("d"));
    run();
}

static void slow_then_later(void)
{
    struct actor *slow = actor("slow"), *b = actor("b");

    slow->takes = 3;
    b->delay = 1;
    then(slow, set, b);
    soon(slow);
    later(actor("a"), 3.5);
    run();
}

static struct eddy_timer ticker;

static void tick(struct eddy_handle *handle)
{
    static double when = 1001;

    (void)handle;
    say("tick at %g", eddy_loop_time(&loop));
    scripted_advance(0.25);
    if (when < 1003)
        CHECK_OK(eddy_loop_call_at(&loop, &ticker, ++when));
}

static void periodic(void)
{
    eddy_timer_init(&ticker, tick);
    CHECK_OK(eddy_loop_call_at(&loop, &ticker, 1001));
    run();
}

/* ---- Cancelling ------------------------------------------------------------------------------ */

static void cancel_first(void)
{
    struct actor *a = actor("a");

    later(a, 1);
    later(actor("b"), 2);
    cancel(a);
    run();
}

static void cancel_middle(void)
{
    struct actor *b = actor("b");

    later(actor("a"), 1);
    later(b, 2);
    later(actor("c"), 3);
    cancel(b);
    run();
}

static void cancel_all_timers(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    then(b, cancel, a);
    then(b, cancel, a);
    later(a, 1);
    soon(b);
    run();
}

static void cancel_due_by_ready(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    then(a, cancel, b);
    soon(a);
    later(b, 0);
    later(actor("c"), 0);
    run();
}

static void cancel_due_by_timer(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    then(a, cancel, b);
    at(a, 1001);
    at(b, 1001);
    at(actor("c"), 1002);
    run();
}

static void cancel_itself(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    then(a, cancel, a);
    then(b, cancel, a);
    later(a, 1);
    later(b, 2);
    run();
}

static void cancel_and_set_anew(void)
{
    struct actor *a = actor("a");

    later(a, 1);
    later(actor("b"), 2);
    cancel(a);
    later(a, 3);
    run();
}

/* ---- Delays that are none -------------------------------------------------------------------- */

static void not_a_number(void)
{
    later(actor("b"), (double)NAN);
    later(actor("c"), 1);
    soon(actor("a"));
    run();
}

static void infinite(void)
{
    struct actor *never = actor("a"), *b = actor("b");

    then(b, cancel, never);
    later(never, (double)INFINITY);
    later(b, 1);
    run();
}

static void two_days(void)
{
    later(actor("a"), 2 * 24 * 3600);
    run();
}

static const struct scenario scenarios[] = {
    {deadline_order,
     "timers are called in the order of their deadlines, in whichever they were set"},
    {equal_deadlines, "timers for the same time"},
    {two_equal_deadlines,
     "two timers for the same time are called in one turn, in the order of setting"},
    {later_and_at, "call_later counts from now, call_at from where the clock began"},
    {zero_behind_soon,
     "a timer without a delay is called in the next turn, behind all that is in line"},
    {zero_in_callback,
     "a callback sets a timer without a delay: the next turn, behind what is in line"},
    {zero_again, "a timer that sets itself anew without a delay takes turns with the others"},
    {the_past, "negative delays and times that have passed are due at once, in the order of time"},
    {the_past_in_callback,
     "a callback sets a timer for the past: it is called in the next turn, not in this one"},
    {ready_before_due, "what is in line is called before a timer that is due in the same turn"},
    {slow_callback,
     "timers that became due while a callback was slow are called in one turn, in order"},
    {slow_then_later,
     "a delay counts from the call of call_later, not from the beginning of the turn"},
    {periodic, "a timer that sets itself one second after its own deadline does not drift"},
    {cancel_first, "when the first timer is cancelled, the loop sleeps until the second"},
    {cancel_middle, "a cancelled timer between two others wakes nobody"},
    {cancel_all_timers, "when the only timer is cancelled, there is nothing to wait for"},
    {cancel_due_by_ready, "a callback cancels a timer that is due, and in line behind it"},
    {cancel_due_by_timer, "a timer cancels another one that is due in the same turn"},
    {cancel_itself, "a timer that cancels itself while it is called changes nothing"},
    {cancel_and_set_anew, "a timer that is cancelled and set anew is called once, at the new time"},
    {not_a_number, "a delay that is not a number"},
    {infinite, "a delay without an end"},
    {two_days, "a timer in two days"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
