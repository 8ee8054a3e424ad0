/*
 * actors - what the scenarios in C are made of: one loop on the scripted clock, and actors. An
 * actor can be queued, set as a timer, and watch a descriptor. When it is called, it says its name
 * and then does what it was told to:
 *
 *     struct actor *a = actor("a"), *c = actor("c");
 *
 *     then(a, soon, c);     when a is called, it queues c
 *     soon(a);
 *     run();
 */
#ifndef ACTORS_H
#define ACTORS_H

#include "loop.h"
#include "oracle.h"
#include "scripted.h"

enum { ACTS = 4 };

struct act {
    void (*verb)(void *whom);
    void *whom;
};

struct actor {
    const char *name;
    struct eddy_handle handle;
    struct eddy_timer timer;
    struct eddy_watch watch;
    double delay; /* seconds, for set() */
    double takes; /* seconds that pass while it is called, after it has said its name */
    int fd;       /* that it watches */
    int left;     /* counted down by verbs of a scenario's own */
    struct act acts[ACTS];
};

extern struct eddy_loop loop;

/* Whether a look without sleeping, "wait 0", is told. Where it is not, the .py says TURNS = False. */
extern bool stage_tells_turns;

/* The loop is opened before each scenario, and closed after it, with all descriptors. */
void stage_open(void);
void stage_close(void);

/* A new actor. It lasts as long as the scenario. */
struct actor *actor(const char *name);

/* When `who` is called, it does this, too. */
void then(struct actor *who, void (*verb)(void *whom), void *whom);

/* Says so, if a call was refused. Returns `err`. */
int attempt(int err);

/* Runs the loop until it is stopped, or until nothing can happen any more, and says which. */
void run(void);

/* ---- Verbs, for then() and by themselves: `whom` is an actor, if nothing else is said -------- */

void soon(void *whom);
void post(void *whom); /* call_soon_threadsafe */
void set(void *whom);  /* call_later, with its delay */
void cancel(void *whom);
void watch_reading(void *whom); /* its descriptor, instead of who watched it */
void watch_writing(void *whom);
void leave_reading(void *whom); /* who watches its descriptor does so no more */
void leave_writing(void *whom);
void speak(void *whom); /* it says its name, and no more */
void stop(void *nobody);

/* ---- Others ---------------------------------------------------------------------------------- */

/* call_later and call_at. */
void later(struct actor *who, double delay);
void at(struct actor *who, double when);

/* A pipe, or two connected sockets, with `text` in it: closed when the scenario ends. */
void open_pipe(int fds[2], const char *text);
void open_pair(int fds[2], const char *text);

/* Closes the end that was opened last, before the scenario ends. */
void close_last(void);

/* An actor with the reading end of a new pipe, which has something in it. When it watches and is
 * called, it leaves. */
struct actor *reader(const char *name);

#endif
