/* Each scenario opens a pool, of threads or of processes, has it work, and closes it. What fails in a worker
 * is served.c's: here, workers meet no fault. */
#include "sweep.h"

#include "errors.h"
#include "faults.h"
#include "job.h"
#include "job_map.h"
#include "jobs.h"
#include "jobs_completed.h"
#include "plausible.h"
#include "process_pool.h"
#include "selector.h"
#include "thread_pool.h"
#include "waiting.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { JOBS = 3, WORKERS = 2 };

static struct eddy_thread_pool threads;
static struct eddy_process_pool processes;
static struct eddy_executor *executor;
static struct eddy_job jobs[JOBS];
static int in[JOBS], out[JOBS], submitted;
static struct eddy_job_place places[JOBS];

static int square(struct eddy_work *work)
{
    const int *n = work->in;
    int *result = work->out;

    *result = *n * *n;
    return 0;
}

static int hold_faults(void *unused)
{
    (void)unused;
    faults_hold(true);
    return 0;
}

/* ---- Open and close ------------------------------------------------------------------------------------ */

static int open_threads(void)
{
    threads = (struct eddy_thread_pool){.name = "swept"};
    executor = &threads.executor;
    return eddy_thread_pool_open(&threads, WORKERS);
}

static int open_processes(void)
{
    processes = (struct eddy_process_pool){.initializer = hold_faults};
    executor = &processes.drivers.executor;
    return eddy_process_pool_open(&processes, WORKERS);
}

static int open_pool(bool forks)
{
    memset(jobs, 0, sizeof jobs);
    memset(places, 0, sizeof places);
    memset(out, 0, sizeof out);
    submitted = 0;
    for (int i = 0; i < JOBS; i++) {
        in[i] = i + 2;
        eddy_job_init(&jobs[i], square, &in[i], sizeof in[i], &out[i], sizeof out[i]);
    }
    return forks ? open_processes() : open_threads();
}

/* Whatever has failed, each job that was accepted has ended, and those that say so have their result. */
static int close_pool(int err)
{
    eddy_thread_pool_close(&threads);
    eddy_process_pool_close(&processes);
    for (int i = 0; i < submitted; i++) {
        if (!eddy_job_done(&jobs[i]))
            return sweep_wrong("the pool is closed, and a job that it has accepted has not ended");
        if (eddy_job_error(&jobs[i]) == 0 && out[i] != in[i] * in[i])
            return sweep_wrong("a job has ended well, and its result is another one");
    }
    return err;
}

/* ---- What is done in between ----------------------------------------------------------------------------- */

static int submit_all(void)
{
    int err = 0;

    for (int i = 0; i < JOBS && err == 0; i++) {
        err = eddy_executor_submit(executor, &jobs[i]);
        submitted += err == 0;
        if (err < 0 && eddy_job_error(&jobs[i]) != err)
            return sweep_wrong("a job was not accepted, and has not heard why");
    }
    return err;
}

/* A worker that cannot be talked to breaks the pool: that is what is made of a fault there. */
static int unless_broken(int err)
{
    return err == EDDY_EBROKEN && faults_injected() > 0 ? 0 : err;
}

static int await_each(void)
{
    int err = submit_all();

    for (int i = 0; i < JOBS && err == 0; i++)
        err = unless_broken(eddy_job_result(&jobs[i], EDDY_FOREVER));
    return unless_broken(err);
}

static int await_all(void)
{
    int err = submit_all();

    for (int i = 0; i < JOBS; i++)
        places[i].job = &jobs[i];
    return err ? unless_broken(err)
               : eddy_jobs_wait(places, JOBS, EDDY_ALL_COMPLETED, EDDY_FOREVER);
}

static int await_as_completed(void)
{
    struct eddy_jobs_completed completed = {.places = NULL};
    struct eddy_job *job;
    int count = 0, err = submit_all();

    for (int i = 0; i < JOBS; i++)
        places[i].job = &jobs[i];
    if (err == 0)
        err = eddy_jobs_completed_open(&completed, places, JOBS, EDDY_FOREVER);
    while (err == 0) {
        err = eddy_jobs_completed_next(&completed, &job);
        count += err == 0;
    }
    eddy_jobs_completed_close(&completed);
    if (err == -ENOENT)
        err = count == JOBS ? 0 : sweep_wrong("all jobs have come, but not each");
    return unless_broken(err);
}

