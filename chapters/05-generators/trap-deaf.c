/* Trap: a generator that takes every error for one that it can put right. Close is one of them. */
#include "errors.h"
#include "gen.h"

#include <errno.h>
#include <stdio.h>

struct waiter {
    struct eddy_gen gen;
    bool deaf;
};

static char ask[] = "what will it be?", again[] = "pardon?";

/* Is thrown an error when the guest cannot be understood, and asks once more. */
static struct eddy_step waiter(struct eddy_gen *gen)
{
    struct waiter *self = GEN_FRAME(gen, waiter);

    GEN_BEGIN(gen);
    GEN_TRY_YIELD(gen, ask);
    while (gen->place.err < 0) {
        if (gen->place.err == EDDY_ECLOSED && !self->deaf)
            GEN_FAIL(gen, EDDY_ECLOSED);
        GEN_TRY_YIELD(gen, again);
    }
    GEN_RETURN(gen, gen->value);
    GEN_FINALLY(gen);
    printf("    the waiter goes\n");
    GEN_END(gen);
}

static void tell(const char *what, int got, void *value)
{
    printf("  %-12s %s\n", what,
           got < 0               ? eddy_errname(got)
           : got == EDDY_YIELDED ? (char *)value
                                 : "finished");
}

static void serve(const char *name, bool deaf)
{
    struct waiter self = {.gen = GEN_INIT(waiter), .deaf = deaf};
    static char soup[] = "soup";
    void *value;
    int got = eddy_gen_next(&self.gen, &value);

    printf("%s:\n", name);
    tell("next()", got, value);
    got = eddy_gen_throw(&self.gen, -EILSEQ, &value);
    tell("throw()", got, value);
    got = eddy_gen_close(&self.gen);
    printf("  %-12s %s\n", "close()", eddy_errname(got));
    if (got == EDDY_EYIELDED) {
        got = eddy_gen_send(&self.gen, soup, &value);
        printf("  %-12s returned %s\n", "send(soup)", (char *)value);
    }
}

int main(void)
{
    serve("a deaf waiter", true);
    serve("one that hears", false);
    return 0;
}
