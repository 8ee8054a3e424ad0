#include "check.h"

#include "errors.h"
#include "faults.h"
#include "net.h"
#include "net_new.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

enum { MAX = 8 };

static int listen_here(void)
{
    int fd;

    CHECK_INT(eddy_net_listen("127.0.0.1", 0, &fd, 1), 1);
    return fd;
}

/* A client of `listener`, blocking. */
static int connect_to(int listener)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    addr.sin_port = htons((unsigned short)eddy_net_port(listener));
    CHECK_OK(connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0 ? -errno : 0);
    return fd;
}

/* Two connected sockets: [0] as eddy makes them, [1] blocking. */
static void make_pair(int fds[2])
{
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK_INT(eddy_net_prepare(fds[0]), 0);
}

static void close_both(int fds[2])
{
    CHECK_INT(eddy_net_close(fds[0]), 0);
    CHECK_INT(eddy_net_close(fds[1]), 0);
}

/* Neither ignored, nor handled, nor blocked: as the case has found it. */
static bool sigpipe_is_untouched(void)
{
    struct sigaction action;
    sigset_t blocked;

    CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && sigprocmask(SIG_BLOCK, NULL, &blocked) == 0);
    return action.sa_handler == SIG_DFL && !sigismember(&blocked, SIGPIPE);
}

static void parse_ports(void)
{
    CASE("a port is a whole number from 0 to 65535") {
        CHECK_INT(eddy_net_parse_port("0"), 0);
        CHECK_INT(eddy_net_parse_port("8081"), 8081);
        CHECK_INT(eddy_net_parse_port("65535"), 65535);
    }

    CASE("text that is not a port is refused, whatever it begins with") {
        static const char *const wrong[] = {
            "",    "80x",   "x80",   "-1",   "+80", " 80", "80 ",
            "8.0", "65536", "70000", "0x50", "１",  "-0",  "99999999999999999999"};
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            DID("eddy_net_parse_port(\"%s\")", wrong[i]);
            CHECK_CODE(eddy_net_parse_port(wrong[i]), EDDY_EPORT);
        }
    }
}

static void prepare_and_close(void)
{
    CASE("a prepared descriptor does not block and is not inherited") {
        int fds[2];
        DID("socketpair(), eddy_net_prepare() on one end, then fcntl() to look at its flags");
        make_pair(fds);
        CAUSE("O_NONBLOCK is a file status flag: F_GETFL, add the bit, F_SETFL");
        CHECK((fcntl(fds[0], F_GETFL) & O_NONBLOCK) != 0);
        CAUSE("FD_CLOEXEC is a descriptor flag: F_SETFD, not F_SETFL");
        CHECK((fcntl(fds[0], F_GETFD) & FD_CLOEXEC) != 0);
        close_both(fds);
    }

    CASE("preparing keeps the flags that were there") {
        FILE *file = tmpfile();
        int fd = file ? fileno(file) : -1;
        DID("set O_APPEND on a descriptor, then eddy_net_prepare() on it");
        CAUSE("F_SETFL replaces all status flags: get them first, then add O_NONBLOCK");
        CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0);
        CHECK_INT(eddy_net_prepare(fd), 0);
        CHECK((fcntl(fd, F_GETFL) & O_APPEND) != 0);
        fclose(file);
    }

    CASE("what is no error is none, whatever errno says of a call before") {
        int fds[2], ends[2];
        char byte;
        CHECK(pipe(ends) == 0);
        DID("eddy_net_prepare() of a pipe's reading end, all of whose flags are 0");
        CAUSE(
            "a system call has failed if it returns -1, and only then: 0 is a result like others");
        errno = EINTR;
        CHECK_CODE(eddy_net_prepare(ends[0]), 0);
        CHECK((fcntl(ends[0], F_GETFL) & O_NONBLOCK) != 0);
        close_both(ends);
        make_pair(fds);
        DID("eddy_net_send() of no bytes, with an old EINTR in errno");
        CAUSE(
            "a system call has failed if it returns -1, and only then: 0 is a result like others");
        WAITING("eddy_net_send() to return: its send() returned 0, so errno says nothing of it");
        errno = EINTR;
        CHECK_CODE(eddy_net_send(fds[0], "", 0), 0);
        DID("the peer closed; eddy_net_recv(), with an old EINTR in errno");
        CAUSE("a system call has failed if it returns -1, and only then: 0 is the end");
        WAITING("eddy_net_recv() to return: its recv() returned 0, so errno says nothing of it");
        CHECK_INT(eddy_net_close(fds[1]), 0);
        errno = EINTR;
        CHECK_CODE(eddy_net_recv(fds[0], &byte, 1), 0);
        CHECK_INT(eddy_net_close(fds[0]), 0);
    }

    CASE("a descriptor that is not open is an error, not a crash") {
        char byte;
        DID("called each function with descriptor -1");
        CAUSE("a system call that returns -1 has put the reason into errno: return -errno");
        CHECK_CODE(eddy_net_prepare(-1), -EBADF);
        CHECK_CODE(eddy_net_close(-1), -EBADF);
        CHECK_CODE(eddy_net_recv(-1, &byte, 1), -EBADF);
        CHECK_CODE(eddy_net_send(-1, "x", 1), -EBADF);
        CHECK_CODE(eddy_net_accept(-1), -EBADF);
        CHECK_CODE(eddy_net_port(-1), -EBADF);
        CHECK_CODE(eddy_net_peer_name(-1, &byte, 1), -EBADF);
    }

    CASE("a close that a signal interrupts has closed, and is not repeated") {
        int fds[2];
        make_pair(fds);
        DID("eddy_net_close() while close() fails with EINTR");
        CAUSE("Linux has closed the descriptor even so; a second close() may hit someone else's");
        faults_plan("close@1=EINTR");
        CHECK_CODE(eddy_net_close(fds[0]), 0);
        CHECK_INT(faults_calls("close"), 1);
        CHECK_INT(eddy_net_close(fds[1]), 0);
    }
}

