/* Bytes that come in any pieces, and are awaited as lines, so many, up to a separator, all. */
#include "../08-sync/shared.h"

#include "reader.h"

#include <limits.h>
#include <stdint.h>

static struct eddy_reader reader;
static int pauses, resumes;

static void on_pause(struct eddy_reader *paused)
{
    CHECK(paused == &reader);
    pauses++;
}

static void on_resume(struct eddy_reader *resumed)
{
    CHECK(resumed == &reader);
    resumes++;
}

static const struct eddy_reader_source source = {.pause = on_pause, .resume = on_resume};

static void open_reader(size_t limit)
{
    set_up();
    pauses = resumes = 0;
    reader = (struct eddy_reader){.loop = NULL};
    CHECK_CODE(eddy_reader_open(&reader, &loop, limit, &source), 0);
}

static void close_reader(void)
{
    eddy_reader_close(&reader);
    tear_down();
}

static void feed(const char *text)
{
    CHECK_CODE(eddy_reader_feed(&reader, text, strlen(text)), 0);
}

/* So many, without an end of line in them. */
static void feed_many(size_t n)
{
    for (; n > 0; n--)
        CHECK_CODE(eddy_reader_feed(&reader, "x", 1), 0);
}

/* `future` is done, with these bytes and no error. */
#define CHECK_GOT(future, text)                                    \
    do {                                                           \
        CHECK_CODE(eddy_future_error(future), 0);                  \
        CHECK_BYTES(reader.data, reader.size, text, strlen(text)); \
    } while (0)

#define READLINE() eddy_reader_readline(&reader)
#define READ(n) eddy_reader_read(&reader, n)
#define EXACTLY(n) eddy_reader_readexactly(&reader, n)
#define UNTIL(separator) eddy_reader_readuntil(&reader, separator, strlen(separator))
#define ALL(most) eddy_reader_readall(&reader, most)
#define PENDING(future) CHECK_CODE(eddy_future_error(future), EDDY_EPENDING)

/* ---- Each kind of read ------------------------------------------------------------------------------ */

static void some(void)
{
    CASE("ST-01: read waits for a byte, and takes what is there, at most so many, or the end") {
        struct eddy_future *future;
        open_reader(0);
        future = READ(4);
        PENDING(future);
        feed("ab");
        CHECK_GOT(future, "ab");
        feed("cdefg");
        CHECK_GOT(READ(4), "cdef");
        CHECK_GOT(READ(4), "g");
        future = READ(SIZE_MAX);
        PENDING(future);
        eddy_reader_feed_eof(&reader);
        CHECK_GOT(future, "");
        CHECK_GOT(READ(4), "");
        close_reader();
    }

    CASE("ST-01: to read nothing is done at once, and takes nothing") {
        open_reader(0);
        CHECK_GOT(READ(0), "");
        feed("ab");
        CHECK_GOT(READ(0), "");
        CHECK_GOT(READ(9), "ab");
        close_reader();
    }

    CASE("all bytes are alike: NUL, 255, and those of a newline in an exact read") {
        char bytes[256];
        open_reader(0);
        for (int i = 0; i < 256; i++)
            bytes[i] = (char)i;
        CHECK_CODE(eddy_reader_feed(&reader, bytes, 256), 0);
        CHECK_CODE(READLINE()->err, 0);
        CHECK_BYTES(reader.data, reader.size, bytes, 11);
        CHECK_CODE(EXACTLY(245)->err, 0);
        CHECK_BYTES(reader.data, reader.size, bytes + 11, 245);
        close_reader();
    }
}

