/*
 * fetch - asks eight planets for a word about themselves, all at once. Each is far away and takes its
 * time, so all together take as long as the slowest; with --one-by-one they take the sum.
 *
 * The planets are this program's own: a little server, made of a group of tasks, that anybody may ask
 * with nc. It sends a dot for each tenth of the way, and then the word.
 */
#include "../demo.h"

#include "delay.h"
#include "gather.h"
#include "group.h"
#include "run.h"
#include "sockio.h"

enum { PLANETS = 8, DOTS = 10, LISTENERS_MAX = 8, NAME_ROOM = 32, LINE_ROOM = 128 };

static const double rest_seconds = 1.0;

struct planet {
    const char *name;
    double far; /* 1: the one that is farthest away */
    const char *word;
};

static const struct planet planets[PLANETS] = {
    {"earth", 0.3, "mostly harmless"},
    {"jupiter", 0.5, "my red spot is a storm"},
    {"mars", 0.4, "my sunsets are blue"},
    {"mercury", 0.1, "my day is longer than my year"},
    {"neptune", 1.0, "I was found with a pencil"},
    {"saturn", 0.6, "I would float, if you had a tub"},
    {"uranus", 0.8, "I lie on my side"},
    {"venus", 0.2, "the sun rises in the west here"},
};

static const struct planet *find_planet(const char *name)
{
    for (const struct planet *planet = planets; planet < planets + PLANETS; planet++)
        if (strcmp(planet->name, name) == 0)
            return planet;
    return NULL;
}

/* ---- The slow server: one client ---------------------------------------------------------------- */

/* Reads a byte at a time: what follows the line stays in the kernel until it is its turn. */
struct read_name {
    struct eddy_co co;
    struct eddy_io io;
    int fd;
    char byte, *name; /* has room for NAME_ROOM */
    size_t length;
};

/* Ends with EDDY_ECLOSED when there are no more lines. */
static struct eddy_step read_name(struct eddy_co *co)
{
    struct read_name *self = CO_FRAME(co, read_name);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_recv(&self->io, eddy_co_loop(co), self->fd, &self->byte, 1));
        if (self->io.n == 0)
            CO_FAIL(co, EDDY_ECLOSED);
        if (self->byte == '\n')
            break;
        if (self->length + 1 < NAME_ROOM && self->byte != '\r')
            self->name[self->length++] = self->byte;
    }
    self->name[self->length] = '\0';
    CO_END(co);
}

struct answer {
    struct eddy_co co;
    int fd;
    double seconds; /* that the farthest takes */
    struct read_name reading;
    struct eddy_sleep sleep;
    struct eddy_io io;
    const struct planet *planet;
    int dots;
    char name[NAME_ROOM], line[LINE_ROOM];
};

static void compose(struct answer *self)
{
    if (self->planet)
        snprintf(self->line, LINE_ROOM, " %s\n", self->planet->word);
    else
        snprintf(self->line, LINE_ROOM, "there is no planet %s\n", self->name);
}

static struct eddy_step answer(struct eddy_co *co)
{
    struct answer *self = CO_FRAME(co, answer);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_CALL(co, read_name, &self->reading, .fd = self->fd, .name = self->name);
        self->planet = find_planet(self->name);
        for (self->dots = 0; self->planet && self->dots < DOTS; self->dots++) {
            CO_AWAIT(co, eddy_sleep(&self->sleep, loop, self->planet->far * self->seconds / DOTS));
            CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, ".", 1));
        }
        compose(self);
        CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, self->line, strlen(self->line)));
    }
    CO_FINALLY(co);
    eddy_loop_close_fd(loop, self->fd);
    eddy_co_handled(co); /* a client that has gone is no failure of the group */
    CO_END(co);
}

/* ---- The slow server: its door ------------------------------------------------------------------ */

struct door {
    struct eddy_co co;
    struct eddy_group *group; /* that the clients join, as the door has */
    int listener, err;
    double seconds;
    struct eddy_io io;
    struct eddy_sleep rest;
};

