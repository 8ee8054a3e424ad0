/* What the chapter's own tests look at as a whole, here one function after the other. */
#include "check.h"

#include "faults.h"
#include "write_buffer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

enum { BLOCK = EDDY_WRITE_BLOCK, MANY = 8 * BLOCK, PIECES = 12 };

/* The rest is what a list's head is taken for, if somebody takes it for a block. */
static struct {
    struct eddy_write_buffer buffer;
    size_t end, room;
    char bytes[64];
} here;

static struct iovec pieces[PIECES];
static char all[MANY];

static void set_up(void)
{
    here.room = sizeof here.bytes;
    eddy_write_buffer_init(&here.buffer);
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(i * 7 + i / 251);
}

/* `all` from `from` on. Their memory changes after that. */
static int append(size_t from, size_t n)
{
    char *copy = malloc(n + 1);
    int err;

    memcpy(copy, all + from, n);
    err = eddy_write_buffer_append(&here.buffer, copy, n);
    memset(copy, '?', n);
    free(copy);
    return err;
}

static int peek(void)
{
    return eddy_write_buffer_peek(&here.buffer, pieces, PIECES);
}

/* What waits is `all` from `from` to `end`, in these pieces. */
static void check_waits(size_t from, size_t end)
{
    int count = peek();

    CHECK_INT(here.buffer.size, (long long)(end - from));
    for (int i = 0; i < count; i++) {
        size_t n = pieces[i].iov_len;
        CHECK(n > 0 && n <= end - from);
        CHECK_BYTES(pieces[i].iov_base, n, all + from, n);
        from += n;
    }
    CHECK_INT(from, (long long)end);
}

static void tear_down(void)
{
    eddy_write_buffer_clear(&here.buffer);
}

/* ---- block_with_room(), make_block(), fill_block(), append ------------------------------------------ */

static void adding(void)
{
    CASE("what was added waits, in order, though the caller's bytes are gone") {
        set_up();
        DID("added 5 bytes to an empty buffer");
        IF_CRASH("block_with_room(): in an empty list there is no last block: blocks.prev is the "
                 "list itself");
        CAUSE("append makes a block when there is none with room, and eddy_list_append() puts it "
              "into the list; block_with_room() says NULL for an empty list");
        CHECK_CODE(append(0, 5), 0);
        CHECK_INT(peek(), 1);
        CAUSE("fill_block() counts the bytes in the block (`end`) and in the buffer (`size`)");
        CHECK_INT(here.buffer.size, 5);
        CHECK_INT(pieces[0].iov_len, 5);
        CAUSE("fill_block() copies: the caller may change its bytes when append has returned");
        check_waits(0, 5);
        DID("added 7 more");
        CAUSE("fill_block() copies to the block's `end`, after what is there");
        CHECK_CODE(append(5, 7), 0);
        check_waits(0, 12);
        tear_down();
    }

    CASE("small pieces share a block") {
        set_up();
        DID("added a byte, and then many pieces, without memory for a second block");
        CHECK_CODE(append(0, 1), 0);
        for (size_t at = 1; at < BLOCK - 1; at += 127) {
            size_t n = BLOCK - 1 - at < 127 ? BLOCK - 1 - at : 127;
            faults_plan("malloc@2+=ENOMEM"); /* the first one is this test's copy */
            CAUSE("a block has room for EDDY_WRITE_BLOCK bytes at least (make_block()), and the "
                  "last one is filled first (block_with_room())");
            CHECK_CODE(append(at, n), 0);
            faults_plan("");
        }
        CHECK_INT(peek(), 1);
        check_waits(0, BLOCK - 1);
        tear_down();
    }

    CASE("the last block is filled, and not the first") {
        set_up();
        DID("three blocks wait, and the last has room; added 10 bytes");
        CHECK_CODE(append(0, BLOCK), 0);
        CHECK_CODE(append(BLOCK, BLOCK), 0);
        CHECK_CODE(append(2 * BLOCK, 10), 0);
        CAUSE("peek: a piece for each block, from the front");
        CHECK_INT(peek(), 3);
        CAUSE("block_with_room() looks at the last block, blocks.prev");
        CHECK_CODE(append(2 * BLOCK + 10, 10), 0);
        CHECK_INT(peek(), 3);
        check_waits(0, 2 * BLOCK + 20);
        tear_down();
    }

    CASE("a large piece fills the room there is, and the rest is one block") {
        set_up();
        DID("added 100 bytes, and then 5 blocks' worth");
        IF_CRASH("make_block(): there is room for all of the n bytes, if they are more than "
                 "EDDY_WRITE_BLOCK");
        CHECK_CODE(append(0, 100), 0);
        CHECK_CODE(append(100, 5 * BLOCK), 0);
        CAUSE("append: as many as fit go into the last block, and the rest into one new block, "
              "however much it is");
        CHECK_INT(peek(), 2);
        CHECK_INT(pieces[0].iov_len, BLOCK);
        CAUSE("append: the new block gets what comes after those that have fitted");
        check_waits(0, 100 + 5 * BLOCK);
        tear_down();
    }

    CASE("0 bytes are nothing") {
        set_up();
        DID("added 0 bytes to an empty buffer, and to one whose block is full");
        CAUSE("append: 0 bytes make no block, and no piece");
        CHECK_CODE(append(0, 0), 0);
        CHECK_INT(peek(), 0);
        CHECK_CODE(append(0, BLOCK), 0);
        CHECK_CODE(append(0, 0), 0);
        CHECK_INT(peek(), 1);
        DID("added exactly as many as fit");
        CAUSE("append: what fits exactly needs no second block");
        tear_down();
        set_up();
        CHECK_CODE(append(0, 100), 0);
        CHECK_CODE(append(100, BLOCK - 100), 0);
        CHECK_INT(peek(), 1);
        check_waits(0, BLOCK);
        tear_down();
    }

    CASE("without memory nothing is added") {
        set_up();
        DID("added 100 bytes, and then a block's size, for which there is no memory");
        CHECK_CODE(append(0, 100), 0);
        faults_plan("malloc@2=ENOMEM");
        CAUSE("append: make_block() says NULL without memory; that is -ENOMEM");
        CHECK_CODE(append(100, BLOCK), -ENOMEM);
        faults_plan("");
        CAUSE("append: the new block is made before anything is filled, so an error leaves all as "
              "it was");
        check_waits(0, 100);
        CHECK_CODE(append(100, BLOCK), 0);
        check_waits(0, 100 + BLOCK);
        tear_down();
        DID("added SIZE_MAX - 8 bytes");
        IF_CRASH("make_block(): the struct and the room together may be more than SIZE_MAX: NULL");
        CAUSE("make_block(): the struct and the room together may be more than SIZE_MAX: NULL");
        CHECK_CODE(eddy_write_buffer_append(&here.buffer, all, SIZE_MAX - 8), -ENOMEM);
    }
}