static int map(void)
{
    struct eddy_job_map all = {.jobs = NULL};
    struct eddy_job_arrays arrays = {in, sizeof in[0], out, sizeof out[0]};
    int err = eddy_job_map_open(&all, executor, square, jobs, JOBS, &arrays, EDDY_FOREVER);

    submitted = err == 0 ? JOBS : 0;
    while (err == 0)
        err = unless_broken(eddy_job_map_next(&all));
    eddy_job_map_close(&all);
    return err == -ENOENT ? 0 : unless_broken(err);
}

static int shut_down(void)
{
    int err = submit_all();
    int shut = eddy_executor_shutdown(executor, EDDY_SHUT_CANCEL | EDDY_SHUT_WAIT);

    for (int i = 0; i < submitted; i++)
        if (!eddy_job_done(&jobs[i]))
            return sweep_wrong("it is shut down, and a job that it has accepted has not ended");
    return unless_broken(err) ? unless_broken(err) : shut;
}

static int terminate(void)
{
    int err = submit_all();

    eddy_process_pool_terminate(&processes);
    return unless_broken(err);
}

static int nothing(void)
{
    return 0;
}

static int with(bool forks, int (*act)(void))
{
    int err = open_pool(forks);

    return close_pool(err ? err : act());
}

/* ---- The scenarios --------------------------------------------------------------------------------------- */

#define IN_BOTH(act)               \
    static int act##_threads(void) \
    {                              \
        return with(false, act);   \
    }                              \
    static int act##_forks(void)   \
    {                              \
        return with(true, act);    \
    }

IN_BOTH(nothing)
IN_BOTH(await_each)
IN_BOTH(await_all)
IN_BOTH(await_as_completed)
IN_BOTH(map)
IN_BOTH(shut_down)

static int terminate_forks(void)
{
    return with(true, terminate);
}

/* What is said to a worker, or heard from it, fails: the pool is broken, or the sentry, which is not needed
 * for what is there, sees it. */
static void expect_broken_pools(void)
{
    static const struct {
        const char *call;
        int errors[6];
    } all[] = {{"recv", {ECONNRESET, ETIMEDOUT, ENOMEM, EHOSTUNREACH}},
               {"send", {EPIPE, ECONNRESET, ENOBUFS, ETIMEDOUT}},
               {"poll", {ENOMEM, EINVAL}}};

    for (int i = 0; i < 3; i++)
        for (int k = 0; all[i].errors[k]; k++)
            plausible_expect(all[i].call, all[i].errors[k], EITHER);
    plausible_expect("recv", EAGAIN, AGAIN); /* from then on, there would never be a message */
    plausible_expect("send", EAGAIN, AGAIN);
}

SWEEP
{
    sweep_ignored("close");
    plausible_expect("pthread_create", EAGAIN, EITHER); /* fewer will do, and none for a sentry */
    expect_broken_pools();
    SCENARIO("a pool of threads that has nothing to do", nothing_threads);
    SCENARIO("jobs in threads, one waited for after the other", await_each_threads);
    SCENARIO("jobs in threads, all waited for at once", await_all_threads);
    SCENARIO("jobs in threads, as they complete", await_as_completed_threads);
    SCENARIO("a map in threads", map_threads);
    SCENARIO("a shutdown of threads that cancels and waits", shut_down_threads);
    SCENARIO("a pool of processes that has nothing to do", nothing_forks);
    SCENARIO("jobs in processes, one waited for after the other", await_each_forks);
    SCENARIO("jobs in processes, all waited for at once", await_all_forks);
    SCENARIO("jobs in processes, as they complete", await_as_completed_forks);
    SCENARIO("a map in processes", map_forks);
    SCENARIO("a shutdown of processes that cancels and waits", shut_down_forks);
    SCENARIO("processes that are terminated", terminate_forks);
}
