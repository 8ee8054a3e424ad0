/* What the chapter's own tests look at in detail, here one function after the other. */
#include "cast.h"

#include <stdint.h>

/* ---- take_bytes(), look_for_any(), look_for_n() ----------------------------------------------------- */

static void taking(void)
{
    CASE("a read takes from the front, and what it does not take stays") {
        set_up_reader(0);
        DID("fed \"hello\"; read at most 3 bytes, and then at most 10");
        CAUSE("take_bytes() sets `data` to the first unread byte, and `size`; look_for_any() takes "
              "what is "
              "there, at most wish.n");
        CHECK_CODE(feed("hello"), 0);
        CHECK_CODE(some(3), 0);
        CHECK_TEXT(got(), "hel");
        CHECK(reader.data == reader.bytes);
        CAUSE("what take_bytes() has taken is read: `start` moves past it");
        CHECK_INT(unread_bytes(), 2);
        CAUSE("look_for_any() takes what is there, at most wish.n: one byte is enough");
        CHECK_CODE(some(10), 0);
        CHECK_TEXT(got(), "lo");
        CHECK_INT(unread_bytes(), 0);
        tear_down_reader();
    }

    CASE("a read of some bytes waits for one, and not for all") {
        set_up_reader(0);
        DID("began to read at most 5 bytes, and fed one");
        CAUSE("look_for_any(): nothing is there, and the end has not come: EDDY_EPENDING");
        CHECK_CODE(some(5), EDDY_EPENDING);
        CAUSE("look_for_any(): one byte is enough");
        CHECK_CODE(feed("a"), 0);
        CHECK_CODE(now(), 0);
        CHECK_TEXT(got(), "a");
        tear_down_reader();
    }

    CASE("0 bytes are the end, and what is left comes before that") {
        set_up_reader(0);
        DID("before a piece has come, read at most 0 bytes");
        CAUSE("look_for_any(): whoever wants 0 bytes need not wait");
        CHECK_CODE(some(0), 0);
        CHECK_INT(reader.size, 0);
        CAUSE("take_bytes(): as long as there is no buffer, `data` is NULL");
        CHECK(reader.data == NULL);
        DID("fed \"x\" and the end, and read three times");
        CAUSE("look_for_any(): what is there is taken, also after the end");
        CHECK_CODE(feed("x"), 0);
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(some(5), 0);
        CHECK_TEXT(got(), "x");
        CAUSE("look_for_any(): nothing is there, and the end has come: 0 bytes, and no error");
        CHECK_CODE(some(5), 0);
        CHECK_INT(reader.size, 0);
        CHECK_CODE(some(5), 0);
        tear_down_reader();
    }
}

static void counting(void)
{
    CASE("readexactly waits for all of its bytes, and takes no more") {
        set_up_reader(0);
        DID("began to read 4 bytes; fed \"ab\", \"c\" and \"def\"");
        CAUSE("look_for_n(): fewer than wish.n, and the end has not come: EDDY_EPENDING");
        CHECK_CODE(exactly(4), EDDY_EPENDING);
        CHECK_CODE(feed("ab"), 0);
        CHECK_CODE(feed("c"), 0);
        CHECK_CODE(now(), EDDY_EPENDING);
        CHECK_CODE(feed("def"), 0);
        CAUSE("look_for_n(): take_bytes() wish.n bytes, and not all that are there");
        CHECK_CODE(now(), 0);
        CHECK_TEXT(got(), "abcd");
        CHECK_INT(unread_bytes(), 2);
        CAUSE("look_for_n(): 0 bytes are always there");
        CHECK_CODE(exactly(0), 0);
        CHECK_INT(reader.size, 0);
        tear_down_reader();
    }

    CASE("readexactly at the end: all bytes are 0, too few are EDDY_EINCOMPLETE, and are given") {
        set_up_reader(0);
        DID("fed \"abcdef\" and the end; read 4 bytes, and 4 more");
        CHECK_CODE(feed("abcdef"), 0);
        eddy_reader_feed_eof(&reader);
        CAUSE("look_for_n(): wish.n bytes are there, so the end does not matter");
        CHECK_CODE(exactly(4), 0);
        CHECK_TEXT(got(), "abcd");
        CAUSE("look_for_n(): the end came first: take_bytes() what there is, and EDDY_EINCOMPLETE");
        CHECK_CODE(exactly(4), EDDY_EINCOMPLETE);
        CHECK_TEXT(got(), "ef");
        CHECK_INT(unread_bytes(), 0);
        tear_down_reader();
        set_up_reader(0);
        DID("fed \"abcd\" and the end, and read 4 bytes");
        CAUSE("look_for_n(): exactly wish.n bytes are enough");
        CHECK_CODE(feed("abcd"), 0);
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(exactly(4), 0);
        tear_down_reader();
    }
}

