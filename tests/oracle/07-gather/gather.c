/* gather: when it ends, with what, and what becomes of the others. */
#include "crowd.h"

#include "gather.h"

static struct eddy_gather all;

/* ---- Verbs: they start what is awaited, which is a gather's future ---------------------------- */

static void gather_each(void *future)
{
    begin_crowd();
    eddy_gather(container_of(future, struct eddy_gather, future), &loop, each, crowd_size);
}

static void settle_each(void *future)
{
    begin_crowd();
    eddy_gather_settled(container_of(future, struct eddy_gather, future), &loop, each, crowd_size);
}

/* ---- Roles ------------------------------------------------------------------------------------ */

/* Of one who awaits what `verb` starts. */
#define AWAITS_ALL(name, verb) \
    role(name, STARTS(verb, &all.future), SAYS(name " goes on"), CLEANS_UP, SAYS(name " cleans up"))

/* The same, and says what came of each. */
#define TELLS_ALL(name, verb) \
    role(name, STARTS(verb, &all.future), DOES(say_each, NULL), CLEANS_UP, SAYS(name " cleans up"))

static void all_well(void)
{
    in_crowd(SLEEPER("b", 3));
    in_crowd(SLEEPER("c", 1));
    in_crowd(SLEEPER("d", 2));
    begin(AWAITS_ALL("a", gather_each));
    run();
}

static void results(void)
{
    promise(3);
    begin(TELLS_ALL("a", gather_each));
    finishes(3, 0);
    finishes(1, 1);
    finishes(2, 2);
    run();
}

static void one_fails(void)
{
    in_crowd(FAILER("b", 1));
    in_crowd(SLEEPER("c", 3));
    begin(AWAITS_ALL("a", gather_each));
    run();
}

static void both_fail(void)
{
    struct actor *timer = actor("timer");

    promise(2);
    begin(TELLS_ALL("a", gather_each));
    then(timer, fail_with_eperm, &promised[1]);
    then(timer, fail, &promised[0]);
    later(timer, 1);
    run();
}

static void settled(void)
{
    struct actor *first = actor("fails"), *second = actor("is cancelled");

    promise(3);
    begin(TELLS_ALL("a", settle_each));
    then(first, fail, &promised[0]);
    later(first, 1);
    then(second, cancel_future, &promised[1]);
    later(second, 2);
    finishes(3, 2);
    run();
}

static void settled_task_fails(void)
{
    in_crowd(FAILER("b", 1));
    in_crowd(SLEEPER("c", 3));
    begin(AWAITS_ALL("a", settle_each));
    run();
}

static void child_cancelled(void)
{
    struct role *b = SLEEPER("b", 9);

    in_crowd(b);
    in_crowd(SLEEPER("c", 3));
    begin(AWAITS_ALL("a", gather_each));
    asked_at(b, "timer", 1);
    run();
}

/* ---- Cancelling ------------------------------------------------------------------------------- */

