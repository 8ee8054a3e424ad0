/* ends: how tasks end, what becomes of their errors, and what is left when the main one ends. */
#include "players.h"

#include "run.h"
#include "until_complete.h"

static void future_fails(void)
{
    struct eddy_future *f = future();
    struct actor *timer = actor("timer");

    begin(role("a", AWAITS(f), SAYS("never"), CLEANS_UP, SAYS("a cleans up")));
    begin(role("b", AWAITS(f), SAYS("never")));
    then(timer, fail, f);
    later(timer, 1);
    run();
}

static void tell(struct eddy_loop *that, const struct eddy_context *context)
{
    (void)that;
    (void)context;
    say("handler");
}

static void task_fails(void)
{
    struct role *b = role("b", SLEEPS(1), FAILS);

    eddy_loop_set_exception_handler(&loop, tell);
    begin(b);
    begin(role("a", AWAITS(ending(b)), SAYS("never"), CLEANS_UP, SAYS("a cleans up")));
    run();
}

static void fails_and_cancelled(void)
{
    struct eddy_future *f = future();
    struct role *a = role("a", AWAITS(f), SAYS("never"));
    struct actor *timer = actor("timer");

    begin(a);
    then(timer, fail, f);
    then(timer, cancel_future, ending(a));
    later(timer, 1);
    run();
}

/* Begins a task that nobody waits for. */
static void begin_alone(struct role *who)
{
    who->untold = true;
    eddy_loop_set_exception_handler(&loop, tell);
    begin(who);
}

static void nobody_awaits(void)
{
    begin_alone(role("a", SAYS("a runs"), FAILS));
    soon(actor("soon"));
    run();
}

static void awaited_after_failure(void)
{
    struct role *b = role("b", SAYS("b runs"), FAILS);

    begin_alone(b);
    begin(role("a", SLEEPS(1), AWAITS(ending(b)), SAYS("never")));
    run();
}

/* ---- The cleanup section --------------------------------------------------------------------- */

/* The role of one whose cleanup section takes two seconds. */
#define SLOW_TO_END(name)                                                           \
    role(name, SLEEPS(9), CLEANS_UP, SAYS(name " cleans up"), SLEEPS(1), SLEEPS(1), \
         SAYS(name " is clean"))

static void await_in_cleanup(void)
{
    struct role *a = SLOW_TO_END("a");

    begin(a);
    asked_at(a, "timer 1", 1);
    later(actor("timer 2"), 1.5);
    run();
}

static void cancel_in_cleanup(void)
{
    struct role *a = SLOW_TO_END("a");

    begin(a);
    asked_at(a, "timer 1", 1);
    asked_at(a, "timer 2", 1.5);
    run();
}

static void cancel_in_inner_cleanup(void)
{
    struct role *inner = SLOW_TO_END("inner");
    struct role *a = role("a", CALLS(inner), SLEEPS(1), SAYS("a goes on"));

    a->refuses = 1;
    begin(a);
    asked_at(a, "timer 1", 1);
    asked_at(a, "timer 2", 1.5);
    run();
}

/* ---- Who is left ----------------------------------------------------------------------------- */

/* There are at most two. */
static void look_at_all(void *nobody)
{
    struct eddy_task *first = eddy_next_task(&loop, NULL);
    struct eddy_task *second = first ? eddy_next_task(&loop, first) : NULL;

    (void)nobody;
    say("tasks: %s%s%s", name_of(first), second ? " " : "", second ? name_of(second) : "");
}

static void all_tasks(void)
{
    struct actor *looks = actor("soon"), *looks_later = actor("timer");

    begin(role("a", DOES(look_at_all, NULL)));
    begin(role("b", SLEEPS(1)));
    look_at_all(NULL);
    then(looks, look_at_all, NULL);
    then(looks_later, look_at_all, NULL);
    soon(looks);
    later(looks_later, 2);
    run();
}

static void run_for_task(void)
{
    struct actor *behind = actor("soon");
    struct role *a = role("a", SLEEPS(1), SAYS("a goes on"), DOES(soon, behind));

    then(behind, soon, actor("later"));
    begin(role("b", SLEEPS(2), SAYS("b goes on")));
    begin(a);
    CHECK_OK(eddy_loop_run_until_complete(&loop, ending(a)));
    say("complete");
    run();
}

static void main_ends(void)
{
    struct role *a = role("a", SLEEPS(1), SAYS("a goes on"));

    begin(SLOW_TO_END("b"));
    begin(a);
    CHECK_OK(eddy_loop_run_until_complete(&loop, ending(a)));
    say("shutdown");
    CHECK_OK(eddy_loop_shutdown(&loop, 10));
    say("the end");
}

static const struct scenario scenarios[] = {
    {future_fails, "the awaited future fails: so do the tasks that await it"},
    {task_fails,
     "the awaited task fails: who awaits it fails a turn later, and no handler is called"},
    {fails_and_cancelled,
     "the awaited future fails, and then the task is cancelled in the same turn"},
    {nobody_awaits, "a task fails that nobody awaits: the exception handler is called at once"},
    {awaited_after_failure, "a task fails, and somebody looks at its outcome only later"},
    {await_in_cleanup,
     "a cancelled task awaits in its cleanup section, and others have their turns"},
    {cancel_in_cleanup, "a task is cancelled again while it cleans up"},
    {cancel_in_inner_cleanup,
     "cancelled again while what it has called cleans up: it refuses once"},
    {all_tasks, "all tasks: from the creation to the end of each"},
    {run_for_task,
     "a run for a task ends a turn after it, and what others have left is done by the next run"},
    {main_ends, "the main task ends while another one lives: that is cancelled, and may clean up"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
