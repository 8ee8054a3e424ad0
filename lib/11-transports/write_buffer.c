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
    while (!eddy_list_empty(&buffer->blocks))
        free(block_of(eddy_list_pop(&buffer->blocks)));
    buffer->size = 0;
}

/* NULL: the last block is full, or there is none. */
static struct block *block_with_room(const struct eddy_write_buffer *buffer)
{
    struct block *last;

    if (eddy_list_empty(&buffer->blocks))
        return NULL;
    last = block_of(buffer->blocks.prev);
    return last->end < last->room ? last : NULL;
}

/* A block with room for `n` bytes, and for small pieces that come after them. */
static struct block *make_block(size_t n)
{
    size_t room = n > EDDY_WRITE_BLOCK ? n : EDDY_WRITE_BLOCK;
    struct block *block = room > SIZE_MAX - sizeof *block ? NULL : malloc(sizeof *block + room);

    if (block)
        *block = (struct block){.room = room};
    return block;
}

static void fill_block(struct eddy_write_buffer *buffer, struct block *block, const char *bytes,
                       size_t n)
{
    memcpy(block->bytes + block->end, bytes, n);
    block->end += n;
    buffer->size += n;
}

/* The new block comes first: without it, nothing is added. */
int eddy_write_buffer_append(struct eddy_write_buffer *buffer, const void *bytes, size_t n)
{
    struct block *last = block_with_room(buffer), *block;
    size_t fits = last ? last->room - last->end : 0;

    if (n <= fits) {
        if (n > 0)
            fill_block(buffer, last, bytes, n);
        return 0;
    }
    block = make_block(n - fits);
    if (!block)
        return -ENOMEM;
    eddy_list_append(&buffer->blocks, &block->link);
    if (fits > 0)
        fill_block(buffer, last, bytes, fits);
    fill_block(buffer, block, (const char *)bytes + fits, n - fits);
    return 0;
}

int eddy_write_buffer_peek(const struct eddy_write_buffer *buffer, struct iovec pieces[], int most)
{
    int count = 0;

    for (struct eddy_list *link = buffer->blocks.next; link != &buffer->blocks && count < most;
         link = link->next) {
        struct block *block = block_of(link);
        pieces[count].iov_base = block->bytes + block->start;
        pieces[count++].iov_len = block->end - block->start;
    }
    return count;
}

void eddy_write_buffer_consume(struct eddy_write_buffer *buffer, size_t n)
{
    buffer->size -= n;
    while (n > 0) {
        struct block *first = block_of(buffer->blocks.next);
        size_t here = first->end - first->start;
        if (n < here) {
            first->start += n;
            return;
        }
        n -= here;
        eddy_list_remove(&first->link);
        free(first);
    }
}

void eddy_write_buffer_move(struct eddy_write_buffer *to, struct eddy_write_buffer *from)
{
    eddy_list_move(&to->blocks, &from->blocks);
    to->size += from->size;
    from->size = 0;
}