static void lines(void)
{
    CASE("ST-02: a line has its newline, at the end comes the rest, and then nothing") {
        struct eddy_future *future;
        open_reader(0);
        feed("one\n\ntw");
        CHECK_GOT(READLINE(), "one\n");
        CHECK_GOT(READLINE(), "\n");
        future = READLINE();
        PENDING(future);
        feed("o");
        PENDING(future);
        feed("\nthr");
        CHECK_GOT(future, "two\n");
        future = READLINE();
        feed("ee");
        PENDING(future);
        eddy_reader_feed_eof(&reader);
        CHECK_GOT(future, "three");
        CHECK_GOT(READLINE(), "");
        CHECK_GOT(READLINE(), "");
        close_reader();
    }

    CASE("ST-03: what comes after a line stays for the next read, of whatever kind") {
        open_reader(0);
        feed("line\nab--rest");
        CHECK_GOT(READLINE(), "line\n");
        CHECK_GOT(READ(1), "a");
        CHECK_GOT(UNTIL("--"), "b--");
        CHECK_GOT(EXACTLY(2), "re");
        eddy_reader_feed_eof(&reader);
        CHECK_GOT(ALL(99), "st");
        close_reader();
    }

    CASE("ST-07: a line may be as long as the limit, its newline not counted, and no longer") {
        open_reader(5);
        feed("12345\n123456\n");
        CHECK_GOT(READLINE(), "12345\n");
        CHECK_CODE(READLINE()->err, EDDY_ELIMIT);
        CHECK_INT(reader.size, 0);
        close_reader();
    }

    CASE("ST-07: a line that waits is refused with the first byte above the limit, not before") {
        struct eddy_future *future;
        open_reader(5);
        future = READLINE();
        feed("12345");
        PENDING(future);
        feed("\n");
        CHECK_GOT(future, "12345\n");
        future = READLINE();
        feed("12345");
        PENDING(future);
        feed("6");
        CHECK_CODE(future->err, EDDY_ELIMIT);
        close_reader();
    }

    CASE("ST-18: a line that is too long is passed over, if its end is there") {
        open_reader(5);
        feed("1234567\nnext\nthe 2nd\nlast");
        CHECK_CODE(READLINE()->err, EDDY_ELIMIT);
        CHECK_GOT(READLINE(), "next\n");
        CHECK_CODE(READLINE()->err, EDDY_ELIMIT);
        eddy_reader_feed_eof(&reader);
        CHECK_GOT(READLINE(), "last");
        close_reader();
    }

    CASE("ST-18: of a line that is too long and has no end, all that is there is dropped") {
        struct eddy_future *future;
        open_reader(5);
        feed("123456789");
        CHECK_CODE(READLINE()->err, EDDY_ELIMIT);
        future = READLINE();
        PENDING(future);
        feed("0\nnext\n");
        CHECK_GOT(future, "0\n");
        CHECK_GOT(READLINE(), "next\n");
        close_reader();
    }

    CASE("at the end a rest that is longer than the limit is no line, either") {
        open_reader(5);
        feed("123456");
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(READLINE()->err, EDDY_ELIMIT);
        CHECK_GOT(READLINE(), "");
        close_reader();
    }
}

static void exactly(void)
{
    CASE("ST-04: so many bytes and no other number, however they come, none at once") {
        struct eddy_future *future;
        open_reader(0);
        CHECK_GOT(EXACTLY(0), "");
        future = EXACTLY(5);
        feed("12");
        feed("34");
        PENDING(future);
        feed("567");
        CHECK_GOT(future, "12345");
        CHECK_GOT(EXACTLY(0), "");
        CHECK_GOT(EXACTLY(2), "67");
        close_reader();
    }

    CASE("ST-04, R1: the end before so many is EINCOMPLETE, with what there was") {
        struct eddy_future *future;
        open_reader(0);
        future = EXACTLY(5);
        feed("123");
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(future->err, EDDY_EINCOMPLETE);
        CHECK_BYTES(reader.data, reader.size, "123", 3);
        CHECK(eddy_reader_at_eof(&reader));
        CHECK_CODE(EXACTLY(1)->err, EDDY_EINCOMPLETE);
        CHECK_INT(reader.size, 0);
        CHECK_GOT(EXACTLY(0), "");
        close_reader();
    }

    CASE("a number that no memory could hold waits for the end as any other") {
        open_reader(0);
        feed("123");
        PENDING(EXACTLY(SIZE_MAX));
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(reader.future.err, EDDY_EINCOMPLETE);
        CHECK_BYTES(reader.data, reader.size, "123", 3);
        close_reader();
    }
}

