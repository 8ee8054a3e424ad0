/* Several jobs in the order in which they are done. */
#include "pools.h"

#include "jobs_completed.h"

#include <math.h>
#include <stdlib.h>

enum { N = 4 };

static struct eddy_jobs_completed completed;
static struct eddy_job jobs[N];
static struct eddy_job_place places[N];
static struct gate gates[N];
static struct by_hand hand;

static void free_places(void)
{
    for (int i = 0; i < N; i++)
        places[i] = (struct eddy_job_place){.job = &jobs[i]};
}

/* Four that run, each behind its own gate. */
static void run_four(int kind)
{
    free_places();
    for (int i = 0; i < N; i++)
        gate_open(&gates[i]);
    open_pool(kind, N);
    for (int i = 0; i < N; i++)
        begin_hold(&jobs[i], &gates[i]);
}

static void end_four(int kind)
{
    eddy_jobs_completed_close(&completed);
    CHECK_CODE(close_pool(kind), 0);
    for (int i = 0; i < N; i++)
        gate_close(&gates[i]);
}

static void end_job(int i)
{
    let_go(&gates[i], 1);
    CHECK_CODE(eddy_job_result(&jobs[i], EDDY_FOREVER), 0);
}

static void expect_next(int i)
{
    struct eddy_job *job = NULL;
    size_t left = completed.left;

    CHECK_CODE(eddy_jobs_completed_next(&completed, &job), 0);
    CHECK_INT(job - jobs, i);
    CHECK(eddy_job_done(job));
    CHECK_INT(completed.left, (long long)left - 1);
}

static void expect_end(int err)
{
    struct eddy_job *job = &jobs[0];

    CHECK_CODE(eddy_jobs_completed_next(&completed, &job), err);
    CHECK(job == NULL);
}

static void begin(size_t n, double seconds)
{
    CHECK_CODE(eddy_jobs_completed_open(&completed, places, n, seconds), 0);
}

/* Four that wait in line of an executor of the test's own. */
static void line_up(void)
{
    open_hand(&hand);
    free_places();
    for (int i = 0; i < N; i++) {
        eddy_job_init(&jobs[i], nothing, NULL, 0, NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &jobs[i]), 0);
    }
}

static void *end_two(void *unused)
{
    let_go(&gates[3], 1);
    (void)eddy_job_result(&jobs[3], EDDY_FOREVER);
    let_go(&gates[0], 1);
    return unused;
}

