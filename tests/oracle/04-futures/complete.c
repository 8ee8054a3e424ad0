/* run_until_complete: when it returns, with what, and what it leaves for the next run. */
#include "promises.h"
#include "until_complete.h"

static void complete(void *whom)
{
    struct eddy_future *f = whom;
    int err = eddy_loop_run_until_complete(&loop, f);

    if (err == EDDY_ESTUCK)
        say("nothing can happen");
    else if (err == 0 || err == -ECANCELED || err == -EIO)
        say_outcome("complete: ", err, err == 0 ? f->result : NULL);
    else
        attempt(err);
}

static void behind_what_is_ready(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a");

    finish(f);
    then(a, soon, actor("c"));
    soon(a);
    soon(actor("b"));
    complete(f);
    run();
}

static void leftovers(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a"), *b = actor("b");

    then(b, soon, actor("c"));
    add(f, b);
    then(a, finish, f);
    later(a, 1);
    later(actor("d"), 2);
    complete(f);
    run();
}

static struct eddy_future *wanted;

static void add_to_wanted(void *whom)
{
    add(wanted, whom);
}

static void callbacks_behind_its_own(void)
{
    struct actor *a = actor("a"), *b = actor("b");

    wanted = future();
    add(wanted, actor("c"));
    then(a, add_to_wanted, actor("d"));
    then(b, finish, wanted);
    soon(a);
    soon(b);
    complete(wanted);
    run();
}

static void one_turn_more(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a"), *b = actor("b");

    then(a, finish, f);
    then(a, soon, b);
    then(a, set, actor("c"));
    then(b, soon, actor("d"));
    soon(a);
    complete(f);
    run();
}

static void complete_by(const char *name, void (*verb)(void *whom))
{
    struct eddy_future *f = future();
    struct actor *who = actor(name);

    then(who, verb, f);
    soon(who);
    complete(f);
}

static void its_outcome(void)
{
    complete_by("a", finish);
    complete_by("b", fail);
    complete_by("c", cancel_future);
}

static void twice(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a");

    then(a, finish, f);
    later(a, 1);
    complete(f);
    complete(f);
}

/* ---- Stopped --------------------------------------------------------------------------------- */

static void stopped(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a"), *b = actor("b");

    then(a, stop, NULL);
    soon(a);
    complete(f);
    then(b, finish, f);
    then(b, soon, actor("c"));
    soon(b);
    later(actor("d"), 1);
    run();
}

static void stopped_before(void)
{
    struct eddy_future *f = future();
    struct actor *b = actor("b");

    stop(NULL);
    soon(actor("a"));
    then(b, finish, f);
    later(b, 1);
    complete(f);
    complete(f);
}

static void stopped_before_and_done(void)
{
    struct eddy_future *f = future();

    finish(f);
    stop(NULL);
    complete(f);
    later(actor("a"), 1);
    run();
}

static void stopped_and_done(void)
{
    struct eddy_future *f = future();
    struct actor *a = actor("a"), *b = actor("b"), *c = actor("c");

    then(a, stop, NULL);
    then(b, finish, f);
    soon(a);
    soon(b);
    complete(f);
    then(c, soon, actor("d"));
    soon(c);
    run();
}

/* ---- Refused --------------------------------------------------------------------------------- */

static void inner_run(void)
{
    struct eddy_future *f = future(), *g = future();
    struct actor *a = actor("a"), *b = actor("b");

    then(a, complete, g);
    then(b, finish, f);
    soon(a);
    soon(b);
    complete(f);
}

static void other_loops_future(void)
{
    static struct eddy_loop other;
    static struct eddy_future f;

    CHECK_OK(eddy_loop_open(&other, NULL));
    eddy_future_init(&f, &other);
    complete(&f);
    CHECK_OK(eddy_loop_close(&other));
    soon(actor("a"));
    run();
}

static void nobody_can_finish(void)
{
    struct eddy_future *f = future();

    add(f, actor("never"));
    later(actor("a"), 1);
    complete(f);
    say("the end");
}

static void closed(void)
{
    struct eddy_future *f = future(), *g = future();

    finish(f);
    CHECK_OK(eddy_loop_close(&loop));
    add(f, actor("a"));
    complete(g);
}

static const struct scenario scenarios[] = {
    {behind_what_is_ready,
     "a future that is done: what is in line is called first, then the run ends"},
    {leftovers, "what is queued in the last turn, and the timers, are left for the next run"},
    {callbacks_behind_its_own,
     "callbacks that are added during the run are called, too, before it returns"},
    {one_turn_more,
     "the run ends a turn after the future is done: what is queued for that turn is called"},
    {its_outcome, "the run's outcome is the future's: a result, an error, or cancelled"},
    {twice, "a future can be run for again: it is done, and the run is one turn"},
    {stopped,
     "stop ends the run before the future is done: an error, and later it is done unnoticed"},
    {stopped_before, "stop before the run: one turn, and if the future is not done then, an error"},
    {stopped_before_and_done,
     "stop before the run for a done future: its result, and the next run is not stopped"},
    {stopped_and_done,
     "the loop is stopped in the turn in which the future is done, and is run again"},
    {inner_run, "a run for a future within a run is refused, and the outer run goes on"},
    {other_loops_future, "a future of another loop is refused"},
    {nobody_can_finish, "nobody is left who could finish the future"},
    {closed, "after closing, a run for a future is refused, and a callback for a done one"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