static void until(void)
{
    CASE("ST-05: a separator is found wherever the pieces are cut, and is in the result") {
        static const char text[] = "ab\r\n\r\ncd";
        for (size_t cut = 0; cut <= sizeof text - 1; cut++) {
            struct eddy_future *future;
            open_reader(0);
            future = UNTIL("\r\n\r\n");
            CHECK_CODE(eddy_reader_feed(&reader, text, cut), 0);
            CHECK_CODE(eddy_reader_feed(&reader, text + cut, sizeof text - 1 - cut), 0);
            CHECK_GOT(future, "ab\r\n\r\n");
            CHECK_GOT(READ(9), "cd");
            close_reader();
        }
    }

    CASE("ST-05: a separator of no bytes is EINVAL, and takes nothing") {
        open_reader(0);
        feed("ab");
        CHECK_CODE(eddy_reader_readuntil(&reader, "x", 0)->err, -EINVAL);
        CHECK_GOT(READ(9), "ab");
        close_reader();
    }

    CASE("R1: a separator that overlaps with its beginning is found: aab in aaab, byte by byte") {
        static const char *const cases[][3] = {{"aaab", "aab", "aaab"},
                                               {"ababac", "abac", "ababac"},
                                               {"aaaa", "aa", "aa"},
                                               {"\n\n\nx", "\n\n", "\n\n"},
                                               {"aaaaaaab", "ab", "aaaaaaab"}};
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            struct eddy_future *future;
            DID("looked for %s in %s", cases[i][1], cases[i][0]);
            open_reader(0);
            future = UNTIL(cases[i][1]);
            for (const char *at = cases[i][0]; *at; at++)
                CHECK_CODE(eddy_reader_feed(&reader, at, 1), 0);
            CHECK_GOT(future, cases[i][2]);
            close_reader();
        }
    }

    CASE("what the last read has taken is not looked at: half a separator before it is none") {
        open_reader(0);
        feed("x\r\ny\r\n");
        CHECK_GOT(READ(2), "x\r");
        CHECK_GOT(UNTIL("\r\n"), "\ny\r\n");
        close_reader();
    }

    CASE("ST-06: the end before the separator is EINCOMPLETE, with all that there was") {
        struct eddy_future *future;
        open_reader(0);
        future = UNTIL("--");
        feed("ab");
        feed("c-");
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(future->err, EDDY_EINCOMPLETE);
        CHECK_BYTES(reader.data, reader.size, "abc-", 4);
        CHECK_CODE(UNTIL("--")->err, EDDY_EINCOMPLETE);
        CHECK_INT(reader.size, 0);
        close_reader();
    }

    CASE("ST-19, R1: more than the limit before a separator is ELIMIT, and nothing was taken") {
        open_reader(5);
        feed("123456--x");
        CHECK_CODE(UNTIL("--")->err, EDDY_ELIMIT);
        CHECK_INT(reader.size, 6);
        CHECK_CODE(UNTIL("--")->err, EDDY_ELIMIT);
        CHECK_GOT(EXACTLY(8), "123456--");
        CHECK_GOT(READ(9), "x");
        close_reader();
    }

    CASE("ST-19: without a separator it is ELIMIT as soon as none can begin within the limit") {
        struct eddy_future *future;
        open_reader(5);
        future = UNTIL("--");
        feed("12345-");
        PENDING(future);
        feed("-");
        CHECK_GOT(future, "12345--");
        future = UNTIL("--");
        feed("12345x");
        PENDING(future);
        feed("-");
        CHECK_CODE(future->err, EDDY_ELIMIT);
        CHECK_INT(reader.size, 6);
        CHECK_GOT(READ(9), "12345x-");
        close_reader();
    }
}

