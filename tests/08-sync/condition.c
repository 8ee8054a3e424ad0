/* A condition: a wait gives the lock away, and has it again however it returns. */
#include "shared.h"

#include "condition.h"
#include "gather.h"
#include "timeout.h"

static struct eddy_lock lock;
static struct eddy_condition condition, other;
static int bread, asked;

static bool there_is_bread(void *argument)
{
    CHECK(eddy_lock_locked(&lock));
    CHECK(argument == &bread);
    asked++;
    return bread > 0;
}

/* Waits for bread: for a notification, or until there is some; then takes another turn. */
struct guest {
    struct eddy_co co;
    const char *name;
    double limit;
    bool until;
    void (*acts)(void); /* after its wait */
    struct eddy_locking locking;
    struct eddy_condition_wait wait;
    struct eddy_wait_for wait_for;
};

static struct eddy_future *wait_for_bread(struct guest *self)
{
    return self->until ? eddy_condition_wait_until(&self->wait, &condition, there_is_bread, &bread)
                       : eddy_condition_wait(&self->wait, &condition);
}

static struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &lock));
    CO_TRY_AWAIT(co, within(self->limit, &self->wait_for, wait_for_bread(self)));
    CHECK(eddy_lock_mine(&lock));
    note("%s=%s", self->name, eddy_errname(eddy_co_error(co)));
    if (self->acts)
        self->acts();
    if (eddy_co_error(co) < 0)
        CO_FAIL(co, eddy_co_error(co));
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    eddy_lock_release(&lock);
    CO_END(co);
}

/* Has the lock, and says something, at a time; and keeps it for another second. */
struct baker {
    struct eddy_co co;
    double at, more;
    void (*says)(void), (*then)(void);
    struct eddy_locking locking;
    struct eddy_sleep sleep;
};

static struct eddy_step baker(struct eddy_co *co)
{
    struct baker *self = CO_FRAME(co, baker);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, self->at));
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &lock));
    self->says();
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, self->more));
    if (self->then)
        self->then();
    CO_FINALLY(co);
    eddy_lock_release(&lock);
    CO_END(co);
}

enum { A, B, C, GUESTS };

static struct eddy_task tasks[GUESTS];
static struct guest frames[GUESTS];

#define START(i, ...) eddy_task_start(&tasks[i], &loop, guest, &frames[i], __VA_ARGS__)
#define BAKE(...) CHECK_OK(eddy_spawn(&loop, baker, __VA_ARGS__))

static void set_up_bakery(int mode)
{
    set_up_in(mode);
    bread = asked = 0;
    eddy_lock_init(&lock, &loop);
    eddy_condition_init(&condition, &lock);
    eddy_condition_init(&other, &lock);
}

static void set_up_three(int mode)
{
    set_up_bakery(mode);
    START(A, .name = "a");
    START(B, .name = "b");
    START(C, .name = "c");
    turns(2);
    CHECK_INT(length_of(&condition.line), 3);
    CHECK(!eddy_lock_locked(&lock));
}

static void tear_down_bakery(void)
{
    CHECK(eddy_list_empty(&condition.line) && eddy_list_empty(&other.line));
    CHECK(!eddy_lock_locked(&lock) && eddy_list_empty(&lock.line));
    CHECK_INT((int)loop.timers.count, 0);
    tear_down();
}

static void notify_one(void)
{
    CHECK_CODE(eddy_condition_notify(&condition, 1), 0);
}

static void notify_two(void)
{
    CHECK_CODE(eddy_condition_notify(&condition, 2), 0);
}

static void notify_all(void)
{
    CHECK_CODE(eddy_condition_notify_all(&condition), 0);
}

static void bake_one(void)
{
    bread = 1;
    notify_all();
}

static void eat(void)
{
    bread--;
}

static void say_nothing(void)
{
}

static void cancel_a(void)
{
    cancel_task(&tasks[A]);
}

/* ---- Notifying --------------------------------------------------------------------------------- */

