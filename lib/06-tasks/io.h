/*
 * io - an operation on a descriptor: an attempt that may say "not now", and a place to wait until
 * it is worth another. What sockio and fdio are made of; and an operation of your own, such as a
 * handshake of a library that says "I want to read".
 *
 * It is a struct eddy_io in the frame that waits, and a start that fills it, and returns its
 * future. It stands in the loop's table of watches until it is done, so whoever closes the
 * descriptor through the loop reaches it: its error is EDDY_ECLOSED then.
 *
 * While nothing is in line and no stop was asked for, its awaiter is called in the batch in which
 * it is done: one await costs one wait.
 *
 * Where the kernel goes on to say "ready" and nothing is to be had (an error queue that nobody
 * reads, a Unix datagram whose receiver is full), an operation rests for 10 to 40 ms before it asks
 * again. If an attempt of yours has moved something and says EDDY_IO_NOT_NOW all the same, it must
 * make `n` larger: else it counts as one that found nothing.
 *
 * Errors: the future's. Memory: the caller's, until it is done. Threads: the loop's.
 */
#ifndef EDDY_IO_H
#define EDDY_IO_H

#include "future.h"

#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an attempt says, if no error. */
enum {
    EDDY_IO_NOT_NOW, /* it waits for the event */
    EDDY_IO_DONE,
    EDDY_IO_GO_ON /* there is more to do, in the next turn, so that others have theirs */
};

enum { EDDY_IO_MOST = 65536 }; /* bytes that one attempt moves, before it says EDDY_IO_GO_ON */

/* Read `n`; and after a recvfrom `address_size` and `truncated`. Touch no other field. */
struct eddy_io {
    struct eddy_future future;
    struct eddy_watch watch;
    int (*attempt)(struct eddy_io *io); /* returns one of the three, or an error */
    int fd, event;
    ssize_t n;                /* what came of it: bytes, or the accepted descriptor */
    void *to;                 /* where to receive; */
    const void *from;         /* what to send; */
    size_t size;              /* and how much */
    struct sockaddr *address; /* the other side's */
    socklen_t address_size;
    bool truncated; /* the datagram was longer than the room for it: its end is lost */
    bool foreign;   /* another library's descriptor: the kernel is asked each time whose it is */
    bool may_block; /* the operation asks for no more than is ready: debug mode reports nothing */
    int in_vain;    /* events in a row that have found nothing */
};

/*
 * Start: `io` has `fd`, `event` (EDDY_READ or EDDY_WRITE), `attempt`, and what that needs; the rest
 * is zero. The attempt is made at once, unless the operation `waits_first` for the event, because an
 * attempt would be in vain, or might block. Returns io->future. Its errors are the attempt's,
 * EDDY_EWATCHED when somebody waits for this event of `fd` already, EDDY_ECLOSED, and those of
 * eddy_selector_add(). `type` has eddy_io_cancel for its cancel.
 */
struct eddy_future *eddy_io_start(struct eddy_io *io, struct eddy_loop *loop,
                                  const struct eddy_future_type *type, bool waits_first);

/* It leaves the table, and nothing is taken from the descriptor. */
void eddy_io_cancel(struct eddy_future *future);

/*
 * Finish `future` as eddy_future_finish() does. In a callback that the loop has called, while nothing
 * is in line and no stop was asked for, its waiters join the batch that is being called: whoever
 * waits for one message after the other makes one wait for each, not two.
 */
void eddy_finish_in_batch(struct eddy_future *future, int err, void *result);

/* What an attempt says when its call has returned the error `err`. */
static inline int eddy_io_later(ssize_t err)
{
    return err == -EAGAIN || err == -EWOULDBLOCK ? EDDY_IO_NOT_NOW : (int)err;
}

#ifdef __cplusplus
}
#endif

#endif
