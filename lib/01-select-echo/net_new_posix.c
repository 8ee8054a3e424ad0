/* New descriptors where POSIX is all there is: each is made first and prepared then. The build takes
 * this file or net_new_linux.c. */
#include "net_new.h"

#include "net.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* An error must not cost a descriptor. */
static int prepared_socket(int fd)
{
    int err = fd < 0 ? -errno : eddy_net_prepare(fd);

    if (err == 0)
        return fd;
    if (fd >= 0)
        eddy_net_close(fd);
    return err;
}

static int both_prepared(int fds[2])
{
    int err = eddy_net_prepare(fds[0]);

    if (err == 0)
        err = eddy_net_prepare(fds[1]);
    if (err < 0) {
        eddy_net_close(fds[0]);
        eddy_net_close(fds[1]);
    }
    return err;
}

int eddy_net_socket(int family, int type)
{
    return prepared_socket(socket(family, type, 0));
}

int eddy_net_pair(int fds[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 ? -errno : both_prepared(fds);
}

int eddy_net_pipe(int fds[2])
{
    return pipe(fds) < 0 ? -errno : both_prepared(fds);
}

void eddy_net_set_nodelay(int fd)
{
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

/* Not everywhere does a socket inherit anything of its listener: so all is set again. (A peer that has
 * reset already makes the last one fail; recv will tell.) */
int eddy_net_take(int listener)
{
    int fd = prepared_socket(accept(listener, NULL, NULL));

    if (fd >= 0)
        eddy_net_set_nodelay(fd);
    return fd;
}
