/* Guests come and go, and what the inn has said is compared: the same lines, in any order. */
#include "answer.h"

/* ---- What came of it ----------------------------------------------------------------------------- */

static void expect_end(int status)
{
    if (status == -1)
        CAUSE("it waits for a guest who stays: the bell says that somebody has left, and not who; "
              "WNOHANG asks without waiting");
    expect_whole(status, "a house that is closed in the end", "it hangs");
}

/* How often this line, of `n` bytes, is one of `lines`. */
static int count_line(const char *lines, const char *line, int n)
{
    int count = 0, m;

    for (; *lines; lines += m + (lines[m] == '\n')) {
        m = (int)strcspn(lines, "\n");
        count += m == n && strncmp(lines, line, (size_t)n) == 0;
    }
    return count;
}

static void expect_in_any_order(const char *expected)
{
    int n;

    for (const char *at = expected; *at; at += n + (at[n] == '\n')) {
        n = (int)strcspn(at, "\n");
        if (count_line(text, at, n) < count_line(expected, at, n)) {
            char line[160];
            snprintf(line, sizeof line, "the line \"%.*s\"", n, at);
            FAIL(line, "it is not among those that were said");
        }
    }
    for (const char *at = text; *at; at += n + (at[n] == '\n')) {
        n = (int)strcspn(at, "\n");
        if (count_line(text, at, n) > count_line(expected, at, n))
            FAIL("no such line, or fewer of them", "%.*s", n, at);
    }
}

static void play(const char *words, const char *cause, const char *expected)
{
    expect_answer(words, cause, expect_in_any_order, expected, expect_end);
}

/* ---- Guests -------------------------------------------------------------------------------------- */

TESTS
{
    check_limit(20);
    CASE("guests who leave one by one, in the order in which they came") {
        play(
            "ann ann-3 bob bob! bob!",
            "each guest who has left must be waited for, once: waitpid() gives the status. A ghost "
            "is a guest who was not waited for. (With SIGCHLD ignored nobody knows how a stay has "
            "ended.)",
            "ann gives 3 stars\nbob was thrown out\nbob is not here\n"
            "in the book 0, in the house 0 ghosts\n");
    }

    CASE("one leaves, and the other stays") {
        play("ann bob bob-4 bob! ann-2",
             "whoever is first in the book need not be the one who has left: ask each guest, and "
             "go on when one is still here",
             "bob gives 4 stars\nbob is not here\nann gives 2 stars\nin the book 0, in the house 0 "
             "ghosts\n");
    }

    CASE("two leave at the same moment, and the bell has rung once") {
        play("ann bob ann-3,bob! ann! bob!",
             "the bell does not count: a second SIGCHLD adds nothing to one that is pending. So "
             "after one ring, one guest has left, or several",
             "ann gives 3 stars\nbob was thrown out\nann is not here\nbob is not here\n"
             "in the book 0, in the house 0 ghosts\n");
    }

    CASE("a cook, who is somebody else's child") {
        play("ann cook ann-5 eat",
             "the cook is none of the guests. A waitpid() for any child (-1, or 0) takes her, too, "
             "and then eat() gets ECHILD. Ask for those in the book, each by its number",
             "ann gives 5 stars\nthe dish is good: 7\nin the book 0, in the house 0 ghosts\n");
    }

    CASE("a cook who was there before the guest, and has left before, too") {
        play("cook ann ann-4 eat",
             "a question for any child may hear of the cook, each time, and of no guest who has "
             "left after her. Ask for those in the book, each by its number",
             "ann gives 4 stars\nthe dish is good: 7\nin the book 0, in the house 0 ghosts\n");
    }

    CASE("a full house, and all leave at once") {
        play("ann bob carl dora eve cook eve-1,carl!,ann-5,dora-4 eat bob-2 fred fred!",
             "one ring, and four have left, one is here, one is the cook",
             "ann gives 5 stars\ncarl was thrown out\ndora gives 4 stars\neve gives 1 stars\n"
             "the dish is good: 7\nbob gives 2 stars\nfred was thrown out\n"
             "in the book 0, in the house 0 ghosts\n");
    }
}
