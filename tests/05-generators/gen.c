/*
 * Asking a generator: next, send, throw, and what lives across a yield.
 */
#include "generators.h"

#include "faults.h"
#include "report.h"

#include <stdint.h>

/* ---- Three to be asked ------------------------------------------------------------------------- */

/* Counts from `from` to `to`, and returns how many that were. */
struct counter {
    struct eddy_gen gen;
    int from, to, at;
    int begun, ended; /* how often */
};

static struct eddy_step counter(struct eddy_gen *gen)
{
    struct counter *self = GEN_FRAME(gen, counter);

    GEN_BEGIN(gen);
    self->begun++;
    for (self->at = self->from; self->at <= self->to; self->at++)
        GEN_YIELD(gen, &numbers[self->at]);
    self->ended++;
    GEN_RETURN(gen, &numbers[self->to - self->from + 1]);
    GEN_END(gen);
}

static struct counter counter_of(int from, int to)
{
    return (struct counter){.gen = GEN_INIT(counter), .from = from, .to = to};
}

/* Yields what it was sent last, and the error that was thrown last, as it came. */
struct mirror {
    struct eddy_gen gen;
    int errs[8], count;
};

static struct eddy_step mirror(struct eddy_gen *gen)
{
    struct mirror *self = GEN_FRAME(gen, mirror);

    GEN_BEGIN(gen);
    for (gen->value = &numbers[0]; self->count < 8; self->count++) {
        GEN_TRY_YIELD(gen, gen->value);
        self->errs[self->count] = gen->place.err;
    }
    GEN_END(gen);
}

/* ---- Loops within loops ------------------------------------------------------------------------ */

struct maze {
    struct eddy_gen gen;
    int i, j;
    int looks_outer, looks_inner, looks_if; /* how often each condition was asked */
};

static bool look(int *looks, bool so)
{
    (*looks)++;
    return so;
}

/* Yields 1 to 3 by different doors, for each of two rounds. */
static struct eddy_step maze(struct eddy_gen *gen)
{
    struct maze *self = GEN_FRAME(gen, maze);

    GEN_BEGIN(gen);
    for (self->i = 0; look(&self->looks_outer, self->i < 2); self->i++) {
        self->j = 0;
        while (look(&self->looks_inner, self->j < 3)) {
            self->j++;
            if (look(&self->looks_if, self->j == 1))
                GEN_YIELD(gen, &numbers[1]);
            else if (self->j == 2)
                do
                    GEN_YIELD(gen, &numbers[2]);
                while (self->i > 2);
            else {
                GEN_YIELD(gen, &numbers[3]);
            }
        }
    }
    GEN_END(gen);
}

/* ---- Those that ask each other ----------------------------------------------------------------- */

struct asker {
    struct eddy_gen gen;
    struct eddy_gen *whom;
    int got[4];
};

static struct eddy_step asker(struct eddy_gen *gen)
{
    struct asker *self = GEN_FRAME(gen, asker);

    GEN_BEGIN(gen);
    GEN_YIELD(gen, &numbers[1]);
    self->got[0] = ask(self->whom);
    CHECK_INT(number_of(answer), NOTHING);
    self->got[1] = ask_sending(self->whom, 7);
    CHECK_INT(number_of(answer), NOTHING);
    self->got[2] = ask_throwing(self->whom, -EIO);
    CHECK_INT(number_of(answer), NOTHING);
    self->got[3] = eddy_gen_close(self->whom);
    CHECK_INT(number_of(gen->value), 5); /* what it was sent */
    CHECK_CODE(gen->place.err, 0);
    GEN_YIELD(gen, &numbers[2]);
    GEN_END(gen);
}

/* Asks another one, and yields what that has yielded, as next() and not by GEN_FROM. */
struct between {
    struct eddy_gen gen;
    struct eddy_gen *whom;
    void *value;
};

static struct eddy_step between(struct eddy_gen *gen)
{
    struct between *self = GEN_FRAME(gen, between);

    GEN_BEGIN(gen);
    while (eddy_gen_send(self->whom, gen->value, &self->value) == EDDY_YIELDED)
        GEN_YIELD(gen, self->value);
    GEN_END(gen);
}

/* ---- Many rounds ------------------------------------------------------------------------------- */

enum { ROUNDS = 1000000 };

struct runner {
    struct eddy_gen gen;
    long round;
    uintptr_t lowest, highest; /* where on the stack it has stood */
};

static struct eddy_step runner(struct eddy_gen *gen)
{
    struct runner *self = GEN_FRAME(gen, runner);
    char here;
    const uintptr_t stands = (uintptr_t)&here;

