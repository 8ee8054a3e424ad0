/*
 * commands - runs a fixed set of commands for its clients, and sends them each line as it comes.
 *
 * A client chooses, it does not command: its first word is looked up in a table, and the rest of its line
 * is one argument, which no shell reads. So `du ; rm -r x` asks for the size of something that is called
 * "; rm -r x". One command may be a shell's, since its text is ours.
 */
#include "server.h"

#include "fdio.h"
#include "process.h"
#include "run.h"

enum { WORDS_MAX = 8 };

struct office {
    struct server server;
    char pause[32]; /* of `count`: seconds */
};

/* ---- The commands -------------------------------------------------------------------------------- */

enum takes { NOTHING, AN_ARGUMENT, LINES, THE_PAUSE };

struct command {
    const char *name, *what;
    enum takes takes;
    const char *argv[WORDS_MAX];
};

static const char slowly[] = "for i in 1 2 3 4 5; do echo $i; sleep \"$1\"; done";

static const struct command table[] = {
    {"date", "what time it is here", NOTHING, {"date"}},
    {"uptime", "how long this machine has been running", NOTHING, {"uptime"}},
    {"du", "DIRECTORY: how many kilobytes it takes", AN_ARGUMENT, {"du", "-k", "--"}},
    {"sort", "the lines that you type next, up to a dot", LINES, {"sort"}},
    {"count", "from 1 to 5, slowly; stop ends it", THE_PAUSE, {"sh", "-c", slowly, "count"}},
};

enum { COMMANDS = sizeof table / sizeof table[0] };

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

/* ---- A client's lines ---------------------------------------------------------------------------- */

/* While a command runs: `stop` ends it, and any other line waits until it has ended. */
struct listener {
    struct eddy_co co;
    struct client *client;
};

struct run {
    struct eddy_co co;
    struct client *client;
    const struct command *command;
    const char *argv[WORDS_MAX];
    struct eddy_process process;
    struct eddy_process_wait wait;
    struct eddy_io io;
    struct eddy_task listener;
    struct listener listening;
    int err;
};

struct client {
    struct eddy_co co;
    struct office *office;
    int fd;
    struct eddy_pump in;
    struct answer answer;
    struct run run;
    int i;
    bool ahead; /* a line was read already: it lies in the reader */
    char line[LINE_ROOM];
    char *argument; /* the rest of the line, or NULL */
};

/* Its first word to `line`, what comes after it to `argument`. */
static void split_line(struct client *client)
{
    take_line(&client->in.reader, client->line);
    client->argument = strchr(client->line, ' ');
    if (client->argument)
        *client->argument++ = '\0';
}

static bool line_is(struct client *client, const char *text)
{
    take_line(&client->in.reader, client->line);
    return strcmp(client->line, text) == 0;
}

/* ---- A command runs ------------------------------------------------------------------------------ */

/* Its whole group: a shell has children of its own, and these hold the pipe. */
static void signal_all(struct eddy_process *process, int signo)
{
    if (process->loop && !process->ended)
        kill(-process->pid, signo);
}

static struct eddy_step listener(struct eddy_co *co)
{
    struct listener *self = CO_FRAME(co, listener);
    struct client *client = self->client;

    CO_BEGIN(co);
    while (!client->ahead) {
        CO_AWAIT(co, eddy_reader_readline(&client->in.reader));
        if (line_is(client, "stop"))
            signal_all(&client->run.process, SIGTERM);
        else
            client->ahead = true;
    }
    CO_FINALLY(co);
    if (eddy_co_outcome(co) < 0 && eddy_co_outcome(co) != -ECANCELED)
        signal_all(&client->run.process, SIGTERM); /* the client has gone */
    eddy_co_handled(co);
    CO_END(co);
}

static int start_command(struct run *self)
{
    const struct command *command = self->command;
    struct eddy_program program = {.argv = self->argv,
                                   .in = command->takes == LINES ? EDDY_PIPE : EDDY_NULL,
                                   .out = EDDY_PIPE,
                                   .err = EDDY_STDOUT,
                                   .own_group = true};
    size_t n = 0;

    for (; command->argv[n]; n++)
        self->argv[n] = command->argv[n];
    if (command->takes == AN_ARGUMENT)
        self->argv[n] = self->client->argument;
    if (command->takes == THE_PAUSE)
        self->argv[n] = self->client->office->pause;
    return eddy_process_start(&self->process, eddy_co_loop(&self->co), &program);
}

static struct eddy_future *tell_end(struct run *self)
{
    const struct eddy_process *process = &self->process;

    return answer(&self->client->answer, eddy_co_loop(&self->co), self->client->fd, "%s %d",
                  process->signal ? "signal" : "exit",
                  process->signal ? process->signal : process->code);
}

