#include "run.h"

#include "errors.h"
#include "signals.h"
#include "turn.h"
#include "until_complete.h"

#include <errno.h>
#include <signal.h>

enum { TURNS_MOST = 1000 };

static const double patience = 10; /* seconds for tasks that are cancelled at the end */

/* ---- Shutting down ----------------------------------------------------------------------------- */

struct shutdown {
    struct eddy_loop *loop;
    struct eddy_handle none_left;
    struct eddy_timer limit;
    bool over; /* the time is up */
};

static void on_none_left(struct eddy_handle *handle)
{
    eddy_loop_stop(container_of(handle, struct shutdown, none_left)->loop);
}

static void on_limit(struct eddy_handle *handle)
{
    struct shutdown *shutdown = container_of(handle, struct shutdown, limit.handle);

    shutdown->over = true;
    eddy_loop_stop(shutdown->loop);
}

static int abandon_tasks(struct eddy_loop *loop)
{
    struct eddy_context context = {.message = "these tasks do not end, and are abandoned"};
    struct eddy_tasks *tasks = eddy_tasks_of(loop);

    if (!eddy_next_task(loop, NULL))
        return 0;
    eddy_loop_call_exception_handler(loop, &context);
    eddy_report_tasks(loop);
    /* First all let go of what they wait for, which may lie in the frame of another one. */
    for (struct eddy_task *task = NULL; (task = eddy_next_task(loop, task)) != NULL;)
        eddy_task_let_go(task);
    /* From the end: a task that lies in another one's frame began after it. */
    while (!eddy_list_empty(&tasks->all))
        eddy_task_abandon(container_of(tasks->all.prev, struct eddy_task, link));
    return EDDY_ETASKS;
}

/* Whether what is left has a reason to be run on. A stop() of the program's own ends no cleanup; a
 * selector that fails keeps nobody who is in line from going on. */
static bool may_go_on(const struct shutdown *shutdown, int err)
{
    if (shutdown->over || err == EDDY_ESTUCK || err == EDDY_EFORK ||
        !eddy_next_task(shutdown->loop, NULL))
        return false;
    return err == 0 || !eddy_list_empty(&shutdown->loop->ready);
}

/* The limit alone is no reason to wait: with tasks that wait for each other nothing will happen any
 * more, and that is seen at once. */
static int run_cleanups(const struct shutdown *shutdown)
{
    int err;

    eddy_loop_unkeep(shutdown->loop);
    do
        err = eddy_loop_run_until_stuck(shutdown->loop);
    while (may_go_on(shutdown, err));
    eddy_loop_keep(shutdown->loop);
    return err == EDDY_ESTUCK ? 0 : err;
}

/* Without memory for the timer there is no limit to wait for: those that need not wait are run out. */
static int run_without_waiting(struct eddy_loop *loop)
{
    int err = 0;

    for (int turns = 0; turns < TURNS_MOST && !eddy_list_empty(&loop->ready); turns++) {
        eddy_loop_stop(loop); /* the run is one turn, which does not sleep */
        err = eddy_loop_run_forever(loop);
    }
    return err;
}

/* Until none is left, or the time is up. */
static int run_tasks_out(struct eddy_loop *loop, double seconds)
{
    struct shutdown shutdown = {.loop = loop};
    struct eddy_tasks *tasks = eddy_tasks_of(loop);
    int err, limited;

    eddy_handle_init(&shutdown.none_left, on_none_left);
    eddy_timer_init(&shutdown.limit, on_limit);
    tasks->ending = true;
    eddy_task_cancel_all(&tasks->all);
    tasks->none_left = &shutdown.none_left;
    limited = eddy_loop_call_later(loop, &shutdown.limit, seconds); /* the time begins now */
    err = limited < 0 ? run_without_waiting(loop) : run_cleanups(&shutdown);
    tasks->none_left = NULL;
    tasks->ending = false;
    eddy_timer_cancel(loop, &shutdown.limit);
    eddy_handle_cancel(&shutdown.none_left);
    return limited < 0 ? limited : err;
}

