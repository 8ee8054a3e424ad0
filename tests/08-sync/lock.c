/* A lock: one owner, first come first served, and what was handed over is had. */
#include "shared.h"

#include "context.h"
#include "lock.h"

static struct eddy_lock lock, other;

/* Takes the lock, holds it for some seconds, gives it back. `acts` is called before that. */
struct user {
    struct eddy_co co;
    const char *name;
    double seconds, limit;
    void (*acts)(void);
    void (*acts_after)(void);
    struct eddy_locking locking;
    struct eddy_wait_for wait_for;
    struct eddy_sleep sleep;
};

static struct eddy_step user(struct eddy_co *co)
{
    struct user *self = CO_FRAME(co, user);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co,
                 within(self->limit, &self->wait_for, eddy_lock_acquire(&self->locking, &lock)));
    note("%s=%s", self->name, eddy_errname(eddy_co_error(co)));
    if (eddy_co_error(co) < 0)
        CO_FAIL(co, eddy_co_error(co));
    CHECK(eddy_lock_mine(&lock) && eddy_lock_locked(&lock));
    if (self->seconds > 0)
        CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, self->seconds));
    else
        CO_AWAIT(co, eddy_next_turn());
    if (self->acts)
        self->acts();
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    eddy_lock_release(&lock);
    if (self->acts_after)
        self->acts_after();
    CO_END(co);
}

enum { A, B, C, USERS };

static struct eddy_task tasks[USERS];
static struct user frames[USERS];

#define START(i, ...) eddy_task_start(&tasks[i], &loop, user, &frames[i], __VA_ARGS__)

static void set_up_locks(int mode)
{
    set_up_in(mode);
    eddy_lock_init(&lock, &loop);
    eddy_lock_init(&other, &loop);
}

/* a has it for a second; b and c wait. */
static void set_up_three(int mode, void (*acts)(void), void (*acts_after)(void))
{
    set_up_locks(mode);
    START(A, .name = "a", .seconds = 1, .acts = acts, .acts_after = acts_after);
    START(B, .name = "b");
    START(C, .name = "c");
}

static void tear_down_locks(void)
{
    CHECK(!eddy_lock_locked(&lock) && eddy_list_empty(&lock.line));
    CHECK(!eddy_lock_locked(&other) && eddy_list_empty(&other.line));
    CHECK_INT((int)loop.timers.count, 0);
    tear_down();
}

static void cancel_b(void)
{
    cancel_task(&tasks[B]);
}

/* ---- In order ---------------------------------------------------------------------------------- */

static struct eddy_locking again;

static void ask_again(void)
{
    CHECK(lock.owner == &tasks[B]); /* handed over, though b has not run */
    note("again=%s", eddy_errname(eddy_lock_acquire(&again, &lock)->err));
    CHECK_INT(length_of(&lock.line), 2);
    eddy_future_cancel(&again.waiter.future);
}

static void in_order(void)
{
    CASE("who waits for a lock gets it in the order of coming") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_three(mode, NULL, NULL);
            turns(2);
            EXPECT("a=OK");
            CHECK_INT(length_of(&lock.line), 2);
            run_out();
            EXPECT("a.OK b=OK b.OK c=OK c.OK");
            tear_down_locks();
        }
    }

    CASE("a release hands the lock over: who asks anew at once stands at the end of the line") {
        set_up_three(0, NULL, ask_again);
        run_out();
        EXPECT("a=OK a.OK again=EDDY_EPENDING b=OK b.OK c=OK c.OK");
        tear_down_locks();
    }
}

/* ---- What is refused --------------------------------------------------------------------------- */

static struct eddy_locking mine, theirs;

static void release_what_is_not_held(void)
{
    CHECK(!eddy_lock_mine(&lock));
    CHECK_CODE(eddy_lock_release(&lock), -EPERM);
}