static void receive(void)
{
    CASE("receiving gives what is there, then EAGAIN, then 0 at the end") {
        int fds[2];
        char buf[16] = "";
        make_pair(fds);
        DID("nothing was sent; eddy_net_recv()");
        CAUSE("recv() says -1 and puts the reason into errno: return -errno, here -EAGAIN");
        CHECK_CODE(eddy_net_recv(fds[0], buf, sizeof buf), -EAGAIN);
        DID("the peer sent 6 bytes; eddy_net_recv() with room for 16");
        CHECK(write(fds[1], "a\0b\r\n", 6) == 6);
        CHECK_INT(eddy_net_recv(fds[0], buf, sizeof buf), 6);
        CHECK_BYTES(buf, 6, "a\0b\r\n", 6);
        DID("the peer closed; eddy_net_recv()");
        CHECK_INT(eddy_net_close(fds[1]), 0);
        CHECK_INT(eddy_net_recv(fds[0], buf, sizeof buf), 0);
        CHECK_INT(eddy_net_close(fds[0]), 0);
    }

    CASE("a message that fills the buffer exactly is received whole, and nothing after it is "
         "touched") {
        int fds[2];
        char buf[8] = "12345678";
        make_pair(fds);
        CHECK(write(fds[1], "abcdefgh", 8) == 8);
        DID("the peer sent 8 bytes; eddy_net_recv() with room for 7, then for 1");
        CAUSE("what comes is bytes, not text: all n may be filled, and there is no end to write");
        CHECK_INT(eddy_net_recv(fds[0], buf, 7), 7);
        CHECK_BYTES(buf, 8, "abcdefg8", 8);
        CHECK_INT(eddy_net_recv(fds[0], buf, 1), 1);
        CHECK_BYTES(buf, 8, "hbcdefg8", 8);
        close_both(fds);
    }

    CASE("receiving goes on when a signal interrupts it") {
        int fds[2];
        char buf[16];
        make_pair(fds);
        CHECK(write(fds[1], "x", 1) == 1);
        DID("eddy_net_recv() while recv() fails with EINTR twice");
        CAUSE("a signal handler ran during the call: nothing is wrong, make the call again");
        faults_plan("recv@1=EINTR,recv@2=EINTR");
        CHECK_CODE(eddy_net_recv(fds[0], buf, sizeof buf), 1);
        CHECK_INT(faults_calls("recv"), 3);
        close_both(fds);
    }

    CASE("receiving reports a reset connection") {
        int fds[2];
        char byte;
        make_pair(fds);
        DID("eddy_net_recv() while recv() fails with ECONNRESET");
        CAUSE("only EINTR is a reason to try again; the others go to the caller as -errno");
        faults_plan("recv@1=ECONNRESET");
        CHECK_CODE(eddy_net_recv(fds[0], &byte, 1), -ECONNRESET);
        close_both(fds);
    }
}

