/* Trap: "one read is one line". A read returns a piece, and where it ends has nothing to do with lines. (Here
 * the room for a piece is small. With a large one it works for as long as you try it, and is cut on the
 * day when much is said at once.) */
#include "fdio.h"
#include "run.h"

#include <stdio.h>
#include <unistd.h>

struct piecewise {
    struct eddy_co co;
    struct eddy_io io;
    char piece[16];
};

static struct eddy_step piecewise(struct eddy_co *co)
{
    struct piecewise *self = CO_FRAME(co, piecewise);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_read(&self->io, eddy_co_loop(co), STDIN_FILENO, self->piece,
                               sizeof self->piece));
        if (self->io.n == 0)
            break;
        printf("a line: [%.*s]\n", (int)self->io.n, self->piece);
    }
    CO_END(co);
}

int main(void)
{
    return eddy_run(piecewise) < 0;
}
