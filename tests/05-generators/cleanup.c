/*
 * How a generator ends: the cleanup section, close, and what comes of errors on the way.
 */
#include "generators.h"

/* ---- One that ends in as many ways as there are ------------------------------------------------ */

enum way { RUNS_OUT, RETURNS, FAILS, BREAKS_OFF };

struct worker {
    struct eddy_gen gen;
    enum way way;
    int yields; /* in the cleanup section */
    int err;    /* what the cleanup section fails with */
    int i;
};

/* Leaves b when it begins, y after each yield, c in the cleanup section, z at its end. */
static struct eddy_step worker(struct eddy_gen *gen)
{
    struct worker *self = GEN_FRAME(gen, worker);

    GEN_BEGIN(gen);
    note('b');
    for (self->i = 0; self->i < 2; self->i++) {
        GEN_YIELD(gen, &numbers[self->i]);
        note('y');
        if (self->way == BREAKS_OFF)
            break;
        if (self->way == RETURNS)
            GEN_RETURN(gen, &numbers[7]);
        else if (self->way == FAILS)
            GEN_FAIL(gen, -EIO);
    }
    GEN_FINALLY(gen);
    note('c');
    for (self->i = 0; self->i < self->yields; self->i++)
        GEN_YIELD(gen, &numbers[self->i + 3]);
    if (self->err)
        GEN_FAIL(gen, self->err);
    note('z');
    GEN_END(gen);
}

static struct worker worker_that(enum way way)
{
    trace[0] = '\0';
    return (struct worker){.gen = GEN_INIT(worker), .way = way};
}

static struct worker worker_at_work(void)
{
    struct worker self = worker_that(RUNS_OUT);

    CHECK_YIELDS(ask(&self.gen), 0);
    return self;
}

/* ---- One without a cleanup section ------------------------------------------------------------- */

struct careless {
    struct eddy_gen gen;
    enum way way;
};

static struct eddy_step careless(struct eddy_gen *gen)
{
    struct careless *self = GEN_FRAME(gen, careless);

    GEN_BEGIN(gen);
    GEN_YIELD(gen, &numbers[1]);
    if (self->way == RETURNS)
        GEN_RETURN(gen, &numbers[7]);
    if (self->way == FAILS)
        GEN_FAIL(gen, -EIO);
    note('y');
    GEN_END(gen);
}

/* ---- One that does not want to end ------------------------------------------------------------- */

struct stubborn {
    struct eddy_gen gen;
    int patience; /* how many errors it passes over */
    int err;      /* the last one */
};

static struct eddy_step stubborn(struct eddy_gen *gen)
{
    struct stubborn *self = GEN_FRAME(gen, stubborn);

    GEN_BEGIN(gen);
    while (self->patience-- > 0) {
        GEN_TRY_YIELD(gen, &numbers[self->patience]);
        self->err = gen->place.err;
    }
    if (self->err < 0)
        GEN_FAIL(gen, self->err);
    GEN_FINALLY(gen);
    note('c');
    GEN_END(gen);
}

/* ---- Some that end within their cleanup section ------------------------------------------------ */

struct hasty {
    struct eddy_gen gen;
    int err; /* to fail with; 0: to return */
    int came_back;
};

static struct eddy_step hasty(struct eddy_gen *gen)
{
    struct hasty *self = GEN_FRAME(gen, hasty);

    GEN_BEGIN(gen);
    GEN_YIELD(gen, &numbers[1]);
    GEN_RETURN(gen, &numbers[2]);
    GEN_FINALLY(gen);
    note('c');
    GEN_YIELD(gen, &numbers[3]);
    self->came_back = gen->place.err;
    if (self->err < 0)
        GEN_FAIL(gen, self->err);
    GEN_RETURN(gen, &numbers[4]);
    note('z');
    GEN_END(gen);
}

static struct hasty hasty_in_cleanup(int err)
{
    struct hasty self = {.gen = GEN_INIT(hasty), .err = err};

    trace[0] = '\0';
    CHECK_YIELDS(ask(&self.gen), 1);
    CHECK_YIELDS(ask(&self.gen), 3);
    return self;
}

/* All there is to one is what it leaves behind. */
struct last {
    struct eddy_gen gen;
};

static struct eddy_step last(struct eddy_gen *gen)
{
    GEN_BEGIN(gen);
    GEN_FINALLY(gen);
    note('c');
    GEN_YIELD(gen, &numbers[1]);
    GEN_END(gen);
}

/* ---- One that breaks off outside of any loop --------------------------------------------------- */

struct broken {
    struct eddy_gen gen;
    bool late; /* in its cleanup section */
    int outcome;
};

static struct eddy_step broken(struct eddy_gen *gen)
{
    struct broken *self = GEN_FRAME(gen, broken);

