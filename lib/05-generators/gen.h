/*
 * gen - functions that pause. A generator yields a value to its caller and stands still. When the
 * caller asks again, it goes on after the yield, in the middle of its loops.
 *
 * It is a switch: the frame holds the line of the last yield, and each yield is a case label. So
 * all that must live across a yield is a field of the frame, because a local variable does not:
 *
 *     struct countdown { struct eddy_gen gen; int n; };
 *
 *     static struct eddy_step countdown(struct eddy_gen *gen)
 *     {
 *         struct countdown *self = GEN_FRAME(gen, countdown);
 *
 *         GEN_BEGIN(gen);
 *         for (; self->n > 0; self->n--)
 *             GEN_YIELD(gen, &self->n);
 *         GEN_END(gen);
 *     }
 *
 *     struct countdown three = {.gen = GEN_INIT(countdown), .n = 3};
 *     while (eddy_gen_next(&three.gen, &value) == EDDY_YIELDED)
 *         printf("%d\n", *(int *)value);
 *
 * Yields must not stand in a switch of your own (it would take their case labels; a report says
 * so), and not two on one line (the compiler says so).
 * (Next, send, throw, close and yield from are Python's, PEP 255, 342 and 380. The switch is Tom
 * Duff's; that it makes coroutines, Simon Tatham wrote in 2000.)
 *
 * Memory: the frame is the caller's. A generator that has begun and has a cleanup section must be
 * run to its end or closed. Threads: one at a time. C++ can include this, and drive a generator
 * that C has made; write one it cannot: the macros need C's compound literals.
 */
#ifndef EDDY_GEN_H
#define EDDY_GEN_H

#include "list.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a step returns: whether the function has paused. A type of its own, so that a `return 0` in
 * a body, which would skip the cleanup, does not compile. */
struct eddy_step {
    char paused;
};

#define EDDY_PAUSED ((struct eddy_step){1})
#define EDDY_RETURNED ((struct eddy_step){0})

/* Which function it is, for reports. */
struct eddy_site {
    const char *function, *file;
};

/* Where a function has paused, and what it finds when it goes on. Zeroed: at its start. */
struct eddy_place {
    union {
        const struct eddy_site *site;
        const char *name; /* skip: chapter 6 (of a task that has not begun) */
    };
    int line;     /* of the yield; or one of these: */
    int err;      /* what the last yield came back with: 0, or an error that was thrown */
    int outcome;  /* how the function ends: 0, or an error */
    bool finally; /* it is in its cleanup section */
};

enum { EDDY_AT_START = 0, EDDY_AT_FINALLY = -1, EDDY_AT_END = -2 };

struct eddy_gen {
    struct eddy_place place;
    struct eddy_step (*body)(struct eddy_gen *gen);
    void *value;  /* after a yield: what was sent; after GEN_FROM: what was returned */
    void *result; /* what it returns */
    bool running;
};

/* ---- Asking ------------------------------------------------------------------------------------ */

/* What asking comes to, or an error. */
enum { EDDY_FINISHED = 0, EDDY_YIELDED = 1 };

/* For a frame's initializer. */
#define GEN_INIT(function) \
    {                      \
        .body = (function) \
    }

/*
 * Go on to the next yield. Returns EDDY_YIELDED and the yielded value in *value; EDDY_FINISHED, and
 * the first time the returned value, later NULL; or the error that the generator ends with, once.
 * EDDY_ERUNNING: it is running already. EDDY_EDEPTH: a thousand generators run in this thread, each
 * asked by the one before. In these two cases nothing has happened. Where there is no value, *value
 * is NULL.
 */
int eddy_gen_next(struct eddy_gen *gen, void **value);

/* The same, and the yield where it stands comes back with `sent` in gen->value. -EINVAL: it has not
 * begun, so there is no yield to send anything but NULL to; it can still begin. */
int eddy_gen_send(struct eddy_gen *gen, void *sent, void **value);

/*
 * The same, and the yield where it stands comes back with the error `err`, a negative code. One
 * that has not begun ends, without running; one that has ended gives `err` back. -EINVAL: not
 * negative, or EDDY_EPENDING, which is no outcome.
 */
int eddy_gen_throw(struct eddy_gen *gen, int err, void **value);

/*
 * End it: the yield where it stands comes back with EDDY_ECLOSED, so that the cleanup section runs.
 * Returns 0, or the error that it ends with. EDDY_EYIELDED: it has yielded once more, and not ended;
 * or it has ended, but a generator that it delegated to has yielded once more, and not ended.
 * One that has not begun or has ended has nothing to do. Twice is harmless.
 */
int eddy_gen_close(struct eddy_gen *gen);

/* ---- Writing one ------------------------------------------------------------------------------- */

/* The frame that `generator` is in. A frame and its function share one name. */
#define GEN_FRAME(generator, name) container_of(generator, struct name, gen)

/* The first statement. Before it, only pointers that are the same each time. */
#define GEN_BEGIN(gen) EDDY_BEGIN_(&(gen)->place)

