/*
 * Exercise 08.5, find the bug: a playground with a swing. Whoever comes when somebody swings waits in a
 * line. Each argument is a child, when it comes, how long it swings, and what else happens to it:
 *
 *     make check-08.5      builds it, lets children play, and says what goes wrong
 *     build/learn/exercises/08.5/5-wakeup ann=0,3 bob=1,2,h2 cat=1,1
 *
 *     0,3        comes at 0 o'clock and swings for three hours
 *     1,2,2      comes at 1 and swings for two hours; stands in the line again, and swings for two more
 *     h2         is called home at 2
 *     m2         is called home at 2, a moment later
 *     2          an argument that is a number: so many swings; else there is one
 *
 * (The clock is the playground's own: an hour takes ten turns of the loop. At 20 o'clock all are called
 * home.)
 *
 * Now and then the swing stands still, and children stand in the line and look at it.
 */
#include "delay.h"
#include "errors.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHILDREN_MOST = 8, CALLS_MOST = 16, RIDES_MOST = 4, TURNS = 10, CLOSES = 20 };

/* An hour of the playground, in seconds of the loop: a number that a double holds exactly. */
static const double hour = 1.0 / 64;

/* ---- The clock --------------------------------------------------------------------------------- */

static int hours;

static int64_t now(struct eddy_clock *clock)
{
    (void)clock;
    return hours * (INT64_C(1000000000) / 64);
}

static struct eddy_clock own_clock = {now};

struct clockwork {
    struct eddy_co co;
    int turn;
};

static struct eddy_step clockwork(struct eddy_co *co)
{
    struct clockwork *self = CO_FRAME(co, clockwork);

    CO_BEGIN(co);
    for (;;) {
        for (self->turn = 0; self->turn < TURNS; self->turn++)
            CO_AWAIT(co, eddy_next_turn());
        hours++;
    }
    CO_END(co);
}

/* ---- The swings -------------------------------------------------------------------------------- */

struct swings {
    int all, free;
    struct eddy_list line; /* of those who wait */
};

struct take {
    struct eddy_co co;
    struct swings *swings;
    struct eddy_future woken;
    struct eddy_list link;
};

/* Waits until there is a swing, and takes it. */
static struct eddy_step take(struct eddy_co *co)
{
    struct take *self = CO_FRAME(co, take);

    CO_BEGIN(co);
    while (self->swings->free == 0) {
        eddy_future_init(&self->woken, eddy_co_loop(co));
        eddy_list_append(&self->swings->line, &self->link);
        CO_AWAIT(co, &self->woken);
    }
    self->swings->free--;
    CO_FINALLY(co);
    if (eddy_list_linked(&self->link))
        eddy_list_remove(&self->link);
    CO_END(co);
}

static void give_back(struct swings *swings)
{
    swings->free++;
    if (!eddy_list_empty(&swings->line)) {
        struct take *first = container_of(eddy_list_pop(&swings->line), struct take, link);
        eddy_future_set_result(&first->woken, NULL);
    }
}

/* ---- A child ----------------------------------------------------------------------------------- */

struct child {
    struct eddy_co co;
    const char *name;
    struct swings *swings;
    int comes, rides[RIDES_MOST], ride_count, ride;
    bool swinging;
    struct eddy_sleep sleep;
    struct take taking;
};

static void say(const struct child *child, const char *what)
{
    printf("%s at %d: %s\n", child->name, hours, what);
}

static struct eddy_step child(struct eddy_co *co)
{
    struct child *self = CO_FRAME(co, child);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, loop, self->comes * hour));
    CO_AWAIT(co, eddy_next_turn()); /* through the gate */
    for (; self->ride < self->ride_count; self->ride++) {
        CO_CALL(co, take, &self->taking, .swings = self->swings);
        self->swinging = true;
        say(self, "swings");
        CO_AWAIT(co, eddy_sleep(&self->sleep, loop, self->rides[self->ride] * hour));
        self->swinging = false;
        give_back(self->swings);
    }
    CO_FINALLY(co);
    if (self->swinging)
        give_back(self->swings);
    say(self, eddy_co_outcome(co) == 0 ? "goes home" : "is called home");
    if (eddy_co_outcome(co) == -ECANCELED)
        eddy_co_handled(co);
    CO_END(co);
}

