/* Trap: wait() cancels nobody. Two take part in a race; the first is enough, and the loser runs on. */
#include "delay.h"
#include "errors.h"
#include "gather.h"
#include "run.h"
#include "waiting.h"

#include <stdio.h>

struct runner {
    struct eddy_co co;
    const char *name;
    int laps;
};

static struct eddy_step runner(struct eddy_co *co)
{
    struct runner *self = CO_FRAME(co, runner);

    CO_BEGIN(co);
    while (self->laps-- > 0)
        CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    printf("  %s: %s\n", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

struct race {
    struct eddy_co co;
    struct eddy_wait wait;
    struct eddy_gather losers;
    struct eddy_awaited each[2];
    struct eddy_task hare, tortoise;
    struct runner hare_frame, tortoise_frame;
    bool careful;
    int speech;
};

static struct eddy_future *start(struct race *self, struct eddy_loop *loop)
{
    self->each[0].future =
        eddy_task_start(&self->hare, loop, runner, &self->hare_frame, .name = "hare", .laps = 1);
    self->each[1].future = eddy_task_start(&self->tortoise, loop, runner, &self->tortoise_frame,
                                           .name = "tortoise", .laps = 4);
    return eddy_wait(&self->wait, loop, self->each, 2, EDDY_FIRST_COMPLETED, EDDY_FOREVER);
}

static struct eddy_step race(struct eddy_co *co)
{
    struct race *self = CO_FRAME(co, race);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    printf("%s\n", self->careful ? "with an eddy_gather_cancel() of all:" : "wait() alone:");
    CO_AWAIT(co, start(self, loop));
    printf("race: the first is here\n");
    if (self->careful)
        CO_AWAIT(co, eddy_gather_cancel(&self->losers, loop, self->each, 2));
    for (self->speech = 0; self->speech < 5; self->speech++)
        CO_AWAIT(co, eddy_next_turn());
    printf("race: the prize is given\n");
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_gather_cancel(&self->losers, loop, self->each, 2));
    CO_END(co);
}

int main(void)
{
    int err = eddy_run(race);

    return (err == 0 ? eddy_run(race, .careful = true) : err) < 0;
}
