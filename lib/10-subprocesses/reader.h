/*
 * reader - bytes that come in any pieces, and are awaited in the pieces that somebody wants: a line, so
 * many bytes, up to a separator, all up to the end. (asyncio's StreamReader)
 *
 *     for (;;) {
 *         CO_AWAIT(co, eddy_reader_readline(reader));
 *         if (reader->size == 0)
 *             break;                                             the end
 *         printf("%.*s", (int)reader->size, reader->data);       the newline is in it
 *     }
 *
 * Somebody else feeds it: pump.h from a descriptor, or what you like. A read takes what it returns out of
 * the buffer, and nothing else: whatever comes after a line stays for the next read.
 *
 * A limit keeps endless lines out. And whoever feeds is told to pause when more than twice the limit lies there
 * and nobody reads, and to go on when it is the limit or less, or when a read waits.
 *
 * Errors: the future's. After an error of the source (eddy_reader_set_error) each read ends with that, even
 * if bytes are left. Memory: one buffer, which grows, at most to what is awaited, or twice the limit and a
 * piece. What a read returns, `data` and `size`, lies there, and is good until the next read, or the close.
 * The struct is the caller's, and stays until it is closed and nobody awaits it.
 * Threads: the loop's.
 */
#ifndef EDDY_READER_H
#define EDDY_READER_H

#include "future.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { EDDY_READER_LIMIT = 65536 }; /* unless you say another one */

struct eddy_reader;

/* Whoever feeds a reader, and can pause. */
struct eddy_reader_source {
    void (*pause)(struct eddy_reader *reader);
    void (*resume)(struct eddy_reader *reader);
};

/* What a read waits for. */
struct eddy_reader_wish {
    /* Whether it is there, or cannot come any more: 0 or an error, and data and size are set.
     * EDDY_EPENDING: it is not. */
    int (*look)(struct eddy_reader *reader);
    size_t n; /* bytes */
    const char *separator;
    size_t separator_size;
};

/* Read `data` and `size`; touch no other field. Valid when zeroed: closed. */
struct eddy_reader {
    char *data;  /* what the last read has returned; */
    size_t size; /* 0 bytes are the end */
    struct eddy_future future;
    struct eddy_future refused;
    struct eddy_loop *loop; /* NULL: closed */
    char *bytes;            /* those from `start` to `end` nobody has read yet */
    size_t start, end, room;
    char *kept; /* the buffer before this one, if `data` lies there */
    size_t limit;
    size_t looked; /* so many of them hold no beginning of the separator */
    struct eddy_reader_wish wish;
    const struct eddy_reader_source *source;
    int err; /* of the source */
    bool eof, paused, waits;
};

/* Open it; `limit` 0 is EDDY_READER_LIMIT. `source` NULL: whoever feeds it cannot pause. Nothing is
 * allocated yet. EDDY_EQUEUED: it is open. EDDY_ECLOSED: the loop is closed. */
int eddy_reader_open(struct eddy_reader *reader, struct eddy_loop *loop, size_t limit,
                     const struct eddy_reader_source *source);

/* A read that waits ends with EDDY_ECLOSED, and what lies there is gone. Twice is harmless. */
void eddy_reader_close(struct eddy_reader *reader);

/* ---- Reading ------------------------------------------------------------------------------------- */

/*
 * Each of these returns a future; when it is done with 0, `data` and `size` are what was wished for. One
 * task reads: while its read waits, a second one is EDDY_EWATCHED; and no other may read between the end of
 * a read and the return of its await, which it would spoil. Cancelling takes nothing. EDDY_ECLOSED.
 */

/* What is there, 1 to `most` bytes; 0 bytes at the end, and if `most` is 0. */
struct eddy_future *eddy_reader_read(struct eddy_reader *reader, size_t most);

/* Up to the next newline, which is in it. At the end what is left, without one; then 0 bytes. EDDY_ELIMIT:
 * more than the limit before the newline. If the newline is there already, that line is passed over, else
 * all that lies there: it has no known end. */
struct eddy_future *eddy_reader_readline(struct eddy_reader *reader);

/* Exactly `n` bytes. EDDY_EINCOMPLETE: the end came before; `data` and `size` are what there was, which is 0 bytes
 * if the end stands where they would begin. */
struct eddy_future *eddy_reader_readexactly(struct eddy_reader *reader, size_t n);

/*
 * Up to the separator, of `n` bytes, which is in it. EDDY_EINCOMPLETE as above. EDDY_ELIMIT: more than the
 * limit before it; nothing was taken, and `size` is how far it was looked for. -EINVAL: `n` is 0. The
 * separator's memory stays until it is done. Together O(bytes), however small the pieces are.
 */
struct eddy_future *eddy_reader_readuntil(struct eddy_reader *reader, const char *separator,
                                          size_t n);

/* All up to the end. EDDY_ELIMIT: that is more than `most`; `data` and `size` are the first `most` of
 * them. */
struct eddy_future *eddy_reader_readall(struct eddy_reader *reader, size_t most);

/* The end has come, and all has been read. */
static inline bool eddy_reader_at_eof(const struct eddy_reader *reader)
{
    return reader->eof && reader->start == reader->end;
}

/* ---- Feeding ------------------------------------------------------------------------------------- */

/* `n` bytes have come; they are copied. -ENOMEM: none was taken. EDDY_EDONE: the end has come before.
 * EDDY_ECLOSED. */
int eddy_reader_feed(struct eddy_reader *reader, const void *bytes, size_t n);

/* The end has come. Twice is harmless. */
void eddy_reader_feed_eof(struct eddy_reader *reader);

/* No more will come, because of `err`, a negative code. The first one stays. */
void eddy_reader_set_error(struct eddy_reader *reader, int err);

#ifdef __cplusplus
}
#endif

#endif