static void send_bytes(void)
{
    CASE("sending takes what the kernel has room for, and says how much") {
        int fds[2];
        char *big = calloc(1, 1 << 22);
        ssize_t n;
        make_pair(fds);
        DID("eddy_net_send() of 4 MiB to a peer that reads nothing");
        CAUSE(
            "a partial send is a success: return what send() returned, the caller keeps the rest");
        n = eddy_net_send(fds[0], big, 1 << 22);
        CHECK_OK(n);
        CHECK(n > 0 && n < 1 << 22);
        DID("eddy_net_send() again, with no room left");
        CAUSE("no room is -EAGAIN, returned at once: select() knows when to try again");
        WAITING("eddy_net_send() to return at once");
        while ((n = eddy_net_send(fds[0], big, 1 << 22)) > 0)
            ;
        CHECK_CODE(n, -EAGAIN);
        free(big);
        close_both(fds);
    }

    CASE("sending to a peer that has gone is EPIPE, and the process lives") {
        int fds[2];
        make_pair(fds);
        CHECK_INT(eddy_net_close(fds[1]), 0);
        DID("the peer closed; eddy_net_send()");
        CAUSE("without MSG_NOSIGNAL, send() to a peer that has gone kills the process (SIGPIPE)");
        CHECK_CODE(eddy_net_send(fds[0], "x", 1), -EPIPE);
        CAUSE("what the process does with SIGPIPE is its own business: MSG_NOSIGNAL is for one "
              "send(), signal() and sigprocmask() are for all of the program");
        CHECK(sigpipe_is_untouched());
        CHECK_INT(eddy_net_close(fds[0]), 0);
    }

    CASE("sending goes on when a signal interrupts it") {
        int fds[2];
        make_pair(fds);
        DID("eddy_net_send() while send() fails with EINTR");
        CAUSE("a signal handler ran during the call: nothing is wrong, make the call again");
        faults_plan("send@1=EINTR");
        CHECK_CODE(eddy_net_send(fds[0], "x", 1), 1);
        close_both(fds);
    }
}

static void need_both_families(void)
{
    int fds[MAX], n = eddy_net_listen(NULL, 0, fds, MAX);

    for (int i = 0; i < n; i++)
        CHECK_INT(eddy_net_close(fds[i]), 0);
    if (n < 2)
        SKIP("this machine has IPv4 or IPv6, not both");
}

