/*
 * server - listens, and makes a connection of each client: a transport, and the struct that your protocol
 * has for it. (asyncio's create_server)
 *
 *     err = eddy_create_server(&self->server, loop, "localhost", 8081, &shout);
 *     ...
 *     CO_FINALLY(co);
 *     eddy_server_close(&self->server);
 *     eddy_server_abort_clients(&self->server);
 *     CO_AWAIT(co, eddy_server_wait_closed(&self->closed, &self->server));
 *
 * A connection's struct is one zeroed block; its server frees it after connection_lost, or when the loop is
 * closed: last of all, so it may have timers and other transports in it. transport->server is the server, so
 * with container_of a connection finds what all of them share.
 *
 * Closing ends the listening, and no connection. When the system has no more descriptors or no memory for one
 * client, that is reported, and it tries again a second later.
 *
 * Errors: negative codes. Memory: the struct is the caller's, and stays until it is closed and the last
 * connection has ended (eddy_server_wait_closed). Threads: the loop's.
 */
#ifndef EDDY_SERVER_H
#define EDDY_SERVER_H

#include "transport.h"
#include "unix_path.h"
#include "waiter.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { EDDY_SERVER_LISTENERS = 8 };

struct eddy_listener {
    struct eddy_watch watch;
    struct eddy_server *server;
    int fd;
};

/* Read port, count and connections; touch no other field. Valid when zeroed: closed. */
struct eddy_server {
    int port;           /* on which it listens; 0: it has none */
    int count;          /* listeners; 0: it is closed */
    size_t connections; /* that have not ended */
    struct eddy_loop *loop;
    const struct eddy_protocol *protocol;
    struct eddy_listener listeners[EDDY_SERVER_LISTENERS];
    struct eddy_list clients;
    struct eddy_list waiters;
    struct eddy_timer retry;
    struct eddy_opened opened;
    void *spare;                /* for the next connection: without memory, none is accepted */
    struct eddy_unix_file file; /* of a Unix socket: the close removes it */
};

/*
 * Listen for TCP connections on all addresses of `host` (NULL: all of this machine's). Port 0 picks a free one:
 * server->port. Asks the name service, so it may block, unless host is NULL, a number, or "localhost".
 * Errors of eddy_net_listen(); EDDY_EQUEUED: it is open; EDDY_ECLOSED; -ENOMEM; -EINVAL: the protocol has no
 * size (EDDY_CONNECTION).
 */
int eddy_create_server(struct eddy_server *server, struct eddy_loop *loop, const char *host,
                       int port, const struct eddy_protocol *protocol);

/* The same at a path of the file system. A socket that is there, and at which nobody listens any more, is
 * replaced. -EADDRINUSE: somebody listens, or a file is there that is no socket. -ENAMETOOLONG. */
int eddy_create_unix_server(struct eddy_server *server, struct eddy_loop *loop, const char *path,
                            const struct eddy_protocol *protocol);

/* The same on sockets that listen already and do not block, 1 to 8 of them, such as a supervisor's. They are
 * the server's from now on; on an error they are still yours. Also an error of asking for the port. */
int eddy_create_server_on(struct eddy_server *server, struct eddy_loop *loop, const int listeners[],
                          int count, const struct eddy_protocol *protocol);

/* Listen no more: at once, clients are refused. Connections go on. Twice is harmless. */
void eddy_server_close(struct eddy_server *server);

/* Close, or abort, all its connections. O(connections). */
void eddy_server_close_clients(struct eddy_server *server);
void eddy_server_abort_clients(struct eddy_server *server);

struct eddy_server_wait {
    struct eddy_waiter waiter;
    struct eddy_future refused;
};

/* Until it is closed and its last connection has ended. Several tasks may wait. EDDY_EQUEUED: `wait` waits
 * already. EDDY_ECLOSED: it was never open, or its loop is closed. */
struct eddy_future *eddy_server_wait_closed(struct eddy_server_wait *wait,
                                            struct eddy_server *server);

#ifdef __cplusplus
}
#endif

#endif
