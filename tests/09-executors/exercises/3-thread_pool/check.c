/* One function after the other, in the order in which the lesson comes to them. */
#include "cast.h"

/* ---- next_job() ------------------------------------------------------------------------------------ */

static void waiting_for_work(void)
{
    CASE("a thread takes what is in line") {
        set_up(1);
        DID("opened a pool of one thread, and submitted a");
        CAUSE("next_job(), which is called with the lock and leaves it locked, pops the first of "
              "the line (eddy_list_pop, container_of), counts in_line down, and returns the job. "
              "run_jobs() begins it with the lock, runs it without, and finishes it with the lock "
              "again");
        send(A);
        CHECK_CODE(result_of(A), 0);
        CHECK_TEXT(order, "a");
        CHECK_NUMBER(in_line, 0);
        tear_down();
    }

    CASE("a job runs without the lock") {
        set_up(1);
        DID("submitted a, which looks whether the executor's lock is free");
        CAUSE("run_jobs() gives the lock back before run_job(), and takes it again after that: a "
              "job may take an hour, and meanwhile nobody could submit, cancel or ask");
        A->alone = true;
        send_to_stay(A);
        await_begun(A);
        CHECK_NUMBER(started, 1);
        let_go(A);
        CHECK_CODE(result_of(A), 0);
        tear_down();
    }

    CASE("a thread that has nothing to do waits, and counts as idle") {
        set_up(1);
        DID("submitted a, and waited until the thread waits for `come`");
        CAUSE("run_jobs() comes back to next_job() after each job; and as long as the line is "
              "empty and the pool accepts jobs (refusal is 0), next_job() waits: "
              "pthread_cond_wait(&pool->come, &pool->executor.lock)");
        send(A);
        await_idle(1);
        CAUSE("idle goes up by one before next_job() waits");
        CHECK_NUMBER(idle, 1);
        DID("submitted b, which stays");
        CAUSE(
            "a thread that waits is woken by a signal of `come`, and takes the job. It is called "
            "only if none is on its way: next_job() sets `called` to false when it has been woken");
        send_to_stay(B);
        await_begun(B);
        CAUSE("idle goes down by one when the wait is over");
        CHECK_NUMBER(idle, 0);
        tear_down();
    }

    CASE("a wake-up may come for nothing") {
        set_up(1);
        DID("a thread waits; woke it without a job; then submitted b");
        CAUSE("pthread_cond_wait() may return although nothing has come, and another thread may "
              "have been quicker: look at the line again (while, not if), and wait again");
        IF_CRASH("the line was empty, and something was popped: look again after each wake-up "
                 "(while, not if)");
        send(A);
        await_idle(1);
        take_lock();
        pool.called = true; /* and then its job was cancelled */
        pthread_cond_broadcast(&pool.come);
        pthread_mutex_unlock(&pool.executor.lock);
        await_number(&came_to_come, 2, "the thread that was woken for nothing to wait again");
        CAUSE("a thread that has come is not on its way any more: next_job() sets `called` to "
              "false as often as it is woken, also if there is nothing in line. Else nobody is "
              "ever called again");
        send(B);
        CHECK_CODE(result_of(B), 0);
        CHECK_TEXT(order, "ab");
        tear_down();
    }

    CASE("first come, first served") {
        set_up(1);
        DID("one thread runs a; submitted b, c and d; let a go");
        IF_CRASH("call_thread() starts no more threads than `most`: there is room for so many");
        CAUSE("the line is a queue: what came first is popped first, and what comes goes to its "
              "end (eddy_list_append)");
        send_to_stay(A);
        await_begun(A);
        send(B);
        send(C);
        send(D);
        CHECK_NUMBER(in_line, 3);
        let_go(A);
        CHECK_CODE(result_of(B), 0);
        CHECK_CODE(result_of(C), 0);
        CHECK_CODE(result_of(D), 0);
        CHECK_TEXT(order, "abcd");
        tear_down();
    }
}

/* ---- run_jobs() ------------------------------------------------------------------------------------ */

