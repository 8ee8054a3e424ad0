/*
 * heard - what the tests of transport begin with: a loop on a real selector, a socket pair whose one side
 * is the transport's, and a protocol that leaves in the trace what it is told:
 *
 *     made  data:TEXT  eof  pause  resume  lost:OK
 *
 * At each of these it does what the case has said (struct heard), and the rules that hold for every
 * connection are checked: made is first, and once; lost is last, and once; pause and resume alternate.
 */
#ifndef HEARD_H
#define HEARD_H

#include "../06-tasks/sockets.h"

#include "transport.h"

struct heard {
    struct eddy_transport transport;
    int made, lost, eofs, pauses, resumes;
    size_t bytes; /* received */
    int err;      /* of connection_lost */
    bool quiet;   /* data is counted only */
    /* What it does, and what it returns. */
    void (*at_made)(struct heard *self);
    void (*at_data)(struct heard *self);
    void (*at_eof)(struct heard *self);
    void (*at_pause)(struct heard *self);
    void (*at_resume)(struct heard *self);
    void (*at_lost)(struct heard *self);
    int made_answer, data_answer, eof_answer;
};

static struct heard one, two;

static inline struct heard *heard_of(struct eddy_transport *transport)
{
    return container_of(transport, struct heard, transport);
}

static inline void heard_alive(struct heard *self)
{
    CAUSE("a callback comes before connection_made, or after connection_lost");
    CHECK(self->made == 1 && self->lost == 0);
}

static inline int heard_made(struct eddy_transport *transport)
{
    struct heard *self = heard_of(transport);

    self->made++;
    heard_alive(self);
    note("made");
    if (self->at_made)
        self->at_made(self);
    return self->made_answer;
}

static inline int heard_data(struct eddy_transport *transport, const char *bytes, size_t n)
{
    struct heard *self = heard_of(transport);

    heard_alive(self);
    CHECK(n > 0 && self->eofs == 0);
    self->bytes += n;
    if (!self->quiet)
        note("data:%.*s", (int)n, bytes);
    if (self->at_data)
        self->at_data(self);
    return self->data_answer;
}

static inline int heard_eof(struct eddy_transport *transport)
{
    struct heard *self = heard_of(transport);

    heard_alive(self);
    CHECK_INT(++self->eofs, 1);
    note("eof");
    if (self->at_eof)
        self->at_eof(self);
    return self->eof_answer;
}

static inline void heard_pause(struct eddy_transport *transport)
{
    struct heard *self = heard_of(transport);

    heard_alive(self);
    CHECK_INT(++self->pauses, self->resumes + 1);
    note("pause");
    if (self->at_pause)
        self->at_pause(self);
}

static inline void heard_resume(struct eddy_transport *transport)
{
    struct heard *self = heard_of(transport);

    heard_alive(self);
    CHECK_INT(++self->resumes, self->pauses);
    note("resume");
    if (self->at_resume)
        self->at_resume(self);
}

static inline void heard_lost(struct eddy_transport *transport, int err)
{
    struct heard *self = heard_of(transport);

    heard_alive(self);
    CHECK_INT(transport->fd, -1);
    CHECK(eddy_transport_is_closing(transport));
    self->lost++;
    self->err = err;
    note("lost:%s", eddy_errname(err));
    if (self->at_lost)
        self->at_lost(self);
}

static const struct eddy_protocol heard = {.name = "heard",
                                           EDDY_CONNECTION(struct heard, transport),
                                           .connection_made = heard_made,
                                           .data_received = heard_data,
                                           .eof_received = heard_eof,
                                           .connection_lost = heard_lost,
                                           .pause_writing = heard_pause,
                                           .resume_writing = heard_resume};

/* What the exception handler is told, too: "!CODE who". */
static inline void note_exception(struct eddy_loop *its, const struct eddy_context *context)
{
    (void)its;
    note("!%s %s", eddy_errname(context->err), context->who ? context->who : "?");
}

static inline void set_up_heard(void)
{
    set_up_real();
    loop.exception_handler = note_exception;
    one = two = (struct heard){.made = 0};
}

/* The socket is the transport's from now on. */
static inline void open_heard(struct heard *self, int *fd)
{
    CHECK_CODE(eddy_transport_open(&self->transport, &loop, *fd, &heard), 0);
    *fd = -1;
}

static inline void set_up_one(void)
{
    set_up_heard();
    open_heard(&one, &pair[0]);
    turns(1);
    EXPECT("made");
}

/* Turn by turn, until `self` is lost. */
static inline void run_until_lost(struct heard *self)
{
    WAITING("connection_lost");
    for (int i = 0; self->lost == 0; i++) {
        CHECK(i < 1000);
        turns(1);
    }
}

static inline void tear_down_heard(void)
{
    turns(2); /* nothing comes after the end: heard_alive() */
    tear_down_real();
}

static inline void write_text(struct heard *self, const char *text)
{
    CHECK_CODE(eddy_transport_write(&self->transport, text, strlen(text)), 0);
}

static inline size_t waiting(const struct heard *self)
{
    return eddy_transport_get_write_buffer_size(&self->transport);
}

/* What the peer finds now, as text: "." at its end is the end, "!" an error. */
static inline const char *found(int fd)
{
    static char text[256];
    size_t at = 0;
    ssize_t n;

    faults_hold(true);
    do {
        n = recv(fd, text + at, sizeof text - 2 - at, 0);
        at += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    if (n == 0 || errno != EAGAIN)
        text[at++] = n == 0 ? '.' : '!';
    faults_hold(false);
    text[at] = '\0';
    return text;
}

#define CHECK_FOUND(text) CHECK_TEXT(found(pair[1]), text)

/* A connection of TCP on this machine, for what only TCP does: names, and a reset. */
static inline void connected_tcp(int fds[2])
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t size = sizeof addr;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listener, (struct sockaddr *)&addr, sizeof addr) == 0 && listen(listener, 1) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&addr, &size) == 0);
    fds[1] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fds[1], (struct sockaddr *)&addr, sizeof addr) == 0);
    fds[0] = accept(listener, NULL, NULL);
    CHECK(fds[0] >= 0);
    CHECK_OK(eddy_net_prepare(fds[0]));
    CHECK_OK(eddy_net_prepare(fds[1]));
    close(listener);
}

static inline void reset(int *fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    CHECK(setsockopt(*fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    close(*fd);
    *fd = -1;
}

#endif
