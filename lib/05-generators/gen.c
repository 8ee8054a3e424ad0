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
    struct eddy_step step;

    gen->value = sent;
    gen->place.err = err;
    gen->running = true;
    step = call_body(gen);
    gen->running = false;
    if (step.paused) {
        *value = gen->value;
        return EDDY_YIELDED;
    }
    gen->place.line = EDDY_AT_END;
    if (gen->place.outcome == 0)
        *value = gen->result;
    return eddy_place_outcome(&gen->place);
}

int eddy_gen_next(struct eddy_gen *gen, void **value)
{
    return eddy_gen_send(gen, NULL, value);
}

int eddy_gen_send(struct eddy_gen *gen, void *sent, void **value)
{
    int err = refusal(gen);

    *value = NULL;
    if (err < 0)
        return err;
    if (gen->place.line == EDDY_AT_END)
        return EDDY_FINISHED;
    if (gen->place.line == EDDY_AT_START && sent)
        return -EINVAL;
    return resume_gen(gen, sent, 0, value);
}

int eddy_gen_throw(struct eddy_gen *gen, int err, void **value)
{
    int refused = refusal(gen);

    *value = NULL;
    if (err == 0 || !eddy_is_outcome(err))
        return -EINVAL;
    if (refused < 0)
        return refused;
    if (gen->place.line == EDDY_AT_START)
        gen->place.line = EDDY_AT_END;
    if (gen->place.line == EDDY_AT_END)
        return err;
    return resume_gen(gen, NULL, err, value);
}

int eddy_gen_close(struct eddy_gen *gen)
{
    void *value;
    int got = eddy_gen_throw(gen, EDDY_ECLOSED, &value);

    if (got == EDDY_YIELDED)
        return EDDY_EYIELDED;
    return got == EDDY_ECLOSED ? 0 : got;
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
    int err = eddy_gen_close(inner);

    gen->place.err = err < 0 ? err : EDDY_ECLOSED;
    gen->value = NULL;
    return false;
}

/* One question for the inner generator. True: it has yielded, and so does the outer one. */
bool eddy_gen_from(struct eddy_gen *gen, struct eddy_gen *inner)
{
    void *value;
    int err = gen->place.err, got;

    if (err == EDDY_ECLOSED)
        return close_inner(gen, inner);
    got = err < 0 ? eddy_gen_throw(inner, err, &value) : eddy_gen_send(inner, gen->value, &value);
    gen->value = value;
    gen->place.err = got < 0 ? got : 0;
    return got == EDDY_YIELDED;
}
