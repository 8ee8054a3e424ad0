/* Each scenario runs on each selector that this build has. */
#include "sweep.h"

#include "errors.h"
#include "faults.h"
#include "plausible.h"
#include "turn.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PAIRS = 20,  /* more than the tables have room for at first */
    TIMERS = 70, /* and than the heap has */
};

static const char *which; /* the selector that is swept */
static struct eddy_loop loop;
static int pairs[PAIRS][2]; /* [0] is watched, [1] is the peer's */
static int open_pairs;
static int calls; /* callbacks */

/* ---- Before and after ------------------------------------------------------------------------ */

static int set_up(int count)
{
    struct eddy_loop_options options = {.selector = which};
    int err = 0;

    calls = 0;
    for (open_pairs = 0; open_pairs < count && err == 0; open_pairs += err == 0)
        err = sweep_pair(pairs[open_pairs]);
    return err < 0 ? err : eddy_loop_open(&loop, &options);
}

static int tear_down(int err)
{
    if (eddy_loop_close(&loop) != 0)
        err = sweep_wrong("eddy_loop_close() failed");
    while (open_pairs > 0) {
        sweep_hang_up(pairs[--open_pairs][0]);
        sweep_hang_up(pairs[open_pairs][1]);
    }
    return err;
}

/* Until nothing can happen any more. */
static int run(int expected_calls)
{
    int err = eddy_loop_run_until_stuck(&loop);

    if (eddy_loop_is_running(&loop))
        return sweep_wrong("a run has ended, and the loop still runs");
    if (err != EDDY_ESTUCK)
        return err;
    return calls == expected_calls ? 0 : sweep_wrong("not all were called, or one twice");
}

static void count(struct eddy_handle *handle)
{
    (void)handle;
    calls++;
}

/* ---- On an error nothing has changed --------------------------------------------------------- */

static int again(int fd, int event, struct eddy_watch *watch)
{
    int err;

    faults_hold(true);
    err = event == EDDY_READ ? eddy_loop_add_reader(&loop, fd, watch)
                             : eddy_loop_add_writer(&loop, fd, watch);
    faults_hold(false);
    return err;
}

static int watch_for(int fd, int event, struct eddy_watch *watch)
{
    int before = loop.watches.count;
    int err = event == EDDY_READ ? eddy_loop_add_reader(&loop, fd, watch)
                                 : eddy_loop_add_writer(&loop, fd, watch);

    if (err == 0)
        return 0;
    if (loop.watches.count != before || eddy_handle_queued(&watch->handle))
        return sweep_wrong("a watch was refused, and added");
    if (again(fd, event, watch) != 0)
        return sweep_wrong("a watch was refused, and is when the fault is over");
    return err;
}

static int set(struct eddy_timer *timer, double delay)
{
    size_t before = loop.timers.count;
    int err = eddy_loop_call_later(&loop, timer, delay);

    if (err < 0 && (loop.timers.count != before || eddy_heap_linked(&timer->node)))
        return sweep_wrong("a timer was refused, and set");
    return err;
}

/* ---- Handles and timers ---------------------------------------------------------------------- */

static int opens_and_closes(void)
{
    return tear_down(set_up(0));
}

static int calls_soon(void)
{
    struct eddy_handle handles[3];
    int err = set_up(0);

    for (int i = 0; i < 3 && err == 0; i++) {
        eddy_handle_init(&handles[i], count);
        err = eddy_loop_call_soon(&loop, &handles[i]);
    }
    return tear_down(err == 0 ? run(3) : err);
}

static int lets_timers_come(void)
{
    struct eddy_timer timers[3];
    int err = set_up(0);

    for (int i = 0; i < 3 && err == 0; i++) {
        eddy_timer_init(&timers[i], count);
        err = set(&timers[i], 0.001 * i);
    }
    return tear_down(err == 0 ? run(3) : err);
}

/* They are still set when the loop is closed. */
static int sets_many_timers(void)
{
    struct eddy_timer timers[TIMERS];
    int err = set_up(0);

    for (int i = 0; i < TIMERS && err == 0; i++) {
        eddy_timer_init(&timers[i], count);
        err = set(&timers[i], 3600);
    }
    return tear_down(err);
}

/* ---- From a thread --------------------------------------------------------------------------- */

static struct eddy_handle posted;
static int post_result;

/* A byte lies in the socket before: so if a send says that it is full, it is readable, which is the
 * truth about full sockets. */
static void *post(void *unused)
{
    (void)unused;
    faults_hold(true);
    post_result = send(loop.wakeup.pair.fds[1], "x", 1, 0) == 1 ? 0 : -errno;
    faults_hold(false);
    if (post_result == 0)
        post_result = eddy_loop_call_soon_threadsafe(&loop, &posted);
    if (post_result < 0 && eddy_handle_queued(&posted))
        post_result = sweep_wrong("a post was refused, and the handle is in line");
    return NULL;
}

static int is_called_by_a_thread(void)
{
    int err = set_up(0);

    for (int i = 1; i <= 3 && err == 0; i++) {
        pthread_t thread;
        eddy_handle_init(&posted, count);
        err = -pthread_create(&thread, NULL, post, NULL);
        if (err == 0 && pthread_join(thread, NULL) != 0)
            err = sweep_wrong("no thread");
        if (err == 0)
            err = post_result;
        if (err == 0)
            err = run(i);
    }
    return tear_down(err);
}

/* ---- Descriptors ----------------------------------------------------------------------------- */

struct connection {
    struct eddy_watch watch;
    int fd;
};

static struct connection connections[PAIRS];

