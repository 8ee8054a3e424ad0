/*
 * await - a blocking function, and one that computes, awaited from a coroutine: in the loop's own pool of
 * threads, in a pool of ours, and in a pool of processes. (run_in_executor's example in Python's manual)
 *
 * The blocking function reads a pipe, into which the loop writes after three ticks. Were it called in the
 * loop, it would wait for ever: for the loop.
 */
#include "delay.h"
#include "errors.h"
#include "offload.h"
#include "process_pool.h"
#include "run.h"
#include "thread_pool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TICKS = 3, TEXT_ROOM = 32, SQUARES = 1000000 };

/* ---- What is not for a loop -------------------------------------------------------------------- */

static int blocking_io(struct eddy_work *work)
{
    const int *fd = work->in;
    ssize_t n = read(*fd, work->out, work->out_room);

    if (n < 0)
        return -errno;
    work->out_size = (size_t)n;
    return 0;
}

static int cpu_bound(struct eddy_work *work)
{
    const unsigned long *squares = work->in;
    unsigned long long *sum = work->out;

    *sum = 0;
    for (unsigned long long i = 0; i < *squares; i++)
        *sum += i * i;
    return 0;
}

/* ---- What the loop does meanwhile --------------------------------------------------------------- */

struct ticker {
    struct eddy_co co;
    int fd, tick;
    struct eddy_sleep sleep;
};

static struct eddy_step ticker(struct eddy_co *co)
{
    struct ticker *self = CO_FRAME(co, ticker);

    CO_BEGIN(co);
    for (self->tick = 1; self->tick <= TICKS; self->tick++) {
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 0.02));
        printf("tick %d\n", self->tick);
    }
    CO_FINALLY(co);
    if (write(self->fd, "all has come", 12) < 0) /* also if it is cancelled: a thread waits */
        CO_FAIL(co, -errno);
    CO_END(co);
}

/* ---- All of it ----------------------------------------------------------------------------------- */

struct await {
    struct eddy_co co;
    int pipe[2];
    struct eddy_executor *threads, *processes;
    struct eddy_task task;
    struct ticker ticker;
    struct eddy_offload offload;
    unsigned long squares;
    unsigned long long sum;
    char text[TEXT_ROOM];
};

static struct eddy_future *sum_squares(struct await *self, struct eddy_executor *executor)
{
    self->squares = SQUARES;
    return eddy_run_in_executor(&self->offload, eddy_co_loop(&self->co), executor, cpu_bound,
                                &self->squares, sizeof self->squares, &self->sum, sizeof self->sum);
}

static struct eddy_step await(struct eddy_co *co)
{
    struct await *self = CO_FRAME(co, await);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    eddy_task_start(&self->task, loop, ticker, &self->ticker, .fd = self->pipe[1]);
    CO_AWAIT(co, eddy_run_in_executor(&self->offload, loop, NULL, blocking_io, &self->pipe[0],
                                      sizeof self->pipe[0], self->text, TEXT_ROOM));
    printf("default thread pool: %.*s\n", (int)self->offload.job.work.out_size, self->text);
    CO_AWAIT(co, sum_squares(self, self->threads));
    printf("custom thread pool: %llu\n", self->sum);
    CO_AWAIT(co, sum_squares(self, self->processes));
    printf("custom process pool: %llu\n", self->sum);
    CO_FINALLY(co);
    CO_TRY_AWAIT(co, &self->task.future);
    CO_END(co);
}

/* The process pool first: it forks, and there must be no threads of a pool yet. */
static int run_await(int fds[])
{
    struct eddy_process_pool processes = {.name = "await"};
    struct eddy_thread_pool threads = {.name = "await"};
    int err = eddy_process_pool_open(&processes, 1);

    if (err == 0)
        err = eddy_thread_pool_open(&threads, 1);
    if (err == 0)
        err = eddy_run(await, .pipe = {fds[0], fds[1]}, .threads = &threads.executor,
                       .processes = &processes.drivers.executor);
    eddy_thread_pool_close(&threads);
    eddy_process_pool_close(&processes);
    return err;
}

int main(int argc, char *argv[])
{
    int fds[2], err;

    if (argc > 1) {
        printf("usage: await\n\nAwaits functions that block or compute, while a clock ticks.\n");
        return strcmp(argv[1], "--help") != 0;
    }
    err = pipe(fds) < 0 ? -errno : 0;
    if (err == 0) {
        err = run_await(fds);
        close(fds[0]);
        close(fds[1]);
    }
    if (err < 0 && err != -ECANCELED)
        fprintf(stderr, "await: %s\n", eddy_strerror(err));
    return err < 0 && err != -ECANCELED;
}
