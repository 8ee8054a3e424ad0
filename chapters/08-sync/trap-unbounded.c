/* Trap: an unlimited queue between a fast maker and a slow user. It hides that the one is faster, and grows
 * until there is no memory. A bounded one makes the maker wait. */
#include "delay.h"
#include "errors.h"
#include "gather.h"
#include "queue.h"
#include "run.h"

#include <stdio.h>

enum { ITEMS = 30000 };

struct maker {
    struct eddy_co co;
    struct eddy_queue *queue;
    struct eddy_queue_put put;
    size_t most; /* that have stood in the queue */
    int i;
};

/* Three items in a turn. */
static struct eddy_step maker(struct eddy_co *co)
{
    struct maker *self = CO_FRAME(co, maker);

    CO_BEGIN(co);
    for (self->i = 1; self->i <= ITEMS; self->i++) {
        CO_AWAIT(co, eddy_queue_put(&self->put, self->queue, NULL));
        if (eddy_queue_size(self->queue) > self->most)
            self->most = eddy_queue_size(self->queue);
        if (self->i % 10000 == 0)
            printf("  %d made, %zu wait\n", self->i, eddy_queue_size(self->queue));
        if (self->i % 3 == 0)
            CO_AWAIT(co, eddy_next_turn());
    }
    printf("  the most that have waited: %zu\n", self->most);
    eddy_queue_shutdown(self->queue);
    CO_END(co);
}

struct user {
    struct eddy_co co;
    struct eddy_queue *queue;
    struct eddy_queue_get get;
};

/* One item in a turn. */
static struct eddy_step user(struct eddy_co *co)
{
    struct user *self = CO_FRAME(co, user);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_queue_get(&self->get, self->queue));
        CO_AWAIT(co, eddy_next_turn());
    }
    CO_FINALLY(co);
    if (eddy_co_outcome(co) == EDDY_ECLOSED)
        eddy_co_handled(co); /* all is used */
    CO_END(co);
}

struct work {
    struct eddy_co co;
    long maxsize;
    struct eddy_queue queue;
    struct eddy_gather both;
    struct eddy_awaited each[2];
    struct eddy_task tasks[2];
    struct maker maker;
    struct user user;
};

static struct eddy_step work(struct eddy_co *co)
{
    struct work *self = CO_FRAME(co, work);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    printf("room for %s:\n", self->maxsize > 0 ? "ten" : "all");
    if (eddy_queue_open(&self->queue, loop, EDDY_FIFO, self->maxsize) < 0)
        CO_FAIL(co, -ENOMEM);
    CO_AWAIT(co,
             eddy_gather_of(
                 &self->both, loop, self->each,
                 eddy_task_start(&self->tasks[0], loop, maker, &self->maker, .queue = &self->queue),
                 eddy_task_start(&self->tasks[1], loop, user, &self->user, .queue = &self->queue)));
    CO_FINALLY(co);
    eddy_queue_close(&self->queue);
    CO_END(co);
}

int main(void)
{
    int err = eddy_run(work);

    return (err == 0 ? eddy_run(work, .maxsize = 10) : err) < 0;
}
