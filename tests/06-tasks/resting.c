/* Operations that would keep the loop busy: ready for the kernel, and nothing is to be had; or so much
 * to send that nobody else would have a turn. On every selector. */
#include "sockets.h"

#include <sys/stat.h>
#include <sys/un.h>

enum { LARGE = 200000, TURN = 65536 };

static struct eddy_timer limit;
static struct eddy_io io, io2;
static char text[16];

static void on_limit(struct eddy_handle *handle)
{
    (void)handle;
    eddy_loop_stop(&loop);
}

/* Runs the loop for so long, and returns how often it asked the kernel. */
static long waits_in(double seconds)
{
    faults_plan("recv@1+=EAGAIN");
    eddy_timer_init(&limit, on_limit);
    CHECK_CODE(eddy_loop_call_later(&loop, &limit, seconds), 0);
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
    return faults_calls("epoll_wait") + faults_calls("poll") + faults_calls("select");
}

/* A receive that finds nothing, though bytes are there and the kernel says so. It rests by now. */
static struct eddy_future *in_vain(void)
{
    struct eddy_future *future;

    say(pair[1], "at last");
    faults_plan("recv@1+=EAGAIN");
    future = eddy_recv(&io, &loop, pair[0], text, sizeof text);
    for (int i = 0; i < 5; i++)
        turns(1);
    CHECK(!eddy_future_done(future));
    CHECK_INT(loop.watches.count, 1);
    return future;
}

static int finish(struct eddy_future *future)
{
    faults_plan("");
    WAITING("an operation to be done");
    return eddy_loop_run_until_complete(&loop, future);
}

static void resting(void)
{
    EACH("ready, and nothing to be had: the loop sleeps, and what comes at last is received")
    {
        struct eddy_future *future;
        set_up_real();
        future = in_vain();
        DID("a task waits to receive; the kernel says ready, and each recv() says EAGAIN, for 0.3 "
            "s");
        CAUSE("an operation that found nothing three times in a row rests before it asks again");
        CHECK(waits_in(0.3) < 60);
        CHECK(!eddy_future_done(future));
        CHECK_CODE(finish(future), 0);
        CHECK_BYTES(text, 7, "at last", 7);
        tear_down_real();
    }

    EACH("a Unix datagram whose receiver is full is sent when there is room, and the loop sleeps")
    {
        char room[] = "/tmp/eddy-resting-XXXXXX";
        struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "full"};
        struct eddy_future *future = NULL;
        int receiver, fd, sent = -1;
        set_up_real();
        CHECK(mkdtemp(room) && chdir(room) == 0);
        receiver = eddy_socket(&loop, AF_UNIX, SOCK_DGRAM);
        fd = eddy_socket(&loop, AF_UNIX, SOCK_DGRAM);
        CHECK(bind(receiver, (struct sockaddr *)&to, sizeof to) == 0);
        do {
            future = eddy_sendto(&io, &loop, fd, "x", 1, (struct sockaddr *)&to, sizeof to);
            sent++;
        } while (eddy_future_done(future) && eddy_future_error(future) == 0 && sent < 100000);
        if (eddy_future_done(future))
            SKIP("here a full receiver is an error, or never full");
        DID("sent %d datagrams to a socket that nobody reads, then one more; 0.3 s", sent);
        CHECK(waits_in(0.3) < 60);
        CHECK(read(receiver, text, 1) == 1);
        CHECK_CODE(finish(future), 0);
        CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
        CHECK_CODE(eddy_loop_close_fd(&loop, receiver), 0);
        CHECK(unlink("full") == 0 && chdir("/") == 0 && rmdir(room) == 0);
        tear_down_real();
    }

    EACH("who rests is cancelled and told of a closing like anybody who waits, and can rest again")
    {
        struct eddy_future *future;
        set_up_real();
        future = in_vain();
        CHECK(eddy_future_cancel(future));
        CHECK_INT(loop.watches.count, 0);
        CHECK_CODE(finish(future), -ECANCELED);
        future = in_vain();
        CHECK_CODE(eddy_loop_close_fd(&loop, pair[0]), 0);
        CHECK_CODE(finish(future), EDDY_ECLOSED);
        CHECK_INT(dup(pair2[0]), pair[0]);
        CHECK(waits_in(0.1) < 30);
        tear_down_real();
    }

    EACH("a second one is refused while the first rests, and the other direction goes on")
    {
        struct eddy_task task;
        struct sender frame;
        struct eddy_future *future;
        set_up_real();
        future = in_vain();
        CHECK_CODE(eddy_future_error(eddy_recv(&io2, &loop, pair[0], text, 1)), EDDY_EWATCHED);
        eddy_task_start(&task, &loop, sender, &frame, .fd = pair[0], .from = "x", .most = 1,
                        .total = 1);
        turns(2);
        CHECK(read(pair[1], text, 2) == 1);
        CHECK_CODE(finish(future), 0);
        tear_down_real();
    }

    EACH("a loop that is closed while an operation rests leaves nothing")
    {
        set_up_real();
        in_vain();
        tear_down();
        close_pairs();
    }

    EACH("without memory for a rest there is none, and what comes is received all the same")
    {
        struct eddy_future *future;
        set_up_real();
        say(pair[1], "at last");
        faults_plan("recv@1+=EAGAIN,calloc@1+=ENOMEM");
        future = eddy_recv(&io, &loop, pair[0], text, sizeof text);
        turns(20);
        CHECK_INT(loop.watches.count, 1);
        CHECK_CODE(finish(future), 0);
        CHECK_BYTES(text, 7, "at last", 7);
        tear_down_real();
    }

    EACH("a kernel that does not forget an event is no reason to give up, nor to hang")
    {
        struct eddy_future *future;
        set_up_real();
        say(pair[1], "at last");
        faults_plan("recv@1+=EAGAIN,epoll_ctl_mod@1+=ENOMEM,epoll_ctl_del@1+=ENOENT");
        future = eddy_recv(&io, &loop, pair[0], text, sizeof text);
        turns(20);
        CHECK_CODE(finish(future), 0);
        tear_down_real();
    }
}

