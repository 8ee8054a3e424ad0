#include "conformance.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { CROWD = 200, WAITING_TOGETHER = 20, VISITS = 500, VISITS_AT_ONCE = WAITING_TOGETHER };

static void put_all_values(unsigned char bytes[256])
{
    for (int i = 0; i < 256; i++)
        bytes[i] = (unsigned char)(i * 77 + 5); /* an odd factor: each value once, and mixed */
}

static void any_bytes(void)
{
    CASE("every byte comes back unchanged, NUL and all other values too") {
        int port = server_start(), fd = client_connect(port);
        unsigned char bytes[256];
        put_all_values(bytes);
        DID("printf 'a\\0b\\n' | nc localhost PORT | od -c");
        CAUSE("bytes from a socket are not a C string: recv() says how many there are, and "
              "strlen() stops at the first NUL");
        client_send(fd, "a\0b\n", 4);
        client_expect(fd, "a\0b\n", 4);
        DID("sent all 256 values of a byte, in one send()");
        CAUSE("each byte goes back as it came: nothing is added, cut, or turned into text");
        client_send(fd, bytes, sizeof bytes);
        client_expect(fd, bytes, sizeof bytes);
        client_close(fd);
        server_stop();
    }
}

static void single_bytes(void)
{
    CASE("bytes that come one at a time go back one at a time") {
        int port = server_start(), fd = client_connect(port), on = 1;
        unsigned char bytes[256];
        put_all_values(bytes);
        DID("sent one byte, waited for it to come back, and so on: no line, no end of line");
        CAUSE("an echo waits for no end of line and for no full buffer: what recv() gave goes "
              "back at once");
        for (size_t i = 0; i < sizeof bytes; i++) {
            client_send(fd, bytes + i, 1);
            client_expect(fd, bytes + i, 1);
        }
        DID("sent the bytes one by one without waiting, then read them all");
        CAUSE("several sends may arrive in one recv(): all that it gave goes back, in order");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        for (size_t i = 0; i < sizeof bytes; i++)
            client_send(fd, bytes + i, 1);
        client_expect(fd, bytes, sizeof bytes);
        client_close(fd);
        server_stop();
    }
}

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

/* As many as a buffer may hold: one that two clients share holds these now. */
static void serve_other_bytes(int port)
{
    char bytes[65536];
    int fd = client_connect(port);

    memset(bytes, '#', sizeof bytes);
    client_send(fd, bytes, sizeof bytes);
    client_expect(fd, bytes, sizeof bytes);
    client_close(fd);
}

static void slow_reader(void)
{
    CASE("a long message comes back whole when its sender reads late, and others do not wait") {
        struct stream stream;
        int port = server_start();
        stream_open(&stream, port, long_message);
        DID("seq -f %%08.0f 0 %zu | nc localhost PORT, reading begun when no more was taken",
            long_message / 9);
        stream_stall(&stream);
        CAUSE("send() waits for a client that does not read, and all others wait with it: let "
              "it not block, and go on with the others");
        serve_other_bytes(port);
        CAUSE("send() may take fewer bytes than it was given: keep the rest, and send it when "
              "the socket is writable");
        stream_read_rest(&stream);
        CAUSE("the message has come back whole, and more after it: a part was sent twice");
        expect_echo(stream.fd, "the end\n");
        client_close(stream.fd);
        stream_free(&stream);
        server_stop();
    }
}

static void half_close(void)
{
    CASE("a client that ends its sending still gets the rest, then the end") {
        struct stream stream;
        int port = server_start();
        stream_open(&stream, port, long_message);
        DID("seq -f %%08.0f 0 %zu | nc -N localhost PORT, its end sent before most came back",
            long_message / 9);
        stream_stall(&stream);
        stream_send_rest(&stream);
        client_shutdown(stream.fd);
        CAUSE("recv() has said 0: the client sends no more, but it reads still. Send what the "
              "buffer holds, and close only then");
        stream_read_rest(&stream);
        CAUSE("recv() has said 0 and all is sent: now close, so that the client sees the end");
        client_expect_eof(stream.fd);
        client_close(stream.fd);
        stream_free(&stream);
        server_stop();
    }

    CASE("a client that sends nothing but the end gets the end") {
        int port = server_start(), fd = client_connect(port);
        DID("nc -N localhost PORT </dev/null");
        CAUSE("recv() says 0 when the client will send no more: with nothing left to send to it, "
              "close");
        client_shutdown(fd);
        client_expect_eof(fd);
        client_close(fd);
        expect_served(port);
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
    any_bytes();
    single_bytes();
    silence();
    slow_reader();
    half_close();
    crowd();
    resets();
    queue();
    short_visits();
}
