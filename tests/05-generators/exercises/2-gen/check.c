/*
 * What a learner hears first: the promises of gen.h one by one, from simple to hard. The chapter's own
 * tests come after these.
 */
#include "../../generators.h"

/* ---- What is asked ----------------------------------------------------------------------------- */

/* Yields 1, and then what it is sent, until that is nothing. Returns 8. Leaves letters in the trace:
 * b it has begun, e it has come to its end by itself, c cleanup. */
struct talker {
    struct eddy_gen gen;
    bool asks;  /* itself, in each way, once, before its first yield */
    int got[4]; /* what came of that: of next, send, throw, close */
};

static void ask_in_each_way(struct eddy_gen *gen, int got[4])
{
    void *value;

    got[0] = eddy_gen_next(gen, &value);
    got[1] = eddy_gen_send(gen, &numbers[4], &value);
    got[2] = eddy_gen_throw(gen, -EIO, &value);
    got[3] = eddy_gen_close(gen);
}

static struct eddy_step talker(struct eddy_gen *gen)
{
    struct talker *self = GEN_FRAME(gen, talker);

    GEN_BEGIN(gen);
    note('b');
    if (self->asks) {
        self->asks = false;
        ask_in_each_way(gen, self->got);
    }
    for (gen->value = &numbers[1]; gen->value;)
        GEN_YIELD(gen, gen->value);
    note('e');
    GEN_RETURN(gen, &numbers[8]);
    GEN_FINALLY(gen);
    note('c');
    GEN_END(gen);
}

/* Yields NULL, and is at its end when it is sent 3: with that in gen->value. */
struct silent {
    struct eddy_gen gen;
};

static struct eddy_step silent(struct eddy_gen *gen)
{
    GEN_BEGIN(gen);
    while (number_of(gen->value) != 3)
        GEN_YIELD(gen, NULL);
    GEN_END(gen);
}

/* Comes to its end with a result, and then its cleanup section fails; or ends with what is no error. */
struct failing {
    struct eddy_gen gen;
    int err;
};

static struct eddy_step failing(struct eddy_gen *gen)
{
    struct failing *self = GEN_FRAME(gen, failing);

    GEN_BEGIN(gen);
    GEN_RETURN(gen, &numbers[6]);
    GEN_FINALLY(gen);
    GEN_FAIL(gen, self->err);
    GEN_END(gen);
}

/* Asks the next one, or throws into it, and ends with what that one's answer is if it is an error. */
struct chain_link {
    struct eddy_gen gen;
    struct chain_link *next;
    int err; /* to throw */
    int got;
    bool runs; /* its body has begun */
};

static struct eddy_step chain_link(struct eddy_gen *gen)
{
    struct chain_link *self = GEN_FRAME(gen, chain_link);
    void *value;

    GEN_BEGIN(gen);
    self->runs = true;
    if (self->err < 0)
        self->got = eddy_gen_throw(&self->next->gen, self->err, &value);
    else if (self->next)
        self->got = eddy_gen_next(&self->next->gen, &value);
    if (self->got < 0)
        GEN_FAIL(gen, self->got);
    GEN_END(gen);
}

enum { TOO_DEEP = 1001 };

static struct chain_link chain[TOO_DEEP];

static void make_chain(void)
{
    for (int i = 0; i < TOO_DEEP; i++)
        chain[i] = (struct chain_link){.gen = GEN_INIT(chain_link),
                                       .next = i + 1 < TOO_DEEP ? &chain[i + 1] : NULL};
}

/* A body without a macro, which notes no place. */
static struct eddy_step bare(struct eddy_gen *gen)
{
    (void)gen;
    note('b');
    return EDDY_RETURNED;
}

/* Passes over errors, and yields how many there have been. Has enough at the third. */
struct stubborn {
    struct eddy_gen gen;
    int errs;
    int found; /* after its last yield */
};

static struct eddy_step stubborn(struct eddy_gen *gen)
{
    struct stubborn *self = GEN_FRAME(gen, stubborn);

