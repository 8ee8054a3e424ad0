/*
 * write_buffer - bytes that wait until they can be sent: what was written, in order, in blocks.
 *
 * Bytes go in at one end, in pieces of any size, and are copied. At the other end they are looked at as a
 * vector, which writev() and sendmsg() take as it is, and what was sent is dropped. Small pieces share a
 * block; nothing is moved once it lies there. So a byte is copied once, however long it waits.
 *
 * Used by transport.c. Errors: -ENOMEM; nothing was added then. Memory: blocks of its own, given back when
 * they are empty. O(1) for a piece, beside the copying. Threads: one at a time.
 */
#ifndef EDDY_WRITE_BUFFER_H
#define EDDY_WRITE_BUFFER_H

#include "list.h"

#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { EDDY_WRITE_BLOCK = 16384, EDDY_WRITE_VECTOR = 16 };

struct eddy_write_buffer {
    struct eddy_list blocks;
    size_t size; /* bytes that wait */
};

void eddy_write_buffer_init(struct eddy_write_buffer *buffer);

/* All that waits is dropped. */
void eddy_write_buffer_clear(struct eddy_write_buffer *buffer);

/* `n` bytes more, at the end. */
int eddy_write_buffer_append(struct eddy_write_buffer *buffer, const void *bytes, size_t n);

/* The first bytes that wait, as at most `most` pieces; each block is one. Returns how many pieces there
 * are. */
int eddy_write_buffer_peek(const struct eddy_write_buffer *buffer, struct iovec pieces[], int most);

/* The first `n` bytes, of those that wait, are dropped. */
void eddy_write_buffer_consume(struct eddy_write_buffer *buffer, size_t n);

/* All of `from` comes to the end of `to`. O(1). */
void eddy_write_buffer_move(struct eddy_write_buffer *to, struct eddy_write_buffer *from);

#ifdef __cplusplus
}
#endif

#endif
