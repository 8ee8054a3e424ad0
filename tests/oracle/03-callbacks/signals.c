/* add_signal_handler: when a signal's handler is called, among all the rest. */
#include "signals.h"

#include "actors.h"

#include <signal.h>

/* The signal comes, here and now. */
static void come(void *nobody)
{
    (void)nobody;
    raise(SIGUSR1);
}

static void come_2(void *nobody)
{
    (void)nobody;
    raise(SIGUSR2);
}

static void handle(int signo, struct actor *who)
{
    CHECK_OK(eddy_loop_add_signal_handler(&loop, signo, &who->handle));
}

static void in_the_loop(void)
{
    struct actor *a = actor("a");

    handle(SIGUSR1, actor("handler"));
    then(a, come, NULL);
    then(a, speak, actor("still a"));
    soon(a);
    soon(actor("b"));
    run();
}

static void one_turn_later(void)
{
    struct actor *a = actor("a"), *c = actor("c"), *d = actor("d");

    handle(SIGUSR1, actor("handler"));
    then(a, come, NULL);
    then(a, soon, c);
    then(c, soon, d);
    then(d, soon, actor("e"));
    soon(a);
    soon(actor("b"));
    run();
}

static void came_before_run(void)
{
    handle(SIGUSR1, actor("handler"));
    later(actor("timer"), 1);
    come(NULL);
    run();
}

static void replaced_handler(void)
{
    struct actor *a = actor("a");

    handle(SIGUSR1, actor("old"));
    handle(SIGUSR1, actor("new"));
    then(a, come, NULL);
    soon(a);
    run();
}

static void in_order_of_coming(void)
{
    bool first_is_1 = SIGUSR1 < SIGUSR2;
    struct actor *a = actor("a");

    handle(first_is_1 ? SIGUSR1 : SIGUSR2, actor("smaller"));
    handle(first_is_1 ? SIGUSR2 : SIGUSR1, actor("greater"));
    then(a, first_is_1 ? come_2 : come, NULL);
    then(a, first_is_1 ? come : come_2, NULL);
    soon(a);
    run();
}

static void twice(void)
{
    struct actor *a = actor("a");

    handle(SIGUSR1, actor("handler"));
    then(a, come, NULL);
    then(a, come, NULL);
    soon(a);
    run();
}

static void remove_handler(void *nobody)
{
    (void)nobody;
    say(eddy_loop_remove_signal_handler(&loop, SIGUSR1) ? "removed" : "nobody there");
}

static void removed_handler(void)
{
    struct actor *a = actor("a"), *b = actor("b"), *timer = actor("timer");

    handle(SIGUSR1, actor("handler"));
    handle(SIGUSR2, actor("other"));
    then(a, come, NULL);
    then(a, remove_handler, NULL);
    then(b, remove_handler, NULL);
    then(timer, come_2, NULL);
    soon(a);
    soon(b);
    later(timer, 1);
    run();
}

static const struct scenario scenarios[] = {
    {in_the_loop, "a signal's handler is called in the loop, and not in the middle of a callback"},
    {one_turn_later, "the turn that hears of a signal queues its handler for the turn after it"},
    {came_before_run, "a signal that came before the run is not lost, and goes before the timers"},
    {replaced_handler, "a handler that is added for the same signal takes the place of the first"},
    {in_order_of_coming, "two signals of two kinds, the one with the greater number first"},
    {twice, "a signal comes twice before its handler is called"},
    {removed_handler,
     "a handler is removed after its signal came: it is not called, the other signal's is"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