    GEN_BEGIN(gen);
    while (self->errs < 3) {
        GEN_TRY_YIELD(gen, &numbers[self->errs]);
        self->errs += gen->place.err < 0;
        self->found = number_of(gen->value);
    }
    GEN_FAIL(gen, -EDOM);
    GEN_FINALLY(gen);
    note('c');
    GEN_END(gen);
}

/* Lets another one answer, and notes what comes of it: o for the outer one's cleanup. */
struct outer {
    struct eddy_gen gen;
    struct eddy_gen *inner;
    int err, returned;
};

static struct eddy_step outer(struct eddy_gen *gen)
{
    struct outer *self = GEN_FRAME(gen, outer);

    GEN_BEGIN(gen);
    GEN_TRY_FROM(gen, self->inner);
    self->err = gen->place.err;
    self->returned = number_of(gen->value);
    if (self->err < 0)
        GEN_FAIL(gen, self->err);
    GEN_RETURN(gen, &numbers[7]);
    GEN_FINALLY(gen);
    note('o');
    GEN_END(gen);
}

static struct talker talks = {.gen = GEN_INIT(talker)}; /* each case is a process of its own */
static struct eddy_gen *const gen = &talks.gen;
static struct stubborn stays = {.gen = GEN_INIT(stubborn)};

/* ---- Next -------------------------------------------------------------------------------------- */

static void asking(void)
{
    CASE("next runs the body to its first yield, and brings what it yields") {
        DID("eddy_gen_next() on a generator that yields 1");
        CHECK_CODE(ask(gen), EDDY_YIELDED);
        CAUSE("resume_gen() calls gen->body. If that has paused, the value is in gen->value");
        CHECK_INT(number_of(answer), 1);
        CHECK_TEXT(trace, "b");
    }

    CASE("the end is told, with what was returned, and nothing runs any more") {
        DID("next until its end, and once more");
        CHECK_CODE(ask(gen), EDDY_YIELDED);
        CAUSE("when the body has returned it does not run any more (gen->running); and next sends "
              "NULL (gen->value), which is where this one ends");
        CHECK_CODE(ask(gen), EDDY_FINISHED);
        CAUSE("at its end *value is what it returns, gen->result");
        CHECK_INT(number_of(answer), 8);
        CHECK_TEXT(trace, "bec");
        CAUSE("what it has returned is told once: after its end it is not resumed, and *value is "
              "NULL");
        CHECK_ENDS(ask(gen), NOTHING);
        CHECK_ENDS(ask_sending(gen, 5), NOTHING);
        CHECK_TEXT(trace, "bec");
    }

    CASE("an error is told once, without a value") {
        DID("next; the body fails with -EDOM");
        CAUSE("after the body, resume_gen() returns gen->place.outcome, and gen->result only if "
              "that "
              "is 0");
        stays.errs = 3;
        CHECK_FAILS(ask(&stays.gen), -EDOM);
        CAUSE("it has ended, and what comes then is EDDY_FINISHED");
        CHECK_ENDS(ask(&stays.gen), NOTHING);
        CHECK_TEXT(trace, "c");
    }

    CASE("NULL is a value like any other, and a value is no yield") {
        struct silent self = {.gen = GEN_INIT(silent)};
        DID("next, twice, on a generator that yields NULL; then sent 3, and with that it returns");
        CAUSE("whether the body has paused is what it returns (step.paused), and not whether "
              "there is something in gen->value");
        CHECK_CODE(ask(&self.gen), EDDY_YIELDED);
        CHECK_CODE(ask(&self.gen), EDDY_YIELDED);
        CHECK_CODE(ask_sending(&self.gen, 3), EDDY_FINISHED);
    }

    CASE("the outcome is what counts, and not the result that was there before") {
        struct failing fails = {.gen = GEN_INIT(failing), .err = -EDOM};
        struct failing strange = {.gen = GEN_INIT(failing), .err = 1};
        DID("next; the body returns a 6, and then its cleanup section fails with -EDOM");
        CAUSE("an error and a value exclude each other: *value is gen->result only if "
              "gen->place.outcome is 0");
        CHECK_FAILS(ask(&fails.gen), -EDOM);
        DID("next; the cleanup section fails with 1, which is no error code");
        CAUSE(
            "resume_gen() returns eddy_place_outcome(), which makes -EINVAL of what is no error: 1 "
            "would look like a yield");
        CHECK_CODE(ask(&strange.gen), -EINVAL);
    }

    CASE("whoever has returned has ended, whatever place it has noted") {
        struct eddy_gen self = GEN_INIT(bare);
        DID("next, twice, on a body that is one `return`, without a macro");
        CAUSE("resume_gen() notes the end, place.line = EDDY_AT_END; nothing else does it here");
        CHECK_CODE(ask(&self), EDDY_FINISHED);
        CHECK_CODE(ask(&self), EDDY_FINISHED);
        CHECK_TEXT(trace, "b");
    }
}

