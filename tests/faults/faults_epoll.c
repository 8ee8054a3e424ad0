/* The wrapped calls that only Linux has. */
#define _GNU_SOURCE
#include "faults_parts.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

const int faults_linked = 1;

/* These do what accept() and pipe() do, and go by their names in a plan: so one plan, and one row of
 * plausible.c, serves a build with them and one without. */
int __real_accept4(int fd, struct sockaddr *addr, socklen_t *n, int flags);
int __wrap_accept4(int fd, struct sockaddr *addr, socklen_t *n, int flags);
int __wrap_accept4(int fd, struct sockaddr *addr, socklen_t *n, int flags)
{
    return faults_fail("accept", NULL) ? -1 : __real_accept4(fd, addr, n, flags);
}

int __real_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags)
{
    return faults_fail("pipe", NULL) ? -1 : __real_pipe2(fds, flags);
}

WRAP(int, epoll_create1, (int flags), (flags))
WRAP(int, epoll_wait, (int fd, struct epoll_event *found, int most, int ms), (fd, found, most, ms))

static const char *epoll_ctl_kind(int operation)
{
    if (operation == EPOLL_CTL_DEL)
        return "epoll_ctl_del";
    return operation == EPOLL_CTL_ADD ? "epoll_ctl_add" : "epoll_ctl_mod";
}

/* Giving up a descriptor only fails when it has left the set before: so it leaves it here. */
int __real_epoll_ctl(int fd, int operation, int watched, struct epoll_event *wanted);
int __wrap_epoll_ctl(int fd, int operation, int watched, struct epoll_event *wanted);
int __wrap_epoll_ctl(int fd, int operation, int watched, struct epoll_event *wanted)
{
    bool failed = faults_fail("epoll_ctl", epoll_ctl_kind(operation));

    if (failed && operation != EPOLL_CTL_DEL)
        return -1;
    return __real_epoll_ctl(fd, operation, watched, wanted) < 0 || failed ? -1 : 0;
}
