/*
 * Exercise 01.2, a drop-in: write the functions marked TODO, and your file takes the place of
 * lib/01-select-echo/net.c in the library. What each function promises stands in
 * lib/01-select-echo/net.h. All else is the library's own.
 *
 *     make check-01.2     make hint-01.2     make learn
 */
#include "net.h"

#include "errors.h"
#include "net_new.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Large enough for any address we serve; the union makes the casts between them legal C. */
union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

int eddy_net_parse_port(const char *text)
{
    int port = 0;

    if (*text == '\0')
        return EDDY_EPORT;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return EDDY_EPORT;
        port = port * 10 + (*text - '0');
        if (port > 65535)
            return EDDY_EPORT;
    }
    return port;
}

int eddy_net_prepare(int fd)
{
    /* TODO 01.2: write eddy_net_prepare(). */
    return -ENOSYS;
}

int eddy_net_close(int fd)
{
    /* EINTR here is no reason to try again: Linux has already freed the number, and by the second
     * call it may belong to another thread's file. */
    if (close(fd) < 0 && errno != EINTR)
        return -errno;
    return 0;
}

ssize_t eddy_net_recv(int fd, void *buf, size_t n)
{
    /* TODO 01.2: write eddy_net_recv(). */
    return -ENOSYS;
}

ssize_t eddy_net_send(int fd, const void *buf, size_t n)
{
    /* TODO 01.2: write eddy_net_send(). */
    return -ENOSYS;
}

/* These mean "that one connection is spoilt, ask for the next", not "accepting failed": what went
 * wrong on its network while it waited comes out of accept(), on Linux. */
static bool passed_over(int error)
{
    /* TODO 01.2: write passed_over(). */
    return false;
}

/* More than the listener's queue holds cannot be spoilt: then it is the listener that says so, such as
 * a datagram socket with EOPNOTSUPP. */
int eddy_net_accept(int listener)
{
    /* TODO 01.2: write eddy_net_accept(). */
    return -ENOSYS;
}

int eddy_net_port(int fd)
{
    union address addr;
    socklen_t len = sizeof addr;

    if (getsockname(fd, &addr.any, &len) < 0)
        return -errno;
    if (addr.any.sa_family == AF_INET)
        return ntohs(addr.v4.sin_port);
    if (addr.any.sa_family == AF_INET6)
        return ntohs(addr.v6.sin6_port);
    return -EAFNOSUPPORT;
}

/* A link-local address is one only together with its interface: "%lo" in the standard's way of writing. */
static void write_scope(unsigned index, char scope[])
{
    char name[IF_NAMESIZE];

    if (index == 0)
        scope[0] = '\0';
    else if (if_indextoname(index, name))
        snprintf(scope, IF_NAMESIZE + 1, "%%%s", name);
    else
        snprintf(scope, IF_NAMESIZE + 1, "%%%u", index);
}

int eddy_net_name(const struct sockaddr *addr, char *text, size_t n)
{
    const struct sockaddr_in *v4 = (const void *)addr;
    const struct sockaddr_in6 *v6 = (const void *)addr;
    char host[INET6_ADDRSTRLEN], scope[IF_NAMESIZE + 1];
    int length;

    if (addr->sa_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        length = snprintf(text, n, "%s:%d", host, ntohs(v4->sin_port));
    } else if (addr->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        write_scope(v6->sin6_scope_id, scope);
        length = snprintf(text, n, "[%s%s]:%d", host, scope, ntohs(v6->sin6_port));
    } else {
        return -EAFNOSUPPORT;
    }
    return (size_t)length < n ? 0 : -ENOSPC;
}

int eddy_net_peer_name(int fd, char *text, size_t n)
{
    union address addr;
    socklen_t len = sizeof addr;

    if (getpeername(fd, &addr.any, &len) < 0)
        return -errno;
    return eddy_net_name(&addr.any, text, n);
}

