#include "transport.h"

#include "errors.h"

#include <errno.h>
#include <stdint.h>

enum { PIECES_MOST = 1024 }; /* of one call: sendmsg() takes no more (IOV_MAX) */

/* ---- Marks --------------------------------------------------------------------------------------- */

void eddy_transport_heed_marks(struct eddy_transport *transport)
{
    if (!transport->made || transport->writing_paused || transport->lost_soon ||
        eddy_transport_get_write_buffer_size(transport) <= transport->high)
        return;
    transport->writing_paused = true;
    if (transport->protocol->pause_writing)
        transport->protocol->pause_writing(transport);
}

static void resume_writing(struct eddy_transport *transport)
{
    if (!transport->writing_paused || transport->lost_soon ||
        eddy_transport_get_write_buffer_size(transport) > transport->low)
        return;
    transport->writing_paused = false;
    if (transport->protocol->resume_writing)
        transport->protocol->resume_writing(transport);
}

/* ---- When there is room -------------------------------------------------------------------------- */

static int wait_for_room(struct eddy_transport *transport)
{
    if (eddy_transport_watches(transport, EDDY_WRITE))
        return 0;
    return eddy_watches_await(&transport->loop->watches, transport->fd, EDDY_WRITE,
                              &transport->writer);
}

/* Nothing waits any more. What was asked for when something still did is done now. */
static void on_drained(struct eddy_transport *transport)
{
    int err = 0;

    eddy_transport_stop_writing(transport);
    if (transport->ends_writing && !transport->shut) {
        transport->shut = true;
        err = transport->ops->shut(transport->fd);
    }
    if (err < 0 || transport->closing)
        eddy_transport_fail(transport, err);
}

static void end_source(struct eddy_transport *transport)
{
    struct eddy_transport_source *source = transport->source;

    transport->source = NULL;
    eddy_write_buffer_move(&transport->buffer, &transport->later);
    source->end(source, 0);
}

/* One system call, of what waits or else of the source. */
static ssize_t send_some(struct eddy_transport *transport)
{
    struct iovec pieces[EDDY_WRITE_VECTOR];
    int count = eddy_write_buffer_peek(&transport->buffer, pieces, EDDY_WRITE_VECTOR);
    ssize_t n;

    if (count == 0) {
        n = transport->source->send(transport->source, transport->fd);
        if (n == 0)
            end_source(transport);
        return n;
    }
    n = transport->ops->send(transport->fd, pieces, count);
    if (n > 0)
        eddy_write_buffer_consume(&transport->buffer, (size_t)n);
    return n;
}

/* The protocol may do anything when it resumes. */
static void on_writable(struct eddy_handle *handle)
{
    struct eddy_transport *transport = container_of(handle, struct eddy_transport, writer.handle);
    ssize_t n;

    if (eddy_transport_taken_away(transport, &transport->writer))
        return;
    n = eddy_transport_drained(transport) ? 0 : send_some(transport);
    if (n < 0 && !eddy_transport_not_now(n))
        eddy_transport_fail(transport, (int)n);
    resume_writing(transport);
    if (!transport->lost_soon && eddy_transport_drained(transport))
        on_drained(transport);
}

/* ---- Writing ------------------------------------------------------------------------------------- */

static int refuse_write(const struct eddy_transport *transport, size_t n)
{
    size_t waiting = eddy_transport_get_write_buffer_size(transport);

    if (eddy_transport_is_closing(transport) || transport->ends_writing ||
        eddy_transport_lacks_fd(transport))
        return EDDY_ECLOSED;
    if (!transport->ops->send)
        return -EBADF;
    if (n > 0 && (waiting >= transport->most || n > transport->most - waiting))
        return EDDY_ELIMIT;
    return eddy_loop_check_thread(transport->loop, "transport_write");
}

/* All but the first `sent` bytes. */
static int keep_rest(struct eddy_write_buffer *buffer, const struct iovec *pieces, int count,
                     size_t sent)
{
    int err = 0;

    for (int i = 0; i < count && err == 0; i++) {
        size_t n = pieces[i].iov_len, skipped = sent < n ? sent : n;
        sent -= skipped;
        err = eddy_write_buffer_append(buffer, (const char *)pieces[i].iov_base + skipped,
                                       n - skipped);
    }
    return err;
}

