/* Streams over a socket whose other side is the test's: what is read in which pieces, who waits to write, for
 * how long, and with what everybody ends. The rules of each kind of read are in 10-subprocesses/reader.c. */
#include "streams.h"

#define READER (&stream.reader)
#define LINE() eddy_reader_readline(READER)
#define WRITE(i, text) eddy_stream_write(&waits[i], &stream, text, strlen(text))
#define DRAIN(i) eddy_stream_drain(&waits[i], &stream)
#define CLOSED(i) eddy_stream_wait_closed(&waits[i], &stream)

static struct eddy_task task;

static void end_peer(void)
{
    CHECK_OK(shutdown(pair[1], SHUT_WR));
}

/* With bytes in the line that it has not read: a reset. */
static void reset_by_peer(void)
{
    (void)send(stream.transport.fd, "x", 1, MSG_NOSIGNAL);
    close(pair[1]);
    pair[1] = -1;
}

/* ---- Opening ----------------------------------------------------------------------------------------- */

static void check_harmless(int err)
{
    struct iovec piece = {(char *)"x", 1};

    CHECK(eddy_stream_is_closing(&stream));
    CHECK_CODE(eddy_future_error(LINE()), EDDY_ECLOSED);
    CHECK_CODE(eddy_future_error(WRITE(0, "x")), err);
    CHECK_CODE(eddy_future_error(eddy_stream_writelines(&waits[0], &stream, &piece, 1)), err);
    CHECK_CODE(eddy_future_error(DRAIN(0)), err);
    CHECK_CODE(eddy_stream_write_eof(&stream), EDDY_ECLOSED);
    eddy_stream_close(&stream);
    eddy_stream_abort(&stream);
}

static void opening(void)
{
    EACH("what had come before it was opened is read, and what is written is sent at once")
    {
        set_up_streams();
        say(pair[1], "early\n");
        open_stream(&stream, &pair[0]);
        CHECK(!eddy_stream_is_closing(&stream));
        CHECK_CODE(eddy_future_error(WRITE(0, "at once")), 0);
        CHECK_FOUND("at once");
        CHECK_READ(&stream, LINE(), "early\n");
        tear_down_streams();
    }

    EACH("opened while it is open it is EQUEUED, and goes on, the socket is still the caller's")
    {
        set_up_stream();
        CHECK_CODE(eddy_stream_open(&stream, &loop, pair2[0]), EDDY_EQUEUED);
        say(pair[1], "a\n");
        CHECK_READ(&stream, LINE(), "a\n");
        eddy_stream_close(&stream);
        CHECK_CODE(eddy_stream_open(&stream, &loop, pair2[0]), EDDY_EQUEUED);
        say(pair2[0], "mine");
        CHECK_ENDS(CLOSED(0), 0);
        open_stream(&stream, &pair2[0]);
        tear_down_streams();
    }

    EACH("zeroed it is closed, and every call is harmless")
    {
        set_up_streams();
        check_harmless(EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(CLOSED(0)), EDDY_ECLOSED);
        tear_down_streams();
    }

    EACH("on a closed loop it is ECLOSED, and nothing is open")
    {
        set_up_streams();
        tear_down_real();
        CHECK_CODE(eddy_stream_open(&stream, &loop, 0), EDDY_ECLOSED);
        check_harmless(EDDY_ECLOSED);
    }

    EACH("without memory it is ENOMEM, the socket is still the caller's, and it opens later")
    {
        set_up_streams();
        faults_plan("calloc@1=ENOMEM");
        CHECK_CODE(eddy_stream_open(&stream, &loop, pair[0]), -ENOMEM);
        CHECK_INT(faults_injected(), 1);
        faults_plan("");
        say(pair[0], "mine");
        CHECK_FOUND("mine");
        CHECK_CODE(eddy_future_error(LINE()), EDDY_ECLOSED);
        open_stream(&stream, &pair[0]);
        say(pair[1], "b\n");
        CHECK_READ(&stream, LINE(), "b\n");
        tear_down_streams();
    }

    EACH("its transport tells the names of both sides")
    {
        struct sockaddr_in own;
        socklen_t size = sizeof own;
        int fds[2];
        set_up_streams();
        connected_tcp(fds);
        CHECK_OK(getsockname(fds[1], (struct sockaddr *)&own, &size));
        open_stream(&stream, &fds[0]);
        CHECK_INT(stream.transport.peer.v4.sin_port, own.sin_port);
        CHECK_INT(stream.transport.local.any.sa_family, AF_INET);
        close(fds[1]);
        tear_down_streams();
    }
}

/* ---- Reading ----------------------------------------------------------------------------------------- */

