/*
 * echo - the echo server as a protocol: it is told what has come, and writes it back. While a client does not
 * read its echo, nothing is read from it; so what waits here stays small, and in the end the client waits.
 */
#include "serving.h"

struct echo {
    struct eddy_transport transport;
    int number; /* its descriptor, for what is said of it */
};

static struct echo *echo_of(struct eddy_transport *transport)
{
    return container_of(transport, struct echo, transport);
}

static int say_connected(struct eddy_transport *transport)
{
    char name[EDDY_NET_NAME_MAX] = "somebody";

    eddy_net_name(&transport->peer.any, name, sizeof name);
    echo_of(transport)->number = transport->fd;
    printf("[%d] connected: %s\n", transport->fd, name);
    return 0;
}

static void say_closed(struct eddy_transport *transport, int err)
{
    printf("[%d] closed%s%s\n", echo_of(transport)->number, err < 0 ? ": " : "",
           err < 0 ? eddy_strerror(err) : "");
}

static int send_back(struct eddy_transport *transport, const char *bytes, size_t n)
{
    return eddy_transport_write(transport, bytes, n);
}

static const struct eddy_protocol echo = {.name = "echo",
                                          EDDY_CONNECTION(struct echo, transport),
                                          .connection_made = say_connected,
                                          .data_received = send_back,
                                          .connection_lost = say_closed,
                                          .pause_writing = eddy_transport_pause_reading,
                                          .resume_writing = eddy_transport_resume_reading};

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "Sends every client its own bytes back.");

    return demo_status(&demo, eddy_run(serving, .demo = &demo, .protocol = &echo));
}
