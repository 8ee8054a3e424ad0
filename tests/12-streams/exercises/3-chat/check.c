/* Streams over socket pairs, on each selector: the test is whoever sits at the other sides. */
#include "../../streams.h"

#include "3-chat.h"

enum { LIMIT = 1000, GUESTS = 3, SAID = 300 };

static struct eddy_task task, tasks[GUESTS];
static struct read_message reading;
static struct room room;
static struct guest guests[GUESTS]; /* ann, bob and carol */
static struct eddy_stream streams[GUESTS];
static int sides[GUESTS]; /* the other sides of their streams; -1: gone */
static bool has_missed;   /* bob, some message */
static char heard_by[SAID * (LIMIT + MESSAGE_HEAD)];

/* ---- What the cases do --------------------------------------------------------------------------- */

/* How a task has ended the cases look at. */
static void tell_nobody(struct eddy_loop *its, const struct eddy_context *context)
{
    (void)its;
    (void)context;
}

static void open_one(void)
{
    set_up_stream();
    loop.exception_handler = tell_nobody;
}

static void say_bytes(int fd, const char *bytes, size_t n)
{
    CHECK_INT(send(fd, bytes, n, MSG_NOSIGNAL), (long long)n);
}

#define SAY(fd, text) say_bytes(fd, text, sizeof(text) - 1)

static void begin_reading(size_t limit)
{
    memset(&task, 0, sizeof task);
    eddy_task_start(&task, &loop, read_message, &reading, .stream = &stream, .limit = limit);
    turns(8);
}

/* It has ended with a message. */
static void expect_message(const char *body, size_t n)
{
    long long length = (long long)n;

    CHECK_CODE(outcome(&task), 0);
    CHECK(!reading.ended);
    CHECK_INT(reading.size, length);
    CHECK(n == 0 || reading.body);
    CHECK_BYTES(reading.body, reading.size, body, n);
}

static size_t hear(int fd)
{
    ssize_t n = recv(fd, heard_by, sizeof heard_by, 0);

    return n < 0 ? 0 : (size_t)n;
}

static void expect_heard(int fd, const char *bytes, size_t n)
{
    turns(8);
    CHECK_BYTES(heard_by, hear(fd), bytes, n);
}

#define HEARS(fd, text) expect_heard(fd, text, sizeof(text) - 1)

/* Three streams, of which the room does not know yet. */
static void open_room(void)
{
    set_up_streams();
    loop.exception_handler = tell_nobody;
    eddy_list_init(&room.guests);
    room.limit = LIMIT;
    memset(streams, 0, sizeof streams);
    memset(tasks, 0, sizeof tasks);
    for (int i = 0; i < GUESTS; i++) {
        int fds[2];
        connected(fds);
        sides[i] = fds[1];
        open_stream(&streams[i], &fds[0]);
        guests[i] = (struct guest){.stream = &streams[i], .room = &room};
    }
    turns(1);
}

/* They have joined it, without a task. */
static void open_full_room(void)
{
    open_room();
    for (int i = 0; i < GUESTS; i++)
        eddy_list_append(&room.guests, &guests[i].link);
}

static void start_guest(int i)
{
    eddy_task_start(&tasks[i], &loop, guest, &guests[i], .stream = &streams[i], .room = &room);
    turns(4);
}

/* They have come, and have read their hello. */
static void start_guests(void)
{
    open_room();
    DID("let ann, bob and carol come");
    CAUSE("a guest sends the message \"hello\" with write_message(), awaits that, and joins the "
          "room");
    IF_CRASH("a guest's link is to be appended to room->guests, once");
    for (int i = 0; i < GUESTS; i++) {
        start_guest(i);
        HEARS(sides[i], "\0\0\0\5hello");
        CHECK(eddy_list_linked(&guests[i].link));
    }
}

/* With the room that guest() will give it, so that what waits goes on waiting. */
static void fill_as_bounded(struct eddy_stream *it)
{
    int most = UNREAD_MOST / 4;

    CHECK_OK(setsockopt(it->transport.fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof most));
    CHECK_OK(eddy_transport_set_write_buffer_limits(&it->transport, 0, 0, UNREAD_MOST));
    fill(it);
}

static void leave(int i)
{
    close(sides[i]);
    sides[i] = -1;
}

