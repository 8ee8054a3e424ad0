/* The program is given a day; what it prints is compared, line by line, with what must happen. */
#include "answer.h"

/* A failure's report shows what it has printed, and what was reported of it. */
static void show(void)
{
    char line[512];

    printf("%s", text);
    rewind(errors);
    while (fgets(line, sizeof line, errors))
        printf("%s", line);
}

/* ---- What came of it ------------------------------------------------------------------------- */

static const char leaked[] = "each customer is a block of memory, which leave() gives back";

static void expect_end(int status)
{
    char verdict[256];

    expect_no_hang(status, "a day that comes to its end", "it goes on and on");
    if (check_crash_verdict(errors, verdict, sizeof verdict)) {
        put_place("where     ");
        if (strstr(verdict, "leak"))
            CAUSE("%s", leaked);
        FAIL("a day that comes to its end", "it was stopped: %s", verdict);
    }
    expect_not_killed(status, "a day that comes to its end");
    CHECK_INT(WEXITSTATUS(status), 0);
}

static void live(const char *day, const char *cause, const char *expected)
{
    int status;

    DID("%s %s", path, day);
    CAUSE("%s", cause);
    status = run(day);
    show();
    expect_end(status);
    expect_lines("", expected, "no further line");
    expect_nothing_left(leaked);
}

TESTS
{
    check_limit(20);

    CASE("a customer who waits is called when bread comes") {
        live(
            "ann 1",
            "settle() must put those who wait in line. A handle is in one list at a time: while it "
            "is still among the waiters, eddy_loop_call_soon() refuses it (EDDY_EQUEUED)",
            "ann comes in: 1 inside\n"
            "the baker brings 1\n"
            "ann takes a loaf: 0 left, 0 inside\n");
    }

    CASE("a customer who found nothing left waits for the next bread") {
        live("ann bob 1 ... ... 1",
             "ann takes the last loaf and begins the promise anew (promise_init). Whoever is still "
             "among its waiters then is lost, here bob: when the first of them is called, settle() "
             "must have taken out all",
             "ann comes in: 1 inside\n"
             "bob comes in: 2 inside\n"
             "the baker brings 1\n"
             "ann takes a loaf: 0 left, 1 inside\n"
             "the baker brings 1\n"
             "bob takes a loaf: 0 left, 0 inside\n");
    }

    CASE("two who came together go together, called or not") {
        live("ann+bob carl 2",
             "ann takes bob along, whose handle eddy_handle_cancel() takes out of the list that it "
             "is in: so keep no other note of who is still to be called",
             "ann comes in: 1 inside\n"
             "bob comes in: 2 inside\n"
             "carl comes in: 3 inside\n"
             "the baker brings 2\n"
             "ann takes a loaf: 1 left, 1 inside\n"
             "carl takes a loaf: 0 left, 0 inside\n");
    }

    CASE("a customer who comes when there is bread has come in before being called") {
        live("1 ann",
             "when the promise is done, when_done() must put ann in line: not call her at once, in "
             "the middle of come_in(), and not leave her among the waiters of what has happened "
             "already",
             "the baker brings 1\n"
             "ann comes in: 1 inside\n"
             "ann takes a loaf: 0 left, 0 inside\n");
    }

    CASE("the next thing that happens is not kept waiting, and the order is that of coming") {
        live(
            "ann 1 bob",
            "the day goes on in the next turn, and ann is called in the same turn, after that: not "
            "inside settle(), and not a turn later. bob, who comes in that turn, is called after "
            "her",
            "ann comes in: 1 inside\n"
            "the baker brings 1\n"
            "bob comes in: 2 inside\n"
            "ann takes a loaf: 0 left, 1 inside\n"
            "bob goes home without\n");
    }
}
