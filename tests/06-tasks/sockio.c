/* Streams to await: receive, send all. On every selector. */
#include "sockets.h"

#include <sys/resource.h>

enum { LARGE = 2000000, SMALL = 3000 };

static struct eddy_task a, b, c, d;
static struct receiver in, in2;
static struct sender out, out2;
static char got[LARGE], got2[LARGE];

/* ---- All bytes, in their order ------------------------------------------------------------------- */

static void pass(size_t n, size_t most_out, size_t most_in)
{
    const char *sent = pattern(n);

    memset(got, 0, n);
    eddy_task_start(&a, &loop, receiver, &in, .fd = pair[0], .to = got, .most = most_in,
                    .total = n);
    eddy_task_start(&b, &loop, sender, &out, .fd = pair[1], .from = sent, .most = most_out,
                    .total = n);
    complete(&b, 0);
    complete(&a, 0);
    CHECK_INT(in.n, (long long)n);
    CHECK(memcmp(got, sent, n) == 0);
}

static void all_bytes(void)
{
    EACH("what is sent is received, all of it and in order, however large the pieces are")
    {
        set_up_real();
        pass(LARGE, LARGE, LARGE);
        pass(LARGE, 100000, 77);
        pass(LARGE, 999, LARGE);
        pass(1, 1, 1);
        tear_down_real();
    }

    EACH("a kernel that moves single bytes, is interrupted, or has nothing yet changes nothing")
    {
        static const char *const plans[] = {
            "recv%1,send%1",
            "recv@1=EINTR,send@1=EINTR,send@3=EINTR",
            "recv@1=EAGAIN,recv@2=EAGAIN,recv@4=EAGAIN",
            "send@1=EAGAIN,send@2=EAGAIN,send@4=EAGAIN",
            "recv%1,send%7,recv@5=EAGAIN,send@5=EAGAIN,recv@9=EINTR,send@9=EINTR",
        };
        set_up_real();
        for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
            DID("sent and received %d bytes with EDDY_FAULTS=%s", SMALL, plans[i]);
            faults_plan(plans[i]);
            pass(SMALL, 1000, 1000);
            CHECK(faults_injected() > 0);
        }
        faults_plan("");
        tear_down_real();
    }

    EACH("one reads and another writes the same socket, at the same time")
    {
        const char *sent;
        set_up_real();
        sent = pattern(LARGE);
        eddy_task_start(&a, &loop, receiver, &in, .fd = pair[0], .to = got, .most = 5000,
                        .total = LARGE);
        eddy_task_start(&b, &loop, sender, &out, .fd = pair[0], .from = sent, .most = LARGE,
                        .total = LARGE);
        eddy_task_start(&c, &loop, receiver, &in2, .fd = pair[1], .to = got2, .most = 4000,
                        .total = LARGE);
        eddy_task_start(&d, &loop, sender, &out2, .fd = pair[1], .from = sent, .most = LARGE,
                        .total = LARGE);
        complete(&a, 0);
        complete(&b, 0);
        complete(&c, 0);
        complete(&d, 0);
        CHECK(memcmp(got, sent, LARGE) == 0);
        CHECK(memcmp(got2, sent, LARGE) == 0);
        tear_down_real();
    }

    EACH("the end of the stream is 0 bytes, again and again")
    {
        struct listener frame;
        set_up_real();
        say(pair[1], "last words");
        CHECK(shutdown(pair[1], SHUT_WR) == 0);
        for (int i = 0; i < 3; i++) {
            eddy_task_start(&a, &loop, listener, &frame, .name = "a", .fd = pair[0]);
            complete(&a, 0);
        }
        EXPECT("a=last words a= a=");
        DID("it comes while a task waits");
        eddy_task_start(&a, &loop, listener, &frame, .name = "a", .fd = pair2[0]);
        turns(1);
        CHECK(shutdown(pair2[1], SHUT_WR) == 0);
        complete(&a, 0);
        EXPECT("a=");
        tear_down_real();
    }

    EACH("sending nothing is done at once")
    {
        struct eddy_io io;
        set_up_real();
        faults_plan("");
        CHECK_CODE(eddy_future_error(eddy_sendall(&io, &loop, pair[0], "", 0)), 0);
        CHECK_INT(faults_calls("send"), 0);
        tear_down_real();
    }
}

