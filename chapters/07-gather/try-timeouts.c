/* A cat wants to go out. How long does it wait at the door? */
#include <eddy.h>

#include <stdio.h>

struct cat {
    struct eddy_co co;
    struct eddy_sleep door;
    struct eddy_wait_for patience;
};

static struct eddy_step cat(struct eddy_co *co)
{
    struct cat *self = CO_FRAME(co, cat);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    printf("cat: let me out\n");
    CO_TRY_AWAIT(co, eddy_wait_for(&self->patience, loop, eddy_sleep(&self->door, loop, 0.3), 0.1));
    printf("cat: %s\n", eddy_co_error(co) < 0 ? "I never wanted to go out" : "at last");
    CO_END(co);
}

int main(void)
{
    return eddy_run(cat) < 0;
}