static void running(void)
{
    CASE("a job that runs is a running job, and cannot be cancelled") {
        set_up(1);
        DID("a runs; asked how it stands, and cancelled it");
        CAUSE("run_jobs() says eddy_job_begin() while it has the lock, before it gives it back. "
              "Else the job counts as in line: somebody could cancel it while it runs");
        IF_CRASH("the job that runs was not begun: a cancel takes it for one that is in line");
        send_to_stay(A);
        await_begun(A);
        CHECK(eddy_job_running(&A->job));
        CHECK(!eddy_job_cancel(&A->job));
        CHECK_NUMBER(in_line, 0);
        let_go(A);
        CHECK_CODE(result_of(A), 0);
        tear_down();
    }

    CASE("what the function returns is the outcome, and the thread goes on after an error") {
        set_up(1);
        DID("submitted a, whose function returns -EIO, and then b");
        CAUSE("run_jobs() hands what run_job() has returned to eddy_job_finish(), and goes on with "
              "the next job, whatever it was");
        A->returns = -EIO;
        send(A);
        CHECK_CODE(result_of(A), -EIO);
        send(B);
        CHECK_CODE(result_of(B), 0);
        CHECK_NUMBER(started, 1);
        tear_down();
    }
}

/* ---- call_thread() --------------------------------------------------------------------------------- */

static void threads_on_demand(void)
{
    CASE("no thread is started before there is a job, and one serves many") {
        set_up(4);
        DID("opened a pool of 4; submitted six jobs, each when the thread was idle again");
        CAUSE("call_thread() starts a thread only if idle threads are too few for the jobs in "
              "line; else it signals `come`");
        CHECK_NUMBER(started, 0);
        for (int i = 0; i < 6; i++) {
            send(&actors[i]);
            await_number(&came_to_come, i + 1, "the thread to come back and wait");
        }
        CHECK_NUMBER(started, 1);
        tear_down();
    }

    CASE("a job that finds all threads at work gets one of its own, up to the most") {
        set_up(2);
        DID("a pool of 2: submitted a, b and c, which stay");
        CAUSE("if no thread is idle, and fewer are started than `most`, start_thread(): else the "
              "job waits for the end of another one, and perhaps that waits for it");
        send_to_stay(A);
        await_begun(A);
        send_to_stay(B);
        await_begun(B);
        CAUSE("no more threads than `most`: what comes then stays in line");
        IF_CRASH("there is room for `most` threads, and for no more");
        send_to_stay(C);
        CHECK_NUMBER(started, 2);
        CHECK_NUMBER(in_line, 1);
        CHECK(!eddy_job_running(&C->job));
        let_go(A);
        CAUSE("a thread that has finished a job takes the next one of the line");
        await_begun(C);
        tear_down();
    }

    CASE("two jobs come while one thread is idle: the second gets a thread, too") {
        set_up(2);
        DID("one thread waits; submitted b and c before it has got the lock; both stay");
        CAUSE("the idle thread has been woken for b, and still counts as idle. So it is not enough "
              "that one is idle: there must be as many idle ones as there are jobs in line (idle < "
              "in_line: start one). Else the second signal finds nobody and is lost");
        send(A);
        await_idle(1);
        B->stays = C->stays = true;
        send_both(B, C);
        await_begun(B);
        await_begun(C);
        CHECK_NUMBER(started, 2);
        tear_down();
    }

    CASE("two jobs come while two threads are idle: no third is started") {
        set_up(3);
        DID("two threads wait; submitted c and d before one of them has got the lock; both stay");
        CAUSE("two are idle, and two jobs are in line: that is enough. One idle thread is called "
              "at a time; when it has taken its job, run_jobs() asks must_call(), and calls the "
              "next one (a signal of `come`) before it runs the job");
        send_to_stay(A);
        await_begun(A);
        send_to_stay(B);
        await_begun(B);
        let_go(A);
        let_go(B);
        await_idle(2);
        C->stays = D->stays = true;
        send_both(C, D);
        await_begun(C);
        await_begun(D);
        CHECK_NUMBER(started, 2);
        tear_down();
    }

    CASE("no thread can be started, and there is none: the submit fails") {
        set_up(2);
        DID("let eddy_thread_start() fail with -EAGAIN, and submitted a");
        CAUSE("no thread will ever come to this job: call_thread() returns the error of "
              "start_thread() if no thread is started at all");
        no_more_threads = true;
        waiting("the submit of a to return");
        CHECK_CODE(eddy_executor_submit(&pool.executor, &A->job), -EAGAIN);
        CHECK_CODE(eddy_job_error(&A->job), -EAGAIN);
        CAUSE("a job that is not accepted must not stay in the line, nor be counted there: "
              "enqueue_job() takes it out again");
        CHECK_NUMBER(in_line, 0);
        CHECK_NUMBER(started, 0);
        CHECK(eddy_list_empty(&pool.line));
        DID("let it succeed again, and submitted b");
        no_more_threads = false;
        send(B);
        CHECK_CODE(result_of(B), 0);
        CHECK_TEXT(order, "b");
        tear_down();
    }

    CASE("no further thread can be started: those that are there will do") {
        set_up(2);
        DID("a thread runs a; let eddy_thread_start() fail; submitted b; let a go");
        CAUSE("call_thread() returns 0 if there is a thread: it comes to this job, only later");
        send_to_stay(A);
        await_begun(A);
        no_more_threads = true;
        send(B);
        CHECK_NUMBER(in_line, 1);
        let_go(A);
        CHECK_CODE(result_of(B), 0);
        tear_down();
    }
}

