#include "conformance.h"

#include <sys/socket.h>

enum { CROWD = 200, WAITING_TOGETHER = 20, VISITS = 500, VISITS_AT_ONCE = WAITING_TOGETHER };

static void silence(void)
{
    CASE("a silent client delays nobody, nor does one that sent half a line") {
        int port = server_start(), silent = client_connect(port), half, other;
        DID("nc localhost PORT and typed nothing; then, in another terminal, the same and a line");
        CAUSE("recv() or accept() that waits for one client keeps all others waiting: call it "
              "only when there is something, and let it not block");
        half = client_connect(port);
        expect_echo(half, "half a li");
        other = client_connect(port);
        expect_echo(other, "a whole line\n");
        expect_echo(half, "ne\n");
        expect_echo(silent, "at last\n");
        client_close(other);
        client_close(half);
        client_close(silent);
        server_stop();
    }
}

static void put_name(char text[64], int client)
{
    snprintf(text, 64, "this is client %d of %d\n", client, CROWD);
}

static void crowd(void)
{
    CASE("two hundred clients at once each get their own bytes back") {
        int port = server_start(), fds[CROWD];
        char text[64];
        DID("connected %d clients; each sent a line of its own; read them in another order", CROWD);
        CAUSE("a buffer that two clients share mixes their bytes: each has its own. A table of "
              "clients may be too small");
        for (int i = 0; i < CROWD; i++)
            fds[i] = client_connect(port);
        /* 77 and 123 have no factor in common with 200: each client has its turn once. */
        for (int i = 0; i < CROWD; i++) {
            put_name(text, i * 77 % CROWD);
            client_send_text(fds[i * 77 % CROWD], text);
        }
        for (int i = 0; i < CROWD; i++) {
            put_name(text, i * 123 % CROWD);
            client_expect_text(fds[i * 123 % CROWD], text);
        }
        CAUSE("half of the clients have left: what is closed or freed must be theirs alone");
        for (int i = 0; i < CROWD; i += 2)
            client_close(fds[i]);
        for (int i = 1; i < CROWD; i += 2) {
            expect_echo(fds[i], "still there\n");
            client_close(fds[i]);
        }
        server_stop();
    }
}

static void resets(void)
{
    CASE("a reset in the middle of traffic ends that client only") {
        int port = server_start(), stays = client_connect(port), goes;
        DID("sent a line and reset the connection (SO_LINGER 0), while another client talked");
        CAUSE("recv() or send() that fails with ECONNRESET or EPIPE is the end of that client, "
              "not of the server");
        for (int i = 0; i < 20; i++) {
            goes = client_connect(port);
            client_send_text(goes, "a line whose echo nobody will read\n");
            if (i % 2)
                client_expect_text(goes, "a line whose");
            client_reset(goes);
            expect_echo(stays, "here I am\n");
        }
        client_close(stays);
        server_stop();
    }

    CASE("a reset while the server has much to send ends that client only") {
        struct stream stream;
        int port = server_start(), stays = client_connect(port);
        DID("sent without reading until the server took no more, then reset the connection");
        stream_open(&stream, port, long_message);
        stream_stall(&stream);
        CAUSE("send() fails with ECONNRESET or EPIPE: close this client, free its buffer, go on");
        client_reset(stream.fd);
        stream_free(&stream);
        expect_echo(stays, "here I am\n");
        expect_served(port);
        client_close(stays);
        server_stop();
    }
}

static void queue(void)
{
    CASE("connections that wait together are all accepted") {
        int port = server_start(), fds[WAITING_TOGETHER];
        DID("kill -STOP the server, connected %d clients, kill -CONT", WAITING_TOGETHER);
        CAUSE("the kernel queues as many as listen()'s second argument says: SOMAXCONN");
        expect_served(port);
        server_freeze();
        for (int i = 0; i < WAITING_TOGETHER; i++)
            fds[i] = client_connect(port);
        server_thaw();
        CAUSE("one event may stand for many connections: accept() until it says EAGAIN");
        for (int i = WAITING_TOGETHER - 1; i >= 0; i--)
            expect_echo(fds[i], "my turn?\n");
        for (int i = 0; i < WAITING_TOGETHER; i++)
            client_close(fds[i]);
        server_stop();
    }
}

/* The server finds bytes and the end together. Its first answer is met by a reset, so that the
 * next one fails with EPIPE. */
static void leave_before_the_answer(int port, size_t n)
{
    static const char bytes[200000];
    int fd = client_connect(port);

    set_blocking(fd, false); /* a server that stands still may leave no room for all */
    send(fd, bytes, n, MSG_NOSIGNAL);
    client_close(fd);
}

static void short_visits(void)
{
    CASE("five hundred clients that leave as soon as they have come cost nothing") {
        int port = server_start();
        DID("nc -z localhost PORT, %d times, then stopped the server", VISITS);
        CAUSE("a client may have gone before it is looked at: accept() and recv() still tell "
              "the truth, and recv() says 0");
        for (int i = 1; i <= VISITS; i++) {
            client_close(client_connect(port));
            /* Who is served came last in the queue: it is empty now, and never overflows. */
            if (i % VISITS_AT_ONCE == 0)
                expect_served(port);
        }
        CAUSE("recv() says 0 on such a client: close its descriptor, and free what it had");
        program_stop(&server);
    }

    CASE("clients that send and leave without reading end nobody else") {
        static const size_t sizes[] = {1, 5000, 66000, 90000, 130000, 200000};
        int port = server_start(), stays = client_connect(port);
        DID("head -c 200000 /dev/zero | nc localhost PORT, ended with Ctrl-C at once");
        CAUSE("send() to a client that has gone raises SIGPIPE, which ends the server: pass "
              "MSG_NOSIGNAL, and take EPIPE as the end of that client");
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            expect_echo(stays, "before\n");
            server_freeze();
            leave_before_the_answer(port, sizes[i]);
            server_thaw();
            leave_before_the_answer(port, sizes[i]);
            expect_echo(stays, "after\n");
        }
        expect_served(port);
        client_close(stays);
        server_stop();
    }
}

void client_cases(void)
{
    silence();
    crowd();
    resets();
    queue();
    short_visits();
}
