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
    struct eddy_queue_get *getter = first_getter(queue);
    int err = getter ? 0 : eddy_queue_store_push(&queue->store, item, priority);

    if (err < 0)
        return err;
    queue->unfinished++;
    if (getter) {
        getter->item = item;
        eddy_waiter_wake(&getter->waiter, 0, item);
    }
    return 0;
}

/* A place has become free: the first who waits to put gets it. There is room, so it cannot fail. */
static void *give_out(struct eddy_queue *queue)
{
    void *item = eddy_queue_store_pop(&queue->store);
    struct eddy_queue_put *putter = first_putter(queue);

    if (putter) {
        take_in(queue, putter->item, putter->priority);
        eddy_waiter_wake(&putter->waiter, 0, NULL);
    }
    return item;
}

int eddy_queue_put_nowait(struct eddy_queue *queue, void *item, int64_t priority)
{
    int err = queue->shut ? EDDY_ECLOSED : refusal(queue, "queue_put");

    if (err < 0)
        return err;
    return eddy_queue_full(queue) ? -EAGAIN : take_in(queue, item, priority);
}

int eddy_queue_get_nowait(struct eddy_queue *queue, void **item)
{
    int err = refusal(queue, "queue_get");

    if (err < 0)
        return err;
    if (eddy_queue_empty(queue))
        return queue->shut ? EDDY_ECLOSED : -EAGAIN;
    *item = give_out(queue);
    return 0;
}

struct eddy_future *eddy_queue_put_priority(struct eddy_queue_put *put, struct eddy_queue *queue,
                                            void *item, int64_t priority)
{
    int err;

    if (eddy_list_linked(&put->waiter.link))
        return eddy_future_init_done(&put->refused, queue->loop, EDDY_EQUEUED);
    err = eddy_queue_put_nowait(queue, item, priority);
    if (err != -EAGAIN)
        return eddy_waiter_done(&put->waiter, queue->loop, err, NULL);
    put->item = item;
    put->priority = priority;
    return eddy_waiter_start(&put->waiter, queue->loop, &put_type, &queue->putters);
}

struct eddy_future *eddy_queue_put(struct eddy_queue_put *put, struct eddy_queue *queue, void *item)
{
    return eddy_queue_put_priority(put, queue, item, 0);
}

struct eddy_future *eddy_queue_get(struct eddy_queue_get *get, struct eddy_queue *queue)
{
    int err;

    if (eddy_list_linked(&get->waiter.link))
        return eddy_future_init_done(&get->refused, queue->loop, EDDY_EQUEUED);
    get->item = NULL;
    err = eddy_queue_get_nowait(queue, &get->item);
    if (err != -EAGAIN)
        return eddy_waiter_done(&get->waiter, queue->loop, err, get->item);
    return eddy_waiter_start(&get->waiter, queue->loop, &get_type, &queue->getters);
}

/* ---- Until all is done ------------------------------------------------------------------------- */

static int finish_item(struct eddy_queue *queue)
{
    if (queue->unfinished == 0)
        return -EINVAL;
    queue->unfinished--;
    if (queue->unfinished == 0)
        eddy_waiter_wake_all(&queue->joiners, 0);
    return 0;
}

int eddy_queue_task_done(struct eddy_queue *queue)
{
    int err = refusal(queue, "queue_task_done");

    return err < 0 ? err : finish_item(queue);
}

struct eddy_future *eddy_queue_join(struct eddy_queue_join *join, struct eddy_queue *queue)
{
    int err;

    if (eddy_list_linked(&join->waiter.link))
        return eddy_future_init_done(&join->refused, queue->loop, EDDY_EQUEUED);
    err = refusal(queue, "queue_join");
    if (err < 0 || queue->unfinished == 0)
        return eddy_waiter_done(&join->waiter, queue->loop, err, NULL);
    return eddy_waiter_start(&join->waiter, queue->loop, &join_type, &queue->joiners);
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
    if (refusal(queue, "queue_shutdown") < 0)
        return;
    queue->shut = true;
    eddy_waiter_wake_all(&queue->putters, EDDY_ECLOSED);
    eddy_waiter_wake_all(&queue->getters, EDDY_ECLOSED);
}

/* Each is finished before it is dropped: `drop` may take others, or close the queue. */
void eddy_queue_shutdown_now(struct eddy_queue *queue, void (*drop)(void *item))
{
    if (refusal(queue, "queue_shutdown_now") < 0)
        return;
    eddy_queue_shutdown(queue);
    while (!eddy_queue_empty(queue)) {
        void *item = eddy_queue_store_pop(&queue->store);
        finish_item(queue);
        if (drop)
            drop(item);
    }
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
