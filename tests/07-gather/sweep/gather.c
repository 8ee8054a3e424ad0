/* Each scenario awaits several at once, on each selector that this build has. */
#include "sweep.h"

#include "completed.h"
#include "context.h"
#include "delay.h"
#include "errors.h"
#include "faults.h"
#include "gather.h"
#include "group.h"
#include "net.h"
#include "plausible.h"
#include "report.h"
#include "run.h"
#include "selector.h"
#include "shield.h"
#include "sockio.h"
#include "timeout.h"
#include "until_complete.h"
#include "wait_for.h"
#include "waiting.h"

#include <errno.h>
#include <string.h>

static const char *which; /* the selector that is swept */
static struct eddy_loop loop;
static int begun, cleaned;
static int pair[2] = {-1, -1};

/* What counts is the outcome. */
static void on_report(const char *text)
{
    (void)text;
}

static int set_up(void)
{
    int err;

    begun = cleaned = 0;
    eddy_report_to(on_report);
    err = sweep_pair(pair);
    faults_hold(true);
    if (err == 0)
        err = eddy_net_prepare(pair[0]);
    faults_hold(false);
    return err ? err : eddy_loop_open(&loop, &(struct eddy_loop_options){.selector = which});
}

/* Each body that was begun has cleaned up, or was abandoned because the loop would not run. */
static int tear_down(int err)
{
    if (loop.open && err < 0 && eddy_next_task(&loop, NULL))
        eddy_loop_shutdown(&loop, 0.01);
    if (loop.open && (loop.watches.count > 0 || loop.timers.count > 0))
        err = sweep_wrong("it is over, and a descriptor is watched, or a timer set");
    if (loop.open && eddy_loop_close(&loop) < 0)
        err = sweep_wrong("the loop cannot be closed: a task is left");
    if (err == 0 && begun != cleaned)
        err = sweep_wrong("a task has begun, and has not cleaned up");
    sweep_hang_up(pair[0]);
    sweep_hang_up(pair[1]);
    pair[0] = pair[1] = -1;
    loop = (struct eddy_loop){0};
    return err;
}

/* ---- What is awaited ------------------------------------------------------------------------------- */

/* Sleeps, in both of its sections. Without memory for a timer that is an error like any other. */
struct nap {
    struct eddy_co co;
    double seconds;
    struct eddy_sleep sleep;
    int *outcome;
};

static struct eddy_step nap(struct eddy_co *co)
{
    struct nap *self = CO_FRAME(co, nap);

    CO_BEGIN(co);
    begun++;
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->seconds));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_next_turn());
    cleaned++;
    if (self->outcome)
        *self->outcome = eddy_co_outcome(co);
    CO_END(co);
}

enum { SHORT = 0, LONG = 1, CHILDREN = 3 };

/* All that a scenario's task needs. */
struct many {
    struct eddy_co co;
    struct eddy_gather gather;
    struct eddy_wait wait;
    struct eddy_wait_for wait_for;
    struct eddy_as_completed next;
    struct eddy_timeout timeout;
    struct eddy_shield shield;
    struct eddy_group group;
    struct eddy_member member;
    struct eddy_awaited each[CHILDREN];
    struct eddy_task tasks[CHILDREN];
    struct nap naps[CHILDREN];
    struct eddy_io io;
    struct eddy_sleep sleep;
    char text[8];
    int i, outcomes[2];
};

static double seconds_of(int length)
{
    return length == LONG ? 3600 : 0.001;
}

/* One that is short, and others that are long or short. */
static struct eddy_awaited *start_naps(struct many *self, int others)
{
    for (int i = 0; i < CHILDREN; i++)
        self->each[i].future = eddy_task_start(&self->tasks[i], &loop, nap, &self->naps[i],
                                               .seconds = seconds_of(i == 0 ? SHORT : others));
    return self->each;
}

/* The first error of its children; one that was cancelled has none. */
static int first_error(const struct many *self)
{
    for (int i = 0; i < CHILDREN; i++)
        if (eddy_awaited_error(&self->each[i]) != -ECANCELED && eddy_awaited_error(&self->each[i]))
            return eddy_awaited_error(&self->each[i]);
    return 0;
}

