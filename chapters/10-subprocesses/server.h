/*
 * server.h - what the chapter's three servers share: the doors through which nc comes in. Each client is a
 * member of the server's group, and ends with it. It belongs to the course, not to the library.
 */
#ifndef SERVER_H
#define SERVER_H

#include "../demo.h"

#include "delay.h"
#include "group.h"
#include "reader.h"
#include "sockio.h"

#include <ctype.h>
#include <stdarg.h>

enum { LISTENERS_MAX = 8, LINE_ROOM = 256, ANSWER_ROOM = 1024 };

static const double rest_seconds = 1.0;

struct server {
    const struct demo *demo;
    struct eddy_group group; /* of all who are here, and the doors */
    /* Spawn a member for the client `fd`. On an error that is still the door's. */
    int (*let_in)(struct server *server, int fd);
};

struct door {
    struct eddy_co co;
    struct server *server;
    struct eddy_io io;
    struct eddy_sleep rest;
    int listener, err;
};

static inline int door_pass(struct door *door, int fd)
{
    int err = door->server->let_in(door->server, fd);

    if (err < 0)
        eddy_loop_close_fd(eddy_co_loop(&door->co), fd);
    return err;
}

/* Is open for ever: it ends when the group does. */
static inline struct eddy_step door(struct eddy_co *co)
{
    struct door *self = CO_FRAME(co, door);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_AWAIT(co, eddy_accept(&self->io, loop, self->listener));
        self->err = eddy_co_error(co);
        if (self->err == 0)
            self->err = door_pass(self, (int)self->io.n);
        if (self->err == -ECANCELED)
            CO_FAIL(co, self->err);
        if (self->err < 0) {
            fprintf(stderr, "%s: no more clients for now: %s\n", self->server->demo->name,
                    eddy_strerror(self->err));
            CO_AWAIT(co, eddy_sleep(&self->rest, loop, rest_seconds));
        }
    }
    CO_FINALLY(co);
    eddy_loop_close_fd(loop, self->listener);
    CO_END(co);
}

/* Listens, and opens the group, whose owner `co` is, and a door for each of the listeners. ("localhost" may be
 * two addresses.) */
static inline int server_open(struct server *server, struct eddy_co *co)
{
    int fds[LISTENERS_MAX], n = demo_try_listen(server->demo, fds, LISTENERS_MAX);
    int err = n < 0 ? n : eddy_group_open(&server->group, co);

    for (int i = 0; i < n; i++) {
        if (err == 0)
            err = eddy_group_spawn(&server->group, door, .server = server, .listener = fds[i]);
        if (err < 0)
            eddy_loop_close_fd(eddy_co_loop(co), fds[i]);
    }
    return err;
}

/* ---- Lines --------------------------------------------------------------------------------------- */

/* What a readline has returned, without its newline; what is too long is cut. A terminal obeys what it
 * prints, so what steers it becomes a question mark. */
static inline void take_line(const struct eddy_reader *reader, char line[LINE_ROOM])
{
    size_t n = reader->size < LINE_ROOM ? reader->size : LINE_ROOM - 1;

    memcpy(line, reader->data, n);
    line[n] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    for (; *line; line++)
        if (iscntrl((unsigned char)*line))
            *line = '?';
}

/* ---- Answers ------------------------------------------------------------------------------------- */

/* What is being sent. */
struct answer {
    struct eddy_io io;
    char text[ANSWER_ROOM];
};

/* To await: a line for `fd`; a newline is added. What is too long is cut. */
__attribute__((format(printf, 4, 5))) /* so that the compiler checks the arguments */
static inline struct eddy_future *
answer(struct answer *answer, struct eddy_loop *loop, int fd, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(answer->text, sizeof answer->text - 1, format, args);
    va_end(args);
    strcat(answer->text, "\n");
    return eddy_sendall(&answer->io, loop, fd, answer->text, strlen(answer->text));
}

#endif
