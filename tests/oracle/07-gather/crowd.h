/*
 * crowd - what the scenarios of chapter 7 have besides players: one who gathers others, or waits for
 * them, and moves that look at what came of each.
 *
 * What is made of several futures ends in the batch in which its last one has, where nothing else is
 * in line, so that an await costs no turn more than what it waits for (io.h). In asyncio it takes one
 * more. So turns are not told here: the order is, and the time.
 */
#ifndef CROWD_H
#define CROWD_H

#include "06-tasks/players.h"

#include "awaited.h"

enum { CROWD = 4 };

static struct eddy_awaited each[CROWD];

/* Whose places these are: roles that begin when they are gathered, or futures. */
static struct role *crowd[CROWD];
static size_t crowd_size;

static inline void in_crowd(struct role *who)
{
    CHECK(crowd_size < CROWD);
    crowd[crowd_size++] = who;
}

/* `n` pending futures in the first places. A result that finish_with_name() gives is "f", "g", ... */
static struct eddy_future promised[CROWD];

static inline void promise(size_t n)
{
    crowd_size = n;
    for (size_t i = 0; i < n; i++) {
        eddy_future_init(&promised[i], &loop);
        each[i].future = &promised[i];
    }
}

static inline void finish_with_name(void *whom)
{
    static char names[CROWD][2] = {"f", "g", "h", "i"};

    attempt(eddy_future_set_result(whom, names[(struct eddy_future *)whom - promised]));
}

static inline void fail_with_eperm(void *whom)
{
    attempt(eddy_future_set_error(whom, -EPERM));
}

static inline void finishes(double seconds, size_t i)
{
    static const char *const says[] = {"finish f", "finish g", "finish h", "finish i"};
    struct actor *who = actor(says[i]);

    then(who, finish_with_name, &promised[i]);
    later(who, seconds);
}

static inline void begin_crowd(void)
{
    for (size_t i = 0; i < crowd_size && crowd[i]; i++) {
        begin(crowd[i]);
        each[i].future = ending(crowd[i]);
    }
}

/* What came of each, in the order of the places. */
static inline void say_each(void *nobody)
{
    (void)nobody;
    for (size_t i = 0; i < crowd_size; i++)
        say_outcome("", eddy_awaited_error(&each[i]), each[i].future->result);
}

/* The role of one who refuses to be cancelled, once, and then sleeps on. */
#define REFUSER(name, seconds) \
    keep_refuser(role(name, SLEEPS(seconds), SLEEPS(1), SAYS(name " goes on")))

static inline struct role *keep_refuser(struct role *who)
{
    who->refuses = 1;
    return who;
}

#endif
