/*
 * Exercise 12.3: a room to talk in, for programs: what one says all others hear. A message has a head of four
 * bytes, which say how long its body is, the highest of them first; then so many bytes. (300 is 0, 0, 1, 44.)
 * A body may have no byte at all.
 *
 * In chapter 11 a struct remembered from one piece to the next how far a message had come (exercise 11.3). Here
 * a coroutine reads it from top to bottom.
 */
#ifndef CHAT_H
#define CHAT_H

#include "stream.h"
#include "task.h"

enum { MESSAGE_HEAD = 4, UNREAD_MOST = 65536 };

/* ---- One message --------------------------------------------------------------------------------- */

/*
 * Read one.
 *
 *     CO_CALL(co, read_message, &self->reading, .stream = self->stream, .limit = 1000);
 *     if (self->reading.ended)
 *         ...                                                 the peer will send no more
 *
 * After success either `ended` is true, and the end came where a message might have begun; or `body` and `size`
 * are the message's. The body lies in the stream's reader, and is good until the next read.
 *
 * - EDDY_EINCOMPLETE: the end came within a message.
 * - EDDY_ELIMIT: the body is longer than the limit. The head says that, so nobody waits for the body.
 * - Any other error of the stream is passed on: it is no end.
 */
struct read_message {
    struct eddy_co co;
    struct eddy_stream *stream;
    size_t limit; /* the longest body */
    const char *body;
    size_t size;
    bool ended;
};

struct eddy_step read_message(struct eddy_co *co);

/* Send one: what eddy_stream_writelines() returns. All of it is taken or nothing: if it is refused, the peer
 * gets no byte of it. */
struct eddy_future *write_message(struct eddy_stream_wait *wait, struct eddy_stream *stream,
                                  const char *body, size_t n);

/* ---- The room ------------------------------------------------------------------------------------ */

struct room {
    struct eddy_list guests; /* an empty list at the beginning */
    size_t limit;            /* the longest body */
};

/*
 * The task of one guest: a handler, as in stream_server.h. It sends the message "hello", awaits that, and joins
 * the room. Then it tells all others each message that comes. When the guest sends no more, it ends with
 * success; on an error, with that. On every way out the guest leaves the room, if it had joined it.
 */
struct guest {
    struct eddy_co co;
    struct eddy_stream *stream; /* open */
    struct room *room;
    struct eddy_list link; /* in the room's list, or in none */
    size_t missed;         /* messages for which there was no room */
    struct read_message reading;
    struct eddy_stream_wait wait;
};

struct eddy_step guest(struct eddy_co *co);

/*
 * Tell all guests but `from`. It waits for nobody: of what a guest does not read, up to UNREAD_MOST bytes wait
 * in its transport; a message for which there is no room (EDDY_ELIMIT) that guest has missed. With any other
 * error the transport has ended that guest's connection, and the guest's own task finds that out: there is
 * nothing to do here. The others get the message all the same.
 */
void broadcast(struct room *room, const struct guest *from, const char *body, size_t n);

#endif
