/*
 * serving.h - what the chapter's servers share: they listen until Ctrl-C, with one protocol for all clients, and
 * end with nothing left behind. It belongs to the course, not to the library.
 */
#ifndef SERVING_H
#define SERVING_H

#include "../demo.h"

#include "run.h"
#include "server.h"

struct serving {
    struct eddy_co co;
    const struct demo *demo;
    const struct eddy_protocol *protocol;
    const char *path; /* of a Unix socket; NULL: a port */
    struct eddy_server server;
    struct eddy_server_wait closed;
};

static inline int serving_listen(struct serving *serving, struct eddy_loop *loop)
{
    int fds[EDDY_SERVER_LISTENERS], err, n;

    if (serving->path)
        return eddy_create_unix_server(&serving->server, loop, serving->path, serving->protocol);
    n = demo_try_listen(serving->demo, fds, EDDY_SERVER_LISTENERS);
    if (n < 0)
        return n;
    err = eddy_create_server_on(&serving->server, loop, fds, n, serving->protocol);
    while (err < 0 && n > 0)
        eddy_net_close(fds[--n]);
    return err;
}

/* Until it is cancelled. A connection ends with its server. */
static inline struct eddy_step serving(struct eddy_co *co)
{
    struct serving *self = CO_FRAME(co, serving);
    int err;

    CO_BEGIN(co);
    err = serving_listen(self, eddy_co_loop(co));
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_server_wait_closed(&self->closed, &self->server));
    CO_FINALLY(co);
    eddy_server_close(&self->server);
    eddy_server_abort_clients(&self->server);
    if (self->server.loop)
        CO_AWAIT(co, eddy_server_wait_closed(&self->closed, &self->server));
    CO_END(co);
}

#endif
