/* Each scenario runs a loop until a future is complete, on each selector that this build has. */
#include "sweep.h"

#include "errors.h"
#include "faults.h"
#include "net.h"
#include "plausible.h"
#include "report.h"
#include "until_complete.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static const char *which; /* the selector that is swept */
static struct eddy_loop loop;
static struct eddy_future future;
static int pair[2]; /* [0] is watched, [1] is the peer's */

static int set_up(void)
{
    int err = sweep_pair(pair);

    if (err == 0)
        err = eddy_loop_open(&loop, &(struct eddy_loop_options){.selector = which});
    if (err == 0)
        eddy_future_init(&future, &loop);
    return err;
}

static int tear_down(int err)
{
    eddy_loop_close(&loop);
    sweep_hang_up(pair[0]);
    sweep_hang_up(pair[1]);
    loop = (struct eddy_loop){0};
    return err;
}

/* ---- Operations ------------------------------------------------------------------------------ */

struct sleeping {
    struct eddy_future future;
    struct eddy_timer timer;
};

static void on_time(struct eddy_handle *handle)
{
    eddy_future_set_result(&container_of(handle, struct sleeping, timer.handle)->future, NULL);
}

static void cancel_sleep(struct eddy_future *cancelled)
{
    struct sleeping *self = container_of(cancelled, struct sleeping, future);

    eddy_timer_cancel(cancelled->loop, &self->timer);
    eddy_future_set_error(cancelled, -ECANCELED);
}

static struct eddy_future *start_sleep(struct sleeping *self, double seconds)
{
    static const struct eddy_future_type type = {.name = "sleep", .cancel = cancel_sleep};
    int err;

    eddy_future_init_type(&self->future, &loop, &type);
    eddy_timer_init(&self->timer, on_time);
    err = eddy_loop_call_later(&loop, &self->timer, seconds);
    if (err < 0)
        eddy_future_set_error(&self->future, err);
    return &self->future;
}

struct receiving {
    struct eddy_future future;
    struct eddy_watch watch;
    char text[8];
};

static void stop_reading(struct receiving *self)
{
    eddy_loop_remove_reader(&loop, pair[0]);
    eddy_handle_cancel(&self->watch.handle);
}

/* It has been told that there is something: an EAGAIN is as bad as any other error. */
static void on_readable(struct eddy_handle *handle)
{
    struct receiving *self = container_of(handle, struct receiving, watch.handle);
    ssize_t n = eddy_net_recv(pair[0], self->text, sizeof self->text);

    stop_reading(self);
    if (n < 0)
        eddy_future_set_error(&self->future, (int)n);
    else
        eddy_future_set_result(&self->future, self->text);
}

static void cancel_receive(struct eddy_future *cancelled)
{
    stop_reading(container_of(cancelled, struct receiving, future));
    eddy_future_set_error(cancelled, -ECANCELED);
}

static struct eddy_future *start_receive(struct receiving *self)
{
    static const struct eddy_future_type type = {.name = "receive", .cancel = cancel_receive};
    int err;

    *self = (struct receiving){.text = ""};
    eddy_future_init_type(&self->future, &loop, &type);
    eddy_watch_init(&self->watch, on_readable);
    err = eddy_loop_add_reader(&loop, pair[0], &self->watch);
    if (err < 0)
        eddy_future_set_error(&self->future, err);
    return &self->future;
}

/* ---- On an error nothing has changed ----------------------------------------------------------- */

/* Runs until `awaited` is done. A run that fails forgets the future; and when the fault is over it can
 * be waited for again, as if nothing had been. */
static int complete(struct eddy_future *awaited)
{
    int err = eddy_loop_run_until_complete(&loop, awaited), again;

    if (err == eddy_future_error(awaited))
        return err;
    if (err >= 0)
        return sweep_wrong("it returned neither the outcome nor an error");
    if (!eddy_list_empty(&awaited->waiters) || eddy_loop_is_running(&loop))
        return sweep_wrong("it failed, and still waits for the future");
    faults_hold(true);
    again = eddy_loop_run_until_complete(&loop, awaited);
    faults_hold(false);
    if (again != eddy_future_error(awaited))
        return sweep_wrong("it failed, and fails when the fault is over");
    return err;
}

