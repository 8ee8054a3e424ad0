/* Trap: a letter comes, and the time is up, and the loop hears of both in the same turn, since somebody
 * has blocked it. */
#include "delay.h"
#include "errors.h"
#include "run.h"
#include "wait_for.h"

#include <stdio.h>
#include <time.h>

struct reader {
    struct eddy_co co;
    double letter; /* when it comes: in so many seconds */
    struct eddy_sleep post;
    struct eddy_wait_for limit;
};

static struct eddy_step reader(struct eddy_co *co)
{
    struct reader *self = CO_FRAME(co, reader);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    CO_TRY_AWAIT(
        co, eddy_wait_for(&self->limit, loop, eddy_sleep(&self->post, loop, self->letter), 0.02));
    printf("letter after %.2f s, limit 0.02 s: %s\n", self->letter,
           eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

/* Computes, and lets nobody in. */
static void block(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

struct post_office {
    struct eddy_co co;
    struct eddy_task tasks[2];
    struct reader readers[2];
    int i;
};

static struct eddy_step post_office(struct eddy_co *co)
{
    struct post_office *self = CO_FRAME(co, post_office);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    eddy_task_start(&self->tasks[0], loop, reader, &self->readers[0], .letter = 0.01);
    eddy_task_start(&self->tasks[1], loop, reader, &self->readers[1], .letter = 0.03);
    CO_AWAIT(co, eddy_next_turn());
    block();
    CO_FINALLY(co);
    for (self->i = 0; self->i < 2; self->i++)
        CO_TRY_AWAIT(co, &self->tasks[self->i].future);
    CO_END(co);
}

int main(void)
{
    return eddy_run(post_office) < 0;
}
