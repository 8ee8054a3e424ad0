/* Waiting for several jobs: all, the first, or until one has failed. */
#include "pools.h"

#include "jobs.h"

#include <math.h>
#include <sys/wait.h>

enum { N = 4 };

static struct eddy_job jobs[N];
static struct eddy_job_place places[N];
static struct gate gates[N];
static struct by_hand hand;

/* A job that fails when it is let go. */
static int hold_and_fail(struct eddy_work *work)
{
    return hold(work) < 0 ? -EPROTO : -EIO;
}

static void free_places(void)
{
    for (int i = 0; i < N; i++)
        places[i] = (struct eddy_job_place){.job = &jobs[i]};
}

/* Four that run, each behind its own gate. `failing` fails; -1: none. */
static void run_four(int kind, int failing)
{
    free_places();
    for (int i = 0; i < N; i++)
        gate_open(&gates[i]);
    open_pool(kind, N);
    for (int i = 0; i < N; i++) {
        eddy_job_init(&jobs[i], i == failing ? hold_and_fail : hold, &gates[i], sizeof gates[i],
                      NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &jobs[i]), 0);
    }
    for (int i = 0; i < N; i++)
        await_begun(&gates[i]);
}

static void end_four(int kind, const char *held)
{
    for (; *held; held++)
        let_go(&gates[*held - '0'], 1);
    CHECK_CODE(close_pool(kind), 0);
    for (int i = 0; i < N; i++)
        gate_close(&gates[i]);
}

/* Which are done, as text: "02". No waiter is left in any. */
static const char *done(void)
{
    static char text[N + 1];
    int n = 0;

    for (int i = 0; i < N; i++) {
        CHECK(places[i].owner == NULL);
        if (eddy_job_done(&jobs[i]))
            text[n++] = (char)('0' + i);
        else
            CHECK(eddy_list_empty(&jobs[i].waiters));
    }
    text[n] = '\0';
    return text;
}

static void *let_all_go(void *order)
{
    for (const char *each = order; *each; each++) {
        let_go(&gates[*each - '0'], 1);
        CHECK(eddy_job_result(&jobs[*each - '0'], EDDY_FOREVER) != -ETIMEDOUT);
    }
    return NULL;
}

static void wait_while(const char *order, int return_when, const char *want)
{
    char text[N + 1];
    pthread_t thread;

    snprintf(text, sizeof text, "%s", order);
    thread = start(let_all_go, text);
    CHECK_CODE(eddy_jobs_wait(places, N, return_when, EDDY_FOREVER), 0);
    join(thread);
    CHECK_TEXT(done(), want);
}

static void modes(void)
{
    CASE("wait for all returns when the last one is done, whatever the order") {
        BOTH(kind)
        {
            run_four(kind, 2);
            wait_while("3201", EDDY_ALL_COMPLETED, "0123");
            CHECK_CODE(eddy_jobs_wait(places, N, EDDY_ALL_COMPLETED, EDDY_FOREVER), 0);
            end_four(kind, "");
        }
    }

    CASE("wait for the first returns when one is done, and the others go on") {
        BOTH(kind)
        {
            run_four(kind, -1);
            wait_while("2", EDDY_FIRST_COMPLETED, "2");
            CHECK_CODE(eddy_jobs_wait(places, N, EDDY_FIRST_COMPLETED, EDDY_FOREVER), 0); /* is */
            CHECK_TEXT(done(), "2");
            end_four(kind, "013");
        }
    }

    CASE("wait for the first error passes over what succeeds, and returns at the error") {
        BOTH(kind)
        {
            run_four(kind, 1);
            wait_while("31", EDDY_FIRST_EXCEPTION, "13");
            CHECK_CODE(eddy_job_error(&jobs[1]), -EIO);
            CHECK_CODE(eddy_jobs_wait(places, N, EDDY_FIRST_EXCEPTION, 0), 0); /* it is so */
            end_four(kind, "02");
        }
    }

    CASE("wait for the first error is a wait for all, if none fails; a cancel is no error") {
        BOTH(kind)
        {
            run_four(kind, -1);
            wait_while("3012", EDDY_FIRST_EXCEPTION, "0123");
            end_four(kind, "");
        }
        open_hand(&hand);
        for (int i = 0; i < N; i++) {
            static const int errors[N] = {0, -EIO, 0, 0};
            eddy_job_init(&jobs[i], fail, &errors[i], sizeof errors[i], NULL, 0);
            CHECK_CODE(eddy_executor_submit(executor, &jobs[i]), 0);
        }
        free_places();
        CHECK(eddy_job_cancel(&jobs[0]));
        CHECK_CODE(eddy_jobs_wait(places, N, EDDY_FIRST_EXCEPTION, 0), -ETIMEDOUT);
        CHECK_CODE(eddy_jobs_wait(places, N, EDDY_FIRST_COMPLETED, 0), 0);
        CHECK(eddy_job_cancel(&jobs[2]));
        run_by_hand(&hand);
        CHECK_CODE(eddy_jobs_wait(places, N, EDDY_FIRST_EXCEPTION, 0), 0);
    }

    CASE("a wait with a limit is ETIMEDOUT, the jobs go on, and the two sets are disjoint") {
        BOTH(kind)
        {
            run_four(kind, -1);
            let_go(&gates[1], 1);
            CHECK_CODE(eddy_job_result(&jobs[1], EDDY_FOREVER), 0);
            CHECK_CODE(eddy_jobs_wait(places, N, EDDY_ALL_COMPLETED, 0.01), -ETIMEDOUT);
            CHECK_TEXT(done(), "1");
            CHECK_CODE(eddy_jobs_wait(places, N, EDDY_FIRST_EXCEPTION, 0), -ETIMEDOUT);
            CHECK_TEXT(done(), "1");
            wait_while("023", EDDY_ALL_COMPLETED, "0123");
            end_four(kind, "");
        }
    }
}

