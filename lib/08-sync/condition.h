/*
 * condition - wait, under a lock, until somebody says that things have changed.
 *
 *     CO_AWAIT(co, eddy_lock_acquire(&self->locking, &shop->lock));
 *     while (shop->bread == 0)
 *         CO_AWAIT(co, eddy_condition_wait(&self->wait, &shop->delivered));
 *     shop->bread--;
 *     CO_FINALLY(co);
 *     eddy_lock_release(&shop->lock);
 *
 * A wait gives the lock away while it sleeps, and HAS IT AGAIN WHEN IT RETURNS, however it returns:
 * notified, cancelled, or cut by a time-out. So what follows may rely on it. For that, a cancel or
 * time-out may take as long as others hold the lock.
 *
 * A notification is a result: a waiter that is notified, and cancelled before it runs, returns with 0
 * and with the lock, and meets the cancel at its next await. (CPython threw the notification away
 * until 2024.) A cancel while a wait takes its lock again lands afterwards, too.
 *
 * Memory: the condition and its lock must outlive the waiters. Nothing is allocated. Threads: the loop's.
 */
#ifndef EDDY_CONDITION_H
#define EDDY_CONDITION_H

#include "lock.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Touch no field. */
struct eddy_condition {
    struct eddy_lock *lock;
    struct eddy_list line; /* of those who are not notified yet */
};

/* A wait that is under way. Valid when zeroed; touch no field. */
struct eddy_condition_wait {
    struct eddy_waiter waiter; /* its future is the wait's; its link is for the line */
    struct eddy_locking locking;
    struct eddy_handle locked; /* is called when it has the lock again */
    struct eddy_condition *condition;
    struct eddy_task *task;
    bool (*is_true)(void *argument);
    void *argument;
    int err;    /* how it will end */
    bool asked; /* it was cancelled */
    struct eddy_future refused;
};

/* `lock` is the condition's, perhaps one of several conditions'. */
void eddy_condition_init(struct eddy_condition *condition, struct eddy_lock *lock);

/* Wait for a notification. -EPERM: the task does not have the lock. EDDY_EQUEUED: `wait` waits already.
 * O(1). */
struct eddy_future *eddy_condition_wait(struct eddy_condition_wait *wait,
                                        struct eddy_condition *condition);

/* Wait until `is_true(argument)`: it is asked at once, and after each notification, always with the
 * lock held. It must not await, nor give the lock back (-EPERM). Done at once if it is true. A cancel
 * while it takes the lock again ends it with -ECANCELED if it is not true then. (asyncio: wait_for.) */
struct eddy_future *eddy_condition_wait_until(struct eddy_condition_wait *wait,
                                              struct eddy_condition *condition,
                                              bool (*is_true)(void *argument), void *argument);

/* Wake the first `n` who wait, or all. They go on one after the other, as each gets the lock. Nobody
 * waits: it is not remembered. -EPERM: the task does not have the lock. -EINVAL: n is below 0. */
int eddy_condition_notify(struct eddy_condition *condition, long n);
int eddy_condition_notify_all(struct eddy_condition *condition);

#ifdef __cplusplus
}
#endif

#endif
