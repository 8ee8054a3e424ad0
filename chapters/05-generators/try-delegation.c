/* A kettle has tea for three cups. Two are poured. Who turns it off, and when? */
#include <eddy.h>

#include <stdio.h>

struct kettle {
    struct eddy_gen gen;
    int cup;
};

static struct eddy_step kettle(struct eddy_gen *gen)
{
    struct kettle *self = GEN_FRAME(gen, kettle);

    GEN_BEGIN(gen);
    printf("the kettle is on\n");
    for (self->cup = 1; self->cup <= 3; self->cup++)
        GEN_YIELD(gen, &self->cup);
    GEN_FINALLY(gen);
    printf("the kettle is off\n");
    GEN_END(gen);
}

int main(void)
{
    struct kettle tea = {.gen = GEN_INIT(kettle)};
    void *cup;

    for (int i = 0; i < 2 && eddy_gen_next(&tea.gen, &cup) == EDDY_YIELDED; i++)
        printf("cup %d\n", *(int *)cup);
    return eddy_gen_close(&tea.gen) < 0;
}