/* ---- enqueue_job(), dequeue_job() ------------------------------------------------------------------- */

static void entering_and_leaving(void)
{
    CASE("a cancelled job leaves the line, and never runs") {
        set_up(1);
        DID("a runs; submitted b, c and d; cancelled c; let a go");
        CAUSE("dequeue_job() takes the job's link out of the line (eddy_list_remove). It was there "
              "still, so a thread came to it");
        IF_CRASH("dequeue_job() takes the job's link out of the line: the job is the caller's "
                 "again, and its memory may go");
        send_to_stay(A);
        await_begun(A);
        send(B);
        send(C);
        send(D);
        CHECK(eddy_job_cancel(&C->job));
        CHECK_CODE(eddy_job_error(&C->job), -ECANCELED);
        CHECK(!eddy_list_linked(&C->job.link));
        CAUSE("dequeue_job() counts in_line down by one; else call_thread() starts threads for "
              "jobs that nobody wants");
        CHECK_NUMBER(in_line, 2);
        let_go(A);
        CAUSE("the others stay in the line");
        CHECK_CODE(result_of(B), 0);
        CHECK_CODE(result_of(D), 0);
        CHECK_TEXT(order, "abd");
        CHECK_NUMBER(in_line, 0);
        tear_down();
    }

    CASE("a job can be submitted again when it was cancelled, and stands last then") {
        set_up(1);
        DID("a runs; submitted b and c; cancelled b, and submitted it again; let a go");
        CAUSE("enqueue_job() appends: whoever comes again stands at the end");
        send_to_stay(A);
        await_begun(A);
        send(B);
        send(C);
        CHECK(eddy_job_cancel(&B->job));
        send(B);
        CHECK_NUMBER(in_line, 2);
        let_go(A);
        CHECK_CODE(result_of(C), 0);
        CHECK_CODE(result_of(B), 0);
        CHECK_TEXT(order, "acb");
        tear_down();
    }
}

/* ---- end_line() ------------------------------------------------------------------------------------- */

static char told[16];

static void tell(struct eddy_job_callback *callback, struct eddy_job *job)
{
    (void)callback;
    strncat(told, container_of(job, struct actor, job)->name, sizeof told - strlen(told) - 1);
}

/* b is told that it is cancelled. Meanwhile a ends, and its thread comes back for the next job. */
static void let_a_end(struct eddy_job_callback *callback, struct eddy_job *job)
{
    (void)callback;
    (void)job;
    let_go(A);
    await_number(&finished, 1, "the thread that runs a to finish it");
    take_lock(); /* when the thread gives it back, it has taken the next job, or none */
    pthread_mutex_unlock(&pool.executor.lock);
}

static void cancel_the_next(struct eddy_job_callback *callback, struct eddy_job *job)
{
    (void)callback;
    (void)job;
    CHECK(eddy_job_cancel(&C->job));
}

static int cannot(void *argument)
{
    (void)argument;
    return -EIO;
}

