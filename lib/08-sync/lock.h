/*
 * lock - one task at a time. Between two awaits nobody else runs, so a lock is for what must stay whole
 * *across* awaits: read, wait, write.
 *
 *     CO_AWAIT(co, eddy_lock_acquire(&self->locking, self->lock));
 *     ...
 *     CO_FINALLY(co);
 *     eddy_lock_release(self->lock);
 *
 * A lock belongs to a task. A release hands it to the first of the line, who has it from then on, also
 * if it is cancelled before it runs: its cleanup section gives it back. Nobody overtakes the line.
 *
 * Memory: the lock must outlive its waiters. Nothing is allocated; O(1). Threads: the loop's (this is no
 * mutex: other threads know nothing of it).
 */
#ifndef EDDY_LOCK_H
#define EDDY_LOCK_H

#include "task.h"
#include "waiter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Touch no field. */
struct eddy_lock {
    struct eddy_loop *loop;
    struct eddy_task *owner; /* NULL: it is free, and nobody waits */
    struct eddy_list line;
};

/* An acquire that is under way. Valid when zeroed; touch no field. */
struct eddy_locking {
    struct eddy_waiter waiter;
    struct eddy_lock *lock;
    struct eddy_task *task; /* that is to have it */
    struct eddy_future refused;
};

void eddy_lock_init(struct eddy_lock *lock, struct eddy_loop *loop);

/*
 * Done when the task whose step runs has the lock: at once if it is free. EDDY_EDEADLOCK: it has it
 * already. -EINVAL: a plain callback is no task. EDDY_EOTHER: a task of another loop. EDDY_EQUEUED:
 * `locking` waits already. A cancel leaves the line.
 */
struct eddy_future *eddy_lock_acquire(struct eddy_locking *locking, struct eddy_lock *lock);

/* The task whose step runs gives it back. -EPERM: it does not have it, and nothing has happened; so a
 * cleanup section may call this however far the body came. */
int eddy_lock_release(struct eddy_lock *lock);

/* Whether somebody has it. */
static inline bool eddy_lock_locked(const struct eddy_lock *lock)
{
    return lock->owner != NULL;
}

/* Whether the task whose step runs has it. */
bool eddy_lock_mine(const struct eddy_lock *lock);

/* ---- For condition.c --------------------------------------------------------------------------- */

/* The same for another task. */
struct eddy_future *eddy_lock_acquire_for(struct eddy_locking *locking, struct eddy_lock *lock,
                                          struct eddy_task *task);
void eddy_lock_hand_over(struct eddy_lock *lock);

#ifdef __cplusplus
}
#endif

#endif
