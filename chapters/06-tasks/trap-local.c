/* Trap: a local variable that is set before CO_BEGIN is set again at each step. No compiler says so. */
#include "delay.h"
#include "run.h"

#include <stdio.h>

struct laps {
    struct eddy_co co;
    int field;
};

static struct eddy_step laps(struct eddy_co *co)
{
    struct laps *self = CO_FRAME(co, laps);
    int local = 0;

    CO_BEGIN(co);
    for (self->field = 1; self->field <= 3; self->field++) {
        local++;
        printf("lap %d, says the field; lap %d, says the local variable\n", self->field, local);
        CO_AWAIT(co, eddy_next_turn());
    }
    CO_END(co);
}

int main(void)
{
    return eddy_run(laps) < 0;
}
