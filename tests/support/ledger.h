/*
 * ledger - what a piece of code has open, before and after: descriptors, child processes, threads
 * and heap blocks. (Heap blocks are those of our own objects: the linker's --wrap counts them.)
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { LEDGER_FDS = 4096 };

struct ledger {
    unsigned char fds[LEDGER_FDS]; /* 1 where a descriptor is open */
    int threads;
    long blocks;
};

/* Counted by the wrapped allocator. */
extern atomic_long ledger_blocks;

void ledger_open(struct ledger *ledger);

/* Compares now with then. True when something is left, and then says what, in words. */
bool ledger_left(const struct ledger *before, char *text, size_t n);

#endif
