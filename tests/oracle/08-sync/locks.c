/* locks: who has a lock, and when; flags, conditions and barriers. */
#include "sharers.h"

#include "barrier.h"
#include "condition.h"
#include "flag.h"
#include "lock.h"

static struct eddy_lock lock;
static struct eddy_locking lockings[SHARERS];

/* ---- Verbs and moves ---------------------------------------------------------------------------- */

static void acquire(void *future)
{
    eddy_lock_acquire(container_of(future, struct eddy_locking, waiter.future), &lock);
}

static void give_back(void *name)
{
    if (!eddy_lock_mine(&lock))
        return;
    say("%s gives it back", (const char *)name);
    say_refused(eddy_lock_release(&lock));
}

static void release(void *nobody)
{
    (void)nobody;
    say_refused(eddy_lock_release(&lock));
}

#define ACQUIRES(i) STARTS(acquire, &lockings[i].waiter.future)
#define ENTERS(name, i) ACQUIRES(i), SAYS(name " has it")
#define LEAVES(name) CLEANS_UP, DOES(give_back, (void *)name)
#define RELEASES DOES(release, NULL)
#define HOLDER(name, i, seconds) role(name, ENTERS(name, i), SLEEPS(seconds), LEAVES(name))

/* ---- Locks -------------------------------------------------------------------------------------- */

static void open_lock(void)
{
    eddy_lock_init(&lock, &loop);
}

static void in_order(void)
{
    open_lock();
    begin(HOLDER("a", 0, 1));
    begin(HOLDER("b", 1, 1));
    begin(HOLDER("c", 2, 1));
    run();
}

static void nobody_overtakes(void)
{
    open_lock();
    begin(
        role("a", ACQUIRES(0), SLEEPS(1), RELEASES, ACQUIRES(0), SAYS("a has it again"), RELEASES));
    begin(HOLDER("b", 1, 1));
    run();
}

static void newcomer(void)
{
    open_lock();
    begin(HOLDER("a", 0, 1));
    begin(HOLDER("b", 1, 1));
    begin(role("c", SLEEPS(1), SAYS("c comes"), ENTERS("c", 2), RELEASES));
    run();
}

static void waiter_cancelled(void)
{
    struct role *b = HOLDER("b", 1, 1);

    open_lock();
    begin(HOLDER("a", 0, 2));
    begin(b);
    begin(HOLDER("c", 2, 1));
    asked_at(b, "timer", 1);
    run();
}

static void cancelled_before(void)
{
    struct role *b = HOLDER("b", 1, 1);

    open_lock();
    begin(role("a", ENTERS("a", 0), SLEEPS(1), DOES(cancel_role, b), LEAVES("a")));
    begin(b);
    begin(HOLDER("c", 2, 1));
    run();
}

static void cancelled_after(void)
{
    struct role *b = HOLDER("b", 1, 1);

    open_lock();
    begin(role("a", ACQUIRES(0), SLEEPS(1), RELEASES, DOES(cancel_role, b)));
    begin(b);
    begin(HOLDER("c", 2, 1));
    run();
}

static void not_held(void)
{
    open_lock();
    begin(role("a", RELEASES));
    run();
}

static void of_another(void)
{
    open_lock();
    begin(HOLDER("a", 0, 2));
    begin(role("b", RELEASES));
    begin(HOLDER("c", 2, 1));
    run();
}

/* What is refused is another future than the one that waits. */
static void acquire_again(void *nobody)
{
    (void)nobody;
    attempt(eddy_future_error(eddy_lock_acquire(&lockings[1], &lock)));
}

static void twice(void)
{
    open_lock();
    begin(role("a", ENTERS("a", 0), DOES(acquire_again, NULL), LEAVES("a")));
    run();
}

/* ---- Flags -------------------------------------------------------------------------------------- */

static struct eddy_flag flag;
static struct eddy_flag_wait flag_waits[SHARERS];

static void wait_for_flag(void *future)
{
    eddy_flag_wait(container_of(future, struct eddy_flag_wait, waiter.future), &flag);
}

static void set_flag(void *nobody)
{
    (void)nobody;
    eddy_flag_set(&flag);
}

static void clear_flag(void *nobody)
{
    (void)nobody;
    eddy_flag_clear(&flag);
}

#define WAITS_FOR_FLAG(i) STARTS(wait_for_flag, &flag_waits[i].waiter.future)
#define WAITER(name, i) role(name, WAITS_FOR_FLAG(i), SAYS(name " goes on"))

static struct actor *setter(const char *name, double seconds)
{
    struct actor *timer = actor(name);

    then(timer, set_flag, NULL);
    later(timer, seconds);
    return timer;
}

static void all_go_on(void)
{
    eddy_flag_init(&flag, &loop);
    begin(WAITER("a", 0));
    begin(WAITER("b", 1));
    begin(WAITER("c", 2));
    setter("timer", 1);
    run();
}

