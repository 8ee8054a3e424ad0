/*
 * Exercise 08.4, build: a lock for many readers, or for one writer. 4-rwlock.h says what it promises. It
 * is made of waiters, as the lock of the library is. The five functions that are to be written have
 * about 35 lines together. Try it:  make check-08.4
 */
#include "4-rwlock.h"

#include "errors.h"

#include <errno.h>

static struct rwhold *hold_of(struct eddy_waiter *waiter)
{
    return container_of(waiter, struct rwhold, waiter);
}

void rwlock_init(struct rwlock *lock, struct eddy_loop *loop)
{
    *lock = (struct rwlock){.loop = loop};
    eddy_list_init(&lock->line);
}

/* Whether nothing of what others have now is in the way of `hold`. The line is no matter of this one. */
static bool fits(const struct rwlock *lock, const struct rwhold *hold)
{
    return !lock->writing && (!hold->writes || lock->readers == 0);
}

/* From now on `hold` has it. */
static void note_taken(struct rwlock *lock, const struct rwhold *hold)
{
    if (hold->writes)
        lock->writing = true;
    else
        lock->readers++;
}

/* As long as the first of the line fits, it is its turn. */
static void serve(struct rwlock *lock)
{
    struct eddy_waiter *first;

    while ((first = eddy_waiter_first(&lock->line)) != NULL && fits(lock, hold_of(first))) {
        note_taken(lock, hold_of(first));
        eddy_waiter_wake(first, 0, NULL);
    }
}

/* It leaves the line. */
static void cancel_hold(struct eddy_future *future)
{
    struct rwhold *hold = hold_of(container_of(future, struct eddy_waiter, future));
    struct rwlock *lock = hold->lock;

    hold->lock = NULL;
    eddy_waiter_cancel(future);
    serve(lock);
}

static const struct eddy_future_type type = {
    .name = "a lock for readers and writers", .cancel = cancel_hold, .guarded = true};

static struct eddy_future *acquire(struct rwhold *hold, struct rwlock *lock, bool writes)
{
    if (hold->lock)
        return eddy_future_init_done(&hold->refused, lock->loop, EDDY_EQUEUED);
    hold->lock = lock;
    hold->writes = writes;
    if (!eddy_list_empty(&lock->line) || !fits(lock, hold))
        return eddy_waiter_start(&hold->waiter, lock->loop, &type, &lock->line);
    note_taken(lock, hold);
    return eddy_waiter_done(&hold->waiter, lock->loop, 0, NULL);
}

struct eddy_future *rwlock_read(struct rwhold *hold, struct rwlock *lock)
{
    return acquire(hold, lock, false);
}

struct eddy_future *rwlock_write(struct rwhold *hold, struct rwlock *lock)
{
    return acquire(hold, lock, true);
}

int rwlock_release(struct rwhold *hold)
{
    struct rwlock *lock = hold->lock;

    if (!lock || !eddy_future_done(&hold->waiter.future))
        return -EPERM;
    hold->lock = NULL;
    if (hold->writes)
        lock->writing = false;
    else
        lock->readers--;
    serve(lock);
    return 0;
}
