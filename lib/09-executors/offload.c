#include "offload.h"

#include "errors.h"
#include "io.h"
#include "task.h"
#include "thread_pool.h"

#include <errno.h>
#include <stdlib.h>

/* What a loop keeps for its offloads; its guest. */
struct offloads {
    struct eddy_guest guest;
    struct eddy_list all;         /* wrapped jobs that are pending */
    struct eddy_executor *chosen; /* the default executor that the program has set, or NULL */
    struct eddy_thread_pool pool, resolvers;
};

/* ---- Being told ---------------------------------------------------------------------------------- */

static struct eddy_wrapped_job *wrapped_of(struct eddy_future *future)
{
    return container_of(future, struct eddy_wrapped_job, future);
}

/* In the thread that has ended the job. A loop that is closed has left its jobs before. */
static void tell_loop(struct eddy_job_waiter *waiter, int err)
{
    struct eddy_wrapped_job *wrapped = container_of(waiter, struct eddy_wrapped_job, waiter);

    (void)err;
    (void)eddy_loop_call_soon_threadsafe(wrapped->future.loop, &wrapped->told);
}

static void leave_loop(struct eddy_wrapped_job *wrapped)
{
    eddy_list_remove(&wrapped->link);
    eddy_loop_unkeep(wrapped->future.loop);
}

static void on_told(struct eddy_handle *handle)
{
    struct eddy_wrapped_job *wrapped = container_of(handle, struct eddy_wrapped_job, told);

    leave_loop(wrapped);
    eddy_finish_in_batch(&wrapped->future, eddy_job_error(wrapped->job), wrapped->job->work.out);
}

/* Nobody will call its handle: when the waiter has left, nobody is about to post it any more. */
static void stop_telling(struct eddy_wrapped_job *wrapped)
{
    eddy_job_remove_waiter(&wrapped->waiter);
    eddy_loop_cancel_threadsafe(wrapped->future.loop, &wrapped->told);
}

/* ---- Cancelling ---------------------------------------------------------------------------------- */

/* True: the job is a task of this loop, and is abandoned, too. */
static bool abandon_running(struct eddy_wrapped_job *wrapped)
{
    struct eddy_executor *executor = wrapped->job->executor;

    return executor->abandon && executor->abandon(executor, wrapped->job, wrapped->future.loop);
}

static void wait_for_running(struct eddy_wrapped_job *wrapped)
{
    struct eddy_context context = {
        .message =
            "a task is abandoned while a job works on its frame: the loop waits for the job"};

    if (eddy_job_done(wrapped->job) || abandon_running(wrapped))
        return;
    eddy_loop_call_exception_handler(wrapped->future.loop, &context);
    eddy_job_outlast(wrapped->job);
}

/* A job that runs goes on, and its result wins. But the frame of a task that is abandoned goes at once. */
static void cancel_wrapped(struct eddy_future *future)
{
    struct eddy_wrapped_job *wrapped = wrapped_of(future);
    bool cancelled = eddy_job_cancel(wrapped->job);
    int err;

    if (!cancelled && !eddy_task_lets_go())
        return;
    if (!cancelled)
        wait_for_running(wrapped);
    stop_telling(wrapped);
    leave_loop(wrapped);
    err = eddy_job_error(wrapped->job);
    eddy_future_finish(future, err == EDDY_EPENDING ? -ECANCELED : err, wrapped->job->work.out);
}

/* ---- The loop's ---------------------------------------------------------------------------------- */

/* The loop is being closed, so its tasks have ended: what is left here no task awaits. */
static void close_guest(struct eddy_loop *loop, struct eddy_guest *guest)
{
    struct offloads *offloads = container_of(guest, struct offloads, guest);

    (void)loop;
    while (!eddy_list_empty(&offloads->all)) {
        struct eddy_wrapped_job *wrapped =
            container_of(eddy_list_pop(&offloads->all), struct eddy_wrapped_job, link);
        stop_telling(wrapped);
        eddy_job_cancel(wrapped->job);
    }
    eddy_thread_pool_close(&offloads->resolvers);
    eddy_thread_pool_close(&offloads->pool);
    free(offloads);
}

static const struct eddy_guest_type guest_type = {.name = "offloads", .close = close_guest};

static int make_offloads(struct eddy_loop *loop, struct offloads **made)
{
    struct offloads *offloads = calloc(1, sizeof *offloads);
    int err = offloads ? eddy_loop_add_guest(loop, &offloads->guest, &guest_type) : -ENOMEM;

    if (err < 0) {
        free(offloads);
        return err;
    }
    eddy_list_init(&offloads->all);
    offloads->pool.name = "eddy-loop";
    offloads->resolvers.name = "eddy-resolve";
    *made = offloads;
    return 0;
}