/* ---- make_room() ------------------------------------------------------------------------------- */

static void growing(void)
{
    CASE("the buffer grows as far as it must, and no byte is lost or changed") {
        set_up_reader(1 << 20);
        DID("fed 26 times 100 bytes, and read them all");
        CAUSE("make_room(): there must be n bytes of room after `end`: double `room` until there "
              "are");
        IF_CRASH("make_room() has not made as much room as feed needs");
        for (int i = 0; i < 26; i++)
            CHECK_CODE(feed_many((char)('a' + i), 100), 0);
        CHECK_CODE(exactly(2600), 0);
        for (int i = 0; i < 2600; i++)
            CHECK_INT(reader.data[i], 'a' + i / 100);
        tear_down_reader();
        set_up_reader(1 << 20);
        DID("fed 512 bytes, and then 5000 in one piece");
        IF_CRASH("make_room(): to double once may not be enough");
        CHECK_CODE(feed_many('a', 512), 0);
        CHECK_CODE(feed_many('b', 5000), 0);
        CAUSE("make_room(): to double once may not be enough");
        CHECK(reader.room >= 5512);
        CHECK_CODE(exactly(5512), 0);
        CHECK_INT(reader.data[511], 'a');
        CHECK_INT(reader.data[512], 'b');
        tear_down_reader();
    }

    CASE("what was read stays where it is while pieces come, until the next read") {
        const char *data;

        set_up_reader(0);
        DID("fed \"Ann\\n\" and 10 bytes, read the line, and fed 600 bytes");
        CHECK_CODE(feed("Ann\n0123456789"), 0);
        CHECK_CODE(exactly(4), 0);
        data = reader.data;
        CHECK_CODE(feed_many('x', 600), 0);
        CAUSE("make_room(): the buffer that holds the data of the last read is kept: move_bytes()");
        IF_CRASH("make_room(): the buffer that holds the data of the last read is kept: "
                 "move_bytes()");
        CHECK(reader.data == data);
        CHECK_TEXT(got(), "Ann\n");
        CAUSE("what is unread moves to the new buffer");
        CHECK_CODE(exactly(610), 0);
        CHECK_BYTES(reader.data, 10, "0123456789", 10);
        CHECK_INT(reader.data[609], 'x');
        tear_down_reader();
        set_up_reader(0);
        DID("fed a line of 400 bytes, read it, and fed 200 bytes, for which there is room in "
            "front");
        IF_CRASH(
            "make_room(): what counts is the room after `end`; in front there is none as long as "
            "data lies there");
        CHECK_CODE(feed_many('a', 399), 0);
        CHECK_CODE(feed("\n"), 0);
        CHECK_CODE(exactly(400), 0);
        CHECK_CODE(feed_many('x', 200), 0);
        CAUSE(
            "make_room(): while the buffer holds data (holds_data()), nothing moves to its front: "
            "the line lies there");
        CHECK_INT(reader.size, 400);
        CHECK_INT(reader.data[0], 'a');
        CHECK_INT(reader.data[398], 'a');
        tear_down_reader();
    }

    CASE("room in front is used again, when nobody has data there") {
        const char *bytes;

        set_up_reader(0);
        DID("400 bytes were read, 2 are unread, a read waits; fed 200 bytes");
        CHECK_CODE(feed_many('a', 400), 0);
        CHECK_CODE(feed("bc"), 0);
        CHECK_CODE(exactly(400), 0);
        CHECK_CODE(exactly(300), EDDY_EPENDING);
        bytes = reader.bytes;
        CHECK_CODE(feed_many('d', 200), 0);
        CAUSE("make_room(): the few bytes that are unread move to the front (move_to_front()); a "
              "new buffer is not needed");
        CHECK_INT(reader.room, 512);
        CHECK(reader.bytes == bytes);
        CHECK_CODE(feed_many('e', 98), 0);
        CHECK_CODE(now(), 0);
        CHECK_BYTES(reader.data, 3, "bcd", 3);
        CHECK_INT(reader.data[299], 'e');
        tear_down_reader();
    }

    CASE("a byte is moved a few times at most, also in a long queue of single bytes") {
        int moves = 0;

        set_up_reader(0);
        DID("511 bytes lie there; read one and fed one, 2000 times");
        CHECK_CODE(feed_many('a', 511), 0);
        for (int i = 0; i < 2000; i++) {
            size_t before;

            CHECK_CODE(exactly(1), 0);
            reader.data = NULL; /* as if a read waited: the data is given up */
            before = reader.start;
            CHECK_CODE(feed("b"), 0);
            moves += reader.start < before;
        }
        CAUSE("make_room(): move to the front only what is not more than `start`; and a new buffer "
              "has room for used + used / 2 + n at least: each move is of all that is unread");
        CHECK(moves <= 8);
        CHECK_INT(unread_bytes(), 511);
        CAUSE("make_room(): a buffer need not be so large");
        CHECK(reader.room <= 2048);
        tear_down_reader();
    }

    CASE("more than there can be is -ENOMEM, and so is no memory; nothing was taken") {
        set_up_reader(0);
        CHECK_CODE(feed("12345"), 0);
        DID("fed 5 bytes, and 600 while malloc() fails");
        faults_plan("malloc@1=ENOMEM");
        CAUSE("make_room() returns what move_bytes() has returned, and eddy_reader_feed() that");
        IF_CRASH(
            "make_room() returns what move_bytes() has returned, and eddy_reader_feed() that, and "
            "copies nothing");
        CHECK_CODE(eddy_reader_feed(&reader, reported, 600), -ENOMEM);
        faults_plan("");
        CHECK_INT(unread_bytes(), 5);
        DID("fed SIZE_MAX - 2 bytes when 5 lie there");
        CAUSE("make_room(): a sum that overflows is small: ask first whether n is more than "
              "SIZE_MAX / 4 - used");
        IF_CRASH("make_room(): a sum that overflows is small: ask first whether n is more than "
                 "SIZE_MAX / 4 - used");
        IF_HANG("make_room(): a room that is doubled too often is 0: ask first whether n is more "
                "than SIZE_MAX / 4 - used");
        CHECK_CODE(eddy_reader_feed(&reader, "", SIZE_MAX - 2), -ENOMEM);
        CHECK_INT(unread_bytes(), 5);
        CHECK_CODE(exactly(5), 0);
        CHECK_TEXT(got(), "12345");
        tear_down_reader();
    }
}

