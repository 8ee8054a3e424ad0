/* What is written to a transport: at once or later, in order, never without bound; and its end. On every
 * selector. How much a kernel takes is not asked: faults_plan() says so. */
#include "heard.h"

#include "in_thread.h"

enum { MB = 1 << 20, LARGE = 3000000 };

/* ---- The peer, and what it has got --------------------------------------------------------------------- */

static size_t put; /* bytes of the pattern that write_next() has written, */
static size_t got; /* and that the peer has read */
static bool ended;

static void set_up_write(void)
{
    set_up_one();
    put = got = 0;
    ended = false;
    pattern(LARGE);
}

/* What is there by now. The pattern is written again and again, if more than one is. */
static void read_peer(void)
{
    static char bytes[65536];
    ssize_t n;

    faults_hold(true);
    while ((n = recv(pair[1], bytes, sizeof bytes, 0)) > 0)
        for (ssize_t i = 0; i < n; i++, got++)
            if (bytes[i] != pattern(0)[got % LARGE])
                FAIL("the bytes as they were written", "another one, at %zu", got);
    ended = n == 0;
    faults_hold(false);
}

static void read_until(size_t n)
{
    WAITING("the peer to get all");
    for (int i = 0; got < n; i++) {
        CHECK(i < 1000000);
        turns(1);
        read_peer();
    }
    CHECK_INT(got, (long long)n);
}

static void write_pattern(size_t from, size_t n)
{
    CHECK_CODE(eddy_transport_write(&one.transport, pattern(0) + from, n), 0);
}

static void write_next(size_t n)
{
    write_pattern(put, n);
    put += n;
}

/* Nothing is taken now, so all of it waits. */
static void write_to_wait(size_t from, size_t n)
{
    faults_plan("send@1=EAGAIN");
    write_pattern(from, n);
    faults_plan("");
}

static void limits(size_t low, size_t high, size_t most)
{
    CHECK_CODE(eddy_transport_set_write_buffer_limits(&one.transport, low, high, most), 0);
}

static void end_write(void)
{
    eddy_transport_close(&one.transport);
    run_until_lost(&one);
    CHECK_INT(one.err, 0);
    tear_down_heard();
}

/* ---- At once, and later -------------------------------------------------------------------------------- */

