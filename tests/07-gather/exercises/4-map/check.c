/* Jobs on a virtual clock. In the trace stands which input is begun, and when: 0@0.0 1@0.0 2@1.0. */
#include "../../many.h"

#include "4-map.h"

enum { INPUTS = 8, SLOTS = 5 };

struct plan {
    double seconds;
    int outcome;
    double clean_up; /* when it is cancelled */
};

#define TAKES(time)       \
    {                     \
        .seconds = (time) \
    }
#define FAILS(time, err)                    \
    {                                       \
        .seconds = (time), .outcome = (err) \
    }
#define CLEANS_UP(time, more)                 \
    {                                         \
        .seconds = (time), .clean_up = (more) \
    }

struct job {
    struct eddy_co co;
    size_t input, slot;
    struct plan plan;
    struct eddy_sleep sleep;
};

static struct plan plans[INPUTS];
static struct job jobs[SLOTS];
static struct eddy_task tasks[SLOTS], map_task;
static struct eddy_awaited slots[SLOTS];
static struct bounded_map frame;
static bool busy[SLOTS];
static int results[INPUTS]; /* 0: none */
static size_t expected;     /* the next input */

static double now(void)
{
    return scripted_time() - 1000;
}

static struct eddy_step job(struct eddy_co *co)
{
    struct job *self = CO_FRAME(co, job);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->plan.seconds));
    if (self->plan.outcome == 0)
        results[self->input] = 100 + (int)self->input;
    CO_FAIL(co, self->plan.outcome);
    CO_FINALLY(co);
    if (eddy_co_outcome(co) == -ECANCELED && self->plan.clean_up > 0)
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->plan.clean_up));
    if (eddy_co_outcome(co) < 0)
        note("%zu.%s@%.1f", self->input, eddy_errname(eddy_co_outcome(co)), now());
    busy[self->slot] = false;
    CO_END(co);
}

/* What is asked of each start. */
static void look_at_start(const void *of, const struct eddy_loop *in, size_t input, size_t slot)
{
    if (of != plans || in != &loop)
        FAIL("start(self->of, loop, input, slot)", "something else");
    if (input >= frame.count) {
        CAUSE(
            "there are fewer inputs than slots, or no more: start as long as next is below count");
        FAIL("an input below self->count", "input %zu of %zu", input, frame.count);
    }
    if (slot >= frame.limit)
        FAIL("a slot below self->limit", "slot %zu of %zu", slot, frame.limit);
    if (input != expected)
        FAIL("the inputs in their order, each once", "input %zu; the next is %zu", input, expected);
    expected++;
}

static struct eddy_future *start_job(void *of, struct eddy_loop *in, size_t input, size_t slot)
{
    look_at_start(of, in, input, slot);
    if (busy[slot]) {
        CAUSE("what the job in this slot needs is overwritten. Start the next one in a slot whose "
              "job is done: eddy_awaited_done(&self->slots[slot])");
        FAIL("a slot that is free", "in slot %zu runs the job of input %zu", slot,
             jobs[slot].input);
    }
    busy[slot] = true;
    note("%zu@%.1f", input, now());
    return eddy_task_start(&tasks[slot], &loop, job, &jobs[slot], .input = input, .slot = slot,
                           .plan = plans[input]);
}

/* ---- What the cases do -------------------------------------------------------------------------- */

static void begin(const struct plan *plan, size_t count, size_t limit)
{
    IF_HANG(
        "when no input is left, a slot that is done stays done, and eddy_wait() for the first of "
        "them returns at once, for ever. The last few are a gather");
    IF_CRASH("a slot without a job has no future: slots[slot].future is NULL. eddy_wait(), "
             "eddy_gather() and eddy_gather_cancel() leave such a place alone");
    set_up();
    eddy_loop_set_exception_handler(&loop, NULL);
    memset(slots, 0, sizeof slots);
    memset(tasks, 0, sizeof tasks);
    memset(busy, 0, sizeof busy);
    memset(results, 0, sizeof results);
    expected = 0;
    for (size_t i = 0; i < count; i++)
        plans[i] = plan[i];
    eddy_task_start(&map_task, &loop, bounded_map, &frame, .start = start_job, .of = plans,
                    .slots = slots, .limit = limit, .count = count);
}

static void run_to(double second)
{
    turns(3);
    scripted_advance(second);
    turns(6);
}

static void expect_end(double time, int err)
{
    double off;

    WAITING("bounded_map() to come to its end");
    eddy_loop_run_until_complete(&loop, &map_task.future);
    off = now() - time;
    if (!eddy_task_done(&map_task))
        FAIL("bounded_map() to come to its end", "it waits for ever");
    for (size_t i = 0; i < SLOTS; i++)
        if (busy[i] && !eddy_task_done(&tasks[i]))
            FAIL("all jobs to have ended when it ends", "the job of input %zu still runs",
                 jobs[i].input);
    CHECK_CODE(outcome(&map_task), err);
    if (off < -0.01 || off > 0.01)
        FAIL("its end, in time", "it ends %.1f s too %s", off < 0 ? -off : off,
             off < 0 ? "early" : "late");
}

