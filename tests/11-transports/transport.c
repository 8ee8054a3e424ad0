/* A connection's life: what its protocol is told, in which order, and how it ends. On every selector. What
 * is written is tested in transport_write.c. */
#include "heard.h"

#include <pthread.h>

/* ---- Callbacks that do something --------------------------------------------------------------------- */

static void do_close(struct heard *self)
{
    eddy_transport_close(&self->transport);
}

static void do_abort(struct heard *self)
{
    eddy_transport_abort(&self->transport);
}

static void do_pause_reading(struct heard *self)
{
    eddy_transport_pause_reading(&self->transport);
}

static void do_write(struct heard *self)
{
    write_text(self, "answer");
}

static void write_and_close(struct heard *self)
{
    do_write(self);
    do_close(self);
    CHECK_INT(waiting(self), 6);
}

static void do_all_ends(struct heard *self)
{
    do_close(self);
    do_abort(self);
    do_close(self);
    CHECK_CODE(eddy_transport_write(&self->transport, "x", 1), EDDY_ECLOSED);
    CHECK_CODE(eddy_transport_write_eof(&self->transport), EDDY_ECLOSED);
}

static void end_peer(void)
{
    CHECK(shutdown(pair[1], SHUT_WR) == 0);
}

/* ---- Opening ----------------------------------------------------------------------------------------- */