/* ---- eddy_reader_feed(), look_again(), cancel_read() --------------------------------------------- */

static void feeding(void)
{
    CASE("a piece is copied to the end of the buffer, and a read that waits looks at it") {
        const char *data;

        set_up_reader(0);
        DID("a read of at most 4 bytes waits; fed \"one \" and \"two \"");
        IF_CRASH("make_room() has not made as much room as eddy_reader_feed() needs");
        CAUSE("look_for_any(): nothing is there, and the end has not come: EDDY_EPENDING");
        CHECK_CODE(some(4), EDDY_EPENDING);
        CAUSE("eddy_reader_feed() calls look_again(); if a read waits, that calls look_now(), and "
              "finishes reader->future with what it says");
        CHECK_CODE(feed("one "), 0);
        CHECK_CODE(now(), 0);
        CAUSE("look_again(): a read that is done waits no more (`waits`)");
        CHECK(!reader.waits);
        CAUSE("look_again(): when no read waits it does not look: what comes is the next read's");
        data = reader.data;
        CHECK_CODE(feed("two "), 0);
        CHECK(reader.data == data);
        tear_down_reader();
        set_up_reader(0);
        DID("fed \"one \", \"two \" and \"three\"");
        CAUSE("eddy_reader_feed() copies n bytes to bytes + end, and `end` moves past them");
        CHECK_CODE(feed("one "), 0);
        CHECK_CODE(feed("two "), 0);
        CHECK_CODE(feed("three"), 0);
        CHECK_INT(unread_bytes(), 13);
        CHECK_BYTES(reader.bytes, 13, "one two three", 13);
        tear_down_reader();
    }

    CASE("nothing comes in after the end, after an error, or when it is closed") {
        set_up_reader(0);
        DID("fed \"a\", the end, and \"b\"");
        CHECK_CODE(feed("a"), 0);
        eddy_reader_feed_eof(&reader);
        CAUSE("eddy_reader_feed() after the end (`eof`) is EDDY_EDONE");
        CHECK_CODE(feed("b"), EDDY_EDONE);
        CHECK_INT(unread_bytes(), 1);
        DID("closed it, and fed \"b\"");
        CAUSE("eddy_reader_feed() of a closed reader (`loop` is NULL) is EDDY_ECLOSED");
        IF_CRASH("eddy_reader_feed() of a closed reader (`loop` is NULL) is EDDY_ECLOSED");
        eddy_reader_close(&reader);
        CHECK_CODE(feed("b"), EDDY_ECLOSED);
        tear_down_reader();
        set_up_reader(0);
        DID("set the error -EIO, and fed \"b\"");
        eddy_reader_set_error(&reader, -EIO);
        CAUSE("eddy_reader_feed() after an error (`err` is negative) is EDDY_EDONE");
        CHECK_CODE(feed("b"), EDDY_EDONE);
        tear_down_reader();
    }

    CASE("a piece of 0 bytes is nothing, and not the end") {
        set_up_reader(0);
        DID("a read waits; fed 0 bytes, and then \"abcdef\"");
        CHECK_CODE(some(5), EDDY_EPENDING);
        CAUSE("eddy_reader_feed() of 0 bytes: 0, and nothing has happened");
        CHECK_CODE(eddy_reader_feed(&reader, NULL, 0), 0);
        CHECK(reader.bytes == NULL);
        CHECK_CODE(now(), EDDY_EPENDING);
        CHECK_CODE(feed("abcdef"), 0);
        CHECK_CODE(now(), 0);
        tear_down_reader();
    }
}

