/*
 * Exercise 09.4, build: an executor that runs the most urgent job first, in front of another one.
 * 4-priorities.h says how. An executor is three functions (lib/09-executors/executor.h); these and run_best()
 * are to be written, about 35 lines together. Try it:  make check-09.4
 */
#include "4-priorities.h"

#include "errors.h"

#include <errno.h>
#include <stdlib.h>

static struct priorities *priorities_of(struct eddy_executor *executor)
{
    return container_of(executor, struct priorities, executor);
}

static struct urgent_job *urgent_of(struct eddy_job *job)
{
    return container_of(job, struct urgent_job, job);
}

/* NULL: none is left. */
static struct urgent_job *most_urgent(const struct priorities *priorities)
{
    struct eddy_heap_node *node = eddy_heap_first(&priorities->urgent);

    return node ? container_of(node, struct urgent_job, node) : NULL;
}

/* ---- Tokens -------------------------------------------------------------------------------------- */

/* A job of the pool's. It cannot lie in the job for whose sake it was made: that one may be done, and
 * gone, while its token still stands in the pool's line. */
struct token {
    struct eddy_job job;
    struct eddy_job_waiter done;
    struct priorities *priorities;
};

/*
 * What a token does, in a thread of the pool's, without a lock: the most urgent job leaves the heap, begins,
 * runs, and is finished. There may be none, if jobs were cancelled. Then the token has done its work: it
 * counts no more, and if it was the last, those are told who wait for that. Returns 0.
 */
static int run_best(struct eddy_work *work)
{
    /* TODO 09.4: write run_best(). */
    return -ENOSYS;
}

/* The pool has done with it. */
static void free_token(struct eddy_job_waiter *waiter, int err)
{
    (void)err;
    free(container_of(waiter, struct token, done));
}

/* Lock held, so the token, which takes it first of all, waits until this is over. */
static int hand_token(struct priorities *priorities)
{
    struct token *token = malloc(sizeof *token);
    int err;

    if (!token)
        return -ENOMEM;
    eddy_job_init(&token->job, run_best, NULL, 0, NULL, 0);
    token->done = (struct eddy_job_waiter){.wake = free_token};
    token->priorities = priorities;
    err = eddy_executor_submit(priorities->pool, &token->job);
    if (err == 0)
        priorities->tokens++;
    if (!eddy_job_add_waiter(&token->job, &token->done))
        free(token);
    return err;
}

/* ---- What an executor does ----------------------------------------------------------------------- */

/* Lock held. The job goes into the heap, with its priority, and a token to the pool. If one of the two
 * fails, the job is in no heap, and the error is returned. */
static int enqueue(struct eddy_executor *executor, struct eddy_job *job)
{
    /* TODO 09.4: write enqueue(). */
    return -ENOSYS;
}

/* Lock held. It was cancelled, and leaves the heap. Its token goes on. */
static void dequeue(struct eddy_executor *executor, struct eddy_job *job)
{
    /* TODO 09.4: write dequeue(). */
}

/* As eddy_executor_shutdown() says, which has seen to it that nothing more is accepted. The lock is not
 * held. Returns 0. */
static int shut_down(struct eddy_executor *executor, int how)
{
    /* TODO 09.4: write shut_down(). */
    return -ENOSYS;
}

static const struct eddy_executor_ops ops = {
    .name = "priorities", .enqueue = enqueue, .dequeue = dequeue, .shutdown = shut_down};

/* ---- For its users --------------------------------------------------------------------------------- */

int priorities_open(struct priorities *priorities, struct eddy_executor *pool)
{
    int err;

    *priorities = (struct priorities){.pool = pool};
    err = -pthread_cond_init(&priorities->all_done, NULL);
    if (err < 0)
        return err;
    err = eddy_executor_open(&priorities->executor, &ops, 0);
    if (err < 0)
        pthread_cond_destroy(&priorities->all_done);
    return err;
}

int priorities_submit(struct priorities *priorities, struct urgent_job *urgent, int64_t priority)
{
    urgent->priority = priority;
    return eddy_executor_submit(&priorities->executor, &urgent->job);
}

int priorities_close(struct priorities *priorities)
{
    int err = eddy_executor_shutdown(&priorities->executor, EDDY_SHUT_WAIT);

    if (err < 0)
        return err;
    pthread_cond_destroy(&priorities->all_done);
    eddy_heap_fini(&priorities->urgent);
    return 0;
}
