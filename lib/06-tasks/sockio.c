#include "sockio.h"

#include "co.h"
#include "errors.h"
#include "net.h"
#include "net_new.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

/* What an attempt says, if no error. */
enum { NOT_NOW, DONE, GO_ON };

enum {
    IN_VAIN_MOST = 3, /* events in a row that an operation finds nothing behind, before it rests */
    SEND_MOST = 65536 /* bytes that one callback sends, so that the others have their turn */
};

static const double rest_first = 0.01, rest_most = 0.04; /* seconds */

/* ---- Every operation --------------------------------------------------------------------------- */

/* While nothing is in line and no stop was asked for, who awaits it joins the batch that is being
 * called: whoever waits for one message after the other makes one wait for each, not two. */
static void finish(struct eddy_io *io, int outcome)
{
    struct eddy_loop *loop = io->future.loop;
    bool joins = eddy_list_empty(&loop->ready) && !loop->stopping;

    eddy_future_finish(&io->future, outcome < 0 ? outcome : 0, NULL);
    if (joins)
        eddy_list_move(&loop->batch, &loop->ready);
}

static int await(struct eddy_io *io)
{
    return eddy_watches_await(&io->future.loop->watches, io->fd, io->event, &io->watch);
}

/* Its turn is all that it waits for: no need to ask the kernel. */
static int await_turn(struct eddy_io *io)
{
    struct eddy_loop *loop = io->future.loop;
    int err = eddy_watches_hold(&loop->watches, io->fd, io->event, &io->watch);

    return err < 0 ? err : eddy_loop_call_soon(loop, &io->watch.handle);
}

/* ---- Resting: the kernel says "ready", and nothing is to be had -------------------------------- */

/* What a loop keeps for the operations that rest: one timer for all. */
struct rests {
    struct eddy_guest guest;
    struct eddy_timer timer;
    struct eddy_list resting; /* the handles of their watches */
    double seconds;           /* of the last rest */
};

static void close_rests(struct eddy_loop *loop, struct eddy_guest *guest)
{
    struct rests *rests = container_of(guest, struct rests, guest);

    eddy_timer_cancel(loop, &rests->timer);
    while (!eddy_list_empty(&rests->resting))
        eddy_list_pop(&rests->resting);
    free(rests);
}

/* The kernel is asked again; if nothing has changed it says "ready" at once. */
static void on_rested(struct eddy_handle *handle)
{
    struct rests *rests = container_of(handle, struct rests, timer.handle);

    while (!eddy_list_empty(&rests->resting)) {
        struct eddy_handle *first =
            container_of(eddy_list_pop(&rests->resting), struct eddy_handle, link);
        struct eddy_io *io = container_of(first, struct eddy_io, watch.handle);
        int err;
        eddy_watches_leave(&io->future.loop->watches, io->fd, io->event, &io->watch);
        err = await(io);
        if (err < 0)
            finish(io, err);
    }
}

/* NULL: no memory. */
static struct rests *rests_of(struct eddy_loop *loop)
{
    static const struct eddy_guest_type type = {.name = "rests", .close = close_rests};
    struct eddy_guest *guest = eddy_loop_guest(loop, &type);
    struct rests *rests;

    if (guest)
        return container_of(guest, struct rests, guest);
    rests = calloc(1, sizeof *rests);
    if (!rests)
        return NULL;
    eddy_timer_init(&rests->timer, on_rested);
    eddy_list_init(&rests->resting);
    eddy_loop_add_guest(loop, &rests->guest, &type);
    return rests;
}

/* Sets the timer, unless it is set. Each rest is twice as long as the one before, as long as nobody
 * is new among those who rest. */
static int set_rest(struct eddy_loop *loop, struct rests *rests, bool is_new)
{
    double twice = 2 * rests->seconds < rest_most ? 2 * rests->seconds : rest_most;

    if (!isnan(eddy_timer_when(loop, &rests->timer)))
        return 0;
    rests->seconds = is_new ? rest_first : twice;
    return eddy_loop_call_later(loop, &rests->timer, rests->seconds);
}

/* The watch stays in the table, so that closing and cancelling find it. Whatever cannot be had for a
 * rest, it waits as before. */
static int rest(struct eddy_io *io)
{
    struct eddy_loop *loop = io->future.loop;
    struct rests *rests = rests_of(loop);
    int err;

    if (!rests || set_rest(loop, rests, io->in_vain == IN_VAIN_MOST) < 0 ||
        eddy_watches_ignore(&loop->watches, io->fd, io->event) < 0)
        return await(io);
    err = eddy_watches_hold(&loop->watches, io->fd, io->event, &io->watch);
    if (err == 0)
        eddy_list_append(&rests->resting, &io->watch.handle.link);
    return err;
}

