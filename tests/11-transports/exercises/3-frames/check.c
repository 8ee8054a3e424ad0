/* Frames are told piece by piece, in every cut, as a transport would; and over a pair of sockets. */
#include "../../../06-tasks/tasks.h"

#include "3-frames.h"
#include "faults.h"
#include "net.h"
#include "net_new.h"

enum { LIMIT = 70000 };

/* One side: what it was told, as "[body][body]". */
struct side {
    struct frames frames;
    char told[400];
    int count;   /* of frames */
    int fail_at; /* on_frame() returns an error for this one; 0: for none */
    int close_at;
    size_t size; /* of the last body */
    bool fresh;  /* when it was told, the next head could begin */
    bool echoes;
    int err; /* of connection_lost */
};

static struct side side, other;
static int pair[2];
static char pattern[LIMIT + 100];

static struct side *side_of(struct frames *frames)
{
    return container_of(frames, struct side, frames);
}

/* ---- What it does --------------------------------------------------------------------------------------- */

static void note_body(struct side *self, const char *body, size_t n)
{
    size_t at = strlen(self->told);

    if (n <= 20)
        snprintf(self->told + at, sizeof self->told - at, "[%.*s]", (int)n, body);
    else if (memcmp(body, pattern, n) == 0)
        snprintf(self->told + at, sizeof self->told - at, "[%zu]", n);
    else
        FAIL("the bytes of the body as they were sent", "others, in a body of %zu", n);
}

static int on_frame(struct frames *frames, const char *body, size_t n)
{
    struct side *self = side_of(frames);
    int err = self->echoes ? frames_send(frames, body, n) : 0;

    self->size = n;
    self->fresh = !frames->body && frames->got == 0;
    note_body(self, body, n);
    if (++self->count == self->close_at)
        eddy_transport_close(&frames->transport);
    return self->count == self->fail_at ? -EPROTO : err;
}

static void on_lost(struct eddy_transport *transport, int err)
{
    struct side *self = container_of(transport, struct side, frames.transport);

    self->err = err;
    frames_lost(transport, err);
}

static const struct eddy_protocol protocol = {.name = "frames",
                                              .data_received = frames_received,
                                              .eof_received = frames_ended,
                                              .connection_lost = on_lost};

static void open_side(struct side *self, int fd)
{
    *self = (struct side){.frames = {.limit = LIMIT, .on_frame = on_frame}};
    CHECK_OK(eddy_transport_open(&self->frames.transport, &loop, fd, &protocol));
}

/* The transport of one side, which has begun; pair[1] is a plain socket. */
static void open_one(void)
{
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (char)('a' + i % 23);
    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, NULL));
    CHECK_OK(eddy_net_pair(pair));
    open_side(&side, pair[0]);
    turns(2);
}

/* As a transport tells it. The bytes lie in memory of their own, which is gone after the call. */
static int receive(const char *bytes, size_t n)
{
    char *piece = malloc(n);
    int err;

    memcpy(piece, bytes, n);
    err = frames_received(&side.frames.transport, piece, n);
    memset(piece, '?', n);
    free(piece);
    return err;
}

/* Before frames_lost() is written. */
static void drop_body(void)
{
    free(side.frames.body);
    side.frames.body = NULL;
}

static void close_all(void)
{
    eddy_transport_abort(&side.frames.transport);
    eddy_transport_abort(&other.frames.transport);
    turns(3);
    CHECK_CODE(eddy_loop_close(&loop), 0);
    eddy_net_close(pair[1]);
}

static void expect_told(const char *want)
{
    CHECK_TEXT(side.told, want);
    side.told[0] = '\0';
}

#define RECEIVE(text) CHECK_CODE(receive(text, sizeof(text) - 1), 0)

/* ---- The parts ------------------------------------------------------------------------------------------ */

