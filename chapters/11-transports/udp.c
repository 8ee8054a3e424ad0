/*
 * udp - sends each datagram back to whoever has sent it. There are no connections, so nothing ends and nothing
 * is accepted: one endpoint serves all.
 *
 *     nc -u localhost 8081
 */
#include "../demo.h"

#include "datagram.h"
#include "future.h"
#include "run.h"

static void send_back(struct eddy_datagram *endpoint, const void *bytes, size_t n,
                      const struct sockaddr *from, socklen_t size)
{
    char name[EDDY_NET_NAME_MAX] = "somebody";

    eddy_net_name(from, name, sizeof name);
    printf("%zu bytes from %s\n", n, name);
    eddy_datagram_sendto(endpoint, bytes, n, from, size);
}

static void say_error(struct eddy_datagram *endpoint, int err)
{
    (void)endpoint;
    printf("a datagram was refused: %s\n", eddy_strerror(err));
}

struct serve {
    struct eddy_co co;
    const struct demo *demo;
    struct eddy_datagram endpoint;
    struct eddy_future lost;
};

static void on_lost(struct eddy_datagram *endpoint, int err)
{
    eddy_future_finish(&container_of(endpoint, struct serve, endpoint)->lost, err, NULL);
}

static const struct eddy_datagram_protocol echo = {.name = "udp",
                                                   .datagram_received = send_back,
                                                   .error_received = say_error,
                                                   .connection_lost = on_lost};

/* A name may be two addresses, and an endpoint has one: so the other terminal is told which. */
static void say_where(const struct demo *demo, const struct eddy_datagram *endpoint)
{
    int port = eddy_datagram_port(endpoint);
    const char *host = demo->host;

    if (strcmp(host, "localhost") == 0)
        host = endpoint->local.any.sa_family == AF_INET6 ? "::1" : "127.0.0.1";
    printf("%s: listening on port %d; in another terminal, type:  nc -u %s %d\n", demo->name, port,
           host, port);
    printf("%s: Ctrl-C ends it\n", demo->name);
}

static int open_endpoint(struct serve *self, struct eddy_loop *loop)
{
    const struct demo *demo = self->demo;
    int err = eddy_create_datagram_endpoint(&self->endpoint, loop, demo->host, demo->port, &echo);

    eddy_future_init(&self->lost, loop);
    if (err == 0)
        say_where(demo, &self->endpoint);
    return err;
}

static struct eddy_step serve(struct eddy_co *co)
{
    struct serve *self = CO_FRAME(co, serve);
    int err;

    CO_BEGIN(co);
    err = open_endpoint(self, eddy_co_loop(co));
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, &self->lost);
    CO_FINALLY(co);
    eddy_datagram_abort(&self->endpoint);
    if (self->endpoint.loop) {
        eddy_future_init(&self->lost, eddy_co_loop(co)); /* the cancel has finished the first one */
        CO_AWAIT(co, &self->lost);
    }
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "Sends every datagram back to its sender.");

    return demo_status(&demo, eddy_run(serve, .demo = &demo));
}
