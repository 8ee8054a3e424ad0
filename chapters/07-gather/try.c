/* Dinner: three things cook at once. When can we eat? */
#include <eddy.h>

#include <stdio.h>

struct dinner {
    struct eddy_co co;
    struct eddy_sleep rice, fish, tea;
    struct eddy_gather all;
    struct eddy_awaited each[3];
};

static struct eddy_step dinner(struct eddy_co *co)
{
    struct dinner *self = CO_FRAME(co, dinner);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    CO_AWAIT(co,
             eddy_gather_of(&self->all, loop, self->each, eddy_sleep(&self->rice, loop, 0.3),
                            eddy_sleep(&self->fish, loop, 0.2), eddy_sleep(&self->tea, loop, 0.1)));
    CO_FINALLY(co);
    for (int i = 0; i < 3; i++)
        printf("place %d: %s\n", i, eddy_strerror(eddy_awaited_error(&self->each[i])));
    CO_END(co);
}

int main(void)
{
    printf("dinner: %s\n", eddy_strerror(eddy_run(dinner)));
}
