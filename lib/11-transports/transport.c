#include "transport.h"

#include "errors.h"

#include <errno.h>
#include <stdio.h>

/* ---- Its end ------------------------------------------------------------------------------------- */

/* While it rests, its watch is no reason for the loop to go on. */
static void set_resting(struct eddy_transport *transport, bool resting)
{
    if (resting && !transport->resting)
        eddy_loop_unkeep(transport->loop);
    if (!resting && transport->resting)
        eddy_loop_keep(transport->loop);
    transport->resting = resting;
}

static void stop_reading(struct eddy_transport *transport)
{
    set_resting(transport, false);
    eddy_watches_leave(&transport->loop->watches, transport->fd, EDDY_READ, &transport->reader);
}

void eddy_transport_stop_writing(struct eddy_transport *transport)
{
    eddy_watches_leave(&transport->loop->watches, transport->fd, EDDY_WRITE, &transport->writer);
}

void eddy_transport_drop_waiting(struct eddy_transport *transport, int err)
{
    struct eddy_transport_source *source = transport->source;

    eddy_write_buffer_clear(&transport->buffer);
    eddy_write_buffer_clear(&transport->later);
    transport->source = NULL;
    if (source)
        source->end(source, err < 0 ? err : EDDY_ECLOSED);
}

void eddy_transport_check_fd(struct eddy_transport *transport)
{
    if (eddy_transport_lacks_fd(transport))
        transport->fd = -1;
}

/* connection_lost is not called from here, where some callback of the protocol may be under way. */
void eddy_transport_fail(struct eddy_transport *transport, int err)
{
    if (!transport->loop || transport->lost_soon)
        return;
    transport->closing = transport->lost_soon = true;
    transport->err = err;
    eddy_transport_check_fd(transport);
    stop_reading(transport);
    eddy_transport_stop_writing(transport);
    eddy_transport_drop_waiting(transport, err);
    if (transport->made) /* else that comes first */
        eddy_loop_call_soon(transport->loop, &transport->soon);
}

void eddy_transport_detach(struct eddy_transport *transport)
{
    eddy_handle_cancel(&transport->soon);
    eddy_opened_remove(&transport->opened);
    eddy_transports_leave(&transport->member);
    transport->loop = NULL;
}

/* In this order: the last thing is the protocol's, which may give the memory back, or open it anew. */
static void lose_connection(struct eddy_transport *transport)
{
    void (*release)(struct eddy_transport *) = transport->release;
    const struct eddy_protocol *protocol = transport->protocol;
    struct eddy_loop *loop = transport->loop;

    eddy_transport_detach(transport);
    if (transport->fd >= 0)
        eddy_loop_close_fd(loop, transport->fd);
    transport->fd = -1;
    if (protocol->connection_lost)
        protocol->connection_lost(transport, transport->err);
    if (release)
        release(transport);
}

void eddy_transport_abort(struct eddy_transport *transport)
{
    if (transport->loop && eddy_loop_check_thread(transport->loop, "transport_abort") == 0)
        eddy_transport_fail(transport, 0);
}

void eddy_transport_close(struct eddy_transport *transport)
{
    if (!transport->loop || transport->closing ||
        eddy_loop_check_thread(transport->loop, "transport_close") < 0)
        return;
    transport->closing = true;
    stop_reading(transport);
    if (eddy_transport_drained(transport))
        eddy_transport_fail(transport, 0);
}

/* ---- Telling the protocol ------------------------------------------------------------------------ */

/* What a callback has returned. An error that the connection has, too, is told by connection_lost. */
static void heed_outcome(struct eddy_transport *transport, int err, const char *callback)
{
    char text[96];

    if (err >= 0 || transport->lost_soon)
        return;
    snprintf(text, sizeof text, "%s has failed, and its connection is lost", callback);
    eddy_loop_call_exception_handler(
        transport->loop,
        &(struct eddy_context){.message = text, .err = err, .who = transport->protocol->name});
    eddy_transport_fail(transport, err);
}

/* It reads no more, for now or for good, and stays open. Its watch stays in the table, or whoever closes the
 * descriptor through the loop would not reach it, and it would close a number that is somebody else's by
 * then. The kernel is told only when it reports something: most pauses are short. */
static void rest_from_reading(struct eddy_transport *transport)
{
    if (eddy_transport_lacks_fd(transport)) /* that is going to be told */
        return;
    stop_reading(transport);
    if (eddy_transport_is_closing(transport) || !transport->made)
        return;
    if (eddy_watches_hold(&transport->loop->watches, transport->fd, EDDY_READ,
                          &transport->reader) == 0)
        set_resting(transport, true);
}

