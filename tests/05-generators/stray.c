/*
 * A yield in a switch of its own: its case label is that switch's, so the function cannot go on
 * there. It must not go on anywhere else, and somebody must hear of it.
 */
#include "generators.h"

#include "report.h"

/* ---- What is reported -------------------------------------------------------------------------- */

static char report[512];
static int reports;

static void receive(const char *text)
{
    reports++;
    snprintf(report, sizeof report, "%s", text);
}

/* The one report names the function, this file and the line of the yield, and what to look for. */
static void check_report(const char *function, int line)
{
    char place[128];

    snprintf(place, sizeof place, "%s (%s:%d): ", function, __FILE__, line);
    CHECK_INT(reports, 1);
    CHECK(strstr(report, "in a switch of its own"));
    report[strlen(place)] = '\0';
    CHECK_TEXT(report, place);
}

/* ---- Some that go astray ----------------------------------------------------------------------- */

/* In its body. */
struct lost {
    struct eddy_gen gen;
    int kind;
};

enum { LOST_YIELDS = __LINE__ + 14 };

static struct eddy_step lost(struct eddy_gen *gen)
{
    struct lost *self = GEN_FRAME(gen, lost);

    GEN_BEGIN(gen);
    note('b');
    GEN_YIELD(gen, &numbers[1]);
    switch (self->kind) {
    case 1:
        break;
    default:
        note('s');
        GEN_YIELD(gen, &numbers[2]);
        note('!');
    }
    GEN_YIELD(gen, &numbers[3]);
    GEN_RETURN(gen, &numbers[4]);
    GEN_FINALLY(gen);
    note('c');
    GEN_YIELD(gen, &numbers[5]);
    note('z');
    GEN_END(gen);
}

static struct lost lost_at_its_yield(void)
{
    struct lost self = {.gen = GEN_INIT(lost)};

    eddy_report_to(receive);
    CHECK_YIELDS(ask(&self.gen), 1);
    CHECK_YIELDS(ask(&self.gen), 2);
    CHECK_INT(reports, 0);
    return self;
}

/* It has no cleanup section. */
struct lost_for_good {
    struct eddy_gen gen;
};

enum { LOST_FOR_GOOD_YIELDS = __LINE__ + 7 };

static struct eddy_step lost_for_good(struct eddy_gen *gen)
{
    GEN_BEGIN(gen);
    switch (gen->place.err) {
    case 0:
        GEN_YIELD(gen, &numbers[1]);
        note('!');
    }
    note('!');
    GEN_END(gen);
}

/* In its cleanup section. */
struct lost_at_last {
    struct eddy_gen gen;
    int err;
};

enum { LOST_AT_LAST_YIELDS = __LINE__ + 14 };

static struct eddy_step lost_at_last(struct eddy_gen *gen)
{
    struct lost_at_last *self = GEN_FRAME(gen, lost_at_last);

    GEN_BEGIN(gen);
    if (self->err < 0)
        GEN_FAIL(gen, self->err);
    GEN_RETURN(gen, &numbers[2]);
    GEN_FINALLY(gen);
    note('c');
    switch (self->err) {
    default:
        GEN_YIELD(gen, &numbers[1]);
    }
    note('!');
    GEN_END(gen);
}

/* While it delegates. */
struct lost_between {
    struct eddy_gen gen;
    struct lost inner;
};

enum { LOST_BETWEEN_YIELDS = __LINE__ + 9 };

static struct eddy_step lost_between(struct eddy_gen *gen)
{
    struct lost_between *self = GEN_FRAME(gen, lost_between);

    GEN_BEGIN(gen);
    switch (self->inner.kind) {
    default:
        GEN_FROM(gen, &self->inner.gen);
    }
    note('!');
    GEN_FINALLY(gen);
    note('f');
    GEN_END(gen);
}

/* ---- And one that does not --------------------------------------------------------------------- */

/* A switch between two yields is nobody's trouble. */
struct sorter {
    struct eddy_gen gen;
    int i;
};

static struct eddy_step sorter(struct eddy_gen *gen)
{
    struct sorter *self = GEN_FRAME(gen, sorter);

    GEN_BEGIN(gen);
    for (self->i = 0; self->i < 3; self->i++) {
        switch (self->i) {
        case 0:
            gen->value = &numbers[6];
            break;
        case 1:
            gen->value = &numbers[7];
            break;
        default:
            GEN_RETURN(gen, &numbers[8]);
        }
        GEN_YIELD(gen, gen->value);
    }
    GEN_FINALLY(gen);
    note('c');
    GEN_END(gen);
}

