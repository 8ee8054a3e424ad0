/* generators: what asking comes to. They are Python's own, and need no loop. */
#include "workers.h"

/* ---- Asking ------------------------------------------------------------------------------------ */

static void to_the_end(void)
{
    struct worker a = WORKER("a", 2, .returns = number(7));

    say("made");
    for (int i = 0; i < 5; i++)
        next(&a.gen);
}

static void sending_at_all_times(void)
{
    struct worker a = WORKER("a", 3);

    sending(&a.gen, number(5));
    sending(&a.gen, NULL);
    sending(&a.gen, number(6));
    next(&a.gen);
    sending(&a.gen, number(7));
    sending(&a.gen, number(8));
}

static void throwing_at_all_times(void)
{
    struct worker a = WORKER("a", 2), b = WORKER("b", 3, .patience = 1);

    throwing(&a.gen, TOLD);
    next(&a.gen);
    throwing(&a.gen, OTHER);
    next(&b.gen);
    throwing(&b.gen, TOLD);
    throwing(&b.gen, OTHER);
    next(&b.gen);
    throwing(&b.gen, TOLD);
}

static void throwing_at_the_last(void)
{
    struct worker a = WORKER("a", 1, .patience = 1, .returns = number(7));

    next(&a.gen);
    throwing(&a.gen, TOLD);
    next(&a.gen);
}

/* ---- Closing ----------------------------------------------------------------------------------- */

static void closing_at_all_times(void)
{
    struct worker a = WORKER("a", 2), b = WORKER("b", 2), c = WORKER("c", 0);

    closing(&a.gen);
    next(&a.gen);
    next(&b.gen);
    closing(&b.gen);
    closing(&b.gen);
    next(&b.gen);
    next(&c.gen);
    closing(&c.gen);
}

static void passing_over_a_close(void)
{
    struct worker a = WORKER("a", 3, .patience = 1);

    next(&a.gen);
    closing(&a.gen);
    next(&a.gen);
    closing(&a.gen);
    next(&a.gen);
}

static void finishing_on_a_close(void)
{
    struct worker a = WORKER("a", 1, .patience = 1);

    next(&a.gen);
    closing(&a.gen);
    next(&a.gen);
}

static void yielding_in_the_cleanup(void)
{
    struct worker a = WORKER("a", 1, .cleanup = 2, .returns = number(7)), b = a, c = a;

    b.name = "b", c.name = "c";
    for (int i = 0; i < 4; i++)
        next(&a.gen);
    next(&b.gen);
    throwing(&b.gen, TOLD);
    sending(&b.gen, number(5));
    next(&b.gen);
    next(&b.gen);
    next(&c.gen);
    closing(&c.gen);
    next(&c.gen);
    next(&c.gen);
    closing(&c.gen);
}

static void failing_in_the_cleanup(void)
{
    struct worker a = WORKER("a", 1, .returns = number(7), .fails = OTHER), b = a, c = a;

    b.name = "b", c.name = "c";
    next(&a.gen);
    next(&a.gen);
    next(&a.gen);
    next(&b.gen);
    throwing(&b.gen, TOLD);
    next(&c.gen);
    closing(&c.gen);
    closing(&c.gen);
}

struct returning {
    struct eddy_gen gen;
    const char *name;
};

static struct eddy_step returning(struct eddy_gen *gen)
{
    struct returning *self = GEN_FRAME(gen, returning);

    GEN_BEGIN(gen);
    GEN_YIELD(gen, number(1));
    GEN_FINALLY(gen);
    say("%s cleans up", self->name);
    GEN_RETURN(gen, number(8));
    GEN_END(gen);
}

static void returning_in_the_cleanup(void)
{
    struct returning a = {.gen = GEN_INIT(returning), .name = "a"}, b = a;

    b.name = "b";
    next(&a.gen);
    throwing(&a.gen, TOLD);
    next(&a.gen);
    next(&b.gen);
    closing(&b.gen);
}

static void throwing_into_the_cleanup(void)
{
    struct worker a = WORKER("a", 1, .cleanup = 2, .returns = number(7));

    next(&a.gen);
    next(&a.gen);
    throwing(&a.gen, TOLD);
    next(&a.gen);
}

/* ---- Running ----------------------------------------------------------------------------------- */

struct meddler {
    struct eddy_gen gen, *whom;
    const char *name;
};

static struct eddy_step meddler(struct eddy_gen *gen)
{
    struct meddler *self = GEN_FRAME(gen, meddler);

    GEN_BEGIN(gen);
    say("%s begins", self->name);
    next(self->whom);
    sending(self->whom, NULL);
    throwing(self->whom, TOLD);
    closing(self->whom);
    GEN_YIELD(gen, number(1));
    say("%s goes on", self->name);
    GEN_END(gen);
}