static void all(void)
{
    CASE("all is what comes up to the end, be it nothing") {
        struct eddy_future *future;
        open_reader(0);
        future = ALL(10);
        feed("one\n");
        feed("two\n");
        PENDING(future);
        eddy_reader_feed_eof(&reader);
        CHECK_GOT(future, "one\ntwo\n");
        CHECK_GOT(ALL(10), "");
        CHECK_GOT(ALL(0), "");
        close_reader();
    }

    CASE("more than so many is ELIMIT, with the first ones, just so many is none") {
        struct eddy_future *future;
        open_reader(0);
        future = ALL(4);
        feed("1234");
        PENDING(future);
        feed("5");
        CHECK_CODE(future->err, EDDY_ELIMIT);
        CHECK_BYTES(reader.data, reader.size, "1234", 4);
        eddy_reader_feed_eof(&reader);
        CHECK_GOT(ALL(1), "5");
        close_reader();
    }

    CASE("asyncio 168: to read to the end of ten times the limit does not hang") {
        struct eddy_future *future;
        open_reader(100);
        feed_many(201);
        CHECK_INT(pauses, 1);
        future = ALL(SIZE_MAX);
        CHECK_INT(resumes, 1);
        feed_many(799);
        CHECK_INT(pauses, 1); /* it waits: whoever feeds goes on */
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(future->err, 0);
        CHECK_INT(reader.size, 1000);
        close_reader();
    }

    CASE("an exact read of ten times the limit does not hang, either") {
        struct eddy_future *future;
        open_reader(100);
        feed_many(201);
        future = EXACTLY(1000);
        CHECK_INT(resumes, 1);
        feed_many(799);
        CHECK_CODE(future->err, 0);
        CHECK(pauses == 1 && resumes == 1);
        close_reader();
    }

    CASE("ST-10: at the end is when the end has come, and all was read") {
        open_reader(0);
        CHECK(!eddy_reader_at_eof(&reader));
        feed("ab");
        eddy_reader_feed_eof(&reader);
        CHECK(!eddy_reader_at_eof(&reader));
        CHECK_GOT(READ(1), "a");
        CHECK(!eddy_reader_at_eof(&reader));
        CHECK_GOT(READ(1), "b");
        CHECK(eddy_reader_at_eof(&reader));
        close_reader();
    }
}

/* ---- The source ------------------------------------------------------------------------------------- */

static void pausing(void)
{
    CASE("ST-08: the source pauses above twice the limit, once, and goes on at the limit, once") {
        open_reader(4);
        feed("12345678");
        CHECK_INT(pauses, 0);
        feed("9");
        CHECK_INT(pauses, 1);
        feed("0"); /* it was on its way */
        CHECK(pauses == 1 && resumes == 0);
        CHECK_GOT(READ(5), "12345");
        CHECK_INT(resumes, 0);
        CHECK_GOT(READ(1), "6");
        CHECK_INT(resumes, 1);
        CHECK_GOT(READ(1), "7");
        CHECK(pauses == 1 && resumes == 1);
        feed("123456");
        CHECK_INT(pauses, 2);
        CHECK_GOT(READ(9), "890123456");
        CHECK(pauses == 2 && resumes == 2);
        close_reader();
    }

    CASE("a read that waits for more lets a paused source go on") {
        struct eddy_future *future;
        open_reader(4);
        feed("123456789");
        CHECK_INT(pauses, 1);
        future = EXACTLY(12);
        CHECK_INT(resumes, 1);
        feed("0abcdefghijk");
        CHECK_GOT(future, "1234567890ab");
        CHECK(pauses == 2 && resumes == 1); /* nine are left */
        close_reader();
    }

    CASE("a cancelled read no longer waits: the source pauses, if there is enough") {
        struct eddy_future *future;
        open_reader(4);
        future = EXACTLY(100);
        feed("12345678");
        CHECK(eddy_future_cancel(future));
        CHECK_INT(pauses, 0);
        future = EXACTLY(100);
        feed("9");
        CHECK_INT(pauses, 0);
        CHECK(eddy_future_cancel(future));
        CHECK(pauses == 1 && resumes == 0);
        close_reader();
    }

    CASE("after the end, or an error, there is nobody to pause") {
        struct eddy_future *future;
        for (int i = 0; i < 2; i++) {
            open_reader(4);
            future = EXACTLY(100);
            feed("123456789");
            i == 0 ? eddy_reader_feed_eof(&reader) : eddy_reader_set_error(&reader, -EIO);
            CHECK_CODE(future->err, i == 0 ? EDDY_EINCOMPLETE : -EIO);
            CHECK_INT(pauses, 0);
            close_reader();
        }
    }

    CASE("a source that has paused, and has ended then, is not told to go on") {
        for (int i = 0; i < 2; i++) {
            open_reader(4);
            feed("123456789");
            CHECK_INT(pauses, 1);
            i == 0 ? eddy_reader_feed_eof(&reader) : eddy_reader_set_error(&reader, -EIO);
            CHECK_CODE(READ(9)->err, i == 0 ? 0 : -EIO);
            CHECK_CODE(READ(9)->err, i == 0 ? 0 : -EIO);
            CHECK_INT(resumes, 0);
            close_reader();
        }
    }

    CASE("limits of one byte and of all bytes pause where they should") {
        open_reader(1);
        feed("12");
        CHECK_INT(pauses, 0);
        feed("3");
        CHECK_INT(pauses, 1);
        close_reader();
        open_reader(SIZE_MAX);
        feed("123\n");
        CHECK_GOT(READLINE(), "123\n");
        CHECK(pauses == 0 && resumes == 0);
        close_reader();
    }

    CASE("a limit of 0 is the usual one, and who cannot pause is not asked to") {
        char bytes[4096] = "";
        open_reader(0);
        eddy_reader_close(&reader);
        CHECK_CODE(eddy_reader_open(&reader, &loop, 0, NULL), 0);
        for (int i = 0; i < 40; i++)
            CHECK_CODE(eddy_reader_feed(&reader, bytes, sizeof bytes), 0);
        CHECK_CODE(READLINE()->err, EDDY_ELIMIT);
        CHECK(pauses == 0 && resumes == 0);
        close_reader();
    }
}

