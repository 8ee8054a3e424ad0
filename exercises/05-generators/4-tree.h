/*
 * Exercise 05.4: a walk through a binary tree, from the smallest key to the largest, that can stop
 * anywhere and go on later. A function that calls itself cannot do that; generators that let each other
 * answer can.
 */
#ifndef TREE_H
#define TREE_H

#include "gen.h"

/* Keys on the left are smaller than that of the node, keys on the right are larger. */
struct node {
    int key;
    struct node *left, *right; /* NULL: nothing there */
};

/* The frame of a walk through `node` and all that is below it. */
struct walk {
    struct eddy_gen gen;
    struct node *node;  /* never NULL */
    struct walk *inner; /* the walk through a subtree, while it lasts; NULL: there is none */
};

/*
 * A generator that yields the nodes of the tree in the order of their keys. The first frame is the
 * caller's:
 *
 *     struct walk all = {.gen = GEN_INIT(walk), .node = root};
 *
 * Each subtree is walked by a generator of its own, whose frame is a block of memory: it is allocated
 * when the walk enters the subtree, and freed when it has left it. So at any time there are no more
 * blocks than the tree is deep. When the walk has ended there are none; it may have come to its end,
 * have been closed in the middle, or have failed. It fails with -ENOMEM when there is no memory for a
 * frame, and with whatever error is thrown into it.
 */
struct eddy_step walk(struct eddy_gen *gen);

/*
 * Returns how many keys of the tree are smaller than `key`, which need not be in it; or -ENOMEM. The
 * tree may be empty (NULL). It walks until it knows, and leaves no memory behind.
 */
int tree_count_below(struct node *root, int key);

#endif
