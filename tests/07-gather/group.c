/* Tasks that begin and end together: none outlives the group, none fails alone, and each error is told
 * once. */
#include "limits.h"

#include "faults.h"
#include "group.h"
#include "timeout.h"
#include "wait_for.h"
#include "waiting.h"

static struct eddy_task a, b, inner;
static struct slow inner_frame;
static struct eddy_future future, next;
static struct eddy_group *group;

static const char *name_of(int err)
{
    return eddy_errname(err);
}

/*
 * Owns a group. `start` fills it; then it waits for `on`, if there is that, joins, fails with `fails`,
 * and in its cleanup section takes `goodbye` seconds before it closes the group.
 */
struct owner {
    struct eddy_co co;
    void (*start)(struct eddy_group *group);
    struct eddy_future *on, *then;
    bool joins, tries; /* `tries`: it looks at errors, and goes on */
    int fails;
    double goodbye;
    struct eddy_group group;
    struct eddy_sleep sleep;
};

static struct eddy_step owner(struct eddy_co *co)
{
    struct owner *self = CO_FRAME(co, owner);
    int err;

    CO_BEGIN(co);
    group = &self->group;
    err = eddy_group_open(&self->group, co);
    if (err < 0)
        CO_FAIL(co, err);
    self->start(&self->group);
    if (self->on) {
        CO_TRY_AWAIT(co, self->on);
        note("on=%s@%g", name_of(eddy_co_error(co)), now());
        if (eddy_co_error(co) < 0 && !self->tries)
            CO_FAIL(co, eddy_co_error(co));
    }
    if (self->joins) {
        CO_TRY_AWAIT(co, eddy_group_join(&self->group));
        note("join=%s@%g", name_of(eddy_co_error(co)), now());
        if (eddy_co_error(co) < 0 && !self->tries)
            CO_FAIL(co, eddy_co_error(co));
    }
    if (self->then) {
        CO_TRY_AWAIT(co, self->then);
        note("then=%s", name_of(eddy_co_error(co)));
        if (eddy_co_error(co) < 0)
            CO_FAIL(co, eddy_co_error(co));
    }
    CO_FAIL(co, self->fails);
    CO_FINALLY(co);
    if (self->goodbye > 0)
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->goodbye));
    CO_TRY_AWAIT(co, eddy_group_close(&self->group));
    note("close=%s@%g", name_of(eddy_co_error(co)), now());
    CO_TRY_AWAIT(co, eddy_group_close(&self->group));
    CHECK_CODE(eddy_co_error(co), 0);
    note("%s requests=%u", name_of(eddy_co_outcome(co)), eddy_task_cancelling(co->task));
    CO_END(co);
}

static struct owner a_frame;

static void set_up_futures(int debug)
{
    set_up_in(debug);
    eddy_future_init(&future, &loop);
    eddy_future_init(&next, &loop);
    group = NULL;
}

#define OWN_A(...) eddy_task_start(&a, &loop, owner, &a_frame, __VA_ARGS__)

static void spawn(struct eddy_group *of, const char *name, double seconds, int err)
{
    CHECK_CODE(eddy_group_spawn(of, slow, .name = name, .seconds = seconds, .outcome = err), 0);
}

static void spawn_slow_end(struct eddy_group *of, const char *name, double goodbye, int last)
{
    CHECK_CODE(
        eddy_group_spawn(of, slow, .name = name, .seconds = 60, .goodbye = goodbye, .last = last),
        0);
}

static void cancel_a(void)
{
    cancel_task(&a);
}

static void set_result(void)
{
    CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
}

static void cancel_future(void)
{
    eddy_future_cancel(&future);
}

/* ---- Members and their end ----------------------------------------------------------------------- */

static void nobody(struct eddy_group *of)
{
    (void)of;
}

static void two_good(struct eddy_group *of)
{
    spawn(of, "x", 2, 0);
    spawn(of, "y", 1, 0);
}

static void one_good(struct eddy_group *of)
{
    spawn(of, "x", 2, 0);
}

/* Sleeps a second, then adds another one like itself to the group, as often as `more` says. */
struct breeder {
    struct eddy_co co;
    struct eddy_group *of;
    int more;
    struct eddy_sleep sleep;
};

static struct eddy_step breeder(struct eddy_co *co)
{
    struct breeder *self = CO_FRAME(co, breeder);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1));
    if (self->more > 0)
        CHECK_CODE(eddy_group_spawn(self->of, breeder, .of = self->of, .more = self->more - 1), 0);
    CO_FINALLY(co);
    note("%d@%g", self->more, now());
    CO_END(co);
}

static void breed(struct eddy_group *of)
{
    CHECK_CODE(eddy_group_spawn(of, breeder, .of = of, .more = 3), 0);
}

/* Joins twice, with new members between. */
struct two_joins {
    struct eddy_co co;
    struct eddy_group group;
};

static struct eddy_step two_joins(struct eddy_co *co)
{
    struct two_joins *self = CO_FRAME(co, two_joins);

