/* Trap: to take the end of a process for the end of its output, or the other way round. This shell has a child of
 * its own, which keeps the pipe: the shell has ended, was waited for, and the end of the output does not come. */
#include "errors.h"
#include "process.h"
#include "run.h"
#include "wait_for.h"

#include <stdio.h>

/* The cat in the background ends when nobody can write to its stdin any more. */
static const char command[] = "exec 3<&0; cat <&3 & echo I go";

struct show {
    struct eddy_co co;
    struct eddy_process process;
    struct eddy_process_wait wait;
    struct eddy_wait_for limit;
};

static struct eddy_step show(struct eddy_co *co)
{
    struct show *self = CO_FRAME(co, show);
    struct eddy_loop *loop = eddy_co_loop(co);
    struct eddy_program pipes = {.in = EDDY_PIPE, .out = EDDY_PIPE};
    struct eddy_reader *output = &self->process.out.reader;
    int err;

    CO_BEGIN(co);
    err = eddy_process_start_shell(&self->process, loop, command, &pipes);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_reader_readline(output));
    printf("line: %.*s", (int)output->size, output->data);
    CO_AWAIT(co, eddy_process_wait(&self->wait, &self->process));
    printf("wait: exit %d\n", self->process.code);
    CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, loop, eddy_reader_readline(output), 0.2));
    printf("line: %s\n", eddy_errname(eddy_co_error(co)));
    eddy_process_close_in(&self->process);
    CO_AWAIT(co, eddy_reader_readline(output));
    printf("the grandchild has ended; line: %zu bytes\n", output->size);
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}

int main(void)
{
    return eddy_run(show) < 0;
}
