#include "calls.h"

#include "errors.h"
#include "offload.h"

#include <errno.h>

static struct eddy_calls *calls_of(struct eddy_executor *executor)
{
    return container_of(executor, struct eddy_calls, executor);
}

/* ---- What an executor does, in any thread -------------------------------------------------------- */

static int enqueue_call(struct eddy_executor *executor, struct eddy_job *job)
{
    struct eddy_calls *calls = calls_of(executor);
    int err = eddy_loop_call_soon_threadsafe(calls->loop, &calls->bell);

    if (err < 0 && err != EDDY_EQUEUED) /* that is as good: it will be called */
        return err;
    eddy_list_append(&calls->line, &job->link);
    return 0;
}

static void dequeue_call(struct eddy_executor *executor, struct eddy_job *job)
{
    (void)executor;
    eddy_list_remove(&job->link);
}

/* Its workers are the loop's tasks, which the loop waits for. */
static int shut_down(struct eddy_executor *executor, int how)
{
    (void)executor;
    (void)how;
    return 0;
}

static const struct eddy_executor_ops ops = {
    .name = "loop", .enqueue = enqueue_call, .dequeue = dequeue_call, .shutdown = shut_down};

/* ---- In the loop --------------------------------------------------------------------------------- */

static struct eddy_call *call_of(struct eddy_list *link)
{
    return container_of(link, struct eddy_call, link);
}

/* Lock held. Nothing of the calls is left in the loop: their memory may go. */
static void leave_loop(struct eddy_calls *calls)
{
    eddy_guest_leave(&calls->guest);
    eddy_loop_cancel_threadsafe(calls->loop, &calls->bell);
}

/* Lock held. When it returns, the call may be gone. The last one of what is closed: all of this, when its
 * thread knows. */
static void end_call(struct eddy_calls *calls, struct eddy_call *call, int err)
{
    if (!calls->open && calls->begun.next == calls->begun.prev)
        leave_loop(calls);
    eddy_handle_cancel(&call->ended);
    eddy_list_remove(&call->link);
    eddy_job_finish(&call->job, err);
}

static void end_call_now(struct eddy_calls *calls, struct eddy_call *call, int err)
{
    pthread_mutex_lock(&calls->executor.lock);
    end_call(calls, call, err);
    pthread_mutex_unlock(&calls->executor.lock);
}

static void on_ended(struct eddy_handle *handle)
{
    struct eddy_call *call = container_of(handle, struct eddy_call, ended);

    end_call_now(calls_of(call->job.executor), call, eddy_future_error(&call->task.future));
}

/* Tasks that are being abandoned just now, each because of the one before. */
struct abandoned {
    const struct eddy_task *task;
    const struct abandoned *before;
};

static _Thread_local const struct abandoned *abandoned;

static bool is_abandoned(const struct eddy_task *task)
{
    const struct abandoned *at = abandoned;

    while (at && at->task != task)
        at = at->before;
    return at != NULL;
}

/* The loop's thread cannot wait for what it runs itself. Calls may await each other in a ring. */
static bool abandon_call(struct eddy_executor *executor, struct eddy_job *job,
                         const struct eddy_loop *loop)
{
    struct eddy_calls *calls = calls_of(executor);
    struct eddy_call *call = container_of(job, struct eddy_call, job);
    struct abandoned here = {eddy_task_lets_go(), abandoned};

    if (calls->loop != loop)
        return false;
    abandoned = &here;
    if (!is_abandoned(&call->task))
        eddy_task_abandon(&call->task);
    abandoned = here.before;
    if (eddy_task_done(&call->task))
        end_call_now(calls, call, eddy_future_error(&call->task.future));
    return true;
}

static struct eddy_call *first_begun(const struct eddy_calls *calls)
{
    return eddy_list_empty(&calls->begun) ? NULL : call_of(calls->begun.next);
}

static void start_call(struct eddy_calls *calls, struct eddy_call *call)
{
    struct eddy_future *ended = eddy_task_start_frame(&call->task, calls->loop, call->co,
                                                      call->name, call->body, call->co_size);

    eddy_handle_init(&call->ended, on_ended);
    (void)eddy_future_add_done_callback(ended, &call->ended); /* also if it could not be started */
}

/* The first of the line, which begins now; NULL: there is none. */
static struct eddy_call *begin_call(struct eddy_calls *calls)
{
    struct eddy_call *call = NULL;

    pthread_mutex_lock(&calls->executor.lock);
    if (!eddy_list_empty(&calls->line)) {
        call = container_of(eddy_list_pop(&calls->line), struct eddy_call, job.link);
        eddy_job_begin(&call->job);
        eddy_list_append(&calls->begun, &call->link);
    }
    pthread_mutex_unlock(&calls->executor.lock);
    return call;
}

/* One that runs, and that somebody wants to cancel; NULL: there is none. */
static struct eddy_call *find_asked(struct eddy_calls *calls)
{
    struct eddy_call *asked = NULL;

