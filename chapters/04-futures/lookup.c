/*
 * lookup - a desk that knows everybody's number, but has to look in three books: who is in which
 * team, which team is on which floor, what number the floor has. Each book takes its time, and is
 * an operation that returns a future; many clients ask at once, and none waits for another.
 *
 * The three lookups of one question are four functions here, each the callback of the one before. That
 * is the pyramid of callbacks, with the corners cut off by C. Chapter 5 makes one function of it.
 */
#include "../demo.h"

#include "signals.h"
#include "until_complete.h"

enum { LISTENERS_MAX = 8, LINE_MAX_BYTES = 64, ANSWER_MAX = 160 };

struct entry {
    const char *key, *value;
};

static const struct entry teams[] = {
    {"ann", "tools"}, {"bob", "tools"}, {"carl", "press"}, {"dora", "night"}, {NULL, NULL}};
static const struct entry floors[] = {{"tools", "3"}, {"press", "1"}, {NULL, NULL}};
static const struct entry numbers[] = {{"1", "101"}, {"3", "303"}, {NULL, NULL}};

/* ---- An operation: look something up in a book ------------------------------------------------- */

struct lookup {
    struct eddy_future future;
    struct eddy_timer timer;
    const struct entry *book;
    const char *key, *value; /* the result lies beside the future, with its own type */
};

static void on_found(struct eddy_handle *handle)
{
    struct lookup *lookup = container_of(handle, struct lookup, timer.handle);
    const struct entry *entry = lookup->book;

    while (entry->key && strcmp(entry->key, lookup->key) != 0)
        entry++;
    lookup->value = entry->value; /* NULL after the last */
    eddy_future_set_result(&lookup->future, NULL);
}

static void cancel_lookup(struct eddy_future *future)
{
    struct lookup *lookup = container_of(future, struct lookup, future);

    eddy_timer_cancel(future->loop, &lookup->timer);
    eddy_future_set_error(future, -ECANCELED);
}

/* `key` stays until it is done. */
static struct eddy_future *look_up(struct lookup *lookup, struct eddy_loop *loop,
                                   const struct entry *book, const char *key, double seconds)
{
    static const struct eddy_future_type type = {.name = "lookup", .cancel = cancel_lookup};
    int err;

    lookup->book = book;
    lookup->key = key;
    lookup->value = NULL;
    eddy_future_init_type(&lookup->future, loop, &type);
    eddy_timer_init(&lookup->timer, on_found);
    err = eddy_loop_call_later(loop, &lookup->timer, seconds);
    if (err < 0)
        eddy_future_set_error(&lookup->future, err);
    return &lookup->future;
}

/* ---- One question, in four functions ----------------------------------------------------------- */

struct server;

struct listener {
    struct eddy_watch watch;
    struct server *server;
    int fd;
};

struct client {
    struct eddy_watch readable;
    struct lookup lookup;
    struct eddy_handle next; /* waits for the lookup */
    struct eddy_list link;
    struct server *server;
    int fd;
    const char *team, *floor; /* what is known so far: no local variable lives as long */
    char line[LINE_MAX_BYTES];
    size_t length;
};

struct server {
    struct eddy_loop loop;
    struct eddy_future stopped;
    struct eddy_handle interrupt, terminate;
    struct listener listeners[LISTENERS_MAX];
    int listener_count;
    struct eddy_timer rested; /* when to watch the listeners again */
    double seconds;           /* that a lookup takes */
    struct eddy_list clients;
};

static void on_floor(struct eddy_handle *handle);
static void on_number(struct eddy_handle *handle);
static void drop(struct client *client);

/* Looks it up; when that is done, `next` is called. */
static void ask(struct client *client, const struct entry *book, const char *key,
                void (*next)(struct eddy_handle *handle))
{
    struct server *server = client->server;
    struct eddy_future *future =
        look_up(&client->lookup, &server->loop, book, key, server->seconds);

    eddy_handle_init(&client->next, next);
    eddy_future_add_done_callback(future, &client->next);
}

