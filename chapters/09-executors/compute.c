/*
 * compute - a server for many clients, that computes what a line asks for: prime N, sum PATH, find TEXT
 * PATH. The question "time" it answers at once, if it can: that shows who waits for whom.
 *
 * Where the computing is done is an argument: in the loop, where all others wait for it; in threads; in
 * processes. The same function does it everywhere (questions.h), handed to another executor.
 */
#include "lines.h"
#include "questions.h"

#include "../demo.h"

#include "delay.h"
#include "group.h"
#include "offload.h"
#include "process_pool.h"
#include "run.h"
#include "sockio.h"
#include "thread_pool.h"

enum { LISTENERS_MAX = 8, WORKERS = 4 };

static const double rest_seconds = 1.0;

struct office {
    const char *mode;
    struct eddy_executor *executor; /* one of these */
    struct eddy_executor loop;
    struct eddy_thread_pool threads;
    struct eddy_process_pool processes;
    struct eddy_group group; /* of the doors, and of all who are in */
    double opened;           /* as eddy_loop_time() counts */
};

/* ---- Where it is computed ------------------------------------------------------------------------ */

/* An executor that is none: who submits a job does it, there and then. (The lock is held.) */
static int do_it_yourself(struct eddy_executor *executor, struct eddy_job *job)
{
    int err;

    eddy_job_begin(job);
    pthread_mutex_unlock(&executor->lock);
    err = eddy_work_run(&job->work, job->fn);
    pthread_mutex_lock(&executor->lock);
    eddy_job_finish(job, err);
    return 0;
}

static int nothing_to_shut(struct eddy_executor *executor, int how)
{
    (void)executor, (void)how;
    return 0;
}

static const struct eddy_executor_ops in_the_loop = {
    .name = "loop", .enqueue = do_it_yourself, .shutdown = nothing_to_shut};

static int open_office(struct office *office)
{
    if (strcmp(office->mode, "processes") == 0) {
        office->executor = &office->processes.drivers.executor;
        return eddy_process_pool_open(&office->processes, WORKERS);
    }
    if (strcmp(office->mode, "threads") == 0) {
        office->executor = &office->threads.executor;
        return eddy_thread_pool_open(&office->threads, WORKERS);
    }
    office->executor = &office->loop;
    return eddy_executor_open(&office->loop, &in_the_loop, 1);
}

/* Threads look at a flag; a process ends, whatever it does. */
static void stop_computing(struct office *office)
{
    nobody_waits = true;
    if (office->executor == &office->processes.drivers.executor)
        eddy_process_pool_terminate(&office->processes);
}

static void close_office(struct office *office)
{
    eddy_thread_pool_close(&office->threads);
    eddy_process_pool_close(&office->processes);
}

/* ---- A client ------------------------------------------------------------------------------------ */

struct client {
    struct eddy_co co;
    struct office *office;
    int fd;
    struct intake in;
    struct read_line reading;
    struct eddy_offload offload;
    struct eddy_io io;
    char question[LINE_ROOM], answer[ANSWER_ROOM + 1];
};

static void tell_time(struct client *self)
{
    snprintf(self->answer, ANSWER_ROOM, "open for %.3f s",
             eddy_loop_time(eddy_co_loop(&self->co)) - self->office->opened);
}

/* A question that nobody could answer: a worker was killed, say. */
static void tell_error(struct client *self)
{
    snprintf(self->answer, ANSWER_ROOM, "sorry: %s", eddy_job_message(&self->offload.job));
}

