/*
 * promises - what the scenarios with futures have besides actors: verbs for futures. A future is
 * called `whom` here, so that then() can take it.
 */
#ifndef PROMISES_H
#define PROMISES_H

#include "errors.h"
#include "future.h"

#include <errno.h>

/* After the library, whose inline functions have a parameter that is called `loop`, too. */
#include "actors.h"

/* A new future of the scenario's loop. It lasts as long as the scenario. */
static inline struct eddy_future *future(void)
{
    static struct eddy_future futures[4];
    static int count;
    struct eddy_future *made = &futures[count++];

    CHECK(count <= 4);
    eddy_future_init(made, &loop);
    return made;
}

/* `who` is called when `what` is done. */
static inline void add(struct eddy_future *what, struct actor *who)
{
    attempt(eddy_future_add_done_callback(what, &who->handle));
}

static inline void finish(void *whom)
{
    static char fine[] = "fine";

    attempt(eddy_future_set_result(whom, fine));
}

static inline void fail(void *whom)
{
    attempt(eddy_future_set_error(whom, -EIO));
}

static inline void cancel_future(void *whom)
{
    eddy_future_cancel(whom);
}

/* The same, and says whether it was. */
static inline void try_cancel(void *whom)
{
    say(eddy_future_cancel(whom) ? "cancelled" : "not cancelled");
}

/* Says how it stands with it, behind `prefix`. */
static inline void say_outcome(const char *prefix, int err, const void *result)
{
    if (err == 0)
        say("%sresult %s", prefix, (const char *)result);
    else if (err == EDDY_EPENDING)
        say("%spending", prefix);
    else if (err == -ECANCELED)
        say("%scancelled", prefix);
    else
        say("%serror %s", prefix, eddy_errname(err));
}

static inline void outcome(void *whom)
{
    void *result;
    int err = eddy_future_result(whom, &result);

    say_outcome("", err, result);
}

#endif
