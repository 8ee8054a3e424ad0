/*
 * wakeup - the one door through which other threads reach a loop: a list of handles under a lock,
 * and two sockets that make the loop look at it.
 *
 * A posted handle's link is touched under the lock alone, and the handle never enters a list of the
 * loop's. The door does: it stands in line for all handles that the loop has taken, and they are
 * called in its place, one after the other. So a thread may post a handle again at any time.
 *
 * One byte is sent when the list is no longer empty, and none until the loop has taken the list: so
 * the sockets never fill, and a thousand calls cost one wake-up. If they should be full all the
 * same, there is something to read, which is all that is asked of them.
 *
 * Threads: eddy_wakeup_post() and eddy_wakeup_cancel() any, the others the loop's.
 */
#ifndef EDDY_WAKEUP_H
#define EDDY_WAKEUP_H

#include "handle.h"
#include "pair.h"

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Handles, linked by link.next alone; the last one's leads to itself. */
struct eddy_chain {
    struct eddy_handle *first, *last; /* NULL: it is empty */
};

struct eddy_wakeup {
    pthread_mutex_t lock;     /* of all below but the door */
    struct eddy_chain posted; /* by threads, since the loop has looked */
    struct eddy_chain taken;  /* by the loop, and not called yet */
    struct eddy_handle door;  /* in line for those that are taken */
    struct eddy_pair pair;    /* the loop reads from [0] */
    bool told;                /* a byte is on its way */
    bool open;
};

/*
 * Open the pair and the lock. The lock is not destroyed, not even if this fails: a thread that
 * comes late must get EDDY_ECLOSED, and not undefined behaviour.
 */
int eddy_wakeup_open(struct eddy_wakeup *wakeup);

/* Forget what was posted and not called; nothing can be posted any more. Returns how many there
 * were. */
size_t eddy_wakeup_close(struct eddy_wakeup *wakeup);

/*
 * Post `handle`; the loop wakes. After 0 it will be called. EDDY_EQUEUED: it is posted already, and
 * its call has not begun. EDDY_ECLOSED: then it will not be called. EDDY_EWAKEUP: somebody has
 * closed the pair. Any thread.
 */
int eddy_wakeup_post(struct eddy_wakeup *wakeup, struct eddy_handle *handle);

/* `handle` is posted no more. Returns whether it was. O(posted). Any thread. */
bool eddy_wakeup_cancel(struct eddy_wakeup *wakeup, struct eddy_handle *handle);

/*
 * `fd`, one of the pair, is readable: take all that was posted, and put the door at the end of
 * `ready`. EDDY_EWAKEUP: somebody has closed one of the pair.
 */
int eddy_wakeup_take(struct eddy_wakeup *wakeup, int fd, struct eddy_list *ready);

/*
 * The door has left `batch`. Returns the handle to call in its place; if more were taken, the door
 * is the first of the batch again. If none is left, returns the door itself, which does nothing.
 */
struct eddy_handle *eddy_wakeup_next(struct eddy_wakeup *wakeup, struct eddy_list *batch);

/* Whether something is posted that was not called yet. */
bool eddy_wakeup_waiting(struct eddy_wakeup *wakeup);

#ifdef __cplusplus
}
#endif

#endif
