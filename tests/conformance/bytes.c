#include "conformance.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { ROUNDS = 50 };

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

/* Ends its sending, after `n` bytes or as many as are taken, before it reads. */
static void end_before_reading(int port, size_t n)
{
    struct stream stream;

    DID("seq -f %%08.0f 0 %zu | nc -N localhost PORT, with the end sent before any was read",
        n / 9);
    stream_open(&stream, port, n);
    stream_stall(&stream);
    CAUSE("recv() says 0: the client sends no more, but it reads still. Send what the buffer "
          "holds, and close only then");
    stream.total = stream.sent;
    client_shutdown(stream.fd);
    /* Each takes the server round its loop, so that it finds the end before there is room. */
    for (int i = 0; i < ROUNDS; i++)
        expect_served(port);
    stream_read_rest(&stream);
    CAUSE("recv() has said 0, and all is sent: now close, so that the client sees the end");
    client_expect_eof(stream.fd);
    client_close(stream.fd);
    stream_free(&stream);
}

/* How much the kernel keeps on the way from the server to a client that does not read. 0 when a
 * long message is too short to fill it. */
static size_t measure_way_back(int port)
{
    struct stream stream;
    size_t n = 0;

    stream_open(&stream, port, long_message);
    stream_stall(&stream);
    if (stream.sent < stream.total) {
        server_freeze();
        stream_read_some(&stream);
        server_thaw();
        n = stream.received;
    }
    stream_read_rest(&stream);
    client_close(stream.fd);
    stream_free(&stream);
    return n;
}

static void half_close(void)
{
    CASE("a client that ends its sending still gets the rest, then the end") {
        /* What the server must keep when the end comes: little and much, as its buffer may be
         * small or big, and in small steps, as the way back does not always take the same. */
        static const size_t rests[] = {2000,  5000,  8000,  8000,   11000,  14000, 17000,
                                       20000, 30000, 60000, 120000, 250000, 400000};
        int port = server_start();
        size_t way;
        end_before_reading(port, long_message);
        way = measure_way_back(port);
        for (size_t i = 0; way > 0 && i < sizeof rests / sizeof rests[0]; i++)
            end_before_reading(port, way + rests[i]);
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

void byte_cases(void)
{
    any_bytes();
    single_bytes();
    slow_reader();
    half_close();
}
