/* A monkey has four hands, and there are two bananas. One hand lets go. Which one has it then? */
#include <eddy.h>

#include <stdio.h>

struct monkey {
    struct eddy_co co;
    struct eddy_semaphore bananas;
    struct eddy_permit hands[4];
    struct eddy_future *grabs[4];
};

static struct eddy_step monkey(struct eddy_co *co)
{
    struct monkey *self = CO_FRAME(co, monkey);

    CO_BEGIN(co);
    eddy_semaphore_init(&self->bananas, eddy_co_loop(co), 2);
    for (int i = 0; i < 4; i++) {
        self->grabs[i] = eddy_semaphore_acquire(&self->hands[i], &self->bananas);
        printf("hand %d: %s\n", i, eddy_errname(eddy_future_error(self->grabs[i])));
    }
    eddy_permit_release(&self->hands[1]);
    printf("hand 1 lets go; hand 2: %s\n", eddy_errname(eddy_future_error(self->grabs[2])));
    CO_END(co);
}

int main(void)
{
    return eddy_run(monkey) < 0;
}
