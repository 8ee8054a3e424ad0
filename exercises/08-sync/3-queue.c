/*
 * Exercise 08.3, a drop-in: write the functions marked TODO, and your file takes the place of
 * lib/08-sync/queue.c in the library. What each function promises stands in
 * lib/08-sync/queue.h. All else is the library's own.
 *
 *     make check-08.3     make hint-08.3     make learn
 */
#include "queue.h"

#include "errors.h"

#include <errno.h>

/* ---- Who waits --------------------------------------------------------------------------------- */

static struct eddy_queue_get *first_getter(const struct eddy_queue *queue)
{
    struct eddy_waiter *first = eddy_waiter_first(&queue->getters);

    return first ? container_of(first, struct eddy_queue_get, waiter) : NULL;
}

static struct eddy_queue_put *first_putter(const struct eddy_queue *queue)
{
    struct eddy_waiter *first = eddy_waiter_first(&queue->putters);

    return first ? container_of(first, struct eddy_queue_put, waiter) : NULL;
}

static const struct eddy_future_type get_type = {
    .name = "queue get", .cancel = eddy_waiter_cancel, .guarded = true};
static const struct eddy_future_type put_type = {
    .name = "queue put", .cancel = eddy_waiter_cancel, .guarded = true};
static const struct eddy_future_type join_type = {
    .name = "queue join", .cancel = eddy_waiter_cancel, .guarded = true};

/* Why nothing can be done with it: it is closed, or this is another thread. 0: something can. */
static int refusal(const struct eddy_queue *queue, const char *call)
{
    return queue->open ? eddy_loop_check_thread(queue->loop, call) : EDDY_ECLOSED;
}

/* ---- Putting and getting ----------------------------------------------------------------------- */

/* To the first who waits; else into the store. */
static int take_in(struct eddy_queue *queue, void *item, int64_t priority)
{
    /* TODO 08.3: write take_in(). */
    return -ENOSYS;
}

/* A place has become free: the first who waits to put gets it. There is room, so it cannot fail. */
static void *give_out(struct eddy_queue *queue)
{
    /* TODO 08.3: write give_out(). */
    return NULL;
}

int eddy_queue_put_nowait(struct eddy_queue *queue, void *item, int64_t priority)
{
    /* TODO 08.3: write eddy_queue_put_nowait(). */
    return -ENOSYS;
}

int eddy_queue_get_nowait(struct eddy_queue *queue, void **item)
{
    /* TODO 08.3: write eddy_queue_get_nowait(). */
    return -ENOSYS;
}

struct eddy_future *eddy_queue_put_priority(struct eddy_queue_put *put, struct eddy_queue *queue,
                                            void *item, int64_t priority)
{
    /* TODO 08.3: write eddy_queue_put_priority(). */
    return NULL;
}

struct eddy_future *eddy_queue_put(struct eddy_queue_put *put, struct eddy_queue *queue, void *item)
{
    return eddy_queue_put_priority(put, queue, item, 0);
}

struct eddy_future *eddy_queue_get(struct eddy_queue_get *get, struct eddy_queue *queue)
{
    /* TODO 08.3: write eddy_queue_get(). */
    return NULL;
}

/* ---- Until all is done ------------------------------------------------------------------------- */

static int finish_item(struct eddy_queue *queue)
{
    /* TODO 08.3: write finish_item(). */
    return -ENOSYS;
}

int eddy_queue_task_done(struct eddy_queue *queue)
{
    /* TODO 08.3: write eddy_queue_task_done(). */
    return -ENOSYS;
}

struct eddy_future *eddy_queue_join(struct eddy_queue_join *join, struct eddy_queue *queue)
{
    /* TODO 08.3: write eddy_queue_join(). */
    return NULL;
}

/* ---- Opening and closing ----------------------------------------------------------------------- */

int eddy_queue_open(struct eddy_queue *queue, struct eddy_loop *loop, int kind, long maxsize)
{
    int err;

    *queue = (struct eddy_queue){.loop = loop, .maxsize = maxsize > 0 ? (size_t)maxsize : 0};
    if (kind < EDDY_FIFO || kind > EDDY_PRIORITY)
        return -EINVAL;
    queue->store.kind = kind;
    eddy_list_init(&queue->getters);
    eddy_list_init(&queue->putters);
    eddy_list_init(&queue->joiners);
    err = eddy_queue_store_reserve(&queue->store, queue->maxsize);
    queue->open = err == 0;
    return err;
}

void eddy_queue_shutdown(struct eddy_queue *queue)
{
    /* TODO 08.3: write eddy_queue_shutdown(). */
}

/* Each is finished before it is dropped: `drop` may take others, or close the queue. */
void eddy_queue_shutdown_now(struct eddy_queue *queue, void (*drop)(void *item))
{
    /* TODO 08.3: write eddy_queue_shutdown_now(). */
}

void eddy_queue_close(struct eddy_queue *queue)
{
    if (refusal(queue, "queue_close") < 0)
        return;
    eddy_queue_shutdown(queue);
    eddy_waiter_wake_all(&queue->joiners, EDDY_ECLOSED);
    eddy_queue_store_fini(&queue->store);
    queue->unfinished = 0;
    queue->open = false;
}
