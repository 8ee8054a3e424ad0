/*
 * Exercise 11.2, a drop-in: write the functions marked TODO, and your file takes the place of
 * lib/11-transports/write_buffer.c in the library. What each function promises stands in
 * lib/11-transports/write_buffer.h. All else is the library's own.
 *
 *     make check-11.2     make hint-11.2     make learn
 */
#include "write_buffer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Some of the bytes: those from `start` to `end` wait. */
struct block {
    struct eddy_list link;
    size_t start, end, room;
    char bytes[];
};

static struct block *block_of(struct eddy_list *link)
{
    return container_of(link, struct block, link);
}

void eddy_write_buffer_init(struct eddy_write_buffer *buffer)
{
    eddy_list_init(&buffer->blocks);
    buffer->size = 0;
}

void eddy_write_buffer_clear(struct eddy_write_buffer *buffer)
{
    /* TODO 11.2: write eddy_write_buffer_clear(). */
}

/* NULL: the last block is full, or there is none. */
static struct block *block_with_room(const struct eddy_write_buffer *buffer)
{
    /* TODO 11.2: write block_with_room(). */
    return NULL;
}

/* A block with room for `n` bytes, and for small pieces that come after them. */
static struct block *make_block(size_t n)
{
    /* TODO 11.2: write make_block(). */
    return NULL;
}

static void fill_block(struct eddy_write_buffer *buffer, struct block *block, const char *bytes,
                       size_t n)
{
    /* TODO 11.2: write fill_block(). */
}

/* The new block comes first: without it, nothing is added. */
int eddy_write_buffer_append(struct eddy_write_buffer *buffer, const void *bytes, size_t n)
{
    /* TODO 11.2: write eddy_write_buffer_append(). */
    return -ENOSYS;
}

int eddy_write_buffer_peek(const struct eddy_write_buffer *buffer, struct iovec pieces[], int most)
{
    /* TODO 11.2: write eddy_write_buffer_peek(). */
    return -ENOSYS;
}

void eddy_write_buffer_consume(struct eddy_write_buffer *buffer, size_t n)
{
    /* TODO 11.2: write eddy_write_buffer_consume(). */
}

void eddy_write_buffer_move(struct eddy_write_buffer *to, struct eddy_write_buffer *from)
{
    /* TODO 11.2: write eddy_write_buffer_move(). */
}
