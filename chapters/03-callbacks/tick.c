/*
 * tick - a clock that many watch at once: each client is sent a line a second, or as often as it
 * asks for by typing a number of seconds, such as 0.2.
 *
 * Each client has a timer of its own, and there is one loop for all. The next tick is set from the
 * time when the last one was due, not from now: a tick that comes late delays no other.
 */
#include "../demo.h"

#include "loop.h"
#include "signals.h"
#include "turn.h"

#include <math.h>

enum { LISTENERS_MAX = 8, LINE_MAX_BYTES = 64 };

static const double least_pace = 0.01, greatest_pace = 3600;

struct server;

struct listener {
    struct eddy_watch watch;
    struct server *server;
    int fd;
};

struct client {
    struct eddy_watch reading;
    struct eddy_timer tick;
    struct eddy_list link;
    struct server *server;
    int fd;
    double pace, due; /* seconds between two ticks; when the next one is due */
    long count, missed;
    char line[LINE_MAX_BYTES]; /* what it has typed of a line */
    size_t length;
};

struct server {
    struct eddy_loop loop;
    struct eddy_handle interrupt, terminate;
    struct listener listeners[LISTENERS_MAX];
    int listener_count;
    struct eddy_timer rested; /* when to watch the listeners again */
    double pace;
    struct eddy_list clients;
};

/* ---- Ticks ------------------------------------------------------------------------------------- */

static void drop(struct client *client)
{
    struct eddy_loop *loop = &client->server->loop;

    printf("[%d] gone after %ld ticks\n", client->fd, client->count);
    eddy_loop_remove_reader(loop, client->fd);
    eddy_timer_cancel(loop, &client->tick);
    eddy_loop_close_fd(loop, client->fd);
    eddy_list_remove(&client->link);
    free(client);
}

/* A line that does not fit into the kernel's buffer is left out: a client that does not read misses
 * ticks, and costs nobody memory. Returns an error when the client has gone. */
static int say(struct client *client, const char *text)
{
    ssize_t n = eddy_net_send(client->fd, text, strlen(text));

    if (n == -EAGAIN) {
        client->missed++;
        return 0;
    }
    return n < 0 ? (int)n : 0;
}

static void on_tick(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, tick.handle);
    struct eddy_loop *loop = &client->server->loop;
    char text[64];
    int err;

    snprintf(text, sizeof text, "tick %ld\n", ++client->count);
    err = say(client, text);
    client->due += client->pace;
    if (err == 0)
        err = eddy_loop_call_at(loop, &client->tick, client->due);
    if (err < 0)
        drop(client);
}

/* The first tick comes one pace from now. */
static int start_ticks(struct client *client, double pace)
{
    struct eddy_loop *loop = &client->server->loop;

    client->pace = pace;
    client->due = eddy_loop_time(loop) + pace;
    eddy_timer_cancel(loop, &client->tick);
    return eddy_loop_call_at(loop, &client->tick, client->due);
}

/* ---- What clients type ------------------------------------------------------------------------- */

static int on_line(struct client *client)
{
    char *end;
    double pace = strtod(client->line, &end);

    if (end == client->line || *end || !(pace >= least_pace && pace <= greatest_pace))
        return say(client, "a number of seconds, please: 0.01 to 3600\n");
    return start_ticks(client, pace);
}

/* Returns an error when the client has gone. */
static int on_bytes(struct client *client, const char *bytes, size_t n)
{
    int err = 0;

    for (size_t i = 0; i < n && err == 0; i++) {
        if (bytes[i] == '\r')
            continue;
        if (bytes[i] != '\n') {
            if (client->length + 1 < sizeof client->line)
                client->line[client->length++] = bytes[i];
            continue;
        }
        client->line[client->length] = '\0';
        client->length = 0;
        err = on_line(client);
    }
    return err;
}

static void on_readable(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, reading.handle);
    char bytes[512];
    ssize_t n = eddy_net_recv(client->fd, bytes, sizeof bytes);

    if (n == -EAGAIN)
        return;
    if (n <= 0 || on_bytes(client, bytes, (size_t)n) < 0)
        drop(client);
}

/* ---- Coming and going -------------------------------------------------------------------------- */

static int add_client(struct server *server, int fd)
{
    struct client *client = malloc(sizeof *client);
    char name[EDDY_NET_NAME_MAX] = "a client that has gone";
    int err;

    if (!client)
        return -ENOMEM;
    *client = (struct client){.server = server, .fd = fd};
    eddy_watch_init(&client->reading, on_readable);
    eddy_timer_init(&client->tick, on_tick);
    err = eddy_loop_add_reader(&server->loop, fd, &client->reading);
    if (err == 0)
        err = start_ticks(client, server->pace);
    if (err < 0) {
        eddy_loop_remove_reader(&server->loop, fd);
        free(client);
        return err;
    }
    eddy_list_append(&server->clients, &client->link);
    eddy_net_peer_name(fd, name, sizeof name);
    printf("[%d] connected: %s\n", fd, name);
    return 0;
}

static void watch_listeners(struct server *server)
{
    for (int i = 0; i < server->listener_count; i++)
        eddy_loop_add_reader(&server->loop, server->listeners[i].fd, &server->listeners[i].watch);
}

static void on_rested(struct eddy_handle *handle)
{
    watch_listeners(container_of(handle, struct server, rested.handle));
}

/* No descriptor, or no memory: as in echo.c, the listeners are left alone for a second. */
static void rest(struct server *server, int err)
{
    fprintf(stderr, "tick: no more clients for now: %s\n", eddy_strerror(err));
    for (int i = 0; i < server->listener_count; i++)
        eddy_loop_remove_reader(&server->loop, server->listeners[i].fd);
    eddy_loop_call_later(&server->loop, &server->rested, 1);
}

static void on_connections(struct eddy_handle *handle)
{
    struct listener *listener = container_of(handle, struct listener, watch.handle);
    int fd = eddy_net_accept(listener->fd), err;

    if (fd == -EAGAIN)
        return;
    err = fd < 0 ? fd : add_client(listener->server, fd);
    if (err == 0)
        return;
    if (fd >= 0)
        eddy_net_close(fd);
    rest(listener->server, err);
}

static void on_interrupt(struct eddy_handle *handle)
{
    eddy_loop_stop(&container_of(handle, struct server, interrupt)->loop);
}

static void on_terminate(struct eddy_handle *handle)
{
    eddy_loop_stop(&container_of(handle, struct server, terminate)->loop);
}

/* The signals first: whoever reads "Ctrl-C ends it" may press it at once. */
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
    while (!eddy_list_empty(&server->clients))
        drop(container_of(server->clients.next, struct client, link));
    for (int i = 0; i < server->listener_count; i++) {
        eddy_loop_remove_reader(&server->loop, server->listeners[i].fd);
        eddy_net_close(server->listeners[i].fd);
    }
    eddy_loop_close(&server->loop);
}

int main(int argc, char *argv[])
{
    struct demo_option every = {"--pace",
                                "seconds between two ticks, unless a client asks for another", 1};
    struct demo demo = demo_start_with(argc, argv, "Sends every client a line a second.", &every);
    struct server server = {.pace = every.value};
    int err = open_all(&server, &demo);

    if (err == 0)
        err = eddy_loop_run_forever(&server.loop);
    close_all(&server);
    if (err < 0)
        fprintf(stderr, "tick: %s\n", eddy_strerror(err));
    return err < 0;
}
