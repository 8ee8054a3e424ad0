#include "queue_store.h"

#include <errno.h>
#include <stdlib.h>

enum { ROOM_FIRST = 16 };

/* ---- Room -------------------------------------------------------------------------------------- */

/* The entry that is the i-th from the oldest. Only a ring begins elsewhere than at 0. */
static struct eddy_queue_entry *entry_at(const struct eddy_queue_store *store, size_t i)
{
    size_t place = store->first + i;

    return &store->entries[place < store->room ? place : place - store->room];
}

int eddy_queue_store_reserve(struct eddy_queue_store *store, size_t room)
{
    struct eddy_queue_entry *entries;

    if (room <= store->room)
        return 0;
    if (room > SIZE_MAX / sizeof *entries)
        return -ENOMEM;
    entries = malloc(room * sizeof *entries);
    if (!entries)
        return -ENOMEM;
    for (size_t i = 0; i < store->count; i++)
        entries[i] = *entry_at(store, i);
    free(store->entries);
    store->entries = entries;
    store->room = room;
    store->first = 0;
    return 0;
}

void eddy_queue_store_fini(struct eddy_queue_store *store)
{
    free(store->entries);
    *store = (struct eddy_queue_store){.kind = store->kind};
}

/* ---- The heap ---------------------------------------------------------------------------------- */

static bool comes_before(const struct eddy_queue_entry *a, const struct eddy_queue_entry *b)
{
    return a->priority != b->priority ? a->priority < b->priority : a->order < b->order;
}

/* `entry` looks for its place from `i` upward. */
static void move_up(struct eddy_queue_store *store, size_t i, struct eddy_queue_entry entry)
{
    for (; i > 0 && comes_before(&entry, &store->entries[(i - 1) / 2]); i = (i - 1) / 2)
        store->entries[i] = store->entries[(i - 1) / 2];
    store->entries[i] = entry;
}

static void move_down(struct eddy_queue_store *store, size_t i, struct eddy_queue_entry entry)
{
    for (size_t child; (child = 2 * i + 1) < store->count; i = child) {
        if (child + 1 < store->count &&
            comes_before(&store->entries[child + 1], &store->entries[child]))
            child++;
        if (!comes_before(&store->entries[child], &entry))
            break;
        store->entries[i] = store->entries[child];
    }
    store->entries[i] = entry;
}

/* ---- In and out -------------------------------------------------------------------------------- */

int eddy_queue_store_push(struct eddy_queue_store *store, void *item, int64_t priority)
{
    struct eddy_queue_entry entry = {.item = item, .priority = priority, .order = store->order};
    int err = 0;

    if (store->count == store->room)
        err = eddy_queue_store_reserve(store, store->room ? 2 * store->room : ROOM_FIRST);
    if (err < 0)
        return err;
    store->order++;
    store->count++;
    if (store->kind == EDDY_PRIORITY)
        move_up(store, store->count - 1, entry);
    else
        *entry_at(store, store->count - 1) = entry;
    return 0;
}

static void *pop_oldest(struct eddy_queue_store *store)
{
    void *item = store->entries[store->first].item;

    store->count--;
    store->first = store->first + 1 < store->room ? store->first + 1 : 0;
    return item;
}

static void *pop_smallest(struct eddy_queue_store *store)
{
    void *item = store->entries[0].item;

    store->count--;
    if (store->count > 0)
        move_down(store, 0, store->entries[store->count]);
    return item;
}

void *eddy_queue_store_pop(struct eddy_queue_store *store)
{
    if (store->kind == EDDY_FIFO)
        return pop_oldest(store);
    if (store->kind == EDDY_PRIORITY)
        return pop_smallest(store);
    return store->entries[--store->count].item;
}