static void listen_and_accept(void)
{
    CASE("listening on port 0 picks a free port, the same for every address") {
        int fds[MAX], n;
        DID("eddy_net_listen(\"localhost\", 0, ...)");
        n = eddy_net_listen("localhost", 0, fds, MAX);
        CHECK(n >= 1);
        CHECK(eddy_net_port(fds[0]) > 0);
        for (int i = 1; i < n; i++)
            CHECK_INT(eddy_net_port(fds[i]), eddy_net_port(fds[0]));
        for (int i = 0; i < n; i++) {
            CHECK((fcntl(fds[i], F_GETFL) & O_NONBLOCK) != 0);
            CHECK_INT(eddy_net_close(fds[i]), 0);
        }
    }

    CASE("no host means every address, IPv4 and IPv6 beside each other") {
        int fds[MAX], n = eddy_net_listen(NULL, 0, fds, MAX);
        CHECK(n >= 1);
        for (int i = 0; i < n; i++)
            CHECK_INT(eddy_net_close(fds[i]), 0);
    }

    CASE("a port where another listens is in use") {
        int fd = listen_here(), other;
        CHECK_CODE(eddy_net_listen("127.0.0.1", eddy_net_port(fd), &other, 1), -EADDRINUSE);
        CHECK_INT(eddy_net_close(fd), 0);
    }

    CASE("a port is free again at once, though old connections are in TIME_WAIT") {
        int fd = listen_here(), port = eddy_net_port(fd), client = connect_to(fd), served;
        served = eddy_net_accept(fd);
        CHECK_OK(served);
        CHECK_INT(eddy_net_close(served), 0); /* who closes first keeps the TIME_WAIT */
        CHECK_INT(eddy_net_close(client), 0);
        CHECK_INT(eddy_net_close(fd), 0);
        CHECK_INT(eddy_net_listen("127.0.0.1", port, &fd, 1), 1);
        CHECK_INT(eddy_net_close(fd), 0);
    }

    CASE("a host that does not exist, and a port or room that cannot be, are errors") {
        int fd;
        CHECK_CODE(eddy_net_listen("no such host", 0, &fd, 1), EDDY_ENOHOST);
        CHECK_CODE(eddy_net_listen("127.0.0.1", -1, &fd, 1), EDDY_EPORT);
        CHECK_CODE(eddy_net_listen("127.0.0.1", 70000, &fd, 1), EDDY_EPORT);
        CHECK_CODE(eddy_net_listen("127.0.0.1", 0, &fd, 0), -EINVAL);
    }

    CASE("an address family that is switched off is passed over") {
        int fds[MAX];
        need_both_families();
        DID("eddy_net_listen(NULL, ...) while the first socket() fails with EAFNOSUPPORT");
        faults_plan("socket@1=EAFNOSUPPORT");
        CHECK_INT(eddy_net_listen(NULL, 0, fds, MAX), 1);
        CHECK_INT(eddy_net_close(fds[0]), 0);
    }

    CASE("when one address cannot be had, none is left open") {
        int fds[MAX];
        need_both_families();
        faults_plan("listen@2=EACCES");
        CHECK_CODE(eddy_net_listen(NULL, 0, fds, MAX), -EACCES);
    }

    CASE("a free port that the second address cannot have is exchanged for another") {
        int fds[MAX];
        need_both_families();
        faults_plan("bind@2=EADDRINUSE");
        CHECK_INT(eddy_net_listen(NULL, 0, fds, MAX), 2);
        CHECK_INT(eddy_net_port(fds[0]), eddy_net_port(fds[1]));
        CHECK_INT(eddy_net_close(fds[0]), 0);
        CHECK_INT(eddy_net_close(fds[1]), 0);
    }

    CASE("accepting gives a descriptor that does not block and sends small answers at once") {
        int listener = listen_here(), client = connect_to(listener), fd, on = 0;
        socklen_t n = sizeof on;
        DID("connected one client; eddy_net_accept()");
        fd = eddy_net_accept(listener);
        CHECK_OK(fd);
        CAUSE("take it with eddy_net_take(), which makes a descriptor like all others of ours");
        CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
        CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
        CHECK(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &n) == 0 && on != 0);
        CHECK_INT(eddy_net_close(fd), 0);
        CHECK_INT(eddy_net_close(client), 0);
        CHECK_INT(eddy_net_close(listener), 0);
    }

    CASE("accepting with no connection waiting is EAGAIN, not a wait") {
        int listener = listen_here();
        DID("no client; eddy_net_accept()");
        WAITING("eddy_net_accept() to return at once");
        CHECK_CODE(eddy_net_accept(listener), -EAGAIN);
        CHECK_INT(eddy_net_close(listener), 0);
    }

    CASE("accepting passes over connections that were given up, and signals") {
        int listener = listen_here(), client = connect_to(listener), fd;
        DID("eddy_net_accept() while accept() fails with ECONNABORTED, EINTR, EPROTO, ENETDOWN, "
            "ENOPROTOOPT, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH");
        CAUSE("these say that one connection is spoilt: the next one may be waiting, ask for it");
        faults_plan("accept@1=ECONNABORTED,accept@2=EINTR,accept@3=EPROTO,accept@4=ENETDOWN,"
                    "accept@5=ENOPROTOOPT,accept@6=EHOSTUNREACH,accept@7=EOPNOTSUPP,"
                    "accept@8=ENETUNREACH");
        fd = eddy_net_accept(listener);
        CHECK_OK(fd);
        CHECK_INT(faults_calls("accept"), 9);
        CHECK_INT(eddy_net_close(fd), 0);
        CHECK_INT(eddy_net_close(client), 0);
        CHECK_INT(eddy_net_close(listener), 0);
    }

    CASE("accepting without a free descriptor is EMFILE, once, and the connection keeps waiting") {
        int listener = listen_here(), client = connect_to(listener), fd;
        DID("eddy_net_accept() while accept() fails with EMFILE");
        CAUSE("trying again at once cannot help: return -EMFILE, the caller knows what to close");
        faults_plan("accept@1=EMFILE");
        CHECK_CODE(eddy_net_accept(listener), -EMFILE);
        fd = eddy_net_accept(listener);
        CHECK_OK(fd);
        CHECK_INT(eddy_net_close(fd), 0);
        CHECK_INT(eddy_net_close(client), 0);
        CHECK_INT(eddy_net_close(listener), 0);
    }

    CASE("what cannot be a listener is an error, however often it is asked") {
        int fd = eddy_net_socket(AF_INET, SOCK_DGRAM);
        DID("eddy_net_accept() on a datagram socket, which says EOPNOTSUPP each time");
        CAUSE("no more connections than the queue holds can be spoilt: after SOMAXCONN tries it is "
              "the listener, and the error goes to the caller");
        WAITING("eddy_net_accept() to give up");
        CHECK_CODE(eddy_net_accept(fd), -EOPNOTSUPP);
        CHECK_INT(eddy_net_close(fd), 0);
    }

    CASE("a connection that cannot be prepared is closed and reported") {
        int listener = listen_here(), client = connect_to(listener), fd;
        DID("eddy_net_accept() while fcntl() fails with EINVAL");
        faults_plan("fcntl@1=EINVAL");
        fd = eddy_net_accept(listener);
        CHECK_CODE(fd < 0 ? fd : 0, faults_injected() > 0 ? -EINVAL : 0);
        faults_plan("");
        if (fd >= 0) /* Linux: it is made so, and there is no second step that could fail */
            CHECK_INT(eddy_net_close(fd), 0);
        CHECK_INT(eddy_net_close(client), 0);
        CHECK_INT(eddy_net_close(listener), 0);
    }

    CASE("a client that has come, sent and closed before it is accepted is still accepted") {
        int listener = listen_here(), client = connect_to(listener), fd;
        char buf[8];
        CHECK(write(client, "hi", 2) == 2);
        CHECK_INT(eddy_net_close(client), 0);
        fd = eddy_net_accept(listener);
        CHECK_OK(fd);
        CHECK_INT(eddy_net_recv(fd, buf, sizeof buf), 2);
        CHECK_INT(eddy_net_recv(fd, buf, sizeof buf), 0);
        CHECK_INT(eddy_net_close(fd), 0);
        CHECK_INT(eddy_net_close(listener), 0);
    }
}

