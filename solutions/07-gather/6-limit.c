/*
 * Exercise 07.6, find the bug: a quiz. Three answers before the bell, and you get the cake. Whoever is
 * too slow has a glass of water and a second chance; after that there is a balloon. Each argument is a
 * player, and what happens to the player:
 *
 *     make check-07.6      builds it, plays, and says what goes wrong
 *     build/learn/exercises/07.6/6-limit ann=a1,a2,a3 bob=a1,s2
 *
 *     a3     knows an answer at 3 o'clock
 *     s2     is sent out by the host at 2
 *
 * The quiz begins at 0, and the bell rings four hours after a round has begun. (The clock is the quiz's
 * own: an hour takes ten turns of the loop. What happens at the same time happens in the order of the
 * arguments, and the bell rings after that.)
 *
 * Now and then somebody who has answered everything goes home without the cake, and somebody who was
 * sent out gets a glass of water.
 */
#include "delay.h"
#include "errors.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLAYERS_MOST = 4, EVENTS_MOST = 32, ANSWERS = 3, ROUNDS = 2, ROUND_HOURS = 4, TURNS = 10 };

/* An hour of the quiz, in seconds of the loop: a number that a double holds exactly. */
static const double hour = 1.0 / 64;

/* ---- The clock --------------------------------------------------------------------------------- */

static int hours;

static int64_t now(struct eddy_clock *clock)
{
    (void)clock;
    return hours * (INT64_C(1000000000) / 64);
}

static struct eddy_clock quiz_clock = {now};

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

/* ---- A limit for all awaits from its begin to its end ------------------------------------------ */

struct limit {
    struct eddy_timer timer;
    struct eddy_task *task;
    unsigned before; /* requests to end that were there before */
    bool rung;
};

static void on_bell(struct eddy_handle *handle)
{
    struct limit *limit = container_of(handle, struct limit, timer.handle);

    limit->rung = true;
    eddy_task_cancel(limit->task);
}

static int limit_begin(struct limit *limit, double seconds)
{
    *limit = (struct limit){.task = eddy_current_task()};
    limit->before = eddy_task_cancelling(limit->task);
    eddy_timer_init(&limit->timer, on_bell);
    return eddy_loop_call_later(limit->task->future.loop, &limit->timer, seconds);
}

/* `err` is how the awaits have ended. Returns that, or -ETIMEDOUT if the bell has ended them. */
static int limit_end(struct limit *limit, int err)
{
    bool ours;

    eddy_timer_cancel(limit->task->future.loop, &limit->timer);
    ours = limit->rung && eddy_task_uncancel(limit->task) <= limit->before;
    return ours && err == -ECANCELED ? -ETIMEDOUT : err;
}

/* ---- A player ---------------------------------------------------------------------------------- */

struct player;

/* Three questions: an await each. */
struct questions {
    struct eddy_co co;
    struct player *player;
    int i;
};

struct player {
    struct eddy_co co;
    const char *name;
    int known; /* answers that have come to mind, and are not given yet */
    struct eddy_future thought;
    struct questions questions;
    struct limit limit;
    struct eddy_sleep pause;
    int round, err;
};

static void say(const struct player *player, const char *what)
{
    printf("%s at %d: %s\n", player->name, hours, what);
}

static struct eddy_future *think(struct player *player, struct eddy_loop *loop)
{
    eddy_future_init(&player->thought, loop);
    if (player->known > 0)
        eddy_future_set_result(&player->thought, NULL);
    return &player->thought;
}

static struct eddy_step questions(struct eddy_co *co)
{
    struct questions *self = CO_FRAME(co, questions);

    CO_BEGIN(co);
    for (self->i = 1; self->i <= ANSWERS; self->i++) {
        CO_AWAIT(co, think(self->player, eddy_co_loop(co)));
        self->player->known--;
        say(self->player, "answers");
    }
    CO_END(co);
}

