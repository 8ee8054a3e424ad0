/* The wrapped calls that only Linux has. */
#include "faults_parts.h"

#include <sys/epoll.h>

const int faults_linked = 1;

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