static void close_room(void)
{
    for (int i = 0; i < GUESTS; i++)
        if (tasks[i].future.loop && !eddy_future_done(&tasks[i].future))
            cancel_task(&tasks[i]);
    turns(8);
    for (int i = 0; i < GUESTS; i++) {
        eddy_stream_abort(&streams[i]);
        if (sides[i] >= 0)
            close(sides[i]);
    }
    turns(2);
    tear_down_streams();
}

/* ---- read_message() ------------------------------------------------------------------------------ */

static void messages(void)
{
    EACH("read_message: a message")
    {
        open_one();
        DID("sent 0, 0, 0, 5, and hello");
        CAUSE("await MESSAGE_HEAD bytes, and after that as many as get_length() finds in them; "
              "body is then the reader's data");
        SAY(pair[1], "\0\0\0\5hello");
        begin_reading(LIMIT);
        expect_message("hello", 5);
        DID("sent 0, 0, 1, 44, and 300 bytes");
        SAY(pair[1], "\0\0\1\54");
        say_bytes(pair[1], pattern(300), 300);
        begin_reading(LIMIT);
        expect_message(pattern(300), 300);
        DID("sent 0, 0, 19, 136, and 5000 bytes, with the limit 6000");
        SAY(pair[1], "\0\0\23\210");
        say_bytes(pair[1], pattern(5000), 5000);
        CAUSE("the body stays in the reader: no buffer is needed for it");
        IF_CRASH("the body stays in the reader: no buffer is needed for it");
        begin_reading(6000);
        expect_message(pattern(5000), 5000);
        tear_down_streams();
    }

    EACH("read_message: an empty message is a message, and not the end")
    {
        open_one();
        DID("sent 0, 0, 0, 0");
        CAUSE("`ended` is for an end that comes instead of a head; a body of 0 bytes is none");
        SAY(pair[1], "\0\0\0\0");
        begin_reading(LIMIT);
        expect_message("", 0);
        DID("sent 0, 0, 0, 0, and then the end");
        SAY(pair[1], "\0\0\0\0");
        CHECK(shutdown(pair[1], SHUT_WR) == 0);
        begin_reading(LIMIT);
        expect_message("", 0);
        tear_down_streams();
    }

    EACH("read_message: two messages in one piece are read one after the other")
    {
        open_one();
        DID("sent two messages in one piece, hello and you, and read twice");
        CAUSE("a read takes what it returns, and nothing else: ask for exactly the head, and "
              "exactly the body");
        SAY(pair[1], "\0\0\0\5hello\0\0\0\3you");
        begin_reading(LIMIT);
        expect_message("hello", 5);
        begin_reading(LIMIT);
        expect_message("you", 3);
        tear_down_streams();
    }

    EACH("read_message: byte by byte")
    {
        static const char bytes[] = "\0\0\0\3you";

        open_one();
        begin_reading(LIMIT);
        DID("sent a message of 3 bytes, byte by byte");
        CAUSE("await all bytes of the head, and of the body, not as far as they have come; and a "
              "coroutine's locals are gone after an await: what must stay is in the frame");
        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            CHECK_CODE(outcome(&task), EDDY_EPENDING);
            say_bytes(pair[1], bytes + i, 1);
            turns(3);
        }
        expect_message("you", 3);
        tear_down_streams();
    }
}

static void check_cut(const char *bytes, size_t n)
{
    open_one();
    DID("sent %zu bytes of a message of 5, and then the end", n);
    CAUSE("an end before the first byte of a head is clean; within a head, after a head, or "
          "within a body it is EDDY_EINCOMPLETE");
    say_bytes(pair[1], bytes, n);
    CHECK(shutdown(pair[1], SHUT_WR) == 0);
    begin_reading(LIMIT);
    CHECK_CODE(outcome(&task), EDDY_EINCOMPLETE);
    tear_down_streams();
}

