/*
 * Exercise 12.4: a proxy between a client and a server, which waits for neither of them for ever. Each of the
 * two is a side, with a patience: so many seconds the proxy waits for it.
 *
 * When is that over? When one of these two waits has taken so long:
 *
 * - The proxy waits for BYTES from this side. But whenever a write to this side is done, this time begins anew:
 *   a client that listens to a long answer, and says nothing, is there.
 * - A WRITE to this side waits for room. Nothing makes this time begin anew, not even bytes from this side: a
 *   client that sends and never reads would keep the proxy, and the server, for ever.
 *
 * While a pump waits for one side, it does not count the other one's time: a server from which nobody reads, since
 * the client has no room, is not idle. And when a side has sent its end, no pump waits for bytes from it.
 */
#ifndef PROXY_H
#define PROXY_H

#include "group.h"
#include "stream.h"
#include "task.h"
#include "timeout.h"
#include "wait_for.h"

struct side {
    struct eddy_stream *stream;
    double patience; /* seconds */
    /* These two are for you, and zeroed at the beginning. Use what you like. */
    struct eddy_timeout idle;
    double moved;
};

/*
 * One direction: what comes from one side is passed on to the other. When `from` has sent its end, so has the
 * pump: `to` is told (eddy_stream_write_eof), and the pump ends with success. -ETIMEDOUT: the patience of one
 * of the two is over. Else the error of the stream that failed.
 */
struct pump {
    struct eddy_co co;
    struct side *from, *to;
    struct eddy_stream_wait wait;
    struct eddy_wait_for limit;
};

struct eddy_step pump(struct eddy_co *co);

/*
 * The task of one client: a handler, as in stream_server.h, with these fields set. It connects to the server,
 * and pumps in both directions.
 *
 * - `connect` begins to open self->way; the way is open when its future is done. If that takes longer than
 *   `connect_patience`, the future is cancelled, and the task ends with -ETIMEDOUT.
 * - When both directions have ended, that is the end: the way is closed, and what was written is sent. If the
 *   server does not take it within its patience, that is -ETIMEDOUT, too.
 * - If one direction fails, for its time or for any other reason, the other one ends with it, at once, and the
 *   task ends with that error.
 * - WHEN THE TASK ENDS, BOTH PUMPS AND THE WAY HAVE ENDED, whatever has happened. The client's stream is the
 *   caller's: the server that runs this handler closes it.
 */
struct proxied {
    struct eddy_co co;
    struct eddy_stream *stream; /* the client's, open */
    struct eddy_future *(*connect)(struct proxied *self);
    double connect_patience;
    struct side client, server; /* their patience is set */
    struct eddy_stream way;     /* to the server */
    struct eddy_group pumps;    /* these three are for you */
    struct eddy_wait_for limit;
    struct eddy_stream_wait closed;
};

struct eddy_step proxied(struct eddy_co *co);

#endif