static void looking_again(void)
{
    CASE("a read that waits is done when its bytes come, with them as its result") {
        set_up_reader(0);
        DID("a read of 4 bytes waits; fed \"ab\" and \"c\\nd\"");
        CHECK_CODE(exactly(4), EDDY_EPENDING);
        CHECK_CODE(feed("ab"), 0);
        CAUSE("look_again(): EDDY_EPENDING: the read waits on");
        CHECK_CODE(now(), EDDY_EPENDING);
        CHECK_CODE(feed("c\nd"), 0);
        CAUSE("eddy_reader_feed() calls look_again(); if a read waits, that calls look_now(), and "
              "finishes reader->future with what it says");
        CHECK_CODE(now(), 0);
        CHECK_TEXT(got(), "abc\n");
        CAUSE("look_again(): the result of the future is reader->data");
        CHECK(reader.future.result == reader.data);
        CAUSE("look_again(): a read that is done waits no more (`waits`)");
        CHECK(!reader.waits);
        tear_down_reader();
    }

    CASE("what comes after a read is done is the next read's") {
        set_up_reader(0);
        DID("a read of 2 bytes waits; fed \"a\\n\" and \"b\\n\" before anybody ran; read again");
        CHECK_CODE(exactly(2), EDDY_EPENDING);
        CHECK_CODE(feed("a\n"), 0);
        CAUSE("look_again(): after the read is done `waits` is false, and it looks no more");
        IF_CRASH("look_again(): a future is finished once: after that `waits` is false");
        CHECK_CODE(feed("b\n"), 0);
        CHECK_CODE(now(), 0);
        CHECK_TEXT(got(), "a\n");
        CHECK_CODE(exactly(2), 0);
        CHECK_TEXT(got(), "b\n");
        tear_down_reader();
    }

    CASE("the end and an error end a read that waits") {
        set_up_reader(0);
        DID("a read waits; the end came");
        CHECK_CODE(some(5), EDDY_EPENDING);
        eddy_reader_feed_eof(&reader);
        CAUSE("look_again() is called at the end, too, and finishes the read");
        CHECK_CODE(now(), 0);
        CHECK_INT(reader.size, 0);
        tear_down_reader();
        set_up_reader(0);
        DID("a read waits for 5 bytes; \"ab\" came, and the error -EIO");
        CHECK_CODE(exactly(5), EDDY_EPENDING);
        CHECK_CODE(feed("ab"), 0);
        eddy_reader_set_error(&reader, -EIO);
        CAUSE("look_again() asks look_now(), which says the source's error first; wish.look() does "
              "not");
        CHECK_CODE(now(), -EIO);
        tear_down_reader();
    }
}