static void check_reads(void)
{
    say(pair[1], "one\ntwo\n12345abaac\n\nrest");
    end_peer();
    CHECK_READ(&stream, LINE(), "one\n");
    CHECK_READ(&stream, LINE(), "two\n");
    CHECK_READ(&stream, eddy_reader_readexactly(READER, 5), "12345");
    CHECK_READ(&stream, eddy_reader_readuntil(READER, "aac", 3), "abaac");
    CHECK_READ(&stream, LINE(), "\n");
    CHECK_READ(&stream, eddy_reader_read(READER, 0), "");
    CHECK_READ(&stream, LINE(), "\n");
    CHECK(!eddy_reader_at_eof(READER));
    CHECK_READ(&stream, LINE(), "rest");
    CHECK_READ(&stream, LINE(), "");
    CHECK_READ(&stream, eddy_reader_read(READER, 9), "");
    CHECK(eddy_reader_at_eof(READER));
    CHECK_ENDS(eddy_reader_readexactly(READER, 1), EDDY_EINCOMPLETE);
}

static void reading(void)
{
    EACH("ST-01 to ST-06, ST-10: each kind of read, in one piece")
    {
        set_up_stream();
        check_reads();
        tear_down_streams();
    }

    EACH("ST-01 to ST-06, ST-10: each kind of read, byte by byte")
    {
        set_up_stream();
        faults_plan("recv%1");
        check_reads();
        CHECK(faults_injected() > 0);
        faults_plan("");
        tear_down_streams();
    }

    EACH("ST-04, ST-06, R1: the end before it was all there is EINCOMPLETE, with what there was")
    {
        struct eddy_future *future;
        set_up_stream();
        future = eddy_reader_readexactly(READER, 10);
        say(pair[1], "abc");
        turns(2);
        PENDING(future);
        end_peer();
        CHECK_ENDS(future, EDDY_EINCOMPLETE);
        CHECK_BYTES(READER->data, READER->size, "abc", 3);
        CHECK(!eddy_stream_is_closing(&stream));
        tear_down_streams();
    }

    EACH("ST-07, ST-18, R1: a line may be as long as the limit, one without an end is dropped")
    {
        set_up_streams();
        stream.limit = 4;
        open_stream(&stream, &pair[0]);
        say(pair[1], "four\n");
        CHECK_READ(&stream, LINE(), "four\n");
        say(pair[1], "fives\nnext\n");
        CHECK_ENDS(LINE(), EDDY_ELIMIT);
        CHECK_READ(&stream, LINE(), "next\n");
        say(pair[1], "endle");
        CHECK_ENDS(LINE(), EDDY_ELIMIT);
        say(pair[1], "ss\n");
        CHECK_READ(&stream, LINE(), "ss\n");
        tear_down_streams();
    }

    EACH("ST-19, R1: no separator within the limit is ELIMIT, and nothing was taken")
    {
        set_up_streams();
        stream.limit = 4;
        open_stream(&stream, &pair[0]);
        say(pair[1], "abcdef");
        CHECK_ENDS(eddy_reader_readuntil(READER, "--", 2), EDDY_ELIMIT);
        CHECK_READ(&stream, eddy_reader_read(READER, 9), "abcdef");
        tear_down_streams();
    }

    EACH("ST-08: while nobody reads and twice the limit lies there, the peer waits in the end")
    {
        size_t sent = 0, got = 0;
        ssize_t n;
        set_up_streams();
        stream.limit = 1000;
        open_stream(&stream, &pair[0]);
        for (;;) {
            n = send(pair[1], pattern(700), 700, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n < 0 && !eddy_transport_is_reading(&stream.transport))
                break;
            sent += n > 0 ? (size_t)n : 0;
            CHECK(sent < 2500000);
            turns(1);
        }
        CHECK(READER->end - READER->start <= 2000 + EDDY_TRANSPORT_PIECE);
        for (; got < sent; got += READER->size)
            CHECK_ENDS(eddy_reader_read(READER, 700), 0);
        CHECK(got == sent);
        CHECK(eddy_transport_is_reading(&stream.transport));
        CHECK_INT(loop.watches.count, 1);
        tear_down_streams();
    }

    EACH("ST-08: twice the limit is not too much, one more is, and the limit is little enough")
    {
        set_up_streams();
        stream.limit = 4;
        open_stream(&stream, &pair[0]);
        say(pair[1], "12345678");
        turns(2);
        CHECK(eddy_transport_is_reading(&stream.transport));
        say(pair[1], "9");
        turns(2);
        CHECK(!eddy_transport_is_reading(&stream.transport));
        CHECK_READ(&stream, eddy_reader_read(READER, 4), "1234");
        CHECK(!eddy_transport_is_reading(&stream.transport));
        CHECK_READ(&stream, eddy_reader_read(READER, 1), "5");
        CHECK(eddy_transport_is_reading(&stream.transport));
        tear_down_streams();
    }

    EACH("a read that waits for more than twice the limit lets the transport go on")
    {
        struct eddy_future *future;
        set_up_streams();
        stream.limit = 10;
        open_stream(&stream, &pair[0]);
        CHECK(send(pair[1], pattern(1000), 1000, MSG_NOSIGNAL) == 1000);
        turns(2);
        CHECK(!eddy_transport_is_reading(&stream.transport));
        future = eddy_reader_readexactly(READER, 2000);
        CHECK(send(pair[1], pattern(1000), 1000, MSG_NOSIGNAL) == 1000);
        CHECK_ENDS(future, 0);
        CHECK_INT(READER->size, 2000);
        tear_down_streams();
    }

    EACH("ST-09, R3: a second read is EWATCHED at once, and the first one gets what comes")
    {
        struct eddy_future *future;
        set_up_stream();
        future = LINE();
        CHECK_CODE(eddy_future_error(eddy_reader_read(READER, 1)), EDDY_EWATCHED);
        say(pair[1], "whole\n");
        CHECK_READ(&stream, future, "whole\n");
        tear_down_streams();
    }

    EACH("ST-17, R3: a cancelled read takes nothing, neither of before nor of later")
    {
        struct eddy_future *future;
        set_up_stream();
        future = LINE();
        say(pair[1], "be");
        turns(2);
        CHECK(eddy_future_cancel(future));
        CHECK_ENDS(future, -ECANCELED);
        say(pair[1], "fore\n");
        turns(2);
        CHECK_READ(&stream, LINE(), "before\n");
        tear_down_streams();
    }

    EACH("R5: after the peer's end nothing is fed any more, and it can still be written")
    {
        set_up_stream();
        say(pair[1], "last");
        end_peer();
        CHECK_READ(&stream, LINE(), "last");
        CHECK_CODE(eddy_reader_feed(READER, "x", 1), EDDY_EDONE);
        turns(3);
        CHECK(!eddy_stream_is_closing(&stream));
        CHECK_ENDS(WRITE(0, "still"), 0);
        CHECK_FOUND("still");
        tear_down_streams();
    }

    EACH("cpython 79246: a read that waits at the close returns with ECLOSED")
    {
        struct eddy_future *future;
        set_up_stream();
        say(pair[1], "half a line");
        turns(2);
        future = LINE();
        eddy_stream_close(&stream);
        CHECK_ENDS(future, EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(LINE()), EDDY_ECLOSED);
        CHECK_INT(READER->size, 0);
        tear_down_streams();
    }

    EACH("a read that waits at an abort returns with ECLOSED, too")
    {
        struct eddy_future *future;
        set_up_stream();
        future = LINE();
        eddy_stream_abort(&stream);
        CHECK_ENDS(future, EDDY_ECLOSED);
        tear_down_streams();
    }

    EACH("without memory for what comes the connection is lost with ENOMEM, and that is reported")
    {
        struct eddy_future *future;
        set_up_stream();
        future = LINE();
        faults_plan("malloc@1=ENOMEM");
        say(pair[1], "abc\n");
        CHECK_ENDS(future, -ENOMEM);
        CHECK_INT(faults_injected(), 1);
        faults_plan("");
        CHECK_ENDS(CLOSED(0), -ENOMEM);
        EXPECT("!ENOMEM stream");
        tear_down_streams();
    }
}

