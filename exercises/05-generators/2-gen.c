/*
 * Exercise 05.2, a drop-in: write the functions marked TODO, and your file takes the place of
 * lib/05-generators/gen.c in the library. What each function promises stands in
 * lib/05-generators/gen.h. All else is the library's own.
 *
 *     make check-05.2     make hint-05.2     make learn
 */
#include "gen.h"

#include "errors.h"
#include "future.h"
#include "report.h"

#include <errno.h>

/* ---- Places ------------------------------------------------------------------------------------ */

bool eddy_place_stray(struct eddy_place *place)
{
    bool lost = place->line > EDDY_AT_START;

    if (lost) {
        eddy_report(
            "%s (%s:%d): it cannot go on here: this yield or await stands in a switch of its "
            "own, which has taken its label; use if, or another function",
            place->site->function, place->site->file, place->line);
        place->outcome = EDDY_ESTRAY;
    }
    /* Twice at the same place: there is no cleanup section, and this is the end. */
    if (place->line == EDDY_AT_FINALLY)
        place->line = EDDY_AT_END;
    if (place->line == EDDY_AT_END)
        return false;
    place->line = EDDY_AT_FINALLY;
    return true;
}

bool eddy_place_finally(struct eddy_place *place)
{
    if (place->finally) {
        place->line = EDDY_AT_END; /* a return within the cleanup: then this is the end of it */
        return false;
    }
    place->finally = true;
    return true;
}

int eddy_place_look_at_outcome(struct eddy_place *place)
{
    if (!eddy_is_outcome(place->outcome)) {
        eddy_report(
            "%s (%s): it has ended with %d, which is neither 0 nor an error: so with EINVAL",
            place->site->function, place->site->file, place->outcome);
        place->outcome = -EINVAL;
    }
    return place->outcome;
}

void eddy_gen_fail(struct eddy_gen *gen, int error)
{
    gen->place.outcome = error;
    if (error != 0)
        return;
    eddy_report("%s (%s): it has failed with 0, which is no error: so with EINVAL",
                gen->place.site->function, gen->place.site->file);
    gen->place.outcome = -EINVAL;
}

/* ---- Asking ------------------------------------------------------------------------------------ */

enum {
    DEPTH_MOST = 1000
}; /* as deep as Python's functions call each other, unless told otherwise */

/* Generators that run in this thread: each but the first is asked by the one before, so each lies on
 * the C stack, which has an end. */
static _Thread_local int depth;

/* Why it cannot be asked now. 0: it can. */
static int refusal(const struct eddy_gen *gen)
{
    if (gen->running)
        return EDDY_ERUNNING;
    return depth == DEPTH_MOST ? EDDY_EDEPTH : 0;
}

static struct eddy_step call_body(struct eddy_gen *gen)
{
    struct eddy_step step;

    depth++;
    step = gen->body(gen);
    depth--;
    return step;
}

static int resume_gen(struct eddy_gen *gen, void *sent, int err, void **value)
{
    /* TODO 05.2: write resume_gen(). */
    return -ENOSYS;
}

int eddy_gen_next(struct eddy_gen *gen, void **value)
{
    return eddy_gen_send(gen, NULL, value);
}

int eddy_gen_send(struct eddy_gen *gen, void *sent, void **value)
{
    /* TODO 05.2: write eddy_gen_send(). */
    return -ENOSYS;
}

int eddy_gen_throw(struct eddy_gen *gen, int err, void **value)
{
    /* TODO 05.2: write eddy_gen_throw(). */
    return -ENOSYS;
}

int eddy_gen_close(struct eddy_gen *gen)
{
    /* TODO 05.2: write eddy_gen_close(). */
    return -ENOSYS;
}

/* ---- Delegation -------------------------------------------------------------------------------- */

void eddy_gen_begin_from(struct eddy_gen *gen)
{
    gen->value = NULL;
    gen->place.err = 0;
}

/* The inner one is closed first. Then the outer one goes on, and finds in place.err EDDY_ECLOSED or the
 * error of that close. */
static bool close_inner(struct eddy_gen *gen, struct eddy_gen *inner)
{
    /* TODO 05.2: write close_inner(). */
    return false;
}

/* One question for the inner generator. True: it has yielded, and so does the outer one. */
bool eddy_gen_from(struct eddy_gen *gen, struct eddy_gen *inner)
{
    /* TODO 05.2: write eddy_gen_from(). */
    return false;
}
