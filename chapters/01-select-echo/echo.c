/*
 * echo - sends every client its own bytes back. Many clients, one thread, one select().
 *
 *     client -> [socket] -> eddy_net_recv -> client.buf -> eddy_net_send -> [socket] -> client
 *
 * A client is read from while its buffer is empty, and written to while it is not. So a client
 * that does not take its answers is not asked for more, and costs at most one buffer.
 */
#include "../demo.h"

#include <errno.h>
#include <sys/select.h>
#include <time.h>

enum { LISTENERS_MAX = 8 };

struct client {
    int fd;
    size_t start, end; /* buf[start..end) has been received and not yet sent */
    char buf[65536];
};

struct server {
    int stop_fd; /* readable after Ctrl-C */
    int listeners[LISTENERS_MAX];
    int listener_count;
    time_t resting_until;               /* 0, or when to try the listeners again */
    struct client *clients[FD_SETSIZE]; /* by descriptor; NULL where there is none */
    int top;                            /* the highest descriptor ever used */
};

/* `err` is why: 0 when the client has ended as it should. */
static void drop(struct server *server, struct client *client, int err)
{
    printf("[%d] closed%s%s\n", client->fd, err < 0 ? ": " : "", err < 0 ? eddy_strerror(err) : "");
    server->clients[client->fd] = NULL;
    eddy_net_close(client->fd);
    free(client);
    server->resting_until = 0; /* there is a descriptor again */
}

/* Seconds of a clock that nobody can set. */
static time_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

/* No more connections can be had now. They wait in the kernel's queue, and the listener stays
 * readable, so watching it on would spin. Rest until a client goes, or for a second or two. */
static void rest(struct server *server, int err)
{
    fprintf(stderr, "echo: no more clients for now: %s\n", eddy_strerror(err));
    server->resting_until = now() + 2;
}

static int add_client(struct server *server, int fd)
{
    struct client *client;
    char name[EDDY_NET_NAME_MAX] = "a client that has gone";

    /* FD_SET() beyond FD_SETSIZE writes past the end of the set. */
    if (fd >= FD_SETSIZE)
        return -EMFILE;
    client = malloc(sizeof *client);
    if (!client)
        return -ENOMEM;
    client->fd = fd;
    client->start = client->end = 0;
    server->clients[fd] = client;
    if (fd > server->top)
        server->top = fd;
    eddy_net_peer_name(fd, name, sizeof name);
    printf("[%d] connected: %s\n", fd, name);
    return 0;
}

static void on_connections(struct server *server, int listener)
{
    int fd, err;

    /* One event may stand for many connections. */
    while ((fd = eddy_net_accept(listener)) >= 0) {
        err = add_client(server, fd);
        if (err < 0) {
            eddy_net_close(fd);
            rest(server, err);
            return;
        }
    }
    if (fd != -EAGAIN)
        rest(server, fd);
}

static void on_writable(struct server *server, struct client *client)
{
    ssize_t n;

    while (client->start < client->end) {
        n = eddy_net_send(client->fd, client->buf + client->start, client->end - client->start);
        if (n == -EAGAIN)
            return; /* select() tells when there is room again */
        if (n < 0) {
            drop(server, client, (int)n);
            return;
        }
        client->start += (size_t)n;
    }
    client->start = client->end = 0;
}

static void on_readable(struct server *server, struct client *client)
{
    ssize_t n = eddy_net_recv(client->fd, client->buf, sizeof client->buf);

    if (n == -EAGAIN)
        return;
    /* The end is 0. It is seen only when the buffer is empty, so all that came has gone back. */
    if (n <= 0) {
        drop(server, client, (int)n);
        return;
    }
    client->end = (size_t)n;
    on_writable(server, client); /* most often there is room, and select() need not be asked */
}

/* What select() shall watch. Returns how long it may sleep: NULL means until something happens. */
static struct timeval *interests(struct server *server, fd_set *readable, fd_set *writable)
{
    static struct timeval timeout;

    timeout.tv_sec = 1; /* select() may change it, so it is set each time */
    timeout.tv_usec = 0;
    if (server->resting_until <= now())
        server->resting_until = 0;
    FD_ZERO(readable);
    FD_ZERO(writable);
    FD_SET(server->stop_fd, readable);
    for (int i = 0; i < server->listener_count && !server->resting_until; i++)
        FD_SET(server->listeners[i], readable);
    for (int fd = 0; fd <= server->top; fd++)
        if (server->clients[fd])
            FD_SET(fd, server->clients[fd]->end == 0 ? readable : writable);
    return server->resting_until ? &timeout : NULL;
}

static void dispatch(struct server *server, const fd_set *readable, const fd_set *writable)
{
    for (int fd = 0, top = server->top; fd <= top; fd++) {
        if (server->clients[fd] && FD_ISSET(fd, readable))
            on_readable(server, server->clients[fd]);
        else if (server->clients[fd] && FD_ISSET(fd, writable))
            on_writable(server, server->clients[fd]);
    }
    /* Last: those who have gone by now have left descriptors for those who come. */
    for (int i = 0; i < server->listener_count; i++)
        if (FD_ISSET(server->listeners[i], readable))
            on_connections(server, server->listeners[i]);
}

/* Until Ctrl-C. */
static int serve(struct server *server)
{
    fd_set readable, writable;
    struct timeval *timeout;
    int n;

    for (;;) {
        timeout = interests(server, &readable, &writable);
        n = select(server->top + 1, &readable, &writable, NULL, timeout);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n <= 0)
            continue; /* after EINTR the sets say nothing */
        if (FD_ISSET(server->stop_fd, &readable))
            return 0;
        dispatch(server, &readable, &writable);
    }
}

/* A program that inherits many open descriptors may get some that select() cannot watch. */
static int watch(struct server *server, int fd)
{
    if (fd >= FD_SETSIZE)
        return -ERANGE;
    if (fd > server->top)
        server->top = fd;
    return 0;
}

static int open_all(struct server *server, const struct demo *demo)
{
    int err;

    server->stop_fd = demo_stop_fd();
    server->listener_count = demo_listen(demo, server->listeners, LISTENERS_MAX);
    err = watch(server, server->stop_fd);
    for (int i = 0; i < server->listener_count && err == 0; i++)
        err = watch(server, server->listeners[i]);
    return err;
}

static void close_all(struct server *server)
{
    for (int fd = 0; fd <= server->top; fd++)
        if (server->clients[fd])
            drop(server, server->clients[fd], 0);
    for (int i = 0; i < server->listener_count; i++)
        eddy_net_close(server->listeners[i]);
    demo_end();
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "Sends every client its own bytes back.");
    static struct server server;
    int err = open_all(&server, &demo);

    if (err == 0)
        err = serve(&server);
    close_all(&server);
    if (err < 0)
        fprintf(stderr, "echo: %s\n", eddy_strerror(err));
    return err < 0;
}
