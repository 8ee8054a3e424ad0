#include "job.h"

#include "deadline.h"
#include "errors.h"
#include "future.h"

#include <errno.h>
#include <stdio.h>

enum { NEW, IN_LINE, RUNNING, ENDING, DONE }; /* ENDING: its callbacks are being called */

/* The jobs whose callbacks this thread calls, the innermost first: a callback may cancel another job. To them
 * they are done, to all others they are not yet. */
struct ending {
    const struct eddy_job *job;
    const struct ending *outer;
};
static _Thread_local const struct ending *endings;

/* Jobs that no executor has accepted end under this one's lock. */
static struct eddy_executor nobody = {.lock = PTHREAD_MUTEX_INITIALIZER};

void eddy_job_init(struct eddy_job *job, int (*fn)(struct eddy_work *work), const void *in,
                   size_t in_size, void *out, size_t out_size)
{
    *job = (struct eddy_job){.fn = fn};
    job->work.in = in;
    job->work.in_size = in_size;
    job->work.out = out;
    job->work.out_room = out_size;
    eddy_list_init(&job->callbacks);
    eddy_list_init(&job->waiters);
}

/* ---- How it stands ----------------------------------------------------------------------------- */

static bool is_ending_here(const struct eddy_job *job)
{
    const struct ending *ending = endings;

    while (ending && ending->job != job)
        ending = ending->outer;
    return ending != NULL;
}

bool eddy_job_done(const struct eddy_job *job)
{
    return job->state == DONE || is_ending_here(job);
}

bool eddy_job_running(const struct eddy_job *job)
{
    return job->state == RUNNING;
}

bool eddy_job_cancelled(const struct eddy_job *job)
{
    return eddy_job_done(job) && job->withdrawn;
}

int eddy_job_error(const struct eddy_job *job)
{
    return eddy_job_done(job) ? job->err : EDDY_EPENDING;
}

const char *eddy_job_message(const struct eddy_job *job)
{
    if (eddy_job_done(job) && job->work.message[0])
        return job->work.message;
    return eddy_strerror(eddy_job_error(job));
}

int eddy_job_check(const struct eddy_job *job)
{
    if (eddy_job_done(job) || job->state == NEW || job->executor == &nobody)
        return 0;
    return eddy_executor_check(job->executor);
}

/* ---- Beginning and ending ---------------------------------------------------------------------- */

void eddy_job_begin(struct eddy_job *job)
{
    job->state = RUNNING;
}

static void call_callbacks(struct eddy_executor *executor, struct eddy_job *job)
{
    const struct ending ending = {job, endings};

    while (!eddy_list_empty(&job->callbacks)) {
        struct eddy_job_callback *callback =
            container_of(eddy_list_pop(&job->callbacks), struct eddy_job_callback, link);
        pthread_mutex_unlock(&executor->lock);
        endings = &ending;
        callback->fn(callback, job);
        endings = ending.outer;
        pthread_mutex_lock(&executor->lock);
    }
}

/*
 * From the moment at which the state says DONE the job's memory may go: a thread may look at it in a
 * loop. So that is the last that is done to it, and the waiters, which stay until they are woken, are
 * woken afterwards.
 */
void eddy_job_finish(struct eddy_job *job, int err)
{
    struct eddy_executor *executor = job->executor;
    struct eddy_list waiters;

    job->err = err;
    job->state = ENDING;
    call_callbacks(executor, job);
    eddy_list_init(&waiters);
    eddy_list_move(&waiters, &job->waiters);
    job->state = DONE;
    while (!eddy_list_empty(&waiters)) {
        struct eddy_job_waiter *waiter =
            container_of(eddy_list_pop(&waiters), struct eddy_job_waiter, link);
        waiter->wake(waiter, err);
    }
}

void eddy_job_withdraw(struct eddy_job *job, int err)
{
    const char *cause = err == EDDY_EBROKEN ? job->executor->cause : NULL;

    snprintf(job->work.message, sizeof job->work.message, "%s", cause ? cause : "");
    job->work.out_size = 0;
    job->withdrawn = err == -ECANCELED;
    eddy_job_finish(job, err);
}