/* ---- Writing ----------------------------------------------------------------------------------------- */

static void waiting_to_write(void)
{
    EACH("ST-12: above the upper mark a write waits, and a drain, until it is the lower one")
    {
        struct eddy_future *one_write, *drain;
        set_up_stream();
        want_little(&stream);
        CHECK_CODE(eddy_future_error(DRAIN(0)), 0);
        fill(&stream);
        one_write = WRITE(0, "more");
        drain = DRAIN(1);
        turns(3);
        PENDING(one_write);
        PENDING(drain);
        while (!eddy_future_done(drain)) {
            empty(pair[1], 1000);
            turns(1);
            CHECK(eddy_future_done(one_write) == eddy_future_done(drain));
            CHECK(eddy_future_done(drain) == (unsent(&stream) <= MARK_LOW));
        }
        CHECK_CODE(eddy_future_error(one_write), 0);
        CHECK_CODE(eddy_future_error(drain), 0);
        CHECK_CODE(eddy_future_error(DRAIN(0)), 0);
        tear_down_streams();
    }

    EACH("several wait to write, and one that is cancelled leaves the others, its bytes go")
    {
        struct eddy_future *futures[3];
        size_t before;
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        before = unsent(&stream);
        futures[0] = WRITE(0, "aaa");
        futures[1] = WRITE(1, "bbb");
        futures[2] = DRAIN(2);
        CHECK(eddy_future_cancel(futures[1]));
        CHECK_ENDS(futures[1], -ECANCELED);
        PENDING(futures[0]);
        PENDING(futures[2]);
        CHECK(unsent(&stream) == before + 6);
        while (!eddy_future_done(futures[0])) {
            empty(pair[1], SIZE_MAX);
            turns(1);
        }
        CHECK_CODE(eddy_future_error(futures[0]), 0);
        CHECK_CODE(eddy_future_error(futures[2]), 0);
        tear_down_streams();
    }

    EACH("a wait that waits already is EQUEUED, and nothing was written")
    {
        struct iovec piece = {(char *)"x", 1};
        struct eddy_future *future;
        size_t before;
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        future = DRAIN(0);
        before = unsent(&stream);
        CHECK_CODE(eddy_future_error(WRITE(0, "x")), EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(eddy_stream_writelines(&waits[0], &stream, &piece, 1)),
                   EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(DRAIN(0)), EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(CLOSED(0)), EDDY_EQUEUED);
        CHECK(unsent(&stream) == before);
        PENDING(future);
        eddy_stream_abort(&stream);
        CHECK_ENDS(future, EDDY_ECLOSED);
        tear_down_streams();
    }

    EACH("more than the limit of the transport is ELIMIT, nothing was taken, and it goes on")
    {
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        CHECK_CODE(eddy_transport_set_write_buffer_limits(&stream.transport, MARK_LOW, MARK_HIGH,
                                                          unsent(&stream) + 10),
                   0);
        CHECK_CODE(eddy_future_error(WRITE(0, "eleven byte")), EDDY_ELIMIT);
        PENDING(WRITE(0, "ten bytes."));
        CHECK(!eddy_stream_is_closing(&stream));
        eddy_stream_abort(&stream);
        tear_down_streams();
    }

    EACH("raised marks are room: whoever waits is woken")
    {
        struct eddy_future *future;
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        future = DRAIN(0);
        PENDING(future);
        CHECK_CODE(eddy_transport_set_write_buffer_limits(&stream.transport, unsent(&stream),
                                                          unsent(&stream), 64 * MARK_HIGH),
                   0);
        CHECK_ENDS(future, 0);
        eddy_stream_abort(&stream);
        tear_down_streams();
    }

    EACH("several pieces are written in order, 1 to 1024 of them")
    {
        static struct iovec pieces[1025];
        set_up_stream();
        for (int i = 0; i < 1025; i++)
            pieces[i] = (struct iovec){(char *)"abc" + i % 3, 1};
        CHECK_CODE(eddy_future_error(eddy_stream_writelines(&waits[0], &stream, pieces, 0)),
                   -EINVAL);
        CHECK_CODE(eddy_future_error(eddy_stream_writelines(&waits[0], &stream, pieces, 1025)),
                   -EINVAL);
        CHECK_FOUND("");
        CHECK_CODE(eddy_future_error(eddy_stream_writelines(&waits[0], &stream, pieces, 7)), 0);
        CHECK_FOUND("abcabca");
        CHECK_CODE(eddy_future_error(eddy_stream_writelines(&waits[0], &stream, pieces, 1024)), 0);
        CHECK_INT(empty(pair[1], SIZE_MAX), 1024);
        tear_down_streams();
    }

    EACH("to write nothing is done at once, and sends nothing")
    {
        set_up_stream();
        CHECK_CODE(eddy_future_error(WRITE(0, "")), 0);
        CHECK_FOUND("");
        tear_down_streams();
    }

    EACH("without memory for what waits the connection is lost with ENOMEM, at each allocation")
    {
        set_up_stream();
        want_little(&stream);
        while (unsent(&stream) == 0 && !eddy_stream_is_closing(&stream)) {
            faults_plan("malloc@1=ENOMEM");
            (void)eddy_transport_write(&stream.transport, pattern(1000), 1000);
        }
        CHECK_INT(faults_injected(), 1);
        faults_plan("");
        CHECK_CODE(eddy_future_error(WRITE(0, "x")), -ENOMEM);
        CHECK_ENDS(CLOSED(0), -ENOMEM);
        CHECK_CODE(eddy_future_error(WRITE(0, "x")), -ENOMEM);
        CHECK_CODE(eddy_future_error(LINE()), -ENOMEM);
        tear_down_streams();
    }
}