static int admit(struct door *self, int fd)
{
    int err = eddy_group_spawn(self->group, answer, .fd = fd, .seconds = self->seconds);

    if (err < 0)
        eddy_loop_close_fd(eddy_co_loop(&self->co), fd);
    return err;
}

/* Accepts for ever: it ends when the group does. */
static struct eddy_step door(struct eddy_co *co)
{
    struct door *self = CO_FRAME(co, door);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_AWAIT(co, eddy_accept(&self->io, loop, self->listener));
        self->err = eddy_co_error(co);
        if (self->err == 0)
            self->err = admit(self, (int)self->io.n);
        if (self->err == -ECANCELED)
            CO_FAIL(co, self->err);
        if (self->err < 0) {
            fprintf(stderr, "fetch: no more clients for now: %s\n", eddy_strerror(self->err));
            CO_AWAIT(co, eddy_sleep(&self->rest, loop, rest_seconds));
        }
    }
    CO_FINALLY(co);
    eddy_loop_close_fd(loop, self->listener);
    CO_END(co);
}

/* ---- What is on the screen ---------------------------------------------------------------------- */

/* A line for each question. On a terminal each of them changes in its place; elsewhere it is printed
 * when its answer is there. */
struct screen {
    bool alive;
    int rows; /* that are there */
};

static bool can_move_cursor(void)
{
    const char *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

/* Line `row`; a new one, if it is the next. The cursor stays below the last. */
static void show(struct screen *screen, int row, const char *text)
{
    if (!screen->alive) {
        printf("%s\n", text);
        return;
    }
    for (; screen->rows <= row; screen->rows++)
        printf("\n");
    printf("\033[%dA\r\033[K%s\033[%dB\r", screen->rows - row, text, screen->rows - row);
    fflush(stdout);
}

/* ---- The fetcher: one question ------------------------------------------------------------------ */

/* What all questions share. */
struct errand {
    struct sockaddr_storage address; /* where to ask */
    socklen_t size;
    struct screen screen;
};

struct ask {
    struct eddy_co co;
    struct errand *errand;
    const struct planet *planet;
    int fd;
    double began, seconds; /* how long it has taken */
    struct eddy_io io;
    char question[NAME_ROOM], line[LINE_ROOM]; /* the line is the dots, and the word */
    size_t length;
};

static bool has_answer(const struct ask *self)
{
    return self->length > 0 && self->line[self->length - 1] == '\n';
}

static void show_progress(struct ask *self)
{
    struct screen *screen = &self->errand->screen;
    int dots = (int)strspn(self->line, "."), length = (int)strcspn(self->line, "\n");
    char text[2 * LINE_ROOM];

    if (!screen->alive && !has_answer(self))
        return;
    snprintf(text, sizeof text, "%-8s %-*.*s  %.2f s%.*s", self->planet->name, DOTS, dots,
             self->line, self->seconds, length - dots, self->line + dots);
    show(screen, (int)(self->planet - planets), text);
}

static struct eddy_step ask(struct eddy_co *co)
{
    struct ask *self = CO_FRAME(co, ask);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->began = eddy_loop_time(loop);
    show_progress(self);
    self->fd = eddy_socket(loop, self->errand->address.ss_family, SOCK_STREAM);
    if (self->fd < 0)
        CO_FAIL(co, self->fd);
    CO_AWAIT(co, eddy_connect(&self->io, loop, self->fd, (struct sockaddr *)&self->errand->address,
                              self->errand->size));
    snprintf(self->question, NAME_ROOM, "%s\n", self->planet->name);
    CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, self->question, strlen(self->question)));
    while (!has_answer(self)) {
        CO_AWAIT(co, eddy_recv(&self->io, loop, self->fd, self->line + self->length,
                               LINE_ROOM - 1 - self->length));
        if (self->io.n == 0)
            CO_FAIL(co, EDDY_ECLOSED);
        self->length += (size_t)self->io.n;
        self->seconds = eddy_loop_time(loop) - self->began;
        show_progress(self);
    }
    CO_FINALLY(co);
    if (self->fd >= 0)
        eddy_loop_close_fd(loop, self->fd);
    CO_END(co);
}

