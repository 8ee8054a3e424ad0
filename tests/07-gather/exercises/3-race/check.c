/* Runners a, b, c on a virtual clock: what takes a minute takes none. In the trace stands who sets out,
 * and how each has ended, and when. */
#include "../../many.h"

#include "3-race.h"

enum { MOST = 3 };

/* Runs for a while, and arrives, or fails. Told to stop, it takes `clean_up` seconds to end. */
struct runner {
    struct eddy_co co;
    const char *name;
    double seconds, clean_up;
    int outcome;
    bool stubborn; /* told to stop, it arrives all the same */
    struct eddy_sleep sleep;
};

static struct eddy_step runner(struct eddy_co *co)
{
    struct runner *self = CO_FRAME(co, runner);

    CO_BEGIN(co);
    note("%s", self->name);
    CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->seconds));
    if (eddy_co_error(co) < 0 && !self->stubborn)
        CO_FAIL(co, eddy_co_error(co));
    CO_FAIL(co, self->outcome);
    CO_FINALLY(co);
    if (eddy_co_outcome(co) == -ECANCELED && self->clean_up > 0)
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->clean_up));
    note("%s.%s@%.1f", self->name, eddy_errname(eddy_co_outcome(co)), scripted_time() - 1000);
    CO_END(co);
}

static struct runner as_planned[MOST], runners[MOST];
static struct eddy_task tasks[MOST], race_task;
static struct eddy_awaited each[MOST];
static struct race frame;

static struct eddy_future *start_runner(void *of, struct eddy_loop *in, size_t i)
{
    const struct runner *plan = &as_planned[i];

    if (of != as_planned || in != &loop || i >= frame.count)
        FAIL("start(self->of, loop, i), with i below self->count", "something else");
    return eddy_task_start(&tasks[i], &loop, runner, &runners[i], .name = plan->name,
                           .seconds = plan->seconds, .clean_up = plan->clean_up,
                           .outcome = plan->outcome, .stubborn = plan->stubborn);
}

/* ---- What the cases do -------------------------------------------------------------------------- */

static void set_out(const struct runner *plan, size_t count)
{
    set_up();
    eddy_loop_set_exception_handler(&loop, NULL);
    memset(each, 0, sizeof each);
    memset(tasks, 0, sizeof tasks);
    for (size_t i = 0; i < count; i++)
        as_planned[i] = plan[i];
    eddy_task_start(&race_task, &loop, race, &frame, .start = start_runner, .of = as_planned,
                    .each = each, .count = count);
}

/* Runs until that second of the race. */
static void run_to(double second)
{
    turns(3);
    scripted_advance(second);
    turns(6);
}

static void expect_place(const struct eddy_awaited *winner)
{
    if (frame.winner == winner)
        return;
    if (!frame.winner)
        FAIL("self->winner to be the place of the one that has won", "NULL");
    if (!winner)
        FAIL("nobody to have won: self->winner stays NULL", "a place");
    FAIL("self->winner to be the place of the one that has won", "that of another runner");
}

/* `winner` is NULL for none. */
static void expect_end(double time, int err, const struct eddy_awaited *winner)
{
    double off;

    WAITING("race() to come to its end");
    eddy_loop_run_until_complete(&loop, &race_task.future);
    off = scripted_time() - 1000 - time;
    if (!eddy_task_done(&race_task))
        FAIL("race() to come to its end", "it waits for ever");
    for (size_t i = 0; i < frame.count; i++)
        if (!eddy_task_done(&tasks[i]))
            FAIL("all runners to have ended when the race ends", "runner %s still runs",
                 runners[i].name);
    CHECK_CODE(outcome(&race_task), err);
    expect_place(winner);
    if (off < -0.01 || off > 0.01)
        FAIL("its end, in time", "it ends %.1f s too %s", off < 0 ? -off : off,
             off < 0 ? "early" : "late");
}

/* ---- Running ------------------------------------------------------------------------------------ */