/* Give `what` to the caller, and pause. An error that is thrown here leads to the cleanup section. */
#define GEN_YIELD(gen, what)           \
    do {                               \
        GEN_TRY_YIELD(gen, what);      \
        EDDY_LEAVE_IF_(&(gen)->place); \
    } while (0)

/* The same, but the error is left to you to look at, in gen->place.err. */
#define GEN_TRY_YIELD(gen, what)    \
    do {                            \
        (gen)->value = (what);      \
        EDDY_PAUSE_(&(gen)->place); \
    } while (0)

/* Let `inner` answer until it has finished ("yield from"): what is sent and thrown goes to it, what
 * it yields goes out. Afterwards gen->value is what it has returned. `inner` is evaluated each
 * time. A chain of n costs n steps for each question, and n levels of the C stack: so at most a
 * thousand. */
#define GEN_FROM(gen, inner)           \
    do {                               \
        GEN_TRY_FROM(gen, inner);      \
        EDDY_LEAVE_IF_(&(gen)->place); \
    } while (0)

#define GEN_TRY_FROM(gen, inner)          \
    do {                                  \
        eddy_gen_begin_from(gen);         \
        while (eddy_gen_from(gen, inner)) \
            EDDY_PAUSE_(&(gen)->place);   \
    } while (0)

/* End, with a value; or with an error, a negative code: any other number ends it with -EINVAL, and
 * is reported. The cleanup section comes first. */
#define GEN_RETURN(gen, what)       \
    do {                            \
        (gen)->result = (what);     \
        (gen)->place.outcome = 0;   \
        EDDY_LEAVE_(&(gen)->place); \
    } while (0)

#define GEN_FAIL(gen, error)        \
    do {                            \
        eddy_gen_fail(gen, error);  \
        EDDY_LEAVE_(&(gen)->place); \
    } while (0)

/* What stands below it runs once, however the body ends. */
#define GEN_FINALLY(gen) EDDY_FINALLY_(&(gen)->place, eddy_place_finally(&(gen)->place))

/* How it ends, for its cleanup section: 0, or an error. */
static inline int eddy_gen_outcome(const struct eddy_gen *gen)
{
    return gen->place.outcome;
}

/* The last statement. */
#define GEN_END(gen) EDDY_END_(&(gen)->place)

/* ---- What these are made of (make expand shows it) --------------------------------------------- */

#define EDDY_BEGIN_(place_)                                          \
    static const struct eddy_site eddy_site_ = {__func__, __FILE__}; \
    (place_)->site = &eddy_site_;                                    \
    eddy_again_:                                                     \
    switch ((place_)->line) {                                        \
    default:                                                         \
        if (eddy_place_stray(place_))                                \
            goto eddy_again_;                                        \
        return EDDY_RETURNED;                                        \
    case EDDY_AT_START:;

/* The line, the return, then the label: no path falls through. */
#define EDDY_PAUSE_(place_)        \
    do {                           \
        (place_)->line = __LINE__; \
        return EDDY_PAUSED;        \
    case __LINE__:;                \
    } while (0)

#define EDDY_LEAVE_(place_)               \
    do {                                  \
        (place_)->line = EDDY_AT_FINALLY; \
        goto eddy_again_;                 \
    } while (0)

#define EDDY_LEAVE_IF_(place_)         \
    do {                               \
        if (eddy_place_failed(place_)) \
            EDDY_LEAVE_(place_);       \
    } while (0)

#define EDDY_FINALLY_(place_, enter) \
    EDDY_LEAVE_(place_);             \
    case EDDY_AT_FINALLY:            \
        if (!(enter))                \
        return EDDY_RETURNED

/* After the switch is where a `break` outside any loop leads: to the cleanup, as every other
 * way. */
#define EDDY_END_(place_)          \
    return eddy_place_end(place_); \
    }                              \
    EDDY_LEAVE_(place_)

/* The switch has no label for where the function stands. True: go to the cleanup section. */
bool eddy_place_stray(struct eddy_place *place);

/* The last yield came back with an error, and it is not for the cleanup section, which goes on. */
static inline bool eddy_place_failed(struct eddy_place *place)
{
    if (place->err == 0 || place->finally)
        return false;
    place->outcome = place->err;
    return true;
}

/* How the body has ended. What is no outcome is reported, and becomes -EINVAL. */
int eddy_place_look_at_outcome(struct eddy_place *place);

static inline int eddy_place_outcome(struct eddy_place *place)
{
    return place->outcome == 0 ? 0 : eddy_place_look_at_outcome(place);
}

/* The cleanup section begins. False: it has begun before. */
bool eddy_place_finally(struct eddy_place *place);

/* The body is at its end. */
static inline struct eddy_step eddy_place_end(struct eddy_place *place)
{
    struct eddy_step returned = {0}; /* not EDDY_RETURNED: C++ reads this header, too */

    place->line = EDDY_AT_END;
    return returned;
}

/* It will end with `error`. 0 is refused as well: to whoever asks, that would be a success. */
void eddy_gen_fail(struct eddy_gen *gen, int error);

void eddy_gen_begin_from(struct eddy_gen *gen);
bool eddy_gen_from(struct eddy_gen *gen, struct eddy_gen *inner);

#ifdef __cplusplus
}
#endif

#endif
