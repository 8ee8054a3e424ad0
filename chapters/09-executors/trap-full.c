/* Trap: a job that waits for another job of its own pool. The pool has one thread, and that one waits: nobody
 * is left who could run the other job. The pool notices; the way out is another pool, or a second thread. */
#include "errors.h"
#include "thread_pool.h"

#include <stdio.h>

static int inner(struct eddy_work *work)
{
    (void)work;
    printf("  inner runs\n");
    return 0;
}

static int outer(struct eddy_work *work)
{
    struct eddy_executor *const *executor = work->in;
    struct eddy_job job;
    int err;

    eddy_job_init(&job, inner, NULL, 0, NULL, 0);
    eddy_executor_submit(*executor, &job);
    err = eddy_job_result(&job, EDDY_FOREVER);
    printf("  outer waits for inner: %s\n", eddy_errname(err));
    if (err == EDDY_EDEADLOCK)
        eddy_job_cancel(&job); /* it lies on this stack, and is in line */
    return err;
}

static int run_with(int threads)
{
    struct eddy_thread_pool pool = {.name = "full"};
    struct eddy_executor *executor = &pool.executor;
    struct eddy_job job;
    int err = eddy_thread_pool_open(&pool, threads);

    if (err < 0)
        return err;
    printf("%d thread%s:\n", threads, threads == 1 ? "" : "s");
    eddy_job_init(&job, outer, &executor, sizeof executor, NULL, 0);
    eddy_executor_submit(executor, &job);
    printf("  main waits for outer: %s\n", eddy_errname(eddy_job_result(&job, EDDY_FOREVER)));
    return eddy_thread_pool_close(&pool);
}

int main(void)
{
    return run_with(1) < 0 || run_with(2) < 0;
}