static void ends(void)
{
    EACH("read_message: the end between two messages is a clean end")
    {
        open_one();
        SAY(pair[1], "\0\0\0\3you");
        CHECK(shutdown(pair[1], SHUT_WR) == 0);
        DID("sent a message, and then the end, and read twice");
        CAUSE("when the end comes first, eddy_reader_readexactly() ends with EDDY_EINCOMPLETE, "
              "and reader->size is how many bytes there were: 0. CO_TRY_AWAIT lets you look");
        begin_reading(LIMIT);
        expect_message("you", 3);
        begin_reading(LIMIT);
        CHECK_CODE(outcome(&task), 0);
        CHECK(reading.ended);
        tear_down_streams();
    }

    EACH("read_message: the end may come while somebody waits for a message")
    {
        open_one();
        begin_reading(LIMIT);
        DID("read, while nothing comes, and then sent the end");
        CAUSE("whether the end has come is to be asked after the await of the head, and not before "
              "it: EDDY_EINCOMPLETE, with reader->size 0");
        CHECK(shutdown(pair[1], SHUT_WR) == 0);
        turns(3);
        CHECK_CODE(outcome(&task), 0);
        CHECK(reading.ended);
        tear_down_streams();
    }

    EACH("read_message: an end within a message is EDDY_EINCOMPLETE")
    {
        check_cut("\0", 1);
    }
    EACH("read_message: an end between a head and its body is EDDY_EINCOMPLETE, too")
    {
        check_cut("\0\0\0\5", 4);
    }
    EACH("read_message: and so is one within the body")
    {
        check_cut("\0\0\0\5he", 6);
    }

    EACH("read_message: a lost connection is no end")
    {
        open_one();
        begin_reading(LIMIT);
        DID("read, while nothing comes, and aborted the stream");
        CAUSE("only EDDY_EINCOMPLETE, with 0 bytes, is the clean end; each other error is passed "
              "on");
        eddy_stream_abort(&stream);
        turns(3);
        CHECK_CODE(outcome(&task), EDDY_ECLOSED);
        tear_down_streams();
    }

    EACH("read_message: a cancel is no end")
    {
        open_one();
        begin_reading(LIMIT);
        DID("read, while nothing comes, and cancelled the task");
        CAUSE("after CO_TRY_AWAIT a cancel is an error like others: pass it on with CO_FAIL");
        cancel_task(&task);
        turns(3);
        CHECK_CODE(outcome(&task), -ECANCELED);
        tear_down_streams();
    }
}

static void limits(void)
{
    EACH("read_message: the limit itself is allowed")
    {
        open_one();
        DID("sent a body of 5 bytes, with the limit 5");
        CAUSE("the limit is the longest body that is allowed");
        SAY(pair[1], "\0\0\0\5hello");
        begin_reading(5);
        expect_message("hello", 5);
        tear_down_streams();
    }

    EACH("read_message: above the limit it is EDDY_ELIMIT, and nobody waits for the body")
    {
        open_one();
        DID("sent the head of a body of 4294967295 bytes, and no more, with the limit 1000");
        CAUSE("a peer can say any length: compare it with the limit before you await the body. "
              "(EDDY_EPENDING: it waits)");
        SAY(pair[1], "\377\377\377\377");
        begin_reading(LIMIT);
        CHECK_CODE(outcome(&task), EDDY_ELIMIT);
        tear_down_streams();
    }

    EACH("read_message: what comes after a body belongs to the next message")
    {
        open_one();
        DID("sent hello and the head of a body of 4294967295 bytes, with the limit 20000000, and "
            "read twice");
        CAUSE("write nothing behind a body, no 0 either: there the next message begins");
        SAY(pair[1], "\0\0\0\5hello\377\377\377\377");
        begin_reading(20000000);
        expect_message("hello", 5);
        begin_reading(20000000);
        CHECK_CODE(outcome(&task), EDDY_ELIMIT);
        tear_down_streams();
    }
}

/* ---- write_message() ----------------------------------------------------------------------------- */

static struct eddy_future *writing;

static void begin_writing(const char *body, size_t n)
{
    IF_CRASH("write_message() returns the future of eddy_stream_writelines(), and needs no buffer");
    writing = write_message(&waits[0], &stream, body, n);
    if (!writing)
        FAIL("the future that eddy_stream_writelines() returns", "NULL");
}

