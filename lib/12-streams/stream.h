/*
 * stream - a connection to await: a reader for what comes, and writes that wait while the other side does
 * not read. (asyncio's StreamReader and StreamWriter, in one)
 *
 *     for (;;) {
 *         CO_AWAIT(co, eddy_reader_readline(&stream->reader));
 *         if (stream->reader.size == 0)
 *             break;                                                       the end
 *         CO_AWAIT(co, eddy_stream_write(&self->wait, stream, stream->reader.data, stream->reader.size));
 *     }
 *
 * Under it is a transport (transport.h), whose protocol feeds the reader, and tells those who wait to write.
 * What reader.h says of reading holds here: one task reads; a limit keeps endless lines out; while nobody reads
 * and twice the limit lies there, nothing is received, and in the end the peer waits.
 *
 * Errors: the futures'; of a connection that was lost with one: that one, at each read and write from then on.
 * Memory: the struct is the caller's, and stays until it was closed and has ended
 * (eddy_stream_wait_closed). Threads: the loop's.
 */
#ifndef EDDY_STREAM_H
#define EDDY_STREAM_H

#include "reader.h"
#include "transport.h"
#include "waiter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Read from `reader`; read peer and local of `transport`; touch no other field. Valid when zeroed: closed. */
struct eddy_stream {
    struct eddy_reader reader;
    struct eddy_transport transport;
    size_t limit; /* of the reader, in bytes; 0: EDDY_READER_LIMIT. Set it before it is opened */
    struct eddy_loop *loop;   /* NULL: it was never open */
    struct eddy_list writers; /* who wait for room, */
    struct eddy_list closers; /* and who wait for the end */
    struct eddy_handle turn;  /* the writers had more than their share of this one */
    size_t written;           /* bytes, since somebody has waited to write */
    struct eddy_opened opened;
    int err; /* why it has ended */
};

/* For a task that waits for a stream: in its frame. Valid when zeroed. */
struct eddy_stream_wait {
    struct eddy_waiter waiter;
    struct eddy_future refused;
};

/* Open one over `fd`, a connected stream socket that does not block; it is the stream's from now on. On an
 * error it is still yours: EDDY_EQUEUED: the stream is open, or being opened; EDDY_ECLOSED; -ENOMEM. */
int eddy_stream_open(struct eddy_stream *stream, struct eddy_loop *loop, int fd);

/* ---- Writing ------------------------------------------------------------------------------------- */

/*
 * Each of these returns a future, and any number of tasks may write. `wait` stays until it is done. Cancelling
 * takes back nothing: what was written is on its way. EDDY_EQUEUED: `wait` waits already, and nothing was
 * written. EDDY_ECLOSED. (A function of yours that writes, and refuses something, returns
 * eddy_future_init_done(&wait->refused, stream->loop, err), as these do.)
 */

/* Write `n` bytes, which are sent or copied at once, and wait if too much waits to be sent by now: until it is
 * less. EDDY_ELIMIT: it was more than the limit of transport.h, and nothing was taken. */
struct eddy_future *eddy_stream_write(struct eddy_stream_wait *wait, struct eddy_stream *stream,
                                      const void *bytes, size_t n);

/* The same for several pieces, 1 to 1024. */
struct eddy_future *eddy_stream_writelines(struct eddy_stream_wait *wait,
                                           struct eddy_stream *stream, const struct iovec *pieces,
                                           int count);

/* Only wait for room, after bytes that were handed to eddy_transport_write(&stream->transport, ...). That call
 * waits for nobody, so it is for a task that writes to a hundred clients, of whom some do not read.
 * eddy_transport_set_write_buffer_limits() says how much may wait for each client; for one who reads too slowly
 * the call returns EDDY_ELIMIT, and that client has missed those bytes. */
struct eddy_future *eddy_stream_drain(struct eddy_stream_wait *wait, struct eddy_stream *stream);

/* After what was written, the peer will find the end, and can still send. EDDY_ECLOSED. */
int eddy_stream_write_eof(struct eddy_stream *stream);

/* ---- Its end ------------------------------------------------------------------------------------- */

/* What was written is sent; then it ends. Whoever waits to read gets EDDY_ECLOSED, and what nobody has read is
 * gone. Twice is harmless. (To a peer that is still sending, TCP answers with a reset, which may take the last
 * bytes from it: then eddy_stream_write_eof() first, and read on for a while.) */
void eddy_stream_close(struct eddy_stream *stream);

/* The same, and what waits to be sent is dropped. */
void eddy_stream_abort(struct eddy_stream *stream);

/* Until it has ended, with the error that the connection was lost with, or 0. For any number of tasks, and also
 * after that. EDDY_ECLOSED: it was never open, or its loop is closed. */
struct eddy_future *eddy_stream_wait_closed(struct eddy_stream_wait *wait,
                                            struct eddy_stream *stream);

static inline bool eddy_stream_is_closing(const struct eddy_stream *stream)
{
    return eddy_transport_is_closing(&stream->transport);
}

/* ---- For the modules that open one --------------------------------------------------------------- */

/* Who is told on a stream's connection: transport.h's doors take it. */
extern const struct eddy_protocol eddy_stream_protocol;

/* All but the transport is ready, whatever was there before. EDDY_ECLOSED. */
int eddy_stream_init(struct eddy_stream *stream, struct eddy_loop *loop);

/* The same for one that is closed, or has ended; and if it lies in the frame of the task that calls, it goes
 * with that. EDDY_EQUEUED: it is open, or a connection is waited for. -ENOMEM. */
int eddy_stream_prepare(struct eddy_stream *stream, struct eddy_loop *loop);

/* No transport came of it. */
void eddy_stream_unprepare(struct eddy_stream *stream);

/* Its transport is there when `future` is done, which is returned, or none came of it. If it is closed meanwhile,
 * it ends then. */
struct eddy_future *eddy_stream_await_transport(struct eddy_stream *stream,
                                                struct eddy_future *future);

#ifdef __cplusplus
}
#endif

#endif
