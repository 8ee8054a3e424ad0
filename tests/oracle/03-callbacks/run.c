/* run_forever, stop and close: when a run ends, and what stays for the next one. */
#include "actors.h"
#include "turn.h"

static void stop_in_batch(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    then(a, stop, NULL);
    then(a, soon, actor("c"));
    then(b, soon, actor("d"));
    soon(a);
    soon(b);
    run();
    run();
}

static void stop_before_run(void)
{
    struct actor *a = actor("a");

    then(a, soon, actor("c"));
    soon(a);
    later(actor("b"), 1);
    stop(NULL);
    run();
    run();
}

static void stop_before_empty_run(void)
{
    stop(NULL);
    run();
}

static void stop_twice(void)
{
    struct actor *a = actor("a"), *b = actor("b"), *c = actor("c");

    then(a, stop, NULL);
    then(b, stop, NULL);
    soon(a);
    soon(b);
    run();
    then(c, soon, actor("d"));
    soon(c);
    run();
}

static void stop_after_run(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    then(a, stop, NULL);
    soon(a);
    run();
    stop(NULL);
    then(b, soon, actor("c"));
    soon(b);
    run();
    run();
}

static void stop_again(void)
{
    const char *names[] = {"a", "b", "c"};

    later(actor("timer"), 1);
    for (int i = 0; i < 3; i++) {
        struct actor *who = actor(names[i]);
        then(who, stop, NULL);
        soon(who);
        run();
    }
    run();
}

static void stop_in_timer(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    a->takes = 1;
    then(b, stop, NULL);
    later(a, 1);
    later(b, 1.5);
    later(actor("c"), 2);
    later(actor("d"), 3);
    run();
    run();
}

static void stop_with_threadsafe(void)
{
    struct actor *a = actor("a");

    then(a, stop, NULL);
    then(a, post, actor("c"));
    soon(a);
    soon(actor("b"));
    run();
    stop(NULL);
    run();
}

/* ---- What is refused ------------------------------------------------------------------------- */

static void try_to_run(void *which)
{
    attempt(eddy_loop_run_forever(which));
}

static void run_in_run(void)
{
    struct actor *a = actor("a");

    then(a, try_to_run, &loop);
    then(a, soon, actor("c"));
    soon(a);
    soon(actor("b"));
    run();
}

static void other_run_in_run(void)
{
    static struct eddy_loop other;
    struct actor *a = actor("a"), *never = actor("never");

    CHECK_OK(eddy_loop_open(&other, NULL));
    CHECK_OK(eddy_loop_call_soon(&other, &never->handle));
    then(a, try_to_run, &other);
    soon(a);
    soon(actor("b"));
    run();
    CHECK_OK(eddy_loop_close(&other));
}

static void ask(void *nobody)
{
    (void)nobody;
    say(eddy_loop_is_running(&loop) ? "running" : "not running");
}

static void is_running(void)
{
    struct actor *a = actor("a");

    ask(NULL);
    then(a, ask, NULL);
    then(a, stop, NULL);
    then(a, ask, NULL);
    soon(a);
    run();
    ask(NULL);
}

static void try_to_close(void *nobody)
{
    (void)nobody;
    attempt(eddy_loop_close(&loop));
}

static void close_in_run(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    then(a, try_to_close, NULL);
    then(b, soon, actor("c"));
    soon(a);
    soon(b);
    run();
}

static void close_and_call(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    soon(a);
    later(b, 0);
    try_to_close(NULL);
    try_to_close(NULL);
    soon(a);
    later(b, 1);
    post(actor("c"));
    run();
}

static const struct scenario scenarios[] = {
    {stop_in_batch, "stop lets the turn end, and what it queued stays for the next run"},
    {stop_before_run, "stop before the run makes it one turn that does not sleep"},
    {stop_before_empty_run,
     "stop before the run, and nothing to do: one turn all the same, which does not sleep"},
    {stop_twice, "stop twice in a turn ends one run, and not the next"},
    {stop_after_run, "stop after a run is stop before the next"},
    {stop_again, "a run can be stopped as often as it is begun, and a timer outlives all of them"},
    {stop_in_timer,
     "stop in a timer's callback lets the other timers that are due run, and no later one"},
    {stop_with_threadsafe, "what is posted in the turn that stops stays for the next run"},
    {run_in_run, "a run within a run is refused, and the run goes on"},
    {other_run_in_run, "a run of another loop within a run is refused"},
    {is_running, "it runs while a callback is called, and neither before nor after"},
    {close_in_run, "closing while it runs is refused, and the run goes on"},
    {close_and_call,
     "closing calls nobody, twice is harmless, and afterwards each call is refused"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