static void at_once(void)
{
    EACH("what the kernel takes is sent at once: nothing waits, and nobody watches for room")
    {
        set_up_write();
        faults_plan("");
        write_text(&one, "hello");
        CHECK_INT(faults_calls("send"), 1);
        CHECK_INT(waiting(&one), 0);
        CHECK_FOUND("hello");
        CHECK_INT(loop.watches.count, 1);
        end_write();
    }

    EACH("what it does not take waits, and later writes come after that")
    {
        set_up_write();
        write_to_wait(0, 3);
        faults_plan("");
        write_pattern(3, 4);
        CHECK_INT(faults_calls("send") + faults_calls("sendmsg"), 0);
        CHECK_INT(waiting(&one), 7);
        read_peer();
        CHECK_INT(got, 0);
        read_until(7);
        CHECK_INT(waiting(&one), 0);
        turns(1);
        CHECK_INT(loop.watches.count, 1);
        end_write();
    }

    EACH("a part is taken: the rest waits, and comes next")
    {
        set_up_write();
        faults_plan("send%2");
        write_pattern(0, 5);
        CHECK_INT(waiting(&one), 3);
        write_pattern(5, 5);
        read_until(10);
        faults_plan("");
        end_write();
    }

    EACH("the caller may change the bytes after the call")
    {
        char text[] = "hello";
        set_up_write();
        faults_plan("send%1");
        write_text(&one, text);
        memset(text, 'x', 5);
        turns(6);
        faults_plan("");
        CHECK_FOUND("hello");
        end_write();
    }

    EACH("no bytes are nothing, also after others: no call, no end, nothing that waits")
    {
        struct iovec none[2] = {{NULL, 0}, {NULL, 0}};
        set_up_write();
        faults_plan("send@1+=EIO,sendmsg@1+=EIO");
        CHECK_CODE(eddy_transport_write(&one.transport, "", 0), 0);
        CHECK_CODE(eddy_transport_write(&one.transport, NULL, 0), 0);
        CHECK_CODE(eddy_transport_writelines(&one.transport, none, 2), 0);
        CHECK_INT(faults_injected(), 0);
        write_to_wait(0, 2);
        CHECK_CODE(eddy_transport_write(&one.transport, "", 0), 0);
        CHECK_INT(waiting(&one), 2);
        read_until(2);
        CHECK(!eddy_transport_is_closing(&one.transport));
        end_write();
    }

    EACH("EINTR and EAGAIN are no errors: at once, and when there is room")
    {
        set_up_write();
        faults_plan("send@1=EINTR,send@2=EAGAIN,send@3=EINTR,send@4=EAGAIN,send@5=EAGAIN");
        write_pattern(0, 9);
        CHECK_INT(waiting(&one), 9);
        read_until(9);
        CHECK_INT(faults_injected(), 5);
        faults_plan("sendmsg@1=EINTR,sendmsg@2=EAGAIN");
        CHECK_CODE(eddy_transport_writelines(
                       &one.transport,
                       (struct iovec[]){{(char *)pattern(0) + 9, 1}, {(char *)pattern(0) + 10, 1}},
                       2),
                   0);
        read_until(11);
        CHECK_INT(faults_injected(), 2);
        faults_plan("");
        end_write();
    }

    EACH("written before connection_made, it is sent, and connection_made comes first")
    {
        set_up_heard();
        open_heard(&one, &pair[0]);
        write_text(&one, "early");
        CHECK_FOUND("early");
        EXPECT("");
        turns(1);
        EXPECT("made");
        end_write();
    }

    EACH("too much before connection_made: pause_writing comes after it")
    {
        set_up_heard();
        pattern(LARGE);
        open_heard(&one, &pair[0]);
        limits(0, 4, 100);
        write_to_wait(0, 10);
        EXPECT("");
        turns(1);
        EXPECT("made pause resume");
        end_write();
    }

    EACH("a megabyte, a byte at a time as the kernel takes it: in order, to the last")
    {
        set_up_write();
        faults_plan("send%1000,sendmsg%1000");
        write_pattern(0, MB);
        read_until(MB);
        faults_plan("send%1,sendmsg%1");
        write_pattern(MB, 3000);
        read_until(MB + 3000);
        faults_plan("");
        end_write();
    }
}

/* ---- Several pieces ------------------------------------------------------------------------------------- */

static void write_lines(size_t at, size_t n, int count)
{
    struct iovec pieces[1024];

    for (int i = 0; i < count; i++)
        pieces[i] = (struct iovec){(char *)pattern(0) + at + (size_t)i * n, n};
    CHECK_CODE(eddy_transport_writelines(&one.transport, pieces, count), 0);
}

static void lines(void)
{
    EACH("1,024 pieces are one system call")
    {
        set_up_write();
        faults_plan("");
        write_lines(0, 3, 1024);
        CHECK_INT(faults_calls("sendmsg"), 1);
        CHECK_INT(faults_calls("send"), 0);
        CHECK_INT(waiting(&one), 0);
        read_peer();
        CHECK_INT(got, 3072);
        end_write();
    }

    EACH("none, or 1,025, is EINVAL, and nothing is sent")
    {
        static struct iovec pieces[1025];
        set_up_write();
        for (int i = 0; i < 1025; i++)
            pieces[i] = (struct iovec){(char *)pattern(0), 1};
        CHECK_CODE(eddy_transport_writelines(&one.transport, pieces, 0), -EINVAL);
        CHECK_CODE(eddy_transport_writelines(&one.transport, pieces, -1), -EINVAL);
        CHECK_CODE(eddy_transport_writelines(&one.transport, pieces, 1025), -EINVAL);
        read_peer();
        CHECK_INT(got, 0);
        end_write();
    }

    EACH("cut at each place by the kernel, in a piece or between two: in order")
    {
        char plan[32];
        set_up_write();
        for (int cut = 1; cut < 12; cut++) {
            snprintf(plan, sizeof plan, "sendmsg%%%d", cut);
            faults_plan(plan);
            write_lines(got, 4, 3);
            CHECK_INT(waiting(&one), 12 - cut);
            faults_plan("");
            read_until((size_t)(12 * cut));
        }
        end_write();
    }

    EACH("sizes whose sum is more than memory are ELIMIT, and no small sum")
    {
        struct iovec pieces[2] = {{(char *)"a", SIZE_MAX / 2}, {(char *)"b", SIZE_MAX / 2 + 3}};
        set_up_write();
        CHECK_CODE(eddy_transport_writelines(&one.transport, pieces, 2), EDDY_ELIMIT);
        CHECK_CODE(eddy_transport_write(&one.transport, "a", SIZE_MAX), EDDY_ELIMIT);
        CHECK(!eddy_transport_is_closing(&one.transport));
        end_write();
    }
}

