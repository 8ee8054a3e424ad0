/* Accepting, connecting, new sockets and datagrams. On every selector. */
#include "sockets.h"

#include <netinet/tcp.h>
#include <sys/un.h>

static socklen_t address_size = sizeof(struct sockaddr_in);

static int bound(int type, struct sockaddr_in *addr)
{
    socklen_t n = sizeof *addr;
    int fd = eddy_socket(&loop, AF_INET, type);

    *addr = (struct sockaddr_in){.sin_family = AF_INET};
    addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(fd >= 0);
    CHECK(bind(fd, (struct sockaddr *)addr, n) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)addr, &n) == 0);
    return fd;
}

static int listening(struct sockaddr_in *addr)
{
    int fd = bound(SOCK_STREAM, addr);

    CHECK(listen(fd, 100) == 0);
    return fd;
}

static int dial(const struct sockaddr_in *addr)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    faults_hold(true);
    CHECK(connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0);
    faults_hold(false);
    return fd;
}

static int wait_for(struct eddy_future *future)
{
    WAITING("an operation to be done");
    return eddy_loop_run_until_complete(&loop, future);
}

static void expect_prepared(int fd)
{
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

/* ---- Accepting ---------------------------------------------------------------------------------- */

static void accepting(void)
{
    EACH("accept takes a connection that is there, or waits for one, and it is prepared")
    {
        struct sockaddr_in addr;
        struct eddy_io io;
        struct eddy_future *future;
        int server, clients[2], value = 0;
        socklen_t n = sizeof value;
        set_up_real();
        server = listening(&addr);
        clients[0] = dial(&addr);
        for (int i = 0; i < 2; i++) {
            future = eddy_accept(&io, &loop, server);
            if (i == 1) {
                CHECK(!eddy_future_done(future));
                clients[1] = dial(&addr);
            }
            CHECK_CODE(wait_for(future), 0);
            expect_prepared((int)io.n);
            CHECK(getsockopt((int)io.n, IPPROTO_TCP, TCP_NODELAY, &value, &n) == 0 && value != 0);
            CHECK_CODE(eddy_loop_close_fd(&loop, (int)io.n), 0);
            close(clients[i]);
        }
        CHECK_CODE(eddy_loop_close_fd(&loop, server), 0);
        tear_down_real();
    }

    EACH("an accept that is cancelled leaves the connection for the next")
    {
        struct sockaddr_in addr;
        struct eddy_io io;
        struct eddy_future *future;
        int server, client;
        set_up_real();
        server = listening(&addr);
        future = eddy_accept(&io, &loop, server);
        CHECK(eddy_future_cancel(future));
        CHECK_CODE(wait_for(future), -ECANCELED);
        client = dial(&addr);
        turns(2);
        CHECK_CODE(wait_for(eddy_accept(&io, &loop, server)), 0);
        CHECK_CODE(eddy_loop_close_fd(&loop, (int)io.n), 0);
        close(client);
        CHECK_CODE(eddy_loop_close_fd(&loop, server), 0);
        tear_down_real();
    }

    EACH("an accept that fails says why, and the connection keeps waiting")
    {
        struct sockaddr_in addr;
        struct eddy_io io;
        int server, client;
        set_up_real();
        server = listening(&addr);
        client = dial(&addr);
        faults_plan("accept@1=EMFILE,accept@2=ECONNABORTED,accept@3=EINTR");
        CHECK_CODE(wait_for(eddy_accept(&io, &loop, server)), -EMFILE);
        CHECK_CODE(wait_for(eddy_accept(&io, &loop, server)), 0);
        CHECK_INT(faults_injected(), 3);
        faults_plan("");
        CHECK_CODE(eddy_loop_close_fd(&loop, (int)io.n), 0);
        close(client);
        CHECK_CODE(eddy_loop_close_fd(&loop, server), 0);
        tear_down_real();
    }
}

/* ---- Connecting ---------------------------------------------------------------------------------- */

static void connecting(void)
{
    EACH("connect is done when the connection stands")
    {
        static const char *const plans[] = {"", "connect@1=EINTR", "connect@1=EINPROGRESS"};
        struct sockaddr_in addr;
        struct eddy_io io;
        int server, fd, peer;
        set_up_real();
        server = listening(&addr);
        for (int i = 0; i < 3; i++) {
            DID("connected with EDDY_FAULTS=%s", plans[i]);
            fd = eddy_socket(&loop, AF_INET, SOCK_STREAM);
            CHECK_OK(fd);
            expect_prepared(fd);
            faults_plan(plans[i]);
            CHECK_CODE(
                wait_for(eddy_connect(&io, &loop, fd, (struct sockaddr *)&addr, address_size)), 0);
            CHECK_INT(faults_calls("connect"), 1); /* a second one would say EALREADY, or worse */
            faults_plan("");
            say(fd, "hello");
            peer = accept(server, NULL, NULL);
            CHECK(peer >= 0);
            close(peer);
            CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
        }
        close(server);
        tear_down_real();
    }

    EACH("a connection that is refused is ECONNREFUSED, once, and nobody watches it any more")
    {
        struct sockaddr_in addr;
        struct eddy_io io;
        int nobody, fd;
        set_up_real();
        nobody = bound(SOCK_STREAM, &addr); /* and does not listen */
        fd = eddy_socket(&loop, AF_INET, SOCK_STREAM);
        CAUSE("writable is not connected: ask for SO_ERROR");
        CHECK_CODE(wait_for(eddy_connect(&io, &loop, fd, (struct sockaddr *)&addr, address_size)),
                   -ECONNREFUSED);
        CHECK_INT(loop.watches.count, 0);
        turns(3);
        CHECK_CODE(eddy_future_error(&io.future), -ECONNREFUSED);
        CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
        close(nobody);
        tear_down_real();
    }

    EACH("where nothing can be connected at all, the error is there at once")
    {
        struct sockaddr_in addr = {.sin_family = AF_INET};
        struct sockaddr_un nowhere = {.sun_family = AF_UNIX, .sun_path = "/nowhere/at/all"};
        struct eddy_io io;
        int fd;
        set_up_real();
        fd = eddy_socket(&loop, AF_UNIX, SOCK_STREAM);
        CHECK_CODE(eddy_future_error(
                       eddy_connect(&io, &loop, fd, (struct sockaddr *)&nowhere, sizeof nowhere)),
                   -ENOENT);
        CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
        CHECK_CODE(
            eddy_future_error(eddy_connect(&io, &loop, -1, (struct sockaddr *)&addr, address_size)),
            -EBADF);
        tear_down_real();
    }

    EACH("a connect that is cancelled, or whose descriptor is closed, is watched no more")
    {
        struct sockaddr_in addr;
        struct eddy_io io;
        struct eddy_future *future;
        int server, fd;
        set_up_real();
        server = listening(&addr);
        for (int i = 0; i < 2; i++) {
            fd = eddy_socket(&loop, AF_INET, SOCK_STREAM);
            faults_plan("connect@1=EINPROGRESS");
            future = eddy_connect(&io, &loop, fd, (struct sockaddr *)&addr, address_size);
            faults_plan("");
            CHECK(!eddy_future_done(future));
            CHECK_INT(loop.watches.count, 1);
            if (i == 0)
                CHECK(eddy_future_cancel(future));
            CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
            CHECK_INT(loop.watches.count, 0);
            CHECK_CODE(wait_for(future), i == 0 ? -ECANCELED : EDDY_ECLOSED);
        }
        close(server);
        tear_down_real();
    }

    EACH("a socket that cannot be made, or not be prepared, is an error and no descriptor")
    {
        int fd;
        set_up_real();
        CHECK_CODE(eddy_socket(&loop, 12345, SOCK_STREAM), -EAFNOSUPPORT);
        faults_plan("socket@1=EMFILE,fcntl_setfl@1=EINVAL");
        CHECK_CODE(eddy_socket(&loop, AF_INET, SOCK_STREAM), -EMFILE);
        fd = eddy_socket(&loop, AF_INET, SOCK_STREAM);
        CHECK_CODE(fd < 0 ? fd : 0, faults_injected() > 1 ? -EINVAL : 0);
        faults_plan("");
        if (fd >= 0) /* Linux: it is made so, and there is no second step that could fail */
            CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
        tear_down_real();
    }
}

/* ---- Datagrams -------------------------------------------------------------------------------------- */

static struct sockaddr_in where, from;
static int sockets[2]; /* the first is bound to `where`, the second to `from` */

static void set_up_datagrams(void)
{
    set_up_real();
    sockets[0] = bound(SOCK_DGRAM, &where);
    sockets[1] = bound(SOCK_DGRAM, &from);
}

static void tear_down_datagrams(void)
{
    CHECK_CODE(eddy_loop_close_fd(&loop, sockets[0]), 0);
    CHECK_CODE(eddy_loop_close_fd(&loop, sockets[1]), 0);
    tear_down_real();
}

static int send_datagram(struct eddy_io *io, const char *text, size_t n)
{
    return wait_for(
        eddy_sendto(io, &loop, sockets[1], text, n, (struct sockaddr *)&where, address_size));
}

static void datagrams(void)
{
    EACH("a datagram comes whole, with its sender, and one that is empty is one, too")
    {
        static const char *const texts[] = {"hello", "", "and again"};
        struct sockaddr_in sender;
        struct eddy_io io, out;
        struct eddy_future *future;
        char text[64];
        set_up_datagrams();
        for (int round = 0; round < 2; round++)
            for (int i = 0; i < 3; i++) {
                DID(round ? "sent, then received '%s'" : "received, then sent '%s'", texts[i]);
                if (round == 1)
                    CHECK_CODE(send_datagram(&out, texts[i], strlen(texts[i])), 0);
                memset(&sender, 0, sizeof sender);
                future = eddy_recvfrom(&io, &loop, sockets[0], text, sizeof text,
                                       (struct sockaddr *)&sender, address_size);
                CHECK_INT(eddy_future_done(future), round);
                if (round == 0)
                    CHECK_CODE(send_datagram(&out, texts[i], strlen(texts[i])), 0);
                CHECK_CODE(wait_for(future), 0);
                CHECK_BYTES(text, (size_t)io.n, texts[i], strlen(texts[i]));
                CHECK_INT(out.n, io.n);
                CHECK_INT(io.address_size, address_size);
                CHECK(sender.sin_port == from.sin_port);
            }
        tear_down_datagrams();
    }

    EACH("who does not ask is not told the sender, and what does not fit is cut, and said to be")
    {
        struct eddy_io io, out;
        char text[4] = "";
        set_up_datagrams();
        CHECK_CODE(send_datagram(&out, "abcdef", 6), 0);
        CHECK_CODE(send_datagram(&out, "ghi", 3), 0);
        CHECK_CODE(wait_for(eddy_recvfrom(&io, &loop, sockets[0], text, 3, NULL, 0)), 0);
        CHECK_INT(io.n, 3);
        CHECK_TEXT(text, "abc");
        CHECK(io.truncated);
        CHECK_CODE(wait_for(eddy_recvfrom(&io, &loop, sockets[0], text, 3, NULL, 0)), 0);
        CHECK_INT(io.n, 3);
        CHECK_TEXT(text, "ghi");
        CHECK(!io.truncated);
        tear_down_datagrams();
    }

    EACH("a datagram that is too large is EMSGSIZE, and a kernel without room is waited for")
    {
        struct eddy_io io, out;
        char text[8] = "";
        set_up_datagrams();
        CHECK_CODE(send_datagram(&out, pattern(70000), 70000), -EMSGSIZE);
        faults_plan("sendto@1=EINTR,sendto@2=EAGAIN,recvmsg@1=EINTR,recvmsg@2=EAGAIN");
        CHECK_CODE(send_datagram(&out, "hello", 5), 0);
        CHECK_CODE(wait_for(eddy_recvfrom(&io, &loop, sockets[0], text, 8, NULL, 0)), 0);
        CHECK_TEXT(text, "hello");
        CHECK_INT(faults_injected(), 4);
        faults_plan("recvmsg@1=ECONNREFUSED");
        CHECK_CODE(wait_for(eddy_recvfrom(&io, &loop, sockets[0], text, 8, NULL, 0)),
                   -ECONNREFUSED);
        faults_plan("");
        tear_down_datagrams();
    }

    EACH("a datagram that comes after a cancel is the next one's")
    {
        struct eddy_io io, out;
        struct eddy_future *future;
        char text[8] = "";
        set_up_datagrams();
        future = eddy_recvfrom(&io, &loop, sockets[0], text, 8, NULL, 0);
        CHECK(eddy_future_cancel(future));
        CHECK_CODE(send_datagram(&out, "hello", 5), 0);
        CHECK_CODE(wait_for(future), -ECANCELED);
        CHECK_TEXT(text, "");
        CHECK_CODE(wait_for(eddy_recvfrom(&io, &loop, sockets[0], text, 8, NULL, 0)), 0);
        CHECK_TEXT(text, "hello");
        tear_down_datagrams();
    }

    EACH("in a closed loop nothing is accepted, connected, received or sent")
    {
        struct eddy_io io;
        char text[8] = "";
        struct sockaddr *addr = (struct sockaddr *)&where;
        set_up_datagrams();
        tear_down();
        CHECK_CODE(eddy_future_error(eddy_accept(&io, &loop, sockets[0])), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(eddy_connect(&io, &loop, sockets[0], addr, address_size)),
                   EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(eddy_recvfrom(&io, &loop, sockets[0], text, 8, NULL, 0)),
                   EDDY_ECLOSED);
        CHECK_CODE(
            eddy_future_error(eddy_sendto(&io, &loop, sockets[1], "x", 1, addr, address_size)),
            EDDY_ECLOSED);
        CHECK(recv(sockets[0], text, 8, 0) == -1 && errno == EAGAIN);
        close(sockets[0]);
        close(sockets[1]);
        close_pairs();
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        accepting();
        connecting();
        datagrams();
    }
}
