/* Letters are sent, and what the carriers have read is compared, line by line. */
#include "answer.h"

/* ---- What came of it ----------------------------------------------------------------------------- */

static void expect_end(int status)
{
    if (status == -1)
        CAUSE("somebody waits for what nobody will do: is the book given back each time, in both "
              "processes, and is the clerk, who pauses, asked to go on (take_book() does that)?");
    expect_whole(status, "a day that comes to its end", "it hangs");
}

static const char *sent; /* the letters */

/* The carrier of this address. */
static void expect_back(void)
{
    const char *lost = strstr(text, "'s carrier does not come back"), *from = lost;

    if (!lost)
        return;
    while (from > text && from[-1] != '\n')
        from--;
    if (!strchr(sent, '*'))
        CAUSE("the carrier waits for the book, and no clerk has it here: whoever takes the book "
              "gives "
              "it back, in both processes");
    FAIL("a carrier that comes back", "%.*s", (int)strcspn(from, "\n"), from);
}

static void expect_back_and_lines(const char *expected)
{
    expect_back();
    expect_these_lines(expected);
}

static void send(const char *letters, const char *cause, const char *expected)
{
    sent = letters;
    expect_answer(letters, cause, expect_back_and_lines, expected, expect_end);
}

/* ---- Letters ------------------------------------------------------------------------------------- */

TESTS
{
    check_limit(20);
    CASE("letters that are written down before their carriers leave") {
        send("ann bob", "each carrier reads the book as it was when the carrier was sent out",
             "ann's carrier reads: ann\nbob's carrier reads: ann bob\nthe book: ann bob\n");
    }

    CASE("a carrier that is sent out while the clerk writes") {
        send(
            "ann *bob",
            "fork() copies the lock as it is, and the clerk has it. In the child there is no "
            "clerk, "
            "so nobody gives it back. And what the clerk was writing is half there: a carrier must "
            "be sent out when nobody else has the book",
            "ann's carrier reads: ann\nbob's carrier reads: ann bob\nthe book: ann bob\n");
    }

    CASE("several of them, and letters after them") {
        send("*ann *bob carl *dora",
             "after each carrier the office goes on: whoever has taken the book gives it back, in "
             "both processes",
             "ann's carrier reads: ann\nbob's carrier reads: ann bob\n"
             "carl's carrier reads: ann bob carl\ndora's carrier reads: ann bob carl dora\n"
             "the book: ann bob carl dora\n");
    }
}
