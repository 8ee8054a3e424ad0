#include "lock.h"

#include "context.h"
#include "errors.h"

#include <errno.h>
#include <stdio.h>

void eddy_lock_init(struct eddy_lock *lock, struct eddy_loop *loop)
{
    *lock = (struct eddy_lock){.loop = loop};
    eddy_list_init(&lock->line);
}

bool eddy_lock_mine(const struct eddy_lock *lock)
{
    return lock->owner && lock->owner == eddy_current_task();
}

/* ---- Acquiring --------------------------------------------------------------------------------- */

/* A task may have ended without giving the lock back: then its name is gone with it. */
static const char *name_owner(const struct eddy_lock *lock)
{
    for (struct eddy_task *task = NULL; (task = eddy_next_task(lock->loop, task)) != NULL;)
        if (task == lock->owner)
            return eddy_task_name(task);
    return "a task that has ended";
}

static void describe_lock(const struct eddy_future *future, char *text, size_t n)
{
    const struct eddy_locking *locking =
        container_of(future, const struct eddy_locking, waiter.future);

    snprintf(text, n, "lock, which %s has", name_owner(locking->lock));
}

static const struct eddy_future_type type = {
    .name = "lock", .cancel = eddy_waiter_cancel, .describe = describe_lock, .guarded = true};

static int refusal(const struct eddy_lock *lock, const struct eddy_task *task)
{
    if (!task)
        return -EINVAL;
    if (task->future.loop != lock->loop)
        return EDDY_EOTHER;
    return lock->owner == task ? EDDY_EDEADLOCK : 0;
}

struct eddy_future *eddy_lock_acquire_for(struct eddy_locking *locking, struct eddy_lock *lock,
                                          struct eddy_task *task)
{
    int err = eddy_list_linked(&locking->waiter.link) ? EDDY_EQUEUED : refusal(lock, task);

    if (err < 0)
        return eddy_future_init_done(&locking->refused, lock->loop, err);
    locking->lock = lock;
    locking->task = task;
    if (lock->owner)
        return eddy_waiter_start(&locking->waiter, lock->loop, &type, &lock->line);
    lock->owner = task;
    return eddy_waiter_done(&locking->waiter, lock->loop, 0, NULL);
}

struct eddy_future *eddy_lock_acquire(struct eddy_locking *locking, struct eddy_lock *lock)
{
    return eddy_lock_acquire_for(locking, lock, eddy_current_task());
}

/* ---- Releasing --------------------------------------------------------------------------------- */

void eddy_lock_hand_over(struct eddy_lock *lock)
{
    struct eddy_waiter *first = eddy_waiter_first(&lock->line);

    lock->owner = first ? container_of(first, struct eddy_locking, waiter)->task : NULL;
    if (first)
        eddy_waiter_wake(first, 0, NULL);
}

int eddy_lock_release(struct eddy_lock *lock)
{
    if (!eddy_lock_mine(lock))
        return -EPERM;
    eddy_lock_hand_over(lock);
    return 0;
}
