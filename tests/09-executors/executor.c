/* The face that all executors have, and executors of the test's own behind it. */
#include "pools.h"

#include <sys/wait.h>

static struct by_hand hand;

/* ---- One that runs each job at once, in the thread that submits it -------------------------------- */

static int run_at_once(struct eddy_executor *self, struct eddy_job *job)
{
    int err;

    eddy_job_begin(job);
    pthread_mutex_unlock(&self->lock);
    err = eddy_work_run(&job->work, job->fn);
    pthread_mutex_lock(&self->lock);
    eddy_job_finish(job, err);
    return 0;
}

static void nobody_is_in_line(struct eddy_executor *self, struct eddy_job *job)
{
    (void)self;
    (void)job;
}

static int nothing_to_shut(struct eddy_executor *self, int how)
{
    (void)self;
    (void)how;
    return 0;
}

static const struct eddy_executor_ops at_once_ops = {.name = "at once",
                                                     .enqueue = run_at_once,
                                                     .dequeue = nobody_is_in_line,
                                                     .shutdown = nothing_to_shut};

struct counted {
    struct eddy_job_callback callback;
    int calls;
};

static void count_call(struct eddy_job_callback *callback, struct eddy_job *job)
{
    CHECK(eddy_job_done(job));
    container_of(callback, struct counted, callback)->calls++;
}

/* In a child process: what becomes of the parent's executor. */
static int try_in_child(struct eddy_job *waiting)
{
    struct eddy_job job;
    int n = 2, result = 0;

    init_square(&job, &n, &result);
    return eddy_executor_check(executor) == EDDY_EFORK &&
           eddy_executor_submit(executor, &job) == EDDY_EFORK &&
           eddy_job_error(&job) == EDDY_EFORK &&
           eddy_executor_shutdown(executor, 0) == EDDY_EFORK && !eddy_job_cancel(waiting) &&
           eddy_job_result(waiting, EDDY_FOREVER) == EDDY_EFORK && hand.shutdowns == 0;
}

