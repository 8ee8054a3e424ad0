/* A friend may count my sheep, and write the number into my book. Is it in my book afterwards? */
#include <eddy.h>

#include <stdio.h>
#include <unistd.h>

static int book = 0;

static int count_sheep(struct eddy_work *work)
{
    book = 12;
    *(int *)work->out = getpid();
    return 0;
}

int main(void)
{
    struct eddy_process_pool pool = {.name = "friends"};
    struct eddy_job job;
    int friend = 0, err = eddy_process_pool_open(&pool, 1);

    if (err == 0) {
        eddy_job_init(&job, count_sheep, NULL, 0, &friend, sizeof friend);
        eddy_executor_submit(&pool.drivers.executor, &job);
        err = eddy_job_result(&job, EDDY_FOREVER);
        printf("me? %s; my book: %d sheep\n", friend == getpid() ? "yes" : "no", book);
    }
    eddy_process_pool_close(&pool);
    return err < 0;
}