static void parts(void)
{
    CASE("begin_body: the length is four bytes, the highest first") {
        open_one();
        DID("put 0, 0, 1, 44 into the head, and called begin_body()");
        CAUSE("get_length() reads them; nothing of the body has come yet, so got is 0");
        memcpy(side.frames.head, "\0\0\1\54", FRAME_HEAD);
        side.frames.got = FRAME_HEAD;
        CHECK_CODE(begin_body(&side.frames), 0);
        CHECK_INT(side.frames.size, 300);
        CHECK_INT(side.frames.got, 0);
        CHECK(side.frames.body);
        drop_body();
        close_all();
    }

    CASE("begin_body: an empty body is a body, and the limit itself is allowed") {
        open_one();
        DID("began a body of 0 bytes");
        CAUSE("body is how one knows that a body has begun; malloc(0) may return NULL");
        CHECK_CODE(begin_body(&side.frames), 0);
        CHECK(side.frames.body);
        drop_body();
        DID("began a body of 4 bytes, with the limit 4");
        CAUSE("the limit is the longest body that is allowed");
        side.frames.limit = 4;
        memcpy(side.frames.head, "\0\0\0\4", FRAME_HEAD);
        CHECK_CODE(begin_body(&side.frames), 0);
        drop_body();
        close_all();
    }

    CASE("begin_body: above the limit it is EDDY_ELIMIT, and nothing was allocated") {
        open_one();
        DID("began a body of 4294967295 bytes, with the limit 70000");
        CAUSE("a peer can say any length: compare with the limit first, allocate after that");
        memcpy(side.frames.head, "\377\377\377\377", FRAME_HEAD);
        faults_plan("");
        CHECK_CODE(begin_body(&side.frames), EDDY_ELIMIT);
        CHECK_INT(faults_calls("malloc"), 0);
        CHECK(!side.frames.body);
        close_all();
    }

    CASE("begin_body: without memory it is ENOMEM") {
        int err;

        open_one();
        DID("began a body of 4 bytes, while malloc, calloc and realloc have none");
        CAUSE("ask whether malloc() has returned NULL");
        memcpy(side.frames.head, "\0\0\0\4", FRAME_HEAD);
        faults_plan("malloc@1+=ENOMEM,calloc@1+=ENOMEM,realloc@1+=ENOMEM");
        err = begin_body(&side.frames);
        faults_plan("");
        CHECK_CODE(err, -ENOMEM);
        close_all();
    }

    CASE("tell_frame: on_frame gets the body, which is freed, and its answer is returned") {
        open_one();
        DID("called tell_frame() with a body of 3 bytes that has come");
        CAUSE(
            "on_frame gets the body and its size; what it returns is returned; then the body goes");
        memcpy(side.frames.head, "\0\0\0\3", FRAME_HEAD);
        CHECK_CODE(begin_body(&side.frames), 0);
        memcpy(side.frames.body, "abc", 3);
        side.frames.got = 3;
        side.fail_at = 1;
        CHECK_CODE(tell_frame(&side.frames), -EPROTO);
        CHECK_INT(side.size, 3);
        expect_told("[abc]");
        CAUSE("the next head can begin: there is no body, and nothing of the head has come");
        CHECK(!side.frames.body);
        CHECK_INT(side.frames.got, 0);
        CAUSE("and that before on_frame is called: on_frame may ask, and may end the connection");
        CHECK(side.fresh);
        close_all();
    }
}

/* ---- Receiving ------------------------------------------------------------------------------------------ */

static const char three[] = "\0\0\0\5hello\0\0\0\0\0\0\0\3you";