    CO_BEGIN(co);
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    CO_AWAIT(co, eddy_group_join(&self->group));
    spawn(&self->group, "x", 1, 0);
    CO_AWAIT(co, eddy_group_join(&self->group));
    note("first@%g", now());
    CO_AWAIT(co, eddy_group_join(&self->group));
    spawn(&self->group, "y", 1, 0);
    CO_AWAIT(co, eddy_group_join(&self->group));
    note("second@%g", now());
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

static void their_end(void)
{
    CASE("a join comes back when all members have ended, and then there is nothing to close") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = two_good, .joins = true);
            run_out();
            EXPECT("y.OK@1 x.OK@2 join=OK@2 close=OK@2 OK requests=0");
            CHECK(!eddy_list_linked(&a_frame.group.opened.link));
            CHECK_INT(a_frame.group.failures, 0);
            CHECK_INT(reports, 0);
            tear_down();
        }
    }

    CASE("members that are added by members during the join are waited for, too") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            CAUSE("the join waits for those that were there at its beginning");
            OWN_A(.start = breed, .joins = true);
            run_out();
            EXPECT("3@1 2@2 1@3 0@4 join=OK@4 close=OK@4 OK requests=0");
            tear_down();
        }
    }

    CASE("an empty group is joined at once; and a group may be joined again and again") {
        for (int mode = 0; mode < 2; mode++) {
            struct two_joins frame;
            set_up_futures(mode);
            eddy_task_start(&a, &loop, two_joins, &frame);
            run_out();
            EXPECT("x.OK@1 first@1 y.OK@2 second@2");
            CHECK_CODE(outcome(&a), 0);
            tear_down();
        }
    }

    CASE("closing without a join cancels the members, and waits for them") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = two_good);
            run_out();
            EXPECT("x.ECANCELED@0 y.ECANCELED@0 close=OK@0 OK requests=0");
            CHECK_INT(reports, 0);
            tear_down();
        }
    }

    CASE("cancelled before its first step, its cleanup section closes a group that never was") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = two_good);
            cancel_a();
            run_out();
            EXPECT("close=OK@0 ECANCELED requests=1");
            tear_down();
        }
    }
}

/* ---- A member fails ------------------------------------------------------------------------------ */

static void one_fails(struct eddy_group *of)
{
    spawn(of, "x", 1, -EIO);
    spawn_slow_end(of, "y", 2, 0);
    spawn_slow_end(of, "z", 3, -EPIPE);
}

static void two_fail(struct eddy_group *of)
{
    spawn(of, "x", 1, -EIO);
    spawn(of, "y", 1, -EPIPE);
    spawn(of, "z", 5, 0);
}

static void fail_later(struct eddy_group *of)
{
    spawn_slow_end(of, "x", 2, -EIO);
}

static void one_is_cancelled(struct eddy_group *of)
{
    static struct eddy_member member;

    memset(&member, 0, sizeof member);
    CHECK_CODE(eddy_group_add(of, &member, &future), 0);
    spawn(of, "y", 2, 0);
}

static void fails(void)
{
    CASE("a member's error cancels all others, and when they have ended the join tells it") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = one_fails, .joins = true);
            run_out();
            EXPECT("x.EIO@1 y.ECANCELED@3 z.EPIPE@4 join=EIO@4 close=OK@4 EIO requests=0");
            CAUSE("the error of the second one is lost; or those that were cancelled are counted");
            CHECK_INT(a_frame.group.failures, 2);
            CHECK_INT(reports, 2); /* the second one's, and the owner's, for which nobody waits */
            CHECK(strstr(reported, "another task of the group has failed") != NULL);
            tear_down();
        }
    }

    CASE("two fail in one batch: the first is told, and the second reported, once") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = two_fail, .joins = true, .tries = true);
            run_out();
            EXPECT("x.EIO@1 y.EPIPE@1 z.ECANCELED@1 join=EIO@1 close=OK@1 OK requests=0");
            CHECK_INT(a_frame.group.failures, 2);
            CHECK_INT(reports, 1);
            CHECK(strstr(reported, "owner: another task of the group has failed") != NULL);
            tear_down();
        }
    }

    CASE("a member that somebody has cancelled has not failed: the others go on") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            OWN_A(.start = one_is_cancelled, .joins = true);
            call_in(&later, 1, cancel_future);
            run_out();
            EXPECT("y.OK@2 join=OK@2 close=OK@2 OK requests=0");
            CHECK_INT(a_frame.group.failures, 0);
            tear_down();
        }
    }

    CASE("a member fails while the owner waits for something else: its await is cancelled") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = one_fails, .on = &future);
            run_out();
            EXPECT("x.EIO@1 on=ECANCELED@1 y.ECANCELED@3 z.EPIPE@4 close=EIO@4 EIO requests=0");
            CHECK_CODE(future.err, -ECANCELED);
            CHECK_INT(eddy_task_cancelling(&a), 0);
            tear_down();
        }
    }

    CASE("a member fails in the batch of the owner's result: that is delivered, the next one cut") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            OWN_A(.start = two_fail, .on = &future, .then = &next);
            turns(2);
            call_in_turns(&later, 1, 1, set_result);
            run_out();
            EXPECT("x.EIO@1 y.EPIPE@1 on=OK@1 then=ECANCELED z.ECANCELED@1 close=EIO@1 EIO "
                   "requests=0");
            CHECK_CODE(next.err, EDDY_EPENDING);
            tear_down();
        }
    }

    CASE("an owner that refuses the group's cancel, and joins, is told there: no request is left") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = one_fails, .on = &future, .tries = true, .joins = true,
                  .then = eddy_next_turn());
            run_out();
            EXPECT("x.EIO@1 on=ECANCELED@1 y.ECANCELED@3 z.EPIPE@4 join=EIO@4 then=OK "
                   "close=OK@4 OK requests=0");
            tear_down();
        }
    }

    CASE("a member fails while the owner cleans up: that is not cut, and close tells it") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = two_fail, .goodbye = 3);
            run_out();
            EXPECT("x.EIO@1 y.EPIPE@1 z.ECANCELED@1 close=EIO@3 EIO requests=0");
            CHECK_CODE(outcome(&a), -EIO);
            tear_down();
        }
    }

    CASE("a member that fails while close waits for it makes the owner fail") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = fail_later);
            run_out();
            EXPECT("x.EIO@2 close=EIO@2 EIO requests=0");
            tear_down();
        }
    }

    CASE("the owner awaits a member itself, and another one fails: that is its outcome") {
        for (int mode = 0; mode < 2; mode++) {
            struct eddy_member member = {.spawned = false};
            set_up_futures(mode);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                            .goodbye = 1);
            OWN_A(.start = two_fail, .on = &inner.future);
            turns(1);
            CHECK_CODE(eddy_group_add(group, &member, &inner.future), 0);
            run_out();
            EXPECT("x.EIO@1 y.EPIPE@1 z.ECANCELED@1 i.ECANCELED@2 on=ECANCELED@2 close=EIO@2 EIO "
                   "requests=0");
            tear_down();
        }
    }
}

