/*
 * echo - sends every client its own bytes back, and shows out clients that are silent for too long.
 *
 * What an echo is stands in one function, echo_protocol(), which knows of no sockets and no loop: it is
 * sent what has come, and yields what is to go back. All the rest is the engine of chapter 3, which
 * would serve any other protocol just as well.
 */
#include "../demo.h"

#include "gen.h"
#include "loop.h"
#include "signals.h"
#include "turn.h"

enum { LISTENERS_MAX = 8 };

static const double rest_seconds = 1.0;

struct server;

struct listener {
    struct eddy_watch watch;
    struct server *server;
    int fd;
};

/* ---- The protocol ------------------------------------------------------------------------------ */

struct bytes {
    const char *at;
    size_t n;
};

struct echo_protocol {
    struct eddy_gen gen;
    struct bytes answer;
};

/* Is sent a struct bytes *, or NULL at the end; yields a struct bytes * for each. */
static struct eddy_step echo_protocol(struct eddy_gen *gen)
{
    struct echo_protocol *self = GEN_FRAME(gen, echo_protocol);

    GEN_BEGIN(gen);
    GEN_YIELD(gen, NULL); /* it has begun, and waits for the first bytes */
    while (gen->value) {
        self->answer = *(struct bytes *)gen->value;
        GEN_YIELD(gen, &self->answer);
    }
    GEN_END(gen);
}

/* ---- The engine's things ----------------------------------------------------------------------- */

struct client {
    struct echo_protocol protocol;
    struct eddy_watch reading, writing;
    struct eddy_timer silence; /* due when it has been silent for too long */
    struct eddy_list link;
    struct server *server;
    int fd;
    struct bytes rest; /* of the answer: not yet sent */
    char buf[65536];
};

struct server {
    struct eddy_loop loop;
    struct eddy_handle interrupt, terminate; /* SIGINT, SIGTERM */
    struct eddy_timer rested;                /* when to watch the listeners again */
    struct listener listeners[LISTENERS_MAX];
    int listener_count;
    double patience; /* seconds */
    struct eddy_list clients;
};

/* ---- Clients ----------------------------------------------------------------------------------- */

static void watch_listeners(struct server *server);

/* `why` is NULL when the client has ended as it should. */
static void drop(struct client *client, const char *why)
{
    struct server *server = client->server;

    eddy_gen_close(&client->protocol.gen);
    printf("[%d] closed%s%s\n", client->fd, why ? ": " : "", why ? why : "");
    eddy_loop_remove_reader(&server->loop, client->fd);
    eddy_loop_remove_writer(&server->loop, client->fd);
    eddy_timer_cancel(&server->loop, &client->silence);
    eddy_loop_close_fd(&server->loop, client->fd);
    eddy_list_remove(&client->link);
    free(client);
    if (eddy_timer_cancel(&server->loop, &server->rested))
        watch_listeners(server); /* there is a descriptor again */
}

static void on_silence(struct eddy_handle *handle)
{
    drop(container_of(handle, struct client, silence.handle), "silent for too long");
}

/* From now on, it has its whole time again. */
static int start_silence(struct client *client)
{
    struct eddy_loop *loop = &client->server->loop;

    eddy_timer_cancel(loop, &client->silence);
    return eddy_loop_call_later(loop, &client->silence, client->server->patience);
}

/* Returns 0, also when there is no room for now; or an error. */
static int send_rest(struct client *client)
{
    while (client->rest.n > 0) {
        ssize_t n = eddy_net_send(client->fd, client->rest.at, client->rest.n);
        if (n < 0)
            return n == -EAGAIN ? 0 : (int)n;
        client->rest.at += n;
        client->rest.n -= (size_t)n;
    }
    return 0;
}

/* What has come goes to the protocol, and what it yields goes back. */
static int answer(struct client *client, size_t n)
{
    struct bytes question = {client->buf, n};
    void *yielded;
    int got = eddy_gen_send(&client->protocol.gen, &question, &yielded);

    if (got != EDDY_YIELDED)
        return got < 0 ? got : EDDY_ECLOSED;
    client->rest = *(struct bytes *)yielded;
    return send_rest(client);
}

