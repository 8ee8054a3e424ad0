/* A till: it is sent prices, and yields the sum. */
#include <eddy.h>

#include <stdio.h>

struct till {
    struct eddy_gen gen;
    int sum;
};

static struct eddy_step till(struct eddy_gen *gen)
{
    struct till *self = GEN_FRAME(gen, till);

    GEN_BEGIN(gen);
    for (;; self->sum += *(int *)gen->value)
        GEN_YIELD(gen, &self->sum);
    GEN_END(gen);
}

int main(void)
{
    struct till shop = {.gen = GEN_INIT(till)};
    int prices[] = {3, 8, 31};
    void *sum;

    eddy_gen_next(&shop.gen, &sum);
    for (int i = 0; i < 3 && eddy_gen_send(&shop.gen, &prices[i], &sum) == EDDY_YIELDED; i++)
        printf("that is %d; together %d\n", prices[i], *(int *)sum);
    return 0;
}
