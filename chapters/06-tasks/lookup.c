/*
 * lookup - chapter 4's desk that knows everybody's number, but has to look in three books: who is in
 * which team, which team is on which floor, what number the floor has. Each book takes its time; many
 * clients ask at once, and none waits for another.
 *
 * The four functions of one question are one here, question(), and read from top to bottom. What is
 * known so far is still kept in a struct: the frame.
 */
#include "../demo.h"

#include "delay.h"
#include "run.h"
#include "sockio.h"

enum { LISTENERS_MAX = 8, LINE_MAX_BYTES = 64, ANSWER_MAX = 160 };

static const double rest_seconds = 1.0;

struct entry {
    const char *key, *value;
};

static const struct entry teams[] = {
    {"ann", "tools"}, {"bob", "tools"}, {"carl", "press"}, {"dora", "night"}, {NULL, NULL}};
static const struct entry floors[] = {{"tools", "3"}, {"press", "1"}, {NULL, NULL}};
static const struct entry numbers[] = {{"1", "101"}, {"3", "303"}, {NULL, NULL}};

/* ---- Look something up in a book --------------------------------------------------------------- */

struct look_up {
    struct eddy_co co;
    struct eddy_sleep sleep;
    const struct entry *book;
    const char *key, *value; /* the result; NULL: it is not in the book */
    double seconds;
};

static struct eddy_step look_up(struct eddy_co *co)
{
    struct look_up *self = CO_FRAME(co, look_up);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->seconds));
    while (self->book->key && strcmp(self->book->key, self->key) != 0)
        self->book++;
    self->value = self->book->value; /* NULL behind the last */
    CO_END(co);
}

/* ---- One question, in one function ------------------------------------------------------------- */

struct question {
    struct eddy_co co;
    struct look_up book;
    double seconds;
    const char *name, *team, *floor; /* what is known so far */
    char answer[ANSWER_MAX];
};

static struct eddy_step question(struct eddy_co *co)
{
    struct question *self = CO_FRAME(co, question);

    CO_BEGIN(co);
    CO_CALL(co, look_up, &self->book, .book = teams, .key = self->name, .seconds = self->seconds);
    self->team = self->book.value;
    if (!self->team) {
        snprintf(self->answer, ANSWER_MAX, "nobody here is called %s\n", self->name);
        CO_RETURN(co);
    }
    CO_CALL(co, look_up, &self->book, .book = floors, .key = self->team, .seconds = self->seconds);
    self->floor = self->book.value;
    if (!self->floor) {
        snprintf(self->answer, ANSWER_MAX, "%s is in team %s; nobody knows where that sits\n",
                 self->name, self->team);
        CO_RETURN(co);
    }
    CO_CALL(co, look_up, &self->book, .book = numbers, .key = self->floor,
            .seconds = self->seconds);
    snprintf(self->answer, ANSWER_MAX, "%s is in team %s on floor %s: call %s\n", self->name,
             self->team, self->floor,
             self->book.value ? self->book.value : "nobody, it has no number");
    CO_FINALLY(co);
    /* Whichever of the three has failed. */
    if (eddy_co_outcome(co) < 0 && eddy_co_outcome(co) != -ECANCELED) {
        snprintf(self->answer, ANSWER_MAX, "the books cannot be had just now\n");
        eddy_co_handled(co);
    }
    CO_END(co);
}

/* ---- One client -------------------------------------------------------------------------------- */

/* Reads a byte at a time: what follows the line stays in the kernel until it is its turn. */
struct read_line {
    struct eddy_co co;
    struct eddy_io io;
    int fd;
    char byte, *line; /* has room for LINE_MAX_BYTES */
    size_t length;
};