static void writes(void)
{
    EACH("write_message: the length, and the body")
    {
        open_one();
        DID("wrote hello, and an empty message");
        CAUSE("put_length() writes the head, with the length of the body alone; head and body are "
              "two pieces, the head first");
        begin_writing("hello", 5);
        CHECK_ENDS(writing, 0);
        begin_writing("", 0);
        CHECK_ENDS(writing, 0);
        HEARS(pair[1], "\0\0\0\5hello\0\0\0\0");
        tear_down_streams();
    }

    EACH("write_message: any bytes, and many of them")
    {
        open_one();
        DID("wrote the first 3 bytes of a, 0, b, c, and a body of 5000 bytes");
        CAUSE("a body is `n` bytes, and no string: no strlen(), and no buffer of a size that "
              "somebody has guessed");
        begin_writing("a\0bc", 3);
        CHECK_ENDS(writing, 0);
        HEARS(pair[1], "\0\0\0\3a\0b");
        begin_writing(pattern(5000), 5000);
        CHECK_ENDS(writing, 0);
        turns(8);
        CHECK_INT(hear(pair[1]), MESSAGE_HEAD + 5000);
        CHECK_BYTES(heard_by + MESSAGE_HEAD, 5000, pattern(5000), 5000);
        tear_down_streams();
    }

    EACH("write_message: refused, not a byte of it is sent")
    {
        open_one();
        CHECK_OK(eddy_transport_set_write_buffer_limits(&stream.transport, 0, 0, 6));
        DID("wrote hello through a stream that takes at most 6 bytes");
        CAUSE("the head alone fits, the body does not, and then the peer waits for a body that "
              "never comes: write both with one eddy_stream_writelines(), which takes all or "
              "nothing");
        begin_writing("hello", 5);
        CHECK_ENDS(writing, EDDY_ELIMIT);
        HEARS(pair[1], "");
        tear_down_streams();
    }

    EACH("write_message: what it returns waits while the peer does not read")
    {
        open_one();
        want_little(&stream);
        fill(&stream);
        DID("wrote hello, while too much waits to be sent already");
        CAUSE("return the future that the write has returned: it is done when there is room");
        begin_writing("hello", 5);
        PENDING(writing);
        WAITING("the write, while the peer reads all");
        while (!eddy_future_done(writing)) {
            empty(pair[1], SIZE_MAX);
            turns(1);
        }
        CHECK_CODE(eddy_future_error(writing), 0);
        tear_down_streams();
    }
}

/* ---- broadcast() --------------------------------------------------------------------------------- */

static void tellings(void)
{
    EACH("broadcast: all others hear it, and who has said it does not")
    {
        open_full_room();
        DID("told hello from ann, and an empty message from carol, to ann, bob and carol");
        CAUSE("go through room->guests; container_of() leads from a link to its guest; leave "
              "`from` out");
        broadcast(&room, &guests[0], "hello", 5);
        broadcast(&room, &guests[2], "", 0);
        HEARS(sides[1], "\0\0\0\5hello\0\0\0\0");
        HEARS(sides[2], "\0\0\0\5hello");
        HEARS(sides[0], "\0\0\0\0");
        CAUSE("`missed` counts only what somebody has missed");
        CHECK_INT(guests[0].missed + guests[1].missed + guests[2].missed, 0);
        close_room();
    }

    EACH("broadcast: any bytes, and many of them")
    {
        open_full_room();
        DID("told the first 3 bytes of a, 0, b, c, and a body of 5000 bytes");
        CAUSE("a body is `n` bytes, and no string: no strlen(), and no buffer of a size that "
              "somebody has guessed");
        broadcast(&room, &guests[0], "a\0bc", 3);
        HEARS(sides[1], "\0\0\0\3a\0b");
        broadcast(&room, &guests[0], pattern(5000), 5000);
        turns(8);
        CHECK_INT(hear(sides[1]), MESSAGE_HEAD + 5000);
        CHECK_BYTES(heard_by + MESSAGE_HEAD, 5000, pattern(5000), 5000);
        close_room();
    }

    EACH("broadcast: whoever has no room misses the message, all of it, and nobody else")
    {
        open_full_room();
        CHECK_OK(eddy_transport_set_write_buffer_limits(&streams[1].transport, 0, 0, 6));
        DID("told hello to ann, bob and carol, from ann; bob's transport takes at most 6 bytes");
        CAUSE("with EDDY_ELIMIT count it in to->missed, and go on with the next guest; head and "
              "body go into one eddy_transport_writelines(), or bob gets a head without a body");
        broadcast(&room, &guests[0], "hello", 5);
        HEARS(sides[1], "");
        HEARS(sides[2], "\0\0\0\5hello");
        CHECK_INT(guests[1].missed, 1);
        CHECK_INT(guests[2].missed, 0);
        DID("... and hello once more, when bob's transport takes as much as before");
        CAUSE(
            "ask at each message whether there is room: whoever has missed one gets the next, and "
            "stays in the room, with its stream open");
        CHECK_OK(eddy_transport_set_write_buffer_limits(&streams[1].transport, 0, 0, UNREAD_MOST));
        broadcast(&room, &guests[0], "hello", 5);
        HEARS(sides[1], "\0\0\0\5hello");
        CHECK_INT(guests[1].missed, 1);
        close_room();
    }

    EACH("broadcast: one whose connection has ended keeps it from nobody")
    {
        open_full_room();
        eddy_stream_abort(&streams[1]);
        turns(2);
        DID("told hello to ann, bob and carol, from ann; bob's connection has ended");
        CAUSE("go on with the next guest after any error; bob's own task finds out about his");
        IF_CRASH("a transport may have ended: its write says so, ask nothing else of it; and leave "
                 "its link in the list, which its own task takes out");
        broadcast(&room, &guests[0], "hello", 5);
        HEARS(sides[2], "\0\0\0\5hello");
        close_room();
    }
}

