/*
 * serving.h - what the chapter's servers share: they listen until Ctrl-C, with one handler for all clients, and
 * end with nothing left behind. It belongs to the course, not to the library.
 */
#ifndef SERVING_H
#define SERVING_H

#include "../demo.h"

#include "run.h"
#include "stream_server.h"

struct serving {
    struct eddy_co co;
    const struct demo *demo;
    const struct eddy_stream_handler *handler;
    struct eddy_stream_server server;
    struct eddy_server_wait closed;
};

static inline int serving_listen(struct serving *serving, struct eddy_loop *loop)
{
    int fds[EDDY_SERVER_LISTENERS], err, n;

    n = demo_try_listen(serving->demo, fds, EDDY_SERVER_LISTENERS);
    if (n < 0)
        return n;
    err = eddy_start_server_on(&serving->server, loop, fds, n, serving->handler);
    while (err < 0 && n > 0)
        eddy_net_close(fds[--n]);
    return err;
}

/* Until it is cancelled. The clients' handlers end with it. */
static inline struct eddy_step serving(struct eddy_co *co)
{
    struct serving *self = CO_FRAME(co, serving);
    int err;

    CO_BEGIN(co);
    err = serving_listen(self, eddy_co_loop(co));
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_stream_server_wait_closed(&self->closed, &self->server));
    CO_FINALLY(co);
    eddy_stream_server_close(&self->server);
    eddy_stream_server_cancel(&self->server);
    if (self->server.server.loop)
        CO_AWAIT(co, eddy_stream_server_wait_closed(&self->closed, &self->server));
    CO_END(co);
}

#endif