/* ---- Submitting and cancelling ----------------------------------------------------------------- */

/* Not accepted, and its outcome is why: whoever waits for it, or has added a callback, is told. */
static void refuse_job(struct eddy_executor *executor, struct eddy_job *job, int err)
{
    job->executor = executor;
    eddy_job_withdraw(job, err);
}

static int enqueue_job(struct eddy_executor *executor, struct eddy_job *job)
{
    int err = executor->refusal;

    if (err < 0)
        return err;
    job->executor = executor;
    job->withdrawn = false;
    job->state = IN_LINE;
    return executor->ops->enqueue(executor, job);
}

/* A zeroed job has no lists yet. */
static int check_job(struct eddy_job *job)
{
    if (job->fn)
        return 0;
    eddy_list_init(&job->callbacks);
    eddy_list_init(&job->waiters);
    return -EINVAL;
}

static bool is_queued(const struct eddy_job *job)
{
    return job->state != NEW && job->state != DONE;
}

/* Another thread may submit it, too: so whether it is queued is looked at again under the lock. */
int eddy_executor_submit(struct eddy_executor *executor, struct eddy_job *job)
{
    int err;

    if (is_queued(job))
        return EDDY_EQUEUED;
    err = check_job(job);
    if (err == 0)
        err = eddy_executor_check(executor);
    if (err < 0)
        executor = &nobody;
    pthread_mutex_lock(&executor->lock);
    if (is_queued(job)) {
        pthread_mutex_unlock(&executor->lock);
        return EDDY_EQUEUED;
    }
    if (err == 0)
        err = enqueue_job(executor, job);
    if (err < 0)
        refuse_job(executor, job, err);
    pthread_mutex_unlock(&executor->lock);
    return err;
}

/* The lock of a job that is not done yet, so that its executor is still there. NULL: it is done, or
 * was never submitted, or is the parent's. */
static struct eddy_executor *lock_job(const struct eddy_job *job)
{
    struct eddy_executor *executor = job->executor;

    if (eddy_job_done(job) || job->state == NEW ||
        (executor != &nobody && eddy_executor_check(executor) < 0))
        return NULL;
    pthread_mutex_lock(&executor->lock);
    if (job->state != DONE)
        return executor;
    pthread_mutex_unlock(&executor->lock);
    return NULL;
}

bool eddy_job_cancel(struct eddy_job *job)
{
    struct eddy_executor *executor = lock_job(job);
    bool in_line = executor && job->state == IN_LINE;
    bool withdrawn = executor && job->withdrawn; /* another thread calls its callbacks just now */

    if (in_line) {
        executor->ops->dequeue(executor, job);
        eddy_job_withdraw(job, -ECANCELED);
    }
    if (executor)
        pthread_mutex_unlock(&executor->lock);
    return in_line || withdrawn || eddy_job_cancelled(job);
}

/* ---- Being told -------------------------------------------------------------------------------- */

int eddy_job_add_done_callback(struct eddy_job *job, struct eddy_job_callback *callback)
{
    struct eddy_executor *executor;

    if (eddy_list_linked(&callback->link))
        return EDDY_EQUEUED;
    if (!job->fn)
        return -EINVAL;
    if (job->state == NEW) {
        eddy_list_append(&job->callbacks, &callback->link);
        return 0;
    }
    executor = lock_job(job);
    if (!executor && !eddy_job_done(job))
        return EDDY_EFORK;
    if (!executor) {
        callback->fn(callback, job);
        return 0;
    }
    eddy_list_append(&job->callbacks, &callback->link);
    pthread_mutex_unlock(&executor->lock);
    return 0;
}

bool eddy_job_add_waiter(struct eddy_job *job, struct eddy_job_waiter *waiter)
{
    struct eddy_executor *executor = lock_job(job);

    if (!executor)
        return false;
    waiter->executor = executor;
    eddy_list_append(&job->waiters, &waiter->link);
    pthread_mutex_unlock(&executor->lock);
    return true;
}

