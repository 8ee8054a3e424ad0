#include "conformance.h"

#include "errors.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LONG_MESSAGE = 10000000,
    PIECE = 65536,
    /* Without room for so long, a client counts as stalled. If it is too short on a slow machine,
     * less is in flight: the case is weaker then, but not wrong. */
    STALL_MS = 100
};

struct program server;
size_t long_message = LONG_MESSAGE;

static char **command;
static const char *only;
static bool any_wanted;

/* ---- The server -------------------------------------------------------------------------------- */

int server_start(void)
{
    DID("%s%s%s", command[0], command[1] ? " " : "", command[1] ? command[1] : "");
    CAUSE("a server listens, and then prints its port in a line of its own, which does not stay "
          "in stdout's buffer");
    program_start(&server, command);
    CAUSE("%s", "");
    return server.port;
}

void server_stop(void)
{
    CAUSE("after Ctrl-C: end the loop, close each client and the listener, free what they had, "
          "return 0 from main(). Whatever is left then, a client that had gone left behind");
    program_stop(&server);
}

void server_freeze(void)
{
    siginfo_t info = {0};

    WAITING("the server to stand still after SIGSTOP");
    kill(server.pid, SIGSTOP);
    /* WNOWAIT: one that has died is left for the harness to tell of. */
    waitid(P_PID, (id_t)server.pid, &info, WSTOPPED | WEXITED | WNOWAIT);
    if (info.si_code != CLD_STOPPED)
        FAIL("a running server", "it has ended");
    WAITING("%s", "");
}

void server_thaw(void)
{
    kill(server.pid, SIGCONT);
}

void expect_echo(int fd, const char *text)
{
    client_send_text(fd, text);
    client_expect_text(fd, text);
}

void expect_served(int port)
{
    int fd = client_connect(port);

    expect_echo(fd, "who is served?\n");
    client_close(fd);
}

/* ---- A long message ---------------------------------------------------------------------------- */

/* As `seq -f %08.0f 0 99999999` prints them. Nine bytes a line: the pattern shares no period with
 * buffers, whose sizes are powers of two. */
static void put_numbered_lines(char *text, size_t n)
{
    char line[] = "00000000\n";
    const size_t width = sizeof line - 1;

    for (size_t at = 0; at < n; at += width) {
        memcpy(text + at, line, n - at < width ? n - at : width);
        for (size_t digit = width - 1; digit-- > 0 && ++line[digit] > '9';)
            line[digit] = '0';
    }
}