static void ending_the_line(void)
{
    CASE("a shutdown that cancels ends all in line, in order, and lets run what runs") {
        struct eddy_job_callback callbacks[3] = {{.fn = tell}, {.fn = tell}, {.fn = tell}};
        set_up(1);
        DID("a runs; submitted b, c, d; eddy_executor_shutdown(&pool.executor, EDDY_SHUT_CANCEL)");
        CAUSE("without EDDY_SHUT_WAIT shut_down() does not join: it returns while a runs");
        send_to_stay(A);
        await_begun(A);
        for (int i = 1; i <= 3; i++) {
            CHECK_CODE(eddy_job_add_done_callback(&actors[i].job, &callbacks[i - 1]), 0);
            send(&actors[i]);
        }
        waiting("eddy_executor_shutdown() to return");
        CHECK_CODE(eddy_executor_shutdown(&pool.executor, EDDY_SHUT_CANCEL), 0);
        CAUSE("shut_down() calls end_line() with -ECANCELED if `how` has EDDY_SHUT_CANCEL, and "
              "end_line() withdraws each job of the line, from the first on (eddy_job_withdraw)");
        CHECK_TEXT(told, "bcd");
        for (int i = 1; i <= 3; i++) {
            CHECK_CODE(eddy_job_error(&actors[i].job), -ECANCELED);
            CHECK(eddy_job_cancelled(&actors[i].job));
        }
        CAUSE("end_line() counts in_line down for each job");
        CHECK_NUMBER(in_line, 0);
        CAUSE("what runs is not in line: it goes on, and ends with what its function returns");
        CHECK(eddy_job_running(&A->job));
        let_go(A);
        CHECK_CODE(result_of(A), 0);
        CHECK_TEXT(order, "a");
        tear_down();
    }

    CASE("no thread takes a job of a line that is being ended") {
        struct eddy_job_callback callback = {.fn = let_a_end};
        set_up(1);
        DID("a runs, b and c are in line; a shutdown that cancels; b's callback lets a end");
        CAUSE("the lock is given back while b's callback runs. a's thread comes back and looks "
              "into the line: c must have left it already, with all the others (eddy_list_move), "
              "before the first one is withdrawn");
        send_to_stay(A);
        await_begun(A);
        CHECK_CODE(eddy_job_add_done_callback(&B->job, &callback), 0);
        send(B);
        send(C);
        waiting("eddy_executor_shutdown() to return");
        CHECK_CODE(eddy_executor_shutdown(&pool.executor, EDDY_SHUT_CANCEL), 0);
        CHECK_CODE(result_of(C), -ECANCELED);
        CHECK_TEXT(order, "a");
        tear_down();
    }

    CASE("a callback may cancel the next one of the line that is being ended") {
        struct eddy_job_callback callback = {.fn = cancel_the_next};
        set_up(1);
        DID("a runs, b, c, d are in line; a shutdown that cancels; b's callback cancels c");
        CAUSE("c leaves by dequeue_job() while end_line() is at b: take the first each time, until "
              "none is left, and count for each one that you take, and not for all at once");
        send_to_stay(A);
        await_begun(A);
        CHECK_CODE(eddy_job_add_done_callback(&B->job, &callback), 0);
        send(B);
        send(C);
        send(D);
        waiting("eddy_executor_shutdown() to return");
        CHECK_CODE(eddy_executor_shutdown(&pool.executor, EDDY_SHUT_CANCEL), 0);
        CHECK_CODE(eddy_job_error(&C->job), -ECANCELED);
        CHECK_CODE(eddy_job_error(&D->job), -ECANCELED);
        CHECK_NUMBER(in_line, 0);
        tear_down();
    }

    CASE("an initializer that fails breaks the pool, and the line ends with that") {
        pool.initializer = cannot;
        set_up(1);
        DID("opened a pool whose initializer returns -EIO, and submitted a");
        CAUSE("eddy_thread_pool_break() calls end_line() with EDDY_EBROKEN: each job ends with the "
              "error that end_line() was given");
        send(A);
        CHECK_CODE(result_of(A), EDDY_EBROKEN);
        CHECK(!eddy_job_cancelled(&A->job));
        CHECK_TEXT(order, "");
        tear_down();
    }
}

/* ---- join_threads(), shut_down() ---------------------------------------------------------------------- */

/* In a job: its own pool is shut down. */
static int shut_from_inside(struct eddy_work *work)
{
    *(int *)work->out = eddy_executor_shutdown(&pool.executor, EDDY_SHUT_WAIT | EDDY_SHUT_CANCEL);
    return 0;
}

static int shut_softly_from_inside(struct eddy_work *work)
{
    *(int *)work->out = eddy_executor_shutdown(&pool.executor, 0);
    return 0;
}

