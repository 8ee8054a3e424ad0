/* Trap: popen() in a callback or a task. To read from it is to wait as a thread waits: the loop stands still
 * until the program speaks. A process of eddy's own is awaited. (It speaks when the clock has ticked three times,
 * so that the order is the same on every machine.) */
#include "delay.h"
#include "errors.h"
#include "fdio.h"
#include "process.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>

struct ticker {
    struct eddy_co co;
    struct eddy_process *process;
    struct eddy_sleep sleep;
    struct eddy_io io;
    int tick;
};

static struct eddy_step ticker(struct eddy_co *co)
{
    struct ticker *self = CO_FRAME(co, ticker);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (self->tick = 1; self->tick <= 3; self->tick++) {
        CO_AWAIT(co, eddy_sleep(&self->sleep, loop, 0.01));
        printf("  tick %d\n", self->tick);
    }
    if (self->process)
        CO_AWAIT(co, eddy_write(&self->io, loop, self->process->in, "go\n", 3));
    CO_END(co);
}

static int ask_popen(void)
{
    char line[80] = "";
    FILE *program = popen("sleep 0.1; echo done", "r");

    if (!program)
        return -errno;
    fgets(line, sizeof line, program);
    printf("  the program: %s", line);
    return pclose(program);
}

struct show {
    struct eddy_co co;
    struct eddy_process process;
    struct eddy_task task;
    struct ticker ticker;
};

static struct eddy_step show(struct eddy_co *co)
{
    struct show *self = CO_FRAME(co, show);
    struct eddy_loop *loop = eddy_co_loop(co);
    struct eddy_program pipes = {.in = EDDY_PIPE, .out = EDDY_PIPE};
    int err;

    CO_BEGIN(co);
    printf("popen:\n");
    eddy_task_start(&self->task, loop, ticker, &self->ticker);
    CO_AWAIT(co, eddy_next_turn()); /* the clock begins */
    err = ask_popen();
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, &self->task.future);

    printf("a process:\n");
    err = eddy_process_start_shell(&self->process, loop, "read go; echo done", &pipes);
    if (err < 0)
        CO_FAIL(co, err);
    eddy_task_start(&self->task, loop, ticker, &self->ticker, .process = &self->process);
    CO_AWAIT(co, eddy_reader_readline(&self->process.out.reader));
    printf("  the program: %.*s", (int)self->process.out.reader.size,
           self->process.out.reader.data);
    CO_FINALLY(co);
    if (self->task.co) {
        eddy_task_cancel(&self->task);
        CO_TRY_AWAIT(co, &self->task.future);
    }
    eddy_process_close(&self->process);
    CO_END(co);
}

int main(void)
{
    return eddy_run(show) < 0;
}