/* ---- The owner fails, or is cancelled ------------------------------------------------------------ */

static void owner_fails(void)
{
    CASE("the owner's body fails: the members are cancelled, and its error is the outcome") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = two_good, .fails = -EPERM);
            run_out();
            EXPECT("x.ECANCELED@0 y.ECANCELED@0 close=OK@0 EPERM requests=0");
            CHECK_CODE(outcome(&a), -EPERM);
            CHECK_INT(reports, 1); /* nobody awaits it */
            tear_down();
        }
    }

    CASE("the owner's body fails, and so does a member: that one's error is reported, once") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = fail_later, .fails = -EPERM);
            run_out();
            EXPECT("x.EIO@2 close=EIO@2 EPERM requests=0");
            CHECK_INT(reports, 2);
            CHECK(strstr(reported, "a task of the group has failed, and so has its owner") != NULL);
            tear_down();
        }
    }

    CASE("the owner is cancelled in its join: all members are, and it waits for them") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            OWN_A(.start = two_good, .joins = true);
            call_in(&later, 1.5, cancel_a);
            run_out();
            EXPECT("y.OK@1 x.ECANCELED@1.5 join=ECANCELED@1.5 close=OK@1.5 ECANCELED requests=1");
            CHECK_INT(reports, 0);
            tear_down();
        }
    }

    CASE("cancelled in its join, and a member fails: that is the error, the cancel lands after") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            OWN_A(.start = fail_later, .joins = true, .tries = true, .then = &next);
            call_in(&later, 1, cancel_a);
            run_out();
            EXPECT("x.EIO@3 join=EIO@3 then=ECANCELED close=OK@3 ECANCELED requests=1");
            tear_down();
        }
    }

    CASE("cancelled in its join, and all succeed: so does the join, and the cancel lands after") {
        for (int mode = 0; mode < 2; mode++) {
            struct eddy_member member = {.spawned = false};
            struct later later;
            set_up_futures(mode);
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 5,
                            .refusals = 1);
            OWN_A(.start = nobody, .on = eddy_next_turn(), .joins = true, .then = &next);
            turns(1);
            CHECK_CODE(eddy_group_add(group, &member, &inner.future), 0);
            call_in(&later, 1, cancel_a);
            run_out();
            EXPECT("on=OK@0 i.OK@6 join=OK@6 then=ECANCELED close=OK@6 ECANCELED requests=1");
            CHECK_CODE(next.err, EDDY_EPENDING);
            tear_down();
        }
    }

    CASE("cancelled in the batch in which the last member ends: the join's result wins") {
        for (int mode = 0; mode < 6; mode++) {
            struct later later;
            set_up_futures(mode % 2);
            OWN_A(.start = one_good, .joins = true, .then = &next);
            turns(2);
            call_in_turns(&later, 2, mode / 2, cancel_a);
            run_out();
            EXPECT("x.OK@2 join=OK@2 then=ECANCELED close=OK@2 ECANCELED requests=1");
            tear_down();
        }
    }

    CASE("cancelled elsewhere, and then a member fails: cancelled it stays, the error is told") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            OWN_A(.start = fail_later, .on = &future);
            call_in(&later, 1, cancel_a);
            run_out();
            EXPECT("on=ECANCELED@1 x.EIO@3 close=EIO@3 ECANCELED requests=1");
            CHECK_INT(reports, 1);
            CHECK(strstr(reported, "and so has its owner") != NULL);
            tear_down();
        }
    }

    CASE("a member fails, and in that batch the owner is cancelled by somebody else, too") {
        for (int mode = 0; mode < 4; mode++) {
            struct later later;
            set_up_futures(mode % 2);
            CAUSE("the outside cancel is taken for the group's own");
            if (mode < 2)
                call_in_turns(&later, 1, 2, cancel_a);
            OWN_A(.start = two_fail, .on = &future);
            turns(2);
            if (mode >= 2)
                call_in_turns(&later, 1, 2, cancel_a);
            run_out();
            if (mode < 2)
                EXPECT("x.EIO@1 y.EPIPE@1 on=ECANCELED@1 z.ECANCELED@1 close=EIO@1 ECANCELED "
                       "requests=1");
            else
                EXPECT("x.EIO@1 y.EPIPE@1 z.ECANCELED@1 on=ECANCELED@1 close=EIO@1 ECANCELED "
                       "requests=1");
            CHECK(strstr(reported, "and so has its owner") != NULL);
            tear_down();
        }
    }
}

/* ---- With scopes and limits ---------------------------------------------------------------------- */

/* A scope around a group, or the other way round. */
struct bounded {
    struct eddy_co co;
    double seconds;
    bool group_first;
    void (*start)(struct eddy_group *group);
    struct eddy_timeout limit;
    struct eddy_group group;
};

static struct eddy_step bounded(struct eddy_co *co)
{
    struct bounded *self = CO_FRAME(co, bounded);

    CO_BEGIN(co);
    if (self->group_first)
        CHECK_CODE(eddy_group_open(&self->group, co), 0);
    CHECK_CODE(eddy_timeout_open(&self->limit, co, self->seconds), 0);
    if (!self->group_first)
        CHECK_CODE(eddy_group_open(&self->group, co), 0);
    self->start(&self->group);
    if (self->group_first)
        CO_AWAIT(co, &future);
    else
        CO_AWAIT(co, eddy_group_join(&self->group));
    CO_FINALLY(co);
    if (self->group_first)
        eddy_timeout_close(&self->limit, co);
    CO_AWAIT(co, eddy_group_close(&self->group));
    eddy_timeout_close(&self->limit, co);
    note("%s@%g requests=%u", name_of(eddy_co_outcome(co)), now(), eddy_task_cancelling(co->task));
    CO_END(co);
}

