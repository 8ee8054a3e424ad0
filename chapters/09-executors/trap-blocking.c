/* Trap: a call that blocks, in the loop. It waits for the third tick of a clock; but the clock is the loop's, and
 * stands still as long as the call does not return. In a thread the same call hears it. */
#include "delay.h"
#include "errors.h"
#include "offload.h"
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { TICKS = 3 };

static int ends[2]; /* the clock writes, the call reads */

/* Waits as many milliseconds at most. */
static int wait_for_clock(struct eddy_work *work)
{
    const int *limit = work->in;
    struct pollfd polled = {.fd = ends[0], .events = POLLIN};

    return poll(&polled, 1, *limit) == 1 ? 0 : -ETIMEDOUT;
}

struct ticker {
    struct eddy_co co;
    struct eddy_sleep sleep;
    int tick;
};

static struct eddy_step ticker(struct eddy_co *co)
{
    struct ticker *self = CO_FRAME(co, ticker);

    CO_BEGIN(co);
    for (self->tick = 1; self->tick <= TICKS; self->tick++) {
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 0.01));
        printf("  tick %d\n", self->tick);
    }
    CO_FINALLY(co);
    if (write(ends[1], "", 1) < 0)
        CO_FAIL(co, -errno);
    CO_END(co);
}

struct caller {
    struct eddy_co co;
    bool in_loop;
    int limit, err;
    struct eddy_task task;
    struct ticker ticker;
    struct eddy_offload offload;
};

static struct eddy_step caller(struct eddy_co *co)
{
    struct caller *self = CO_FRAME(co, caller);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    printf("%s:\n", self->in_loop ? "in the loop" : "in a thread");
    eddy_task_start(&self->task, loop, ticker, &self->ticker);
    CO_AWAIT(co, eddy_next_turn());
    if (self->in_loop) {
        self->err = wait_for_clock(&(struct eddy_work){.in = &self->limit});
    } else {
        CO_TRY_AWAIT(co, eddy_run_in_executor(&self->offload, loop, NULL, wait_for_clock,
                                              &self->limit, sizeof self->limit, NULL, 0));
        self->err = eddy_co_error(co);
    }
    printf("  the call: %s\n", eddy_errname(self->err));
    CO_FINALLY(co);
    CO_TRY_AWAIT(co, &self->task.future);
    CO_END(co);
}

int main(void)
{
    char byte;
    int err = pipe(ends) < 0 ? -errno : eddy_run(caller, .in_loop = true, .limit = 100);

    if (err == 0 && read(ends[0], &byte, 1) == 1)
        err = eddy_run(caller, .limit = 10000);
    close(ends[0]);
    close(ends[1]);
    return err < 0;
}