TESTS
{
    CASE("a yield in a switch of its own is reported, with function, file and line") {
        struct lost self = lost_at_its_yield();
        CAUSE("the switch of GEN_BEGIN has no label for that line: its default says so");
        CHECK_YIELDS(ask(&self.gen), 5);
        check_report("lost", LOST_YIELDS);
    }

    CASE("it goes on in its cleanup section, which runs once, and ends as EDDY_ESTRAY") {
        struct lost self = lost_at_its_yield();
        CHECK_YIELDS(ask(&self.gen), 5);
        CHECK_TEXT(trace, "bsc");
        CHECK_CODE(self.gen.place.outcome, EDDY_ESTRAY);
        CHECK_FAILS(ask(&self.gen), EDDY_ESTRAY);
        CHECK_TEXT(trace, "bscz");
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_INT(reports, 1);
    }

    CASE("so it does when it is closed there, or when something is sent or thrown") {
        struct lost self = lost_at_its_yield();
        CHECK_CODE(eddy_gen_close(&self.gen), EDDY_EYIELDED);
        check_report("lost", LOST_YIELDS);
        CHECK_CODE(eddy_gen_close(&self.gen), EDDY_ESTRAY);
        CHECK_TEXT(trace, "bscz");
        reports = 0;
        self = lost_at_its_yield();
        CHECK_YIELDS(ask_throwing(&self.gen, -EIO), 5);
        check_report("lost", LOST_YIELDS);
        CHECK_FAILS(ask(&self.gen), EDDY_ESTRAY);
        reports = 0;
        self = lost_at_its_yield();
        CHECK_YIELDS(ask_sending(&self.gen, 3), 5);
        check_report("lost", LOST_YIELDS);
        CHECK_FAILS(ask_throwing(&self.gen, -EIO), EDDY_ESTRAY);
        CHECK_TEXT(trace, "bsczbsczbscz");
    }

    CASE("without a cleanup section it ends at once") {
        struct lost_for_good self = {.gen = GEN_INIT(lost_for_good)};
        eddy_report_to(receive);
        CHECK_YIELDS(ask(&self.gen), 1);
        CHECK_FAILS(ask(&self.gen), EDDY_ESTRAY);
        check_report("lost_for_good", LOST_FOR_GOOD_YIELDS);
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_TEXT(trace, "");
    }

    CASE("in the cleanup section it is reported, too, and what stands after it cannot be run") {
        static const int errs[] = {0, -EIO};
        eddy_report_to(receive);
        for (int i = 0; i < 2; i++) {
            struct lost_at_last self = {.gen = GEN_INIT(lost_at_last), .err = errs[i]};
            reports = 0;
            CHECK_YIELDS(ask(&self.gen), 1);
            CHECK_FAILS(ask(&self.gen), EDDY_ESTRAY);
            check_report("lost_at_last", LOST_AT_LAST_YIELDS);
            CHECK_ENDS(ask(&self.gen), NOTHING);
        }
        CHECK_TEXT(trace, "cc");
    }

    CASE("astray while it delegates: the inner one stands, and can be closed by whoever owns it") {
        struct lost_between self = {.gen = GEN_INIT(lost_between), .inner.gen = GEN_INIT(lost)};
        eddy_report_to(receive);
        CHECK_YIELDS(ask(&self.gen), 1);
        CHECK_FAILS(ask(&self.gen), EDDY_ESTRAY);
        check_report("lost_between", LOST_BETWEEN_YIELDS);
        CHECK_TEXT(trace, "bf");
        CHECK_CODE(eddy_gen_close(&self.inner.gen), EDDY_EYIELDED);
        CHECK_CODE(eddy_gen_close(&self.inner.gen), 0);
        CHECK_TEXT(trace, "bfcz");
        CHECK_INT(reports, 1);
    }

    CASE("a switch without a yield in it is nobody's trouble, and a return in it ends the body") {
        struct sorter self = {.gen = GEN_INIT(sorter)};
        eddy_report_to(receive);
        CHECK_YIELDS(ask(&self.gen), 6);
        CHECK_YIELDS(ask(&self.gen), 7);
        CHECK_ENDS(ask(&self.gen), 8);
        CHECK_TEXT(trace, "c");
        CHECK_INT(reports, 0);
    }
}
