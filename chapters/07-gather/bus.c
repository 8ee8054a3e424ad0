/*
 * bus - a morning with two limits, one in the other: breakfast may take so long, and at a certain time
 * the bus goes, whether one has had breakfast or not.
 *
 *     bus 5 5         breakfast 5 seconds, and the bus goes in 5
 *     bus 0.5 5       an egg takes longer than that
 */
#include "delay.h"
#include "errors.h"
#include "run.h"
#include "timeout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- A scope that is a whole body -------------------------------------------------------------- */

struct breakfast {
    struct eddy_co co;
    double seconds; /* that it may take */
    struct eddy_timeout limit;
    struct eddy_sleep cooking;
};

static struct eddy_step breakfast(struct eddy_co *co)
{
    struct breakfast *self = CO_FRAME(co, breakfast);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    err = eddy_timeout_open(&self->limit, co, self->seconds);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_sleep(&self->cooking, loop, 0.05));
    printf("tea\n");
    CO_AWAIT(co, eddy_sleep(&self->cooking, loop, 0.6));
    printf("an egg\n");
    CO_FINALLY(co);
    eddy_timeout_close(&self->limit, co);
    printf("breakfast: %s\n", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Without breakfast if need be, but not without shoes. */
struct get_ready {
    struct eddy_co co;
    double seconds; /* for breakfast */
    struct breakfast breakfast;
    struct eddy_sleep shoes;
};

static struct eddy_step get_ready(struct eddy_co *co)
{
    struct get_ready *self = CO_FRAME(co, get_ready);

    CO_BEGIN(co);
    CO_TRY_CALL(co, breakfast, &self->breakfast, .seconds = self->seconds);
    if (eddy_co_error(co) < 0 && eddy_co_error(co) != -ETIMEDOUT)
        CO_FAIL(co, eddy_co_error(co));
    CO_AWAIT(co, eddy_sleep(&self->shoes, eddy_co_loop(co), 0.1));
    printf("shoes\n");
    CO_END(co);
}

/* ---- A scope around a call --------------------------------------------------------------------- */

struct morning {
    struct eddy_co co;
    double breakfast, bus; /* seconds */
    struct eddy_timeout limit;
    struct get_ready ready;
};

static struct eddy_step morning(struct eddy_co *co)
{
    struct morning *self = CO_FRAME(co, morning);
    int err;

    CO_BEGIN(co);
    err = eddy_timeout_open(&self->limit, co, self->bus);
    if (err < 0)
        CO_FAIL(co, err);
    CO_TRY_CALL(co, get_ready, &self->ready, .seconds = self->breakfast);
    err = eddy_timeout_close(&self->limit, co);
    if (err < 0 && err != -ETIMEDOUT)
        CO_FAIL(co, err);
    printf(err == 0 ? "in the bus\n" : "the bus has gone\n");
    CO_END(co);
}

int main(int argc, char *argv[])
{
    int err;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 3) {
        fprintf(stderr, "usage: bus BREAKFAST BUS (how many seconds for each)\n");
        return 1;
    }
    err = eddy_run(morning, .breakfast = strtod(argv[1], NULL), .bus = strtod(argv[2], NULL));
    return err < 0 && err != -ECANCELED;
}