static void notifies(void)
{
    CASE("notify wakes as many as it says, the first who came first, one after the other") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_three(mode);
            BAKE(.says = notify_two);
            run_out();
            EXPECT("a=OK a.OK b=OK b.OK");
            CHECK_INT(length_of(&condition.line), 1);
            BAKE(.says = notify_one);
            run_out();
            EXPECT("c=OK c.OK");
            tear_down_bakery();
        }
    }

    CASE("notify_all wakes all who wait now, without anybody it is not remembered") {
        set_up_bakery(0);
        BAKE(.says = notify_all);
        run_out();
        START(A, .name = "a");
        START(B, .name = "b");
        run_out();
        EXPECT("");
        BAKE(.says = notify_all);
        run_out();
        EXPECT("a=OK a.OK b=OK b.OK");
        tear_down_bakery();
    }

    CASE("a notified one goes on when it gets the lock, and not before") {
        set_up_bakery(0);
        START(A, .name = "a");
        BAKE(.at = 1, .more = 5, .says = notify_one);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &tasks[A].future), 0);
        CHECK(now() == 6);
        EXPECT("a=OK a.OK");
        run_out();
        tear_down_bakery();
    }

    CASE("several conditions of one lock are notified each for itself") {
        set_up_three(0);
        CHECK_INT(length_of(&other.line), 0);
        BAKE(.says = notify_one);
        run_out();
        EXPECT("a=OK a.OK");
        cancel_task(&tasks[B]);
        cancel_task(&tasks[C]);
        run_out();
        EXPECT("b=ECANCELED b.ECANCELED c=ECANCELED c.ECANCELED");
        tear_down_bakery();
    }
}

/* ---- What is refused --------------------------------------------------------------------------- */

static struct eddy_condition_wait wait;

static void touch_without_the_lock(void)
{
    CHECK_CODE(eddy_condition_wait(&wait, &condition)->err, -EPERM);
    CHECK_CODE(eddy_condition_wait_until(&wait, &condition, there_is_bread, &bread)->err, -EPERM);
    CHECK_INT(asked, 0);
    CHECK_CODE(eddy_condition_notify(&condition, 1), -EPERM);
    CHECK_CODE(eddy_condition_notify(&condition, 0), -EPERM);
    CHECK_CODE(eddy_condition_notify_all(&condition), -EPERM);
}

static void touch_in_a_thread(void)
{
    call_in_thread(touch_without_the_lock);
}

static struct eddy_locking again;

static void wait_twice(void)
{
    CHECK_CODE(eddy_lock_acquire(&again, &lock)->err, 0);
    CHECK_CODE(eddy_condition_notify(&condition, -1), -EINVAL);
    CHECK_CODE(eddy_condition_notify(&condition, 0), 0);
    CHECK_CODE(eddy_condition_wait(&wait, &condition)->err, EDDY_EPENDING);
    CHECK_CODE(eddy_condition_wait(&wait, &condition)->err, EDDY_EQUEUED);
    CHECK_CODE(eddy_lock_acquire(&again, &lock)->err, 0);
    CHECK_CODE(eddy_condition_wait(&wait, &condition)->err, EDDY_EQUEUED);
    CHECK_CODE(eddy_condition_notify(&condition, 1), 0);
    CHECK_CODE(eddy_condition_wait(&wait, &condition)->err, EDDY_EQUEUED); /* it takes the lock */
}

static void end_of_wait_twice(struct eddy_handle *handle)
{
    (void)handle;
    note("done=%s", eddy_errname(wait.waiter.future.err));
    lock.owner = NULL; /* its task has ended without giving it back */
}

static void is_refused(void)
{
    CASE("to wait or notify without the lock is refused, and nothing happens") {
        set_up_three(0);
        call_in_task(touch_without_the_lock);
        run_out();
        touch_without_the_lock(); /* in a plain callback, too */
        CHECK_INT(length_of(&condition.line), 3);
        BAKE(.says = notify_all, .more = 0);
        run_out();
        EXPECT("a=OK a.OK b=OK b.OK c=OK c.OK");
        tear_down_bakery();
    }

    CASE("another thread neither waits nor notifies") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_three(mode);
            call_in(&later, 1, touch_in_a_thread);
            BAKE(.at = 0.5, .more = 1, .says = notify_all);
            run_out();
            EXPECT("a=OK a.OK b=OK b.OK c=OK c.OK");
            tear_down_bakery();
        }
    }

    CASE("one wait waits once, also while it takes the lock again") {
        struct eddy_handle done;
        set_up_bakery(0);
        eddy_handle_init(&done, end_of_wait_twice);
        call_in_task(wait_twice);
        turns(1);
        CHECK_OK(eddy_future_add_done_callback(&wait.waiter.future, &done));
        run_out();
        EXPECT("done=OK");
        tear_down_bakery();
    }
}

