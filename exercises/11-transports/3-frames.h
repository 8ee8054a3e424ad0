/*
 * Exercise 11.3: messages on a stream. Each one is a frame: four bytes that say how long it is, the highest of
 * them first, and then so many bytes, the body. (300 is 0, 0, 1, 44.) A body may have no byte at all.
 *
 * A connection of frames is a transport, and what must be remembered from one piece to the next. A program puts
 * the struct into its own, sets two fields in connection_made or before, and lets its protocol name the
 * functions below.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "transport.h"

enum { FRAME_HEAD = 4 };

struct frames {
    struct eddy_transport transport;
    size_t limit; /* the longest body that is received, or sent: at most 0xffffffff */
    /* A frame is complete. `body` is good until this returns. 0, or an error. It may write, and close. */
    int (*on_frame)(struct frames *frames, const char *body, size_t n);
    char head[FRAME_HEAD]; /* these four are for the functions below; all zero at the beginning */
    char *body;            /* of malloc(), as soon as the head is complete; NULL: it is not */
    size_t size;           /* of the body */
    size_t got;            /* bytes of the head that have come; or of the body, if there is one */
};

/* The head is complete: find `size`, allocate `body`, of which nothing has come. EDDY_ELIMIT: it is longer than
 * the limit, and nothing was allocated. -ENOMEM. */
int begin_body(struct frames *frames);

/* The body is complete: tell on_frame, and free it. Before on_frame is called, the next head can begin. Returns
 * what on_frame returns. */
int tell_frame(struct frames *frames);

/* data_received: `n` bytes, in any pieces; the end of one frame, several frames, a part of the next. After an
 * error, or once the transport is closing, no further frame is told. */
int frames_received(struct eddy_transport *transport, const char *bytes, size_t n);

/* eof_received. EDDY_EINCOMPLETE: the end came within a frame. Else 0. */
int frames_ended(struct eddy_transport *transport);

/* connection_lost: nothing stays allocated. */
void frames_lost(struct eddy_transport *transport, int err);

/* Send one. All of it or nothing: if it is refused, the peer gets no byte of it. EDDY_ELIMIT: it is longer than
 * the limit; and the errors of a write. */
int frames_send(struct frames *frames, const char *body, size_t n);

#endif
