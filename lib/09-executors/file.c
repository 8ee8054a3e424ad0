#include "file.h"

#include "errors.h"
#include "fdio.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct eddy_file *file_of(struct eddy_work *work)
{
    return container_of(work, struct eddy_file, offload.job.work);
}

/* ---- In a thread --------------------------------------------------------------------------------- */

static int open_file(struct eddy_work *work)
{
    struct eddy_file *file = file_of(work);

    do
        file->fd = open(file->call.path, file->call.flags | O_CLOEXEC, file->call.mode);
    while (file->fd < 0 && errno == EINTR);
    file->open = file->fd >= 0;
    return file->open ? 0 : -errno;
}

static int read_file(struct eddy_work *work)
{
    struct eddy_file *file = file_of(work);

    do
        file->n = read(file->fd, file->call.to, file->call.size);
    while (file->n < 0 && errno == EINTR);
    if (file->n >= 0)
        return 0;
    file->n = 0;
    return -errno;
}

static int write_file(struct eddy_work *work)
{
    struct eddy_file *file = file_of(work);
    const char *from = file->call.from;

    while ((size_t)file->n < file->call.size) {
        size_t rest = file->call.size - (size_t)file->n;
        ssize_t wrote = eddy_write_some(file->fd, from + file->n, rest);

        if (wrote < 0)
            return (int)wrote;
        file->n += wrote;
    }
    return 0;
}

static int sync_file(struct eddy_work *work)
{
    int result;

    do
        result = fsync(file_of(work)->fd);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
}

/* After an error the number is free all the same. */
static int close_file(struct eddy_work *work)
{
    struct eddy_file *file = file_of(work);

    file->open = false;
    return eddy_net_close(file->fd);
}

/* The job has not run: it was cancelled in line, or there is no thread for it. */
static void close_all_the_same(struct eddy_job_callback *callback, struct eddy_job *job)
{
    struct eddy_file *file = container_of(callback, struct eddy_file, unclosed);

    if (file->open)
        close_file(&job->work);
}

/* ---- In the loop --------------------------------------------------------------------------------- */

/* While a call runs, the thread may be writing to all fields but the link. */
static int refusal(const struct eddy_file *file, bool opens)
{
    if (eddy_list_linked(&file->offload.wrapped.link))
        return EDDY_EQUEUED;
    if (opens)
        return file->open ? EDDY_EQUEUED : 0;
    return file->open ? 0 : -EBADF;
}

static struct eddy_future *start_call(struct eddy_file *file, struct eddy_loop *loop,
                                      int (*fn)(struct eddy_work *work), struct eddy_file_call call)
{
    int err = refusal(file, fn == open_file);

    if (err == -EBADF && fn == close_file)
        return eddy_future_init_done(&file->offload.wrapped.refused, loop, 0);
    if (err < 0)
        return eddy_future_init_done(&file->offload.wrapped.refused, loop, err);
    file->call = call;
    file->n = 0;
    return eddy_run_in_executor(&file->offload, loop, NULL, fn, NULL, 0, NULL, 0);
}

struct eddy_future *eddy_file_open(struct eddy_file *file, struct eddy_loop *loop, const char *path,
                                   int flags, mode_t mode)
{
    return start_call(file, loop, open_file,
                      (struct eddy_file_call){.path = path, .flags = flags, .mode = mode});
}

struct eddy_future *eddy_file_read(struct eddy_file *file, struct eddy_loop *loop, void *to,
                                   size_t size)
{
    return start_call(file, loop, read_file, (struct eddy_file_call){.to = to, .size = size});
}

struct eddy_future *eddy_file_write(struct eddy_file *file, struct eddy_loop *loop,
                                    const void *from, size_t size)
{
    return start_call(file, loop, write_file, (struct eddy_file_call){.from = from, .size = size});
}

struct eddy_future *eddy_file_sync(struct eddy_file *file, struct eddy_loop *loop)
{
    return start_call(file, loop, sync_file, (struct eddy_file_call){.size = 0});
}

struct eddy_future *eddy_file_close(struct eddy_file *file, struct eddy_loop *loop)
{
    struct eddy_future *future =
        start_call(file, loop, close_file, (struct eddy_file_call){.size = 0});

    file->unclosed.fn = close_all_the_same;
    if (future == &file->offload.wrapped.future)
        eddy_job_add_done_callback(&file->offload.job, &file->unclosed);
    else if (future->err != EDDY_EQUEUED && file->open)
        close_file(&file->offload.job.work); /* there is not even a job */
    return future;
}
