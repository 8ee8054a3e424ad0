/* Trap: a cleanup section that awaits, and somebody who cancels again and again meanwhile. The
 * cleanup is not cut short. */
#include "delay.h"
#include "errors.h"
#include "run.h"

#include <stdio.h>

struct polite {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step polite(struct eddy_co *co)
{
    struct polite *self = CO_FRAME(co, polite);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), EDDY_FOREVER));
    CO_FINALLY(co);
    printf("polite: it was nice to be here,\n");
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 0.05));
    printf("polite: and I hope to see you again. (my pause: %s)\n",
           eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

struct host {
    struct eddy_co co;
    struct eddy_task task;
    struct polite polite;
    int cancels;
};

static struct eddy_step host(struct eddy_co *co)
{
    struct host *self = CO_FRAME(co, host);

    CO_BEGIN(co);
    eddy_task_start(&self->task, eddy_co_loop(co), polite, &self->polite);
    CO_AWAIT(co, eddy_next_turn());
    while (eddy_task_cancel(&self->task)) {
        self->cancels++;
        CO_AWAIT(co, eddy_next_turn());
    }
    CO_FINALLY(co);
    eddy_task_cancel(&self->task);
    CO_TRY_AWAIT(co, &self->task.future);
    printf("host:   cancelled %s; it has ended with %s\n",
           self->cancels > 1 ? "more than once" : "once", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

int main(void)
{
    return eddy_run(host) < 0;
}
