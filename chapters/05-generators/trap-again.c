/* Trap: GEN_FROM looks at its argument each time it goes on. One that begins a generator begins a new
 * one each time. */
#include "gen.h"

#include <stdio.h>

struct countdown {
    struct eddy_gen gen;
    int n;
};

static struct eddy_step countdown(struct eddy_gen *gen)
{
    struct countdown *self = GEN_FRAME(gen, countdown);

    GEN_BEGIN(gen);
    for (; self->n > 0; self->n--)
        GEN_YIELD(gen, &self->n);
    GEN_END(gen);
}

struct launch {
    struct eddy_gen gen;
    struct countdown inner;
};

static struct eddy_gen *begin(struct launch *self)
{
    self->inner = (struct countdown){.gen = GEN_INIT(countdown), .n = 3};
    return &self->inner.gen;
}

static struct eddy_step launch_again(struct eddy_gen *gen)
{
    struct launch *self = GEN_FRAME(gen, launch);

    GEN_BEGIN(gen);
    GEN_FROM(gen, begin(self));
    GEN_END(gen);
}

static struct eddy_step launch(struct eddy_gen *gen)
{
    struct launch *self = GEN_FRAME(gen, launch);

    GEN_BEGIN(gen);
    begin(self);
    GEN_FROM(gen, &self->inner.gen);
    GEN_END(gen);
}

/* Asks eight times, or until it ends. */
static void show(const char *name, struct launch launch)
{
    void *value;

    printf("%s", name);
    for (int i = 0; i < 8 && eddy_gen_next(&launch.gen, &value) == EDDY_YIELDED; i++)
        printf(" %d", *(int *)value);
    printf("\n");
}

int main(void)
{
    show("begun in the argument:", (struct launch){.gen = GEN_INIT(launch_again)});
    show("begun before it:      ", (struct launch){.gen = GEN_INIT(launch)});
    return 0;
}
