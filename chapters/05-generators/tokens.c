/*
 * tokens - takes what you type apart: numbers, words, strings and symbols come back, one a line.
 *
 *     price = 12.50 * "a b"           word price
 *                                     symbol =
 *                                     number 12.50
 *                                     symbol *
 *                                     string "a b"
 *
 * Bytes come in pieces, which end anywhere: in the middle of a number, or of a string. (Press Ctrl-D
 * there, and nc sends what you have typed so far; or press Enter within quotes.) The tokenizer is a
 * generator that is sent the pieces: it stands still where one ends, and goes on there with the next.
 */
#include "../demo.h"

#include "gen.h"
#include "loop.h"
#include "signals.h"
#include "turn.h"

#include <ctype.h>

enum { LISTENERS_MAX = 8, TOKEN_MAX = 100 };
enum { END = EOF, NONE = EOF - 1 }; /* no bytes */

/* ---- The tokenizer ----------------------------------------------------------------------------- */

struct piece {
    const char *at;
    size_t n; /* 0: there will be no more */
};

struct token {
    const char *kind;
    char text[TOKEN_MAX + 1]; /* what is longer is cut off */
    size_t length;
};

/*
 * Where it stands is the place in the function, and no variable. Called for each byte, as a callback
 * would be, it would have to begin with
 *
 *     switch (self->state) { case BETWEEN: ... case IN_NUMBER: ... case BEHIND_POINT: ...
 *         case IN_WORD: ... case IN_STRING: ... case BEHIND_BACKSLASH: ...
 *
 * and each case would say which is the next. The loops and ifs below are that table.
 */
struct tokens {
    struct eddy_gen gen;
    struct piece piece; /* what is left of it */
    int c;              /* the byte that it looks at; NONE, END */
    struct token token;
};

static bool has_byte(struct tokens *self)
{
    if (self->c == NONE && self->piece.n > 0) {
        self->c = (unsigned char)*self->piece.at++;
        self->piece.n--;
    }
    return self->c != NONE;
}

static void receive(struct tokens *self, const struct piece *piece)
{
    self->piece = *piece;
    if (piece->n == 0)
        self->c = END;
}

/* After it, self->c is the next byte, or END. Where there is none yet, it yields NULL and is sent a
 * piece. It is a macro, because a function that we called could not yield for us. */
#define LOOK(gen, self)                  \
    do {                                 \
        while (!has_byte(self)) {        \
            GEN_YIELD(gen, NULL);        \
            receive(self, (gen)->value); \
        }                                \
    } while (0)

/* A terminal obeys what it prints, so control characters are not given back. */
static void take(struct tokens *self)
{
    struct token *token = &self->token;

    if (self->c == END)
        return;
    if (token->length < TOKEN_MAX)
        token->text[token->length++] = iscntrl(self->c) ? '?' : (char)self->c;
    self->c = NONE;
}

static bool is_letter(int c)
{
    return isalpha(c) || c == '_' || c >= 128; /* UTF-8 has its letters there */
}

/* Is sent pieces; yields tokens, and NULL when it wants the next piece. */
static struct eddy_step tokens(struct eddy_gen *gen)
{
    struct tokens *self = GEN_FRAME(gen, tokens);

    GEN_BEGIN(gen);
    for (self->c = NONE;;) {
        LOOK(gen, self);
        if (self->c == END)
            break;
        if (isspace(self->c)) {
            self->c = NONE;
            continue;
        }
        self->token = (struct token){.kind = "symbol"};
        if (isdigit(self->c)) {
            self->token.kind = "number";
            do {
                take(self);
                LOOK(gen, self);
            } while (isdigit(self->c) || (self->c == '.' && !strchr(self->token.text, '.')));
        } else if (is_letter(self->c)) {
            self->token.kind = "word";
            do {
                take(self);
                LOOK(gen, self);
            } while (is_letter(self->c) || isdigit(self->c));
        } else if (self->c == '"') {
            take(self);
            LOOK(gen, self);
            while (self->c != '"' && self->c != END) {
                if (self->c == '\\') {
                    take(self);
                    LOOK(gen, self);
                }
                take(self);
                LOOK(gen, self);
            }
            self->token.kind = self->c == END ? "unfinished string" : "string";
            take(self);
        } else {
            take(self);
        }
        GEN_YIELD(gen, &self->token);
    }
    GEN_END(gen);
}

/* ---- Clients ----------------------------------------------------------------------------------- */

struct server {
    struct eddy_loop loop;
    struct eddy_handle stop; /* SIGINT, SIGTERM */
    struct listener {
        struct eddy_watch watch;
        struct eddy_timer rested; /* when to watch it again */
        struct server *server;
        int fd;
    } listeners[LISTENERS_MAX];
    int listener_count;
    struct eddy_list clients;
};

struct client {
    struct tokens tokens;
    struct eddy_watch reading;
    struct eddy_list link;
    struct server *server;
    int fd;
};

