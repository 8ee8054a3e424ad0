/* Sockets for datagram endpoints: which address they have, and with whom they are connected. */
#include "datagram.h"

#include "errors.h"
#include "net.h"
#include "net_new.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>

static int bind_datagram(const struct addrinfo *info)
{
    int fd = eddy_net_socket(info->ai_family, SOCK_DGRAM), err;

    if (fd < 0 || bind(fd, info->ai_addr, info->ai_addrlen) == 0)
        return fd;
    err = -errno;
    eddy_net_close(fd);
    return err;
}

static int open_socket(const char *host, int port)
{
    static const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list;
    char service[8];
    int err, fd = EDDY_ENOHOST;

    if (port < 0 || port > 65535)
        return EDDY_EPORT;
    snprintf(service, sizeof service, "%d", port);
    err = eddy_net_resolve(host, service, &hints, &list);
    if (err < 0)
        return err;
    for (const struct addrinfo *info = list; info && fd < 0; info = info->ai_next)
        fd = bind_datagram(info);
    freeaddrinfo(list);
    return fd;
}

int eddy_create_datagram_endpoint(struct eddy_datagram *endpoint, struct eddy_loop *loop,
                                  const char *host, int port,
                                  const struct eddy_datagram_protocol *protocol)
{
    int err, fd;

    if (endpoint->loop)
        return EDDY_EQUEUED;
    fd = open_socket(host, port);
    if (fd < 0)
        return fd;
    err = eddy_datagram_open(endpoint, loop, fd, protocol);
    if (err < 0)
        eddy_net_close(fd);
    return err;
}

int eddy_datagram_connect(struct eddy_datagram *endpoint, const struct sockaddr *to, socklen_t size)
{
    int failed, err;

    if (eddy_datagram_is_closing(endpoint))
        return EDDY_ECLOSED;
    err = eddy_loop_check_thread(endpoint->loop, "datagram_connect");
    if (err < 0)
        return err;
    do
        failed = connect(endpoint->fd, to, size);
    while (failed < 0 && errno == EINTR);
    return failed < 0 ? -errno : 0;
}

int eddy_datagram_port(const struct eddy_datagram *endpoint)
{
    return endpoint->loop ? eddy_net_port(endpoint->fd) : EDDY_ECLOSED;
}
