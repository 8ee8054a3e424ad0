#include "sweep.h"

#include "net.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LISTENERS_MAX = 8 };

/* The first error is the one that a program would report. */
static int first(int err, int later)
{
    return err < 0 ? err : later;
}

/* ---- Listening ------------------------------------------------------------------------------- */

static int close_all(const int fds[], int n, int err)
{
    while (n > 0)
        err = first(err, eddy_net_close(fds[--n]));
    return err;
}

static int listen_on(const char *host)
{
    int fds[LISTENERS_MAX], port, err = 0, n = eddy_net_listen(host, 0, fds, LISTENERS_MAX);

    if (n < 0)
        return n;
    port = eddy_net_port(fds[0]);
    if (port < 0)
        err = port;
    else if (n == 0 || port == 0)
        err = sweep_wrong("eddy_net_listen() succeeded, and there is no listener");
    return close_all(fds, n, err);
}

static int listens_everywhere(void)
{
    return listen_on(NULL);
}

static int listens_on_localhost(void)
{
    return listen_on("localhost");
}

static int listens_on_a_number(void)
{
    return listen_on("127.0.0.1");
}

/* ---- A client -------------------------------------------------------------------------------- */

struct meeting {
    int listener, client, peer; /* -1: not there */
};

static int take_client(struct meeting *meeting)
{
    int port = eddy_net_port(meeting->listener), err;

    if (port < 0)
        return port;
    meeting->peer = sweep_dial(port);
    err = meeting->peer < 0 ? meeting->peer : sweep_await(meeting->listener);
    if (err < 0)
        return err;
    meeting->client = eddy_net_accept(meeting->listener);
    return meeting->client < 0 ? meeting->client : 0;
}

static int meet(struct meeting *meeting)
{
    int n;

    *meeting = (struct meeting){-1, -1, -1};
    n = eddy_net_listen("127.0.0.1", 0, &meeting->listener, 1);
    return n < 0 ? n : take_client(meeting);
}

static int part(const struct meeting *meeting, int err)
{
    if (meeting->peer >= 0)
        sweep_hang_up(meeting->peer);
    if (meeting->client >= 0)
        err = first(err, eddy_net_close(meeting->client));
    if (meeting->listener >= 0)
        err = first(err, eddy_net_close(meeting->listener));
    return err;
}

static int accepts_a_client(void)
{
    struct meeting meeting;
    int err = meet(&meeting);

    return part(&meeting, err);
}

static int names_a_client(void)
{
    struct meeting meeting;
    char text[EDDY_NET_NAME_MAX] = "";
    int err = meet(&meeting);

    if (err == 0)
        err = eddy_net_peer_name(meeting.client, text, sizeof text);
    if (err == 0 && strncmp(text, "127.0.0.1:", 10) != 0)
        err = sweep_wrong("eddy_net_peer_name() succeeded, and gave no name");
    return part(&meeting, err);
}

static int send_all(int fd, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t sent = eddy_net_send(fd, bytes + at, n - at);
        if (sent < 0)
            return (int)sent;
        at += (size_t)sent;
    }
    return 0;
}

static int echo_line(int fd)
{
    char bytes[64];
    bool ended = false;

    while (!ended) {
        int err = sweep_await(fd);
        ssize_t n = err < 0 ? err : eddy_net_recv(fd, bytes, sizeof bytes);
        if (n < 0)
            return (int)n;
        if (n == 0)
            return sweep_wrong("eddy_net_recv() told an end that there was not");
        ended = bytes[n - 1] == '\n';
        err = send_all(fd, bytes, (size_t)n);
        if (err < 0)
            return err;
    }
    return 0;
}

static int echoes_a_line(void)
{
    struct meeting meeting;
    int err = meet(&meeting);

    if (err == 0)
        err = sweep_say(meeting.peer, "hello there\n");
    if (err == 0)
        err = echo_line(meeting.client);
    if (err == 0)
        err = sweep_hear(meeting.peer, "hello there\n");
    return part(&meeting, err);
}

static int sees_the_end(void)
{
    struct meeting meeting;
    char byte;
    int err = meet(&meeting);

    if (err == 0) {
        sweep_hang_up(meeting.peer);
        meeting.peer = -1;
        err = sweep_await(meeting.client);
    }
    if (err == 0)
        err = (int)eddy_net_recv(meeting.client, &byte, 1);
    return part(&meeting, err);
}

static int prepares(void)
{
    int fd, err, n = eddy_net_listen("127.0.0.1", 0, &fd, 1);

    if (n < 0)
        return n;
    err = eddy_net_prepare(fd);
    return first(err, eddy_net_close(fd));
}

SWEEP
{
    SCENARIO("listens on every address of this machine", listens_everywhere);
    SCENARIO("listens on localhost", listens_on_localhost);
    SCENARIO("listens on 127.0.0.1", listens_on_a_number);
    SCENARIO("prepares a descriptor", prepares);
    SCENARIO("accepts a client", accepts_a_client);
    SCENARIO("tells who a client is", names_a_client);
    SCENARIO("echoes a line", echoes_a_line);
    SCENARIO("sees the end of a client", sees_the_end);
}
