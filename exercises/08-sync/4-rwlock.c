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
    /* TODO 08.4: write fits(). */
    return false;
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
    /* TODO 08.4: write serve(). */
}

/* It leaves the line. */
static void cancel_hold(struct eddy_future *future)
{
    /* TODO 08.4: write cancel_hold(). */
}

static const struct eddy_future_type type = {
    .name = "a lock for readers and writers", .cancel = cancel_hold, .guarded = true};

static struct eddy_future *acquire(struct rwhold *hold, struct rwlock *lock, bool writes)
{
    /* TODO 08.4: write acquire(). */
    return NULL;
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
    /* TODO 08.4: write rwlock_release(). */
    return -ENOSYS;
}
