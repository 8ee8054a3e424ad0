/*
 * limit_echo - an echo server with nothing in it but the system calls: one epoll loop, one buffer.
 *
 *     limit_echo PORT
 *
 * What eddy's echo servers are compared with: a library cannot be faster than this by much. (So it
 * is no model for a server: it does not even look at why accept() failed.) SIGTERM ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    int fd;
    char *rest; /* what there was no room for: until it is sent, nothing more is read; or NULL */
    size_t start, end;
};

static int epoll_fd;
static char buf[65536];

_Noreturn static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(int how, struct client *client, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = client};

    if (epoll_ctl(epoll_fd, how, fd, &event) < 0)
        fail("epoll_ctl");
}

static void drop(struct client *client)
{
    close(client->fd);
    free(client->rest);
    free(client);
}

static void keep(struct client *client, const char *bytes, size_t n)
{
    client->rest = malloc(n);
    if (!client->rest)
        fail("malloc");
    memcpy(client->rest, bytes, n);
    client->start = 0;
    client->end = n;
    watch(EPOLL_CTL_MOD, client, client->fd, EPOLLOUT);
}

static void on_readable(struct client *client)
{
    ssize_t n = recv(client->fd, buf, sizeof buf, 0), sent;

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            drop(client);
        return;
    }
    sent = send(client->fd, buf, (size_t)n, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN)
        drop(client);
    else if (sent < n)
        keep(client, buf + (sent > 0 ? sent : 0), (size_t)(sent > 0 ? n - sent : n));
}

static void on_writable(struct client *client)
{
    ssize_t n =
        send(client->fd, client->rest + client->start, client->end - client->start, MSG_NOSIGNAL);

    if (n < 0) {
        if (errno != EAGAIN)
            drop(client);
        return;
    }
    client->start += (size_t)n;
    if (client->start < client->end)
        return;
    free(client->rest);
    client->rest = NULL;
    watch(EPOLL_CTL_MOD, client, client->fd, EPOLLIN);
}

static void on_connections(int listener)
{
    int fd, one = 1;

    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        struct client *client = calloc(1, sizeof *client);

        if (!client)
            fail("calloc");
        client->fd = fd;
        fcntl(fd, F_SETFL, O_NONBLOCK);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(EPOLL_CTL_ADD, client, fd, EPOLLIN);
    }
}

static int listen_on(int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t n = sizeof addr;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, n) < 0 || listen(fd, SOMAXCONN) < 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || getsockname(fd, (struct sockaddr *)&addr, &n) < 0)
        fail("listen");
    printf("port %d\n", ntohs(addr.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char *argv[])
{
    struct epoll_event events[256];
    int listener = listen_on(argc > 1 ? atoi(argv[1]) : 0);

    epoll_fd = epoll_create1(0);
    if (epoll_fd < 0)
        fail("epoll_create1");
    watch(EPOLL_CTL_ADD, NULL, listener, EPOLLIN);
    for (;;) {
        int n = epoll_wait(epoll_fd, events, 256, -1);

        for (int i = 0; i < n; i++) {
            struct client *client = events[i].data.ptr;

            if (!client)
                on_connections(listener);
            else if (client->rest)
                on_writable(client);
            else
                on_readable(client);
        }
    }
}
