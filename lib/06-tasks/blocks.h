/*
 * blocks - memory for spawned tasks. malloc() and free() would cost more than all the rest of a short
 * task, so a loop keeps freed blocks for the next, by size.
 *
 * Threads: the loop's.
 */
#ifndef EDDY_BLOCKS_H
#define EDDY_BLOCKS_H

#include "loop.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A block of `n` bytes; NULL: there is no memory. Its contents are undefined. */
void *eddy_blocks_take(struct eddy_loop *loop, size_t n);

/* `block`, of `n` bytes, is free. At most 4096 are kept, none larger than 2 KiB. */
void eddy_blocks_give(struct eddy_loop *loop, void *block, size_t n);

/* Release all that is kept. */
void eddy_blocks_fini(struct eddy_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