static void expect_ours(int fd)
{
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

static void new_ones(void)
{
    CASE("whatever is made does not block and is not inherited: a socket, a pair, a pipe") {
        int fd = eddy_net_socket(AF_UNIX, SOCK_STREAM), fds[2];
        char text[2];
        expect_ours(fd);
        CHECK_INT(eddy_net_close(fd), 0);
        CHECK_CODE(eddy_net_pair(fds), 0);
        expect_ours(fds[0]);
        expect_ours(fds[1]);
        CHECK_INT(eddy_net_send(fds[0], "a", 1), 1);
        CHECK_INT(eddy_net_send(fds[1], "b", 1), 1);
        CHECK_INT(eddy_net_recv(fds[0], text, 2), 1);
        CHECK_INT(eddy_net_recv(fds[1], text + 1, 1), 1);
        CHECK_BYTES(text, 2, "ba", 2);
        close_both(fds);
        CHECK_CODE(eddy_net_pipe(fds), 0);
        expect_ours(fds[0]);
        expect_ours(fds[1]);
        CHECK(write(fds[1], "c", 1) == 1);
        CHECK(read(fds[0], text, 2) == 1);
        close_both(fds);
    }

    CASE("what cannot be made is an error, and nothing is left open") {
        static const char *const plans[] = {"socket@1=EMFILE", "socketpair@1=EMFILE",
                                            "pipe@1=EMFILE",   "fcntl@1=EINVAL",
                                            "fcntl@3=EINVAL",  "fcntl@4=EINVAL"};
        for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
            int fds[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, failed = 0, made[3];
            DID("made a socket, a pair and a pipe with EDDY_FAULTS=%s", plans[i]);
            faults_plan(plans[i]);
            made[0] = fds[0][0] = eddy_net_socket(AF_UNIX, SOCK_STREAM);
            made[1] = eddy_net_pair(fds[1]);
            made[2] = eddy_net_pipe(fds[2]);
            for (int k = 0; k < 3; k++) {
                failed += made[k] < 0;
                if (made[k] >= 0)
                    CHECK_INT(eddy_net_close(fds[k][0]), 0);
                if (made[k] >= 0 && k > 0)
                    CHECK_INT(eddy_net_close(fds[k][1]), 0);
            }
            CHECK_INT(failed, faults_injected());
            faults_plan("");
        }
    }
}

static void names(void)
{
    CASE("an address is written as people write it") {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(8081)};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
        char text[EDDY_NET_NAME_MAX];
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        v6.sin6_addr = in6addr_loopback;
        CHECK_INT(eddy_net_name((struct sockaddr *)&v4, text, sizeof text), 0);
        CHECK_TEXT(text, "127.0.0.1:8081");
        CHECK_INT(eddy_net_name((struct sockaddr *)&v6, text, sizeof text), 0);
        CHECK_TEXT(text, "[::1]:80");
        v6.sin6_addr.s6_addr[0] = 0xfe;
        v6.sin6_addr.s6_addr[1] = 0x80;
        v6.sin6_scope_id = if_nametoindex("lo");
        CHECK_INT(eddy_net_name((struct sockaddr *)&v6, text, sizeof text), 0);
        CHECK_TEXT(text, v6.sin6_scope_id ? "[fe80::1%lo]:80" : "[fe80::1]:80");
        v6.sin6_scope_id = 4000000000;
        CHECK_INT(eddy_net_name((struct sockaddr *)&v6, text, sizeof text), 0);
        CHECK_TEXT(text, "[fe80::1%4000000000]:80");
        CHECK_CODE(eddy_net_name((struct sockaddr *)&v4, text, 14), -ENOSPC);
        CHECK_INT(eddy_net_name((struct sockaddr *)&v4, text, 15), 0);
    }

    CASE("an address that is neither IPv4 nor IPv6 has no name and no port") {
        struct sockaddr_un local = {.sun_family = AF_UNIX};
        char text[EDDY_NET_NAME_MAX];
        int fds[2];
        make_pair(fds);
        CHECK_CODE(eddy_net_name((struct sockaddr *)&local, text, sizeof text), -EAFNOSUPPORT);
        CHECK_CODE(eddy_net_peer_name(fds[0], text, sizeof text), -EAFNOSUPPORT);
        CHECK_CODE(eddy_net_port(fds[0]), -EAFNOSUPPORT);
        close_both(fds);
    }

    CASE("the peer's name is where it connected from") {
        int listener = listen_here(), client = connect_to(listener), fd = eddy_net_accept(listener);
        char text[EDDY_NET_NAME_MAX], want[EDDY_NET_NAME_MAX];
        snprintf(want, sizeof want, "127.0.0.1:%d", eddy_net_port(client));
        CHECK_INT(eddy_net_peer_name(fd, text, sizeof text), 0);
        CHECK_TEXT(text, want);
        CHECK_INT(eddy_net_close(fd), 0);
        CHECK_INT(eddy_net_close(client), 0);
        CHECK_INT(eddy_net_close(listener), 0);
    }
}

TESTS
{
    parse_ports();
    prepare_and_close();
    receive();
    send_bytes();
    listen_and_accept();
    new_ones();
    names();
}
