/* A semaphore: no permit is lost, none comes from nowhere, and nobody overtakes the line. */
#include "shared.h"

#include "permit.h"

#include <limits.h>

static struct eddy_semaphore seats;

/* Takes a permit for some seconds. */
struct guest {
    struct eddy_co co;
    const char *name;
    double seconds, limit;
    void (*acts)(void), (*acts_after)(void);
    struct eddy_permit permit;
    struct eddy_wait_for wait_for;
    struct eddy_sleep sleep;
};

static struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);

    CO_BEGIN(co);
    CO_TRY_AWAIT(
        co, within(self->limit, &self->wait_for, eddy_semaphore_acquire(&self->permit, &seats)));
    note("%s=%s", self->name, eddy_errname(eddy_co_error(co)));
    if (eddy_co_error(co) < 0)
        CO_FAIL(co, eddy_co_error(co));
    if (self->seconds > 0)
        CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, self->seconds));
    else
        CO_AWAIT(co, eddy_next_turn());
    if (self->acts)
        self->acts();
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CHECK_CODE(eddy_permit_release(&self->permit),
               self->permit.waiter.future.err == 0 ? 0 : -EPERM);
    CHECK_CODE(eddy_permit_release(&self->permit), -EPERM);
    if (self->acts_after)
        self->acts_after();
    CO_END(co);
}

enum { A, B, C, D, GUESTS };

static struct eddy_task tasks[GUESTS];
static struct guest frames[GUESTS];

#define START(i, ...) eddy_task_start(&tasks[i], &loop, guest, &frames[i], __VA_ARGS__)

static void set_up_seats(int mode, long n)
{
    set_up_in(mode);
    CHECK_CODE(eddy_semaphore_init(&seats, &loop, n), 0);
}

static void tear_down_seats(long n)
{
    CHECK_INT(seats.value, n);
    CHECK(eddy_list_empty(&seats.line));
    CHECK_INT((int)loop.timers.count, 0);
    tear_down();
}

/* a has the only one for a second; b and c wait. */
static void set_up_three(int mode, void (*acts)(void), void (*acts_after)(void))
{
    set_up_seats(mode, 1);
    START(A, .name = "a", .seconds = 1, .acts = acts, .acts_after = acts_after);
    START(B, .name = "b");
    START(C, .name = "c");
}

static void cancel_b(void)
{
    cancel_task(&tasks[B]);
}

static bool has(int i)
{
    return frames[i].permit.semaphore && frames[i].permit.waiter.future.err == 0;
}

static void b_has_it_and_is_cancelled(void)
{
    CHECK(has(B) && seats.value == 0);
    cancel_b();
    CHECK(has(B));
}

static void c_has_it(void)
{
    CHECK(has(C));
}

/* ---- In order ---------------------------------------------------------------------------------- */

static struct eddy_permit newcomer;

static void come_anew(void)
{
    CHECK(has(B));
    CHECK_CODE(eddy_semaphore_acquire(&newcomer, &seats)->err, EDDY_EPENDING);
    CHECK(eddy_future_cancel(&newcomer.waiter.future));
    CHECK_CODE(eddy_permit_release(&newcomer), -EPERM);
}

static void release_two(void)
{
    CHECK_CODE(eddy_semaphore_release(&seats), 0);
    CHECK_CODE(eddy_semaphore_release(&seats), 0);
    CHECK(has(A) && has(B) && !has(C));
    come_anew();
}

static void in_order(void)
{
    CASE("as many as there are permits go on, the others wait in the order of their coming") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_seats(mode, 2);
            START(A, .name = "a", .seconds = 1);
            START(B, .name = "b", .seconds = 2);
            START(C, .name = "c");
            START(D, .name = "d");
            turns(2);
            EXPECT("a=OK b=OK");
            CHECK(eddy_semaphore_locked(&seats));
            run_out();
            EXPECT("a.OK c=OK c.OK d=OK d.OK b.OK");
            tear_down_seats(2);
        }
    }

    CASE("with none to begin with, the first one waits until one is released") {
        set_up_seats(0, 0);
        CHECK(eddy_semaphore_locked(&seats));
        START(A, .name = "a");
        run_out();
        EXPECT("");
        CHECK_CODE(eddy_semaphore_release(&seats), 0);
        CHECK_INT(seats.value, 0); /* it is handed over */
        run_out();
        EXPECT("a=OK a.OK");
        tear_down_seats(1);
    }

    CASE("cpython 90155: a newcomer does not overtake those who were handed a permit") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_three(mode, NULL, come_anew);
            run_out();
            EXPECT("a=OK a.OK b=OK b.OK c=OK c.OK");
            tear_down_seats(1);
        }
    }

    CASE("cpython 90155: two releases in a row wake two, and the third waits on") {
        set_up_seats(0, 0);
        START(A, .name = "a", .seconds = 1);
        START(B, .name = "b", .seconds = 2);
        START(C, .name = "c");
        turns(2);
        release_two();
        run_out();
        EXPECT("a=OK b=OK a.OK c=OK c.OK b.OK");
        tear_down_seats(2);
    }
}