/* ---- What stands in the places ----------------------------------------------------------------------- */

static void in_places(void)
{
    CASE("cpython 20369: a job in two places counts once, and a wait for all returns") {
        BOTH(kind)
        {
            run_four(kind, -1);
            places[2].job = &jobs[0];
            places[3].job = &jobs[0];
            wait_while("10", EDDY_ALL_COMPLETED, "01");
            CHECK(!places[0].repeated && !places[1].repeated);
            CHECK(places[2].repeated && places[3].repeated);
            end_four(kind, "23");
        }
    }

    CASE("the second place of a job that is pending is not what a wait for the first is for") {
        run_four(THREADS, -1);
        places[1].job = &jobs[0];
        CHECK_CODE(eddy_jobs_wait(places, 2, EDDY_FIRST_COMPLETED, 0.01), -ETIMEDOUT);
        end_four(THREADS, "0123");
    }

    CASE("a place without a job, and a job that was never submitted, count as done") {
        int n = 3, result = 0;
        open_hand(&hand);
        init_square(&jobs[0], &n, &result);
        places[0] = (struct eddy_job_place){.job = &jobs[0]};
        places[1] = (struct eddy_job_place){.job = NULL};
        CHECK_CODE(eddy_jobs_wait(places, 2, EDDY_ALL_COMPLETED, EDDY_FOREVER), 0);
        submit_square(&jobs[1], &n, &result);
        places[2] = (struct eddy_job_place){.job = &jobs[1]};
        CHECK_CODE(eddy_jobs_wait(places, 3, EDDY_ALL_COMPLETED, 0), -ETIMEDOUT);
        CHECK_CODE(eddy_jobs_wait(&places[1], 2, EDDY_FIRST_COMPLETED, 0), -ETIMEDOUT);
        CHECK(!places[0].repeated && !places[1].repeated && !places[2].repeated);
        run_by_hand(&hand);
    }

    CASE("a thousand jobs of which each stands in two places: each is found once") {
        enum { MANY = 1000 };
        static struct eddy_job many[MANY];
        static struct eddy_job_place twice[2 * MANY];
        int repeated = 0;
        open_pool(THREADS, 2);
        for (int i = 0; i < MANY; i++) {
            eddy_job_init(&many[i], nothing, NULL, 0, NULL, 0);
            CHECK_CODE(eddy_executor_submit(executor, &many[i]), 0);
            twice[(i * 7) % MANY].job = &many[i];
            twice[MANY + (i * 13) % MANY].job = &many[i];
        }
        CHECK_CODE(eddy_jobs_wait(twice, (size_t)2 * MANY, EDDY_ALL_COMPLETED, EDDY_FOREVER), 0);
        for (int i = 0; i < 2 * MANY; i++)
            repeated += twice[i].repeated == (i >= MANY);
        CHECK_INT(repeated, 2 * MANY);
        CHECK_CODE(close_pool(THREADS), 0);
    }

    CASE("no places, NaN, and none of the three are refused; so is a place in use") {
        open_hand(&hand);
        int n = 3, result = 0;
        submit_square(&jobs[0], &n, &result);
        places[0] = (struct eddy_job_place){.job = &jobs[0]};
        CHECK_CODE(eddy_jobs_wait(places, 0, EDDY_ALL_COMPLETED, 0), -EINVAL);
        CHECK_CODE(eddy_jobs_wait(places, 1, EDDY_ALL_COMPLETED, NAN), -EINVAL);
        CHECK_CODE(eddy_jobs_wait(places, 1, EDDY_ALL_COMPLETED - 1, 0), -EINVAL);
        CHECK_CODE(eddy_jobs_wait(places, 1, EDDY_FIRST_EXCEPTION + 1, 0), -EINVAL);
        places[0].owner = &places;
        CHECK_CODE(eddy_jobs_wait(places, 1, EDDY_ALL_COMPLETED, 0), EDDY_EQUEUED);
        CHECK(places[0].owner == &places && eddy_list_empty(&jobs[0].waiters));
        run_by_hand(&hand);
    }
}

