/* The program is run for tables of several sizes. Who eats when is the answer's own affair; that all do is
 * not, nor that no two eat with the same fork. */
#include "answer.h"

enum { NAMES_MOST = 8, MEALS = 3 };

static char roster[NAMES_MOST][8] = {"ann", "bob", "carl", "dora", "eve", "fred", "gil", "hank"};

/* ---- A dinner ----------------------------------------------------------------------------------- */

static int run_dinner(int seats)
{
    char line[128] = "";

    for (int i = 0; i < seats; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s ", roster[i]);
    return run(line);
}

/* ---- What came of it ------------------------------------------------------------------------- */

/* What the loop's report says of the last one who waits. */
static void expect_not_stuck(void)
{
    char line[256], last[256] = "";
    bool stuck = false;

    rewind(errors);
    while (fgets(line, sizeof line, errors)) {
        line[strcspn(line, "\n")] = '\0';
        stuck = stuck || strncmp(line, "eddy: stuck", 11) == 0;
        if (strstr(line, " awaits "))
            snprintf(last, sizeof last, "%s", line + strspn(line, " "));
    }
    if (stuck)
        FAIL("a dinner that comes to its end", "the loop is stuck: %s", last);
}

static void expect_end(int status)
{
    if (status == -1)
        CAUSE("to put a fork back and try again, without an order, is no way out: all do the same, "
              "at the same moment, and so on for ever");
    expect_whole(status, "a dinner that comes to its end", "it goes on and on, and nobody eats");
    expect_not_stuck();
    CHECK_INT(WEXITSTATUS(status), 0);
}

static int meals_of(const char *name)
{
    char line[64];
    int n = 0;

    snprintf(line, sizeof line, "%s eats\n", name);
    for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
        n += at == text || at[-1] == '\n';
    return n;
}

static void expect_meals(int seats)
{
    const char *shared = strstr(text, " eat with the same fork");

    if (shared) {
        const char *from = shared;
        while (from > text && from[-1] != '\n')
            from--;
        CAUSE("whoever eats has both forks, and has awaited both locks");
        FAIL("one at a time for each fork", "%.*s",
             (int)(shared - from + (int)strlen(" eat with the same fork")), from);
    }
    for (int i = 0; i < seats; i++)
        if (meals_of(roster[i]) != MEALS)
            FAIL("three meals for each", "%d for %s", meals_of(roster[i]), roster[i]);
    if (!strstr(text, "all have eaten"))
        FAIL("dinner() to say at the end that all have eaten",
             "nothing of that: it has not waited");
}

static void dine(int seats, const char *cause)
{
    char line[256] = "";
    int status;

    for (int i = 0; i < seats; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), " %s", roster[i]);
    DID("%s%s", path, line);
    CAUSE("%s", cause);
    status = run_dinner(seats);
    check_replay(text, errors);
    expect_end(status);
    expect_meals(seats);
    fclose(errors);
}

/* ---- Tables -------------------------------------------------------------------------------------- */

TESTS
{
    check_limit(20);
    CASE("ann and bob eat")
        dine(2, "each has one fork, keeps it, and waits for the other one: ann has what bob wants, "
                "and bob has what ann wants. That cannot happen if both take the same fork first");

    CASE("three eat")
        dine(3, "a ring of three: each has one fork, and waits for one that the next has. At each "
                "fork the question is the same: who takes it first, and who second? If the forks "
                "have an order, and all take the lower one first, there is no ring");

    CASE("four eat")
        dine(4, "a ring of four. See that it works for any number of seats");

    CASE("five, six, seven, and a table that is full")
        for (int seats = 5; seats <= NAMES_MOST; seats++)
            dine(seats, "a longer ring. See that it works for any number of seats");
}