/* ---- What a read has returned ----------------------------------------------------------------------- */

/* What the last read has returned, as the next read does; and nothing is taken. */
static void give_up(void)
{
    CHECK(eddy_future_cancel(EXACTLY(SIZE_MAX)));
}

static void staying(void)
{
    CASE("what a read has returned stays, though more comes: until the next read") {
        static const size_t firsts[] = {1, 7, 200, 511, 512, 513, 3000};
        char bytes[5000], *data;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)(i * 7 + i / 251);
        for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++)
            for (size_t piece = 1; piece < 2000; piece = piece * 3 + 1) {
                size_t n = firsts[i], fed = n + 3;
                DID("read %zu bytes, and fed pieces of %zu", n, piece);
                open_reader(0);
                CHECK_CODE(eddy_reader_feed(&reader, bytes, fed), 0);
                CHECK_CODE(EXACTLY(n)->err, 0);
                data = reader.data;
                for (; fed + piece <= sizeof bytes; fed += piece)
                    CHECK_CODE(eddy_reader_feed(&reader, bytes + fed, piece), 0);
                CHECK(reader.data == data);
                CHECK_BYTES(reader.data, reader.size, bytes, n);
                CHECK_CODE(EXACTLY(fed - n)->err, 0);
                CHECK_BYTES(reader.data, reader.size, bytes + n, fed - n);
                close_reader();
            }
    }

    CASE("a buffer is used again from its front: what is read as it comes takes no more memory") {
        char bytes[100] = "";
        long before;
        open_reader(0);
        feed_many(50);
        before = allocations();
        for (int i = 0; i < 1000; i++) {
            CHECK_CODE(eddy_reader_feed(&reader, bytes, sizeof bytes), 0);
            CHECK_CODE(EXACTLY(sizeof bytes)->err, 0);
            give_up();
        }
        CHECK_INT(allocations(), before);
        close_reader();
    }

    CASE("one large piece is no reason to keep so much when it was read") {
        static char bytes[100000];
        open_reader(64);
        CHECK_CODE(eddy_reader_feed(&reader, bytes, sizeof bytes), 0);
        CHECK_CODE(EXACTLY(sizeof bytes)->err, 0);
        give_up();
        CHECK_INT(reader.room, 0);
        feed("ab");
        CHECK_GOT(READ(2), "ab");
        close_reader();
    }

    CASE("a refused read leaves what the last one has returned") {
        open_reader(0);
        feed("abcd");
        CHECK_GOT(READ(2), "ab");
        CHECK_CODE(eddy_reader_readuntil(&reader, "x", 0)->err, -EINVAL);
        CHECK_BYTES(reader.data, reader.size, "ab", 2);
        close_reader();
    }
}

/* ---- Two, cancels, errors, the end ------------------------------------------------------------------ */