static void cancelling(void)
{
    CASE("a read that is cancelled has taken nothing") {
        set_up_reader(0);
        DID("a read waits for 10 bytes; fed \"abc\"; cancelled it; fed \"d\\n\", and read a line");
        CHECK_CODE(exactly(10), EDDY_EPENDING);
        CHECK_CODE(feed("abc"), 0);
        CAUSE("cancel_read() ends the future with -ECANCELED");
        eddy_future_cancel(&reader.future);
        CHECK_CODE(now(), -ECANCELED);
        CAUSE("cancel_read(): what has come stays unread");
        CHECK_INT(unread_bytes(), 3);
        CAUSE("cancel_read(): it `waits` no more, and what comes is not for it");
        IF_CRASH("cancel_read(): it `waits` no more, and what comes is not for it");
        CHECK_CODE(feed("d\n"), 0);
        CHECK_CODE(line(), 0);
        CHECK_TEXT(got(), "abcd\n");
        tear_down_reader();
    }

    CASE("after a cancel nobody waits for much, and the source may have to pause") {
        set_up_reader(4);
        DID("limit 4; a read waits for 100 bytes; fed 20; cancelled it");
        CHECK_CODE(exactly(100), EDDY_EPENDING);
        CHECK_CODE(feed_many('a', 20), 0);
        CHECK_INT(pauses, 0);
        eddy_future_cancel(&reader.future);
        CAUSE("cancel_read() regulates the source, after it has set `waits`: 20 bytes are enough "
              "when nobody waits");
        CHECK_INT(pauses, 1);
        tear_down_reader();
    }
}

/* ---- find_separator() -------------------------------------------------------------------------- */

/* Feeds the text in two pieces, cut at `cut`, while a read waits for the separator. */
static void cut_in_two(const char *text, size_t cut, const char *separator, const char *want,
                       const char *cause)
{
    set_up_reader(0);
    DID("a read waits for the end of a part; fed its text in two pieces, cut after %zu bytes", cut);
    CAUSE("%s", cause);
    IF_CRASH(
        "find_separator(): fewer bytes than the separator has hold none (a size_t below 0 is very "
        "large), and no byte from `end` on is looked at");
    CHECK_CODE(until(separator), EDDY_EPENDING);
    CHECK_CODE(feed_bytes(text, cut), 0);
    CHECK_CODE(feed(text + cut), 0);
    CHECK_CODE(now(), 0);
    CAUSE("look_for_separator(): take_bytes() what is before the separator, and the separator");
    CHECK_TEXT(got(), want);
    tear_down_reader();
}

static void finding(void)
{
    CASE("a separator is found in each cut, also when it is cut itself") {
        for (size_t cut = 0; cut <= 12; cut++)
            cut_in_two("GET /\r\n\r\nabc", cut, "\r\n\r\n", "GET /\r\n\r\n",
                       "find_separator(): a separator may begin in the last bytes that were there, "
                       "one fewer than it has: `looked` must not pass them");
    }

    CASE("a separator that comes byte by byte is found") {
        const char *text = "ab\r\n\rc\r\n\r\n";

        set_up_reader(0);
        DID("a read waits for \\r\\n\\r\\n; fed ab\\r\\n\\rc\\r\\n\\r\\n byte by byte");
        CAUSE("find_separator(): a place where the first byte matched, but not all, is passed by "
              "one");
        CHECK_CODE(until("\r\n\r\n"), EDDY_EPENDING);
        for (const char *at = text; *at; at++) {
            CHECK_CODE(now(), EDDY_EPENDING);
            CHECK_CODE(feed_bytes(at, 1), 0);
        }
        CHECK_CODE(now(), 0);
        CHECK_TEXT(got(), text);
        tear_down_reader();
    }

    CASE("a separator that begins inside of one that failed is found") {
        const char *cause =
            "find_separator(): after a beginning that failed the search goes on at the "
            "next place, not after what has matched";

        for (size_t cut = 0; cut <= 5; cut++)
            cut_in_two("aaabx", cut, "aab", "aaab", cause);
        for (size_t cut = 0; cut <= 7; cut++)
            cut_in_two("ababacx", cut, "abac", "ababac", cause);
    }

    CASE("the search begins at what is unread, and ends where that ends") {
        set_up_reader(0);
        DID("fed \"a;bb;c\", and read up to ; three times");
        CAUSE("find_separator() begins at bytes + start");
        CHECK_CODE(feed("a;bb;c"), 0);
        CHECK_CODE(until(";"), 0);
        CHECK_TEXT(got(), "a;");
        CAUSE("find_separator(): when it is found `looked` is its place, by which the limit is "
              "counted");
        CHECK_INT(reader.looked, 1);
        CAUSE("find_separator() begins at bytes + start");
        CHECK_CODE(until(";"), 0);
        CHECK_TEXT(got(), "bb;");
        CHECK_CODE(until(";"), EDDY_EPENDING);
        tear_down_reader();
        set_up_reader(0);
        DID("fed \"ab\\r\\n\", read it; fed \"ab\\r\", which lies where a \\n was after it");
        CAUSE("find_separator() must not look behind `end`: old bytes lie there");
        CHECK_CODE(feed("ab\r\n"), 0);
        CHECK_CODE(until("\r\n"), 0);
        CHECK_CODE(until("\r\n"), EDDY_EPENDING);
        CHECK_CODE(feed("ab\r"), 0);
        CHECK_CODE(now(), EDDY_EPENDING);
        CAUSE("find_separator(): the last place worth a look is that from which the separator just "
              "fits");
        CHECK_CODE(feed("\n"), 0);
        CHECK_CODE(now(), 0);
        tear_down_reader();
        set_up_reader(0);
        DID("a read waits for a separator of 6 bytes; fed 2, which begin it");
        CAUSE("find_separator(): fewer bytes than the separator has hold none");
        IF_CRASH("find_separator(): fewer bytes than the separator has hold none; a size_t below 0 "
                 "is very large");
        CHECK_CODE(until("abcdef"), EDDY_EPENDING);
        CHECK_CODE(feed("ab"), 0);
        CHECK_CODE(now(), EDDY_EPENDING);
        CHECK_CODE(feed("cdef"), 0);
        CHECK_CODE(now(), 0);
        tear_down_reader();
    }

    CASE("no byte is looked at twice, however small the pieces are") {
        set_up_reader(0);
        DID("a read waits for a newline; fed 1000 bytes; and wrote newlines over them, secretly");
        CAUSE("look_for_line(): what look_for_separator() says stays, but EDDY_EINCOMPLETE");
        CHECK_CODE(line(), EDDY_EPENDING);
        CHECK_CODE(feed_many('a', 1000), 0);
        memset(reader.bytes + reader.start, '\n', 1000);
        CHECK_CODE(feed("b"), 0);
        CAUSE(
            "find_separator() begins at `looked`; what it has looked at it does not look at again, "
            "or a long line that comes byte by byte costs its length squared");
        CHECK_CODE(now(), EDDY_EPENDING);
        CAUSE("`looked` counts the places where no separator begins");
        CHECK_INT(reader.looked, 1001);
        CHECK_CODE(feed("\n"), 0);
        CHECK_CODE(now(), 0);
        CHECK_INT(reader.size, 1002);
        tear_down_reader();
    }
}

