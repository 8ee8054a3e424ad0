#include "stream.h"

#include "errors.h"

/* Bytes that a task may write before others have a turn: to a peer that reads as fast as it writes it would
 * never wait. */
enum { SHARE = 262144 };

static struct eddy_stream *stream_of(struct eddy_transport *transport)
{
    return container_of(transport, struct eddy_stream, transport);
}

/* ---- What the transport tells -------------------------------------------------------------------- */

/* Whoever waits for the bytes joins the batch that is being called, as with a pump: a message costs one wait, and
 * not two. The kernel is asked before the next piece, so the batch has an end. */
static int feed_reader(struct eddy_transport *transport, const char *bytes, size_t n)
{
    struct eddy_loop *loop = transport->loop;
    bool joins = loop->running && eddy_list_empty(&loop->ready) && !loop->stopping;
    int err = eddy_reader_feed(&stream_of(transport)->reader, bytes, n);

    if (joins)
        eddy_list_move(&loop->batch, &loop->ready);
    return err;
}

/* The other direction stays open: whoever reads the end decides. */
static int end_reader(struct eddy_transport *transport)
{
    eddy_reader_feed_eof(&stream_of(transport)->reader);
    return EDDY_KEEP_OPEN;
}

static void wake_writers(struct eddy_stream *stream, int err)
{
    stream->written = 0;
    eddy_waiter_wake_all(&stream->writers, err);
}

static void resume_writers(struct eddy_transport *transport)
{
    wake_writers(stream_of(transport), 0);
}

/* Why nobody can write any more. Before the loss is told, the transport knows it. */
static int end_of(const struct eddy_stream *stream)
{
    int err = stream->transport.loop ? stream->transport.err : stream->err;

    return err < 0 ? err : EDDY_ECLOSED;
}

/* No transport is there, and none is waited for: then the handle would be in that future's line. */
static bool has_ended(const struct eddy_stream *stream)
{
    return !stream->transport.loop && !eddy_handle_queued(&stream->turn);
}

/* It was closed, and has ended: nothing in it is to be taken back any more. */
static void forget_if_over(struct eddy_stream *stream)
{
    if (!stream->reader.loop && has_ended(stream))
        eddy_opened_remove(&stream->opened);
}

static void lose_stream(struct eddy_transport *transport, int err)
{
    struct eddy_stream *stream = stream_of(transport);

    if (!stream->loop) /* it was never made: its server has gone before */
        return;
    stream->err = err;
    eddy_handle_cancel(&stream->turn);
    forget_if_over(stream);
    if (err < 0 || !stream->reader.eof)
        eddy_reader_set_error(&stream->reader, end_of(stream));
    wake_writers(stream, end_of(stream));
    eddy_waiter_wake_all(&stream->closers, err);
}

const struct eddy_protocol eddy_stream_protocol = {.name = "stream",
                                                   EDDY_CONNECTION(struct eddy_stream, transport),
                                                   .data_received = feed_reader,
                                                   .eof_received = end_reader,
                                                   .connection_lost = lose_stream,
                                                   .resume_writing = resume_writers};

/* ---- Opening ------------------------------------------------------------------------------------- */

static void pause_transport(struct eddy_reader *reader)
{
    eddy_transport_pause_reading(&container_of(reader, struct eddy_stream, reader)->transport);
}

static void resume_transport(struct eddy_reader *reader)
{
    eddy_transport_resume_reading(&container_of(reader, struct eddy_stream, reader)->transport);
}

static void on_turn(struct eddy_handle *handle)
{
    struct eddy_stream *stream = container_of(handle, struct eddy_stream, turn);

    if (!stream->transport.writing_paused)
        wake_writers(stream, 0);
}

/* Its task is abandoned, and its frame goes. The transport notices by itself. */
static void leave_frame(struct eddy_opened *opened)
{
    struct eddy_stream *stream = container_of(opened, struct eddy_stream, opened);

    eddy_handle_cancel(&stream->turn);
    eddy_reader_close(&stream->reader);
    wake_writers(stream, EDDY_ECLOSED);
    eddy_waiter_wake_all(&stream->closers, EDDY_ECLOSED);
}

int eddy_stream_init(struct eddy_stream *stream, struct eddy_loop *loop)
{
    static const struct eddy_reader_source source = {.pause = pause_transport,
                                                     .resume = resume_transport};

    stream->loop = loop;
    eddy_list_init(&stream->writers);
    eddy_list_init(&stream->closers);
    eddy_handle_init(&stream->turn, on_turn);
    stream->written = 0;
    stream->err = 0;
    return eddy_reader_open(&stream->reader, loop, stream->limit, &source);
}

/* One that has ended may be opened again, also if nobody has closed it. */
int eddy_stream_prepare(struct eddy_stream *stream, struct eddy_loop *loop)
{
    int err;

    if (!has_ended(stream))
        return EDDY_EQUEUED;
    eddy_stream_unprepare(stream);
    err = eddy_stream_init(stream, loop);
    if (err < 0)
        return err;
    err = eddy_opened_add_here(&stream->opened, stream, leave_frame);
    if (err < 0)
        eddy_reader_close(&stream->reader);
    return err;
}

void eddy_stream_unprepare(struct eddy_stream *stream)
{
    eddy_opened_remove(&stream->opened);
    eddy_reader_close(&stream->reader);
}

/* Nobody reads from one of which no transport came, and whoever has closed it meanwhile waits for that. */
static void end_unconnected(struct eddy_stream *stream)
{
    eddy_stream_unprepare(stream);
    eddy_waiter_wake_all(&stream->closers, 0);
}