static void refused(void)
{
    CASE("ST-09, R3: a second read is EWATCHED at once, and the first goes on") {
        struct eddy_future *first;
        open_reader(0);
        first = READLINE();
        CHECK_CODE(READLINE()->err, EDDY_EWATCHED);
        CHECK_CODE(READ(0)->err, EDDY_EWATCHED);
        CHECK_CODE(ALL(9)->err, EDDY_EWATCHED);
        PENDING(first);
        feed("a\n");
        CHECK_GOT(first, "a\n");
        close_reader();
    }

    CASE("ST-17, R3: a cancelled read takes nothing: the next one has all that came") {
        struct eddy_future *future;
        open_reader(0);
        feed("ab");
        future = READLINE();
        CHECK(eddy_future_cancel(future));
        CHECK_CODE(future->err, -ECANCELED);
        feed("c\nd");
        CHECK_GOT(READLINE(), "abc\n");
        future = EXACTLY(5);
        feed("e");
        CHECK(eddy_future_cancel(future) && !eddy_future_cancel(future));
        feed("f");
        CHECK_GOT(READ(9), "def");
        close_reader();
    }

    CASE("ST-11: an error is the outcome of the read that waits, and of each later one") {
        struct eddy_future *future;
        open_reader(0);
        future = READLINE();
        feed("ab");
        eddy_reader_set_error(&reader, -ECONNRESET);
        CHECK_CODE(future->err, -ECONNRESET);
        eddy_reader_set_error(&reader, -EIO); /* the first one stays */
        for (int i = 0; i < 2; i++)
            CHECK_CODE(READLINE()->err, -ECONNRESET);
        CHECK_CODE(READ(0)->err, -ECONNRESET);
        CHECK_CODE(EXACTLY(1)->err, -ECONNRESET);
        CHECK_CODE(UNTIL("b")->err, -ECONNRESET);
        CHECK_CODE(ALL(9)->err, -ECONNRESET);
        close_reader();
    }

    CASE("ST-20: an error comes before the bytes that are left, in each kind of read") {
        open_reader(0);
        feed("line\nmore");
        eddy_reader_feed_eof(&reader);
        eddy_reader_set_error(&reader, -EIO);
        CHECK_CODE(READ(1)->err, -EIO);
        CHECK_CODE(READLINE()->err, -EIO);
        CHECK_CODE(EXACTLY(1)->err, -EIO);
        CHECK_CODE(UNTIL("\n")->err, -EIO);
        CHECK_CODE(ALL(99)->err, -EIO);
        CHECK_INT(reader.size, 0);
        close_reader();
    }

    CASE("what is no error becomes EINVAL, so that no read waits for ever or succeeds by it") {
        static const int codes[] = {0, 7, EDDY_EPENDING};
        for (int i = 0; i < 3; i++) {
            struct eddy_future *future;
            open_reader(0);
            future = READLINE();
            eddy_reader_set_error(&reader, codes[i]);
            CHECK_CODE(future->err, -EINVAL);
            close_reader();
        }
    }

    CASE("R5: fed after the end it is EDONE, and what was there stays") {
        open_reader(0);
        feed("ab");
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(eddy_reader_feed(&reader, "c", 1), EDDY_EDONE);
        CHECK_CODE(eddy_reader_feed(&reader, "", 0), EDDY_EDONE);
        eddy_reader_feed_eof(&reader);
        CHECK_GOT(ALL(9), "ab");
        close_reader();
        open_reader(0);
        eddy_reader_set_error(&reader, -EIO);
        CHECK_CODE(eddy_reader_feed(&reader, "c", 1), EDDY_EDONE);
        close_reader();
    }

    CASE("fed with nothing, nothing happens: it is not the end") {
        struct eddy_future *future;
        open_reader(0);
        future = READ(1);
        CHECK_CODE(eddy_reader_feed(&reader, "", 0), 0);
        PENDING(future);
        CHECK(!eddy_reader_at_eof(&reader));
        close_reader();
    }

    CASE("nobody but the reader ends a read") {
        struct eddy_future *future;
        open_reader(0);
        future = READLINE();
        CHECK_CODE(eddy_future_set_result(future, NULL), EDDY_EOTHER);
        CHECK_CODE(eddy_future_set_error(future, -EIO), EDDY_EOTHER);
        feed("a\n");
        CHECK_GOT(future, "a\n");
        close_reader();
    }
}

