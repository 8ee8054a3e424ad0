/*
 * queue_store - where a queue's items lie: in order of coming (a ring), the newest on top (a stack), or
 * the smallest first (a heap). Used by queue.c alone.
 *
 * Memory: one array, of `room` entries. Threads: one at a time.
 */
#ifndef EDDY_QUEUE_STORE_H
#define EDDY_QUEUE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { EDDY_FIFO, EDDY_LIFO, EDDY_PRIORITY };

struct eddy_queue_entry {
    void *item;
    int64_t priority;
    uint64_t order; /* of coming: equal priorities go out in that order */
};

/* Valid when zeroed: empty, a ring, without room. */
struct eddy_queue_store {
    struct eddy_queue_entry *entries;
    size_t count, room;
    size_t first; /* of a ring: where the oldest is */
    uint64_t order;
    int kind;
};

/* Room for `room` entries at least. -ENOMEM: nothing has changed. */
int eddy_queue_store_reserve(struct eddy_queue_store *store, size_t room);

/* Put one in; it grows if it must. -ENOMEM. O(1); of a heap O(log n). */
int eddy_queue_store_push(struct eddy_queue_store *store, void *item, int64_t priority);

/* Take the next out; it is not empty. O(1); of a heap O(log n). */
void *eddy_queue_store_pop(struct eddy_queue_store *store);

void eddy_queue_store_fini(struct eddy_queue_store *store);

#ifdef __cplusplus
}
#endif

#endif
