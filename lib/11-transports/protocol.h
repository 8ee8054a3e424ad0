/*
 * protocol - who is told: what happens on a connection, as functions that a transport calls. A transport
 * moves the bytes; a protocol says what they mean. (The pair is Twisted's, and asyncio's.)
 *
 *     struct shout {
 *         struct eddy_transport transport;
 *         size_t bytes;                                      a connection's own
 *     };
 *
 *     static int shout_received(struct eddy_transport *transport, const char *bytes, size_t n)
 *     {
 *         struct shout *self = container_of(transport, struct shout, transport);
 *         ...
 *         return eddy_transport_write(transport, bytes, n);
 *     }
 *
 *     static const struct eddy_protocol shout = {
 *         .name = "shout", EDDY_CONNECTION(struct shout, transport), .data_received = shout_received};
 *
 * In order: connection_made once; data_received, as often as bytes come; eof_received once, or not at all;
 * connection_lost once. pause_writing and resume_writing in between, by turns. None is called while another
 * call of the same connection is under way, but for pause_writing, which comes out of a write.
 *
 * All of them may be NULL. Those that return an int return 0, or an error: it is told to the loop's exception
 * handler, and ends this connection, and no other. Threads: the loop's.
 */
#ifndef EDDY_PROTOCOL_H
#define EDDY_PROTOCOL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_transport;

/* What eof_received returns to keep the other direction open. */
enum { EDDY_KEEP_OPEN = 1 };

struct eddy_protocol {
    const char *name; /* for reports */
    size_t size;      /* of a connection's struct, for a server that allocates it; see below */
    size_t offset;    /* where in it the transport is */
    int (*connection_made)(struct eddy_transport *transport);
    /* `n` bytes, at least 1, have come, in any pieces. They are good until this returns. */
    int (*data_received)(struct eddy_transport *transport, const char *bytes, size_t n);
    /* The peer will send no more. 0, and without this function: the transport is closed, after what was
     * written has been sent. EDDY_KEEP_OPEN: it is not, and you may go on writing. */
    int (*eof_received)(struct eddy_transport *transport);
    /* It has ended, and its descriptor is closed. 0: by a close, an abort, or the peer's end. Else why. The
     * last call: the transport's memory may go. */
    void (*connection_lost)(struct eddy_transport *transport, int err);
    /* More waits to be sent than the upper mark: write no more. */
    void (*pause_writing)(struct eddy_transport *transport);
    /* No more than the lower mark. */
    void (*resume_writing)(struct eddy_transport *transport);
};

/* A connection is a `struct_type`, with the transport in its field `member`. (size and offset.) */
#define EDDY_CONNECTION(struct_type, member) \
    .size = sizeof(struct_type), .offset = offsetof(struct_type, member)

#ifdef __cplusplus
}
#endif

#endif
