/*
 * chat - chapter 2's room, with tasks: whoever connects gives a name, and what one says all others
 * read.
 *
 * Each guest is a task that reads line by line, and has another one that writes. What others say is
 * put into the guest's buffer, and only its writer sends, so no two lines are ever mixed. Nobody waits
 * for a guest who does not read: when the talk no longer fits into its buffer, its task is cancelled.
 */
#include "../demo.h"

#include "delay.h"
#include "run.h"
#include "sockio.h"

#include <ctype.h>
#include <stdarg.h>

enum { LISTENERS_MAX = 8, NAME_MAX_LENGTH = 20, LINE_MAX_LENGTH = 500, OUT_ROOM = 65536 };

static const double rest_seconds = 1.0;

struct room {
    struct eddy_list guests;
    bool closing;
};

/* ---- A guest's things -------------------------------------------------------------------------- */

struct write_out {
    struct eddy_co co;
    struct guest *guest;
    struct eddy_io io;
};

struct read_line {
    struct eddy_co co;
    struct guest *guest;
    struct eddy_io io;
    size_t length;
};

struct guest {
    struct eddy_co co;
    struct room *room;
    int fd;
    struct eddy_task *task, writer; /* its own task; the one that writes */
    struct eddy_list link;          /* in the room */
    struct write_out writing;
    struct read_line reading;
    struct eddy_future something;   /* done when there is something to write */
    char name[NAME_MAX_LENGTH + 1]; /* "" until it has given one */
    char line[LINE_MAX_LENGTH], in[512];
    char *out; /* a block of its own: a large frame would make spawning dear */
    size_t in_at, in_length, out_length;
};

/* ---- What goes out ----------------------------------------------------------------------------- */

static struct eddy_future *something_to_write(struct guest *guest, struct eddy_loop *loop)
{
    eddy_future_init(&guest->something, loop);
    if (guest->out_length > 0)
        eddy_future_set_result(&guest->something, NULL);
    return &guest->something;
}

static void forget(struct guest *guest, size_t sent)
{
    guest->out_length -= sent;
    memmove(guest->out, guest->out + sent, guest->out_length);
}

/* What is put behind the bytes while they are sent is sent the next time. */
static struct eddy_step write_out(struct eddy_co *co)
{
    struct write_out *self = CO_FRAME(co, write_out);
    struct guest *guest = self->guest;
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, something_to_write(guest, loop));
        CO_AWAIT(co, eddy_sendall(&self->io, loop, guest->fd, guest->out, guest->out_length));
        forget(guest, (size_t)self->io.n);
    }
    CO_FINALLY(co);
    eddy_task_cancel(guest->task); /* whom nobody can write to any more need not stay */
    eddy_co_handled(co);
    CO_END(co);
}

__attribute__((format(printf, 2, 3))) /* so that the compiler checks the arguments */
static void
tell(struct guest *guest, const char *format, ...)
{
    size_t space = OUT_ROOM - guest->out_length;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(guest->out + guest->out_length, space, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= space) {
        eddy_task_cancel(guest->task); /* it does not read, and the room does not wait */
        return;
    }
    guest->out_length += (size_t)n;
    eddy_future_set_result(&guest->something, NULL); /* if it waits; else it is done already */
}

/* To all that have a name, except the one that it is about. Also to the terminal. */
static void tell_others(const struct guest *about, const char *verb, const char *what)
{
    struct eddy_list *guests = &about->room->guests;

    printf("%s%s%s\n", about->name, verb, what);
    for (struct eddy_list *link = guests->next; link != guests; link = link->next) {
        struct guest *guest = container_of(link, struct guest, link);
        if (guest != about && guest->name[0])
            tell(guest, "%s%s%s\n", about->name, verb, what);
    }
}

/* ---- What comes in ----------------------------------------------------------------------------- */

/* A terminal obeys what it prints; one guest shall not steer another's. */
static void make_printable(char *line)
{
    line[strcspn(line, "\r")] = '\0';
    for (; *line; line++)
        if (iscntrl((unsigned char)*line))
            *line = '?';
}

/* Takes a byte into the line. False: that has ended it. Too long a line ends by itself. */
static bool take(struct read_line *self)
{
    struct guest *guest = self->guest;
    char byte = guest->in[guest->in_at++];

    if (byte != '\n')
        guest->line[self->length++] = byte;
    return byte != '\n' && self->length < LINE_MAX_LENGTH - 1;
}

/* To guest->line. Ends with EDDY_ECLOSED when there are no more. */
static struct eddy_step read_line(struct eddy_co *co)
{
    struct read_line *self = CO_FRAME(co, read_line);
    struct guest *guest = self->guest;

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn()); /* first the writers', however fast this one talks */
    do {
        if (guest->in_at == guest->in_length) {
            CO_AWAIT(
                co, eddy_recv(&self->io, eddy_co_loop(co), guest->fd, guest->in, sizeof guest->in));
            if (self->io.n == 0)
                CO_FAIL(co, EDDY_ECLOSED);
            guest->in_at = 0;
            guest->in_length = (size_t)self->io.n;
        }
    } while (take(self));
    guest->line[self->length] = '\0';
    make_printable(guest->line);
    CO_END(co);
}

