#include "transport.h"

#include "errors.h"
#include "net.h"
#include "sockio.h"

#include <errno.h>

/* ---- Opening ------------------------------------------------------------------------------------- */

static void release_forgotten(struct eddy_transports_member *member)
{
    struct eddy_transport *transport = container_of(member, struct eddy_transport, member);

    transport->release(transport);
}

/* The loop is being closed: no user code runs any more. A server's connection may have timers and other
 * transports beside it in its memory, so that goes last. */
static void forget_transport(struct eddy_transports_member *member)
{
    struct eddy_transport *transport = container_of(member, struct eddy_transport, member);
    struct eddy_watches *watches = &transport->loop->watches;

    eddy_transport_check_fd(transport);
    eddy_watches_leave(watches, transport->fd, EDDY_READ, &transport->reader);
    eddy_watches_leave(watches, transport->fd, EDDY_WRITE, &transport->writer);
    eddy_transport_detach(transport);
    eddy_transport_drop_waiting(transport, EDDY_ECLOSED);
    if (transport->fd >= 0)
        eddy_net_close(transport->fd);
    transport->fd = -1;
    if (transport->release)
        member->release = release_forgotten;
}

void eddy_transport_discard(struct eddy_transport *transport)
{
    struct eddy_loop *loop = transport->loop;

    if (!loop)
        return;
    eddy_transport_fail(transport, 0); /* its watches, and what waits */
    eddy_transport_detach(transport);
    if (transport->fd >= 0)
        eddy_loop_close_fd(loop, transport->fd);
    transport->fd = -1;
}

static void leave_frame(struct eddy_opened *opened)
{
    eddy_transport_discard(container_of(opened, struct eddy_transport, opened));
}

int eddy_transport_note_task(struct eddy_transport *transport, struct eddy_task *task)
{
    if (!task || eddy_list_linked(&transport->opened.link) || !eddy_task_holds(task, transport))
        return 0;
    return eddy_opened_add(&transport->opened, task, leave_frame);
}

/* For a pipe, and for a socket without a name, this says nothing. */
static void ask_addresses(struct eddy_transport *transport)
{
    socklen_t size = sizeof transport->peer;

    if (getpeername(transport->fd, &transport->peer.any, &size) < 0)
        transport->peer.any.sa_family = AF_UNSPEC;
    size = sizeof transport->local;
    if (getsockname(transport->fd, &transport->local.any, &size) < 0)
        transport->local.any.sa_family = AF_UNSPEC;
}

static void init_transport(struct eddy_transport *transport, struct eddy_loop *loop, int fd,
                           const struct eddy_protocol *protocol,
                           const struct eddy_transport_ops *ops)
{
    transport->fd = fd;
    transport->loop = loop;
    transport->protocol = protocol;
    transport->ops = ops;
    eddy_transport_init_reading(transport);
    eddy_transport_init_writing(transport);
}

int eddy_transport_open_with(struct eddy_transport *transport, struct eddy_loop *loop, int fd,
                             const struct eddy_protocol *protocol,
                             const struct eddy_transport_ops *ops)
{
    void *data = transport->data;
    bool taken = transport->loop || transport->release; /* or its server is about to free it */
    int err = taken ? EDDY_EQUEUED : eddy_loop_is_closed(loop) ? EDDY_ECLOSED : 0;

    if (err == 0)
        err = eddy_loop_check_thread(loop, "transport_open");
    if (err < 0)
        return err;
    *transport = (struct eddy_transport){.fd = -1, .data = data};
    transport->member.forget = forget_transport;
    err = eddy_transports_join(loop, &transport->member, &transport->piece);
    if (err < 0)
        return err;
    err = eddy_transport_note_task(transport, eddy_current_task());
    if (err < 0) {
        eddy_transports_leave(&transport->member);
        return err;
    }
    init_transport(transport, loop, fd, protocol, ops);
    eddy_adopt_fd(loop, fd);
    ask_addresses(transport);
    return eddy_loop_call_soon(loop, &transport->soon);
}

/* ---- Sockets ------------------------------------------------------------------------------------- */

static ssize_t send_pieces(int fd, const struct iovec *pieces, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = (size_t)count};
    ssize_t n;

    if (count == 1)
        return eddy_net_send(fd, pieces[0].iov_base, pieces[0].iov_len);
    do
        n = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* A peer that has gone already finds the end, too. */
static int shut_socket(int fd)
{
    return shutdown(fd, SHUT_WR) < 0 && errno != ENOTCONN ? -errno : 0;
}

int eddy_transport_open(struct eddy_transport *transport, struct eddy_loop *loop, int fd,
                        const struct eddy_protocol *protocol)
{
    static const struct eddy_transport_ops ops = {
        .name = "socket", .receive = eddy_net_recv, .send = send_pieces, .shut = shut_socket};

    return eddy_transport_open_with(transport, loop, fd, protocol, &ops);
}
