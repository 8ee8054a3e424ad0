/*
 * futures - what the tests of chapter 4 begin with: a loop on a virtual clock, two pending futures,
 * and four waiters, a to d, each of which leaves its letter. So what was called, and in which order,
 * is one text.
 */
#ifndef FUTURES_H
#define FUTURES_H

#include "../03-callbacks/traced.h"
#include "check.h"
#include "errors.h"
#include "future.h"
#include "scripted.h"
#include "turn.h"

#include <errno.h>

static struct eddy_loop loop;
static struct eddy_future future, other;
static struct step steps[4];

static inline void set_up_on(const struct eddy_loop_options *options)
{
    scripted_start();
    CHECK_OK(eddy_loop_open(&loop, options));
    eddy_future_init(&future, &loop);
    eddy_future_init(&other, &loop);
    steps_init(steps);
}

static inline void set_up(void)
{
    set_up_on(&scripted);
}

static inline void tear_down(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

/* One turn: what is in line now is called. */
static inline void turn(void)
{
    eddy_loop_stop(&loop);
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

/* Those of a to d that `letters` names wait, in its order. */
static inline void await(struct eddy_future *awaited, const char *letters)
{
    for (; *letters; letters++)
        CHECK_CODE(eddy_future_add_done_callback(awaited, &steps[*letters - 'a'].soon), 0);
}

/* One of them does more than to leave its letter. */
static inline void also(char letter, void (*then)(struct step *step))
{
    steps[letter - 'a'].then = then;
}

/* For cases that run on each selector of this build. */
#define EACH(sentence) CASE(on_each(sentence))

static const char *which; /* the selector that is tested */

static inline const char *on_each(const char *sentence)
{
    static char text[256];

    snprintf(text, sizeof text, "%s [%s]", sentence, which);
    return text;
}

/* What a future says of itself, in all its ways. */
static inline void expect_outcome(const struct eddy_future *seen, int err, void *result)
{
    bool done = err != EDDY_EPENDING, cancelled = err == -ECANCELED;
    void *got = &got;

    CHECK_INT(eddy_future_done(seen), done);
    CHECK_INT(eddy_future_cancelled(seen), cancelled);
    CHECK_CODE(eddy_future_error(seen), err);
    CHECK_CODE(eddy_future_result(seen, NULL), err);
    CHECK_CODE(eddy_future_result(seen, &got), err);
    CHECK(got == result);
}

#endif
