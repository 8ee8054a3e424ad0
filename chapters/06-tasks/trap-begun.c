/* Trap: a task that is cancelled before its first step. Its body does not run; its cleanup section
 * does, so that what it was given is given back. */
#include "errors.h"
#include "run.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct guest {
    struct eddy_co co;
    int fd; /* it was given that, and closes it */
};

static struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);

    CO_BEGIN(co);
    printf("guest: my body runs\n");
    CO_FINALLY(co);
    printf("guest: my cleanup section runs, with %s\n", eddy_errname(eddy_co_outcome(co)));
    eddy_loop_close_fd(eddy_co_loop(co), self->fd);
    CO_END(co);
}

struct host {
    struct eddy_co co;
    int fd;
    struct eddy_task task;
    struct guest guest;
};

static struct eddy_step host(struct eddy_co *co)
{
    struct host *self = CO_FRAME(co, host);

    CO_BEGIN(co);
    self->fd = open("/dev/null", O_RDONLY);
    if (self->fd < 0)
        CO_FAIL(co, -errno);
    eddy_task_start(&self->task, eddy_co_loop(co), guest, &self->guest, .fd = self->fd);
    printf("host:  the guest is created, and cancelled\n");
    eddy_task_cancel(&self->task);
    CO_FINALLY(co);
    CO_TRY_AWAIT(co, &self->task.future);
    printf("host:  the guest has ended with %s; its descriptor is %s\n",
           eddy_errname(eddy_co_error(co)), fcntl(self->fd, F_GETFD) < 0 ? "closed" : "open");
    CO_END(co);
}

int main(void)
{
    return eddy_run(host) < 0;
}