/* ---- look_for_separator() ---------------------------------------------------------------------- */

static void separating(void)
{
    CASE("readuntil takes up to the separator, with it, and leaves what comes after") {
        set_up_reader(0);
        DID("fed \"key: value\", and read up to \": \"");
        CAUSE("look_for_separator(): take_bytes() what is before the separator, and the separator");
        CHECK_CODE(feed("key: value"), 0);
        CHECK_CODE(until(": "), 0);
        CHECK_TEXT(got(), "key: ");
        CHECK_INT(unread_bytes(), 5);
        CAUSE("look_for_separator(): not found, and the end has not come: EDDY_EPENDING");
        CHECK_CODE(until(": "), EDDY_EPENDING);
        eddy_reader_feed_eof(&reader);
        CAUSE(
            "look_for_separator(): not found, and the end has come: take_bytes() what is left, and "
            "EDDY_EINCOMPLETE");
        CHECK_CODE(now(), EDDY_EINCOMPLETE);
        CHECK_TEXT(got(), "value");
        CHECK_INT(unread_bytes(), 0);
        CHECK_CODE(until(": "), EDDY_EINCOMPLETE);
        CHECK_INT(reader.size, 0);
        tear_down_reader();
    }

    CASE("the limit counts what is before the separator: exactly so much is allowed") {
        set_up_reader(5);
        DID("limit 5; fed \"12345\\r\\n\" in two pieces, and read up to \\r\\n");
        CHECK_CODE(until("\r\n"), EDDY_EPENDING);
        CHECK_CODE(feed("12345\r"), 0);
        CAUSE("look_for_separator(): `looked` is 5, which is not more than the limit: it waits");
        CHECK_CODE(now(), EDDY_EPENDING);
        CHECK_CODE(feed("\n"), 0);
        CHECK_CODE(now(), 0);
        CHECK_TEXT(got(), "12345\r\n");
        tear_down_reader();
    }

    CASE("more than the limit is EDDY_ELIMIT, and nothing was taken") {
        set_up_reader(5);
        DID("limit 5; fed \"123456;7\", and read up to ;");
        CHECK_CODE(feed("123456;7"), 0);
        CAUSE("look_for_separator(): `looked` is more than the limit: EDDY_ELIMIT, also when the "
              "separator is there");
        CHECK_CODE(until(";"), EDDY_ELIMIT);
        CAUSE("look_for_separator(): at the limit `size` is how far it has looked");
        CHECK_INT(reader.size, 6);
        CAUSE("look_for_separator(): at the limit nothing is taken");
        CHECK_INT(unread_bytes(), 8);
        CHECK_CODE(some(100), 0);
        CHECK_TEXT(got(), "123456;7");
        DID("limit 5; a read up to ; waits; fed \"12345\" and \"6\"");
        CHECK_CODE(until(";"), EDDY_EPENDING);
        CHECK_CODE(feed("12345"), 0);
        CHECK_CODE(now(), EDDY_EPENDING);
        CAUSE(
            "look_for_separator(): the limit is passed without a separator: it cannot come in time "
            "any more");
        CHECK_CODE(feed("6"), 0);
        CHECK_CODE(now(), EDDY_ELIMIT);
        CHECK_INT(unread_bytes(), 6);
        DID("and then the end came, and it read up to ; once more");
        eddy_reader_feed_eof(&reader);
        CAUSE("look_for_separator(): the limit comes before the end");
        CHECK_CODE(until(";"), EDDY_ELIMIT);
        CHECK_INT(unread_bytes(), 6);
        tear_down_reader();
    }
}

