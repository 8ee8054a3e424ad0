/* Patients and a hospital with one doctor, or two. The trace has who was seen, in which order. */
#include "../../watch.h"

#include "4-priorities.h"

#include "errors.h"
#include "faults.h"
#include "thread_pool.h"

#include <errno.h>
#include <stdlib.h>

enum { PATIENTS = 6 };

static pthread_mutex_t stage = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static char order[64];

struct patient {
    struct urgent_job urgent;
    char name[2];
    bool stays, gone, begun, alone;
    int returns;
    struct patient *brings; /* submitted while this one is seen */
};

static struct eddy_thread_pool doctors;
static struct priorities hospital;
static struct patient patients[PATIENTS];
#define A (&patients[0])
#define B (&patients[1])
#define C (&patients[2])
#define D (&patients[3])

static int see(struct eddy_work *work)
{
    struct patient *self = container_of(work, struct patient, urgent.job.work);

    if (self->alone && pthread_mutex_trylock(&hospital.executor.lock) == 0)
        pthread_mutex_unlock(&hospital.executor.lock);
    else if (self->alone)
        ACCUSE("the executor's lock to be free while a job runs", "it is held");
    if (self->brings)
        priorities_submit(&hospital, &self->brings->urgent, 1);
    pthread_mutex_lock(&stage);
    self->begun = true;
    strncat(order, self->name, sizeof order - strlen(order) - 1);
    pthread_cond_broadcast(&moved);
    while (self->stays && !self->gone)
        pthread_cond_wait(&moved, &stage);
    pthread_mutex_unlock(&stage);
    return self->returns;
}

static void let_go(struct patient *patient)
{
    pthread_mutex_lock(&stage);
    patient->gone = true;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&stage);
}

static void watch_describe(char *text, size_t n)
{
    size_t used = 0;

    for (int i = 0; i < PATIENTS && used < n; i++) {
        const struct eddy_job *job = &patients[i].urgent.job;
        if (job->executor && !eddy_job_done(job))
            used += (size_t)snprintf(text + used, n - used, "%s %s; ", patients[i].name,
                                     eddy_job_running(job) ? "runs" : "has not begun");
    }
    if (used >= n)
        return;
    if (pthread_mutex_trylock(&hospital.executor.lock) != 0)
        snprintf(text + used, n - used, "somebody keeps the executor's lock, or takes it twice");
    else
        snprintf(text + used, n - used, "%zu in the heap, tokens is %d", hospital.urgent.count,
                 hospital.tokens);
}

/* ---- What is called (`wrap` in about) ----------------------------------------------------------------- */

static int at_all_done;     /* threads that wait there */
static bool wakes_too_soon; /* the next one that waits there is woken for nothing */
static bool in_cancel;      /* the test is in eddy_job_cancel() */

static void expect_lock(const struct eddy_job *job, const char *call)
{
    if (job->executor == &hospital.executor && pthread_mutex_trylock(&hospital.executor.lock) == 0)
        ACCUSE("the executor's lock to be held", "%s is called without it", call);
}

void __real_eddy_job_begin(struct eddy_job *job);
void __wrap_eddy_job_begin(struct eddy_job *job);
void __wrap_eddy_job_begin(struct eddy_job *job)
{
    expect_lock(job, "eddy_job_begin()");
    __real_eddy_job_begin(job);
}

void __real_eddy_job_finish(struct eddy_job *job, int err);
void __wrap_eddy_job_finish(struct eddy_job *job, int err);
void __wrap_eddy_job_finish(struct eddy_job *job, int err)
{
    expect_lock(job, "eddy_job_finish()");
    __real_eddy_job_finish(job, err);
}

void __real_eddy_job_withdraw(struct eddy_job *job, int err);
void __wrap_eddy_job_withdraw(struct eddy_job *job, int err);
void __wrap_eddy_job_withdraw(struct eddy_job *job, int err)
{
    expect_lock(job, "eddy_job_withdraw()");
    if (in_cancel)
        ACCUSE("eddy_job_cancel() to withdraw the job, after dequeue()", "dequeue() does it, too");
    __real_eddy_job_withdraw(job, err);
}

