/* call_soon: the line, its order, and who is taken out of it. */
#include "actors.h"

static void fifo(void)
{
    soon(actor("a"));
    soon(actor("b"));
    soon(actor("c"));
    run();
}

static void soon_in_soon(void)
{
    struct actor *a = actor("a");

    then(a, soon, actor("c"));
    soon(a);
    soon(actor("b"));
    run();
}

static void again(void *whom)
{
    struct actor *who = whom;

    if (who->left-- > 0)
        soon(who);
}

static void chain(void)
{
    struct actor *each[] = {actor("a"), actor("b"), actor("c")};
    const int times[] = {3, 1, 2};

    for (int i = 0; i < 3; i++) {
        each[i]->left = times[i];
        then(each[i], again, each[i]);
        soon(each[i]);
    }
    run();
}

static void cancel_later_one(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    then(a, cancel, b);
    soon(a);
    soon(b);
    soon(actor("c"));
    run();
}

static void cancel_earlier_one(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    then(b, cancel, a);
    soon(a);
    soon(b);
    soon(actor("c"));
    run();
}

static void cancel_self(void)
{
    struct actor *a = actor("a");

    then(a, cancel, a);
    then(a, soon, actor("c"));
    soon(a);
    soon(actor("b"));
    run();
}

static void cancel_twice(void)
{
    struct actor *b = actor("b");

    soon(actor("a"));
    soon(b);
    soon(actor("c"));
    cancel(b);
    cancel(b);
    run();
}

static void cancel_the_only_one(void)
{
    struct actor *a = actor("a");

    soon(a);
    later(actor("b"), 1);
    cancel(a);
    run();
}

static void cancel_in_next_turn(void)
{
    struct actor *a = actor("a"), *b = actor("b"), *d = actor("d");

    then(a, soon, d);
    then(b, cancel, d);
    then(b, soon, actor("e"));
    soon(a);
    soon(b);
    soon(actor("c"));
    run();
}

static void threadsafe_before_timer(void)
{
    later(actor("timer"), 0);
    post(actor("a"));
    post(actor("b"));
    post(actor("c"));
    run();
}

static void threadsafe_behind(void)
{
    struct actor *a = actor("a");

    then(a, soon, actor("c"));
    then(a, post, actor("d"));
    then(a, post, actor("e"));
    soon(a);
    soon(actor("b"));
    run();
}

static void threadsafe_before(void)
{
    post(actor("b"));
    soon(actor("a"));
    run();
}

static const struct scenario scenarios[] = {
    {fifo, "callbacks are called in the order in which they were queued"},
    {soon_in_soon, "what a callback queues is called in the next turn, and not in this one"},
    {chain, "callbacks that queue themselves again and again take turns"},
    {cancel_later_one, "a callback cancels one that stands behind it in the same turn"},
    {cancel_earlier_one, "a callback cancels one that was called already, which changes nothing"},
    {cancel_self, "a callback cancels itself, which changes nothing"},
    {cancel_twice, "cancelling a second time changes nothing"},
    {cancel_the_only_one, "the only callback in line is cancelled, and a timer is set"},
    {cancel_in_next_turn, "a callback cancels what an earlier one has queued for the next turn"},
    {threadsafe_before_timer,
     "threadsafe calls are called in their order, and before a timer that is due"},
    {threadsafe_behind, "a threadsafe call after a call_soon is called after it"},
    {threadsafe_before, "a threadsafe call before a call_soon"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
