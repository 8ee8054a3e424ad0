/*
 * children - which of a loop's processes have ended: SIGCHLD says that one has, and each is asked.
 *
 * A signal does not count: of a thousand that end at once the loop hears perhaps once. So all that run are
 * asked, each by its number: O(running). Never any child: those of others are theirs.
 *
 * Used by process.c. Threads: the loop's.
 */
#ifndef EDDY_CHILDREN_H
#define EDDY_CHILDREN_H

#include "signals.h"

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a loop has of them; its guest. */
struct eddy_children {
    struct eddy_guest guest;
    struct eddy_handle died; /* SIGCHLD has come */
    struct eddy_list running;
    void (*look)(struct eddy_list *link); /* ask one of them */
};

/* The loop's, which watches from now on; `look` is called for each that runs when one has died. EDDY_EOTHER:
 * another loop has the signals. -EEXIST: the program handles SIGCHLD itself. -ENOMEM, EDDY_ECLOSED. */
int eddy_children_watch(struct eddy_loop *loop, void (*look)(struct eddy_list *link),
                        struct eddy_children **children);

/* If none runs, SIGCHLD is again what it was before. */
void eddy_children_rest(struct eddy_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
