/*
 * echo - chapter 7's server, which now blocks nowhere. To listen on a host it may have to ask a name
 * server: a thread does that. With --log FILE it adds a line for each client to a file, and a disk may be
 * slow: a thread does that, too.
 */
#include "../demo.h"

#include "delay.h"
#include "file.h"
#include "group.h"
#include "lock.h"
#include "run.h"
#include "sockio.h"

enum { LISTENERS_MAX = 8, BUFFER = 65536, LINE_ROOM = EDDY_NET_NAME_MAX + 40 };

static const double rest_seconds = 1.0;

/* ---- The log ------------------------------------------------------------------------------------- */

/* A file does one thing at a time, so those who write stand in line. */
struct log {
    const char *path; /* NULL: there is no log */
    struct eddy_file file;
    struct eddy_lock lock;
};

static void say_log_error(const struct log *log, int err)
{
    if (err != -ECANCELED)
        fprintf(stderr, "echo: %s: %s\n", log->path, eddy_strerror(err));
}

struct open_log {
    struct eddy_co co;
    struct log *log;
};

static struct eddy_step open_log(struct eddy_co *co)
{
    struct open_log *self = CO_FRAME(co, open_log);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_file_open(&self->log->file, eddy_co_loop(co), self->log->path,
                                O_WRONLY | O_CREAT | O_APPEND, 0644));
    CO_FINALLY(co);
    if (eddy_co_outcome(co) < 0)
        say_log_error(self->log, eddy_co_outcome(co));
    demo_told = eddy_co_outcome(co) < 0;
    CO_END(co);
}

struct log_line {
    struct eddy_co co;
    struct log *log;
    const char *line;
    struct eddy_locking locking;
};

static struct eddy_step log_line(struct eddy_co *co)
{
    struct log_line *self = CO_FRAME(co, log_line);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &self->log->lock));
    CO_AWAIT(co,
             eddy_file_write(&self->log->file, eddy_co_loop(co), self->line, strlen(self->line)));
    CO_FINALLY(co);
    eddy_lock_release(&self->log->lock);
    if (eddy_co_outcome(co) < 0 && eddy_co_outcome(co) != -ECANCELED) {
        say_log_error(self->log, eddy_co_outcome(co));
        eddy_co_handled(co); /* the client is served all the same */
    }
    CO_END(co);
}

/* ---- One client ---------------------------------------------------------------------------------- */

struct echo_client {
    struct eddy_co co;
    struct log *log;
    int fd;
    struct log_line logging;
    struct eddy_io io;
    char line[LINE_ROOM];
    char *buf; /* a block of its own: a large frame would make spawning dear */
};

static void say_connected(struct echo_client *self)
{
    char name[EDDY_NET_NAME_MAX] = "a client that has gone";

    eddy_net_peer_name(self->fd, name, sizeof name);
    snprintf(self->line, LINE_ROOM, "[%d] connected: %s\n", self->fd, name);
    fputs(self->line, stdout);
}

static struct eddy_step echo_client(struct eddy_co *co)
{
    struct echo_client *self = CO_FRAME(co, echo_client);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    say_connected(self);
    if (self->log->path)
        CO_CALL(co, log_line, &self->logging, .log = self->log, .line = self->line);
    self->buf = malloc(BUFFER);
    if (!self->buf)
        CO_FAIL(co, -ENOMEM);
    for (;;) {
        CO_AWAIT(co, eddy_recv(&self->io, loop, self->fd, self->buf, BUFFER));
        if (self->io.n == 0)
            break;
        CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, self->buf, (size_t)self->io.n));
    }
    CO_FINALLY(co);
    printf("[%d] closed%s%s\n", self->fd, eddy_co_outcome(co) < 0 ? ": " : "",
           eddy_co_outcome(co) < 0 ? eddy_strerror(eddy_co_outcome(co)) : "");
    eddy_loop_close_fd(loop, self->fd);
    free(self->buf);
    eddy_co_handled(co); /* said already; and a client that has gone must not end the group */
    CO_END(co);
}

/* ---- A door -------------------------------------------------------------------------------------- */

