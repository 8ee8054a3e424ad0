/*
 * future - all that one can ask of a job, or do to it. The pool has one thread, and the first job keeps it
 * until we open a gate; so it is no matter of luck how each job stands. (Python's concurrent.futures.Future)
 */
#include "errors.h"
#include "thread_pool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- A gate, and the jobs ---------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool reached, open;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};

static void set(bool *flag)
{
    pthread_mutex_lock(&gate.lock);
    *flag = true;
    pthread_cond_broadcast(&gate.moved);
    pthread_mutex_unlock(&gate.lock);
}

static void wait_for(const bool *flag)
{
    pthread_mutex_lock(&gate.lock);
    while (!*flag)
        pthread_cond_wait(&gate.moved, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static int double_it(struct eddy_work *work)
{
    const int *n = work->in;
    int *result = work->out;

    if (*n < 0)
        return eddy_work_fail(work, -EDOM, "%d is negative", *n);
    *result = 2 * *n;
    return 0;
}

static int double_after_gate(struct eddy_work *work)
{
    set(&gate.reached);
    wait_for(&gate.open);
    return double_it(work);
}

/* ---- What is asked ------------------------------------------------------------------------------ */

static const char *name_of(bool truth)
{
    return truth ? "True" : "False";
}

static void show(const char *name, const struct eddy_job *job)
{
    printf("%s: running() %s, done() %s, cancelled() %s\n", name, name_of(eddy_job_running(job)),
           name_of(eddy_job_done(job)), name_of(eddy_job_cancelled(job)));
}

static void show_result(const char *name, struct eddy_job *job, double seconds)
{
    int err = eddy_job_result(job, seconds);

    if (err == 0)
        printf("%s: result() %d\n", name, *(int *)job->work.out);
    else
        printf("%s: result() fails with %s, \"%s\"\n", name, eddy_errname(err),
               err == -ETIMEDOUT ? eddy_strerror(err) : eddy_job_message(job));
}

static void told(struct eddy_job_callback *callback, struct eddy_job *job)
{
    (void)callback;
    printf("done-callback: error() %s\n", eddy_errname(eddy_job_error(job)));
}

/* ---- Three jobs --------------------------------------------------------------------------------- */

enum { JOBS = 3 };

/* An error is that of the first: there is no thread. */
static int submit_all(struct eddy_executor *executor, struct eddy_job jobs[], const int in[],
                      int out[])
{
    int err = 0;

    for (int k = 0; k < JOBS && err == 0; k++) {
        eddy_job_init(&jobs[k], k == 0 ? double_after_gate : double_it, &in[k], sizeof in[k],
                      &out[k], sizeof out[k]);
        err = eddy_executor_submit(executor, &jobs[k]);
    }
    return err;
}

static int show_all(struct eddy_executor *executor)
{
    const int in[JOBS] = {21, 4, -1};
    int out[JOBS];
    struct eddy_job jobs[JOBS], *first = &jobs[0], *second = &jobs[1], *third = &jobs[2];
    struct eddy_job_callback early = {.fn = told}, late = {.fn = told};
    int err = submit_all(executor, jobs, in, out);

    if (err < 0)
        return err;
    wait_for(&gate.reached);
    show("first", first);
    printf("first: cancel() %s\n", name_of(eddy_job_cancel(first)));
    show_result("first", first, 0.02);
    show("second", second);
    printf("second: cancel() %s\n", name_of(eddy_job_cancel(second)));
    show("second", second);
    show_result("second", second, EDDY_FOREVER);
    eddy_job_add_done_callback(first, &early);
    printf("first: error() %s\n", eddy_errname(eddy_job_error(first)));
    printf("the gate is opened\n");
    set(&gate.open);
    show_result("first", first, EDDY_FOREVER);
    show("first", first);
    show_result("third", third, EDDY_FOREVER);
    eddy_job_add_done_callback(third, &late); /* it is done: called at once */
    return 0;
}

int main(int argc, char *argv[])
{
    struct eddy_thread_pool pool = {.name = "future"};
    int err;

    if (argc > 1) {
        printf("usage: future\n\nShows all that one can ask of a job.\n");
        return strcmp(argv[1], "--help") != 0;
    }
    err = eddy_thread_pool_open(&pool, 1);
    if (err == 0)
        err = show_all(&pool.executor);
    if (err < 0)
        fprintf(stderr, "future: %s\n", eddy_strerror(err));
    eddy_thread_pool_close(&pool);
    return err < 0;
}
