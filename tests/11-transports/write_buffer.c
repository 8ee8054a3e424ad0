/* The buffer of what waits to be sent, alone: compared with a plain array of the same bytes. */
#include "write_buffer.h"
#include "check.h"
#include "errors.h"
#include "faults.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

enum { BLOCK = EDDY_WRITE_BLOCK, MANY = 40 * BLOCK };

static struct eddy_write_buffer buffer;
static char all[MANY], seen[MANY];

static void set_up(void)
{
    eddy_write_buffer_init(&buffer);
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(i * 7 + i / 251);
}

/* What waits, as far as `most` pieces show it. */
static size_t look(int most)
{
    struct iovec pieces[MANY / BLOCK + 2];
    int count = eddy_write_buffer_peek(&buffer, pieces, most);
    size_t n = 0;

    CHECK(count <= most);
    for (int i = 0; i < count; i++) {
        CHECK(pieces[i].iov_len > 0);
        memcpy(seen + n, pieces[i].iov_base, pieces[i].iov_len);
        n += pieces[i].iov_len;
    }
    return n;
}

/* All of it is looked at: the bytes of `all` from `at` to `end`. */
static void check_waits(size_t at, size_t end)
{
    CHECK_INT(buffer.size, (long long)(end - at));
    CHECK_INT(look(MANY / BLOCK + 2), (long long)(end - at));
    CHECK(memcmp(seen, all + at, end - at) == 0);
}

static void add(size_t from, size_t n)
{
    CHECK_CODE(eddy_write_buffer_append(&buffer, all + from, n), 0);
}

static int count_pieces(void)
{
    struct iovec pieces[64];

    return eddy_write_buffer_peek(&buffer, pieces, 64);
}

static void shapes(void)
{
    CASE("an empty one has no pieces, and nothing to drop") {
        set_up();
        check_waits(0, 0);
        CHECK_INT(count_pieces(), 0);
        eddy_write_buffer_consume(&buffer, 0);
        eddy_write_buffer_clear(&buffer);
        eddy_write_buffer_clear(&buffer);
        check_waits(0, 0);
    }

    CASE("no bytes add nothing: no piece, and no memory") {
        set_up();
        faults_plan("malloc@1+=ENOMEM");
        add(0, 0);
        faults_plan("");
        CHECK_INT(count_pieces(), 0);
        add(0, BLOCK);
        faults_plan("malloc@1+=ENOMEM");
        add(0, 0);
        faults_plan("");
        CHECK_INT(count_pieces(), 1);
        eddy_write_buffer_clear(&buffer);
    }

    CASE("bytes are copied: the caller may change them at once") {
        char text[] = "hello";
        set_up();
        CHECK_CODE(eddy_write_buffer_append(&buffer, text, 5), 0);
        memset(text, 'x', 5);
        CHECK_INT(look(1), 5);
        CHECK_BYTES(seen, 5, "hello", 5);
        eddy_write_buffer_clear(&buffer);
    }

    CASE("small pieces share a block: sixteen thousand writes of a byte are one piece") {
        set_up();
        for (size_t i = 0; i < BLOCK; i++)
            add(i, 1);
        CHECK_INT(count_pieces(), 1);
        add(BLOCK, 1);
        CHECK_INT(count_pieces(), 2);
        check_waits(0, BLOCK + 1);
        eddy_write_buffer_clear(&buffer);
    }

    CASE("a large piece fills what room there is, and is one block beyond that") {
        set_up();
        add(0, 100);
        add(100, 5 * BLOCK);
        CHECK_INT(count_pieces(), 2);
        check_waits(0, 100 + 5 * BLOCK);
        eddy_write_buffer_clear(&buffer);
    }

    CASE("at the size of a block, one more and one less") {
        set_up();
        for (size_t n = BLOCK - 1; n <= BLOCK + 1; n++) {
            for (size_t m = BLOCK - 1; m <= BLOCK + 1; m++) {
                add(0, n);
                add(n, m);
                check_waits(0, n + m);
                eddy_write_buffer_consume(&buffer, n);
                check_waits(n, n + m);
                eddy_write_buffer_consume(&buffer, m);
                CHECK_INT(count_pieces(), 0);
            }
        }
    }

    CASE("no more pieces are shown than were asked for, the first ones") {
        set_up();
        for (size_t i = 0; i < 4; i++)
            add(i * BLOCK, BLOCK);
        CHECK_INT(look(0), 0);
        CHECK_INT(look(3), 3 * BLOCK);
        CHECK(memcmp(seen, all, 3 * BLOCK) == 0);
        eddy_write_buffer_clear(&buffer);
    }
}

