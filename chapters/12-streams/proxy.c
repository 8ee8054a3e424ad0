/*
 * proxy - passes everything on, in both directions, between its clients and another server. Each client has a
 * task, which opens the way to the server, and two pumps, a task for each direction: read, then write. While one
 * side does not read, the write waits; so its pump reads nothing, and the other side waits in the end.
 *
 *     build/chapters/12-streams/echo 9000
 *     build/chapters/12-streams/proxy 9000 8081         from port 8081 to port 9000 of this machine
 *     nc localhost 8081
 */
#include "serving.h"

#include "group.h"
#include "open_connection.h"

enum { MOST = 65536 };

/* ---- One direction ------------------------------------------------------------------------------- */

struct pump {
    struct eddy_co co;
    struct eddy_stream *from, *to;
    struct eddy_stream_wait wait;
};

static struct eddy_step pump(struct eddy_co *co)
{
    struct pump *self = CO_FRAME(co, pump);
    struct eddy_reader *reader = &self->from->reader;

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_reader_read(reader, MOST));
        if (reader->size == 0)
            break;
        CO_AWAIT(co, eddy_stream_write(&self->wait, self->to, reader->data, reader->size));
    }
    eddy_stream_write_eof(self->to); /* the other direction goes on */
    CO_END(co);
}

/* ---- One client ---------------------------------------------------------------------------------- */

struct proxied {
    struct eddy_co co;
    struct eddy_stream *stream;
    const char *port;       /* of the other server, */
    struct eddy_stream way; /* and the stream to it */
    struct eddy_connecting connecting;
    struct eddy_group pumps;
    struct eddy_stream_wait closed;
};

static int start_pumps(struct proxied *self)
{
    struct eddy_stream *stream = self->stream, *way = &self->way;
    int err = eddy_group_open(&self->pumps, &self->co);

    if (err == 0)
        err = eddy_group_spawn(&self->pumps, pump, .from = stream, .to = way);
    if (err == 0)
        err = eddy_group_spawn(&self->pumps, pump, .from = way, .to = stream);
    return err;
}

/* When both directions have ended, that is the end; if one fails, the group ends the other. The last close is
 * awaited in the body, where Ctrl-C cuts it short: a server that does not read may let it wait for ever. */
static struct eddy_step proxied(struct eddy_co *co)
{
    struct proxied *self = CO_FRAME(co, proxied);
    int err;

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_open_connection(&self->connecting, &self->way, eddy_co_loop(co),
                                          "localhost", self->port));
    err = eddy_co_error(co);
    if (err < 0 && err != -ECANCELED)
        printf("no way to port %s: %s\n", self->port, eddy_strerror(err));
    if (err == 0)
        err = start_pumps(self);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_group_join(&self->pumps));
    eddy_stream_close(&self->way);
    CO_AWAIT(co, eddy_stream_wait_closed(&self->closed, &self->way));
    CO_FINALLY(co);
    CO_TRY_AWAIT(co, eddy_group_close(&self->pumps));
    eddy_stream_abort(&self->way);
    CO_TRY_AWAIT(co, eddy_stream_wait_closed(&self->closed, &self->way));
    eddy_co_handled(co); /* a side that has gone is no failure of ours */
    CO_END(co);
}

/* The first word is the port of the other server; what follows is as in all demos. */
int main(int argc, char *argv[])
{
    int to = argc > 1 && argv[1][0] != '-' ? eddy_net_parse_port(argv[1]) : 0;
    const char *port = argv[1];
    struct demo demo;

    if (to != 0)
        argv[1] = argv[0];
    demo_first_word = "ITS_PORT ";
    demo = demo_start(argc - (to != 0), argv + (to != 0),
                      "Passes everything on to the server at ITS_PORT of this machine.");
    if (to <= 0) {
        fprintf(stderr, "%s: which port does the other server listen on? try --help\n", demo.name);
        return 1;
    }
    return demo_status(
        &demo, eddy_run(serving, .demo = &demo, .handler = EDDY_HANDLER(proxied, .port = port)));
}