static void count_waiting(int by)
{
    pthread_mutex_lock(&stage);
    at_all_done += by;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&stage);
}

int __real_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock);
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock);
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock)
{
    int error;

    if (cond != &hospital.all_done)
        return __real_pthread_cond_wait(cond, lock);
    if (wakes_too_soon) { /* as the system may */
        wakes_too_soon = false;
        return 0;
    }
    count_waiting(1);
    error = __real_pthread_cond_wait(cond, lock);
    count_waiting(-1);
    return error;
}

/* After the unlock, whoever waits may have found no token, and all of this may be gone. */
int __real_pthread_cond_broadcast(pthread_cond_t *cond);
int __wrap_pthread_cond_broadcast(pthread_cond_t *cond);
int __wrap_pthread_cond_broadcast(pthread_cond_t *cond)
{
    if (cond == &hospital.all_done && pthread_mutex_trylock(&hospital.executor.lock) == 0)
        ACCUSE("the executor's lock to be held",
               "all_done is broadcast without it: whoever looks "
               "at tokens in between goes home, and frees what is broadcast");
    return __real_pthread_cond_broadcast(cond);
}

/* ---- What a case does --------------------------------------------------------------------------- */

static void set_up(int threads)
{
    start_watch();
    CHECK_CODE(eddy_thread_pool_open(&doctors, threads), 0);
    CHECK_CODE(priorities_open(&hospital, &doctors.executor), 0);
    for (int i = 0; i < PATIENTS; i++) {
        patients[i].name[0] = (char)('a' + i);
        eddy_job_init(&patients[i].urgent.job, see, NULL, 0, NULL, 0);
    }
}

static void tear_down(void)
{
    for (int i = 0; i < PATIENTS; i++)
        let_go(&patients[i]);
    CAUSE("each token counts down by one when it has done its work, whether there was a job for it "
          "or not; the last one broadcasts all_done, for which shut_down() waits");
    waiting("priorities_close() to return");
    CHECK_CODE(priorities_close(&hospital), 0);
    waiting("eddy_thread_pool_close() to return");
    CHECK_CODE(eddy_thread_pool_close(&doctors), 0);
    end_watch();
    CHECK_INT(hospital.tokens, 0);
}

static void send(struct patient *patient, int priority)
{
    waiting("the submit of %s to return", patient->name);
    CHECK_CODE(priorities_submit(&hospital, &patient->urgent, priority), 0);
}

static void await_begun(struct patient *patient)
{
    waiting("%s to begin", patient->name);
    pthread_mutex_lock(&stage);
    while (!patient->begun)
        pthread_cond_wait(&moved, &stage);
    pthread_mutex_unlock(&stage);
}

/* It is seen, until it is let go. */
static void occupy(struct patient *patient)
{
    patient->stays = true;
    send(patient, 5);
    await_begun(patient);
}

static int result_of(struct patient *patient)
{
    waiting("%s to be done", patient->name);
    return eddy_job_result(&patient->urgent.job, EDDY_FOREVER);
}

static bool cancel(struct patient *patient)
{
    bool cancelled;

    in_cancel = true;
    cancelled = eddy_job_cancel(&patient->urgent.job);
    in_cancel = false;
    return cancelled;
}

/* ---- enqueue(), run_best() ----------------------------------------------------------------------- */

