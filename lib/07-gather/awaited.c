#include "awaited.h"

#include "co.h"
#include "errors.h"
#include "task.h"

#include <errno.h>
#include <math.h>

static bool is_task(const struct eddy_future *future)
{
    return future->type == &eddy_task_type;
}

/* Why `loop`'s present task, or callback, cannot wait for this pending future. */
static int refusal(const struct eddy_future *future, const struct eddy_loop *loop)
{
    const struct eddy_task *task;

    if (future->loop != loop)
        return EDDY_EOTHER;
    if (!is_task(future))
        return 0;
    task = container_of(future, const struct eddy_task, future);
    if (task->spawned)
        return -EINVAL; /* its block goes with it, and with that the list of its waiters */
    return task == eddy_current_task() ? EDDY_EDEADLOCK : 0;
}

int eddy_awaited_start(struct eddy_awaited *awaited, struct eddy_loop *loop, void *owner,
                       void (*fn)(struct eddy_handle *handle))
{
    struct eddy_future *future = awaited->future;

    if (eddy_handle_queued(&awaited->handle))
        return EDDY_EQUEUED; /* it is another one's: what it says stays */
    awaited->owner = owner;
    awaited->handle.fn = fn;
    awaited->refused = future && !eddy_future_done(future) ? refusal(future, loop) : 0;
    if (awaited->refused == 0 && (!future || eddy_future_done(future)))
        awaited->refused = eddy_loop_call_soon(loop, &awaited->handle);
    else if (awaited->refused == 0)
        awaited->refused = eddy_future_add_done_callback(future, &awaited->handle);
    return awaited->refused;
}

bool eddy_awaited_stop(struct eddy_awaited *awaited)
{
    return eddy_handle_cancel(&awaited->handle);
}

void eddy_awaited_stop_all(struct eddy_awaited *awaited, size_t n, const void *owner)
{
    for (size_t i = 0; i < n; i++)
        if (awaited[i].owner == owner)
            eddy_awaited_stop(&awaited[i]);
}

/* That it is in line no more is all that it says. */
static void on_announced(struct eddy_handle *handle)
{
    (void)handle;
}

void eddy_awaited_announce(struct eddy_future *future, struct eddy_handle *told)
{
    if (eddy_list_empty(&future->waiters))
        return;
    told->fn = on_announced;
    eddy_list_append(future->waiters.next, &told->link); /* before the first of them */
}

int eddy_awaited_limit(struct eddy_loop *loop, struct eddy_timer *timer, double seconds)
{
    return isinf(seconds) && seconds > 0 ? 0 : eddy_loop_call_later(loop, timer, seconds);
}

/* ---- The same future in two places --------------------------------------------------------------- */

/* A future's list of waiters, which for a moment also holds a mark; NULL: of another loop, or one that
 * nobody can wait for. Also that of a future that is done: nobody calls it any more. */
static struct eddy_list *marks_of(const struct eddy_awaited *awaited, const struct eddy_loop *loop)
{
    struct eddy_future *future = awaited->future;

    return future && future->loop == loop && future->waiters.next ? &future->waiters : NULL;
}

static bool is_among(const struct eddy_list *link, const struct eddy_awaited *awaited, size_t n)
{
    const char *byte = (const char *)link;

    return byte >= (const char *)awaited && byte < (const char *)(awaited + n);
}

/* Each place leaves its link at the end of its future's list: whoever comes later finds it there. */
int eddy_awaited_find_repeated(struct eddy_awaited *awaited, size_t n, const struct eddy_loop *loop)
{
    struct eddy_list *marks;

    for (size_t i = 0; i < n; i++)
        if (eddy_handle_queued(&awaited[i].handle))
            return EDDY_EQUEUED;
    for (size_t i = 0; i < n; i++) {
        marks = marks_of(&awaited[i], loop);
        awaited[i].repeated = marks && is_among(marks->prev, awaited, n);
        if (marks && !awaited[i].repeated)
            eddy_list_append(marks, &awaited[i].handle.link);
    }
    for (size_t i = 0; i < n; i++)
        eddy_awaited_stop(&awaited[i]);
    return 0;
}

/* ---- Cancelling -------------------------------------------------------------------------------- */

/* This thread's line. A round is one cancel, from the first call until the line is empty. */
static _Thread_local struct {
    struct eddy_list line;
    uint64_t round;
    bool goes_on;
} cancels;

static void join_line(struct eddy_canceller *canceller)
{
    if (canceller->round != cancels.round)
        eddy_list_append(&cancels.line, &canceller->link);
    canceller->round = cancels.round;
}

static void call_line(void)
{
    while (!eddy_list_empty(&cancels.line)) {
        struct eddy_canceller *first =
            container_of(eddy_list_pop(&cancels.line), struct eddy_canceller, link);
        first->cancel(first);
    }
}

void eddy_canceller_call(struct eddy_canceller *canceller)
{
    if (cancels.goes_on) {
        join_line(canceller);
        return;
    }
    eddy_list_init(&cancels.line);
    cancels.round++;
    cancels.goes_on = true;
    join_line(canceller);
    call_line();
    cancels.goes_on = false;
}

/* When a loop is shut down, all its tasks are asked. One that has been is not asked again, or tasks
 * that gather each other would cost the square of their number. */
static bool is_asked(const struct eddy_future *task)
{
    return eddy_tasks_of(task->loop)->ending &&
           container_of(task, const struct eddy_task, future)->unlanded > 0;
}

/* A task that is let go of takes with it what lies in its frame; other tasks are not its own. */
void eddy_awaited_cancel(struct eddy_awaited *awaited)
{
    struct eddy_future *future = awaited->future;

    if (awaited->refused < 0 || !future || eddy_future_done(future))
        return;
    if (!is_task(future) || (!eddy_task_lets_go() && !is_asked(future)))
        eddy_future_cancel(future);
}

void eddy_awaited_leave_all(struct eddy_awaited *awaited, size_t n, const void *owner)
{
    const struct eddy_task *task = eddy_task_lets_go();

    eddy_awaited_stop_all(awaited, n, owner);
    for (size_t i = 0; task && i < n; i++)
        if (awaited[i].owner == owner && eddy_task_holds(task, awaited[i].future))
            eddy_awaited_cancel(&awaited[i]);
}
