/*
 * echo - chapter 6's server, and the idle time-out is back: who says nothing for a while is told so, and
 * dropped. It is a wait_for around one await.
 *
 * All clients are members of a group, and so are the doors. Ctrl-C ends the group, and with it everybody
 * in it.
 */
#include "../demo.h"

#include "delay.h"
#include "group.h"
#include "run.h"
#include "sockio.h"
#include "wait_for.h"

enum { LISTENERS_MAX = 8, BUFFER = 65536 };

static const double rest_seconds = 1.0;
static const char goodbye[] = "you have said nothing for too long\n";

/* ---- What it says ------------------------------------------------------------------------------ */

static void say_connected(int fd)
{
    char name[EDDY_NET_NAME_MAX] = "a client that has gone";

    eddy_net_peer_name(fd, name, sizeof name);
    printf("[%d] connected: %s\n", fd, name);
}

static void say_closed(int fd, int err)
{
    printf("[%d] closed%s%s\n", fd, err < 0 ? ": " : "",
           err == -ETIMEDOUT ? "silent for too long" : (err < 0 ? eddy_strerror(err) : ""));
}

/* ---- One client -------------------------------------------------------------------------------- */

struct echo_client {
    struct eddy_co co;
    struct eddy_io io;
    struct eddy_wait_for limit;
    double idle; /* seconds */
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
        CO_AWAIT(co, eddy_wait_for(&self->limit, loop,
                                   eddy_recv(&self->io, loop, self->fd, self->buf, BUFFER),
                                   self->idle));
        if (self->io.n == 0)
            break;
        CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, self->buf, (size_t)self->io.n));
    }
    CO_FINALLY(co);
    if (eddy_co_outcome(co) == -ETIMEDOUT)
        eddy_net_send(self->fd, goodbye, sizeof goodbye - 1); /* if there is room for it */
    say_closed(self->fd, eddy_co_outcome(co));
    eddy_loop_close_fd(loop, self->fd);
    free(self->buf);
    eddy_co_handled(co); /* said already; and a client that has gone must not end the group */
    CO_END(co);
}

/* ---- A door ------------------------------------------------------------------------------------ */

struct echo_door {
    struct eddy_co co;
    struct eddy_group *group; /* that the clients join, as the door has */
    struct eddy_io io;
    struct eddy_sleep rest;
    double idle;
    int listener, err;
};

static int serve(struct echo_door *self, int fd)
{
    int err = eddy_group_spawn(self->group, echo_client, .fd = fd, .idle = self->idle);

    if (err < 0)
        eddy_loop_close_fd(eddy_co_loop(&self->co), fd);
    else
        say_connected(fd);
    return err;
}

/* Accepts for ever: it ends when the group does. */
static struct eddy_step echo_door(struct eddy_co *co)
{
    struct echo_door *self = CO_FRAME(co, echo_door);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_AWAIT(co, eddy_accept(&self->io, loop, self->listener));
        self->err = eddy_co_error(co);
        if (self->err == 0)
            self->err = serve(self, (int)self->io.n);
        if (self->err == -ECANCELED)
            CO_FAIL(co, self->err);
        if (self->err < 0) {
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
    double idle;
    int err;
    struct eddy_group group;
};

/* "localhost" may be two addresses: a door for each. */
static int open_doors(struct echo *self, struct eddy_loop *loop)
{
    int fds[LISTENERS_MAX], n = demo_try_listen(self->demo, fds, LISTENERS_MAX), err = 0;

    for (int i = 0; i < n; i++) {
        if (err == 0)
            err = eddy_group_spawn(&self->group, echo_door, .group = &self->group,
                                   .idle = self->idle, .listener = fds[i]);
        if (err < 0)
            eddy_loop_close_fd(loop, fds[i]);
    }
    return n < 0 ? n : err;
}

static struct eddy_step echo(struct eddy_co *co)
{
    struct echo *self = CO_FRAME(co, echo);

    CO_BEGIN(co);
    self->err = eddy_group_open(&self->group, co);
    if (self->err == 0)
        self->err = open_doors(self, eddy_co_loop(co));
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_AWAIT(co, eddy_group_join(&self->group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo_option idle = {"--idle", "how long a client may be silent", 10};
    struct demo demo =
        demo_start_on(25000, argc, argv, "Sends every client its own bytes back.", &idle);

    return demo_status(&demo, eddy_run(echo, .demo = &demo, .idle = idle.value));
}