static void is_set(void)
{
    eddy_flag_init(&flag, &loop);
    eddy_flag_set(&flag);
    begin(WAITER("a", 0));
    soon(actor("soon"));
    run();
}

static void set_and_cleared(void)
{
    struct role *b = role("b", SLEEPS(2), WAITS_FOR_FLAG(1), SAYS("never"));

    eddy_flag_init(&flag, &loop);
    begin(WAITER("a", 0));
    begin(b);
    then(setter("timer", 1), clear_flag, NULL);
    at_last(b);
    run();
}

static void flag_waiter_cancelled(void)
{
    struct role *a = WAITER("a", 0);

    eddy_flag_init(&flag, &loop);
    begin(a);
    begin(WAITER("b", 1));
    asked_at(a, "timer", 1);
    setter("set", 2);
    run();
}

static void set_then_cancelled(void)
{
    struct role *a = WAITER("a", 0);

    eddy_flag_init(&flag, &loop);
    begin(a);
    then(setter("timer", 1), cancel_role, a);
    run();
}

/* ---- Conditions --------------------------------------------------------------------------------- */

static struct eddy_condition condition;
static struct eddy_condition_wait waits[SHARERS];
static int count;

static void open_condition(void)
{
    open_lock();
    eddy_condition_init(&condition, &lock);
}

static void wait_for_condition(void *future)
{
    eddy_condition_wait(container_of(future, struct eddy_condition_wait, waiter.future),
                        &condition);
}

static bool two_of_two(void *nobody)
{
    (void)nobody;
    say("%d of 2", count);
    return count == 2;
}

static void wait_for_two(void *future)
{
    eddy_condition_wait_until(container_of(future, struct eddy_condition_wait, waiter.future),
                              &condition, two_of_two, NULL);
}

static void tell_one(void *nobody)
{
    (void)nobody;
    say_refused(eddy_condition_notify(&condition, 1));
}

static void tell_all(void *nobody)
{
    (void)nobody;
    say_refused(eddy_condition_notify_all(&condition));
}

static void one_more(void *nobody)
{
    count++;
    tell_one(nobody);
}

#define NOTIFIES DOES(tell_one, NULL)
#define IS_NOTIFIED(name, i)                                              \
    ENTERS(name, i), STARTS(wait_for_condition, &waits[i].waiter.future), \
        SAYS(name " is "                                                  \
                  "notified")
#define NOTIFIED(name, i) role(name, IS_NOTIFIED(name, i), LEAVES(name))
#define NOTIFIED_SLEEPER(name, i) role(name, IS_NOTIFIED(name, i), SLEEPS(1), LEAVES(name))

static void notify_one(void)
{
    open_condition();
    begin_quietly(NOTIFIED("a", 0));
    begin_quietly(NOTIFIED("b", 1));
    begin_quietly(role("c", ENTERS("c", 2), NOTIFIES, SLEEPS(1), NOTIFIES, LEAVES("c")));
    run();
}

static void notify_all(void)
{
    open_condition();
    begin_quietly(NOTIFIED_SLEEPER("a", 0));
    begin_quietly(NOTIFIED_SLEEPER("b", 1));
    begin_quietly(role("c", ENTERS("c", 2), DOES(tell_all, NULL), LEAVES("c")));
    run();
}

static void notify_nobody(void)
{
    struct role *b = NOTIFIED("b", 1);

    open_condition();
    begin(role("a", ENTERS("a", 0), NOTIFIES, LEAVES("a")));
    begin(b);
    at_last(b);
    run();
}

static void condition_waiter_cancelled(void)
{
    struct role *a = NOTIFIED("a", 0);

    open_condition();
    begin(a);
    begin_quietly(HOLDER("b", 1, 2));
    asked_at(a, "timer", 1);
    run();
}

static void cancelled_for_lock(void)
{
    struct role *a = NOTIFIED_SLEEPER("a", 0);

    open_condition();
    begin(a);
    begin_quietly(role("b", ENTERS("b", 1), NOTIFIES, SLEEPS(2), LEAVES("b")));
    asked_at(a, "timer", 1);
    run();
}

static void notified_then_cancelled(void)
{
    struct role *a = NOTIFIED_SLEEPER("a", 0), *b = NOTIFIED("b", 1);

    open_condition();
    begin(a);
    begin(b);
    begin_quietly(role("c", ENTERS("c", 2), NOTIFIES, DOES(cancel_role, a), LEAVES("c")));
    at_last(b);
    run();
}

static void without_lock(void)
{
    open_condition();
    begin(role("a", NOTIFIES, DOES(tell_all, NULL)));
    run();
}

static void wait_until(void)
{
    struct role *c = role("c", ENTERS("c", 2), DOES(one_more, NULL), LEAVES("c"));

    c->untold = true;
    open_condition();
    begin_quietly(
        role("a", ENTERS("a", 0), STARTS(wait_for_two, &waits[0].waiter.future), LEAVES("a")));
    begin_quietly(role("b", ENTERS("b", 1), DOES(one_more, NULL), LEAVES("b")));
    later(begin_when_called(c), 1);
    run();
}

