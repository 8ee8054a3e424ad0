/*
 * resp - how the store talks: the part of the Redis protocol (RESP2) that redis-cli and redis-benchmark need,
 * and lines for a person with nc. It belongs to the course, not to the library.
 *
 *     *2\r\n$3\r\nGET\r\n$4\r\ncity\r\n        a request: an array of words, each with its size before it
 *     get city\r\n                             the same, typed by hand
 *     $6\r\nOxford\r\n                         an answer: one word; $-1 is none, *2 an array of two,
 *     +OK\r\n, :42\r\n, -ERR no\r\n            a word of ours, a number, an error
 *
 * Requests may come many at a time. Their answers are gathered, and sent when the next read would wait: so
 * requests that come in one piece are answered in one.
 */
#ifndef RESP_H
#define RESP_H

#include "errors.h"
#include "stream.h"
#include "table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* A line has the limit of the reader. */
enum { WORDS_MOST = 64, REQUEST_MOST = 1 << 20, ANSWERS_ENOUGH = 16384 };

struct bytes {
    char *bytes;
    size_t size, room;
};

struct conversation {
    struct eddy_stream *stream;
    struct bytes words; /* of the request, one after the other */
    size_t at[WORDS_MOST + 1];
    int count;           /* so many words; at[count] is where they end */
    struct bytes answer; /* to this request, and to those before that nobody has sent yet */
    int err;             /* -ENOMEM: no answer would be right any more */
};

/* ---- Bytes --------------------------------------------------------------------------------------- */

static inline int bytes_append(struct bytes *to, const char *bytes, size_t n)
{
    size_t room = to->room > 0 ? to->room : 512;
    char *moved = to->bytes;

    while (room < to->size + n)
        room *= 2;
    if (room > to->room)
        moved = realloc(to->bytes, room);
    if (!moved)
        return -ENOMEM;
    to->bytes = moved;
    to->room = room;
    memcpy(to->bytes + to->size, bytes, n);
    to->size += n;
    return 0;
}

/* None is left; and what one large piece has needed is no reason to keep so much. */
static inline void bytes_reset(struct bytes *bytes)
{
    bytes->size = 0;
    if (bytes->room <= ANSWERS_ENOUGH * 2)
        return;
    free(bytes->bytes);
    bytes->bytes = NULL;
    bytes->room = 0;
}

/* ---- Answers ------------------------------------------------------------------------------------- */

static inline void say_bytes(struct conversation *with, const char *bytes, size_t n)
{
    if (with->err == 0)
        with->err = bytes_append(&with->answer, bytes, n);
}

/* A line. What a client has sent may be in it, so it is made to stay one. */
__attribute__((format(printf, 2, 3))) /* so that the compiler checks the arguments */
static inline void
say(struct conversation *with, const char *format, ...)
{
    char line[160];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (char *at = line; *at; at++)
        if (*at == '\r' || *at == '\n')
            *at = ' ';
    say_bytes(with, line, strlen(line));
    say_bytes(with, "\r\n", 2);
}

static inline void say_word(struct conversation *with, struct text word)
{
    say(with, "$%zu", word.size);
    say_bytes(with, word.bytes, word.size);
    say_bytes(with, "\r\n", 2);
}

/* If that fails, the connection has ended, and the next await comes back with the reason. */
static inline void send_answers(struct conversation *with)
{
    if (with->answer.size > 0)
        eddy_transport_write(&with->stream->transport, with->answer.bytes, with->answer.size);
    bytes_reset(&with->answer);
}

/* ---- Requests ------------------------------------------------------------------------------------ */

static inline struct text word_at(const struct conversation *with, int i)
{
    return (struct text){with->words.bytes + with->at[i], with->at[i + 1] - with->at[i]};
}

/* All of the text is one whole number. */
static inline bool read_number(struct text text, long long *number)
{
    char digits[24], *end;

    if (text.size == 0 || text.size >= sizeof digits || text.bytes[0] < '+')
        return false;
    memcpy(digits, text.bytes, text.size);
    digits[text.size] = '\0';
    errno = 0;
    *number = strtoll(digits, &end, 10);
    return errno == 0 && end == digits + text.size;
}

