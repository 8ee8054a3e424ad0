/* Cancelling all tasks of a loop and running it out: for a limited time, whatever they do. */
#include "tasks.h"

#include "faults.h"

#include <math.h>
#include <stdlib.h>

static struct eddy_task a, b;

/* Refuses every cancel. It sleeps for an hour each time; or waits for what nobody will finish. */
struct mule {
    struct eddy_co co;
    struct eddy_sleep sleep;
    struct eddy_future never;
    int *cancels;
    bool for_ever;
};

static struct eddy_future *rest(struct mule *self, struct eddy_loop *on)
{
    if (!self->for_ever)
        return eddy_sleep(&self->sleep, on, 3600);
    eddy_future_init(&self->never, on);
    return &self->never;
}

static struct eddy_step mule(struct eddy_co *co)
{
    struct mule *self = CO_FRAME(co, mule);

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_AWAIT(co, rest(self, eddy_co_loop(co)));
        ++*self->cancels;
    }
    CO_END(co);
}

/* Has a mule in its frame, and a frame of more than is kept. */
struct stable {
    struct eddy_co co;
    struct eddy_task task;
    struct mule mule;
    int *cancels;
    char straw[8000];
};

static struct eddy_step stable(struct eddy_co *co)
{
    struct stable *self = CO_FRAME(co, stable);

    CO_BEGIN(co);
    eddy_task_start(&self->task, eddy_co_loop(co), mule, &self->mule, .cancels = self->cancels);
    for (;;)
        CO_TRY_AWAIT(co, &self->task.future);
    CO_END(co);
}

/* Takes its time in the cleanup section. */
struct polite {
    struct eddy_co co;
    const char *name;
    double seconds;
    struct eddy_sleep sleep;
};

static struct eddy_step polite(struct eddy_co *co)
{
    struct polite *self = CO_FRAME(co, polite);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 3600));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->seconds));
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Starts another one at its end. */
struct last_will {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step last_will(struct eddy_co *co)
{
    struct last_will *self = CO_FRAME(co, last_will);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 3600));
    CO_FINALLY(co);
    CHECK_OK(eddy_spawn(eddy_co_loop(co), sleeper, .name = "heir", .seconds = 2));
    CO_END(co);
}

struct impatient {
    struct eddy_co co;
    int i;
};

static struct eddy_step impatient(struct eddy_co *co)
{
    struct impatient *self = CO_FRAME(co, impatient);

    CO_BEGIN(co);
    CHECK_CODE(eddy_loop_shutdown(eddy_co_loop(co), 5), EDDY_ERUNNING);
    for (self->i = 0; self->i < 3; self->i++)
        CO_AWAIT(co, eddy_next_turn());
    note("still here");
    CO_END(co);
}

/* Starts a task in its cleanup section, and awaits it. */
struct farewell {
    struct eddy_co co;
    struct eddy_sleep sleep;
    struct eddy_task task;
    struct sleeper letter;
};

static struct eddy_step farewell(struct eddy_co *co)
{
    struct farewell *self = CO_FRAME(co, farewell);
    struct eddy_loop *on = eddy_co_loop(co);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, on, 3600));
    CO_FINALLY(co);
    eddy_task_start(&self->task, on, sleeper, &self->letter, .name = "letter", .seconds = 2);
    CO_TRY_AWAIT(co, &self->task.future);
    note("sent");
    CO_END(co);
}

/* Waits in its cleanup section for what nobody finishes. */
struct patient {
    struct eddy_co co;
    struct eddy_future *on;
};

static struct eddy_step patient(struct eddy_co *co)
{
    struct patient *self = CO_FRAME(co, patient);

    CO_BEGIN(co);
    CO_FINALLY(co);
    CO_TRY_AWAIT(co, self->on);
    CO_END(co);
}

enum { RING = 20 };

static struct eddy_task ring[RING];
static struct waiter waiters[RING];

/* A program's own timer, which stops the loop twice. */
static struct eddy_timer stopper;
static int stops;