/* ---- Errors -------------------------------------------------------------------------------------- */

static void errors(void)
{
    EACH("sending to a peer that has gone is EPIPE, and no signal")
    {
        set_up_real();
        close(pair[1]);
        eddy_task_start(&a, &loop, sender, &out, .fd = pair[0], .from = pattern(10), .most = 10,
                        .total = 10);
        complete(&a, -EPIPE);
        CHECK_INT(out.io.n, 0);
        pair[1] = pair[0]; /* for the closing of both */
        pair[0] = dup(pair[1]);
        tear_down_real();
    }

    EACH("an error of the kernel is the await's, and says how much had been sent")
    {
        set_up_real();
        faults_plan("send%100,send@4=ECONNRESET");
        eddy_task_start(&a, &loop, sender, &out, .fd = pair[0], .from = pattern(1000), .most = 1000,
                        .total = 1000);
        complete(&a, -ECONNRESET);
        CHECK_INT(out.io.n, 300);
        faults_plan("recv@1=ECONNRESET");
        eddy_task_start(&a, &loop, receiver, &in, .fd = pair[0], .to = got, .most = 10,
                        .total = 10);
        complete(&a, -ECONNRESET);
        DID("the same, when the event has come");
        faults_plan("recv@2=ECONNRESET");
        eddy_task_start(&a, &loop, receiver, &in, .fd = pair[0], .to = got, .most = 10,
                        .total = 10);
        turns(1);
        say(pair[1], "x");
        complete(&a, -ECONNRESET);
        faults_plan("");
        tear_down_real();
    }

    EACH("what is no socket, or cannot be watched, is the await's error")
    {
        struct eddy_io io;
        char byte;
        int ends[2];
        set_up_real();
        CHECK_CODE(eddy_future_error(eddy_recv(&io, &loop, -1, &byte, 1)), -EBADF);
        CHECK_CODE(eddy_future_error(eddy_sendall(&io, &loop, -1, "x", 1)), -EBADF);
        CHECK_CODE(eddy_future_error(eddy_recv(&io, &loop, 100000, &byte, 1)), -EBADF);
        CHECK(pipe(ends) == 0);
        CHECK_CODE(eddy_future_error(eddy_recv(&io, &loop, ends[0], &byte, 1)), -ENOTSOCK);
        close(ends[0]);
        close(ends[1]);
        tear_down_real();
    }

    EACH("a number that select() cannot watch is its error, and nobody else's")
    {
        struct rlimit room = {2000, 2000};
        struct eddy_io io;
        char byte;
        int fd;
        struct eddy_future *future;
        set_up_real();
        if (setrlimit(RLIMIT_NOFILE, &room) < 0)
            SKIP("a process may not have so many descriptors");
        fd = fcntl(pair[0], F_DUPFD, 1500);
        CHECK(fd >= 1500);
        future = eddy_recv(&io, &loop, fd, &byte, 1);
        CHECK_CODE(eddy_future_error(future),
                   strcmp(which, "select") == 0 ? -ERANGE : EDDY_EPENDING);
        eddy_future_cancel(future);
        CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
        tear_down_real();
    }

    EACH("in a closed loop nothing is received or sent")
    {
        struct eddy_io io;
        char text[2] = "";
        set_up_real();
        say(pair[1], "x");
        tear_down();
        CHECK_CODE(eddy_future_error(eddy_recv(&io, &loop, pair[0], text, 1)), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(eddy_sendall(&io, &loop, pair[0], "y", 1)), EDDY_ECLOSED);
        CHECK(recv(pair[0], text, 1, 0) == 1);
        CHECK(recv(pair[1], text, 1, 0) == -1 && errno == EAGAIN);
        close_pairs();
    }
}