static int offloads_of(struct eddy_loop *loop, struct offloads **offloads)
{
    struct eddy_guest *guest = eddy_loop_guest(loop, &guest_type);
    int err = eddy_loop_is_closed(loop) ? EDDY_ECLOSED : eddy_loop_check_thread(loop, "offload");

    if (err < 0)
        return err;
    if (!guest)
        return make_offloads(loop, offloads);
    *offloads = container_of(guest, struct offloads, guest);
    return 0;
}

static int open_pool_once(struct eddy_thread_pool *pool, int workers,
                          struct eddy_executor **executor)
{
    int err = pool->threads ? 0 : eddy_thread_pool_open(pool, workers);

    *executor = err < 0 ? NULL : &pool->executor;
    return err;
}

static int default_executor(struct eddy_loop *loop, struct eddy_executor **executor)
{
    struct offloads *offloads;
    int err = offloads_of(loop, &offloads);

    *executor = NULL;
    if (err < 0)
        return err;
    *executor = offloads->chosen;
    return *executor ? 0 : open_pool_once(&offloads->pool, eddy_thread_pool_usual(), executor);
}

struct eddy_executor *eddy_loop_default_executor(struct eddy_loop *loop)
{
    struct eddy_executor *executor;

    (void)default_executor(loop, &executor);
    return executor;
}

int eddy_loop_set_default_executor(struct eddy_loop *loop, struct eddy_executor *executor)
{
    struct offloads *offloads;
    int err = offloads_of(loop, &offloads);

    if (err == 0 && executor && executor->copies)
        err = -EINVAL;
    if (err == 0)
        offloads->chosen = executor;
    return err;
}

int eddy_loop_prepare_offload(struct eddy_loop *loop)
{
    struct offloads *offloads;

    return offloads_of(loop, &offloads);
}

struct eddy_executor *eddy_loop_resolvers(struct eddy_loop *loop)
{
    struct offloads *offloads;
    struct eddy_executor *executor = NULL;

    if (offloads_of(loop, &offloads) == 0)
        (void)open_pool_once(&offloads->resolvers, EDDY_RESOLVERS, &executor);
    return executor;
}

/* ---- Starting ------------------------------------------------------------------------------------ */

static const struct eddy_future_type type = {
    .name = "job", .cancel = cancel_wrapped, .guarded = true};

static struct eddy_future *start_wrapped(struct eddy_wrapped_job *wrapped, struct eddy_loop *loop,
                                         struct offloads *offloads, struct eddy_job *job)
{
    eddy_future_init_type(&wrapped->future, loop, &type);
    eddy_handle_init(&wrapped->told, on_told);
    wrapped->job = job;
    wrapped->waiter = (struct eddy_job_waiter){.wake = tell_loop};
    eddy_list_append(&offloads->all, &wrapped->link);
    eddy_loop_keep(loop);
    if (eddy_job_add_waiter(job, &wrapped->waiter))
        return &wrapped->future;
    leave_loop(wrapped); /* it is done */
    eddy_future_init_done(&wrapped->future, loop, eddy_job_error(job));
    if (wrapped->future.err == 0)
        wrapped->future.result = job->work.out;
    return &wrapped->future;
}

struct eddy_future *eddy_wrap_job(struct eddy_wrapped_job *wrapped, struct eddy_loop *loop,
                                  struct eddy_job *job)
{
    struct offloads *offloads;
    int err = eddy_list_linked(&wrapped->link) ? EDDY_EQUEUED : offloads_of(loop, &offloads);

    if (err < 0)
        return eddy_future_init_done(&wrapped->refused, loop, err);
    return start_wrapped(wrapped, loop, offloads, job);
}

struct eddy_future *eddy_run_in_executor(struct eddy_offload *offload, struct eddy_loop *loop,
                                         struct eddy_executor *executor,
                                         int (*fn)(struct eddy_work *work), const void *in,
                                         size_t in_size, void *out, size_t out_size)
{
    struct offloads *offloads;
    int err =
        eddy_list_linked(&offload->wrapped.link) ? EDDY_EQUEUED : offloads_of(loop, &offloads);

    if (err == 0 && !executor)
        err = default_executor(loop, &executor);
    if (err < 0)
        return eddy_future_init_done(&offload->wrapped.refused, loop, err);
    eddy_job_init(&offload->job, fn, in, in_size, out, out_size);
    (void)eddy_executor_submit(executor, &offload->job); /* an error is the job's outcome, too */
    return start_wrapped(&offload->wrapped, loop, offloads, &offload->job);
}