static struct eddy_step player(struct eddy_co *co)
{
    struct player *self = CO_FRAME(co, player);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (self->round = 1; self->round <= ROUNDS; self->round++) {
        self->err = limit_begin(&self->limit, ROUND_HOURS * hour);
        if (self->err < 0)
            CO_FAIL(co, self->err);
        CO_TRY_CALL(co, questions, &self->questions, .player = self);
        self->err = limit_end(&self->limit, eddy_co_error(co));
        if (self->err == 0)
            break;
        if (self->err != -ETIMEDOUT)
            CO_FAIL(co, self->err);
        say(self, "is too late");
        CO_AWAIT(co, eddy_sleep(&self->pause, loop, hour));
        say(self, "has had a glass of water");
    }
    say(self, "goes to the table");
    CO_AWAIT(co, eddy_sleep(&self->pause, loop, hour));
    say(self, self->err == 0 ? "takes the cake" : "takes a balloon");
    CO_FINALLY(co);
    say(self, eddy_co_outcome(co) == 0 ? "goes home" : eddy_errname(eddy_co_outcome(co)));
    eddy_co_handled(co);
    CO_END(co);
}

/* ---- What happens to the players --------------------------------------------------------------- */

struct event {
    struct eddy_timer timer;
    struct eddy_task *task;
    struct player *player;
    bool sends_out;
};

static void on_event(struct eddy_handle *handle)
{
    struct event *event = container_of(handle, struct event, timer.handle);

    if (event->sends_out) {
        eddy_task_cancel(event->task);
        return;
    }
    event->player->known++;
    if (event->player->thought.loop)
        eddy_future_set_result(&event->player->thought, NULL);
}

struct quiz {
    struct eddy_co co;
    char **arguments;
    struct eddy_task tasks[PLAYERS_MOST];
    struct player players[PLAYERS_MOST];
    struct event events[EVENTS_MOST];
    int player_count, event_count, i;
};

/* "a3": an answer at 3. */
static int set_event(struct quiz *self, struct eddy_loop *loop, int i, const char *text)
{
    struct event *event = &self->events[self->event_count];

    if (self->event_count == EVENTS_MOST || (text[0] != 'a' && text[0] != 's'))
        return -EINVAL;
    self->event_count++;
    event->task = &self->tasks[i];
    event->player = &self->players[i];
    event->sends_out = text[0] == 's';
    eddy_timer_init(&event->timer, on_event);
    return eddy_loop_call_at(loop, &event->timer, hour * (double)strtol(text + 1, NULL, 10));
}

/* "ann=a1,a2,a3" */
static int seat(struct quiz *self, struct eddy_loop *loop, char *argument)
{
    int err = 0, i = self->player_count;
    const char *name = strtok(argument, "="), *text;

    if (i == PLAYERS_MOST || !name)
        return -EINVAL;
    eddy_task_start(&self->tasks[i], loop, player, &self->players[i], .name = name);
    self->player_count++;
    while (err == 0 && (text = strtok(NULL, ",")) != NULL)
        err = set_event(self, loop, i, text);
    return err;
}

static struct eddy_step quiz(struct eddy_co *co)
{
    struct quiz *self = CO_FRAME(co, quiz);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    for (; *self->arguments; self->arguments++) {
        err = seat(self, loop, *self->arguments);
        if (err < 0)
            CO_FAIL(co, err);
    }
    err = eddy_spawn(loop, clockwork, .turn = 0);
    if (err < 0)
        CO_FAIL(co, err);
    for (self->i = 0; self->i < self->player_count; self->i++)
        CO_AWAIT(co, &self->tasks[self->i].future);
    CO_FINALLY(co);
    for (int i = 0; i < self->event_count; i++)
        eddy_timer_cancel(loop, &self->events[i].timer);
    for (self->i = 0; self->i < self->player_count; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_TRY_AWAIT(co, &self->tasks[self->i].future);
    }
    CO_END(co);
}

int main(int argc, char *argv[])
{
    const struct eddy_loop_options options = {.clock = &quiz_clock};

    setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen, even before a crash */
    return eddy_run_with(&options, quiz, .arguments = argv + (argc > 0)) < 0;
}
