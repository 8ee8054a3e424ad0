/*
 * sharers - what the scenarios of chapter 8 have besides players: what each of them waits with, and
 * verbs that say what was refused.
 */
#ifndef SHARERS_H
#define SHARERS_H

#include "06-tasks/players.h"

enum { SHARERS = 8 };

static inline void say_refused(int err)
{
    if (err < 0)
        say("refused");
}

static inline void cancel_role(void *whom)
{
    eddy_task_cancel(&((struct role *)whom)->task);
}

/* A timer that makes a role begin. */
static inline struct actor *begin_when_called(struct role *who)
{
    struct actor *timer = actor("begin");

    then(timer, begin, who);
    return timer;
}

/* It does not say how it ends: when it does so within a turn, is not the question. */
static inline void begin_quietly(struct role *who)
{
    who->untold = true;
    begin(who);
}

/* It waits for what never comes. */
static inline void at_last(struct role *who)
{
    asked_at(who, "at last", 9);
}

#endif
