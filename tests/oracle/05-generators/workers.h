/*
 * workers - what the scenarios of generators.c are made of: questions that say what they come to, and
 * two generators that say what they meet.
 */
#ifndef WORKERS_H
#define WORKERS_H

#include "gen.h"

#include "errors.h"
#include "oracle.h"

#include <errno.h>

/* What is thrown here, and another one. */
enum { TOLD = -EIO, OTHER = -EPIPE };

static inline const char *error_name(int err)
{
    static const struct {
        int err;
        const char *name;
    } names[] = {{EDDY_ECLOSED, "closed"},
                 {EDDY_EYIELDED, "yielded once more"},
                 {EDDY_ERUNNING, "running"},
                 {-EINVAL, "not begun"},
                 {TOLD, "told"},
                 {OTHER, "other"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].err == err)
            return names[i].name;
    return eddy_errname(err);
}

/* ---- Numbers: what is yielded, sent and returned ----------------------------------------------- */

static int numbers[30];

static inline int *number(int n)
{
    numbers[n] = n;
    return &numbers[n];
}

static inline const char *text(const void *value)
{
    static char texts[8][16];
    static int next;
    char *one = texts[next++ % 8];

    snprintf(one, sizeof texts[0], "%d", value ? *(const int *)value : 0);
    return value ? one : "None";
}

/* ---- Questions --------------------------------------------------------------------------------- */

static inline void say_what_came(int got, void *value)
{
    if (got == EDDY_YIELDED)
        say("yields %s", text(value));
    else if (got == EDDY_FINISHED)
        say("finished %s", text(value));
    else
        say("error %s", error_name(got));
}

static inline void next(struct eddy_gen *gen)
{
    void *value;
    int got = eddy_gen_next(gen, &value);

    say_what_came(got, value);
}

static inline void sending(struct eddy_gen *gen, int *sent)
{
    void *value;
    int got = eddy_gen_send(gen, sent, &value);

    say_what_came(got, value);
}

static inline void throwing(struct eddy_gen *gen, int err)
{
    void *value;
    int got = eddy_gen_throw(gen, err, &value);

    say_what_came(got, value);
}

static inline void closing(struct eddy_gen *gen)
{
    int err = eddy_gen_close(gen);

    say("close: %s", err ? error_name(err) : "fine");
}

/* ---- Two that many scenarios share ------------------------------------------------------------- */

/* Yields 1, 2, ...; says what a yield comes back with, and passes over as many errors as it has
 * patience. Its cleanup section yields, too: 11, 12, ... */
struct worker {
    struct eddy_gen gen;
    const char *name;
    int yields, patience, cleanup;
    int *returns;
    int fails;
    int i;
};

static struct eddy_step worker(struct eddy_gen *gen)
{
    struct worker *self = GEN_FRAME(gen, worker);

    GEN_BEGIN(gen);
    say("%s begins", self->name);
    for (self->i = 1; self->i <= self->yields; self->i++) {
        GEN_TRY_YIELD(gen, number(self->i));
        if (gen->place.err == 0) {
            say("%s is sent %s", self->name, text(gen->value));
            continue;
        }
        say("%s meets %s", self->name, error_name(gen->place.err));
        if (self->patience-- == 0)
            GEN_FAIL(gen, gen->place.err);
    }
    GEN_RETURN(gen, self->returns);
    GEN_FINALLY(gen);
    say("%s cleans up", self->name);
    for (self->i = 11; self->i < 11 + self->cleanup; self->i++)
        GEN_YIELD(gen, number(self->i));
    if (self->fails)
        GEN_FAIL(gen, self->fails);
    GEN_END(gen);
}

/* WORKER("a", 3, .patience = 1) is one that has not begun. */
#define WORKER(name_, ...) \
    ((struct worker){.gen = GEN_INIT(worker), .name = (name_), .yields = __VA_ARGS__})

/* Delegates; says what comes of it, and yields 21 if it handles an error. */
struct outer {
    struct eddy_gen gen;
    const char *name;
    struct eddy_gen *inner;
    bool handles;
};

static struct eddy_step outer(struct eddy_gen *gen)
{
    struct outer *self = GEN_FRAME(gen, outer);

    GEN_BEGIN(gen);
    GEN_TRY_FROM(gen, self->inner);
    /* Python's `except Exception` does not take a GeneratorExit. */
    if (gen->place.err < 0 && (!self->handles || gen->place.err == EDDY_ECLOSED))
        GEN_FAIL(gen, gen->place.err);
    if (gen->place.err < 0) {
        say("%s meets %s", self->name, error_name(gen->place.err));
        GEN_YIELD(gen, number(21));
    } else {
        say("%s gets %s", self->name, text(gen->value));
    }
    GEN_RETURN(gen, number(22));
    GEN_FINALLY(gen);
    say("%s cleans up", self->name);
    GEN_END(gen);
}

static inline struct outer outer_of(const char *name, struct eddy_gen *inner)
{
    return (struct outer){.gen = GEN_INIT(outer), .name = name, .inner = inner};
}

#endif