/* ---- Marks, and the limit ------------------------------------------------------------------------------- */

static void write_more(struct heard *self)
{
    if (self->pauses < 3)
        write_next(10);
}

static void write_once_more(struct heard *self)
{
    CHECK_CODE(eddy_transport_write(&self->transport, pattern(0) + waiting(self), 1), 0);
}

static void marks(void)
{
    EACH("above the upper mark it pauses once, at the lower one it resumes once")
    {
        set_up_write();
        limits(4, 8, 100);
        write_to_wait(0, 8);
        EXPECT("");
        write_pattern(8, 1);
        EXPECT("pause");
        write_pattern(9, 1);
        EXPECT("");
        faults_plan("send%1");
        turns(5);
        CHECK_INT(waiting(&one), 5);
        EXPECT("");
        turns(1);
        CHECK_INT(waiting(&one), 4);
        EXPECT("resume");
        turns(4);
        faults_plan("");
        EXPECT("");
        read_until(10);
        end_write();
    }

    EACH("marks of 0: it pauses at the first byte that waits, and resumes when none does")
    {
        set_up_write();
        limits(0, 0, 10);
        write_pattern(0, 1);
        EXPECT("");
        write_to_wait(1, 2);
        EXPECT("pause");
        faults_plan("send%1");
        turns(1);
        EXPECT("");
        turns(1);
        EXPECT("resume");
        faults_plan("");
        read_until(3);
        end_write();
    }

    EACH("the usual marks are 16 and 64 KiB, the limit is 64 MiB")
    {
        set_up_write();
        write_to_wait(0, 65536);
        EXPECT("");
        write_pattern(65536, 1);
        EXPECT("pause");
        CHECK_CODE(eddy_transport_write(&one.transport, pattern(0), (64 << 20) - 65536),
                   EDDY_ELIMIT);
        eddy_transport_abort(&one.transport);
        end_write();
    }

    EACH("marks in the wrong order are EINVAL, and the old ones stay")
    {
        set_up_write();
        limits(2, 4, 8);
        CHECK_CODE(eddy_transport_set_write_buffer_limits(&one.transport, 5, 4, 8), -EINVAL);
        CHECK_CODE(eddy_transport_set_write_buffer_limits(&one.transport, 2, 9, 8), -EINVAL);
        write_to_wait(0, 4);
        EXPECT("");
        write_pattern(4, 1);
        EXPECT("pause");
        end_write();
    }

    EACH("a lower upper mark pauses at once, if more waits by now")
    {
        set_up_write();
        write_to_wait(0, 10);
        limits(2, 20, 100);
        EXPECT("");
        limits(2, 9, 100);
        EXPECT("pause");
        limits(1, 5, 100);
        EXPECT("");
        turns(1);
        EXPECT("resume");
        read_until(10);
        end_write();
    }

    EACH("a higher lower mark resumes at once, if no more than that waits")
    {
        set_up_write();
        limits(2, 4, 100);
        write_to_wait(0, 10);
        EXPECT("pause");
        limits(9, 20, 100);
        EXPECT("");
        limits(10, 20, 100);
        EXPECT("resume");
        write_pattern(10, 11);
        EXPECT("pause");
        read_until(21);
        EXPECT("resume");
        end_write();
    }

    EACH("who ignores the marks comes to the limit: ELIMIT, nothing is taken, and it goes on")
    {
        set_up_write();
        limits(2, 4, 8);
        write_to_wait(0, 6);
        CHECK_CODE(eddy_transport_write(&one.transport, "xyz", 3), EDDY_ELIMIT);
        CHECK_INT(waiting(&one), 6);
        write_pattern(6, 2);
        CHECK_CODE(eddy_transport_write(&one.transport, "x", 1), EDDY_ELIMIT);
        CHECK_CODE(eddy_transport_write(&one.transport, "", 0), 0);
        read_until(8);
        EXPECT("pause resume");
        write_pattern(8, 8);
        read_until(16);
        CHECK_CODE(eddy_transport_write(&one.transport, pattern(0), 9), EDDY_ELIMIT);
        end_write();
    }

    EACH("writes in pause_writing are taken, after what has paused it, and do not pause again")
    {
        set_up_write();
        limits(4, 8, 100);
        one.at_pause = write_once_more;
        write_to_wait(0, 9);
        CHECK_INT(waiting(&one), 10);
        EXPECT("pause");
        read_until(10);
        EXPECT("resume");
        end_write();
    }

    EACH("writes in resume_writing come next, and may pause it again")
    {
        set_up_write();
        limits(2, 4, 100);
        one.at_resume = write_more;
        faults_plan("send@1=EAGAIN,send@3=EAGAIN,send@5=EAGAIN");
        write_next(10);
        WAITING("three pauses, and a resume after each");
        while (one.resumes < 3)
            turns(1), read_peer();
        faults_plan("");
        EXPECT("pause resume pause resume pause resume");
        read_until(30);
        end_write();
    }

    EACH("aborted, or lost with an error, while it is paused: it is not resumed")
    {
        set_up_write();
        limits(0, 0, 100);
        write_to_wait(0, 5);
        eddy_transport_abort(&one.transport);
        CHECK_INT(waiting(&one), 0);
        turns(3);
        EXPECT("pause lost:OK");
        open_heard(&two, &pair2[0]);
        turns(1);
        CHECK_CODE(eddy_transport_set_write_buffer_limits(&two.transport, 0, 0, 100), 0);
        faults_plan("send@1=EAGAIN,send@2=EPIPE");
        write_text(&two, "x");
        turns(3);
        faults_plan("");
        EXPECT("made pause lost:EPIPE");
        tear_down_heard();
    }
}

