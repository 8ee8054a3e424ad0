#include "datagram.h"

#include "errors.h"
#include "net.h"
#include "sockio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOVES = 16,   /* received, or sent, in one turn, so that others have theirs */
    OVERHEAD = 64 /* bytes of one that waits: empty ones are not free, either */
};

/* Seconds. To a Unix socket whose receiver is full the kernel says "writable", and takes nothing. */
static const double rest = 0.01;

/* One that waits. */
struct waiting {
    struct eddy_list link;
    union eddy_address to;
    socklen_t address_size; /* 0: the one that the endpoint is connected to */
    size_t size;
    char bytes[];
};

static struct waiting *waiting_of(struct eddy_list *link)
{
    return container_of(link, struct waiting, link);
}

/* ---- Its end ------------------------------------------------------------------------------------- */

static void stop_watching(struct eddy_datagram *endpoint, int event)
{
    eddy_watches_leave(&endpoint->loop->watches, endpoint->fd, event,
                       event == EDDY_READ ? &endpoint->reader : &endpoint->writer);
}

static void drop_first(struct eddy_datagram *endpoint)
{
    struct waiting *first = waiting_of(eddy_list_pop(&endpoint->waiting));

    endpoint->size -= first->size + OVERHEAD;
    free(first);
}

static void lose_soon(struct eddy_datagram *endpoint, int err)
{
    if (!endpoint->loop || endpoint->lost_soon)
        return;
    endpoint->closing = endpoint->lost_soon = true;
    endpoint->err = err;
    stop_watching(endpoint, EDDY_READ);
    stop_watching(endpoint, EDDY_WRITE);
    eddy_timer_cancel(endpoint->loop, &endpoint->rest);
    while (!eddy_list_empty(&endpoint->waiting))
        drop_first(endpoint);
    if (endpoint->made)
        eddy_loop_call_soon(endpoint->loop, &endpoint->soon);
}

/* Somebody else has closed it, through the loop: its number is not ours any more. */
static bool lacks_fd(const struct eddy_datagram *endpoint)
{
    return endpoint->reader.err == EDDY_ECLOSED || endpoint->writer.err == EDDY_ECLOSED;
}

/* Nothing of the library points to it any more, but its watches. */
static void detach_endpoint(struct eddy_datagram *endpoint)
{
    struct eddy_loop *loop = endpoint->loop;

    eddy_opened_remove(&endpoint->opened);
    eddy_handle_cancel(&endpoint->soon);
    eddy_transports_leave(&endpoint->member);
    endpoint->loop = NULL;
    if (endpoint->fd >= 0 && !lacks_fd(endpoint) &&
        eddy_loop_close_fd(loop, endpoint->fd) == EDDY_ECLOSED)
        eddy_net_close(endpoint->fd);
    endpoint->fd = -1;
}

/* The loop is being closed: no user code runs any more. */
static void forget_endpoint(struct eddy_transports_member *member)
{
    struct eddy_datagram *endpoint = container_of(member, struct eddy_datagram, member);

    while (!eddy_list_empty(&endpoint->waiting))
        drop_first(endpoint);
    detach_endpoint(endpoint);
}

static void lose_endpoint(struct eddy_datagram *endpoint)
{
    detach_endpoint(endpoint);
    if (endpoint->protocol->connection_lost)
        endpoint->protocol->connection_lost(endpoint, endpoint->err);
}

void eddy_datagram_abort(struct eddy_datagram *endpoint)
{
    if (endpoint->loop && eddy_loop_check_thread(endpoint->loop, "datagram_abort") == 0)
        lose_soon(endpoint, 0);
}

void eddy_datagram_close(struct eddy_datagram *endpoint)
{
    if (!endpoint->loop || endpoint->closing ||
        eddy_loop_check_thread(endpoint->loop, "datagram_close") < 0)
        return;
    endpoint->closing = true;
    stop_watching(endpoint, EDDY_READ);
    if (eddy_list_empty(&endpoint->waiting))
        lose_soon(endpoint, 0);
}

/* ---- Receiving ----------------------------------------------------------------------------------- */

static void tell_error(struct eddy_datagram *endpoint, int err)
{
    if (endpoint->protocol->error_received)
        endpoint->protocol->error_received(endpoint, err);
}

static bool was_taken_away(struct eddy_datagram *endpoint, const struct eddy_watch *watch)
{
    if (watch->err < 0)
        lose_soon(endpoint, watch->err);
    return watch->err < 0;
}