/* What waits comes first; if nothing does, the kernel may take some at once. */
static ssize_t send_at_once(struct eddy_transport *transport, const struct iovec *pieces, int count)
{
    ssize_t n =
        eddy_transport_drained(transport) ? transport->ops->send(transport->fd, pieces, count) : 0;

    return eddy_transport_not_now(n) ? 0 : n;
}

/* If a part has been sent and there is no memory for the rest, the stream has a hole: that is its end. */
static int write_pieces(struct eddy_transport *transport, const struct iovec *pieces, int count,
                        size_t n)
{
    struct eddy_write_buffer *buffer = transport->source ? &transport->later : &transport->buffer;
    ssize_t sent = send_at_once(transport, pieces, count);
    int err = sent < 0 ? (int)sent : 0;

    if (err == 0 && (size_t)sent == n)
        return 0;
    if (err == 0)
        err = keep_rest(buffer, pieces, count, (size_t)sent);
    if (err == 0)
        err = wait_for_room(transport);
    if (err < 0)
        eddy_transport_fail(transport, err);
    else
        eddy_transport_heed_marks(transport);
    return err;
}

int eddy_transport_writelines(struct eddy_transport *transport, const struct iovec *pieces,
                              int count)
{
    size_t n = 0;
    int err;

    if (count < 1 || count > PIECES_MOST)
        return -EINVAL;
    for (int i = 0; i < count; i++) {
        if (pieces[i].iov_len > SIZE_MAX / 2 - n)
            return EDDY_ELIMIT;
        n += pieces[i].iov_len;
    }
    err = refuse_write(transport, n);
    return err < 0 || n == 0 ? err : write_pieces(transport, pieces, count, n);
}

int eddy_transport_write(struct eddy_transport *transport, const void *bytes, size_t n)
{
    struct iovec piece = {(void *)bytes, n};

    return eddy_transport_writelines(transport, &piece, 1);
}

int eddy_transport_write_eof(struct eddy_transport *transport)
{
    int err;

    if (eddy_transport_is_closing(transport) || eddy_transport_lacks_fd(transport))
        return EDDY_ECLOSED;
    err = eddy_loop_check_thread(transport->loop, "write_eof");
    if (err < 0)
        return err;
    if (!eddy_transport_can_write_eof(transport))
        return -EOPNOTSUPP;
    if (!transport->ops->shut) { /* a pipe, which has no other direction */
        eddy_transport_close(transport);
        return 0;
    }
    transport->ends_writing = true;
    if (eddy_transport_drained(transport) && !transport->shut)
        on_drained(transport);
    return 0;
}

bool eddy_transport_can_write_eof(const struct eddy_transport *transport)
{
    return transport->loop && transport->ops->send &&
           (transport->ops->shut || !transport->ops->receive);
}

int eddy_transport_set_write_buffer_limits(struct eddy_transport *transport, size_t low,
                                           size_t high, size_t most)
{
    int err =
        transport->loop ? eddy_loop_check_thread(transport->loop, "set_write_buffer_limits") : 0;

    if (err < 0)
        return err;
    if (low > high || high > most)
        return -EINVAL;
    transport->low = low;
    transport->high = high;
    transport->most = most;
    if (transport->loop) {
        eddy_transport_heed_marks(transport);
        resume_writing(transport);
    }
    return 0;
}

int eddy_transport_refuse_source(const struct eddy_transport *transport)
{
    int err = refuse_write(transport, 0);

    return err == 0 && transport->source ? EDDY_EWATCHED : err;
}

void eddy_transport_send_source(struct eddy_transport *transport,
                                struct eddy_transport_source *source)
{
    int err;

    transport->source = source;
    err = wait_for_room(transport);
    if (err < 0)
        eddy_transport_fail(transport, err);
}

void eddy_transport_drop_source(struct eddy_transport *transport, int err)
{
    transport->source = NULL;
    eddy_transport_fail(transport, err);
}

size_t eddy_transport_get_write_buffer_size(const struct eddy_transport *transport)
{
    return transport->buffer.size + transport->later.size;
}

void eddy_transport_init_writing(struct eddy_transport *transport)
{
    eddy_write_buffer_init(&transport->buffer);
    eddy_write_buffer_init(&transport->later);
    eddy_watch_init(&transport->writer, on_writable);
    transport->low = EDDY_TRANSPORT_LOW;
    transport->high = EDDY_TRANSPORT_HIGH;
    transport->most = EDDY_TRANSPORT_MOST;
}
