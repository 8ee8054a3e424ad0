#include "pipes.h"

#include "fdio.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static ssize_t read_some(int fd, void *bytes, size_t n)
{
    ssize_t got;

    do
        got = read(fd, bytes, n);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

/* The first piece: writev() could raise SIGPIPE, and eddy_write_some() does not. */
static ssize_t write_first(int fd, const struct iovec *pieces, int count)
{
    (void)count;
    return eddy_write_some(fd, pieces[0].iov_base, pieces[0].iov_len);
}

static int open_pipe(struct eddy_transport *transport, struct eddy_loop *loop, int fd,
                     const struct eddy_protocol *protocol, const struct eddy_transport_ops *ops)
{
    struct stat info;
    int err = fstat(fd, &info) < 0 ? -errno : S_ISREG(info.st_mode) ? -EPERM : 0;

    if (err == 0)
        err = eddy_net_prepare(fd);
    return err < 0 ? err : eddy_transport_open_with(transport, loop, fd, protocol, ops);
}

int eddy_connect_read_pipe(struct eddy_transport *transport, struct eddy_loop *loop, int fd,
                           const struct eddy_protocol *protocol)
{
    static const struct eddy_transport_ops ops = {.name = "pipe to read", .receive = read_some};

    return open_pipe(transport, loop, fd, protocol, &ops);
}

/* 1, 0, or an error. A terminal, or another device, has no other end that could go away; and what somebody
 * types is not for this one. Nor has a fifo that is open in both ways, and what is there to read may be our
 * own. */
static int has_no_other_end(int fd)
{
    struct stat info;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fstat(fd, &info) < 0)
        return -errno;
    return S_ISCHR(info.st_mode) || (S_ISFIFO(info.st_mode) && (flags & O_ACCMODE) == O_RDWR);
}

int eddy_connect_write_pipe(struct eddy_transport *transport, struct eddy_loop *loop, int fd,
                            const struct eddy_protocol *protocol)
{
    static const struct eddy_transport_ops ops = {.name = "pipe to write", .send = write_first};
    static const struct eddy_transport_ops device = {
        .name = "terminal to write", .send = write_first, .deaf = true};
    int alone = has_no_other_end(fd);

    return alone < 0 ? alone : open_pipe(transport, loop, fd, protocol, alone ? &device : &ops);
}
