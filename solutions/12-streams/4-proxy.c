/*
 * Exercise 12.4, build: a proxy that waits for nobody for ever. 4-proxy.h says what to promise. pump() and
 * proxied() have about 50 lines together. Try it:  make check-12.4
 */
#include "4-proxy.h"

#include "errors.h"

#include <errno.h>

enum { MOST = 65536 };

struct eddy_step pump(struct eddy_co *co)
{
    struct pump *self = CO_FRAME(co, pump);
    struct side *from = self->from, *to = self->to;
    struct eddy_reader *reader = &from->stream->reader;
    int err;

    CO_BEGIN(co);
    for (;;) {
        err = eddy_timeout_open(&from->idle, co, from->patience);
        if (err < 0)
            CO_FAIL(co, err);
        CO_TRY_AWAIT(co, eddy_reader_read(reader, MOST));
        eddy_timeout_close(&from->idle, co);
        if (eddy_co_error(co) < 0)
            CO_FAIL(co, eddy_co_error(co));
        if (reader->size == 0)
            break;
        CO_AWAIT(co, eddy_wait_for(
                         &self->limit, eddy_co_loop(co),
                         eddy_stream_write(&self->wait, to->stream, reader->data, reader->size),
                         to->patience));
        eddy_timeout_reschedule(&to->idle, to->patience); /* if somebody waits for its bytes */
    }
    eddy_stream_write_eof(to->stream);
    CO_END(co);
}

/* ---- Given: both directions are members of one group ---------------------------------------------- */

static int start_pumps(struct proxied *self)
{
    struct side *client = &self->client, *server = &self->server;
    int err = eddy_group_open(&self->pumps, &self->co);

    client->stream = self->stream;
    server->stream = &self->way;
    if (err == 0)
        err = eddy_group_spawn(&self->pumps, pump, .from = client, .to = server);
    if (err == 0)
        err = eddy_group_spawn(&self->pumps, pump, .from = server, .to = client);
    return err;
}

/* ---- One client ---------------------------------------------------------------------------------- */

struct eddy_step proxied(struct eddy_co *co)
{
    struct proxied *self = CO_FRAME(co, proxied);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_wait_for(&self->limit, loop, self->connect(self), self->connect_patience));
    err = start_pumps(self);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_group_join(&self->pumps));
    eddy_stream_close(&self->way);
    CO_AWAIT(co,
             eddy_wait_for(&self->limit, loop, eddy_stream_wait_closed(&self->closed, &self->way),
                           self->server.patience));
    CO_FINALLY(co);
    CO_TRY_AWAIT(co, eddy_group_close(&self->pumps));
    eddy_stream_abort(&self->way);
    CO_TRY_AWAIT(co, eddy_stream_wait_closed(&self->closed, &self->way));
    CO_END(co);
}
