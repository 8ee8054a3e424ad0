/*
 * blocks - memory for spawned tasks. malloc() and free() would cost more than all the rest of a
 * short task, so a loop keeps freed blocks for the next, by size.
 *
 * Threads: the loop's.
 */
#ifndef EDDY_BLOCKS_H
#define EDDY_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_block; /* what lies in a block that is kept */

enum { EDDY_BLOCK_KINDS = 33 };

/* Valid when zeroed: none is kept. */
struct eddy_blocks {
    struct eddy_block *kinds[EDDY_BLOCK_KINDS]; /* by size */
    int count;
};

/* A block of `n` bytes; NULL: there is no memory. Its contents are undefined. */
void *eddy_blocks_take(struct eddy_blocks *blocks, size_t n);

/* `block`, of `n` bytes or more, is free. At most 4096 are kept, none larger than 2 KiB. */
void eddy_blocks_give(struct eddy_blocks *blocks, void *block, size_t n);

/* Where in a block, from `after` on, something of this alignment, a power of two, begins. */
static inline char *eddy_blocks_place(void *after, size_t alignment)
{
    return (char *)after + (-(uintptr_t)after & (alignment - 1));
}

/* Release all that is kept. */
void eddy_blocks_fini(struct eddy_blocks *blocks);

#ifdef __cplusplus
}
#endif

#endif
