/* Trap: jobs that wait for others, in the pool that all share. The loop goes on, and its timers are on
 * time. But a file, which needs a thread of the same pool, waits. A name does not: it has threads of its own. */
#include "delay.h"
#include "file.h"
#include "offload.h"
#include "resolve.h"
#include "run.h"
#include "thread_pool.h"

#include <fcntl.h>
#include <stdio.h>

enum { THREADS = 2, TICKS = 10 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool open_now;

static int wait_at_gate(struct eddy_work *work)
{
    (void)work;
    pthread_mutex_lock(&lock);
    while (!open_now)
        pthread_cond_wait(&opened, &lock);
    pthread_mutex_unlock(&lock);
    return 0;
}

static void open_gate(void)
{
    pthread_mutex_lock(&lock);
    open_now = true;
    pthread_cond_broadcast(&opened);
    pthread_mutex_unlock(&lock);
}

struct reader {
    struct eddy_co co;
    struct eddy_file file;
    char bytes[6];
};

static struct eddy_step reader(struct eddy_co *co)
{
    struct reader *self = CO_FRAME(co, reader);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_file_open(&self->file, loop, "/dev/zero", O_RDONLY, 0));
    CO_AWAIT(co, eddy_file_read(&self->file, loop, self->bytes, sizeof self->bytes));
    printf("the file: %zd bytes\n", self->file.n);
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_file_close(&self->file, loop));
    CO_END(co);
}

struct demo {
    struct eddy_co co;
    struct eddy_thread_pool pool;
    struct eddy_job jobs[THREADS];
    struct reader reader;
    struct eddy_task reading;
    struct eddy_resolve name;
    struct eddy_sleep sleep;
    int ticks;
};

static int begin(struct demo *self, struct eddy_loop *loop)
{
    int err = eddy_thread_pool_open(&self->pool, THREADS);

    if (err == 0)
        err = eddy_loop_set_default_executor(loop, &self->pool.executor);
    for (int i = 0; err == 0 && i < THREADS; i++) {
        eddy_job_init(&self->jobs[i], wait_at_gate, NULL, 0, NULL, 0);
        err = eddy_executor_submit(&self->pool.executor, &self->jobs[i]);
    }
    if (err == 0)
        eddy_task_start(&self->reading, loop, reader, &self->reader);
    return err;
}

static struct eddy_step demo(struct eddy_co *co)
{
    struct demo *self = CO_FRAME(co, demo);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    err = begin(self, loop);
    if (err < 0)
        CO_FAIL(co, err);
    for (; self->ticks < TICKS; self->ticks++)
        CO_AWAIT(co, eddy_sleep(&self->sleep, loop, 0.01));
    printf("the clock: %d ticks\n", self->ticks);
    CO_AWAIT(co, eddy_getaddrinfo(&self->name, loop, "127.0.0.1", "80", NULL));
    printf("the name: an address\n");
    printf("the file: %s\n", eddy_task_done(&self->reading) ? "done" : "waits");
    open_gate();
    CO_AWAIT(co, &self->reading.future);
    CO_FINALLY(co);
    open_gate();
    eddy_getaddrinfo_free(&self->name);
    eddy_loop_set_default_executor(loop, NULL);
    eddy_thread_pool_close(&self->pool);
    CO_END(co);
}

int main(void)
{
    return eddy_run(demo) < 0;
}
