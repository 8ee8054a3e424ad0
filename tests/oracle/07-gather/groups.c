/* groups: tasks that begin and end together. */
#include "crowd.h"

#include "group.h"
#include "timeout.h"

static struct eddy_group groups[2];
static struct eddy_member members[CROWD];

/* ---- Verbs ------------------------------------------------------------------------------------ */

static void open_group(void *group)
{
    CHECK_OK(eddy_group_open(group, eddy_current_task()->inner));
}

/* The crowd's role begins, in the first group, and in the place that is its. */
static void add_member(void *whom)
{
    for (size_t i = 0; i < CROWD; i++)
        if (crowd[i] == whom) {
            begin(whom);
            CHECK_OK(eddy_group_add(&groups[0], &members[i], ending(whom)));
        }
}

static void add_crowd(void *nobody)
{
    (void)nobody;
    for (size_t i = 0; i < crowd_size; i++)
        add_member(crowd[i]);
}

static void join(void *future)
{
    eddy_group_join(container_of(future, struct eddy_group, future));
}

static void close_group(void *future)
{
    eddy_group_close(container_of(future, struct eddy_group, future));
}

/* ---- Roles ------------------------------------------------------------------------------------ */

/* What one who has a group begins and ends with; between, the body's own. */
#define OPENS DOES(open_group, &groups[0]), DOES(add_crowd, NULL)
#define JOINS STARTS(join, &groups[0].future)
#define CLOSES STARTS(close_group, &groups[0].future)

#define OWNER role("a", OPENS, JOINS, SAYS("a goes on"), CLEANS_UP, CLOSES, SAYS("a cleans up"))

static void fail_with(int err)
{
    eddy_current_task()->inner->place.outcome = err;
}

static void fail_with_eio(void *nobody)
{
    (void)nobody;
    fail_with(-EIO);
}

static void fail_with_permission(void *nobody)
{
    (void)nobody;
    fail_with(-EPERM);
}

static void all_well(void)
{
    in_crowd(SLEEPER("b", 2));
    in_crowd(SLEEPER("c", 1));
    begin(OWNER);
    run();
}

static void none(void)
{
    begin(OWNER);
    soon(actor("soon"));
    run();
}

static void one_fails(void)
{
    in_crowd(FAILER("b", 1));
    in_crowd(SLEEPER("c", 9));
    begin(OWNER);
    run();
}

static void both_fail(void)
{
    in_crowd(FAILER("b", 1));
    in_crowd(
        role("c", SLEEPS(9), CLEANS_UP, SAYS("c cleans up"), DOES(fail_with_permission, NULL)));
    begin(OWNER);
    run();
}

static void one_fails_and_other_refuses(void)
{
    in_crowd(FAILER("b", 1));
    in_crowd(REFUSER("c", 9));
    begin(OWNER);
    run();
}

static void member_cancelled(void)
{
    struct role *b = SLEEPER("b", 9);

    in_crowd(b);
    in_crowd(SLEEPER("c", 2));
    begin(role("a", OPENS, JOINS, SAYS("a goes on"), CLEANS_UP, CLOSES));
    asked_at(b, "timer", 1);
    run();
}

/* ---- The body --------------------------------------------------------------------------------- */

static void body_fails(void)
{
    in_crowd(SLEEPER("b", 9));
    begin(role("a", OPENS, SLEEPS(1), FAILS, CLEANS_UP, CLOSES, SAYS("a cleans up")));
    run();
}

static void body_fails_first(void)
{
    in_crowd(role("b", SAYS("never")));
    begin(role("a", OPENS, FAILS, CLEANS_UP, CLOSES, SAYS("a cleans up")));
    run();
}

static void body_is_cut(void)
{
    in_crowd(FAILER("b", 1));
    in_crowd(SLEEPER("c", 9));
    begin(role("a", OPENS, SLEEPS(9), SAYS("never"), CLEANS_UP, CLOSES, SAYS("a cleans up")));
    run();
}

/* Calls the owner of the group, and goes on whatever came of it. */
struct dealer {
    struct eddy_co co;
    struct role *owner;
    struct eddy_sleep sleep;
};

static struct eddy_step dealer(struct eddy_co *co)
{
    struct dealer *self = CO_FRAME(co, dealer);

    CO_BEGIN(co);
    CO_TRY_CALL(co, player, &self->owner->frame, .role = self->owner);
    say("error %s", eddy_errname(eddy_co_error(co)));
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 1));
    say("a goes on");
    CO_FINALLY(co);
    CO_END(co);
}

static void body_goes_on_after(void)
{
    static struct role a = {.name = "a"};
    static struct dealer frame;

    in_crowd(role("b", SLEEPS(1), FAILS));
    eddy_task_start(&a.task, &loop, dealer, &frame,
                    .owner = role("inner", OPENS, SLEEPS(9), SAYS("never"), CLEANS_UP, CLOSES));
    eddy_handle_init(&a.ended, say_ending);
    CHECK_OK(eddy_future_add_done_callback(ending(&a), &a.ended));
    run();
}

