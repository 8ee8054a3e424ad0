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
    /* TODO 12.4: write pump(). */
    return EDDY_RETURNED;
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
    /* TODO 12.4: write proxied(). */
    return EDDY_RETURNED;
}
