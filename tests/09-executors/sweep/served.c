/*
 * What fails in a worker process: each plausible fault of each call that the worker's side makes, one after
 * the other. The plan is made before the pool is opened, whose worker inherits it, and taken back before the
 * parent does anything else. Then three jobs: each ends with its right result, or says ENOMEM, or the pool is
 * broken, which all later ones say, too. Where the fault is nothing to a worker, all three have their result.
 * Nothing hangs, and nothing is left.
 *
 *     served            a sample: each call fails once, with one of its errors
 *     served --full     all
 */
#include "check.h"

#include "errors.h"
#include "faults.h"
#include "job.h"
#include "plausible.h"
#include "process_pool.h"
#include "selector.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { JOBS = 3, SIZE = 3000 };

static struct eddy_process_pool pool;
static struct eddy_job jobs[JOBS];
static char in[JOBS][SIZE];
static struct answer {
    char bytes[SIZE];
    long injected; /* faults that the worker has met so far */
} out[JOBS];

static bool full;
static long faults;

/* A worker's calls, and how many of them three jobs make at most. That there are fewer does no harm. */
static const struct {
    const char *call;
    long most;
} calls[] = {{"opendir", 1}, {"close", 12}, {"malloc", 7}, {"recv", 14},
             {"send", 9},    {"poll", 12},  {"fflush", 6}, {"pthread_create", 1}};

static int reverse(struct eddy_work *work)
{
    const char *from = work->in;
    struct answer *answer = work->out;

    for (size_t i = 0; i < work->in_size; i++)
        answer->bytes[i] = from[work->in_size - 1 - i];
    answer->injected = faults_injected();
    return 0;
}

static void check_result(int i)
{
    CHECK_INT(jobs[i].work.out_size, (long long)sizeof out[i]);
    for (int k = 0; k < SIZE; k++)
        CHECK(out[i].bytes[k] == in[i][SIZE - 1 - k]);
}

/* Whether this error of a worker's call may be felt. */
static bool may_break(const struct fault *fault)
{
    static const char *const absorbed[] = {"opendir", "close", "fflush", "pthread_create",
                                           "sigaction_restore"};

    for (size_t i = 0; i < sizeof absorbed / sizeof absorbed[0]; i++)
        if (strcmp(absorbed[i], fault->call) == 0)
            return false;
    return fault->outcome != AGAIN && !strstr(fault->rule, "EAGAIN") && !strchr(fault->rule, '%');
}

static void check_outcome(int i, const struct fault *fault, bool *broken)
{
    int err = eddy_job_result(&jobs[i], EDDY_FOREVER);

    if (err == 0) {
        CHECK(!*broken);
        check_result(i);
        return;
    }
    CHECK(may_break(fault));
    CHECK_CODE(err, strcmp(fault->call, "malloc") == 0 ? -ENOMEM : EDDY_EBROKEN);
    *broken = err == EDDY_EBROKEN;
}

static bool try_fault(const struct fault *fault, void *unused)
{
    bool broken = false, met = false;

    (void)unused;
    /* Never again is no fault of a kernel that goes on. */
    if (fault->onward && (strstr(fault->rule, "EAGAIN") || strcmp(fault->call, "close") == 0))
        return true;
    DID("had a worker meet %s", fault->rule);
    pool = (struct eddy_process_pool){.name = NULL};
    faults_plan(fault->rule);
    CHECK_CODE(eddy_process_pool_open(&pool, 1), 0);
    faults_plan("");
    for (int i = 0; i < JOBS; i++) {
        memset(&out[i], 0, sizeof out[i]);
        eddy_job_init(&jobs[i], reverse, in[i], SIZE, &out[i], sizeof out[i]);
        (void)eddy_executor_submit(&pool.drivers.executor, &jobs[i]);
        WAITING("job %d to end", i);
        check_outcome(i, fault, &broken);
        met = met || eddy_job_error(&jobs[i]) < 0 || out[i].injected > 0;
    }
    WAITING("the pool to be closed");
    CHECK_CODE(eddy_process_pool_close(&pool), 0);
    faults += met;
    return met;
}

static void sweep_call(const char *name, long most, int tell)
{
    for (int i = 0; i < JOBS; i++)
        for (int k = 0; k < SIZE; k++)
            in[i][k] = (char)(i + k * 7 + k / 251);

    CHECK(plausible_each(name, most, full, 0, try_fault, NULL));
    CHECK_INT(write(tell, &faults, sizeof faults), (long long)sizeof faults);
}

int main(int argc, char *argv[])
{
    char sentence[120];
    long sum = 0;
    int failed, tell[2];

    full = argc > 1 && strcmp(argv[1], "--full") == 0;
    check_start(argc, argv);
    check_limit(full ? 60 : 10);
    if (pipe(tell) < 0)
        return 2;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        snprintf(sentence, sizeof sentence,
                 "%s fails in a worker: each job ends, and nothing is left", calls[i].call);
        CASE(sentence)
            sweep_call(calls[i].call, calls[i].most, tell[1]);
    }
    failed = check_end();
    close(tell[1]);
    while (read(tell[0], &faults, sizeof faults) == sizeof faults)
        sum += faults;
    printf("# %ld faults in workers\n", sum);
    if (full && !failed)
        printf("served: %ld faults in workers: no crash, no leak, no hang\n", sum);
    return failed;
}
