/*
 * saad - asyncio's example of gather(): two coroutines run at once, and their results come in the order of
 * the arguments.
 *
 *     async def func():
 *         print("A")
 *         await asyncio.sleep(0.5)
 *         print("B")
 *         return "saad"
 *
 *     async def count():
 *         for i in range(5):
 *             print("--%d" % i)
 *         return "saad2"
 *
 *     a, b = await asyncio.gather(func(), count())
 *     print("func()={a}, count()={b}".format(**vars()))
 *
 * A return value is a field of the frame here, with its own type.
 */
#include "delay.h"
#include "errors.h"
#include "gather.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct func {
    struct eddy_co co;
    struct eddy_sleep sleep;
    const char *result;
};

static struct eddy_step func(struct eddy_co *co)
{
    struct func *self = CO_FRAME(co, func);

    CO_BEGIN(co);
    printf("A\n");
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 0.5));
    printf("B\n");
    self->result = "saad";
    CO_END(co);
}

struct count {
    struct eddy_co co;
    const char *result;
};

static struct eddy_step count(struct eddy_co *co)
{
    struct count *self = CO_FRAME(co, count);

    CO_BEGIN(co);
    for (int i = 0; i < 5; i++)
        printf("--%d\n", i);
    self->result = "saad2";
    CO_END(co);
}

struct saad {
    struct eddy_co co;
    struct eddy_gather both;
    struct eddy_awaited each[2];
    struct eddy_task tasks[2];
    struct func func;
    struct count count;
};

static struct eddy_step saad(struct eddy_co *co)
{
    struct saad *self = CO_FRAME(co, saad);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_gather_of(&self->both, loop, self->each,
                                eddy_task_start(&self->tasks[0], loop, func, &self->func),
                                eddy_task_start(&self->tasks[1], loop, count, &self->count)));
    printf("func()=%s, count()=%s\n", self->func.result, self->count.result);
    CO_END(co);
}

int main(int argc, char *argv[])
{
    int err;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: saad\n\nGathers the results of two coroutines.\n");
        return 0;
    }
    err = eddy_run(saad);
    if (err == 0 || err == -ECANCELED) /* that is Ctrl-C */
        return 0;
    fprintf(stderr, "saad: %s\n", eddy_strerror(err));
    return 1;
}
