/*
 * What exercise 05.1 asks, asked of real generators. Each line it prints is a line of the exercise's
 * file, with the answer.
 */
#include "gen.h"

#include <stdio.h>
#include <unistd.h>

static int five = 5, six = 6, seven = 7;
static long printed; /* as digits */
static int line;

static void print(int digit)
{
    printed = 10 * printed + digit;
}

/* ---- As it stands in the exercise ------------------------------------------------------------ */

struct one {
    struct eddy_gen gen;
};

static struct eddy_step one(struct eddy_gen *gen)
{
    GEN_BEGIN(gen);
    print(1);
    GEN_YIELD(gen, &five);
    print(2);
    GEN_YIELD(gen, gen->value);
    print(3);
    GEN_RETURN(gen, &six);
    GEN_END(gen);
}

/* ---- The scenes ------------------------------------------------------------------------------ */

static struct one first;

static void begin(void)
{
    first = (struct one){.gen = GEN_INIT(one)};
    printed = 0;
}

static int number_of(void *value)
{
    return value ? *(int *)value : 0;
}

/* Asks `count` times. Returns the last value. */
static int next(struct eddy_gen *gen, int count)
{
    void *value = NULL;

    while (count-- > 0)
        eddy_gen_next(gen, &value);
    return number_of(value);
}

static int send(struct eddy_gen *gen, int *number)
{
    void *value;

    eddy_gen_send(gen, number, &value);
    return number_of(value);
}

static void tell(const char *text, long answer)
{
    printf("%c. %-66s: %ld\n", 'a' + line, text, answer);
    line++;
    begin();
}

static void asking(struct eddy_gen *gen)
{
    next(gen, 1);
    tell("one is made, and next is called once. It has printed", printed);
    next(gen, 5);
    tell("next is called five times. It has printed", printed);
    next(gen, 1);
    tell("next, then a pointer to 7 is sent. The value that this brings", send(gen, &seven));
    tell("next twice. The value that the second one brings", next(gen, 2));
}

static void ending(struct eddy_gen *gen)
{
    struct one other = {.gen = GEN_INIT(one)};
    int third = next(gen, 3), fourth = next(gen, 1);

    tell("next four times. The third value, and after it the fourth", 10 * third + fourth);
    next(gen, 1);
    next(&other.gen, 1);
    next(gen, 1);
    tell("next for one, then for another one, then for the first: printed", printed);
    send(gen, &seven);
    next(gen, 1);
    tell("a pointer to 7 is sent at once; then next. It has printed", printed);
}

int main(void)
{
    alarm(10); /* a library that is being changed may hang */
    begin();
    asking(&first.gen);
    ending(&first.gen);
    return line != 7;
}
