/*
 * streams - what the tests of chapter 12 begin with: a loop on a real selector, plain or in debug mode; a
 * stream over one side of a socket pair, whose other side the test has as a descriptor; what a case waits for.
 * A stream's writes are made to wait by a little room in the kernel and low marks.
 */
#ifndef STREAMS_H
#define STREAMS_H

#include "../11-transports/heard.h"

#include "in_thread.h"
#include "stream.h"

enum { MARK_LOW = 100, MARK_HIGH = 400 };

static struct eddy_stream stream;
static struct eddy_stream_wait waits[4];
static bool in_debug;

/* Each case runs on every selector, and once more in debug mode, where nothing may be reported. */
#undef EACH
#define EACH(sentence) CASE(in_each_mode(sentence))

static inline const char *in_each_mode(const char *sentence)
{
    static char text[256];

    snprintf(text, sizeof text, "%s [%s%s]", sentence, which, in_debug ? ", debug" : "");
    return text;
}

/* Calls `cases` in each of these. */
static inline void in_all_modes(void (*cases)(void))
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        cases();
    which = eddy_selector_nth(0);
    in_debug = true;
    cases();
    in_debug = false;
}

static inline void set_up_streams(void)
{
    set_up_heard();
    eddy_loop_set_debug(&loop, in_debug);
    stream = (struct eddy_stream){.limit = 0};
    memset(waits, 0, sizeof waits);
}

/* The socket is the stream's from now on. */
static inline void open_stream(struct eddy_stream *it, int *fd)
{
    CHECK_CODE(eddy_stream_open(it, &loop, *fd), 0);
    *fd = -1;
}

static inline void set_up_stream(void)
{
    set_up_streams();
    open_stream(&stream, &pair[0]);
    turns(1);
}

static inline void tear_down_streams(void)
{
    eddy_stream_abort(&stream);
    turns(2);
    EXPECT("");
    CHECK_INT(reports, 0);
    tear_down_real();
}

/* A little is too much, and waits. */
static inline void want_little(struct eddy_stream *it)
{
    int room = 2048;

    CHECK_OK(setsockopt(it->transport.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room));
    CHECK_CODE(eddy_transport_set_write_buffer_limits(&it->transport, MARK_LOW, MARK_HIGH, 1 << 20),
               0);
}

static inline size_t unsent(const struct eddy_stream *it)
{
    return eddy_transport_get_write_buffer_size(&it->transport);
}

/* So much that the next write waits. */
static inline void fill(struct eddy_stream *it)
{
    while (!it->transport.writing_paused)
        CHECK_CODE(eddy_transport_write(&it->transport, pattern(1000), 1000), 0);
}

/* The other side reads all that is there, or `most`. Returns how many. */
static inline size_t empty(int fd, size_t most)
{
    static char bytes[65536];
    size_t all = 0;
    ssize_t n = 1;

    faults_hold(true);
    while (all < most && n > 0) {
        n = read(fd, bytes, most - all < sizeof bytes ? most - all : sizeof bytes);
        all += n > 0 ? (size_t)n : 0;
    }
    faults_hold(false);
    return all;
}

#define PENDING(future) CHECK_CODE(eddy_future_error(future), EDDY_EPENDING)

/* Turn by turn, for as long as it waits. */
static inline int ended(struct eddy_future *future)
{
    WAITING("a future");
    for (int i = 0; !eddy_future_done(future); i++) {
        CHECK(i < 2000);
        turns(1);
    }
    return eddy_future_error(future);
}

#define CHECK_ENDS(future, err) CHECK_CODE(ended(future), err)

/* It ends with these bytes of the stream's reader. */
#define CHECK_READ(it, future, text)                                           \
    do {                                                                       \
        CHECK_ENDS(future, 0);                                                 \
        CHECK_BYTES((it)->reader.data, (it)->reader.size, text, strlen(text)); \
    } while (0)

#endif