    GEN_BEGIN(gen);
    GEN_YIELD(gen, &numbers[1]);
    if (!self->late)
        break; /* of the switch that GEN_BEGIN has begun */
    GEN_FAIL(gen, -EIO);
    GEN_FINALLY(gen);
    note('c');
    self->outcome = eddy_gen_outcome(gen);
    if (self->late)
        break;
    note('z');
    GEN_END(gen);
}

TESTS
{
    CASE("closing runs the cleanup section, once") {
        struct worker self = worker_at_work();
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
        CHECK_TEXT(trace, "bcz");
        DID("closed it again, asked it, and threw into it");
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_FAILS(ask_throwing(&self.gen, -EIO), -EIO);
        CHECK_TEXT(trace, "bcz");
    }

    CASE("closing one that has not begun, or that has ended, has nothing to do") {
        struct worker self = worker_that(RUNS_OUT);
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_TEXT(trace, "");
        self = worker_that(RETURNS);
        CHECK_YIELDS(ask(&self.gen), 0);
        CHECK_ENDS(ask(&self.gen), 7);
        CHECK_TEXT(trace, "bycz");
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
        CHECK_TEXT(trace, "bycz");
    }

    CASE("however the body ends, the cleanup section is run once") {
        static const struct {
            enum way way;
            int came;
            const char *trace;
        } ends[] = {{RUNS_OUT, 0, "byycz"},
                    {RETURNS, 0, "bycz"},
                    {FAILS, -EIO, "bycz"},
                    {BREAKS_OFF, 0, "bycz"}};
        for (int i = 0; i < 4; i++) {
            struct worker self = worker_that(ends[i].way);
            int came;
            while ((came = ask(&self.gen)) == EDDY_YIELDED)
                ;
            DID("asked until the end, way %d", ends[i].way);
            CHECK_CODE(came, ends[i].came);
            CHECK_INT(number_of(answer), ends[i].way == RETURNS ? 7 : NOTHING);
            CHECK_TEXT(trace, ends[i].trace);
            CHECK_ENDS(ask(&self.gen), NOTHING);
        }
    }

    CASE("an error that is thrown goes by the cleanup section, and ends the generator") {
        struct worker self = worker_at_work();
        CHECK_FAILS(ask_throwing(&self.gen, -EPIPE), -EPIPE);
        CHECK_TEXT(trace, "bcz");
        CHECK_ENDS(ask(&self.gen), NOTHING);
        DID("threw into one that has not begun: it has nothing to clean up");
        self = worker_that(RUNS_OUT);
        CHECK_FAILS(ask_throwing(&self.gen, -EPIPE), -EPIPE);
        CHECK_TEXT(trace, "");
    }

    CASE("without a cleanup section it ends all the same, whichever way") {
        static const int came[] = {0, 0, -EIO};
        for (int way = RUNS_OUT; way <= FAILS; way++) {
            struct careless self = {.gen = GEN_INIT(careless), .way = (enum way)way};
            CHECK_YIELDS(ask(&self.gen), 1);
            CHECK_CODE(ask(&self.gen), came[way]);
            CHECK_INT(number_of(answer), way == RETURNS ? 7 : NOTHING);
            CHECK_ENDS(ask(&self.gen), NOTHING);
            CHECK_TEXT(trace, "y");
            self = (struct careless){.gen = GEN_INIT(careless)};
            CHECK_YIELDS(ask(&self.gen), 1);
            CHECK_CODE(way == FAILS ? ask_throwing(&self.gen, -EIO) : eddy_gen_close(&self.gen),
                       came[way]);
            CHECK_ENDS(ask(&self.gen), NOTHING);
            CHECK_TEXT(trace, "y");
        }
    }

    CASE("one that looks at errors itself goes on as long as it likes, and has not ended") {
        struct stubborn self = {.gen = GEN_INIT(stubborn), .patience = 3};
        CHECK_YIELDS(ask(&self.gen), 2);
        CHECK_YIELDS(ask_throwing(&self.gen, -EIO), 1);
        CAUSE("it was told to end, and yielded: its caller must hear of it");
        CHECK_CODE(eddy_gen_close(&self.gen), EDDY_EYIELDED);
        CHECK_TEXT(trace, "");
        CHECK_CODE(self.err, EDDY_ECLOSED);
        DID("closed it again, when its patience was at its end");
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
        CHECK_TEXT(trace, "c");
        CHECK_ENDS(ask(&self.gen), NOTHING);
        DID("one that has passed over the close, and is asked instead");
        self = (struct stubborn){.gen = GEN_INIT(stubborn), .patience = 2};
        CHECK_YIELDS(ask(&self.gen), 1);
        CHECK_CODE(eddy_gen_close(&self.gen), EDDY_EYIELDED);
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_TEXT(trace, "cc");
    }

    CASE("the cleanup section may yield: what it yields comes before the end") {
        struct worker self = worker_that(FAILS);
        self.yields = 2;
        CHECK_YIELDS(ask(&self.gen), 0);
        CHECK_YIELDS(ask(&self.gen), 3);
        CHECK_YIELDS(ask_sending(&self.gen, 1), 4);
        CHECK_INT(self.i, 1);
        CAUSE("the error is how the body has ended; yields after it are no excuse");
        CHECK_FAILS(ask(&self.gen), -EIO);
        CHECK_TEXT(trace, "bycz");
        DID("the same with a value that was returned");
        self = worker_that(RETURNS);
        self.yields = 1;
        CHECK_YIELDS(ask(&self.gen), 0);
        CHECK_YIELDS(ask(&self.gen), 3);
        CHECK_ENDS(ask(&self.gen), 7);
        CHECK_TEXT(trace, "bycz");
    }

    CASE("a close that meets a yield in the cleanup section says so, and the next one goes on") {
        struct worker self = worker_at_work();
        self.yields = 3;
        CHECK_CODE(eddy_gen_close(&self.gen), EDDY_EYIELDED);
        CHECK_CODE(eddy_gen_close(&self.gen), EDDY_EYIELDED);
        CHECK_YIELDS(ask(&self.gen), 5);
        CHECK_TEXT(trace, "bc");
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
        CAUSE("errors that come back in the cleanup section do not lead to its beginning");
        CHECK_TEXT(trace, "bcz");
    }

    CASE("an error that comes back in the cleanup section is left to it, and is not how it ends") {
        struct worker self = worker_that(RETURNS);
        self.yields = 2;
        CHECK_YIELDS(ask(&self.gen), 0);
        CHECK_YIELDS(ask(&self.gen), 3);
        CHECK_YIELDS(ask_throwing(&self.gen, -EPIPE), 4);
        CHECK_CODE(self.gen.place.err, -EPIPE);
        CHECK_ENDS(ask_throwing(&self.gen, -EIO), 7);
        CHECK_TEXT(trace, "bycz");
    }

    CASE("a return in the cleanup section is its end") {
        struct hasty self = hasty_in_cleanup(0);
        CHECK_ENDS(ask(&self.gen), 4);
        CHECK_TEXT(trace, "c");
        CHECK_ENDS(ask(&self.gen), NOTHING);
        self = hasty_in_cleanup(0);
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
        CHECK_CODE(self.came_back, EDDY_ECLOSED);
        CHECK_TEXT(trace, "c");
    }

    CASE("a failure of the cleanup section is how it ends, in the place of a value or an error") {
        struct hasty self = hasty_in_cleanup(-EDOM);
        CHECK_FAILS(ask(&self.gen), -EDOM);
        CHECK_TEXT(trace, "c");
        CHECK_ENDS(ask(&self.gen), NOTHING);
        DID("threw -EPIPE; its cleanup section fails with -EDOM");
        self = (struct hasty){.gen = GEN_INIT(hasty), .err = -EDOM};
        CHECK_YIELDS(ask(&self.gen), 1);
        CHECK_YIELDS(ask_throwing(&self.gen, -EPIPE), 3);
        CHECK_FAILS(ask(&self.gen), -EDOM);
    }

    CASE("what comes of a close that was not asked for is returned by it") {
        struct worker self = worker_at_work();
        self.err = -EIO;
        CHECK_CODE(eddy_gen_close(&self.gen), -EIO);
        CHECK_TEXT(trace, "bc");
        CAUSE("that error has been told; closing what has ended is no error");
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
        CHECK_TEXT(trace, "bc");
    }

    CASE("one that has nothing but a cleanup section runs it at the first next") {
        struct last self = {.gen = GEN_INIT(last)};
        CHECK_YIELDS(ask(&self.gen), 1);
        CHECK_TEXT(trace, "c");
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_TEXT(trace, "c");
    }

    CASE("a break outside of any loop leads to the cleanup section, and out of that to the end") {
        struct broken self = {.gen = GEN_INIT(broken), .outcome = 1};
        CHECK_YIELDS(ask(&self.gen), 1);
        CAUSE(
            "the switch is the macros' affair: leaving it must not skip what has to be cleaned up");
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_TEXT(trace, "cz");
        CHECK_CODE(self.outcome, 0);
        DID("it breaks off in its cleanup section, too");
        self = (struct broken){.gen = GEN_INIT(broken), .late = true};
        CHECK_YIELDS(ask(&self.gen), 1);
        CHECK_FAILS(ask(&self.gen), -EIO);
        CHECK_CODE(self.outcome, -EIO);
        CHECK_TEXT(trace, "czc");
        CHECK_ENDS(ask(&self.gen), NOTHING);
    }

    CASE("the cleanup section can look at how the body ends") {
        struct broken self = {.gen = GEN_INIT(broken)};
        CHECK_YIELDS(ask(&self.gen), 1);
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
        CHECK_CODE(self.outcome, EDDY_ECLOSED);
        self = (struct broken){.gen = GEN_INIT(broken)};
        CHECK_YIELDS(ask(&self.gen), 1);
        CHECK_FAILS(ask_throwing(&self.gen, -EPIPE), -EPIPE);
        CHECK_CODE(self.outcome, -EPIPE);
    }
}
