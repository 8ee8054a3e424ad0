/* Trap: a process pool that is opened when threads run already. fork() would copy the locks that they hold,
 * and not the threads, which alone could give them back. It is refused; open that pool first. */
#include "errors.h"
#include "process_pool.h"

#include <stdio.h>

static int nothing(struct eddy_work *work)
{
    (void)work;
    return 0;
}

/* The pool starts its thread when it has something to do. */
static int use(struct eddy_thread_pool *pool)
{
    struct eddy_job job;

    eddy_job_init(&job, nothing, NULL, 0, NULL, 0);
    eddy_executor_submit(&pool->executor, &job);
    return eddy_job_result(&job, EDDY_FOREVER);
}

static int open_processes(struct eddy_process_pool *processes)
{
    int err = eddy_process_pool_open(processes, 2);

    printf("  a pool of processes: %s%s%s\n", eddy_errname(err), err < 0 ? ": " : "",
           err < 0 ? eddy_strerror(err) : "");
    return err;
}

int main(void)
{
    struct eddy_thread_pool threads = {.name = "late"};
    struct eddy_process_pool processes = {.name = "late"};

    if (eddy_thread_pool_open(&threads, 1) < 0 || use(&threads) < 0)
        return 1;
    printf("a thread runs:\n");
    open_processes(&processes);
    eddy_thread_pool_close(&threads);
    printf("it has ended:\n");
    open_processes(&processes);
    eddy_process_pool_close(&processes);
    return 0;
}