static void pieces(void)
{
    CASE("frames_received: a frame in one piece") {
        open_one();
        DID("received 0, 0, 0, 5, and hello");
        CAUSE("take the head, begin the body, take the body, tell it: in one call");
        IF_HANG("a loop that takes nothing from its piece goes on for ever: count what was taken");
        RECEIVE("\0\0\0\5hello");
        expect_told("[hello]");
        close_all();
    }

    CASE("frames_received: three frames in one piece, the second without a byte") {
        open_one();
        DID("received three frames in one piece: hello, an empty one, you");
        CAUSE("go on until the piece is used up; an empty body is complete before a byte of it "
              "comes");
        IF_HANG(
            "an empty body wants no byte: after a head, ask at once whether the body is complete");
        CHECK_CODE(receive(three, sizeof three - 1), 0);
        expect_told("[hello][][you]");
        close_all();
    }

    CASE("frames_received: an empty frame is told when its head is complete") {
        open_one();
        DID("received 0, 0, 0, 0, and nothing more");
        CAUSE("nothing of it is missing: do not wait for the next piece to tell it");
        RECEIVE("\0\0\0\0");
        expect_told("[]");
        close_all();
    }

    CASE("frames_received: cut in two, at every place, and byte by byte") {
        open_one();
        for (size_t cut = 1; cut < sizeof three - 1; cut++) {
            DID("received the first %zu bytes of three frames, and then the rest", cut);
            CAUSE(
                "head, body, and how much of them has come, stay in the struct between two calls");
            CHECK_CODE(receive(three, cut), 0);
            CHECK_CODE(receive(three + cut, sizeof three - 1 - cut), 0);
            expect_told("[hello][][you]");
        }
        DID("received three frames byte by byte");
        for (size_t i = 0; i < sizeof three - 1; i++)
            CHECK_CODE(receive(three + i, 1), 0);
        expect_told("[hello][][you]");
        close_all();
    }

    CASE("frames_received: 70000 bytes in pieces of 999") {
        static char all[FRAME_HEAD + LIMIT] = {0, 1, 0x11, 0x70};

        open_one();
        memcpy(all + FRAME_HEAD, pattern, LIMIT);
        DID("received a frame of 70000 bytes in pieces of 999");
        for (size_t at = 0; at < sizeof all; at += 999)
            CHECK_CODE(receive(all + at, sizeof all - at < 999 ? sizeof all - at : 999), 0);
        expect_told("[70000]");
        close_all();
    }
}

static void refusals(void)
{
    CASE("frames_received: a length above the limit is an error as soon as the head is there") {
        open_one();
        DID("received 0, 1, 17, and then 113: a body of 70001, with the limit 70000");
        CAUSE("the error of begin_body() is returned, and not a byte later");
        RECEIVE("\0\1\21");
        CHECK_CODE(receive("\161", 1), EDDY_ELIMIT);
        close_all();
    }

    CASE("frames_received: an error of on_frame is returned, and no further frame is told") {
        open_one();
        side.fail_at = 2;
        DID("received three frames in one piece; for the second, on_frame returns -EPROTO");
        CAUSE("the loop over the piece ends with the first error");
        CHECK_CODE(receive(three, sizeof three - 1), -EPROTO);
        expect_told("[hello][]");
        close_all();
    }

    CASE("frames_received: on_frame has closed the connection: no further frame is told") {
        open_one();
        side.close_at = 1;
        DID("received three frames in one piece; for the first, on_frame closes the transport");
        CAUSE("after a close nothing is received; the piece had come before, so ask "
              "eddy_transport_is_closing() before each frame");
        CHECK_CODE(receive(three, sizeof three - 1), 0);
        expect_told("[hello]");
        close_all();
    }
}

static void check_end_after(const char *bytes, size_t n, int want)
{
    open_one();
    DID("received %zu bytes of a frame of 5, and then the end", n);
    CAUSE("a part of a head is a part of a frame; and so is a head alone, before its body");
    if (n > 0)
        CHECK_CODE(receive(bytes, n), 0);
    CHECK_CODE(frames_ended(&side.frames.transport), want);
    drop_body();
    close_all();
}

static void ends(void)
{
    CASE("frames_ended: between two frames the end is welcome") {
        check_end_after(three, 0, 0);
        check_end_after(three, 9, 0);
        check_end_after(three, 13, 0);
    }

    CASE("frames_ended: within a frame it is EDDY_EINCOMPLETE") {
        check_end_after(three, 1, EDDY_EINCOMPLETE);
        check_end_after(three, 4, EDDY_EINCOMPLETE);
        check_end_after(three, 6, EDDY_EINCOMPLETE);
    }

    CASE("frames_lost: half a body is freed") {
        open_one();
        DID("received 6 bytes of a frame of 9, and then aborted");
        CAUSE("connection_lost comes on every way out, so the body is freed there");
        CHECK_CODE(receive(three, 6), 0);
        close_all();
        CHECK(!side.frames.body);
    }
}

