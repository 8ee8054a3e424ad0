/* Trap: a local variable that is set before GEN_BEGIN is set again each time the function goes on. No
 * compiler says so; make expand does. */
#include "gen.h"

#include <stdio.h>

struct countdown {
    struct eddy_gen gen;
    int left;
};

static struct eddy_step countdown(struct eddy_gen *gen)
{
    struct countdown *self = GEN_FRAME(gen, countdown);
    int left = 3;

    GEN_BEGIN(gen);
    for (; left > 0; left--) {
        self->left = left;
        GEN_YIELD(gen, &self->left);
    }
    GEN_END(gen);
}

struct sound_countdown {
    struct eddy_gen gen;
    int left;
};

static struct eddy_step sound_countdown(struct eddy_gen *gen)
{
    struct sound_countdown *self = GEN_FRAME(gen, sound_countdown);

    GEN_BEGIN(gen);
    for (self->left = 3; self->left > 0; self->left--)
        GEN_YIELD(gen, &self->left);
    GEN_END(gen);
}

/* Asks eight times, or until it ends. */
static void show(const char *name, struct eddy_gen *gen)
{
    void *value;

    printf("%s", name);
    for (int i = 0; i < 8 && eddy_gen_next(gen, &value) == EDDY_YIELDED; i++)
        printf(" %d", *(int *)value);
    printf("\n");
}

int main(void)
{
    struct countdown local = {.gen = GEN_INIT(countdown)};
    struct sound_countdown field = {.gen = GEN_INIT(sound_countdown)};

    show("left is a local variable:", &local.gen);
    show("left is a field:         ", &field.gen);
    return 0;
}