/* ---- Turns of others --------------------------------------------------------------------------------- */

struct flood {
    struct eddy_co co;
    struct eddy_stream_wait wait;
    size_t n;
};

/* To a peer that reads at once. */
static struct eddy_step flood(struct eddy_co *co)
{
    struct flood *self = CO_FRAME(co, flood);

    CO_BEGIN(co);
    while (self->n < 4000000) {
        CO_AWAIT(co, eddy_stream_write(&self->wait, &stream, pattern(4000), 4000));
        CHECK_INT(empty(pair[1], SIZE_MAX), 4000);
        self->n += 4000;
    }
    CO_END(co);
}

static void sharing(void)
{
    EACH("a writer to a peer that reads as fast as it writes lets others have a turn")
    {
        static struct flood frame;
        size_t before = 0;
        int rounds = 0;
        set_up_stream();
        eddy_task_start(&task, &loop, flood, &frame, .n = 0);
        for (; !eddy_task_done(&task); rounds++) {
            turns(1);
            CHECK(frame.n - before <= 1000000);
            before = frame.n;
        }
        CHECK(rounds > 4);
        CHECK_INT(frame.n, 4000000);
        tear_down_streams();
    }

    EACH("a write that gives up its turn returns in the next one, with others that wait")
    {
        struct eddy_future *futures[2];
        set_up_stream();
        do {
            CHECK_CODE(eddy_transport_write(&stream.transport, pattern(1000), 1000), 0);
            CHECK_INT(empty(pair[1], SIZE_MAX), 1000);
            futures[0] = eddy_stream_write(&waits[0], &stream, pattern(1000), 1000);
            CHECK_INT(empty(pair[1], SIZE_MAX), 1000);
        } while (eddy_future_done(futures[0]));
        futures[1] = DRAIN(1);
        PENDING(futures[1]);
        turns(1);
        CHECK_CODE(eddy_future_error(futures[0]), 0);
        CHECK_CODE(eddy_future_error(futures[1]), 0);
        CHECK_CODE(eddy_future_error(DRAIN(1)), 0);
        tear_down_streams();
    }

    EACH("a write that gives up its turn waits on, if too much waits to be sent by then")
    {
        struct eddy_future *future;
        set_up_stream();
        do {
            future = eddy_stream_write(&waits[0], &stream, pattern(1000), 1000);
            empty(pair[1], SIZE_MAX);
        } while (eddy_future_done(future));
        want_little(&stream);
        fill(&stream);
        turns(3);
        PENDING(future);
        while (!eddy_future_done(future)) {
            empty(pair[1], SIZE_MAX);
            turns(1);
        }
        CHECK_CODE(eddy_future_error(future), 0);
        tear_down_streams();
    }

    EACH("a turn that is waited for at the close or the abort comes to an end")
    {
        struct eddy_future *future;
        for (int aborts = 0; aborts < 2; aborts++) {
            set_up_stream();
            do {
                future = eddy_stream_write(&waits[0], &stream, pattern(1000), 1000);
                empty(pair[1], SIZE_MAX);
            } while (eddy_future_done(future));
            if (aborts)
                eddy_stream_abort(&stream);
            else
                eddy_stream_close(&stream);
            (void)ended(future);
            tear_down_streams();
        }
    }
}

