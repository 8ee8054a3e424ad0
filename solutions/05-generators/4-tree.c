/*
 * Exercise 05.4, build: a walk through a tree, by delegation. 4-tree.h says what it promises; the two
 * functions that are to be written have about 35 lines together. Try it:  make check-05.4
 */
#include "4-tree.h"

#include <errno.h>
#include <stdlib.h>

/* A frame for the walk through `node`. NULL: there is no memory. */
static struct walk *new_walk(struct node *node)
{
    struct walk *inner = malloc(sizeof *inner);

    if (inner)
        *inner = (struct walk){.gen = GEN_INIT(walk), .node = node};
    return inner;
}

/* The walk through the subtree has ended, or never begun. */
static void free_inner(struct walk *self)
{
    free(self->inner);
    self->inner = NULL;
}

struct eddy_step walk(struct eddy_gen *gen)
{
    struct walk *self = GEN_FRAME(gen, walk);

    GEN_BEGIN(gen);
    if (self->node->left) {
        self->inner = new_walk(self->node->left);
        if (!self->inner)
            GEN_FAIL(gen, -ENOMEM);
        GEN_FROM(gen, &self->inner->gen);
        free_inner(self);
    }
    GEN_YIELD(gen, self->node);
    if (self->node->right) {
        self->inner = new_walk(self->node->right);
        if (!self->inner)
            GEN_FAIL(gen, -ENOMEM);
        GEN_FROM(gen, &self->inner->gen);
    }
    GEN_FINALLY(gen);
    free_inner(self);
    GEN_END(gen);
}

int tree_count_below(struct node *root, int key)
{
    struct walk all = {.gen = GEN_INIT(walk), .node = root};
    void *node;
    int count = 0, got = EDDY_FINISHED;

    if (!root)
        return 0;
    while ((got = eddy_gen_next(&all.gen, &node)) == EDDY_YIELDED) {
        if (((struct node *)node)->key >= key)
            break;
        count++;
    }
    eddy_gen_close(&all.gen);
    return got < 0 ? got : count;
}
