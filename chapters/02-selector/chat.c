/*
 * chat - a room: whoever connects gives a name, and what one says all others read.
 *
 * Each client has a buffer for what comes in, until it is a line, and one for what is to go out. The
 * room does not wait for a client that does not read: when the talk no longer fits into the buffer,
 * the client is shown out. A room that waits for its slowest guest is a room that anybody can stop.
 */
#include "../demo.h"

#include "selector.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>

enum { LISTENERS_MAX = 8, NAME_MAX_LENGTH = 20, LINE_MAX_LENGTH = 500, OUT_ROOM = 65536 };

struct room;

struct watcher {
    void (*ready)(struct room *room, struct watcher *self, int events);
    int fd;
};

struct client {
    struct watcher watcher; /* first, so that a pointer to it is one to the client */
    struct client *next;
    bool gone;                      /* shown out; swept when the batch is over */
    char name[NAME_MAX_LENGTH + 1]; /* "" until it has given one */
    char line[LINE_MAX_LENGTH];     /* what has come of a line that has not ended */
    size_t line_length, out_length;
    char out[OUT_ROOM];
};

struct room {
    struct eddy_selector selector;
    struct watcher stop, listeners[LISTENERS_MAX];
    int listener_count;
    bool stopping;
    bool door_shut; /* no descriptor or memory for one more: the listeners are not watched */
    struct client *clients;
};

/* ---- What goes out ----------------------------------------------------------------------------- */

/* Marks the client. sweep() frees it later, because a caller may be in a loop over all clients. */
static void show_out(struct client *client)
{
    client->gone = true;
}

static void send_out(struct room *room, struct client *client)
{
    size_t sent = 0;
    ssize_t n = 0;

    while (sent < client->out_length && n >= 0) {
        n = eddy_net_send(client->watcher.fd, client->out + sent, client->out_length - sent);
        sent += n > 0 ? (size_t)n : 0;
    }
    memmove(client->out, client->out + sent, client->out_length - sent);
    client->out_length -= sent;
    if (n < 0 && n != -EAGAIN)
        show_out(client);
    else
        eddy_selector_modify(&room->selector, client->watcher.fd,
                             EDDY_READ | (client->out_length > 0 ? EDDY_WRITE : 0), client);
}

__attribute__((format(printf, 3, 4))) /* so that the compiler checks the arguments */
static void
tell(struct room *room, struct client *client, const char *format, ...)
{
    size_t space = OUT_ROOM - client->out_length;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(client->out + client->out_length, space, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= space) {
        show_out(client); /* it does not read, and the room does not wait */
        return;
    }
    client->out_length += (size_t)n;
    send_out(room, client);
}

/* To all that have a name, except the one that it is about. Also to the terminal. */
static void tell_others(struct room *room, const struct client *about, const char *verb,
                        const char *what)
{
    printf("%s%s%s\n", about->name, verb, what);
    for (struct client *client = room->clients; client; client = client->next)
        if (client != about && client->name[0] && !client->gone)
            tell(room, client, "%s%s%s\n", about->name, verb, what);
}

/* ---- What comes in ----------------------------------------------------------------------------- */

static bool is_taken(const struct room *room, const char *name)
{
    for (const struct client *client = room->clients; client; client = client->next)
        if (strcmp(client->name, name) == 0)
            return true;
    return false;
}

static void enter(struct room *room, struct client *client, const char *name)
{
    if (name[0] == '\0' || strlen(name) > NAME_MAX_LENGTH) {
        tell(room, client, "a name has 1 to %d letters. Your name?\n", NAME_MAX_LENGTH);
    } else if (is_taken(room, name)) {
        tell(room, client, "%s is here already. Your name?\n", name);
    } else {
        strcpy(client->name, name);
        tell(room, client, "Welcome, %s.\n", name);
        tell_others(room, client, " has come", "");
    }
}

/* A terminal obeys what it prints; one guest shall not steer another's. */
static void make_printable(char *line)
{
    for (; *line; line++)
        if (iscntrl((unsigned char)*line))
            *line = '?';
}

static void on_line(struct room *room, struct client *client, char *line)
{
    line[strcspn(line, "\r")] = '\0';
    make_printable(line);
    if (client->name[0] == '\0')
        enter(room, client, line);
    else if (line[0])
        tell_others(room, client, ": ", line);
}

/* Takes the bytes into the line; each newline ends one. Too long a line ends by itself. */
static void take(struct room *room, struct client *client, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && !client->gone; i++) {
        if (bytes[i] != '\n')
            client->line[client->line_length++] = bytes[i];
        if (bytes[i] == '\n' || client->line_length == LINE_MAX_LENGTH - 1) {
            client->line[client->line_length] = '\0';
            client->line_length = 0;
            on_line(room, client, client->line);
        }
    }
}