/* ---- Waiting ----------------------------------------------------------------------------------- */

/* Ready, or closed, or its turn. Ready may turn out to be a false alarm; several in a row are a state
 * that will last, such as an error queue that nobody reads. */
static void on_event(struct eddy_handle *handle)
{
    struct eddy_io *io = container_of(handle, struct eddy_io, watch.handle);
    ssize_t before = io->n;
    int outcome;

    eddy_watches_leave(&io->future.loop->watches, io->fd, io->event, &io->watch);
    outcome = io->watch.err < 0 ? io->watch.err : io->attempt(io);
    io->in_vain = outcome == NOT_NOW && io->n <= before ? io->in_vain + 1 : 0;
    if (outcome == NOT_NOW)
        outcome = io->in_vain < IN_VAIN_MOST ? await(io) : rest(io);
    else if (outcome == GO_ON)
        outcome = await_turn(io);
    if (outcome != 0)
        finish(io, outcome);
}

static void cancel(struct eddy_future *future)
{
    struct eddy_io *io = container_of(future, struct eddy_io, future);

    eddy_watches_leave(&future->loop->watches, io->fd, io->event, &io->watch);
    eddy_future_set_error(future, -ECANCELED);
}

/* Debug mode: with a descriptor that blocks, one operation that must wait stops the whole loop. */
static void look_closer(const struct eddy_io *io, struct eddy_loop *loop, const char *operation)
{
    int flags = fcntl(io->fd, F_GETFL);
    struct eddy_task *task = eddy_current_task();
    char text[128];

    if (flags < 0 || flags & O_NONBLOCK)
        return;
    snprintf(text, sizeof text, "%s: descriptor %d blocks, and so may the loop (eddy_net_prepare)",
             operation, io->fd);
    eddy_loop_call_exception_handler(
        loop, &(struct eddy_context){.message = text, .who = task ? eddy_co_name(task->co) : NULL});
}

/* Whether to try at once: who waits already comes first, or its bytes would be mixed with ours. */
static int first_attempt(struct eddy_io *io, struct eddy_loop *loop,
                         const struct eddy_future_type *type, bool in_vain)
{
    int err = eddy_loop_is_closed(loop) ? EDDY_ECLOSED : eddy_loop_check_thread(loop, type->name);

    if (err < 0)
        return err;
    if (loop->looks_closer)
        look_closer(io, loop, type->name);
    if (eddy_watches_awaited(&loop->watches, io->fd, io->event))
        return EDDY_EWATCHED;
    return in_vain ? NOT_NOW : io->attempt(io);
}

/* Goes on: at once, unless that would be in vain. */
static struct eddy_future *start(struct eddy_io *io, struct eddy_loop *loop,
                                 const struct eddy_future_type *type, bool in_vain)
{
    int outcome = first_attempt(io, loop, type, in_vain);

    eddy_future_init_type(&io->future, loop, type);
    eddy_watch_init(&io->watch, on_event);
    if (outcome == NOT_NOW)
        outcome = await(io);
    else if (outcome == GO_ON)
        outcome = await_turn(io);
    if (outcome == 0)
        return &io->future;
    return eddy_future_init_done(&io->future, loop, outcome < 0 ? outcome : 0);
}

static int later(ssize_t n)
{
    return n == -EAGAIN || n == -EWOULDBLOCK ? NOT_NOW : (int)n;
}

/* ---- Accepting and connecting ------------------------------------------------------------------ */

static int try_accept(struct eddy_io *io)
{
    io->n = eddy_net_accept(io->fd);
    if (io->n < 0)
        return later(io->n);
    eddy_watches_adopt(&io->future.loop->watches, (int)io->n);
    return DONE;
}

struct eddy_future *eddy_accept(struct eddy_io *io, struct eddy_loop *loop, int listener)
{
    static const struct eddy_future_type type = {.name = "accept", .cancel = cancel};

    *io = (struct eddy_io){.fd = listener, .event = EDDY_READ, .attempt = try_accept};
    io->future.loop = loop;
    return start(io, loop, &type, false);
}

/* The first time it asks; the second time, when the socket is writable, what came of it. */
static int how_it_went(struct eddy_io *io)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return -errno;
    return error ? -error : DONE;
}

static int try_connect(struct eddy_io *io)
{
    io->attempt = how_it_went;
    if (connect(io->fd, io->from, io->address_size) == 0)
        return DONE;
    return errno == EINPROGRESS || errno == EINTR ? NOT_NOW : -errno;
}