void set_blocking(int fd, bool blocking)
{
    int flags = fcntl(fd, F_GETFL);

    fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

void stream_open(struct stream *stream, int port, size_t total)
{
    int small = PIECE, several = 4 * PIECE;

    *stream = (struct stream){.total = total, .text = malloc(total), .back = malloc(total)};
    if (!stream->text || !stream->back)
        FAIL("memory for two long messages", "none");
    put_numbered_lines(stream->text, total);
    stream->fd = client_connect(port);
    /* Big buffers on this side would read ahead for a client that shall not read, and take a good
     * part of a long message before the server has to. One for sending that holds only a segment
     * or two (they have 64 KB here) would wait for acknowledgements instead. */
    setsockopt(stream->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(stream->fd, SOL_SOCKET, SO_SNDBUF, &several, sizeof several);
}

static short ready(const struct stream *stream, short events, int ms)
{
    struct pollfd want = {.fd = stream->fd, .events = events};

    while (poll(&want, 1, ms) < 0 && errno == EINTR)
        ;
    return want.revents;
}

static void send_piece(struct stream *stream)
{
    size_t left = stream->total - stream->sent;
    const char *at = stream->text + stream->sent;
    ssize_t n = send(stream->fd, at, left < PIECE ? left : PIECE, MSG_NOSIGNAL);

    if (n >= 0) {
        stream->sent += (size_t)n;
    } else if (errno != EAGAIN && errno != EINTR) {
        CAUSE("the server closed the connection, though the client lives: no room for sending "
              "(EAGAIN) is not the end of a client, try again when the socket is writable");
        FAIL("the server to take what is sent", "%s after %zu of %zu bytes", eddy_errname(-errno),
             stream->sent, stream->total);
    }
}

static void read_piece(struct stream *stream)
{
    char *at = stream->back + stream->received;
    ssize_t n = recv(stream->fd, at, stream->total - stream->received, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        FAIL("every byte back", "%zu of %zu bytes, then %s", stream->received, stream->total,
             n < 0 ? eddy_errname(-errno) : "the end of the stream");
    stream->received += (size_t)n;
    /* At once: where bytes are missing in the middle, the last ones would be waited for in vain. */
    if (memcmp(at, stream->text + stream->received - n, (size_t)n) == 0)
        return;
    CAUSE("send() may take fewer bytes than it was given: keep the rest, and only that, and send "
          "it when the socket is writable. Each client needs a buffer of its own for it");
    check_bytes(__FILE__, __LINE__, "the bytes that come back", stream->back, stream->received,
                stream->text, stream->received);
}

void stream_stall(struct stream *stream)
{
    set_blocking(stream->fd, false);
    while (stream->sent < stream->total && ready(stream, POLLOUT, STALL_MS))
        send_piece(stream);
    set_blocking(stream->fd, true);
}

void stream_read_some(struct stream *stream)
{
    set_blocking(stream->fd, false);
    while (stream->received < stream->sent && ready(stream, POLLIN, STALL_MS))
        read_piece(stream);
    set_blocking(stream->fd, true);
}

void stream_read_rest(struct stream *stream)
{
    short can;

    set_blocking(stream->fd, false);
    while (stream->received < stream->total) {
        can = ready(stream, stream->sent < stream->total ? POLLIN | POLLOUT : POLLIN,
                    client_patience() * 1000);
        if (!can)
            FAIL("every byte back", "%zu of %zu bytes, then none for %d s", stream->received,
                 stream->total, client_patience());
        if (can & POLLOUT)
            send_piece(stream);
        if (can & ~POLLOUT)
            read_piece(stream);
    }
    set_blocking(stream->fd, true);
}

void stream_free(struct stream *stream)
{
    free(stream->text);
    free(stream->back);
}

/* ---- The command line -------------------------------------------------------------------------- */

bool wanted(const char *sentence)
{
    bool is = !only || strstr(sentence, only);

    any_wanted |= is;
    return is;
}

static void print_usage(FILE *out, const char *self)
{
    fprintf(out,
            "usage: %s [--only WORD] PROGRAM [ARG...]\n"
            "\n"
            "Starts PROGRAM ARG..., an echo server that prints \"... port NUMBER\", once for each\n"
            "case, and checks what its clients see. Prints TAP; status 1 when a case fails.\n"
            "\n"
            "  --only WORD  just the cases whose sentence contains WORD\n"
            "  --help       print this\n"
            "\n"
            "  EDDY_CONFORMANCE_BYTES  how long a long message is, from 1000 on; 10000000 unless\n"
            "                          set. A shorter one may fit into the kernel's buffers, and\n"
            "                          then proves less.\n"
            "\n"
            "The server inherits the environment. With one-byte faults a long message costs two\n"
            "system calls a byte, so:\n"
            "    EDDY_CONFORMANCE_BYTES=200000 EDDY_FAULTS='recv%%1,send%%1' \\\n"
            "        %s build/tested/01-select-echo/echo 0\n",
            self, self);
}

static _Noreturn void refuse(const char *why, const char *what)
{
    fprintf(stderr, "conformance: %s '%s'; try --help\n", why, what);
    exit(2);
}

static void read_size(const char *bytes)
{
    bool number = strspn(bytes, "0123456789") == strlen(bytes) && strlen(bytes) <= 9;

    long_message = number ? strtoul(bytes, NULL, 10) : 0;
    if (long_message < 1000)
        refuse("EDDY_CONFORMANCE_BYTES is not a number from 1000 to 999999999:", bytes);
}

static void read_options(char *argv[])
{
    const char *self = argv[0], *bytes = getenv("EDDY_CONFORMANCE_BYTES");

    for (argv++; *argv && **argv == '-'; argv++) {
        if (strcmp(*argv, "--help") == 0) {
            print_usage(stdout, self);
            exit(0);
        }
        if (strcmp(*argv, "--only") != 0 || !argv[1])
            refuse("cannot do anything with", *argv);
        only = *++argv;
    }
    if (!*argv) {
        print_usage(stderr, self);
        exit(2);
    }
    command = argv;
    if (bytes)
        read_size(bytes);
}

int main(int argc, char *argv[])
{
    read_options(argv);
    check_start(argc, argv);
    /* Well above PROGRAM_PATIENCE, which finds what hangs: only a slow machine comes near it. */
    check_limit(60);
    byte_cases();
    client_cases();
    process_cases();
    if (!any_wanted)
        refuse("no case has in its sentence the word", only);
    return check_end();
}
