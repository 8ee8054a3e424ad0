/* The other side of a scenario. What it calls is wrapped, too, but held: no faults, no counting. */
#include "errors.h"
#include "faults.h"
#include "sweep.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int release(int result)
{
    faults_hold(false);
    return result;
}

static int dial(int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int err, fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        return -errno;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
        return fd;
    err = -errno;
    close(fd);
    return err;
}

int sweep_dial(int port)
{
    faults_hold(true);
    return release(dial(port));
}

int sweep_pair(int fds[2])
{
    faults_hold(true); /* the scenario's own, and not what is tested */
    return release(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 ? -errno : 0);
}

static int await(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    return poll(&one, 1, 1000) == 1 ? 0 : -ETIMEDOUT;
}

int sweep_await(int fd)
{
    faults_hold(true);
    return release(await(fd));
}

int sweep_say(int fd, const char *text)
{
    size_t n = strlen(text);

    faults_hold(true);
    return release(send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : -EPIPE);
}

static int hear(int fd, const char *expected)
{
    char text[256];
    size_t n = strlen(expected), at = 0;

    while (at < n && await(fd) == 0) {
        ssize_t got = recv(fd, text + at, n - at, 0);
        if (got <= 0)
            break;
        at += (size_t)got;
    }
    return at == n && memcmp(text, expected, n) == 0 ? 0 : -EPROTO;
}

int sweep_hear(int fd, const char *expected)
{
    faults_hold(true);
    return release(hear(fd, expected));
}

void sweep_hang_up(int fd)
{
    faults_hold(true);
    close(fd);
    faults_hold(false);
}