static struct bounded b_frame;

#define BOUND_B(...) eddy_task_start(&b, &loop, bounded, &b_frame, __VA_ARGS__)

/* Awaits its join with a limit, or among others; then something else. */
struct impatient {
    struct eddy_co co;
    void (*start)(struct eddy_group *group);
    double limit_seconds, wait_seconds;
    struct eddy_future *on;
    bool again;
    struct eddy_group group;
    struct eddy_wait_for limit;
    struct eddy_wait wait;
    struct eddy_awaited each[1];
};

static struct eddy_step impatient(struct eddy_co *co)
{
    struct impatient *self = CO_FRAME(co, impatient);
    struct eddy_loop *on = eddy_co_loop(co);

    CO_BEGIN(co);
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    self->start(&self->group);
    if (self->limit_seconds > 0) {
        CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, on, eddy_group_join(&self->group),
                                       self->limit_seconds));
        note("limit=%s@%g", name_of(eddy_co_error(co)), now());
    } else {
        self->each[0].future = eddy_group_join(&self->group);
        CO_AWAIT(co,
                 eddy_wait(&self->wait, on, self->each, 1, EDDY_ALL_COMPLETED, self->wait_seconds));
        note("wait=%s@%g", name_of(eddy_awaited_error(&self->each[0])), now());
    }
    if (self->on)
        CO_AWAIT(co, self->on);
    if (self->again) {
        CO_TRY_AWAIT(co, eddy_group_join(&self->group));
        note("again=%s@%g", name_of(eddy_co_error(co)), now());
    }
    CO_FINALLY(co);
    CO_TRY_AWAIT(co, eddy_group_close(&self->group));
    note("close=%s@%g %s requests=%u", name_of(eddy_co_error(co)), now(),
         name_of(eddy_co_outcome(co)), eddy_task_cancelling(co->task));
    CO_END(co);
}

static struct impatient i_frame;

#define START_IMPATIENT(...) eddy_task_start(&a, &loop, impatient, &i_frame, __VA_ARGS__)

static void with_limits(void)
{
    CASE("a scope around a join: the members end, and it is a time-out") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            BOUND_B(.start = two_good, .seconds = 1.5);
            run_out();
            EXPECT("y.OK@1 x.ECANCELED@1.5 ETIMEDOUT@1.5 requests=0");
            tear_down();
        }
    }

    CASE("a scope around a group in which a member fails in time: no time-out") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            BOUND_B(.start = one_fails, .seconds = 1.5);
            run_out();
            EXPECT("x.EIO@1 y.ECANCELED@3 z.EPIPE@4 EIO@4 requests=0");
            tear_down();
        }
    }

    CASE("a scope within a group: its time-out, and the group's interrupt, are two things") {
        for (int mode = 0; mode < 4; mode++) {
            set_up_futures(mode % 2);
            BOUND_B(.start = two_fail, .group_first = true, .seconds = mode < 2 ? 0.5 : 5);
            run_out();
            if (mode < 2)
                EXPECT("x.ECANCELED@0.5 y.ECANCELED@0.5 z.ECANCELED@0.5 ETIMEDOUT@0.5 requests=0");
            else
                EXPECT("x.EIO@1 y.EPIPE@1 z.ECANCELED@1 EIO@1 requests=0");
            tear_down();
        }
    }

    CASE("a scope and a member's error in one batch: the member's error, not lost") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            BOUND_B(.start = two_fail, .group_first = true, .seconds = 1);
            run_out();
            CHECK(strstr(trace, "requests=0") != NULL);
            CHECK(strstr(trace, "EIO@1") || strstr(reported, "and so has its owner"));
            tear_down();
        }
    }

    CASE("a limit over a join: the members have ended before the time-out is told") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            START_IMPATIENT(.start = one_good, .limit_seconds = 1);
            run_out();
            EXPECT("x.ECANCELED@1 limit=ETIMEDOUT@1 close=OK@1 OK requests=0");
            tear_down();
        }
    }

    CASE("who gives up waiting for a join can still close the group") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            CAUSE("nobody awaits that join any more, and yet it keeps close from doing its work");
            START_IMPATIENT(.start = one_good, .wait_seconds = 1);
            run_out();
            EXPECT("wait=EDDY_EPENDING@1 x.ECANCELED@1 close=OK@1 OK requests=0");
            tear_down();
        }
    }

    CASE("who gives up waiting for a join can join again") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            START_IMPATIENT(.start = one_good, .wait_seconds = 1, .again = true);
            run_out();
            EXPECT("wait=EDDY_EPENDING@1 x.OK@2 again=OK@2 close=OK@2 OK requests=0");
            tear_down();
        }
    }

    CASE("a member that fails when nobody waits for the join any more interrupts the owner") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            START_IMPATIENT(.start = two_fail, .wait_seconds = 0.5, .on = &future);
            run_out();
            EXPECT("wait=EDDY_EPENDING@0.5 x.EIO@1 y.EPIPE@1 z.ECANCELED@1 close=EIO@1 EIO "
                   "requests=0");
            tear_down();
        }
    }

    CASE("an error of which no join has heard is told by the close, though all have ended") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            CAUSE("the join that nobody waits for has taken the error with it");
            eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60,
                            .goodbye = 5);
            START_IMPATIENT(.start = two_fail, .wait_seconds = 0.5, .on = &inner.future);
            run_out();
            EXPECT("wait=EDDY_EPENDING@0.5 x.EIO@1 y.EPIPE@1 z.ECANCELED@1 i.ECANCELED@6 "
                   "close=EIO@6 EIO requests=0");
            tear_down();
        }
    }
}

/* ---- Adding and spawning ------------------------------------------------------------------------- */