/* ---- look_for_line(), pass_over_line() ----------------------------------------------------------- */

static void lines(void)
{
    CASE("a line has its newline; the last one may have none; then come 0 bytes") {
        set_up_reader(0);
        DID("fed \"a\\n\\nb\" and the end, and read four lines");
        CHECK_CODE(feed("a\n\nb"), 0);
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(line(), 0);
        CHECK_TEXT(got(), "a\n");
        CHECK_CODE(line(), 0);
        CHECK_TEXT(got(), "\n");
        CAUSE("look_for_line(): the last line without a newline is a line: EDDY_EINCOMPLETE "
              "becomes 0");
        CHECK_CODE(line(), 0);
        CHECK_TEXT(got(), "b");
        CAUSE("look_for_line(): at the end a line of 0 bytes, and 0");
        CHECK_CODE(line(), 0);
        CHECK_INT(reader.size, 0);
        tear_down_reader();
    }

    CASE("a line that is too long is passed over, and the next one is read") {
        set_up_reader(5);
        DID("limit 5; fed \"123456\\nab\\n\", and read two lines");
        CHECK_CODE(feed("123456\nab\n"), 0);
        CAUSE("look_for_line(): EDDY_ELIMIT stays");
        CHECK_CODE(line(), EDDY_ELIMIT);
        CAUSE("pass_over_line(): nobody wants a part of such a line: data NULL, size 0");
        CHECK_INT(reader.size, 0);
        CHECK(reader.data == NULL);
        CAUSE(
            "pass_over_line(): up to the newline, and with it; what comes after is the next line");
        CHECK_INT(unread_bytes(), 3);
        CHECK_CODE(line(), 0);
        CHECK_TEXT(got(), "ab\n");
        tear_down_reader();
        set_up_reader(5);
        DID("limit 5; fed 20 bytes, a newline, \"ab\\n\" in one piece, and read two lines");
        CHECK_CODE(feed("01234567890123456789\nab\n"), 0);
        CHECK_CODE(line(), EDDY_ELIMIT);
        CHECK_CODE(line(), 0);
        CHECK_TEXT(got(), "ab\n");
        tear_down_reader();
    }

    CASE("a line that is too long and has no end yet: all that lies there is passed over") {
        set_up_reader(5);
        DID("limit 5; a read of a line waits; fed \"1234567\", and then \"8\\nab\\n\"");
        CHECK_CODE(line(), EDDY_EPENDING);
        CHECK_CODE(feed("1234567"), 0);
        CHECK_CODE(now(), EDDY_ELIMIT);
        CAUSE(
            "pass_over_line(): without a newline all that lies there is passed over: else the next "
            "read finds the same line, for ever");
        CHECK_INT(unread_bytes(), 0);
        CHECK_INT(reader.size, 0);
        CHECK_CODE(feed("8\nab\n"), 0);
        CHECK_CODE(line(), 0);
        CHECK_TEXT(got(), "8\n");
        CHECK_CODE(line(), 0);
        CHECK_TEXT(got(), "ab\n");
        tear_down_reader();
    }

    CASE("a line of exactly the limit is a line, with its newline or without") {
        set_up_reader(5);
        DID("limit 5; fed \"12345\\n54321\" and the end, and read two lines");
        CHECK_CODE(feed("12345\n54321"), 0);
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(line(), 0);
        CHECK_TEXT(got(), "12345\n");
        CHECK_CODE(line(), 0);
        CHECK_TEXT(got(), "54321");
        tear_down_reader();
    }
}

