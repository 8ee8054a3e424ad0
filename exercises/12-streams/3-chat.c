/*
 * Exercise 12.3, build: a chat with messages that have their length before them. 3-chat.h says what to promise.
 * The four functions that are to be written have about 50 lines together. Try it:  make check-12.3
 */
#include "3-chat.h"

#include "errors.h"

/* ---- Given: a length as four bytes, and how much may wait for a guest ----------------------------- */

static void put_length(char head[MESSAGE_HEAD], size_t n)
{
    for (int i = MESSAGE_HEAD - 1; i >= 0; i--, n >>= 8)
        head[i] = (char)(n & 0xff);
}

static size_t get_length(const char head[MESSAGE_HEAD])
{
    size_t n = 0;

    for (int i = 0; i < MESSAGE_HEAD; i++)
        n = n << 8 | (unsigned char)head[i];
    return n;
}

/* What the kernel keeps for a guest counts, too. */
static void bound_unread(struct eddy_transport *transport)
{
    int most = UNREAD_MOST / 4;

    setsockopt(transport->fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof most); /* or it is what it was */
    eddy_transport_set_write_buffer_limits(transport, 0, 0, UNREAD_MOST);
}

/* ---- One message --------------------------------------------------------------------------------- */

struct eddy_step read_message(struct eddy_co *co)
{
    /* TODO 12.3: write read_message(). */
    return EDDY_RETURNED;
}

struct eddy_future *write_message(struct eddy_stream_wait *wait, struct eddy_stream *stream,
                                  const char *body, size_t n)
{
    /* TODO 12.3: write write_message(). */
    return NULL;
}

/* ---- The room ------------------------------------------------------------------------------------ */

void broadcast(struct room *room, const struct guest *from, const char *body, size_t n)
{
    /* TODO 12.3: write broadcast(). */
}

struct eddy_step guest(struct eddy_co *co)
{
    /* TODO 12.3: write guest(). */
    return EDDY_RETURNED;
}