/* ---- All of it --------------------------------------------------------------------------------- */

struct fetch {
    struct eddy_co co;
    const struct demo *demo;
    double seconds; /* that the farthest planet takes */
    bool one_by_one;
    struct eddy_group server;
    struct errand errand;
    double began;
    int i, err;
    struct eddy_gather all;
    struct eddy_awaited each[PLANETS];
    struct eddy_task tasks[PLANETS];
    struct ask asks[PLANETS];
};

/* "localhost" may be two addresses: a door for each. */
static int open_doors(struct fetch *self, struct eddy_loop *loop, int fds[], int n)
{
    int err = 0;

    for (int i = 0; i < n; i++) {
        if (err == 0)
            err = eddy_group_spawn(&self->server, door, .group = &self->server, .listener = fds[i],
                                   .seconds = self->seconds);
        if (err < 0)
            eddy_loop_close_fd(loop, fds[i]);
    }
    return err;
}

static int open_server(struct fetch *self, struct eddy_co *co)
{
    struct sockaddr *address = (struct sockaddr *)&self->errand.address;
    int fds[LISTENERS_MAX], err = eddy_group_open(&self->server, co), n;

    if (err < 0)
        return err;
    n = demo_try_listen(self->demo, fds, LISTENERS_MAX);
    if (n < 0)
        return n;
    self->errand.size = sizeof self->errand.address;
    err = getsockname(fds[0], address, &self->errand.size) < 0 ? -errno : 0;
    self->errand.screen.alive = can_move_cursor();
    n = open_doors(self, eddy_co_loop(co), fds, n);
    return err < 0 ? err : n;
}

static struct eddy_future *start_all(struct fetch *self, struct eddy_loop *loop)
{
    for (int i = 0; i < PLANETS; i++)
        self->each[i].future =
            eddy_task_start(&self->tasks[i], loop, ask, &self->asks[i], .errand = &self->errand,
                            .planet = &planets[i], .fd = -1);
    return eddy_gather(&self->all, loop, self->each, PLANETS);
}

static void say_times(const struct fetch *self, double seconds)
{
    double sum = 0;

    for (int i = 0; i < PLANETS; i++)
        sum += self->asks[i].seconds;
    printf("all %d    %.2f s, and their times add up to %.2f s\n", PLANETS, seconds, sum);
    printf("fetch: now you: type mars into nc\n");
}

static struct eddy_step fetch(struct eddy_co *co)
{
    struct fetch *self = CO_FRAME(co, fetch);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->err = open_server(self, co);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    self->began = eddy_loop_time(loop);
    if (self->one_by_one) {
        for (self->i = 0; self->i < PLANETS; self->i++)
            CO_CALL(co, ask, &self->asks[self->i], .errand = &self->errand,
                    .planet = &planets[self->i], .fd = -1);
    } else {
        CO_AWAIT(co, start_all(self, loop));
    }
    say_times(self, eddy_loop_time(loop) - self->began);
    CO_AWAIT(co, eddy_group_join(&self->server)); /* it goes on until Ctrl-C */
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->server));
    CO_END(co);
}

/* Whether `flag` is on the command line. It is taken out. */
static bool take_flag(int *argc, char *argv[], const char *flag)
{
    for (int i = 1; i < *argc; i++)
        if (strcmp(argv[i], flag) == 0) {
            memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof *argv);
            --*argc;
            return true;
        }
    return false;
}

int main(int argc, char *argv[])
{
    struct demo_option slow = {"--seconds", "how long the farthest planet takes", 1.5};
    bool one_by_one = take_flag(&argc, argv, "--one-by-one");
    struct demo demo =
        demo_start_with(argc, argv,
                        "Asks eight slow servers at once; with --one-by-one first, one after the\n"
                        "other. Then the servers are yours to ask.",
                        &slow);

    return demo_status(
        &demo, eddy_run(fetch, .demo = &demo, .seconds = slow.value, .one_by_one = one_by_one));
}