static struct eddy_step client(struct eddy_co *co)
{
    struct client *self = CO_FRAME(co, client);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->in.fd = self->fd;
    for (;;) {
        CO_AWAIT(co, eddy_next_turn()); /* first the others', however much this one asks */
        CO_CALL(co, read_line, &self->reading, .from = &self->in, .line = self->question);
        if (strcmp(self->question, "time") == 0) {
            tell_time(self);
        } else {
            CO_TRY_AWAIT(co, eddy_run_in_executor(&self->offload, loop, self->office->executor,
                                                  answer, self->question, sizeof self->question,
                                                  self->answer, ANSWER_ROOM));
            if (eddy_co_error(co) == -ECANCELED)
                CO_FAIL(co, -ECANCELED);
            if (eddy_co_error(co) < 0)
                tell_error(self);
        }
        strcat(self->answer, "\n");
        CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, self->answer, strlen(self->answer)));
    }
    CO_FINALLY(co);
    eddy_loop_close_fd(loop, self->fd);
    eddy_co_handled(co); /* a client that has gone is no failure of ours */
    CO_END(co);
}

/* ---- A door -------------------------------------------------------------------------------------- */

struct door {
    struct eddy_co co;
    struct office *office;
    struct eddy_io io;
    struct eddy_sleep rest;
    int listener, err;
};

static int let_in(struct door *door, int fd)
{
    int err = eddy_group_spawn(&door->office->group, client, .office = door->office, .fd = fd);

    if (err < 0)
        eddy_loop_close_fd(eddy_co_loop(&door->co), fd);
    return err;
}

/* Is open for ever: it ends when the group does. Who computes then would keep a client's task waiting. */
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
            fprintf(stderr, "compute: no more clients for now: %s\n", eddy_strerror(self->err));
            CO_AWAIT(co, eddy_sleep(&self->rest, loop, rest_seconds));
        }
    }
    CO_FINALLY(co);
    stop_computing(self->office);
    eddy_loop_close_fd(loop, self->listener);
    CO_END(co);
}

/* ---- All of it ----------------------------------------------------------------------------------- */

struct compute {
    struct eddy_co co;
    const struct demo *demo;
    struct office *office;
    int err;
};

/* "localhost" may be two addresses: a door for each. */
static int open_doors(struct compute *self)
{
    int fds[LISTENERS_MAX], n = demo_try_listen(self->demo, fds, LISTENERS_MAX), err = 0;

    for (int i = 0; i < n; i++) {
        if (err == 0)
            err = eddy_group_spawn(&self->office->group, door, .office = self->office,
                                   .listener = fds[i]);
        if (err < 0)
            eddy_loop_close_fd(eddy_co_loop(&self->co), fds[i]);
    }
    return n < 0 ? n : err;
}

static struct eddy_step compute(struct eddy_co *co)
{
    struct compute *self = CO_FRAME(co, compute);

    CO_BEGIN(co);
    self->office->opened = eddy_loop_time(eddy_co_loop(co));
    self->err = eddy_group_open(&self->office->group, co);
    if (self->err == 0)
        self->err = open_doors(self);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    printf("compute: it computes in %s\n",
           strcmp(self->office->mode, "loop") == 0 ? "the loop" : self->office->mode);
    CO_AWAIT(co, eddy_group_join(&self->office->group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->office->group));
    CO_END(co);
}

/* The mode on the command line, which is taken out; "threads" unless there is one. */
static const char *take_mode(int *argc, char *argv[])
{
    static const char *const modes[] = {"loop", "threads", "processes"};

    for (int i = 1; i < *argc; i++)
        for (int m = 0; m < 3; m++)
            if (strcmp(argv[i], modes[m]) == 0) {
                memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof *argv);
                --*argc;
                return modes[m];
            }
    return "threads";
}

/* Processes are forked while there is one thread. */
int main(int argc, char *argv[])
{
    static struct office office;
    struct demo demo;
    int err;

    office.mode = take_mode(&argc, argv);
    demo = demo_start(argc, argv,
                      "Computes what a line asks for: prime N, sum PATH, find TEXT PATH. One more\n"
                      "word says where: loop, threads (unless given) or processes.");
    err = open_office(&office);
    if (err == 0)
        err = eddy_run(compute, .demo = &demo, .office = &office);
    close_office(&office);
    return demo_status(&demo, err);
}
