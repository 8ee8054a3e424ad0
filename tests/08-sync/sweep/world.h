/*
 * world - what the people of the random schedules (schedules.c) share: locks with conditions, semaphores,
 * queues, a barrier, a flag. Each call of the library goes through here, and is compared with what a
 * model says of it: who is served, in which order, with what; and that all others wait on.
 */
#ifndef WORLD_H
#define WORLD_H

#include "../shared.h"

#include "barrier.h"
#include "condition.h"
#include "flag.h"
#include "permit.h"
#include "queue.h"

enum { PEOPLE = 12, LOCKS = 2, SEMAPHORES = 2, QUEUES = 3, ITEMS = 400, MOST_IN_LINE = 64 };

struct item {
    int queue;
    int64_t priority;
    bool entered, taken; /* it has come into the queue; it has been given out, or dropped */
};

/* A queue as a plain list, in the order of coming. */
struct shadow {
    struct item *items[ITEMS];
    int count;
};

static struct {
    const char *program;
    unsigned seed, dice;
    bool ending; /* it is being shut down */
    struct eddy_lock locks[LOCKS];
    struct eddy_condition conditions[LOCKS];
    const void *owners[LOCKS]; /* who works under the lock now */
    int bread[LOCKS];          /* what the conditions are about: changed under the lock alone */
    struct eddy_semaphore semaphores[SEMAPHORES];
    long permits[SEMAPHORES];
    struct eddy_queue queues[QUEUES];
    struct shadow shadows[QUEUES];
    size_t unfinished[QUEUES];
    struct eddy_barrier barrier;
    struct eddy_flag flag;
    struct item items[ITEMS];
    int used; /* items */
    long handed, cuts, expirations, rounds, landed_late,
        abandoned; /* what has happened, over all schedules */
} world;

static unsigned draw(unsigned n)
{
    world.dice = world.dice * 1103515245 + 12345;
    return (world.dice >> 16) % n;
}

/* Few different times, so that much happens at once. */
static double some_seconds(void)
{
    return draw(5) / 2.0;
}

/* ---- Lines ------------------------------------------------------------------------------------- */

/* Who stands in a line, before a call. */
struct people_in_line {
    const struct eddy_list *line;
    struct eddy_waiter *waiters[MOST_IN_LINE];
    int count;
};

static struct people_in_line look_at(const struct eddy_list *line)
{
    struct people_in_line seen = {.line = line};

    for (struct eddy_list *link = line->next; link != line; link = link->next) {
        CHECK(seen.count < MOST_IN_LINE);
        seen.waiters[seen.count++] = eddy_waiter_of(link);
    }
    return seen;
}

/* The first `n` have been served, and have gone; the others wait on, in their order. */
static void check_served(const struct people_in_line *seen, int n, int err)
{
    const struct eddy_list *link = seen->line->next;

    CHECK_INT(length_of(seen->line), seen->count - n);
    for (int i = 0; i < n; i++) {
        CHECK(!eddy_list_linked(&seen->waiters[i]->link));
        CHECK_CODE(seen->waiters[i]->future.err, err);
        world.handed++;
    }
    for (int i = n; i < seen->count; i++, link = link->next)
        CHECK(link == &seen->waiters[i]->link);
}

/* It has come to an end, or stands at the end of its line. */
static struct eddy_future *check_waits(const struct eddy_waiter *waiter, struct eddy_future *future,
                                       const struct eddy_list *line)
{
    if (!eddy_future_done(future))
        CHECK(line->prev == &waiter->link);
    return future;
}

static int at_most_one(const struct people_in_line *seen)
{
    return seen->count > 0 ? 1 : 0;
}

/* ---- What is always true ------------------------------------------------------------------------ */

static void check_queue(int i)
{
    const struct eddy_queue *queue = &world.queues[i];

    CHECK_INT((int)queue->store.count, world.shadows[i].count);
    CHECK_INT((int)queue->unfinished, (int)world.unfinished[i]);
    CHECK(queue->maxsize == 0 || queue->store.count <= queue->maxsize);
    CHECK(queue->store.count == 0 || eddy_list_empty(&queue->getters));
    CHECK(eddy_queue_full(queue) || eddy_list_empty(&queue->putters));
    CHECK(queue->unfinished > 0 || eddy_list_empty(&queue->joiners));
    CHECK(!queue->shut || (eddy_list_empty(&queue->getters) && eddy_list_empty(&queue->putters)));
}

static struct eddy_condition_wait *wait_at(struct eddy_list *link)
{
    return container_of(eddy_waiter_of(link), struct eddy_condition_wait, waiter);
}

/* Nobody waits for a lock that is free, and who waits to be notified does not have it. */
static void check_lock(int i)
{
    struct eddy_list *line = &world.conditions[i].line;

    CHECK(world.locks[i].owner || eddy_list_empty(&world.locks[i].line));
    for (struct eddy_list *link = line->next; link != line; link = link->next)
        CHECK(wait_at(link)->task != world.locks[i].owner);
}

/* Nobody waits for what is there. */
static void check_nobody_is_stranded(void)
{
    for (int i = 0; i < LOCKS; i++)
        check_lock(i);
    for (int i = 0; i < SEMAPHORES; i++)
        CHECK(world.semaphores[i].value == 0 || eddy_list_empty(&world.semaphores[i].line));
    for (int i = 0; i < QUEUES; i++)
        check_queue(i);
    CHECK_INT(world.barrier.waiting, length_of(&world.barrier.line));
    CHECK(world.barrier.waiting < world.barrier.parties);
    CHECK(!world.flag.is_set || eddy_list_empty(&world.flag.line));
}