/* ---- Two of a kind --------------------------------------------------------------------------------- */

static void two(void)
{
    EACH("a second one who wants to read while another waits gets EDDY_EWATCHED, and takes nothing")
    {
        struct listener one, second;
        set_up_real();
        eddy_task_start(&a, &loop, listener, &one, .name = "a", .fd = pair[0]);
        turns(1);
        DID("a task waits to read; a second one comes, before there is anything and after");
        eddy_task_start(&b, &loop, listener, &second, .name = "b", .fd = pair[0]);
        turns(1);
        EXPECT("b=EDDY_EWATCHED");
        say(pair[1], "for a");
        eddy_task_start(&b, &loop, listener, &second, .name = "b", .fd = pair[0]);
        complete(&a, 0);
        complete(&b, 0);
        CHECK(strcmp(trace, "b=EDDY_EWATCHED a=for a") == 0 ||
              strcmp(trace, "a=for a b=EDDY_EWATCHED") == 0);
        trace[0] = '\0';
        DID("and when the first has its bytes, the next can wait");
        eddy_task_start(&b, &loop, listener, &second, .name = "b", .fd = pair[0]);
        turns(1);
        say(pair[1], "for b");
        complete(&b, 0);
        EXPECT("b=for b");
        tear_down_real();
    }

    EACH("a second one who wants to write while another waits is refused: two messages never mix")
    {
        ssize_t n;
        size_t have = 0;
        const char *sent;
        set_up_real();
        sent = pattern(LARGE);
        eddy_task_start(&a, &loop, sender, &out, .fd = pair[0], .from = sent, .most = LARGE,
                        .total = LARGE);
        turns(1);
        DID("the first of two has filled the socket; the peer reads; now there is room for others");
        while ((n = read(pair[1], got + have, sizeof got - have)) > 0)
            have += (size_t)n;
        eddy_task_start(&b, &loop, sender, &out2, .fd = pair[0], .from = sent, .most = 10,
                        .total = 10);
        while (eddy_loop_stop(&loop), CHECK_CODE(eddy_loop_run_forever(&loop), 0),
               !eddy_task_done(&a))
            while ((n = read(pair[1], got + have, sizeof got - have)) > 0)
                have += (size_t)n;
        CHECK_CODE(outcome(&b), EDDY_EWATCHED);
        CHECK_INT(out2.io.n, 0);
        while ((n = read(pair[1], got + have, sizeof got - have)) > 0)
            have += (size_t)n;
        CHECK_INT(have, LARGE);
        CHECK(memcmp(got, sent, LARGE) == 0);
        CHECK_INT(reports, 1); /* b has failed, and nobody awaits it */
        tear_down_real();
    }
}

/* ---- Cancelling ------------------------------------------------------------------------------------- */

static void cancelling(void)
{
    EACH("a receive that is cancelled takes nothing: what comes later is the next one's")
    {
        struct listener frame;
        set_up_real();
        eddy_task_start(&a, &loop, listener, &frame, .name = "a", .fd = pair[0]);
        turns(1);
        CHECK_INT(loop.watches.count, 1);
        CHECK(cancel_task(&a));
        CHECK_INT(loop.watches.count, 0);
        say(pair[1], "later");
        complete(&a, 0);
        turns(2);
        eddy_task_start(&a, &loop, listener, &frame, .name = "b", .fd = pair[0]);
        complete(&a, 0);
        EXPECT("a=ECANCELED b=later");
        tear_down_real();
    }

    EACH("a receive that is cancelled when its event is in line takes nothing either")
    {
        struct listener frame;
        set_up_real();
        eddy_task_start(&a, &loop, listener, &frame, .name = "a", .fd = pair[0]);
        turns(1);
        say(pair[1], "later");
        DID("the event has been queued by hand; then the task is cancelled");
        eddy_watches_queue(&loop.watches, &(struct eddy_event){.fd = pair[0], .events = EDDY_READ},
                           &loop.ready);
        CHECK(cancel_task(&a));
        complete(&a, 0);
        eddy_task_start(&a, &loop, listener, &frame, .name = "b", .fd = pair[0]);
        complete(&a, 0);
        EXPECT("a=ECANCELED b=later");
        tear_down_real();
    }

    EACH("a send that is cancelled says how much has gone, and the peer has that and no more")
    {
        ssize_t n;
        size_t have = 0;
        const char *sent;
        set_up_real();
        sent = pattern(LARGE);
        eddy_task_start(&a, &loop, sender, &out, .fd = pair[0], .from = sent, .most = LARGE,
                        .total = LARGE);
        turns(1);
        CHECK(cancel_task(&a));
        complete(&a, -ECANCELED);
        while ((n = read(pair[1], got + have, sizeof got - have)) > 0)
            have += (size_t)n;
        CHECK(have > 0 && have < LARGE);
        CHECK_INT(out.io.n, (long long)have);
        CHECK(memcmp(got, sent, have) == 0);
        tear_down_real();
    }
}

