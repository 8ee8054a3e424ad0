/*
 * supervisor - keeps programs running: starts those of its arguments, and starts again what has died, after
 * a pause that doubles; one that dies five times in a row is given up. With nc: status, stop NAME, start
 * NAME.
 *
 * Each program has a task, and to stop a program is to cancel its task: the cleanup section ends it, first
 * with SIGTERM, and with SIGKILL if that is in vain. That takes a second for each, at most. Another Ctrl-C
 * meanwhile ends the supervisor at once, and leaves running what has not ended by then.
 */
#include "server.h"

#include "process.h"
#include "pump.h"
#include "run.h"
#include "wait_for.h"

enum { PROGRAMS_MAX = 16, WORDS_MAX = 16, DEATHS_MAX = 5 };

static const double patience = 1.0; /* between the two signals: seconds */
static const double steady = 10.0;  /* who has lived so long is healthy */

/* ---- A program ----------------------------------------------------------------------------------- */

struct keep {
    struct eddy_co co;
    struct program *program;
    struct eddy_process process;
    struct eddy_process_wait wait;
    struct eddy_wait_for limit;
    struct eddy_sleep sleep;
    double began, pause;
    int deaths; /* in a row */
};

struct program {
    const char *name, *argv[WORDS_MAX + 1];
    double pause; /* the first one */
    const char *state;
    struct eddy_task task;
    struct keep keep;
};

static void say(struct program *program, const char *state)
{
    program->state = state;
    printf("%s: %s\n", program->name, state);
}

static int start_process(struct keep *self)
{
    struct eddy_loop *loop = eddy_co_loop(&self->co);
    struct eddy_program program = {.argv = self->program->argv, .in = EDDY_NULL, .own_group = true};
    int err = eddy_process_start(&self->process, loop, &program);

    self->began = eddy_loop_time(loop);
    if (err < 0)
        fprintf(stderr, "%s: %s: %s\n", self->program->name, program.argv[0], eddy_strerror(err));
    else
        say(self->program, "runs");
    return err;
}

static void note_death(struct keep *self)
{
    const struct eddy_process *process = &self->process;
    double lived = eddy_loop_time(eddy_co_loop(&self->co)) - self->began;

    if (lived > steady)
        self->deaths = 0;
    self->pause = self->deaths++ == 0 ? self->program->pause : 2 * self->pause;
    printf("%s: %s %d\n", self->program->name, process->signal ? "signal" : "exit",
           process->signal ? process->signal : process->code);
    eddy_process_close(&self->process);
}

static struct eddy_step keep(struct eddy_co *co)
{
    struct keep *self = CO_FRAME(co, keep);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    while (self->deaths < DEATHS_MAX) {
        err = start_process(self);
        if (err < 0)
            CO_FAIL(co, err);
        CO_AWAIT(co, eddy_process_wait(&self->wait, &self->process));
        note_death(self);
        if (self->deaths < DEATHS_MAX) {
            say(self->program, "waits");
            CO_AWAIT(co, eddy_sleep(&self->sleep, loop, self->pause));
        }
    }
    CO_FINALLY(co);
    if (self->process.loop) {
        say(self->program, "ends");
        eddy_process_terminate(&self->process);
        CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, loop,
                                       eddy_process_wait(&self->wait, &self->process), patience));
        eddy_process_close(&self->process); /* which kills it, if it runs */
    }
    say(self->program,
        self->deaths == DEATHS_MAX ? "given up, after 5 deaths in a row" : "stopped");
    eddy_co_handled(co); /* it has been said */
    CO_END(co);
}

static void start_program(struct program *program, struct eddy_loop *loop)
{
    eddy_task_start(&program->task, loop, keep, &program->keep, .program = program);
}

/* ---- A client ------------------------------------------------------------------------------------ */

struct supervised {
    struct server server;
    struct program programs[PROGRAMS_MAX];
    int count;
    int i; /* so many were started */
};

struct client {
    struct eddy_co co;
    struct supervised *all;
    int fd, i;
    struct eddy_pump in;
    struct answer answer;
    struct program *program;
    char line[LINE_ROOM];
};

static struct program *find_program(struct supervised *all, const char *name)
{
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->programs[i].name, name) == 0)
            return &all->programs[i];
    return NULL;
}

static struct eddy_future *tell(struct client *self, const char *name, const char *what)
{
    return answer(&self->answer, eddy_co_loop(&self->co), self->fd, "%s: %s", name, what);
}

/* `stop NAME`, `start NAME`: the program, else NULL. */
static struct program *program_after(struct client *self, const char *verb)
{
    size_t n = strlen(verb);

    if (strncmp(self->line, verb, n) != 0 || self->line[n] != ' ')
        return NULL;
    return find_program(self->all, self->line + n + 1);
}

