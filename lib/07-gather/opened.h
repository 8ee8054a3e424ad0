/*
 * opened - what a task has opened in its frame and must close before that ends: a scope, a group, an
 * iteration. If the task is abandoned, its cleanup section never runs; then the loop calls what is
 * open, so that nothing in the library points into a frame that is gone. A task that ends by itself,
 * and has forgotten to close, leaves such pointers; debug mode takes them back, and reports it.
 *
 * Memory: the caller's. The first one of a loop allocates what the loop keeps for all of them.
 * Threads: the loop's.
 */
#ifndef EDDY_OPENED_H
#define EDDY_OPENED_H

#include "task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_opened {
    struct eddy_list link; /* among what is open in the loop */
    struct eddy_task *task;
    void (*leave)(struct eddy_opened *opened); /* take back what points into the frame */
    unsigned before;             /* requests to cancel the task that had landed at the opening */
    unsigned requests, unlanded; /* the task's, when it was cancelled from here */
};

/* `task` has opened this. -ENOMEM: the loop's first, and there is no memory. O(1). */
int eddy_opened_add(struct eddy_opened *opened, struct eddy_task *task,
                    void (*leave)(struct eddy_opened *opened));

/* The same for the task whose step runs, if `where`, which is to go with its frame, lies there; else there is
 * nothing to do, and that is 0. */
int eddy_opened_add_here(struct eddy_opened *opened, const void *where,
                         void (*leave)(struct eddy_opened *opened));

/* It is closed. Twice is harmless, and so is one that was zeroed. */
void eddy_opened_remove(struct eddy_opened *opened);

/* What is open wants its task to end, as a scope whose time is up. Once. */
void eddy_opened_cancel(struct eddy_opened *opened);

/*
 * Take that request back. `err` is what the await that may have been cut came back with. Returns
 * whether there was no other request; *landed is set to whether this one has come to an await. If
 * it has, and there are others that have not, then `err` is theirs now: several are one.
 */
bool eddy_opened_uncancel(struct eddy_opened *opened, int err, bool *landed);

#ifdef __cplusplus
}
#endif

#endif