static void running(void)
{
    CASE("a job runs, and its outcome is told") {
        set_up(1);
        DID("submitted a, whose function returns -EIO, then b, and then c, whose function returns "
            "7");
        CAUSE("enqueue() puts the job into the heap, and hands over a token; run_best() takes the "
              "most urgent job out, begins it, runs it (eddy_work_run), and finishes it with what "
              "came of it");
        A->returns = -EIO;
        send(A, 5);
        CHECK_CODE(result_of(A), -EIO);
        send(B, 5);
        CHECK_CODE(result_of(B), 0);
        CHECK_TEXT(order, "ab");
        CAUSE("7 is no outcome: eddy_work_run() knows what is, and what else is to be done around "
              "a job's function");
        C->returns = 7;
        send(C, 5);
        CHECK_CODE(result_of(C), -EINVAL);
        tear_down();
    }

    CASE("a job runs without the lock, and may submit another one") {
        set_up(1);
        DID("submitted a, which looks whether the lock is free, and submits b");
        CAUSE(
            "run_best() gives the lock back before eddy_work_run(), and takes it again after that. "
            "And each submit hands over a token of its own, also the one that b is submitted with");
        A->alone = true;
        A->brings = B;
        send(A, 5);
        CHECK_CODE(result_of(A), 0);
        CHECK_CODE(result_of(B), 0);
        tear_down();
    }

    CASE("the most urgent one first, whoever came first") {
        set_up(1);
        DID("a is seen; submitted b with priority 9, c with 1, d with 4");
        CAUSE("the heap's key is the priority, and a token runs the most urgent job there is when "
              "its turn comes: not the one for whose sake it was handed over. Each submit hands "
              "over one");
        occupy(A);
        send(B, 9);
        send(C, 1);
        send(D, 4);
        let_go(A);
        CHECK_CODE(result_of(B), 0);
        CHECK_TEXT(order, "acdb");
        tear_down();
    }

    CASE("equals go in the order of coming") {
        set_up(1);
        DID("a is seen; submitted b, c and d, all with priority 3");
        CAUSE("eddy_heap_add() keeps the order among equals, if each job is added once, with its "
              "priority");
        occupy(A);
        send(B, 3);
        send(C, 3);
        send(D, 3);
        let_go(A);
        CHECK_CODE(result_of(D), 0);
        CHECK_TEXT(order, "abcd");
        tear_down();
    }

    CASE("two doctors see two patients") {
        set_up(2);
        DID("a pool of two threads: submitted a, which stays, and b");
        CAUSE("each submit hands over a token of its own, whatever else there is");
        occupy(A);
        occupy(B);
        tear_down();
    }

    CASE("three come at once for two doctors, and nobody is forgotten") {
        set_up(2);
        DID("a and b are seen; submitted c and d; let a and b go; c waits until d has begun");
        CAUSE("two jobs wait, so there must be two tokens: each submit hands over one");
        occupy(A);
        occupy(B);
        C->stays = true;
        send(C, 1);
        send(D, 2);
        let_go(A);
        let_go(B);
        await_begun(C);
        await_begun(D);
        tear_down();
    }

    CASE("a job that runs is a running job, and is not cancelled") {
        set_up(1);
        DID("a is seen; cancelled a");
        CAUSE("run_best() says eddy_job_begin() with the lock, before it gives that back");
        IF_CRASH("a job that has left the heap must have begun, before anybody else has the lock");
        occupy(A);
        CHECK(eddy_job_running(&A->urgent.job));
        CHECK(!eddy_job_cancel(&A->urgent.job));
        let_go(A);
        CHECK_CODE(result_of(A), 0);
        tear_down();
    }
}

/* ---- dequeue() ----------------------------------------------------------------------------------- */

static void cancelling(void)
{
    CASE("a cancelled job is never seen; the others are") {
        set_up(1);
        DID("a is seen; submitted b, c, d; cancelled c; let a go");
        CAUSE("dequeue() takes the job out of the heap: it is its caller's again");
        IF_CRASH("dequeue() takes the job out of the heap; then c's token finds nothing: "
                 "most_urgent() may be NULL");
        occupy(A);
        send(B, 3);
        send(C, 2);
        send(D, 1);
        CHECK(cancel(C));
        CHECK(!eddy_heap_linked(&C->urgent.node));
        let_go(A);
        CHECK_CODE(result_of(B), 0);
        CHECK_TEXT(order, "adb");
        tear_down();
    }

    CASE("a token that finds nothing does no harm") {
        set_up(1);
        DID("a is seen; submitted b, and cancelled it; let a go; submitted c");
        CAUSE("b's token comes, and the heap is empty: most_urgent() is NULL, and there is nothing "
              "to run");
        IF_CRASH(
            "most_urgent() may be NULL: jobs were cancelled, and their tokens come all the same");
        occupy(A);
        send(B, 3);
        CHECK(cancel(B));
        let_go(A);
        CHECK_CODE(result_of(A), 0);
        send(C, 3);
        CHECK_CODE(result_of(C), 0);
        CHECK_TEXT(order, "ac");
        tear_down();
    }
}

