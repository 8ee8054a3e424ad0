/* Trap: the loop's own thread waits for a call into the loop. It would wait for itself. A job in a thread, which
 * calls in the same way, gets its answer. */
#include "calls.h"
#include "delay.h"
#include "offload.h"
#include "run.h"

#include <stdio.h>

static struct eddy_calls calls;

struct add_one {
    struct eddy_co co;
    int n;
};

static struct eddy_step add_one(struct eddy_co *co)
{
    struct add_one *self = CO_FRAME(co, add_one);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn());
    self->n++;
    CO_END(co);
}

/* Any thread can do this, for as long as the calls are open. */
static int call_in(struct eddy_work *work)
{
    struct eddy_call call;
    struct add_one add;
    int err = eddy_run_coroutine_threadsafe(&call, &calls, add_one, &add, .n = 41);

    if (err == 0)
        err = eddy_job_result(&call.job, EDDY_FOREVER);
    *(int *)work->out = add.n;
    return err;
}

struct demo {
    struct eddy_co co;
    struct eddy_offload offload;
    struct eddy_call call;
    struct add_one add;
    int answer;
};

static struct eddy_step demo(struct eddy_co *co)
{
    struct demo *self = CO_FRAME(co, demo);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    err = eddy_calls_open(&calls, loop);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_run_in_executor(&self->offload, loop, NULL, call_in, NULL, 0, &self->answer,
                                      sizeof self->answer));
    printf("a thread calls in:           %d\n", self->answer);
    (void)eddy_run_coroutine_threadsafe(&self->call, &calls, add_one, &self->add, .n = 41);
    err = eddy_job_result(&self->call.job, 0.1);
    printf("the loop waits for itself:   %s\n", eddy_errname(err));
    eddy_call_cancel(&self->call);
    CO_FINALLY(co);
    eddy_calls_close(&calls);
    CO_END(co);
}

int main(void)
{
    return eddy_run(demo) < 0;
}