    GEN_BEGIN(gen);
    self->lowest = self->highest = stands;
    for (self->round = 0; self->round < ROUNDS; self->round++) {
        self->lowest = stands < self->lowest ? stands : self->lowest;
        self->highest = stands > self->highest ? stands : self->highest;
        GEN_YIELD(gen, &self->round);
    }
    GEN_END(gen);
}

/* ---- And one that says where it stands --------------------------------------------------------- */

struct placed {
    struct eddy_gen gen;
};

enum { PLACED_YIELDS = __LINE__ + 5 };

static struct eddy_step placed(struct eddy_gen *gen)
{
    GEN_BEGIN(gen);
    GEN_YIELD(gen, NULL);
    GEN_END(gen);
}

/* Others' frames lie where a generator's locals have been. */
static void use_the_stack(void)
{
    volatile char spoilt[4096];

    for (size_t i = 0; i < sizeof spoilt; i++)
        spoilt[i] = (char)0x5a;
}

/* Ends with this number. */
struct failing {
    struct eddy_gen gen;
    int err;
};

static struct eddy_step failing(struct eddy_gen *gen)
{
    struct failing *self = GEN_FRAME(gen, failing);

    GEN_BEGIN(gen);
    GEN_FAIL(gen, self->err);
    GEN_END(gen);
}

static char report[256];

static void receive(const char *text)
{
    snprintf(report, sizeof report, "%s", text);
}

/* Delegates to the next one; the last yields for ever. */
enum { DEEP = 1000 };

struct chain_link {
    struct eddy_gen gen;
    struct chain_link *inner;
};

static struct eddy_step chain_link(struct eddy_gen *gen)
{
    struct chain_link *self = GEN_FRAME(gen, chain_link);

    GEN_BEGIN(gen);
    if (self->inner)
        GEN_FROM(gen, &self->inner->gen);
    while (!self->inner)
        GEN_YIELD(gen, &numbers[7]);
    GEN_END(gen);
}

