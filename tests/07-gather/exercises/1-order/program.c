/*
 * What exercise 07.1 asks, asked of real tasks. Each line it prints is a line of the exercise's file,
 * with the answer.
 */
#include "completed.h"
#include "delay.h"
#include "gather.h"
#include "scripted.h"
#include "shield.h"
#include "timeout.h"
#include "turn.h"
#include "wait_for.h"
#include "waiting.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static struct eddy_loop loop;
static struct eddy_task m;
static long said; /* as digits, in their order */
static int line;

static void tell(const char *text)
{
    printf("%c. %-66s: %ld\n", 'a' + line, text, said);
    line++;
}

static void say(int number)
{
    said = 10 * said + number;
}

/* What an await of M has come back with. */
static void say_what_came(int err)
{
    say(err == 0 ? 8 : err == -EIO ? 9 : err == -ECANCELED ? 6 : err == -ETIMEDOUT ? 4 : 0);
}

/* ---- The children ------------------------------------------------------------------------------ */

struct child {
    struct eddy_co co;
    struct eddy_sleep sleep;
    int number;
    bool fails, cleans_up, cancels_m;
};

static struct eddy_step child(struct eddy_co *co)
{
    struct child *self = CO_FRAME(co, child);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, self->number));
    say(self->fails ? 7 : self->number);
    if (self->cancels_m)
        eddy_task_cancel(&m);
    CO_FAIL(co, self->fails ? -EIO : 0);
    CO_FINALLY(co);
    if (eddy_co_outcome(co) == -ECANCELED)
        say(5);
    if (eddy_co_outcome(co) == -ECANCELED && self->cleans_up) {
        CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 2));
        say(self->number);
    }
    CO_END(co);
}

static struct eddy_task tasks[4];
static struct child frames[4];
static struct eddy_awaited each[3];
static bool one_fails, two_cleans_up, three_cancels_m; /* in this scene */

static struct eddy_future *start_child(int number)
{
    return eddy_task_start(&tasks[number], &loop, child, &frames[number], .number = number,
                           .fails = number == 1 && one_fails,
                           .cleans_up = number == 2 && two_cleans_up,
                           .cancels_m = number == 3 && three_cancels_m);
}

static struct eddy_awaited *start_all(void)
{
    for (int i = 0; i < 3; i++)
        each[i] = (struct eddy_awaited){.future = start_child(3 - i)};
    return each;
}

/* ---- M: all of them ----------------------------------------------------------------------------- */

struct gathers {
    struct eddy_co co;
    struct eddy_gather all;
    struct eddy_sleep sleep;
    bool settled, sleeps;
};

static struct eddy_future *start_gather(struct gathers *self)
{
    return (self->settled ? eddy_gather_settled : eddy_gather)(&self->all, &loop, start_all(), 3);
}

static struct eddy_step gathers(struct eddy_co *co)
{
    struct gathers *self = CO_FRAME(co, gathers);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, start_gather(self));
    say_what_came(eddy_co_error(co));
    if (self->sleeps) {
        CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, &loop, 1));
        say_what_came(eddy_co_error(co));
    }
    CO_END(co);
}

/* ---- M: whichever comes first -------------------------------------------------------------------- */

struct waits {
    struct eddy_co co;
    struct eddy_wait wait;
    struct eddy_gather all;
    bool first; /* or all, with a limit */
};

static struct eddy_step waits(struct eddy_co *co)
{
    struct waits *self = CO_FRAME(co, waits);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_wait(&self->wait, &loop, start_all(), 3,
                               self->first ? EDDY_FIRST_COMPLETED : EDDY_ALL_COMPLETED,
                               self->first ? EDDY_FOREVER : 1.5));
    say_what_came(eddy_co_error(co));
    CO_TRY_AWAIT(co, (self->first ? eddy_gather : eddy_gather_cancel)(&self->all, &loop, each, 3));
    say_what_came(eddy_co_error(co));
    CO_END(co);
}

struct takes {
    struct eddy_co co;
    struct eddy_as_completed done;
    struct eddy_gather all;
};

static struct eddy_step takes(struct eddy_co *co)
{
    struct takes *self = CO_FRAME(co, takes);

    CO_BEGIN(co);
    eddy_as_completed_open(&self->done, &loop, start_all(), 3, 2.5);
    while (self->done.left > 0) {
        CO_TRY_AWAIT(co, eddy_as_completed_next(&self->done));
        say_what_came(eddy_co_error(co));
    }
    eddy_as_completed_close(&self->done);
    CO_TRY_AWAIT(co, eddy_gather_cancel(&self->all, &loop, each, 3));
    say_what_came(eddy_co_error(co));
    CO_END(co);
}

/* ---- M: a limit --------------------------------------------------------------------------------- */

struct limits {
    struct eddy_co co;
    struct eddy_wait_for limit;
};

