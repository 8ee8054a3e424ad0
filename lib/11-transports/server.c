#include "server.h"

#include "errors.h"
#include "net.h"
#include "sockio.h"

#include <errno.h>
#include <stdlib.h>

enum { ACCEPTS = 64 }; /* in one turn, so that others have theirs */

static const double rest = 1; /* seconds, when there is nothing left to accept with */

/* ---- Connections --------------------------------------------------------------------------------- */

static struct eddy_transport *client_of(struct eddy_list *sibling)
{
    return container_of(sibling, struct eddy_transport, sibling);
}

static bool has_ended(const struct eddy_server *server)
{
    return server->count == 0 && server->connections == 0;
}

static void wake_if_ended(struct eddy_server *server)
{
    if (!has_ended(server))
        return;
    eddy_opened_remove(&server->opened);
    eddy_waiter_wake_all(&server->waiters, 0);
}

/* Its server may be gone: an abandoned task had it in its frame. */
static void release_client(struct eddy_transport *transport)
{
    struct eddy_server *server = transport->server;

    if (server) {
        eddy_list_remove(&transport->sibling);
        server->connections--;
        wake_if_ended(server);
    }
    free(transport->block);
}

static int open_client(struct eddy_server *server, int fd)
{
    void *block = server->spare;
    struct eddy_transport *transport = (void *)((char *)block + server->protocol->offset);
    int err = eddy_transport_open(transport, server->loop, fd, server->protocol);

    if (err < 0)
        return err;
    server->spare = NULL;
    transport->block = block;
    transport->release = release_client;
    transport->server = server;
    eddy_list_append(&server->clients, &transport->sibling);
    server->connections++;
    return 0;
}

/* ---- Accepting ----------------------------------------------------------------------------------- */

/* Not closed by somebody else, through the loop: then its number is not ours any more. */
static bool is_ours(const struct eddy_listener *listener)
{
    return listener->fd >= 0 && listener->watch.err != EDDY_ECLOSED;
}

static int listen_again(struct eddy_server *server)
{
    int err = 0;

    for (int i = 0; i < server->count && err == 0; i++)
        if (is_ours(&server->listeners[i]))
            err = eddy_loop_add_reader(server->loop, server->listeners[i].fd,
                                       &server->listeners[i].watch);
    return err;
}

static void stop_listening(struct eddy_server *server)
{
    for (int i = 0; i < server->count; i++)
        if (is_ours(&server->listeners[i]))
            eddy_loop_remove_reader(server->loop, server->listeners[i].fd);
}

/* The watches stay in the table: whoever closes a listener meanwhile reaches it. */
static void pause_listening(struct eddy_server *server)
{
    for (int i = 0; i < server->count; i++) {
        struct eddy_listener *listener = &server->listeners[i];
        if (!is_ours(listener))
            continue;
        eddy_handle_cancel(&listener->watch.handle);
        if (eddy_watches_ignore(&server->loop->watches, listener->fd, EDDY_READ) < 0)
            eddy_loop_remove_reader(server->loop, listener->fd);
    }
}

static void report_trouble(struct eddy_server *server, int err)
{
    eddy_loop_call_exception_handler(
        server->loop, &(struct eddy_context){
                          .message = "a server cannot accept its clients, and tries again in a "
                                     "second",
                          .err = err,
                          .who = server->protocol->name});
}

/* The clients wait in the kernel's line meanwhile. The report is the last thing: whoever is told may close
 * the server. */
static void rest_server(struct eddy_server *server, int err)
{
    pause_listening(server);
    if (eddy_loop_call_later(server->loop, &server->retry, rest) < 0)
        (void)listen_again(server);
    report_trouble(server, err);
}

static void on_retry(struct eddy_handle *handle)
{
    struct eddy_server *server = container_of(handle, struct eddy_server, retry.handle);
    int err = listen_again(server);

    if (err < 0)
        rest_server(server, err);
}

static int accept_one(struct eddy_server *server, int listener)
{
    int fd, err;

    if (!server->spare)
        server->spare = calloc(1, server->protocol->size);
    if (!server->spare)
        return -ENOMEM;
    fd = eddy_net_accept(listener);
    if (fd < 0)
        return fd;
    err = open_client(server, fd);
    if (err < 0)
        eddy_net_close(fd);
    return err;
}

static void on_clients(struct eddy_handle *handle)
{
    struct eddy_listener *listener = container_of(handle, struct eddy_listener, watch.handle);
    struct eddy_server *server = listener->server;
    int err = listener->watch.err;

    if (err == EDDY_ECLOSED) { /* somebody else has closed it, through the loop */
        listener->fd = -1;
        return;
    }
    for (int i = 0; i < ACCEPTS && err == 0; i++)
        err = accept_one(server, listener->fd);
    if (err < 0 && err != -EAGAIN && err != -EWOULDBLOCK)
        rest_server(server, err);
}

/* ---- Opening and closing ------------------------------------------------------------------------- */

/* A server may be closed after its loop. */
static void close_fd(struct eddy_loop *loop, int fd)
{
    if (eddy_loop_close_fd(loop, fd) == EDDY_ECLOSED)
        eddy_net_close(fd);
}

/* Before the listener is closed: as long as that is open, the file's number is no other file's. */
static void remove_file(struct eddy_server *server)
{
    if (is_ours(&server->listeners[0]))
        eddy_unix_remove(&server->file);
}

void eddy_server_close_clients(struct eddy_server *server)
{
    if (!server->loop)
        return;
    for (struct eddy_list *link = server->clients.next; link != &server->clients; link = link->next)
        eddy_transport_close(client_of(link));
}