static inline int refuse(struct conversation *with, const char *why)
{
    say(with, "-ERR Protocol error: %s", why);
    return -EPROTO;
}

static inline int add_word(struct conversation *with, struct text word)
{
    int err;

    if (with->count == WORDS_MOST)
        return refuse(with, "too many words");
    err = bytes_append(&with->words, word.bytes, word.size);
    if (err == 0)
        with->at[++with->count] = with->words.size;
    return err;
}

/* What a person types: words, with spaces between them. */
static inline int split_line(struct conversation *with, struct text line)
{
    int err = 0;

    for (size_t begin = 0, end; begin < line.size && err == 0; begin = end + 1) {
        for (end = begin; end < line.size && line.bytes[end] != ' '; end++)
            ;
        if (end > begin)
            err = add_word(with, (struct text){line.bytes + begin, end - begin});
    }
    return err;
}

/* Without its end. False: there is no end, so there is no line. */
static inline bool take_line(const struct eddy_reader *reader, struct text *line)
{
    *line = (struct text){reader->data, reader->size};
    if (line->size == 0 || line->bytes[line->size - 1] != '\n')
        return false;
    line->size--;
    if (line->size > 0 && line->bytes[line->size - 1] == '\r')
        line->size--;
    return true;
}

/* The number of words that will follow, or an error. A line without such a number is the request itself. */
static inline int begin_request(struct conversation *with)
{
    struct text line;
    long long n;

    with->count = 0;
    bytes_reset(&with->words);
    if (!take_line(&with->stream->reader, &line))
        return EDDY_EINCOMPLETE;
    if (line.size == 0 || line.bytes[0] != '*')
        return split_line(with, line);
    if (!read_number((struct text){line.bytes + 1, line.size - 1}, &n) || n > WORDS_MOST)
        return refuse(with, "invalid multibulk length");
    return n < 0 ? 0 : (int)n;
}

/* The size of the word that follows, or an error. */
static inline int read_size(struct conversation *with)
{
    struct text line;
    long long n;

    if (!take_line(&with->stream->reader, &line))
        return EDDY_EINCOMPLETE;
    if (line.size == 0 || line.bytes[0] != '$')
        return refuse(with, "expected '$'");
    if (!read_number((struct text){line.bytes + 1, line.size - 1}, &n) || n < 0 ||
        n > REQUEST_MOST - (long long)with->words.size)
        return refuse(with, "invalid bulk length");
    return (int)n;
}

/* To await a read. If it has to wait, the client gets its answers before that. */
static inline struct eddy_future *expect(struct conversation *with, struct eddy_future *read)
{
    if (!eddy_future_done(read))
        send_answers(with);
    return read;
}

struct read_request {
    struct eddy_co co;
    struct conversation *with;
    int left, size;
};

/* The next one. EDDY_EINCOMPLETE: there is none any more. -EPROTO: the client has been told what is wrong. */
static inline struct eddy_step read_request(struct eddy_co *co)
{
    struct read_request *self = CO_FRAME(co, read_request);
    struct conversation *with = self->with;
    struct eddy_reader *reader = &with->stream->reader;

    CO_BEGIN(co);
    CO_AWAIT(co, expect(with, eddy_reader_readline(reader)));
    for (self->left = begin_request(with); self->left > 0; self->left--) {
        CO_AWAIT(co, expect(with, eddy_reader_readline(reader)));
        self->size = read_size(with);
        if (self->size < 0)
            CO_FAIL(co, self->size);
        CO_AWAIT(co, expect(with, eddy_reader_readexactly(reader, (size_t)self->size + 2)));
        if (add_word(with, (struct text){reader->data, (size_t)self->size}) < 0)
            CO_FAIL(co, -ENOMEM);
    }
    if (self->left < 0)
        CO_FAIL(co, self->left);
    CO_END(co);
}

#endif
