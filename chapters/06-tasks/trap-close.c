/* Trap: a socket is closed while somebody waits for it. */
#include "delay.h"
#include "errors.h"
#include "net.h"
#include "run.h"
#include "sockio.h"

#include <stdio.h>
#include <unistd.h>

struct reader {
    struct eddy_co co;
    struct eddy_io io;
    int fd, err;
    char byte;
};

static struct eddy_step reader(struct eddy_co *co)
{
    struct reader *self = CO_FRAME(co, reader);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_recv(&self->io, eddy_co_loop(co), self->fd, &self->byte, 1));
    self->err = eddy_co_error(co);
    CO_END(co);
}

/* Two sockets that talk to each other. They come from elsewhere, so the loop is told of them. */
static int make_pair(struct eddy_loop *loop, int fds[2])
{
    int err = socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 ? -errno : 0;

    for (int i = 0; i < 2 && err == 0; i++) {
        err = eddy_net_prepare(fds[i]);
        eddy_adopt_fd(loop, fds[i]);
    }
    return err;
}

struct closer {
    struct eddy_co co;
    struct eddy_task task;
    struct reader reader;
    struct eddy_sleep sleep;
    int fds[2], err;
    bool behind_its_back, told;
};

static struct eddy_step closer(struct eddy_co *co)
{
    struct closer *self = CO_FRAME(co, closer);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->err = make_pair(loop, self->fds);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    eddy_task_start(&self->task, loop, reader, &self->reader, .fd = self->fds[0]);
    CO_AWAIT(co, eddy_next_turn());
    if (self->behind_its_back)
        close(self->fds[0]);
    else
        eddy_loop_close_fd(loop, self->fds[0]);
    self->fds[0] = -1;
    CO_AWAIT(co, eddy_sleep(&self->sleep, loop, 0.1));
    self->told = eddy_task_done(&self->task);
    CO_FINALLY(co);
    eddy_task_cancel(&self->task);
    CO_TRY_AWAIT(co, &self->task.future);
    printf("%-21s the reader %s: %s\n",
           self->behind_its_back ? "close():" : "eddy_loop_close_fd():",
           self->told ? "was told" : "was not told, had to be cancelled",
           eddy_errname(self->reader.err));
    for (int i = 0; i < 2; i++)
        if (self->fds[i] >= 0)
            eddy_loop_close_fd(loop, self->fds[i]);
    CO_END(co);
}

int main(void)
{
    int err = eddy_run(closer, .fds = {-1, -1}, .behind_its_back = true);

    return (err == 0 ? eddy_run(closer, .fds = {-1, -1}) : err) < 0;
}