int eddy_loop_shutdown(struct eddy_loop *loop, double seconds)
{
    int64_t ns;
    int err = eddy_clock_ns(seconds, &ns), left;

    if (err == 0)
        err = eddy_loop_check_thread(loop, "shutdown");
    if (err < 0)
        return err;
    if (eddy_loop_is_closed(loop) || !eddy_next_task(loop, NULL))
        return 0;
    if (eddy_running_loop() || eddy_loop_is_running(loop))
        return EDDY_ERUNNING;
    err = run_tasks_out(loop, seconds);
    left = abandon_tasks(loop);
    return err < 0 ? err : left;
}

/* ---- Signals ----------------------------------------------------------------------------------- */

struct run {
    struct eddy_loop loop;
    struct eddy_task main;
    struct eddy_handle interrupt, terminate, dump;
};

/* Once: a second signal does what it did before; also if this one is never told, because a task
 * computes for ever (eddy_loop_add_end_handler()). */
static void on_end(struct run *run)
{
    eddy_loop_remove_signal_handler(&run->loop, SIGINT);
    eddy_loop_remove_signal_handler(&run->loop, SIGTERM);
    eddy_task_cancel(&run->main);
}

static void on_interrupt(struct eddy_handle *handle)
{
    on_end(container_of(handle, struct run, interrupt));
}

static void on_terminate(struct eddy_handle *handle)
{
    on_end(container_of(handle, struct run, terminate));
}

static void on_dump(struct eddy_handle *handle)
{
    eddy_report_tasks(&container_of(handle, struct run, dump)->loop);
}

/* That somebody may press Ctrl-C is no reason to go on: a program whose tasks wait for each other is
 * stuck all the same. And only if nobody else has it: EDDY_EOTHER is another loop's, which may go on having it. */
static int handle_signal(struct run *run, int signo, struct eddy_handle *handle,
                         void (*fn)(struct eddy_handle *handle))
{
    int (*add)(struct eddy_loop *, int, struct eddy_handle *) =
        fn == on_dump ? eddy_loop_add_signal_handler : eddy_loop_add_end_handler;
    struct sigaction action;
    int err;

    eddy_handle_init(handle, fn);
    if (sigaction(signo, NULL, &action) < 0)
        return -errno;
    if (action.sa_handler != SIG_DFL)
        return 0;
    err = add(&run->loop, signo, handle);
    if (err == 0)
        eddy_loop_unkeep_signal_handler(&run->loop, signo);
    return err == EDDY_EOTHER ? 0 : err;
}

static int handle_signals(struct run *run)
{
    int err = handle_signal(run, SIGINT, &run->interrupt, on_interrupt);

    if (err == 0)
        err = handle_signal(run, SIGTERM, &run->terminate, on_terminate);
    if (err == 0 && run->loop.looks_closer)
        err = handle_signal(run, SIGUSR1, &run->dump, on_dump);
    return err;
}

/* ---- Running ----------------------------------------------------------------------------------- */

int eddy_run_frame(int version, const struct eddy_loop_options *options, void *frame,
                   size_t frame_size, size_t co_offset, const char *name,
                   struct eddy_step (*body)(struct eddy_co *co), const char *function,
                   const char *file, int line)
{
    struct run run;
    struct eddy_co *co = (struct eddy_co *)(void *)((char *)frame + co_offset);
    struct eddy_future *ended;
    int err = eddy_running_loop() ? EDDY_ERUNNING : 0;

    if (err == 0)
        err = eddy_loop_open_checked(&run.loop, options, version, sizeof run.loop);
    if (err < 0)
        return err;
    err = handle_signals(&run);
    if (err == 0) {
        ended = eddy_task_start_frame(&run.main, &run.loop, co, name, body, frame_size - co_offset);
        err = eddy_loop_run_until_complete_at(&run.loop, ended, function, file, line);
        eddy_loop_shutdown(&run.loop, patience);
    }
    eddy_loop_close(&run.loop);
    return err;
}
