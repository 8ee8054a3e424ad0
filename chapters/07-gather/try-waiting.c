/* Two pizzas are ordered, and the first is eaten. What becomes of the other one? */
#include <eddy.h>

#include <stdio.h>

struct hungry {
    struct eddy_co co;
    struct eddy_sleep pizzas[2];
    struct eddy_awaited each[2];
    struct eddy_wait wait;
};

static struct eddy_step hungry(struct eddy_co *co)
{
    struct hungry *self = CO_FRAME(co, hungry);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (int i = 0; i < 2; i++)
        self->each[i].future = eddy_sleep(&self->pizzas[i], loop, i == 0 ? 0.4 : 0.2);
    CO_AWAIT(co, eddy_wait(&self->wait, loop, self->each, 2, EDDY_FIRST_COMPLETED, EDDY_FOREVER));
    printf("pizza %d is here\n", eddy_awaited_done(&self->each[0]) ? 0 : 1);
    CO_AWAIT(co, &self->pizzas[0].future);
    printf("and pizza 0, which nobody needs\n");
    CO_END(co);
}

int main(void)
{
    return eddy_run(hungry) < 0;
}