/* Run it as a task to its end. A loop that fails leaves it where it is. */
static int run(struct eddy_step (*body)(struct eddy_co *co))
{
    static struct eddy_task task;
    static struct many frame;
    int err = set_up();

    if (err == 0) {
        frame = (struct many){.i = 0};
        eddy_task_start_frame(&task, &loop, &frame.co, "many", body, sizeof frame);
        err = eddy_loop_run_until_complete(&loop, &task.future);
    }
    return tear_down(err);
}

/* ---- The scenarios --------------------------------------------------------------------------------- */

static struct eddy_step gathers_body(struct eddy_co *co)
{
    struct many *self = CO_FRAME(co, many);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_gather(&self->gather, &loop, start_naps(self, SHORT), CHILDREN));
    CO_AWAIT(co, eddy_gather_settled(&self->gather, &loop, start_naps(self, SHORT), CHILDREN));
    if (first_error(self) < 0)
        CO_FAIL(co, first_error(self));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_gather_cancel(&self->gather, &loop, self->each, CHILDREN));
    CO_END(co);
}

static int gathers(void)
{
    return run(gathers_body);
}

static struct eddy_step waits_body(struct eddy_co *co)
{
    struct many *self = CO_FRAME(co, many);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_wait(&self->wait, &loop, start_naps(self, LONG), CHILDREN,
                           EDDY_FIRST_COMPLETED, 1800));
    if (self->wait.timed_out)
        CO_FAIL(co, sweep_wrong("the time is up, and it is not"));
    CO_AWAIT(co, eddy_wait(&self->wait, &loop, &self->each[1], 2, EDDY_ALL_COMPLETED, 0.001));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_gather_cancel(&self->gather, &loop, self->each, CHILDREN));
    if (eddy_co_outcome(co) == 0)
        co->place.outcome = first_error(self);
    CO_END(co);
}

static int waits(void)
{
    return run(waits_body);
}

static struct eddy_step iterates_body(struct eddy_co *co)
{
    struct many *self = CO_FRAME(co, many);
    int err;

    CO_BEGIN(co);
    err = eddy_as_completed_open(&self->next, &loop, start_naps(self, SHORT), CHILDREN, 1800);
    if (err < 0)
        CO_FAIL(co, err);
    while (self->next.left > 0) {
        CO_AWAIT(co, eddy_as_completed_next(&self->next));
        if (eddy_awaited_error(self->next.awaited) < 0)
            CO_FAIL(co, eddy_awaited_error(self->next.awaited));
    }
    CO_FINALLY(co);
    eddy_as_completed_close(&self->next);
    CO_AWAIT(co, eddy_gather_cancel(&self->gather, &loop, self->each, CHILDREN));
    CO_END(co);
}

static int iterates(void)
{
    return run(iterates_body);
}

static struct eddy_step limits_body(struct eddy_co *co)
{
    struct many *self = CO_FRAME(co, many);
    int err;

    CO_BEGIN(co);
    CO_AWAIT(co,
             eddy_wait_for(&self->wait_for, &loop, eddy_sleep(&self->sleep, &loop, 0.001), 3600));
    CO_TRY_AWAIT(
        co, eddy_wait_for(&self->wait_for, &loop, eddy_sleep(&self->sleep, &loop, 3600), 0.001));
    if (eddy_co_error(co) != -ETIMEDOUT)
        CO_FAIL(co, eddy_co_error(co) ? eddy_co_error(co) : sweep_wrong("it slept on"));
    err = eddy_timeout_open(&self->timeout, co, 0.001);
    if (err < 0)
        CO_FAIL(co, err);
    CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, &loop, 3600));
    err = eddy_timeout_close(&self->timeout, co);
    if (err != -ETIMEDOUT)
        CO_FAIL(co, err ? err : sweep_wrong("it slept on"));
    CO_AWAIT(co, eddy_shield(&self->shield, &loop, start_naps(self, SHORT)[0].future));
    CO_AWAIT(co, eddy_gather(&self->gather, &loop, self->each, CHILDREN));
    CO_FINALLY(co);
    eddy_timeout_close(&self->timeout, co);
    CO_AWAIT(co, eddy_gather_cancel(&self->gather, &loop, self->each, CHILDREN));
    CO_END(co);
}

