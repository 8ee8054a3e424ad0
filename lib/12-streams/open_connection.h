/*
 * open_connection - a stream to somebody else, by name. (asyncio's open_connection)
 *
 *     CO_AWAIT(co, eddy_open_connection(&self->connecting, &self->stream, loop, "example.org", "80"));
 *     ...
 *     eddy_stream_close(&self->stream);
 *     CO_AWAIT(co, eddy_stream_wait_closed(&self->wait, &self->stream));         all has been sent
 *     CO_FINALLY(co);
 *     eddy_stream_abort(&self->stream);
 *     CO_TRY_AWAIT(co, eddy_stream_wait_closed(&self->wait, &self->stream));
 *
 * (A close waits for a peer that does not read, and no cancel cuts a cleanup section short. So the section
 * aborts: after a close that was awaited there is nothing left to abort.)
 *
 * What create_connection.h says holds: the name is asked for in a thread, and its addresses race. After an error the
 * stream has ended, and can be opened again. A stream that is closed meanwhile ends when the connection is there, or
 * cannot come any more: until then both structs stay (eddy_stream_wait_closed waits for that).
 *
 * Errors, memory: create_connection.h; and what stream.h says of the stream. Threads: the loop's.
 */
#ifndef EDDY_OPEN_CONNECTION_H
#define EDDY_OPEN_CONNECTION_H

#include "create_connection.h"
#include "stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* To `host`, at the port `service`, "80" or "http". */
struct eddy_future *eddy_open_connection(struct eddy_connecting *connecting,
                                         struct eddy_stream *stream, struct eddy_loop *loop,
                                         const char *host, const char *service);

/* To the Unix socket at `path`. */
struct eddy_future *eddy_open_unix_connection(struct eddy_connecting *connecting,
                                              struct eddy_stream *stream, struct eddy_loop *loop,
                                              const char *path);

#ifdef __cplusplus
}
#endif

#endif
