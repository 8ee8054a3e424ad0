/*
 * items - the queues of the random schedules (schedules.c): each is compared with a plain list, call by
 * call. So an item that is lost, doubled, or out of order is seen at the call that does it.
 */
#ifndef ITEMS_H
#define ITEMS_H

#include "world.h"

static struct item *new_item(int queue)
{
    struct item *item = &world.items[world.used++];

    CHECK(world.used <= ITEMS);
    *item = (struct item){.queue = queue, .priority = draw(4)};
    return item;
}

/* It is in the list, or in the hands of the one who waited first. */
static void enter(int i, struct item *item, const struct people_in_line *getters)
{
    CHECK(!item->entered);
    item->entered = true;
    world.unfinished[i]++;
    if (getters->count > 0)
        CHECK(container_of(getters->waiters[0], struct eddy_queue_get, waiter)->item == item);
    else
        world.shadows[i].items[world.shadows[i].count++] = item;
}

/* Which comes out next. */
static struct item *leave(int i)
{
    struct shadow *shadow = &world.shadows[i];
    int kind = world.queues[i].store.kind, best = kind == EDDY_LIFO ? shadow->count - 1 : 0;
    struct item *item;

    for (int k = 1; kind == EDDY_PRIORITY && k < shadow->count; k++)
        if (shadow->items[k]->priority < shadow->items[best]->priority)
            best = k;
    item = shadow->items[best];
    shadow->count--;
    memmove(&shadow->items[best], &shadow->items[best + 1],
            sizeof shadow->items[0] * (size_t)(shadow->count - best));
    return item;
}

static void check_put(int i, struct item *item, int err, const struct people_in_line *getters)
{
    check_served(getters, err == 0 ? at_most_one(getters) : 0, 0);
    if (err == 0)
        enter(i, item, getters);
    else
        CHECK(err == EDDY_ECLOSED ? world.queues[i].shut : eddy_queue_full(&world.queues[i]));
}

static struct eddy_future *put_item(struct eddy_queue_put *put, struct item *item)
{
    struct eddy_queue *queue = &world.queues[item->queue];
    struct people_in_line getters = look_at(&queue->getters);
    struct eddy_future *future = eddy_queue_put_priority(put, queue, item, item->priority);

    check_put(item->queue, item, future->err, &getters);
    return check_waits(&put->waiter, future, &queue->putters);
}

static void check_got(int i, const struct item *item, int err, const struct people_in_line *putters)
{
    static const struct people_in_line nobody = {.count = 0};

    check_served(putters, err == 0 ? at_most_one(putters) : 0, 0);
    if (err < 0) {
        CHECK_INT(world.shadows[i].count, 0);
        return;
    }
    CHECK(item == leave(i));
    if (putters->count > 0)
        enter(i, container_of(putters->waiters[0], struct eddy_queue_put, waiter)->item, &nobody);
}

static struct eddy_future *get_item(struct eddy_queue_get *get, int i)
{
    struct eddy_queue *queue = &world.queues[i];
    struct people_in_line putters = look_at(&queue->putters);
    struct eddy_future *future = eddy_queue_get(get, queue);

    check_got(i, get->item, future->err, &putters);
    return check_waits(&get->waiter, future, &queue->getters);
}

/* Somebody has it in hand. */
static void take_item(struct item *item)
{
    CHECK(item->entered && !item->taken);
    item->taken = true;
}

static void say_task_done(int i)
{
    struct people_in_line joiners = look_at(&world.queues[i].joiners);

    CHECK_CODE(eddy_queue_task_done(&world.queues[i]), 0);
    world.unfinished[i]--;
    check_served(&joiners, world.unfinished[i] == 0 ? joiners.count : 0, 0);
}

static void drop_item(void *dropped)
{
    struct item *item = dropped;

    CHECK(item == leave(item->queue));
    take_item(item);
    world.unfinished[item->queue]--;
}

static void shut_queue(int i)
{
    struct people_in_line getters = look_at(&world.queues[i].getters);
    struct people_in_line putters = look_at(&world.queues[i].putters);

    if (draw(2))
        eddy_queue_shutdown(&world.queues[i]);
    else
        eddy_queue_shutdown_now(&world.queues[i], drop_item);
    check_served(&getters, getters.count, EDDY_ECLOSED);
    check_served(&putters, putters.count, EDDY_ECLOSED);
}

#endif
