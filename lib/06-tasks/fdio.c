#include "fdio.h"

#include "co.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

/* It waits first. A file cannot be waited for, since it is always ready: there the attempt is made at
 * once. */
static struct eddy_future *start_waiting(struct eddy_io *io, struct eddy_loop *loop,
                                         const struct eddy_future_type *type,
                                         int (*attempt_on_file)(struct eddy_io *io))
{
    struct eddy_future *future;

    io->may_block = true;
    future = eddy_io_start(io, loop, type, true);
    if (eddy_future_error(future) != -EPERM) /* eddy_waitable() says that of a file */
        return future;
    io->attempt = attempt_on_file;
    return eddy_io_start(io, loop, type, false);
}

/* ---- Ready ------------------------------------------------------------------------------------- */

static int say_ready(struct eddy_io *io)
{
    (void)io;
    return EDDY_IO_DONE;
}

static struct eddy_future *start_ready(struct eddy_io *io, struct eddy_loop *loop, int fd,
                                       int event, const struct eddy_future_type *type)
{
    *io = (struct eddy_io){.fd = fd, .event = event, .attempt = say_ready, .foreign = true};
    return start_waiting(io, loop, type, say_ready);
}

struct eddy_future *eddy_readable(struct eddy_io *io, struct eddy_loop *loop, int fd)
{
    static const struct eddy_future_type type = {.name = "readable", .cancel = eddy_io_cancel};

    return start_ready(io, loop, fd, EDDY_READ, &type);
}

struct eddy_future *eddy_writable(struct eddy_io *io, struct eddy_loop *loop, int fd)
{
    static const struct eddy_future_type type = {.name = "writable", .cancel = eddy_io_cancel};

    return start_ready(io, loop, fd, EDDY_WRITE, &type);
}

/* ---- Reading ----------------------------------------------------------------------------------- */

static int try_read(struct eddy_io *io)
{
    do
        io->n = read(io->fd, io->to, io->size);
    while (io->n < 0 && errno == EINTR);
    if (io->n < 0)
        return eddy_io_later(-errno);
    eddy_co_spend((size_t)io->n);
    return EDDY_IO_DONE;
}

struct eddy_future *eddy_read(struct eddy_io *io, struct eddy_loop *loop, int fd, void *buf,
                              size_t n)
{
    static const struct eddy_future_type type = {.name = "read", .cancel = eddy_io_cancel};

    *io = (struct eddy_io){.fd = fd, .event = EDDY_READ, .attempt = try_read, .to = buf, .size = n};
    return start_waiting(io, loop, &type, try_read);
}

/* ---- Writing ----------------------------------------------------------------------------------- */

/* A signal that waits for this thread already is left alone: it is somebody's. */
static bool is_pending(int signo)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, signo) == 1;
}

/* write() has no flag that says "no SIGPIPE", as send() has. So the signal is held back, and taken if
 * it has come; it is this thread's, as the write was. */
ssize_t eddy_write_some(int fd, const void *buf, size_t n)
{
    sigset_t sigpipe, before;
    bool theirs;
    ssize_t count;

    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
    theirs = sigismember(&before, SIGPIPE) == 1 && is_pending(SIGPIPE);
    do
        count = write(fd, buf, n);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        count = -errno;
    /* It comes, too, if the last reader leaves in the middle: then a part has been written. */
    if (!theirs && (count == -EPIPE || (count >= 0 && (size_t)count < n)))
        sigtimedwait(&sigpipe, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return count;
}

/* What is ready has room for a piece; for more it might block. */
static int try_write_piece(struct eddy_io *io)
{
    size_t rest = io->size - (size_t)io->n;
    ssize_t n =
        eddy_write_some(io->fd, (const char *)io->from + io->n, rest < PIPE_BUF ? rest : PIPE_BUF);

    if (n < 0)
        return eddy_io_later(n);
    io->n += n;
    eddy_co_spend((size_t)n);
    return (size_t)io->n < io->size ? EDDY_IO_NOT_NOW : EDDY_IO_DONE;
}

static int try_write(struct eddy_io *io)
{
    size_t most = (size_t)io->n + EDDY_IO_MOST, end = io->size < most ? io->size : most;

    while ((size_t)io->n < end) {
        ssize_t n = eddy_write_some(io->fd, (const char *)io->from + io->n, end - (size_t)io->n);
        if (n < 0)
            return eddy_io_later(n);
        io->n += n;
        eddy_co_spend((size_t)n);
    }
    return end < io->size ? EDDY_IO_GO_ON : EDDY_IO_DONE;
}

struct eddy_future *eddy_write(struct eddy_io *io, struct eddy_loop *loop, int fd, const void *buf,
                               size_t n)
{
    static const struct eddy_future_type type = {.name = "write", .cancel = eddy_io_cancel};
    int flags = fcntl(fd, F_GETFL);

    *io = (struct eddy_io){.fd = fd, .event = EDDY_WRITE, .from = buf, .size = n};
    if (flags < 0)
        return eddy_future_init_done(&io->future, loop, -errno);
    io->may_block = true;
    io->attempt = flags & O_NONBLOCK ? try_write : try_write_piece;
    if (flags & O_NONBLOCK || n == 0)
        return eddy_io_start(io, loop, &type, false);
    return start_waiting(io, loop, &type, try_write);
}
