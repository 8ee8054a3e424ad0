/*
 * echo - sends every client its own bytes back, on whichever selector there is (EDDY_SELECTOR).
 *
 * The engine is the loop in serve(): wait, and call what is registered with each ready descriptor.
 * That is a watcher: a function, inside of the struct that the function needs. So the engine knows
 * nothing of echoes.
 */
#include "../demo.h"

#include "selector.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

enum { LISTENERS_MAX = 8 };

struct server;

/* What is registered with a descriptor: the function to call when it is ready. */
struct watcher {
    void (*ready)(struct server *server, struct watcher *self);
    int fd;
};

struct client {
    struct watcher watcher; /* first, so that a pointer to it is one to the client */
    struct client *next, **link;
    size_t start, end; /* buf[start..end) has been received and not yet sent */
    char buf[65536];
};

struct server {
    struct eddy_selector selector;
    struct watcher stop; /* ready after Ctrl-C */
    struct watcher listeners[LISTENERS_MAX];
    int listener_count;
    bool stopping;
    time_t resting_until; /* 0, or when to watch the listeners again */
    struct client *clients;
};

/* ---- Clients ----------------------------------------------------------------------------------- */

static void drop(struct server *server, struct client *client, int err);

/* While something is to be sent, a client is watched for room, and not for more. */
static void watch_for(struct server *server, struct client *client, int events)
{
    int err = eddy_selector_modify(&server->selector, client->watcher.fd, events, client);

    if (err < 0)
        drop(server, client, err);
}

/* Returns 0, also when there is no room for now; or an error. */
static int send_rest(struct client *client)
{
    while (client->start < client->end) {
        ssize_t n = eddy_net_send(client->watcher.fd, client->buf + client->start,
                                  client->end - client->start);
        if (n < 0)
            return n == -EAGAIN ? 0 : (int)n;
        client->start += (size_t)n;
    }
    client->start = client->end = 0;
    return 0;
}

static void on_writable(struct server *server, struct watcher *self);

static void on_readable(struct server *server, struct watcher *self)
{
    struct client *client = (struct client *)self;
    ssize_t n = eddy_net_recv(self->fd, client->buf, sizeof client->buf);
    int err;

    if (n == -EAGAIN)
        return;
    if (n <= 0) { /* 0 is the end: the buffer is empty, so all has gone back */
        drop(server, client, (int)n);
        return;
    }
    client->end = (size_t)n;
    err = send_rest(client);
    if (err < 0) {
        drop(server, client, err);
    } else if (client->end > 0) {
        self->ready = on_writable;
        watch_for(server, client, EDDY_WRITE);
    }
}

static void on_writable(struct server *server, struct watcher *self)
{
    struct client *client = (struct client *)self;
    int err = send_rest(client);

    if (err < 0) {
        drop(server, client, err);
    } else if (client->end == 0) {
        self->ready = on_readable;
        watch_for(server, client, EDDY_READ);
    }
}

/* ---- Coming and going -------------------------------------------------------------------------- */

/* Seconds of a clock that nobody can set. */
static time_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static void watch_listeners(struct server *server)
{
    for (int i = 0; i < server->listener_count; i++) {
        struct watcher *listener = &server->listeners[i];
        eddy_selector_register(&server->selector, listener->fd, EDDY_READ, listener);
    }
    server->resting_until = 0;
}

/* No more connections can be had now. They wait in the kernel's queue, and the listener stays
 * readable, so watching it on would spin. Rest until a client goes, or for a second or two. */
static void rest(struct server *server, int err)
{
    fprintf(stderr, "echo: no more clients for now: %s\n", eddy_strerror(err));
    for (int i = 0; i < server->listener_count; i++)
        eddy_selector_unregister(&server->selector, server->listeners[i].fd);
    server->resting_until = now() + 2;
}

/* `err` is why: 0 when the client has ended as it should. */
static void drop(struct server *server, struct client *client, int err)
{
    int fd = client->watcher.fd;

    printf("[%d] closed%s%s\n", fd, err < 0 ? ": " : "", err < 0 ? eddy_strerror(err) : "");
    eddy_selector_unregister(&server->selector, fd);
    eddy_net_close(fd);
    *client->link = client->next;
    if (client->next)
        client->next->link = client->link;
    free(client);
    if (server->resting_until && !server->stopping)
        watch_listeners(server); /* there is a descriptor again */
}

static int add_client(struct server *server, int fd)
{
    struct client *client = malloc(sizeof *client);
    char name[EDDY_NET_NAME_MAX] = "a client that has gone";
    int err;

    if (!client)
        return -ENOMEM;
    client->watcher = (struct watcher){on_readable, fd};
    client->start = client->end = 0;
    err = eddy_selector_register(&server->selector, fd, EDDY_READ, client);
    if (err < 0) {
        free(client);
        /* A number that select() cannot watch is as good as none. */
        return err == -ERANGE ? -EMFILE : err;
    }
    client->next = server->clients;
    client->link = &server->clients;
    if (client->next)
        client->next->link = &client->next;
    server->clients = client;
    eddy_net_peer_name(fd, name, sizeof name);
    printf("[%d] connected: %s\n", fd, name);
    return 0;
}

static void on_connections(struct server *server, struct watcher *self)
{
    int fd, err;

    while ((fd = eddy_net_accept(self->fd)) >= 0) {
        err = add_client(server, fd);
        if (err < 0) { /* select() counts to FD_SETSIZE; or there is no memory */
            eddy_net_close(fd);
            rest(server, err);
            return;
        }
    }
    if (fd != -EAGAIN)
        rest(server, fd);
}

/* ---- The engine -------------------------------------------------------------------------------- */

static void on_stop(struct server *server, struct watcher *self)
{
    (void)self;
    server->stopping = true;
}

static int serve(struct server *server)
{
    struct eddy_event event;
    int n;

    while (!server->stopping) {
        n = eddy_selector_wait(&server->selector, server->resting_until ? 1.0 : EDDY_FOREVER);
        if (n < 0)
            return n;
        if (server->resting_until && server->resting_until <= now())
            watch_listeners(server);
        while (eddy_selector_next(&server->selector, &event)) {
            struct watcher *watcher = event.data;
            watcher->ready(server, watcher);
        }
    }
    return 0;
}

static int open_all(struct server *server, const struct demo *demo)
{
    int fds[LISTENERS_MAX], err;

    server->stop = (struct watcher){on_stop, demo_stop_fd()};
    server->listener_count = demo_listen(demo, fds, LISTENERS_MAX);
    for (int i = 0; i < server->listener_count; i++)
        server->listeners[i] = (struct watcher){on_connections, fds[i]};
    err = eddy_selector_open(&server->selector, NULL);
    if (err < 0)
        return err;
    printf("echo: waiting with %s\n", eddy_selector_name(&server->selector));
    watch_listeners(server);
    return eddy_selector_register(&server->selector, server->stop.fd, EDDY_READ, &server->stop);
}

static void close_all(struct server *server)
{
    server->stopping = true;
    while (server->clients)
        drop(server, server->clients, 0);
    for (int i = 0; i < server->listener_count; i++)
        eddy_net_close(server->listeners[i].fd);
    eddy_selector_close(&server->selector);
    demo_end();
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "Sends every client its own bytes back.");
    struct server server = {0};
    int err = open_all(&server, &demo);

    if (err == 0)
        err = serve(&server);
    close_all(&server);
    if (err < 0)
        fprintf(stderr, "echo: %s\n", eddy_strerror(err));
    return err < 0;
}
