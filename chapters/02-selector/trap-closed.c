/* Trap: a descriptor is closed while it is being watched. Each mechanism says something else. */
#include "errors.h"
#include "selector.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMES = 1000 };

/* A descriptor that was open a moment ago. */
static int closed_one(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    close(fd);
    return fd;
}

static void with_select(int fd)
{
    int failed = 0;
    fd_set readable;

    for (int i = 0; i < TIMES; i++) {
        FD_ZERO(&readable);
        FD_SET(fd, &readable);
        failed += select(fd + 1, &readable, NULL, NULL, NULL) < 0 && errno == EBADF;
    }
    printf("select():  EBADF, and not for whom; %d of %d times, without waiting\n", failed, TIMES);
}

static void with_poll(int fd)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    int told = 0;

    for (int i = 0; i < TIMES; i++)
        told += poll(&polled, 1, -1) == 1 && polled.revents == POLLNVAL;
    printf("poll():    POLLNVAL, not POLLIN;    %d of %d times, without waiting\n", told, TIMES);
}

/* The kernel's set is of open files, not of numbers: it is left when the file is closed, which is
 * when its last descriptor is closed. */
static void with_epoll(void)
{
    struct eddy_selector selector;
    struct eddy_event event;
    int pair[2], copy, found = 0, told = 0;

    if (eddy_selector_open(&selector, "epoll") < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
        printf("epoll:     not in this build\n");
        return;
    }
    copy = dup(pair[0]);
    if (eddy_selector_register(&selector, copy, EDDY_READ, NULL) == 0 &&
        write(pair[1], "x", 1) == 1) {
        close(copy);
        eddy_selector_unregister(&selector, copy);
        for (int i = 0; i < TIMES; i++) {
            found += eddy_selector_wait(&selector, 0);
            told += eddy_selector_next(&selector, &event);
        }
    }
    printf("epoll, with a copy left open:       a ghost. eddy's selector on it:\n");
    printf("eddy_selector_wait() finds it       %d of %d times\n", found, TIMES);
    printf("eddy_selector_next() tells of it    %d times\n", told);
    close(pair[0]);
    close(pair[1]);
    eddy_selector_close(&selector);
}

int main(void)
{
    with_select(closed_one());
    with_poll(closed_one());
    with_epoll();
    return 0;
}
