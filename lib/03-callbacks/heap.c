#include "heap.h"

#include <errno.h>
#include <stdlib.h>

/* ---- The array --------------------------------------------------------------------------------- */

enum { CHILDREN = 4, ROOM_LEAST = 64 };

static int set_room(struct eddy_heap *heap, size_t room)
{
    struct eddy_heap_entry *entries;

    if (room > SIZE_MAX / sizeof *entries)
        return -ENOMEM;
    entries = realloc(heap->entries, room * sizeof *entries);
    if (!entries)
        return -ENOMEM;
    heap->entries = entries;
    heap->room = room;
    return 0;
}

/* Doubling, and halving when three quarters are unused: O(1) for each that comes or goes. */
static int make_room(struct eddy_heap *heap)
{
    if (heap->count < heap->room)
        return 0;
    return set_room(heap, heap->room ? 2 * heap->room : ROOM_LEAST);
}

static void give_room_back(struct eddy_heap *heap)
{
    if (heap->room > ROOM_LEAST && heap->count < heap->room / 4)
        (void)set_room(heap, heap->room / 2); /* if not, it stays as it is, which is no harm */
}

/* ---- The order --------------------------------------------------------------------------------- */

static bool comes_before(const struct eddy_heap_entry *a, const struct eddy_heap_entry *b)
{
    return a->key < b->key || (a->key == b->key && a->node->number < b->node->number);
}

/* Every entry goes to its place through here, so that its node always knows it. */
static void place_entry(struct eddy_heap *heap, size_t i, struct eddy_heap_entry entry)
{
    heap->entries[i] = entry;
    entry.node->slot = i + 1;
}

/* `entry` is to stand at the free place `i`, or above: parents that come later move down. */
static void sift_up(struct eddy_heap *heap, size_t i, struct eddy_heap_entry entry)
{
    while (i > 0) {
        size_t parent = (i - 1) / CHILDREN;
        if (!comes_before(&entry, &heap->entries[parent]))
            break;
        place_entry(heap, i, heap->entries[parent]);
        i = parent;
    }
    place_entry(heap, i, entry);
}

static size_t first_child(const struct eddy_heap *heap, size_t i)
{
    size_t child = CHILDREN * i + 1, first = child;
    size_t end = child + CHILDREN < heap->count ? child + CHILDREN : heap->count;

    while (++child < end)
        if (comes_before(&heap->entries[child], &heap->entries[first]))
            first = child;
    return first;
}

/* `entry` is to stand at the free place `i`, or below: the first of the children moves up. */
static void sift_down(struct eddy_heap *heap, size_t i, struct eddy_heap_entry entry)
{
    for (;;) {
        size_t child = first_child(heap, i);
        if (child >= heap->count || !comes_before(&heap->entries[child], &entry))
            break;
        place_entry(heap, i, heap->entries[child]);
        i = child;
    }
    place_entry(heap, i, entry);
}

/* ---- What the header promises ------------------------------------------------------------------ */

int eddy_heap_add(struct eddy_heap *heap, struct eddy_heap_node *node, int64_t key)
{
    int err = make_room(heap);

    if (err < 0)
        return err;
    node->number = heap->added++;
    sift_up(heap, heap->count++, (struct eddy_heap_entry){key, node});
    return 0;
}

struct eddy_heap_node *eddy_heap_first(const struct eddy_heap *heap)
{
    return heap->count > 0 ? heap->entries[0].node : NULL;
}

/* The last entry takes the place that becomes free, and finds its own from there. */
void eddy_heap_remove(struct eddy_heap *heap, struct eddy_heap_node *node)
{
    size_t i = node->slot - 1;
    struct eddy_heap_entry last = heap->entries[--heap->count];

    node->slot = 0;
    if (last.node == node)
        ;
    else if (i > 0 && comes_before(&last, &heap->entries[(i - 1) / CHILDREN]))
        sift_up(heap, i, last);
    else
        sift_down(heap, i, last);
    give_room_back(heap);
}

bool eddy_heap_has(const struct eddy_heap *heap, const struct eddy_heap_node *node)
{
    return node->slot > 0 && node->slot <= heap->count &&
           heap->entries[node->slot - 1].node == node;
}

int64_t eddy_heap_key(const struct eddy_heap *heap, const struct eddy_heap_node *node)
{
    return heap->entries[node->slot - 1].key;
}

void eddy_heap_fini(struct eddy_heap *heap)
{
    for (size_t i = 0; i < heap->count; i++)
        heap->entries[i].node->slot = 0;
    free(heap->entries);
    *heap = (struct eddy_heap){0};
}
