#include "stream_server.h"

#include "errors.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* The block that a server allocates for each client; after it comes the handler's frame. */
struct client {
    struct eddy_stream stream;
    struct eddy_task task;
    struct eddy_handle ended; /* the task has */
    void (*release)(struct eddy_transport *transport);
    struct eddy_transports_member kept; /* by the loop, while the handler outlives the connection */
    bool runs;                          /* the handler */
    bool cancelled;                     /* it was */
    bool lost;                          /* the connection */
};

enum { FRAME_AT = (sizeof(struct client) + alignof(max_align_t) - 1) & -alignof(max_align_t) };

static struct client *client_of(struct eddy_transport *transport)
{
    return container_of(transport, struct client, stream.transport);
}

/* ---- Its end ------------------------------------------------------------------------------------- */

static bool has_ended(const struct eddy_stream_server *server)
{
    return server->server.count == 0 && server->server.connections == 0;
}

static void free_handler(struct eddy_stream_server *server)
{
    eddy_opened_remove(&server->opened);
    free((void *)server->handler.frame);
    server->handler.frame = NULL;
}

/* Both have ended, the handler and the connection: now the block may go. */
static void release_client(struct client *client)
{
    struct eddy_stream_server *server = eddy_stream_server_of(&client->stream);

    eddy_reader_close(&client->stream.reader);
    client->release(&client->stream.transport);
    if (server && has_ended(server))
        free_handler(server);
}

static void release_kept(struct eddy_transports_member *kept)
{
    release_client(container_of(kept, struct client, kept));
}

static void forget_kept(struct eddy_transports_member *kept)
{
    eddy_transports_leave(kept);
    kept->release = release_kept;
}

/* The loop may be closed: then no handler runs any more, whatever it waited for. If it is closed later, it
 * finds the client in its list: that is there, since the transport was in it. */
static void on_released(struct eddy_transport *transport)
{
    struct client *client = client_of(transport);
    char *piece;

    client->lost = true;
    if (!client->runs || eddy_loop_is_closed(client->task.future.loop)) {
        release_client(client);
        return;
    }
    client->kept.forget = forget_kept;
    (void)eddy_transports_join(client->task.future.loop, &client->kept, &piece);
}

static void report_failure(struct client *client, int err)
{
    eddy_loop_call_exception_handler(
        client->task.future.loop,
        &(struct eddy_context){.message = "a client's handler has failed, and its connection ends",
                               .err = err,
                               .who = eddy_co_name(client->task.co)});
}

/* If the handler was abandoned, the tasks that lie in its frame go on, and the frame goes: so they go, too. */
static void on_ended(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, ended);
    int err = eddy_future_error(&client->task.future);

    client->runs = false;
    if (err == EDDY_ETASKS)
        eddy_task_abandon_inner(&client->task);
    if (err < 0 && err != -ECANCELED)
        report_failure(client, err);
    if (client->cancelled || err == -ECANCELED || err == EDDY_ETASKS)
        eddy_stream_abort(&client->stream);
    else
        eddy_stream_close(&client->stream);
    if (client->lost) {
        eddy_transports_leave(&client->kept);
        release_client(client);
    }
}

/* ---- Its beginning ------------------------------------------------------------------------------- */

static int start_handler(struct client *client, const struct eddy_stream_handler *handler)
{
    char *frame = (char *)client + FRAME_AT;
    struct eddy_co *co = (void *)(frame + handler->co);
    struct eddy_future *future;

    memcpy(frame, handler->frame, handler->size);
    *(struct eddy_stream **)(void *)(frame + handler->stream) = &client->stream;
    eddy_handle_init(&client->ended, on_ended);
    future = eddy_task_start_frame(&client->task, client->stream.loop, co, handler->name,
                                   handler->body, handler->size - handler->co);
    if (eddy_future_done(future))
        return eddy_future_error(future);
    client->runs = true;
    return eddy_future_add_done_callback(future, &client->ended);
}

/* One that is closing already gets no handler, and is let go as the others are. */
static int make_client(struct eddy_transport *transport)
{
    struct client *client = client_of(transport);
    struct eddy_stream_server *server = eddy_stream_server_of(&client->stream);
    int err;

    client->release = transport->release;
    transport->release = on_released;
    client->stream.limit = server->limit;
    err = eddy_stream_init(&client->stream, transport->loop);
    if (err < 0 || eddy_transport_is_closing(transport))
        return err;
    return start_handler(client, &server->handler);
}