static struct eddy_step client(struct eddy_co *co)
{
    struct client *self = CO_FRAME(co, client);
    struct eddy_reader *reader = &self->in.reader;
    int err;

    CO_BEGIN(co);
    err = eddy_pump_open(&self->in, eddy_co_loop(co), self->fd, 0);
    if (err < 0)
        CO_FAIL(co, err);
    for (;;) {
        CO_AWAIT(co, eddy_reader_readline(reader));
        if (reader->size == 0)
            break;
        take_line(reader, self->line);
        if (strcmp(self->line, "status") == 0) {
            for (self->i = 0; self->i < self->all->count; self->i++)
                CO_AWAIT(co, tell(self, self->all->programs[self->i].name,
                                  self->all->programs[self->i].state));
        } else if ((self->program = program_after(self, "stop")) != NULL) {
            eddy_task_cancel(&self->program->task);
            CO_TRY_AWAIT(co, &self->program->task.future);
            CO_AWAIT(co, tell(self, self->program->name, self->program->state));
        } else if ((self->program = program_after(self, "start")) != NULL) {
            if (eddy_future_done(&self->program->task.future))
                start_program(self->program, eddy_co_loop(co));
            CO_AWAIT(co, eddy_next_turn());
            CO_AWAIT(co, tell(self, self->program->name, self->program->state));
        } else {
            CO_AWAIT(co, tell(self, self->line,
                              "no such command or program; try status, stop NAME or start NAME"));
        }
    }
    CO_FINALLY(co);
    eddy_pump_close(&self->in);
    eddy_loop_close_fd(eddy_co_loop(co), self->fd);
    eddy_co_handled(co); /* a client that has gone is no failure of ours */
    CO_END(co);
}

/* ---- All of it ----------------------------------------------------------------------------------- */

static int let_in(struct server *server, int fd)
{
    struct supervised *all = container_of(server, struct supervised, server);

    return eddy_group_spawn(&server->group, client, .all = all, .fd = fd);
}

struct supervisor {
    struct eddy_co co;
    struct supervised *all;
};

/* The programs end in the reverse order of their start: a later one may need an earlier one. */
static struct eddy_step supervisor(struct eddy_co *co)
{
    struct supervisor *self = CO_FRAME(co, supervisor);
    struct supervised *all = self->all;
    int err;

    CO_BEGIN(co);
    err = server_open(&all->server, co);
    if (err < 0)
        CO_FAIL(co, err);
    for (all->i = 0; all->i < all->count; all->i++)
        start_program(&all->programs[all->i], eddy_co_loop(co));
    CO_AWAIT(co, eddy_group_join(&all->server.group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&all->server.group));
    while (all->i-- > 0) {
        eddy_task_cancel(&all->programs[all->i].task);
        CO_TRY_AWAIT(co, &all->programs[all->i].task.future);
    }
    CO_END(co);
}

/* "NAME=PROGRAM ARGUMENT...": words, between blanks; no quotes, since there is no shell. */
static bool add_program(struct supervised *all, char *text)
{
    struct program *program = &all->programs[all->count];
    int n = 0;

    if (all->count == PROGRAMS_MAX)
        return false;
    program->name = strtok(text, "=");
    if (program->name && find_program(all, program->name))
        return false;
    while (n < WORDS_MAX && (program->argv[n] = strtok(NULL, " ")) != NULL)
        n++;
    all->count++;
    return n > 0 && n < WORDS_MAX;
}

/* The programs on the command line, which are taken out. */
static void take_programs(struct supervised *all, int *argc, char *argv[])
{
    int left = 1;

    for (int i = 1; i < *argc; i++) {
        if (!strchr(argv[i], '=') || argv[i][0] == '-') {
            argv[left++] = argv[i];
        } else if (!add_program(all, argv[i])) {
            fprintf(stderr,
                    "supervisor: %s: no program, a name twice, too many words, or too many "
                    "programs\n",
                    argv[i]); /* its name */
            exit(1);
        }
    }
    *argc = left;
}

int main(int argc, char *argv[])
{
    static struct supervised all;
    struct demo_option pause = {"--pause", "before the first new start", 0.5};
    struct demo demo;

    /* When nobody reads what it says any more, it still ends its programs in the end. */
    signal(SIGPIPE, SIG_IGN);
    take_programs(&all, &argc, argv);
    demo = demo_start_with(argc, argv,
                           "Keeps programs running; each is one more argument: 'NAME=PROGRAM "
                           "ARGUMENT...'.\nTo nc it answers status, stop NAME, start NAME.",
                           &pause);
    all.server = (struct server){.demo = &demo, .let_in = let_in};
    for (int i = 0; i < all.count; i++)
        all.programs[i].pause = pause.value;
    return demo_status(&demo, eddy_run(supervisor, .all = &all));
}