/* ---- Send -------------------------------------------------------------------------------------- */

static void sending(void)
{
    CASE("the yield comes back with what is sent, and with NULL when nothing is") {
        DID("next, then sent a pointer to 4, then one to 5");
        CAUSE("resume_gen() puts what is sent into gen->value before it calls the body");
        CHECK_YIELDS(ask(gen), 1);
        CHECK_YIELDS(ask_sending(gen, 4), 4);
        CHECK_YIELDS(ask_sending(gen, 5), 5);
        DID("next, which is to send NULL");
        CAUSE("what was sent before must not be there still: NULL is sent like any value");
        CHECK_ENDS(ask(gen), 8);
    }

    CASE("nothing can be sent to one that has not begun, and it can still begin") {
        DID("sent a pointer to 4, at once");
        CAUSE("there is no yield yet that could come back with it: place.line is EDDY_AT_START");
        CHECK_FAILS(ask_sending(gen, 4), -EINVAL);
        CHECK_TEXT(trace, "");
        CHECK_YIELDS(ask(gen), 1);
    }

    CASE("one that runs is not asked, also before its first yield") {
        DID("next; the body asks itself, with next and send");
        CAUSE(
            "resume_gen() sets gen->running before it calls the body; whoever asks looks at it, by "
            "refusal(), before anything else is looked at or changed");
        talks.asks = true;
        CHECK_CODE(ask(gen), EDDY_YIELDED);
        CHECK_CODE(talks.got[0], EDDY_ERUNNING);
        CAUSE("it has begun, although it stands at no yield yet: so send() asks refusal() before "
              "it looks at place.line");
        CHECK_CODE(talks.got[1], EDDY_ERUNNING);
        CAUSE("when the body has returned it does not run any more, and what was refused has "
              "changed nothing");
        CHECK_YIELDS(ask_sending(gen, 3), 3);
    }

    CASE("however deep they ask each other, the C stack has an end: EDDY_EDEPTH") {
        make_chain();
        DID("%d generators ask each other: one too many", TOO_DEEP);
        CAUSE("resume_gen() calls the body by call_body(), which counts; refusal() looks at the "
              "count");
        CHECK_CODE(ask(&chain[0].gen), EDDY_EDEPTH);
        CHECK_CODE(ask(&chain[TOO_DEEP - 1].gen), EDDY_FINISHED);
    }
}

/* ---- Throw ------------------------------------------------------------------------------------- */

