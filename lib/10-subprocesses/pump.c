#include "pump.h"

#include "errors.h"

#include <errno.h>
#include <unistd.h>

enum { PIECE = 16384 };

static struct eddy_pump *pump_of(struct eddy_reader *reader)
{
    return container_of(reader, struct eddy_pump, reader);
}

/* ---- Reading --------------------------------------------------------------------------------------- */

/* One piece. It may be the last that does not block; so after it the kernel is asked. */
static int take_piece(struct eddy_io *io)
{
    struct eddy_pump *pump = container_of(io, struct eddy_pump, io);
    char bytes[PIECE];
    ssize_t n;
    int err;

    do
        n = read(io->fd, bytes, sizeof bytes);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return eddy_io_later(-errno);
    if (n == 0) {
        eddy_reader_feed_eof(&pump->reader);
        return EDDY_IO_DONE;
    }
    err = eddy_reader_feed(&pump->reader, bytes, (size_t)n);
    if (err < 0)
        return err;
    io->n += n;
    return pump->reader.paused ? EDDY_IO_DONE : EDDY_IO_NOT_NOW;
}

/* Whoever waits for the piece joins the batch that is being called, as with eddy_read(). The kernel is asked
 * before the next piece, so the batch has an end; what tasks feed each other would make it endless. */
static int read_piece(struct eddy_io *io)
{
    struct eddy_loop *loop = io->future.loop;
    bool joins = loop->running && eddy_list_empty(&loop->ready) && !loop->stopping;
    int outcome = take_piece(io);

    if (joins)
        eddy_list_move(&loop->batch, &loop->ready);
    return outcome;
}

/* Of a file there is always more, until its end; others have a turn in between. */
static int read_file(struct eddy_io *io)
{
    int outcome = read_piece(io);

    return outcome == EDDY_IO_NOT_NOW ? EDDY_IO_GO_ON : outcome;
}

/* The end has been told already; a pause ends with a resume. */
static void on_stopped(struct eddy_handle *handle)
{
    struct eddy_pump *pump = container_of(handle, struct eddy_pump, stopped);
    int err = eddy_future_error(&pump->io.future);

    if (err < 0)
        eddy_reader_set_error(&pump->reader, err);
}

static struct eddy_future *start_io(struct eddy_pump *pump)
{
    static const struct eddy_future_type type = {.name = "pump", .cancel = eddy_io_cancel};
    struct eddy_loop *loop = pump->reader.loop;
    struct eddy_future *future;

    pump->io = (struct eddy_io){
        .fd = pump->fd, .event = EDDY_READ, .attempt = read_piece, .may_block = true};
    future = eddy_io_start(&pump->io, loop, &type, true);
    if (eddy_future_error(future) != -EPERM) /* a file is always ready (fdio.h) */
        return future;
    pump->io.attempt = read_file;
    return eddy_io_start(&pump->io, loop, &type, false);
}

static void start_reading(struct eddy_pump *pump)
{
    eddy_handle_cancel(&pump->stopped);
    eddy_future_add_done_callback(start_io(pump), &pump->stopped);
}

/* ---- Pausing --------------------------------------------------------------------------------------- */

/* The attempt looks at `paused` when it has fed the reader. If it is a cancelled read that pauses, the
 * operation waits at that moment: it takes one piece more, at most. */
static void pause_pump(struct eddy_reader *reader)
{
    (void)reader;
}

static void resume_pump(struct eddy_reader *reader)
{
    struct eddy_pump *pump = pump_of(reader);

    /* Else it has not stopped yet; or it has failed, and on_stopped() is about to tell that. */
    if (eddy_future_error(&pump->io.future) == 0)
        start_reading(pump);
}

static const struct eddy_reader_source source = {.pause = pause_pump, .resume = resume_pump};

/* ---- Opening and closing --------------------------------------------------------------------------- */

void eddy_pump_close(struct eddy_pump *pump)
{
    if (!pump->reader.loop)
        return;
    eddy_opened_remove(&pump->opened);
    eddy_future_remove_done_callback(&pump->io.future, &pump->stopped);
    eddy_future_cancel(&pump->io.future);
    eddy_handle_cancel(&pump->stopped);
    eddy_reader_close(&pump->reader);
}

static void leave_frame(struct eddy_opened *opened)
{
    eddy_pump_close(container_of(opened, struct eddy_pump, opened));
}

int eddy_pump_open(struct eddy_pump *pump, struct eddy_loop *loop, int fd, size_t limit)
{
    int err = eddy_reader_open(&pump->reader, loop, limit, &source);

    if (err < 0)
        return err;
    err = eddy_opened_add_here(&pump->opened, pump, leave_frame);
    if (err < 0) {
        eddy_reader_close(&pump->reader);
        return err;
    }
    pump->fd = fd;
    eddy_handle_init(&pump->stopped, on_stopped);
    start_reading(pump);
    return 0;
}