/* A client that does not read what it has asked for is let go. */
static void answer(struct client *client, const char *text)
{
    size_t n = strlen(text);

    if (eddy_net_send(client->fd, text, n) != (ssize_t)n ||
        eddy_loop_add_reader(&client->server->loop, client->fd, &client->readable) < 0)
        drop(client);
}

/* Each of the callbacks that follow must ask this first. */
static bool failed(struct client *client)
{
    int err = eddy_future_error(&client->lookup.future);

    if (err < 0)
        answer(client, "the books cannot be had just now\n");
    return err < 0;
}

static void on_team(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, next);
    char text[ANSWER_MAX];

    if (failed(client))
        return;
    client->team = client->lookup.value;
    if (client->team) {
        ask(client, floors, client->team, on_floor);
        return;
    }
    snprintf(text, sizeof text, "nobody here is called %s\n", client->line);
    answer(client, text);
}

static void on_floor(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, next);
    char text[ANSWER_MAX];

    if (failed(client))
        return;
    client->floor = client->lookup.value;
    if (client->floor) {
        ask(client, numbers, client->floor, on_number);
        return;
    }
    snprintf(text, sizeof text, "%s is in team %s; nobody knows where that sits\n", client->line,
             client->team);
    answer(client, text);
}

static void on_number(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, next);
    const char *number = client->lookup.value;
    char text[ANSWER_MAX];

    if (failed(client))
        return;
    snprintf(text, sizeof text, "%s is in team %s on floor %s: call %s\n", client->line,
             client->team, client->floor, number ? number : "nobody, it has no number");
    answer(client, text);
}

/* The first of the three. Meanwhile the client is not read from: one question at a time. */
static void on_question(struct client *client)
{
    eddy_loop_remove_reader(&client->server->loop, client->fd);
    ask(client, teams, client->line, on_team);
}

/* ---- Coming and going -------------------------------------------------------------------------- */

static void drop(struct client *client)
{
    printf("[%d] closed\n", client->fd);
    eddy_handle_cancel(&client->next);
    eddy_future_cancel(&client->lookup.future);
    eddy_loop_remove_reader(&client->server->loop, client->fd);
    eddy_loop_close_fd(&client->server->loop, client->fd);
    eddy_list_remove(&client->link);
    free(client);
}

/* Reads a byte at a time: what follows the line stays in the kernel until it is its turn. */
static void on_readable(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, readable.handle);
    char byte;
    ssize_t n;

    while ((n = eddy_net_recv(client->fd, &byte, 1)) == 1) {
        if (byte == '\n') {
            client->line[client->length] = '\0';
            client->length = 0;
            on_question(client);
            return;
        }
        if (client->length + 1 < sizeof client->line && byte != '\r')
            client->line[client->length++] = byte;
    }
    if (n != -EAGAIN)
        drop(client);
}

static int add_client(struct server *server, int fd)
{
    struct client *client = calloc(1, sizeof *client);
    char name[EDDY_NET_NAME_MAX] = "a client that has gone";
    int err;

    if (!client)
        return -ENOMEM;
    client->server = server;
    client->fd = fd;
    eddy_watch_init(&client->readable, on_readable);
    eddy_future_init(&client->lookup.future, &server->loop);
    err = eddy_loop_add_reader(&server->loop, fd, &client->readable);
    if (err < 0) {
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

/* No more connections can be had now: rest for a second. */
static void rest(struct server *server, int err)
{
    fprintf(stderr, "lookup: no more clients for now: %s\n", eddy_strerror(err));
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
    struct demo_option slow = {"--seconds", "how long it looks into each of the three books", 0.5};
    struct demo demo =
        demo_start_with(argc, argv, "Tells whom to call, if you type a name.", &slow);
    struct server server = {.seconds = slow.value};
    int err = open_all(&server, &demo);

    if (err == 0)
        err = eddy_loop_run_until_complete(&server.loop, &server.stopped);
    close_all(&server);
    if (err < 0)
        fprintf(stderr, "lookup: %s\n", eddy_strerror(err));
    return err < 0;
}
