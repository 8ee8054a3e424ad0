/* Kernels that take little, and peers that take nothing, go away in the middle, or end when we do. On every
 * selector. */
#include "heard.h"

#include "ledger.h"
#include "sendfile.h"

enum {
    MB = 1 << 20,
    LARGE = 3000000, /* of the pattern */
    LINES = 10,      /* pieces of a write of several */
    LINE = 1000      /* and their size */
};

/* ---- What is written, and what comes ------------------------------------------------------------------------ */

static size_t put, got; /* bytes of the pattern, which begins anew at its end */

static void set_up_unkind(void)
{
    set_up_one();
    put = got = 0;
    pattern(LARGE);
}

/* The next `n` bytes, in one piece or in several. Returns what the write returns. */
static int write_next(size_t n, bool lines)
{
    const char *from = pattern(0) + put % LARGE;
    struct iovec pieces[LINES];
    int err;

    for (int i = 0; i < LINES; i++)
        pieces[i] = (struct iovec){(char *)from + n / LINES * (size_t)i, n / LINES};
    if (lines)
        err = eddy_transport_writelines(&one.transport, pieces, LINES);
    else
        err = eddy_transport_write(&one.transport, from, n);
    put += err == 0 ? n : 0;
    return err;
}

static void read_peer(void)
{
    static char bytes[65536];
    ssize_t n;

    faults_hold(true);
    while ((n = recv(pair[1], bytes, sizeof bytes, 0)) > 0)
        for (ssize_t i = 0; i < n; i++, got++)
            if (bytes[i] != pattern(0)[got % LARGE])
                FAIL("the bytes as they were written", "another one, at %zu", got);
    faults_hold(false);
}

/* ---- Kernels -------------------------------------------------------------------------------------------------- */

static void kernels(void)
{
    EACH("N1: 10 MB, each send takes a byte, a part or nothing, or is interrupted: in order")
    {
        static const char *const plans[] = {"send%1,sendmsg%1",
                                            "send@1+=EAGAIN,sendmsg@1+=EAGAIN",
                                            "send%7919,sendmsg%7919",
                                            "send@1=EINTR,sendmsg@1=EINTR,send%3,sendmsg%3",
                                            "send%40009,sendmsg%40009",
                                            "send@1=EAGAIN,sendmsg@1=EAGAIN",
                                            "send@1=EINTR,sendmsg@1=EINTR"};
        long met = 0;
        set_up_unkind();
        WAITING("all 10 MB");
        for (size_t turn = 0; got < 10 * MB; turn++) {
            CHECK(turn < 100000);
            faults_plan(plans[turn % (sizeof plans / sizeof plans[0])]);
            while (put < 10 * MB && waiting(&one) <= EDDY_TRANSPORT_HIGH)
                CHECK_CODE(write_next(put + LINES * LINE < 10 * MB ? LINES * LINE : 10 * MB - put,
                                      put % 3 == 0 && put + LINES * LINE < 10 * MB),
                           0);
            turns(1);
            met += faults_injected();
            read_peer();
        }
        CHECK(put == 10 * MB && got == put && met > 100);
        CHECK(one.pauses > 0 && one.pauses == one.resumes);
        faults_plan("");
        eddy_transport_close(&one.transport);
        run_until_lost(&one);
        CHECK_CODE(one.err, 0);
        tear_down_heard();
    }
}

/* ---- A peer that never reads ---------------------------------------------------------------------------------- */

/* Writes until the limit, and goes on to try. */
static void ignore_marks(bool lines)
{
    size_t size;

    faults_plan("");
    while (write_next(LINES * LINE, lines) == 0)
        CHECK(waiting(&one) <= MB);
    CHECK_INT(one.pauses, 1);
    size = waiting(&one);
    CHECK(size > MB - LINES * LINE && size <= MB);
    CAUSE("what waits takes much more memory than its bytes");
    CHECK(faults_asked() < MB + MB / 16);
    faults_plan("");
    for (int i = 0; i < 1000; i++)
        CHECK_CODE(write_next(LINES * LINE, lines), EDDY_ELIMIT);
    turns(3);
    DID("tried a thousand times to write more than the limit");
    CHECK_INT(faults_asked(), 0);
    CHECK_INT(waiting(&one), (long long)size);
    CHECK(one.pauses == 1 && one.resumes == 0 && one.lost == 0);
}

static void end_unread(void)
{
    eddy_transport_abort(&one.transport);
    run_until_lost(&one);
    EXPECT("pause lost:OK");
    tear_down_heard();
}