/* ---- Cancels and limits ------------------------------------------------------------------------ */

/* Waits in a scope of a second; what follows the scope is not meant. */
struct scoped {
    struct eddy_co co;
    struct eddy_timeout scope;
    struct eddy_locking locking;
    struct eddy_condition_wait wait;
};

static struct eddy_step scoped(struct eddy_co *co)
{
    struct scoped *self = CO_FRAME(co, scoped);

    CO_BEGIN(co);
    CHECK_OK(eddy_timeout_open(&self->scope, co, 1));
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &lock));
    CO_TRY_AWAIT(co, eddy_condition_wait(&self->wait, &condition));
    note("wait=%s", eddy_errname(eddy_co_error(co)));
    note("scope=%s", eddy_errname(eddy_timeout_close(&self->scope, co)));
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    note("%s", eddy_errname(eddy_co_outcome(co)));
    CHECK_CODE(eddy_lock_release(&lock), 0);
    CO_END(co);
}

static void cancels(void)
{
    CASE("who is cancelled while it waits returns with the lock, when that is free") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_three(mode);
            BAKE(.says = say_nothing, .more = 5);
            call_in(&later, 1, cancel_a);
            CHECK_CODE(eddy_loop_run_until_complete(&loop, &tasks[A].future), -ECANCELED);
            CHECK(now() == 5);
            EXPECT("a=ECANCELED a.ECANCELED");
            BAKE(.says = notify_all);
            run_out();
            EXPECT("b=OK b.OK c=OK c.OK");
            tear_down_bakery();
        }
    }

    CASE("a limit that ends the wait returns with the lock, too") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_bakery(mode);
            START(A, .name = "a", .limit = 1);
            START(B, .name = "b", .limit = 1, .until = true);
            BAKE(.at = 0.5, .says = say_nothing, .more = 5);
            run_out();
            CHECK(now() == 5.5);
            EXPECT("a=ETIMEDOUT a.ETIMEDOUT b=ETIMEDOUT b.ETIMEDOUT");
            CHECK_INT(asked, 1);
            tear_down_bakery();
        }
    }

    CASE("notified and cancelled in one step: the notification is used, and the cancel lands") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_three(mode);
            BAKE(.says = notify_one, .then = cancel_a);
            run_out();
            EXPECT("a=OK a.ECANCELED");
            CHECK_INT(length_of(&condition.line), 2);
            BAKE(.says = notify_all);
            run_out();
            EXPECT("b=OK b.OK c=OK c.OK");
            tear_down_bakery();
        }
    }

    CASE("cancelled and then notified: the notification is the next one's") {
        set_up_three(0);
        cancel_a();
        CHECK_INT(length_of(&condition.line), 2);
        BAKE(.says = notify_one);
        run_out();
        EXPECT("a=ECANCELED a.ECANCELED b=OK b.OK");
        BAKE(.says = notify_one);
        run_out();
        EXPECT("c=OK c.OK");
        tear_down_bakery();
    }

    CASE("cpython 77022: a cancel while a wait takes its lock again lands afterwards") {
        for (int mode = 0; mode < 2; mode++) {
            struct later first, second;
            set_up_three(mode);
            BAKE(.says = notify_one, .more = 5);
            call_in(&first, 1, cancel_a);
            call_in(&second, 2, cancel_a); /* twice is once */
            CHECK_CODE(eddy_loop_run_until_complete(&loop, &tasks[A].future), -ECANCELED);
            CHECK(now() == 5);
            EXPECT("a=OK a.ECANCELED");
            BAKE(.says = notify_all);
            run_out();
            EXPECT("b=OK b.OK c=OK c.OK");
            tear_down_bakery();
        }
    }

    CASE("a second cancel while a cancelled wait takes its lock again changes nothing") {
        struct later first, second;
        set_up_three(0);
        BAKE(.says = notify_one, .more = 5, .then = notify_all);
        call_in(&first, 1, cancel_a);
        cancel_a();
        call_in(&second, 2, cancel_a);
        run_out();
        EXPECT("a=ECANCELED a.ECANCELED b=OK b.OK c=OK c.OK");
        tear_down_bakery();
    }

    CASE("a scope that ends while the lock is taken again strikes nothing after it") {
        for (int notified = 0; notified < 2; notified++) {
            set_up_bakery(0);
            CHECK_OK(eddy_spawn(&loop, scoped, .scope = {.expired = false}));
            BAKE(.at = 0.5, .says = notified ? notify_one : say_nothing, .more = 5);
            run_out();
            if (notified)
                EXPECT("wait=OK scope=OK OK");
            else
                EXPECT("wait=ECANCELED scope=ETIMEDOUT OK");
            tear_down_bakery();
        }
    }

    CASE("a limit that ends while the lock is taken again does not undo the notification") {
        set_up_bakery(0);
        START(A, .name = "a", .limit = 1);
        BAKE(.at = 0.5, .says = notify_one, .more = 5);
        run_out();
        EXPECT("a=OK a.OK");
        tear_down_bakery();
    }
}

