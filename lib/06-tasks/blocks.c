#include "blocks.h"

#include <stdlib.h>

enum { STEP = 64, KINDS = 33, KEPT_MOST = 4096 }; /* sizes to 2 KiB, rounded up to 64 bytes */

/* What lies in a block that is kept. */
struct kept {
    struct kept *next;
};

struct eddy_blocks {
    struct kept *kinds[KINDS]; /* by size */
    int count;
};

static size_t kind_of(size_t n)
{
    return (n + STEP - 1) / STEP;
}

void *eddy_blocks_take(struct eddy_loop *loop, size_t n)
{
    struct eddy_blocks *blocks = loop->blocks;
    size_t kind = kind_of(n);
    struct kept *block = blocks && kind < KINDS ? blocks->kinds[kind] : NULL;

    if (!block)
        return malloc(kind * STEP);
    blocks->kinds[kind] = block->next;
    blocks->count--;
    return block;
}

/* Where nothing can be kept, the block is freed: giving it back never fails. */
void eddy_blocks_give(struct eddy_loop *loop, void *block, size_t n)
{
    size_t kind = kind_of(n);
    struct kept *kept = block;

    if (!loop->blocks)
        loop->blocks = calloc(1, sizeof *loop->blocks);
    if (!loop->blocks || kind >= KINDS || loop->blocks->count >= KEPT_MOST) {
        free(block);
        return;
    }
    kept->next = loop->blocks->kinds[kind];
    loop->blocks->kinds[kind] = kept;
    loop->blocks->count++;
}

void eddy_blocks_fini(struct eddy_loop *loop)
{
    for (size_t kind = 0; loop->blocks && kind < KINDS; kind++)
        for (struct kept *kept = loop->blocks->kinds[kind], *next; kept; kept = next) {
            next = kept->next;
            free(kept);
        }
    free(loop->blocks);
    loop->blocks = NULL;
}