static void limit_to(size_t most)
{
    CHECK_CODE(eddy_transport_set_write_buffer_limits(&one.transport, EDDY_TRANSPORT_LOW,
                                                      EDDY_TRANSPORT_HIGH, most),
               0);
}

static void readers(void)
{
    EACH("N2: a peer never reads: one pause, then ELIMIT, and no memory more, by write")
    {
        set_up_unkind();
        limit_to(MB);
        ignore_marks(false);
        end_unread();
    }

    EACH("N2: the same by writelines: all of its pieces are taken, or none")
    {
        set_up_unkind();
        limit_to(MB);
        ignore_marks(true);
        end_unread();
    }

    EACH("N2: the same after a file that is under way")
    {
        struct eddy_sendfile sending = {.transport = NULL};
        struct eddy_future *future;
        FILE *file = tmpfile();
        set_up_unkind();
        limit_to(MB);
        CHECK(file && fwrite(pattern(LARGE), 1, LARGE, file) == LARGE && fflush(file) == 0);
        future = eddy_sendfile(&sending, &one.transport, fileno(file), 0, LARGE);
        turns(3);
        CHECK_CODE(eddy_future_error(future), EDDY_EPENDING);
        ignore_marks(false);
        CHECK_CODE(eddy_future_error(future), EDDY_EPENDING);
        end_unread();
        CHECK_CODE(eddy_future_error(future), EDDY_ECLOSED);
        fclose(file);
    }
}

/* ---- Peers that go -------------------------------------------------------------------------------------------- */

/* Over TCP, as much is written as its kernel takes, and more. */
static void fill_tcp(int fds[2])
{
    set_up_heard();
    connected_tcp(fds);
    open_heard(&one, &fds[0]);
    turns(1);
    put = 0;
    pattern(LARGE);
    while (one.pauses == 0) {
        CHECK(put < 1000 * (size_t)MB);
        CHECK_CODE(write_next(LINES * LINE, false), 0);
    }
    EXPECT("made pause");
}

static void ends(void)
{
    EACH("N4: reset while much waits to be sent: lost once, with that, and what waits is dropped")
    {
        for (int paused = 0; paused < 2; paused++) {
            int fds[2];
            fill_tcp(fds);
            if (paused)
                eddy_transport_pause_reading(&one.transport);
            reset(&fds[1]);
            run_until_lost(&one);
            CHECK(one.err == -ECONNRESET || one.err == -EPIPE);
            CHECK_INT(waiting(&one), 0);
            CHECK_INT(one.lost, 1);
            CHECK(one.eofs == 0 && one.resumes == 0);
            CHECK_CODE(eddy_transport_write(&one.transport, "x", 1), EDDY_ECLOSED);
            trace[0] = '\0';
            tear_down_heard();
        }
    }

    EACH("N4: reset after a close that waits to send, too: lost once, with that")
    {
        int fds[2];
        fill_tcp(fds);
        eddy_transport_close(&one.transport);
        turns(3);
        CHECK_INT(one.lost, 0);
        reset(&fds[1]);
        run_until_lost(&one);
        CHECK(one.err == -ECONNRESET || one.err == -EPIPE);
        tear_down_heard();
    }

    EACH("N4: both sides close in one turn: each is lost once, without an error")
    {
        set_up_heard();
        open_heard(&one, &pair[0]);
        open_heard(&two, &pair[1]);
        turns(1);
        EXPECT("made made");
        write_text(&one, "never");
        write_text(&two, "read");
        eddy_transport_close(&one.transport);
        eddy_transport_close(&two.transport);
        run_until_lost(&one);
        run_until_lost(&two);
        EXPECT("lost:OK lost:OK");
        tear_down_heard();
    }

    EACH("N4: both sides end their sending in one turn: all is read, then each is lost once")
    {
        set_up_heard();
        one.quiet = two.quiet = true;
        open_heard(&one, &pair[0]);
        open_heard(&two, &pair[1]);
        turns(1);
        EXPECT("made made");
        write_text(&one, "to two");
        write_text(&two, "back to one");
        CHECK_CODE(eddy_transport_write_eof(&one.transport), 0);
        CHECK_CODE(eddy_transport_write_eof(&two.transport), 0);
        run_until_lost(&one);
        run_until_lost(&two);
        CHECK(two.bytes == 6 && one.bytes == 11);
        CHECK(one.eofs == 1 && two.eofs == 1 && one.err == 0 && two.err == 0);
        tear_down_heard();
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        kernels();
        readers();
        ends();
    }
}