/* ---- guest() ------------------------------------------------------------------------------------- */

static void visits(void)
{
    EACH("guest: what one says the others hear")
    {
        start_guests();
        DID("ann says hi, and an empty message; then bob says you, in two pieces");
        CAUSE("in a loop: CO_CALL read_message(), with this guest's frame, self->reading, and "
              "broadcast() its body to the room, from `self`");
        SAY(sides[0], "\0\0\0\2hi\0\0\0\0");
        HEARS(sides[1], "\0\0\0\2hi\0\0\0\0");
        HEARS(sides[2], "\0\0\0\2hi\0\0\0\0");
        SAY(sides[1], "\0\0\0\3y");
        HEARS(sides[0], "");
        SAY(sides[1], "ou");
        HEARS(sides[0], "\0\0\0\3you");
        HEARS(sides[2], "\0\0\0\3you");
        close_room();
    }

    EACH("guest: two speak at the same time")
    {
        start_guests();
        DID("ann says he, bob says hi, and then ann says llo");
        CAUSE("what a guest needs after an await is in its own frame: a static variable is all "
              "guests' together");
        SAY(sides[0], "\0\0\0\5he");
        turns(4);
        SAY(sides[1], "\0\0\0\2hi");
        HEARS(sides[2], "\0\0\0\2hi");
        SAY(sides[0], "llo");
        HEARS(sides[2], "\0\0\0\5hello");
        close_room();
    }

    EACH("guest: one who says no more leaves the room, with success")
    {
        start_guests();
        DID("ann ends, and bob says hi");
        CAUSE("with `ended` the loop is over; the link leaves the room in the cleanup section");
        IF_CRASH("the room's list leads to a guest who has gone: remove the link");
        leave(0);
        turns(6);
        CHECK_CODE(outcome(&tasks[0]), 0);
        CHECK(!eddy_list_linked(&guests[0].link));
        SAY(sides[1], "\0\0\0\2hi");
        HEARS(sides[2], "\0\0\0\2hi");
        close_room();
    }

    EACH("guest: one who says too much leaves the room, with EDDY_ELIMIT")
    {
        start_guests();
        DID("ann sends the head of a message of 1001 bytes; the room's limit is 1000");
        CAUSE("the limit is the room's; an error of read_message() ends guest(), by way of the "
              "cleanup section, where the link leaves the room; it stays guest()'s outcome, and "
              "eddy_co_handled() would take it away");
        SAY(sides[0], "\0\0\3\351");
        turns(6);
        CHECK_CODE(outcome(&tasks[0]), EDDY_ELIMIT);
        CHECK(!eddy_list_linked(&guests[0].link));
        DID("bob says an empty message, and sends the head of one of 5 bytes; the room's limit is "
            "4 by now");
        CAUSE("the limit is the room's, as it is when the message is read: room->limit");
        room.limit = 4;
        SAY(sides[1], "\0\0\0\0\0\0\0\5");
        turns(6);
        CHECK_CODE(outcome(&tasks[1]), EDDY_ELIMIT);
        close_room();
    }

    EACH("guest: one who is cancelled leaves the room")
    {
        start_guests();
        DID("cancelled ann's task, while it waits for a message");
        CAUSE("a cancel runs the cleanup section, and nothing after the await: the link leaves "
              "the room there");
        cancel_task(&tasks[0]);
        turns(3);
        CHECK_CODE(outcome(&tasks[0]), -ECANCELED);
        CHECK(!eddy_list_linked(&guests[0].link));
        close_room();
    }

    EACH("guest: one who goes before it has read hello was never in the room")
    {
        open_room();
        fill_as_bounded(&streams[0]);
        DID("let ann come, who does not read, so hello waits; and cancelled her task");
        CAUSE("await the hello, and join the room after that");
        IF_CRASH("the link was in no list: ask eddy_list_linked() before it is removed");
        start_guest(0);
        CHECK_CODE(outcome(&tasks[0]), EDDY_EPENDING);
        CHECK(eddy_list_empty(&room.guests));
        cancel_task(&tasks[0]);
        turns(3);
        CAUSE("a cancel ends the await of the hello, and guest() with it: CO_AWAIT; and nothing in "
              "the cleanup section waits for a guest who does not read");
        CHECK_CODE(outcome(&tasks[0]), -ECANCELED);
        close_room();
    }
}