static void lock_twice(void)
{
    CHECK_CODE(eddy_lock_acquire(&mine, &lock)->err, 0);
    CHECK_CODE(eddy_lock_acquire(&theirs, &lock)->err, EDDY_EDEADLOCK);
    CHECK_CODE(eddy_lock_acquire(&mine, &lock)->err, EDDY_EDEADLOCK);
    CHECK_CODE(eddy_lock_release(&lock), 0);
    CHECK_CODE(eddy_lock_release(&lock), -EPERM);
}

static void wait_twice(void)
{
    CHECK_CODE(eddy_lock_acquire(&mine, &lock)->err, EDDY_EPENDING);
    CHECK_CODE(eddy_lock_acquire(&mine, &lock)->err, EDDY_EQUEUED);
    CHECK_CODE(mine.waiter.future.err, EDDY_EPENDING); /* the first goes on waiting */
    CHECK_INT(length_of(&lock.line), 1);
    CHECK(eddy_future_cancel(&mine.waiter.future));
}

static struct eddy_lock foreign;

static void lock_foreign(void)
{
    CHECK_CODE(eddy_lock_acquire(&mine, &foreign)->err, EDDY_EOTHER);
    CHECK(!eddy_lock_locked(&foreign));
}

static void touch_from_a_thread(void)
{
    CHECK_CODE(eddy_lock_acquire(&mine, &lock)->err, -EINVAL);
    CHECK_CODE(eddy_lock_release(&lock), -EPERM);
    CHECK(!eddy_lock_mine(&lock));
}

static void touch_in_a_thread(void)
{
    call_in_thread(touch_from_a_thread);
}

static void is_refused(void)
{
    CASE("to release a lock that nobody has, or another task, is refused, and nothing happens") {
        set_up_locks(0);
        CHECK_CODE(eddy_lock_release(&lock), -EPERM);
        call_in_task(release_what_is_not_held);
        START(A, .name = "a", .seconds = 1);
        turns(2);
        call_in_task(release_what_is_not_held);
        turns(2);
        CHECK(lock.owner == &tasks[A]);
        CHECK_CODE(eddy_lock_release(&lock), -EPERM); /* a plain callback */
        CHECK(lock.owner == &tasks[A]);
        run_out();
        tear_down_locks();
    }

    CASE("a task that has the lock, and wants it again, would wait for itself") {
        set_up_locks(0);
        call_in_task(lock_twice);
        run_out();
        tear_down_locks();
    }

    CASE("one locking waits once, and a plain callback is no task that could have a lock") {
        set_up_locks(0);
        START(A, .name = "a", .seconds = 1);
        call_in_task(wait_twice);
        run_out();
        CHECK_CODE(eddy_lock_acquire(&mine, &lock)->err, -EINVAL);
        tear_down_locks();
    }

    CASE("a task of another loop cannot have it") {
        static struct eddy_loop another;
        set_up_locks(0);
        CHECK_OK(eddy_loop_open(&another, &scripted));
        eddy_lock_init(&foreign, &another);
        call_in_task(lock_foreign);
        run_out();
        CHECK_OK(eddy_loop_close(&another));
        tear_down_locks();
    }

    CASE("another thread neither gets the lock nor releases it") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_three(mode, NULL, NULL);
            call_in(&later, 0.5, touch_in_a_thread);
            run_out();
            EXPECT("a=OK a.OK b=OK b.OK c=OK c.OK");
            tear_down_locks();
        }
    }
}

/* ---- Cancels and limits ------------------------------------------------------------------------ */

static void look_at_b(void)
{
    CHECK(lock.owner == &tasks[B]);
    cancel_b();
    CHECK(lock.owner == &tasks[B]);
}

static void give_and_cancel(void)
{
    CHECK(lock.owner == &tasks[C]); /* b was cancelled before */
}

/* So that the limit is due in the turn of the release, after it. */
static void let_time_pass(void)
{
    scripted_advance(1);
}

