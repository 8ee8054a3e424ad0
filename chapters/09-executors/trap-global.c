/* Trap: a job that counts in a global variable. In a thread it is the one that main() reads. A worker process
 * has its own, made when the pool was opened: it counts there, and main() sees nothing of it. */
#include "errors.h"
#include "process_pool.h"

#include <stdio.h>

static int counter;

static int count(struct eddy_work *work)
{
    int *result = work->out;

    *result = ++counter;
    return 0;
}

static void count_to_three(const char *where, struct eddy_executor *executor)
{
    struct eddy_job job;
    int result;

    counter = 0;
    printf("in %s:", where);
    for (int k = 0; k < 3; k++) {
        eddy_job_init(&job, count, NULL, 0, &result, sizeof result);
        eddy_executor_submit(executor, &job);
        if (eddy_job_result(&job, EDDY_FOREVER) == 0)
            printf(" %d", result);
    }
    printf("; the counter of main() is %d\n", counter);
}

int main(void)
{
    struct eddy_process_pool processes = {.name = "global"};
    struct eddy_thread_pool threads = {.name = "global"};

    counter = 40;
    if (eddy_process_pool_open(&processes, 1) < 0 || eddy_thread_pool_open(&threads, 1) < 0)
        return 1;
    count_to_three("a thread", &threads.executor);
    count_to_three("a process", &processes.drivers.executor);
    eddy_thread_pool_close(&threads);
    eddy_process_pool_close(&processes);
    return 0;
}
