/*
 * chat - the room again, with a queue for each guest: whoever connects gives a name, and what one says
 * all others read.
 *
 * Chapter 6's room shows a guest out who does not read. This one lets them stay: somebody who has
 * stopped the terminal with Ctrl-S, or whose line is slow, wants to be in the room afterwards. The queue
 * is bounded (lines.h), so such a guest costs the room a few kilobytes, and costs the others nothing; it
 * finds the last 64 lines, and a note that says how many it has missed.
 */
#include "lines.h"

#include "group.h"
#include "run.h"

enum { LISTENERS_MAX = 8, NAME_MAX_LENGTH = 20 };

static const double rest_seconds = 1.0;

struct room {
    struct eddy_group *group; /* of all who are here, and the doors */
    struct eddy_list outboxes;
    bool closing;
};

/* ---- A guest ----------------------------------------------------------------------------------- */

struct guest {
    struct eddy_co co;
    struct room *room;
    int fd;
    struct outbox out;
    struct intake in;
    struct read_line reading;
    char name[NAME_MAX_LENGTH + 1]; /* "" until it has given one */
};

static bool is_taken(const struct room *room, const char *name)
{
    const struct eddy_list *all = &room->outboxes;

    for (struct eddy_list *link = all->next; link != all; link = link->next) {
        struct outbox *box = container_of(link, struct outbox, link);
        if (strcmp(container_of(box, struct guest, out)->name, name) == 0)
            return true;
    }
    return false;
}

/* False: it has to give another name. Who has none hears nothing of the others. */
static bool enter(struct guest *guest)
{
    const char *name = guest->in.line;

    if (name[0] == '\0' || strlen(name) > NAME_MAX_LENGTH) {
        tell(&guest->out, "a name has 1 to %d letters. Your name?", NAME_MAX_LENGTH);
        return false;
    }
    if (is_taken(guest->room, name)) {
        tell(&guest->out, "%s is here already. Your name?", name);
        return false;
    }
    strcpy(guest->name, name);
    tell(&guest->out, "Welcome, %s.", name);
    tell_all(&guest->room->outboxes, NULL, "%s has come", name);
    eddy_list_append(&guest->room->outboxes, &guest->out.link);
    return true;
}

static void leave(struct guest *guest)
{
    if (!eddy_list_linked(&guest->out.link))
        return;
    eddy_list_remove(&guest->out.link);
    if (!guest->room->closing)
        tell_all(&guest->room->outboxes, NULL, "%s has gone", guest->name);
}

static struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);

    CO_BEGIN(co);
    self->in.fd = self->fd;
    if (outbox_open(&self->out, eddy_co_loop(co), self->fd) < 0)
        CO_FAIL(co, -ENOMEM);
    tell(&self->out, "Your name?");
    do
        CO_CALL(co, read_line, &self->reading, .from = &self->in);
    while (!enter(self));
    for (;;) {
        CO_CALL(co, read_line, &self->reading, .from = &self->in);
        if (self->in.line[0])
            tell_all(&self->room->outboxes, &self->out, "%s: %s", self->name, self->in.line);
    }
    CO_FINALLY(co);
    leave(self);
    CO_AWAIT(co, outbox_finish(&self->out, eddy_co_loop(co)));
    outbox_close(&self->out);
    eddy_loop_close_fd(eddy_co_loop(co), self->fd);
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

static int let_in(struct door *door, int fd)
{
    int err = eddy_group_spawn(door->room->group, guest, .room = door->room, .fd = fd);

    if (err < 0)
        eddy_loop_close_fd(eddy_co_loop(&door->co), fd);
    return err;
}

/* Is open for ever: it ends when the group does. */
static struct eddy_step door(struct eddy_co *co)
{
    struct door *self = CO_FRAME(co, door);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_AWAIT(co, eddy_accept(&self->io, loop, self->listener));
        self->err = eddy_co_error(co);
        if (self->err == 0)
            self->err = let_in(self, (int)self->io.n);
        if (self->err == -ECANCELED)
            CO_FAIL(co, self->err);
        if (self->err < 0) {
            fprintf(stderr, "chat: nobody else can come in for now: %s\n",
                    eddy_strerror(self->err));
            CO_AWAIT(co, eddy_sleep(&self->rest, loop, rest_seconds));
        }
    }
    CO_FINALLY(co);
    self->room->closing = true; /* nobody need hear of it when the others go */
    eddy_loop_close_fd(loop, self->listener);
    CO_END(co);
}

/* ---- All of it --------------------------------------------------------------------------------- */

struct chat {
    struct eddy_co co;
    const struct demo *demo;
    struct room room;
    struct eddy_group group;
    int err;
};

/* "localhost" may be two addresses: a door for each. */
static int open_doors(struct chat *self)
{
    int fds[LISTENERS_MAX], n = demo_try_listen(self->demo, fds, LISTENERS_MAX), err = 0;

    for (int i = 0; i < n; i++) {
        if (err == 0)
            err = eddy_group_spawn(&self->group, door, .room = &self->room, .listener = fds[i]);
        if (err < 0)
            eddy_loop_close_fd(eddy_co_loop(&self->co), fds[i]);
    }
    return n < 0 ? n : err;
}

static struct eddy_step chat(struct eddy_co *co)
{
    struct chat *self = CO_FRAME(co, chat);

    CO_BEGIN(co);
    self->room.group = &self->group;
    eddy_list_init(&self->room.outboxes);
    self->err = eddy_group_open(&self->group, co);
    if (self->err == 0)
        self->err = open_doors(self);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_AWAIT(co, eddy_group_join(&self->group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "A room to talk in, with nc.");

    return demo_status(&demo, eddy_run(chat, .demo = &demo));
}
