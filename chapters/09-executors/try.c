/* Three snails: ann needs three tenths of a second, bob two, cat one. Who is there first? */
#include <eddy.h>

#include <stdio.h>
#include <time.h>

static int crawl(struct eddy_work *work)
{
    const char *snail = work->in;

    nanosleep(&(struct timespec){.tv_nsec = (snail[0] - '0') * 100000000L}, NULL);
    return printf("%s is there\n", snail + 2) < 0;
}

int main(void)
{
    static const char *const snails[] = {"3 ann", "2 bob", "1 cat"};
    struct eddy_thread_pool pool = {.name = "snails"};
    struct eddy_job jobs[3];
    int err = eddy_thread_pool_open(&pool, 3);

    for (int i = 0; i < 3 && err == 0; i++) {
        eddy_job_init(&jobs[i], crawl, snails[i], 6, NULL, 0);
        err = eddy_executor_submit(&pool.executor, &jobs[i]);
    }
    eddy_thread_pool_close(&pool);
    return err < 0;
}
