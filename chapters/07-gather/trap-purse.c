/* Trap: two tasks put a coin each into the same purse, five times. Each looks into the purse, waits, and
 * then writes down what it has seen, and one more. */
#include "delay.h"
#include "errors.h"
#include "group.h"
#include "run.h"

#include <stdio.h>

struct saver {
    struct eddy_co co;
    int *purse, seen, i;
};

static struct eddy_step saver(struct eddy_co *co)
{
    struct saver *self = CO_FRAME(co, saver);

    CO_BEGIN(co);
    for (self->i = 0; self->i < 5; self->i++) {
        self->seen = *self->purse;
        CO_AWAIT(co, eddy_next_turn());
        *self->purse = self->seen + 1;
    }
    CO_END(co);
}

struct family {
    struct eddy_co co;
    struct eddy_group savers;
    int purse, err;
};

static struct eddy_step family(struct eddy_co *co)
{
    struct family *self = CO_FRAME(co, family);

    CO_BEGIN(co);
    self->err = eddy_group_open(&self->savers, co);
    for (int i = 0; self->err == 0 && i < 2; i++)
        self->err = eddy_group_spawn(&self->savers, saver, .purse = &self->purse);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_AWAIT(co, eddy_group_join(&self->savers));
    printf("two savers, five coins each: %d in the purse\n", self->purse);
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->savers));
    CO_END(co);
}

int main(void)
{
    return eddy_run(family) < 0;
}
