/* Somebody calls into the mountains. The echo comes back, with less of it each time. */
#include <eddy.h>

#include <stdio.h>

struct echo {
    struct eddy_co co;
    struct eddy_stream *stream;
    struct eddy_stream_wait wait;
    size_t n;
};

static struct eddy_step echo(struct eddy_co *co)
{
    struct echo *self = CO_FRAME(co, echo);
    struct eddy_reader *ear = &self->stream->reader;

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_reader_readline(ear));
    for (self->n = 0; self->n + 1 < ear->size; self->n++)
        CO_AWAIT(co, eddy_stream_write(&self->wait, self->stream, ear->data + self->n,
                                       ear->size - self->n));
    CO_END(co);
}

int main(void)
{
    struct eddy_stream_server valley = {.limit = 0};
    struct eddy_stream me = {.limit = 0};
    struct eddy_connecting way = {.count = 0};
    struct eddy_loop loop;
    char port[8];

    if (eddy_loop_open(&loop, NULL) < 0 ||
        eddy_start_server(&valley, &loop, "127.0.0.1", 0, EDDY_HANDLER(echo)) < 0)
        return 1;
    snprintf(port, sizeof port, "%d", valley.server.port);
    eddy_loop_run_until_complete(&loop, eddy_open_connection(&way, &me, &loop, "127.0.0.1", port));
    eddy_transport_write(&me.transport, "hello\n", 6);
    eddy_loop_run_until_complete(&loop, eddy_reader_readall(&me.reader, 1000));
    printf("%.*s", (int)me.reader.size, me.reader.data);
    eddy_stream_close(&me);
    eddy_stream_server_close(&valley);
    return eddy_loop_close(&loop) < 0;
}
