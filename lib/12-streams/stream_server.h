/*
 * stream_server - listens, and runs a task for each client. (asyncio's start_server)
 *
 *     struct echo_client {
 *         struct eddy_co co;
 *         struct eddy_stream *stream;           the client's, open when the body begins
 *         struct eddy_stream_wait wait;
 *         struct chat *chat;
 *     };
 *     static struct eddy_step echo_client(struct eddy_co *co) ...
 *
 *     err = eddy_start_server(&self->server, loop, "localhost", 8081, EDDY_HANDLER(echo_client, .chat = self));
 *     ...
 *     CO_FINALLY(co);
 *     eddy_stream_server_close(&self->server);
 *     eddy_stream_server_cancel(&self->server);
 *     CO_AWAIT(co, eddy_stream_server_wait_closed(&self->closed, &self->server));
 *
 * A handler is a coroutine whose frame has a pointer to a stream, named `stream`. Each client has a frame of its
 * own, with the fields that EDDY_HANDLER gives; all others are 0. When its body has ended, the stream is closed,
 * and what was written is sent; if the handler was cancelled, what waits is dropped. An error of a handler ends
 * its connection, and no other, and is told to the loop's exception handler.
 *
 * A handler's pointers into the frame of the task that has started the server are good as long as that frame is
 * there: hence the three lines of the cleanup section above.
 *
 * Errors: negative codes. Memory: the struct is the caller's, and stays until it is closed and the last handler
 * and connection have ended (eddy_stream_server_wait_closed). Threads: the loop's.
 */
#ifndef EDDY_STREAM_SERVER_H
#define EDDY_STREAM_SERVER_H

#include "server.h"
#include "stream.h"
#include "task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a client is served. EDDY_HANDLER makes one. */
struct eddy_stream_handler {
    const char *name;
    struct eddy_step (*body)(struct eddy_co *co);
    const void *frame; /* what each client's is a copy of */
    size_t size;       /* of the frame, and where in it the other two are */
    size_t co;
    size_t stream;
};

/* EDDY_HANDLER(echo_client, .chat = self): by the coroutine echo_client, on frames with these fields. It is good
 * to the end of the block in which it stands; a call that starts a server copies it. Not in a CO_CALL or
 * eddy_task_start(), which begin their coroutine after that block: there, hand over one from main(). */
#define EDDY_HANDLER(...) EDDY_HANDLER_(__VA_ARGS__, .co = {.body = NULL})

#define EDDY_HANDLER_(name_, ...)                                                    \
    (&(struct eddy_stream_handler){#name_, name_, &(struct name_){__VA_ARGS__},      \
                                   sizeof(struct name_), offsetof(struct name_, co), \
                                   offsetof(struct name_, stream)})

/* Read server.port and server.connections, and set limit before it is opened; touch no other field. Valid when
 * zeroed: closed. */
struct eddy_stream_server {
    struct eddy_server server;
    size_t limit; /* of each client's reader, in bytes; 0: EDDY_READER_LIMIT */
    struct eddy_protocol protocol;
    struct eddy_stream_handler handler; /* its frame is a copy, which is ours */
    struct eddy_opened opened;
};

/* Listen for TCP connections. Host, port and errors are those of eddy_create_server(). The frame's
 * alignment is what malloc() gives, and no more. */
int eddy_start_server(struct eddy_stream_server *server, struct eddy_loop *loop, const char *host,
                      int port, const struct eddy_stream_handler *handler);

/* The same at a path, as eddy_create_unix_server(). */
int eddy_start_unix_server(struct eddy_stream_server *server, struct eddy_loop *loop,
                           const char *path, const struct eddy_stream_handler *handler);

/* The same on sockets that listen already, as eddy_create_server_on(). */
int eddy_start_server_on(struct eddy_stream_server *server, struct eddy_loop *loop,
                         const int listeners[], int count,
                         const struct eddy_stream_handler *handler);

/* The server whose client has this stream; NULL: it has none, or is gone. */
struct eddy_stream_server *eddy_stream_server_of(const struct eddy_stream *stream);

/* Listen no more. Handlers go on. Twice is harmless. */
void eddy_stream_server_close(struct eddy_stream_server *server);

/* Cancel all handlers. Their cleanup sections run, and then their connections end: what waits to be sent by then
 * is dropped. (A cleanup section may await eddy_stream_drain().) */
void eddy_stream_server_cancel(struct eddy_stream_server *server);

/* Until it is closed, and its last handler and connection have ended. As eddy_server_wait_closed(). */
struct eddy_future *eddy_stream_server_wait_closed(struct eddy_server_wait *wait,
                                                   struct eddy_stream_server *server);

#ifdef __cplusplus
}
#endif

#endif
