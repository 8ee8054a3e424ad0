/* Dinner: three things cook at once. When can we eat? */
#include <eddy.h>

#include <stdio.h>

struct dish {
    struct eddy_co co;
    struct eddy_sleep cooking;
    const char *name;
    double seconds;
};

static struct eddy_step dish(struct eddy_co *co)
{
    struct dish *self = CO_FRAME(co, dish);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->cooking, eddy_co_loop(co), self->seconds));
    CO_FINALLY(co);
    printf("%s: %s\n", self->name, eddy_strerror(eddy_co_outcome(co)));
    CO_END(co);
}

struct dinner {
    struct eddy_co co;
    struct eddy_gather all;
    struct eddy_awaited each[3];
    struct eddy_task tasks[3];
    struct dish dishes[3];
};

static struct eddy_future *cook(struct dinner *self, struct eddy_loop *loop, int i,
                                const char *name, double seconds)
{
    return eddy_task_start(&self->tasks[i], loop, dish, &self->dishes[i], .name = name,
                           .seconds = seconds);
}

static struct eddy_step dinner(struct eddy_co *co)
{
    struct dinner *self = CO_FRAME(co, dinner);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_gather_of(&self->all, loop, self->each, cook(self, loop, 0, "rice", 0.3),
                                cook(self, loop, 1, "fish", 0.2), cook(self, loop, 2, "tea", 0.1)));
    printf("dinner\n");
    CO_END(co);
}

int main(void)
{
    return eddy_run(dinner) < 0;
}
