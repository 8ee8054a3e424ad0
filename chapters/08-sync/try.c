/* Two take a coin each, from a purse with ten. How many are left? */
#include <eddy.h>

#include <stdio.h>

static int purse = 10;

struct child {
    struct eddy_co co;
    struct eddy_sleep walk;
    const char *name, *other;
    int seen;
};

static struct eddy_step child(struct eddy_co *co)
{
    struct child *self = CO_FRAME(co, child);

    CO_BEGIN(co);
    if (self->other)
        eddy_spawn(eddy_co_loop(co), child, .name = self->other);
    self->seen = purse;
    CO_AWAIT(co, eddy_sleep(&self->walk, eddy_co_loop(co), self->other ? 0.2 : 0.1));
    purse = self->seen - 1;
    printf("%s takes a coin: %d left\n", self->name, purse);
    CO_END(co);
}

int main(void)
{
    return eddy_run(child, .name = "ann", .other = "bob") < 0;
}
