/*
 * told - a protocol that leaves in the trace what a transport tells it: "made", "data=abc", "eof",
 * "pause", "resume", "lost=ECONNRESET". It also keeps all bytes. connection_lost ends a run.
 */
#ifndef TOLD_H
#define TOLD_H

#include "../06-tasks/sockets.h"

#include "transport.h"

static struct eddy_transport transport;
static char kept[3000000]; /* all that was received, */
static size_t kept_size;   /* so much */
static int told_answer;    /* what data_received and eof_received return */
static int times_lost;
static bool quiet; /* data is kept, and leaves nothing in the trace */

static inline int told_made(struct eddy_transport *told)
{
    (void)told;
    note("made");
    return 0;
}

static inline int told_data(struct eddy_transport *told, const char *bytes, size_t n)
{
    (void)told;
    CHECK(n > 0 && n <= sizeof kept - kept_size);
    memcpy(kept + kept_size, bytes, n);
    kept_size += n;
    if (!quiet)
        note("data=%.*s", (int)n, bytes);
    return told_answer;
}

static inline int told_eof(struct eddy_transport *told)
{
    (void)told;
    note("eof");
    return told_answer;
}

static inline void told_lost(struct eddy_transport *told, int err)
{
    times_lost++;
    note("lost=%s", eddy_errname(err));
    CHECK(told->fd == -1 && told->loop == NULL);
    eddy_loop_stop(&loop);
}

static inline void told_pause(struct eddy_transport *told)
{
    (void)told;
    note("pause");
}

static inline void told_resume(struct eddy_transport *told)
{
    (void)told;
    note("resume");
}

static const struct eddy_protocol told_protocol = {.name = "told",
                                                   .connection_made = told_made,
                                                   .data_received = told_data,
                                                   .eof_received = told_eof,
                                                   .connection_lost = told_lost,
                                                   .pause_writing = told_pause,
                                                   .resume_writing = told_resume};

static inline void start_told(void)
{
    transport = (struct eddy_transport){.fd = -1};
    kept_size = 0;
    told_answer = times_lost = 0;
    quiet = false;
}

/* Until connection_lost has been called. */
static inline void until_lost(void)
{
    WAITING("connection_lost");
    while (times_lost == 0)
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

static inline bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* Reads what is there: bytes, 0 at the end, or -EAGAIN. The other side, which no fault meets. */
static inline int take(int fd, void *to, size_t n)
{
    ssize_t got;

    faults_hold(true);
    got = read(fd, to, n);
    faults_hold(false);
    return got < 0 ? -errno : (int)got;
}

/* Turns, and reads, until the end. Returns how many bytes came; they are in `kept`. */
static inline size_t take_all(int fd)
{
    int n;

    WAITING("the end of what was written");
    for (;;) {
        n = take(fd, kept + kept_size, sizeof kept - kept_size);
        if (n == 0)
            return kept_size;
        if (n == -EAGAIN)
            turns(1);
        else
            CHECK_OK(n);
        kept_size += n > 0 ? (size_t)n : 0;
    }
}

#endif