/* ---- What is refused --------------------------------------------------------------------------- */

static void touch_from_a_thread(void)
{
    CHECK_CODE(eddy_semaphore_acquire(&newcomer, &seats)->err, EDDY_ETHREAD);
    CHECK_CODE(eddy_semaphore_release(&seats), EDDY_ETHREAD);
    CHECK(has(A));
    CHECK_CODE(eddy_permit_release(&frames[A].permit), EDDY_ETHREAD);
    CHECK(has(A)); /* nothing has happened */
}

static void touch_in_a_thread(void)
{
    call_in_thread(touch_from_a_thread);
}

static void is_refused(void)
{
    CASE("less than no permits is refused, and less than one of a bounded semaphore") {
        set_up_seats(0, 0);
        CHECK_CODE(eddy_semaphore_init(&seats, &loop, -1), -EINVAL);
        CHECK_CODE(eddy_semaphore_init(&seats, &loop, LONG_MIN), -EINVAL);
        CHECK_CODE(eddy_semaphore_init_bounded(&seats, &loop, 0), -EINVAL);
        CHECK_CODE(eddy_semaphore_init_bounded(&seats, &loop, -1), -EINVAL);
        tear_down_seats(0);
    }

    CASE("a bounded one refuses the release that is one too many, and has its number") {
        struct eddy_permit permit = {.semaphore = NULL};
        set_up();
        CHECK_CODE(eddy_semaphore_init_bounded(&seats, &loop, 2), 0);
        CHECK_CODE(eddy_semaphore_release(&seats), -EPERM);
        CHECK_CODE(eddy_semaphore_acquire(&permit, &seats)->err, 0);
        CHECK_CODE(eddy_semaphore_release(&seats), 0);
        CHECK_CODE(eddy_semaphore_release(&seats), -EPERM);
        CHECK_CODE(eddy_permit_release(&permit), -EPERM); /* it was given back, though not so */
        tear_down_seats(2);
    }

    CASE("an unbounded one counts up to the end of long, and no further") {
        struct eddy_permit permit = {.semaphore = NULL};
        set_up_seats(0, LONG_MAX);
        CHECK_CODE(eddy_semaphore_release(&seats), -EOVERFLOW);
        CHECK_CODE(eddy_semaphore_acquire(&permit, &seats)->err, 0);
        CHECK_CODE(eddy_permit_release(&permit), 0);
        tear_down_seats(LONG_MAX);
    }

    CASE("one permit is one: it neither waits twice nor holds two, and is given back once") {
        struct eddy_permit first = {.semaphore = NULL}, second = {.semaphore = NULL};
        set_up_seats(0, 1);
        CHECK_CODE(eddy_permit_release(&first), -EPERM);
        CHECK_CODE(eddy_semaphore_acquire(&first, &seats)->err, 0);
        CHECK_CODE(eddy_semaphore_acquire(&first, &seats)->err, EDDY_EQUEUED);
        CHECK_CODE(eddy_semaphore_acquire(&second, &seats)->err, EDDY_EPENDING);
        CHECK_CODE(eddy_semaphore_acquire(&second, &seats)->err, EDDY_EQUEUED);
        CHECK_CODE(eddy_permit_release(&second), -EPERM); /* it waits */
        CHECK_INT(length_of(&seats.line), 1);
        CHECK_CODE(eddy_permit_release(&first), 0);
        CHECK_CODE(eddy_permit_release(&first), -EPERM);
        CHECK_CODE(eddy_permit_release(&second), 0);
        CHECK_CODE(eddy_semaphore_acquire(&second, &seats)->err, 0); /* again */
        CHECK_CODE(eddy_permit_release(&second), 0);
        tear_down_seats(1);
    }

    CASE("of a closed loop's semaphore nobody has a permit, with or without some left") {
        struct eddy_permit permit = {.semaphore = NULL};
        for (long n = 0; n < 2; n++) {
            set_up_seats(0, n);
            tear_down();
            CHECK_CODE(eddy_semaphore_acquire(&permit, &seats)->err, EDDY_ECLOSED);
            CHECK_CODE(eddy_permit_release(&permit), -EPERM);
            CHECK_INT(seats.value, n);
            CHECK(eddy_list_empty(&seats.line));
        }
    }

    CASE("who still waits when the loop is closed is given no permit, so none is lost") {
        struct eddy_permit permit = {.semaphore = NULL};
        set_up_seats(0, 0);
        CHECK_CODE(eddy_semaphore_acquire(&permit, &seats)->err, EDDY_EPENDING);
        tear_down();
        CHECK_CODE(eddy_semaphore_release(&seats), 0);
        CHECK_INT(seats.value, 1);
        CHECK_CODE(eddy_permit_release(&permit), -EPERM);
    }

    CASE("in debug mode, another thread neither takes a permit nor gives one back") {
        struct later later;
        set_up_three(1, NULL, NULL);
        call_in(&later, 0.5, touch_in_a_thread);
        run_out();
        EXPECT("a=OK a.OK b=OK b.OK c=OK c.OK");
        CHECK_INT(reports, 3);
        tear_down_seats(1);
    }
}

