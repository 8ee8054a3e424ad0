/* Texts that are cut at every place. After each piece stand bytes that are nobody's. */
#include "check.h"

#include "3-by-hand.h"

#include <errno.h>

enum { PIECE_MOST = 64, DECODED_MOST = 4096, BEHIND = '!' };

/* A decoder with what it has been sent and what came out. */
struct reading {
    struct runs runs;
    char piece[PIECE_MOST];
    char decoded[DECODED_MOST];
    size_t count;
};

static const char *const places =
    "each pause notes its place in self->at, returns, and has its label after that";

/* ---- Asking ------------------------------------------------------------------------------------ */

static void send(struct reading *reading, const char *bytes, size_t n)
{
    memset(reading->piece, BEHIND, PIECE_MOST);
    memcpy(reading->piece, bytes, n);
    runs_send(&reading->runs, reading->piece, n);
}

static int next(struct reading *reading)
{
    int got = runs_next(&reading->runs);

    if (got == -ENOSYS) {
        CAUSE("this function is still its TODO, which returns -ENOSYS: write its body");
        FAIL("a byte, or RUNS_MORE, RUNS_END, RUNS_BAD", "-ENOSYS");
    }
    if (got == BEHIND || reading->runs.left > PIECE_MOST) {
        CAUSE("it has taken a byte when none was left of the piece. Each pause notes its own place "
              "in self->at; and before a byte is taken, look at self->left");
        FAIL("no byte but those of the piece", "one that stands after it");
    }
    if (got < RUNS_BAD || got > 255)
        FAIL("a byte, or RUNS_MORE, RUNS_END, RUNS_BAD", "%d", got);
    return got;
}

/* Asks until it is no byte that comes, and returns that. */
static int drain(struct reading *reading)
{
    while (reading->count + 1 < DECODED_MOST) {
        int got = next(reading);
        if (got < 0) {
            reading->decoded[reading->count] = '\0';
            return got;
        }
        reading->decoded[reading->count++] = (char)got;
    }
    CAUSE("%s", places);
    FAIL("bytes that come to an end", "%.20s... and on and on", reading->decoded);
}

/* It has ended, and says so again. */
static void expect_again(struct reading *reading, int end)
{
    int again = runs_next(&reading->runs);

    if (again == end)
        return;
    CAUSE("the end is a place like any other, RUNS_BAD too: note AT_END in self->at, whichever way "
          "it ends, and let no label lead from there to the beginning");
    FAIL(end == RUNS_BAD ? "RUNS_BAD again, when it is asked once more"
                         : "RUNS_END again, when it is asked once more",
         "%d", again);
}

/* Sends the text in pieces that end at `first` and at `second`, and the end. Returns how it ends. */
static int read_cut(struct reading *reading, const char *text, size_t first, size_t second)
{
    size_t ends[] = {first, second, strlen(text)}, from = 0;
    int got;

    *reading = (struct reading){.count = 0};
    CHECK_INT(drain(reading), RUNS_MORE);
    for (int i = 0; i < 3; i++) {
        size_t n = ends[i] - from;
        if (n == 0)
            continue;
        send(reading, text + from, n);
        from = ends[i];
        got = drain(reading);
        if (got != RUNS_MORE) {
            expect_again(reading, got);
            return got;
        }
    }
    send(reading, "", 0);
    return drain(reading);
}

static void expect(const char *text, int end, const char *decoded)
{
    struct reading reading;
    size_t n = strlen(text);
    int got = read_cut(&reading, text, n, n);

    CHECK_TEXT(reading.decoded, decoded);
    CHECK_INT(got, end);
}

/* The same, cut in three at every two places. */
static void expect_cut(const char *text, int end, const char *decoded)
{
    struct reading reading;
    size_t n = strlen(text);

    for (size_t first = 0; first <= n; first++)
        for (size_t second = first; second <= n; second++) {
            DID("sent \"%.*s\", \"%.*s\", \"%s\", and the end", (int)first, text,
                (int)(second - first), text + first, text + second);
            CAUSE("what was read of a number before a piece has ended is in the frame, and nothing "
                  "sets it to 0 again where the next piece goes on");
            int got = read_cut(&reading, text, first, second);
            CHECK_TEXT(reading.decoded, decoded);
            CHECK_INT(got, end);
        }
}

/* ---- One piece --------------------------------------------------------------------------------- */