/* ---- Who cannot wait ------------------------------------------------------------------------------ */

static struct eddy_job inner[N];
static struct eddy_job_place inner_places[N];
static int said;

/* Two jobs of its own pool. */
static int wait_for_two(struct eddy_work *work)
{
    (void)work;
    for (int i = 0; i < 2; i++) {
        eddy_job_init(&inner[i], nothing, NULL, 0, NULL, 0);
        inner_places[i] = (struct eddy_job_place){.job = &inner[i]};
        said = eddy_executor_submit(executor, &inner[i]);
    }
    if (said == 0)
        said = eddy_jobs_wait(inner_places, 2, EDDY_ALL_COMPLETED, EDDY_FOREVER);
    return 0;
}

/* As inner_places say. */
static int wait_for_given(struct eddy_work *work)
{
    said =
        eddy_jobs_wait(inner_places, *(const size_t *)work->in, EDDY_FIRST_COMPLETED, EDDY_FOREVER);
    return 0;
}

static void wait_in_pool(int workers, int want)
{
    open_pool(THREADS, workers);
    eddy_job_init(&jobs[0], wait_for_two, NULL, 0, NULL, 0);
    CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), 0);
    CHECK_CODE(eddy_job_result(&jobs[0], EDDY_FOREVER), 0);
    CHECK_CODE(said, want);
    for (int i = 0; i < 2; i++) {
        CHECK_CODE(eddy_job_result(&inner[i], EDDY_FOREVER), 0);
        CHECK(inner_places[i].owner == NULL);
    }
    CHECK_INT(executor->blocked, 0);
    CHECK_CODE(close_pool(THREADS), 0);
}

static void cannot(void)
{
    CASE("a job that waits for jobs of its own full pool is told EDEADLOCK by wait, too") {
        wait_in_pool(1, EDDY_EDEADLOCK);
        for (int i = 0; i < 20; i++)
            wait_in_pool(2, 0);
    }

    CASE("a job of a full pool may wait for the first of its own pool's jobs and another's") {
        size_t two = 2;
        open_hand(&hand);
        eddy_job_init(&inner[0], nothing, NULL, 0, NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &inner[0]), 0);
        open_pool(THREADS, 1);
        eddy_job_init(&inner[1], nothing, NULL, 0, NULL, 0);
        eddy_job_init(&jobs[0], wait_for_given, &two, sizeof two, NULL, 0);
        for (int i = 0; i < 2; i++)
            inner_places[i] = (struct eddy_job_place){.job = &inner[i]};
        CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), 0);
        CHECK_CODE(eddy_executor_submit(executor, &inner[1]), 0);
        await_waiter(&hand.executor, &inner[0], &jobs[0]);
        run_by_hand(&hand);
        CHECK_CODE(eddy_job_result(&jobs[0], EDDY_FOREVER), 0);
        CHECK_CODE(said, 0);
        CHECK_CODE(close_pool(THREADS), 0);
    }

    CASE("in a child process a wait for the parent's job is EFORK, and not an end of waiting") {
        int n = 3, result = 0, status;
        pid_t pid;
        open_hand(&hand);
        for (int i = 0; i < 2; i++) {
            submit_square(&jobs[i], &n, &result);
            places[i] = (struct eddy_job_place){.job = &jobs[i]};
        }
        finish_by_hand(&hand, begin_by_hand(&hand), 0);
        pid = fork();
        if (pid == 0)
            _exit(eddy_jobs_wait(places, 2, EDDY_ALL_COMPLETED, EDDY_FOREVER) == EDDY_EFORK &&
                          eddy_jobs_wait(places, 1, EDDY_ALL_COMPLETED, EDDY_FOREVER) == 0
                      ? 0
                      : 1);
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        run_by_hand(&hand);
    }
}

TESTS
{
    modes();
    in_places();
    cannot();
}
