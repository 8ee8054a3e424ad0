/* A barrier: a round is complete or it is none, and each of its parties has a number of its own. */
#include "shared.h"

#include "barrier.h"

#include <limits.h>

static struct eddy_barrier barrier;

/* Comes to the barrier `rounds` times. */
struct party {
    struct eddy_co co;
    const char *name;
    int rounds;
    double limit;
    struct eddy_barrier_wait wait;
    struct eddy_wait_for wait_for;
};

static struct eddy_step party(struct eddy_co *co)
{
    struct party *self = CO_FRAME(co, party);

    CO_BEGIN(co);
    do {
        CO_TRY_AWAIT(
            co, within(self->limit, &self->wait_for, eddy_barrier_wait(&self->wait, &barrier)));
        if (eddy_co_error(co) == 0)
            note("%s%ld", self->name, self->wait.index);
        else
            note("%s=%s", self->name, eddy_errname(eddy_co_error(co)));
    } while (--self->rounds > 0 && eddy_co_error(co) == 0);
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

enum { A, B, C, D, PARTIES };

static const char *const names[] = {"a", "b", "c", "d"};
static struct eddy_task tasks[PARTIES];
static struct party frames[PARTIES];

#define START(i, ...) \
    eddy_task_start(&tasks[i], &loop, party, &frames[i], .name = names[i], __VA_ARGS__)

static void set_up_barrier(int mode, long parties)
{
    set_up_in(mode);
    CHECK_CODE(eddy_barrier_init(&barrier, &loop, parties), 0);
}

static void set_up_two_of_three(int mode)
{
    set_up_barrier(mode, 3);
    START(A, .rounds = 1);
    START(B, .rounds = 1);
    turns(2);
    EXPECT("");
    CHECK_INT(barrier.waiting, 2);
    CHECK_INT(length_of(&barrier.line), 2);
}

static void tear_down_barrier(void)
{
    CHECK(eddy_list_empty(&barrier.line));
    CHECK_INT(barrier.waiting, 0);
    CHECK_INT((int)loop.timers.count, 0);
    tear_down();
}

static struct eddy_barrier_wait wait;

static void touch_from_a_thread(void)
{
    eddy_barrier_abort(&barrier);
    eddy_barrier_reset(&barrier);
    CHECK_CODE(eddy_barrier_wait(&wait, &barrier)->err, EDDY_ETHREAD);
    CHECK_INT(barrier.waiting, 2);
    CHECK_INT(barrier.broken, false);
}

static void touch_in_a_thread(void)
{
    call_in_thread(touch_from_a_thread);
}

static void reset_from_a_thread(void)
{
    eddy_barrier_reset(&barrier);
    CHECK_INT(barrier.broken, true);
}

static void reset_in_a_thread(void)
{
    call_in_thread(reset_from_a_thread);
}

struct refuser {
    struct eddy_co co;
    double limit;
    struct eddy_barrier_wait wait;
    struct eddy_wait_for wait_for;
};

static struct eddy_step refuser(struct eddy_co *co)
{
    struct refuser *self = CO_FRAME(co, refuser);

    CO_BEGIN(co);
    do
        CO_TRY_AWAIT(
            co, within(self->limit, &self->wait_for, eddy_barrier_wait(&self->wait, &barrier)));
    while (eddy_co_error(co) < 0);
    CO_END(co);
}

static void rounds(void)
{
    CASE("the last of the parties lets all go on, each with a number of its own") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_two_of_three(mode);
            START(C, .rounds = 1);
            run_out();
            EXPECT("c2 a0 b1 c.OK a.OK b.OK");
            tear_down_barrier();
        }
    }

    CASE("then the next round begins, and none is in two rounds at once") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_barrier(mode, 3);
            for (int i = 0; i < 3; i++)
                START(i, .rounds = 3);
            run_out();
            EXPECT("c2 a0 b1 b2 c0 a1 a2 b0 c1 a.OK b.OK c.OK");
            tear_down_barrier();
        }
    }

    CASE("a barrier of one party lets each go on at once") {
        set_up_barrier(0, 1);
        START(A, .rounds = 3);
        turns(1);
        EXPECT("a0 a0 a0");
        run_out();
        EXPECT("a.OK");
        tear_down_barrier();
    }
}

static void cancels(void)
{
    CASE("one who is cancelled leaves: the barrier is whole, and one more must come") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_two_of_three(mode);
            cancel_task(&tasks[A]);
            CHECK_INT(barrier.waiting, 1);
            run_out();
            EXPECT("a=ECANCELED a.OK");
            START(C, .rounds = 1);
            run_out();
            EXPECT("");
            START(D, .rounds = 1);
            run_out();
            EXPECT("d2 b0 c1 d.OK b.OK c.OK"); /* the numbers have no gap */
            tear_down_barrier();
        }
    }

    CASE("one who is cancelled when the round is complete has gone on, and hears it later") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_two_of_three(mode);
            CHECK_CODE(eddy_barrier_wait(&wait, &barrier)->err, 0);
            CHECK_INT(wait.index, 2);
            cancel_task(&tasks[A]);
            run_out();
            EXPECT("a0 a.ECANCELED b1 b.OK");
            tear_down_barrier();
        }
    }

    CASE("a limit is a cancel like any other") {
        set_up_barrier(0, 2);
        START(A, .rounds = 1, .limit = 1);
        run_out();
        EXPECT("a=ETIMEDOUT a.OK");
        START(A, .rounds = 1, .limit = 1);
        START(B, .rounds = 1, .limit = 1);
        run_out();
        EXPECT("b1 b.OK a0 a.OK");
        tear_down_barrier();
    }
}