/* Ends with EDDY_ECLOSED when there are no more lines. */
static struct eddy_step read_line(struct eddy_co *co)
{
    struct read_line *self = CO_FRAME(co, read_line);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_recv(&self->io, eddy_co_loop(co), self->fd, &self->byte, 1));
        if (self->io.n == 0)
            CO_FAIL(co, EDDY_ECLOSED);
        if (self->byte == '\n')
            break;
        if (self->length + 1 < LINE_MAX_BYTES && self->byte != '\r')
            self->line[self->length++] = self->byte;
    }
    self->line[self->length] = '\0';
    CO_END(co);
}

struct client {
    struct eddy_co co;
    int fd;
    double seconds; /* that a lookup takes */
    struct read_line reading;
    struct question question;
    struct eddy_io io;
    char line[LINE_MAX_BYTES];
};

static struct eddy_step client(struct eddy_co *co)
{
    struct client *self = CO_FRAME(co, client);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_CALL(co, read_line, &self->reading, .fd = self->fd, .line = self->line);
        CO_CALL(co, question, &self->question, .name = self->line, .seconds = self->seconds);
        CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, self->question.answer,
                                  strlen(self->question.answer)));
    }
    CO_FINALLY(co);
    printf("[%d] closed\n", self->fd);
    eddy_loop_close_fd(loop, self->fd);
    eddy_co_handled(co); /* a client that has gone is no failure of ours */
    CO_END(co);
}

/* ---- The desk ---------------------------------------------------------------------------------- */

static int serve(struct eddy_loop *loop, int fd, double seconds)
{
    char name[EDDY_NET_NAME_MAX] = "a client that has gone";
    int err = eddy_spawn(loop, client, .fd = fd, .seconds = seconds);

    if (err < 0) {
        eddy_loop_close_fd(loop, fd);
        return err;
    }
    eddy_net_peer_name(fd, name, sizeof name);
    printf("[%d] connected: %s\n", fd, name);
    return 0;
}

struct desk {
    struct eddy_co co;
    struct eddy_io io;
    struct eddy_sleep rest;
    int listener, err;
    double seconds;
};

/* Accepts for ever: it ends when it is cancelled. */
static struct eddy_step desk(struct eddy_co *co)
{
    struct desk *self = CO_FRAME(co, desk);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_AWAIT(co, eddy_accept(&self->io, loop, self->listener));
        self->err = eddy_co_error(co);
        if (self->err == 0)
            self->err = serve(loop, (int)self->io.n, self->seconds);
        if (self->err == -ECANCELED)
            CO_FAIL(co, self->err);
        if (self->err < 0) {
            fprintf(stderr, "lookup: no more clients for now: %s\n", eddy_strerror(self->err));
            CO_AWAIT(co, eddy_sleep(&self->rest, loop, rest_seconds));
        }
    }
    CO_FINALLY(co);
    eddy_loop_close_fd(loop, self->listener);
    CO_END(co);
}

struct lookup {
    struct eddy_co co;
    const struct demo *demo;
    double seconds;
    int fds[LISTENERS_MAX], count, i;
    struct eddy_task tasks[LISTENERS_MAX];
    struct desk desks[LISTENERS_MAX]; /* one for each address that "localhost" has */
};

static struct eddy_step lookup(struct eddy_co *co)
{
    struct lookup *self = CO_FRAME(co, lookup);

    CO_BEGIN(co);
    self->count = demo_try_listen(self->demo, self->fds, LISTENERS_MAX);
    if (self->count < 0)
        CO_FAIL(co, self->count);
    for (int i = 0; i < self->count; i++)
        eddy_task_start(&self->tasks[i], eddy_co_loop(co), desk, &self->desks[i],
                        .listener = self->fds[i], .seconds = self->seconds);
    CO_AWAIT(co, &self->tasks[0].future);
    CO_FINALLY(co);
    for (self->i = 0; self->i < self->count; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_TRY_AWAIT(co, &self->tasks[self->i].future);
    }
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo_option slow = {"--seconds", "how long it looks into each of the three books", 0.5};
    struct demo demo =
        demo_start_with(argc, argv, "Tells whom to call, if you type a name.", &slow);

    return demo_status(&demo, eddy_run(lookup, .demo = &demo, .seconds = slow.value));
}
