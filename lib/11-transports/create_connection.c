#include "create_connection.h"

#include "errors.h"
#include "net.h"
#include "unix_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const double patience = 0.25; /* seconds: RFC 8305's Connection Attempt Delay */

/* ---- Its end ------------------------------------------------------------------------------------- */

/* A try that is under way is called no more, and its descriptor is closed. */
static void end_try(struct eddy_try *try, int err)
{
    struct eddy_loop *loop = try->connecting->future.loop;

    if (try->fd < 0)
        return;
    eddy_future_remove_done_callback(&try->io.future, &try->done);
    eddy_handle_cancel(&try->done);
    eddy_future_cancel(&try->io.future);
    eddy_loop_close_fd(loop, try->fd);
    try->fd = -1;
    try->err = err;
}

static void end_connecting(struct eddy_connecting *connecting, int err)
{
    eddy_opened_remove(&connecting->opened);
    eddy_transports_leave(&connecting->member);
    eddy_handle_cancel(&connecting->resolved);
    eddy_timer_cancel(connecting->future.loop, &connecting->next);
    for (int i = 0; i < connecting->begun; i++)
        end_try(&connecting->tries[i], -ECANCELED);
    eddy_getaddrinfo_free(&connecting->resolve);
    eddy_future_finish(&connecting->future, err, NULL);
}

/* A name that is being asked for comes to its end first; but a frame that goes, goes at once. */
static void cancel_connecting(struct eddy_future *future)
{
    struct eddy_connecting *connecting = container_of(future, struct eddy_connecting, future);

    connecting->cancelled = true;
    if (connecting->count == 0)
        eddy_future_cancel(connecting->asked);
    if (connecting->count > 0 || eddy_task_lets_go())
        end_connecting(connecting, -ECANCELED);
}

static void leave_frame(struct eddy_opened *opened)
{
    cancel_connecting(&container_of(opened, struct eddy_connecting, opened)->future);
}

/* The loop is being closed. A name that is being asked for comes to its end: its addresses must be freed. */
static void forget_connecting(struct eddy_transports_member *member)
{
    struct eddy_connecting *connecting = container_of(member, struct eddy_connecting, member);

    eddy_transports_leave(member);
    if (connecting->count == 0 && !eddy_job_cancel(&connecting->resolve.offload.job))
        eddy_job_outlast(&connecting->resolve.offload.job);
    eddy_getaddrinfo_free(&connecting->resolve);
    for (int i = 0; i < connecting->begun; i++)
        if (connecting->tries[i].fd >= 0)
            eddy_net_close(connecting->tries[i].fd);
    connecting->transport = NULL;
    eddy_transports_forget_future(&connecting->future);
}

/* ---- Trying -------------------------------------------------------------------------------------- */

static void try_next(struct eddy_connecting *connecting);

/* All of them: the first one's error is that of the address that was preferred. */
static void note_failure(struct eddy_connecting *connecting)
{
    connecting->ended++;
    if (connecting->ended == connecting->count)
        end_connecting(connecting, connecting->tries[0].err);
    else
        try_next(connecting);
}

/* The transport has the descriptor now, and its task is the one that has asked for it. */
static void win_race(struct eddy_connecting *connecting, struct eddy_try *try)
{
    int err = eddy_transport_open(connecting->transport, connecting->future.loop, try->fd,
                                  connecting->protocol);

    if (err < 0)
        end_try(try, err);
    try->fd = -1;
    try->err = err;
    if (err == 0) /* the loop has its list of what is open, since we are in it */
        (void)eddy_transport_note_task(connecting->transport, connecting->opened.task);
    end_connecting(connecting, err);
}

static void on_tried(struct eddy_handle *handle)
{
    struct eddy_try *try = container_of(handle, struct eddy_try, done);
    int err = eddy_future_error(&try->io.future);

    if (err == 0) {
        win_race(try->connecting, try);
        return;
    }
    end_try(try, err);
    note_failure(try->connecting);
}

static int begin_try(struct eddy_try *try)
{
    struct eddy_loop *loop = try->connecting->future.loop;
    int fd = eddy_socket(loop, try->address.any.sa_family, SOCK_STREAM);

    if (fd < 0)
        return fd;
    try->fd = fd;
    eddy_handle_init(&try->done, on_tried);
    return eddy_future_add_done_callback(
        eddy_connect(&try->io, loop, fd, &try->address.any, try->size), &try->done);
}

static void on_patience(struct eddy_handle *handle)
{
    try_next(container_of(handle, struct eddy_connecting, next.handle));
}

/* An address for which there is not even a socket has failed. */
static void try_next(struct eddy_connecting *connecting)
{
    struct eddy_loop *loop = connecting->future.loop;
    struct eddy_try *try = &connecting->tries[connecting->begun];

    eddy_timer_cancel(loop, &connecting->next);
    if (connecting->begun == connecting->count)
        return;
    connecting->begun++;
    try->err = begin_try(try);
    if (try->err < 0) {
        note_failure(connecting);
        return;
    }
    try->err = EDDY_EPENDING;
    if (connecting->begun < connecting->count)
        (void)eddy_loop_call_later(loop, &connecting->next, patience);
}

/* ---- Which addresses ----------------------------------------------------------------------------- */

