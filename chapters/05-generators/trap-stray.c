/* Trap: a yield in a switch of one's own. Its case label belongs to that switch, and the generator's
 * cannot find it. */
#include "errors.h"
#include "gen.h"

#include <stdio.h>

struct count {
    struct eddy_gen gen;
    int n;
};

static char one[] = "one", many[] = "many";

static struct eddy_step count(struct eddy_gen *gen)
{
    struct count *self = GEN_FRAME(gen, count);

    GEN_BEGIN(gen);
    for (self->n = 1; self->n <= 3; self->n++)
        switch (self->n) {
        case 1:
            GEN_YIELD(gen, one);
            break;
        default:
            GEN_YIELD(gen, many);
        }
    GEN_FINALLY(gen);
    printf("the cleanup section runs\n");
    GEN_END(gen);
}

int main(void)
{
    struct count three = {.gen = GEN_INIT(count)};
    void *word;
    int got;

    setvbuf(stdout, NULL, _IOLBF, 0);
    while ((got = eddy_gen_next(&three.gen, &word)) == EDDY_YIELDED)
        printf("%s\n", (char *)word);
    printf("it has ended: %s\n", eddy_errname(got));
    return got != EDDY_ESTRAY;
}
