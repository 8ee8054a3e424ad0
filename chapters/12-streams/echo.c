/*
 * echo - the echo server as streams: a task for each client reads what has come and writes it back, from top to
 * bottom. While the client does not read its echo, the write waits; nobody reads then, and in the end the client
 * waits.
 */
#include "serving.h"

enum { MOST = 65536 };

struct echo_client {
    struct eddy_co co;
    struct eddy_stream *stream;
    struct eddy_stream_wait wait;
    int number; /* its descriptor, for what is said of it */
};

static void say_connected(struct echo_client *client)
{
    char name[EDDY_NET_NAME_MAX] = "somebody";

    eddy_net_name(&client->stream->transport.peer.any, name, sizeof name);
    client->number = client->stream->transport.fd;
    printf("[%d] connected: %s\n", client->number, name);
}

static void say_closed(const struct echo_client *client, int err)
{
    printf("[%d] closed%s%s\n", client->number, err < 0 ? ": " : "",
           err < 0 ? eddy_strerror(err) : "");
}

static struct eddy_step echo_client(struct eddy_co *co)
{
    struct echo_client *self = CO_FRAME(co, echo_client);
    struct eddy_reader *reader = &self->stream->reader;

    CO_BEGIN(co);
    say_connected(self);
    for (;;) {
        CO_AWAIT(co, eddy_reader_read(reader, MOST));
        if (reader->size == 0)
            break;
        CO_AWAIT(co, eddy_stream_write(&self->wait, self->stream, reader->data, reader->size));
    }
    CO_FINALLY(co);
    say_closed(self, eddy_co_outcome(co));
    eddy_co_handled(co); /* said already; and a client that has gone is no failure of ours */
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "Sends every client its own bytes back.");

    return demo_status(&demo,
                       eddy_run(serving, .demo = &demo, .handler = EDDY_HANDLER(echo_client)));
}