static void throwing(void)
{
    CASE("the yield comes back with what is thrown, and may pass over it") {
        DID("next, then threw -EIO into one that passes over errors");
        CAUSE("resume_gen() puts the error into place.err before it calls the body; what the body "
              "yields next is the answer");
        CHECK_YIELDS(ask(&stays.gen), 0);
        CHECK_YIELDS(ask_throwing(&stays.gen, -EIO), 1);
        CAUSE("nothing is sent with an error: what the yield finds in gen->value is NULL");
        CHECK_INT(stays.found, NOTHING);
        DID("... then next, twice");
        CAUSE("an error is told once: next comes without one, so resume_gen() puts 0 there");
        CHECK_YIELDS(ask(&stays.gen), 1);
        CHECK_YIELDS(ask(&stays.gen), 1);
    }

    CASE("an error that nobody looks at is how it ends, and that is told once") {
        DID("next, then threw -EIO");
        CHECK_YIELDS(ask(gen), 1);
        CAUSE("gen->place.outcome is how it has ended, and beside an error *value is "
              "NULL");
        CHECK_FAILS(ask_throwing(gen, -EIO), -EIO);
        CHECK_TEXT(trace, "bc");
        CAUSE("it has ended: next says EDDY_FINISHED, and only throw gives back what it is given");
        CHECK_ENDS(ask(gen), NOTHING);
        CHECK_FAILS(ask_throwing(gen, -EPIPE), -EPIPE);
        CHECK_TEXT(trace, "bc");
    }

    CASE("one that has not begun ends without having run") {
        DID("threw -EIO at once");
        CAUSE("it stands at no yield, so nothing is resumed; but it has ended");
        CHECK_FAILS(ask_throwing(gen, -EIO), -EIO);
        CHECK_TEXT(trace, "");
        CHECK_ENDS(ask(gen), NOTHING);
        CHECK_TEXT(trace, "");
    }

    CASE("into one that runs nothing is thrown, also before its first yield") {
        DID("next; the body throws -EIO into itself");
        CAUSE("throw() asks refusal(), too, before it looks at place.line: one that runs is no one "
              "that has not begun, and must not be ended from inside");
        talks.asks = true;
        CHECK_CODE(ask(gen), EDDY_YIELDED);
        CHECK_CODE(talks.got[2], EDDY_ERUNNING);
        CHECK_YIELDS(ask_sending(gen, 3), 3);
    }

    CASE("what was refused has changed nothing: it can still begin") {
        make_chain();
        DID("%d generators ask each other, and the last one is thrown -EIO; then asked that, alone",
            TOO_DEEP);
        CAUSE(
            "throw() asks refusal() before it changes anything: what was refused can still begin");
        chain[TOO_DEEP - 2].err = -EIO;
        CHECK_CODE(ask(&chain[0].gen), EDDY_EDEPTH);
        CHECK_CODE(ask(&chain[TOO_DEEP - 1].gen), EDDY_FINISHED);
        CHECK(chain[TOO_DEEP - 1].runs);
    }

    CASE("what is no error is not thrown") {
        DID("threw 0, EDDY_YIELDED, and EDDY_EPENDING");
        CAUSE("errors are negative");
        CHECK_FAILS(ask_throwing(gen, 0), -EINVAL);
        CHECK_FAILS(ask_throwing(gen, EDDY_YIELDED), -EINVAL);
        CAUSE("EDDY_EPENDING is negative, and yet no outcome: eddy_is_outcome() knows");
        CHECK_FAILS(ask_throwing(gen, EDDY_EPENDING), -EINVAL);
        CHECK_YIELDS(ask(gen), 1);
    }
}

/* ---- Close ------------------------------------------------------------------------------------- */

static void closing(void)
{
    CASE("close runs the cleanup section, once") {
        DID("next, then close, then close again");
        CAUSE("close throws EDDY_ECLOSED; if that is how it ends, this is what was wanted: 0");
        CHECK_YIELDS(ask(gen), 1);
        CHECK_CODE(eddy_gen_close(gen), 0);
        CHECK_TEXT(trace, "bc");
        CHECK_CODE(eddy_gen_close(gen), 0);
        CHECK_TEXT(trace, "bc");
    }

    CASE("one that has not begun has nothing to clean up, but has ended") {
        DID("close, then next");
        CAUSE("close is a throw: one that has not begun ends without having run");
        CHECK_CODE(eddy_gen_close(gen), 0);
        CHECK_ENDS(ask(gen), NOTHING);
        CHECK_TEXT(trace, "");
    }

    CASE("one that runs is not closed") {
        DID("next; the body closes itself, before its first yield");
        CAUSE("that it runs is an error of close(), too: nothing was closed");
        talks.asks = true;
        CHECK_CODE(ask(gen), EDDY_YIELDED);
        CHECK_CODE(talks.got[3], EDDY_ERUNNING);
        CHECK_YIELDS(ask_sending(gen, 3), 3);
    }

    CASE("one that yields once more has not ended, and close says so") {
        DID("next, then close, twice, one that passes over errors; the third is one too many");
        CAUSE("throw returns EDDY_YIELDED then, and close EDDY_EYIELDED");
        CHECK_YIELDS(ask(&stays.gen), 0);
        CHECK_CODE(eddy_gen_close(&stays.gen), EDDY_EYIELDED);
        CHECK_CODE(eddy_gen_close(&stays.gen), EDDY_EYIELDED);
        CAUSE("what came of it is no success, if it is an error other than EDDY_ECLOSED");
        CHECK_CODE(eddy_gen_close(&stays.gen), -EDOM);
        CHECK_TEXT(trace, "c");
    }
}