static void ending(void)
{
    CASE("closed while a read waits: ECLOSED, and each later call, too, twice is harmless") {
        struct eddy_future *future;
        open_reader(0);
        future = READLINE();
        feed("ab");
        eddy_reader_close(&reader);
        CHECK_CODE(future->err, EDDY_ECLOSED);
        CHECK(reader.data == NULL && reader.size == 0);
        CHECK_CODE(READLINE()->err, EDDY_ECLOSED);
        CHECK_CODE(eddy_reader_feed(&reader, "a", 1), EDDY_ECLOSED);
        eddy_reader_feed_eof(&reader);
        eddy_reader_set_error(&reader, -EIO);
        close_reader();
        eddy_reader_close(&reader);
    }

    CASE("one that was zeroed is closed") {
        set_up();
        reader = (struct eddy_reader){.loop = NULL};
        eddy_reader_close(&reader);
        CHECK_CODE(READLINE()->err, EDDY_ECLOSED);
        CHECK_CODE(eddy_reader_feed(&reader, "a", 1), EDDY_ECLOSED);
        tear_down();
    }

    CASE("opened twice it is EQUEUED, closed it can be opened again, and has nothing of before") {
        open_reader(0);
        feed("ab");
        CHECK_CODE(eddy_reader_open(&reader, &loop, 0, NULL), EDDY_EQUEUED);
        eddy_reader_feed_eof(&reader);
        eddy_reader_set_error(&reader, -EIO);
        eddy_reader_close(&reader);
        CHECK_CODE(eddy_reader_open(&reader, &loop, 0, &source), 0);
        PENDING(READ(1));
        feed("c");
        CHECK_GOT(&reader.future, "c");
        close_reader();
    }

    CASE("of a closed loop nothing is opened or read, and what was open is closed without harm") {
        static struct eddy_reader other;
        open_reader(0);
        PENDING(READLINE());
        tear_down();
        CHECK_CODE(eddy_reader_open(&other, &loop, 0, NULL), EDDY_ECLOSED);
        CHECK_CODE(READLINE()->err, EDDY_ECLOSED);
        eddy_reader_feed(&reader, "a\n", 2);
        CHECK_CODE(READLINE()->err, EDDY_ECLOSED);
        eddy_reader_feed_eof(&reader);
        eddy_reader_close(&reader);
    }

    CASE("opening allocates nothing, nor does reading, each allocation of a feed may fail") {
        char bytes[400] = "";
        long before;
        int refusals = 0;
        open_reader(0);
        before = allocations();
        CHECK_CODE(READ(0)->err, 0);
        CHECK_INT(allocations(), before);
        for (int i = 0; i < 20; i++) { /* before each allocation one that fails */
            faults_plan("malloc@1=ENOMEM");
            if (eddy_reader_feed(&reader, bytes, sizeof bytes) == -ENOMEM) {
                refusals++;
                CHECK_CODE(eddy_reader_feed(&reader, bytes, sizeof bytes), 0);
            }
            faults_plan("");
            if (i % 4 == 1) {
                before = allocations();
                CHECK_CODE(EXACTLY(100)->err, 0);
                CHECK_INT(allocations(), before);
            }
        }
        CHECK(refusals > 1); /* how large the steps are is free */
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(ALL(SIZE_MAX)->err, 0);
        CHECK_INT(reader.size, 20 * 400 - 5 * 100); /* none was taken twice */
        close_reader();
    }

    CASE("a piece that no memory could hold is ENOMEM, and none of it is read") {
        open_reader(0);
        feed("a");
        CHECK_CODE(eddy_reader_feed(&reader, "b", SIZE_MAX), -ENOMEM);
        CHECK_CODE(eddy_reader_feed(&reader, "b", SIZE_MAX / 2), -ENOMEM);
        feed("c");
        CHECK_GOT(READ(9), "ac");
        close_reader();
    }
}

/* ---- In tasks --------------------------------------------------------------------------------------- */

struct line_reader {
    struct eddy_co co;
};

