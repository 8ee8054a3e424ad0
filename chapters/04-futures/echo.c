/*
 * echo - sends every client its own bytes back, with two operations that each return a future:
 * receive; when that is done, send all of it; when that is done, receive again.
 *
 * A client's life is spread over on_received() and on_sent(), and a reader must follow the
 * callbacks. Chapter 5 puts it back into one function.
 */
#include "../demo.h"

#include "signals.h"
#include "until_complete.h"

enum { LISTENERS_MAX = 8 };

static const double rest_seconds = 1.0;

struct server;

struct listener {
    struct eddy_watch watch;
    struct server *server;
    int fd;
};

struct client {
    struct eddy_future received, sent;       /* the operations, one of them under way */
    struct eddy_handle on_received, on_sent; /* wait for them */
    struct eddy_watch readable, writable;
    bool reading; /* `readable` is with the loop */
    struct eddy_timer silence;
    struct eddy_list link;
    struct server *server;
    int fd;
    size_t start, end; /* buf[start..end) has been received and not yet sent */
    char buf[65536];
};

struct server {
    struct eddy_loop loop;
    struct eddy_future stopped;              /* done when Ctrl-C has been pressed */
    struct eddy_handle interrupt, terminate; /* SIGINT, SIGTERM */
    struct eddy_timer rested;                /* when to watch the listeners again */
    struct listener listeners[LISTENERS_MAX];
    int listener_count;
    double patience; /* seconds */
    struct eddy_list clients;
};

/* ---- Receiving: an operation that returns a future --------------------------------------------- */

static void stop_reading(struct client *client)
{
    if (client->reading)
        eddy_loop_remove_reader(&client->server->loop, client->fd);
    client->reading = false;
}

static void on_readable(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, readable.handle);
    ssize_t n;

    if (eddy_future_done(&client->received)) {
        stop_reading(client); /* nobody receives now; what has come keeps in the kernel */
        return;
    }
    n = eddy_net_recv(client->fd, client->buf, sizeof client->buf);
    if (n == -EAGAIN)
        return;
    client->end = n > 0 ? (size_t)n : 0;
    if (n < 0)
        eddy_future_set_error(&client->received, (int)n);
    else
        eddy_future_set_result(&client->received, client->buf);
}

static void cancel_receive(struct eddy_future *future)
{
    stop_reading(container_of(future, struct client, received));
    eddy_future_set_error(future, -ECANCELED);
}

/* Done when buf[0..end) has been received; nothing, when the client has ended. */
static struct eddy_future *receive(struct client *client)
{
    static const struct eddy_future_type type = {.name = "receive", .cancel = cancel_receive};
    struct eddy_loop *loop = &client->server->loop;
    int err = 0;

    eddy_future_init_type(&client->received, loop, &type);
    if (!client->reading)
        err = eddy_loop_add_reader(loop, client->fd, &client->readable);
    client->reading = err == 0;
    if (err < 0)
        eddy_future_set_error(&client->received, err);
    return &client->received;
}

/* ---- Sending: another -------------------------------------------------------------------------- */

/* Returns 1 when all is sent, 0 when there is no room for now, or an error. */
static int send_some(struct client *client)
{
    while (client->start < client->end) {
        ssize_t n =
            eddy_net_send(client->fd, client->buf + client->start, client->end - client->start);
        if (n < 0)
            return n == -EAGAIN ? 0 : (int)n;
        client->start += (size_t)n;
    }
    client->start = client->end = 0;
    return 1;
}

static void finish_send(struct client *client, int outcome)
{
    eddy_loop_remove_writer(&client->server->loop, client->fd);
    if (outcome < 0)
        eddy_future_set_error(&client->sent, outcome);
    else
        eddy_future_set_result(&client->sent, NULL);
}

static void on_writable(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, writable.handle);
    int outcome = send_some(client);

    if (outcome != 0)
        finish_send(client, outcome);
}

static void cancel_send(struct eddy_future *future)
{
    finish_send(container_of(future, struct client, sent), -ECANCELED);
}

