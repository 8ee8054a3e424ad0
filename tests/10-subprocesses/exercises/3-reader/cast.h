/*
 * cast - what the test of exercise 10.3 needs beside tasks.h: a reader, a source that notes whether it
 * rests, and short words for feeding and reading.
 */
#ifndef CAST_H
#define CAST_H

#include "../../../06-tasks/tasks.h"

#include "faults.h"
#include "reader.h"

static struct eddy_reader reader;
static int pauses, resumes;

static inline void on_pause(struct eddy_reader *paused)
{
    CHECK(paused == &reader);
    pauses++;
}

static inline void on_resume(struct eddy_reader *resumed)
{
    CHECK(resumed == &reader);
    resumes++;
}

/* `limit` 0: the usual one. */
static inline void set_up_reader(size_t limit)
{
    static const struct eddy_reader_source source = {.pause = on_pause, .resume = on_resume};

    set_up();
    pauses = resumes = 0;
    CHECK_CODE(eddy_reader_open(&reader, &loop, limit, &source), 0);
}

static inline void tear_down_reader(void)
{
    eddy_reader_close(&reader);
    turns(2);
    tear_down();
}

/* A piece comes. Its memory is gone when it has. */
static inline int feed_bytes(const char *piece, size_t n)
{
    char *copy = malloc(n + 1);
    int err;

    memcpy(copy, piece, n);
    err = eddy_reader_feed(&reader, copy, n);
    memset(copy, '?', n);
    free(copy);
    return err;
}

static inline int feed(const char *piece)
{
    return feed_bytes(piece, strlen(piece));
}

/* A piece of `n` times the same byte. */
static inline int feed_many(char byte, size_t n)
{
    char *piece = malloc(n + 1);
    int err;

    memset(piece, byte, n);
    err = eddy_reader_feed(&reader, piece, n);
    free(piece);
    return err;
}

static inline int outcome_of(const struct eddy_future *future)
{
    return eddy_future_error(future);
}

/* How a read ends that need not wait. */
static inline int line(void)
{
    return outcome_of(eddy_reader_readline(&reader));
}

static inline int until(const char *separator)
{
    return outcome_of(eddy_reader_readuntil(&reader, separator, strlen(separator)));
}

static inline int exactly(size_t n)
{
    return outcome_of(eddy_reader_readexactly(&reader, n));
}

static inline int some(size_t most)
{
    return outcome_of(eddy_reader_read(&reader, most));
}

/* How the read ends that waits, or has waited. */
static inline int now(void)
{
    return outcome_of(&reader.future);
}

/* What it has returned, as a text. */
static inline const char *got(void)
{
    static char text[2048];

    snprintf(text, sizeof text, "%.*s", (int)reader.size, reader.data ? reader.data : "");
    return text;
}

static inline size_t unread_bytes(void)
{
    return reader.end - reader.start;
}

/* ---- Tasks -------------------------------------------------------------------------------------- */

/* Reads lines until the end, and notes the first byte of each. */
struct listener {
    struct eddy_co co;
};

static inline struct eddy_step listener(struct eddy_co *co)
{
    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_reader_readline(&reader));
        if (reader.size == 0)
            break;
        note("%.1s", reader.data);
    }
    CO_FINALLY(co);
    note(".%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

#endif
