/* A hailstone: halved if even, else three times as much and one. It pauses at each number. */
#include <eddy.h>

#include <stdio.h>

struct hailstone {
    struct eddy_gen gen;
    int n;
};

static struct eddy_step hailstone(struct eddy_gen *gen)
{
    struct hailstone *self = GEN_FRAME(gen, hailstone);

    GEN_BEGIN(gen);
    for (; self->n != 1; self->n = self->n % 2 ? 3 * self->n + 1 : self->n / 2)
        GEN_YIELD(gen, &self->n);
    GEN_END(gen);
}

int main(void)
{
    struct hailstone stone = {.gen = GEN_INIT(hailstone), .n = 7};
    void *value;

    while (eddy_gen_next(&stone.gen, &value) == EDDY_YIELDED)
        printf("%d ", *(int *)value);
    printf("and on the ground\n");
    return 0;
}