TESTS
{
    CASE("an executor of one's own: a job is put in line, begins, and is finished") {
        struct eddy_job job, *first;
        int n = 7, result = 0;
        open_hand(&hand);
        CHECK_CODE(eddy_executor_check(executor), 0);
        submit_square(&job, &n, &result);
        CHECK(!eddy_job_running(&job) && !eddy_job_done(&job));
        CHECK_CODE(eddy_job_error(&job), EDDY_EPENDING);
        first = begin_by_hand(&hand);
        CHECK(first == &job && eddy_job_running(&job) && begin_by_hand(&hand) == NULL);
        finish_by_hand(&hand, &job, eddy_work_run(&job.work, job.fn));
        CHECK_CODE(eddy_job_result(&job, 0), 0);
        CHECK_INT(result, 49);
    }

    CASE("an executor of one's own that runs each job at once, in the thread that submits it") {
        struct eddy_executor self = {.ops = NULL};
        struct counted counted = {.callback.fn = count_call};
        struct eddy_job job;
        int n = 9, result = 0;
        CHECK_CODE(eddy_executor_open(&self, &at_once_ops, 0), 0);
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_job_add_done_callback(&job, &counted.callback), 0);
        CHECK_CODE(eddy_executor_submit(&self, &job), 0);
        CHECK(eddy_job_done(&job) && result == 81 && counted.calls == 1);
        CHECK_CODE(eddy_executor_submit(&self, &job), 0); /* and once more */
        CHECK_INT(counted.calls, 1);
        CHECK_CODE(eddy_executor_shutdown(&self, EDDY_SHUT_WAIT), 0);
        CHECK_CODE(eddy_executor_submit(&self, &job), EDDY_ECLOSED);
    }

    CASE("a cancel takes the job out of the executor's line") {
        struct eddy_job job[2];
        struct mark marks[2];
        open_hand(&hand);
        for (int i = 0; i < 2; i++)
            submit_mark(&job[i], &marks[i], -1, 'a');
        CHECK(eddy_job_cancel(&job[0]));
        CHECK(begin_by_hand(&hand) == &job[1]);
        CHECK(begin_by_hand(&hand) == NULL);
        finish_by_hand(&hand, &job[1], 0);
    }

    CASE("why an executor does not accept a job is that job's outcome") {
        struct counted counted = {.callback.fn = count_call};
        struct eddy_job job;
        int n = 2, result = 0;
        open_hand(&hand);
        hand.refuses = -EAGAIN;
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_job_add_done_callback(&job, &counted.callback), 0);
        CHECK_CODE(eddy_executor_submit(executor, &job), -EAGAIN);
        CHECK_CODE(eddy_job_result(&job, 0), -EAGAIN);
        CHECK(!eddy_job_cancelled(&job) && counted.calls == 1);
        hand.refuses = 0;
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        run_by_hand(&hand);
        CHECK_CODE(eddy_job_error(&job), 0);
        CHECK_INT(result, 4);
    }

    CASE("a shutdown is told how, each time, and the first ends the accepting") {
        struct eddy_job job;
        int n = 2, result = 0;
        open_hand(&hand);
        CHECK_CODE(eddy_executor_shutdown(executor, 0), 0);
        CHECK(hand.shutdowns == 1 && hand.how == 0);
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_executor_submit(executor, &job), EDDY_ECLOSED);
        CHECK_CODE(eddy_job_error(&job), EDDY_ECLOSED);
        CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_WAIT | EDDY_SHUT_CANCEL), 0);
        CHECK(hand.shutdowns == 2 && hand.how == (EDDY_SHUT_WAIT | EDDY_SHUT_CANCEL));
    }

    CASE("an executor that is broken says so still after its shutdown") {
        struct eddy_job job;
        int n = 2, result = 0;
        open_hand(&hand);
        hand.executor.refusal = EDDY_EBROKEN;
        CHECK_CODE(eddy_executor_shutdown(executor, 0), 0);
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_executor_submit(executor, &job), EDDY_EBROKEN);
    }

    CASE("one that was never opened accepts nothing, and its shutdown is nothing") {
        struct eddy_executor zeroed = {.ops = NULL};
        struct eddy_job job;
        int n = 2, result = 0;
        CHECK_CODE(eddy_executor_check(&zeroed), EDDY_ECLOSED);
        CHECK_CODE(eddy_executor_shutdown(&zeroed, EDDY_SHUT_WAIT), 0);
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_executor_submit(&zeroed, &job), EDDY_ECLOSED);
        CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), EDDY_ECLOSED);
        CHECK(!eddy_job_cancel(&job));
    }

    CASE("a thread works for one executor, or for nobody") {
        struct by_hand other;
        open_hand(&hand);
        open_hand(&other);
        CHECK(eddy_executor_mine() == NULL);
        eddy_executor_enter(&hand.executor);
        eddy_executor_enter(&other.executor);
        CHECK(eddy_executor_mine() == &other.executor);
        eddy_executor_enter(NULL);
        CHECK(eddy_executor_mine() == NULL);
    }

    CASE("in a child that a job has forked, the thread works for nobody any more") {
        int status;
        pid_t pid;
        open_hand(&hand);
        eddy_executor_enter(&hand.executor);
        pid = fork();
        if (pid == 0) {
            bool right = eddy_executor_mine() == NULL;
            eddy_executor_enter(&hand.executor);
            _exit(right && eddy_executor_mine() == &hand.executor ? 0 : 1);
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        CHECK(eddy_executor_mine() == &hand.executor);
        eddy_executor_enter(NULL);
    }

    CASE("in a child that was forked under the executor's lock, nobody waits for that lock") {
        struct eddy_job_waiter waiter = {.wake = NULL};
        struct eddy_job waiting;
        int n = 2, result = 0, status;
        pid_t pid;
        open_hand(&hand);
        submit_square(&waiting, &n, &result);
        CHECK(eddy_job_add_waiter(&waiting, &waiter));
        pthread_mutex_lock(&hand.executor.lock); /* as another thread may */
        pid = fork();
        if (pid == 0)
            _exit(try_in_child(&waiting) && eddy_job_remove_waiter(&waiter) &&
                          !eddy_job_remove_waiter(&waiter)
                      ? 0
                      : 1);
        pthread_mutex_unlock(&hand.executor.lock);
        WAITING("the child's end");
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        CHECK(eddy_job_remove_waiter(&waiter));
        run_by_hand(&hand);
    }

    CASE("in a child process an executor is the parent's: EFORK, whatever is asked of it") {
        struct eddy_job waiting;
        int n = 2, result = 0, status;
        pid_t pid;
        open_hand(&hand);
        submit_square(&waiting, &n, &result);
        pid = fork();
        if (pid == 0)
            _exit(try_in_child(&waiting) ? 0 : 1);
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        run_by_hand(&hand);
        CHECK_CODE(eddy_job_result(&waiting, 0), 0);
    }
}
