/*
 * fresh COMMAND... - runs it with no signal ignored or blocked, no descriptor open above 2, and no
 * low limit of these: what a shell cannot do for what it starts. See fresh.h.
 */
#include "../support/fresh.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char *argv[])
{
    if (argc < 2) {
        fprintf(stderr, "usage: fresh COMMAND [ARG...]\n");
        return 2;
    }
    fresh_start();
    execvp(argv[1], argv + 1);
    fprintf(stderr, "fresh: cannot run %s: %s\n", argv[1], strerror(errno));
    return 127;
}
