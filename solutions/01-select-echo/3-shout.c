/*
 * Exercise 01.3, find the bug: a server that answers in capitals. It works when you try it:
 *
 *     make check-01.3        builds it, talks to it, and says what goes wrong
 *     build/learn/exercises/01.3/3-shout 8081    then, in another terminal:  nc localhost 8081
 *
 * Yet when the answer is long, or the client is slow, a part of it never arrives. One function is
 * wrong. Mend it; the rest of the file is ready for it.
 */
#include "../../chapters/demo.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/select.h>

struct client {
    bool here;
    size_t start, end; /* buf[start..end) is the part of the answer that has not been sent */
    char buf[4096];
};

static struct client clients[FD_SETSIZE]; /* by descriptor */

/* Sends the answer. Returns 0, or an error: then the client is lost. */
static int answer(int fd, struct client *client)
{
    ssize_t n;

    while (client->start < client->end) {
        n = eddy_net_send(fd, client->buf + client->start, client->end - client->start);
        if (n == -EAGAIN)
            return 0; /* the rest goes out when select() says that there is room */
        if (n < 0)
            return (int)n;
        client->start += (size_t)n;
    }
    client->start = client->end = 0;
    return 0;
}

/* Receives a question and answers it. Returns 0, or an error; the end is one, too. */
static int shout(int fd, struct client *client)
{
    ssize_t n = eddy_net_recv(fd, client->buf, sizeof client->buf);

    if (n == -EAGAIN)
        return 0;
    if (n <= 0)
        return n < 0 ? (int)n : -EPIPE;
    for (ssize_t i = 0; i < n; i++)
        client->buf[i] = (char)toupper((unsigned char)client->buf[i]);
    client->end = (size_t)n;
    return answer(fd, client);
}

static void serve_client(int fd, const fd_set *readable, const fd_set *writable)
{
    struct client *client = &clients[fd];
    int err = 0;

    if (FD_ISSET(fd, readable))
        err = shout(fd, client);
    else if (FD_ISSET(fd, writable))
        err = answer(fd, client);
    if (err < 0) {
        client->here = false;
        eddy_net_close(fd);
    }
}

static void welcome(int listener)
{
    int fd = eddy_net_accept(listener);

    if (fd >= FD_SETSIZE)
        eddy_net_close(fd);
    else if (fd >= 0)
        clients[fd] = (struct client){.here = true};
}

static void serve(int listener, int stop_fd)
{
    fd_set readable, writable;

    for (;;) {
        FD_ZERO(&readable);
        FD_ZERO(&writable);
        FD_SET(stop_fd, &readable);
        FD_SET(listener, &readable);
        for (int fd = 0; fd < FD_SETSIZE; fd++)
            if (clients[fd].here)
                FD_SET(fd, clients[fd].end == 0 ? &readable : &writable);
        if (select(FD_SETSIZE, &readable, &writable, NULL, NULL) < 0)
            continue;
        if (FD_ISSET(stop_fd, &readable))
            return;
        for (int fd = 0; fd < FD_SETSIZE; fd++)
            if (clients[fd].here)
                serve_client(fd, &readable, &writable);
        if (FD_ISSET(listener, &readable))
            welcome(listener);
    }
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "Answers every client in capitals.");
    int listener, stop_fd = demo_stop_fd();

    demo.host = "127.0.0.1";
    demo_listen(&demo, &listener, 1);
    serve(listener, stop_fd);
    for (int fd = 0; fd < FD_SETSIZE; fd++)
        if (clients[fd].here)
            eddy_net_close(fd);
    eddy_net_close(listener);
    demo_end();
    return 0;
}
