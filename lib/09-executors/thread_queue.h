/*
 * thread_queue - items from threads to tasks, and back: a bounded queue with two faces. A thread blocks
 * where a task awaits. (queue.Queue for threads, asyncio.Queue for tasks; curio's UniversalQueue and janus
 * have both)
 *
 *     CO_AWAIT(co, eddy_thread_queue_get_await(&self->get, queue));   a task: self->get.item
 *     err = eddy_thread_queue_get(queue, &item, 1.5);                 a thread
 *
 * Items are pointers. Whoever gets an item owns it; items that are left belong to whoever made them. First
 * come, first served among tasks; who goes first, a waiting thread or a waiting task, is not said.
 *
 * An item that a task was handed is its own, also if it is cancelled in that moment: the cancel lands at its
 * next await. A task that waits keeps the loop from being stuck: a thread may come.
 *
 * Errors: negative codes. Memory: one array, when it is opened; the queue stays until no thread and no
 * task waits. Threads: functions whose name ends with _await, and open and close: the loop's; the others
 * any.
 */
#ifndef EDDY_THREAD_QUEUE_H
#define EDDY_THREAD_QUEUE_H

#include "queue_store.h"
#include "waiter.h"

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Touch no field. Valid when zeroed: closed. */
struct eddy_thread_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* for threads */
    struct eddy_queue_store store;
    size_t maxsize;
    struct eddy_loop *loop;
    struct eddy_list getters, putters; /* tasks; the loop's alone */
    size_t tasks;                      /* that wait: then a change rings the bell */
    struct eddy_handle bell;
    bool open, shut;
};

/* Read `item`; touch no other field. */
struct eddy_thread_queue_get {
    struct eddy_waiter waiter;
    struct eddy_future refused;
    struct eddy_thread_queue *queue;
    void *item;
};

struct eddy_thread_queue_put {
    struct eddy_waiter waiter;
    struct eddy_future refused;
    struct eddy_thread_queue *queue;
    void *item;
};

/* Open it for threads and the tasks of `loop`, with room for `maxsize` items. -EINVAL: 0. -ENOMEM.
 * EDDY_EQUEUED: it is open. EDDY_ECLOSED: the loop is closed. */
int eddy_thread_queue_open(struct eddy_thread_queue *queue, struct eddy_loop *loop, size_t maxsize);

/* No item is accepted any more: a put ends with EDDY_ECLOSED, and a get takes what is left, and then ends
 * so, too. Whoever waits is woken. Any thread. */
void eddy_thread_queue_shutdown(struct eddy_thread_queue *queue);

/* Shut it, and free what it has. For when the threads have ended: none may be waiting. Twice is
 * harmless. */
void eddy_thread_queue_close(struct eddy_thread_queue *queue);

/* How many items are there. Any thread. */
size_t eddy_thread_queue_size(struct eddy_thread_queue *queue);

/* ---- For threads --------------------------------------------------------------------------------- */

/* Put `item` in; wait for room, at most `seconds`; 0 or less: now or not at all. -ETIMEDOUT. -EINVAL:
 * NaN. EDDY_ECLOSED. The loop's own thread must not wait here: nobody would serve its tasks. */
int eddy_thread_queue_put(struct eddy_thread_queue *queue, void *item, double seconds);

/* Take one to *item; the same. */
int eddy_thread_queue_get(struct eddy_thread_queue *queue, void **item, double seconds);

/* ---- For tasks ----------------------------------------------------------------------------------- */

/* The same to await. EDDY_EQUEUED: `put` or `get` waits already. */
struct eddy_future *eddy_thread_queue_put_await(struct eddy_thread_queue_put *put,
                                                struct eddy_thread_queue *queue, void *item);
struct eddy_future *eddy_thread_queue_get_await(struct eddy_thread_queue_get *get,
                                                struct eddy_thread_queue *queue);

#ifdef __cplusplus
}
#endif

#endif