/* Done when buf[start..end) has been sent; at once, if the kernel has room for all of it. */
static struct eddy_future *send_all(struct client *client)
{
    static const struct eddy_future_type type = {.name = "send_all", .cancel = cancel_send};
    struct eddy_loop *loop = &client->server->loop;
    int outcome;

    eddy_future_init_type(&client->sent, loop, &type);
    outcome = send_some(client);
    if (outcome == 0)
        outcome = eddy_loop_add_writer(loop, client->fd, &client->writable);
    if (outcome != 0)
        finish_send(client, outcome);
    return &client->sent;
}

/* ---- A client's life, in pieces ---------------------------------------------------------------- */

static void watch_listeners(struct server *server);

/* `why` is NULL when the client has ended as it should. */
static void drop(struct client *client, const char *why)
{
    struct server *server = client->server;

    printf("[%d] closed%s%s\n", client->fd, why ? ": " : "", why ? why : "");
    stop_reading(client);
    eddy_loop_remove_writer(&server->loop, client->fd);
    eddy_timer_cancel(&server->loop, &client->silence);
    eddy_handle_cancel(&client->on_received);
    eddy_handle_cancel(&client->on_sent);
    eddy_loop_close_fd(&server->loop, client->fd);
    eddy_list_remove(&client->link);
    free(client);
    if (eddy_timer_cancel(&server->loop, &server->rested))
        watch_listeners(server); /* there is a descriptor again */
}

static const char *reason(int err)
{
    return err == -ECANCELED ? "silent for too long" : eddy_strerror(err);
}

static int start_silence(struct client *client)
{
    struct eddy_loop *loop = &client->server->loop;

    eddy_timer_cancel(loop, &client->silence);
    return eddy_loop_call_later(loop, &client->silence, client->server->patience);
}

/* The silence that cancels whatever the client waits for. */
static void on_silence(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, silence.handle);

    if (!eddy_future_cancel(&client->received) && !eddy_future_cancel(&client->sent))
        start_silence(client); /* a callback is in line: it was not silent */
}

static void on_received(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, on_received);
    int err = eddy_future_error(&client->received);

    if (err < 0)
        drop(client, reason(err));
    else if (client->end == 0)
        drop(client, NULL);
    else
        eddy_future_add_done_callback(send_all(client), &client->on_sent);
}

static void on_sent(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, on_sent);
    int err = eddy_future_error(&client->sent);

    if (err == 0)
        err = start_silence(client);
    if (err < 0)
        drop(client, reason(err));
    else
        eddy_future_add_done_callback(receive(client), &client->on_received);
}

/* ---- Coming and going -------------------------------------------------------------------------- */

static void watch_listeners(struct server *server)
{
    for (int i = 0; i < server->listener_count; i++)
        eddy_loop_add_reader(&server->loop, server->listeners[i].fd, &server->listeners[i].watch);
}

static void on_rested(struct eddy_handle *handle)
{
    watch_listeners(container_of(handle, struct server, rested.handle));
}

/* No more connections can be had now: rest until a client goes, or for a second. */
static void rest(struct server *server, int err)
{
    fprintf(stderr, "echo: no more clients for now: %s\n", eddy_strerror(err));
    for (int i = 0; i < server->listener_count; i++)
        eddy_loop_remove_reader(&server->loop, server->listeners[i].fd);
    eddy_loop_call_later(&server->loop, &server->rested, rest_seconds);
}

static void init_client(struct client *client, struct server *server, int fd)
{
    client->server = server;
    client->fd = fd;
    client->start = client->end = 0;
    client->reading = false;
    eddy_handle_init(&client->on_received, on_received);
    eddy_handle_init(&client->on_sent, on_sent);
    eddy_watch_init(&client->readable, on_readable);
    eddy_watch_init(&client->writable, on_writable);
    eddy_timer_init(&client->silence, on_silence);
    eddy_future_init(&client->sent, &server->loop);
    eddy_future_set_result(&client->sent, NULL); /* nothing is being sent */
}