static void asking_itself(void)
{
    struct meddler a = {.gen = GEN_INIT(meddler), .name = "a", .whom = &a.gen};

    next(&a.gen);
    next(&a.gen);
}

static void asking_in_a_ring(void)
{
    struct meddler a = {.gen = GEN_INIT(meddler), .name = "a"};
    struct outer b = outer_of("b", &a.gen);

    a.whom = &b.gen;
    next(&b.gen);
    next(&b.gen);
}

/* ---- Delegating -------------------------------------------------------------------------------- */

static void delegating(void)
{
    struct worker b = WORKER("b", 3, .returns = number(7));
    struct outer a = outer_of("a", &b.gen);

    next(&a.gen);
    sending(&a.gen, number(5));
    next(&a.gen);
    sending(&a.gen, number(6));
    next(&a.gen);
}

static void throwing_into_the_inner(void)
{
    struct worker b = WORKER("b", 3, .patience = 1, .returns = number(7));
    struct outer a = outer_of("a", &b.gen);

    next(&a.gen);
    throwing(&a.gen, TOLD);
    throwing(&a.gen, OTHER);
    next(&a.gen);
}

static void handling_outside(void)
{
    struct worker b = WORKER("b", 3);
    struct outer a = outer_of("a", &b.gen);

    a.handles = true;
    next(&a.gen);
    throwing(&a.gen, TOLD);
    next(&a.gen);
    next(&a.gen);
}

static void closing_the_outer(void)
{
    struct worker c = WORKER("c", 2);
    struct outer b = outer_of("b", &c.gen), a = outer_of("a", &b.gen);

    next(&a.gen);
    closing(&a.gen);
    closing(&a.gen);
    next(&a.gen);
}

static void an_inner_that_yields_on_close(void)
{
    struct worker b = WORKER("b", 3, .patience = 1), d = WORKER("d", 3, .patience = 1);
    struct outer a = outer_of("a", &b.gen), c = outer_of("c", &d.gen);

    c.handles = true;
    next(&a.gen);
    closing(&a.gen);
    next(&a.gen);
    closing(&b.gen);
    next(&c.gen);
    closing(&c.gen);
    next(&c.gen);
    closing(&d.gen);
}

static void an_inner_that_fails_on_close(void)
{
    struct worker b = WORKER("b", 3, .fails = OTHER);
    struct outer a = outer_of("a", &b.gen);

    next(&a.gen);
    closing(&a.gen);
    next(&a.gen);
}

static void an_inner_that_has_ended(void)
{
    struct worker b = WORKER("b", 2, .returns = number(7));
    struct outer a = outer_of("a", &b.gen), c = outer_of("c", &b.gen);

    next(&b.gen);
    next(&a.gen);
    next(&a.gen);
    next(&c.gen);
}

static void closing_by_a_throw(void)
{
    struct worker b = WORKER("b", 3);
    struct outer a = outer_of("a", &b.gen);

    next(&a.gen);
    throwing(&a.gen, EDDY_ECLOSED);
    next(&a.gen);
}

static const struct scenario scenarios[] = {
    {to_the_end, "a generator is asked to its end, and twice more"},
    {sending_at_all_times, "sending before it begins, while it runs, and after its end"},
    {throwing_at_all_times, "throwing before it begins, while it runs, and after its end"},
    {throwing_at_the_last, "an error that the last yield passes over: it finishes"},
    {closing_at_all_times, "closing before it begins, while it runs, after its end, and twice"},
    {passing_over_a_close, "one that passes over the close and yields, and is closed once more"},
    {finishing_on_a_close, "one that passes over the close and finishes"},
    {yielding_in_the_cleanup,
     "the cleanup section yields: on the way to the end, with an error, and when it is closed"},
    {failing_in_the_cleanup,
     "the cleanup section fails: behind a value, behind an error, and when it is closed"},
    {returning_in_the_cleanup,
     "a return in the cleanup section, behind an error and when it is closed"},
    {throwing_into_the_cleanup, "an error that is thrown into a yield of the cleanup section"},
    {asking_itself, "one that asks, throws into and closes itself"},
    {asking_in_a_ring, "one that asks who delegates to it"},
    {delegating, "delegation: next, what is sent, and what is returned"},
    {throwing_into_the_inner,
     "delegation: an error goes to the inner one, which passes over the first"},
    {handling_outside, "delegation: an error leaves the inner one, and the outer one handles it"},
    {closing_the_outer, "delegation: closing three deep, from the inside out"},
    {an_inner_that_yields_on_close, "delegation: the inner one yields when it is closed"},
    {an_inner_that_fails_on_close, "delegation: the inner one fails when it is closed"},
    {an_inner_that_has_ended,
     "delegation to one that has begun elsewhere, and to one that has ended"},
    {closing_by_a_throw,
     "delegation: the error of a close, thrown by hand, closes the inner one, too"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
