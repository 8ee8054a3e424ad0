/*
 * tested - linked into the tested copy of each demo: when the program ends, the ledger is printed
 * to stderr, in words. The demo itself knows nothing of it.
 */
#include "ledger.h"

#include <stdio.h>

static struct ledger before;

__attribute__((constructor)) static void open_ledger(void)
{
    ledger_open(&before);
}

__attribute__((destructor)) static void print_ledger(void)
{
    char left[512];

    if (ledger_left(&before, left, sizeof left))
        fprintf(stderr, "ledger: left behind: %s\n", left);
    else
        fprintf(stderr, "ledger: nothing left: no descriptor, child, thread or heap block\n");
}
