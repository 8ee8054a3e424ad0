/*
 * echo - curio's echo server, with a pump and a reader for each client: bytes come when they come, and
 * the server takes what is there. While a client does not read its echo, nobody wants bytes of the
 * reader; so the pump pauses, and in the end the client waits.
 */
#include "server.h"

#include "pump.h"
#include "run.h"

enum { MOST = 65536 };

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

struct echo_client {
    struct eddy_co co;
    int fd;
    struct eddy_pump in;
    struct eddy_io io;
};

/* What a read has returned lies in the reader until the next one, so it is sent from there. */
static struct eddy_step echo_client(struct eddy_co *co)
{
    struct echo_client *self = CO_FRAME(co, echo_client);
    struct eddy_reader *reader = &self->in.reader;
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    err = eddy_pump_open(&self->in, loop, self->fd, MOST);
    if (err < 0)
        CO_FAIL(co, err);
    for (;;) {
        CO_AWAIT(co, eddy_reader_read(reader, MOST));
        if (reader->size == 0)
            break;
        CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, reader->data, reader->size));
    }
    CO_FINALLY(co);
    say_closed(self->fd, eddy_co_outcome(co));
    eddy_pump_close(&self->in);
    eddy_loop_close_fd(loop, self->fd);
    eddy_co_handled(co); /* said already; and a client that has gone is no failure of ours */
    CO_END(co);
}

static int let_in(struct server *server, int fd)
{
    int err = eddy_group_spawn(&server->group, echo_client, .fd = fd);

    if (err == 0)
        say_connected(fd);
    return err;
}

struct echo {
    struct eddy_co co;
    struct server server;
};

static struct eddy_step echo(struct eddy_co *co)
{
    struct echo *self = CO_FRAME(co, echo);
    int err;

    CO_BEGIN(co);
    err = server_open(&self->server, co);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_group_join(&self->server.group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->server.group));
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo demo =
        demo_start_on(25000, argc, argv, "Sends every client its own bytes back.", NULL);
    struct server server = {.demo = &demo, .let_in = let_in};

    return demo_status(&demo, eddy_run(echo, .server = server));
}
