/*
 * queue - items from those who make them to those who use them. A queue that is full makes its makers
 * wait; one that is empty makes its users wait; each line is served first come first served.
 *
 *     CO_AWAIT(co, eddy_queue_put(&self->put, self->jobs, job));
 *
 *     CO_AWAIT(co, eddy_queue_get(&self->get, self->jobs));
 *     work(self->get.item);
 *     eddy_queue_task_done(self->jobs);
 *
 * An item is a pointer, and whoever has it owns what it leads to: the maker until the put is done with
 * 0, then the queue, then the user whose get is done with 0. An item is handed over: to the first
 * user who waits, also if that one is cancelled before it runs. Its await returns with the item, and
 * the cancel lands at its next await. No item is lost, and none comes twice.
 *
 * Memory: a bounded queue allocates its places when it is opened, an unlimited one as it grows; nothing
 * else is allocated. The queue must outlive those who wait. Threads: the loop's. (asyncio.Queue)
 */
#ifndef EDDY_QUEUE_H
#define EDDY_QUEUE_H

#include "queue_store.h"
#include "waiter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Valid when zeroed: closed. Touch no field. */
struct eddy_queue {
    struct eddy_loop *loop;
    struct eddy_queue_store store;
    size_t maxsize;           /* 0: unlimited */
    size_t unfinished;        /* items that were put, less the calls of task_done */
    struct eddy_list getters; /* who wait; only while it is empty */
    struct eddy_list putters; /* who wait; only while it is full */
    struct eddy_list joiners; /* who wait for all to be finished */
    bool open, shut;
};

/* A put, a get, a join that is under way. Valid when zeroed. */
struct eddy_queue_put {
    struct eddy_waiter waiter;
    void *item;
    int64_t priority;
    struct eddy_future refused;
};

struct eddy_queue_get {
    struct eddy_waiter waiter;
    void *item; /* read this, after 0 */
    struct eddy_future refused;
};

struct eddy_queue_join {
    struct eddy_waiter waiter;
    struct eddy_future refused;
};

/* ---- Opening and closing ----------------------------------------------------------------------- */

/* An empty queue. `kind`: EDDY_FIFO, EDDY_LIFO (the newest comes out first) or EDDY_PRIORITY (the
 * smallest; equal ones in the order of their coming). `maxsize`: 0 or less is unlimited. -EINVAL:
 * another kind. -ENOMEM. */
int eddy_queue_open(struct eddy_queue *queue, struct eddy_loop *loop, int kind, long maxsize);

/*
 * No item comes in any more: EDDY_ECLOSED for those who put, or wait to. Items that are there can still
 * be taken; when there are none, a get is EDDY_ECLOSED.
 */
void eddy_queue_shutdown(struct eddy_queue *queue);

/* The same, and the items that are there are dropped: `drop` is called for each (NULL: nobody's
 * loss), and each counts as finished. It may call the queue, too. */
void eddy_queue_shutdown_now(struct eddy_queue *queue, void (*drop)(void *item));

/* Free its places. Whoever waits, for a join too, gets EDDY_ECLOSED; so do later calls. Items that are
 * there are dropped without a word: take them before. Twice is harmless. */
void eddy_queue_close(struct eddy_queue *queue);

/* ---- Putting and getting ----------------------------------------------------------------------- */

/* Done when `item` is in, with 0; at once if there is room, or a user who waits. EDDY_ECLOSED: it is
 * shut. -ENOMEM, of an unlimited one. EDDY_EQUEUED: `put` waits already. After an error, or a cancel,
 * the item is still the caller's. The second form says its priority, for EDDY_PRIORITY; the first, 0. */
struct eddy_future *eddy_queue_put(struct eddy_queue_put *put, struct eddy_queue *queue,
                                   void *item);
struct eddy_future *eddy_queue_put_priority(struct eddy_queue_put *put, struct eddy_queue *queue,
                                            void *item, int64_t priority);

/* Done when get->item is the caller's, with 0; it is the future's result, too. EDDY_ECLOSED: it is shut,
 * and empty. EDDY_EQUEUED: `get` waits already. */
struct eddy_future *eddy_queue_get(struct eddy_queue_get *get, struct eddy_queue *queue);

/* The same, now or not at all: -EAGAIN where the others would wait. */
int eddy_queue_put_nowait(struct eddy_queue *queue, void *item, int64_t priority);
int eddy_queue_get_nowait(struct eddy_queue *queue, void **item);

/* ---- Until all is done ------------------------------------------------------------------------- */

/* What was taken is done: said once for each item. -EINVAL: that is more than were put. EDDY_ECLOSED:
 * the queue is closed. */
int eddy_queue_task_done(struct eddy_queue *queue);

/* Done when that was said of all items. At once if there are none. EDDY_EQUEUED: `join` waits already.
 * EDDY_ECLOSED: the queue is closed. */
struct eddy_future *eddy_queue_join(struct eddy_queue_join *join, struct eddy_queue *queue);

/* How many items are there. */
static inline size_t eddy_queue_size(const struct eddy_queue *queue)
{
    return queue->store.count;
}

static inline bool eddy_queue_empty(const struct eddy_queue *queue)
{
    return queue->store.count == 0;
}

static inline bool eddy_queue_full(const struct eddy_queue *queue)
{
    return queue->maxsize > 0 && queue->store.count >= queue->maxsize;
}

#ifdef __cplusplus
}
#endif

#endif
