#include "communicate.h"

#include "errors.h"
#include "fdio.h"

#include <errno.h>

/* ---- Its input ----------------------------------------------------------------------------------------- */

/* It has ended, or reads no more: then its input has no user, and that is its own affair. */
static bool is_no_reader(int err)
{
    return err == -EPIPE || err == -ECONNRESET;
}

static void on_wrote(struct eddy_handle *handle)
{
    struct eddy_communicate *talk = container_of(handle, struct eddy_communicate, wrote);
    int err = eddy_future_error(&talk->writing.future);

    if (talk->process->pid == talk->pid) /* else it was closed, and the next one runs there */
        eddy_process_close_in(talk->process);
    eddy_future_finish(&talk->written, is_no_reader(err) ? 0 : err, NULL);
}

static void cancel_writing(struct eddy_future *future)
{
    struct eddy_communicate *talk = container_of(future, struct eddy_communicate, written);

    eddy_future_remove_done_callback(&talk->writing.future, &talk->wrote);
    eddy_handle_cancel(&talk->wrote);
    eddy_future_cancel(&talk->writing.future);
    eddy_future_finish(future, -ECANCELED, NULL);
}

static struct eddy_future *start_writing(struct eddy_communicate *talk, const void *input, size_t n)
{
    static const struct eddy_future_type type = {
        .name = "communicate", .cancel = cancel_writing, .guarded = true};
    struct eddy_loop *loop = talk->process->loop;

    eddy_future_init_type(&talk->written, loop, &type);
    eddy_handle_init(&talk->wrote, on_wrote);
    eddy_future_add_done_callback(eddy_write(&talk->writing, loop, talk->process->in, input, n),
                                  &talk->wrote);
    return &talk->written;
}

/* ---- All of it ----------------------------------------------------------------------------------------- */

static size_t start_all(struct eddy_communicate *talk, const void *input, size_t n, size_t most)
{
    struct eddy_process *process = talk->process;
    size_t count = 0;

    if (process->in >= 0)
        talk->each[count++].future = start_writing(talk, input, n);
    if (process->out.reader.loop)
        talk->each[count++].future = eddy_reader_readall(&process->out.reader, most);
    if (process->err.reader.loop)
        talk->each[count++].future = eddy_reader_readall(&process->err.reader, most);
    talk->each[count++].future = eddy_process_wait(&talk->wait, process);
    return count;
}

/* Whoever uses one of its pipes already is not disturbed: nothing is started, and no field of `talk` that may
 * be in use is touched. */
static int refusal(const struct eddy_process *process, size_t n)
{
    if (!process->loop)
        return EDDY_ECLOSED;
    if (process->out.reader.waits || process->err.reader.waits ||
        (process->in >= 0 &&
         eddy_watches_awaited(&process->loop->watches, process->in, EDDY_WRITE)))
        return EDDY_EWATCHED;
    return n > 0 && process->in < 0 ? -EINVAL : 0;
}

struct eddy_future *eddy_communicate(struct eddy_communicate *talk, struct eddy_process *process,
                                     const void *input, size_t n, size_t most)
{
    struct eddy_loop *loop = process->loop;
    int err = refusal(process, n);
    size_t count;

    if (err < 0)
        return eddy_future_init_done(&talk->refused, loop, err);
    *talk = (struct eddy_communicate){.process = process, .pid = process->pid};
    count = start_all(talk, input, n, most);
    return eddy_gather(&talk->all, loop, talk->each, count);
}