static void expect_results(size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (results[i] != 100 + (int)i)
            FAIL("a result of each input", "none of input %zu", i);
}

/* ---- Mapping ------------------------------------------------------------------------------------ */

static void filling(void)
{
    CASE("one at a time: one after the other") {
        DID("three jobs of a second each, at most one at a time");
        CAUSE("start a job in the slot, wait until it is done, start the next; and wait for the "
              "last one, too");
        begin((struct plan[]){TAKES(1), TAKES(1), TAKES(1)}, 3, 1);
        expect_end(3, 0);
        EXPECT("0@0.0 1@1.0 2@2.0");
        expect_results(3);
        tear_down();
    }

    CASE("when one is done the next begins in its slot, whatever the others do") {
        DID("five jobs, of 4, 1, 1, 1 and 1 s, at most two at a time");
        CAUSE("wait for the first of those that run (EDDY_FIRST_COMPLETED), not for all of them: "
              "the slow one keeps its slot, and the other slot goes on");
        begin((struct plan[]){TAKES(4), TAKES(1), TAKES(1), TAKES(1), TAKES(1)}, 5, 2);
        expect_end(4, 0);
        EXPECT("0@0.0 1@0.0 2@1.0 3@2.0 4@3.0");
        expect_results(5);
        tear_down();
        DID("five jobs, of 1, 4, 1, 1 and 1 s, at most two at a time");
        begin((struct plan[]){TAKES(1), TAKES(4), TAKES(1), TAKES(1), TAKES(1)}, 5, 2);
        expect_end(4, 0);
        EXPECT("0@0.0 1@0.0 2@1.0 3@2.0 4@3.0");
        expect_results(5);
        tear_down();
    }

    CASE("several that are done in the same moment are all followed by others") {
        DID("seven jobs of a second each, at most three at a time");
        CAUSE("afterwards each place says for itself whether it is done: look at all of them");
        begin((struct plan[]){TAKES(1), TAKES(1), TAKES(1), TAKES(1), TAKES(1), TAKES(1), TAKES(1)},
              7, 3);
        expect_end(3, 0);
        EXPECT("0@0.0 1@0.0 2@0.0 3@1.0 4@1.0 5@1.0 6@2.0");
        expect_results(7);
        tear_down();
    }

    CASE("the last few take their time, and some slots are empty meanwhile") {
        DID("four jobs, of 1, 1, 1 and 5 s, at most three at a time");
        CAUSE("it ends when the last job has, and not when the last one is started");
        begin((struct plan[]){TAKES(1), TAKES(1), TAKES(1), TAKES(5)}, 4, 3);
        expect_end(6, 0);
        EXPECT("0@0.0 1@0.0 2@0.0 3@1.0");
        expect_results(4);
        tear_down();
    }
}

static void edges(void)
{
    CASE("there may be more slots than inputs") {
        DID("two jobs, at most five at a time");
        CAUSE("start as long as there are inputs; a slot without a job has no future, and counts "
              "as done");
        begin((struct plan[]){TAKES(1), TAKES(2)}, 2, 5);
        expect_end(2, 0);
        EXPECT("0@0.0 1@0.0");
        expect_results(2);
        tear_down();
    }

    CASE("without inputs it ends with success, and starts nothing") {
        DID("no job, at most two at a time");
        CAUSE("there is nothing to wait for, and nothing has gone wrong. (eddy_wait() for nothing "
              "is -EINVAL)");
        begin(NULL, 0, 2);
        expect_end(0, 0);
        EXPECT("");
        tear_down();
    }

    CASE("none at a time is refused") {
        DID("three jobs, at most 0 at a time; then no job, at most 0 at a time");
        CAUSE("with a limit of 0 no job could ever begin: end with -EINVAL, before anything else");
        begin((struct plan[]){TAKES(1), TAKES(1), TAKES(1)}, 3, 0);
        expect_end(0, -EINVAL);
        tear_down();
        begin(NULL, 0, 0);
        expect_end(0, -EINVAL);
        EXPECT("");
        tear_down();
    }
}

/* ---- Errors -------------------------------------------------------------------------------------- */