static void check_nobody_waits(void)
{
    for (int i = 0; i < LOCKS; i++) {
        CHECK(!world.locks[i].owner && !world.owners[i]);
        CHECK(eddy_list_empty(&world.locks[i].line) && eddy_list_empty(&world.conditions[i].line));
    }
    for (int i = 0; i < SEMAPHORES; i++)
        CHECK_INT(world.semaphores[i].value, world.permits[i]);
    for (int i = 0; i < SEMAPHORES; i++)
        CHECK(eddy_list_empty(&world.semaphores[i].line));
    for (int i = 0; i < QUEUES; i++)
        CHECK(eddy_list_empty(&world.queues[i].getters) &&
              eddy_list_empty(&world.queues[i].putters) &&
              eddy_list_empty(&world.queues[i].joiners));
    CHECK(eddy_list_empty(&world.barrier.line) && eddy_list_empty(&world.flag.line));
}

/* ---- Locks and conditions ----------------------------------------------------------------------- */

static void take_lock(int i, const void *person)
{
    CHECK(eddy_lock_mine(&world.locks[i]) && !world.owners[i]);
    world.owners[i] = person;
}

static void leave_lock(int i, const void *person)
{
    CHECK(world.owners[i] == person);
    world.owners[i] = NULL;
}

/* It was handed to the first of the line, or is free. */
static void check_handed(int i, const struct people_in_line *seen)
{
    const struct eddy_task *owner = world.locks[i].owner;

    check_served(seen, at_most_one(seen), 0);
    if (seen->count == 0)
        CHECK(owner == NULL);
    else
        CHECK(owner == container_of(seen->waiters[0], struct eddy_locking, waiter)->task);
}

static void give_lock(int i, const void *person)
{
    struct people_in_line seen = look_at(&world.locks[i].line);

    leave_lock(i, person);
    CHECK_CODE(eddy_lock_release(&world.locks[i]), 0);
    check_handed(i, &seen);
}

static bool there_is_bread(void *bread)
{
    CHECK(world.locks[(int *)bread - world.bread].owner != NULL);
    return *(int *)bread > 0;
}

static struct eddy_future *wait_for_bread(struct eddy_condition_wait *wait, int i, bool until,
                                          const void *person)
{
    struct people_in_line seen = look_at(&world.locks[i].line);
    struct eddy_condition *condition = &world.conditions[i];
    struct eddy_future *future;

    leave_lock(i, person);
    future = until ? eddy_condition_wait_until(wait, condition, there_is_bread, &world.bread[i])
                   : eddy_condition_wait(wait, condition);
    if (!eddy_future_done(future))
        check_handed(i, &seen);
    else
        CHECK(until && world.bread[i] > 0);
    return check_waits(&wait->waiter, future, &condition->line);
}

/* `tell` is called with each who is notified. */
static void notify(int i, int n, void (*tell)(struct eddy_condition_wait *wait))
{
    struct people_in_line seen = look_at(&world.conditions[i].line);
    int most = n < seen.count ? n : seen.count;

    for (int k = 0; k < most; k++)
        tell(wait_at(&seen.waiters[k]->link));
    world.bread[i] += draw(4) == 0;
    CHECK_CODE(eddy_condition_notify(&world.conditions[i], n), 0);
    check_served(&seen, most, EDDY_EPENDING); /* of the lock's line now */
}

/* ---- Semaphores, flag, barrier ------------------------------------------------------------------- */

static struct eddy_future *ask_permit(struct eddy_permit *permit, int i)
{
    struct eddy_semaphore *semaphore = &world.semaphores[i];

    return check_waits(&permit->waiter, eddy_semaphore_acquire(permit, semaphore),
                       &semaphore->line);
}

static void give_permit(struct eddy_permit *permit)
{
    struct people_in_line seen = look_at(&permit->semaphore->line);
    const struct eddy_semaphore *semaphore = permit->semaphore;
    long value = semaphore->value;

    CHECK_CODE(eddy_permit_release(permit), 0);
    check_served(&seen, at_most_one(&seen), 0);
    CHECK_INT(semaphore->value, value + (seen.count == 0));
}

static void set_flag(void)
{
    struct people_in_line seen = look_at(&world.flag.line);

    eddy_flag_set(&world.flag);
    check_served(&seen, seen.count, 0);
    if (draw(4))
        eddy_flag_clear(&world.flag);
}

static long index_of(const struct eddy_waiter *waiter)
{
    return container_of(waiter, const struct eddy_barrier_wait, waiter)->index;
}

static struct eddy_future *come_to_barrier(struct eddy_barrier_wait *wait)
{
    struct people_in_line seen = look_at(&world.barrier.line);
    struct eddy_future *future = eddy_barrier_wait(wait, &world.barrier);

    if (future->err < 0)
        return check_waits(&wait->waiter, future, &world.barrier.line);
    CHECK_INT(seen.count, world.barrier.parties - 1);
    check_served(&seen, seen.count, 0);
    for (int i = 0; i < seen.count; i++)
        CHECK_INT(index_of(seen.waiters[i]), i);
    CHECK_INT(wait->index, seen.count);
    world.rounds++;
    return future;
}

static void reset_barrier(void)
{
    struct people_in_line seen = look_at(&world.barrier.line);

    eddy_barrier_abort(&world.barrier);
    if (draw(4))
        eddy_barrier_reset(&world.barrier);
    check_served(&seen, seen.count, EDDY_EBROKEN);
}

#endif