/* One to write listens, too: it hears when nobody reads any more. A deaf one hears of a close alone. */
static void start_reading(struct eddy_transport *transport)
{
    int err = 0;

    if (transport->ops->deaf || eddy_transport_lacks_fd(transport)) {
        rest_from_reading(transport);
        return;
    }
    if (transport->resting)
        stop_reading(transport);
    if (!eddy_transport_watches(transport, EDDY_READ))
        err = eddy_watches_await(&transport->loop->watches, transport->fd, EDDY_READ,
                                 &transport->reader);
    if (err < 0)
        eddy_transport_fail(transport, err);
}

static void tell_made(struct eddy_transport *transport)
{
    transport->made = true;
    if (transport->lost_soon) /* it has ended before it was made: that is told next */
        eddy_loop_call_soon(transport->loop, &transport->soon);
    if (transport->protocol->connection_made)
        heed_outcome(transport, transport->protocol->connection_made(transport), "connection_made");
    eddy_transport_heed_marks(transport); /* of what was written before */
    if (transport->reading_paused)
        eddy_transport_pause_reading(transport);
    else if (!transport->closing)
        start_reading(transport);
}

static void on_soon(struct eddy_handle *handle)
{
    struct eddy_transport *transport = container_of(handle, struct eddy_transport, soon);

    if (transport->made)
        lose_connection(transport);
    else
        tell_made(transport);
}

/* ---- Reading ------------------------------------------------------------------------------------- */

/* Somebody else has closed the descriptor, through the loop; or the selector has given it up, and then it is
 * still ours to close. */
bool eddy_transport_taken_away(struct eddy_transport *transport, const struct eddy_watch *watch)
{
    if (watch->err == 0)
        return false;
    eddy_transport_fail(transport, watch->err);
    return true;
}

static void decline_event(struct eddy_transport *transport)
{
    int err = eddy_watches_ignore(&transport->loop->watches, transport->fd, EDDY_READ);

    if (err < 0)
        eddy_transport_fail(transport, err);
}

static void tell_eof(struct eddy_transport *transport)
{
    int answer = 0;

    transport->eof = true;
    if (transport->protocol->eof_received)
        answer = transport->protocol->eof_received(transport);
    heed_outcome(transport, answer, "eof_received");
    if (answer != EDDY_KEEP_OPEN || !transport->ops->send)
        eddy_transport_close(transport);
    else
        rest_from_reading(transport);
}

/* The other end of a pipe to write to has gone: nobody will read what waits. */
static void meet_no_reader(struct eddy_transport *transport)
{
    eddy_transport_fail(transport, eddy_transport_drained(transport) ? 0 : -EPIPE);
}

static void receive_piece(struct eddy_transport *transport)
{
    ssize_t n = transport->ops->receive(transport->fd, transport->piece, EDDY_TRANSPORT_PIECE);

    if (eddy_transport_not_now(n))
        return;
    if (n < 0)
        eddy_transport_fail(transport, (int)n);
    else if (n == 0)
        tell_eof(transport);
    else if (transport->protocol->data_received)
        heed_outcome(transport,
                     transport->protocol->data_received(transport, transport->piece, (size_t)n),
                     "data_received");
}

static void on_readable(struct eddy_handle *handle)
{
    struct eddy_transport *transport = container_of(handle, struct eddy_transport, reader.handle);

    if (eddy_transport_taken_away(transport, &transport->reader))
        return;
    if (transport->resting)
        decline_event(transport);
    else if (transport->ops->receive)
        receive_piece(transport);
    else
        meet_no_reader(transport);
}

bool eddy_transport_is_reading(const struct eddy_transport *transport)
{
    return !eddy_transport_is_closing(transport) && transport->ops->receive && !transport->eof &&
           !transport->reading_paused;
}

void eddy_transport_pause_reading(struct eddy_transport *transport)
{
    if (!transport->loop || !transport->ops->receive ||
        eddy_loop_check_thread(transport->loop, "pause_reading") < 0)
        return;
    transport->reading_paused = true;
    rest_from_reading(transport);
}

void eddy_transport_resume_reading(struct eddy_transport *transport)
{
    if (!transport->loop || eddy_loop_check_thread(transport->loop, "resume_reading") < 0)
        return;
    transport->reading_paused = false;
    if (transport->made && eddy_transport_is_reading(transport))
        start_reading(transport);
}

void eddy_transport_init_reading(struct eddy_transport *transport)
{
    eddy_watch_init(&transport->reader, on_readable);
    eddy_handle_init(&transport->soon, on_soon);
}

void eddy_transport_set_protocol(struct eddy_transport *transport,
                                 const struct eddy_protocol *protocol)
{
    if (!transport->loop || eddy_loop_check_thread(transport->loop, "set_protocol") == 0)
        transport->protocol = protocol;
}