static void stop_again(struct eddy_handle *handle)
{
    (void)handle;
    eddy_loop_stop(&loop);
    if (++stops < 2)
        CHECK_CODE(eddy_loop_call_later(&loop, &stopper, 1), 0);
}

static void ending(void)
{
    CASE("all tasks are cancelled and run to their end, and it takes no longer than they do") {
        struct sleeper one;
        struct polite two;
        set_up();
        eddy_task_start(&a, &loop, sleeper, &one, .name = "a", .seconds = 3600);
        eddy_task_start(&b, &loop, polite, &two, .name = "b", .seconds = 3);
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "c", .seconds = 3600));
        turns(1);
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "d", .seconds = 3600));
        trace[0] = '\0';
        CHECK_CODE(eddy_loop_shutdown(&loop, 10), 0);
        EXPECT("d.ECANCELED a.ECANCELED c.ECANCELED b.ECANCELED");
        CHECK(scripted_time() == 1003);
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        CHECK_INT(reports, 0);
        CHECK_INT((int)loop.timers.count, 0);
        tear_down();
    }

    CASE("with no task, or no loop, there is nothing to do") {
        set_up();
        CHECK_CODE(eddy_loop_shutdown(&loop, 10), 0);
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "a", .seconds = 1));
        run_out();
        CHECK_CODE(eddy_loop_shutdown(&loop, 10), 0);
        CHECK_INT(reports, 0);
        tear_down();
        CHECK_CODE(eddy_loop_shutdown(&loop, 10), 0);
    }

    CASE("the loop runs on as before, and can be shut down again") {
        set_up();
        for (int i = 0; i < 3; i++) {
            CHECK_OK(eddy_spawn(&loop, sleeper, .name = "a", .seconds = 3600));
            CHECK_CODE(eddy_loop_shutdown(&loop, 10), 0);
            EXPECT("a.ECANCELED");
            CHECK_OK(eddy_spawn(&loop, sleeper, .name = "b", .seconds = 60));
            run_out();
            EXPECT("b b.OK");
        }
        tear_down();
    }

    CASE("what is spawned while all are cancelled is cancelled, too, and nobody waits for it") {
        double before;
        set_up();
        CHECK_OK(eddy_spawn(&loop, last_will));
        turns(1);
        before = eddy_loop_time(&loop);
        CHECK_CODE(eddy_loop_shutdown(&loop, 10), 0);
        EXPECT("heir.ECANCELED");
        CHECK(eddy_loop_time(&loop) == before);
        tear_down();
    }

    CASE("a task that a cleanup section starts in its frame is a part of the cleanup") {
        struct farewell frame;
        set_up();
        eddy_task_start(&a, &loop, farewell, &frame);
        turns(1);
        CHECK_CODE(eddy_loop_shutdown(&loop, 10), 0);
        EXPECT("letter letter.OK sent");
        tear_down();
    }

    CASE("a stop() of the program's own does not cut the cleanups short") {
        struct polite frame;
        set_up();
        eddy_task_start(&a, &loop, polite, &frame, .name = "a", .seconds = 3);
        turns(1);
        eddy_timer_init(&stopper, stop_again);
        CHECK_CODE(eddy_loop_call_later(&loop, &stopper, 1), 0);
        CHECK_CODE(eddy_loop_shutdown(&loop, 10), 0);
        EXPECT("a.ECANCELED");
        CHECK_INT(stops, 2);
        tear_down();
    }

    CASE("tasks in a ring are abandoned at once, and not when the time is up") {
        double before;
        set_up();
        for (int i = 0; i < RING; i++)
            eddy_task_start(&ring[i], &loop, waiter, &waiters[i], .name = "",
                            .on = &ring[(i + 1) % RING].future);
        turns(1);
        before = eddy_loop_time(&loop);
        CHECK_CODE(eddy_loop_shutdown(&loop, 10), EDDY_ETASKS);
        CHECK(eddy_loop_time(&loop) == before);
        tear_down();
    }

    CASE("what nobody can finish is not waited for, unless somebody keeps the loop") {
        struct patient frame;
        struct eddy_future never;
        double before;
        set_up();
        for (int keeps = 0; keeps < 2; keeps++) {
            DID("shut down, with %d keeps", keeps);
            eddy_future_init(&never, &loop);
            if (keeps > 0)
                eddy_loop_keep(&loop);
            eddy_task_start(&a, &loop, patient, &frame, .on = &never);
            turns(1);
            before = eddy_loop_time(&loop);
            CHECK_CODE(eddy_loop_shutdown(&loop, 10), EDDY_ETASKS);
            CHECK(eddy_loop_time(&loop) == before + 10 * keeps);
        }
        eddy_loop_unkeep(&loop);
        tear_down();
    }
}