/* ---- Much to send -------------------------------------------------------------------------------- */

/* A start that moved a turn's bytes, with more to go and room for all. */
static struct eddy_future *begin_to_send(void)
{
    struct eddy_future *future;
    int room = 4 * LARGE;

    CHECK(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
    faults_plan("");
    future = eddy_sendall(&io, &loop, pair[0], pattern(LARGE), LARGE);
    DID("eddy_sendall() of %d bytes to a socket with room for them", LARGE);
    CAUSE("one callback sends 64 KiB; then the others have a turn");
    CHECK(!eddy_future_done(future));
    CHECK_INT(io.n, TURN);
    return future;
}

static void sending(void)
{
    EACH("what is large is sent in turns, 64 KiB in each, without asking the kernel")
    {
        struct eddy_future *future;
        set_up_real();
        future = begin_to_send();
        turns(1);
        CHECK_INT(io.n, 2 * TURN);
        turns(1);
        CHECK_INT(io.n, 3 * TURN);
        turns(1);
        CHECK(eddy_future_done(future));
        CHECK_INT(io.n, LARGE);
        CHECK_INT(faults_calls("epoll_ctl"), 0);
        CHECK_INT(faults_calls("send"), 4);
        tear_down_real();
    }

    EACH("a kernel that takes little at a time gets no more in one turn")
    {
        set_up_real();
        faults_plan("send%4096");
        eddy_sendall(&io, &loop, pair[0], pattern(LARGE), LARGE);
        CHECK_INT(faults_calls("send"), TURN / 4096);
        turns(1);
        CHECK(faults_calls("send") <= 2 * TURN / 4096);
        CHECK(eddy_future_cancel(&io.future));
        turns(2);
        tear_down_real();
    }

    EACH("who has a turn to come is cancelled, told of a closing, and comes before a second one")
    {
        struct eddy_future *future;
        set_up_real();
        future = begin_to_send();
        CHECK_CODE(eddy_future_error(eddy_sendall(&io2, &loop, pair[0], "x", 1)), EDDY_EWATCHED);
        CHECK(eddy_future_cancel(future));
        turns(2);
        CHECK_CODE(eddy_future_error(future), -ECANCELED);
        CHECK_INT(io.n, TURN);
        CHECK(recv(pair[1], (char[TURN]){0}, TURN, MSG_WAITALL) > 0);
        future = begin_to_send();
        CHECK_CODE(eddy_loop_close_fd(&loop, pair[0]), 0);
        CHECK_CODE(finish(future), EDDY_ECLOSED);
        CHECK_INT(io.n, TURN);
        CHECK_INT(dup(pair2[0]), pair[0]);
        tear_down_real();
    }

    EACH("a reader that is added meanwhile leaves the sender its turn")
    {
        struct eddy_future *future;
        struct eddy_watch watch;
        set_up_real();
        future = begin_to_send();
        eddy_watch_init(&watch, on_limit);
        CHECK_CODE(eddy_loop_add_reader(&loop, pair[0], &watch), 0);
        turns(3);
        CHECK(eddy_future_done(future));
        CHECK(eddy_loop_remove_reader(&loop, pair[0]));
        tear_down_real();
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        resting();
        sending();
    }
}