struct eddy_stream_server *eddy_stream_server_of(const struct eddy_stream *stream)
{
    struct eddy_server *server = stream->transport.server;

    if (!server || server->protocol->connection_made != make_client)
        return NULL;
    return container_of(server, struct eddy_stream_server, server);
}

/* ---- Opening ------------------------------------------------------------------------------------- */

static void for_each_client(struct eddy_stream_server *server,
                            void (*call)(struct eddy_transport *transport))
{
    struct eddy_list *all = &server->server.clients;

    if (!server->server.loop)
        return;
    for (struct eddy_list *link = all->next, *next; link != all; link = next) {
        next = link->next;
        call(container_of(link, struct eddy_transport, sibling));
    }
}

static void orphan_client(struct eddy_transport *transport)
{
    eddy_transport_set_protocol(transport, &eddy_stream_protocol);
    eddy_transport_abort(transport);
}

/* The server's task is abandoned, and its frame goes. */
static void leave_frame(struct eddy_opened *opened)
{
    struct eddy_stream_server *server = container_of(opened, struct eddy_stream_server, opened);

    for_each_client(server, orphan_client);
    free_handler(server);
}

static int keep_handler(struct eddy_stream_server *server,
                        const struct eddy_stream_handler *handler)
{
    void *frame = malloc(handler->size);

    if (!frame)
        return -ENOMEM;
    server->handler = *handler;
    server->handler.frame = memcpy(frame, handler->frame, handler->size);
    server->protocol = eddy_stream_protocol;
    server->protocol.name = handler->name;
    server->protocol.connection_made = make_client;
    server->protocol.size = FRAME_AT + handler->size;
    server->protocol.offset = offsetof(struct client, stream.transport);
    return 0;
}

static int prepare_server(struct eddy_stream_server *server,
                          const struct eddy_stream_handler *handler)
{
    return server->handler.frame ? EDDY_EQUEUED : keep_handler(server, handler);
}

/* On an error nobody listens. Else ours is noted after the server in it, so that it is called before that has lost
 * its clients. That one has made the loop's list of what is open: there is room for ours. */
static int end_start(struct eddy_stream_server *server, int err)
{
    if (err < 0)
        free_handler(server);
    else
        (void)eddy_opened_add_here(&server->opened, server, leave_frame);
    return err;
}

int eddy_start_server(struct eddy_stream_server *server, struct eddy_loop *loop, const char *host,
                      int port, const struct eddy_stream_handler *handler)
{
    int err = prepare_server(server, handler);

    if (err < 0)
        return err;
    return end_start(server,
                     eddy_create_server(&server->server, loop, host, port, &server->protocol));
}

int eddy_start_unix_server(struct eddy_stream_server *server, struct eddy_loop *loop,
                           const char *path, const struct eddy_stream_handler *handler)
{
    int err = prepare_server(server, handler);

    if (err < 0)
        return err;
    return end_start(server,
                     eddy_create_unix_server(&server->server, loop, path, &server->protocol));
}

int eddy_start_server_on(struct eddy_stream_server *server, struct eddy_loop *loop,
                         const int listeners[], int count,
                         const struct eddy_stream_handler *handler)
{
    int err = prepare_server(server, handler);

    if (err < 0)
        return err;
    return end_start(
        server, eddy_create_server_on(&server->server, loop, listeners, count, &server->protocol));
}

/* ---- Closing ------------------------------------------------------------------------------------- */

void eddy_stream_server_close(struct eddy_stream_server *server)
{
    eddy_server_close(&server->server);
    if (server->handler.frame && has_ended(server))
        free_handler(server);
}

/* One whose handler has ended, or has not begun, has a connection alone. */
static void cancel_client(struct eddy_transport *transport)
{
    struct client *client = client_of(transport);

    client->cancelled = true;
    if (client->runs)
        eddy_task_cancel(&client->task);
    else
        eddy_transport_abort(transport);
}

void eddy_stream_server_cancel(struct eddy_stream_server *server)
{
    if (!server->server.loop ||
        eddy_loop_check_thread(server->server.loop, "stream_server_cancel") < 0)
        return;
    for_each_client(server, cancel_client);
}

struct eddy_future *eddy_stream_server_wait_closed(struct eddy_server_wait *wait,
                                                   struct eddy_stream_server *server)
{
    return eddy_server_wait_closed(wait, &server->server);
}
