/* Bytes that go whole through a socket, or are known not to have. */
#include "check.h"

#include "errors.h"
#include "faults.h"
#include "net.h"
#include "net_new.h"
#include "parcel.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MANY = 3 << 20 }; /* more than a socket has room for */

static int fds[2];

static void open_sockets(void)
{
    CHECK_CODE(eddy_net_pair(fds), 0);
}

static void close_sockets(void)
{
    for (int i = 0; i < 2; i++)
        eddy_net_close(fds[i]);
}

/* The other side, in a thread of its own. */
struct sender {
    const void *head, *body;
    size_t head_size, body_size;
    int err;
    pthread_t thread;
};

static void *send_parcel(void *argument)
{
    struct sender *self = argument;

    self->err = eddy_parcel_send(fds[0], self->head, self->head_size, self->body, self->body_size);
    return NULL;
}

static void start_sender(struct sender *self, const void *body, size_t n)
{
    *self = (struct sender){.head = "head", .head_size = 4, .body = body, .body_size = n};
    CHECK_INT(pthread_create(&self->thread, NULL, send_parcel, self), 0);
}

static int result_of(struct sender *self)
{
    WAITING("the one that sends");
    CHECK_INT(pthread_join(self->thread, NULL), 0);
    return self->err;
}

static char *pattern(size_t n)
{
    char *bytes = malloc(n > 0 ? n : 1);

    CHECK(bytes != NULL);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    return bytes;
}

static void carry(size_t n)
{
    char *body = pattern(n), *got = malloc(n + 1), head[4];
    struct sender sender;

    DID("sent a head and a body of %zu bytes", n);
    start_sender(&sender, body, n);
    CHECK_CODE(eddy_parcel_recv(fds[1], head, 4), 0);
    CHECK_CODE(eddy_parcel_recv(fds[1], got, n), 0);
    CHECK_CODE(result_of(&sender), 0);
    CHECK_BYTES(head, 4, "head", 4);
    CHECK(memcmp(got, body, n) == 0);
    free(body);
    free(got);
}

static void *end_after_a_byte(void *unused)
{
    char byte;

    (void)unused;
    if (eddy_parcel_recv(fds[1], &byte, 1) == 0)
        eddy_net_close(fds[1]);
    return NULL;
}

TESTS
{
    CASE("a head and a body arrive whole, whatever their size") {
        static const size_t sizes[] = {0, 1, 507, 508, 509, 4096, 65536, MANY};
        open_sockets();
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            carry(sizes[i]);
        close_sockets();
    }

    CASE("a short body goes with its head, in one call; a longer one is not copied") {
        char body[1024] = "";
        open_sockets();
        faults_plan("");
        CHECK_CODE(eddy_parcel_send(fds[0], "head", 4, body, 508), 0);
        CHECK_INT(faults_calls("send"), 1);
        CHECK_CODE(eddy_parcel_send(fds[0], "head", 4, NULL, 0), 0);
        CHECK_INT(faults_calls("send"), 2);
        CHECK_CODE(eddy_parcel_send(fds[0], "head", 4, body, 509), 0);
        CHECK_INT(faults_calls("send"), 4);
        close_sockets();
    }

    CASE("a kernel that moves one byte at a time, is interrupted and says EAGAIN changes nothing") {
        open_sockets();
        faults_plan("recv%1,send%1,recv@2=EAGAIN,recv@4=EINTR,send@2=EAGAIN,send@5=EINTR,"
                    "poll@1=EINTR,poll@3=EINTR,poll@6=EINTR");
        carry(300);
        carry(700);
        CHECK(faults_injected() > 1000);
        close_sockets();
    }

    CASE("what ends in the middle is ECLOSED, and not a part of a parcel") {
        char bytes[8];
        open_sockets();
        CHECK_CODE(eddy_parcel_send(fds[0], "four", 4, NULL, 0), 0);
        eddy_net_close(fds[0]);
        CHECK_CODE(eddy_parcel_recv(fds[1], bytes, 8), EDDY_ECLOSED);
        CHECK_CODE(eddy_parcel_recv(fds[1], bytes, 1), EDDY_ECLOSED);
        CHECK_CODE(eddy_parcel_recv(fds[1], bytes, 0), 0);
        eddy_net_close(fds[1]);
    }

    CASE("to send to one that has gone is ECLOSED, and no signal") {
        open_sockets();
        eddy_net_close(fds[1]);
        CHECK_CODE(eddy_parcel_send(fds[0], "head", 4, "body", 4), EDDY_ECLOSED);
        eddy_net_close(fds[0]);
    }

    CASE("who waits for room is told when the other one goes, with bytes that were not read") {
        char *body = pattern(MANY);
        struct sender sender;
        pthread_t other;
        open_sockets();
        start_sender(&sender, body, MANY);
        CHECK_INT(pthread_create(&other, NULL, end_after_a_byte, NULL), 0);
        CHECK_CODE(result_of(&sender), EDDY_ECLOSED);
        CHECK_INT(pthread_join(other, NULL), 0);
        eddy_net_close(fds[0]);
        free(body);
    }

    CASE("who waits for room while the other one speaks out of turn is told EPROTO") {
        char *body = pattern(MANY);
        open_sockets();
        CHECK_INT(send(fds[1], "!", 1, 0), 1);
        CHECK_CODE(eddy_parcel_send(fds[0], "head", 4, body, MANY), -EPROTO);
        close_sockets();
        free(body);
    }

    CASE("what is skipped is as many bytes as were said, and no more") {
        static const size_t sizes[] = {0, 1, 4095, 4096, 4097, MANY};
        char *body = pattern(MANY), head[4];
        open_sockets();
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct sender sender;
            start_sender(&sender, body, sizes[i]);
            CHECK_CODE(eddy_parcel_recv(fds[1], head, 4), 0);
            CHECK_CODE(eddy_parcel_skip(fds[1], sizes[i]), 0);
            CHECK_CODE(result_of(&sender), 0);
            CHECK_CODE(eddy_parcel_send(fds[0], "next", 4, NULL, 0), 0);
            CHECK_CODE(eddy_parcel_recv(fds[1], head, 4), 0);
            CHECK_BYTES(head, 4, "next", 4);
        }
        eddy_net_close(fds[0]);
        CHECK_CODE(eddy_parcel_skip(fds[1], 1), EDDY_ECLOSED);
        eddy_net_close(fds[1]);
        free(body);
    }

    CASE("a reset is an end; another error is that error") {
        static const struct {
            const char *plan;
            int err;
        } faults[] = {{"recv@1=ECONNRESET", EDDY_ECLOSED},
                      {"recv@1=ENOMEM", -ENOMEM},
                      {"poll@1=ENOMEM", -ENOMEM}};
        char byte;
        open_sockets();
        CHECK_INT(send(fds[0], "abc", 3, 0), 3);
        for (int i = 0; i < 3; i++) {
            faults_plan(faults[i].plan);
            CHECK_CODE(eddy_parcel_recv(fds[1], &byte, 1), faults[i].err);
        }
        faults_plan("send@1=ECONNRESET,send@2=EPIPE,send@3=ENOBUFS");
        CHECK_CODE(eddy_parcel_send(fds[0], "a", 1, NULL, 0), EDDY_ECLOSED);
        CHECK_CODE(eddy_parcel_send(fds[0], "a", 1, NULL, 0), EDDY_ECLOSED);
        CHECK_CODE(eddy_parcel_send(fds[0], "a", 1, NULL, 0), -ENOBUFS);
        close_sockets();
    }
}