static void cancels(void)
{
    CASE("who is cancelled leaves the line at once, and the next one gets the lock") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_three(mode, NULL, NULL);
            turns(2);
            cancel_b();
            CHECK_INT(length_of(&lock.line), 1);
            run_out();
            EXPECT("a=OK b=ECANCELED b.ECANCELED a.OK c=OK c.OK");
            tear_down_locks();
        }
    }

    CASE("asyncio 270: who was handed the lock, and is cancelled before it runs, passes it on") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_three(mode, NULL, look_at_b);
            run_out();
            EXPECT("a=OK a.OK b=OK b.ECANCELED c=OK c.OK");
            tear_down_locks();
        }
    }

    CASE("anyio 1145: one cancelled at the head, at a release, strands nobody after it") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_three(mode, cancel_b, give_and_cancel);
            run_out();
            EXPECT("a=OK a.OK b=ECANCELED b.ECANCELED c=OK c.OK");
            tear_down_locks();
        }
    }

    CASE("a limit takes its waiter out of the line, and the next one gets the lock") {
        set_up_locks(0);
        START(A, .name = "a", .seconds = 2);
        START(B, .name = "b", .limit = 1);
        START(C, .name = "c", .limit = 3);
        run_out();
        EXPECT("a=OK b=ETIMEDOUT b.ETIMEDOUT a.OK c=OK c.OK");
        tear_down_locks();
    }

    CASE("cpython 86296: a lock that is handed over as the limit ends is had, not lost") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_locks(mode);
            loop.slow_callback_duration = 10;
            START(A, .name = "a", .seconds = 1);
            START(B, .name = "b", .limit = 1.5);
            call_in(&later, 1, let_time_pass);
            START(C, .name = "c");
            run_out();
            EXPECT("a=OK a.OK b=OK b.OK c=OK c.OK");
            tear_down_locks();
        }
    }

    CASE("asyncio 343: under a limit, too, the lock is had, and the cancel lands later") {
        set_up_locks(0);
        START(A, .name = "a", .seconds = 1, .acts_after = look_at_b);
        START(B, .name = "b", .limit = 5);
        START(C, .name = "c");
        run_out();
        EXPECT("a=OK a.OK b=OK b.ECANCELED c=OK c.OK");
        tear_down_locks();
    }
}

/* ---- Who goes without a word ------------------------------------------------------------------- */

static void abandon_b(void)
{
    CHECK(lock.owner == &tasks[B]);
    eddy_task_abandon(&tasks[B]);
}

/* Refuses every cancel, and wants the lock. */
struct refuser {
    struct eddy_co co;
    double limit;
    struct eddy_locking locking;
    struct eddy_wait_for wait_for;
};

static struct eddy_step refuser(struct eddy_co *co)
{
    struct refuser *self = CO_FRAME(co, refuser);

    CO_BEGIN(co);
    do
        CO_TRY_AWAIT(
            co, within(self->limit, &self->wait_for, eddy_lock_acquire(&self->locking, &lock)));
    while (eddy_co_error(co) < 0);
    CO_END(co);
}

/* Two who want both locks, in opposite order. */
struct left {
    struct eddy_co co;
    struct eddy_locking one, two;
};

static struct eddy_step left(struct eddy_co *co)
{
    struct left *self = CO_FRAME(co, left);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->one, &lock));
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_lock_acquire(&self->two, &other));
    CO_FINALLY(co);
    eddy_lock_release(&other);
    eddy_lock_release(&lock);
    CO_END(co);
}

struct right {
    struct eddy_co co;
    struct eddy_locking one, two;
};

static struct eddy_step right(struct eddy_co *co)
{
    struct right *self = CO_FRAME(co, right);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->one, &other));
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_lock_acquire(&self->two, &lock));
    CO_FINALLY(co);
    eddy_lock_release(&lock);
    eddy_lock_release(&other);
    CO_END(co);
}

