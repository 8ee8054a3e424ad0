/* Trap: a generator that is asked by something that it has called itself. It stands in the middle of a
 * statement, and not at a yield: there is nowhere to go on. */
#include "errors.h"
#include "gen.h"

#include <stdio.h>

struct tickets {
    struct eddy_gen gen;
    int n;
};

/* Notes what is done in a log, whose lines have numbers, too. */
static void note(struct tickets *tickets, const char *what)
{
    void *ticket;
    int got = eddy_gen_next(&tickets->gen, &ticket);

    if (got == EDDY_YIELDED)
        printf("  line %d: %s\n", *(int *)ticket, what);
    else
        printf("  no number for this line: %s\n", eddy_errname(got));
}

static struct eddy_step tickets(struct eddy_gen *gen)
{
    struct tickets *self = GEN_FRAME(gen, tickets);

    GEN_BEGIN(gen);
    for (;;) {
        if (++self->n % 3 == 0)
            note(self, "another three numbers");
        GEN_YIELD(gen, &self->n);
    }
    GEN_END(gen);
}

int main(void)
{
    struct tickets office = {.gen = GEN_INIT(tickets)};
    void *ticket;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < 4; i++)
        if (eddy_gen_next(&office.gen, &ticket) == EDDY_YIELDED)
            printf("ticket %d\n", *(int *)ticket);
    note(&office, "the office closes");
    return 0;
}