/* ---- regulate_source() -------------------------------------------------------------------------- */

static void pausing(void)
{
    CASE("above twice the limit the source pauses, once; at the limit it goes on") {
        set_up_reader(10);
        DID("limit 10; fed 20 bytes, and then one more, and one more");
        CHECK_CODE(feed_many('a', 20), 0);
        CAUSE("regulate_source(): twice the limit is not more than twice the limit");
        CHECK_INT(pauses, 0);
        CHECK_CODE(feed("b"), 0);
        CAUSE("regulate_source(): more than twice the limit, and nobody waits: pause_source()");
        CHECK_INT(pauses, 1);
        CHECK_CODE(feed("c"), 0);
        CHECK_INT(pauses, 1);
        DID("and read so much that 11 were left, and then one more");
        CAUSE("regulate_source(): between the limit and twice the limit it stays as it is");
        CHECK_CODE(exactly(11), 0);
        CHECK_INT(resumes, 0);
        CAUSE("regulate_source(): the limit or less: resume_source()");
        CHECK_CODE(exactly(1), 0);
        CHECK_INT(resumes, 1);
        CHECK_CODE(exactly(10), 0);
        CHECK_INT(resumes, 1);
        tear_down_reader();
    }

    CASE("asyncio issue 99: a read of more than the limit does not wait for a source that rests") {
        set_up_reader(10);
        DID("limit 10; fed 30 bytes; began to read 100, and fed 70 more");
        CHECK_CODE(feed_many('a', 30), 0);
        CHECK_INT(pauses, 1);
        CHECK_CODE(exactly(100), EDDY_EPENDING);
        CAUSE("regulate_source(): a read that waits wants more, however much there is: "
              "resume_source()");
        CHECK_INT(resumes, 1);
        CHECK_CODE(feed_many('b', 60), 0);
        CAUSE("regulate_source(): no pause while a read waits, which says how much is enough");
        CHECK_INT(pauses, 1);
        CHECK_CODE(feed_many('c', 10), 0);
        CHECK_CODE(now(), 0);
        CHECK_INT(reader.size, 100);
        tear_down_reader();
    }

    CASE("asyncio issue 168: all up to the end, ten times the limit, comes") {
        set_up_reader(10);
        DID("limit 10; began to read all; fed 100 bytes, and the end");
        CHECK_CODE(outcome_of(eddy_reader_readall(&reader, 1000)), EDDY_EPENDING);
        for (int i = 0; i < 10; i++) {
            CHECK_CODE(feed_many('a', 10), 0);
            CAUSE("regulate_source(): no pause while a read waits, which says how much is enough");
            CHECK_INT(pauses, 0);
        }
        eddy_reader_feed_eof(&reader);
        CHECK_CODE(now(), 0);
        CHECK_INT(reader.size, 100);
        tear_down_reader();
    }

    CASE("news that end a read may leave enough for a pause; and a limit may be huge") {
        set_up_reader(4);
        DID("limit 4; a read waits for 1 byte; fed 20");
        CHECK_CODE(some(1), EDDY_EPENDING);
        CHECK_CODE(feed_many('a', 20), 0);
        CHECK_CODE(now(), 0);
        CAUSE("look_again() regulates the source after it has finished the read, in every case");
        CHECK_INT(pauses, 1);
        tear_down_reader();
        set_up_reader(SIZE_MAX / 2 + 10);
        DID("a limit of half of all numbers, and ten; fed 20 bytes");
        CHECK_CODE(feed_many('a', 20), 0);
        CAUSE("regulate_source(): twice such a limit is a small number: subtract instead");
        CHECK_INT(pauses, 0);
        tear_down_reader();
    }
}

/* ---- All together ------------------------------------------------------------------------------- */

static void together(void)
{
    CASE("a task has its line in the turn after it came") {
        struct eddy_task task;
        struct listener frame;

        set_up_reader(0);
        DID("a task waits for lines; fed \"a\\nb\" while no loop runs, and ran the loop");
        eddy_task_start(&task, &loop, listener, &frame);
        turns(1);
        CHECK_CODE(feed("a\nb"), 0);
        CAUSE("look_again() finishes by eddy_future_finish()");
        turns(1);
        EXPECT("a");
        eddy_reader_feed_eof(&reader);
        turns(2);
        EXPECT("b .OK");
        tear_down_reader();
    }
}

TESTS
{
    feeding();
    taking();
    counting();
    growing();
    looking_again();
    finding();
    separating();
    lines();
    pausing();
    cancelling();
    together();
}