static void shutting_down(void)
{
    CASE("a shutdown without a wait returns at once, and what was submitted still runs") {
        set_up(1);
        DID("a runs, b and c are in line; eddy_executor_shutdown(&pool.executor, 0); let a go");
        CAUSE("without EDDY_SHUT_WAIT shut_down() does not join: it returns while a runs");
        send_to_stay(A);
        await_begun(A);
        send(B);
        send(C);
        waiting("eddy_executor_shutdown(&pool.executor, 0) to return, while a runs");
        CHECK_CODE(eddy_executor_shutdown(&pool.executor, 0), 0);
        CAUSE("without EDDY_SHUT_CANCEL the line stays as it is: all in it will run");
        CHECK_NUMBER(in_line, 2);
        CHECK_CODE(eddy_executor_submit(&pool.executor, &D->job), EDDY_ECLOSED);
        let_go(A);
        CAUSE("next_job() returns NULL only if the line is empty *and* nothing is accepted any "
              "more: what is in line runs, unless it is cancelled");
        CHECK_CODE(result_of(B), 0);
        CHECK_CODE(result_of(C), 0);
        CHECK_TEXT(order, "abc");
        tear_down();
    }

    CASE("a shutdown that waits runs the line to its end, and joins all threads") {
        set_up(2);
        DID("submitted a to f; eddy_executor_shutdown(&pool.executor, EDDY_SHUT_WAIT)");
        CAUSE("with EDDY_SHUT_WAIT shut_down() returns when all threads have ended, which they do "
              "when the line is empty");
        for (int i = 0; i < 6; i++)
            send(&actors[i]);
        waiting("eddy_executor_shutdown() to return");
        CHECK_CODE(eddy_executor_shutdown(&pool.executor, EDDY_SHUT_WAIT), 0);
        for (int i = 0; i < 6; i++)
            if (!eddy_job_done(&actors[i].job))
                FAIL("all jobs are done when it returns", "%s %s", actors[i].name, how(&actors[i]));
        CAUSE("each thread that was started is joined: join_threads() calls eddy_thread_join() for "
              "it");
        CHECK_INT(eddy_thread_count(), 0);
        CHECK_NUMBER(gone, pool.started);
        tear_down();
    }

    CASE("a shutdown wakes all threads that are idle") {
        set_up(3);
        DID("three threads wait for `come`; eddy_executor_shutdown(&pool.executor, "
            "EDDY_SHUT_WAIT)");
        CAUSE("all idle threads must look and see that the pool ends: "
              "pthread_cond_broadcast(&pool->come) wakes all, a signal only one");
        for (int i = 0; i < 3; i++) {
            send_to_stay(&actors[i]);
            await_begun(&actors[i]);
        }
        for (int i = 0; i < 3; i++)
            let_go(&actors[i]);
        await_idle(3);
        waiting("eddy_executor_shutdown() to return");
        CHECK_CODE(eddy_executor_shutdown(&pool.executor, EDDY_SHUT_WAIT), 0);
        CHECK_INT(eddy_thread_count(), 0);
        tear_down();
    }

    CASE("while it waits for a thread, others have the lock") {
        struct closer one = {0};
        set_up(1);
        DID("a runs; another thread calls eddy_executor_shutdown(EDDY_SHUT_WAIT); let a go");
        CAUSE("the thread that is joined needs the lock to come to its end: join_threads() gives "
              "it back before eddy_thread_join(), and takes it again after that");
        send_to_stay(A);
        await_begun(A);
        start_closer(&one, EDDY_SHUT_WAIT);
        let_go(A);
        CHECK_CODE(result_of(A), 0);
        join_closer(&one);
        CHECK_CODE(one.err, 0);
        CHECK_INT(one.threads_left, 0);
        tear_down();
    }

    CASE("two wait for the end of the same pool: each thread is joined once") {
        struct closer one = {0}, two = {0};
        set_up(1);
        DID("a runs; two threads call eddy_executor_shutdown(EDDY_SHUT_WAIT); let a go");
        CAUSE(
            "whoever comes first joins the thread; it counts `joining` up before it gives the lock "
            "back. Whoever comes second waits for `joined` until `gone` says that all were joined");
        send_to_stay(A);
        await_begun(A);
        start_closer(&one, EDDY_SHUT_WAIT);
        start_closer(&two, EDDY_SHUT_WAIT);
        await_number(&at_joined, 1, "the second one to wait for `joined`");
        let_go(A);
        CAUSE("whoever has joined a thread counts `gone` up, and tells those who wait for `joined` "
              "(broadcast); and both return when all threads have gone");
        join_closer(&one);
        join_closer(&two);
        CHECK_CODE(one.err, 0);
        CHECK_CODE(two.err, 0);
        CHECK_INT(one.threads_left, 0);
        CHECK_INT(two.threads_left, 0);
        tear_down();
    }

    CASE("a job that waits for the end of its own pool is told so") {
        int came = 0;
        set_up(1);
        DID("a job of the pool calls eddy_executor_shutdown(EDDY_SHUT_WAIT | EDDY_SHUT_CANCEL)");
        CAUSE("a thread of the pool would join itself: eddy_executor_mine() tells whose this "
              "thread is. shut_down() then returns EDDY_EDEADLOCK, and does not join");
        eddy_job_init(&A->job, shut_from_inside, NULL, 0, &came, sizeof came);
        send_both(A, B);
        CHECK_CODE(result_of(A), 0);
        CHECK_CODE(came, EDDY_EDEADLOCK);
        CHECK_NUMBER(joining, 0);
        CAUSE("the rest of the shutdown happens all the same: what was in line is cancelled");
        CHECK_CODE(result_of(B), -ECANCELED);
        CHECK_CODE(eddy_executor_submit(&pool.executor, &C->job), EDDY_ECLOSED);
        tear_down();
    }

    CASE("a job may shut its own pool down, if it does not wait") {
        int came = 1;
        set_up(1);
        DID("a job of the pool calls eddy_executor_shutdown(&pool.executor, 0)");
        CAUSE("EDDY_EDEADLOCK is for a wait: without EDDY_SHUT_WAIT it is 0");
        eddy_job_init(&A->job, shut_softly_from_inside, NULL, 0, &came, sizeof came);
        send(A);
        CHECK_CODE(result_of(A), 0);
        CHECK_CODE(came, 0);
        tear_down();
    }

    CASE("a pool that is closed can be shut down, and closed, once more") {
        set_up(1);
        DID("closed the pool; shut it down; closed it");
        CAUSE("a closed pool has no threads (pool->threads is NULL) and no conditions: shut_down() "
              "does nothing then, and returns 0");
        IF_CRASH("a closed pool has no threads (pool->threads is NULL) and no conditions: "
                 "shut_down() does nothing then");
        send(A);
        CHECK_CODE(result_of(A), 0);
        waiting("eddy_thread_pool_close() to return");
        CHECK_CODE(eddy_thread_pool_close(&pool), 0);
        waiting("a shutdown of the closed pool to return");
        CHECK_CODE(eddy_executor_shutdown(&pool.executor, EDDY_SHUT_WAIT | EDDY_SHUT_CANCEL), 0);
        CHECK_CODE(eddy_thread_pool_close(&pool), 0);
        tear_down();
    }
}