/* ---- Until it is true -------------------------------------------------------------------------- */

static void waits_until(void)
{
    CASE("what is true already is not waited for, and the lock is kept") {
        set_up_bakery(0);
        bread = 1;
        START(A, .name = "a", .until = true);
        turns(1);
        EXPECT("a=OK");
        CHECK_INT(asked, 1);
        run_out();
        EXPECT("a.OK");
        tear_down_bakery();
    }

    CASE("it is asked at once, and after each notification, with the lock held") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_bakery(mode);
            START(A, .name = "a", .until = true, .acts = eat);
            START(B, .name = "b", .until = true, .acts = eat);
            run_out();
            CHECK_INT(asked, 2);
            BAKE(.says = notify_all);
            run_out();
            CHECK_INT(asked, 4);
            CHECK_INT(length_of(&condition.line), 2);
            EXPECT("");
            BAKE(.says = bake_one);
            run_out();
            EXPECT("a=OK a.OK");
            BAKE(.says = bake_one);
            run_out();
            EXPECT("b=OK b.OK");
            tear_down_bakery();
        }
    }

    CASE("cancelled while it takes the lock again, and not true: the wait ends, with the lock") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_bakery(mode);
            START(A, .name = "a", .until = true);
            BAKE(.at = 0.5, .says = notify_one, .more = 5);
            call_in(&later, 1, cancel_a);
            run_out();
            EXPECT("a=ECANCELED a.ECANCELED");
            tear_down_bakery();
        }
    }

    CASE("the same, and true: the wait succeeds, and the cancel lands later") {
        struct later later;
        set_up_bakery(0);
        START(A, .name = "a", .until = true);
        BAKE(.at = 0.5, .says = bake_one, .more = 5);
        call_in(&later, 1, cancel_a);
        run_out();
        EXPECT("a=OK a.ECANCELED");
        tear_down_bakery();
    }

    CASE("a limit that ends while it takes the lock again, and not true, is a time-out") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_bakery(mode);
            START(A, .name = "a", .until = true, .limit = 1);
            BAKE(.at = 0.5, .says = notify_one, .more = 5);
            run_out();
            EXPECT("a=ETIMEDOUT a.ETIMEDOUT");
            tear_down_bakery();
        }
    }
}

/* ---- Several at once --------------------------------------------------------------------------- */

/* One task that waits for a notification, and for the lock, at once. */
struct greedy {
    struct eddy_co co;
    bool lock_first;
    struct eddy_sleep sleep;
    struct eddy_gather gather;
    struct eddy_awaited each[2];
    struct eddy_locking locking, greed;
    struct eddy_condition_wait wait;
};

static struct eddy_future *want_both(struct greedy *self)
{
    struct eddy_future *one, *two;

    memset(self->each, 0, sizeof self->each);
    one = self->lock_first ? eddy_lock_acquire(&self->greed, &lock)
                           : eddy_condition_wait(&self->wait, &condition);
    two = self->lock_first ? eddy_condition_wait(&self->wait, &condition)
                           : eddy_lock_acquire(&self->greed, &lock);
    self->each[0].future = one;
    self->each[1].future = two;
    return eddy_gather(&self->gather, &loop, self->each, 2);
}

