/* New descriptors on Linux, which has the flags in the calls. The build takes this file or
 * net_new_posix.c. */
#define _GNU_SOURCE /* accept4(), pipe2(), SOCK_CLOEXEC: they are not in POSIX.1-2008 */
#include "net_new.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC };

int eddy_net_socket(int family, int type)
{
    int fd = socket(family, type | FLAGS, 0);

    return fd < 0 ? -errno : fd;
}

int eddy_net_pair(int fds[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | FLAGS, 0, fds) < 0 ? -errno : 0;
}

int eddy_net_pipe(int fds[2])
{
    return pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0 ? -errno : 0;
}

int eddy_net_take(int listener)
{
    int fd = accept4(listener, NULL, NULL, FLAGS);

    if (fd >= 0)
        return fd;
    /* Two more errors of that one connection's network, which only Linux has. */
    return errno == ENONET || errno == EHOSTDOWN ? -ECONNABORTED : -errno;
}

/* A connection inherits it from its listener, so that it costs no call for each. */
void eddy_net_set_nodelay(int fd)
{
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}