void eddy_server_abort_clients(struct eddy_server *server)
{
    if (!server->loop)
        return;
    for (struct eddy_list *link = server->clients.next; link != &server->clients; link = link->next)
        eddy_transport_abort(client_of(link));
}

void eddy_server_close(struct eddy_server *server)
{
    int count = server->count;

    if (count == 0 || eddy_loop_check_thread(server->loop, "server_close") < 0)
        return;
    stop_listening(server);
    eddy_timer_cancel(server->loop, &server->retry);
    remove_file(server);
    server->count = 0;
    for (int i = 0; i < count; i++) {
        if (is_ours(&server->listeners[i]))
            close_fd(server->loop, server->listeners[i].fd);
        eddy_handle_cancel(&server->listeners[i].watch.handle);
    }
    free(server->spare);
    server->spare = NULL;
    wake_if_ended(server);
}

/* Its task is abandoned, and its frame goes. The connections live on, without it. */
static void leave_frame(struct eddy_opened *opened)
{
    struct eddy_server *server = container_of(opened, struct eddy_server, opened);

    while (!eddy_list_empty(&server->clients))
        client_of(eddy_list_pop(&server->clients))->server = NULL;
    server->connections = 0;
    eddy_server_close(server);
    wake_if_ended(server); /* it was closed before */
}

static int refusal(const struct eddy_server *server, struct eddy_loop *loop,
                   const struct eddy_protocol *protocol, int count)
{
    if (server->loop && !(has_ended(server) && eddy_list_empty(&server->waiters)))
        return EDDY_EQUEUED;
    if (eddy_loop_is_closed(loop))
        return EDDY_ECLOSED;
    if (count < 1 || count > EDDY_SERVER_LISTENERS ||
        protocol->size < protocol->offset + sizeof(struct eddy_transport))
        return -EINVAL;
    return eddy_loop_check_thread(loop, "create_server");
}

static void init_server(struct eddy_server *server, struct eddy_loop *loop, const int listeners[],
                        int count, const struct eddy_protocol *protocol)
{
    server->loop = loop;
    server->protocol = protocol;
    eddy_list_init(&server->clients);
    eddy_list_init(&server->waiters);
    eddy_timer_init(&server->retry, on_retry);
    for (int i = 0; i < count; i++) {
        server->listeners[i] = (struct eddy_listener){.server = server, .fd = listeners[i]};
        eddy_watch_init(&server->listeners[i].watch, on_clients);
        eddy_adopt_fd(loop, listeners[i]);
    }
    server->count = count;
}

/* A Unix socket has none. */
static int port_of(int listener)
{
    int port = eddy_net_port(listener);

    return port == -EAFNOSUPPORT ? 0 : port;
}

int eddy_create_server_on(struct eddy_server *server, struct eddy_loop *loop, const int listeners[],
                          int count, const struct eddy_protocol *protocol)
{
    int port, err = refusal(server, loop, protocol, count);

    if (err < 0)
        return err;
    port = port_of(listeners[0]);
    if (port < 0)
        return port;
    *server = (struct eddy_server){.loop = NULL};
    err = eddy_opened_add_here(&server->opened, server, leave_frame);
    if (err < 0)
        return err;
    init_server(server, loop, listeners, count, protocol);
    server->port = port;
    err = listen_again(server);
    if (err < 0) {
        stop_listening(server);
        eddy_opened_remove(&server->opened);
        *server = (struct eddy_server){.loop = NULL};
    }
    return err;
}

int eddy_create_server(struct eddy_server *server, struct eddy_loop *loop, const char *host,
                       int port, const struct eddy_protocol *protocol)
{
    int listeners[EDDY_SERVER_LISTENERS], count, err = refusal(server, loop, protocol, 1);

    if (err < 0)
        return err;
    count = eddy_net_listen(host, port, listeners, EDDY_SERVER_LISTENERS);
    if (count < 0)
        return count;
    err = eddy_create_server_on(server, loop, listeners, count, protocol);
    for (int i = 0; i < count && err < 0; i++)
        eddy_net_close(listeners[i]);
    return err;
}

int eddy_create_unix_server(struct eddy_server *server, struct eddy_loop *loop, const char *path,
                            const struct eddy_protocol *protocol)
{
    struct eddy_unix_file file = {.path = ""};
    int listener, err = refusal(server, loop, protocol, 1);

    if (err < 0)
        return err;
    listener = eddy_unix_listen(path, &file);
    if (listener < 0)
        return listener;
    err = eddy_create_server_on(server, loop, &listener, 1, protocol);
    if (err == 0) {
        server->file = file;
        return 0;
    }
    eddy_unix_remove(&file);
    eddy_net_close(listener);
    return err;
}

/* ---- Waiting ------------------------------------------------------------------------------------- */

struct eddy_future *eddy_server_wait_closed(struct eddy_server_wait *wait,
                                            struct eddy_server *server)
{
    static const struct eddy_future_type type = {
        .name = "server", .cancel = eddy_waiter_cancel, .guarded = true};
    int err = server->loop ? eddy_waiter_refusal(&wait->waiter, server->loop, "server_wait_closed")
                           : EDDY_ECLOSED;

    if (err < 0)
        return eddy_future_init_done(&wait->refused, server->loop, err);
    if (has_ended(server))
        return eddy_waiter_done(&wait->waiter, server->loop, 0, NULL);
    return eddy_waiter_start(&wait->waiter, server->loop, &type, &server->waiters);
}
