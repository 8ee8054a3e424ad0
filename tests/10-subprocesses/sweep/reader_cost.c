/* What the reader looks at and moves, in bytes: linear in what comes, however small the pieces are. The module
 * is compiled in here once more, with calls that count, and with names of its own. */
#include <string.h>

static unsigned long seen, moved;

/* How far it had to go. */
static void *counting_memchr(const void *bytes, int c, size_t n)
{
    const char *at = memchr(bytes, c, n);

    seen += at ? (unsigned long)(at - (const char *)bytes) + 1 : n;
    return (void *)(size_t)at;
}

static int counting_memcmp(const void *a, const void *b, size_t n)
{
    seen += n;
    return memcmp(a, b, n);
}

static void *counting_memcpy(void *to, const void *from, size_t n)
{
    moved += n;
    return memcpy(to, from, n);
}

static void *counting_memmove(void *to, const void *from, size_t n)
{
    moved += n;
    return memmove(to, from, n);
}

#define eddy_reader_open counting_open
#define eddy_reader_close counting_close
#define eddy_reader_read counting_read
#define eddy_reader_readline counting_readline
#define eddy_reader_readexactly counting_readexactly
#define eddy_reader_readuntil counting_readuntil
#define eddy_reader_readall counting_readall
#define eddy_reader_feed counting_feed
#define eddy_reader_feed_eof counting_feed_eof
#define eddy_reader_set_error counting_set_error
#define memchr counting_memchr
#define memcmp counting_memcmp
#define memcpy counting_memcpy
#define memmove counting_memmove
#include "../../../lib/10-subprocesses/reader.c"
#undef memchr
#undef memcmp
#undef memcpy
#undef memmove

#include "../../08-sync/shared.h"

enum { N = 20000, ALL = 10 * N };

static struct eddy_reader reader;

static void open_reader(void)
{
    set_up();
    reader = (struct eddy_reader){.loop = NULL};
    CHECK_CODE(eddy_reader_open(&reader, &loop, ALL, NULL), 0);
    seen = moved = 0;
}

static void close_reader(void)
{
    eddy_reader_close(&reader);
    tear_down();
}

static void feed_each(const char *piece, size_t n, int times)
{
    for (; times > 0; times--)
        CHECK_CODE(eddy_reader_feed(&reader, piece, n), 0);
}

/* `n` bytes came, and each was looked at and moved so many times at most. */
static void check_cost(unsigned long n, unsigned long looks, unsigned long moves)
{
    DID("fed %lu bytes: %lu were looked at, %lu moved", n, seen, moved);
    CHECK(seen <= looks * n);
    CHECK(moved >= n && moved <= moves * n);
}

TESTS
{
    CASE("a line that comes byte by byte: each is looked at twice at most, and moved a few times") {
        open_reader();
        CHECK_CODE(eddy_reader_readline(&reader)->err, EDDY_EPENDING);
        feed_each("x", 1, N);
        feed_each("\n", 1, 1);
        CHECK_INT(reader.size, N + 1);
        check_cost(N + 1, 2, 3);
        close_reader();
    }

    CASE("the same up to a longer separator, whose beginnings are everywhere") {
        open_reader();
        CHECK_CODE(eddy_reader_readuntil(&reader, "ab\r\n", 4)->err, EDDY_EPENDING);
        feed_each("ab\r", 3, N);
        for (const char *at = "ab\r\n"; *at; at++)
            feed_each(at, 1, 1);
        CHECK_INT(reader.size, 3 * N + 4);
        check_cost(3 * N + 4, 4, 3);
        close_reader();
    }

    CASE("many lines in one piece: a byte is looked at twice at most, and none is moved again") {
        static char lines[ALL];
        open_reader();
        for (int i = 0; i < ALL; i++)
            lines[i] = i % 10 == 9 ? '\n' : 'x';
        feed_each(lines, ALL, 1);
        for (int i = 0; i < N; i++) {
            CHECK_CODE(eddy_reader_readline(&reader)->err, 0);
            CHECK_INT(reader.size, 10);
        }
        check_cost(ALL, 2, 1);
        close_reader();
    }

    CASE("a buffer that stays nearly full is not moved for each byte that is read and fed") {
        static const int fulls[] = {1, 300, 500, 511, 1000, 1023, 5000};
        for (size_t i = 0; i < 2 * sizeof fulls / sizeof fulls[0]; i++) {
            open_reader();
            feed_each("x", 1, fulls[i / 2]);
            for (int k = 0; k < N; k++) {
                feed_each("y", 1, 1);
                CHECK_CODE(eddy_reader_read(&reader, 1)->err, 0);
                if (i % 2) /* what was read is given up before the next byte comes */
                    CHECK(eddy_future_cancel(eddy_reader_readexactly(&reader, SIZE_MAX)));
            }
            check_cost((unsigned long)(N + fulls[i / 2]), 0, 4);
            CHECK(reader.room <= 16384); /* and does not grow for ever */
            close_reader();
        }
    }
}
