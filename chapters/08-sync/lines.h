/*
 * lines - what the chapter's two servers share: lines that come from a client, and lines that go to
 * one. It belongs to the course, not to the library.
 *
 * Each client has an outbox: a bounded queue, and a task that sends what is in it. Whoever puts a line
 * in never waits. When the queue is full the oldest line goes, and its place is the new one's. So who
 * reads slowly holds up nobody, misses lines, finds the newest, and is told how many are missing, at
 * the place where they are.
 */
#ifndef LINES_H
#define LINES_H

#include "../demo.h"

#include "delay.h"
#include "queue.h"
#include "sockio.h"
#include "task.h"
#include "wait_for.h"

#include <ctype.h>
#include <stdarg.h>
#include <sys/socket.h>

enum { LINE_ROOM = 300, OUTBOX_LINES = 64, OUTBOX_BYTES = 16384 };

/* How long a client who has gone, or is shown out, may take to read what waits for it: seconds. */
static const double outbox_patience = 1.0;

/* ---- A line, which stands in many queues ------------------------------------------------------- */

struct line {
    size_t holders; /* the last of them frees it */
    size_t length;
    char text[LINE_ROOM + 100];
};

/* NULL: no memory. The caller holds it. */
static inline struct line *line_new(const char *format, va_list args)
{
    struct line *line = malloc(sizeof *line);
    int n;

    if (!line)
        return NULL;
    n = vsnprintf(line->text, sizeof line->text - 1, format, args);
    line->length = n < 0 ? 0 : strlen(line->text);
    line->text[line->length++] = '\n';
    line->holders = 1;
    return line;
}

static inline void line_drop(void *item)
{
    struct line *line = item;

    if (--line->holders == 0)
        free(line);
}

/* ---- An outbox --------------------------------------------------------------------------------- */

struct write_out {
    struct eddy_co co;
    struct outbox *box;
    struct eddy_queue_get get;
    struct eddy_io io;
    struct line *line; /* it is its holder */
    char note[80];
};

/* Valid when zeroed: closed. */
struct outbox {
    struct eddy_list link; /* among the outboxes of a room */
    struct eddy_queue lines;
    struct eddy_task *owner, writer;
    struct write_out writing;
    struct eddy_wait_for limit;
    size_t missed; /* lines between the last that was sent and the first that waits */
    int fd;
};

static inline size_t note_missed(struct write_out *self)
{
    size_t missed = self->box->missed;

    self->box->missed = 0;
    snprintf(self->note, sizeof self->note, "(you read slowly, and have missed %zu line%s)\n",
             missed, missed == 1 ? "" : "s");
    return strlen(self->note);
}

/* A line that was delivered is the writer's, also if it is cancelled before it runs. Then its next await
 * fails, and the cleanup section has the line. */
static inline struct eddy_step write_out(struct eddy_co *co)
{
    struct write_out *self = CO_FRAME(co, write_out);
    struct eddy_loop *loop = eddy_co_loop(co);
    struct outbox *box = self->box;

    CO_BEGIN(co);
    for (;;) {
        while (box->missed > 0)
            CO_AWAIT(co, eddy_sendall(&self->io, loop, box->fd, self->note, note_missed(self)));
        CO_AWAIT(co, eddy_queue_get(&self->get, &box->lines));
        self->line = self->get.item;
        CO_AWAIT(co, eddy_sendall(&self->io, loop, box->fd, self->line->text, self->line->length));
        line_drop(self->line);
        self->line = NULL;
    }
    CO_FINALLY(co);
    if (self->line)
        line_drop(self->line);
    if (eddy_co_outcome(co) != EDDY_ECLOSED) /* whom nobody can write to any more need not stay */
        eddy_task_cancel(box->owner);
    eddy_co_handled(co);
    CO_END(co);
}

/* For the client `fd`, whose task calls this. What the kernel keeps for a client nobody can take back,
 * so it shall not be much. -ENOMEM. */