static void whole(void)
{
    CASE("it wants a piece first, and a byte without a number comes once") {
        static struct reading reading;
        DID("asked; then sent \"ab\" and asked three times, then sent the end");
        CAUSE("with nothing left of a piece, it pauses and returns RUNS_MORE");
        CHECK_INT(next(&reading), RUNS_MORE);
        send(&reading, "ab", 2);
        CAUSE("%s", places);
        CHECK_INT(next(&reading), 'a');
        CHECK_INT(next(&reading), 'b');
        CHECK_INT(next(&reading), RUNS_MORE);
        send(&reading, "", 0);
        CHECK_INT(next(&reading), RUNS_END);
    }

    CASE("a number says how often") {
        DID("sent \"3a\", and the end");
        CAUSE("the loop that counts goes on where it was: the label is in it, after the return, "
              "and the count is a field, since a local variable does not live across a pause");
        expect("3a", RUNS_END, "aaa");
        DID("sent \"3a12bc\", and the end");
        expect("3a12bc", RUNS_END, "aaabbbbbbbbbbbbc");
    }

    CASE("a number that is 0 is a number: the byte does not come") {
        DID("sent \"a0b2c00d\", and the end");
        CAUSE("that there is no number is something else than that it is 0 (self->counted)");
        expect("a0b2c00d", RUNS_END, "acc");
    }

    CASE("any byte can be repeated, except for digits") {
        static struct reading reading;
        DID("sent the bytes '2', 255, 0");
        CAUSE("bytes are 0 to 255; take_byte() sees to that");
        CHECK_INT(next(&reading), RUNS_MORE);
        send(&reading, "2\377\0", 3);
        CHECK_INT(next(&reading), 255);
        CHECK_INT(next(&reading), 255);
        CHECK_INT(next(&reading), 0);
        CHECK_INT(next(&reading), RUNS_MORE);
    }
}

/* ---- Pieces ------------------------------------------------------------------------------------ */

static void pieces(void)
{
    CASE("a piece may end anywhere, in the middle of a number too") {
        expect_cut("3a12bc0d2e", RUNS_END, "aaabbbbbbbbbbbbcee");
    }

    CASE("two of them know nothing of each other") {
        static struct reading one, other;
        DID("sent \"2a3\" to one, \"12b\" to another, and asked them by turns");
        CAUSE("all that one knows is in its struct: no static variable");
        CHECK_INT(next(&one), RUNS_MORE);
        CHECK_INT(next(&other), RUNS_MORE);
        send(&one, "2a3", 3);
        send(&other, "12b", 3);
        CHECK_INT(next(&one), 'a');
        CHECK_INT(next(&other), 'b');
        CHECK_INT(next(&one), 'a');
        CHECK_INT(next(&one), RUNS_MORE);
        CHECK_INT(drain(&other), RUNS_MORE);
        CHECK_TEXT(other.decoded, "bbbbbbbbbbb");
        send(&one, "c", 1);
        CHECK_INT(drain(&one), RUNS_MORE);
        CHECK_TEXT(one.decoded, "ccc");
    }
}

/* ---- Ends -------------------------------------------------------------------------------------- */

static void ends(void)
{
    CASE("when it has ended, it says so again whenever it is asked") {
        static struct reading reading;
        DID("sent \"a\" and the end, and asked four times");
        CHECK_INT(next(&reading), RUNS_MORE);
        send(&reading, "a", 1);
        CHECK_INT(next(&reading), 'a');
        CHECK_INT(next(&reading), RUNS_MORE);
        send(&reading, "", 0);
        for (int i = 0; i < 3; i++)
            expect_again(&reading, RUNS_END);
    }

    CASE("a number with no byte after it is bad") {
        DID("sent \"a12\", and the end");
        CAUSE("the text has ended, and there is a number that belongs to nothing");
        expect("a12", RUNS_BAD, "a");
        expect("0", RUNS_BAD, "");
        expect_cut("2a12", RUNS_BAD, "aa");
    }

    CASE("a number above RUNS_MOST is bad") {
        static struct reading reading;
        DID("sent \"1000a\", and the end");
        CAUSE("RUNS_MOST itself is not too many");
        CHECK_INT(read_cut(&reading, "1000a", 5, 5), RUNS_END);
        CHECK_INT(reading.count, RUNS_MOST);
        DID("sent \"b1001a\", and the end");
        CAUSE("look at the number after each digit: it can be too large for an int before a byte "
              "comes");
        expect("b1001a", RUNS_BAD, "b");
        DID("sent \"b4294967299a\", and the end");
        expect("b4294967299a", RUNS_BAD, "b");
        DID("... and asked twice more");
        CHECK_INT(read_cut(&reading, "1001a", 5, 5), RUNS_BAD);
        expect_again(&reading, RUNS_BAD);
    }
}

TESTS
{
    check_limit(3);
    whole();
    pieces();
    ends();
}
