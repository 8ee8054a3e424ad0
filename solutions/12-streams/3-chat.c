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
    struct read_message *self = CO_FRAME(co, read_message);
    struct eddy_reader *reader = &self->stream->reader;

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_reader_readexactly(reader, MESSAGE_HEAD));
    self->ended = eddy_co_error(co) == EDDY_EINCOMPLETE && reader->size == 0;
    if (self->ended)
        CO_RETURN(co);
    if (eddy_co_error(co) < 0)
        CO_FAIL(co, eddy_co_error(co));
    self->size = get_length(reader->data);
    if (self->size > self->limit)
        CO_FAIL(co, EDDY_ELIMIT);
    CO_AWAIT(co, eddy_reader_readexactly(reader, self->size));
    self->body = reader->data;
    CO_END(co);
}

struct eddy_future *write_message(struct eddy_stream_wait *wait, struct eddy_stream *stream,
                                  const char *body, size_t n)
{
    char head[MESSAGE_HEAD];
    struct iovec pieces[] = {{head, MESSAGE_HEAD}, {(char *)body, n}};

    put_length(head, n);
    return eddy_stream_writelines(wait, stream, pieces, 2);
}

/* ---- The room ------------------------------------------------------------------------------------ */

void broadcast(struct room *room, const struct guest *from, const char *body, size_t n)
{
    char head[MESSAGE_HEAD];
    struct iovec pieces[] = {{head, MESSAGE_HEAD}, {(char *)body, n}};

    put_length(head, n);
    for (struct eddy_list *link = room->guests.next; link != &room->guests; link = link->next) {
        struct guest *to = container_of(link, struct guest, link);
        if (to == from)
            continue;
        if (eddy_transport_writelines(&to->stream->transport, pieces, 2) == EDDY_ELIMIT)
            to->missed++;
    }
}

struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);

    CO_BEGIN(co);
    bound_unread(&self->stream->transport);
    CO_AWAIT(co, write_message(&self->wait, self->stream, "hello", 5));
    eddy_list_append(&self->room->guests, &self->link);
    for (;;) {
        CO_CALL(co, read_message, &self->reading, .stream = self->stream,
                .limit = self->room->limit);
        if (self->reading.ended)
            break;
        broadcast(self->room, self, self->reading.body, self->reading.size);
    }
    CO_FINALLY(co);
    if (eddy_list_linked(&self->link))
        eddy_list_remove(&self->link);
    CO_END(co);
}
