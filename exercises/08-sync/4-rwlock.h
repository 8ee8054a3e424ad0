/*
 * Exercise 08.4: a lock for many readers, or for one writer. A price list is read all day and changed
 * now and then: those who read do not disturb each other, and whoever writes must be alone.
 *
 *     CO_AWAIT(co, rwlock_read(&self->hold, &shop->prices));
 *     ...
 *     CO_FINALLY(co);
 *     rwlock_release(&self->hold);
 */
#ifndef RWLOCK_H
#define RWLOCK_H

#include "waiter.h"

struct rwlock {
    struct eddy_loop *loop;
    struct eddy_list line; /* who waits, readers and writers, in the order in which they came */
    long readers;          /* so many have it to read */
    bool writing;          /* somebody has it to write */
};

/* What one task has, or has asked for. Valid when zeroed: nothing. */
struct rwhold {
    struct eddy_waiter waiter;
    struct rwlock *lock; /* that it was asked of; NULL: none, or it was given back */
    bool writes;         /* to write; else to read */
    struct eddy_future refused;
};

/* Nobody has it. */
void rwlock_init(struct rwlock *lock, struct eddy_loop *loop);

/*
 * Done when `hold` has the lock, to read or to write; at once, if nothing is in the way.
 *
 * - MANY READ AT THE SAME TIME, OR ONE WRITES, ALONE.
 * - First come, first served: nobody overtakes the line. So a reader who comes while a writer waits has
 *   to wait, too, even if others are reading just now. (Else readers who come and go might keep a
 *   writer waiting for ever.)
 * - Readers who stand in the line one after the other go together: when it is the first one's turn, it
 *   is that of all of them, up to the next writer.
 * - It is handed over: whoever's turn it is has the lock from then on, also if its task is cancelled
 *   before it runs.
 * - A cancel leaves the line, and has nothing. Those who stood after it may be able to go on now.
 * - EDDY_EQUEUED: `hold` waits already, or has a lock; that is as it was.
 */
struct eddy_future *rwlock_read(struct rwhold *hold, struct rwlock *lock);
struct eddy_future *rwlock_write(struct rwhold *hold, struct rwlock *lock);

/* Give back what `hold` has, to whoever's turn it is. -EPERM: it has nothing, or waits; then nothing has
 * happened. So a cleanup section may call this, however far the body came. */
int rwlock_release(struct rwhold *hold);

#endif
