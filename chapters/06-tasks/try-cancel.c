/* Two run. When the hare is there, it calls the race off. What does the tortoise hear of that? */
#include <eddy.h>

#include <stdio.h>

struct runner {
    struct eddy_co co;
    struct eddy_sleep run;
    struct eddy_task *rival;
};

static struct eddy_step runner(struct eddy_co *co)
{
    struct runner *self = CO_FRAME(co, runner);

    CO_BEGIN(co);
    if (!self->rival)
        eddy_spawn(eddy_co_loop(co), runner, .rival = eddy_current_task());
    CO_AWAIT(co, eddy_sleep(&self->run, eddy_co_loop(co), self->rival ? 0.2 : 0.6));
    printf("%s is there\n", self->rival ? "hare" : "tortoise");
    if (self->rival)
        eddy_task_cancel(self->rival);
    CO_FINALLY(co);
    printf("%s: %s\n", self->rival ? "hare" : "tortoise", eddy_strerror(eddy_co_outcome(co)));
    CO_END(co);
}

int main(void)
{
    return eddy_run(runner) > 0;
}
