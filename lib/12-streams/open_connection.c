#include "open_connection.h"

struct eddy_future *eddy_open_connection(struct eddy_connecting *connecting,
                                         struct eddy_stream *stream, struct eddy_loop *loop,
                                         const char *host, const char *service)
{
    int err = eddy_stream_prepare(stream, loop);

    if (err < 0)
        return eddy_future_init_done(&connecting->refused, loop, err);
    return eddy_stream_await_transport(
        stream, eddy_create_connection(connecting, &stream->transport, loop, host, service,
                                       &eddy_stream_protocol));
}

struct eddy_future *eddy_open_unix_connection(struct eddy_connecting *connecting,
                                              struct eddy_stream *stream, struct eddy_loop *loop,
                                              const char *path)
{
    int err = eddy_stream_prepare(stream, loop);

    if (err < 0)
        return eddy_future_init_done(&connecting->refused, loop, err);
    return eddy_stream_await_transport(
        stream, eddy_create_unix_connection(connecting, &stream->transport, loop, path,
                                            &eddy_stream_protocol));
}
