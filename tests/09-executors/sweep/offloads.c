/* What tasks hand to threads, and threads to tasks, on each selector that this build has, under each plausible
 * fault of each call: jobs, files, names, calls from threads, and a queue between the two. */
#include "sweep.h"

#include "calls.h"
#include "delay.h"
#include "errors.h"
#include "file.h"
#include "plausible.h"
#include "report.h"
#include "resolve.h"
#include "run.h"
#include "selector.h"
#include "thread.h"
#include "thread_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *which; /* the selector that is swept */

static void on_report(const char *text)
{
    (void)text;
}

struct work_day {
    struct eddy_co co;
    struct work_day *self;
    struct eddy_offload offload;
    struct eddy_file file;
    struct eddy_resolve resolve;
    struct eddy_calls calls;
    struct eddy_thread_queue queue;
    struct eddy_thread_queue_get get;
    struct eddy_thread_queue_put put;
    struct eddy_offload joining;
    pthread_t thread;
    bool started, joined;
    int n, result, from_thread;
    char path[40], text[8];
};

static void join_thread_of(struct work_day *day)
{
    if (day->started && !day->joined)
        eddy_thread_join(day->thread);
    day->joined = true;
}

/* A selector that fails for good: nobody hears of the jobs any more, so the task is abandoned, and its cleanup
 * section does not run. What it owned is given back here. */
static int run_day(struct eddy_step (*body)(struct eddy_co *co))
{
    struct work_day day = {.n = 12, .self = &day};
    int err;

    eddy_report_to(on_report);
    err = eddy_run_frame(EDDY_VERSION_NUMBER, &(struct eddy_loop_options){.selector = which}, &day,
                         sizeof day, offsetof(struct work_day, co), "day", body, __func__, __FILE__,
                         __LINE__);
    join_thread_of(&day);
    if (day.file.open)
        close(day.file.fd);
    eddy_getaddrinfo_free(&day.resolve);
    eddy_queue_store_fini(&day.queue.store);
    if (day.path[0])
        unlink(day.path);
    return err;
}

/* ---- A job ----------------------------------------------------------------------------------------- */

static int square(struct eddy_work *work)
{
    const int *n = work->in;

    return eddy_work_put(work, &(int){*n * *n}, sizeof(int));
}

static struct eddy_step job_day(struct eddy_co *co)
{
    struct work_day *self = CO_FRAME(co, work_day);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_run_in_executor(&self->offload, eddy_co_loop(co), NULL, square, &self->n,
                                      sizeof self->n, &self->result, sizeof self->result));
    if (self->result != 144)
        CO_FAIL(co, sweep_wrong("the square of 12 is not 144"));
    CO_END(co);
}

static int runs_job(void)
{
    return run_day(job_day);
}

/* ---- A file ---------------------------------------------------------------------------------------- */

static struct eddy_step file_day(struct eddy_co *co)
{
    struct work_day *self = CO_FRAME(co, work_day);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    snprintf(self->path, sizeof self->path, "/tmp/eddy-sweep-%ld", (long)getpid());
    CO_AWAIT(co, eddy_file_open(&self->file, loop, self->path, O_RDWR | O_CREAT, 0600));
    CO_AWAIT(co, eddy_file_write(&self->file, loop, "twelve", 6));
    CO_AWAIT(co, eddy_file_sync(&self->file, loop));
    CO_AWAIT(co, eddy_file_close(&self->file, loop));
    CO_AWAIT(co, eddy_file_open(&self->file, loop, self->path, O_RDONLY, 0));
    for (self->n = 0; self->n < 6; self->n += (int)self->file.n)
        CO_AWAIT(co, eddy_file_read(&self->file, loop, self->text + self->n, 6 - (size_t)self->n));
    if (memcmp(self->text, "twelve", 6) != 0)
        CO_FAIL(co, sweep_wrong("what was written is not what is read"));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_file_close(&self->file, loop));
    CO_END(co);
}

static int uses_file(void)
{
    return run_day(file_day);
}

