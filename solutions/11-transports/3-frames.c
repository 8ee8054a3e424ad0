/*
 * Exercise 11.3, build: messages on a stream, each with its length before it. 3-frames.h says what to promise.
 * The six functions that are to be written have about 50 lines together. Try it:  make check-11.3
 */
#include "3-frames.h"

#include "errors.h"

#include <stdlib.h>
#include <string.h>

/* ---- Given: a length as four bytes, and what a piece gives ---------------------------------------------- */

static void put_length(char head[FRAME_HEAD], size_t n)
{
    for (int i = FRAME_HEAD - 1; i >= 0; i--, n >>= 8)
        head[i] = (char)(n & 0xff);
}

static size_t get_length(const char head[FRAME_HEAD])
{
    size_t n = 0;

    for (int i = 0; i < FRAME_HEAD; i++)
        n = n << 8 | (unsigned char)head[i];
    return n;
}

/* `to` wants `size` bytes, and frames->got of them have come. Copies what it still wants, or less if `n` is
 * less; counts that in frames->got, and returns it. */
static size_t take(struct frames *frames, char *to, size_t size, const char *bytes, size_t n)
{
    size_t part = size - frames->got < n ? size - frames->got : n;

    if (part > 0)
        memcpy(to + frames->got, bytes, part);
    frames->got += part;
    return part;
}

/* ---- Receiving ------------------------------------------------------------------------------------------ */

int begin_body(struct frames *frames)
{
    size_t size = get_length(frames->head);

    if (size > frames->limit)
        return EDDY_ELIMIT;
    frames->body = malloc(size + 1);
    if (!frames->body)
        return -ENOMEM;
    frames->size = size;
    frames->got = 0;
    return 0;
}

int tell_frame(struct frames *frames)
{
    char *body = frames->body;
    int err;

    frames->body = NULL;
    frames->got = 0;
    err = frames->on_frame(frames, body, frames->size);
    free(body);
    return err;
}

int frames_received(struct eddy_transport *transport, const char *bytes, size_t n)
{
    struct frames *frames = container_of(transport, struct frames, transport);
    int err = 0;

    while (n > 0 && err == 0 && !eddy_transport_is_closing(transport)) {
        size_t part = frames->body ? take(frames, frames->body, frames->size, bytes, n)
                                   : take(frames, frames->head, FRAME_HEAD, bytes, n);
        bytes += part;
        n -= part;
        if (!frames->body && frames->got == FRAME_HEAD)
            err = begin_body(frames);
        if (err == 0 && frames->body && frames->got == frames->size)
            err = tell_frame(frames);
    }
    return err;
}

int frames_ended(struct eddy_transport *transport)
{
    struct frames *frames = container_of(transport, struct frames, transport);

    return frames->body || frames->got > 0 ? EDDY_EINCOMPLETE : 0;
}

void frames_lost(struct eddy_transport *transport, int err)
{
    struct frames *frames = container_of(transport, struct frames, transport);

    (void)err;
    free(frames->body);
    frames->body = NULL;
}

/* ---- Sending -------------------------------------------------------------------------------------------- */

int frames_send(struct frames *frames, const char *body, size_t n)
{
    char head[FRAME_HEAD];
    struct iovec pieces[] = {{head, FRAME_HEAD}, {(char *)body, n}};

    if (n > frames->limit)
        return EDDY_ELIMIT;
    put_length(head, n);
    return eddy_transport_writelines(&frames->transport, pieces, 2);
}
