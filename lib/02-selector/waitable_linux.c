/* Linux's answer, for all selectors: epoll's. The build takes this file or waitable_posix.c. */
#include "waitable.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

int eddy_waitable_probe(int fd, const struct stat *info)
{
    struct epoll_event wanted = {.events = EPOLLIN};
    int probe = epoll_create1(EPOLL_CLOEXEC), err;

    (void)info;
    if (probe < 0)
        return -errno;
    err = epoll_ctl(probe, EPOLL_CTL_ADD, fd, &wanted) < 0 ? -errno : 0;
    close(probe);
    return err;
}