/* Both refuse to end: the first waits in its cleanup for a future that lies in the second's frame. */
static struct eddy_future *lent;

struct borrower {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step borrower(struct eddy_co *co)
{
    struct borrower *self = CO_FRAME(co, borrower);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 10));
    CO_FINALLY(co);
    CO_AWAIT(co, lent);
    CO_END(co);
}

struct lender {
    struct eddy_co co;
    struct eddy_future lent, never;
};

static struct eddy_step lender(struct eddy_co *co)
{
    struct lender *self = CO_FRAME(co, lender);

    CO_BEGIN(co);
    eddy_future_init(&self->lent, eddy_co_loop(co));
    eddy_future_init(&self->never, eddy_co_loop(co));
    lent = &self->lent;
    CO_AWAIT(co, &self->never);
    CO_FINALLY(co);
    eddy_future_init(&self->never, eddy_co_loop(co));
    CO_AWAIT(co, &self->never);
    CO_END(co);
}

/* Has a child in its frame, and tells whose task it is. */
struct parent {
    struct eddy_co co;
    struct eddy_task task;
    struct sleeper child;
    struct eddy_task **it;
};

static struct eddy_step parent(struct eddy_co *co)
{
    struct parent *self = CO_FRAME(co, parent);

    CO_BEGIN(co);
    *self->it = eddy_current_task();
    CO_AWAIT(co, eddy_task_start(&self->task, eddy_co_loop(co), sleeper, &self->child,
                                 .name = "child", .seconds = 1));
    CO_END(co);
}

static void abandoning(void)
{
    CASE("of two that are abandoned, one may wait for what lies in the other's frame") {
        set_up();
        eddy_loop_set_debug(&loop,
                            true); /* blocks are freed at once, and the address sanitizer sees */
        CHECK_OK(eddy_spawn(&loop, borrower));
        CHECK_OK(eddy_spawn(&loop, lender));
        turns(2);
        CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        tear_down();
    }

    CASE("a task in the frame of one that is abandoned is abandoned with it, and never runs") {
        struct eddy_task *it = NULL;
        set_up();
        eddy_loop_set_debug(&loop, true);
        CHECK_OK(eddy_spawn(&loop, parent, .it = &it));
        turns(2);
        trace[0] = '\0';
        eddy_task_abandon(it);
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        CHECK_INT((int)loop.timers.count, 0);
        run_out();
        EXPECT("");
        tear_down();
    }

    CASE("nothing is abandoned that has ended, or was never started") {
        struct eddy_task zeroed = {0};
        struct sleeper frame;
        set_up();
        eddy_task_abandon(&zeroed);
        eddy_task_start(&a, &loop, sleeper, &frame, .name = "a", .seconds = 1);
        run_out();
        eddy_task_abandon(&a);
        CHECK_CODE(outcome(&a), 0);
        tear_down();
    }
}

