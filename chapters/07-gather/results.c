/*
 * results - asyncio's example of wait(): two tasks run at once, and their results are taken from the set
 * of those that are done.
 *
 *     done, pending = await asyncio.wait([asyncio.create_task(square(3)),
 *                                         asyncio.create_task(square(4))])
 *     for task in done:
 *         print(task.result())
 *
 * A set has no order: Python prints 9 and 16, or 16 and 9. Here the set is the places. They keep the
 * order in which you have filled them, whichever task was done first.
 */
#include "delay.h"
#include "errors.h"
#include "gather.h"
#include "run.h"
#include "waiting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A larger number is done earlier. */
struct square {
    struct eddy_co co;
    struct eddy_sleep sleep;
    int n, result;
};

static struct eddy_step square(struct eddy_co *co)
{
    struct square *self = CO_FRAME(co, square);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 0.1 / self->n));
    self->result = self->n * self->n;
    printf("square(%d) is done\n", self->n);
    CO_END(co);
}

struct results {
    struct eddy_co co;
    struct eddy_wait wait;
    struct eddy_gather left;
    struct eddy_awaited each[2];
    struct eddy_task tasks[2];
    struct square squares[2];
};

static struct eddy_future *wait_for_both(struct results *self, struct eddy_loop *loop)
{
    for (int i = 0; i < 2; i++)
        self->each[i].future =
            eddy_task_start(&self->tasks[i], loop, square, &self->squares[i], .n = 3 + i);
    return eddy_wait(&self->wait, loop, self->each, 2, EDDY_ALL_COMPLETED, EDDY_FOREVER);
}

static struct eddy_step results(struct eddy_co *co)
{
    struct results *self = CO_FRAME(co, results);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    CO_AWAIT(co, wait_for_both(self, loop));
    for (int i = 0; i < 2; i++)
        if (eddy_awaited_error(&self->each[i]) == 0)
            printf("result: %d\n", self->squares[i].result);
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_gather_cancel(&self->left, loop, self->each, 2)); /* wait() cancels nobody */
    CO_END(co);
}

int main(int argc, char *argv[])
{
    int err;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: results\n\nWaits for two tasks, and prints the results of those done.\n");
        return 0;
    }
    err = eddy_run(results);
    if (err == 0 || err == -ECANCELED) /* that is Ctrl-C */
        return 0;
    fprintf(stderr, "results: %s\n", eddy_strerror(err));
    return 1;
}
