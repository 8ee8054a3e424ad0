#include "condition.h"

#include "errors.h"
#include "io.h"

#include <errno.h>
#include <limits.h>

void eddy_condition_init(struct eddy_condition *condition, struct eddy_lock *lock)
{
    condition->lock = lock;
    eddy_list_init(&condition->line);
}

static struct eddy_condition_wait *wait_of(struct eddy_waiter *waiter)
{
    return container_of(waiter, struct eddy_condition_wait, waiter);
}

/* ---- The lock again ---------------------------------------------------------------------------- */

/* Not true yet: it waits on, without the lock. Whoever was cancelled meanwhile does not. */
static bool waits_on(struct eddy_condition_wait *wait)
{
    if (wait->err < 0 || !wait->is_true || wait->is_true(wait->argument))
        return false;
    if (wait->asked) {
        wait->err = -ECANCELED;
        return false;
    }
    eddy_list_append(&wait->condition->line, &wait->waiter.link);
    eddy_lock_hand_over(wait->condition->lock);
    return true;
}

static void on_locked(struct eddy_handle *handle)
{
    struct eddy_condition_wait *wait = container_of(handle, struct eddy_condition_wait, locked);
    int err = eddy_future_error(&wait->locking.waiter.future);

    if (err < 0) /* the line was left, by a frame that goes, or the loop is closed */
        wait->err = err;
    else if (waits_on(wait))
        return;
    eddy_finish_in_batch(&wait->waiter.future, wait->err, NULL);
}

/* It has left the line, to end with `err`. */
static void lock_again(struct eddy_condition_wait *wait, int err)
{
    struct eddy_future *future =
        eddy_lock_acquire_for(&wait->locking, wait->condition->lock, wait->task);

    wait->err = err;
    eddy_future_add_done_callback(future, &wait->locked);
}

/* Whether its own frame goes. Another task that awaits it, too, may be let go of: that does not concern
 * the one that is to have the lock again. */
static bool frame_goes(const struct eddy_condition_wait *wait)
{
    const struct eddy_task *task = eddy_task_lets_go();

    return task && (task == wait->task || eddy_task_holds(task, wait));
}

/* Notified already: it goes on as it is, and the request lands at the next await; or at the end of this
 * one, if what it waits for is not true. */
static void cancel_wait(struct eddy_future *future)
{
    struct eddy_condition_wait *wait = wait_of(container_of(future, struct eddy_waiter, future));

    wait->asked = true;
    if (eddy_list_linked(&wait->waiter.link)) {
        eddy_list_remove(&wait->waiter.link);
        if (!frame_goes(wait))
            lock_again(wait, -ECANCELED);
    }
    if (!frame_goes(wait))
        return;
    eddy_handle_cancel(&wait->locked);
    if (eddy_list_linked(&wait->locking.waiter.link))
        eddy_future_cancel(&wait->locking.waiter.future);
    eddy_future_finish(future, -ECANCELED, NULL);
}

/* ---- Waiting ----------------------------------------------------------------------------------- */

static const struct eddy_future_type type = {
    .name = "condition", .cancel = cancel_wait, .guarded = true};

static int refusal(const struct eddy_condition_wait *wait, const struct eddy_condition *condition)
{
    if (wait->condition && !eddy_future_done(&wait->waiter.future))
        return EDDY_EQUEUED;
    return eddy_lock_mine(condition->lock) ? 0 : -EPERM;
}

struct eddy_future *eddy_condition_wait_until(struct eddy_condition_wait *wait,
                                              struct eddy_condition *condition,
                                              bool (*is_true)(void *argument), void *argument)
{
    struct eddy_loop *loop = condition->lock->loop;
    int err = refusal(wait, condition);

    if (err < 0)
        return eddy_future_init_done(&wait->refused, loop, err);
    *wait = (struct eddy_condition_wait){.condition = condition,
                                         .task = eddy_current_task(),
                                         .is_true = is_true,
                                         .argument = argument};
    if (is_true && is_true(argument))
        return eddy_waiter_done(&wait->waiter, loop, 0, NULL);
    if (!eddy_lock_mine(condition->lock)) /* is_true() has given it back: it is another one's now */
        return eddy_waiter_done(&wait->waiter, loop, -EPERM, NULL);
    eddy_handle_init(&wait->locked, on_locked);
    eddy_lock_hand_over(condition->lock);
    return eddy_waiter_start(&wait->waiter, loop, &type, &condition->line);
}

struct eddy_future *eddy_condition_wait(struct eddy_condition_wait *wait,
                                        struct eddy_condition *condition)
{
    return eddy_condition_wait_until(wait, condition, NULL, NULL);
}

/* ---- Notifying --------------------------------------------------------------------------------- */

int eddy_condition_notify(struct eddy_condition *condition, long n)
{
    struct eddy_waiter *first;

    if (n < 0)
        return -EINVAL;
    if (!eddy_lock_mine(condition->lock))
        return -EPERM;
    for (; n > 0 && (first = eddy_waiter_first(&condition->line)) != NULL; n--) {
        eddy_list_remove(&first->link);
        lock_again(wait_of(first), 0);
    }
    return 0;
}

int eddy_condition_notify_all(struct eddy_condition *condition)
{
    return eddy_condition_notify(condition, LONG_MAX);
}
