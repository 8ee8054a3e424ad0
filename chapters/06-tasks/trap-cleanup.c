/* Trap: what a body does at its end, it does not do when it is cancelled before. */
#include "delay.h"
#include "errors.h"
#include "run.h"
#include "signals.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Opens a file, reads for a while, closes it. */
struct careless {
    struct eddy_co co;
    struct eddy_sleep sleep;
    int fd;
};

static struct eddy_step careless(struct eddy_co *co)
{
    struct careless *self = CO_FRAME(co, careless);

    CO_BEGIN(co);
    self->fd = open("/dev/null", O_RDONLY);
    if (self->fd < 0)
        CO_FAIL(co, -errno);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 10));
    close(self->fd);
    CO_END(co);
}

struct careful {
    struct eddy_co co;
    struct eddy_sleep sleep;
    int fd;
};

static struct eddy_step careful(struct eddy_co *co)
{
    struct careful *self = CO_FRAME(co, careful);

    CO_BEGIN(co);
    self->fd = open("/dev/null", O_RDONLY);
    if (self->fd < 0)
        CO_FAIL(co, -errno);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 10));
    CO_FINALLY(co);
    if (self->fd >= 0)
        close(self->fd);
    CO_END(co);
}

/* Starts ten tasks, one after the other, and cancels each. */
struct fickle {
    struct eddy_co co;
    bool with_care;
    int i;
    struct eddy_task task;
    struct careless careless;
    struct careful careful;
};

static struct eddy_step fickle(struct eddy_co *co)
{
    struct fickle *self = CO_FRAME(co, fickle);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (; self->i < 10; self->i++) {
        if (self->with_care)
            eddy_task_start(&self->task, loop, careful, &self->careful, .fd = -1);
        else
            eddy_task_start(&self->task, loop, careless, &self->careless);
        CO_AWAIT(co, eddy_next_turn());
        eddy_task_cancel(&self->task);
        CO_TRY_AWAIT(co, &self->task.future);
        if (!eddy_task_done(&self->task))
            CO_FAIL(co, eddy_co_error(co)); /* the await was cancelled, and not the task */
    }
    CO_FINALLY(co);
    eddy_task_cancel(&self->task);
    CO_TRY_AWAIT(co, &self->task.future);
    CO_END(co);
}

enum { MOST = 256 };

static void note_open(bool open_before[])
{
    for (int fd = 0; fd < MOST; fd++)
        open_before[fd] = fcntl(fd, F_GETFD) >= 0;
}

/* Those that are open now and were not, but for the two that the process keeps for its signals. They
 * are closed here: this program leaves nothing behind. */
static int count_lost(const bool open_before[])
{
    int n = 0;

    for (int fd = 0; fd < MOST; fd++)
        n += !open_before[fd] && !eddy_signals_own(fd) && close(fd) == 0;
    return n;
}

static int show(const char *name, bool with_care)
{
    bool open_before[MOST];
    int err;

    note_open(open_before);
    err = eddy_run(fickle, .with_care = with_care);
    printf("%-9s 10 tasks cancelled, %2d descriptors lost\n", name, count_lost(open_before));
    return err;
}

int main(void)
{
    int err = show("careless:", false);

    return (err == 0 ? show("careful:", true) : err) < 0;
}
