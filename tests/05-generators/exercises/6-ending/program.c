/*
 * What exercise 05.6 asks, asked of real generators. Each line it prints is a line of the exercise's
 * file, with the answer.
 */
#include "gen.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static int five = 5, six = 6;
static long printed; /* as digits */
static int line;

static void print(int digit)
{
    printed = 10 * printed + digit;
}

/* ---- The two, as they stand in the exercise -------------------------------------------------- */

struct one {
    struct eddy_gen gen;
};

static struct eddy_step one(struct eddy_gen *gen)
{
    GEN_BEGIN(gen);
    print(1);
    GEN_YIELD(gen, &five);
    print(2);
    GEN_TRY_YIELD(gen, gen->value);
    print(gen->place.err < 0 ? 8 : 3);
    GEN_RETURN(gen, &six);
    GEN_FINALLY(gen);
    print(9);
    GEN_END(gen);
}

struct around {
    struct eddy_gen gen;
    struct one one;
};

static struct eddy_step around(struct eddy_gen *gen)
{
    struct around *self = GEN_FRAME(gen, around);

    GEN_BEGIN(gen);
    print(4);
    GEN_FROM(gen, &self->one.gen);
    print(5);
    GEN_FINALLY(gen);
    print(7);
    GEN_END(gen);
}

/* ---- The scenes ------------------------------------------------------------------------------ */

static struct around outer; /* and the one in it */

static void begin(void)
{
    outer = (struct around){.gen = GEN_INIT(around), .one.gen = GEN_INIT(one)};
    printed = 0;
}

/* Asks `count` times. */
static void next(struct eddy_gen *gen, int count)
{
    void *value;

    while (count-- > 0)
        eddy_gen_next(gen, &value);
}

static void throw(struct eddy_gen * gen, int err)
{
    void *value;

    eddy_gen_throw(gen, err, &value);
}

static void tell(const char *text, long answer)
{
    printf("%c. %-66s: %ld\n", 'a' + line, text, answer);
    line++;
    begin();
}

static void ending(struct eddy_gen *gen)
{
    eddy_gen_close(gen);
    next(gen, 1);
    tell("close before the first next; then next. It has printed", printed);
    next(gen, 1);
    throw(gen, -EIO);
    eddy_gen_close(gen);
    tell("next; -EIO is thrown; then close. It has printed", printed);
    next(gen, 2);
    throw(gen, -EIO);
    tell("next twice, then -EIO is thrown. It has printed", printed);
}

static void delegating(struct eddy_gen *gen)
{
    next(gen, 1);
    eddy_gen_close(gen);
    tell("around: next, then close. They have printed", printed);
    next(gen, 1);
    throw(gen, -EIO);
    tell("around: next, then -EIO is thrown. They have printed", printed);
    next(gen, 2);
    throw(gen, -EIO);
    tell("around: next twice, then -EIO is thrown. They have printed", printed);
}

int main(void)
{
    alarm(10); /* a library that is being changed may hang */
    begin();
    ending(&outer.one.gen);
    delegating(&outer.gen);
    return line != 6;
}
