/* A flag: all who wait when it is raised go on, and who comes after the clearing waits for the next. */
#include "shared.h"

#include "flag.h"

static struct eddy_flag flag;

struct guest {
    struct eddy_co co;
    const char *name;
    double limit;
    struct eddy_flag_wait wait;
    struct eddy_wait_for wait_for;
};

static struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, within(self->limit, &self->wait_for, eddy_flag_wait(&self->wait, &flag)));
    note("%s=%s", self->name, eddy_errname(eddy_co_error(co)));
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

enum { A, B, C, GUESTS };

static struct eddy_task tasks[GUESTS];
static struct guest frames[GUESTS];

static void start_one(int i, double limit)
{
    static const char *const names[] = {"a", "b", "c"};

    eddy_task_start(&tasks[i], &loop, guest, &frames[i], .name = names[i], .limit = limit);
}

static void set_up_three(int mode)
{
    set_up_in(mode);
    eddy_flag_init(&flag, &loop);
    for (int i = 0; i < GUESTS; i++)
        start_one(i, 0);
    turns(2);
    CHECK_INT(length_of(&flag.line), 3);
}

static void tear_down_flag(void)
{
    CHECK(eddy_list_empty(&flag.line));
    CHECK_INT((int)loop.timers.count, 0);
    tear_down();
}

static void set_and_clear(void)
{
    eddy_flag_set(&flag);
    CHECK(eddy_flag_is_set(&flag));
    eddy_flag_clear(&flag);
    CHECK(!eddy_flag_is_set(&flag));
}

static void touch_from_a_thread(void)
{
    static struct eddy_flag_wait wait;

    eddy_flag_set(&flag);
    CHECK(!eddy_flag_is_set(&flag));
    CHECK_CODE(eddy_flag_wait(&wait, &flag)->err, EDDY_ETHREAD);
    CHECK_INT(length_of(&flag.line), 3);
}

static void touch_in_a_thread(void)
{
    call_in_thread(touch_from_a_thread);
}

static void clear_from_a_thread(void)
{
    eddy_flag_clear(&flag);
    CHECK(eddy_flag_is_set(&flag));
}

static void clear_in_a_thread(void)
{
    call_in_thread(clear_from_a_thread);
}

TESTS
{
    CASE("a flag that is set wakes all who wait, in the order of their coming") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_three(mode);
            eddy_flag_set(&flag);
            run_out();
            EXPECT("a=OK b=OK c=OK a.OK b.OK c.OK");
            tear_down_flag();
        }
    }

    CASE("who comes to a flag that is set goes on at once, when it is cleared, who comes waits") {
        set_up_three(0);
        eddy_flag_set(&flag);
        eddy_flag_set(&flag); /* twice is once */
        run_out();
        EXPECT("a=OK b=OK c=OK a.OK b.OK c.OK");
        start_one(A, 0);
        turns(1);
        EXPECT("a=OK");
        eddy_flag_clear(&flag);
        start_one(B, 0);
        run_out();
        EXPECT("a.OK");
        CHECK_INT(length_of(&flag.line), 1);
        eddy_flag_set(&flag);
        run_out();
        EXPECT("b=OK b.OK");
        tear_down_flag();
    }

    CASE("set and cleared in one go: all who waited then go on, and who comes later waits") {
        struct eddy_flag_wait late = {.refused = {0}};
        set_up_three(0);
        set_and_clear();
        CHECK_CODE(eddy_flag_wait(&late, &flag)->err, EDDY_EPENDING);
        run_out();
        EXPECT("a=OK b=OK c=OK a.OK b.OK c.OK");
        CHECK_CODE(late.waiter.future.err, EDDY_EPENDING);
        CHECK(eddy_future_cancel(&late.waiter.future));
        tear_down_flag();
    }

    CASE("who is cancelled before the set has left, who is cancelled after it has gone on") {
        set_up_three(0);
        cancel_task(&tasks[A]);
        CHECK_INT(length_of(&flag.line), 2);
        eddy_flag_set(&flag);
        cancel_task(&tasks[B]);
        run_out();
        EXPECT("a=ECANCELED b=OK b.ECANCELED c=OK a.OK c.OK");
        tear_down_flag();
    }

    CASE("a limit leaves nobody in line") {
        set_up_three(0);
        eddy_flag_set(&flag);
        run_out();
        EXPECT("a=OK b=OK c=OK a.OK b.OK c.OK");
        eddy_flag_clear(&flag);
        start_one(A, 1);
        run_out();
        EXPECT("a=ETIMEDOUT a.OK");
        tear_down_flag();
    }

    CASE("one wait waits once, and a closed loop's flag makes nobody wait") {
        struct eddy_flag_wait wait = {.refused = {0}};
        set_up();
        eddy_flag_init(&flag, &loop);
        CHECK_CODE(eddy_flag_wait(&wait, &flag)->err, EDDY_EPENDING);
        CHECK_CODE(eddy_flag_wait(&wait, &flag)->err, EDDY_EQUEUED);
        eddy_flag_set(&flag);
        CHECK_CODE(wait.waiter.future.err, 0);
        CHECK_CODE(eddy_flag_wait(&wait, &flag)->err, 0); /* again, and set */
        eddy_flag_clear(&flag);
        tear_down();
        CHECK_CODE(eddy_flag_wait(&wait, &flag)->err, EDDY_ECLOSED);
        eddy_flag_set(&flag);
        CHECK_CODE(eddy_flag_wait(&wait, &flag)->err, EDDY_ECLOSED);
    }

    CASE("in debug mode, another thread neither sets nor clears it, nor waits for it") {
        struct later later;
        set_up_three(1);
        call_in(&later, 1, touch_in_a_thread);
        run_out();
        CHECK_INT(reports, 2);
        CHECK_INT(length_of(&flag.line), 3);
        eddy_flag_set(&flag);
        call_in(&later, 1, clear_in_a_thread);
        run_out();
        CHECK_INT(reports, 3);
        EXPECT("a=OK b=OK c=OK a.OK b.OK c.OK");
        tear_down_flag();
    }

    CASE("an abandoned one leaves the line, and its frame is touched no more") {
        set_up_three(0);
        eddy_task_abandon(&tasks[B]);
        memset(&frames[B], 0x5A, sizeof frames[B]);
        eddy_flag_set(&flag);
        run_out();
        EXPECT("a=OK c=OK a.OK c.OK");
        tear_down_flag();
    }

    CASE("waiting and waking allocate nothing") {
        long before;
        set_up_three(0);
        before = allocations();
        eddy_flag_set(&flag);
        run_out();
        for (int i = 0; i < GUESTS; i++)
            start_one(i, 0);
        run_out();
        CHECK_INT(allocations(), before);
        tear_down_flag();
    }
}