static int count_fds(void)
{
    int n = 0;

    for (int fd = 0; fd < 100; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void opening(void)
{
    EACH("connection_made comes in the next turn, and then what was there before")
    {
        set_up_heard();
        say(pair[1], "early");
        open_heard(&one, &pair[0]);
        EXPECT("");
        turns(1);
        EXPECT("made");
        turns(1);
        EXPECT("data:early");
        do_close(&one);
        tear_down_heard();
        EXPECT("lost:OK");
    }

    EACH("opened while it is open it is EQUEUED, and goes on; the other socket is still the "
         "caller's")
    {
        set_up_one();
        CHECK_CODE(eddy_transport_open(&one.transport, &loop, pair2[0], &heard), EDDY_EQUEUED);
        say(pair[1], "a");
        turns(1);
        EXPECT("data:a");
        do_abort(&one);
        CHECK_CODE(eddy_transport_open(&one.transport, &loop, pair2[0], &heard), EDDY_EQUEUED);
        turns(1);
        EXPECT("lost:OK");
        say(pair2[0], "b");
        tear_down_heard();
    }

    EACH("on a closed loop it is ECLOSED, and nothing is open")
    {
        set_up_heard();
        tear_down_real();
        CHECK_CODE(eddy_transport_open(&one.transport, &loop, 0, &heard), EDDY_ECLOSED);
        CHECK(eddy_transport_is_closing(&one.transport));
    }

    EACH("without memory it is ENOMEM, and the socket is still the caller's")
    {
        set_up_heard();
        faults_plan("calloc@1=ENOMEM");
        CHECK_CODE(eddy_transport_open(&one.transport, &loop, pair[0], &heard), -ENOMEM);
        faults_plan("");
        CHECK(eddy_transport_is_closing(&one.transport));
        say(pair[0], "mine");
        CHECK_FOUND("mine");
        open_heard(&one, &pair[0]);
        do_close(&one);
        tear_down_heard();
        EXPECT("made lost:OK");
    }

    EACH("zeroed it is closed, and every call on it is harmless")
    {
        set_up_heard();
        do_close(&one);
        do_abort(&one);
        eddy_transport_discard(&one.transport);
        do_pause_reading(&one);
        eddy_transport_resume_reading(&one.transport);
        CHECK(!eddy_transport_is_reading(&one.transport));
        CHECK(!eddy_transport_can_write_eof(&one.transport));
        CHECK(eddy_transport_is_closing(&one.transport));
        CHECK_CODE(eddy_transport_write(&one.transport, "x", 1), EDDY_ECLOSED);
        CHECK_CODE(eddy_transport_write_eof(&one.transport), EDDY_ECLOSED);
        CHECK_CODE(eddy_transport_set_write_buffer_limits(&one.transport, 0, 1, 2), 0);
        CHECK_INT(waiting(&one), 0);
        tear_down_heard();
        EXPECT("");
    }

    EACH("a protocol without any function: data is dropped, and the peer's end closes it")
    {
        static const struct eddy_protocol deaf = {.name = "deaf"};
        set_up_heard();
        CHECK_CODE(eddy_transport_open(&one.transport, &loop, pair[0], &deaf), 0);
        pair[0] = -1;
        say(pair[1], "hello");
        turns(2);
        CHECK(!eddy_transport_is_closing(&one.transport));
        end_peer();
        turns(3);
        CHECK_INT(one.transport.fd, -1);
        CHECK_FOUND(".");
        tear_down_heard();
    }
}

/* ---- Order ------------------------------------------------------------------------------------------- */

static void order(void)
{
    EACH("made, data, eof, lost: in this order, each end once, and the descriptor is closed")
    {
        int before;
        set_up_heard();
        before = count_fds();
        open_heard(&one, &pair[0]);
        say(pair[1], "one");
        end_peer();
        run_until_lost(&one);
        EXPECT("made data:one eof lost:OK");
        CHECK_INT(count_fds(), before - 1);
        CHECK_FOUND(".");
        tear_down_heard();
    }

    EACH("closed before connection_made, it is made and then lost, and nothing is received")
    {
        set_up_heard();
        say(pair[1], "early");
        open_heard(&one, &pair[0]);
        do_close(&one);
        tear_down_heard();
        EXPECT("made lost:OK");
    }

    EACH("closed or aborted in connection_made: lost is next, and the loop has nothing to report")
    {
        set_up_heard();
        eddy_loop_set_debug(&loop, true);
        say(pair[1], "early");
        say(pair2[1], "early");
        one.at_made = do_close;
        two.at_made = do_abort;
        open_heard(&one, &pair[0]);
        open_heard(&two, &pair2[0]);
        tear_down_heard();
        EXPECT("made made lost:OK lost:OK");
    }

    EACH("reading paused in connection_made: nothing comes until it is resumed")
    {
        set_up_heard();
        one.at_made = do_pause_reading;
        say(pair[1], "early");
        open_heard(&one, &pair[0]);
        turns(3);
        EXPECT("made");
        eddy_transport_resume_reading(&one.transport);
        turns(1);
        EXPECT("data:early");
        do_close(&one);
        tear_down_heard();
    }

    EACH("paused and resumed before connection_made: still nothing comes before it")
    {
        set_up_heard();
        say(pair[1], "early");
        open_heard(&one, &pair[0]);
        do_pause_reading(&one);
        eddy_transport_resume_reading(&one.transport);
        eddy_transport_resume_reading(&one.transport);
        turns(2);
        EXPECT("made data:early");
        do_close(&one);
        tear_down_heard();
    }

    EACH("after close in data_received nothing more comes, though more is there")
    {
        set_up_one();
        one.at_data = do_close;
        say(pair[1], "a");
        turns(1);
        say(pair[1], "b");
        tear_down_heard();
        EXPECT("data:a lost:OK");
    }

    EACH("no connection_lost out of abort: it comes in the next turn")
    {
        set_up_one();
        do_abort(&one);
        EXPECT("");
        CHECK(eddy_transport_is_closing(&one.transport));
        turns(1);
        EXPECT("lost:OK");
        tear_down_heard();
    }

    EACH("another protocol is told from now on")
    {
        static const struct eddy_protocol deaf = {.name = "deaf", .connection_lost = heard_lost};
        set_up_one();
        say(pair[1], "a");
        turns(1);
        eddy_transport_set_protocol(&one.transport, &deaf);
        say(pair[1], "b");
        turns(1);
        eddy_transport_set_protocol(&one.transport, &heard);
        say(pair[1], "c");
        turns(1);
        eddy_transport_set_protocol(&one.transport, &deaf);
        do_close(&one);
        tear_down_heard();
        EXPECT("data:a data:c lost:OK");
    }
}

/* ---- Reading ----------------------------------------------------------------------------------------- */

static void answer_and_read_on(struct heard *self)
{
    do_write(self);
    CHECK(!eddy_transport_is_closing(&self->transport));
}

static void reading(void)
{
    EACH("300,000 bytes come in order, in pieces")
    {
        static struct eddy_task a;
        static struct sender frame;
        set_up_one();
        one.quiet = true;
        eddy_task_start(&a, &loop, sender, &frame, .fd = pair[1], .from = pattern(300000),
                        .most = 70000, .total = 300000);
        complete(&a, 0);
        end_peer();
        run_until_lost(&one);
        CHECK_INT(one.bytes, 300000);
        tear_down_heard();
    }

    EACH("paused, bytes and end stay in the kernel: resumed, bytes come first, then the end")
    {
        set_up_one();
        CHECK(eddy_transport_is_reading(&one.transport));
        do_pause_reading(&one);
        do_pause_reading(&one);
        CHECK(!eddy_transport_is_reading(&one.transport));
        say(pair[1], "held");
        end_peer();
        turns(5);
        EXPECT("");
        eddy_transport_resume_reading(&one.transport);
        eddy_transport_resume_reading(&one.transport);
        CHECK(eddy_transport_is_reading(&one.transport));
        turns(4);
        EXPECT("data:held eof lost:OK");
        tear_down_heard();
    }

    EACH("paused, and the peer is gone altogether: the loop sleeps, and resumed all is told")
    {
        set_up_one();
        do_pause_reading(&one);
        say(pair[1], "last");
        close(pair[1]);
        pair[1] = -1;
        faults_plan("");
        turns(3);
        CAUSE("a hangup is told though reading is paused");
        EXPECT("");
        eddy_transport_resume_reading(&one.transport);
        run_until_lost(&one);
        EXPECT("data:last eof lost:OK");
        tear_down_heard();
    }

    EACH("paused in data_received: the rest comes after the resume, and none is lost")
    {
        set_up_one();
        one.at_data = do_pause_reading;
        say(pair[1], "a");
        turns(1);
        say(pair[1], "b");
        turns(3);
        EXPECT("data:a");
        eddy_transport_resume_reading(&one.transport);
        turns(1);
        EXPECT("data:b");
        do_close(&one);
        tear_down_heard();
    }

    EACH("resumed after a close it stays closed")
    {
        set_up_one();
        say(pair[1], "a");
        do_close(&one);
        eddy_transport_resume_reading(&one.transport);
        CHECK(!eddy_transport_is_reading(&one.transport));
        tear_down_heard();
        EXPECT("lost:OK");
    }

    EACH("a read that is interrupted, or not ready after all, is none")
    {
        set_up_one();
        faults_plan("recv@1=EINTR,recv@2=EAGAIN,recv%1");
        say(pair[1], "ab");
        turns(3);
        faults_plan("");
        EXPECT("data:a data:b");
        do_close(&one);
        tear_down_heard();
    }

    EACH("the end that is kept open is told once, writing goes on, and nothing is read any more")
    {
        set_up_one();
        one.eof_answer = EDDY_KEEP_OPEN;
        one.at_eof = answer_and_read_on;
        end_peer();
        turns(3);
        EXPECT("eof");
        CHECK(!eddy_transport_is_reading(&one.transport));
        do_pause_reading(&one);
        eddy_transport_resume_reading(&one.transport);
        turns(2);
        write_text(&one, " and more");
        CHECK_FOUND("answer and more");
        do_close(&one);
        tear_down_heard();
        EXPECT("lost:OK");
        CHECK_INT(one.eofs, 1);
    }

    EACH("the end, answered with 0: what was written is sent before it is closed")
    {
        set_up_one();
        one.at_eof = do_write;
        faults_plan("send@1=EAGAIN");
        end_peer();
        turns(1);
        EXPECT("eof");
        CHECK(eddy_transport_is_closing(&one.transport));
        CHECK_INT(waiting(&one), 6);
        turns(2);
        faults_plan("");
        EXPECT("lost:OK");
        CHECK_FOUND("answer.");
        tear_down_heard();
    }
}

/* ---- How it ends ------------------------------------------------------------------------------------- */

static void lose_memory(struct heard *self)
{
    memset(&self->transport, 0x5a, sizeof self->transport);
}

static void open_anew(struct heard *self)
{
    if (pair2[0] >= 0)
        open_heard(self, &pair2[0]);
    self->made = self->lost = 0;
}

static void ends(void)
{
    EACH("close, abort, close in a row, outside and in each callback: lost once, without error")
    {
        set_up_heard();
        one.at_made = do_all_ends;
        two.at_eof = do_all_ends;
        two.at_lost = do_all_ends;
        open_heard(&one, &pair[0]);
        open_heard(&two, &pair2[0]);
        CHECK(shutdown(pair2[1], SHUT_WR) == 0);
        turns(5);
        do_all_ends(&one);
        CHECK_INT(one.lost, 1);
        CHECK_INT(two.lost, 1);
        tear_down_heard();
    }

    EACH("a reset is the error that connection_lost tells, once, and no end before it")
    {
        int fds[2];
        set_up_heard();
        connected_tcp(fds);
        open_heard(&one, &fds[0]);
        turns(1);
        reset(&fds[1]);
        run_until_lost(&one);
        EXPECT("made lost:ECONNRESET");
        tear_down_heard();
    }

    EACH("a read that fails is the error that connection_lost tells")
    {
        set_up_one();
        faults_plan("recv@1=EIO");
        say(pair[1], "a");
        turns(2);
        faults_plan("");
        EXPECT("lost:EIO");
        tear_down_heard();
    }

    EACH("the first reason counts: a reset after an abort is no error, nor an abort after one")
    {
        set_up_one();
        faults_plan("send@1=ECONNRESET");
        CHECK_CODE(eddy_transport_write(&one.transport, "x", 1), -ECONNRESET);
        do_abort(&one);
        do_close(&one);
        faults_plan("");
        tear_down_heard();
        EXPECT("lost:ECONNRESET");
    }

    EACH("in connection_lost its memory may go: nothing of the library points to it any more")
    {
        set_up_one();
        one.at_lost = lose_memory;
        do_close(&one);
        tear_down_heard();
        EXPECT("lost:OK");
    }

    EACH("in connection_lost it may be opened anew, over another socket")
    {
        set_up_one();
        one.at_lost = open_anew;
        do_close(&one);
        turns(2);
        EXPECT("lost:OK made");
        say(pair2[1], "b");
        turns(1);
        EXPECT("data:b");
        one.at_lost = NULL;
        do_close(&one);
        tear_down_heard();
    }

    EACH("the loop is closed: the socket, too, memory is back, and nobody is told")
    {
        set_up_one();
        faults_plan("send@1=EAGAIN");
        write_text(&one, "waits");
        faults_plan("");
        open_heard(&two, &pair2[0]);
        do_abort(&two);
        tear_down();
        EXPECT("");
        CHECK_INT(one.transport.fd, -1);
        CHECK_INT(two.transport.fd, -1);
        CHECK_FOUND(".");
        do_close(&one);
        CHECK(eddy_transport_is_closing(&one.transport));
        close_pairs();
    }
}

/* ---- Errors of callbacks ----------------------------------------------------------------------------- */

static void errors(void)
{
    EACH("connection_made fails: that is reported, and the connection is lost with it")
    {
        set_up_heard();
        one.made_answer = -EPERM;
        say(pair[1], "early");
        open_heard(&one, &pair[0]);
        tear_down_heard();
        EXPECT("made !EPERM heard lost:EPERM");
    }

    EACH("data_received fails: this connection is lost, and the other goes on")
    {
        set_up_one();
        open_heard(&two, &pair2[0]);
        turns(1);
        EXPECT("made");
        one.data_answer = -EPROTO;
        faults_plan("send@1=EAGAIN");
        write_text(&one, "waits");
        say(pair[1], "a");
        eddy_transport_stop_writing(&one.transport); /* or the room would come first */
        turns(2);
        faults_plan("");
        EXPECT("data:a !EPROTO heard lost:EPROTO");
        CHECK_FOUND(".");
        say(pair2[1], "b");
        turns(1);
        EXPECT("data:b");
        do_close(&two);
        tear_down_heard();
    }

    EACH("eof_received fails: reported, and lost with it")
    {
        set_up_one();
        one.eof_answer = -EPROTO;
        end_peer();
        turns(2);
        EXPECT("eof !EPROTO heard lost:EPROTO");
        tear_down_heard();
    }

    EACH("a callback that fails after a close that waits to send: reported, and it waits no more")
    {
        set_up_one();
        one.at_data = write_and_close;
        one.data_answer = -EPROTO;
        say(pair[1], "a");
        faults_plan("send@1=EAGAIN");
        turns(1);
        faults_plan("");
        EXPECT("data:a !EPROTO heard");
        CHECK_INT(waiting(&one), 0);
        tear_down_heard();
        EXPECT("lost:EPROTO");
    }

    EACH("an error that the connection has had already is told by connection_lost alone")
    {
        set_up_one();
        one.at_data = do_abort;
        one.data_answer = EDDY_ECLOSED;
        say(pair[1], "a");
        tear_down_heard();
        EXPECT("data:a lost:OK");
    }

    EACH("the selector refuses the socket: connection_lost tells why, after connection_made")
    {
        char path[] = "/tmp/eddy-transport-XXXXXX";
        int fd;
        set_up_heard();
        fd = mkstemp(path);
        CHECK(fd >= 0 && unlink(path) == 0);
        open_heard(&one, &fd);
        turns(1);
        if (!one.transport.closing) {
            do_abort(&one); /* poll() and select() take a file */
            run_until_lost(&one);
        }
        tear_down_heard();
        CHECK_INT(one.lost, 1);
    }
}

/* ---- Extra ------------------------------------------------------------------------------------------- */

static void extra(void)
{
    EACH("peer, local and fd are those of the socket, and the addresses stay after the end")
    {
        struct sockaddr_in addr;
        socklen_t size = sizeof addr;
        int fds[2], fd;
        set_up_heard();
        connected_tcp(fds);
        fd = fds[0];
        CHECK(getsockname(fds[1], (struct sockaddr *)&addr, &size) == 0);
        one.transport.data = &two;
        open_heard(&one, &fds[0]);
        CHECK(one.transport.data == &two);
        CHECK_INT(one.transport.fd, fd);
        do_close(&one);
        run_until_lost(&one);
        CHECK_INT(one.transport.fd, -1);
        CHECK_INT(one.transport.peer.v4.sin_port, addr.sin_port);
        CHECK(getpeername(fds[1], (struct sockaddr *)&addr, &size) < 0 ||
              one.transport.local.v4.sin_port == addr.sin_port);
        CHECK(one.transport.local.any.sa_family == AF_INET);
        CHECK(one.transport.server == NULL);
        close(fds[1]);
        tear_down_heard();
    }

    EACH("a peer that has gone already has no address: its family is AF_UNSPEC")
    {
        set_up_heard();
        faults_plan("getpeername@1=ENOTCONN");
        open_heard(&one, &pair[0]);
        faults_plan("");
        CHECK_INT(one.transport.peer.any.sa_family, AF_UNSPEC);
        CHECK_INT(one.transport.local.any.sa_family, AF_UNIX);
        do_close(&one);
        tear_down_heard();
    }
}

/* ---- In a frame -------------------------------------------------------------------------------------- */

struct owner {
    struct eddy_co co;
    struct heard heard;
    struct eddy_future never;
    const char *plan; /* of faults, while it opens; NULL: none */
    int fd, err;
};

static struct eddy_step owner(struct eddy_co *co)
{
    struct owner *self = CO_FRAME(co, owner);

    CO_BEGIN(co);
    if (self->plan)
        faults_plan(self->plan);
    self->err = eddy_transport_open(&self->heard.transport, eddy_co_loop(co), self->fd, &heard);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    eddy_future_init(&self->never, eddy_co_loop(co));
    CO_AWAIT(co, &self->never);
    CO_END(co);
}

static struct eddy_task task;
static struct owner frame;

static void start_owner(int turns_of_it, const char *plan)
{
    eddy_task_start(&task, &loop, owner, &frame, .fd = pair[0], .plan = plan);
    turns(turns_of_it);
}

static void in_frames(void)
{
    EACH("a task is abandoned with a transport in its frame: the socket is closed, nobody told")
    {
        set_up_heard();
        start_owner(2, NULL);
        pair[0] = -1;
        EXPECT("made");
        faults_plan("send@1=EAGAIN");
        write_text(&frame.heard, "waits");
        faults_plan("");
        say(pair[1], "a");
        eddy_task_abandon(&task);
        memset(&frame, 0x5a, sizeof frame);
        CHECK_FOUND("!");
        tear_down_heard();
        EXPECT("");
    }

    EACH("... before connection_made, and with connection_lost in line")
    {
        for (int aborted = 0; aborted < 2; aborted++) {
            set_up_heard();
            start_owner(1 + aborted, NULL);
            pair[0] = -1;
            if (aborted)
                do_abort(&frame.heard);
            eddy_task_abandon(&task);
            memset(&frame, 0x5a, sizeof frame);
            tear_down_heard();
            EXPECT(aborted ? "made" : "");
        }
    }

    EACH("a frame that cannot be told is ENOMEM, and the socket is still the caller's")
    {
        for (int i = 1; i <= 2; i++) {
            set_up_heard();
            start_owner(1, i == 1 ? "calloc@1=ENOMEM" : "calloc@2=ENOMEM");
            CHECK_INT(faults_injected(), 1);
            faults_plan("");
            CHECK_CODE(frame.err, -ENOMEM);
            CHECK(eddy_transport_is_closing(&frame.heard.transport));
            CHECK(fcntl(pair[0], F_GETFD) >= 0);
            turns(2);
            EXPECT("!ENOMEM owner");
            tear_down_heard();
        }
    }
}

/* ---- The descriptor is closed by somebody else ---------------------------------------------------------- */

/* Another socket, which gets the number `fd`. */
static void reuse(int fd)
{
    int taken = dup(pair2[0]);

    CHECK_INT(taken, fd);
}

static void do_nothing(struct heard *self)
{
    (void)self;
}

static void write_waits(struct heard *self)
{
    faults_plan("send@1=EAGAIN");
    write_text(self, "waits");
    faults_plan("");
}

static void use_all_ways(struct heard *self)
{
    struct eddy_transport *its = &self->transport;

    CHECK_CODE(eddy_transport_write(its, "secret", 6), EDDY_ECLOSED);
    CHECK_CODE(eddy_transport_write_eof(its), EDDY_ECLOSED);
    eddy_transport_pause_reading(its);
    eddy_transport_resume_reading(its);
    CHECK(!eddy_transport_is_closing(its));
}

static void close_through_loop(struct heard *self)
{
    int fd = self->transport.fd;

    CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
    reuse(fd);
}

static void taken_away(void)
{
    EACH("the descriptor is closed through the loop: lost with ECLOSED, and the number left alone")
    {
        int fd;
        set_up_one();
        fd = one.transport.fd;
        faults_plan("send@1=EAGAIN");
        write_text(&one, "waits"); /* so both events are watched for */
        faults_plan("");
        CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
        reuse(fd);
        run_until_lost(&one);
        EXPECT("lost:EDDY_ECLOSED");
        CHECK(fcntl(fd, F_GETFD) >= 0);
        CHECK(close(fd) == 0);
        tear_down_heard();
    }

    EACH("... and used before any turn: nothing is done to the number, which is another's by then")
    {
        static void (*const calls[])(struct heard *) = {use_all_ways, do_close, do_abort,
                                                        do_nothing};
        for (int i = 0; i < 12; i++) {
            int fd;
            set_up_one();
            fd = one.transport.fd;
            if (i % 3 == 1)
                do_pause_reading(&one);
            if (i % 3 == 2)
                write_waits(&one);
            give_number_away(fd, pair2[0]);
            calls[i / 3](&one);
            CHECK_INT(loop.watches.count, 0);
            run_until_lost(&one);
            CHECK_TEXT(found(pair2[1]), "");
            CHECK(close(fd) == 0);
            trace[0] = '\0';
            tear_down_heard();
        }
    }

    EACH("... by the protocol, in eof_received: the number is left alone")
    {
        for (int i = 0; i < 2; i++) {
            int fd;
            set_up_one();
            fd = one.transport.fd;
            one.at_eof = close_through_loop;
            one.eof_answer = i == 0 ? 0 : EDDY_KEEP_OPEN;
            end_peer();
            run_until_lost(&one);
            CHECK(close(fd) == 0);
            trace[0] = '\0';
            tear_down_heard();
        }
    }

    EACH("the selector gives it up: it is lost with that, and its descriptor is closed")
    {
        bool refused;
        set_up_one();
        write_waits(&one);
        turns(1);
        faults_plan("epoll_ctl@1+=ENOMEM"); /* it asks to hear no more of the room that there is */
        turns(2);
        refused = faults_injected() > 0;
        CHECK_INT(refused, strcmp(which, "epoll") == 0);
        faults_plan("");
        do_abort(&one);
        run_until_lost(&one);
        EXPECT(refused ? "lost:ENOMEM" : "lost:OK");
        tear_down_heard();
    }

    EACH("... while reading is paused, or after the end that was kept open: it hears of that, too")
    {
        for (int i = 0; i < 3; i++) {
            int fd;
            set_up_heard();
            one.at_made = i == 0 ? do_pause_reading : NULL;
            one.eof_answer = EDDY_KEEP_OPEN;
            open_heard(&one, &pair[0]);
            turns(1);
            fd = one.transport.fd;
            if (i == 1)
                do_pause_reading(&one);
            say(pair[1], "a");
            end_peer();
            turns(4);
            EXPECT(i < 2 ? "made" : "made data:a eof");
            CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
            reuse(fd);
            turns(2);
            CAUSE("it did not hear of that, and closes a number that is another's");
            do_abort(&one);
            turns(2);
            EXPECT("lost:EDDY_ECLOSED");
            CHECK(close(fd) == 0);
            tear_down_heard();
        }
    }

    EACH("given up by the selector, for want of memory: it is still ours, and is closed")
    {
        bool failed;
        int fd;
        set_up_one();
        fd = one.transport.fd;
        faults_plan("send@1=EAGAIN,epoll_ctl_mod@2=ENOMEM");
        write_text(&one, "waits");
        turns(3); /* nobody watches for room any more, and the kernel still tells of it */
        failed = faults_injected() > 1;
        faults_plan("");
        if (!failed)
            do_abort(&one); /* poll() and select() ask the kernel nothing for that */
        run_until_lost(&one);
        EXPECT(failed ? "lost:ENOMEM" : "lost:OK");
        CHECK(fcntl(fd, F_GETFD) < 0);
        CHECK_FOUND("waits.");
        tear_down_heard();
    }

    EACH("a connection that is paused does not keep the loop going, one that reads does")
    {
        set_up_one();
        do_pause_reading(&one);
        do_pause_reading(&one);
        run_out();
        eddy_transport_resume_reading(&one.transport);
        say(pair[1], "a");
        end_peer();
        run_out();
        EXPECT("data:a eof lost:OK");
        CHECK_INT(loop.keeps, 0);
        tear_down_heard();
    }

    EACH("the next connection gets the number of one that was lost, and none of its calls")
    {
        int fd, fds[2];
        set_up_one();
        fd = one.transport.fd;
        say(pair[1], "late");
        do_abort(&one);
        turns(1);
        EXPECT("lost:OK");
        connected(fds);
        CHECK_INT(fds[0], fd);
        open_heard(&two, &fds[0]);
        turns(2);
        EXPECT("made");
        do_abort(&one);
        do_close(&one);
        say(fds[1], "b");
        turns(2);
        EXPECT("data:b");
        do_close(&two);
        close(fds[1]);
        tear_down_heard();
    }

    EACH("a number that was watched and closed without a word is a new one to a transport")
    {
        static struct eddy_watch watch;
        int fd = -1, fds[2];
        set_up_heard();
        eddy_watch_init(&watch, NULL);
        fd = pair[0];
        CHECK_CODE(eddy_loop_add_reader(&loop, fd, &watch), 0);
        close(fd);
        connected(fds);
        CHECK_INT(fds[0], fd);
        pair[0] = -1;
        open_heard(&one, &fds[0]);
        say(fds[1], "b");
        turns(2);
        EXPECT("made data:b");
        do_close(&one);
        close(fds[1]);
        tear_down_heard();
    }
}

/* ---- Threads ----------------------------------------------------------------------------------------- */

static int refusals;

static void *call_all(void *unused)
{
    struct eddy_transport *its = &one.transport;
    int codes[] = {eddy_transport_write(its, "x", 1), eddy_transport_write_eof(its),
                   eddy_transport_set_write_buffer_limits(its, 1, 2, 3),
                   eddy_transport_open(&two.transport, &loop, pair2[0], &heard)};

    for (int i = 0; i < 4; i++)
        refusals += codes[i] == EDDY_ETHREAD;
    eddy_transport_pause_reading(its);
    eddy_transport_resume_reading(its);
    eddy_transport_set_protocol(its, NULL);
    eddy_transport_close(its);
    eddy_transport_abort(its);
    return unused;
}

static void in_a_thread(struct heard *self)
{
    pthread_t thread;

    (void)self;
    CHECK(pthread_create(&thread, NULL, call_all, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void threads(void)
{
    CASE("debug mode: each call from another thread is refused, and changes nothing") {
        which = NULL;
        set_up_one();
        eddy_loop_set_debug(&loop, true);
        one.at_data = in_a_thread;
        say(pair[1], "a");
        turns(1);
        CHECK_INT(refusals, 4);
        one.at_data = NULL;
        CHECK(eddy_transport_is_reading(&one.transport));
        CHECK_INT(one.transport.most, EDDY_TRANSPORT_MOST);
        write_text(&one, "b");
        CHECK_FOUND("b");
        trace[0] = '\0';
        do_close(&one);
        tear_down_heard();
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        opening();
        order();
        reading();
        ends();
        errors();
        extra();
        in_frames();
        taken_away();
    }
    threads();
}
