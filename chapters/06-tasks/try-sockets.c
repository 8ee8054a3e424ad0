/* Ann says three words in one go, and hangs up. Bob has room for six letters. */
#include <eddy.h>

#include <stdio.h>

struct call {
    struct eddy_co co;
    struct eddy_io io;
    int ann, bob;
    char heard[6];
};

static struct eddy_step call(struct eddy_co *co)
{
    struct call *self = CO_FRAME(co, call);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sendall(&self->io, eddy_co_loop(co), self->ann, "one two three ", 14));
    eddy_loop_close_fd(eddy_co_loop(co), self->ann);
    do {
        CO_AWAIT(co, eddy_recv(&self->io, eddy_co_loop(co), self->bob, self->heard, 6));
        printf("%d bytes: '%.*s'\n", (int)self->io.n, (int)self->io.n, self->heard);
    } while (self->io.n > 0);
    CO_END(co);
}

int main(void)
{
    int fds[2];

    return eddy_net_pair(fds) < 0 || eddy_run(call, .ann = fds[0], .bob = fds[1]) < 0;
}
