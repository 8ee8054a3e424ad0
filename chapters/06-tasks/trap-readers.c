/* Trap: two tasks that read one socket. Who would get which bytes? The second is refused. */
#include "errors.h"
#include "net.h"
#include "run.h"
#include "sockio.h"

#include <stdio.h>

struct reader {
    struct eddy_co co;
    const char *name;
    struct eddy_io io;
    int fd;
    char text[16];
};

static struct eddy_step reader(struct eddy_co *co)
{
    struct reader *self = CO_FRAME(co, reader);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_recv(&self->io, eddy_co_loop(co), self->fd, self->text, sizeof self->text));
    CO_FINALLY(co);
    printf("%s: %s, '%.*s'\n", self->name, eddy_errname(eddy_co_outcome(co)), (int)self->io.n,
           self->text);
    eddy_co_handled(co);
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

struct both {
    struct eddy_co co;
    int fds[2], i, err;
    struct eddy_task tasks[2];
    struct reader ann, bob;
};

static struct eddy_step both(struct eddy_co *co)
{
    struct both *self = CO_FRAME(co, both);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->err = make_pair(loop, self->fds);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    eddy_task_start(&self->tasks[0], loop, reader, &self->ann, .name = "ann", .fd = self->fds[0]);
    eddy_task_start(&self->tasks[1], loop, reader, &self->bob, .name = "bob", .fd = self->fds[0]);
    CO_AWAIT(co, &self->tasks[1].future);
    eddy_net_send(self->fds[1], "one line", 8);
    CO_AWAIT(co, &self->tasks[0].future);
    CO_FINALLY(co);
    for (self->i = 0; self->i < 2; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_TRY_AWAIT(co, &self->tasks[self->i].future);
        if (self->fds[self->i] >= 0)
            eddy_loop_close_fd(loop, self->fds[self->i]);
    }
    CO_END(co);
}

int main(void)
{
    return eddy_run(both, .fds = {-1, -1}) < 0;
}
