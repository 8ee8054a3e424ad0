#include "jobs.h"

#include "deadline.h"
#include "errors.h"

#include <errno.h>
#include <stdint.h>

/* ---- Places -------------------------------------------------------------------------------------- */

static struct eddy_job_place *find_place(struct eddy_job_place *places, const struct eddy_job *job,
                                         size_t bucket)
{
    for (size_t i = places[bucket].first; i > 0; i = places[i - 1].next)
        if (places[i - 1].job == job)
            return &places[i - 1];
    return NULL;
}

/* A hash table without memory of its own: place k also holds the head of bucket k. */
static void find_repeated(struct eddy_job_place *places, size_t n)
{
    for (size_t i = 0; i < n; i++)
        places[i].first = 0;
    for (size_t i = 0; i < n; i++) {
        size_t bucket = (size_t)((uintptr_t)places[i].job / sizeof(struct eddy_job)) % n;
        places[i].repeated = places[i].job && find_place(places, places[i].job, bucket);
        places[i].next = places[bucket].first;
        places[bucket].first = i + 1;
    }
}

int eddy_job_places_check(struct eddy_job_place *places, size_t n)
{
    int err = 0;

    for (size_t i = 0; i < n && err == 0; i++)
        if (places[i].owner)
            err = EDDY_EQUEUED;
        else if (places[i].job)
            err = eddy_job_check(places[i].job);
    if (err == 0)
        find_repeated(places, n);
    return err;
}

void eddy_job_places_leave(struct eddy_job_place *places, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        eddy_job_remove_waiter(&places[i].waiter);
        places[i].owner = NULL;
    }
}

bool eddy_job_place_join(struct eddy_job_place *place, void *owner,
                         void (*wake)(struct eddy_job_waiter *waiter, int err))
{
    place->owner = owner;
    place->waiter = (struct eddy_job_waiter){.wake = wake};
    return place->job && !place->repeated && eddy_job_add_waiter(place->job, &place->waiter);
}

/* ---- All, one, or until one has failed ----------------------------------------------------------- */

struct latch {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    size_t left; /* jobs that are not done */
    int return_when;
    bool open;
    struct eddy_executor *blocks; /* whose worker waits, and is counted there; NULL: nobody's */
};

static bool is_failure(int err)
{
    return err < 0 && err != -ECANCELED;
}

/* Lock held. Once it is open it stays open. */
static void look_at_latch(struct latch *latch, bool one_done, bool one_failed)
{
    bool was_open = latch->open;

    latch->open = was_open || latch->left == 0 ||
                  (one_done && latch->return_when == EDDY_FIRST_COMPLETED) ||
                  (one_failed && latch->return_when == EDDY_FIRST_EXCEPTION);
    if (!latch->open || was_open)
        return;
    if (latch->blocks)
        latch->blocks->blocked--; /* all its jobs are that executor's, whose lock the waker holds */
    pthread_cond_signal(&latch->opened);
}

static void wake_latch(struct eddy_job_waiter *waiter, int err)
{
    struct latch *latch = eddy_job_place_of(waiter)->owner;

    pthread_mutex_lock(&latch->lock);
    latch->left--;
    look_at_latch(latch, true, is_failure(err));
    pthread_mutex_unlock(&latch->lock);
}

static int open_latch(struct latch *latch, size_t n, const struct eddy_deadline *deadline)
{
    static const pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    latch->lock = lock;
    latch->left = n;
    return eddy_deadline_cond(&latch->opened, deadline);
}

static void close_latch(struct latch *latch)
{
    pthread_mutex_destroy(&latch->lock);
    pthread_cond_destroy(&latch->opened);
}

/* A job that was done when the waiting began tells nothing by itself. */
static void count_done(struct latch *latch, const struct eddy_job_place *place)
{
    bool is_job = place->job && !place->repeated;

    pthread_mutex_lock(&latch->lock);
    latch->left--;
    look_at_latch(latch, is_job, is_job && is_failure(eddy_job_error(place->job)));
    pthread_mutex_unlock(&latch->lock);
}

/*
 * This thread is about to sleep without a limit. If it works for the executor whose jobs it waits for, and
 * for no other's, it is counted there. Lock order: the executor's, then the latch's, as in wake_latch().
 */
static int count_blocked(struct latch *latch, const struct eddy_job_place *places, size_t n)
{
    struct eddy_executor *mine = eddy_executor_mine();
    int err = 0;

    for (size_t i = 0; i < n && mine; i++)
        if (places[i].waiter.executor && places[i].waiter.executor != mine)
            mine = NULL;
    if (!mine)
        return 0;
    pthread_mutex_lock(&mine->lock);
    pthread_mutex_lock(&latch->lock);
    if (!latch->open && mine->workers > 0 && mine->blocked + 1 >= mine->workers)
        err = EDDY_EDEADLOCK;
    if (!latch->open && err == 0) {
        mine->blocked++;
        latch->blocks = mine;
    }
    pthread_mutex_unlock(&latch->lock);
    pthread_mutex_unlock(&mine->lock);
    return err;
}

static int sleep_on_latch(struct latch *latch, const struct eddy_deadline *deadline)
{
    int err = 0;

    pthread_mutex_lock(&latch->lock);
    while (!latch->open && err != -ETIMEDOUT)
        err = eddy_deadline_wait(deadline, &latch->opened, &latch->lock);
    err = latch->open ? 0 : -ETIMEDOUT;
    pthread_mutex_unlock(&latch->lock);
    return err;
}

int eddy_jobs_wait(struct eddy_job_place *places, size_t n, int return_when, double seconds)
{
    struct latch latch = {.return_when = return_when};
    struct eddy_deadline deadline;
    int err = eddy_deadline_set(&deadline, seconds);

    if (err == 0 &&
        (n == 0 || return_when < EDDY_ALL_COMPLETED || return_when > EDDY_FIRST_EXCEPTION))
        err = -EINVAL;
    if (err == 0)
        err = eddy_job_places_check(places, n);
    if (err == 0)
        err = open_latch(&latch, n, &deadline);
    if (err < 0)
        return err;
    for (size_t i = 0; i < n; i++)
        if (!eddy_job_place_join(&places[i], &latch, wake_latch))
            count_done(&latch, &places[i]);
    if (deadline.never)
        err = count_blocked(&latch, places, n);
    if (err == 0)
        err = sleep_on_latch(&latch, &deadline);
    eddy_job_places_leave(places, n);
    close_latch(&latch);
    return err;
}
