/*
 * by-hand - one pair of loops, six times over: printed in one go; turned inside out; and paused in the
 * middle by names, by line numbers, by three macros, and by gen.h. The lesson goes through this file
 * from top to bottom.
 */
#include "gen.h"

#include <stdio.h>

enum { HIGHEST = 2, TEXT_MAX = 32 }; /* a box of dominoes goes up to 6 */

/* ---- In one go --------------------------------------------------------------------------------- */

static void print_all(void)
{
    for (int high = 0; high <= HIGHEST; high++) {
        for (int low = 0; low <= high; low++)
            printf(" [%d|%d]", low, high);
        printf(" /");
    }
}

/* ---- One piece for each call ------------------------------------------------------------------- */

/* Zeroed: at the start. */
struct tiles {
    int at; /* where it goes on */
    int high, low;
    char text[TEXT_MAX]; /* the piece that was given last */
};

static char slash[] = " /";

static char *tile(char text[TEXT_MAX], int low, int high)
{
    snprintf(text, TEXT_MAX, " [%d|%d]", low, high);
    return text;
}

/* All of them return the next piece, and NULL after the last. */
static char *inside_out(struct tiles *self)
{
    if (self->high > HIGHEST)
        return NULL;
    if (self->low <= self->high) {
        self->low++;
        return tile(self->text, self->low - 1, self->high);
    }
    self->high++;
    self->low = 0;
    return slash;
}

/* ---- The place has a name ---------------------------------------------------------------------- */

enum { AT_START, AT_TILE, AT_SLASH, AT_END };

static char *by_name(struct tiles *self)
{
    switch (self->at) {
    case AT_START:
        for (self->high = 0; self->high <= HIGHEST; self->high++) {
            for (self->low = 0; self->low <= self->high; self->low++) {
                self->at = AT_TILE;
                return tile(self->text, self->low, self->high);
            case AT_TILE:;
            }
            self->at = AT_SLASH;
            return slash;
        case AT_SLASH:;
        }
        self->at = AT_END;
    }
    return NULL;
}

/* ---- The place is the line --------------------------------------------------------------------- */

/* The two __LINE__ of a pause must be one number, so all of it stands on one line. */
/* clang-format off */
static char *by_line(struct tiles *self)
{
    switch (self->at) {
    case 0:
        for (self->high = 0; self->high <= HIGHEST; self->high++) {
            for (self->low = 0; self->low <= self->high; self->low++) {
                self->at = __LINE__; return tile(self->text, self->low, self->high); case __LINE__:;
            }
            self->at = __LINE__; return slash; case __LINE__:;
        }
        self->at = -1;
    }
    return NULL;
}
/* clang-format on */

/* ---- Three macros ------------------------------------------------------------------------------ */

#define BEGIN(at) \
    switch (at) { \
    case 0:

#define PAUSE(at, what)  \
    do {                 \
        (at) = __LINE__; \
        return (what);   \
    case __LINE__:;      \
    } while (0)

#define END(at) \
    (at) = -1;  \
    }           \
    return NULL

static char *by_macros(struct tiles *self)
{
    BEGIN(self->at);
    for (self->high = 0; self->high <= HIGHEST; self->high++) {
        for (self->low = 0; self->low <= self->high; self->low++)
            PAUSE(self->at, tile(self->text, self->low, self->high));
        PAUSE(self->at, slash);
    }
    END(self->at);
}

/* ---- The library ------------------------------------------------------------------------------- */

struct dominoes {
    struct eddy_gen gen;
    int high, low;
    char text[TEXT_MAX];
};

static struct eddy_step dominoes(struct eddy_gen *gen)
{
    struct dominoes *self = GEN_FRAME(gen, dominoes);

    GEN_BEGIN(gen);
    for (self->high = 0; self->high <= HIGHEST; self->high++) {
        for (self->low = 0; self->low <= self->high; self->low++)
            GEN_YIELD(gen, tile(self->text, self->low, self->high));
        GEN_YIELD(gen, slash);
    }
    GEN_END(gen);
}

/* ---- All six ----------------------------------------------------------------------------------- */

static void show(const char *name, char *(*next)(struct tiles *self))
{
    struct tiles tiles = {0};
    const char *piece;

    printf("%-10s", name);
    while ((piece = next(&tiles)) != NULL)
        printf("%s", piece);
    printf("\n");
}

/* `count` pieces for `name`, from where the generator stands. */
static void deal(struct dominoes *box, const char *name, int count)
{
    void *piece;

    printf("%-10s", name);
    while (count-- > 0 && eddy_gen_next(&box->gen, &piece) == EDDY_YIELDED)
        printf("%s", (char *)piece);
    printf("\n");
}

int main(void)
{
    struct dominoes one = {.gen = GEN_INIT(dominoes)}, other = {.gen = GEN_INIT(dominoes)};

    printf("%-10s", "in one go");
    print_all();
    printf("\n");
    show("inside out", inside_out);
    show("by name", by_name);
    show("by line", by_line);
    show("by macros", by_macros);
    deal(&one, "gen.h", 3);
    deal(&other, "another", 5);
    deal(&one, "goes on", 9);
    return 0;
}
