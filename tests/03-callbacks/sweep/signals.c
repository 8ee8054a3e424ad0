/*
 * Each scenario runs on each selector that this build has. What the real signal handler calls is
 * held: all that its send() can meet there is a full socket, which tests/03-callbacks/signals.c shows.
 */
#include "sweep.h"

#include "errors.h"
#include "faults.h"
#include "signals.h"
#include "turn.h"

#include <signal.h>

static const char *which; /* the selector that is swept */
static struct eddy_loop loop;
static struct eddy_handle usr1, usr2;
static int calls;

static void on_signal(struct eddy_handle *handle)
{
    (void)handle;
    if (++calls == 2)
        eddy_loop_stop(&loop);
}

static int set_up(void)
{
    struct eddy_loop_options options = {.selector = which};

    calls = 0;
    eddy_handle_init(&usr1, on_signal);
    eddy_handle_init(&usr2, on_signal);
    return eddy_loop_open(&loop, &options);
}

static bool is_default(int signo)
{
    struct sigaction action;
    bool result;

    faults_hold(true);
    result = sigaction(signo, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
    faults_hold(false);
    return result;
}

static int tear_down(int err)
{
    eddy_loop_close(&loop);
    if (!is_default(SIGUSR1) || !is_default(SIGUSR2))
        return sweep_wrong("the loop is closed, and a signal is still its own");
    return err;
}

/* After an error, the same again must work: nothing has changed. */
static int handle(int signo, struct eddy_handle *handle)
{
    int before = loop.watches.count, err = eddy_loop_add_signal_handler(&loop, signo, handle);
    bool works;

    if (err == 0)
        return 0;
    if (!is_default(signo) || loop.watches.count != before)
        return sweep_wrong("a handler was refused, and something of it is left");
    faults_hold(true);
    works = eddy_loop_add_signal_handler(&loop, signo, handle) == 0;
    faults_hold(false);
    return works ? err : sweep_wrong("a handler was refused, and is when the fault is over");
}

static void raise_both(void)
{
    faults_hold(true);
    raise(SIGUSR1);
    raise(SIGUSR2);
    faults_hold(false);
}

static int handles_signals(void)
{
    int err = set_up();

    if (err == 0)
        err = handle(SIGUSR1, &usr1);
    if (err == 0)
        err = handle(SIGUSR2, &usr2);
    if (err == 0) {
        raise_both();
        err = eddy_loop_run_forever(&loop);
    }
    if (err == 0 && calls != 2)
        err = sweep_wrong("a signal has come, and its handle was not called");
    return tear_down(err);
}

static int gives_signals_back(void)
{
    int err = set_up();

    for (int i = 0; i < 2 && err == 0; i++) {
        err = handle(SIGUSR1, &usr1);
        if (err == 0 && !eddy_loop_remove_signal_handler(&loop, SIGUSR1))
            err = sweep_wrong("there was a handler, and it was not removed");
        if (err == 0 && !is_default(SIGUSR1))
            err = sweep_wrong("a handler was removed, and the signal was not given back");
    }
    return tear_down(err);
}

SWEEP
{
    sweep_ignored("close"); /* nothing can be done about it */
    sweep_ignored("recv");  /* of the byte that wakes: the flags say which signal has come */
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "handles two signals", handles_signals);
        SCENARIO_ON(which, "gives a signal back, and takes it again", gives_signals_back);
    }
}