/* ---- Sending -------------------------------------------------------------------------------------------- */

static void expect_at_peer(const char *want, size_t n)
{
    static char bytes[LIMIT + 100];
    ssize_t got = recv(pair[1], bytes, sizeof bytes, 0);

    CHECK_BYTES(bytes, (size_t)(got < 0 ? 0 : got), want, n);
}

static void sending(void)
{
    CASE("frames_send: the length, and the body") {
        open_one();
        DID("sent hello, and an empty body");
        CAUSE("put_length() writes the head; both are sent, the head first");
        CHECK_CODE(frames_send(&side.frames, "hello", 5), 0);
        CHECK_CODE(frames_send(&side.frames, "", 0), 0);
        expect_at_peer("\0\0\0\5hello\0\0\0\0", 13);
        DID("sent hello, with the limit 5");
        CAUSE("the limit is the longest body that is allowed");
        side.frames.limit = 5;
        CHECK_CODE(frames_send(&side.frames, "hello", 5), 0);
        expect_at_peer("\0\0\0\5hello", 9);
        close_all();
    }

    CASE("frames_send: above the limit it is EDDY_ELIMIT, and nothing is sent") {
        open_one();
        DID("sent a body of 70001 bytes, with the limit 70000");
        CAUSE("the other side would refuse it: do not begin");
        CHECK_CODE(frames_send(&side.frames, pattern, LIMIT + 1), EDDY_ELIMIT);
        expect_at_peer("", 0);
        close_all();
    }

    CASE("frames_send: refused by the transport, not a byte of it is sent") {
        open_one();
        CHECK_OK(eddy_transport_set_write_buffer_limits(&side.frames.transport, 0, 0, 6));
        DID("sent hello through a transport that takes at most 6 bytes");
        CAUSE(
            "the head alone fits, the body does not, and then the peer waits for a body that never "
            "comes: send both with one eddy_transport_writelines(), which takes all or nothing");
        CHECK_CODE(frames_send(&side.frames, "hello", 5), EDDY_ELIMIT);
        expect_at_peer("", 0);
        close_all();
    }

    CASE("frames_send: after a close it is EDDY_ECLOSED") {
        open_one();
        eddy_transport_close(&side.frames.transport);
        CHECK_CODE(frames_send(&side.frames, "hello", 5), EDDY_ECLOSED);
        close_all();
    }
}

/* ---- All of it ------------------------------------------------------------------------------------------ */

static void both(void)
{
    CASE("two sides: what one sends comes back from the other, one byte at a time") {
        open_one();
        eddy_net_close(pair[1]);
        eddy_transport_abort(&side.frames.transport);
        turns(2);
        CHECK_OK(eddy_net_pair(pair));
        open_side(&side, pair[0]);
        open_side(&other, pair[1]);
        other.echoes = true;
        other.close_at = 3;
        DID("sent hello, an empty frame, and you; the other side sends them back, and closes with "
            "the third. Each send and each receive moves one byte");
        faults_plan("send%1,sendmsg%1,recv%1");
        CHECK_CODE(frames_send(&side.frames, "hello", 5), 0);
        CHECK_CODE(frames_send(&side.frames, "", 0), 0);
        CHECK_CODE(frames_send(&side.frames, "you", 3), 0);
        WAITING("both connections to end");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        faults_plan("");
        expect_told("[hello][][you]");
        CHECK_TEXT(other.told, "[hello][][you]");
        CHECK_CODE(side.err, 0);
        pair[1] = -1;
        CHECK_CODE(eddy_loop_close(&loop), 0);
    }
}

TESTS
{
    check_limit(5);
    parts();
    pieces();
    refusals();
    ends();
    sending();
    both();
}