/* ---- What it costs ---------------------------------------------------------------------------------- */

/* Sends a message and waits for the answer. */
struct player {
    struct eddy_co co;
    struct eddy_io io;
    int fd, rounds;
    bool serves;
    char ball[64];
};

static struct eddy_step player(struct eddy_co *co)
{
    struct player *self = CO_FRAME(co, player);

    CO_BEGIN(co);
    if (self->serves)
        CO_AWAIT(co, eddy_sendall(&self->io, eddy_co_loop(co), self->fd, "ball", 4));
    for (; self->rounds > 0; self->rounds--) {
        CO_AWAIT(co, eddy_recv(&self->io, eddy_co_loop(co), self->fd, self->ball, 64));
        CHECK_INT(self->io.n, 4);
        CO_AWAIT(co, eddy_sendall(&self->io, eddy_co_loop(co), self->fd, "ball", 4));
    }
    CO_END(co);
}

static void cost(void)
{
    EACH("a message costs one receive and one send, and the kernel is not told again what it knows")
    {
        static struct player ann, bob;
        enum { ROUNDS = 1000 };
        long waits;
        set_up_real();
        eddy_task_start(&a, &loop, player, &ann, .fd = pair[0], .rounds = ROUNDS, .serves = true);
        eddy_task_start(&b, &loop, player, &bob, .fd = pair[1], .rounds = ROUNDS);
        turns(20);
        DID("two tasks play ping-pong; counted the calls from the tenth round on");
        CAUSE("where the last receive took all there was, the next waits before it tries");
        faults_plan("");
        complete(&b, 0);
        CHECK_INT(faults_calls("recv"), faults_calls("send"));
        CHECK(faults_calls("recv") >= 2 * ROUNDS - 60);
        CHECK_INT(faults_calls("epoll_ctl"), 0);
        waits = faults_calls("epoll_wait") + faults_calls("poll") + faults_calls("pselect") +
                faults_calls("select");
        CHECK(waits <= 4 * ROUNDS + 20); /* the event, and the step behind it, for each message */
        CHECK(cancel_task(&a) || eddy_task_done(&a));
        eddy_loop_run_until_complete(&loop, &a.future);
        tear_down_real();
    }

    EACH("a receive that filled its room is followed by a try: there may be more")
    {
        struct listener frame;
        set_up_real();
        say(pair[1], "0123456789012345678901234567890abc");
        faults_plan("");
        for (int i = 0; i < 2; i++) {
            eddy_task_start(&a, &loop, listener, &frame, .name = "a", .fd = pair[0]);
            turns(1);
            CHECK(eddy_task_done(&a));
        }
        EXPECT("a=0123456789012345678901234567890 a=abc");
        CHECK_INT(faults_calls("recv"), 2);
        tear_down_real();
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        all_bytes();
        errors();
        two();
        cancelling();
        cost();
    }
}
