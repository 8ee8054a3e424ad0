/*
 * create_connection - a transport to somebody else, by name: the addresses are asked for in a thread, and
 * tried as RFC 8305 says (Happy Eyeballs). (asyncio's create_connection)
 *
 *     CO_AWAIT(co, eddy_create_connection(&self->connecting, &self->transport, loop, "example.org", "80",
 *                                         &protocol));
 *
 * The first address is tried. If it has not answered after 250 ms, the next one is tried beside it, and so
 * on, by turns of both families; if it fails, the next one at once. The first that is connected wins, and
 * all others are closed. connection_made has been called when the await returns.
 *
 * Errors: the future's: those of eddy_getaddrinfo(), and, when all addresses have failed, the first one's;
 * `tries` has the error of each; EDDY_ECLOSED: the loop was closed. Cancelling closes what was begun; a name that
 * is being asked for comes to its end first. Memory: both structs, host, service and protocol are the caller's;
 * `connecting`, host and service stay until it is done, the transport until connection_lost. Threads: the loop's.
 */
#ifndef EDDY_CREATE_CONNECTION_H
#define EDDY_CREATE_CONNECTION_H

#include "resolve.h"
#include "sockio.h"
#include "transport.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { EDDY_CONNECT_TRIES = 16 }; /* addresses that are tried; more are not */

/* Read `address` and `err`. */
struct eddy_try {
    union eddy_address address;
    socklen_t size;
    int err; /* EDDY_EPENDING: not tried to the end */
    int fd;
    struct eddy_io io;
    struct eddy_handle done;
    struct eddy_connecting *connecting;
};

/* Read `tries` and `count`; touch no other field. Valid when zeroed. */
struct eddy_connecting {
    struct eddy_try tries[EDDY_CONNECT_TRIES];
    int count; /* addresses; */
    int begun; /* of which so many have been tried, */
    int ended; /* and so many have failed */
    struct eddy_future future;
    struct eddy_future refused;
    struct eddy_resolve resolve;
    struct eddy_future *asked; /* of the name */
    struct eddy_handle resolved;
    struct eddy_timer next;
    struct eddy_opened opened;
    struct eddy_transports_member
        member; /* as if it were open: what it has begun goes with the loop */
    struct eddy_transport *transport;
    const struct eddy_protocol *protocol;
    bool cancelled;
};

/* Connect to `host`, at the port `service`, "80" or "http". EDDY_EQUEUED: the transport is open, or connecting
 * is under way. EDDY_EPORT: a number that is none. EDDY_ECLOSED; -ENOMEM. */
struct eddy_future *eddy_create_connection(struct eddy_connecting *connecting,
                                           struct eddy_transport *transport, struct eddy_loop *loop,
                                           const char *host, const char *service,
                                           const struct eddy_protocol *protocol);

/* The same to a Unix socket at `path`. -ENOENT; -ECONNREFUSED: nobody listens any more; -EAGAIN: its line of
 * connections is full, try later; -ENAMETOOLONG. */
struct eddy_future *eddy_create_unix_connection(struct eddy_connecting *connecting,
                                                struct eddy_transport *transport,
                                                struct eddy_loop *loop, const char *path,
                                                const struct eddy_protocol *protocol);

#ifdef __cplusplus
}
#endif

#endif
