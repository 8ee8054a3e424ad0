/*
 * transport - who moves bytes: reads as they come, and hands them to a protocol; sends what is written, at
 * once as far as it goes, the rest when there is room. (asyncio's Transport)
 *
 *     eddy_transport_write(transport, "hello\n", 6);
 *     eddy_transport_close(transport);          after that has been sent
 *
 * What cannot be sent yet is copied and waits. Above an upper mark the protocol is told to pause, below a
 * lower one to go on. A writer who does not listen comes to a limit: EDDY_ELIMIT, and nothing is taken.
 *
 * One buffer of a loop receives for all of its connections, so a connection on which nothing happens has
 * none: it is this struct, and what the kernel has.
 *
 * Errors: negative codes. An error of the connection itself is told to connection_lost. Memory: the struct is
 * the caller's, or its server's, and stays until connection_lost has been called; a task that opens one in
 * its frame must see to that. Threads: the loop's.
 */
#ifndef EDDY_TRANSPORT_H
#define EDDY_TRANSPORT_H

#include "errors.h"
#include "opened.h"
#include "protocol.h"
#include "transports.h"
#include "write_buffer.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    EDDY_TRANSPORT_LOW = 16384, /* bytes: the marks, and the limit, unless you say others */
    EDDY_TRANSPORT_HIGH = 65536,
    EDDY_TRANSPORT_MOST = 64 << 20
};

/* The address of one side. A Unix socket's may be without a name. */
union eddy_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un path;
};

/* How bytes are moved: a socket, or one of the two ends of a pipe. */
struct eddy_transport_ops {
    const char *name;
    /* Bytes, 0 at the end, -EAGAIN, or an error. NULL: there is nothing to read. */
    ssize_t (*receive)(int fd, void *bytes, size_t n);
    /* Bytes that were taken, -EAGAIN, or an error. NULL: nothing can be written. */
    ssize_t (*send)(int fd, const struct iovec *pieces, int count);
    /* The other side will find the end. NULL: there is no such thing. */
    int (*shut)(int fd);
    /* Without receive: that there is something to read does not mean that nobody reads what is written. */
    bool deaf;
};

/* What is sent without being copied, such as a file (sendfile.h): after what waits already, and before what is
 * written from then on. */
struct eddy_transport_source {
    /* Send some to `fd`. Bytes, 0 when all has been sent, -EAGAIN, or an error. */
    ssize_t (*send)(struct eddy_transport_source *source, int fd);
    /* It is over: 0, or why. */
    void (*end)(struct eddy_transport_source *source, int err);
};

/* Read fd, peer, local and server, and use data; touch no other field. Valid when zeroed: closed. */
struct eddy_transport {
    int fd;                  /* -1: closed */
    void *data;              /* yours */
    union eddy_address peer; /* with the family AF_UNSPEC: there is none */
    union eddy_address local;
    struct eddy_server *server; /* whose connection it is; NULL: no server's */
    const struct eddy_protocol *protocol;
    const struct eddy_transport_ops *ops;
    struct eddy_loop *loop; /* NULL: closed */
    struct eddy_watch reader, writer;
    struct eddy_handle soon; /* connection_made, or connection_lost */
    struct eddy_write_buffer buffer;
    struct eddy_transport_source *source; /* sent after what is in the buffer; NULL: none */
    struct eddy_write_buffer later;       /* what comes after that */
    size_t low, high, most;
    struct eddy_transports_member member;              /* of the loop's */
    char *piece;                                       /* where all of the loop receive */
    void (*release)(struct eddy_transport *transport); /* its memory is its server's; NULL: yours */
    void *block;                                       /* that memory, */
    struct eddy_list sibling;                          /* and among the server's */
    struct eddy_opened opened;
    int err; /* for connection_lost */
    bool made, closing, lost_soon, eof, reading_paused, writing_paused, ends_writing, shut, resting;
};

/*
 * Open one over `fd`, a connected stream socket that does not block; it is the transport's from now on.
 * connection_made comes in the next turn. EDDY_EQUEUED: it is open, or a server's that has ended. EDDY_ECLOSED.
 * -ENOMEM. On an error `fd` is still yours.
 */
int eddy_transport_open(struct eddy_transport *transport, struct eddy_loop *loop, int fd,
                        const struct eddy_protocol *protocol);

/* ---- Writing ------------------------------------------------------------------------------------- */

/* Write `n` bytes. 0: they were sent, or copied. EDDY_ELIMIT: with these, more than the limit would wait;
 * none was taken. EDDY_ECLOSED: it is closing, or write_eof() was called. -EBADF: a pipe to read from. An
 * error of the connection, which ends it. */
int eddy_transport_write(struct eddy_transport *transport, const void *bytes, size_t n);

/* The same for several pieces, in one system call if there is room. `count` is 1 to 1024. -EINVAL. */
int eddy_transport_writelines(struct eddy_transport *transport, const struct iovec *pieces,
                              int count);

/* After what was written: the peer will find the end, and can still send. -EOPNOTSUPP: there is no such thing
 * here. EDDY_ECLOSED. Twice is harmless. */