/* Adds and spawns when the group ends, in its cleanup section. */
struct latecomer {
    struct eddy_co co;
    struct eddy_group *of;
    struct eddy_sleep sleep;
    struct eddy_task task;
    struct slow frame;
    struct eddy_member *member;
};

static struct eddy_step latecomer(struct eddy_co *co)
{
    struct latecomer *self = CO_FRAME(co, latecomer);
    struct eddy_loop *on = eddy_co_loop(co);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, on, 60));
    CO_FINALLY(co);
    CHECK_CODE(eddy_group_spawn(self->of, slow, .name = "never"), -ECANCELED);
    eddy_task_start(&self->task, on, slow, &self->frame, .name = "late", .seconds = 60,
                    .goodbye = 2);
    CO_AWAIT(co, eddy_next_turn());
    CHECK_CODE(eddy_group_add(self->of, self->member, &self->task.future), 0);
    CO_AWAIT(co, &self->task.future);
    note("latecomer@%g", now());
    CO_END(co);
}

static struct eddy_member late;

static void come_late(struct eddy_group *of)
{
    memset(&late, 0, sizeof late);
    CHECK_CODE(eddy_group_spawn(of, latecomer, .of = of, .member = &late), 0);
}

/* All that may go wrong with a group of one's own. */
struct clumsy {
    struct eddy_co co;
    struct eddy_group group, second;
    struct eddy_member members[4];
    struct eddy_future *theirs, *spawned;
};

static struct eddy_step clumsy(struct eddy_co *co)
{
    struct clumsy *self = CO_FRAME(co, clumsy);

    CO_BEGIN(co);
    CHECK_CODE(eddy_group_spawn(&self->group, slow, .name = "never"), EDDY_ECLOSED);
    CHECK_CODE(eddy_group_add(&self->group, &self->members[0], &future), EDDY_ECLOSED);
    eddy_group_cancel(&self->group);
    CO_TRY_AWAIT(co, eddy_group_join(&self->group));
    CHECK_CODE(eddy_co_error(co), EDDY_ECLOSED);
    CO_TRY_AWAIT(co, eddy_group_close(&self->group));
    CHECK_CODE(eddy_co_error(co), 0);
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    CHECK_CODE(eddy_group_open(&self->group, co), EDDY_EQUEUED);
    CHECK_CODE(eddy_group_open(&self->second, co), 0);
    CHECK_CODE(eddy_group_add(&self->group, &self->members[0], self->theirs), EDDY_EOTHER);
    CHECK_CODE(eddy_group_add(&self->group, &self->members[0], self->spawned), -EINVAL);
    CHECK_CODE(eddy_group_add(&self->group, &self->members[0], &co->task->future), EDDY_EDEADLOCK);
    CHECK_CODE(eddy_group_add(&self->group, &self->members[0], &future), 0);
    CHECK_CODE(eddy_group_add(&self->group, &self->members[0], &next), EDDY_EQUEUED);
    CHECK_CODE(eddy_group_add(&self->second, &self->members[0], &next), EDDY_EQUEUED);
    CHECK_CODE(eddy_group_add(&self->second, &self->members[1], &future), 0);
    CHECK_CODE(eddy_group_add(&self->second, &self->members[2], &future), 0);
    CHECK_CODE(eddy_group_add(&self->second, &self->members[3], NULL), 0);
    CHECK_INT(self->group.failures + self->second.failures, 0);
    CO_AWAIT(co, eddy_group_join(&self->group));
    note("joined@%g", now());
    CO_AWAIT(co, eddy_group_join(&self->second));
    note("second@%g", now());
    CHECK_CODE(eddy_group_add(&self->group, &self->members[0], &future), 0);
    CO_AWAIT(co, eddy_group_join(&self->group));
    note("again");
    CO_FINALLY(co);
    CO_TRY_AWAIT(co, eddy_group_close(&self->second));
    CO_TRY_AWAIT(co, eddy_group_close(&self->group));
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    CO_TRY_AWAIT(co, eddy_group_close(&self->group));
    CO_TRY_AWAIT(co, eddy_group_join(&self->group));
    CHECK_CODE(eddy_co_error(co), EDDY_ECLOSED);
    CO_END(co);
}

/* A member that joins its own group, or closes it. */
struct meddler {
    struct eddy_co co;
    struct eddy_group *of;
};

static struct eddy_step meddler(struct eddy_co *co)
{
    struct meddler *self = CO_FRAME(co, meddler);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_group_join(self->of));
    note("%s", name_of(eddy_co_error(co)));
    CO_TRY_AWAIT(co, eddy_group_close(self->of));
    note("%s", name_of(eddy_co_error(co)));
    CO_END(co);
}

static void meddle(struct eddy_group *of)
{
    CHECK_CODE(eddy_group_spawn(of, meddler, .of = of), 0);
}

static void failed_already(struct eddy_group *of)
{
    static struct eddy_member member;
    static struct eddy_future failed;

    memset(&member, 0, sizeof member);
    eddy_future_init_done(&failed, &loop, -EIO);
    CHECK_CODE(eddy_group_add(of, &member, &failed), 0);
    spawn(of, "x", 1, 0);
}

/* Cancels its members, and goes on with new ones. */
struct renewer {
    struct eddy_co co;
    struct eddy_group group;
};

static struct eddy_step renewer(struct eddy_co *co)
{
    struct renewer *self = CO_FRAME(co, renewer);