static void winning(void)
{
    CASE("who runs alone and arrives has won") {
        DID("a race of one, which arrives after a second");
        CAUSE("start it, put its future into each[0], await the next that is done; a result makes "
              "its place the winner, and the race ends with success");
        set_out((struct runner[]){{.name = "a", .seconds = 1}}, 1);
        expect_end(1, 0, &each[0]);
        EXPECT("a a.OK@1.0");
        tear_down();
    }

    CASE("the fastest wins, the others are told to stop, and have stopped when the race ends") {
        DID("a race of three, which take 3, 1 and 2 s");
        CAUSE("the losers lie in a frame that may go when the race has ended: cancel them, and "
              "wait until they have ended. eddy_gather_cancel() does both, after the iteration is "
              "closed: before, their places are in use, and it leaves them alone");
        set_out((struct runner[]){{.name = "a", .seconds = 3},
                                  {.name = "b", .seconds = 1},
                                  {.name = "c", .seconds = 2}},
                3);
        expect_end(1, 0, &each[1]);
        EXPECT("a b c b.OK@1.0 a.ECANCELED@1.0 c.ECANCELED@1.0");
        tear_down();
    }

    CASE("a loser that takes a while to stop is waited for") {
        DID("a race of two, of 1 and 5 s; the slow one, told to stop, cleans up for 2 s");
        CAUSE(
            "a cancel is a request, and returns at once: the loser ends some time later, so await "
            "it. eddy_gather_cancel() does both, after the iteration is closed: before, the "
            "places are in use, and it can wait for none");
        set_out((struct runner[]){{.name = "a", .seconds = 1},
                                  {.name = "b", .seconds = 5, .clean_up = 2}},
                2);
        expect_end(3, 0, &each[0]);
        EXPECT("a b a.OK@1.0 b.ECANCELED@3.0");
        tear_down();
    }

    CASE("a loser that does not stop, and arrives, has not won") {
        DID("a race of two, of 1 and 5 s; the slow one, told to stop, arrives at once");
        CAUSE("the winner is the first; what comes in the cleanup section does not change it");
        set_out((struct runner[]){{.name = "a", .seconds = 1},
                                  {.name = "b", .seconds = 5, .stubborn = true}},
                2);
        expect_end(1, 0, &each[0]);
        EXPECT("a b a.OK@1.0 b.OK@1.0");
        CHECK_CODE(eddy_awaited_error(&each[1]), 0);
        tear_down();
    }
}

static void failing(void)
{
    CASE("who has failed is out, and the others run on") {
        DID("a race of three, which fail after 1 and 2 s, and arrive after 3 s");
        CAUSE("the first that is done need not have a result. How it has ended is asked of its "
              "place, eddy_awaited_error(self->done.awaited): the await of the next comes back "
              "with 0 also for one that has failed");
        set_out((struct runner[]){{.name = "a", .seconds = 3},
                                  {.name = "b", .seconds = 1, .outcome = -EIO},
                                  {.name = "c", .seconds = 2, .outcome = -EPIPE}},
                3);
        expect_end(3, 0, &each[0]);
        EXPECT("a b c b.EIO@1.0 c.EPIPE@2.0 a.OK@3.0");
        tear_down();
    }

    CASE("when all have failed, the race ends with the error of the last one in time") {
        DID("a race of three, which fail after 3, 1 and 2 s");
        CAUSE("keep the error of each that comes, and end with it when self->done.left is 0");
        set_out((struct runner[]){{.name = "a", .seconds = 3, .outcome = -EPIPE},
                                  {.name = "b", .seconds = 1, .outcome = -EIO},
                                  {.name = "c", .seconds = 2, .outcome = -ECONNREFUSED}},
                3);
        expect_end(3, -EPIPE, NULL);
        EXPECT("a b c b.EIO@1.0 c.ECONNREFUSED@2.0 a.EPIPE@3.0");
        tear_down();
    }

    CASE("a runner that a stranger cancels has failed like any other") {
        DID("a race of two; after a second somebody cancelled the faster one");
        CAUSE("-ECANCELED in a place is that runner's outcome, and no request to the race. If the "
              "race itself is cancelled, its own await comes back with -ECANCELED");
        set_out((struct runner[]){{.name = "a", .seconds = 2}, {.name = "b", .seconds = 4}}, 2);
        run_to(1);
        CHECK(cancel_task(&tasks[0]));
        expect_end(4, 0, &each[1]);
        EXPECT("a b a.ECANCELED@1.0 b.OK@4.0");
        tear_down();
    }

    CASE("when the last one was cancelled by a stranger, that is the error of the race") {
        DID("a race of two; the first fails after 1 s; after 2 s somebody cancelled the other");
        CAUSE("-ECANCELED in a place is an error like any other: the last one's is the race's");
        set_out((struct runner[]){{.name = "a", .seconds = 1, .outcome = -EIO},
                                  {.name = "b", .seconds = 4}},
                2);
        run_to(1);
        run_to(1);
        CHECK(cancel_task(&tasks[1]));
        expect_end(2, -ECANCELED, NULL);
        EXPECT("a b a.EIO@1.0 b.ECANCELED@2.0");
        tear_down();
    }

    CASE("in a race without runners nobody can win") {
        DID("a race of none");
        CAUSE("nothing comes, so do not wait: end with -EINVAL");
        set_out(NULL, 0);
        expect_end(0, -EINVAL, NULL);
        EXPECT("");
        tear_down();
    }
}