/* ---- What fails ---------------------------------------------------------------------------------- */

static void failing(void)
{
    CASE("the pool takes no token: the submit says why, and the job is in no heap") {
        set_up(1);
        DID("shut the pool down, and submitted a");
        CAUSE("if hand_token() fails, nobody will come for this job: enqueue() takes it out of the "
              "heap again, and returns the error");
        waiting("the pool's shutdown to return");
        CHECK_CODE(eddy_executor_shutdown(&doctors.executor, EDDY_SHUT_WAIT), 0);
        CHECK_CODE(priorities_submit(&hospital, &A->urgent, 1), EDDY_ECLOSED);
        CHECK_CODE(eddy_job_error(&A->urgent.job), EDDY_ECLOSED);
        CHECK(!eddy_heap_linked(&A->urgent.node));
        tear_down();
    }

    CASE("there is no memory for the heap: no token is handed over") {
        set_up(1);
        DID("let realloc() fail, and submitted a");
        CAUSE("eddy_heap_add() may fail: enqueue() returns its error, before anything else");
        faults_plan("realloc@1=ENOMEM");
        CHECK_CODE(priorities_submit(&hospital, &A->urgent, 1), -ENOMEM);
        faults_plan("");
        CHECK_INT(doctors.started, 0);
        tear_down();
    }
}

/* ---- shut_down() --------------------------------------------------------------------------------- */

static void *shut_it(void *err)
{
    *(int *)err = eddy_executor_shutdown(&hospital.executor, EDDY_SHUT_WAIT);
    return NULL;
}

static int shut_how;
static bool has_returned;

static void *shut_it_so(void *unused)
{
    eddy_executor_shutdown(&hospital.executor, shut_how);
    pthread_mutex_lock(&stage);
    has_returned = true;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&stage);
    return unused;
}

/* In another thread, which waits when this returns; it has been woken once, for nothing. */
static void shut_meanwhile(int how)
{
    pthread_t thread;

    shut_how = how;
    wakes_too_soon = true;
    CHECK(pthread_create(&thread, NULL, shut_it_so, NULL) == 0);
    pthread_detach(thread);
    waiting("the shutdown to wait for all_done");
    pthread_mutex_lock(&stage);
    while (at_all_done < 1 && !has_returned)
        pthread_cond_wait(&moved, &stage);
    if (has_returned)
        FAIL("a shutdown that waits until a has been seen", "it returns while a runs");
    pthread_mutex_unlock(&stage);
}

static void await_shutdown(void)
{
    let_go(A);
    waiting("the shutdown to return");
    pthread_mutex_lock(&stage);
    while (!has_returned)
        pthread_cond_wait(&moved, &stage);
    pthread_mutex_unlock(&stage);
}

static bool linked_when_told;

static void look_at_heap(struct eddy_job_callback *callback, struct eddy_job *job)
{
    (void)callback;
    linked_when_told = eddy_heap_linked(&container_of(job, struct urgent_job, job)->node);
}