static struct eddy_step line_reader(struct eddy_co *co)
{
    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_reader_readline(&reader));
        if (reader.size == 0)
            break;
        note("%.*s", (int)reader.size - 1, reader.data);
    }
    note("end");
    CO_FINALLY(co);
    note("%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Somebody outside of the line, who is heard only after a look at the descriptors. */
static void on_outside(struct eddy_handle *handle)
{
    (void)handle;
    eddy_loop_stop(&loop);
}

/* Tells another one each byte that it hears, a hundred times. */
struct talker {
    struct eddy_co co;
    struct eddy_reader *ear, *other;
    struct eddy_handle *outside; /* called for at the first byte */
    int heard;
};

static struct eddy_step talker(struct eddy_co *co)
{
    struct talker *self = CO_FRAME(co, talker);

    CO_BEGIN(co);
    for (; self->heard < 100; self->heard++) {
        CO_AWAIT(co, eddy_reader_read(self->ear, 1));
        CHECK_CODE(eddy_reader_feed(self->other, "x", 1), 0);
        if (self->outside)
            CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, self->outside), 0);
        self->outside = NULL;
    }
    CO_END(co);
}

static void in_tasks(void)
{
    CASE("two tasks that feed each other have a step each in a turn, and others have theirs") {
        static struct eddy_reader other;
        static struct eddy_task a, b;
        static struct talker frames[2];
        static struct eddy_handle outside;
        open_reader(0);
        CHECK_CODE(eddy_reader_open(&other, &loop, 0, NULL), 0);
        eddy_handle_init(&outside, on_outside);
        eddy_task_start(&a, &loop, talker, &frames[0], .ear = &reader, .other = &other,
                        .outside = &outside);
        eddy_task_start(&b, &loop, talker, &frames[1], .ear = &other, .other = &reader);
        turns(1);
        feed("x");
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CAUSE("whoever waits for what a task has fed goes on in the same turn, which has no end");
        CHECK(frames[0].heard + frames[1].heard <= 4);
        eddy_task_cancel(&a);
        eddy_task_cancel(&b);
        run_out();
        eddy_reader_close(&other);
        close_reader();
    }

    CASE("a task reads what comes from a callback, and from outside of a run") {
        static struct eddy_task a;
        static struct line_reader frame;
        open_reader(0);
        eddy_task_start(&a, &loop, line_reader, &frame);
        turns(1);
        feed("one\ntwo\nth");
        turns(2);
        EXPECT("one two");
        feed("ree\n");
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &a.future), 0);
        EXPECT("three end OK");
        close_reader();
    }

    CASE("a task whose read is cancelled leaves the bytes to the next, closed upon, it is told") {
        static struct eddy_task a;
        static struct line_reader frame;
        open_reader(0);
        eddy_task_start(&a, &loop, line_reader, &frame);
        turns(1);
        feed("half");
        CHECK(eddy_task_cancel(&a));
        run_out();
        EXPECT("ECANCELED");
        eddy_task_start(&a, &loop, line_reader, &frame);
        turns(1);
        feed(" a line\n");
        run_out();
        EXPECT("half a line");
        eddy_reader_close(&reader);
        run_out();
        EXPECT("EDDY_ECLOSED");
        close_reader();
    }

    CASE("closed upon, and opened again in the same turn: it is ECLOSED all the same, no end") {
        static struct eddy_task a;
        static struct line_reader frame;
        open_reader(0);
        eddy_task_start(&a, &loop, line_reader, &frame);
        turns(1);
        eddy_reader_close(&reader);
        CHECK_CODE(eddy_reader_open(&reader, &loop, 0, NULL), 0);
        run_out();
        EXPECT("EDDY_ECLOSED");
        close_reader();
    }

    CASE("an abandoned task's read leaves no pointer: fed or cancelled, nothing of it comes") {
        static struct eddy_task a;
        static struct line_reader frame;
        open_reader(0);
        eddy_task_start(&a, &loop, line_reader, &frame);
        turns(1);
        eddy_task_abandon(&a);
        memset(&frame, 0x5a, sizeof frame);
        feed("a\n");
        turns(1);
        EXPECT("");
        close_reader();
    }
}

TESTS
{
    some();
    lines();
    exactly();
    until();
    all();
    pausing();
    staying();
    refused();
    ending();
    in_tasks();
}
