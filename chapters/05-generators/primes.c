/*
 * primes - generators that a person can look at: each line that you type is an expression that becomes
 * a generator, and it is asked for a value every 0.2 seconds until it has no more.
 *
 *     primes                      2, 3, 5, 7, 11, ...
 *     take 5 primes               the first five
 *     zip primes squares          2 1, 3 4, 5 9, ...
 *
 * Primes have no end, and nobody minds: no value is computed before it is asked for. The next line
 * closes the generator that there is.
 */
#include "../demo.h"

#include "gen.h"
#include "loop.h"
#include "signals.h"
#include "turn.h"

#include <limits.h>

enum { LISTENERS_MAX = 8, LINE_BYTES = 120, COUNT_MAX = 1000000, SERIES_MAX = 15 };
enum { TEXT_MAX = 8 * 21 }; /* 15 series are 8 numbers at most, and 7 to zip them */

static const char help[] = "type primes, squares, fibonacci, count N, take N X or zip X Y "
                           "(N: 1 to 1000000; X and Y are such again; 15 at most)\n";

/* ---- Generators -------------------------------------------------------------------------------- */

/* One frame for all kinds, and all yield a text: so each can stand where any other can. */
struct series {
    struct eddy_gen gen;
    long limit, n, a, b;     /* limit: the number after its name */
    struct series *inner[2]; /* whom it asks, */
    int got;                 /* what came of it, */
    void *value, *other;     /* and what it was given */
    char text[TEXT_MAX];     /* what it gives */
};

static char *number(struct series *self, long n)
{
    snprintf(self->text, sizeof self->text, "%ld", n);
    return self->text;
}

static bool is_prime(long n)
{
    for (long divisor = 2; divisor <= n / divisor; divisor++)
        if (n % divisor == 0)
            return false;
    return true;
}

static struct eddy_step primes(struct eddy_gen *gen)
{
    struct series *self = GEN_FRAME(gen, series);

    GEN_BEGIN(gen);
    for (self->n = 2;; self->n++)
        if (is_prime(self->n))
            GEN_YIELD(gen, number(self, self->n));
    GEN_END(gen);
}

static struct eddy_step squares(struct eddy_gen *gen)
{
    struct series *self = GEN_FRAME(gen, series);

    GEN_BEGIN(gen);
    for (self->n = 1;; self->n++)
        GEN_YIELD(gen, number(self, self->n * self->n));
    GEN_END(gen);
}

/* As long as the sum fits into a long. */
static struct eddy_step fibonacci(struct eddy_gen *gen)
{
    struct series *self = GEN_FRAME(gen, series);

    GEN_BEGIN(gen);
    for (self->a = 0, self->b = 1; self->a <= LONG_MAX - self->b; self->b += self->n) {
        GEN_YIELD(gen, number(self, self->a));
        self->n = self->a;
        self->a = self->b;
    }
    GEN_END(gen);
}

static struct eddy_step count(struct eddy_gen *gen)
{
    struct series *self = GEN_FRAME(gen, series);

    GEN_BEGIN(gen);
    for (self->n = 1; self->n <= self->limit; self->n++)
        GEN_YIELD(gen, number(self, self->n));
    GEN_END(gen);
}

/* ---- Generators over generators ---------------------------------------------------------------- */

static struct eddy_step take(struct eddy_gen *gen)
{
    struct series *self = GEN_FRAME(gen, series);

    GEN_BEGIN(gen);
    for (self->n = 0; self->n < self->limit; self->n++) {
        self->got = eddy_gen_next(&self->inner[0]->gen, &self->value);
        if (self->got != EDDY_YIELDED)
            break;
        GEN_YIELD(gen, self->value);
    }
    GEN_FINALLY(gen);
    eddy_gen_close(&self->inner[0]->gen); /* it may have more, and nobody will ask */
    GEN_END(gen);
}

