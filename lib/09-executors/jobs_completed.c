#include "jobs_completed.h"

#include "errors.h"

#include <errno.h>

static void wake_completed(struct eddy_job_waiter *waiter, int err)
{
    struct eddy_job_place *place = eddy_job_place_of(waiter);
    struct eddy_jobs_completed *completed = place->owner;

    (void)err;
    pthread_mutex_lock(&completed->lock);
    eddy_list_append(&completed->done, &place->link);
    pthread_cond_signal(&completed->more);
    pthread_mutex_unlock(&completed->lock);
}

static int open_completed(struct eddy_jobs_completed *completed, double seconds)
{
    int err = eddy_deadline_set(&completed->deadline, seconds);

    if (err == 0)
        err = eddy_deadline_cond(&completed->more, &completed->deadline);
    if (err < 0)
        return err;
    err = -pthread_mutex_init(&completed->lock, NULL);
    if (err < 0)
        pthread_cond_destroy(&completed->more);
    return err;
}

/* One that is done already tells nothing by itself. */
static void add_place(struct eddy_jobs_completed *completed, struct eddy_job_place *place)
{
    if (eddy_job_place_join(place, completed, wake_completed))
        return;
    if (place->repeated || !place->job) {
        completed->left--;
        return;
    }
    pthread_mutex_lock(&completed->lock);
    eddy_list_append(&completed->done, &place->link);
    pthread_mutex_unlock(&completed->lock);
}

int eddy_jobs_completed_open(struct eddy_jobs_completed *completed, struct eddy_job_place *places,
                             size_t n, double seconds)
{
    int err = completed->open ? EDDY_EQUEUED : eddy_job_places_check(places, n);

    if (err == 0)
        err = open_completed(completed, seconds);
    if (err < 0)
        return err;
    eddy_list_init(&completed->done);
    completed->places = places;
    completed->count = completed->left = n;
    completed->open = true;
    for (size_t i = 0; i < n; i++)
        add_place(completed, &places[i]);
    return 0;
}

/* Lock held. */
static int next_done(struct eddy_jobs_completed *completed, struct eddy_job **job)
{
    int err = 0;

    while (eddy_list_empty(&completed->done) && err != -ETIMEDOUT)
        err = eddy_deadline_wait(&completed->deadline, &completed->more, &completed->lock);
    if (eddy_list_empty(&completed->done))
        return -ETIMEDOUT;
    *job = container_of(eddy_list_pop(&completed->done), struct eddy_job_place, link)->job;
    completed->left--;
    return 0;
}

int eddy_jobs_completed_next(struct eddy_jobs_completed *completed, struct eddy_job **job)
{
    int err;

    *job = NULL;
    if (!completed->open || completed->left == 0)
        return completed->open ? -ENOENT : EDDY_ECLOSED;
    pthread_mutex_lock(&completed->lock);
    err = next_done(completed, job);
    pthread_mutex_unlock(&completed->lock);
    return err;
}

void eddy_jobs_completed_close(struct eddy_jobs_completed *completed)
{
    if (!completed->open)
        return;
    eddy_job_places_leave(completed->places, completed->count);
    pthread_mutex_destroy(&completed->lock);
    pthread_cond_destroy(&completed->more);
    completed->open = false;
    completed->left = 0;
}
