#include "thread_queue.h"

#include "deadline.h"
#include "errors.h"

#include <errno.h>

/* ---- The store, under the lock ------------------------------------------------------------------- */

static bool is_full(const struct eddy_thread_queue *queue)
{
    return queue->store.count >= queue->maxsize;
}

/* Threads that wait for one thing or the other are all woken; tasks through their loop. */
static void tell_change(struct eddy_thread_queue *queue)
{
    pthread_cond_broadcast(&queue->changed);
    if (queue->tasks > 0)
        (void)eddy_loop_call_soon_threadsafe(queue->loop, &queue->bell);
}

/* -EAGAIN: there is no room now. There is memory for all: the store was made with it. */
static int put_now(struct eddy_thread_queue *queue, void *item)
{
    if (!queue->open || queue->shut)
        return EDDY_ECLOSED;
    if (is_full(queue))
        return -EAGAIN;
    eddy_queue_store_push(&queue->store, item, 0);
    tell_change(queue);
    return 0;
}

/* -EAGAIN: nothing is there now. */
static int get_now(struct eddy_thread_queue *queue, void **item)
{
    if (!queue->open || (queue->store.count == 0 && queue->shut))
        return EDDY_ECLOSED;
    if (queue->store.count == 0)
        return -EAGAIN;
    *item = eddy_queue_store_pop(&queue->store);
    tell_change(queue);
    return 0;
}

/* ---- Threads ------------------------------------------------------------------------------------- */

/* A queue that was never opened has no lock. */
static int check_open(const struct eddy_thread_queue *queue)
{
    return queue->loop ? 0 : EDDY_ECLOSED;
}

static int start_waiting(struct eddy_thread_queue *queue, struct eddy_deadline *deadline,
                         double seconds)
{
    int err = check_open(queue);

    if (err == 0)
        err = eddy_deadline_set(deadline, seconds);
    if (err == 0)
        pthread_mutex_lock(&queue->lock);
    return err;
}

int eddy_thread_queue_put(struct eddy_thread_queue *queue, void *item, double seconds)
{
    struct eddy_deadline deadline;
    int err = start_waiting(queue, &deadline, seconds), waited = 0;

    if (err < 0)
        return err;
    while ((err = put_now(queue, item)) == -EAGAIN && waited != -ETIMEDOUT)
        waited = eddy_deadline_wait(&deadline, &queue->changed, &queue->lock);
    pthread_mutex_unlock(&queue->lock);
    return err == -EAGAIN ? -ETIMEDOUT : err;
}

int eddy_thread_queue_get(struct eddy_thread_queue *queue, void **item, double seconds)
{
    struct eddy_deadline deadline;
    int err = start_waiting(queue, &deadline, seconds), waited = 0;

    if (err < 0)
        return err;
    while ((err = get_now(queue, item)) == -EAGAIN && waited != -ETIMEDOUT)
        waited = eddy_deadline_wait(&deadline, &queue->changed, &queue->lock);
    pthread_mutex_unlock(&queue->lock);
    return err == -EAGAIN ? -ETIMEDOUT : err;
}

size_t eddy_thread_queue_size(struct eddy_thread_queue *queue)
{
    size_t size;

    if (check_open(queue) < 0)
        return 0;
    pthread_mutex_lock(&queue->lock);
    size = queue->store.count;
    pthread_mutex_unlock(&queue->lock);
    return size;
}

/* ---- Tasks --------------------------------------------------------------------------------------- */

static struct eddy_thread_queue_get *get_of(struct eddy_waiter *waiter)
{
    return container_of(waiter, struct eddy_thread_queue_get, waiter);
}

static struct eddy_thread_queue_put *put_of(struct eddy_waiter *waiter)
{
    return container_of(waiter, struct eddy_thread_queue_put, waiter);
}

/* Lock held. It waits no more. */
static void stop_waiting(struct eddy_thread_queue *queue, struct eddy_waiter *waiter, int err,
                         void *result)
{
    queue->tasks--;
    eddy_loop_unkeep(queue->loop);
    eddy_waiter_wake(waiter, err, result);
}

/* Lock held. As many tasks as can go on, the first ones first. */
static void serve_getters(struct eddy_thread_queue *queue)
{
    int err = 0;

    while (!eddy_list_empty(&queue->getters) && err != -EAGAIN) {
        struct eddy_thread_queue_get *get = get_of(eddy_waiter_of(queue->getters.next));
        err = get_now(queue, &get->item);
        if (err != -EAGAIN)
            stop_waiting(queue, &get->waiter, err, err == 0 ? get->item : NULL);
    }
}

static void serve_putters(struct eddy_thread_queue *queue)
{
    int err = 0;

    while (!eddy_list_empty(&queue->putters) && err != -EAGAIN) {
        struct eddy_thread_queue_put *put = put_of(eddy_waiter_of(queue->putters.next));
        err = put_now(queue, put->item);
        if (err != -EAGAIN)
            stop_waiting(queue, &put->waiter, err, NULL);
    }
}

/* Each item that is taken makes room, and each that is put may be taken: until nothing changes. */
static void on_bell(struct eddy_handle *handle)
{
    struct eddy_thread_queue *queue = container_of(handle, struct eddy_thread_queue, bell);
    size_t before;

    pthread_mutex_lock(&queue->lock);
    do {
        before = queue->tasks;
        serve_getters(queue);
        serve_putters(queue);
    } while (queue->tasks != before);
    pthread_mutex_unlock(&queue->lock);
}

