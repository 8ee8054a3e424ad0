/* Trap: write all, then read. cat writes while it reads, and stops when its pipe is full: it waits until
 * we read, and we wait until it reads. communicate() does both at once. */
#include "communicate.h"
#include "errors.h"
#include "fdio.h"
#include "run.h"
#include "wait_for.h"

#include <stdio.h>

enum { SIZE = 1000000 };

static char text[SIZE];

struct show {
    struct eddy_co co;
    struct eddy_program cat;
    struct eddy_process process;
    struct eddy_io io;
    struct eddy_wait_for limit;
    struct eddy_communicate talk;
    int err;
};

static struct eddy_step show(struct eddy_co *co)
{
    struct show *self = CO_FRAME(co, show);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->err = eddy_process_start(&self->process, loop, &self->cat);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, loop,
                                   eddy_write(&self->io, loop, self->process.in, text, SIZE), 0.2));
    printf("write all, then read: %s\n", eddy_errname(eddy_co_error(co)));
    eddy_process_close(&self->process);

    self->err = eddy_process_start(&self->process, loop, &self->cat);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_AWAIT(co, eddy_communicate(&self->talk, &self->process, text, SIZE, SIZE));
    printf("both at once: %zu bytes have come back\n", self->process.out.reader.size);
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}

int main(void)
{
    const char *const argv[] = {"cat", NULL};

    return eddy_run(show, .cat = {.argv = argv, .in = EDDY_PIPE, .out = EDDY_PIPE}) < 0;
}