/* ---- peek, consume -------------------------------------------------------------------------------- */

static void taking(void)
{
    CASE("as many pieces are shown as were asked for, from the front, and all stays") {
        set_up();
        for (size_t i = 0; i < 4; i++)
            CHECK_CODE(append(i * BLOCK, BLOCK), 0);
        DID("four blocks wait; asked for 3 pieces, for none, and for 12");
        pieces[3].iov_len = 99;
        CAUSE("peek fills in `most` pieces, and no more");
        CHECK_INT(eddy_write_buffer_peek(&here.buffer, pieces, 3), 3);
        CHECK_INT(pieces[3].iov_len, 99);
        CHECK_INT(eddy_write_buffer_peek(&here.buffer, pieces, 0), 0);
        CAUSE("peek: a piece for each block, from the front");
        CHECK_INT(peek(), 4);
        CHECK_BYTES(pieces[1].iov_base, 16, all + BLOCK, 16);
        CAUSE("peek changes nothing");
        check_waits(0, 4 * BLOCK);
        tear_down();
    }

    CASE("what was dropped is gone, and what comes after it is first") {
        set_up();
        CHECK_CODE(append(0, 100), 0);
        DID("100 bytes wait; dropped 10, and then 5");
        eddy_write_buffer_consume(&here.buffer, 10);
        CAUSE("consume counts the buffer's `size` down");
        CHECK_INT(here.buffer.size, 90);
        CAUSE("consume moves the block's `start`; peek shows from there to `end`");
        CHECK_INT(peek(), 1);
        CHECK_INT(pieces[0].iov_len, 90);
        check_waits(10, 100);
        eddy_write_buffer_consume(&here.buffer, 5);
        CAUSE("consume: `start` moves on from where it was");
        check_waits(15, 100);
        eddy_write_buffer_consume(&here.buffer, 0);
        check_waits(15, 100);
        tear_down();
    }

    CASE("what is sent from a block's start makes no room at its end") {
        set_up();
        CHECK_CODE(append(0, BLOCK), 0);
        DID("a full block waits; dropped 10 bytes, and added 10");
        IF_CRASH("room is what comes after `end`: what was sent before `start` gives none back");
        CAUSE("room is what comes after `end`: what was sent before `start` gives none back");
        eddy_write_buffer_consume(&here.buffer, 10);
        CHECK_CODE(append(BLOCK, 10), 0);
        CHECK_INT(peek(), 2);
        check_waits(10, BLOCK + 10);
        tear_down();
    }

    CASE("one consume may drop several blocks, and a part of the next") {
        set_up();
        for (size_t i = 0; i < 4; i++)
            CHECK_CODE(append(i * BLOCK, BLOCK), 0);
        DID("four full blocks wait; dropped two of them and 5 bytes");
        IF_CRASH("consume goes on with the next block, as long as bytes are left to drop");
        IF_HANG("consume: a block whose last byte goes is taken out of the list, and `n` becomes "
                "less");
        eddy_write_buffer_consume(&here.buffer, 2 * BLOCK + 5);
        CAUSE("consume goes on with the next block, as long as bytes are left to drop");
        CHECK_INT(peek(), 2);
        check_waits(2 * BLOCK + 5, 4 * BLOCK);
        DID("and then so many that 7 are left");
        CAUSE("consume: of a block wait the bytes from `start` to `end`; 5 of these were gone "
              "before");
        IF_CRASH("consume: of a block wait the bytes from `start` to `end`; 5 of these were gone "
                 "before");
        IF_HANG("consume: of a block wait the bytes from `start` to `end`; 5 of these were gone "
                "before");
        eddy_write_buffer_consume(&here.buffer, 2 * BLOCK - 5 - 7);
        CHECK_INT(peek(), 1);
        check_waits(4 * BLOCK - 7, 4 * BLOCK);
        tear_down();
    }

    CASE("a block whose last byte goes is given back, and nothing is shown of it") {
        set_up();
        CHECK_CODE(append(0, BLOCK), 0);
        CHECK_CODE(append(BLOCK, 3), 0);
        DID("dropped exactly the first block, and then the 3 bytes that are left");
        IF_HANG("consume: a block whose last byte goes is taken out of the list");
        eddy_write_buffer_consume(&here.buffer, BLOCK);
        CAUSE("consume: a block whose last byte goes is taken out, also if `n` ends with it: a "
              "piece of 0 bytes would be sent for ever");
        CHECK_INT(peek(), 1);
        check_waits(BLOCK, BLOCK + 3);
        eddy_write_buffer_consume(&here.buffer, 3);
        CHECK_INT(peek(), 0);
        CHECK_INT(here.buffer.size, 0);
    }
}