static bool unlink_waiter(struct eddy_job_waiter *waiter)
{
    bool waits = eddy_list_linked(&waiter->link);

    if (waits)
        eddy_list_remove(&waiter->link);
    return waits;
}

/* In a child process nobody has the lock, and it may be locked for ever. */
bool eddy_job_remove_waiter(struct eddy_job_waiter *waiter)
{
    struct eddy_executor *executor = waiter->executor;
    bool waits;

    if (!executor)
        return false;
    if (eddy_executor_check(executor) == EDDY_EFORK)
        return unlink_waiter(waiter);
    pthread_mutex_lock(&executor->lock);
    waits = unlink_waiter(waiter);
    pthread_mutex_unlock(&executor->lock);
    return waits;
}

/* ---- Waiting for it ---------------------------------------------------------------------------- */

struct sleeper {
    struct eddy_job_waiter waiter;
    pthread_cond_t woken;
    bool insists; /* it cannot go on before the job is done */
    bool blocks;  /* it is counted among its executor's workers that wait for their own jobs */
    bool awake;
};

static void wake_sleeper(struct eddy_job_waiter *waiter, int err)
{
    struct sleeper *sleeper = container_of(waiter, struct sleeper, waiter);

    (void)err;
    sleeper->awake = true;
    if (sleeper->blocks)
        waiter->executor->blocked--;
    pthread_cond_signal(&sleeper->woken);
}

/* Whether this thread may sleep until a job of `executor` is done. With a limit it wakes by itself. */
static int may_block(struct sleeper *sleeper, struct eddy_executor *executor,
                     const struct eddy_deadline *deadline)
{
    sleeper->blocks = deadline->never && eddy_executor_mine() == executor;
    if (!sleeper->blocks)
        return 0;
    if (executor->workers > 0 && executor->blocked + 1 >= executor->workers && !sleeper->insists)
        return EDDY_EDEADLOCK;
    executor->blocked++;
    return 0;
}

/* Lock held. */
static int sleep_until_done(struct sleeper *sleeper, struct eddy_job *job,
                            struct eddy_executor *executor, const struct eddy_deadline *deadline)
{
    int err = may_block(sleeper, executor, deadline);

    if (err < 0)
        return err;
    sleeper->waiter = (struct eddy_job_waiter){.executor = executor, .wake = wake_sleeper};
    eddy_list_append(&job->waiters, &sleeper->waiter.link);
    while (!sleeper->awake && err != -ETIMEDOUT)
        err = eddy_deadline_wait(deadline, &sleeper->woken, &executor->lock);
    if (sleeper->awake)
        return 0;
    eddy_list_remove(&sleeper->waiter.link);
    return -ETIMEDOUT;
}

static int wait_for_job(struct eddy_job *job, const struct eddy_deadline *deadline, bool insists)
{
    struct sleeper sleeper = {.insists = insists};
    struct eddy_executor *executor;
    int err = eddy_deadline_cond(&sleeper.woken, deadline);

    if (err < 0)
        return err;
    executor = lock_job(job);
    if (executor) {
        err = sleep_until_done(&sleeper, job, executor, deadline);
        pthread_mutex_unlock(&executor->lock);
    }
    pthread_cond_destroy(&sleeper.woken);
    return err;
}

static int result_of(struct eddy_job *job, double seconds, bool insists)
{
    struct eddy_deadline deadline;
    int err = eddy_deadline_set(&deadline, seconds);

    if (err < 0 || eddy_job_done(job))
        return err < 0 ? err : job->err;
    err = job->state == NEW ? -EINVAL : eddy_job_check(job);
    if (err == 0)
        err = wait_for_job(job, &deadline, insists);
    return err < 0 ? err : job->err;
}

int eddy_job_result(struct eddy_job *job, double seconds)
{
    return result_of(job, seconds, false);
}

void eddy_job_outlast(struct eddy_job *job)
{
    (void)result_of(job, EDDY_FOREVER, true);
}
