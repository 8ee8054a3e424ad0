/*
 * pool - three workers, and jobs for them: each line that a client types is one. Each letter of it is a
 * tenth of a second of work, and no more than five jobs begin within a second. Whoever is connected sees
 * what becomes of all jobs.
 *
 * The jobs stand in a bounded queue. When it is full, a client's put waits, and so does its task, which
 * reads no further: in the end nc waits, too, and no job is lost. The workers pass a gate one by one; it
 * is a lock that is held while time goes by. Ctrl-C lets no new job in, and ends when those that are in
 * are done (a second Ctrl-C ends at once).
 */
#include "lines.h"

#include "group.h"
#include "lock.h"
#include "run.h"

enum { LISTENERS_MAX = 8, WORKERS = 3, JOBS_MAX = 10, JOBS_A_SECOND = 5, LETTERS_A_SECOND = 10 };

static const double rest_seconds = 1.0;

struct job {
    unsigned long number;
    char what[LINE_ROOM];
};

struct works {
    struct eddy_queue jobs;
    struct eddy_lock gate;  /* who has it begins next; */
    double opens;           /* not before this, as eddy_loop_time() counts */
    double second;          /* how long it is */
    unsigned long number;   /* of the last job */
    struct eddy_list boxes; /* of those who look on */
    struct eddy_group doors, clients, crew;
};

/* ---- A worker ---------------------------------------------------------------------------------- */

/* Through the gate. Read, wait, write: without the lock, several would find it open. */
struct pass {
    struct eddy_co co;
    struct works *works;
    struct eddy_locking locking;
    struct eddy_sleep sleep;
};

static struct eddy_step pass(struct eddy_co *co)
{
    struct pass *self = CO_FRAME(co, pass);
    struct eddy_loop *loop = eddy_co_loop(co);
    struct works *works = self->works;

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &works->gate));
    if (works->opens > eddy_loop_time(loop))
        CO_AWAIT(co, eddy_sleep(&self->sleep, loop, works->opens - eddy_loop_time(loop)));
    works->opens = eddy_loop_time(loop) + works->second / JOBS_A_SECOND;
    CO_FINALLY(co);
    eddy_lock_release(&works->gate);
    CO_END(co);
}

struct work {
    struct eddy_co co;
    struct works *works;
    const struct job *job;
    int worker;
    struct pass passing;
    struct eddy_sleep sleep;
};

static double seconds_of(const struct work *work)
{
    return (double)strlen(work->job->what) / LETTERS_A_SECOND * work->works->second;
}

static struct eddy_step work(struct eddy_co *co)
{
    struct work *self = CO_FRAME(co, work);

    CO_BEGIN(co);
    CO_CALL(co, pass, &self->passing, .works = self->works);
    tell_all(&self->works->boxes, NULL, "job %lu: started by worker %d", self->job->number,
             self->worker);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), seconds_of(self)));
    CO_END(co);
}

struct worker {
    struct eddy_co co;
    struct works *works;
    int number;
    struct eddy_queue_get get;
    struct job *job; /* it is its own */
    struct work work;
};

static void end_job(struct worker *self, int err)
{
    tell_all(&self->works->boxes, NULL, "job %lu: %s", self->job->number,
             err < 0 ? eddy_strerror(err) : "done");
    free(self->job);
    self->job = NULL;
    eddy_queue_task_done(&self->works->jobs);
}

/* A job that fails is no reason for the worker to fail. */
static struct eddy_step worker(struct eddy_co *co)
{
    struct worker *self = CO_FRAME(co, worker);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_queue_get(&self->get, &self->works->jobs));
        self->job = self->get.item;
        CO_TRY_CALL(co, work, &self->work, .works = self->works, .job = self->job,
                    .worker = self->number);
        if (eddy_co_error(co) == -ECANCELED)
            CO_FAIL(co, -ECANCELED);
        end_job(self, eddy_co_error(co));
    }
    CO_FINALLY(co);
    if (self->job)
        end_job(self, -ECANCELED);
    eddy_co_handled(co); /* it was sent home, or there are no more jobs */
    CO_END(co);
}

/* ---- A client ---------------------------------------------------------------------------------- */

struct client {
    struct eddy_co co;
    struct works *works;
    int fd;
    struct outbox out;
    struct intake in;
    struct read_line reading;
    struct job *job; /* until it is in the queue */
    unsigned long number;
    struct eddy_queue_put put;
    struct eddy_queue_join join;
};

static int new_job(struct client *self)
{
    struct works *works = self->works;

    self->job = malloc(sizeof *self->job);
    if (!self->job)
        return -ENOMEM;
    self->number = self->job->number = ++works->number;
    strcpy(self->job->what, self->in.line);
    if (eddy_queue_full(&works->jobs))
        tell_all(&works->boxes, NULL, "job %lu (%s): waits for room in the queue", self->number,
                 self->in.line);
    return 0;
}

/* With 0 it is in, and no longer ours: a worker may have it by now, or be done with it. */
static void note_put(struct client *self, int err)
{
    if (err < 0) {
        tell(&self->out, "job %lu: not taken, the pool closes", self->number);
        free(self->job);
    } else {
        tell_all(&self->works->boxes, NULL, "job %lu (%s): queued", self->number, self->in.line);
    }
    self->job = NULL;
}

