/* Each scenario runs tasks, on each selector that this build has. */
#include "sweep.h"

#include "delay.h"
#include "errors.h"
#include "faults.h"
#include "next_signal.h"
#include "plausible.h"
#include "report.h"
#include "run.h"
#include "selector.h"
#include "turn.h"
#include "until_complete.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

static const char *which; /* the selector that is swept */
static struct eddy_loop loop;
static int begun, cleaned, reports;

static void on_report(const char *text)
{
    (void)text;
    reports++;
}

static int set_up(void)
{
    begun = cleaned = 0;
    eddy_report_to(on_report);
    return eddy_loop_open(&loop, &(struct eddy_loop_options){.selector = which});
}

/* Each that was begun has cleaned up, or was abandoned because the loop would not run. */
static int tear_down(int err)
{
    if (!loop.open)
        return err;
    if (err < 0 && eddy_next_task(&loop, NULL))
        eddy_loop_shutdown(&loop, 0.01);
    if (eddy_loop_close(&loop) < 0)
        return sweep_wrong("the loop cannot be closed: a task is left");
    if (err == 0 && begun != cleaned)
        return sweep_wrong("a task has begun, and has not cleaned up");
    return err;
}

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
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->seconds));
    CO_FINALLY(co);
    cleaned++;
    if (self->outcome)
        *self->outcome = eddy_co_outcome(co);
    CO_END(co);
}

static int spawn(double seconds, int *outcome)
{
    int err = eddy_spawn(&loop, nap, .seconds = seconds, .outcome = outcome);

    begun += err == 0;
    return err;
}

/* ---- The scenarios ------------------------------------------------------------------------------ */

static int starts_a_task(void)
{
    struct eddy_task task;
    struct nap frame;
    int err = set_up();

    if (err == 0) {
        begun++;
        eddy_task_start(&task, &loop, nap, &frame, .seconds = 0.001);
        err = eddy_loop_run_until_complete(&loop, &task.future);
    }
    return tear_down(err);
}

/* What a spawned one's sleep comes to is its own outcome. */
static int spawns_tasks(void)
{
    int outcomes[3] = {0}, err = set_up();

    for (int i = 0; i < 3 && err == 0; i++)
        err = spawn(0.001, &outcomes[i]);
    if (err == 0)
        err = eddy_loop_run_until_stuck(&loop);
    err = err == EDDY_ESTUCK ? 0 : err;
    for (int i = 0; i < 3 && err == 0; i++)
        err = outcomes[i];
    return tear_down(err);
}

static int shuts_down(void)
{
    int outcomes[2] = {0}, err = set_up();

    if (err == 0)
        err = spawn(3600, &outcomes[0]);
    if (err == 0)
        err = spawn(3600, &outcomes[1]);
    if (err == 0) {
        eddy_loop_stop(&loop);
        err = eddy_loop_run_forever(&loop);
    }
    if (err == 0)
        err = eddy_loop_shutdown(&loop, 1000);
    for (int i = 0; i < 2 && err == 0; i++) /* or the sleep could not begin */
        err = outcomes[i] == -ECANCELED ? 0 : outcomes[i];
    if (loop.open && eddy_next_task(&loop, NULL) && (err == 0 || cleaned == begun))
        err = sweep_wrong("the loop was shut down, and there is a task");
    return tear_down(err);
}

struct grandmother {
    struct eddy_co co;
    struct eddy_task task;
    struct nap nap;
};

static struct eddy_step grandmother(struct eddy_co *co)
{
    struct grandmother *self = CO_FRAME(co, grandmother);

    CO_BEGIN(co);
    begun++;
    eddy_task_start(&self->task, eddy_co_loop(co), nap, &self->nap, .seconds = 0.001);
    CO_AWAIT(co, &self->task.future);
    CO_FINALLY(co);
    eddy_task_cancel(&self->task);
    CO_AWAIT(co, &self->task.future);
    CO_END(co);
}

/* Whatever fails: the signals are given back, and nothing is left. */
static int check_signals(int err)
{
    struct sigaction action;
    bool given_back;

    faults_hold(true);
    given_back = sigaction(SIGINT, NULL, &action) == 0 && action.sa_handler == SIG_DFL &&
                 sigaction(SIGTERM, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
    faults_hold(false);
    return given_back ? err : sweep_wrong("a signal is still the library's");
}

/* The sweep's own handlers are not what is tested. */
static void set_up_run(void)
{
    faults_hold(true);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    faults_hold(false);
    begun = cleaned = 0;
    eddy_report_to(on_report);
}

static int runs_a_main_task(void)
{
    int err;

    set_up_run();
    if (setenv("EDDY_SELECTOR", which, 1) < 0)
        return -errno;
    err = eddy_run(grandmother);
    if (err == 0 && (begun != 1 || cleaned != 1))
        err = sweep_wrong("the main task has not run to its end");
    return check_signals(err);
}

struct interrupted {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step interrupted(struct eddy_co *co)
{
    struct interrupted *self = CO_FRAME(co, interrupted);

    CO_BEGIN(co);
    faults_hold(true); /* the handler's send() can only meet a full socket */
    raise(SIGINT);
    faults_hold(false);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 3600));
    CO_END(co);
}

static int is_interrupted(void)
{
    int err;

    set_up_run();
    if (setenv("EDDY_SELECTOR", which, 1) < 0)
        return -errno;
    err = eddy_run(interrupted);
    return check_signals(err == -ECANCELED ? 0 : err == 0 ? sweep_wrong("it slept on") : err);
}

static int hears_a_signal(void)
{
    struct eddy_signal usr1;
    int err = set_up();

    if (err == 0)
        err = eddy_signal_open(&usr1, &loop, SIGUSR1);
    if (err == 0) {
        faults_hold(true); /* the handler's send() can only meet a full socket */
        raise(SIGUSR1);
        faults_hold(false);
        err = eddy_loop_run_until_complete(&loop, eddy_signal_next(&usr1));
        eddy_signal_close(&usr1);
    }
    return tear_down(err);
}

SWEEP
{
    sweep_ignored("close"); /* eddy_loop_close() can do nothing about it */
    /* Blocks that cannot be kept are freed; a selector needs its memory. */
    plausible_expect("calloc", ENOMEM, EITHER);
    sweep_ignored("recv"); /* of the byte that wakes: the flags say which signal has come */
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "starts a task", starts_a_task);
        SCENARIO_ON(which, "spawns tasks", spawns_tasks);
        SCENARIO_ON(which, "shuts down", shuts_down);
        SCENARIO_ON(which, "runs a main task", runs_a_main_task);
        SCENARIO_ON(which, "is interrupted", is_interrupted);
        SCENARIO_ON(which, "hears a signal", hears_a_signal);
    }
}