int eddy_transport_write_eof(struct eddy_transport *transport);
bool eddy_transport_can_write_eof(const struct eddy_transport *transport);

/* Above `high` bytes that wait the protocol pauses, at `low` or fewer it resumes, which may be in this call; there
 * are never more than `most`. -EINVAL, unless low <= high <= most. */
int eddy_transport_set_write_buffer_limits(struct eddy_transport *transport, size_t low,
                                           size_t high, size_t most);

/* Bytes that wait. */
size_t eddy_transport_get_write_buffer_size(const struct eddy_transport *transport);

/* ---- Reading ------------------------------------------------------------------------------------- */

/* No data_received and no eof_received until it is resumed; what comes stays in the kernel. Twice is
 * harmless, and so is a transport that is closing, or one to write to alone, which never reads. */
void eddy_transport_pause_reading(struct eddy_transport *transport);
void eddy_transport_resume_reading(struct eddy_transport *transport);
bool eddy_transport_is_reading(const struct eddy_transport *transport);

/* Another protocol is told from now on. */
void eddy_transport_set_protocol(struct eddy_transport *transport,
                                 const struct eddy_protocol *protocol);

/* ---- Its end ------------------------------------------------------------------------------------- */

/* What was written is sent; then it ends. Nothing is received any more. Twice is harmless. Sent means: the system
 * has it. If a TCP peer has sent what was never read, the system resets the connection at the end, and drops what
 * the peer has not got yet. To be sure that all arrives: write_eof(), and close when the peer's end comes. */
void eddy_transport_close(struct eddy_transport *transport);

/* What waits is dropped, and it ends. */
void eddy_transport_abort(struct eddy_transport *transport);

/* It was closed, or will be after the peer's end; or it has ended. */
static inline bool eddy_transport_is_closing(const struct eddy_transport *transport)
{
    return !transport->loop || transport->closing;
}

/* ---- For what moves the bytes: this chapter's other modules ----------------------------------------- */

/* Open one over any descriptor, whose bytes these functions move. */
int eddy_transport_open_with(struct eddy_transport *transport, struct eddy_loop *loop, int fd,
                             const struct eddy_protocol *protocol,
                             const struct eddy_transport_ops *ops);

/* It ends: what waits is dropped, and connection_lost will be called, with `err`. The first time counts. */
void eddy_transport_fail(struct eddy_transport *transport, int err);

/* What waits to be sent is dropped, and a source is told `err`; of 0, EDDY_ECLOSED. */
void eddy_transport_drop_waiting(struct eddy_transport *transport, int err);

/* Nothing of the library points to it any more, but its watches. */
void eddy_transport_detach(struct eddy_transport *transport);

/* It is `task` that has opened it, or nobody (NULL). If it lies in that task's frame, it ends when the task is
 * abandoned. Twice is harmless. -ENOMEM. */
int eddy_transport_note_task(struct eddy_transport *transport, struct eddy_task *task);

/* It ends at once, and nobody is told: its task is abandoned, or it was never used. Closed is harmless. */
void eddy_transport_discard(struct eddy_transport *transport);

/* What transport_open.c begins with. */
void eddy_transport_init_reading(struct eddy_transport *transport);
void eddy_transport_init_writing(struct eddy_transport *transport);

/* It was told by its watch that this is over: it ends. */
bool eddy_transport_taken_away(struct eddy_transport *transport, const struct eddy_watch *watch);

/* It pauses, if more waits than the upper mark; not before connection_made. */
void eddy_transport_heed_marks(struct eddy_transport *transport);
/* Somebody else has closed the descriptor, through the loop, and its number is not ours any more: also while its
 * watches stand in line to be told of that. */
static inline bool eddy_transport_lacks_fd(const struct eddy_transport *transport)
{
    return transport->reader.err == EDDY_ECLOSED || transport->writer.err == EDDY_ECLOSED;
}

/* Then it forgets the number. */
void eddy_transport_check_fd(struct eddy_transport *transport);

void eddy_transport_stop_writing(struct eddy_transport *transport);

/* Why no source can be sent: EDDY_ECLOSED, -EBADF; EDDY_EWATCHED: there is one already. 0: it can. */
int eddy_transport_refuse_source(const struct eddy_transport *transport);

/* `source` is sent after what waits by now, if it was not refused. It may have ended when this returns: with
 * an error, if nobody can watch the descriptor. */
void eddy_transport_send_source(struct eddy_transport *transport,
                                struct eddy_transport_source *source);

/* It is not sent any more: the connection has failed, since nobody knows what the peer has got. */
void eddy_transport_drop_source(struct eddy_transport *transport, int err);

/* Nothing waits to be sent. */
static inline bool eddy_transport_drained(const struct eddy_transport *transport)
{
    return transport->buffer.size == 0 && !transport->source;
}

static inline bool eddy_transport_watches(const struct eddy_transport *transport, int event)
{
    return eddy_watches_awaited(&transport->loop->watches, transport->fd, event);
}

static inline bool eddy_transport_not_now(ssize_t result)
{
    return result == -EAGAIN || result == -EWOULDBLOCK;
}

#ifdef __cplusplus
}
#endif

#endif
