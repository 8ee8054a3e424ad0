/* A file is closed whatever comes: also when no thread has come to it. */
#include "check.h"

#include "errors.h"
#include "file.h"
#include "run.h"
#include "thread_pool.h"

#include <fcntl.h>
#include <unistd.h>

/* A pool of one thread, which waits at a gate until the last byte has come. */
static struct eddy_thread_pool pool;
static int gate[2];

static int wait_at_gate(struct eddy_work *work)
{
    (void)work;
    return read(gate[0], &(char){0}, 1) == 1 ? 0 : -EIO;
}

/* Runs when the other one waits. */
struct canceller {
    struct eddy_co co;
    struct eddy_task *whom;
};

static struct eddy_step canceller(struct eddy_co *co)
{
    struct canceller *self = CO_FRAME(co, canceller);

    CO_BEGIN(co);
    eddy_task_cancel(self->whom);
    CO_END(co);
}

struct closer {
    struct eddy_co co;
    struct eddy_file file;
    struct eddy_job job;
    struct eddy_task task;
    struct canceller canceller;
    bool closed_pool;
    int fd;
};

static struct eddy_step closer(struct eddy_co *co)
{
    struct closer *self = CO_FRAME(co, closer);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    CHECK_OK(eddy_loop_set_default_executor(loop, &pool.executor));
    CO_AWAIT(co, eddy_file_open(&self->file, loop, "/dev/null", O_RDONLY, 0));
    self->fd = self->file.fd;
    if (self->closed_pool) {
        eddy_executor_shutdown(&pool.executor, 0);
        CO_TRY_AWAIT(co, eddy_file_close(&self->file, loop));
        CHECK_CODE(eddy_co_error(co), EDDY_ECLOSED);
    } else {
        eddy_job_init(&self->job, wait_at_gate, NULL, 0, NULL, 0);
        CHECK_OK(eddy_executor_submit(&pool.executor, &self->job));
        eddy_task_start(&self->task, loop, canceller, &self->canceller,
                        .whom = eddy_current_task());
        CO_TRY_AWAIT(co, eddy_file_close(&self->file, loop));
        CHECK_CODE(eddy_co_error(co), -ECANCELED);
        CHECK(write(gate[1], "", 1) == 1);
        CHECK_OK(eddy_job_result(&self->job, EDDY_FOREVER));
        CO_AWAIT(co, &self->task.future);
    }
    CHECK(!self->file.open);
    CHECK(fcntl(self->fd, F_GETFD) < 0);
    CO_END(co);
}

static void close_file(bool closed_pool)
{
    CHECK(pipe(gate) == 0);
    CHECK_OK(eddy_thread_pool_open(&pool, 1));
    CHECK_OK(eddy_run(closer, .closed_pool = closed_pool));
    CHECK_OK(eddy_thread_pool_close(&pool));
    close(gate[0]);
    close(gate[1]);
}

TESTS
{
    CASE("a close that is cancelled before a thread comes to it has closed the file all the same")
        close_file(false);

    CASE("a close for which there is no thread any more has closed the file all the same")
        close_file(true);
}