    CO_BEGIN(co);
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    spawn_slow_end(&self->group, "x", 2, 0);
    spawn(&self->group, "y", 3, 0);
    CO_AWAIT(co, eddy_next_turn());
    eddy_group_cancel(&self->group);
    eddy_group_cancel(&self->group);
    spawn(&self->group, "z", 1, 0);
    CO_AWAIT(co, eddy_group_join(&self->group));
    note("joined@%g failures=%zu", now(), self->group.failures);
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

static void failing_spawn(struct eddy_group *of)
{
    spawn(of, "x", 1, -EIO);
}

static void slow_and_failing(struct eddy_group *of)
{
    spawn_slow_end(of, "x", 2, -EIO);
}

static void fail_alone(struct eddy_group *of)
{
    spawn(of, "x", 1, -EIO);
}

/* Until the owner's join is done, and the owner in line to hear of it. */
static void end_join(double seconds)
{
    turns(2);
    scripted_advance(seconds);
    for (int most = 10; most > 0 && !eddy_list_empty(&group->members); most--)
        turns(1);
    CHECK(eddy_future_done(&group->future));
}

static void adding(void)
{
    CASE("a group that ends takes no new task; one that is added is cancelled, and waited for") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = come_late);
            run_out();
            EXPECT("late.ECANCELED@2 latecomer@2 close=OK@2 OK requests=0");
            tear_down();
        }
    }

    CASE("every misuse is a code, and changes nothing") {
        for (int mode = 0; mode < 2; mode++) {
            struct clumsy frame;
            struct eddy_loop other;
            struct eddy_future theirs;
            struct later later;
            set_up_futures(mode);
            CHECK_OK(eddy_loop_open(&other, &scripted));
            eddy_future_init(&theirs, &other);
            CHECK_OK(eddy_spawn(&loop, slow, .name = "s", .seconds = 9));
            eddy_task_start(&a, &loop, clumsy, &frame, .theirs = &theirs,
                            .spawned = &eddy_next_task(&loop, NULL)->future);
            call_in(&later, 1, set_result);
            run_out();
            EXPECT("joined@1 second@1 again s.OK@9");
            CHECK_CODE(outcome(&a), 0);
            CHECK_CODE(next.err, EDDY_EPENDING);
            CHECK_CODE(theirs.err, EDDY_EPENDING);
            CHECK_INT(reports, 0);
            CHECK_CODE(eddy_loop_close(&other), 0);
            tear_down();
        }
    }

    CASE("a group that is being joined or closed is not joined or closed by another one") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = meddle, .joins = true);
            run_out();
            EXPECT("EDDY_EWATCHED EDDY_EWATCHED join=OK@0 close=OK@0 OK requests=0");
            tear_down();
        }
    }

    CASE("a future that has failed already is a member that fails") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = failed_already, .joins = true);
            run_out();
            EXPECT("x.ECANCELED@0 join=EIO@0 close=OK@0 EIO requests=0");
            tear_down();
        }
    }

    CASE("while another task joins, the owner's close does its work, and ends that join") {
        for (int mode = 0; mode < 2; mode++) {
            struct catcher joiner;
            set_up_futures(mode);
            CAUSE("the owner's close is refused, and its frame goes with the group open");
            OWN_A(.start = slow_and_failing, .on = &future);
            turns(2);
            eddy_task_start(&b, &loop, catcher, &joiner, .name = "b", .on = eddy_group_join(group));
            turns(2);
            set_result();
            run_out();
            EXPECT("b on=OK@0 x.EIO@2 b=EIO b.OK close=EIO@2 EIO requests=0");
            tear_down();
        }
    }

    CASE("a join that is done, and not yet heard of, is nobody else's: EDDY_EWATCHED") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = fail_alone, .joins = true);
            end_join(1);
            CHECK_CODE(eddy_group_join(group)->err, EDDY_EWATCHED);
            run_out();
            EXPECT("x.EIO@1 join=EIO@1 close=OK@1 EIO requests=0");
            tear_down();
            set_up_futures(mode);
            OWN_A(.start = one_good, .joins = true);
            end_join(2);
            spawn(group, "y", 1, 0);
            CHECK_CODE(eddy_group_join(group)->err, EDDY_EWATCHED);
            CHECK_CODE(eddy_group_close(group)->err, EDDY_EWATCHED);
            run_out();
            EXPECT("x.OK@2 join=OK@2 y.ECANCELED@2 close=OK@2 OK requests=0");
            tear_down();
        }
    }

    CASE("cancelling the members ends those that there are, and the group goes on") {
        for (int mode = 0; mode < 2; mode++) {
            struct renewer frame;
            set_up_futures(mode);
            eddy_task_start(&a, &loop, renewer, &frame);
            run_out();
            EXPECT("y.ECANCELED@0 z.OK@1 x.ECANCELED@2 joined@2 failures=0");
            CHECK_CODE(outcome(&a), 0);
            tear_down();
        }
    }

    CASE("after an error that was told no new member is taken, and the error is told once") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = failing_spawn, .joins = true, .tries = true, .on = eddy_next_turn(),
                  .then = &future);
            run_out();
            EXPECT("on=OK@0 x.EIO@1 join=EIO@1");
            CHECK_CODE(eddy_group_spawn(group, slow, .name = "never"), -ECANCELED);
            CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
            run_out();
            EXPECT("then=OK close=OK@1 OK requests=0");
            tear_down();
        }
    }
}

/* ---- In one another, and in calls ---------------------------------------------------------------- */

/* A group within a group: in a member, or in a called coroutine; with a member that fails. */
struct nested {
    struct eddy_co co;
    int depth;
    struct eddy_group group;
};

static struct eddy_step nested(struct eddy_co *co)
{
    struct nested *self = CO_FRAME(co, nested);

    CO_BEGIN(co);
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    spawn(&self->group, "m", 60, 0);
    if (self->depth == 0)
        spawn(&self->group, "x", 1, -EIO);
    else
        CHECK_CODE(eddy_group_spawn(&self->group, nested, .depth = self->depth - 1), 0);
    CO_AWAIT(co, eddy_group_join(&self->group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->group));
    note("%d=%s", self->depth, name_of(eddy_co_outcome(co)));
    CO_END(co);
}

/* Calls an owner, and goes on. */
struct caller {
    struct eddy_co co;
    void (*start)(struct eddy_group *group);
    struct eddy_future *on;
    bool joins;
    struct owner owner;
};

