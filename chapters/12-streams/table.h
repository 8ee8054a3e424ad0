/*
 * table - what the store keeps: a hash table of keys and values, which may each have a time to live. It belongs
 * to the course, not to the library.
 *
 * A key that lives for a time only has a timer of the loop: when that is due, the entry is freed. So nobody has
 * to look for what is over, and what is found is good.
 *
 * There are more buckets than keys at most, so it never grows. Whoever knows the hash function can choose keys
 * that all fall into one bucket; a store that strangers may use needs one with a secret key (SipHash).
 */
#ifndef TABLE_H
#define TABLE_H

#include "loop.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 17, KEYS_MOST = 100000, BYTES_MOST = 32 << 20 };

struct text {
    const char *bytes; /* any bytes, also 0 */
    size_t size;
};

struct entry {
    struct entry *next; /* in its bucket */
    struct table *table;
    struct eddy_timer expiry;
    char *value;
    size_t size, key_size;
    char key[];
};

/* Valid with its loop alone. */
struct table {
    struct eddy_loop *loop;
    struct entry *buckets[BUCKETS];
    size_t count, bytes; /* of all entries */
};

static inline uint64_t table_hash(struct text key)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ (unsigned char)key.bytes[i]) * 1099511628211u;
    return hash;
}

/* The pointer that leads to the entry, or would if there were one. */
static inline struct entry **table_place(struct table *table, struct text key)
{
    struct entry **place = &table->buckets[table_hash(key) % BUCKETS];

    while (*place &&
           ((*place)->key_size != key.size || memcmp((*place)->key, key.bytes, key.size) != 0))
        place = &(*place)->next;
    return place;
}

static inline struct text key_of(const struct entry *entry)
{
    return (struct text){entry->key, entry->key_size};
}

/* `key` may be the entry's own. False: there is none. */
static inline bool table_remove(struct table *table, struct text key)
{
    struct entry **place = table_place(table, key), *entry = *place;

    if (!entry)
        return false;
    *place = entry->next;
    table->count--;
    table->bytes -= sizeof *entry + entry->key_size + entry->size;
    eddy_timer_cancel(table->loop, &entry->expiry);
    free(entry->value);
    free(entry);
    return true;
}

static inline void table_expire(struct eddy_handle *handle)
{
    struct entry *entry = container_of(handle, struct entry, expiry.handle);

    table_remove(entry->table, key_of(entry));
}

/* Without a value. NULL: no memory, or there are enough. */
static inline struct entry *table_add(struct table *table, struct text key)
{
    struct entry *entry = table->count < KEYS_MOST ? calloc(1, sizeof *entry + key.size) : NULL;

    if (!entry)
        return NULL;
    entry->table = table;
    eddy_timer_init(&entry->expiry, table_expire);
    memcpy(entry->key, key.bytes, key.size);
    entry->key_size = key.size;
    *table_place(table, key) = entry;
    table->count++;
    table->bytes += sizeof *entry + key.size;
    return entry;
}

/* The key has this value now; how long it lives does not change. NULL: no room, and all is as it was. */
static inline struct entry *table_put(struct table *table, struct text key, struct text value)
{
    struct entry *entry = *table_place(table, key);
    size_t old = entry ? entry->size : 0;
    size_t new = entry ? value.size : value.size + sizeof *entry + key.size;
    char *bytes = table->bytes - old + new <= BYTES_MOST ? malloc(value.size + 1) : NULL;

    if (bytes && !entry)
        entry = table_add(table, key);
    if (!bytes || !entry) {
        free(bytes);
        return NULL;
    }
    memcpy(bytes, value.bytes, value.size);
    free(entry->value);
    entry->value = bytes;
    entry->size = value.size;
    table->bytes += value.size - old;
    return entry;
}

static inline void table_clear(struct table *table)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (table->buckets[i])
            table_remove(table, key_of(table->buckets[i]));
}

#endif