/* `err` is 0 when the client has ended as it should. */
static void drop(struct client *client, int err)
{
    printf("[%d] closed%s%s\n", client->fd, err ? ": " : "", err ? eddy_strerror(err) : "");
    eddy_loop_remove_reader(&client->server->loop, client->fd);
    eddy_loop_close_fd(&client->server->loop, client->fd);
    eddy_list_remove(&client->link);
    free(client);
}

/* A client that does not read what it has asked for is let go. */
static int answer(struct client *client, const struct token *token)
{
    char text[TOKEN_MAX + 32];
    int length = snprintf(text, sizeof text, "%s %s\n", token->kind, token->text);
    ssize_t n = eddy_net_send(client->fd, text, (size_t)length);

    return n == length ? EDDY_YIELDED : n < 0 ? (int)n : -EAGAIN;
}

static void on_readable(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, reading.handle);
    char bytes[512]; /* each may be a token, and a system call */
    ssize_t n = eddy_net_recv(client->fd, bytes, sizeof bytes);
    struct piece piece = {bytes, n > 0 ? (size_t)n : 0};
    void *token;
    int got;

    if (n == -EAGAIN)
        return;
    got = n < 0 ? (int)n : eddy_gen_send(&client->tokens.gen, &piece, &token);
    while (got == EDDY_YIELDED && token) {
        got = answer(client, token);
        if (got == EDDY_YIELDED)
            got = eddy_gen_next(&client->tokens.gen, &token);
    }
    if (got != EDDY_YIELDED)
        drop(client, got);
}

/* ---- Coming and going -------------------------------------------------------------------------- */

static void add_client(struct server *server, struct client *client, int fd)
{
    void *nothing;
    int err;

    *client = (struct client){.tokens = {.gen = GEN_INIT(tokens)}, .server = server, .fd = fd};
    eddy_gen_next(&client->tokens.gen, &nothing); /* to where it wants the first piece */
    eddy_watch_init(&client->reading, on_readable);
    eddy_list_append(&server->clients, &client->link);
    printf("[%d] connected\n", fd);
    err = eddy_loop_add_reader(&server->loop, fd, &client->reading);
    if (err < 0)
        drop(client, err);
}

static void on_rested(struct eddy_handle *handle)
{
    struct listener *listener = container_of(handle, struct listener, rested.handle);

    eddy_loop_add_reader(&listener->server->loop, listener->fd, &listener->watch);
}

static void on_connection(struct eddy_handle *handle)
{
    struct listener *listener = container_of(handle, struct listener, watch.handle);
    struct eddy_loop *loop = &listener->server->loop;
    struct client *client = malloc(sizeof *client);
    int fd = client ? eddy_net_accept(listener->fd) : -ENOMEM;

    if (fd >= 0) {
        add_client(listener->server, client, fd);
        return;
    }
    free(client);
    if (fd == -EAGAIN)
        return;
    fprintf(stderr, "tokens: no more clients for now: %s\n", eddy_strerror(fd));
    eddy_loop_remove_reader(loop, listener->fd); /* as in echo.c: watched on, it would spin */
    eddy_loop_call_later(loop, &listener->rested, 1);
}

/* ---- Beginning and end ------------------------------------------------------------------------- */

static void on_stop(struct eddy_handle *handle)
{
    eddy_loop_stop(&container_of(handle, struct server, stop)->loop);
}

/* The signals first: a person who reads "Ctrl-C ends it" may press it at once. */
static int open_all(struct server *server, const struct demo *demo)
{
    int fds[LISTENERS_MAX] = {0}, err = eddy_loop_open(&server->loop, NULL);

    eddy_list_init(&server->clients);
    eddy_handle_init(&server->stop, on_stop);
    if (err == 0)
        err = eddy_loop_add_signal_handler(&server->loop, SIGINT, &server->stop);
    if (err == 0)
        err = eddy_loop_add_signal_handler(&server->loop, SIGTERM, &server->stop);
    if (err == 0)
        err = server->listener_count = demo_try_listen(demo, fds, LISTENERS_MAX);
    for (int i = 0; i < server->listener_count; i++) {
        server->listeners[i] = (struct listener){.server = server, .fd = fds[i]};
        eddy_watch_init(&server->listeners[i].watch, on_connection);
        eddy_timer_init(&server->listeners[i].rested, on_rested);
        if (err >= 0)
            err = eddy_loop_add_reader(&server->loop, fds[i], &server->listeners[i].watch);
    }
    return err;
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "Takes what you type apart into tokens.");
    struct server server = {.listener_count = 0};
    int err = open_all(&server, &demo);

    if (err >= 0)
        err = eddy_loop_run_forever(&server.loop);
    while (!eddy_list_empty(&server.clients))
        drop(container_of(server.clients.next, struct client, link), 0);
    for (int i = 0; i < server.listener_count; i++) {
        eddy_loop_remove_reader(&server.loop, server.listeners[i].fd);
        eddy_net_close(server.listeners[i].fd);
    }
    eddy_loop_close(&server.loop);
    return demo_status(&demo, err);
}