static struct eddy_step caller(struct eddy_co *co)
{
    struct caller *self = CO_FRAME(co, caller);

    CO_BEGIN(co);
    CO_TRY_CALL(co, owner, &self->owner, .start = self->start, .on = self->on,
                .joins = self->joins);
    note("call=%s", name_of(eddy_co_error(co)));
    CO_TRY_AWAIT(co, eddy_next_turn());
    note("then=%s", name_of(eddy_co_error(co)));
    CO_END(co);
}

static void in_one_another(void)
{
    CASE("an error goes up through four groups, and each has ended before the next") {
        for (int mode = 0; mode < 2; mode++) {
            struct nested frame;
            set_up_futures(mode);
            eddy_task_start(&a, &loop, nested, &frame, .depth = 3);
            run_out();
            EXPECT("x.EIO@1 m.ECANCELED@1 0=EIO m.ECANCELED@1 1=EIO m.ECANCELED@1 2=EIO "
                   "m.ECANCELED@1 3=EIO");
            CHECK_INT(reports, 1); /* nobody awaits the outermost */
            tear_down();
        }
    }

    CASE("a cancel goes down through four groups") {
        for (int mode = 0; mode < 2; mode++) {
            struct nested frame;
            set_up_futures(mode);
            eddy_task_start(&a, &loop, nested, &frame, .depth = 3);
            scripted_advance(0.5);
            turns(8);
            cancel_a();
            run_out();
            CHECK(strstr(trace, "0=ECANCELED 1=ECANCELED 2=ECANCELED 3=ECANCELED") != NULL);
            CHECK_INT(reports, 0);
            tear_down();
        }
    }

    CASE("a group in a called coroutine interrupts what that awaits, and its caller goes on") {
        for (int mode = 0; mode < 4; mode++) {
            struct caller frame;
            set_up_futures(mode % 2);
            eddy_task_start(&a, &loop, caller, &frame, .start = two_fail, .joins = mode < 2,
                            .on = mode < 2 ? NULL : &future);
            run_out();
            if (mode < 2)
                EXPECT("x.EIO@1 y.EPIPE@1 z.ECANCELED@1 join=EIO@1 close=OK@1 EIO requests=0 "
                       "call=EIO then=OK");
            else
                EXPECT("x.EIO@1 y.EPIPE@1 z.ECANCELED@1 on=ECANCELED@1 close=EIO@1 EIO requests=0 "
                       "call=EIO then=OK");
            tear_down();
        }
    }
}

/* ---- Memory -------------------------------------------------------------------------------------- */

/* Its frame wants to lie at a multiple of 64. */
struct aligned {
    struct eddy_co co;
    _Alignas(64) char line[64];
    int *seen;
    struct eddy_sleep sleep;
};

static struct eddy_step aligned(struct eddy_co *co)
{
    struct aligned *self = CO_FRAME(co, aligned);

    CO_BEGIN(co);
    CHECK_INT((uintptr_t)self % 64, 0);
    CHECK_INT((uintptr_t)self->line % 64, 0);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1));
    CHECK_TEXT(self->line, "as it was given");
    ++*self->seen;
    CO_END(co);
}

static int seen;

static void start_aligned(struct eddy_group *of)
{
    for (int i = 0; i < 100; i++)
        CHECK_CODE(eddy_group_spawn(of, aligned, .line = "as it was given", .seen = &seen), 0);
}

/* Tells which task it is. */
struct known {
    struct eddy_co co;
    struct eddy_task **task;
    struct eddy_sleep sleep;
};

static struct eddy_step known(struct eddy_co *co)
{
    struct known *self = CO_FRAME(co, known);

    CO_BEGIN(co);
    *self->task = eddy_current_task();
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1));
    CO_FAIL(co, -EIO);
    CO_END(co);
}

static struct eddy_task *known_task;

static void start_known(struct eddy_group *of)
{
    CHECK_CODE(eddy_group_spawn(of, known, .task = &known_task), 0);
}

enum { MANY = 10000 };

static void start_many(struct eddy_group *of)
{
    for (int i = 0; i < MANY; i++)
        CHECK_CODE(eddy_group_spawn(of, breeder, .of = of), 0);
}

/* Has a task in its frame, which refuses as long as it can. */
struct house {
    struct eddy_co co;
    struct eddy_task task;
    struct slow frame;
};

static struct eddy_step house(struct eddy_co *co)
{
    struct house *self = CO_FRAME(co, house);

    CO_BEGIN(co);
    eddy_task_start(&self->task, eddy_co_loop(co), slow, &self->frame, .name = "within",
                    .seconds = 60, .refusals = 1000);
    for (;;)
        CO_TRY_AWAIT(co, &self->task.future);
    CO_END(co);
}

static void start_house(struct eddy_group *of)
{
    CHECK_CODE(eddy_group_spawn(of, house), 0);
}

/* Its cleanup section has a group. */
struct last_will {
    struct eddy_co co;
    struct eddy_group group;
};

static struct eddy_step last_will(struct eddy_co *co)
{
    struct last_will *self = CO_FRAME(co, last_will);

