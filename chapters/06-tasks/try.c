/* One function that waits, in two tasks at once. Which of them wins? */
#include <eddy.h>

#include <stdio.h>

struct runner {
    struct eddy_co co;
    struct eddy_sleep rest;
    const char *name, *rival;
    double seconds;
    int lap;
};

static struct eddy_step runner(struct eddy_co *co)
{
    struct runner *self = CO_FRAME(co, runner);

    CO_BEGIN(co);
    if (self->rival)
        eddy_spawn(eddy_co_loop(co), runner, .name = self->rival, .seconds = 0.05);
    for (self->lap = 1; self->lap <= 3; self->lap++) {
        printf("%s: lap %d\n", self->name, self->lap);
        CO_AWAIT(co, eddy_sleep(&self->rest, eddy_co_loop(co), self->seconds));
    }
    CO_END(co);
}

int main(void)
{
    return eddy_run(runner, .name = "tortoise", .rival = "hare", .seconds = 0.2) < 0;
}
