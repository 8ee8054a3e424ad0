#include "sockio.h"

#include "co.h"
#include "net.h"
#include "net_new.h"

#include <errno.h>
#include <sys/uio.h>

/* ---- Accepting and connecting ------------------------------------------------------------------ */

static int try_accept(struct eddy_io *io)
{
    io->n = eddy_net_accept(io->fd);
    if (io->n < 0)
        return eddy_io_later(io->n);
    eddy_watches_adopt(&io->future.loop->watches, (int)io->n);
    return EDDY_IO_DONE;
}

struct eddy_future *eddy_accept(struct eddy_io *io, struct eddy_loop *loop, int listener)
{
    static const struct eddy_future_type type = {.name = "accept", .cancel = eddy_io_cancel};

    *io = (struct eddy_io){.fd = listener, .event = EDDY_READ, .attempt = try_accept};
    return eddy_io_start(io, loop, &type, false);
}

/* The first time it asks; the second time, when the socket is writable, what came of it. */
static int how_it_went(struct eddy_io *io)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return -errno;
    return error ? -error : EDDY_IO_DONE;
}

static int try_connect(struct eddy_io *io)
{
    io->attempt = how_it_went;
    if (connect(io->fd, io->from, io->address_size) == 0)
        return EDDY_IO_DONE;
    return errno == EINPROGRESS || errno == EINTR ? EDDY_IO_NOT_NOW : -errno;
}

struct eddy_future *eddy_connect(struct eddy_io *io, struct eddy_loop *loop, int fd,
                                 const struct sockaddr *address, socklen_t size)
{
    static const struct eddy_future_type type = {.name = "connect", .cancel = eddy_io_cancel};

    *io = (struct eddy_io){.fd = fd,
                           .event = EDDY_WRITE,
                           .attempt = try_connect,
                           .from = address,
                           .address_size = size};
    return eddy_io_start(io, loop, &type, false);
}

int eddy_socket(struct eddy_loop *loop, int family, int type)
{
    int fd = eddy_net_socket(family, type);

    if (fd < 0)
        return fd;
    if (type == SOCK_STREAM && family != AF_UNIX)
        eddy_net_set_nodelay(fd);
    eddy_adopt_fd(loop, fd);
    return fd;
}

void eddy_adopt_fd(struct eddy_loop *loop, int fd)
{
    if (!eddy_loop_is_closed(loop))
        eddy_watches_adopt(&loop->watches, fd);
}

/* ---- Streams ----------------------------------------------------------------------------------- */

static int try_recv(struct eddy_io *io)
{
    io->n = eddy_net_recv(io->fd, io->to, io->size);
    if (io->n < 0)
        return eddy_io_later(io->n);
    eddy_co_spend((size_t)io->n);
    if (io->n > 0 && (size_t)io->n < io->size)
        eddy_watches_set_drained(&io->future.loop->watches, io->fd);
    return EDDY_IO_DONE;
}

struct eddy_future *eddy_recv(struct eddy_io *io, struct eddy_loop *loop, int fd, void *buf,
                              size_t n)
{
    static const struct eddy_future_type type = {.name = "recv", .cancel = eddy_io_cancel};

    *io = (struct eddy_io){.fd = fd, .event = EDDY_READ, .attempt = try_recv, .to = buf, .size = n};
    return eddy_io_start(io, loop, &type, eddy_watches_drained(&loop->watches, fd));
}

static int try_send(struct eddy_io *io)
{
    size_t most = (size_t)io->n + EDDY_IO_MOST, end = io->size < most ? io->size : most;

    while ((size_t)io->n < end) {
        ssize_t n = eddy_net_send(io->fd, (const char *)io->from + io->n, end - (size_t)io->n);
        if (n < 0)
            return eddy_io_later(n);
        io->n += n;
        eddy_co_spend((size_t)n);
    }
    return end < io->size ? EDDY_IO_GO_ON : EDDY_IO_DONE;
}

struct eddy_future *eddy_sendall(struct eddy_io *io, struct eddy_loop *loop, int fd,
                                 const void *buf, size_t n)
{
    static const struct eddy_future_type type = {.name = "sendall", .cancel = eddy_io_cancel};

    *io = (struct eddy_io){
        .fd = fd, .event = EDDY_WRITE, .attempt = try_send, .from = buf, .size = n};
    return eddy_io_start(io, loop, &type, false);
}

/* ---- Datagrams --------------------------------------------------------------------------------- */

static int try_recvfrom(struct eddy_io *io)
{
    struct iovec room = {.iov_base = io->to, .iov_len = io->size};
    struct msghdr message = {.msg_name = io->address,
                             .msg_namelen = io->address ? io->address_size : 0,
                             .msg_iov = &room,
                             .msg_iovlen = 1};

    do
        io->n = recvmsg(io->fd, &message, 0);
    while (io->n < 0 && errno == EINTR);
    if (io->n < 0)
        return eddy_io_later(-errno);
    io->address_size = message.msg_namelen;
    io->truncated = message.msg_flags & MSG_TRUNC;
    eddy_co_spend((size_t)io->n);
    return EDDY_IO_DONE;
}

struct eddy_future *eddy_recvfrom(struct eddy_io *io, struct eddy_loop *loop, int fd, void *buf,
                                  size_t n, struct sockaddr *address, socklen_t size)
{
    static const struct eddy_future_type type = {.name = "recvfrom", .cancel = eddy_io_cancel};

    *io = (struct eddy_io){.fd = fd,
                           .event = EDDY_READ,
                           .attempt = try_recvfrom,
                           .to = buf,
                           .size = n,
                           .address = address,
                           .address_size = size};
    return eddy_io_start(io, loop, &type, false);
}

static int try_sendto(struct eddy_io *io)
{
    do
        io->n = sendto(io->fd, io->from, io->size, MSG_NOSIGNAL, io->address, io->address_size);
    while (io->n < 0 && errno == EINTR);
    if (io->n < 0)
        return eddy_io_later(-errno);
    eddy_co_spend((size_t)io->n);
    return EDDY_IO_DONE;
}

struct eddy_future *eddy_sendto(struct eddy_io *io, struct eddy_loop *loop, int fd, const void *buf,
                                size_t n, const struct sockaddr *address, socklen_t size)
{
    static const struct eddy_future_type type = {.name = "sendto", .cancel = eddy_io_cancel};

    *io = (struct eddy_io){.fd = fd,
                           .event = EDDY_WRITE,
                           .attempt = try_sendto,
                           .from = buf,
                           .size = n,
                           .address = (struct sockaddr *)(uintptr_t)address,
                           .address_size = size};
    return eddy_io_start(io, loop, &type, false);
}