/* ---- Barriers ----------------------------------------------------------------------------------- */

static struct eddy_barrier barrier;
static struct eddy_barrier_wait parties[SHARERS];

static void come(void *future)
{
    eddy_barrier_wait(container_of(future, struct eddy_barrier_wait, waiter.future), &barrier);
}

static void say_number(void *whom)
{
    const struct role *who = whom;
    size_t i = (size_t)(who->name[0] - 'a');

    say("%s is number %ld", who->name, parties[i].index);
}

static struct role *party_of(size_t i, int rounds)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    static struct move moves[SHARERS][5];
    struct role *who = keep_role(names[i], moves[i]);

    for (int at = 0; at < 2 * rounds; at += 2) {
        moves[i][at] = (struct move)STARTS(come, &parties[i].waiter.future);
        moves[i][at + 1] = (struct move)DOES(say_number, who);
    }
    moves[i][2 * rounds] = (struct move){.kind = ENDS};
    return who;
}

static void together(void)
{
    CHECK_OK(eddy_barrier_init(&barrier, &loop, 3));
    for (size_t i = 0; i < 3; i++)
        begin(party_of(i, 1));
    run();
}

static void two_rounds(void)
{
    CHECK_OK(eddy_barrier_init(&barrier, &loop, 2));
    begin(party_of(0, 2));
    begin(party_of(1, 2));
    run();
}

static void party_cancelled(void)
{
    struct role *a = party_of(0, 1);

    CHECK_OK(eddy_barrier_init(&barrier, &loop, 2));
    begin(a);
    asked_at(a, "timer", 1);
    later(begin_when_called(party_of(1, 1)), 2);
    later(begin_when_called(party_of(2, 1)), 3);
    run();
}

static void break_it(void *nobody)
{
    (void)nobody;
    eddy_barrier_abort(&barrier);
}

static void aborted(void)
{
    CHECK_OK(eddy_barrier_init(&barrier, &loop, 3));
    begin(party_of(0, 1));
    begin(party_of(1, 1));
    begin(role("c", DOES(break_it, NULL), SAYS("c has broken it")));
    later(begin_when_called(party_of(3, 1)), 1);
    run();
}

static void make_new(void *nobody)
{
    (void)nobody;
    eddy_barrier_reset(&barrier);
}

static void made_new(void)
{
    struct actor *timer;

    CHECK_OK(eddy_barrier_init(&barrier, &loop, 2));
    begin(party_of(0, 1));
    begin(role("b", DOES(make_new, NULL), SAYS("b has made it new")));
    timer = begin_when_called(party_of(2, 1));
    then(timer, begin, party_of(3, 1));
    later(timer, 1);
    run();
}

static const struct scenario scenarios[] = {
    {in_order, "three want a lock, and have it in the order in which they came"},
    {nobody_overtakes,
     "one gives the lock back and wants it again at once: who waits has it first"},
    {newcomer, "one comes in the turn in which the lock is given to who waits: it waits, too"},
    {waiter_cancelled, "one that waits for a lock is cancelled: the next has it then"},
    {cancelled_before, "one that waits is cancelled, and the lock is given back in the same turn"},
    {cancelled_after, "a lock is given to one that waits, and that is cancelled before it runs"},
    {not_held, "a lock that nobody has cannot be given back"},
    {of_another, "a lock is given back by a task that does not have it"},
    {twice, "one wants a lock that it has"},
    {all_go_on, "a flag is set: all who wait go on, in order"},
    {is_set, "a flag that is set makes nobody wait"},
    {set_and_cleared,
     "a flag is set and cleared in one turn: who waited goes on, who comes then waits"},
    {flag_waiter_cancelled, "one of two that wait for a flag is cancelled: the other one goes on"},
    {set_then_cancelled, "a flag is set, and who waits is cancelled in the same turn"},
    {notify_one, "two wait, and one is notified: the first; then the other one"},
    {notify_all, "two wait, and all are notified: they have the lock one after the other"},
    {notify_nobody, "a notification that nobody waits for is not kept"},
    {condition_waiter_cancelled,
     "one that waits for a notification is cancelled: it has the lock again, and then ends"},
    {cancelled_for_lock, "one that is notified is cancelled while another has the lock"},
    {notified_then_cancelled, "two wait; the first is notified, and cancelled in the same turn"},
    {without_lock, "who does not have the lock can notify nobody"},
    {wait_until, "one waits until something is true: asked at once, and after each notification"},
    {together, "three go on together, each with a number"},
    {two_rounds, "two go through a barrier twice: nobody goes on with the next round alone"},
    {party_cancelled, "one that waits at a barrier is cancelled: one more must come"},
    {aborted, "a barrier is broken for those who wait, and for those who come then"},
    {made_new, "a barrier is made new: who waits has lost, and two that come then go through"},
};

TESTS
{
    stage_tells_turns = false;
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