static void breaks(void)
{
    CASE("abort: who waits and who comes from now on is told that it is broken") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_two_of_three(mode);
            eddy_barrier_abort(&barrier);
            eddy_barrier_abort(&barrier); /* twice is once */
            START(C, .rounds = 1);
            run_out();
            EXPECT("a=EDDY_EBROKEN b=EDDY_EBROKEN c=EDDY_EBROKEN a.OK b.OK c.OK");
            tear_down_barrier();
        }
    }

    CASE("reset: who waits is told that it is broken, and it is as new") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_two_of_three(mode);
            eddy_barrier_reset(&barrier);
            run_out();
            EXPECT("a=EDDY_EBROKEN b=EDDY_EBROKEN a.OK b.OK");
            eddy_barrier_abort(&barrier);
            eddy_barrier_reset(&barrier);
            for (int i = 0; i < 3; i++)
                START(i, .rounds = 1);
            run_out();
            EXPECT("c2 a0 b1 c.OK a.OK b.OK");
            tear_down_barrier();
        }
    }

    CASE("aborted, and cancelled in the same step: it is broken, and the cancel lands later") {
        set_up_two_of_three(0);
        eddy_barrier_abort(&barrier);
        cancel_task(&tasks[A]);
        CHECK_INT(barrier.waiting, 0);
        run_out();
        EXPECT("a=EDDY_EBROKEN a.ECANCELED b=EDDY_EBROKEN b.OK");
        tear_down_barrier();
    }
}

static void is_refused(void)
{
    CASE("a barrier of no parties, or fewer, is refused, whoever comes to it finds it broken") {
        set_up();
        CHECK_CODE(eddy_barrier_init(&barrier, &loop, 0), -EINVAL);
        CHECK_CODE(eddy_barrier_init(&barrier, &loop, LONG_MIN), -EINVAL);
        CHECK_CODE(eddy_barrier_wait(&wait, &barrier)->err, EDDY_EBROKEN);
        eddy_barrier_reset(&barrier);
        CHECK_CODE(eddy_barrier_wait(&wait, &barrier)->err, EDDY_EBROKEN);
        tear_down_barrier();
    }

    CASE("one wait waits once") {
        set_up_barrier(0, 3);
        CHECK_CODE(eddy_barrier_wait(&wait, &barrier)->err, EDDY_EPENDING);
        CHECK_CODE(eddy_barrier_wait(&wait, &barrier)->err, EDDY_EQUEUED);
        CHECK_INT(barrier.waiting, 1);
        eddy_barrier_reset(&barrier);
        CHECK_CODE(eddy_barrier_wait(&wait, &barrier)->err, EDDY_EPENDING); /* again */
        CHECK(eddy_future_cancel(&wait.waiter.future));
        tear_down_barrier();
    }

    CASE("to a closed loop's barrier nobody comes, the last party neither") {
        for (long parties = 1; parties < 3; parties++) {
            set_up_barrier(0, parties);
            tear_down();
            CHECK_CODE(eddy_barrier_wait(&wait, &barrier)->err, EDDY_ECLOSED);
            CHECK_INT(barrier.waiting, 0);
            eddy_barrier_abort(&barrier);
        }
    }

    CASE("in debug mode, another thread neither waits nor breaks it") {
        struct later later;
        set_up_two_of_three(1);
        call_in(&later, 1, touch_in_a_thread);
        run_out();
        CHECK_INT(reports, 3);
        CHECK_INT(barrier.waiting, 2);
        eddy_barrier_abort(&barrier);
        call_in(&later, 1, reset_in_a_thread);
        run_out();
        EXPECT("a=EDDY_EBROKEN b=EDDY_EBROKEN a.OK b.OK");
        tear_down_barrier();
    }
}

static void goes(void)
{
    CASE("an abandoned party leaves, and one more must come") {
        for (int limit = 0; limit < 2; limit++) {
            set_up_barrier(0, 2);
            START(A, .rounds = 1, .limit = limit * 5);
            turns(2);
            eddy_task_abandon(&tasks[A]);
            memset(&frames[A], 0x5A, sizeof frames[A]);
            CHECK_INT(barrier.waiting, 0);
            START(B, .rounds = 1);
            START(C, .rounds = 1);
            run_out();
            EXPECT("c1 b0 c.OK b.OK");
            tear_down_barrier();
        }
    }

    CASE("spawned ones that refuse to end are abandoned, and nobody is left") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_barrier(mode, 3);
            CHECK_OK(eddy_spawn(&loop, refuser, .limit = 0));
            CHECK_OK(eddy_spawn(&loop, refuser, .limit = 1e5));
            turns(2);
            CHECK_INT(barrier.waiting, 2);
            CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
            tear_down_barrier();
        }
    }
}

TESTS
{
    rounds();
    cancels();
    breaks();
    is_refused();
    goes();

    CASE("no round allocates") {
        long before;
        set_up_two_of_three(0);
        START(C, .rounds = 1);
        run_out();
        before = allocations();
        for (int i = 0; i < 3; i++)
            START(i, .rounds = 2);
        run_out();
        CHECK_INT(allocations(), before);
        tear_down_barrier();
    }
}