static struct eddy_step greedy(struct eddy_co *co)
{
    struct greedy *self = CO_FRAME(co, greedy);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &lock));
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 1));
    CO_TRY_AWAIT(co, want_both(self));
    note("%s: %s %s", eddy_errname(eddy_co_error(co)), eddy_errname(self->each[0].future->err),
         eddy_errname(self->each[1].future->err));
    CHECK(eddy_lock_mine(&lock));
    CO_FINALLY(co);
    eddy_lock_release(&lock);
    CO_END(co);
}

static void at_once(void)
{
    static struct eddy_task task;
    static struct greedy frame;

    CASE("one task gathers a wait and the lock: it has the lock once, and can be cancelled") {
        set_up_bakery(0);
        eddy_task_start(&task, &loop, greedy, &frame);
        run_out();
        CHECK(lock.owner == &task);
        CHECK_INT(length_of(&condition.line), 1);
        cancel_task(&task);
        run_out();
        EXPECT("ECANCELED: ECANCELED OK");
        tear_down_bakery();
    }

    CASE("the other way round, the lock is had already, and that ends the gather, with the lock") {
        set_up_bakery(0);
        eddy_task_start(&task, &loop, greedy, &frame, .lock_first = true);
        run_out();
        EXPECT("EDDY_EDEADLOCK: EDDY_EDEADLOCK ECANCELED");
        tear_down_bakery();
    }

    CASE("in line for the lock twice, it waits for itself: stuck, and abandoned without a trace") {
        set_up_bakery(0);
        eddy_task_start(&task, &loop, greedy, &frame);
        BAKE(.at = 0.5, .says = notify_one, .more = 1); /* in line before it */
        run_out();
        CHECK(lock.owner == &task);
        CHECK_INT(length_of(&lock.line), 1);
        CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
        CHECK(eddy_list_empty(&lock.line) && eddy_list_empty(&condition.line));
        tear_down();
    }
}

/* ---- A question that does more than ask ---------------------------------------------------------- */

static bool give_back_and_say_no(void *argument)
{
    (void)argument;
    CHECK_CODE(eddy_lock_release(&lock), 0);
    return false;
}

/* Has the lock for a second, and asks its question then. */
struct asker {
    struct eddy_co co;
    struct eddy_locking locking;
    struct eddy_sleep sleep;
    struct eddy_condition_wait wait;
};

static struct eddy_step asker(struct eddy_co *co)
{
    struct asker *self = CO_FRAME(co, asker);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &lock));
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 1));
    CO_TRY_AWAIT(co,
                 eddy_condition_wait_until(&self->wait, &condition, give_back_and_say_no, NULL));
    note("asker=%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

static void asks(void)
{
    CASE("a question that gives the lock back is a mistake, but takes it from nobody else") {
        static struct eddy_task task;
        static struct asker frame;
        set_up_bakery(0);
        eddy_task_start(&task, &loop, asker, &frame, .sleep = {.future = {.err = 0}});
        turns(2);
        BAKE(.says = notify_all, .more = 1); /* in line for the lock; has it from 1 to 2 */
        run_out();
        EXPECT("asker=EPERM");
        tear_down_bakery();
    }
}

/* ---- Who goes without a word ------------------------------------------------------------------- */

static void abandon_a(void)
{
    CHECK(lock.owner != &tasks[A]);
    eddy_task_abandon(&tasks[A]);
    memset(&frames[A], 0x5A, sizeof frames[A]);
}

/* In the turn in which the lock is handed to it. */
static void abandon_a_with_the_lock(struct eddy_handle *handle)
{
    (void)handle;
    CHECK(lock.owner == &tasks[A]);
    eddy_task_abandon(&tasks[A]);
    memset(&frames[A], 0x5A, sizeof frames[A]);
}

static struct eddy_handle strike;

static void strike_next(void)
{
    eddy_handle_init(&strike, abandon_a_with_the_lock);
    CHECK_OK(eddy_loop_call_soon(&loop, &strike));
}

/* Refuses every cancel, and waits on. */
struct refuser {
    struct eddy_co co;
    double limit;
    bool until;
    struct eddy_locking locking;
    struct eddy_condition_wait wait;
    struct eddy_wait_for wait_for;
};

static struct eddy_future *refuse(struct refuser *self)
{
    return self->until ? eddy_condition_wait_until(&self->wait, &condition, there_is_bread, &bread)
                       : eddy_condition_wait(&self->wait, &condition);
}

static struct eddy_step refuser(struct eddy_co *co)
{
    struct refuser *self = CO_FRAME(co, refuser);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &lock));
    do
        CO_TRY_AWAIT(co, within(self->limit, &self->wait_for, refuse(self)));
    while (eddy_co_error(co) < 0);
    CO_FINALLY(co);
    eddy_lock_release(&lock);
    CO_END(co);
}

