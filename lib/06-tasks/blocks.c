#include "blocks.h"

#include <stdlib.h>

enum { STEP = 64, KEPT_MOST = 4096 }; /* sizes to 2 KiB, rounded up to 64 bytes */

struct eddy_block {
    struct eddy_block *next;
};

static size_t kind_of(size_t n)
{
    return (n + STEP - 1) / STEP;
}

void *eddy_blocks_take(struct eddy_blocks *blocks, size_t n)
{
    size_t kind = kind_of(n);
    struct eddy_block *block = kind < EDDY_BLOCK_KINDS ? blocks->kinds[kind] : NULL;

    if (!block)
        return malloc(kind * STEP);
    blocks->kinds[kind] = block->next;
    blocks->count--;
    return block;
}

void eddy_blocks_give(struct eddy_blocks *blocks, void *block, size_t n)
{
    size_t kind = kind_of(n);
    struct eddy_block *kept = block;

    if (kind >= EDDY_BLOCK_KINDS || blocks->count >= KEPT_MOST) {
        free(block);
        return;
    }
    kept->next = blocks->kinds[kind];
    blocks->kinds[kind] = kept;
    blocks->count++;
}

void eddy_blocks_fini(struct eddy_blocks *blocks)
{
    for (size_t kind = 0; kind < EDDY_BLOCK_KINDS; kind++)
        for (struct eddy_block *kept = blocks->kinds[kind], *next; kept; kept = next) {
            next = kept->next;
            free(kept);
        }
    *blocks = (struct eddy_blocks){0};
}
