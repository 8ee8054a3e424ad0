/* Trap: fire and forget. Three jobs are spawned, and one of them fails. The function that has spawned them
 * says that all is well; then the same with a group. */
#include "delay.h"
#include "errors.h"
#include "group.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>

struct job {
    struct eddy_co co;
    struct eddy_sleep work;
    int number;
};

/* The second one fails. */
static struct eddy_step job(struct eddy_co *co)
{
    struct job *self = CO_FRAME(co, job);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->work, eddy_co_loop(co), 0.05 * self->number * self->number));
    if (self->number == 2)
        CO_FAIL(co, -EIO);
    CO_FINALLY(co);
    printf("  job %d: %s\n", self->number, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* ---- Forgotten --------------------------------------------------------------------------------- */

struct careless {
    struct eddy_co co;
};

static struct eddy_step careless(struct eddy_co *co)
{
    CO_BEGIN(co);
    for (int i = 1; i <= 3; i++)
        eddy_spawn(eddy_co_loop(co), job, .number = i);
    CO_END(co);
}

/* ---- In a group -------------------------------------------------------------------------------- */

struct careful {
    struct eddy_co co;
    struct eddy_group jobs;
    int i, err;
};

static struct eddy_step careful(struct eddy_co *co)
{
    struct careful *self = CO_FRAME(co, careful);

    CO_BEGIN(co);
    self->err = eddy_group_open(&self->jobs, co);
    for (self->i = 1; self->err == 0 && self->i <= 3; self->i++)
        self->err = eddy_group_spawn(&self->jobs, job, .number = self->i);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_AWAIT(co, eddy_group_join(&self->jobs));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->jobs));
    CO_END(co);
}

/* ---- Both -------------------------------------------------------------------------------------- */

struct day {
    struct eddy_co co;
    struct careless careless;
    struct careful careful;
    struct eddy_sleep night;
};

static struct eddy_step day(struct eddy_co *co)
{
    struct day *self = CO_FRAME(co, day);

    CO_BEGIN(co);
    CO_TRY_CALL(co, careless, &self->careless);
    printf("careless: %s\n", eddy_errname(eddy_co_error(co)));
    CO_AWAIT(co, eddy_sleep(&self->night, eddy_co_loop(co), 0.6));
    CO_TRY_CALL(co, careful, &self->careful);
    printf("careful: %s\n", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

int main(void)
{
    return eddy_run(day) < 0;
}
