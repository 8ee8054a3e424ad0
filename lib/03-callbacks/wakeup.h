/*
 * wakeup - the one door through which other threads reach a loop: a list of handles under a lock,
 * and a pipe that makes the loop look at it.
 *
 * One byte is written when the list is no longer empty, and none until the loop has taken the list:
 * so the pipe never fills, and a thousand calls cost one wake-up. If it should be full all the same,
 * it is readable, which is all that is asked of it.
 *
 * Threads: eddy_wakeup_post() any, the others the loop's.
 */
#ifndef EDDY_WAKEUP_H
#define EDDY_WAKEUP_H

#include "handle.h"

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_wakeup {
    pthread_mutex_t lock;             /* of all below */
    struct eddy_handle *first, *last; /* posted and not taken, linked by link.next alone */
    int fds[2];                       /* the loop reads from [0] */
    bool told;                        /* a byte is on its way */
    bool open;
};

/*
 * Open the pipe and the lock. The lock is not destroyed, not even if this fails: a thread that comes late must get
 * EDDY_ECLOSED, and not undefined behaviour.
 */
int eddy_wakeup_open(struct eddy_wakeup *wakeup);

/* Forget what was posted and not taken; nothing can be posted any more. Returns how many there were. */
size_t eddy_wakeup_close(struct eddy_wakeup *wakeup);

/*
 * Post `handle`; the loop wakes. EDDY_EQUEUED: it is posted already. EDDY_ECLOSED: then it will not
 * run. After 0, it will be taken, in the order in which it was posted. Any thread.
 */
int eddy_wakeup_post(struct eddy_wakeup *wakeup, struct eddy_handle *handle);

/* Move all that was posted to the end of `ready`. */
int eddy_wakeup_take(struct eddy_wakeup *wakeup, struct eddy_list *ready);

/* A pipe to oneself, both ends non-blocking and close-on-exec. Returns 0 or an error. Any thread. */
int eddy_wakeup_pipe(int fds[2]);

/* Whether something is posted that was not taken yet. */
bool eddy_wakeup_waiting(struct eddy_wakeup *wakeup);

#ifdef __cplusplus
}
#endif

#endif