TESTS
{
    CASE("as_completed tells each job once, those that were done first, in the order of places") {
        BOTH(kind)
        {
            pthread_t thread;
            run_four(kind);
            end_job(2);
            end_job(1);
            begin(N, EDDY_FOREVER);
            expect_next(1);
            thread = start(end_two, NULL);
            expect_next(2);
            expect_next(3); /* waits */
            expect_next(0);
            join(thread);
            CHECK_INT(completed.left, 0);
            expect_end(-ENOENT);
            end_four(kind);
        }
    }

    CASE("the order is that of the jobs' ends, which nobody has to watch") {
        BOTH(kind)
        {
            run_four(kind);
            begin(N, EDDY_FOREVER);
            end_job(3);
            end_job(1);
            end_job(2);
            end_job(0);
            expect_next(3);
            expect_next(1);
            expect_next(2);
            expect_next(0);
            expect_end(-ENOENT);
            end_four(kind);
        }
    }

    CASE("with no time at all those that are done are told, and then ETIMEDOUT") {
        BOTH(kind)
        {
            run_four(kind);
            end_job(2);
            begin(N, 0);
            expect_next(2);
            expect_end(-ETIMEDOUT);
            CHECK_INT(completed.left, 3);
            end_job(0);
            expect_next(0); /* it is done: no time is needed */
            expect_end(-ETIMEDOUT);
            end_job(1);
            end_job(3);
            end_four(kind);
        }
    }

    CASE("the limit is one for all together, and a wait ends with it") {
        line_up();
        begin(N, 0.02);
        finish_by_hand(&hand, begin_by_hand(&hand), 0);
        expect_next(0);
        expect_end(-ETIMEDOUT);
        expect_end(-ETIMEDOUT);
        run_by_hand(&hand);
        eddy_jobs_completed_close(&completed);
    }

    CASE("a job in two places is told once, and a place without a job not at all") {
        line_up();
        places[1].job = &jobs[0];
        places[2].job = NULL;
        begin(N, EDDY_FOREVER);
        CHECK_INT(completed.left, 2);
        run_by_hand(&hand);
        expect_next(0);
        expect_next(3);
        expect_end(-ENOENT);
        eddy_jobs_completed_close(&completed);
        begin(N, EDDY_FOREVER); /* all are done now */
        expect_next(0);
        expect_next(3);
        expect_end(-ENOENT);
        eddy_jobs_completed_close(&completed);
    }

    CASE("jobs that fail, are cancelled or were refused are told as all others are") {
        line_up();
        CHECK(eddy_job_cancel(&jobs[3]));
        hand.refuses = -EAGAIN;
        CHECK_CODE(eddy_executor_submit(executor, &jobs[3]), -EAGAIN);
        begin(N, EDDY_FOREVER);
        CHECK(eddy_job_cancel(&jobs[1]));
        finish_by_hand(&hand, begin_by_hand(&hand), -EIO);
        run_by_hand(&hand);
        expect_next(3);
        CHECK_CODE(eddy_job_error(&jobs[3]), -EAGAIN);
        expect_next(1);
        expect_next(0);
        CHECK_CODE(eddy_job_error(&jobs[0]), -EIO);
        expect_next(2);
        eddy_jobs_completed_close(&completed);
    }

    CASE("a job that was never submitted is told at once, as one that is done") {
        struct eddy_job *job;
        open_hand(&hand);
        eddy_job_init(&jobs[0], nothing, NULL, 0, NULL, 0);
        places[0] = (struct eddy_job_place){.job = &jobs[0]};
        begin(1, EDDY_FOREVER);
        CHECK_CODE(eddy_jobs_completed_next(&completed, &job), 0);
        CHECK(job == &jobs[0]);
        CHECK_CODE(eddy_job_error(job), EDDY_EPENDING);
        eddy_jobs_completed_close(&completed);
    }

    CASE("one that is closed early leaves the jobs, which go on, and its places are free") {
        line_up();
        begin(N, EDDY_FOREVER);
        finish_by_hand(&hand, begin_by_hand(&hand), 0);
        eddy_jobs_completed_close(&completed);
        eddy_jobs_completed_close(&completed);
        for (int i = 0; i < N; i++)
            CHECK(eddy_list_empty(&jobs[i].waiters) && places[i].owner == NULL);
        expect_end(EDDY_ECLOSED);
        begin(N, EDDY_FOREVER);
        run_by_hand(&hand);
        for (int i = 0; i < N; i++)
            expect_next(i);
        eddy_jobs_completed_close(&completed);
    }

    CASE("of nothing it is at its end at once; open, in use and NaN are refused") {
        struct eddy_jobs_completed other = {.open = false};
        struct eddy_job_place free_place = {.job = NULL};
        line_up();
        begin(0, EDDY_FOREVER);
        expect_end(-ENOENT);
        eddy_jobs_completed_close(&completed);
        CHECK_CODE(eddy_jobs_completed_open(&completed, places, N, NAN), -EINVAL);
        expect_end(EDDY_ECLOSED);
        begin(N, EDDY_FOREVER);
        CHECK_CODE(eddy_jobs_completed_open(&completed, places, N, 0), EDDY_EQUEUED);
        CHECK_CODE(eddy_jobs_completed_open(&other, places, N, 0), EDDY_EQUEUED);
        CHECK_CODE(eddy_jobs_completed_open(&completed, &free_place, 1, 0), EDDY_EQUEUED);
        run_by_hand(&hand);
        for (int i = 0; i < N; i++)
            expect_next(i);
        eddy_jobs_completed_close(&completed);
        eddy_jobs_completed_close(&other);
    }

    CASE("two threads' iterations over the same jobs are told all of them, each") {
        static struct eddy_job_place others[N];
        struct eddy_jobs_completed other = {.open = false};
        struct eddy_job *job;
        line_up();
        for (int i = 0; i < N; i++)
            others[i].job = &jobs[N - 1 - i];
        begin(N, EDDY_FOREVER);
        CHECK_CODE(eddy_jobs_completed_open(&other, others, N, EDDY_FOREVER), 0);
        run_by_hand(&hand);
        for (int i = 0; i < N; i++) {
            expect_next(i);
            CHECK_CODE(eddy_jobs_completed_next(&other, &job), 0);
            CHECK(job == &jobs[i]);
        }
        eddy_jobs_completed_close(&completed);
        eddy_jobs_completed_close(&other);
    }
}