struct echo_door {
    struct eddy_co co;
    struct eddy_group *group; /* that the clients join, as the door has */
    struct log *log;
    struct eddy_io io;
    struct eddy_sleep rest;
    int listener, err;
};

static int serve(struct echo_door *self, int fd)
{
    int err = eddy_group_spawn(self->group, echo_client, .fd = fd, .log = self->log);

    if (err < 0)
        eddy_loop_close_fd(eddy_co_loop(&self->co), fd);
    return err;
}

/* Accepts for ever: it ends when the group does. */
static struct eddy_step echo_door(struct eddy_co *co)
{
    struct echo_door *self = CO_FRAME(co, echo_door);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_AWAIT(co, eddy_accept(&self->io, loop, self->listener));
        self->err = eddy_co_error(co);
        if (self->err == 0)
            self->err = serve(self, (int)self->io.n);
        if (self->err == -ECANCELED)
            CO_FAIL(co, self->err);
        if (self->err < 0) {
            fprintf(stderr, "echo: no more clients for now: %s\n", eddy_strerror(self->err));
            CO_AWAIT(co, eddy_sleep(&self->rest, loop, rest_seconds));
        }
    }
    CO_FINALLY(co);
    eddy_loop_close_fd(loop, self->listener);
    CO_END(co);
}

/* ---- All of it ----------------------------------------------------------------------------------- */

struct echo {
    struct eddy_co co;
    const struct demo *demo;
    struct log log;
    struct open_log opening;
    struct eddy_offload offload;
    int fds[LISTENERS_MAX], count, i; /* "localhost" may be two addresses: a door for each */
    struct eddy_group group;
};

/* In a thread: the host's name may have to be asked for. Out come the listening sockets. */
static int listen_in_thread(struct eddy_work *work)
{
    const struct demo *const *demo = work->in;
    int *fds = work->out, n = demo_try_listen(*demo, fds, LISTENERS_MAX);

    work->out_size = n < 0 ? 0 : (size_t)n * sizeof *fds;
    return n < 0 ? n : 0;
}

static int open_door(struct echo *self)
{
    return eddy_group_spawn(&self->group, echo_door, .group = &self->group, .log = &self->log,
                            .listener = self->fds[self->i]);
}

static struct eddy_step echo(struct eddy_co *co)
{
    struct echo *self = CO_FRAME(co, echo);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    eddy_lock_init(&self->log.lock, loop);
    if (eddy_group_open(&self->group, co) < 0)
        CO_FAIL(co, -ENOMEM);
    if (self->log.path)
        CO_CALL(co, open_log, &self->opening, .log = &self->log);
    CO_AWAIT(co, eddy_run_in_executor(&self->offload, loop, NULL, listen_in_thread, &self->demo,
                                      sizeof self->demo, self->fds, sizeof self->fds));
    self->count = (int)(self->offload.job.work.out_size / sizeof self->fds[0]);
    for (; self->i < self->count; self->i++)
        if (open_door(self) < 0)
            CO_FAIL(co, -ENOMEM);
    CO_AWAIT(co, eddy_group_join(&self->group));
    CO_FINALLY(co);
    for (; self->i < self->count; self->i++) /* those that have no door */
        eddy_loop_close_fd(loop, self->fds[self->i]);
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_AWAIT(co, eddy_file_close(&self->log.file, loop));
    CO_END(co);
}

/* What stands after --log, which is taken out; NULL: it is not there. */
static char *take_log(int *argc, char *argv[])
{
    for (int i = 1; i + 1 < *argc; i++)
        if (strcmp(argv[i], "--log") == 0) {
            char *path = argv[i + 1];
            memmove(&argv[i], &argv[i + 2], (size_t)(*argc - i - 1) * sizeof *argv);
            *argc -= 2;
            return path;
        }
    return NULL;
}

int main(int argc, char *argv[])
{
    char *path = take_log(&argc, argv);
    struct demo demo = demo_start_on(25000, argc, argv,
                                     "Sends every client its own bytes back; with --log FILE adds "
                                     "a line for\neach to that file.",
                                     NULL);

    return demo_status(&demo, eddy_run(echo, .demo = &demo, .log = {.path = path}));
}
