/* Descriptors that are closed while a task waits for them, and numbers that are used again. */
#include "sockets.h"

static struct eddy_task a, b;
static struct listener one, second;

/* The number of `fd` becomes that of another one's file, as accept() or socket() might make it. */
static void use_again(int fd, int other)
{
    CHECK(dup2(other, fd) == fd);
}

static void closing(void)
{
    EACH("closing through the loop wakes who reads and who writes, with EDDY_ECLOSED")
    {
        static struct sender out;
        set_up_real();
        eddy_task_start(&a, &loop, listener, &one, .name = "a", .fd = pair[0]);
        eddy_task_start(&b, &loop, sender, &out, .fd = pair[0], .from = pattern(2000000),
                        .most = 2000000, .total = 2000000);
        turns(1);
        CHECK_INT(loop.watches.count, 2);
        CHECK_CODE(eddy_loop_close_fd(&loop, pair[0]), 0);
        CHECK_INT(loop.watches.count, 0);
        complete(&a, 0);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &b.future), EDDY_ECLOSED);
        EXPECT("a=EDDY_ECLOSED");
        pair[0] = dup(pair[1]);
        tear_down_real();
    }

    EACH("a number that is used again at once is not touched by who waited for the old one")
    {
        char text[16] = "";
        set_up_real();
        eddy_task_start(&a, &loop, listener, &one, .name = "a", .fd = pair[0]);
        turns(1);
        say(pair2[1], "secret");
        CHECK_CODE(eddy_loop_close_fd(&loop, pair[0]), 0);
        use_again(pair[0], pair2[0]);
        complete(&a, 0);
        EXPECT("a=EDDY_ECLOSED");
        CHECK(recv(pair2[0], text, sizeof text, 0) == 6);
        tear_down_real();
    }

    EACH("a waiter whose event was in line when it was closed touches no new owner of the number")
    {
        char text[16] = "";
        set_up_real();
        eddy_task_start(&a, &loop, listener, &one, .name = "a", .fd = pair[0]);
        turns(1);
        say(pair[1], "lost");
        say(pair2[1], "secret");
        DID("the event is queued; then the descriptor is closed, and its number is another "
            "connection's");
        CAUSE("who waits stays in the table of watches until it is called: there closing finds it");
        eddy_watches_queue(&loop.watches, &(struct eddy_event){.fd = pair[0], .events = EDDY_READ},
                           &loop.ready);
        CHECK_CODE(eddy_loop_close_fd(&loop, pair[0]), 0);
        use_again(pair[0], pair2[0]);
        complete(&a, 0);
        EXPECT("a=EDDY_ECLOSED");
        CHECK(recv(pair2[0], text, sizeof text, 0) == 6);
        tear_down_real();
    }

    EACH("closing what nobody waits for is only that, and the next owner of the number is served")
    {
        set_up_real();
        say(pair[1], "hello");
        eddy_task_start(&a, &loop, listener, &one, .name = "a", .fd = pair[0]);
        complete(&a, 0);
        CHECK_CODE(eddy_loop_close_fd(&loop, pair[0]), 0);
        use_again(pair[0], pair2[0]);
        eddy_task_start(&b, &loop, listener, &second, .name = "b", .fd = pair[0]);
        turns(1);
        say(pair2[1], "hello too");
        complete(&b, 0);
        EXPECT("a=hello b=hello too");
        CHECK_CODE(eddy_loop_close_fd(&loop, pair[0]), 0);
        pair[0] = dup(pair[1]);
        tear_down_real();
    }
}

/* ---- Closed behind the loop's back --------------------------------------------------------------- */

/* The loop still has pair[0] registered, for reading, and knows that it is drained; then it is closed
 * without a word. Returns the number. */
static int leave_interest(void)
{
    int fd = pair[0];

    say(pair[1], "x");
    eddy_task_start(&a, &loop, listener, &one, .name = "a", .fd = fd);
    complete(&a, 0);
    eddy_task_start(&a, &loop, listener, &one, .name = "b", .fd = fd);
    turns(1);
    CHECK(cancel_task(&a));
    complete(&a, 0);
    EXPECT("a=x b=ECANCELED");
    close(fd);
    return fd;
}

static void expect_served(int fd, int peer)
{
    eddy_task_start(&b, &loop, listener, &second, .name = "new", .fd = fd);
    turns(2);
    say(peer, "hello");
    complete(&b, 0);
    EXPECT("new=hello");
}

static int listen_on(struct sockaddr_in *addr)
{
    socklen_t n = sizeof *addr;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *addr = (struct sockaddr_in){.sin_family = AF_INET};
    addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(fd >= 0);
    CHECK(bind(fd, (struct sockaddr *)addr, n) == 0);
    CHECK(listen(fd, 5) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)addr, &n) == 0);
    CHECK_OK(eddy_net_prepare(fd));
    return fd;
}

static void behind_its_back(void)
{
    EACH("a number closed without a word is the next accept's, and is served")
    {
        struct sockaddr_in addr;
        struct eddy_io io;
        struct eddy_future *accepted;
        int listening, client, fd;
        set_up_real();
        listening = listen_on(&addr);
        client = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(connect(client, (struct sockaddr *)&addr, sizeof addr) == 0);
        CAUSE("the kernel has forgotten what it watched under that number: adopt what is new");
        fd = leave_interest();
        accepted = eddy_accept(&io, &loop, listening);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, accepted), 0);
        CHECK_INT(io.n, fd);
        expect_served(fd, client);
        CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
        close(client);
        CHECK_CODE(eddy_loop_close_fd(&loop, listening), 0);
        pair[0] = dup(pair[1]);
        tear_down_real();
    }

    EACH("a number closed without a word is the next eddy_socket's, and is served")
    {
        struct sockaddr_in addr;
        struct eddy_io io;
        int listening, fd, peer;
        set_up_real();
        listening = listen_on(&addr);
        fd = leave_interest();
        CHECK_INT(eddy_socket(&loop, AF_INET, SOCK_STREAM), fd);
        CHECK_CODE(eddy_loop_run_until_complete(
                       &loop, eddy_connect(&io, &loop, fd, (struct sockaddr *)&addr, sizeof addr)),
                   0);
        peer = accept(listening, NULL, NULL);
        expect_served(fd, peer);
        CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
        close(peer);
        close(listening);
        pair[0] = dup(pair[1]);
        tear_down_real();
    }

    EACH("a number closed without a word that comes again from elsewhere is introduced, and served")
    {
        int fd;
        set_up_real();
        fd = leave_interest();
        use_again(fd, pair2[0]);
        eddy_adopt_fd(&loop, fd);
        expect_served(fd, pair2[1]);
        CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
        pair[0] = dup(pair[1]);
        tear_down_real();
    }

    EACH("to introduce a descriptor that the loop does not know, or to a closed loop, is harmless")
    {
        set_up_real();
        eddy_adopt_fd(&loop, pair[0]);
        eddy_adopt_fd(&loop, 1000000);
        eddy_adopt_fd(&loop, -1);
        expect_served(pair[0], pair[1]);
        tear_down_real();
        eddy_adopt_fd(&loop, 0);
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        closing();
        behind_its_back();
    }
}