/* ---- The end of what is written --------------------------------------------------------------------------- */

static void do_close(struct heard *self)
{
    eddy_transport_close(&self->transport);
}

static void do_abort(struct heard *self)
{
    eddy_transport_abort(&self->transport);
}

static void do_write_eof(struct heard *self)
{
    CHECK_CODE(eddy_transport_write_eof(&self->transport), 0);
}

static void eofs(void)
{
    EACH("write_eof sends what waits, then the end, and the other direction goes on")
    {
        set_up_write();
        CHECK(eddy_transport_can_write_eof(&one.transport));
        write_to_wait(0, 5);
        do_write_eof(&one);
        do_write_eof(&one);
        CHECK_CODE(eddy_transport_write(&one.transport, "x", 1), EDDY_ECLOSED);
        read_peer();
        CHECK(got == 0 && !ended);
        read_until(5);
        turns(1);
        read_peer();
        CHECK(ended);
        do_write_eof(&one);
        say(pair[1], "still");
        turns(1);
        EXPECT("data:still");
        CHECK(!eddy_transport_is_closing(&one.transport));
        end_write();
    }

    EACH("write_eof with nothing that waits is the end at once, and a write after it ECLOSED")
    {
        set_up_write();
        do_write_eof(&one);
        read_peer();
        CHECK(ended);
        CHECK_CODE(eddy_transport_write(&one.transport, "x", 1), EDDY_ECLOSED);
        CHECK_CODE(eddy_transport_write(&one.transport, "", 0), EDDY_ECLOSED);
        end_write();
    }

    EACH("write_eof and close at once: what waits, then the end")
    {
        set_up_write();
        write_to_wait(0, 5);
        do_write_eof(&one);
        do_close(&one);
        CHECK_CODE(eddy_transport_write_eof(&one.transport), EDDY_ECLOSED);
        read_until(5);
        run_until_lost(&one);
        EXPECT("lost:OK");
        read_peer();
        CHECK(ended);
        tear_down_heard();
    }

    EACH("write_eof in resume_writing, when nothing waits any more: the end comes, and once")
    {
        set_up_write();
        limits(0, 0, 100);
        one.at_resume = do_write_eof;
        write_to_wait(0, 5);
        turns(2);
        read_peer();
        CHECK(got == 5 && ended);
        EXPECT("pause resume");
        end_write();
    }

    EACH("close sends what waits, and receives no more, and then it is lost without error")
    {
        set_up_write();
        limits(0, 4, 100);
        write_to_wait(0, 9);
        do_close(&one);
        CHECK(eddy_transport_is_closing(&one.transport));
        CHECK_CODE(eddy_transport_write(&one.transport, "x", 1), EDDY_ECLOSED);
        say(pair[1], "late");
        faults_plan("send%1");
        turns(8);
        EXPECT("pause");
        run_until_lost(&one);
        faults_plan("");
        EXPECT("resume lost:OK");
        read_peer();
        CHECK_INT(got, 9);
        tear_down_heard();
    }

    EACH("abort drops what waits, and does not wait for a peer that does not read")
    {
        set_up_write();
        write_pattern(0, LARGE);
        CHECK(waiting(&one) > 0);
        do_close(&one);
        turns(3);
        EXPECT("pause");
        do_abort(&one);
        CHECK_INT(waiting(&one), 0);
        turns(1);
        EXPECT("lost:OK");
        tear_down_heard();
    }

    EACH("cpython 115514: 10 MB are queued, and it is closed: all arrive")
    {
        set_up_write();
        for (size_t n = 0, piece; n < 10 * MB; n += piece) {
            piece = 10 * MB - n < LARGE ? 10 * MB - n : LARGE;
            write_pattern(0, piece);
        }
        CHECK(waiting(&one) > 5 * MB);
        do_close(&one);
        read_until(10 * MB);
        run_until_lost(&one);
        CHECK_INT(one.err, 0);
        read_peer();
        CHECK(ended && got == 10 * MB);
        EXPECT("pause resume lost:OK");
        tear_down_heard();
    }

    EACH("cpython 156512: closed in resume_writing, with the last byte sent: lost once")
    {
        set_up_write();
        limits(0, 0, 100);
        one.at_resume = do_close;
        write_to_wait(0, 5);
        run_until_lost(&one);
        EXPECT("pause resume lost:OK");
        read_peer();
        CHECK(got == 5 && ended);
        tear_down_heard();
    }

    EACH("... and closed before that, too, or while more waits, or aborted: once")
    {
        for (int i = 0; i < 3; i++) {
            set_up_write();
            limits(i == 1 ? 3 : 0, 3, 100);
            one.at_resume = i == 2 ? do_abort : do_close;
            write_to_wait(0, 5);
            if (i == 0)
                do_close(&one);
            faults_plan("send%2");
            run_until_lost(&one);
            faults_plan("");
            EXPECT("pause resume lost:OK");
            read_peer();
            CHECK(ended && got == 5);
            tear_down_heard();
        }
    }

    EACH("closed or aborted in pause_writing: the write is taken, or dropped")
    {
        for (int i = 0; i < 2; i++) {
            set_up_write();
            limits(0, 0, 100);
            one.at_pause = i ? do_abort : do_close;
            write_to_wait(0, 5);
            CHECK_INT(waiting(&one), i ? 0 : 5);
            run_until_lost(&one);
            read_peer();
            CHECK(ended && got == (i ? 0 : 5));
            EXPECT(i ? "pause lost:OK" : "pause resume lost:OK");
            tear_down_heard();
        }
    }
}

