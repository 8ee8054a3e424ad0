/*
 * lines - a chat between one terminal and many nc: what is typed here goes to all clients, and what they
 * say is printed. Standard input is read as a socket is, whatever it is: a terminal, a pipe, a file.
 */
#include "server.h"

#include "pump.h"
#include "run.h"

struct chat {
    struct server server;
    struct eddy_list guests;
    int count;
};

/* ---- A guest ------------------------------------------------------------------------------------- */

struct guest {
    struct eddy_co co;
    struct chat *chat;
    struct eddy_list link;
    struct eddy_task *task;
    int fd, number;
    struct eddy_pump in;
    char line[LINE_ROOM];
};

static int enter(struct guest *guest)
{
    guest->task = eddy_current_task();
    guest->number = ++guest->chat->count;
    eddy_list_append(&guest->chat->guests, &guest->link);
    printf("guest %d has come\n", guest->number);
    return eddy_pump_open(&guest->in, eddy_co_loop(&guest->co), guest->fd, 0);
}

static struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);
    int err;

    CO_BEGIN(co);
    err = enter(self);
    if (err < 0)
        CO_FAIL(co, err);
    for (;;) {
        CO_AWAIT(co, eddy_reader_readline(&self->in.reader));
        if (self->in.reader.size == 0)
            break;
        take_line(&self->in.reader, self->line);
        printf("guest %d: %s\n", self->number, self->line);
    }
    CO_FINALLY(co);
    if (eddy_list_linked(&self->link)) {
        eddy_list_remove(&self->link);
        printf("guest %d has gone\n", self->number);
    }
    eddy_pump_close(&self->in);
    eddy_loop_close_fd(eddy_co_loop(co), self->fd);
    eddy_co_handled(co); /* a guest that has gone is no failure of ours */
    CO_END(co);
}

/* ---- The terminal -------------------------------------------------------------------------------- */

struct terminal {
    struct eddy_co co;
    struct chat *chat;
    struct eddy_pump in;
};

/* Nobody waits for a guest that does not read: when the kernel has no more room for its lines, it is shown
 * out. (Chapter 8's room keeps lines for it.) */
static void tell_all(struct chat *chat, const char *line, size_t n)
{
    struct eddy_list *all = &chat->guests;

    for (struct eddy_list *link = all->next; link != all; link = link->next) {
        struct guest *guest = container_of(link, struct guest, link);
        if (eddy_net_send(guest->fd, line, n) != (ssize_t)n)
            eddy_task_cancel(guest->task);
    }
}

/* At the end of what is typed, the guests may still talk. */
static struct eddy_step terminal(struct eddy_co *co)
{
    struct terminal *self = CO_FRAME(co, terminal);
    struct eddy_reader *typed = &self->in.reader;
    int err;

    CO_BEGIN(co);
    err = eddy_pump_open(&self->in, eddy_co_loop(co), STDIN_FILENO, 0);
    if (err < 0)
        CO_FAIL(co, err);
    do {
        CO_AWAIT(co, eddy_reader_readline(typed));
        tell_all(self->chat, typed->data, typed->size);
    } while (typed->size > 0);
    printf("lines: nobody types any more\n");
    CO_FINALLY(co);
    eddy_pump_close(&self->in);
    CO_END(co);
}

/* ---- All of it ----------------------------------------------------------------------------------- */

static int let_in(struct server *server, int fd)
{
    struct chat *chat = container_of(server, struct chat, server);

    return eddy_group_spawn(&server->group, guest, .chat = chat, .fd = fd);
}

struct lines {
    struct eddy_co co;
    struct chat chat;
};

static struct eddy_step lines(struct eddy_co *co)
{
    struct lines *self = CO_FRAME(co, lines);
    struct server *server = &self->chat.server;
    int err;

    CO_BEGIN(co);
    eddy_list_init(&self->chat.guests);
    err = server_open(server, co);
    if (err == 0)
        err = eddy_group_spawn(&server->group, terminal, .chat = &self->chat);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_group_join(&server->group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&server->group));
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo demo =
        demo_start(argc, argv, "A chat between this terminal and those who come with nc.");
    struct chat chat = {.server = {.demo = &demo, .let_in = let_in}};

    return demo_status(&demo, eddy_run(lines, .chat = chat));
}