    pthread_mutex_lock(&calls->executor.lock);
    for (struct eddy_list *link = calls->begun.next; link != &calls->begun && !asked;
         link = link->next)
        if (call_of(link)->asked)
            asked = call_of(link);
    if (asked)
        asked->asked = false;
    pthread_mutex_unlock(&calls->executor.lock);
    return asked;
}

/* No lock is held while a task is cancelled: what it awaits may be a call itself. */
static void on_bell(struct eddy_handle *handle)
{
    struct eddy_calls *calls = container_of(handle, struct eddy_calls, bell);
    struct eddy_call *call;

    while ((call = begin_call(calls)) != NULL)
        start_call(calls, call);
    while ((call = find_asked(calls)) != NULL)
        eddy_task_cancel(&call->task);
}

/* ---- Opening and closing ------------------------------------------------------------------------- */

/* None is accepted any more. What threads have asked of those that have begun is still done. */
static void close_line(struct eddy_calls *calls)
{
    pthread_mutex_lock(&calls->executor.lock);
    calls->executor.refusal = EDDY_ECLOSED;
    while (!eddy_list_empty(&calls->line))
        eddy_job_withdraw(container_of(eddy_list_pop(&calls->line), struct eddy_job, link),
                          EDDY_ECLOSED);
    calls->open = false;
    if (eddy_list_empty(&calls->begun))
        leave_loop(calls);
    pthread_mutex_unlock(&calls->executor.lock);
}

/* The tasks have ended, or were abandoned: their threads wait no longer. */
static void close_guest(struct eddy_loop *loop, struct eddy_guest *guest)
{
    struct eddy_calls *calls = container_of(guest, struct eddy_calls, guest);

    (void)loop;
    close_line(calls);
    for (struct eddy_call *call = first_begun(calls), *next; call; call = next) {
        next = call->link.next == &calls->begun ? NULL : call_of(call->link.next);
        end_call_now(calls, call, EDDY_ECLOSED);
    }
}

static const struct eddy_guest_type guest_type = {.name = "calls", .close = close_guest};

static int open_calls(struct eddy_calls *calls, struct eddy_loop *loop)
{
    int err = eddy_executor_open(&calls->executor, &ops, 0);

    if (err == 0)
        err = eddy_loop_add_guest(loop, &calls->guest, &guest_type);
    if (err < 0)
        return err;
    calls->executor.abandon = abandon_call;
    calls->loop = loop;
    eddy_list_init(&calls->line);
    eddy_list_init(&calls->begun);
    eddy_handle_init(&calls->bell, on_bell);
    eddy_loop_keep(loop);
    calls->open = true;
    return 0;
}

/* While tasks run that threads wait for, it stays the loop's guest: see close_guest(). */
void eddy_calls_close(struct eddy_calls *calls)
{
    if (!calls->open || eddy_loop_check_thread(calls->loop, "calls_close") < 0)
        return;
    eddy_opened_remove(&calls->opened);
    eddy_loop_unkeep(calls->loop);
    close_line(calls);
}

/* The frame that it lies in goes, and so do the tasks: their ends could not be told to it any more. */
static void leave_frame(struct eddy_opened *opened)
{
    struct eddy_calls *calls = container_of(opened, struct eddy_calls, opened);

    eddy_calls_close(calls);
    for (struct eddy_call *call; (call = first_begun(calls)) != NULL;) {
        eddy_task_abandon(&call->task);
        end_call_now(calls, call, EDDY_ECLOSED);
    }
}

int eddy_calls_open(struct eddy_calls *calls, struct eddy_loop *loop)
{
    bool used =
        calls->open || eddy_list_linked(&calls->guest.link); /* or closed, with tasks left */
    int err = used ? EDDY_EQUEUED : eddy_loop_prepare_offload(loop);

    if (err == 0)
        err = eddy_opened_add_here(&calls->opened, calls, leave_frame);
    if (err < 0)
        return err;
    err = open_calls(calls, loop);
    if (err < 0)
        eddy_opened_remove(&calls->opened);
    return err;
}

/* ---- In a thread --------------------------------------------------------------------------------- */

/* A job has a function; a call's is never called. */
static int no_function(struct eddy_work *work)
{
    (void)work;
    return 0;
}

int eddy_call_submit(struct eddy_call *call, struct eddy_calls *calls, struct eddy_co *co,
                     const char *name, struct eddy_step (*body)(struct eddy_co *co), size_t co_size)
{
    *call = (struct eddy_call){.co = co, .name = name, .body = body, .co_size = co_size};
    eddy_job_init(&call->job, no_function, NULL, 0, NULL, 0);
    return eddy_executor_submit(&calls->executor, &call->job);
}

void eddy_call_cancel(struct eddy_call *call)
{
    struct eddy_calls *calls;

    if (eddy_job_cancel(&call->job) || eddy_job_done(&call->job))
        return;
    calls = calls_of(call->job.executor);
    pthread_mutex_lock(&calls->executor.lock);
    if (eddy_job_running(&call->job)) {
        call->asked = true;
        (void)eddy_loop_call_soon_threadsafe(calls->loop, &calls->bell);
    }
    pthread_mutex_unlock(&calls->executor.lock);
}