/* What was started and will not be waited for any more lies in a frame that ends. */
static int give_up(struct eddy_future *started, int err)
{
    eddy_future_cancel(started);
    return err;
}

/* ---- The scenarios --------------------------------------------------------------------------- */

static int waits_for_a_timer(void)
{
    struct sleeping sleeping;
    int err = set_up();

    if (err == 0)
        err = complete(start_sleep(&sleeping, 0.001));
    if (err == 0)
        err = complete(start_sleep(&sleeping, 0));
    return tear_down(err);
}

static int waits_for_bytes(void)
{
    struct receiving receiving;
    int err = set_up();

    if (err == 0)
        err = sweep_say(pair[1], "x");
    if (err == 0)
        err = give_up(&receiving.future, complete(start_receive(&receiving)));
    if (err == 0 && receiving.text[0] != 'x')
        err = sweep_wrong("it received something else");
    return tear_down(err);
}

/* The bytes never come, and a timer has had enough. */
struct patience {
    struct eddy_timer timer;
    struct receiving receiving;
};

static void on_impatience(struct eddy_handle *handle)
{
    eddy_future_cancel(&container_of(handle, struct patience, timer.handle)->receiving.future);
}

static int cancels_what_does_not_come(void)
{
    struct patience patience;
    int err = set_up();

    if (err == 0) {
        eddy_timer_init(&patience.timer, on_impatience);
        err = eddy_loop_call_later(&loop, &patience.timer, 0.001);
    }
    if (err == 0) {
        err = complete(start_receive(&patience.receiving));
        if (err == -ECANCELED)
            err = patience.receiving.watch.handle.link.next ? sweep_wrong("it watches on") : 0;
    }
    return tear_down(err);
}

struct posted {
    struct eddy_handle handle;
    int err;
};

static void on_posted(struct eddy_handle *handle)
{
    (void)handle;
    eddy_future_set_result(&future, NULL);
}

static void *post(void *data)
{
    struct posted *posted = data;

    posted->err = eddy_loop_call_soon_threadsafe(&loop, &posted->handle);
    return NULL;
}

/* EAGAIN from send() says that the socket is full. Then there is something in it to read. */
static int fill_it_a_little(void)
{
    ssize_t n;

    faults_hold(true);
    n = send(loop.wakeup.pair.fds[1], "", 1, 0);
    faults_hold(false);
    return n == 1 ? 0 : sweep_wrong("the loop's socket takes no byte");
}

static int waits_for_a_thread(void)
{
    struct posted posted;
    pthread_t thread;
    int err = set_up();

    eddy_handle_init(&posted.handle, on_posted);
    if (err == 0)
        err = fill_it_a_little();
    if (err == 0)
        err = -pthread_create(&thread, NULL, post, &posted);
    if (err == 0)
        err = -pthread_join(thread, NULL);
    if (err == 0)
        err = posted.err;
    if (err == 0)
        err = complete(&future);
    return tear_down(err);
}

static int finds_it_done(void)
{
    int err = set_up();

    if (err == 0)
        err = eddy_future_set_result(&future, NULL);
    if (err == 0)
        err = eddy_loop_run_until_complete(&loop, &future);
    return tear_down(err);
}

static int reports;

static void on_report(const char *text)
{
    (void)text;
    reports++;
}

static int sees_that_it_is_stuck(void)
{
    int err = set_up();

    reports = 0;
    eddy_report_to(on_report);
    if (err == 0) {
        err = eddy_loop_run_until_complete(&loop, &future);
        err = err == EDDY_ESTUCK && reports == 1 ? 0 : sweep_wrong("it is stuck, and says it not");
    }
    return tear_down(err);
}

SWEEP
{
    sweep_ignored("close"); /* eddy_loop_close() can do nothing about it */
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        SCENARIO_ON(which, "waits for bytes", waits_for_bytes); /* it receives by itself */
    plausible_own_pair();
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "waits for a timer", waits_for_a_timer);
        SCENARIO_ON(which, "cancels what does not come", cancels_what_does_not_come);
        SCENARIO_ON(which, "waits for a thread", waits_for_a_thread);
        SCENARIO_ON(which, "finds the future done", finds_it_done);
        SCENARIO_ON(which, "sees that it is stuck", sees_that_it_is_stuck);
    }
}