/* As long as both have a value. */
static struct eddy_step zip(struct eddy_gen *gen)
{
    struct series *self = GEN_FRAME(gen, series);

    GEN_BEGIN(gen);
    for (;;) {
        self->got = eddy_gen_next(&self->inner[0]->gen, &self->value);
        if (self->got == EDDY_YIELDED)
            self->got = eddy_gen_next(&self->inner[1]->gen, &self->other);
        if (self->got != EDDY_YIELDED)
            break;
        snprintf(self->text, TEXT_MAX, "%s %s", (char *)self->value, (char *)self->other);
        GEN_YIELD(gen, self->text);
    }
    GEN_FINALLY(gen);
    eddy_gen_close(&self->inner[0]->gen);
    eddy_gen_close(&self->inner[1]->gen);
    GEN_END(gen);
}

/* ---- From a line to a generator ---------------------------------------------------------------- */

static const struct kind {
    const char *name;
    struct eddy_step (*body)(struct eddy_gen *gen);
    int numbers, inner; /* so many of each come after the name */
} kinds[] = {{"primes", primes, 0, 0}, {"squares", squares, 0, 0}, {"fibonacci", fibonacci, 0, 0},
             {"count", count, 1, 0},   {"take", take, 1, 1},       {"zip", zip, 0, 2},
             {NULL, NULL, 0, 0}};

static bool read_count(const char *word, long *count)
{
    char *end = NULL;

    *count = word ? strtol(word, &end, 10) : 0;
    return *count >= 1 && *count <= COUNT_MAX && !*end;
}

/* The series that `word` begins; the next words are in `rest`. NULL: it is none. It calls itself
 * no more often than there are frames in the pool. */
static struct series *read_series(const char *word, char **rest, struct series pool[], int *used)
{
    const struct kind *kind = kinds;
    struct series *series = &pool[*used];

    while (word && kind->name && strcmp(kind->name, word) != 0)
        kind++;
    if (!word || !kind->name || (*used)++ == SERIES_MAX)
        return NULL;
    *series = (struct series){.gen = GEN_INIT(kind->body)};
    if (kind->numbers && !read_count(strtok_r(NULL, " ", rest), &series->limit))
        return NULL;
    for (int i = 0; i < kind->inner; i++) {
        series->inner[i] = read_series(strtok_r(NULL, " ", rest), rest, pool, used);
        if (!series->inner[i])
            return NULL;
    }
    return series;
}

/* ---- A client, and its generator --------------------------------------------------------------- */

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
    double pace; /* seconds between two values */
    struct eddy_list clients;
};

struct client {
    struct eddy_gen gen; /* show() */
    struct series *series, pool[SERIES_MAX];
    long count;
    struct eddy_watch reading;
    struct eddy_timer tick;
    double due; /* when it is asked again */
    struct server *server;
    struct eddy_list link;
    int fd, err;           /* err < 0: it is to be dropped */
    char line[LINE_BYTES]; /* what it has typed of a line */
    size_t length;
};

/* A client that does not read is not waited for. */
static void say(struct client *client, const char *text)
{
    ssize_t length = (ssize_t)strlen(text), n = eddy_net_send(client->fd, text, (size_t)length);

    if (n != length && client->err == 0)
        client->err = n < 0 && n != -EAGAIN ? (int)n : -ENOBUFS;
}

/* The outermost: it asks nothing itself, but however the series ends, it says so. */
static struct eddy_step show(struct eddy_gen *gen)
{
    struct client *self = GEN_FRAME(gen, client);
    char text[64];

    GEN_BEGIN(gen);
    GEN_FROM(gen, &self->series->gen);
    GEN_FINALLY(gen);
    snprintf(text, sizeof text, "closed after %ld value%s\n", self->count,
             self->count == 1 ? "" : "s");
    say(self, eddy_gen_outcome(gen) == EDDY_ECLOSED ? text : "done\n");
    GEN_END(gen);
}

