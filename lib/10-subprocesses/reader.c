#include "reader.h"

#include "errors.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 512 };

static size_t count_unread(const struct eddy_reader *reader)
{
    return reader->end - reader->start;
}

/* ---- The buffer ---------------------------------------------------------------------------------- */

/* Whether what the last read has returned lies in this buffer, which then must not move. */
static bool holds_data(const struct eddy_reader *reader)
{
    return reader->data && !reader->kept;
}

/* To a new buffer of `room` bytes. The old one is kept while `data` lies in it. */
static int move_bytes(struct eddy_reader *reader, size_t room)
{
    char *bytes = malloc(room);

    if (!bytes)
        return -ENOMEM;
    if (count_unread(reader) > 0)
        memcpy(bytes, reader->bytes + reader->start, count_unread(reader));
    if (holds_data(reader))
        reader->kept = reader->bytes;
    else
        free(reader->bytes);
    reader->bytes = bytes;
    reader->room = room;
    reader->end = count_unread(reader);
    reader->start = 0;
    return 0;
}

static void move_to_front(struct eddy_reader *reader)
{
    memmove(reader->bytes, reader->bytes + reader->start, count_unread(reader));
    reader->end = count_unread(reader);
    reader->start = 0;
}

/* Room for `n` bytes more. What is unread is moved only if at least half as many bytes have come, or can
 * come, between this move and another: so each byte is moved a few times at most. */
static int make_room(struct eddy_reader *reader, size_t n)
{
    size_t used = count_unread(reader), room = reader->room > 0 ? reader->room : ROOM_FIRST;

    if (n <= reader->room - reader->end)
        return 0;
    if (n > SIZE_MAX / 4 - used)
        return -ENOMEM;
    if (!holds_data(reader) && used <= reader->start && n <= reader->room - used) {
        move_to_front(reader);
        return 0;
    }
    while (room < used + used / 2 + n)
        room *= 2;
    return move_bytes(reader, room);
}

/* What the last read has returned is given up. */
static void forget_data(struct eddy_reader *reader)
{
    free(reader->kept);
    reader->kept = NULL;
    reader->data = NULL;
    reader->size = 0;
    if (count_unread(reader) == 0)
        reader->start = reader->end = 0;
    if (reader->end == 0 && reader->room / 4 > reader->limit) {
        free(reader->bytes); /* one large piece is no reason to keep so much */
        reader->bytes = NULL;
        reader->room = 0;
    }
}

/* The first `n` unread bytes are what the read returns. */
static void take_bytes(struct eddy_reader *reader, size_t n)
{
    reader->data = reader->bytes ? reader->bytes + reader->start : NULL;
    reader->size = n;
    reader->start += n;
}

/* ---- What a read waits for ------------------------------------------------------------------------ */

static int look_for_any(struct eddy_reader *reader)
{
    size_t n = count_unread(reader);

    if (n == 0 && !reader->eof && reader->wish.n > 0)
        return EDDY_EPENDING;
    take_bytes(reader, n < reader->wish.n ? n : reader->wish.n);
    return 0;
}

static int look_for_n(struct eddy_reader *reader)
{
    bool all = count_unread(reader) >= reader->wish.n;

    if (!all && !reader->eof)
        return EDDY_EPENDING;
    take_bytes(reader, all ? reader->wish.n : count_unread(reader));
    return all ? 0 : EDDY_EINCOMPLETE;
}

static int look_for_end(struct eddy_reader *reader)
{
    bool too_much = count_unread(reader) > reader->wish.n;

    if (!too_much && !reader->eof)
        return EDDY_EPENDING;
    take_bytes(reader, too_much ? reader->wish.n : count_unread(reader));
    return too_much ? EDDY_ELIMIT : 0;
}

/* Where the separator begins, from the first unread byte; SIZE_MAX: nowhere. What was looked at is not
 * looked at again. */
static size_t find_separator(struct eddy_reader *reader)
{
    const struct eddy_reader_wish *wish = &reader->wish;
    const char *bytes = reader->bytes + reader->start;
    size_t n = count_unread(reader);

    while (reader->looked + wish->separator_size <= n) {
        const char *at = memchr(bytes + reader->looked, wish->separator[0],
                                n - reader->looked - wish->separator_size + 1);
        if (!at) {
            reader->looked = n - wish->separator_size + 1;
        } else if (memcmp(at, wish->separator, wish->separator_size) == 0) {
            reader->looked = (size_t)(at - bytes);
            return reader->looked;
        } else {
            reader->looked = (size_t)(at - bytes) + 1;
        }
    }
    return SIZE_MAX;
}

static int look_for_separator(struct eddy_reader *reader)
{
    size_t at = count_unread(reader) > 0 ? find_separator(reader) : SIZE_MAX;

    if (reader->looked > reader->limit) {
        reader->size = reader->looked;
        return EDDY_ELIMIT;
    }
    if (at != SIZE_MAX) {
        take_bytes(reader, at + reader->wish.separator_size);
        return 0;
    }
    if (!reader->eof)
        return EDDY_EPENDING;
    take_bytes(reader, count_unread(reader));
    return EDDY_EINCOMPLETE;
}

/* Of a line that is too long nobody wants a part. */
static void pass_over_line(struct eddy_reader *reader)
{
    size_t at = find_separator(reader);

    take_bytes(reader, at == SIZE_MAX ? count_unread(reader) : at + 1);
    reader->data = NULL;
    reader->size = 0;
}

static int look_for_line(struct eddy_reader *reader)
{
    int err = look_for_separator(reader);

    if (err == EDDY_ELIMIT)
        pass_over_line(reader);
    return err == EDDY_EINCOMPLETE ? 0 : err;
}

/* ---- Waiting --------------------------------------------------------------------------------------- */