/* Awaits what is another one's. */
struct watcher {
    struct eddy_co co;
    struct eddy_future *what;
};

static struct eddy_step watcher(struct eddy_co *co)
{
    struct watcher *self = CO_FRAME(co, watcher);

    CO_BEGIN(co);
    CO_AWAIT(co, self->what);
    CO_END(co);
}

static void goes(void)
{
    CASE("an abandoned one leaves the condition's line, and the lock's") {
        for (int limit = 0; limit < 2; limit++) {
            set_up_bakery(0);
            START(A, .name = "a", .limit = limit * 5);
            START(B, .name = "b", .limit = limit * 5);
            turns(2);
            abandon_a();
            CHECK_INT(length_of(&condition.line), 1);
            START(A, .name = "a", .limit = limit * 5);
            turns(2);
            BAKE(.says = notify_all, .more = 1, .then = abandon_a); /* now it is in the lock's */
            run_out();
            EXPECT("b=OK b.OK");
            tear_down_bakery();
        }
    }

    CASE("one that is abandoned with the lock in its hand has it for ever, and nothing else") {
        for (int limit = 0; limit < 2; limit++) {
            set_up_bakery(0);
            START(A, .name = "a", .limit = limit * 5);
            START(B, .name = "b");
            turns(2);
            BAKE(.says = notify_all, .then = strike_next);
            run_out();
            EXPECT("");
            CHECK(lock.owner == &tasks[A]);
            CHECK_INT(length_of(&lock.line), 1);
            eddy_task_abandon(&tasks[B]);
            CHECK(eddy_list_empty(&lock.line) && eddy_list_empty(&condition.line));
            CHECK_INT((int)loop.timers.count, 0);
            tear_down();
        }
    }

    CASE("whoever awaits another one's wait, and is abandoned, does not take its lock along") {
        static struct eddy_task task;
        static struct watcher frame;
        set_up_bakery(0);
        START(A, .name = "a");
        turns(2);
        eddy_task_start(&task, &loop, watcher, &frame, .what = &frames[A].wait.waiter.future);
        turns(2);
        eddy_task_abandon(&task);
        run_out();
        EXPECT("a=ECANCELED a.ECANCELED");
        tear_down_bakery();
    }

    CASE("spawned ones that refuse to end are abandoned, and nobody is left in a line") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_bakery(mode);
            for (int i = 0; i < 8; i++)
                CHECK_OK(eddy_spawn(&loop, refuser, .limit = i % 2 * 1e5, .until = i % 4 < 2));
            turns(2);
            BAKE(.says = notify_two, .more = 1e6);
            turns(2);
            CHECK_INT(length_of(&condition.line), 6);
            CHECK_INT(length_of(&lock.line), 2);
            CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
            CHECK(eddy_list_empty(&lock.line) && eddy_list_empty(&condition.line));
            tear_down();
        }
    }
}

TESTS
{
    notifies();
    is_refused();
    cancels();
    waits_until();
    at_once();
    asks();
    goes();

    CASE("waiting, notifying and cancelling allocate nothing") {
        long before;
        set_up_three(0);
        BAKE(.says = notify_all);
        run_out();
        EXPECT("a=OK a.OK b=OK b.OK c=OK c.OK");
        before = allocations();
        START(A, .name = "a");
        START(B, .name = "b", .until = true);
        turns(2);
        BAKE(.says = bake_one);
        run_out();
        EXPECT("a=OK a.OK b=OK b.OK");
        START(A, .name = "a");
        turns(2);
        cancel_a();
        run_out();
        EXPECT("a=ECANCELED a.ECANCELED");
        CHECK_INT(allocations(), before);
        tear_down_bakery();
    }
}