/* ---- A name ---------------------------------------------------------------------------------------- */

static struct eddy_step name_day(struct eddy_co *co)
{
    struct work_day *self = CO_FRAME(co, work_day);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_getaddrinfo(&self->resolve, eddy_co_loop(co), "127.0.0.1", "80", NULL));
    CO_FINALLY(co);
    if (eddy_co_outcome(co) == 0 && !self->resolve.list)
        sweep_wrong("a name without an address");
    eddy_getaddrinfo_free(&self->resolve);
    CO_END(co);
}

static int asks_for_name(void)
{
    return run_day(name_day);
}

/* ---- Threads that come in -------------------------------------------------------------------------- */

struct add_one {
    struct eddy_co co;
    int n;
};

static struct eddy_step add_one(struct eddy_co *co)
{
    struct add_one *self = CO_FRAME(co, add_one);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn());
    self->n++;
    CO_END(co);
}

/* Calls in, and puts what has come of it into the queue. */
static void *call_in(void *argument)
{
    struct work_day *self = argument;
    struct eddy_call call;
    struct add_one frame;
    int err = eddy_run_coroutine_threadsafe(&call, &self->calls, add_one, &frame, .n = 11);

    if (err == 0)
        err = eddy_job_result(&call.job, EDDY_FOREVER);
    if (err == 0)
        err = eddy_thread_queue_put(&self->queue, &self->n, EDDY_FOREVER);
    self->from_thread = err;
    eddy_thread_queue_shutdown(&self->queue);
    return NULL;
}

static int start_thread(struct work_day *self)
{
    int err = eddy_thread_start(&self->thread, call_in, self);

    self->started = err == 0;
    return err;
}

static int join_in_a_thread(struct eddy_work *work)
{
    join_thread_of(*(struct work_day *const *)work->in);
    return 0;
}

static struct eddy_step thread_day(struct eddy_co *co)
{
    struct work_day *self = CO_FRAME(co, work_day);
    int err;

    CO_BEGIN(co);
    err = eddy_calls_open(&self->calls, eddy_co_loop(co));
    if (err == 0)
        err = eddy_thread_queue_open(&self->queue, eddy_co_loop(co), 1);
    if (err == 0)
        err = start_thread(self);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_thread_queue_get_await(&self->get, &self->queue));
    if (self->get.item != &self->n)
        CO_FAIL(co, sweep_wrong("another item than was put"));
    CO_FINALLY(co);
    eddy_calls_close(&self->calls); /* a thread that waits for its call is told */
    eddy_thread_queue_shutdown(&self->queue);
    CO_AWAIT(co, eddy_run_in_executor(&self->joining, eddy_co_loop(co), NULL, join_in_a_thread,
                                      &self->self, sizeof self->self, NULL, 0));
    eddy_thread_queue_close(&self->queue);
    CO_END(co);
}

/* A thread that has failed has shut the queue: its error is the one that counts. */
static int lets_thread_in(void)
{
    return run_day(thread_day);
}

/* ---- All of it ------------------------------------------------------------------------------------- */

SWEEP
{
    plausible_expect("close", EIO, EITHER); /* of a file it is told, of a socket it is not */
    plausible_own_pair();
    /* Without threads of their own, names are asked for in the loop's. */
    plausible_expect("pthread_create", EAGAIN, EITHER);
    plausible_expect("pthread_mutex_init", EAGAIN, EITHER);
    plausible_expect("pthread_mutex_init", ENOMEM, EITHER);
    plausible_expect("pthread_cond_init", EAGAIN, EITHER);
    plausible_expect("pthread_cond_init", ENOMEM, EITHER);
    plausible_expect("pthread_condattr_init", ENOMEM, EITHER);
    plausible_expect("calloc", ENOMEM, EITHER);
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "a job in a thread", runs_job);
        SCENARIO_ON(which, "a file, written and read", uses_file);
        SCENARIO_ON(which, "a name's addresses", asks_for_name);
        SCENARIO_ON(which, "a thread that calls in", lets_thread_in);
    }
}
