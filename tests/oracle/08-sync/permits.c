/* permits: who has a permit of a semaphore, and when. */
#include "sharers.h"

#include "permit.h"

static struct eddy_semaphore semaphore;
static struct eddy_permit permits[SHARERS];

/* ---- Verbs and moves ---------------------------------------------------------------------------- */

static void open_semaphore(long value)
{
    CHECK_OK(eddy_semaphore_init(&semaphore, &loop, value));
}

static void acquire(void *future)
{
    eddy_semaphore_acquire(container_of(future, struct eddy_permit, waiter.future), &semaphore);
}

static void release(void *nobody)
{
    (void)nobody;
    say_refused(eddy_semaphore_release(&semaphore));
}

static void release_permit(void *permit)
{
    say_refused(eddy_permit_release(permit));
}

/* The permit of the one that is called so. */
static void give_back(void *name)
{
    const char *who = name;
    struct eddy_permit *permit = &permits[who[0] - 'a'];

    if (!permit->semaphore || !eddy_future_done(&permit->waiter.future))
        return;
    say("%s gives it back", who);
    say_refused(eddy_permit_release(permit));
}

static void say_locked(void *nobody)
{
    (void)nobody;
    say("%s", eddy_semaphore_locked(&semaphore) ? "locked" : "not locked");
}

#define ACQUIRES(i) STARTS(acquire, &permits[i].waiter.future)
#define RELEASES DOES(release, NULL)
#define HOLDER(name, i, seconds)                                               \
    role(name, ACQUIRES(i), SAYS(name " has one"), SLEEPS(seconds), CLEANS_UP, \
         DOES(give_back, (void *)name))

static struct actor *releaser(const char *name, double seconds)
{
    struct actor *timer = actor(name);

    then(timer, release, NULL);
    later(timer, seconds);
    return timer;
}

/* ---- In order ----------------------------------------------------------------------------------- */

static void in_order(void)
{
    open_semaphore(2);
    begin(HOLDER("a", 0, 1));
    begin(HOLDER("b", 1, 1));
    begin(HOLDER("c", 2, 1));
    begin(HOLDER("d", 3, 1));
    run();
}

static void nobody_overtakes(void)
{
    open_semaphore(1);
    begin(role("a", ACQUIRES(0), SLEEPS(1), DOES(release_permit, &permits[0]), ACQUIRES(0),
               SAYS("a has one again"), DOES(release_permit, &permits[0])));
    begin(HOLDER("b", 1, 1));
    run();
}

static void newcomer(void)
{
    open_semaphore(0);
    begin(HOLDER("a", 0, 1));
    releaser("timer", 1);
    begin(role("b", SLEEPS(1), SAYS("b comes"), ACQUIRES(1), SAYS("b has one")));
    run();
}

static void none_at_first(void)
{
    open_semaphore(0);
    begin(role("a", DOES(say_locked, NULL), ACQUIRES(0), SAYS("a has one")));
    releaser("timer", 1);
    run();
}

static void grows(void)
{
    open_semaphore(1);
    CHECK_OK(eddy_semaphore_release(&semaphore));
    begin(HOLDER("a", 0, 1));
    begin(HOLDER("b", 1, 1));
    begin(HOLDER("c", 2, 1));
    run();
}

static void two_at_once(void)
{
    open_semaphore(0);
    begin(HOLDER("a", 0, 1));
    begin(HOLDER("b", 1, 1));
    then(releaser("timer", 1), release, NULL);
    run();
}

/* ---- Cancelled ---------------------------------------------------------------------------------- */

static void waiter_cancelled(void)
{
    struct role *b = HOLDER("b", 1, 1);

    open_semaphore(1);
    begin(HOLDER("a", 0, 2));
    begin(b);
    begin(HOLDER("c", 2, 1));
    asked_at(b, "timer", 1);
    run();
}

static void cancelled_before(void)
{
    struct role *a = HOLDER("a", 0, 1);
    struct actor *timer = actor("timer");

    open_semaphore(0);
    begin(a);
    begin(HOLDER("b", 1, 1));
    then(timer, cancel_role, a);
    then(timer, release, NULL);
    later(timer, 1);
    run();
}

static void cancelled_after(void)
{
    struct role *a = HOLDER("a", 0, 1);

    open_semaphore(0);
    begin(a);
    begin(HOLDER("b", 1, 1));
    then(releaser("timer", 1), cancel_role, a);
    run();
}

static void one_of_two_cancelled_after(void)
{
    struct role *a = HOLDER("a", 0, 1);
    struct actor *timer = releaser("timer", 1);

    open_semaphore(0);
    begin(a);
    begin(HOLDER("b", 1, 1));
    begin(HOLDER("c", 2, 1));
    then(timer, release, NULL);
    then(timer, cancel_role, a);
    run();
}

static void all_cancelled(void)
{
    struct role *a = HOLDER("a", 0, 1), *b = HOLDER("b", 1, 1);
    struct actor *timer = actor("timer");

    open_semaphore(0);
    begin(a);
    begin(b);
    then(timer, cancel_role, a);
    then(timer, cancel_role, b);
    later(timer, 1);
    releaser("release", 2);
    later(begin_when_called(HOLDER("c", 2, 1)), 3);
    run();
}

/* ---- Bounded ------------------------------------------------------------------------------------ */

static void too_many(void)
{
    CHECK_OK(eddy_semaphore_init_bounded(&semaphore, &loop, 1));
    begin(role("a", RELEASES, ACQUIRES(0), RELEASES, RELEASES, DOES(say_locked, NULL)));
    run();
}

static void bounded_in_order(void)
{
    CHECK_OK(eddy_semaphore_init_bounded(&semaphore, &loop, 1));
    begin(HOLDER("a", 0, 1));
    begin(HOLDER("b", 1, 1));
    releaser("too many", 3);
    run();
}

static const struct scenario scenarios[] = {
    {in_order, "two permits, and four want one: in the order in which they came"},
    {nobody_overtakes,
     "one gives its permit back and wants one again at once: who waits has it first"},
    {newcomer, "one comes in the turn in which a permit is given to who waits: it waits, too"},
    {none_at_first, "a semaphore that begins without a permit: the first one waits for a release"},
    {grows, "a release that nobody waits for is one permit more"},
    {two_at_once, "two permits are given in one turn: two that wait have them, in order"},
    {waiter_cancelled, "one that waits is cancelled: the next has the permit then"},
    {cancelled_before, "one that waits is cancelled, and then a permit is given in the same turn"},
    {cancelled_after, "a permit is given to one that waits, and that is cancelled before it runs"},
    {one_of_two_cancelled_after,
     "two permits are given, and the first of three that wait is cancelled before it runs"},
    {all_cancelled,
     "all who wait are cancelled, and then a permit is given: it is there for the next"},
    {too_many, "a bounded semaphore takes no permit that nobody has taken"},
    {bounded_in_order,
     "a bounded semaphore gives its permit to who waits, in order, and then it is full"},
};

TESTS
{
    stage_tells_turns = false;
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