/* ---- clear, move ---------------------------------------------------------------------------------- */

static void ending(void)
{
    CASE("cleared, it is empty and owns nothing; and it can be filled and cleared again") {
        set_up();
        for (size_t i = 0; i < 3; i++)
            CHECK_CODE(append(i * BLOCK, BLOCK), 0);
        DID("three blocks wait; cleared");
        IF_CRASH("clear: a block is taken out of the list, and then freed");
        IF_HANG("clear: each round takes a block out of the list");
        eddy_write_buffer_clear(&here.buffer);
        CAUSE("clear: no bytes wait any more: the list is empty, and `size` is 0");
        CHECK_INT(peek(), 0);
        CHECK_INT(here.buffer.size, 0);
        DID("added 9 bytes, and cleared twice");
        CHECK_CODE(append(0, 9), 0);
        check_waits(0, 9);
        eddy_write_buffer_clear(&here.buffer);
        eddy_write_buffer_clear(&here.buffer);
        CHECK_INT(peek(), 0);
    }

    CASE("moved, all comes to the end of the other, and the first can be used again") {
        struct eddy_write_buffer later;
        set_up();
        eddy_write_buffer_init(&later);
        DID("100 bytes wait in one, two blocks and 3 bytes in the other; moved those to the first");
        CHECK_CODE(append(0, 100), 0);
        CHECK_CODE(eddy_write_buffer_append(&later, all + 100, BLOCK), 0);
        CHECK_CODE(eddy_write_buffer_append(&later, all + 100 + BLOCK, BLOCK + 3), 0);
        eddy_write_buffer_move(&here.buffer, &later);
        CAUSE("move: what waits in both is counted in `to`, and `from` has 0");
        CHECK_INT(here.buffer.size, 100 + 2 * BLOCK + 3);
        CHECK_INT(later.size, 0);
        CAUSE("move: all blocks go to the end of `to`, in their order (eddy_list_move())");
        CHECK_INT(eddy_write_buffer_peek(&later, pieces, PIECES), 0);
        CHECK_INT(peek(), 3);
        check_waits(0, 100 + 2 * BLOCK + 3);
        DID("moved again, from the one that is empty now; then filled it, and moved once more");
        CAUSE("move: `from` is an empty buffer after that");
        eddy_write_buffer_move(&here.buffer, &later);
        check_waits(0, 100 + 2 * BLOCK + 3);
        CHECK_CODE(eddy_write_buffer_append(&later, all + 100 + 2 * BLOCK + 3, 50), 0);
        eddy_write_buffer_move(&here.buffer, &later);
        check_waits(0, 100 + 2 * BLOCK + 53);
        eddy_write_buffer_clear(&later);
        check_waits(0, 100 + 2 * BLOCK + 53);
        tear_down();
        DID("moved 100 bytes to one that is empty");
        IF_CRASH("move: the blocks must point to the list of `to`, also if that was empty");
        IF_HANG("move: the blocks must point to the list of `to`, also if that was empty");
        CAUSE("move: the blocks must point to the list of `to`, also if that was empty");
        CHECK_CODE(eddy_write_buffer_append(&later, all, 100), 0);
        eddy_write_buffer_move(&here.buffer, &later);
        CHECK_INT(peek(), 1);
        check_waits(0, 100);
        tear_down();
    }
}

TESTS
{
    adding();
    taking();
    ending();
}