static void shutting_down(void)
{
    CASE("a shutdown that waits returns when all were seen") {
        set_up(1);
        DID("submitted a to d; eddy_executor_shutdown(&hospital.executor, EDDY_SHUT_WAIT)");
        CAUSE("with EDDY_SHUT_WAIT shut_down() waits for all_done, as long as there are tokens: a "
              "job that has not begun, or runs, has one");
        for (int i = 0; i < 4; i++)
            send(&patients[i], 4 - i);
        waiting("the shutdown to return");
        CHECK_CODE(eddy_executor_shutdown(&hospital.executor, EDDY_SHUT_WAIT), 0);
        for (int i = 0; i < 4; i++)
            if (!eddy_job_done(&patients[i].urgent.job))
                FAIL("all jobs are done when it returns", "%s is not", patients[i].name);
        CHECK_INT(hospital.tokens, 0);
        tear_down();
    }

    CASE("a shutdown that does not wait returns at once, and all are seen later") {
        set_up(1);
        DID("a is seen, b has not begun; eddy_executor_shutdown(&hospital.executor, 0)");
        CAUSE("without EDDY_SHUT_WAIT shut_down() waits for nobody, and without EDDY_SHUT_CANCEL "
              "it cancels nobody");
        occupy(A);
        send(B, 1);
        waiting("the shutdown to return, while a runs");
        CHECK_CODE(eddy_executor_shutdown(&hospital.executor, 0), 0);
        CHECK(!eddy_job_done(&B->urgent.job));
        let_go(A);
        CHECK_CODE(result_of(B), 0);
        tear_down();
    }

    CASE("a shutdown that cancels sends home all who have not begun") {
        struct eddy_job_callback callback = {.fn = look_at_heap};
        set_up(1);
        CHECK_CODE(eddy_job_add_done_callback(&B->urgent.job, &callback), 0);
        DID("a is seen, b and c have not begun; eddy_executor_shutdown(..., EDDY_SHUT_CANCEL)");
        CAUSE("with EDDY_SHUT_CANCEL shut_down() takes each job out of the heap, and withdraws it "
              "(eddy_job_withdraw), with -ECANCELED, under the lock");
        occupy(A);
        send(B, 2);
        send(C, 1);
        waiting("the shutdown to return");
        CHECK_CODE(eddy_executor_shutdown(&hospital.executor, EDDY_SHUT_CANCEL), 0);
        CHECK_CODE(eddy_job_error(&B->urgent.job), -ECANCELED);
        CHECK_CODE(eddy_job_error(&C->urgent.job), -ECANCELED);
        CHECK(eddy_job_cancelled(&B->urgent.job));
        CHECK(eddy_job_running(&A->urgent.job));
        CAUSE("first it leaves the heap: while its callbacks are called the lock is free, and a "
              "token would run it");
        CHECK(!linked_when_told);
        let_go(A);
        CHECK_CODE(result_of(A), 0);
        CHECK_TEXT(order, "a");
        tear_down();
    }

    CASE("a shutdown that waits, waits for the one who is seen, though it is woken for nothing") {
        set_up(1);
        DID("a is seen; shut down with EDDY_SHUT_WAIT; woke it once, for nothing");
        CAUSE(
            "a job that runs has its token until it has been finished; and pthread_cond_wait() may "
            "return although nobody has signalled: so look again, in a loop");
        occupy(A);
        shut_meanwhile(EDDY_SHUT_WAIT);
        await_shutdown();
        tear_down();
    }

    CASE("a shutdown that cancels and waits does both") {
        set_up(1);
        DID("a is seen, b has not begun; shut down with EDDY_SHUT_WAIT | EDDY_SHUT_CANCEL");
        CAUSE("`how` may have both bits, so look at each of them: how & EDDY_SHUT_WAIT");
        occupy(A);
        send(B, 1);
        shut_meanwhile(EDDY_SHUT_WAIT | EDDY_SHUT_CANCEL);
        CHECK_CODE(eddy_job_error(&B->urgent.job), -ECANCELED);
        await_shutdown();
        tear_down();
    }

    CASE("two wait for the end, and both are told") {
        pthread_t threads[2];
        int errs[2] = {1, 1};
        set_up(1);
        DID("a is seen; two threads shut down, and wait; let a go when both wait");
        CAUSE("the last token wakes all who wait for all_done: pthread_cond_broadcast()");
        occupy(A);
        for (int i = 0; i < 2; i++)
            CHECK(pthread_create(&threads[i], NULL, shut_it, &errs[i]) == 0);
        waiting("both to wait for all_done");
        pthread_mutex_lock(&stage);
        while (at_all_done < 2)
            pthread_cond_wait(&moved, &stage);
        pthread_mutex_unlock(&stage);
        let_go(A);
        waiting("both shutdowns to return");
        for (int i = 0; i < 2; i++) {
            pthread_join(threads[i], NULL);
            CHECK_CODE(errs[i], 0);
        }
        tear_down();
    }
}

TESTS
{
    running();
    cancelling();
    failing();
    shutting_down();
}
