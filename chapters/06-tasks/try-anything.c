/* A typewriter: it awaits its own output, letter by letter. */
#include <eddy.h>

#include <unistd.h>

struct typewriter {
    struct eddy_co co;
    struct eddy_io io;
    struct eddy_sleep sleep;
    const char *text;
};

static struct eddy_step typewriter(struct eddy_co *co)
{
    struct typewriter *self = CO_FRAME(co, typewriter);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (; *self->text; self->text++) {
        CO_AWAIT(co, eddy_write(&self->io, loop, STDOUT_FILENO, self->text, 1));
        CO_AWAIT(co, eddy_sleep(&self->sleep, loop, 0.02));
    }
    CO_END(co);
}

int main(void)
{
    return eddy_run(typewriter, .text = "Whatever has a number can be awaited.\n") < 0;
}