static void on_connected(struct eddy_handle *handle)
{
    struct eddy_stream *stream = container_of(handle, struct eddy_stream, turn);

    eddy_handle_init(&stream->turn, on_turn);
    if (!stream->transport.loop)
        end_unconnected(stream);
    else if (!stream->reader.loop)
        eddy_transport_close(&stream->transport);
    else /* the handle was taken: this is the turn of those who have written already */
        on_turn(handle);
}

struct eddy_future *eddy_stream_await_transport(struct eddy_stream *stream,
                                                struct eddy_future *future)
{
    eddy_handle_init(&stream->turn, on_connected);
    if (eddy_future_done(future) || eddy_future_add_done_callback(future, &stream->turn) < 0)
        on_connected(&stream->turn);
    return future;
}

int eddy_stream_open(struct eddy_stream *stream, struct eddy_loop *loop, int fd)
{
    int err = eddy_stream_prepare(stream, loop);

    if (err < 0)
        return err;
    err = eddy_transport_open(&stream->transport, loop, fd, &eddy_stream_protocol);
    if (err < 0)
        eddy_stream_unprepare(stream);
    return err;
}

/* ---- Writing ------------------------------------------------------------------------------------- */

static struct eddy_future *refuse_wait(struct eddy_stream_wait *wait,
                                       const struct eddy_stream *stream, int err)
{
    return eddy_future_init_done(&wait->refused, stream->loop, err);
}

/* 0: nothing is in the way. */
static int refusal(const struct eddy_stream_wait *wait, const struct eddy_stream *stream,
                   const char *call)
{
    return stream->loop ? eddy_waiter_refusal(&wait->waiter, stream->loop, call) : EDDY_ECLOSED;
}

/* For room; or for a turn, in which others have theirs. */
static struct eddy_future *wait_to_write(struct eddy_stream_wait *wait, struct eddy_stream *stream)
{
    static const struct eddy_future_type type = {
        .name = "stream_write", .cancel = eddy_waiter_cancel, .guarded = true};

    if (!stream->transport.writing_paused && stream->written <= SHARE)
        return eddy_waiter_done(&wait->waiter, stream->loop, 0, NULL);
    if (!stream->transport.writing_paused && !eddy_handle_queued(&stream->turn))
        eddy_loop_call_soon(stream->loop, &stream->turn);
    return eddy_waiter_start(&wait->waiter, stream->loop, &type, &stream->writers);
}

/* Written, `n` bytes of it, or not. */
static struct eddy_future *end_write(struct eddy_stream_wait *wait, struct eddy_stream *stream,
                                     size_t n, int err)
{
    if (err < 0)
        return refuse_wait(wait, stream, err == EDDY_ECLOSED ? end_of(stream) : err);
    stream->written += n;
    return wait_to_write(wait, stream);
}

struct eddy_future *eddy_stream_write(struct eddy_stream_wait *wait, struct eddy_stream *stream,
                                      const void *bytes, size_t n)
{
    int err = refusal(wait, stream, "stream_write");

    if (err < 0)
        return refuse_wait(wait, stream, err);
    return end_write(wait, stream, n, eddy_transport_write(&stream->transport, bytes, n));
}

struct eddy_future *eddy_stream_writelines(struct eddy_stream_wait *wait,
                                           struct eddy_stream *stream, const struct iovec *pieces,
                                           int count)
{
    int err = refusal(wait, stream, "stream_writelines");
    size_t n = 0;

    if (err < 0)
        return refuse_wait(wait, stream, err);
    err = eddy_transport_writelines(&stream->transport, pieces, count);
    for (int i = 0; i < count && err == 0; i++)
        n += pieces[i].iov_len;
    return end_write(wait, stream, n, err);
}

/* One that was lost stays as it was, paused or not: nobody would resume it. */
static bool may_drain(const struct eddy_transport *transport)
{
    return transport->loop && (!transport->closing || transport->writing_paused);
}

struct eddy_future *eddy_stream_drain(struct eddy_stream_wait *wait, struct eddy_stream *stream)
{
    int err = refusal(wait, stream, "stream_drain");

    if (err == 0 && !may_drain(&stream->transport))
        err = end_of(stream);
    return err < 0 ? refuse_wait(wait, stream, err) : wait_to_write(wait, stream);
}

int eddy_stream_write_eof(struct eddy_stream *stream)
{
    return eddy_transport_write_eof(&stream->transport);
}

/* ---- Its end ------------------------------------------------------------------------------------- */

static void close_reader(struct eddy_stream *stream)
{
    eddy_reader_close(&stream->reader);
    forget_if_over(stream);
}

void eddy_stream_close(struct eddy_stream *stream)
{
    if (!stream->loop || eddy_loop_check_thread(stream->loop, "stream_close") < 0)
        return;
    eddy_transport_close(&stream->transport);
    close_reader(stream);
}

void eddy_stream_abort(struct eddy_stream *stream)
{
    if (!stream->loop || eddy_loop_check_thread(stream->loop, "stream_abort") < 0)
        return;
    eddy_transport_abort(&stream->transport);
    close_reader(stream);
}

struct eddy_future *eddy_stream_wait_closed(struct eddy_stream_wait *wait,
                                            struct eddy_stream *stream)
{
    static const struct eddy_future_type type = {
        .name = "stream", .cancel = eddy_waiter_cancel, .guarded = true};
    int err = refusal(wait, stream, "stream_wait_closed");

    if (err < 0)
        return refuse_wait(wait, stream, err);
    if (has_ended(stream))
        return eddy_waiter_done(&wait->waiter, stream->loop, stream->err, NULL);
    return eddy_waiter_start(&wait->waiter, stream->loop, &type, &stream->closers);
}