/* ---- A guest ----------------------------------------------------------------------------------- */

static bool is_taken(const struct room *room, const char *name)
{
    for (struct eddy_list *link = room->guests.next; link != &room->guests; link = link->next)
        if (strcmp(container_of(link, struct guest, link)->name, name) == 0)
            return true;
    return false;
}

/* False: it has to give another name. */
static bool enter(struct guest *guest)
{
    if (guest->line[0] == '\0' || strlen(guest->line) > NAME_MAX_LENGTH) {
        tell(guest, "a name has 1 to %d letters. Your name?\n", NAME_MAX_LENGTH);
        return false;
    }
    if (is_taken(guest->room, guest->line)) {
        tell(guest, "%s is here already. Your name?\n", guest->line);
        return false;
    }
    strcpy(guest->name, guest->line);
    tell(guest, "Welcome, %s.\n", guest->name);
    return true;
}

static int come_in(struct guest *guest)
{
    guest->out = malloc(OUT_ROOM);
    if (!guest->out)
        return -ENOMEM;
    guest->task = eddy_current_task();
    eddy_list_append(&guest->room->guests, &guest->link);
    eddy_task_start(&guest->writer, guest->task->future.loop, write_out, &guest->writing,
                    .guest = guest);
    return 0;
}

static void leave(struct guest *guest)
{
    if (!eddy_list_linked(&guest->link))
        return; /* it has never come in */
    eddy_list_remove(&guest->link);
    if (guest->name[0] && !guest->room->closing)
        tell_others(guest, " has gone", "");
}

static struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);

    CO_BEGIN(co);
    if (come_in(self) < 0)
        CO_FAIL(co, -ENOMEM);
    tell(self, "Your name?\n");
    do
        CO_CALL(co, read_line, &self->reading, .guest = self);
    while (!enter(self));
    tell_others(self, " has come", "");
    for (;;) {
        CO_CALL(co, read_line, &self->reading, .guest = self);
        if (self->line[0])
            tell_others(self, ": ", self->line);
    }
    CO_FINALLY(co);
    leave(self);
    eddy_task_cancel(&self->writer);
    CO_TRY_AWAIT(co, &self->writer.future);
    eddy_loop_close_fd(eddy_co_loop(co), self->fd);
    free(self->out);
    eddy_co_handled(co); /* a guest that has gone is no failure of ours */
    CO_END(co);
}

/* ---- The door ---------------------------------------------------------------------------------- */

struct door {
    struct eddy_co co;
    struct room *room;
    struct eddy_io io;
    struct eddy_sleep rest;
    int listener, err;
};

static int let_in(struct door *door, struct eddy_loop *loop)
{
    int fd = (int)door->io.n, err = eddy_spawn(loop, guest, .room = door->room, .fd = fd);

    if (err < 0)
        eddy_loop_close_fd(loop, fd);
    return err;
}

/* Is open for ever: it ends when it is cancelled. */
static struct eddy_step door(struct eddy_co *co)
{
    struct door *self = CO_FRAME(co, door);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_AWAIT(co, eddy_accept(&self->io, loop, self->listener));
        self->err = eddy_co_error(co);
        if (self->err == 0)
            self->err = let_in(self, loop);
        if (self->err == -ECANCELED)
            CO_FAIL(co, self->err);
        if (self->err < 0) { /* no descriptor, or no memory: who knocks waits in the kernel */
            fprintf(stderr, "chat: nobody else can come in for now: %s\n",
                    eddy_strerror(self->err));
            CO_AWAIT(co, eddy_sleep(&self->rest, loop, rest_seconds));
        }
    }
    CO_FINALLY(co);
    eddy_loop_close_fd(loop, self->listener);
    CO_END(co);
}

/* ---- All of it --------------------------------------------------------------------------------- */

struct chat {
    struct eddy_co co;
    const struct demo *demo;
    struct room *room;
    int fds[LISTENERS_MAX], count, i;
    struct eddy_task tasks[LISTENERS_MAX];
    struct door doors[LISTENERS_MAX]; /* one for each address that "localhost" has */
};

static struct eddy_step chat(struct eddy_co *co)
{
    struct chat *self = CO_FRAME(co, chat);

    CO_BEGIN(co);
    self->count = demo_try_listen(self->demo, self->fds, LISTENERS_MAX);
    if (self->count < 0)
        CO_FAIL(co, self->count);
    for (int i = 0; i < self->count; i++)
        eddy_task_start(&self->tasks[i], eddy_co_loop(co), door, &self->doors[i],
                        .room = self->room, .listener = self->fds[i]);
    CO_AWAIT(co, &self->tasks[0].future);
    CO_FINALLY(co);
    self->room->closing = true; /* eddy_run() cancels the guests, and nobody need hear of it */
    for (self->i = 0; self->i < self->count; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_TRY_AWAIT(co, &self->tasks[self->i].future);
    }
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "A room to talk in, with nc.");
    struct room room = {.closing = false}; /* it lives longer than its guests */

    eddy_list_init(&room.guests);
    return demo_status(&demo, eddy_run(chat, .demo = &demo, .room = &room));
}