static void add_try(struct eddy_connecting *connecting, const struct sockaddr *address,
                    socklen_t size)
{
    struct eddy_try *try = &connecting->tries[connecting->count];

    if (connecting->count == EDDY_CONNECT_TRIES || size > sizeof try->address)
        return;
    *try =
        (struct eddy_try){.size = size, .err = EDDY_EPENDING, .fd = -1, .connecting = connecting};
    memcpy(&try->address, address, size);
    connecting->count++;
}

/* The next from `info` on that is, or is not, of this family. */
static const struct addrinfo *find_family(const struct addrinfo *info, int family, bool same)
{
    while (info && (info->ai_family == family) != same)
        info = info->ai_next;
    return info;
}

/* By turns, beginning with the family that the system has put first; in each, its order is kept. */
static void choose_addresses(struct eddy_connecting *connecting, const struct addrinfo *list)
{
    int family = list->ai_family;
    const struct addrinfo *first = list, *other = find_family(list, family, false);

    while (first || other) {
        if (first) {
            add_try(connecting, first->ai_addr, first->ai_addrlen);
            first = find_family(first->ai_next, family, true);
        }
        if (other) {
            add_try(connecting, other->ai_addr, other->ai_addrlen);
            other = find_family(other->ai_next, family, false);
        }
    }
}

static void on_resolved(struct eddy_handle *handle)
{
    struct eddy_connecting *connecting = container_of(handle, struct eddy_connecting, resolved);
    int err = eddy_future_error(connecting->asked);

    if (err == 0 && connecting->cancelled)
        err = -ECANCELED;
    if (err == 0)
        choose_addresses(connecting, connecting->resolve.list);
    if (err == 0 && connecting->count == 0)
        err = EDDY_ENOHOST;
    if (err < 0)
        end_connecting(connecting, err);
    else
        try_next(connecting);
}

/* ---- Starting ------------------------------------------------------------------------------------ */

static int refusal(const struct eddy_connecting *connecting, const struct eddy_transport *transport,
                   struct eddy_loop *loop)
{
    if (transport->loop || (connecting->transport && !eddy_future_done(&connecting->future)))
        return EDDY_EQUEUED;
    if (eddy_loop_is_closed(loop))
        return EDDY_ECLOSED;
    return eddy_loop_check_thread(loop, "create_connection");
}

static int note_opened(struct eddy_connecting *connecting)
{
    struct eddy_task *task = eddy_current_task();

    if (!task ||
        !(eddy_task_holds(task, connecting) || eddy_task_holds(task, connecting->transport)))
        return 0;
    return eddy_opened_add(&connecting->opened, task, leave_frame);
}

static void init_connecting(struct eddy_connecting *connecting, struct eddy_transport *transport,
                            struct eddy_loop *loop, const struct eddy_protocol *protocol)
{
    static const struct eddy_future_type type = {
        .name = "create_connection", .cancel = cancel_connecting, .guarded = true};

    connecting->count = connecting->begun = connecting->ended = 0;
    connecting->transport = transport;
    connecting->protocol = protocol;
    connecting->cancelled = false;
    connecting->resolve = (struct eddy_resolve){.list = NULL};
    connecting->opened = (struct eddy_opened){.task = NULL};
    connecting->member = (struct eddy_transports_member){.forget = forget_connecting};
    eddy_future_init_type(&connecting->future, loop, &type);
    eddy_handle_init(&connecting->resolved, on_resolved);
    eddy_timer_init(&connecting->next, on_patience);
}

static int begin_connecting(struct eddy_connecting *connecting, struct eddy_transport *transport,
                            struct eddy_loop *loop, const struct eddy_protocol *protocol)
{
    int err = refusal(connecting, transport, loop);
    char *piece;

    if (err < 0)
        return err;
    init_connecting(connecting, transport, loop, protocol);
    err = note_opened(connecting);
    if (err == 0)
        err = eddy_transports_join(loop, &connecting->member, &piece);
    if (err == 0)
        return 0;
    eddy_opened_remove(&connecting->opened);
    connecting->transport = NULL;
    return err;
}

/* The name service would take "65616" for "80". */
static bool is_beyond_ports(const char *service)
{
    char *end;
    long port;

    if (!service)
        return false;
    port = strtol(service, &end, 10);
    return (port < 0 || port > 65535) && *end == '\0';
}

struct eddy_future *eddy_create_connection(struct eddy_connecting *connecting,
                                           struct eddy_transport *transport, struct eddy_loop *loop,
                                           const char *host, const char *service,
                                           const struct eddy_protocol *protocol)
{
    int err = is_beyond_ports(service) ? EDDY_EPORT : 0;

    if (err == 0)
        err = begin_connecting(connecting, transport, loop, protocol);
    if (err < 0)
        return eddy_future_init_done(&connecting->refused, loop, err);
    connecting->asked = eddy_getaddrinfo(&connecting->resolve, loop, host, service, NULL);
    eddy_future_add_done_callback(connecting->asked, &connecting->resolved);
    return &connecting->future;
}

struct eddy_future *eddy_create_unix_connection(struct eddy_connecting *connecting,
                                                struct eddy_transport *transport,
                                                struct eddy_loop *loop, const char *path,
                                                const struct eddy_protocol *protocol)
{
    struct sockaddr_un address;
    int err = eddy_unix_address(path, &address);

    if (err == 0)
        err = begin_connecting(connecting, transport, loop, protocol);
    if (err < 0)
        return eddy_future_init_done(&connecting->refused, loop, err);
    add_try(connecting, (const struct sockaddr *)&address, sizeof address);
    try_next(connecting);
    return &connecting->future;
}
