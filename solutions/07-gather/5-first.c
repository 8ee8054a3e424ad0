/*
 * Exercise 07.5, find the bug: a night porter. He waits for whichever comes first, the next guest or the
 * morning, again and again. The cook waits for the morning, too.
 *
 *     make check-07.5        builds it, and says what goes wrong
 *     build/learn/exercises/07.5/5-first 2000            a night with two thousand guests
 *     build/learn/exercises/07.5/5-first 2000 fire       and then the porter is called away
 *
 * It works: each guest is let in, and in the morning the porter goes home. But see how many wait for the
 * morning. One function is wrong.
 */
#include "awaited.h"
#include "delay.h"
#include "gather.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The first of two -------------------------------------------------------------------------- */

/*
 * Done when the first of two futures is, and made by hand: an ear at each. The other future may be done
 * long after the wait is over, when the frame that waited is gone. So the ears have a block of their
 * own, which the last of them frees.
 */
struct first {
    struct eddy_future future;
    struct ears *ears;
};

struct ears {
    struct eddy_awaited each[2];
    int listening;
    struct first *first; /* whom to tell; NULL: nobody any more */
};

static void drop_ear(struct ears *ears)
{
    if (--ears->listening == 0)
        free(ears);
}

/* Nobody waits for these two any more. */
static void end_first(struct first *first, int err)
{
    struct ears *ears = first->ears;

    ears->first = NULL;
    eddy_future_finish(&first->future, err, NULL);
    for (int i = 0; i < 2; i++)
        if (eddy_awaited_stop(&ears->each[i]))
            drop_ear(ears);
}

static void hear(struct eddy_handle *handle)
{
    struct ears *ears = container_of(handle, struct eddy_awaited, handle)->owner;

    if (ears->first)
        end_first(ears->first, 0);
    drop_ear(ears);
}

static void cancel_first(struct eddy_future *future)
{
    end_first(container_of(future, struct first, future), -ECANCELED);
}

static struct eddy_future *first_of(struct first *first, struct eddy_loop *loop,
                                    struct eddy_future *a, struct eddy_future *b)
{
    static const struct eddy_future_type type = {
        .name = "first", .cancel = cancel_first, .guarded = true};

    first->ears = calloc(1, sizeof *first->ears);
    if (!first->ears)
        return eddy_future_init_done(&first->future, loop, -ENOMEM);
    eddy_future_init_type(&first->future, loop, &type);
    first->ears->first = first;
    first->ears->each[0].future = a;
    first->ears->each[1].future = b;
    for (int i = 0; i < 2; i++)
        if (eddy_awaited_start(&first->ears->each[i], loop, first->ears, hear) == 0)
            first->ears->listening++;
    return &first->future;
}

/* ---- The house --------------------------------------------------------------------------------- */

struct house {
    struct eddy_future morning; /* one for the whole night */
    struct eddy_future quiet;   /* all guests are in */
    long guests, expected;      /* how many have come, how many will */
};

static void count_waiters(const char *who, const struct house *house)
{
    const struct eddy_list *waiters = &house->morning.waiters;
    long n = 0;

    for (const struct eddy_list *link = waiters->next; link != waiters; link = link->next)
        n++;
    printf("%s: %ld guests; %ld wait for the morning\n", who, house->guests, n);
}

/* The next guest rings at once; after the last one nobody does. */
static struct eddy_future *ring(struct eddy_sleep *bell, struct house *house,
                                struct eddy_loop *loop)
{
    if (house->guests < house->expected)
        return eddy_sleep(bell, loop, 0);
    eddy_future_set_result(&house->quiet, NULL);
    return eddy_sleep(bell, loop, EDDY_FOREVER);
}

struct porter {
    struct eddy_co co;
    struct house *house;
    struct eddy_sleep bell;
    struct first first;
};

static struct eddy_step porter(struct eddy_co *co)
{
    struct porter *self = CO_FRAME(co, porter);
    struct eddy_loop *loop = eddy_co_loop(co);
    struct house *house = self->house;

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, first_of(&self->first, loop, ring(&self->bell, house, loop), &house->morning));
        if (eddy_future_done(&house->morning))
            break;
        house->guests++;
        if (house->guests % 1000 == 0)
            count_waiters("porter", house);
    }
    printf("porter: good morning\n");
    CO_FINALLY(co);
    eddy_future_cancel(&self->bell.future);
    CO_END(co);
}

struct cook {
    struct eddy_co co;
    struct house *house;
};

static struct eddy_step cook(struct eddy_co *co)
{
    struct cook *self = CO_FRAME(co, cook);

    CO_BEGIN(co);
    CO_AWAIT(co, &self->house->morning);
    printf("cook: %ld eggs\n", self->house->guests);
    CO_END(co);
}

/* ---- The night --------------------------------------------------------------------------------- */

struct night {
    struct eddy_co co;
    long guests;
    bool fire;
    struct house house;
    struct eddy_task porter, cook;
    struct porter porter_frame;
    struct cook cook_frame;
    struct eddy_gather staff;
    struct eddy_awaited each[2];
};

static void begin(struct night *self, struct eddy_loop *loop)
{
    struct house *house = &self->house;

    house->expected = self->guests;
    eddy_future_init(&house->morning, loop);
    eddy_future_init(&house->quiet, loop);
    self->each[0].future =
        eddy_task_start(&self->cook, loop, cook, &self->cook_frame, .house = house);
    self->each[1].future =
        eddy_task_start(&self->porter, loop, porter, &self->porter_frame, .house = house);
}

static struct eddy_step night(struct eddy_co *co)
{
    struct night *self = CO_FRAME(co, night);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    begin(self, loop);
    CO_AWAIT(co, &self->house.quiet);
    if (self->fire) {
        eddy_task_cancel(&self->porter);
        CO_TRY_AWAIT(co, &self->porter.future);
        printf("porter: called away\n");
    }
    count_waiters("night", &self->house);
    eddy_future_set_result(&self->house.morning, NULL);
    CO_AWAIT(co, eddy_gather_settled(&self->staff, loop, self->each, 2));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_gather_cancel(&self->staff, loop, self->each, 2));
    CO_END(co);
}

int main(int argc, char *argv[])
{
    long guests = argc > 1 ? strtol(argv[1], NULL, 10) : 3;

    if (guests < 0 || argc > 3 || (argc == 3 && strcmp(argv[2], "fire") != 0)) {
        fprintf(stderr, "usage: 5-first [GUESTS [fire]]\n");
        return 2;
    }
    return eddy_run(night, .guests = guests, .fire = argc == 3) < 0;
}