static struct eddy_step limits(struct eddy_co *co)
{
    struct limits *self = CO_FRAME(co, limits);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, &loop, start_child(2), 1));
    say_what_came(eddy_co_error(co));
    CO_END(co);
}

struct scopes {
    struct eddy_co co;
    struct eddy_timeout limit;
    struct eddy_sleep sleep;
};

static struct eddy_step scopes(struct eddy_co *co)
{
    struct scopes *self = CO_FRAME(co, scopes);

    CO_BEGIN(co);
    eddy_timeout_open(&self->limit, co, 2.5);
    CO_TRY_AWAIT(co, start_child(1));
    say_what_came(eddy_co_error(co));
    CO_TRY_AWAIT(co, start_child(2));
    say_what_came(eddy_co_error(co));
    say_what_came(eddy_timeout_close(&self->limit, co));
    CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, &loop, 1));
    say_what_came(eddy_co_error(co));
    CO_END(co);
}

struct shields {
    struct eddy_co co;
    struct eddy_shield shield;
};

static struct eddy_step shields(struct eddy_co *co)
{
    struct shields *self = CO_FRAME(co, shields);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_shield(&self->shield, &loop, start_child(2)));
    say_what_came(eddy_co_error(co));
    CO_FINALLY(co);
    CO_TRY_AWAIT(co, &tasks[2].future);
    say_what_came(eddy_co_error(co));
    CO_END(co);
}

/* ---- A scene: a new loop, and perhaps a stranger who cancels somebody ----------------------------- */

static void begin(void)
{
    scripted_start();
    eddy_loop_open(&loop, &scripted);
    said = 0;
    one_fails = two_cleans_up = three_cancels_m = false;
}

static void end(const char *text)
{
    eddy_loop_run_until_stuck(&loop);
    tell(text);
    eddy_loop_close(&loop);
}

static struct eddy_timer stranger;

static void cancel_one(struct eddy_handle *handle)
{
    (void)handle;
    eddy_task_cancel(&tasks[1]);
}

static void cancel_m(struct eddy_handle *handle)
{
    (void)handle;
    eddy_task_cancel(&m);
}

/* ---- The scenes ------------------------------------------------------------------------------ */

static struct gathers g;

static void gathering(void)
{
    begin();
    eddy_task_start(&m, &loop, gathers, &g);
    end("M gathers 3, 2 and 1");

    begin();
    one_fails = true;
    eddy_task_start(&m, &loop, gathers, &g);
    end("... but child 1 fails");

    begin();
    one_fails = two_cleans_up = true;
    eddy_task_start(&m, &loop, gathers, &g);
    end("... and when 2 has said 5, it sleeps for 2 s, and then says 2");
}

static void cancelling(void)
{
    begin();
    eddy_timer_init(&stranger, cancel_one);
    eddy_loop_call_later(&loop, &stranger, 0.5);
    eddy_task_start(&m, &loop, gathers, &g);
    end("M gathers 3, 2 and 1. After half a second child 1 is cancelled");

    begin();
    one_fails = true;
    eddy_task_start(&m, &loop, gathers, &g, .settled = true);
    end("M calls eddy_gather_settled() for the three; child 1 fails");

    begin();
    three_cancels_m = true;
    eddy_task_start(&m, &loop, gathers, &g, .sleeps = true);
    end("M gathers; 3 says 3, cancels M, ends. Then M sleeps for 1 s");
}

static void waiting(void)
{
    static struct waits w;
    static struct takes t;

    begin();
    eddy_task_start(&m, &loop, waits, &w, .first = true);
    end("M waits for the first of the three, and then gathers all three");

    begin();
    eddy_task_start(&m, &loop, waits, &w);
    end("M waits for all three, 1.5 s at most, then eddy_gather_cancel()");

    begin();
    eddy_task_start(&m, &loop, takes, &t);
    end("M takes the next of them 3 times, 2.5 s in all, then as in h");
}

static void limiting(void)
{
    static struct limits l;
    static struct scopes s;
    static struct shields h;

    begin();
    two_cleans_up = true;
    eddy_task_start(&m, &loop, limits, &l);
    end("M awaits 2 with eddy_wait_for(), 1 s; 2 cleans up as in c");

    begin();
    eddy_task_start(&m, &loop, scopes, &s);
    end("M awaits 1, and then 2, in a scope of 2.5 s; then it sleeps 1 s");

    begin();
    eddy_timer_init(&stranger, cancel_m);
    eddy_loop_call_later(&loop, &stranger, 1);
    eddy_task_start(&m, &loop, shields, &h);
    end("M awaits a shield of 2, is cancelled after 1 s, then awaits 2");
}

int main(void)
{
    alarm(10); /* a library that is being changed may hang */
    gathering();
    cancelling();
    waiting();
    limiting();
    return line != 12;
}
