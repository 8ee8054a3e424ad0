#include "sockio.h"

#include "errors.h"
#include "net.h"
#include "net_new.h"

#include <errno.h>

/* ---- Every operation --------------------------------------------------------------------------- */

static void finish(struct eddy_io *io, int outcome)
{
    eddy_future_finish(&io->future, outcome < 0 ? outcome : 0, NULL);
}

/* Ready, or closed. Ready may turn out to be a false alarm. */
static void on_event(struct eddy_handle *handle)
{
    struct eddy_io *io = container_of(handle, struct eddy_io, watch.handle);
    struct eddy_loop *loop = io->future.loop;
    int outcome;

    eddy_watches_leave(&loop->watches, io->fd, io->event, &io->watch);
    outcome = io->watch.err < 0 ? io->watch.err : io->attempt(io);
    if (outcome == 0)
        outcome = eddy_watches_await(&loop->watches, io->fd, io->event, &io->watch);
    if (outcome != 0)
        finish(io, outcome);
}

static void cancel(struct eddy_future *future)
{
    struct eddy_io *io = container_of(future, struct eddy_io, future);

    eddy_watches_leave(&future->loop->watches, io->fd, io->event, &io->watch);
    eddy_future_set_error(future, -ECANCELED);
}

/* Whether to try at once: who waits already comes first, or its bytes would be mixed with ours. */
static int first_attempt(struct eddy_io *io, struct eddy_loop *loop, bool in_vain)
{
    if (eddy_loop_is_closed(loop))
        return EDDY_ECLOSED;
    if (eddy_watches_awaited(&loop->watches, io->fd, io->event))
        return EDDY_EWATCHED;
    return in_vain ? 0 : io->attempt(io);
}

/* Goes on: at once, unless that would be in vain. */
static struct eddy_future *start(struct eddy_io *io, struct eddy_loop *loop,
                                 const struct eddy_future_type *type, bool in_vain)
{
    int outcome = first_attempt(io, loop, in_vain);

    eddy_future_init_type(&io->future, loop, type);
    eddy_watch_init(&io->watch, on_event);
    if (outcome == 0)
        outcome = eddy_watches_await(&loop->watches, io->fd, io->event, &io->watch);
    if (outcome == 0)
        return &io->future;
    return eddy_future_init_done(&io->future, loop, outcome < 0 ? outcome : 0);
}

static int later(ssize_t n)
{
    return n == -EAGAIN || n == -EWOULDBLOCK ? 0 : (int)n;
}

/* ---- Accepting and connecting ------------------------------------------------------------------ */

static int try_accept(struct eddy_io *io)
{
    io->n = eddy_net_accept(io->fd);
    if (io->n < 0)
        return later(io->n);
    eddy_watches_adopt(&io->future.loop->watches, (int)io->n);
    return 1;
}

struct eddy_future *eddy_accept(struct eddy_io *io, struct eddy_loop *loop, int listener)
{
    static const struct eddy_future_type type = {.name = "accept", .cancel = cancel};

    *io = (struct eddy_io){.fd = listener, .event = EDDY_READ, .attempt = try_accept};
    io->future.loop = loop;
    return start(io, loop, &type, false);
}

/* The first time it asks; the second time, when the socket is writable, what came of it. */
static int how_it_went(struct eddy_io *io)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return -errno;
    return error ? -error : 1;
}

static int try_connect(struct eddy_io *io)
{
    io->attempt = how_it_went;
    if (connect(io->fd, io->from, io->address_size) == 0)
        return 1;
    return errno == EINPROGRESS || errno == EINTR ? 0 : -errno;
}

struct eddy_future *eddy_connect(struct eddy_io *io, struct eddy_loop *loop, int fd,
                                 const struct sockaddr *address, socklen_t size)
{
    static const struct eddy_future_type type = {.name = "connect", .cancel = cancel};

    *io = (struct eddy_io){.fd = fd,
                           .event = EDDY_WRITE,
                           .attempt = try_connect,
                           .from = address,
                           .address_size = size};
    return start(io, loop, &type, false);
}

int eddy_socket(struct eddy_loop *loop, int family, int type)
{
    int fd = eddy_net_socket(family, type);

    if (fd >= 0)
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
        return later(io->n);
    if (io->n > 0 && (size_t)io->n < io->size)
        eddy_watches_set_drained(&io->future.loop->watches, io->fd);
    return 1;
}

struct eddy_future *eddy_recv(struct eddy_io *io, struct eddy_loop *loop, int fd, void *buf,
                              size_t n)
{
    static const struct eddy_future_type type = {.name = "recv", .cancel = cancel};

    *io = (struct eddy_io){.fd = fd, .event = EDDY_READ, .attempt = try_recv, .to = buf, .size = n};
    io->future.loop = loop;
    return start(io, loop, &type, eddy_watches_drained(&loop->watches, fd));
}

static int try_send(struct eddy_io *io)
{
    while ((size_t)io->n < io->size) {
        ssize_t n = eddy_net_send(io->fd, (const char *)io->from + io->n, io->size - (size_t)io->n);
        if (n < 0)
            return later(n);
        io->n += n;
    }
    return 1;
}

struct eddy_future *eddy_sendall(struct eddy_io *io, struct eddy_loop *loop, int fd,
                                 const void *buf, size_t n)
{
    static const struct eddy_future_type type = {.name = "sendall", .cancel = cancel};

    *io = (struct eddy_io){
        .fd = fd, .event = EDDY_WRITE, .attempt = try_send, .from = buf, .size = n};
    return start(io, loop, &type, false);
}

/* ---- Datagrams --------------------------------------------------------------------------------- */

static int try_recvfrom(struct eddy_io *io)
{
    socklen_t *size = io->address ? &io->address_size : NULL;

    do
        io->n = recvfrom(io->fd, io->to, io->size, 0, io->address, size);
    while (io->n < 0 && errno == EINTR);
    return io->n < 0 ? later(-errno) : 1;
}

struct eddy_future *eddy_recvfrom(struct eddy_io *io, struct eddy_loop *loop, int fd, void *buf,
                                  size_t n, struct sockaddr *address, socklen_t size)
{
    static const struct eddy_future_type type = {.name = "recvfrom", .cancel = cancel};

    *io = (struct eddy_io){.fd = fd,
                           .event = EDDY_READ,
                           .attempt = try_recvfrom,
                           .to = buf,
                           .size = n,
                           .address = address,
                           .address_size = size};
    return start(io, loop, &type, false);
}

static int try_sendto(struct eddy_io *io)
{
    do
        io->n = sendto(io->fd, io->from, io->size, MSG_NOSIGNAL, io->address, io->address_size);
    while (io->n < 0 && errno == EINTR);
    return io->n < 0 ? later(-errno) : 1;
}

struct eddy_future *eddy_sendto(struct eddy_io *io, struct eddy_loop *loop, int fd, const void *buf,
                                size_t n, const struct sockaddr *address, socklen_t size)
{
    static const struct eddy_future_type type = {.name = "sendto", .cancel = cancel};

    *io = (struct eddy_io){.fd = fd,
                           .event = EDDY_WRITE,
                           .attempt = try_sendto,
                           .from = buf,
                           .size = n,
                           .address = (struct sockaddr *)(uintptr_t)address,
                           .address_size = size};
    return start(io, loop, &type, false);
}
