/*
 * executor - whoever runs jobs: one face for pools of threads, pools of processes, and what you make
 * yourself. (concurrent.futures' Executor)
 *
 *     err = eddy_executor_submit(&pool.executor, &job);                  job.h
 *     ...
 *     eddy_executor_shutdown(&pool.executor, EDDY_SHUT_WAIT);
 *
 * An executor of your own is this struct, embedded in yours, and the functions of struct
 * eddy_executor_ops. What becomes of a job it says with eddy_job_begin() and eddy_job_finish() (job.h).
 *
 * Errors: negative codes. Memory: the executor's, until all of its jobs are done, and those who waited for
 * one have been told: result and wait have returned, an iteration (jobs_completed.h) is closed. Threads:
 * any.
 */
#ifndef EDDY_EXECUTOR_H
#define EDDY_EXECUTOR_H

#include <pthread.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_executor;
struct eddy_job;
struct eddy_loop;

/* How to shut down; 0 is neither. */
enum {
    EDDY_SHUT_WAIT = 1,  /* return when all that was submitted is done, and the workers have gone */
    EDDY_SHUT_CANCEL = 2 /* jobs that have not begun are cancelled */
};

/* What an executor does its own way. The first two are called with its lock held. */
struct eddy_executor_ops {
    const char *name; /* for reports: "thread pool" */
    /* The job is accepted: put it in line. An error: it is not, and that is the job's outcome. */
    int (*enqueue)(struct eddy_executor *executor, struct eddy_job *job);
    /* The job, which is in line, leaves it: it was cancelled. */
    void (*dequeue)(struct eddy_executor *executor, struct eddy_job *job);
    /* As eddy_executor_shutdown() says. Called without the lock, when nothing is accepted any more. */
    int (*shutdown)(struct eddy_executor *executor, int how);
};

/* Touch no field. Valid when zeroed: closed. */
struct eddy_executor {
    const struct eddy_executor_ops *ops;
    pthread_mutex_t lock; /* of this struct, and of all jobs that are not done */
    int refusal;          /* why no job is accepted any more; 0: one is */
    const char *cause;    /* of EDDY_EBROKEN, in words; NULL: the code says it */
    int workers;          /* jobs that can run at the same time; 0: that is not known */
    int blocked;          /* workers that wait for jobs of their own executor, without a limit */
    unsigned forks;       /* in the process that has opened it */
    bool copies; /* a job's function has copies of its bytes, and nothing else: processes */
    /* For calls.c, whose worker is a loop. A task of `loop` that awaits this job, which runs, is abandoned.
     * True: it is not to be waited for. NULL, or false: another thread will end it. */
    bool (*abandon)(struct eddy_executor *executor, struct eddy_job *job,
                    const struct eddy_loop *loop);
};

/*
 * Accept no job any more. `how` is 0 or some of EDDY_SHUT_WAIT | EDDY_SHUT_CANCEL. Without
 * EDDY_SHUT_WAIT it returns at once, and what was submitted still runs. It can be called again, to wait
 * after all. EDDY_EDEADLOCK: one of its own jobs would wait for itself; nothing is accepted all the
 * same. A closed one: 0.
 */
int eddy_executor_shutdown(struct eddy_executor *executor, int how);

/* ---- For executors ----------------------------------------------------------------------------- */

/* A zeroed executor is open from now on. Errors of pthread_mutex_init() and pthread_atfork(). The lock
 * is not destroyed: whoever comes late must get EDDY_ECLOSED, and not undefined behaviour. */
int eddy_executor_open(struct eddy_executor *executor, const struct eddy_executor_ops *ops,
                       int workers);

/* This thread works for `executor` from now on; NULL: for nobody. */
void eddy_executor_enter(struct eddy_executor *executor);

/* For whom this thread works, or NULL. In a child process that a job has forked: NULL, since what it worked
 * for is the parent's. */
struct eddy_executor *eddy_executor_mine(void);

/* Why nothing can be submitted, or waited for: EDDY_ECLOSED, never opened; EDDY_EFORK, the parent's. 0:
 * its lock can be taken. */
int eddy_executor_check(const struct eddy_executor *executor);

#ifdef __cplusplus
}
#endif

#endif
