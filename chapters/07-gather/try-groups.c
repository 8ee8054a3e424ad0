/* A cave forks twice. At each fork an explorer sends two others ahead, and waits. Who is the last one out? */
#include <eddy.h>

#include <stdio.h>

struct explorer {
    struct eddy_co co;
    struct eddy_group ahead;
    int depth;
};

static struct eddy_step explorer(struct eddy_co *co)
{
    struct explorer *self = CO_FRAME(co, explorer);

    CO_BEGIN(co);
    printf("%*sin\n", 4 * self->depth, "");
    eddy_group_open(&self->ahead, co);
    for (int i = 0; i < 2 && self->depth < 2; i++)
        eddy_group_spawn(&self->ahead, explorer, .depth = self->depth + 1);
    CO_AWAIT(co, eddy_group_join(&self->ahead));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->ahead));
    printf("%*sout: %s\n", 4 * self->depth, "", eddy_strerror(eddy_co_outcome(co)));
    CO_END(co);
}

int main(void)
{
    return eddy_run(explorer) < 0;
}