static void ends(void)
{
    CASE("dropped byte by byte, the rest is right each time") {
        set_up();
        add(0, 3);
        add(3, BLOCK);
        for (size_t i = 0; i < BLOCK + 3; i++) {
            CHECK(look(1) > 0 && seen[0] == all[i]);
            eddy_write_buffer_consume(&buffer, 1);
            CHECK_INT(buffer.size, (long long)(BLOCK + 2 - i));
        }
        CHECK_INT(count_pieces(), 0);
    }

    CASE("one consume drops several blocks and a part of the next, and gives them back") {
        set_up();
        for (size_t i = 0; i < 4; i++)
            add(i * BLOCK, BLOCK);
        eddy_write_buffer_consume(&buffer, 2 * BLOCK + 5);
        CHECK_INT(count_pieces(), 2);
        check_waits(2 * BLOCK + 5, 4 * BLOCK);
        eddy_write_buffer_clear(&buffer);
    }

    CASE("cleared, it is empty, and can be filled again") {
        set_up();
        add(0, 3 * BLOCK);
        eddy_write_buffer_clear(&buffer);
        check_waits(0, 0);
        add(7, 100);
        check_waits(7, 107);
        eddy_write_buffer_clear(&buffer);
    }

    CASE("moved to the end of another, which may be empty, as it may be itself") {
        struct eddy_write_buffer later;
        set_up();
        eddy_write_buffer_init(&later);
        eddy_write_buffer_move(&buffer, &later);
        check_waits(0, 0);
        CHECK_CODE(eddy_write_buffer_append(&later, all, BLOCK + 10), 0);
        eddy_write_buffer_move(&buffer, &later);
        check_waits(0, BLOCK + 10);
        CHECK_CODE(eddy_write_buffer_append(&later, all + BLOCK + 10, 20), 0);
        eddy_write_buffer_move(&buffer, &later);
        CHECK_INT(later.size, 0);
        add(BLOCK + 30, 40);
        check_waits(0, BLOCK + 70);
        eddy_write_buffer_clear(&later);
        check_waits(0, BLOCK + 70);
        eddy_write_buffer_clear(&buffer);
    }
}

static void no_memory(void)
{
    CASE("without memory nothing was added, not even the part for which there was room") {
        set_up();
        faults_plan("malloc@1=ENOMEM");
        CHECK_CODE(eddy_write_buffer_append(&buffer, all, 1), -ENOMEM);
        check_waits(0, 0);
        add(0, 100);
        faults_plan("malloc@1=ENOMEM");
        CHECK_CODE(eddy_write_buffer_append(&buffer, all + 100, BLOCK), -ENOMEM);
        check_waits(0, 100);
        faults_plan("");
        add(100, BLOCK);
        check_waits(0, 100 + BLOCK);
        eddy_write_buffer_clear(&buffer);
    }

    CASE("a piece larger than memory can be is ENOMEM, and no block that is too small") {
        set_up();
        CHECK_CODE(eddy_write_buffer_append(&buffer, all, SIZE_MAX), -ENOMEM);
        CHECK_CODE(eddy_write_buffer_append(&buffer, all, SIZE_MAX - 8), -ENOMEM);
        check_waits(0, 0);
    }
}

/* ---- Compared with an array -------------------------------------------------------------------------- */

static unsigned state;

static size_t below(size_t n)
{
    state = state * 1103515245 + 12345;
    return (state >> 8) % n;
}

/* Mostly small, now and then some blocks. */
static size_t piece(void)
{
    return below(4) == 0 ? below(3 * BLOCK) : below(200);
}

static void play(unsigned seed)
{
    size_t at = 0, end = 0;

    state = seed;
    for (int step = 0; step < 200; step++) {
        size_t n = piece();
        if (below(2) == 0 && n <= MANY - end) {
            add(end, n);
            end += n;
        } else if (n <= end - at) {
            eddy_write_buffer_consume(&buffer, n);
            at += n;
        }
        if (step % 10 == 0)
            check_waits(at, end);
    }
    check_waits(at, end);
    eddy_write_buffer_consume(&buffer, end - at);
    CHECK_INT(count_pieces(), 0);
}

TESTS
{
    shapes();
    ends();
    no_memory();

    CASE("pieces of all sizes, added and dropped by chance: always the bytes of a plain array") {
        set_up();
        for (unsigned seed = 1; seed <= 50; seed++) {
            DID("played seed %u", seed);
            play(seed);
        }
    }
}