/* It has said what it wanted. */
static void leave(struct eddy_handle *handle)
{
    struct connection *c = container_of(handle, struct connection, watch.handle);

    calls++;
    eddy_loop_remove_reader(&loop, c->fd);
    eddy_loop_remove_writer(&loop, c->fd);
}

static int watch_all(int event, int most)
{
    int err = 0;

    for (int i = 0; i < most && err == 0; i++) {
        connections[i].fd = pairs[i][0];
        eddy_watch_init(&connections[i].watch, leave);
        err = watch_for(pairs[i][0], event, &connections[i].watch);
    }
    return err;
}

static int reads_from_several(void)
{
    int err = set_up(PAIRS);

    if (err == 0)
        err = watch_all(EDDY_READ, PAIRS);
    for (int i = 0; i < PAIRS && err == 0; i++)
        err = sweep_say(pairs[i][1], "x");
    return tear_down(err == 0 ? run(PAIRS) : err);
}

static int reads_then_writes(void)
{
    int err = set_up(1);

    if (err == 0)
        err = watch_all(EDDY_READ, 1);
    if (err == 0)
        err = sweep_say(pairs[0][1], "x");
    if (err == 0)
        err = run(1);
    if (err == 0)
        err = watch_all(EDDY_WRITE, 1);
    return tear_down(err == 0 ? run(2) : err);
}

/* The writer comes to the reader: the descriptor is registered already. */
static int reads_and_writes(void)
{
    struct eddy_watch writing;
    int err = set_up(1);

    eddy_watch_init(&writing, count);
    if (err == 0)
        err = watch_all(EDDY_READ, 1);
    if (err == 0)
        err = watch_for(pairs[0][0], EDDY_WRITE, &writing);
    return tear_down(err);
}

static int takes_a_reused_number(void)
{
    struct eddy_watch old;
    int err = set_up(1);

    eddy_watch_init(&old, count); /* never called: its socket is closed without a word */
    if (err == 0)
        err = watch_for(pairs[0][0], EDDY_READ, &old);
    if (err == 0) {
        sweep_hang_up(pairs[0][0]);
        sweep_hang_up(pairs[0][1]);
        open_pairs = 0;
        err = sweep_pair(pairs[0]);
        open_pairs = err == 0;
    }
    if (err == 0)
        err = watch_all(EDDY_READ, 1);
    if (err == 0)
        err = sweep_say(pairs[0][1], "x");
    return tear_down(err == 0 ? run(1) : err);
}

/* Whoever watches hears of it; and the error of close() itself is the caller's. */
static int closes_a_descriptor(void)
{
    int err = set_up(1), closed;

    if (err == 0)
        err = watch_all(EDDY_READ, 1);
    if (err == 0) {
        closed = eddy_loop_close_fd(&loop, pairs[0][0]);
        open_pairs = 0;
        sweep_hang_up(pairs[0][1]);
        err = run(1);
        if (err == 0 && connections[0].watch.err != EDDY_ECLOSED)
            err = sweep_wrong("who watched was not told that it is closed");
        if (err == 0)
            err = closed;
    }
    faults_hold(true); /* what the loop itself closes is another scenario's */
    err = tear_down(err);
    faults_hold(false);
    return err;
}

/* ---- What a removal cannot report ------------------------------------------------------------ */

static struct eddy_watch staying;
static int told_of; /* why `staying` was called the last time; 1: not at all */

static void stay(struct eddy_handle *handle)
{
    (void)handle;
    calls++;
    told_of = staying.err;
    if (calls == 3 || told_of < 0)
        eddy_loop_stop(&loop);
}

/* The reader goes and the writer stays, while the descriptor is ready for both. A kernel that does
 * not take that in tells of the reader's event, too; and the writer must learn it if it never does. */
static int gives_up_one_of_two(void)
{
    int err = set_up(1);

    told_of = 1;
    eddy_watch_init(&staying, stay);
    if (err == 0)
        err = watch_all(EDDY_READ, 1);
    if (err == 0)
        err = again(pairs[0][0], EDDY_WRITE, &staying); /* adding is another scenario's */
    if (err == 0)
        err = sweep_say(pairs[0][1], "x");
    if (err == 0 && !eddy_loop_remove_reader(&loop, pairs[0][0]))
        err = sweep_wrong("the reader was not removed");
    if (err == 0)
        err = eddy_loop_run_forever(&loop);
    if (err == 0 && (told_of != 0 || calls != 3) && (told_of != -ENOMEM || faults_injected() < 2))
        err = sweep_wrong("the writer was not called, or with an error that was not there");
    return tear_down(err);
}

/* ---- All of them ----------------------------------------------------------------------------- */

SWEEP
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        SCENARIO_ON(which, "closes a descriptor that is watched", closes_a_descriptor);

    sweep_ignored("close"); /* eddy_loop_close() can do nothing about it */
    plausible_own_pair();
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "opens and closes", opens_and_closes);
        SCENARIO_ON(which, "calls soon", calls_soon);
        SCENARIO_ON(which, "lets timers come", lets_timers_come);
        SCENARIO_ON(which, "sets many timers", sets_many_timers);
        SCENARIO_ON(which, "is called by a thread", is_called_by_a_thread);
        SCENARIO_ON(which, "reads from several descriptors", reads_from_several);
        SCENARIO_ON(which, "reads, then writes", reads_then_writes);
        SCENARIO_ON(which, "reads and writes", reads_and_writes);
        SCENARIO_ON(which, "takes a number that is used again", takes_a_reused_number);
    }

    plausible_absorbed("epoll_ctl_mod", ENOMEM); /* removing returns no error */
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        SCENARIO_ON(which, "gives up one of two events", gives_up_one_of_two);
}