static void on_client(struct room *room, struct watcher *self, int events)
{
    struct client *client = (struct client *)self;
    char bytes[4096];
    ssize_t n;

    if (events & EDDY_WRITE)
        send_out(room, client);
    if (!(events & EDDY_READ) || client->gone)
        return;
    n = eddy_net_recv(self->fd, bytes, sizeof bytes);
    if (n == -EAGAIN)
        return;
    if (n > 0)
        take(room, client, bytes, (size_t)n);
    else
        show_out(client);
}

/* ---- Coming and going -------------------------------------------------------------------------- */

static int watch_door(struct room *room)
{
    int err = 0;

    for (int i = 0; i < room->listener_count && err == 0; i++)
        err = eddy_selector_register(&room->selector, room->listeners[i].fd, EDDY_READ,
                                     &room->listeners[i]);
    room->door_shut = false;
    return err;
}

/* A guest who knocks meanwhile waits in the kernel. If the listeners were still watched, the loop
 * would spin. */
static void shut_door(struct room *room, int err)
{
    fprintf(stderr, "chat: nobody else can come in for now: %s\n", eddy_strerror(err));
    for (int i = 0; i < room->listener_count; i++)
        eddy_selector_unregister(&room->selector, room->listeners[i].fd);
    room->door_shut = true;
}

static int let_in(struct room *room, int fd)
{
    struct client *client = calloc(1, sizeof *client);
    int err = client ? eddy_selector_register(&room->selector, fd, EDDY_READ, client) : -ENOMEM;

    if (err < 0) {
        free(client);
        return err;
    }
    client->watcher = (struct watcher){on_client, fd};
    client->next = room->clients;
    room->clients = client;
    tell(room, client, "Your name?\n");
    return 0;
}

static void on_connection(struct room *room, struct watcher *self, int events)
{
    int fd = eddy_net_accept(self->fd), err = fd;

    (void)events;
    if (fd >= 0)
        err = let_in(room, fd);
    if (fd >= 0 && err < 0)
        eddy_net_close(fd);
    if (err < 0 && err != -EAGAIN)
        shut_door(room, err);
}

static void bury(struct room *room, struct client *client)
{
    eddy_selector_unregister(&room->selector, client->watcher.fd);
    eddy_net_close(client->watcher.fd);
    free(client);
}

/* A client that is gone leaves the list first. Then the others are told; by that another one may be
 * gone. */
static void sweep(struct room *room)
{
    struct client **link = &room->clients;

    while (*link) {
        struct client *client = *link;
        if (!client->gone) {
            link = &client->next;
            continue;
        }
        *link = client->next;
        if (client->name[0])
            tell_others(room, client, " has gone", "");
        bury(room, client);
        if (room->door_shut)
            watch_door(room); /* there is a place again */
        link = &room->clients;
    }
}

static void on_stop(struct room *room, struct watcher *self, int events)
{
    (void)self;
    (void)events;
    room->stopping = true;
}

static int serve(struct room *room)
{
    struct eddy_event event;
    int n;

    while (!room->stopping) {
        n = eddy_selector_wait(&room->selector, room->door_shut ? 1.0 : EDDY_FOREVER);
        if (n < 0)
            return n;
        if (n == 0)
            watch_door(room); /* a second has passed: try again */
        while (eddy_selector_next(&room->selector, &event)) {
            struct watcher *watcher = event.data;
            watcher->ready(room, watcher, event.events);
        }
        sweep(room);
    }
    return 0;
}

static int open_room(struct room *room, const struct demo *demo)
{
    int fds[LISTENERS_MAX], err;

    room->stop = (struct watcher){on_stop, demo_stop_fd()};
    room->listener_count = demo_listen(demo, fds, LISTENERS_MAX);
    for (int i = 0; i < room->listener_count; i++)
        room->listeners[i] = (struct watcher){on_connection, fds[i]};
    err = eddy_selector_open(&room->selector, NULL);
    if (err == 0)
        err = watch_door(room);
    if (err == 0)
        err = eddy_selector_register(&room->selector, room->stop.fd, EDDY_READ, &room->stop);
    return err;
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "A room to talk in, with nc.");
    struct room room = {0};
    int err = open_room(&room, &demo);

    if (err == 0)
        err = serve(&room);
    while (room.clients) {
        struct client *client = room.clients;
        room.clients = client->next;
        bury(&room, client);
    }
    for (int i = 0; i < room.listener_count; i++)
        eddy_net_close(room.listeners[i].fd);
    eddy_selector_close(&room.selector);
    demo_end();
    if (err < 0)
        fprintf(stderr, "chat: %s\n", eddy_strerror(err));
    return err < 0;
}