    CO_BEGIN(co);
    CO_AWAIT(co, &future);
    CO_FINALLY(co);
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    one_good(&self->group);
    CO_AWAIT(co, eddy_group_join(&self->group));
    note("join=%s@%g", name_of(eddy_co_error(co)), now());
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

static int spawn_code;

static void spawn_without_memory(struct eddy_group *of)
{
    faults_plan("calloc@1+=ENOMEM,malloc@1+=ENOMEM");
    spawn_code = eddy_group_spawn(of, slow, .name = "never");
    CHECK_CODE(spawn_code, -ENOMEM);
    faults_plan("malloc@1+=ENOMEM");
    spawn_code = eddy_group_spawn(of, slow, .name = "never");
    CHECK_CODE(spawn_code, -ENOMEM);
    faults_plan("");
    spawn(of, "x", 1, 0);
}

static void memory(void)
{
    CASE("the frame of a member lies where its type wants it, with what it was given") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            seen = 0;
            OWN_A(.start = start_aligned, .joins = true);
            run_out();
            EXPECT("join=OK@1 close=OK@1 OK requests=0");
            CHECK_INT(seen, 100);
            tear_down();
        }
    }

    CASE("somebody else may await a member's task, and has its outcome before the block goes") {
        for (int mode = 0; mode < 2; mode++) {
            struct waiter frame;
            struct catcher second;
            set_up_futures(mode);
            OWN_A(.start = start_known, .joins = true);
            turns(2);
            eddy_task_start(&b, &loop, waiter, &frame, .name = "b", .on = &known_task->future);
            eddy_task_start(&inner, &loop, catcher, &second, .name = "c",
                            .on = &known_task->future);
            run_out();
            EXPECT("b c b.EIO c=EIO c.OK join=EIO@1 close=OK@1 EIO requests=0");
            tear_down();
        }
    }

    CASE("ten thousand members cost time in proportion, and leave nothing") {
        set_up_futures(0);
        OWN_A(.start = start_many, .joins = true);
        run_out();
        CHECK_CODE(outcome(&a), 0);
        CHECK_INT(timers(), 0);
        tear_down();
    }

    CASE("without memory nothing is spawned, and later it works, nor is a group opened") {
        set_up_futures(0);
        OWN_A(.start = spawn_without_memory, .joins = true);
        faults_plan("calloc@1+=ENOMEM");
        turns(1);
        faults_plan("");
        EXPECT("close=OK@0 ENOMEM requests=0");
        OWN_A(.start = spawn_without_memory, .joins = true);
        run_out();
        EXPECT("x.OK@1 join=OK@1 close=OK@1 OK requests=0");
        tear_down();
    }

    CASE("to join, to add, to cancel and to close need no memory") {
        set_up_futures(0);
        OWN_A(.start = one_is_cancelled, .on = &next, .joins = true);
        turns(2);
        faults_plan("calloc@1+=ENOMEM,malloc@1+=ENOMEM,realloc@1+=ENOMEM");
        CHECK_CODE(eddy_future_set_result(&next, NULL), 0);
        turns(3);
        cancel_a();
        turns(8);
        faults_plan("");
        CHECK_CODE(outcome(&a), -ECANCELED);
        tear_down();
    }

    CASE("an owner that is abandoned leaves its members, and they go on by themselves") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            CHECK_OK(eddy_spawn(&loop, owner, .start = two_good, .joins = true));
            turns(2);
            eddy_task_abandon(eddy_next_task(&loop, NULL));
            run_out();
            EXPECT("y.OK@1 x.OK@2");
            tear_down();
        }
    }

    CASE("an owner is abandoned while somebody else waits for the join: that one is told") {
        for (int mode = 0; mode < 2; mode++) {
            struct catcher frame;
            set_up_futures(mode);
            OWN_A(.start = one_good, .on = &future);
            turns(2);
            eddy_task_start(&b, &loop, catcher, &frame, .name = "b", .on = eddy_group_join(group));
            turns(1);
            eddy_task_abandon(&a);
            run_out();
            EXPECT("b b=ECANCELED b.OK x.OK@2");
            tear_down();
        }
    }

    CASE("a member that is abandoned counts as one that has failed") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = start_known, .joins = true);
            turns(2);
            eddy_task_abandon(known_task);
            run_out();
            EXPECT("join=EDDY_ETASKS@0 close=OK@0 EDDY_ETASKS requests=0");
            CHECK_INT(timers(), 0);
            tear_down();
        }
    }

    CASE("a member that is abandoned takes along the tasks that lie in its block") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            IF_CRASH("the block went, and a task in it went on");
            OWN_A(.start = start_house, .joins = true);
            turns(3);
            eddy_task_abandon(eddy_next_task(&loop, &a));
            run_out();
            EXPECT("join=EDDY_ETASKS@0 close=OK@0 EDDY_ETASKS requests=0");
            CHECK(eddy_next_task(&loop, NULL) == NULL);
            CHECK_INT(timers(), 0);
            tear_down();
        }
    }

    CASE("a loop that is shut down ends groups, and what refuses is abandoned with all it has") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            CHECK_OK(eddy_spawn(&loop, owner, .start = start_house, .joins = true));
            turns(3);
            CHECK_CODE(eddy_loop_shutdown(&loop, 9), EDDY_ETASKS);
            CHECK_INT(timers(), 0);
            tear_down();
        }
    }

    CASE("a loop that is shut down ends a group as a cancel of its owner does") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            OWN_A(.start = one_good, .joins = true);
            turns(2);
            CHECK_CODE(eddy_loop_shutdown(&loop, 9), 0);
            EXPECT("x.ECANCELED@0 join=ECANCELED@0 close=OK@0 ECANCELED requests=1");
            CHECK_INT(reports, 0);
            tear_down();
        }
    }

    CASE("a group of a cleanup section is a part of it, also while the loop is shut down") {
        for (int mode = 0; mode < 2; mode++) {
            struct last_will frame;
            set_up_futures(mode);
            eddy_task_start(&a, &loop, last_will, &frame);
            turns(1);
            CHECK_CODE(eddy_loop_shutdown(&loop, 9), 0);
            EXPECT("x.OK@2 join=OK@2");
            tear_down();
        }
    }

    CASE("a stuck loop says of whom a group waits for an end") {
        set_up_futures(0);
        OWN_A(.start = one_is_cancelled, .joins = true);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &a.future), EDDY_ESTUCK);
        CHECK(strstr(reported, "owner (tests/07-gather/group.c:") != NULL);
        CHECK(strstr(reported, "awaits group") != NULL);
        cancel_a();
        run_out();
        tear_down();
    }
}

TESTS
{
    their_end();
    fails();
    owner_fails();
    with_limits();
    adding();
    in_one_another();
    memory();
}