/* While something is to be sent, a client is watched for room, and not for more. */
static int wait_for_room(struct client *client)
{
    eddy_loop_remove_reader(&client->server->loop, client->fd);
    return eddy_loop_add_writer(&client->server->loop, client->fd, &client->writing);
}

static void on_readable(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, reading.handle);
    ssize_t n = eddy_net_recv(client->fd, client->buf, sizeof client->buf);
    int err;

    if (n == -EAGAIN)
        return;
    if (n <= 0) { /* 0 is the end: all has gone back */
        drop(client, n < 0 ? eddy_strerror((int)n) : NULL);
        return;
    }
    err = answer(client, (size_t)n);
    if (err == 0 && client->rest.n > 0)
        err = wait_for_room(client);
    if (err == 0)
        err = start_silence(client);
    if (err < 0)
        drop(client, eddy_strerror(err));
}

static void on_writable(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, writing.handle);
    struct eddy_loop *loop = &client->server->loop;
    int err = send_rest(client);

    if (err == 0 && client->rest.n == 0) {
        eddy_loop_remove_writer(loop, client->fd);
        err = eddy_loop_add_reader(loop, client->fd, &client->reading);
    }
    if (err == 0)
        err = start_silence(client);
    if (err < 0)
        drop(client, eddy_strerror(err));
}

/* ---- Coming and going -------------------------------------------------------------------------- */

static void on_connections(struct eddy_handle *handle);

static void watch_listeners(struct server *server)
{
    for (int i = 0; i < server->listener_count; i++)
        eddy_loop_add_reader(&server->loop, server->listeners[i].fd, &server->listeners[i].watch);
}

static void on_rested(struct eddy_handle *handle)
{
    watch_listeners(container_of(handle, struct server, rested.handle));
}

/* No more connections can be had now. They wait in the kernel's queue, and the listener stays
 * readable, so watching it on would spin. Rest until a client goes, or for a second. */
static void rest(struct server *server, int err)
{
    fprintf(stderr, "echo: no more clients for now: %s\n", eddy_strerror(err));
    for (int i = 0; i < server->listener_count; i++)
        eddy_loop_remove_reader(&server->loop, server->listeners[i].fd);
    eddy_loop_call_later(&server->loop, &server->rested, rest_seconds);
}

static int add_client(struct server *server, int fd)
{
    struct client *client = malloc(sizeof *client);
    void *nothing;
    char name[EDDY_NET_NAME_MAX] = "a client that has gone";
    int err;

    if (!client)
        return -ENOMEM;
    client->server = server;
    client->fd = fd;
    client->rest.n = 0;
    client->protocol = (struct echo_protocol){.gen = GEN_INIT(echo_protocol)};
    eddy_gen_next(&client->protocol.gen, &nothing);
    eddy_watch_init(&client->reading, on_readable);
    eddy_watch_init(&client->writing, on_writable);
    eddy_timer_init(&client->silence, on_silence);
    err = eddy_loop_add_reader(&server->loop, fd, &client->reading);
    if (err == 0)
        err = start_silence(client);
    if (err < 0) {
        eddy_loop_remove_reader(&server->loop, fd);
        free(client);
        /* A number that select() cannot watch is as good as none. */
        return err == -ERANGE ? -EMFILE : err;
    }
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
    eddy_loop_stop(&container_of(handle, struct server, interrupt)->loop);
}

static void on_terminate(struct eddy_handle *handle)
{
    eddy_loop_stop(&container_of(handle, struct server, terminate)->loop);
}

/* The signals first: a person who reads "Ctrl-C ends it" may press it at once. */
static int open_loop(struct server *server)
{
    int err = eddy_loop_open(&server->loop, NULL);

    eddy_list_init(&server->clients);
    eddy_timer_init(&server->rested, on_rested);
    eddy_handle_init(&server->interrupt, on_interrupt);
    eddy_handle_init(&server->terminate, on_terminate);
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
        err = eddy_loop_run_forever(&server.loop);
    close_all(&server);
    if (err < 0)
        fprintf(stderr, "echo: %s\n", eddy_strerror(err));
    return err < 0;
}
