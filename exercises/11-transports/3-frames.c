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
    /* TODO 11.3: write begin_body(). */
    return -ENOSYS;
}

int tell_frame(struct frames *frames)
{
    /* TODO 11.3: write tell_frame(). */
    return -ENOSYS;
}

int frames_received(struct eddy_transport *transport, const char *bytes, size_t n)
{
    /* TODO 11.3: write frames_received(). */
    return -ENOSYS;
}

int frames_ended(struct eddy_transport *transport)
{
    /* TODO 11.3: write frames_ended(). */
    return -ENOSYS;
}

void frames_lost(struct eddy_transport *transport, int err)
{
    /* TODO 11.3: write frames_lost(). */
}

/* ---- Sending -------------------------------------------------------------------------------------------- */

int frames_send(struct frames *frames, const char *body, size_t n)
{
    /* TODO 11.3: write frames_send(). */
    return -ENOSYS;
}
