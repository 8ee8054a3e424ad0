#include "io.h"

#include "co.h"
#include "errors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { IN_VAIN_MOST = 3 }; /* events in a row that find nothing, before the operation rests */

static const double rest_first = 0.01, rest_most = 0.04; /* seconds */

/* ---- Every operation --------------------------------------------------------------------------- */

void eddy_finish_in_batch(struct eddy_future *future, int err, void *result)
{
    struct eddy_loop *loop = future->loop;
    bool joins = loop->running && eddy_list_empty(&loop->ready) && !loop->stopping;

    eddy_future_finish(future, err, result);
    if (joins)
        eddy_list_move(&loop->batch, &loop->ready);
}

static void finish_io(struct eddy_io *io, int outcome)
{
    eddy_finish_in_batch(&io->future, outcome < 0 ? outcome : 0, NULL);
}

static int await_event(struct eddy_io *io)
{
    struct eddy_watches *watches = &io->future.loop->watches;

    if (io->foreign)
        return eddy_watches_add(watches, io->fd, io->event, &io->watch);
    return eddy_watches_await(watches, io->fd, io->event, &io->watch);
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
        err = io->watch.err < 0 ? io->watch.err : await_event(io);
        if (err < 0)
            finish_io(io, err);
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

    if (!isnan(eddy_timer_when(loop, &rests->timer)) || eddy_handle_queued(&rests->timer.handle))
        return 0; /* set, or due and in line */
    rests->seconds = is_new ? rest_first : twice;
    return eddy_loop_call_later(loop, &rests->timer, rests->seconds);
}

/* The watch stays in the table, so that closing and cancelling find it. Whatever cannot be had for a
 * rest, it waits as before. */
static int rest_io(struct eddy_io *io)
{
    struct eddy_loop *loop = io->future.loop;
    struct rests *rests = rests_of(loop);
    int err;

    if (!rests || set_rest(loop, rests, io->in_vain == IN_VAIN_MOST) < 0 ||
        eddy_watches_ignore(&loop->watches, io->fd, io->event) < 0)
        return await_event(io);
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
    if (eddy_future_done(&io->future)) /* the attempt has cancelled its own task */
        return;
    io->in_vain = outcome == EDDY_IO_NOT_NOW && io->n <= before ? io->in_vain + 1 : 0;
    if (outcome == EDDY_IO_NOT_NOW)
        outcome = io->in_vain < IN_VAIN_MOST ? await_event(io) : rest_io(io);
    else if (outcome == EDDY_IO_GO_ON)
        outcome = await_turn(io);
    if (outcome != 0)
        finish_io(io, outcome);
}

void eddy_io_cancel(struct eddy_future *future)
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

    if (io->may_block || flags < 0 || flags & O_NONBLOCK)
        return;
    snprintf(text, sizeof text, "%s: descriptor %d blocks, and so may the loop (eddy_net_prepare)",
             operation, io->fd);
    eddy_loop_call_exception_handler(
        loop, &(struct eddy_context){.message = text, .who = task ? eddy_co_name(task->co) : NULL});
}

/* Whether to try at once: who waits already comes first, or its bytes would be mixed with ours. */
static int first_attempt(struct eddy_io *io, struct eddy_loop *loop,
                         const struct eddy_future_type *type, bool waits_first)
{
    int err = eddy_loop_is_closed(loop) ? EDDY_ECLOSED : eddy_loop_check_thread(loop, type->name);

    if (err < 0)
        return err;
    if (loop->looks_closer)
        look_closer(io, loop, type->name);
    if (eddy_watches_awaited(&loop->watches, io->fd, io->event))
        return EDDY_EWATCHED;
    return waits_first ? EDDY_IO_NOT_NOW : io->attempt(io);
}

struct eddy_future *eddy_io_start(struct eddy_io *io, struct eddy_loop *loop,
                                  const struct eddy_future_type *type, bool waits_first)
{
    int outcome;

    io->future.loop = loop; /* for the attempt; the rest of it, if the operation must wait */
    outcome = first_attempt(io, loop, type, waits_first);
    eddy_future_init_type(&io->future, loop, type);
    eddy_watch_init(&io->watch, on_event);
    if (outcome == EDDY_IO_NOT_NOW)
        outcome = await_event(io);
    else if (outcome == EDDY_IO_GO_ON)
        outcome = await_turn(io);
    if (outcome == 0)
        return &io->future;
    return eddy_future_init_done(&io->future, loop, outcome < 0 ? outcome : 0);
}
