/*
 * echo - curio's echo server, in C: echo_server accepts a connection and spawns an echo_client for
 * it; echo_client receives and sends all, until nothing comes.
 */
#include "../demo.h"

#include "delay.h"
#include "run.h"
#include "sockio.h"

enum { LISTENERS_MAX = 8, BUFFER = 65536 };

static const double rest_seconds = 1.0;

/* ---- What it says ------------------------------------------------------------------------------ */

static void say_connected(int fd)
{
    char name[EDDY_NET_NAME_MAX] = "a client that has gone";

    eddy_net_peer_name(fd, name, sizeof name);
    printf("[%d] connected: %s\n", fd, name);
}

static void say_closed(int fd, int err)
{
    printf("[%d] closed%s%s\n", fd, err < 0 ? ": " : "", err < 0 ? eddy_strerror(err) : "");
}

/* ---- One client -------------------------------------------------------------------------------- */

struct echo_client {
    struct eddy_co co;
    struct eddy_io io;
    int fd;
    char *buf; /* a block of its own: a large frame would make spawning dear */
};

static struct eddy_step echo_client(struct eddy_co *co)
{
    struct echo_client *self = CO_FRAME(co, echo_client);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->buf = malloc(BUFFER);
    if (!self->buf)
        CO_FAIL(co, -ENOMEM);
    for (;;) {
        CO_AWAIT(co, eddy_recv(&self->io, loop, self->fd, self->buf, BUFFER));
        if (self->io.n == 0)
            break;
        CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, self->buf, (size_t)self->io.n));
    }
    CO_FINALLY(co);
    say_closed(self->fd, eddy_co_outcome(co));
    eddy_loop_close_fd(loop, self->fd);
    free(self->buf);
    eddy_co_handled(co); /* said already; and a client that has gone is no failure of ours */
    CO_END(co);
}

static int serve(struct eddy_loop *loop, int fd)
{
    int err = eddy_spawn(loop, echo_client, .fd = fd);

    if (err < 0)
        eddy_loop_close_fd(loop, fd);
    else
        say_connected(fd);
    return err;
}

/* ---- The server -------------------------------------------------------------------------------- */

struct echo_server {
    struct eddy_co co;
    struct eddy_io io;
    struct eddy_sleep rest;
    int listener, err;
};

/* Accepts for ever: it ends when it is cancelled. */
static struct eddy_step echo_server(struct eddy_co *co)
{
    struct echo_server *self = CO_FRAME(co, echo_server);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_AWAIT(co, eddy_accept(&self->io, loop, self->listener));
        self->err = eddy_co_error(co);
        if (self->err == 0)
            self->err = serve(loop, (int)self->io.n);
        if (self->err == -ECANCELED)
            CO_FAIL(co, self->err);
        if (self->err <
            0) { /* no descriptor, or no memory: those who wait can wait a little longer */
            fprintf(stderr, "echo: no more clients for now: %s\n", eddy_strerror(self->err));
            CO_AWAIT(co, eddy_sleep(&self->rest, loop, rest_seconds));
        }
    }
    CO_FINALLY(co);
    eddy_loop_close_fd(loop, self->listener);
    CO_END(co);
}

/* ---- All of it --------------------------------------------------------------------------------- */

struct echo {
    struct eddy_co co;
    const struct demo *demo;
    int fds[LISTENERS_MAX], count, i; /* "localhost" may be two addresses: a server for each */
    struct eddy_task tasks[LISTENERS_MAX];
    struct echo_server servers[LISTENERS_MAX];
};

static struct eddy_step echo(struct eddy_co *co)
{
    struct echo *self = CO_FRAME(co, echo);

    CO_BEGIN(co);
    self->count = demo_try_listen(self->demo, self->fds, LISTENERS_MAX);
    if (self->count < 0)
        CO_FAIL(co, self->count);
    for (int i = 0; i < self->count; i++)
        eddy_task_start(&self->tasks[i], eddy_co_loop(co), echo_server, &self->servers[i],
                        .listener = self->fds[i]);
    CO_AWAIT(co, &self->tasks[0].future);
    CO_FINALLY(co);
    for (self->i = 0; self->i < self->count; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_TRY_AWAIT(co, &self->tasks[self->i].future);
    }
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo demo =
        demo_start_on(25000, argc, argv, "Sends every client its own bytes back.", NULL);

    return demo_status(&demo, eddy_run(echo, .demo = &demo));
}
