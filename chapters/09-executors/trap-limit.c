/* Trap: a time limit for a job. It cuts a job that is in line. One that runs it cannot cut, so the limit is
 * none: the await comes back when the job ends. */
#include "delay.h"
#include "offload.h"
#include "run.h"
#include "thread_pool.h"
#include "wait_for.h"

#include <stdio.h>

static const double limit_seconds = 0.02, opens_seconds = 0.1;

/* ---- A gate, at which jobs wait ------------------------------------------------------------------ */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool open;
static int begun;

static int pass_gate(struct eddy_work *work)
{
    (void)work;
    pthread_mutex_lock(&lock);
    begun++;
    pthread_cond_broadcast(&changed);
    while (!open)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return 0;
}

/* Blocks the loop for a moment: a demonstration may. */
static void wait_until_begun(void)
{
    pthread_mutex_lock(&lock);
    while (begun == 0)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void open_gate(void)
{
    pthread_mutex_lock(&lock);
    open = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

struct opener {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step opener(struct eddy_co *co)
{
    struct opener *self = CO_FRAME(co, opener);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), opens_seconds));
    printf("after %g s the gate is opened\n", opens_seconds);
    CO_FINALLY(co);
    open_gate();
    CO_END(co);
}

/* ---- Two jobs, and one thread -------------------------------------------------------------------- */

struct demo {
    struct eddy_co co;
    struct eddy_thread_pool pool;
    struct eddy_job runs, waits;
    struct eddy_wrapped_job wrapped;
    struct eddy_wait_for limit;
};

static struct eddy_step demo(struct eddy_co *co)
{
    struct demo *self = CO_FRAME(co, demo);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    err = eddy_thread_pool_open(&self->pool, 1);
    if (err < 0)
        CO_FAIL(co, err);
    eddy_job_init(&self->runs, pass_gate, NULL, 0, NULL, 0);
    eddy_job_init(&self->waits, pass_gate, NULL, 0, NULL, 0);
    eddy_executor_submit(&self->pool.executor, &self->runs);
    eddy_executor_submit(&self->pool.executor, &self->waits);
    wait_until_begun();
    eddy_spawn(loop, opener);
    CO_TRY_AWAIT(co,
                 eddy_wait_for(&self->limit, loop,
                               eddy_wrap_job(&self->wrapped, loop, &self->waits), limit_seconds));
    printf("%g s for a job in line:    %s\n", limit_seconds, eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co,
                 eddy_wait_for(&self->limit, loop, eddy_wrap_job(&self->wrapped, loop, &self->runs),
                               limit_seconds));
    printf("%g s for a job that runs:  %s\n", limit_seconds, eddy_errname(eddy_co_error(co)));
    CO_FINALLY(co);
    open_gate();
    eddy_thread_pool_close(&self->pool);
    printf("jobs that have run:         %d\n", begun);
    CO_END(co);
}

int main(void)
{
    return eddy_run(demo) < 0;
}
