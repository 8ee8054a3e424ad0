/* A waiting room. Whoever is worst off is called first: a 1 cannot wait, a 9 can. */
#include <eddy.h>

#include <stdio.h>

static char ills[][16] = {"7 a cold", "2 a broken leg", "7 a cough", "1 a heart"};

struct doctor {
    struct eddy_co co;
    struct eddy_queue room;
    struct eddy_queue_get get;
};

static struct eddy_step doctor(struct eddy_co *co)
{
    struct doctor *self = CO_FRAME(co, doctor);

    CO_BEGIN(co);
    eddy_queue_open(&self->room, eddy_co_loop(co), EDDY_PRIORITY, 0);
    for (int i = 0; i < 4; i++)
        eddy_queue_put_nowait(&self->room, ills[i], ills[i][0]);
    for (; !eddy_queue_empty(&self->room); puts(self->get.item))
        CO_AWAIT(co, eddy_queue_get(&self->get, &self->room));
    CO_FINALLY(co);
    eddy_queue_close(&self->room);
    CO_END(co);
}

int main(void)
{
    return eddy_run(doctor) < 0;
}