/* ---- Cancelling ---------------------------------------------------------------------------------- */

static void cancelling(void)
{
    CASE("a cancel of the race is one of all runners, and it waits for them") {
        DID("a race of two; after a second it was cancelled; one of them cleans up for 2 s");
        CAUSE("what stands after CO_FINALLY runs on every way out, also after a cancel: there the "
              "runners are cancelled and awaited, and nowhere else");
        set_out((struct runner[]){{.name = "a", .seconds = 4, .clean_up = 2},
                                  {.name = "b", .seconds = 5}},
                2);
        run_to(1);
        CHECK(cancel_task(&race_task));
        expect_end(3, -ECANCELED, NULL);
        EXPECT("a b b.ECANCELED@1.0 a.ECANCELED@3.0");
        tear_down();
    }

    CASE("cancelled before its first step, it starts nobody") {
        DID("started race() as a task, and cancelled it before the loop ran");
        CAUSE("only the cleanup section runs, on a frame of which the caller has set four fields: "
              "what is 0 there means \"nothing yet\". A place without a future counts as done, and "
              "an iteration that was never opened may be closed");
        IF_CRASH("only the cleanup section runs, and no runner has a future yet: each[i].future is "
                 "NULL. eddy_gather_cancel() leaves such a place alone");
        set_out((struct runner[]){{.name = "a", .seconds = 1}, {.name = "b", .seconds = 2}}, 2);
        CHECK(cancel_task(&race_task));
        expect_end(0, -ECANCELED, NULL);
        EXPECT("");
        tear_down();
    }

    CASE("cancelled while the losers end, it has been won, and still waits for them") {
        DID("a race of two, won after 1 s; cancelled at 2 s, while the loser cleans up until 4 s");
        CAUSE("cancel and await the losers in the cleanup section: an await there is never cut "
              "short. In the body it would be");
        set_out((struct runner[]){{.name = "a", .seconds = 1},
                                  {.name = "b", .seconds = 5, .clean_up = 3}},
                2);
        run_to(1);
        run_to(1);
        CHECK(cancel_task(&race_task));
        expect_end(4, 0, &each[0]);
        EXPECT("a b a.OK@1.0 b.ECANCELED@4.0");
        tear_down();
    }
}

/* Called two turns after it was put in line: then the race has been told, and not run yet. */
static void cancel_late(struct eddy_handle *handle)
{
    static int calls;

    if (++calls < 2)
        CHECK_CODE(eddy_loop_call_soon(&loop, handle), 0);
    else
        cancel_task(&race_task);
}

static struct eddy_step last_moment(struct eddy_co *co)
{
    static struct eddy_handle late;
    static struct eddy_sleep sleep;

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&sleep, &loop, 1));
    eddy_handle_init(&late, cancel_late);
    CHECK_CODE(eddy_loop_call_soon(&loop, &late), 0);
    CO_END(co);
}

static struct eddy_future *start_last_moment(void *of, struct eddy_loop *in, size_t i)
{
    static struct eddy_co co;

    (void)of;
    return eddy_task_start_frame(&tasks[i], in, &co, "last_moment", last_moment, sizeof co);
}

static void delivered(void)
{
    CASE("a result that has come is not lost to a cancel in the same moment") {
        DID("a race of one, which arrives; cancelled it before its next step");
        CAUSE("what was delivered wins: the await comes back with the result. Look at that, and "
              "not whether somebody has cancelled");
        set_up();
        memset(each, 0, sizeof each);
        eddy_task_start(&race_task, &loop, race, &frame, .start = start_last_moment, .each = each,
                        .count = 1);
        expect_end(1, 0, &each[0]);
        CHECK_INT(eddy_task_cancelling(&race_task), 1);
        tear_down();
    }
}

TESTS
{
    check_limit(3);
    winning();
    failing();
    cancelling();
    delivered();
}
