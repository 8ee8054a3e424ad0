#include "sendfile.h"

#include "errors.h"

#include <errno.h>
#include <unistd.h>

/* Bytes that lie in the transport's buffer now. EDDY_EINCOMPLETE: the file has no more. */
static ssize_t read_piece(struct eddy_sendfile *sending)
{
    size_t n = sending->left < EDDY_TRANSPORT_PIECE ? sending->left : EDDY_TRANSPORT_PIECE;
    ssize_t got;

    do
        got = pread(sending->file, sending->transport->piece, n, sending->at);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got == 0 ? EDDY_EINCOMPLETE : got;
}

/* What the system does not take of a piece is read again: nobody keeps it. */
static ssize_t send_piece(struct eddy_transport_source *source, int fd)
{
    struct eddy_sendfile *sending = container_of(source, struct eddy_sendfile, source);
    struct iovec piece = {.iov_base = sending->transport->piece};
    ssize_t n = sending->left > 0 ? read_piece(sending) : 0;

    if (n <= 0)
        return n;
    piece.iov_len = (size_t)n;
    n = sending->transport->ops->send(fd, &piece, 1);
    if (n > 0) {
        sending->at += n;
        sending->left -= (size_t)n;
        sending->sent += (size_t)n;
    }
    return n;
}

static void end_sending(struct eddy_transport_source *source, int err)
{
    struct eddy_sendfile *sending = container_of(source, struct eddy_sendfile, source);

    sending->transport = NULL;
    eddy_opened_remove(&sending->opened);
    if (eddy_future_finish(&sending->future, err, NULL) == EDDY_ECLOSED)
        eddy_transports_forget_future(&sending->future);
}

static void cancel_sending(struct eddy_future *future)
{
    struct eddy_sendfile *sending = container_of(future, struct eddy_sendfile, future);

    eddy_transport_drop_source(sending->transport, -ECANCELED);
    end_sending(&sending->source, -ECANCELED);
}

/* Its task is abandoned, and awaits something else. */
static void leave_frame(struct eddy_opened *opened)
{
    cancel_sending(&container_of(opened, struct eddy_sendfile, opened)->future);
}

static int refusal(const struct eddy_sendfile *sending, const struct eddy_transport *transport)
{
    if (sending->transport)
        return EDDY_EQUEUED;
    return eddy_transport_refuse_source(transport);
}

struct eddy_future *eddy_sendfile(struct eddy_sendfile *sending, struct eddy_transport *transport,
                                  int file, off_t offset, size_t n)
{
    static const struct eddy_future_type type = {
        .name = "sendfile", .cancel = cancel_sending, .guarded = true};
    int err = refusal(sending, transport);

    if (err == 0)
        err = eddy_opened_add_here(&sending->opened, sending, leave_frame);
    if (err < 0)
        return eddy_future_init_done(&sending->refused, transport->loop, err);
    sending->source = (struct eddy_transport_source){.send = send_piece, .end = end_sending};
    sending->transport = transport;
    sending->file = file;
    sending->at = offset;
    sending->left = n;
    sending->sent = 0;
    eddy_future_init_type(&sending->future, transport->loop, &type);
    eddy_transport_send_source(transport, &sending->source);
    return &sending->future;
}
