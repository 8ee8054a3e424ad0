#include "parcel.h"

#include "errors.h"
#include "net.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

enum { SHORT = 512 }; /* a head and a body that are not longer go in one call */

/* Until `event`, or the other side has gone. Returns what there is, or an error. */
static int wait_for_event(int fd, short event)
{
    struct pollfd polled = {.fd = fd, .events = event};
    int n;

    do
        n = poll(&polled, 1, -1);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : polled.revents;
}

/* EPIPE and ECONNRESET say the same as an end. */
static int gone_or(ssize_t err)
{
    return err == -EPIPE || err == -ECONNRESET ? EDDY_ECLOSED : (int)err;
}

static int wait_to_send(int fd)
{
    int events = wait_for_event(fd, POLLOUT | POLLIN);

    if (events < 0)
        return events;
    if (events & (POLLHUP | POLLERR | POLLNVAL))
        return EDDY_ECLOSED;
    return events & POLLIN ? -EPROTO : 0;
}

static int send_bytes(int fd, const char *bytes, size_t n)
{
    int err = 0;

    while (n > 0 && err == 0) {
        ssize_t sent = eddy_net_send(fd, bytes, n);
        if (sent == -EAGAIN) {
            err = wait_to_send(fd);
        } else if (sent < 0) {
            err = gone_or(sent);
        } else {
            bytes += sent;
            n -= (size_t)sent;
        }
    }
    return err;
}

int eddy_parcel_send(int fd, const void *head, size_t head_size, const void *body, size_t body_size)
{
    char both[SHORT];
    int err;

    if (body_size == 0)
        return send_bytes(fd, head, head_size);
    if (head_size + body_size <= sizeof both) {
        memcpy(both, head, head_size);
        memcpy(both + head_size, body, body_size);
        return send_bytes(fd, both, head_size + body_size);
    }
    err = send_bytes(fd, head, head_size);
    return err < 0 ? err : send_bytes(fd, body, body_size);
}

/* One piece of it: how many bytes, or an error. Most often nothing is there yet, so it waits first. */
static ssize_t recv_piece(int fd, void *to, size_t n)
{
    int events;
    ssize_t got;

    do {
        events = wait_for_event(fd, POLLIN);
        if (events < 0)
            return events;
        got = eddy_net_recv(fd, to, n);
    } while (got == -EAGAIN);
    return got == 0 ? EDDY_ECLOSED : got;
}

int eddy_parcel_recv(int fd, void *to, size_t n)
{
    for (char *at = to; n > 0;) {
        ssize_t got = recv_piece(fd, at, n);
        if (got < 0)
            return gone_or(got);
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

int eddy_parcel_skip(int fd, size_t n)
{
    char bytes[4096];
    int err = 0;

    for (size_t piece; n > 0 && err == 0; n -= piece) {
        piece = n < sizeof bytes ? n : sizeof bytes;
        err = eddy_parcel_recv(fd, bytes, piece);
    }
    return err;
}
