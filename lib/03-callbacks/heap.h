/*
 * heap - which of many things is due first. A heap in an array: the first is at the front, taking
 * it or adding one is O(log n), and since each node knows its slot, removing any one is, too.
 *
 * Equal keys come out in the order in which they went in.
 *
 * The keys lie in the heap's own array, four children side by side: comparing them follows no
 * pointer, unless they are equal. (A heap with four children is also what Go's runtime had for its
 * timers.)
 *
 * Errors: only adding can fail. Memory: the array is the heap's, the nodes are the caller's.
 * Threads: one at a time.
 */
#ifndef EDDY_HEAP_H
#define EDDY_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Embedded in what is put into a heap. Zeroed: in no heap. */
struct eddy_heap_node {
    size_t slot;     /* its place in the array, counted from 1 */
    uint64_t number; /* in the order of adding: decides between equal keys */
};

struct eddy_heap_entry {
    int64_t key;
    struct eddy_heap_node *node;
};

/* Valid when zeroed: an empty heap. */
struct eddy_heap {
    struct eddy_heap_entry *entries;
    size_t count, room;
    uint64_t added;
};

/* Add `node`, which is in no heap. -ENOMEM, and then nothing has changed. */
int eddy_heap_add(struct eddy_heap *heap, struct eddy_heap_node *node, int64_t key);

/* The node with the smallest key; NULL when there is none. O(1). */
struct eddy_heap_node *eddy_heap_first(const struct eddy_heap *heap);

/* Remove `node`, which is in this heap. Never fails; gives memory back when much is unused. */
void eddy_heap_remove(struct eddy_heap *heap, struct eddy_heap_node *node);

/* The key of `node`, which is in this heap. O(1). */
int64_t eddy_heap_key(const struct eddy_heap *heap, const struct eddy_heap_node *node);

/* Whether `node` is in some heap. */
static inline bool eddy_heap_linked(const struct eddy_heap_node *node)
{
    return node->slot != 0;
}

/* Whether `node` is in this heap. O(1). */
bool eddy_heap_has(const struct eddy_heap *heap, const struct eddy_heap_node *node);

/* Take all nodes out and release the array. Leaves an empty heap. */
void eddy_heap_fini(struct eddy_heap *heap);

#ifdef __cplusplus
}
#endif

#endif