/* ---- All together --------------------------------------------------------------------------------- */

enum { MANY = 300, SENDERS = 3 };

struct sender {
    pthread_t thread;
    struct eddy_job jobs[MANY];
    int runs[MANY], cancelled;
};

static int run_once(struct eddy_work *work)
{
    ++*(int *)work->out;
    return 0;
}

/* Submits many, and cancels every third at once. */
static void *send_many(void *argument)
{
    struct sender *self = argument;

    for (int i = 0; i < MANY; i++) {
        eddy_job_init(&self->jobs[i], run_once, NULL, 0, &self->runs[i], sizeof self->runs[i]);
        eddy_executor_submit(&pool.executor, &self->jobs[i]);
        if (i % 3 == 0)
            self->cancelled += eddy_job_cancel(&self->jobs[i]);
    }
    return NULL;
}

static void crowd(void)
{
    CASE("a crowd submits and cancels; each job has run once, or is cancelled") {
        static struct sender senders[SENDERS];
        int runs = 0, cancelled = 0;
        set_up(3);
        DID("three threads submit 300 jobs each, and cancel some at once; closed the pool");
        CAUSE("whoever touches the line, or a job of it, holds the lock; and a job that begins has "
              "left the line, and was begun, in one breath");
        IF_CRASH("whoever touches the line, or a job of it, holds the lock");
        for (int i = 0; i < SENDERS; i++)
            CHECK(pthread_create(&senders[i].thread, NULL, send_many, &senders[i]) == 0);
        waiting("the threads that submit");
        for (int i = 0; i < SENDERS; i++)
            pthread_join(senders[i].thread, NULL);
        waiting("all jobs to be done, and eddy_executor_shutdown() to return");
        CHECK_CODE(eddy_executor_shutdown(&pool.executor, EDDY_SHUT_WAIT), 0);
        for (int i = 0; i < SENDERS; i++) {
            cancelled += senders[i].cancelled;
            for (int j = 0; j < MANY; j++) {
                CHECK(senders[i].runs[j] == !eddy_job_cancelled(&senders[i].jobs[j]));
                runs += senders[i].runs[j];
            }
        }
        CHECK_INT(runs + cancelled, SENDERS * MANY);
        tear_down();
    }
}

TESTS
{
    waiting_for_work();
    running();
    threads_on_demand();
    entering_and_leaving();
    ending_the_line();
    shutting_down();
    crowd();
}
