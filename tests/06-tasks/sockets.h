/*
 * sockets - what the tests of sockio begin with: a loop on a real selector, two pairs of connected
 * sockets, and coroutines that receive and send. Each case runs on every selector of this build.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include "faults.h"
#include "net.h"
#include "sockio.h"
#include "tasks.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *which; /* the selector that is tested */

#define EACH(sentence) CASE(on_each(sentence))

static inline const char *on_each(const char *sentence)
{
    static char text[256];

    snprintf(text, sizeof text, "%s [%s]", sentence, which);
    return text;
}

static int pair[2], pair2[2];

static inline void connected(int fds[2])
{
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK_OK(eddy_net_prepare(fds[0]));
    CHECK_OK(eddy_net_prepare(fds[1]));
}

static inline void set_up_real(void)
{
    struct eddy_loop_options options = {.selector = which};

    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, &options));
    loop.slow_callback_duration = 1000; /* however busy the machine is */
    connected(pair);
    connected(pair2);
}

static inline void close_pairs(void)
{
    for (int i = 0; i < 2; i++) {
        close(pair[i]);
        close(pair2[i]);
    }
}

static inline void tear_down_real(void)
{
    CHECK_INT(loop.watches.count, 0); /* nobody waits */
    tear_down();
    close_pairs();
}

/* `fd` is closed through the loop, and its number is another's at once: a copy of `other`. */
static inline void give_number_away(int fd, int other)
{
    CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
    CHECK_INT(fcntl(other, F_DUPFD, fd), fd);
}

static inline void complete(struct eddy_task *task, int err)
{
    WAITING("a task to end");
    CHECK_CODE(eddy_loop_run_until_complete(&loop, &task->future), err);
}

static inline void say(int fd, const char *text)
{
    CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

/* Receives until the end, `total` bytes have come, or an error; a piece of at most `most` at a time. */
struct receiver {
    struct eddy_co co;
    struct eddy_io io;
    int fd;
    char *to;
    size_t most, total, n;
};

static inline struct eddy_step receiver(struct eddy_co *co)
{
    struct receiver *self = CO_FRAME(co, receiver);

    CO_BEGIN(co);
    while (self->n < self->total) {
        CO_AWAIT(
            co, eddy_recv(&self->io, eddy_co_loop(co), self->fd, self->to + self->n,
                          self->most < self->total - self->n ? self->most : self->total - self->n));
        if (self->io.n == 0)
            break;
        self->n += (size_t)self->io.n;
    }
    CO_END(co);
}

/* Sends `total` bytes, a piece of `most` at a time. */
struct sender {
    struct eddy_co co;
    struct eddy_io io;
    int fd;
    const char *from;
    size_t most, total, n;
};

static inline struct eddy_step sender(struct eddy_co *co)
{
    struct sender *self = CO_FRAME(co, sender);

    CO_BEGIN(co);
    while (self->n < self->total) {
        CO_AWAIT(co, eddy_sendall(&self->io, eddy_co_loop(co), self->fd, self->from + self->n,
                                  self->most < self->total - self->n ? self->most
                                                                     : self->total - self->n));
        CHECK(self->io.n > 0);
        self->n += (size_t)self->io.n;
    }
    CO_END(co);
}

/* Receives once, into a room of its own. */
struct listener {
    struct eddy_co co;
    const char *name;
    struct eddy_io io;
    int fd;
    char text[32];
};

static inline struct eddy_step listener(struct eddy_co *co)
{
    struct listener *self = CO_FRAME(co, listener);

    CO_BEGIN(co);
    CO_TRY_AWAIT(
        co, eddy_recv(&self->io, eddy_co_loop(co), self->fd, self->text, sizeof self->text - 1));
    if (eddy_co_error(co) == 0)
        self->text[self->io.n] = '\0';
    note("%s=%s", self->name, eddy_co_error(co) ? eddy_errname(eddy_co_error(co)) : self->text);
    CO_END(co);
}

static inline const char *pattern(size_t n)
{
    static char bytes[3000000];

    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    return bytes;
}

#endif