static void drop(struct client *client)
{
    struct eddy_loop *loop = &client->server->loop;

    eddy_gen_close(&client->gen);
    printf("[%d] closed%s%s\n", client->fd, client->err ? ": " : "",
           client->err ? eddy_strerror(client->err) : "");
    eddy_loop_remove_reader(loop, client->fd);
    eddy_timer_cancel(loop, &client->tick);
    eddy_loop_close_fd(loop, client->fd);
    eddy_list_remove(&client->link);
    free(client);
}

/* The next value is due one pace after this one was: a late one delays no other. */
static void on_tick(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, tick.handle);
    struct server *server = client->server;
    char text[TEXT_MAX + 1];
    void *value;

    if (eddy_gen_next(&client->gen, &value) == EDDY_YIELDED) {
        client->count++;
        snprintf(text, sizeof text, "%s\n", (char *)value);
        say(client, text);
        client->due += server->pace;
        if (client->err == 0)
            client->err = eddy_loop_call_at(&server->loop, &client->tick, client->due);
    }
    if (client->err < 0)
        drop(client);
}

/* ---- What clients type ------------------------------------------------------------------------- */

/* What runs is closed; an empty line does no more. */
static void on_line(struct client *client)
{
    struct eddy_loop *loop = &client->server->loop;
    char *rest = NULL, *word = strtok_r(client->line, " ", &rest);
    int used = 0; /* frames of the pool */

    eddy_timer_cancel(loop, &client->tick);
    eddy_gen_close(&client->gen);
    if (!word)
        return;
    client->series = read_series(word, &rest, client->pool, &used);
    if (!client->series || strtok_r(NULL, " ", &rest)) {
        say(client, help);
        return;
    }
    client->gen = (struct eddy_gen)GEN_INIT(show);
    client->count = 0;
    client->due = eddy_loop_time(loop);
    if (client->err == 0)
        client->err = eddy_loop_call_at(loop, &client->tick, client->due);
}

static void on_readable(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, reading.handle);
    char bytes[512];
    ssize_t n = eddy_net_recv(client->fd, bytes, sizeof bytes);

    for (ssize_t i = 0; i < n && client->err == 0; i++) {
        if (bytes[i] == '\n') {
            client->line[client->length] = '\0';
            client->length = 0;
            on_line(client);
        } else if (bytes[i] != '\r' && client->length + 1 < LINE_BYTES) {
            client->line[client->length++] = bytes[i];
        }
    }
    if (n < 0 && n != -EAGAIN)
        client->err = (int)n;
    if (n == 0 || client->err < 0)
        drop(client);
}

/* ---- Coming and going -------------------------------------------------------------------------- */

static void add_client(struct server *server, struct client *client, int fd)
{
    *client = (struct client){.server = server, .fd = fd};
    eddy_watch_init(&client->reading, on_readable);
    eddy_timer_init(&client->tick, on_tick);
    eddy_list_append(&server->clients, &client->link);
    printf("[%d] connected\n", fd);
    client->err = eddy_loop_add_reader(&server->loop, fd, &client->reading);
    say(client, help);
    if (client->err < 0)
        drop(client);
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
    fprintf(stderr, "primes: no more clients for now: %s\n", eddy_strerror(fd));
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
    struct demo_option pace = {"--pace", "seconds between two values", 0.2};
    struct demo demo = demo_start_with(argc, argv, "Shows generators at work: type one.", &pace);
    struct server server = {.pace = pace.value};
    int err = open_all(&server, &demo);

    if (err >= 0)
        err = eddy_loop_run_forever(&server.loop);
    while (!eddy_list_empty(&server.clients))
        drop(container_of(server.clients.next, struct client, link));
    for (int i = 0; i < server.listener_count; i++) {
        eddy_loop_remove_reader(&server.loop, server.listeners[i].fd);
        eddy_net_close(server.listeners[i].fd);
    }
    eddy_loop_close(&server.loop);
    return demo_status(&demo, err);
}