/* ---- Yield from -------------------------------------------------------------------------------- */

static void delegating(void)
{
    static struct outer around = {.gen = GEN_INIT(outer), .inner = &talks.gen};

    CASE("the inner one's yields come out, and what is sent goes in") {
        DID("asked the outer one: next, sent 4, next");
        CAUSE("eddy_gen_from() asks the inner one with what the outer one was sent, and what that "
              "yields is the outer one's gen->value. True: it has yielded");
        CHECK_YIELDS(ask(&around.gen), 1);
        CHECK_YIELDS(ask_sending(&around.gen, 4), 4);
        CAUSE("when the inner one has finished, eddy_gen_from() returns false, and gen->value is "
              "what was returned");
        CHECK_ENDS(ask(&around.gen), 7);
        CHECK_CODE(around.err, 0);
        CHECK_INT(around.returned, 8);
        CHECK_TEXT(trace, "beco");
    }

    CASE("what is thrown goes to the inner one, which may pass over it") {
        around.inner = &stays.gen;
        DID("next, then threw -EIO");
        CAUSE("the outer one's place.err is what it was asked with; the inner one is asked the "
              "same way");
        CHECK_YIELDS(ask(&around.gen), 0);
        CHECK_YIELDS(ask_throwing(&around.gen, -EIO), 1);
        CAUSE("the inner one has dealt with it: place.err of the outer one is 0 again");
        CHECK_CODE(around.gen.place.err, 0);
        CHECK_YIELDS(ask(&around.gen), 1);
    }

    CASE("an error that ends the inner one is the outer one's, where it delegates") {
        DID("next, then threw -EIO");
        CAUSE("whatever the inner one ends with, if it is an error, comes back in the outer one's "
              "place.err");
        CHECK_YIELDS(ask(&around.gen), 1);
        CHECK_FAILS(ask_throwing(&around.gen, -EIO), -EIO);
        CHECK_CODE(around.err, -EIO);
        CHECK_TEXT(trace, "bco");
    }

    CASE("closing the outer one closes the inner one first") {
        DID("next, then close");
        CAUSE("close_inner(): the inner one is closed, not left standing; then the outer one's "
              "place.err is EDDY_ECLOSED, and it delegates no more");
        CHECK_YIELDS(ask(&around.gen), 1);
        CHECK_CODE(eddy_gen_close(&around.gen), 0);
        CHECK_TEXT(trace, "bco");
        CHECK_CODE(around.err, EDDY_ECLOSED);
    }

    CASE("an error of closing the inner one becomes the outer one's") {
        around.inner = &stays.gen;
        DID("next, then close the outer one; the inner one yields once more");
        CAUSE("what eddy_gen_close() of the inner one returns, if it is an error, is the outer "
              "one's place.err, in the place of EDDY_ECLOSED");
        CHECK_YIELDS(ask(&around.gen), 0);
        CHECK_CODE(eddy_gen_close(&around.gen), EDDY_EYIELDED);
        CHECK_CODE(around.err, EDDY_EYIELDED);
        CHECK_TEXT(trace, "o");
    }
}

TESTS
{
    asking();
    sending();
    throwing();
    closing();
    delegating();
}