/* ---- Who calls it ------------------------------------------------------------------------------ */

struct call {
    struct eddy_co co;
    struct eddy_task *child;
    int at, moments;
    struct eddy_sleep sleep;
};

static struct eddy_step call(struct eddy_co *co)
{
    struct call *self = CO_FRAME(co, call);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->at * hour));
    for (; self->moments > 0; self->moments--)
        CO_AWAIT(co, eddy_next_turn());
    eddy_task_cancel(self->child);
    CO_END(co);
}

/* ---- The playground ---------------------------------------------------------------------------- */

struct playground {
    struct eddy_co co;
    char **arguments;
    struct swings *swings;
    struct eddy_task tasks[CHILDREN_MOST], callers[CALLS_MOST];
    struct child children[CHILDREN_MOST];
    struct call calls[CALLS_MOST];
    int child_count, call_count, i;
};

static int set_call(struct playground *self, struct eddy_loop *loop, int i, int at, int moments)
{
    int n = self->call_count;

    if (n == CALLS_MOST)
        return -EINVAL;
    self->call_count++;
    eddy_task_start(&self->callers[n], loop, call, &self->calls[n], .child = &self->tasks[i],
                    .at = at, .moments = moments);
    return 0;
}

/* "3": a ride. "h3", "m3": a call. */
static int add(struct playground *self, struct eddy_loop *loop, int i, const char *text)
{
    struct child *child = &self->children[i];

    if (*text == 'h' || *text == 'm')
        return set_call(self, loop, i, atoi(text + 1), *text == 'm');
    if (child->ride_count == RIDES_MOST)
        return -EINVAL;
    child->rides[child->ride_count++] = atoi(text);
    return 0;
}

/* "ann=0,3,h2", or "2" */
static int bring(struct playground *self, struct eddy_loop *loop, char *argument)
{
    int err = 0, i = self->child_count;
    const char *name = strtok(argument, "="), *text = strtok(NULL, ",");

    if (name && !text) {
        self->swings->all = self->swings->free = atoi(name);
        return 0;
    }
    if (i == CHILDREN_MOST || !name)
        return -EINVAL;
    eddy_task_start(&self->tasks[i], loop, child, &self->children[i], .name = name,
                    .swings = self->swings, .comes = atoi(text));
    self->child_count++;
    while (err == 0 && (text = strtok(NULL, ",")) != NULL)
        err = add(self, loop, i, text);
    return err < 0 ? err : set_call(self, loop, i, CLOSES, 0);
}

static struct eddy_step playground(struct eddy_co *co)
{
    struct playground *self = CO_FRAME(co, playground);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    for (; *self->arguments; self->arguments++) {
        err = bring(self, loop, *self->arguments);
        if (err < 0)
            CO_FAIL(co, err);
    }
    err = eddy_spawn(loop, clockwork, .turn = 0);
    if (err < 0)
        CO_FAIL(co, err);
    for (self->i = 0; self->i < self->child_count; self->i++)
        CO_AWAIT(co, &self->tasks[self->i].future);
    CO_FINALLY(co);
    for (self->i = 0; self->i < self->call_count; self->i++) {
        eddy_task_cancel(&self->callers[self->i]);
        CO_TRY_AWAIT(co, &self->callers[self->i].future);
    }
    for (self->i = 0; self->i < self->child_count; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_TRY_AWAIT(co, &self->tasks[self->i].future);
    }
    CO_END(co);
}

int main(int argc, char *argv[])
{
    const struct eddy_loop_options options = {.clock = &own_clock};
    struct swings swings = {.all = 1, .free = 1};
    int err;

    setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen, even before a crash */
    eddy_list_init(&swings.line);
    err = eddy_run_with(&options, playground, .arguments = argv + (argc > 0), .swings = &swings);
    printf("the end: %d of %d swings free\n", swings.free, swings.all);
    return err < 0;
}
