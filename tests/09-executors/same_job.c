/* Two threads that submit the same job, at the same time. */
#include "check.h"

#include "errors.h"
#include "future.h"
#include "thread_pool.h"

#include <sched.h>
#include <stdatomic.h>

enum { ROUNDS = 1000, TIMES = 50 };

static struct eddy_thread_pool pool;
static struct eddy_job job;
static atomic_int runs, accepted, met;

static int count_run(struct eddy_work *work)
{
    (void)work;
    runs++;
    return 0;
}

/* Goes on when the other one has come here, too. */
static void meet(int *times)
{
    met++;
    for (++*times; met < 2 * *times;)
        sched_yield();
}

static void *submit_again_and_again(void *argument)
{
    int meetings = 0;

    for (int round = 0; round < ROUNDS; round++) {
        meet(&meetings);
        for (int i = 0; i < TIMES; i++)
            if (eddy_executor_submit(&pool.executor, &job) == 0)
                accepted++;
        meet(&meetings);
        eddy_job_result(&job, EDDY_FOREVER);
    }
    return argument;
}

TESTS
{
    CASE("two threads that submit the same job at once: it runs as often as it was accepted") {
        pthread_t other;

        DID("submitted one job from two threads, %d times each, to a pool of two", ROUNDS * TIMES);
        CAUSE("whether the job is in line is looked at without the lock, and not again with it");
        eddy_job_init(&job, count_run, NULL, 0, NULL, 0);
        CHECK_CODE(eddy_thread_pool_open(&pool, 2), 0);
        CHECK_OK(-pthread_create(&other, NULL, submit_again_and_again, NULL));
        submit_again_and_again(NULL);
        pthread_join(other, NULL);
        CHECK_CODE(eddy_thread_pool_close(&pool), 0);
        CHECK_INT(runs, accepted);
    }
}