static void pause_source(struct eddy_reader *reader)
{
    if (!reader->source || reader->paused || reader->eof || reader->err < 0)
        return;
    reader->paused = true;
    reader->source->pause(reader);
}

static void resume_source(struct eddy_reader *reader)
{
    if (!reader->paused || reader->eof || reader->err < 0) /* no more will come */
        return;
    reader->paused = false;
    reader->source->resume(reader);
}

/* More than twice the limit, and nobody waits for more: then it is enough. */
static void regulate_source(struct eddy_reader *reader)
{
    if (reader->waits || count_unread(reader) <= reader->limit)
        resume_source(reader);
    else if (count_unread(reader) - reader->limit > reader->limit)
        pause_source(reader);
}

static int look_now(struct eddy_reader *reader)
{
    return reader->err < 0 ? reader->err : reader->wish.look(reader);
}

/* Something has come: perhaps it is what the read waits for. */
static void look_again(struct eddy_reader *reader)
{
    int err = reader->waits ? look_now(reader) : EDDY_EPENDING;

    if (err != EDDY_EPENDING) {
        reader->waits = false;
        eddy_future_finish(&reader->future, err, reader->data);
    }
    regulate_source(reader);
}

static void cancel_read(struct eddy_future *future)
{
    struct eddy_reader *reader = container_of(future, struct eddy_reader, future);

    reader->waits = false;
    eddy_future_finish(future, -ECANCELED, NULL);
    regulate_source(reader);
}

static const struct eddy_future_type type = {
    .name = "reader", .cancel = cancel_read, .guarded = true};

static int refusal(const struct eddy_reader *reader)
{
    if (!reader->loop || eddy_loop_is_closed(reader->loop))
        return EDDY_ECLOSED;
    return reader->waits ? EDDY_EWATCHED : eddy_loop_check_thread(reader->loop, "reader_read");
}

static struct eddy_future *start_read(struct eddy_reader *reader, struct eddy_reader_wish wish)
{
    int err = refusal(reader);

    if (err < 0)
        return eddy_future_init_done(&reader->refused, reader->loop, err);
    forget_data(reader);
    reader->wish = wish;
    reader->looked = 0;
    err = look_now(reader);
    if (err == EDDY_EPENDING) {
        eddy_future_init_type(&reader->future, reader->loop, &type);
        reader->waits = true;
    } else {
        eddy_future_init_done(&reader->future, reader->loop, err);
    }
    regulate_source(reader);
    return &reader->future;
}

struct eddy_future *eddy_reader_read(struct eddy_reader *reader, size_t most)
{
    return start_read(reader, (struct eddy_reader_wish){.look = look_for_any, .n = most});
}

struct eddy_future *eddy_reader_readline(struct eddy_reader *reader)
{
    return start_read(reader, (struct eddy_reader_wish){
                                  .look = look_for_line, .separator = "\n", .separator_size = 1});
}

struct eddy_future *eddy_reader_readexactly(struct eddy_reader *reader, size_t n)
{
    return start_read(reader, (struct eddy_reader_wish){.look = look_for_n, .n = n});
}

struct eddy_future *eddy_reader_readuntil(struct eddy_reader *reader, const char *separator,
                                          size_t n)
{
    if (n == 0)
        return eddy_future_init_done(&reader->refused, reader->loop, -EINVAL);
    return start_read(reader, (struct eddy_reader_wish){.look = look_for_separator,
                                                        .separator = separator,
                                                        .separator_size = n});
}

struct eddy_future *eddy_reader_readall(struct eddy_reader *reader, size_t most)
{
    return start_read(reader, (struct eddy_reader_wish){.look = look_for_end, .n = most});
}

/* ---- Feeding --------------------------------------------------------------------------------------- */

int eddy_reader_feed(struct eddy_reader *reader, const void *bytes, size_t n)
{
    int err;

    if (!reader->loop || reader->eof || reader->err < 0)
        return reader->loop ? EDDY_EDONE : EDDY_ECLOSED;
    if (n == 0)
        return 0;
    err = make_room(reader, n);
    if (err < 0)
        return err;
    memcpy(reader->bytes + reader->end, bytes, n);
    reader->end += n;
    look_again(reader);
    return 0;
}

void eddy_reader_feed_eof(struct eddy_reader *reader)
{
    if (!reader->loop || reader->eof)
        return;
    reader->eof = true;
    look_again(reader);
}

void eddy_reader_set_error(struct eddy_reader *reader, int err)
{
    if (!reader->loop || reader->err < 0)
        return;
    reader->err = eddy_is_outcome(err) && err < 0 ? err : -EINVAL;
    look_again(reader);
}

/* ---- Opening and closing --------------------------------------------------------------------------- */

int eddy_reader_open(struct eddy_reader *reader, struct eddy_loop *loop, size_t limit,
                     const struct eddy_reader_source *source)
{
    if (reader->loop)
        return EDDY_EQUEUED;
    if (eddy_loop_is_closed(loop))
        return EDDY_ECLOSED;
    /* The future stays: whoever was closed upon in this turn has not looked at it yet. */
    *reader = (struct eddy_reader){.future = reader->future,
                                   .loop = loop,
                                   .limit = limit > 0 ? limit : EDDY_READER_LIMIT,
                                   .source = source};
    return 0;
}

void eddy_reader_close(struct eddy_reader *reader)
{
    if (!reader->loop)
        return;
    reader->loop = NULL;
    if (reader->waits) {
        reader->waits = false;
        eddy_future_finish(&reader->future, EDDY_ECLOSED, NULL);
    }
    free(reader->kept);
    free(reader->bytes);
    reader->kept = reader->bytes = reader->data = NULL;
    reader->size = reader->start = reader->end = reader->room = 0;
}