/* Returns whether there may be another one. */
static bool receive_one(struct eddy_datagram *endpoint)
{
    union eddy_address from;
    socklen_t size = sizeof from;
    ssize_t n;

    do
        n = recvfrom(endpoint->fd, endpoint->piece, EDDY_TRANSPORT_PIECE, 0, &from.any, &size);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    if (n < 0)
        tell_error(endpoint, -errno);
    else if (n == EDDY_TRANSPORT_PIECE) /* all the room there is: it has been cut, or nearly so */
        tell_error(endpoint, -EMSGSIZE);
    else if (endpoint->protocol->datagram_received)
        endpoint->protocol->datagram_received(endpoint, endpoint->piece, (size_t)n, &from.any,
                                              size);
    return !endpoint->closing;
}

static void on_readable(struct eddy_handle *handle)
{
    struct eddy_datagram *endpoint = container_of(handle, struct eddy_datagram, reader.handle);

    if (was_taken_away(endpoint, &endpoint->reader))
        return;
    for (int i = 0; i < MOVES && receive_one(endpoint); i++)
        ;
}

/* ---- Sending ------------------------------------------------------------------------------------- */

static ssize_t send_datagram(const struct eddy_datagram *endpoint, const void *bytes, size_t n,
                             const struct sockaddr *to, socklen_t size)
{
    ssize_t sent;

    do
        sent = sendto(endpoint->fd, bytes, n, MSG_NOSIGNAL, size > 0 ? to : NULL, size);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

static void resume_writing(struct eddy_datagram *endpoint)
{
    if (!endpoint->writing_paused || endpoint->size > EDDY_TRANSPORT_LOW || endpoint->lost_soon)
        return;
    endpoint->writing_paused = false;
    if (endpoint->protocol->resume_writing)
        endpoint->protocol->resume_writing(endpoint);
}

static void pause_writing(struct eddy_datagram *endpoint)
{
    if (!endpoint->made || endpoint->writing_paused || endpoint->lost_soon ||
        endpoint->size <= EDDY_TRANSPORT_HIGH)
        return;
    endpoint->writing_paused = true;
    if (endpoint->protocol->pause_writing)
        endpoint->protocol->pause_writing(endpoint);
}

/* error_received may close the endpoint, and drop all that waits: so the first one leaves before it. Returns
 * whether any was sent, or refused. */
static bool send_waiting(struct eddy_datagram *endpoint)
{
    bool moved = false;

    for (int i = 0; i < MOVES && !eddy_list_empty(&endpoint->waiting); i++) {
        struct waiting *first = waiting_of(endpoint->waiting.next);
        ssize_t sent =
            send_datagram(endpoint, first->bytes, first->size, &first->to.any, first->address_size);
        if (eddy_transport_not_now(sent))
            break;
        moved = true;
        drop_first(endpoint);
        if (sent < 0)
            tell_error(endpoint, (int)sent);
    }
    return moved;
}

static int wait_for_room(struct eddy_datagram *endpoint)
{
    int err;

    stop_watching(endpoint, EDDY_WRITE); /* a callback may send while it is watched */
    err = eddy_watches_await(&endpoint->loop->watches, endpoint->fd, EDDY_WRITE, &endpoint->writer);
    if (err < 0)
        lose_soon(endpoint, err);
    return err;
}

/* Meanwhile the watch is held, for whoever closes the descriptor. */
static int start_rest(struct eddy_datagram *endpoint)
{
    struct eddy_watches *watches = &endpoint->loop->watches;
    int err = eddy_watches_ignore(watches, endpoint->fd, EDDY_WRITE);

    if (err == 0)
        err = eddy_watches_hold(watches, endpoint->fd, EDDY_WRITE, &endpoint->writer);
    return err < 0 ? err : eddy_loop_call_later(endpoint->loop, &endpoint->rest, rest);
}

static void go_on_sending(struct eddy_datagram *endpoint)
{
    bool moved = send_waiting(endpoint);

    resume_writing(endpoint);
    if (endpoint->lost_soon)
        return;
    stop_watching(endpoint, EDDY_WRITE);
    if (eddy_list_empty(&endpoint->waiting)) {
        if (endpoint->closing)
            lose_soon(endpoint, 0);
    } else if (moved || start_rest(endpoint) < 0) {
        (void)wait_for_room(endpoint); /* connection_lost tells */
    }
}

static void on_writable(struct eddy_handle *handle)
{
    struct eddy_datagram *endpoint = container_of(handle, struct eddy_datagram, writer.handle);

    if (!was_taken_away(endpoint, &endpoint->writer))
        go_on_sending(endpoint);
}

static void on_rested(struct eddy_handle *handle)
{
    go_on_sending(container_of(handle, struct eddy_datagram, rest.handle));
}

static int keep_datagram(struct eddy_datagram *endpoint, const void *bytes, size_t n,
                         const struct sockaddr *to, socklen_t size)
{
    struct waiting *waiting = malloc(sizeof *waiting + n);

    if (!waiting)
        return -ENOMEM;
    *waiting = (struct waiting){.address_size = size, .size = n};
    if (size > 0)
        memcpy(&waiting->to, to, size);
    if (n > 0)
        memcpy(waiting->bytes, bytes, n);
    eddy_list_append(&endpoint->waiting, &waiting->link);
    endpoint->size += n + OVERHEAD;
    return 0;
}

static int refuse_send(const struct eddy_datagram *endpoint, size_t n, socklen_t size)
{
    if (eddy_datagram_is_closing(endpoint) || lacks_fd(endpoint))
        return EDDY_ECLOSED;
    if (n > EDDY_DATAGRAM_MOST)
        return -EMSGSIZE;
    if (size > sizeof(union eddy_address))
        return -EINVAL;
    if (n + OVERHEAD > EDDY_TRANSPORT_MOST - endpoint->size)
        return EDDY_ELIMIT;
    return eddy_loop_check_thread(endpoint->loop, "datagram_sendto");
}

int eddy_datagram_sendto(struct eddy_datagram *endpoint, const void *bytes, size_t n,
                         const struct sockaddr *to, socklen_t size)
{
    socklen_t known = to ? size : 0;
    int err = refuse_send(endpoint, n, known);
    bool is_first = err == 0 && eddy_list_empty(&endpoint->waiting);
    ssize_t sent;

    if (err < 0)
        return err;
    sent = is_first ? send_datagram(endpoint, bytes, n, to, known) : -EAGAIN;
    if (eddy_transport_not_now(sent)) {
        err = keep_datagram(endpoint, bytes, n, to, known);
        if (err == 0 && is_first)
            err = wait_for_room(endpoint);
        pause_writing(endpoint);
        return err;
    }
    if (sent < 0)
        tell_error(endpoint, (int)sent);
    return 0;
}

/* ---- Opening ------------------------------------------------------------------------------------- */

static void on_soon(struct eddy_handle *handle)
{
    struct eddy_datagram *endpoint = container_of(handle, struct eddy_datagram, soon);
    int err = 0;

    if (endpoint->made) {
        lose_endpoint(endpoint);
        return;
    }
    endpoint->made = true;
    if (endpoint->lost_soon) /* it has ended before it was made: that is told next */
        eddy_loop_call_soon(endpoint->loop, &endpoint->soon);
    if (endpoint->protocol->connection_made)
        endpoint->protocol->connection_made(endpoint);
    pause_writing(endpoint); /* of what was sent before */
    if (!endpoint->closing)
        err = eddy_watches_await(&endpoint->loop->watches, endpoint->fd, EDDY_READ,
                                 &endpoint->reader);
    if (err < 0)
        lose_soon(endpoint, err);
}

static void leave_frame(struct eddy_opened *opened)
{
    struct eddy_datagram *endpoint = container_of(opened, struct eddy_datagram, opened);

    lose_soon(endpoint, 0); /* its watches, and what waits */
    detach_endpoint(endpoint);
}

int eddy_datagram_open(struct eddy_datagram *endpoint, struct eddy_loop *loop, int fd,
                       const struct eddy_datagram_protocol *protocol)
{
    void *data = endpoint->data;
    int err = endpoint->loop ? EDDY_EQUEUED : eddy_loop_is_closed(loop) ? EDDY_ECLOSED : 0;
    socklen_t size = sizeof endpoint->local;

    if (err == 0)
        err = eddy_loop_check_thread(loop, "datagram_open");
    if (err < 0)
        return err;
    *endpoint = (struct eddy_datagram){.fd = -1, .data = data};
    endpoint->member.forget = forget_endpoint;
    err = eddy_transports_join(loop, &endpoint->member, &endpoint->piece);
    if (err < 0)
        return err;
    err = eddy_opened_add_here(&endpoint->opened, endpoint, leave_frame);
    if (err < 0) {
        eddy_transports_leave(&endpoint->member);
        return err;
    }
    endpoint->fd = fd;
    endpoint->loop = loop;
    endpoint->protocol = protocol;
    eddy_list_init(&endpoint->waiting);
    eddy_watch_init(&endpoint->reader, on_readable);
    eddy_watch_init(&endpoint->writer, on_writable);
    eddy_timer_init(&endpoint->rest, on_rested);
    eddy_handle_init(&endpoint->soon, on_soon);
    eddy_adopt_fd(loop, fd);
    if (getsockname(fd, &endpoint->local.any, &size) < 0)
        endpoint->local.any.sa_family = AF_UNSPEC;
    return eddy_loop_call_soon(loop, &endpoint->soon);
}