/* ---- Members that add members ----------------------------------------------------------------- */

static struct role *latecomer;

static void add_latecomer(void *nobody)
{
    (void)nobody;
    in_crowd(latecomer);
    add_member(latecomer);
}

static void child_adds_child(void)
{
    in_crowd(role("b", SLEEPS(1), DOES(add_latecomer, NULL), SAYS("b goes on")));
    latecomer = SLEEPER("c", 2);
    begin(OWNER);
    run();
}

static void last_adds_child(void)
{
    in_crowd(role("b", SLEEPS(1), CLEANS_UP, DOES(add_latecomer, NULL), SAYS("b cleans up")));
    latecomer = SLEEPER("c", 1);
    begin(OWNER);
    run();
}

/* ---- Cancelling ------------------------------------------------------------------------------- */

static void a_is_cancelled(struct role *a)
{
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

static void cancelled_in_join(void)
{
    in_crowd(SLEEPER("b", 9));
    a_is_cancelled(OWNER);
}

static void cancelled_in_body(void)
{
    in_crowd(SLEEPER("b", 9));
    a_is_cancelled(role("a", OPENS, SLEEPS(9), CLEANS_UP, CLOSES, SAYS("a cleans up")));
}

static void cancelled_and_member_fails(void)
{
    in_crowd(role("b", SLEEPS(9), CLEANS_UP, SAYS("b cleans up"), DOES(fail_with_eio, NULL)));
    a_is_cancelled(OWNER);
}

static void cancelled_and_refused(void)
{
    in_crowd(REFUSER("b", 9));
    a_is_cancelled(OWNER);
}

/* ---- Nested ----------------------------------------------------------------------------------- */

static struct role *innermost;

static void add_innermost(void *nobody)
{
    (void)nobody;
    begin(innermost);
    CHECK_OK(eddy_group_add(&groups[1], &members[CROWD - 1], ending(innermost)));
}

static void nested(void)
{
    innermost = FAILER("c", 1);
    in_crowd(role("b", DOES(open_group, &groups[1]), DOES(add_innermost, NULL),
                  STARTS(join, &groups[1].future), CLEANS_UP,
                  STARTS(close_group, &groups[1].future), SAYS("b cleans up")));
    in_crowd(SLEEPER("d", 9));
    begin(role("a", OPENS, JOINS, SAYS("a goes on"), CLEANS_UP, CLOSES, SAYS("a cleans up")));
    run();
}

static struct eddy_timeout scope;

static void open_scope(void *nobody)
{
    (void)nobody;
    CHECK_OK(eddy_timeout_open(&scope, eddy_current_task()->inner, 1));
}

static void close_scope(void *nobody)
{
    (void)nobody;
    eddy_timeout_close(&scope, eddy_current_task()->inner);
}

static void limit_around(void)
{
    in_crowd(SLEEPER("b", 9));
    begin(role("a", DOES(open_scope, NULL), OPENS, JOINS, CLEANS_UP, CLOSES,
               DOES(close_scope, NULL), SAYS("a cleans up")));
    run();
}

static const struct scenario scenarios[] = {
    {all_well, "a group of two, and both end well"},
    {none, "a group of none ends at once"},
    {one_fails, "a group of two, and one fails: the other is cancelled, and waited for"},
    {both_fail, "a group of two: one fails, and the other one does so while it cleans up"},
    {one_fails_and_other_refuses,
     "a group of two: one fails, and the other one refuses to be cancelled: it is awaited"},
    {member_cancelled, "a group of two, and one is cancelled by somebody else: it has not failed"},
    {body_fails, "a group whose body fails: its member is cancelled, and waited for"},
    {body_fails_first, "a group whose body fails before its member has begun: that never runs"},
    {body_is_cut, "a member fails while the body awaits something else: that is cut short"},
    {body_goes_on_after,
     "a group has failed, and its owner goes on: the next await is not cut short"},
    {child_adds_child, "a member adds a member, while the group is waited for"},
    {last_adds_child, "the member that is left adds one as it ends: the group waits for that, too"},
    {cancelled_in_join, "the owner is cancelled while it waits for its members: they end first"},
    {cancelled_in_body,
     "the owner is cancelled while its body awaits something else: its member ends, too"},
    {cancelled_and_member_fails, "the owner is cancelled, and its member fails while it cleans up"},
    {cancelled_and_refused,
     "the owner is cancelled while it waits, and its member refuses and ends well"},
    {nested, "a group within a member of a group: an error inside ends both"},
    {limit_around, "a limit around a group: its member is cancelled, and the time-out is told"},
};

TESTS
{
    stage_tells_turns = false;
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