static void leave_queue(struct eddy_thread_queue *queue, struct eddy_waiter *waiter)
{
    pthread_mutex_lock(&queue->lock);
    stop_waiting(queue, waiter, -ECANCELED, NULL);
    pthread_mutex_unlock(&queue->lock);
}

static void cancel_get(struct eddy_future *future)
{
    struct eddy_waiter *waiter = container_of(future, struct eddy_waiter, future);

    leave_queue(get_of(waiter)->queue, waiter);
}

static void cancel_put(struct eddy_future *future)
{
    struct eddy_waiter *waiter = container_of(future, struct eddy_waiter, future);

    leave_queue(put_of(waiter)->queue, waiter);
}

static const struct eddy_future_type get_type = {
    .name = "thread_queue_get", .cancel = cancel_get, .guarded = true};
static const struct eddy_future_type put_type = {
    .name = "thread_queue_put", .cancel = cancel_put, .guarded = true};

static int refusal(const struct eddy_thread_queue *queue, const struct eddy_waiter *waiter,
                   const char *call)
{
    int err = check_open(queue);

    return err < 0 ? err : eddy_waiter_refusal(waiter, queue->loop, call);
}

/* Lock held. A task overtakes none that waits before it. */
static struct eddy_future *wait_in_line(struct eddy_thread_queue *queue, struct eddy_waiter *waiter,
                                        const struct eddy_future_type *type, struct eddy_list *line)
{
    queue->tasks++;
    eddy_loop_keep(queue->loop);
    return eddy_waiter_start(waiter, queue->loop, type, line);
}

struct eddy_future *eddy_thread_queue_get_await(struct eddy_thread_queue_get *get,
                                                struct eddy_thread_queue *queue)
{
    struct eddy_future *future;
    int err = refusal(queue, &get->waiter, "thread_queue_get_await");

    if (err < 0)
        return eddy_future_init_done(&get->refused, queue->loop, err);
    pthread_mutex_lock(&queue->lock);
    get->queue = queue;
    get->item = NULL;
    err = eddy_list_empty(&queue->getters) ? get_now(queue, &get->item) : -EAGAIN;
    future = err == -EAGAIN ? wait_in_line(queue, &get->waiter, &get_type, &queue->getters)
                            : eddy_waiter_done(&get->waiter, queue->loop, err, get->item);
    pthread_mutex_unlock(&queue->lock);
    return future;
}

struct eddy_future *eddy_thread_queue_put_await(struct eddy_thread_queue_put *put,
                                                struct eddy_thread_queue *queue, void *item)
{
    struct eddy_future *future;
    int err = refusal(queue, &put->waiter, "thread_queue_put_await");

    if (err < 0)
        return eddy_future_init_done(&put->refused, queue->loop, err);
    pthread_mutex_lock(&queue->lock);
    put->queue = queue;
    put->item = item;
    err = eddy_list_empty(&queue->putters) ? put_now(queue, item) : -EAGAIN;
    future = err == -EAGAIN ? wait_in_line(queue, &put->waiter, &put_type, &queue->putters)
                            : eddy_waiter_done(&put->waiter, queue->loop, err, NULL);
    pthread_mutex_unlock(&queue->lock);
    return future;
}

/* ---- Opening and closing ------------------------------------------------------------------------- */

int eddy_thread_queue_open(struct eddy_thread_queue *queue, struct eddy_loop *loop, size_t maxsize)
{
    int err = queue->open ? EDDY_EQUEUED : eddy_loop_is_closed(loop) ? EDDY_ECLOSED : 0;

    if (err == 0)
        err = maxsize == 0 ? -EINVAL : eddy_loop_check_thread(loop, "thread_queue_open");
    if (err == 0)
        err = eddy_queue_store_reserve(&queue->store, maxsize);
    if (err == 0)
        err = eddy_deadline_cond(&queue->changed, NULL);
    if (err == 0 && (err = -pthread_mutex_init(&queue->lock, NULL)) < 0)
        pthread_cond_destroy(&queue->changed);
    if (err < 0) {
        eddy_queue_store_fini(&queue->store);
        return err;
    }
    queue->loop = loop;
    queue->maxsize = maxsize;
    eddy_list_init(&queue->getters);
    eddy_list_init(&queue->putters);
    eddy_handle_init(&queue->bell, on_bell);
    queue->shut = false;
    queue->open = true;
    return 0;
}

void eddy_thread_queue_shutdown(struct eddy_thread_queue *queue)
{
    if (check_open(queue) < 0)
        return;
    pthread_mutex_lock(&queue->lock);
    queue->shut = true;
    tell_change(queue);
    pthread_mutex_unlock(&queue->lock);
}

/* Tasks that wait hear of it at once, since the bell will not ring any more. The lock is not destroyed: a
 * late thread must get EDDY_ECLOSED. */
void eddy_thread_queue_close(struct eddy_thread_queue *queue)
{
    if (!queue->open || eddy_loop_check_thread(queue->loop, "thread_queue_close") < 0)
        return;
    eddy_thread_queue_shutdown(queue);
    eddy_loop_cancel_threadsafe(queue->loop, &queue->bell);
    on_bell(&queue->bell);
    pthread_mutex_lock(&queue->lock);
    queue->open = false;
    eddy_queue_store_fini(&queue->store);
    pthread_mutex_unlock(&queue->lock);
}