static inline int outbox_open(struct outbox *box, struct eddy_loop *loop, int fd)
{
    int bytes = OUTBOX_BYTES, err = eddy_queue_open(&box->lines, loop, EDDY_FIFO, OUTBOX_LINES);

    if (err < 0)
        return err;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes); /* or it is what it was */
    box->fd = fd;
    box->owner = eddy_current_task();
    eddy_task_start(&box->writer, loop, write_out, &box->writing, .box = box);
    return 0;
}

/* To await in the owner's cleanup section: what is in the outbox is still sent, if the client takes it
 * soon. */
static inline struct eddy_future *outbox_finish(struct outbox *box, struct eddy_loop *loop)
{
    if (!box->owner)
        return eddy_next_turn();
    eddy_queue_shutdown(&box->lines);
    return eddy_wait_for(&box->limit, loop, &box->writer.future, outbox_patience);
}

/* When the writer has ended. */
static inline void outbox_close(struct outbox *box)
{
    eddy_queue_shutdown_now(&box->lines, line_drop);
    eddy_queue_close(&box->lines);
}

/* ---- Telling one, or all ----------------------------------------------------------------------- */

static inline void outbox_put(struct outbox *box, struct line *line)
{
    void *oldest;

    if (eddy_queue_full(&box->lines) && eddy_queue_get_nowait(&box->lines, &oldest) == 0) {
        line_drop(oldest);
        box->missed++;
    }
    if (eddy_queue_put_nowait(&box->lines, line, 0) == 0)
        line->holders++;
}

__attribute__((format(printf, 2, 3))) /* so that the compiler checks the arguments */
static inline void
tell(struct outbox *box, const char *format, ...)
{
    struct line *line;
    va_list args;

    va_start(args, format);
    line = line_new(format, args);
    va_end(args);
    if (!line) {
        box->missed++;
        return;
    }
    outbox_put(box, line);
    line_drop(line);
}

/* All of these outboxes but one (or NULL), and the terminal. */
__attribute__((format(printf, 3, 4))) static inline void
tell_all(struct eddy_list *boxes, const struct outbox *but, const char *format, ...)
{
    struct line *line;
    va_list args;

    va_start(args, format);
    line = line_new(format, args);
    va_end(args);
    if (line)
        fwrite(line->text, 1, line->length, stdout);
    for (struct eddy_list *link = boxes->next; link != boxes; link = link->next) {
        struct outbox *box = container_of(link, struct outbox, link);
        if (box == but)
            continue;
        if (line)
            outbox_put(box, line);
        else
            box->missed++;
    }
    if (line)
        line_drop(line);
}

/* ---- What comes in ----------------------------------------------------------------------------- */

struct intake {
    int fd;
    size_t at, length; /* of what was received and is no line yet */
    char in[256];
    char line[LINE_ROOM];
};

struct read_line {
    struct eddy_co co;
    struct eddy_io io;
    struct intake *from;
    size_t length;
};

/* A terminal obeys what it prints; one client shall not steer another's. */
static inline void make_printable(char *line)
{
    line[strcspn(line, "\r")] = '\0';
    for (; *line; line++)
        if (iscntrl((unsigned char)*line))
            *line = '?';
}

/* Takes a byte into the line. False: that has ended it. Too long a line ends by itself. */
static inline bool take_byte(struct read_line *self)
{
    struct intake *from = self->from;
    char byte = from->in[from->at++];

    if (byte != '\n')
        from->line[self->length++] = byte;
    return byte != '\n' && self->length < LINE_ROOM - 1;
}

/* To from->line. Ends with EDDY_ECLOSED when there are no more. */
static inline struct eddy_step read_line(struct eddy_co *co)
{
    struct read_line *self = CO_FRAME(co, read_line);
    struct intake *from = self->from;

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn()); /* first the writers', however fast this one talks */
    do {
        if (from->at == from->length) {
            CO_AWAIT(co,
                     eddy_recv(&self->io, eddy_co_loop(co), from->fd, from->in, sizeof from->in));
            if (self->io.n == 0)
                CO_FAIL(co, EDDY_ECLOSED);
            from->at = 0;
            from->length = (size_t)self->io.n;
        }
    } while (take_byte(self));
    from->line[self->length] = '\0';
    make_printable(from->line);
    CO_END(co);
}

#endif
