#include "check.h"
#include "program.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

static char path[] = PROGRAM, port[] = "0";
static char *const command[] = {path, port, NULL};

/* Starts the server under a kernel that behaves as `faults` says. Returns a client of it. */
static int start(struct program *program, const char *faults)
{
    setenv("EDDY_FAULTS", faults, 1);
    program_start(program, command);
    unsetenv("EDDY_FAULTS");
    return client_connect(program->port);
}

static void fill(char *text, size_t n, char first)
{
    for (size_t i = 0; i < n; i++)
        text[i] = (char)(first + (char)(i % 26));
}

/* Sends without reading, until nothing more goes for a while: then the server has to wait. */
static void stuff(int fd)
{
    static char text[65536];
    struct pollfd room = {.fd = fd, .events = POLLOUT};

    fill(text, sizeof text, 'a');
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    while (poll(&room, 1, 100) > 0 && send(fd, text, sizeof text, MSG_NOSIGNAL) > 0)
        ;
}

TESTS
{
    struct program program;

    check_limit(20);

    CASE("short lines come back in capitals") {
        int fd = start(&program, "");
        DID("printf 'hello\\n' | nc localhost %d", program.port);
        client_send_text(fd, "hello\n");
        client_expect_text(fd, "HELLO\n");
        client_close(fd);
        program_stop(&program);
    }

    CASE("a long answer arrives whole, though each send() takes only a part of it") {
        char question[3000], expected[3000];
        int fd = start(&program, "send%100");
        DID("sent 3000 letters; the kernel takes 100 bytes a send() (EDDY_FAULTS=send%%100)");
        CAUSE("send() may take less than it was given, and says how much. Look at what it returns");
        fill(question, sizeof question, 'a');
        fill(expected, sizeof expected, 'A');
        client_send(fd, question, sizeof question);
        client_shutdown(fd);
        client_expect(fd, expected, sizeof expected);
        client_close(fd);
        program_stop(&program);
    }

    CASE("an answer that finds no room at first arrives later") {
        int fd = start(&program, "send@1=EAGAIN");
        DID("sent 'hello'; at the first send() there is no room (EDDY_FAULTS=send@1=EAGAIN)");
        CAUSE("-EAGAIN means \"nothing went out\": keep the answer, and return 0 to try later");
        client_send_text(fd, "hello");
        client_expect_text(fd, "HELLO");
        client_close(fd);
        program_stop(&program);
    }

    CASE("an answer that stops in the middle goes on where it stopped") {
        int fd = start(&program, "send%4,send@2=EAGAIN");
        DID("sent 'hello world'; the kernel takes 4 bytes, then none, then 4 more at a time");
        CAUSE("what was sent must not be sent again: move client->start by what send() returned");
        client_send_text(fd, "hello world");
        client_expect_text(fd, "HELLO WORLD");
        DID("sent a second question, 'again', to the same client");
        CAUSE("when all is sent, start and end must be 0, or this client is not read from again");
        client_send_text(fd, "again");
        client_expect_text(fd, "AGAIN");
        client_close(fd);
        program_stop(&program);
    }

    CASE("a client that takes nothing keeps nobody else waiting") {
        int slow = start(&program, ""), fd;
        DID("yes | nc localhost %d, whose answers nobody reads; and beside it another client",
            program.port);
        CAUSE("on -EAGAIN return: who waits for one client in a loop makes all the others wait");
        stuff(slow);
        fd = client_connect(program.port);
        client_send_text(fd, "hello");
        client_expect_text(fd, "HELLO");
        client_close(fd);
        client_close(slow);
        program_stop(&program);
    }

    CASE("a client that goes away in the middle takes nobody with it") {
        int fd = start(&program, "send%4,send@2=EPIPE"), other;
        DID("sent 'hello world'; after 4 bytes of the answer the client is gone (EPIPE)");
        CAUSE("an error other than -EAGAIN must end this client: return it");
        client_send_text(fd, "hello world");
        client_expect_text(fd, "HELL");
        client_expect_eof(fd);
        client_close(fd);
        other = client_connect(program.port);
        client_send_text(other, "x");
        client_expect_text(other, "X");
        client_close(other);
        program_stop(&program);
    }
}