/* getaddrinfo() has error numbers of its own; these are ours for them. */
static int resolve_error(int code)
{
    switch (code) {
    case 0:
        return 0;
    case EAI_SYSTEM:
        return -errno;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_AGAIN:
        return EDDY_ERESOLVE;
    default:
        return EDDY_ENOHOST;
    }
}

/* "localhost" means the machine itself, whatever a name service says (RFC 6761). Without a name and
 * without AI_PASSIVE, getaddrinfo() gives the loopback addresses of both families. */
int eddy_net_resolve(const char *host, const char *service, const struct addrinfo *hints,
                     struct addrinfo **list)
{
    struct addrinfo own = *hints;

    if (host && strcmp(host, "localhost") == 0) {
        own.ai_flags &= ~(AI_PASSIVE | AI_CANONNAME);
        host = NULL;
    }
    return resolve_error(getaddrinfo(host, service, &own, list));
}

static int resolve_host(const char *host, struct addrinfo **list)
{
    static const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};

    return eddy_net_resolve(host, "0", &hints, list);
}

/* Options, bind() and listen(): all that makes a new socket a listener. */
static int set_up_listener(int fd, const struct addrinfo *info, int port)
{
    union address addr = {0};

    memcpy(&addr, info->ai_addr, info->ai_addrlen);
    if (info->ai_family == AF_INET6)
        addr.v6.sin6_port = htons((unsigned short)port);
    else
        addr.v4.sin_port = htons((unsigned short)port);

    /* A server that is started again must not wait for its old connections' TIME_WAIT to pass. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0)
        return -errno;
    /* Without this an IPv6 socket may claim the IPv4 port too, and the IPv4 socket finds it busy. */
    if (info->ai_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int)) < 0)
        return -errno;
    if (bind(fd, &addr.any, info->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0)
        return -errno;
    eddy_net_set_nodelay(fd); /* small answers leave at once */
    return 0;
}

static int listen_on(const struct addrinfo *info, int port)
{
    int err, fd = eddy_net_socket(info->ai_family, SOCK_STREAM);

    if (fd < 0)
        return fd;
    err = set_up_listener(fd, info, port);
    if (err == 0)
        return fd;
    eddy_net_close(fd);
    return err;
}

/* A name may stand for an address that this machine has not switched on, most often IPv6. */
static bool not_on_this_machine(int err)
{
    return err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL;
}

/* A hosts file may name one address twice. */
static bool listed_before(const struct addrinfo *list, const struct addrinfo *info)
{
    for (; list != info; list = list->ai_next)
        if (list->ai_addrlen == info->ai_addrlen &&
            memcmp(list->ai_addr, info->ai_addr, info->ai_addrlen) == 0)
            return true;
    return false;
}

/* One round over the addresses. Port 0 is settled by the first socket; the others must get it. */
static int listen_all(const struct addrinfo *list, int port, int fds[], int max)
{
    int n = 0, err = EDDY_ENOHOST;

    for (const struct addrinfo *info = list; info && n < max; info = info->ai_next) {
        if (listed_before(list, info))
            continue;
        err = listen_on(info, port);
        if (not_on_this_machine(err))
            continue;
        if (err < 0)
            goto fail;
        fds[n++] = err;
        if (port == 0)
            port = err = eddy_net_port(fds[0]);
        if (err < 0)
            goto fail;
    }
    return n > 0 ? n : err;

fail:
    while (n > 0)
        eddy_net_close(fds[--n]);
    return err;
}

int eddy_net_listen(const char *host, int port, int fds[], int max)
{
    struct addrinfo *list;
    int n, tries = 16, err;

    if (port < 0 || port > 65535)
        return EDDY_EPORT;
    if (max < 1)
        return -EINVAL;
    err = resolve_host(host, &list);
    if (err < 0)
        return err;
    /* A port that is free for one address may be taken for the next: then pick another. */
    do
        n = listen_all(list, port, fds, max);
    while (n == -EADDRINUSE && port == 0 && --tries > 0);
    freeaddrinfo(list);
    return n;
}