/* ---- Errors ------------------------------------------------------------------------------------------------ */

static void errors(void)
{
    EACH("a write that fails at once says why, and that is what connection_lost tells")
    {
        set_up_write();
        faults_plan("send@1=ECONNRESET");
        CHECK_CODE(eddy_transport_write(&one.transport, "x", 1), -ECONNRESET);
        faults_plan("");
        CHECK_CODE(eddy_transport_write(&one.transport, "x", 1), EDDY_ECLOSED);
        turns(1);
        EXPECT("lost:ECONNRESET");
        CHECK_CODE(eddy_transport_write(&one.transport, "x", 1), EDDY_ECLOSED);
        tear_down_heard();
    }

    EACH("one that fails later, also after a close, is told by connection_lost")
    {
        for (int i = 0; i < 2; i++) {
            set_up_write();
            write_to_wait(0, 5);
            if (i)
                do_close(&one);
            faults_plan("send@1=ETIMEDOUT");
            run_until_lost(&one);
            faults_plan("");
            EXPECT("lost:ETIMEDOUT");
            tear_down_heard();
        }
    }

    EACH("a peer that has gone is EPIPE, and no signal")
    {
        set_up_write();
        close(pair[1]);
        pair[1] = -1;
        CHECK_CODE(eddy_transport_write(&one.transport, "x", 1), -EPIPE);
        tear_down_heard();
        EXPECT("lost:EPIPE");
    }

    EACH("the end cannot be sent: connection_lost tells why")
    {
        set_up_write();
        if (shutdown(pair2[0], SHUT_RDWR) == 0) /* ENOTCONN from now on is no error */
            open_heard(&two, &pair2[0]);
        do_write_eof(&two);
        turns(3);
        EXPECT("made eof lost:OK");
        end_write();
    }

    EACH("no memory for what waits: ENOMEM is the end if a part was sent, since the rest is gone")
    {
        set_up_write();
        faults_plan("send%2,malloc@1=ENOMEM");
        CHECK_CODE(eddy_transport_write(&one.transport, pattern(0), 5), -ENOMEM);
        faults_plan("");
        CHECK(eddy_transport_is_closing(&one.transport));
        tear_down_heard();
        EXPECT("lost:ENOMEM");
    }

    EACH("no memory for the second of two pieces: what was kept of the first is dropped with it")
    {
        set_up_write();
        faults_plan("sendmsg@1=EAGAIN,malloc@2=ENOMEM");
        CHECK_CODE(eddy_transport_writelines(
                       &one.transport,
                       (struct iovec[]){{(char *)pattern(0), 20000}, {(char *)pattern(0), 20000}},
                       2),
                   -ENOMEM);
        faults_plan("");
        CHECK_INT(waiting(&one), 0);
        tear_down_heard();
        EXPECT("lost:ENOMEM");
    }

    EACH("no memory to wait for room: the write tells it, and the connection is lost with that")
    {
        int err;
        set_up_write();
        faults_plan("send@1=EAGAIN,epoll_ctl_mod@1=ENOMEM,epoll_ctl_add@1=ENOMEM");
        err = eddy_transport_write(&one.transport, "x", 1);
        CHECK_CODE(err, faults_injected() > 1 ? -ENOMEM : 0);
        faults_plan("");
        if (!one.transport.lost_soon)
            do_abort(&one); /* poll() and select() ask the kernel nothing for that */
        else
            CHECK_INT(one.transport.err, -ENOMEM);
        run_until_lost(&one);
        tear_down_heard();
    }
}