static void refusing(void)
{
    CASE("who refuses every cancel is named and abandoned when the time is up") {
        int cancels = 0;
        struct mule frame;
        set_up();
        eddy_task_start(&a, &loop, mule, &frame, .cancels = &cancels);
        CHECK_OK(eddy_spawn(&loop, mule, .cancels = &cancels));
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "c", .seconds = 3600));
        turns(1);
        trace[0] = '\0';
        DID("eddy_loop_shutdown(loop, 5)");
        CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
        CHECK(scripted_time() == 1005);
        EXPECT("c.ECANCELED");
        CHECK_INT(cancels, 2);
        CHECK_CODE(outcome(&a), EDDY_ETASKS);
        CHECK_INT(reports, 4);
        CHECK(strstr(reported, "these tasks do not end, and are abandoned") != NULL);
        CHECK(strstr(reported, "task 1: mule (") != NULL);
        CHECK(strstr(reported, "task 2: mule (") != NULL);
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        run_out();
        tear_down();
    }

    CASE("tasks in the frame of one that is abandoned are abandoned before it") {
        int cancels = 0;
        set_up();
        for (int i = 0; i < 3; i++)
            CHECK_OK(eddy_spawn(&loop, stable, .cancels = &cancels));
        turns(2);
        CAUSE("a block that is given back takes the tasks in it with it: begin at the end");
        CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        run_out();
        tear_down();
    }

    CASE("a cleanup section that takes too long is cut off in the end") {
        struct polite frame;
        set_up();
        eddy_task_start(&a, &loop, polite, &frame, .name = "a", .seconds = 60);
        turns(1);
        CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
        CHECK(scripted_time() == 1005);
        CHECK_INT((int)loop.timers.count, 0);
        EXPECT("");
        tear_down();
    }
}

static void errors(void)
{
    CASE("a time that is none, or never comes, is refused, and no task is cancelled") {
        struct sleeper frame;
        set_up();
        eddy_task_start(&a, &loop, sleeper, &frame, .name = "a", .seconds = 60);
        CHECK_CODE(eddy_loop_shutdown(&loop, (double)NAN), -EINVAL);
        CHECK_CODE(eddy_loop_shutdown(&loop, EDDY_FOREVER), -ERANGE);
        run_out();
        EXPECT("a a.OK");
        tear_down();
    }

    CASE("in a step it is refused, and no task is cancelled") {
        set_up();
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "a", .seconds = 60));
        CHECK_OK(eddy_spawn(&loop, impatient));
        run_out();
        EXPECT("a still here a.OK");
        tear_down();
    }

    CASE("no time at all is one turn: whoever can end in it does") {
        set_up();
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "a", .seconds = 60));
        turns(1);
        CHECK_CODE(eddy_loop_shutdown(&loop, 0), 0);
        EXPECT("a a.ECANCELED");
        tear_down();
    }

    CASE("without memory for its timer, or with a loop that fails, no task is left either") {
        static const char *const plans[] = {"realloc@1+=ENOMEM", "poll@1+=EINVAL", "poll@1+=ENOMEM",
                                            "poll@2+=EINVAL"};
        static const int codes[] = {-ENOMEM, -EINVAL, -ENOMEM, 0};
        struct eddy_loop_options options = {.selector = "poll"};
        struct mule frame;
        int cancels = 0, err;
        eddy_report_to(on_report);
        for (int i = 0; i < 4; i++) {
            CHECK_OK(eddy_loop_open(&loop, &options));
            eddy_task_start(&a, &loop, mule, &frame, .cancels = &cancels, .for_ever = true);
            CHECK_OK(eddy_spawn(&loop, mule, .cancels = &cancels, .for_ever = true));
            turns(1);
            DID("shut down with EDDY_FAULTS=%s", plans[i]);
            faults_plan(plans[i]);
            err = eddy_loop_shutdown(&loop, 0.001);
            faults_plan("");
            if (codes[i])
                CHECK_CODE(err, codes[i]);
            else
                CHECK(err < 0);
            CHECK(eddy_next_task(&loop, NULL) == NULL);
            tear_down();
        }
    }
}

TESTS
{
    ending();
    refusing();
    abandoning();
    errors();
}