static void failing(void)
{
    CASE("the first error ends it: no other job begins, and those that run are cancelled") {
        DID("five jobs, at most two at a time; the second one fails after a second");
        CAUSE("look at how the job has ended, eddy_awaited_error(&self->slots[slot]), before you "
              "start another in its slot");
        begin((struct plan[]){TAKES(4), FAILS(1, -EIO), TAKES(1), TAKES(1), TAKES(1)}, 5, 2);
        expect_end(1, -EIO);
        EXPECT("0@0.0 1@0.0 1.EIO@1.0 0.ECANCELED@1.0");
        tear_down();
    }

    CASE("those that run are awaited, however long they take to end") {
        DID("five jobs, at most two at a time; the second one fails after a second; the first, "
            "when "
            "it is cancelled, cleans up for 2 s");
        CAUSE("a cancel is a request: wait until they have ended. eddy_gather_cancel(), in the "
              "cleanup section, does both");
        begin((struct plan[]){CLEANS_UP(4, 2), FAILS(1, -EIO), TAKES(1), TAKES(1), TAKES(1)}, 5, 2);
        expect_end(3, -EIO);
        EXPECT("0@0.0 1@0.0 1.EIO@1.0 0.ECANCELED@3.0");
        tear_down();
    }

    CASE("an error among the last few ends it as soon") {
        DID("three jobs, of 1, 9 and 1 s, at most two at a time; the last one fails");
        CAUSE("when no input is left, an error must still cancel the others: eddy_gather() does. "
              "To wait until all are done and to look then is too late");
        begin((struct plan[]){TAKES(1), TAKES(9), FAILS(1, -EIO)}, 3, 2);
        expect_end(2, -EIO);
        EXPECT("0@0.0 1@0.0 2@1.0 2.EIO@2.0 1.ECANCELED@2.0");
        tear_down();
    }

    CASE("a job that a stranger cancels has failed") {
        DID("four jobs, at most two at a time; after a second somebody cancelled the first");
        CAUSE("in a place, -ECANCELED is an error like any other: nobody has its result");
        begin((struct plan[]){TAKES(4), TAKES(6), TAKES(1), TAKES(1)}, 4, 2);
        run_to(1);
        CHECK(cancel_task(&tasks[0]));
        expect_end(1, -ECANCELED);
        EXPECT("0@0.0 1@0.0 0.ECANCELED@1.0 1.ECANCELED@1.0");
        tear_down();
    }
}

/* ---- Cancelling ---------------------------------------------------------------------------------- */

static void cancelling(void)
{
    CASE("a cancel is one of all jobs that run, and it waits for them") {
        DID("five jobs, at most two at a time; after a second it was cancelled; one job cleans up "
            "for 2 s");
        CAUSE("what stands after CO_FINALLY runs on every way out, also after a cancel: there the "
              "jobs are cancelled and awaited");
        begin((struct plan[]){CLEANS_UP(4, 2), TAKES(6), TAKES(1), TAKES(1), TAKES(1)}, 5, 2);
        run_to(1);
        CHECK(cancel_task(&map_task));
        expect_end(3, -ECANCELED);
        EXPECT("0@0.0 1@0.0 1.ECANCELED@1.0 0.ECANCELED@3.0");
        tear_down();
    }

    CASE("a cancel while the last few run, too") {
        DID("two jobs, both begun; after a second it was cancelled");
        CAUSE("eddy_gather() passes the cancel on, and waits");
        begin((struct plan[]){TAKES(4), CLEANS_UP(6, 1)}, 2, 2);
        run_to(1);
        CHECK(cancel_task(&map_task));
        expect_end(2, -ECANCELED);
        EXPECT("0@0.0 1@0.0 0.ECANCELED@1.0 1.ECANCELED@2.0");
        tear_down();
    }

    CASE("cancelled before its first step, it starts nothing") {
        DID("started bounded_map() as a task, and cancelled it before the loop ran");
        CAUSE("only the cleanup section runs, on a frame of which the caller has set five fields, "
              "and no slot has a future yet");
        begin((struct plan[]){TAKES(1), TAKES(1)}, 2, 2);
        CHECK(cancel_task(&map_task));
        expect_end(0, -ECANCELED);
        EXPECT("");
        tear_down();
    }
}

/* ---- What is done at once ------------------------------------------------------------------------- */

static size_t started;

static struct eddy_future *start_done(void *of, struct eddy_loop *in, size_t input, size_t slot)
{
    static struct eddy_future done[SLOTS];

    look_at_start(of, in, input, slot);
    started++;
    return eddy_future_init_done(&done[slot], in, 0);
}

static void at_once(void)
{
    CASE("jobs that are done when they have been started need no waiting") {
        DID("a thousand such jobs, at most three at a time");
        CAUSE("to wait for the first of some that are done already is done at once: go on with the "
              "next ones");
        begin(NULL, 0, 3);
        frame.start = start_done;
        frame.count = 1000;
        expect_end(0, 0);
        CHECK_INT(started, 1000);
        tear_down();
    }
}

TESTS
{
    check_limit(3);
    filling();
    edges();
    failing();
    cancelling();
    at_once();
}
