/*
 * sendfile - a file, or a part of it, goes to a transport piece by piece, whenever there is room: however
 * large it is, no more than a piece of it is in memory. (asyncio's loop.sendfile)
 *
 *     CO_AWAIT(co, eddy_sendfile(&self->sending, &self->transport, self->file, 0, size));
 *
 * It is sent after what was written before, and before what is written while it is under way. The file is
 * read in the loop's thread; a slow disk makes the loop wait for a piece.
 *
 * Errors: the future's: of reading; the connection's, EDDY_ECLOSED if that was lost without one, or its loop was
 * closed; EDDY_EINCOMPLETE: the file is shorter. After an error in the middle nobody knows what the peer has got:
 * the connection is lost, too, and so it is after a cancel. Memory: the struct is the caller's, and stays until it
 * is done; `file` stays open. Threads: the loop's.
 */
#ifndef EDDY_SENDFILE_H
#define EDDY_SENDFILE_H

#include "transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Read `sent`; touch no other field. */
struct eddy_sendfile {
    size_t sent; /* bytes */
    struct eddy_future future;
    struct eddy_future refused;
    struct eddy_transport_source source;
    struct eddy_transport *transport; /* NULL: none is under way */
    int file;
    off_t at;
    size_t left;
    struct eddy_opened opened;
};

/* Send `n` bytes of `file`, from `offset` on. EDDY_EWATCHED: the transport sends one already. EDDY_EQUEUED:
 * `sending` is under way. EDDY_ECLOSED. -EBADF. -ENOMEM: nothing was sent. */
struct eddy_future *eddy_sendfile(struct eddy_sendfile *sending, struct eddy_transport *transport,
                                  int file, off_t offset, size_t n);

#ifdef __cplusplus
}
#endif

#endif