struct eddy_future *eddy_connect(struct eddy_io *io, struct eddy_loop *loop, int fd,
                                 const struct sockaddr *address, socklen_t size)
{
    static const struct eddy_future_type type = {.name = "connect", .cancel = cancel};

    *io = (struct eddy_io){.fd = fd,
                           .event = EDDY_WRITE,
                           .attempt = try_connect,
                           .from = address,
                           .address_size = size};
    return start(io, loop, &type, false);
}

int eddy_socket(struct eddy_loop *loop, int family, int type)
{
    int fd = eddy_net_socket(family, type);

    if (fd < 0)
        return fd;
    if (type == SOCK_STREAM && family != AF_UNIX)
        eddy_net_set_nodelay(fd);
    eddy_adopt_fd(loop, fd);
    return fd;
}

void eddy_adopt_fd(struct eddy_loop *loop, int fd)
{
    if (!eddy_loop_is_closed(loop))
        eddy_watches_adopt(&loop->watches, fd);
}

/* ---- Streams ----------------------------------------------------------------------------------- */

static int try_recv(struct eddy_io *io)
{
    io->n = eddy_net_recv(io->fd, io->to, io->size);
    if (io->n < 0)
        return later(io->n);
    eddy_co_spend((size_t)io->n);
    if (io->n > 0 && (size_t)io->n < io->size)
        eddy_watches_set_drained(&io->future.loop->watches, io->fd);
    return DONE;
}

struct eddy_future *eddy_recv(struct eddy_io *io, struct eddy_loop *loop, int fd, void *buf,
                              size_t n)
{
    static const struct eddy_future_type type = {.name = "recv", .cancel = cancel};

    *io = (struct eddy_io){.fd = fd, .event = EDDY_READ, .attempt = try_recv, .to = buf, .size = n};
    io->future.loop = loop;
    return start(io, loop, &type, eddy_watches_drained(&loop->watches, fd));
}

static int try_send(struct eddy_io *io)
{
    size_t most = (size_t)io->n + SEND_MOST, end = io->size < most ? io->size : most;

    while ((size_t)io->n < end) {
        ssize_t n = eddy_net_send(io->fd, (const char *)io->from + io->n, end - (size_t)io->n);
        if (n < 0)
            return later(n);
        io->n += n;
        eddy_co_spend((size_t)n);
    }
    return end < io->size ? GO_ON : DONE;
}

struct eddy_future *eddy_sendall(struct eddy_io *io, struct eddy_loop *loop, int fd,
                                 const void *buf, size_t n)
{
    static const struct eddy_future_type type = {.name = "sendall", .cancel = cancel};

    *io = (struct eddy_io){
        .fd = fd, .event = EDDY_WRITE, .attempt = try_send, .from = buf, .size = n};
    return start(io, loop, &type, false);
}

/* ---- Datagrams --------------------------------------------------------------------------------- */

static int try_recvfrom(struct eddy_io *io)
{
    socklen_t *size = io->address ? &io->address_size : NULL;

    do
        io->n = recvfrom(io->fd, io->to, io->size, 0, io->address, size);
    while (io->n < 0 && errno == EINTR);
    if (io->n < 0)
        return later(-errno);
    eddy_co_spend((size_t)io->n);
    return DONE;
}

struct eddy_future *eddy_recvfrom(struct eddy_io *io, struct eddy_loop *loop, int fd, void *buf,
                                  size_t n, struct sockaddr *address, socklen_t size)
{
    static const struct eddy_future_type type = {.name = "recvfrom", .cancel = cancel};

    *io = (struct eddy_io){.fd = fd,
                           .event = EDDY_READ,
                           .attempt = try_recvfrom,
                           .to = buf,
                           .size = n,
                           .address = address,
                           .address_size = size};
    return start(io, loop, &type, false);
}

static int try_sendto(struct eddy_io *io)
{
    do
        io->n = sendto(io->fd, io->from, io->size, MSG_NOSIGNAL, io->address, io->address_size);
    while (io->n < 0 && errno == EINTR);
    if (io->n < 0)
        return later(-errno);
    eddy_co_spend((size_t)io->n);
    return DONE;
}

struct eddy_future *eddy_sendto(struct eddy_io *io, struct eddy_loop *loop, int fd, const void *buf,
                                size_t n, const struct sockaddr *address, socklen_t size)
{
    static const struct eddy_future_type type = {.name = "sendto", .cancel = cancel};

    *io = (struct eddy_io){.fd = fd,
                           .event = EDDY_WRITE,
                           .attempt = try_sendto,
                           .from = buf,
                           .size = n,
                           .address = (struct sockaddr *)(uintptr_t)address,
                           .address_size = size};
    return start(io, loop, &type, false);
}