/* ---- Lost ---------------------------------------------------------------------------------------------- */

static void losing(void)
{
    EACH("ST-11, ST-20: a reset is the outcome of the read that waits, and of all from then on")
    {
        struct eddy_future *future, *closed;
        set_up_stream();
        say(pair[1], "unread");
        turns(2);
        future = LINE();
        closed = CLOSED(2);
        reset_by_peer();
        CHECK_ENDS(future, -ECONNRESET);
        CHECK_ENDS(closed, -ECONNRESET);
        CHECK_CODE(eddy_future_error(eddy_reader_read(READER, 3)), -ECONNRESET);
        CHECK_CODE(eddy_future_error(LINE()), -ECONNRESET);
        CHECK_CODE(eddy_future_error(WRITE(0, "x")), -ECONNRESET);
        CHECK_CODE(eddy_future_error(DRAIN(0)), -ECONNRESET);
        CHECK_CODE(eddy_future_error(CLOSED(0)), -ECONNRESET);
        CHECK(eddy_stream_is_closing(&stream));
        tear_down_streams();
    }

    EACH("ST-12: a connection that is lost while several wait to write: its error is theirs")
    {
        struct eddy_future *futures[3];
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        futures[0] = WRITE(0, "x");
        futures[1] = DRAIN(1);
        futures[2] = CLOSED(2);
        reset_by_peer();
        CHECK_ENDS(futures[0], -ECONNRESET);
        CHECK_ENDS(futures[1], -ECONNRESET);
        CHECK_ENDS(futures[2], -ECONNRESET);
        tear_down_streams();
    }

    EACH("ST-12: a drain after a loss that came while too much waited is told that, and returns")
    {
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        reset_by_peer();
        CHECK_ENDS(CLOSED(0), -ECONNRESET);
        CHECK_CODE(eddy_future_error(DRAIN(0)), -ECONNRESET);
        CHECK_CODE(eddy_future_error(WRITE(0, "x")), -ECONNRESET);
        tear_down_streams();
    }

    EACH("the error that a write meets is that of the next one, too, in the same turn")
    {
        set_up_stream();
        close(pair[1]);
        pair[1] = -1;
        CHECK_CODE(eddy_future_error(WRITE(0, "x")), -EPIPE);
        CHECK_CODE(eddy_future_error(WRITE(0, "x")), -EPIPE);
        CHECK_CODE(eddy_future_error(DRAIN(0)), -EPIPE);
        CHECK_ENDS(CLOSED(0), -EPIPE);
        CHECK_CODE(eddy_future_error(WRITE(0, "x")), -EPIPE);
        tear_down_streams();
    }

    EACH("a drain when an abort came while too much waits is ECLOSED, now and later")
    {
        struct eddy_future *future;
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        eddy_stream_abort(&stream);
        future = DRAIN(0);
        CHECK_ENDS(future, EDDY_ECLOSED);
        CHECK_ENDS(CLOSED(0), 0);
        CHECK_CODE(eddy_future_error(DRAIN(0)), EDDY_ECLOSED);
        tear_down_streams();
    }

    EACH("a peer that resets before it was made, or after its end was read")
    {
        struct eddy_future *future;
        set_up_streams();
        open_stream(&stream, &pair[0]);
        reset_by_peer();
        future = LINE();
        CHECK_ENDS(future, -ECONNRESET);
        tear_down_streams();
        set_up_stream();
        end_peer();
        CHECK_READ(&stream, LINE(), "");
        reset_by_peer();
        turns(3);
        CHECK_CODE(eddy_future_error(WRITE(0, "x")), -EPIPE);
        CHECK_ENDS(CLOSED(0), -EPIPE);
        CHECK_CODE(eddy_future_error(LINE()), -EPIPE);
        tear_down_streams();
    }

    EACH("a peer that resets while what was written is sent at the close")
    {
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        eddy_stream_close(&stream);
        turns(1);
        reset_by_peer();
        CHECK_ENDS(CLOSED(0), -EPIPE);
        CHECK_ENDS(CLOSED(1), -EPIPE);
        tear_down_streams();
    }
}