static int add_client(struct server *server, int fd)
{
    struct client *client = malloc(sizeof *client);
    char name[EDDY_NET_NAME_MAX] = "a client that has gone";
    int err;

    if (!client)
        return -ENOMEM;
    init_client(client, server, fd);
    err = start_silence(client);
    if (err == 0 && eddy_future_done(receive(client)))
        err = eddy_future_error(&client->received);
    if (err < 0) {
        eddy_timer_cancel(&server->loop, &client->silence);
        free(client);
        /* A number that select() cannot watch is as good as none. */
        return err == -ERANGE ? -EMFILE : err;
    }
    eddy_future_add_done_callback(&client->received, &client->on_received);
    eddy_list_append(&server->clients, &client->link);
    eddy_net_peer_name(fd, name, sizeof name);
    printf("[%d] connected: %s\n", fd, name);
    return 0;
}

static void on_connections(struct eddy_handle *handle)
{
    struct listener *listener = container_of(handle, struct listener, watch.handle);
    int fd, err;

    while ((fd = eddy_net_accept(listener->fd)) >= 0) {
        err = add_client(listener->server, fd);
        if (err < 0) { /* select() counts to FD_SETSIZE; or there is no memory */
            eddy_net_close(fd);
            rest(listener->server, err);
            return;
        }
    }
    if (fd != -EAGAIN)
        rest(listener->server, fd);
}

/* ---- Beginning and end ------------------------------------------------------------------------- */

static void on_interrupt(struct eddy_handle *handle)
{
    eddy_future_set_result(&container_of(handle, struct server, interrupt)->stopped, NULL);
}

static void on_terminate(struct eddy_handle *handle)
{
    eddy_future_set_result(&container_of(handle, struct server, terminate)->stopped, NULL);
}

/* The signals first: whoever reads "Ctrl-C ends it" may press it at once. */
static int open_loop(struct server *server)
{
    int err = eddy_loop_open(&server->loop, NULL);

    eddy_list_init(&server->clients);
    eddy_timer_init(&server->rested, on_rested);
    eddy_handle_init(&server->interrupt, on_interrupt);
    eddy_handle_init(&server->terminate, on_terminate);
    eddy_future_init(&server->stopped, &server->loop);
    if (err == 0)
        err = eddy_loop_add_signal_handler(&server->loop, SIGINT, &server->interrupt);
    if (err == 0)
        err = eddy_loop_add_signal_handler(&server->loop, SIGTERM, &server->terminate);
    return err;
}

static int open_all(struct server *server, const struct demo *demo)
{
    int fds[LISTENERS_MAX], err = open_loop(server), n = 0;

    if (err == 0)
        n = demo_try_listen(demo, fds, LISTENERS_MAX);
    if (n < 0) { /* it has said why */
        eddy_loop_close(&server->loop);
        exit(1);
    }
    server->listener_count = n;
    for (int i = 0; i < n; i++) {
        server->listeners[i] = (struct listener){.server = server, .fd = fds[i]};
        eddy_watch_init(&server->listeners[i].watch, on_connections);
        if (err == 0)
            err = eddy_loop_add_reader(&server->loop, fds[i], &server->listeners[i].watch);
    }
    return err;
}

static void close_all(struct server *server)
{
    eddy_timer_cancel(&server->loop, &server->rested); /* no client's end begins anew */
    while (!eddy_list_empty(&server->clients))
        drop(container_of(server->clients.next, struct client, link), NULL);
    for (int i = 0; i < server->listener_count; i++) {
        eddy_loop_remove_reader(&server->loop, server->listeners[i].fd);
        eddy_net_close(server->listeners[i].fd);
    }
    eddy_loop_close(&server->loop);
}

int main(int argc, char *argv[])
{
    struct demo_option idle = {"--idle", "how long a client may be silent", 60};
    struct demo demo = demo_start_with(argc, argv, "Sends every client its own bytes back.", &idle);
    struct server server = {.patience = idle.value};
    int err = open_all(&server, &demo);

    if (err == 0)
        err = eddy_loop_run_until_complete(&server.loop, &server.stopped);
    close_all(&server);
    if (err < 0)
        fprintf(stderr, "echo: %s\n", eddy_strerror(err));
    return err < 0;
}
