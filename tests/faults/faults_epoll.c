/* The wrapped calls that only Linux has, or that the library makes only there. */
#define _GNU_SOURCE
#include "faults_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
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

/* These return their error. Their names in a plan are shorter: a rule has 23 characters for them. */
int __real_posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions);
int __wrap_posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions);
int __wrap_posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions)
{
    return faults_fail("spawn_actions", NULL) ? errno
                                              : __real_posix_spawn_file_actions_init(actions);
}

int __real_posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int fd, int as);
int __wrap_posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int fd, int as);
int __wrap_posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int fd, int as)
{
    return faults_fail("spawn_adddup2", NULL)
               ? errno
               : __real_posix_spawn_file_actions_adddup2(actions, fd, as);
}

int __real_posix_spawnattr_init(posix_spawnattr_t *attributes);
int __wrap_posix_spawnattr_init(posix_spawnattr_t *attributes);
int __wrap_posix_spawnattr_init(posix_spawnattr_t *attributes)
{
    return faults_fail("spawn_attributes", NULL) ? errno : __real_posix_spawnattr_init(attributes);
}

int __real_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const arguments[],
                       char *const environment[]);
int __wrap_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const arguments[],
                       char *const environment[]);
int __wrap_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const arguments[],
                       char *const environment[])
{
    return faults_fail("posix_spawn", NULL)
               ? errno
               : __real_posix_spawn(pid, path, actions, attributes, arguments, environment);
}