/* ---- Its end ------------------------------------------------------------------------------------------- */

static void ending(void)
{
    EACH("ST-13: close sends what was written, all who wait get the end, before it and after")
    {
        struct eddy_future *futures[3];
        size_t written, got = 0;
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        written = unsent(&stream);
        futures[0] = CLOSED(0);
        eddy_stream_close(&stream);
        eddy_stream_close(&stream);
        futures[1] = CLOSED(1);
        futures[2] = CLOSED(2);
        turns(3);
        PENDING(futures[0]);
        CHECK_CODE(eddy_future_error(WRITE(3, "x")), EDDY_ECLOSED);
        CHECK_CODE(eddy_stream_write_eof(&stream), EDDY_ECLOSED);
        CHECK(eddy_future_cancel(futures[1]));
        while (!eddy_future_done(futures[0])) {
            got += empty(pair[1], SIZE_MAX);
            turns(1);
        }
        got += empty(pair[1], SIZE_MAX);
        CHECK(got >= written);
        CHECK_FOUND(".");
        CHECK_CODE(eddy_future_error(futures[0]), 0);
        CHECK_CODE(eddy_future_error(futures[1]), -ECANCELED);
        CHECK_ENDS(futures[2], 0);
        CHECK_CODE(eddy_future_error(CLOSED(0)), 0);
        CHECK_CODE(eddy_future_error(CLOSED(1)), 0);
        tear_down_streams();
    }

    EACH("abort drops what waits, also after a close, and it has ended in the next turn")
    {
        size_t written;
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        written = unsent(&stream);
        eddy_stream_close(&stream);
        eddy_stream_abort(&stream);
        eddy_stream_abort(&stream);
        turns(1);
        CHECK_CODE(eddy_future_error(CLOSED(0)), 0);
        CHECK_CODE(eddy_future_error(DRAIN(0)), EDDY_ECLOSED);
        CHECK(empty(pair[1], SIZE_MAX) > 0 && written > MARK_HIGH);
        CHECK_FOUND(".");
        tear_down_streams();
    }

    EACH("a drain at a stream that closes waits for room, and returns")
    {
        struct eddy_future *future;
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        eddy_stream_close(&stream);
        future = DRAIN(0);
        PENDING(future);
        while (!eddy_future_done(future)) {
            empty(pair[1], SIZE_MAX);
            turns(1);
        }
        CHECK_CODE(eddy_future_error(future), 0);
        CHECK_ENDS(CLOSED(0), 0);
        CHECK_CODE(eddy_future_error(DRAIN(0)), EDDY_ECLOSED);
        tear_down_streams();
    }

    EACH("ST-16: after write_eof the peer finds the end, and what it sends is read")
    {
        set_up_stream();
        CHECK_CODE(eddy_future_error(WRITE(0, "question")), 0);
        CHECK_CODE(eddy_stream_write_eof(&stream), 0);
        CHECK_CODE(eddy_stream_write_eof(&stream), 0);
        CHECK_FOUND("question.");
        CHECK_CODE(eddy_future_error(WRITE(0, "x")), EDDY_ECLOSED);
        say(pair[1], "answer");
        end_peer();
        CHECK_READ(&stream, eddy_reader_readall(READER, 100), "answer");
        eddy_stream_close(&stream);
        CHECK_ENDS(CLOSED(0), 0);
        tear_down_streams();
    }

    EACH("ST-16: write_eof comes after what waits to be sent")
    {
        size_t written;
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        written = unsent(&stream);
        CHECK_CODE(eddy_stream_write_eof(&stream), 0);
        while (unsent(&stream) > 0) {
            CHECK(empty(pair[1], SIZE_MAX) > 0);
            turns(1);
        }
        empty(pair[1], SIZE_MAX);
        CHECK(written > 0);
        CHECK_FOUND(".");
        CHECK(!eddy_stream_is_closing(&stream));
        tear_down_streams();
    }

    EACH("one that has ended can be opened again, closed or not, and has nothing of before")
    {
        set_up_stream();
        say(pair[1], "old");
        turns(2);
        reset_by_peer();
        CHECK_ENDS(CLOSED(0), -ECONNRESET);
        open_stream(&stream, &pair2[0]);
        CHECK(!eddy_stream_is_closing(&stream));
        say(pair2[1], "new\n");
        CHECK_READ(&stream, LINE(), "new\n");
        CHECK_CODE(eddy_future_error(WRITE(0, "yes")), 0);
        CHECK_TEXT(found(pair2[1]), "yes");
        eddy_stream_close(&stream);
        CHECK_ENDS(CLOSED(0), 0);
        tear_down_streams();
    }

    EACH("a loop is closed with an open stream: its memory goes at the close")
    {
        set_up_stream();
        say(pair[1], "unread");
        turns(2);
        want_little(&stream);
        fill(&stream);
        (void)DRAIN(0);
        (void)LINE();
        tear_down();
        CHECK_CODE(eddy_future_error(CLOSED(1)), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(DRAIN(1)), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(WRITE(1, "x")), EDDY_ECLOSED);
        CHECK_CODE(eddy_stream_write_eof(&stream), EDDY_ECLOSED);
        eddy_stream_close(&stream);
        eddy_stream_abort(&stream);
        empty(pair[1], SIZE_MAX);
        CHECK_FOUND(".");
        close_pairs();
    }
}