static int limits(void)
{
    return run(limits_body);
}

/* Two members are spawned, one is added. What a spawned one comes to stands in the owner's frame. */
static int fill_group(struct many *self)
{
    int err = eddy_group_spawn(&self->group, nap, .seconds = 0.001, .outcome = &self->outcomes[0]);

    if (err == 0)
        err = eddy_group_spawn(&self->group, nap, .seconds = 0.002, .outcome = &self->outcomes[1]);
    if (err == 0)
        err = eddy_group_add(
            &self->group, &self->member,
            eddy_task_start(&self->tasks[0], &loop, nap, &self->naps[0], .seconds = 0.001));
    return err;
}

static struct eddy_step groups_body(struct eddy_co *co)
{
    struct many *self = CO_FRAME(co, many);
    int err;

    CO_BEGIN(co);
    err = eddy_group_open(&self->group, co);
    err = err ? err : fill_group(self);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_group_join(&self->group));
    for (self->i = 0; self->i < 2; self->i++)
        if (self->outcomes[self->i] < 0)
            CO_FAIL(co, self->outcomes[self->i]);
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

static int groups(void)
{
    return run(groups_body);
}

static const struct eddy_context_var number = {"number", NULL};

struct heir {
    struct eddy_co co;
};

static struct eddy_step heir(struct eddy_co *co)
{
    CO_BEGIN(co);
    if (eddy_context_var_get(&number) != &which)
        CO_FAIL(co, sweep_wrong("it has not inherited the value"));
    CO_END(co);
}

struct testator {
    struct eddy_co co;
    struct eddy_gather gather;
    struct eddy_awaited each[2];
    struct eddy_task tasks[2];
    struct heir heirs[2];
};

static struct eddy_step testator(struct eddy_co *co)
{
    struct testator *self = CO_FRAME(co, testator);
    int err;

    CO_BEGIN(co);
    err = eddy_task_set_name(eddy_current_task(), "testator");
    if (err == 0)
        err = eddy_context_var_set(&number, &which);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_gather_of(&self->gather, &loop, self->each,
                                eddy_task_start(&self->tasks[0], &loop, heir, &self->heirs[0]),
                                eddy_task_start(&self->tasks[1], &loop, heir, &self->heirs[1])));
    CO_END(co);
}

static int inherits(void)
{
    struct eddy_task task;
    struct testator frame;
    int err = set_up();

    if (err == 0)
        err = eddy_loop_run_until_complete(&loop, eddy_task_start(&task, &loop, testator, &frame));
    return tear_down(err);
}

/* A receive and a sleep. */
static struct eddy_step receives_body(struct eddy_co *co)
{
    struct many *self = CO_FRAME(co, many);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_gather_of(&self->gather, &loop, self->each,
                                eddy_recv(&self->io, &loop, pair[0], self->text, 1),
                                eddy_sleep(&self->sleep, &loop, 0.001)));
    if (self->text[0] != 'a')
        CO_FAIL(co, sweep_wrong("it received something else"));
    CO_END(co);
}

static int receives(void)
{
    static struct eddy_task task;
    static struct many frame;
    int err = set_up();

    if (err == 0)
        err = sweep_say(pair[1], "a");
    if (err == 0) {
        frame = (struct many){.i = 0};
        eddy_task_start_frame(&task, &loop, &frame.co, "many", receives_body, sizeof frame);
        err = eddy_loop_run_until_complete(&loop, &task.future);
    }
    return tear_down(err);
}

SWEEP
{
    sweep_ignored("close");                  /* eddy_loop_close() can do nothing about it */
    plausible_expect("recv", EAGAIN, AGAIN); /* then it waits, and tries again */
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "gathers tasks", gathers);
        SCENARIO_ON(which, "waits for the first, and with a limit", waits);
        SCENARIO_ON(which, "iterates over tasks", iterates);
        SCENARIO_ON(which, "limits awaits", limits);
        SCENARIO_ON(which, "runs a group", groups);
        SCENARIO_ON(which, "names a task, and hands down a value", inherits);
        SCENARIO_ON(which, "gathers a receive", receives);
    }
}