/* ---- Cancels and limits ------------------------------------------------------------------------ */

static void let_time_pass(void)
{
    scripted_advance(1);
}

static void cancels(void)
{
    CASE("who is cancelled leaves the line at once, and the next one gets the permit") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_three(mode, NULL, NULL);
            turns(2);
            cancel_b();
            CHECK_INT(length_of(&seats.line), 1);
            run_out();
            EXPECT("a=OK b=ECANCELED b.ECANCELED a.OK c=OK c.OK");
            tear_down_seats(1);
        }
    }

    CASE("asyncio 270: who was handed a permit, and is cancelled before it runs, passes it on") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_three(mode, NULL, b_has_it_and_is_cancelled);
            run_out();
            EXPECT("a=OK a.OK b=OK b.ECANCELED c=OK c.OK");
            tear_down_seats(1);
        }
    }

    CASE("anyio 1145: one cancelled at the head, at a release, strands nobody after it") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_three(mode, cancel_b, c_has_it);
            run_out();
            EXPECT("a=OK a.OK b=ECANCELED b.ECANCELED c=OK c.OK");
            tear_down_seats(1);
        }
    }

    CASE("a limit takes its waiter out of the line, and no permit with it") {
        set_up_seats(0, 1);
        START(A, .name = "a", .seconds = 2);
        START(B, .name = "b", .limit = 1);
        START(C, .name = "c", .limit = 3);
        run_out();
        EXPECT("a=OK b=ETIMEDOUT b.ETIMEDOUT a.OK c=OK c.OK");
        tear_down_seats(1);
    }

    CASE("cpython 86296: a permit that is handed over as the limit ends is had, not lost") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_seats(mode, 1);
            loop.slow_callback_duration = 10;
            START(A, .name = "a", .seconds = 1);
            START(B, .name = "b", .limit = 1.5);
            START(C, .name = "c");
            call_in(&later, 1, let_time_pass);
            run_out();
            EXPECT("a=OK a.OK b=OK b.OK c=OK c.OK");
            tear_down_seats(1);
        }
    }

    CASE("asyncio 343: under a limit, too, the permit is had, and the cancel lands later") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_seats(mode, 1);
            START(A, .name = "a", .seconds = 1, .acts_after = b_has_it_and_is_cancelled);
            START(B, .name = "b", .limit = 5);
            START(C, .name = "c");
            run_out();
            EXPECT("a=OK a.OK b=OK b.ECANCELED c=OK c.OK");
            tear_down_seats(1);
        }
    }
}

/* ---- Who goes without a word ------------------------------------------------------------------- */

struct refuser {
    struct eddy_co co;
    double limit;
    struct eddy_permit permit;
    struct eddy_wait_for wait_for;
};

static struct eddy_step refuser(struct eddy_co *co)
{
    struct refuser *self = CO_FRAME(co, refuser);

    CO_BEGIN(co);
    do
        CO_TRY_AWAIT(co, within(self->limit, &self->wait_for,
                                eddy_semaphore_acquire(&self->permit, &seats)));
    while (eddy_co_error(co) < 0);
    CO_END(co);
}

static void goes(void)
{
    CASE("an abandoned one leaves the line, and its frame is touched no more") {
        for (int limit = 0; limit < 2; limit++) {
            set_up_seats(0, 1);
            START(A, .name = "a", .seconds = 1);
            START(B, .name = "b", .limit = limit * 5);
            START(C, .name = "c");
            turns(2);
            eddy_task_abandon(&tasks[B]);
            memset(&frames[B], 0x5A, sizeof frames[B]);
            CHECK_INT(length_of(&seats.line), 1);
            run_out();
            EXPECT("a=OK a.OK c=OK c.OK");
            tear_down_seats(1);
        }
    }

    CASE("spawned ones that refuse to end are abandoned in line, and the line is empty") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_seats(mode, 0);
            CHECK_OK(eddy_spawn(&loop, refuser, .limit = 0));
            CHECK_OK(eddy_spawn(&loop, refuser, .limit = 1e5));
            turns(2);
            CHECK_INT(length_of(&seats.line), 2);
            CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
            CHECK_CODE(eddy_semaphore_release(&seats), 0);
            tear_down_seats(1);
        }
    }
}

/* ---- The cost ---------------------------------------------------------------------------------- */

static int entered;

struct quick {
    struct eddy_co co;
    int i;
    struct eddy_permit permit;
};

static struct eddy_step quick(struct eddy_co *co)
{
    struct quick *self = CO_FRAME(co, quick);

    entered++;
    CO_BEGIN(co);
    for (self->i = 0; self->i < 90; self->i++) {
        CO_AWAIT(co, eddy_semaphore_acquire(&self->permit, &seats));
        CHECK_CODE(eddy_permit_release(&self->permit), 0);
    }
    CO_END(co);
}

TESTS
{
    in_order();
    is_refused();
    cancels();
    goes();

    CASE("a permit that is there is had without a pause, and none allocates, there or not") {
        static struct eddy_task task;
        static struct quick frame;
        long before;
        set_up_seats(0, 1);
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
        tear_down_seats(1);
    }
}