/* Whole messages, of LIMIT bytes. Returns how many. */
static int count_messages(const char *bytes, size_t n)
{
    size_t at = 0;

    for (; at + MESSAGE_HEAD + LIMIT <= n; at += MESSAGE_HEAD + LIMIT)
        if (memcmp(bytes + at, "\0\0\3\350", MESSAGE_HEAD) != 0 ||
            memcmp(bytes + at + MESSAGE_HEAD, pattern(LIMIT), LIMIT) != 0)
            FAIL("whole messages of 1000 bytes, one after the other",
                 "other bytes, from byte %zu on", at);
    CHECK_INT(n - at, 0);
    return (int)(at / (MESSAGE_HEAD + LIMIT));
}

/* Bob reads at last, all that waits for him. */
static int read_late(int fd)
{
    size_t n = 0, more = 1;

    while (more > 0 || unsent(&streams[1]) > 0) {
        ssize_t got = recv(fd, heard_by + n, sizeof heard_by - n, 0);
        more = got > 0 ? (size_t)got : 0;
        n += more;
        turns(1);
    }
    return count_messages(heard_by, n);
}

/* What bob has missed would have been too much. */
static void expect_no_room_if_missed(void)
{
    if (guests[1].missed == 0 || has_missed)
        return;
    has_missed = true;
    CAUSE("a message is missed with EDDY_ELIMIT, and not before: up to UNREAD_MOST bytes may wait "
          "for a guest (that something waits is not enough)");
    CHECK(unsent(&streams[1]) + MESSAGE_HEAD + LIMIT > UNREAD_MOST);
}

static void patience(void)
{
    EACH("guest: one who does not read keeps nobody waiting")
    {
        int to_carol = 0;

        start_guests();
        DID("ann says 300 messages of 1000 bytes; carol reads, and bob does not");
        CAUSE("broadcast() waits for nobody: eddy_transport_writelines(), and no await");
        IF_HANG("carol waits for what ann has said; somebody waits for bob");
        IF_CRASH("a future that is left alone points to its wait: broadcast() has none, and needs "
                 "none");
        has_missed = false;
        for (int i = 0; i < SAID; i++) {
            SAY(sides[0], "\0\0\3\350");
            say_bytes(sides[0], pattern(LIMIT), LIMIT);
            turns(6);
            expect_no_room_if_missed();
            to_carol += count_messages(heard_by, hear(sides[2]));
        }
        CHECK_INT(to_carol, SAID);
        CHECK_INT(guests[2].missed, 0);
        CAUSE("bound_unread() says, at the beginning of guest(), how much may wait for a guest; "
              "what comes above that, it has missed. (A stream's write with a wait that waits "
              "already is EDDY_EQUEUED, and nothing was written: use the transport's)");
        CHECK(guests[1].missed > 0);
        DID("... and then bob reads, too");
        CAUSE("he gets whole messages, and has missed the others: no message is cut, and nobody "
              "closes his stream");
        IF_HANG("bob's task or his transport sends without end");
        CHECK_INT(read_late(sides[1]) + (int)guests[1].missed, SAID);
        close_room();
    }
}

static void all(void)
{
    messages();
    ends();
    limits();
    writes();
    tellings();
    visits();
    patience();
}

TESTS
{
    check_limit(5);
    in_all_modes(all);
}