/* Its jobs, until it has no more: then it looks on until all that are there are done. */
static struct eddy_step client(struct eddy_co *co)
{
    struct client *self = CO_FRAME(co, client);
    struct works *works = self->works;

    CO_BEGIN(co);
    self->in.fd = self->fd;
    if (outbox_open(&self->out, eddy_co_loop(co), self->fd) < 0)
        CO_FAIL(co, -ENOMEM);
    eddy_list_append(&works->boxes, &self->out.link);
    tell(&self->out, "Each line that you type is a job. %zu wait.", eddy_queue_size(&works->jobs));
    for (;;) {
        CO_TRY_CALL(co, read_line, &self->reading, .from = &self->in);
        if (eddy_co_error(co) < 0)
            break;
        if (!self->in.line[0])
            continue;
        if (new_job(self) < 0)
            CO_FAIL(co, -ENOMEM);
        CO_TRY_AWAIT(co, eddy_queue_put(&self->put, &works->jobs, self->job));
        if (eddy_co_error(co) == -ECANCELED)
            CO_FAIL(co, -ECANCELED);
        note_put(self, eddy_co_error(co));
    }
    if (eddy_co_error(co) == EDDY_ECLOSED)
        CO_AWAIT(co, eddy_queue_join(&self->join, &works->jobs));
    CO_FINALLY(co);
    free(self->job);
    if (eddy_list_linked(&self->out.link))
        eddy_list_remove(&self->out.link);
    CO_AWAIT(co, outbox_finish(&self->out, eddy_co_loop(co)));
    outbox_close(&self->out);
    eddy_loop_close_fd(eddy_co_loop(co), self->fd);
    eddy_co_handled(co); /* a client that has gone is no failure of ours */
    CO_END(co);
}

/* ---- A door ------------------------------------------------------------------------------------ */

struct door {
    struct eddy_co co;
    struct works *works;
    struct eddy_io io;
    struct eddy_sleep rest;
    int listener, err;
};

static int let_in(struct door *door, int fd)
{
    int err = eddy_group_spawn(&door->works->clients, client, .works = door->works, .fd = fd);

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
            fprintf(stderr, "pool: no more clients for now: %s\n", eddy_strerror(self->err));
            CO_AWAIT(co, eddy_sleep(&self->rest, loop, rest_seconds));
        }
    }
    CO_FINALLY(co);
    eddy_loop_close_fd(loop, self->listener);
    CO_END(co);
}

/* ---- All of it --------------------------------------------------------------------------------- */

struct pool {
    struct eddy_co co;
    const struct demo *demo;
    struct works works;
    struct eddy_queue_join join;
    double second;
    int err;
};

static int open_works(struct pool *self)
{
    struct works *works = &self->works;
    struct eddy_loop *loop = eddy_co_loop(&self->co);
    int err = eddy_queue_open(&works->jobs, loop, EDDY_FIFO, JOBS_MAX);

    eddy_lock_init(&works->gate, loop);
    eddy_list_init(&works->boxes);
    works->second = self->second;
    if (err == 0)
        err = eddy_group_open(&works->crew, &self->co);
    if (err == 0)
        err = eddy_group_open(&works->clients, &self->co);
    if (err == 0)
        err = eddy_group_open(&works->doors, &self->co);
    for (int i = 1; err == 0 && i <= WORKERS; i++)
        err = eddy_group_spawn(&works->crew, worker, .works = works, .number = i);
    return err;
}

/* "localhost" may be two addresses: a door for each. */
static int open_doors(struct pool *self)
{
    int fds[LISTENERS_MAX], n = demo_try_listen(self->demo, fds, LISTENERS_MAX), err = 0;

    for (int i = 0; i < n; i++) {
        if (err == 0)
            err = eddy_group_spawn(&self->works.doors, door, .works = &self->works,
                                   .listener = fds[i]);
        if (err < 0)
            eddy_loop_close_fd(eddy_co_loop(&self->co), fds[i]);
    }
    return n < 0 ? n : err;
}

static void close_jobs(struct works *works)
{
    eddy_queue_shutdown(&works->jobs);
    if (works->jobs.unfinished > 0)
        tell_all(&works->boxes, NULL, "the pool closes; jobs to be done before: %zu",
                 works->jobs.unfinished);
}

/* The doors first, then the jobs that are in, then who looks on, then the workers. */
static struct eddy_step pool(struct eddy_co *co)
{
    struct pool *self = CO_FRAME(co, pool);

    CO_BEGIN(co);
    self->err = open_works(self);
    if (self->err == 0)
        self->err = open_doors(self);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_AWAIT(co, eddy_group_join(&self->works.doors));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->works.doors));
    close_jobs(&self->works);
    CO_AWAIT(co, eddy_queue_join(&self->join, &self->works.jobs));
    CO_AWAIT(co, eddy_group_close(&self->works.clients));
    CO_AWAIT(co, eddy_group_close(&self->works.crew));
    eddy_queue_close(&self->works.jobs);
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo_option slow = {"--seconds", "how long a second is, to watch it slowly", 1};
    struct demo demo =
        demo_start_with(argc, argv, "Three workers, for the jobs that you type.", &slow);

    return demo_status(&demo, eddy_run(pool, .demo = &demo, .second = slow.value));
}
