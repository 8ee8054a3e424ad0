/*
 * generators - what the tests of chapter 5 share: numbers to be yielded and sent, questions whose
 * answer is looked at by its number, and a trace of what has run.
 */
#ifndef GENERATORS_H
#define GENERATORS_H

#include "check.h"
#include "errors.h"
#include "gen.h"

#include <errno.h>

enum { NOTHING = -1 };

static int numbers[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

/* Generators note here what they do: each leaves a letter. */
static char trace[64];

static inline void note(char letter)
{
    size_t length = strlen(trace);

    CHECK(length + 1 < sizeof trace);
    trace[length] = letter;
    trace[length + 1] = '\0';
}

static inline int number_of(const void *value)
{
    return value ? *(const int *)value : NOTHING;
}

/* ---- Questions: each has an answer of its own, and no old one shines through ------------------- */

static void *answer;

static inline int ask(struct eddy_gen *gen)
{
    answer = &numbers[9];
    return eddy_gen_next(gen, &answer);
}

static inline int ask_sending(struct eddy_gen *gen, int number)
{
    answer = &numbers[9];
    return eddy_gen_send(gen, &numbers[number], &answer);
}

static inline int ask_throwing(struct eddy_gen *gen, int err)
{
    answer = &numbers[9];
    return eddy_gen_throw(gen, err, &answer);
}

/* `asked` is one of these calls, and this is what came of it. */
#define CHECK_YIELDS(asked, number)           \
    do {                                      \
        CHECK_CODE(asked, EDDY_YIELDED);      \
        CHECK_INT(number_of(answer), number); \
    } while (0)

#define CHECK_ENDS(asked, number)             \
    do {                                      \
        CHECK_CODE(asked, EDDY_FINISHED);     \
        CHECK_INT(number_of(answer), number); \
    } while (0)

#define CHECK_FAILS(asked, err)                \
    do {                                       \
        CHECK_CODE(asked, err);                \
        CHECK_INT(number_of(answer), NOTHING); \
    } while (0)

#endif
