/*
 * datagram - an endpoint for datagrams, UDP or of a Unix path: each comes whole, as one call, with the
 * sender's address, or not at all. (asyncio's create_datagram_endpoint)
 *
 *     static void received(struct eddy_datagram *endpoint, const void *bytes, size_t n,
 *                          const struct sockaddr *from, socklen_t size)
 *     {
 *         eddy_datagram_sendto(endpoint, bytes, n, from, size);
 *     }
 *
 * What cannot be sent at once is copied and waits, one by one, in order; above a mark the protocol is told to
 * pause. A datagram that the system refuses goes to error_received, and the next one is sent all the same.
 * Datagrams get lost, come twice, and change their order: that is what they are.
 *
 * Errors: negative codes. Memory: the struct is the caller's, and stays until connection_lost has been called.
 * Threads: the loop's.
 */
#ifndef EDDY_DATAGRAM_H
#define EDDY_DATAGRAM_H

#include "opened.h"
#include "transport.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { EDDY_DATAGRAM_MOST = 65507 }; /* bytes in one, over IPv4 */

struct eddy_datagram;

/* The functions that are called; each may be NULL. */
struct eddy_datagram_protocol {
    const char *name;
    void (*connection_made)(struct eddy_datagram *endpoint);
    /* `n` bytes, perhaps 0, at most 65,535. They, and the address, are good until this returns. A Unix socket
     * without a name has an address of size 0, or of its family alone. */
    void (*datagram_received)(struct eddy_datagram *endpoint, const void *bytes, size_t n,
                              const struct sockaddr *from, socklen_t size);
    /* A send or a receive has failed; the endpoint goes on. eddy_datagram_sendto() calls this, too: to send
     * again from here what fails at once is a recursion. -EMSGSIZE of a receive: a larger datagram has come,
     * and is dropped. */
    void (*error_received)(struct eddy_datagram *endpoint, int err);
    void (*connection_lost)(struct eddy_datagram *endpoint, int err);
    void (*pause_writing)(struct eddy_datagram *endpoint);
    void (*resume_writing)(struct eddy_datagram *endpoint);
};

/* Read fd and local, and use data; touch no other field. Valid when zeroed: closed. */
struct eddy_datagram {
    int fd;
    void *data; /* yours */
    union eddy_address local;
    const struct eddy_datagram_protocol *protocol;
    struct eddy_loop *loop; /* NULL: closed */
    char *piece;            /* where all of the loop receive */
    struct eddy_watch reader, writer;
    struct eddy_handle soon;
    struct eddy_timer rest;
    struct eddy_transports_member member;
    struct eddy_list waiting; /* datagrams to be sent */
    size_t size;              /* bytes in them, and 64 more for each */
    struct eddy_opened opened;
    int err;
    bool made, closing, lost_soon, writing_paused;
};

/*
 * Open one over `fd`, a datagram socket that does not block; it is the endpoint's from now on. -ENOMEM,
 * EDDY_EQUEUED, EDDY_ECLOSED: it is still yours.
 */
int eddy_datagram_open(struct eddy_datagram *endpoint, struct eddy_loop *loop, int fd,
                       const struct eddy_datagram_protocol *protocol);

/*
 * Open one over a new UDP socket. `host` and `port`: where it receives; NULL: on all addresses of this
 * machine, and port 0 picks a free one (eddy_datagram_port). Asks the name service, so it may block, unless
 * host is NULL, a number, or "localhost", of which the first address is taken.
 */
int eddy_create_datagram_endpoint(struct eddy_datagram *endpoint, struct eddy_loop *loop,
                                  const char *host, int port,
                                  const struct eddy_datagram_protocol *protocol);

/* From now on it sends to this address, and receives from nobody else: then the system also tells when
 * nobody is there (-ECONNREFUSED to error_received). */
int eddy_datagram_connect(struct eddy_datagram *endpoint, const struct sockaddr *to,
                          socklen_t size);

/* The port on which it receives, or an error. */
int eddy_datagram_port(const struct eddy_datagram *endpoint);

/*
 * Send a datagram of `n` bytes to an address; `to` NULL: to the one that it is connected to. 0: it was sent,
 * or waits, or has failed, which error_received is told. -EMSGSIZE: more than EDDY_DATAGRAM_MOST.
 * EDDY_ELIMIT: too much waits already. -ENOMEM. EDDY_ECLOSED. Another error: nobody can tell when there is
 * room, which ends it.
 */
int eddy_datagram_sendto(struct eddy_datagram *endpoint, const void *bytes, size_t n,
                         const struct sockaddr *to, socklen_t size);

/* Bytes that wait, and 64 more for each datagram. */
static inline size_t eddy_datagram_get_write_buffer_size(const struct eddy_datagram *endpoint)
{
    return endpoint->size;
}

/* What waits is sent, and it ends; or is dropped. Twice is harmless. */
void eddy_datagram_close(struct eddy_datagram *endpoint);
void eddy_datagram_abort(struct eddy_datagram *endpoint);

static inline bool eddy_datagram_is_closing(const struct eddy_datagram *endpoint)
{
    return !endpoint->loop || endpoint->closing;
}

#ifdef __cplusplus
}
#endif

#endif
