#include "work.h"

#include "future.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int eddy_work_put(struct eddy_work *work, const void *bytes, size_t n)
{
    if (n > work->out_room)
        return eddy_work_fail(work, -EMSGSIZE,
                              "the result has %zu bytes, and there is room for %zu", n,
                              work->out_room);
    if (n > 0)
        memcpy(work->out, bytes, n);
    work->out_size = n;
    return 0;
}

int eddy_work_fail(struct eddy_work *work, int err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(work->message, sizeof work->message, format, args);
    va_end(args);
    return err;
}

int eddy_work_run(struct eddy_work *work, int (*fn)(struct eddy_work *work))
{
    int err;

    work->out_size = work->out_room;
    work->message[0] = '\0';
    err = fn(work);
    if (!eddy_is_outcome(err))
        err =
            eddy_work_fail(work, -EINVAL, "the function has returned %d, which is no outcome", err);
    else if (err == 0 && work->out_size > work->out_room)
        err = eddy_work_fail(work, -EMSGSIZE, "the result has %zu bytes, and there is room for %zu",
                             work->out_size, work->out_room);
    if (err < 0)
        work->out_size = 0;
    return err;
}
