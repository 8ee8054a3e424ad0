/*
 * chat - the room once more, as streams: whoever connects gives a name, and what one says all others read. It is
 * chapter 8's room (chapters/08-sync/chat.c and lines.h) in a third of the lines: reading lines, sending what
 * waits, and the doors are the library's by now.
 *
 * A guest who does not read keeps nobody waiting: what is said to it waits in its transport, up to a limit of
 * 64 kilobytes; what comes then it has missed, and is told how much, as soon as it reads again and somebody
 * says something. (Chapter 8 keeps the newest lines of such a guest. This one keeps the oldest: what a
 * transport has taken, nobody can take back.)
 */
#include "serving.h"

#include "delay.h"

#include <ctype.h>
#include <stdarg.h>

enum { LINE_MOST = 300, NAME_MOST = 20, UNREAD_MOST = 65536 };

static struct eddy_list room; /* of guests who have a name */

struct guest {
    struct eddy_co co;
    struct eddy_stream *stream;
    struct eddy_list link;
    size_t missed;            /* lines, since the last that it got */
    char name[NAME_MOST + 1]; /* "" until it has given one */
    char line[LINE_MOST + 2];
};

/* ---- What is said -------------------------------------------------------------------------------- */

static void tell_line(struct guest *guest, const char *line, size_t n)
{
    char note[64] = "";
    struct iovec pieces[2] = {{note, 0}, {(void *)line, n}};
    int err;

    if (guest->missed > 0)
        pieces[0].iov_len = (size_t)snprintf(note, sizeof note, "(you have missed %zu line%s)\n",
                                             guest->missed, guest->missed == 1 ? "" : "s");
    err = eddy_transport_writelines(&guest->stream->transport, pieces, 2);
    if (err == 0)
        guest->missed = 0;
    else if (err == EDDY_ELIMIT)
        guest->missed++;
    /* Any other error has ended the connection, and its own task will see that. */
}

/* One guest, or with NULL the whole room but `from`, and the terminal. */
__attribute__((format(printf, 3, 4))) /* so that the compiler checks the arguments */
static void
tell(struct guest *to, const struct guest *from, const char *format, ...)
{
    char line[LINE_MOST + NAME_MOST + 100];
    va_list args;
    size_t n;

    va_start(args, format);
    vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    n = strlen(line);
    line[n++] = '\n';
    if (to) {
        tell_line(to, line, n);
        return;
    }
    fwrite(line, 1, n, stdout);
    for (struct eddy_list *link = room.next; link != &room; link = link->next)
        if (link != &from->link)
            tell_line(container_of(link, struct guest, link), line, n);
}

/* ---- A guest ------------------------------------------------------------------------------------- */

static bool is_taken(const char *name)
{
    for (struct eddy_list *link = room.next; link != &room; link = link->next)
        if (strcmp(container_of(link, struct guest, link)->name, name) == 0)
            return true;
    return false;
}

/* A terminal obeys what it prints; one guest shall not steer another's. */
static void take_line(struct guest *guest)
{
    const struct eddy_reader *reader = &guest->stream->reader;
    size_t n = reader->size;

    while (n > 0 && (reader->data[n - 1] == '\n' || reader->data[n - 1] == '\r'))
        n--;
    for (size_t i = 0; i < n; i++)
        guest->line[i] = iscntrl((unsigned char)reader->data[i]) ? '?' : reader->data[i];
    guest->line[n] = '\0';
}

static void enter(struct guest *guest)
{
    if (guest->line[0] == '\0' || strlen(guest->line) > NAME_MOST) {
        tell(guest, NULL, "a name has 1 to %d letters. Your name?", NAME_MOST);
    } else if (is_taken(guest->line)) {
        tell(guest, NULL, "%s is here already. Your name?", guest->line);
    } else {
        strcpy(guest->name, guest->line);
        tell(guest, NULL, "Welcome, %s.", guest->name);
        tell(NULL, guest, "%s has come", guest->name);
        eddy_list_append(&room, &guest->link);
    }
}

/* What the kernel keeps for a guest nobody can take back, so it shall not be much, either. */
static void bound_unread(struct eddy_transport *transport)
{
    int most = UNREAD_MOST / 4;

    setsockopt(transport->fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof most); /* or it is what it was */
    eddy_transport_set_write_buffer_limits(transport, 0, 0, UNREAD_MOST);
}

static struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);

    CO_BEGIN(co);
    bound_unread(&self->stream->transport);
    tell(self, NULL, "Your name?");
    for (;;) {
        CO_AWAIT(co, eddy_next_turn()); /* first those who send, however fast this one talks */
        CO_TRY_AWAIT(co, eddy_reader_readline(&self->stream->reader));
        if (eddy_co_error(co) == EDDY_ELIMIT) {
            tell(self, NULL, "(nobody reads such a long line)");
            continue;
        }
        if (eddy_co_error(co) < 0)
            CO_FAIL(co, eddy_co_error(co));
        if (self->stream->reader.size == 0)
            CO_RETURN(co);
        take_line(self);
        if (!self->name[0])
            enter(self);
        else if (self->line[0])
            tell(NULL, self, "%s: %s", self->name, self->line);
    }
    CO_FINALLY(co);
    if (self->name[0])
        eddy_list_remove(&self->link);
    if (self->name[0] && eddy_co_outcome(co) != -ECANCELED) /* the whole room goes */
        tell(NULL, self, "%s has gone", self->name);
    eddy_co_handled(co); /* a guest that has gone is no failure of ours */
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "A room to talk in, with nc.");

    eddy_list_init(&room);
    return demo_status(&demo, eddy_run(serving, .demo = &demo, .server.limit = LINE_MOST,
                                       .handler = EDDY_HANDLER(guest)));
}