static void goes(void)
{
    CASE("an abandoned one leaves the line, with or without a limit") {
        for (int limit = 0; limit < 2; limit++) {
            set_up_locks(0);
            START(A, .name = "a", .seconds = 1);
            START(B, .name = "b", .limit = limit * 5);
            START(C, .name = "c");
            turns(2);
            eddy_task_abandon(&tasks[B]);
            memset(&frames[B], 0x5A, sizeof frames[B]);
            CHECK_INT(length_of(&lock.line), 1);
            run_out();
            EXPECT("a=OK a.OK c=OK c.OK");
            tear_down_locks();
        }
    }

    CASE("an abandoned owner has it for ever: what it owns is lost, and the report says so") {
        set_up_three(0, NULL, abandon_b);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &tasks[C].future), EDDY_ESTUCK);
        EXPECT("a=OK a.OK");
        CHECK(strstr(reported, "which a task that has ended has") != NULL);
        CHECK_INT(length_of(&lock.line), 1);
        cancel_task(&tasks[C]);
        run_out();
        CHECK(eddy_list_empty(&lock.line));
        tear_down();
    }

    CASE("spawned ones that refuse to end are abandoned in line, and the line is empty") {
        set_up_locks(0);
        START(A, .name = "a", .seconds = 1e6);
        CHECK_OK(eddy_spawn(&loop, refuser, .limit = 0));
        CHECK_OK(eddy_spawn(&loop, refuser, .limit = 1e5));
        turns(2);
        CHECK_INT(length_of(&lock.line), 2);
        tasks[A].in_cleanup = 1; /* a does not hear of the cancel */
        CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
        CHECK(eddy_list_empty(&lock.line));
        CHECK(lock.owner == &tasks[A]);
        tear_down();
    }

    CASE("two locks, taken crosswise: the loop is stuck, and says which task has what") {
        static struct left left_frame;
        static struct right right_frame;
        set_up_locks(0);
        eddy_task_start(&tasks[A], &loop, left, &left_frame);
        eddy_task_start(&tasks[B], &loop, right, &right_frame);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &tasks[A].future), EDDY_ESTUCK);
        CHECK(strstr(reported, "lock, which right has") != NULL);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &tasks[B].future), EDDY_ESTUCK);
        CHECK(strstr(reported, "lock, which left has") != NULL);
        CHECK_CODE(eddy_task_set_name(&tasks[B], "bob"), 0); /* then that is who it is */
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &tasks[A].future), EDDY_ESTUCK);
        CHECK(strstr(reported, "lock, which bob has") != NULL);
        cancel_task(&tasks[A]);
        run_out();
        CHECK_CODE(outcome(&tasks[A]), -ECANCELED);
        CHECK_CODE(outcome(&tasks[B]), 0);
        tear_down_locks();
    }
}

/* ---- The cost ---------------------------------------------------------------------------------- */

static int entered;

struct quick {
    struct eddy_co co;
    int i;
    struct eddy_locking locking;
};

static struct eddy_step quick(struct eddy_co *co)
{
    struct quick *self = CO_FRAME(co, quick);

    entered++;
    CO_BEGIN(co);
    for (self->i = 0; self->i < 90; self->i++) {
        CO_AWAIT(co, eddy_lock_acquire(&self->locking, &lock));
        CHECK_CODE(eddy_lock_release(&lock), 0);
    }
    CO_END(co);
}

TESTS
{
    in_order();
    is_refused();
    cancels();
    goes();

    CASE("a lock that is free is had without a pause, and none allocates, free or not") {
        static struct eddy_task task;
        static struct quick frame;
        long before;
        set_up_locks(0);
        entered = 0;
        START(A, .name = "a");
        run_out();
        before = allocations();
        eddy_task_start(&task, &loop, quick, &frame);
        turns(1);
        CHECK(eddy_task_done(&task));
        CHECK_INT(entered, 1);
        START(A, .name = "a");
        START(B, .name = "b");
        run_out();
        CHECK_INT(allocations(), before);
        tear_down_locks();
    }
}
