#include "executor.h"

#include "errors.h"
#include "fork.h"

static _Thread_local struct eddy_executor *mine;
static _Thread_local unsigned mine_forks; /* in the process in which this thread works for it */

int eddy_executor_open(struct eddy_executor *executor, const struct eddy_executor_ops *ops,
                       int workers)
{
    int err = eddy_fork_watch();

    if (err == 0)
        err = -pthread_mutex_init(&executor->lock, NULL);
    if (err < 0)
        return err;
    executor->refusal = 0;
    executor->cause = NULL;
    executor->workers = workers;
    executor->blocked = 0;
    executor->forks = eddy_fork_count();
    executor->ops = ops;
    return 0;
}

int eddy_executor_check(const struct eddy_executor *executor)
{
    if (!executor->ops)
        return EDDY_ECLOSED;
    return executor->forks == eddy_fork_count() ? 0 : EDDY_EFORK;
}

int eddy_executor_shutdown(struct eddy_executor *executor, int how)
{
    int err = eddy_executor_check(executor);

    if (err < 0)
        return err == EDDY_ECLOSED ? 0 : err;
    pthread_mutex_lock(&executor->lock);
    if (executor->refusal == 0)
        executor->refusal = EDDY_ECLOSED;
    pthread_mutex_unlock(&executor->lock);
    return executor->ops->shutdown(executor, how);
}

void eddy_executor_enter(struct eddy_executor *executor)
{
    mine = executor;
    mine_forks = eddy_fork_count();
}

struct eddy_executor *eddy_executor_mine(void)
{
    return mine_forks == eddy_fork_count() ? mine : NULL;
}