/* (What `sort` gets it reads to the end before it writes a line. With a program that answers meanwhile,
 * to write all and then to read would be a dead lock; communicate.h does both at once.) */
static struct eddy_step run(struct eddy_co *co)
{
    struct run *self = CO_FRAME(co, run);
    struct eddy_loop *loop = eddy_co_loop(co);
    struct client *client = self->client;
    struct eddy_reader *lines = &client->in.reader, *output = &self->process.out.reader;

    CO_BEGIN(co);
    self->err = start_command(self);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    while (self->process.in >= 0) {
        CO_AWAIT(co, eddy_reader_readline(lines));
        if (lines->size == 0 || line_is(client, "."))
            eddy_process_close_in(&self->process);
        else
            CO_AWAIT(co, eddy_write(&self->io, loop, self->process.in, lines->data, lines->size));
    }
    eddy_task_start(&self->listener, loop, listener, &self->listening, .client = client);
    for (;;) {
        CO_AWAIT(co, eddy_reader_readline(output));
        if (output->size == 0)
            break;
        CO_AWAIT(co, eddy_sendall(&self->io, loop, client->fd, output->data, output->size));
    }
    CO_AWAIT(co, eddy_process_wait(&self->wait, &self->process));
    CO_AWAIT(co, tell_end(self));
    CO_FINALLY(co);
    signal_all(&self->process, SIGKILL);
    if (self->listener.co) {
        eddy_task_cancel(&self->listener);
        CO_TRY_AWAIT(co, &self->listener.future);
    }
    eddy_process_close(&self->process);
    CO_END(co);
}

/* ---- A client ------------------------------------------------------------------------------------ */

/* NULL: its command can run. */
static const char *objection(const struct client *client, const struct command *command)
{
    if (!command)
        return "there is no such command; try list";
    if (command->takes == AN_ARGUMENT && !client->argument)
        return "it needs an argument; try list";
    if (command->takes != AN_ARGUMENT && client->argument)
        return "it takes no argument";
    return NULL;
}

static struct eddy_future *tell(struct client *self, const char *what, const char *more)
{
    return answer(&self->answer, eddy_co_loop(&self->co), self->fd, "%s: %s", what, more);
}

static struct eddy_step client(struct eddy_co *co)
{
    struct client *self = CO_FRAME(co, client);
    struct eddy_loop *loop = eddy_co_loop(co);
    const char *why;
    int err;

    CO_BEGIN(co);
    err = eddy_pump_open(&self->in, loop, self->fd, 0);
    if (err < 0)
        CO_FAIL(co, err);
    for (;;) {
        if (!self->ahead)
            CO_AWAIT(co, eddy_reader_readline(&self->in.reader));
        self->ahead = false;
        if (self->in.reader.size == 0)
            break;
        split_line(self);
        if (strcmp(self->line, "list") == 0) {
            for (self->i = 0; self->i < COMMANDS; self->i++)
                CO_AWAIT(co, tell(self, table[self->i].name, table[self->i].what));
            continue;
        }
        why = objection(self, find_command(self->line));
        if (why) {
            CO_AWAIT(co, tell(self, self->line, why));
            continue;
        }
        CO_TRY_CALL(co, run, &self->run, .client = self, .command = find_command(self->line));
        if (eddy_co_error(co) == -ECANCELED)
            CO_FAIL(co, -ECANCELED);
        if (eddy_co_error(co) < 0)
            CO_AWAIT(co, tell(self, self->run.command->name, eddy_strerror(eddy_co_error(co))));
    }
    CO_FINALLY(co);
    eddy_pump_close(&self->in);
    eddy_loop_close_fd(loop, self->fd);
    eddy_co_handled(co); /* a client that has gone is no failure of ours */
    CO_END(co);
}

/* ---- All of it ----------------------------------------------------------------------------------- */

static int let_in(struct server *server, int fd)
{
    struct office *office = container_of(server, struct office, server);

    return eddy_group_spawn(&server->group, client, .office = office, .fd = fd);
}

struct commands {
    struct eddy_co co;
    struct office office;
};

static struct eddy_step commands(struct eddy_co *co)
{
    struct commands *self = CO_FRAME(co, commands);
    struct server *server = &self->office.server;
    int err;

    CO_BEGIN(co);
    err = server_open(server, co);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_group_join(&server->group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&server->group));
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo_option pause = {"--pause", "how long count pauses", 1};
    struct demo demo = demo_start_with(
        argc, argv, "Runs commands for its clients: list says which there are.", &pause);
    struct office office = {.server = {.demo = &demo, .let_in = let_in}};

    snprintf(office.pause, sizeof office.pause, "%.9g", pause.value);
    return demo_status(&demo, eddy_run(commands, .office = office));
}
