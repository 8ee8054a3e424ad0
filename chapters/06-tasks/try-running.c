/* Sorting asleep: each number is a task. The larger it is, the longer it sleeps. 20 is the main task. */
#include <eddy.h>

#include <stdio.h>

struct number {
    struct eddy_co co;
    struct eddy_sleep sleep;
    const int *others;
    int value;
};

static struct eddy_step number(struct eddy_co *co)
{
    struct number *self = CO_FRAME(co, number);

    CO_BEGIN(co);
    for (const int *other = self->others; other && *other; other++)
        eddy_spawn(eddy_co_loop(co), number, .value = *other);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->value / 40.0));
    printf("%d\n", self->value);
    CO_END(co);
}

int main(void)
{
    return eddy_run(number, .others = (const int[]){8, 3, 12, 5, 1, 0}, .value = 20) < 0;
}