TESTS
{
    CASE("one that was made has run nothing, and the first next runs to the first yield") {
        struct counter self = counter_of(3, 4);
        CHECK_INT(self.begun, 0);
        CHECK_YIELDS(ask(&self.gen), 3);
        CHECK_INT(self.begun, 1);
        CHECK_INT(self.at, 3);
    }

    CASE("next gives the values in their order, then finished, and nothing runs any more") {
        struct counter self = counter_of(1, 3);
        for (int i = 1; i <= 3; i++)
            CHECK_YIELDS(ask(&self.gen), i);
        CHECK_CODE(ask(&self.gen), EDDY_FINISHED);
        CAUSE("its frame says that it has ended; nothing but the frame can");
        DID("asked it three times more, sent it a value, and closed it");
        for (int i = 0; i < 3; i++)
            CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_ENDS(ask_sending(&self.gen, 5), NOTHING);
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
        CHECK_INT(self.begun, 1);
        CHECK_INT(self.ended, 1);
    }

    CASE("the body of one that has ended can be called again, and does nothing") {
        struct counter self = counter_of(1, 0);
        struct placed another = {.gen = GEN_INIT(placed)};
        CHECK_ENDS(ask(&self.gen), 0);
        DID("called the function itself, as a mistaken caller would");
        CHECK(!counter(&self.gen).paused);
        CHECK_INT(self.begun, 1);
        CHECK_ENDS(ask(&self.gen), NOTHING);
        DID("called another one so from its beginning on");
        CHECK(placed(&another.gen).paused);
        CHECK(!placed(&another.gen).paused);
        CHECK(!placed(&another.gen).paused);
    }

    CASE("what it returns comes with the finish, once, and never as a yield") {
        struct counter self = counter_of(5, 6);
        CHECK_YIELDS(ask(&self.gen), 5);
        CHECK_YIELDS(ask(&self.gen), 6);
        DID("it has returned the number 2");
        CHECK_ENDS(ask(&self.gen), 2);
        CHECK_ENDS(ask(&self.gen), NOTHING);
    }

    CASE("a yield comes back with what is sent, and with nothing when nothing is") {
        struct mirror self = {.gen = GEN_INIT(mirror)};
        CHECK_YIELDS(ask(&self.gen), 0);
        CHECK_YIELDS(ask_sending(&self.gen, 4), 4);
        CHECK_YIELDS(ask_sending(&self.gen, 5), 5);
        CAUSE("what was sent before, or what was yielded, must not be taken for what is sent");
        CHECK_YIELDS(ask(&self.gen), NOTHING);
        CHECK_YIELDS(ask_sending(&self.gen, 6), 6);
        CHECK_YIELDS(ask_throwing(&self.gen, -EIO), NOTHING);
        CHECK_YIELDS(ask(&self.gen), NOTHING);
        for (int i = 0; i < self.count; i++)
            CHECK_CODE(self.errs[i], i == 4 ? -EIO : 0);
    }

    CASE("sending to one that has not begun is refused, and it can still begin") {
        struct counter self = counter_of(1, 2);
        CAUSE("there is no yield yet that could come back with it");
        CHECK_FAILS(ask_sending(&self.gen, 4), -EINVAL);
        CHECK_FAILS(ask_sending(&self.gen, 4), -EINVAL);
        CHECK_INT(self.begun, 0);
        DID("sent it NULL, which is the same as next");
        CHECK_CODE(eddy_gen_send(&self.gen, NULL, &answer), EDDY_YIELDED);
        CHECK_INT(number_of(answer), 1);
        CHECK_YIELDS(ask_sending(&self.gen, 4), 2);
    }

    CASE("what is in the frame is the same after a yield, also when others have run in between") {
        enum { MANY = 1000 };
        static struct counter crowd[MANY];
        for (int i = 0; i < MANY; i++)
            crowd[i] = counter_of(i % 5, 9);
        for (int round = 0; round < 5; round++)
            for (int i = 0; i < MANY; i++) {
                use_the_stack();
                CHECK_YIELDS(ask(&crowd[i].gen), i % 5 + round);
            }
    }

    CASE("two of one function know nothing of each other") {
        struct counter slow = counter_of(1, 9), quick = counter_of(6, 7), late = counter_of(2, 2);
        CHECK_YIELDS(ask(&slow.gen), 1);
        CHECK_YIELDS(ask(&quick.gen), 6);
        CHECK_YIELDS(ask(&quick.gen), 7);
        CHECK_ENDS(ask(&quick.gen), 2);
        CHECK_CODE(ask_throwing(&late.gen, -EIO), -EIO);
        CHECK_YIELDS(ask(&slow.gen), 2);
        CHECK_YIELDS(ask(&slow.gen), 3);
    }

    CASE("an error that is thrown comes back from the yield, and one that looks at it can go on") {
        struct mirror self = {.gen = GEN_INIT(mirror)};
        CHECK_YIELDS(ask(&self.gen), 0);
        CAUSE("what it yields next is the answer to the throw");
        CHECK_YIELDS(ask_throwing(&self.gen, -EPIPE), NOTHING);
        CHECK_CODE(self.errs[0], -EPIPE);
        CHECK_YIELDS(ask_throwing(&self.gen, -EIO), NOTHING);
        CHECK_YIELDS(ask_sending(&self.gen, 3), 3);
        CHECK_CODE(self.errs[1], -EIO);
        CHECK_CODE(self.errs[2], 0);
        DID("asked until its end: errors that it has looked at are not how it ends");
        while (ask(&self.gen) == EDDY_YIELDED)
            ;
        CHECK_INT(self.count, 8);
        CHECK_CODE(self.gen.place.outcome, 0);
    }

    CASE("an error that nobody looks at ends it, and is told once") {
        struct counter self = counter_of(1, 5);
        CHECK_YIELDS(ask(&self.gen), 1);
        CHECK_FAILS(ask_throwing(&self.gen, -EIO), -EIO);
        CHECK_INT(self.ended, 0);
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
    }

    CASE("an error thrown before the beginning ends it, and after the end changes nothing") {
        struct counter self = counter_of(1, 5);
        CHECK_FAILS(ask_throwing(&self.gen, -EIO), -EIO);
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_INT(self.begun, 0);
        DID("threw other errors into it, now that it has ended");
        CHECK_FAILS(ask_throwing(&self.gen, -EPIPE), -EPIPE);
        CHECK_FAILS(ask_throwing(&self.gen, EDDY_ECLOSED), EDDY_ECLOSED);
        CHECK_ENDS(ask(&self.gen), NOTHING);
    }

    CASE("throwing what is no error is refused, and nothing has happened") {
        struct mirror self = {.gen = GEN_INIT(mirror)};
        CHECK_FAILS(ask_throwing(&self.gen, 0), -EINVAL);
        CHECK_YIELDS(ask(&self.gen), 0);
        CHECK_FAILS(ask_throwing(&self.gen, 0), -EINVAL);
        CHECK_FAILS(ask_throwing(&self.gen, EDDY_YIELDED), -EINVAL);
        CHECK_FAILS(ask_throwing(&self.gen, EDDY_EPENDING), -EINVAL);
        CHECK_YIELDS(ask_sending(&self.gen, 4), 4);
        CHECK_INT(self.count, 1);
    }

    CASE("a yield in loops and conditions goes on at its place, and asks no condition again") {
        struct maze self = {.gen = GEN_INIT(maze)};
        CAUSE("the case label stands in the middle of the loops: nothing before it is run again");
        for (int round = 1; round <= 2; round++)
            for (int door = 1; door <= 3; door++) {
                CHECK_YIELDS(ask(&self.gen), door);
                CHECK_INT(self.looks_outer, round);
                CHECK_INT(self.looks_inner, (round - 1) * 4 + door);
                CHECK_INT(self.looks_if, (round - 1) * 3 + door);
            }
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_INT(self.looks_outer, 3);
        CHECK_INT(self.looks_inner, 8);
    }

    CASE("asking one that runs is refused, and disturbs it in nothing") {
        struct asker self = {.gen = GEN_INIT(asker), .whom = &self.gen};
        CHECK_YIELDS(ask(&self.gen), 1);
        DID("it asks, sends to, throws into and closes itself");
        CHECK_YIELDS(ask_sending(&self.gen, 5), 2);
        for (int i = 0; i < 4; i++)
            CHECK_CODE(self.got[i], EDDY_ERUNNING);
        CHECK_ENDS(ask(&self.gen), NOTHING);
    }

    CASE("so it is through a chain: two that ask each other") {
        struct asker self = {.gen = GEN_INIT(asker)};
        struct between first = {.gen = GEN_INIT(between), .whom = &self.gen};
        struct between second = {.gen = GEN_INIT(between), .whom = &first.gen};
        self.whom = &second.gen;
        CHECK_YIELDS(ask(&second.gen), 1);
        CHECK_YIELDS(ask_sending(&second.gen, 5), 2);
        for (int i = 0; i < 4; i++)
            CHECK_CODE(self.got[i], EDDY_ERUNNING);
        CHECK_ENDS(ask(&second.gen), NOTHING);
    }

    CASE("a million resumes take no memory, and the stack is where it was") {
        static struct runner self = {.gen = GEN_INIT(runner)};
        long round = 0;
        void *value;
        faults_plan("");
        for (; eddy_gen_next(&self.gen, &value) == EDDY_YIELDED; round++)
            if (*(long *)value != round)
                FAIL("each round once", "%ld in the place of %ld", *(long *)value, round);
        CHECK_INT(round, ROUNDS);
        CHECK_INT(self.highest - self.lowest, 0);
        CHECK_INT(faults_calls("malloc") + faults_calls("calloc") + faults_calls("realloc"), 0);
    }

    CASE("a generator that ends with what is no error ends with EINVAL, and that is reported") {
        static const int no_errors[] = {EDDY_FINISHED, EDDY_YIELDED, EIO, EDDY_EPENDING};
        eddy_report_to(receive);
        for (size_t i = 0; i < sizeof no_errors / sizeof no_errors[0]; i++) {
            struct failing self = {.gen = GEN_INIT(failing), .err = no_errors[i]};
            DID("GEN_FAIL(gen, %d)", no_errors[i]);
            report[0] = '\0';
            CHECK_FAILS(ask(&self.gen), -EINVAL);
            CHECK(strstr(report, "failing (tests/05-generators/gen.c): it has "));
            CHECK_ENDS(ask(&self.gen), NOTHING);
        }
    }

    CASE("a thousand generators may ask each other; one more is EDDY_EDEPTH, and all can go on") {
        static struct chain_link chain[DEEP + 1];
        for (int i = 0; i <= DEEP; i++)
            chain[i] = (struct chain_link){.gen = GEN_INIT(chain_link),
                                           .inner = i < DEEP ? &chain[i + 1] : NULL};
        DID("%d generators delegate, each to the next", DEEP);
        CHECK_YIELDS(ask(&chain[1].gen), 7);
        CHECK_YIELDS(ask(&chain[1].gen), 7);
        CHECK_CODE(eddy_gen_close(&chain[1].gen), 0);
        DID("and with one more before them");
        chain[1] = (struct chain_link){.gen = GEN_INIT(chain_link), .inner = &chain[2]};
        for (int i = 2; i <= DEEP; i++)
            chain[i] = (struct chain_link){.gen = GEN_INIT(chain_link),
                                           .inner = i < DEEP ? &chain[i + 1] : NULL};
        CHECK_FAILS(ask(&chain[0].gen), EDDY_EDEPTH);
        CHECK_YIELDS(ask(&chain[DEEP].gen), 7);
    }

    CASE("its place names the function, the file and the line of the yield where it stands") {
        struct placed self = {.gen = GEN_INIT(placed)};
        CHECK_INT(self.gen.place.line, EDDY_AT_START);
        CHECK_YIELDS(ask(&self.gen), NOTHING);
        CHECK_TEXT(self.gen.place.site->function, "placed");
        CHECK(strstr(self.gen.place.site->file, "05-generators/gen.c"));
        CHECK_INT(self.gen.place.line, PLACED_YIELDS);
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_INT(self.gen.place.line, EDDY_AT_END);
    }
}
