/*
 * transports - what a loop has for all of its transports: one buffer to receive into, and the list of those
 * that are open, so that a loop that is closed closes them, too.
 *
 * Used by transport_open.c and datagram.c. Errors: -ENOMEM. Memory: the loop's first one allocates what the
 * loop keeps. Threads: the loop's.
 */
#ifndef EDDY_TRANSPORTS_H
#define EDDY_TRANSPORTS_H

#include "errors.h"
#include "future.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { EDDY_TRANSPORT_PIECE = 65536 }; /* bytes that are received at a time, at most */

/* One that is open. */
struct eddy_transports_member {
    struct eddy_list link;
    /* The loop is being closed: give back descriptor and memory, and call no user code. */
    void (*forget)(struct eddy_transports_member *member);
    /* After that, when nothing of the loop points into its memory any more: this can go, with all that it
     * holds, other members too. NULL: it is not ours. Set at the latest in forget(). */
    void (*release)(struct eddy_transports_member *member);
};

/* `member` is open from now on; *piece is the buffer. */
int eddy_transports_join(struct eddy_loop *loop, struct eddy_transports_member *member,
                         char **piece);

/* The loop is being closed, and `future` is pending: those that wait for it are never called. It is done,
 * with EDDY_ECLOSED. */
static inline void eddy_transports_forget_future(struct eddy_future *future)
{
    while (!eddy_list_empty(&future->waiters))
        eddy_list_pop(&future->waiters);
    eddy_future_init_done(future, future->loop, EDDY_ECLOSED);
}

/* It is not open any more. */
static inline void eddy_transports_leave(struct eddy_transports_member *member)
{
    eddy_list_remove(&member->link);
}

#ifdef __cplusplus
}
#endif

#endif