/* ---- In a task ------------------------------------------------------------------------------------------ */

enum todo { READ_LINE, WRITE_SOME, WAIT_END, WRITE_THEN_REST };

/* Has a stream in its frame, and waits. */
struct owner {
    struct eddy_co co;
    struct eddy_stream stream;
    struct eddy_stream_wait wait;
    struct eddy_sleep made;
    struct eddy_future rest;
    enum todo todo;
    bool forgets; /* to close it */
};

static struct owner owner_frame;

static struct eddy_step owner(struct eddy_co *co)
{
    struct owner *self = CO_FRAME(co, owner);

    CO_BEGIN(co);
    open_stream(&self->stream, &pair[0]);
    CO_AWAIT(co, eddy_sleep(&self->made, &loop, 0));
    want_little(&self->stream);
    if (self->todo == READ_LINE)
        CO_AWAIT(co, eddy_reader_readline(&self->stream.reader));
    if (self->todo >= WRITE_SOME)
        fill(&self->stream);
    if (self->todo == WRITE_SOME)
        CO_AWAIT(co, eddy_stream_write(&self->wait, &self->stream, "x", 1));
    if (self->todo == WAIT_END) {
        eddy_stream_close(&self->stream);
        CO_AWAIT(co, eddy_stream_wait_closed(&self->wait, &self->stream));
    }
    eddy_future_init(&self->rest, &loop);
    if (self->todo == WRITE_THEN_REST)
        CO_AWAIT(co, &self->rest);
    CO_FINALLY(co);
    if (self->forgets)
        CO_RETURN(co);
    eddy_stream_close(&self->stream);
    CO_TRY_AWAIT(co, eddy_stream_wait_closed(&self->wait, &self->stream));
    note("%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

static void start_owner(enum todo todo, bool forgets)
{
    set_up_streams();
    eddy_task_start(&task, &loop, owner, &owner_frame, .todo = todo, .forgets = forgets);
    turns(3);
}

/* Opens it again in the step in which it has learned of the end. */
struct reopener {
    struct eddy_co co;
    struct eddy_stream stream;
    struct eddy_stream_wait wait;
    int round;
};

static struct eddy_step reopener(struct eddy_co *co)
{
    struct reopener *self = CO_FRAME(co, reopener);

    CO_BEGIN(co);
    for (self->round = 0; self->round < 2; self->round++) {
        open_stream(&self->stream, self->round == 0 ? &pair[0] : &pair2[0]);
        CO_AWAIT(co, eddy_reader_readline(&self->stream.reader));
        note("%.*s", (int)self->stream.reader.size, self->stream.reader.data);
        eddy_stream_close(&self->stream);
        CO_AWAIT(co, eddy_stream_wait_closed(&self->wait, &self->stream));
    }
    CO_END(co);
}

static void check_abandoned(void)
{
    eddy_task_abandon(&task);
    memset(&owner_frame, 0x5a, sizeof owner_frame);
    CHECK_INT(loop.watches.count, 0);
    turns(3);
    empty(pair[1], SIZE_MAX);
    CHECK_FOUND(".");
    tear_down_streams();
}

static void in_tasks(void)
{
    EACH("a stream in a task's frame is closed there, and awaited, and nothing is reported")
    {
        start_owner(READ_LINE, false);
        say(pair[1], "line\n");
        complete(&task, 0);
        EXPECT("OK");
        tear_down_streams();
    }

    EACH("a task is cancelled while it reads: its cleanup section closes, and awaits the end")
    {
        start_owner(READ_LINE, false);
        cancel_task(&task);
        complete(&task, -ECANCELED);
        EXPECT("OK");
        tear_down_streams();
    }

    EACH("one that was lost is closed, and its task may end")
    {
        start_owner(READ_LINE, false);
        close(pair[1]);
        pair[1] = -1;
        complete(&task, 0);
        EXPECT("OK");
        tear_down_streams();
    }

    EACH("a stream is opened again by the task that has waited for its end")
    {
        static struct reopener frame;
        set_up_streams();
        say(pair[1], "one\n");
        say(pair2[1], "two\n");
        eddy_task_start(&task, &loop, reopener, &frame, .round = 0);
        complete(&task, 0);
        EXPECT("one\n two\n");
        tear_down_streams();
    }

    EACH("a task is abandoned that reads from a stream in its frame")
    {
        start_owner(READ_LINE, false);
        check_abandoned();
    }

    EACH("a task is abandoned that waits to write")
    {
        start_owner(WRITE_SOME, false);
        check_abandoned();
    }

    EACH("a task is abandoned that waits for the end, while something waits to be sent")
    {
        start_owner(WAIT_END, false);
        check_abandoned();
    }

    EACH("a task is abandoned with a stream that others wait for: all are ECLOSED")
    {
        struct eddy_future *futures[3];
        start_owner(WRITE_THEN_REST, false);
        futures[0] = eddy_stream_drain(&waits[0], &owner_frame.stream);
        futures[1] = eddy_stream_wait_closed(&waits[1], &owner_frame.stream);
        PENDING(futures[0]);
        PENDING(futures[1]);
        eddy_task_abandon(&task);
        CHECK_ENDS(futures[0], EDDY_ECLOSED);
        CHECK_ENDS(futures[1], EDDY_ECLOSED);
        check_abandoned();
    }

    EACH("a task is abandoned that waits to write to another's stream: the others go on")
    {
        static struct waiter frame;
        struct eddy_future *other;
        set_up_stream();
        want_little(&stream);
        fill(&stream);
        other = DRAIN(0);
        eddy_task_start(&task, &loop, waiter, &frame, .name = "w", .on = DRAIN(1));
        turns(1);
        eddy_task_abandon(&task);
        memset(&frame, 0x5a, sizeof frame);
        memset(&waits[1], 0, sizeof waits[1]);
        while (!eddy_future_done(other)) {
            empty(pair[1], SIZE_MAX);
            turns(1);
        }
        CHECK_CODE(eddy_future_error(other), 0);
        EXPECT("w");
        tear_down_streams();
    }
}

/* ---- Debug mode -------------------------------------------------------------------------------------------- */

static void call_all(void)
{
    CHECK_CODE(eddy_future_error(WRITE(0, "x")), EDDY_ETHREAD);
    CHECK_CODE(eddy_future_error(DRAIN(0)), EDDY_ETHREAD);
    CHECK_CODE(eddy_future_error(CLOSED(0)), EDDY_ETHREAD);
    CHECK_CODE(eddy_future_error(LINE()), EDDY_ETHREAD);
    CHECK_CODE(eddy_stream_write_eof(&stream), EDDY_ETHREAD);
    eddy_stream_close(&stream);
    eddy_stream_abort(&stream);
}

static void in_other_thread(struct eddy_handle *handle)
{
    (void)handle;
    call_in_thread(call_all);
}

static void open_there(void)
{
    CHECK_CODE(eddy_stream_open(&stream, &loop, pair[0]), EDDY_ETHREAD);
    CHECK_CODE(eddy_future_error(LINE()), EDDY_ECLOSED);
}

static void open_in_other_thread(struct eddy_handle *handle)
{
    (void)handle;
    call_in_thread(open_there);
}

static void in_debug_mode(void)
{
    static struct eddy_handle handle;

    CASE("debug mode: each call from another thread is ETHREAD, is reported, and changes nothing") {
        which = eddy_selector_nth(0);
        in_debug = true;
        set_up_stream();
        eddy_handle_init(&handle, in_other_thread);
        CHECK_OK(eddy_loop_call_soon(&loop, &handle));
        turns(1);
        EXPECT("!EDDY_ETHREAD ? !EDDY_ETHREAD ? !EDDY_ETHREAD ? !EDDY_ETHREAD ? !EDDY_ETHREAD ? "
               "!EDDY_ETHREAD ? !EDDY_ETHREAD ?");
        say(pair[1], "still\n");
        CHECK_READ(&stream, LINE(), "still\n");
        tear_down_streams();
    }

    CASE("debug mode: opened from another thread it is ETHREAD, and stays closed") {
        which = eddy_selector_nth(0);
        in_debug = true;
        set_up_streams();
        eddy_handle_init(&handle, open_in_other_thread);
        CHECK_OK(eddy_loop_call_soon(&loop, &handle));
        turns(1);
        EXPECT("!EDDY_ETHREAD ?");
        tear_down_streams();
    }

    CASE("debug mode: a task that ends and has not closed its stream is told, and it is closed") {
        which = eddy_selector_nth(0);
        in_debug = true;
        start_owner(READ_LINE, true);
        say(pair[1], "x\n");
        complete(&task, 0);
        EXPECT("!OK owner !OK owner"); /* its watch, and itself */
        memset(&owner_frame, 0x5a, sizeof owner_frame);
        turns(2);
        CHECK_FOUND(".");
        tear_down_streams();
    }
}

static void cases(void)
{
    opening();
    reading();
    waiting_to_write();
    sharing();
    losing();
    ending();
    in_tasks();
}

TESTS
{
    in_all_modes(cases);
    in_debug_mode();
}