static void a_is_cancelled(struct role *a)
{
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

static void cancelled(void)
{
    in_crowd(SLEEPER("b", 9));
    in_crowd(SLEEPER("c", 9));
    a_is_cancelled(AWAITS_ALL("a", gather_each));
}

static void cancelled_and_refused(void)
{
    in_crowd(REFUSER("b", 9));
    in_crowd(SLEEPER("c", 9));
    a_is_cancelled(AWAITS_ALL("a", gather_each));
}

static void cancelled_and_all_refuse(void)
{
    in_crowd(REFUSER("b", 9));
    a_is_cancelled(AWAITS_ALL("a", gather_each));
}

/* In its cleanup section, as what the body raises in a "finally" takes the place of the cancel. */
static void fail_while_cleaning_up(void *nobody)
{
    (void)nobody;
    eddy_current_task()->inner->place.outcome = -EIO;
}

static void cancelled_and_one_fails(void)
{
    in_crowd(
        role("b", SLEEPS(9), CLEANS_UP, SAYS("b cleans up"), DOES(fail_while_cleaning_up, NULL)));
    in_crowd(SLEEPER("c", 9));
    a_is_cancelled(AWAITS_ALL("a", gather_each));
}

static void settled_and_cancelled(void)
{
    in_crowd(SLEEPER("b", 9));
    in_crowd(SLEEPER("c", 9));
    a_is_cancelled(AWAITS_ALL("a", settle_each));
}

static void cancelled_after_results(void)
{
    struct role *a = role("a", STARTS(gather_each, &all.future), DOES(say_each, NULL), SLEEPS(9),
                          SAYS("never"), CLEANS_UP, SAYS("a cleans up"));
    struct actor *timer = actor("timer");

    promise(1);
    begin(a);
    then(timer, finish_with_name, &promised[0]);
    then(timer, cancel_future, ending(a));
    later(timer, 1);
    run();
}

static void failed_and_cancelled(void)
{
    struct role *a = TELLS_ALL("a", gather_each);
    struct actor *timer = actor("timer"), *g = actor("g");

    promise(2);
    begin(a);
    then(timer, fail, &promised[0]);
    then(timer, cancel_future, ending(a));
    later(timer, 1);
    then(g, outcome, &promised[1]);
    later(g, 2);
    run();
}

/* ---- Done before, none, twice ----------------------------------------------------------------- */

static void done_before(void)
{
    promise(2);
    begin(TELLS_ALL("a", gather_each));
    finish_with_name(&promised[0]);
    finish_with_name(&promised[1]);
    soon(actor("soon"));
    run();
}

static void one_done_before(void)
{
    promise(2);
    begin(TELLS_ALL("a", gather_each));
    finish_with_name(&promised[0]);
    finishes(1, 1);
    run();
}

static void failed_before(void)
{
    struct actor *g = actor("g");

    promise(2);
    begin(TELLS_ALL("a", gather_each));
    fail(&promised[0]);
    then(g, outcome, &promised[1]);
    later(g, 1);
    run();
}

static void none(void)
{
    begin(AWAITS_ALL("a", gather_each));
    soon(actor("soon"));
    run();
}

static void twice(void)
{
    promise(1);
    crowd_size = 2;
    each[1].future = &promised[0];
    begin(role("a", STARTS(gather_each, &all.future), DOES(say_each, NULL)));
    finishes(1, 0);
    run();
}

/* ---- Nested ----------------------------------------------------------------------------------- */

static struct eddy_gather inner;
static struct eddy_awaited outer_each[2];

/* The crowd's last is a child of the outer one; the others are the inner one's. */
static void gather_gather(void *future)
{
    begin_crowd();
    outer_each[0].future = eddy_gather(&inner, &loop, each, crowd_size - 1);
    outer_each[1].future = each[crowd_size - 1].future;
    eddy_gather(container_of(future, struct eddy_gather, future), &loop, outer_each, 2);
}

static void nested(void)
{
    in_crowd(SLEEPER("b", 2));
    in_crowd(SLEEPER("c", 1));
    in_crowd(SLEEPER("d", 3));
    begin(AWAITS_ALL("a", gather_gather));
    run();
}

static void nested_cancelled(void)
{
    in_crowd(SLEEPER("b", 9));
    in_crowd(SLEEPER("c", 9));
    in_crowd(SLEEPER("d", 9));
    a_is_cancelled(AWAITS_ALL("a", gather_gather));
}

static struct role *gatherer;

static void gather_gatherer(void *future)
{
    begin(gatherer);
    outer_each[0].future = ending(gatherer);
    eddy_gather(container_of(future, struct eddy_gather, future), &loop, outer_each, 1);
}

static void nested_tasks_cancelled(void)
{
    in_crowd(SLEEPER("c", 9));
    in_crowd(SLEEPER("d", 9));
    gatherer = AWAITS_ALL("b", gather_each);
    a_is_cancelled(role("a", STARTS(gather_gatherer, &inner.future), SAYS("a goes on"), CLEANS_UP,
                        SAYS("a cleans up")));
}

static const struct scenario scenarios[] = {
    {all_well, "gather of three that end in turn: it ends after the last"},
    {results, "gather of three that are done in another order: the results stand in their places"},
    {one_fails, "gather of two, and one fails"},
    {both_fail, "gather of two that fail in the same turn: the first error in time, not in place"},
    {settled, "gather that collects: an error, a cancelled one and a result are its results"},
    {settled_task_fails, "gather that collects: one fails, and the other runs to its end"},
    {child_cancelled, "gather of two, and one is cancelled by somebody else"},
    {cancelled, "who gathers two is cancelled: both end, and then it"},
    {cancelled_and_refused,
     "who gathers two is cancelled, and one refuses: it ends when that has ended"},
    {cancelled_and_all_refuse, "who gathers one is cancelled, and that one refuses and ends well"},
    {cancelled_and_one_fails, "who gathers two is cancelled, and one fails while it cleans up"},
    {settled_and_cancelled,
     "who gathers two and collects is cancelled: it is cancelled, and no list is told"},
    {cancelled_after_results,
     "the last future is done, and in the same turn who gathers is cancelled"},
    {failed_and_cancelled, "a future has failed, and in the same turn who gathers is cancelled"},
    {done_before, "gather of futures that are done: it takes a turn all the same"},
    {one_done_before, "gather of two, and one is done before"},
    {failed_before, "gather of a future that has failed before, and one that is pending"},
    {none, "gather of nothing: it goes on at once"},
    {twice, "gather of a future that stands there twice: two results"},
    {nested, "gather of a gather and a task: both levels are waited for"},
    {nested_cancelled, "who awaits a gather of a gather is cancelled: the innermost end first"},
    {nested_tasks_cancelled,
     "who gathers a task that gathers is cancelled: they end from the last to the first"},
};

TESTS
{
    stage_tells_turns = false;
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
