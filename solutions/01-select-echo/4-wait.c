/*
 * Exercise 01.4, build: wait for a descriptor, but not for ever. 4-wait.h says what
 * wait_readable() promises. Try it:  make check-01.4
 */
#include "4-wait.h"

#include <errno.h>
#include <stddef.h>
#include <sys/select.h>
#include <time.h>

/* Milliseconds of a clock that nobody can set. */
static long long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

int wait_readable(int fd, int milliseconds)
{
    long long deadline = now() + milliseconds, left;
    struct timespec timeout;
    fd_set set;
    int n;

    if (fd < 0)
        return -EBADF;
    if (fd >= FD_SETSIZE)
        return -ERANGE;
    for (;;) {
        left = deadline - now();
        if (left < 0) /* the signal's handler has taken longer than that */
            left = 0;
        timeout.tv_sec = left / 1000;
        timeout.tv_nsec = left % 1000 * 1000000;
        FD_ZERO(&set);
        FD_SET(fd, &set);
        n = pselect(fd + 1, &set, NULL, NULL, milliseconds < 0 ? NULL : &timeout, NULL);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            return -errno;
    }
}