/* ---- Threads --------------------------------------------------------------------------------------- */

static void touch(void)
{
    struct eddy_transport *transport = &one.transport;

    CHECK_CODE(eddy_transport_write(transport, "x", 1), EDDY_ETHREAD);
    CHECK_CODE(eddy_transport_write_eof(transport), EDDY_ETHREAD);
    CHECK_CODE(eddy_transport_set_write_buffer_limits(transport, 1, 2, 3), EDDY_ETHREAD);
    eddy_transport_pause_reading(transport);
    eddy_transport_set_protocol(transport, NULL);
    eddy_transport_close(transport);
    eddy_transport_abort(transport);
}

static void touch_from_a_thread(struct heard *self)
{
    call_in_thread(touch);
    CHECK(eddy_transport_is_reading(&self->transport) && self->transport.protocol == &heard);
    CHECK_INT(self->transport.most, EDDY_TRANSPORT_MOST);
}

static void threads(void)
{
    EACH("debug mode: each call from another thread is refused and reported, and changes nothing")
    {
        set_up_one();
        eddy_loop_set_debug(&loop, true);
        one.at_data = touch_from_a_thread;
        one.quiet = true;
        say(pair[1], "a");
        turns(1);
        CHECK(strstr(trace, "!EDDY_ETHREAD") != NULL);
        trace[0] = '\0';
        write_text(&one, "on");
        CHECK_FOUND("on");
        do_close(&one);
        tear_down_heard();
        EXPECT("lost:OK");
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        at_once();
        lines();
        marks();
        eofs();
        errors();
        threads();
    }
}
