/* A job: how it stands, what comes of it, who is told, and who may be gone by then. */
#include "pools.h"

#include "faults.h"

#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>

static struct by_hand hand;
static struct gate gate;

/* ---- Results and errors ---------------------------------------------------------------------------- */

static int returns_seven(struct eddy_work *work)
{
    (void)work;
    return 7;
}

static int puts_ten(struct eddy_work *work)
{
    return eddy_work_put(work, "0123456789", 10);
}

static int is_empty(struct eddy_work *work)
{
    return work->in_size == 0 && work->out_room == 0 ? 0 : -EINVAL;
}

static void try_results(int kind)
{
    struct eddy_job job;
    const int numbers[] = {12, 46341, 7};
    int result = 0;
    char room[10];

    open_pool(kind, 1);
    submit_square(&job, &numbers[0], &result);
    CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
    CHECK(result == 144 && job.work.out_size == sizeof result);
    CHECK_TEXT(eddy_job_message(&job), eddy_strerror(0));

    submit_square(&job, &numbers[1], &result);
    CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), -ERANGE);
    CHECK_TEXT(eddy_job_message(&job), "46341 is too large to be squared");
    CHECK(eddy_job_done(&job) && !eddy_job_cancelled(&job) && job.work.out_size == 0);
    submit_square(&job, &numbers[2], &result); /* the worker has survived it */
    CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
    CHECK_INT(result, 49);
    if (kind == THREADS)
        CHECK_INT(threads.started, 1);

    eddy_job_init(&job, returns_seven, NULL, 0, NULL, 0);
    CHECK_CODE(eddy_executor_submit(executor, &job), 0);
    CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), -EINVAL);
    CHECK_TEXT(eddy_job_message(&job), "the function has returned 7, which is no outcome");

    eddy_job_init(&job, puts_ten, NULL, 0, room, 9);
    CHECK_CODE(eddy_executor_submit(executor, &job), 0);
    CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), -EMSGSIZE);
    CHECK_TEXT(eddy_job_message(&job), "the result has 10 bytes, and there is room for 9");
    eddy_job_init(&job, puts_ten, NULL, 0, room, 10);
    CHECK_CODE(eddy_executor_submit(executor, &job), 0);
    CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
    CHECK_BYTES(room, job.work.out_size, "0123456789", 10);

    eddy_job_init(&job, is_empty, NULL, 0, NULL, 0);
    CHECK_CODE(eddy_executor_submit(executor, &job), 0);
    CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
    CHECK_CODE(close_pool(kind), 0);
}

/* An error that the function does not put in words: the code says it. */
static void try_codes(int kind)
{
    struct eddy_job job;
    const int err = -ENOSPC;

    open_pool(kind, 1);
    eddy_job_init(&job, fail, &err, sizeof err, NULL, 0);
    CHECK_CODE(eddy_executor_submit(executor, &job), 0);
    CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), -ENOSPC);
    CHECK_TEXT(eddy_job_message(&job), eddy_strerror(-ENOSPC));
    CHECK_CODE(close_pool(kind), 0);
}

static void results(void)
{
    CASE("a job's result is its function's, an error is the job's, and the worker lives on") {
        BOTH(kind) try_results(kind);
    }

    CASE("an error without words has the words of its code") {
        BOTH(kind) try_codes(kind);
    }

    CASE("a job is new, in line, running, done; before it is done its outcome is EPENDING") {
        struct eddy_job job;
        int n = 3, result = 0;
        open_hand(&hand);
        init_square(&job, &n, &result);
        CHECK(!eddy_job_done(&job) && !eddy_job_running(&job) && !eddy_job_cancelled(&job));
        CHECK_CODE(eddy_job_error(&job), EDDY_EPENDING);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        CHECK(!eddy_job_done(&job) && !eddy_job_running(&job));
        CHECK(begin_by_hand(&hand) == &job);
        CHECK(eddy_job_running(&job) && !eddy_job_done(&job));
        CHECK_CODE(eddy_job_error(&job), EDDY_EPENDING);
        finish_by_hand(&hand, &job, 0);
        CHECK(eddy_job_done(&job) && !eddy_job_running(&job) && !eddy_job_cancelled(&job));
        CHECK_CODE(eddy_job_error(&job), 0);
    }

    CASE("a job that is in line or runs is not accepted again; one that is done is") {
        struct eddy_job job;
        int n = 3, result = 0;
        open_hand(&hand);
        submit_square(&job, &n, &result);
        CHECK_CODE(eddy_executor_submit(executor, &job), EDDY_EQUEUED);
        CHECK(begin_by_hand(&hand) == &job);
        CHECK_CODE(eddy_executor_submit(executor, &job), EDDY_EQUEUED);
        finish_by_hand(&hand, &job, -EIO);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        CHECK(!eddy_job_done(&job) && begin_by_hand(&hand) == &job);
        finish_by_hand(&hand, &job, 0);
        CHECK_CODE(eddy_job_error(&job), 0);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        CHECK(eddy_job_cancel(&job) && eddy_job_cancelled(&job));
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        CHECK(!eddy_job_cancelled(&job));
        run_by_hand(&hand);
        CHECK(!eddy_job_cancelled(&job) && result == 9);
    }

    CASE("a job without a function ends with EINVAL, and takes no callback before") {
        struct eddy_job job = {.fn = NULL};
        struct eddy_job_callback callback = {.fn = NULL};
        open_hand(&hand);
        CHECK_CODE(eddy_job_add_done_callback(&job, &callback), -EINVAL);
        CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), -EINVAL);
        CHECK(!eddy_job_cancel(&job));
        CHECK_CODE(eddy_executor_submit(executor, &job), -EINVAL);
        CHECK(eddy_job_done(&job));
        CHECK_CODE(eddy_job_error(&job), -EINVAL);
    }

    CASE("a job that was refused is not forgotten: waiters, callbacks and the message say why") {
        struct eddy_thread_pool zeroed = {.name = NULL};
        struct eddy_job job;
        int n = 3, result = 0;
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_executor_submit(&zeroed.executor, &job), EDDY_ECLOSED);
        CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), EDDY_ECLOSED);
        CHECK_TEXT(eddy_job_message(&job), eddy_strerror(EDDY_ECLOSED));
        CHECK(!eddy_job_cancelled(&job));
        BOTH(kind)
        {
            open_pool(kind, 1);
            CHECK_CODE(close_pool(kind), 0);
            init_square(&job, &n, &result);
            CHECK_CODE(eddy_executor_submit(executor, &job), EDDY_ECLOSED);
            CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), EDDY_ECLOSED);
        }
    }
}

/* ---- Cancelling --------------------------------------------------------------------------------------- */

static void try_cancel(int kind)
{
    struct eddy_job first, second, third;
    struct watcher watcher;
    struct mark marks[2];
    int fds[2];
    char ran[3] = "";

    gate_open(&gate);
    CHECK_OK(pipe(fds));
    open_pool(kind, 1);
    begin_hold(&first, &gate);
    submit_mark(&second, &marks[0], fds[1], 's');
    submit_mark(&third, &marks[1], fds[1], 't');
    start_watcher(&watcher, &second);
    CHECK(eddy_job_cancel(&second));
    join(watcher.thread);
    CHECK_CODE(watcher.err, -ECANCELED);
    CHECK(eddy_job_done(&second) && eddy_job_cancelled(&second));
    CHECK_CODE(eddy_job_error(&second), -ECANCELED);
    CHECK(eddy_job_cancel(&second)); /* it was cancelled before */
    CHECK(!eddy_job_cancel(&first)); /* it runs */
    CHECK(eddy_job_running(&first));
    let_go(&gate, 1);
    CHECK_CODE(eddy_job_result(&first, EDDY_FOREVER), 0);
    CHECK_CODE(eddy_job_result(&third, EDDY_FOREVER), 0);
    CHECK(!eddy_job_cancel(&first) && !eddy_job_cancelled(&first)); /* it has run */
    CHECK_CODE(close_pool(kind), 0);
    CHECK_INT(read(fds[0], ran, 2), 1);
    CHECK_TEXT(ran, "t");
    close(fds[0]);
    close(fds[1]);
    gate_close(&gate);
}

static int is_cancelled(struct eddy_work *work)
{
    (void)work;
    return -ECANCELED;
}

static struct gate ending;

/* Says that it is called, and waits. */
static void hold_callback(struct eddy_job_callback *callback, struct eddy_job *job)
{
    char byte = 'c';

    (void)callback;
    (void)job;
    CHECK_INT(write(ending.begun[1], &byte, 1), 1);
    CHECK_INT(read(ending.go[0], &byte, 1), 1);
}

static void *cancel_job(void *job)
{
    return eddy_job_cancel(job) ? job : NULL;
}

static void cancels(void)
{
    CASE("cancel: a job in line never runs, and who waits is woken, but one that runs, runs on") {
        BOTH(kind) try_cancel(kind);
    }

    CASE("a job that says by itself that it is cancelled has run, and cancel is false") {
        struct eddy_job job;
        open_hand(&hand);
        eddy_job_init(&job, is_cancelled, NULL, 0, NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        run_by_hand(&hand);
        CHECK_CODE(eddy_job_error(&job), -ECANCELED);
        CHECK(!eddy_job_cancelled(&job) && !eddy_job_cancel(&job));
    }

    CASE("a job that was never submitted cannot be cancelled, and can be submitted then") {
        struct eddy_job job;
        int n = 3, result = 0;
        open_hand(&hand);
        init_square(&job, &n, &result);
        CHECK(!eddy_job_cancel(&job) && !eddy_job_done(&job));
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        run_by_hand(&hand);
        CHECK_CODE(eddy_job_error(&job), 0);
    }

    CASE("two threads cancel one job: both are told true, also while its callbacks are called") {
        struct eddy_job_callback callback = {.fn = hold_callback};
        struct eddy_job job;
        pthread_t first;
        void *said;
        int n = 3, result = 0;
        gate_open(&ending);
        open_hand(&hand);
        submit_square(&job, &n, &result);
        CHECK_CODE(eddy_job_add_done_callback(&job, &callback), 0);
        first = start(cancel_job, &job);
        await_begun(&ending);
        CHECK(!eddy_job_done(&job)); /* to all but its callbacks */
        CHECK(eddy_job_cancel(&job));
        let_go(&ending, 1);
        CHECK_INT(pthread_join(first, &said), 0);
        CHECK(said == &job && eddy_job_cancelled(&job));
        gate_close(&ending);
    }
}

/* ---- Waiting for it ----------------------------------------------------------------------------------- */

static void try_time_out(int kind)
{
    struct eddy_job job;
    int result = 0;

    gate_open(&gate);
    open_pool(kind, 1);
    eddy_job_init(&job, hold, &gate, sizeof gate, &result, sizeof result);
    CHECK_CODE(eddy_executor_submit(executor, &job), 0);
    await_begun(&gate);
    CHECK_CODE(eddy_job_result(&job, 0), -ETIMEDOUT);
    CHECK_CODE(eddy_job_result(&job, -1), -ETIMEDOUT);
    CHECK_CODE(eddy_job_result(&job, 0.01), -ETIMEDOUT);
    CHECK(!eddy_job_done(&job) && eddy_job_running(&job) && eddy_list_empty(&job.waiters));
    let_go(&gate, 1);
    CHECK_CODE(eddy_job_result(&job, 3600), 0);
    CHECK_INT(result, 7);
    CHECK_CODE(eddy_job_result(&job, 0), 0);
    CHECK_CODE(eddy_job_result(&job, NAN), -EINVAL);
    CHECK_CODE(close_pool(kind), 0);
    gate_close(&gate);
}

static void waits(void)
{
    CASE("result with a time-out: ETIMEDOUT, the job goes on, and a later result has it") {
        BOTH(kind) try_time_out(kind);
    }

    CASE("result of a job that was never submitted is EINVAL, and so is NaN as a time") {
        struct eddy_job job;
        int n = 3, result = 0;
        open_hand(&hand);
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), -EINVAL);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        CHECK_CODE(eddy_job_result(&job, NAN), -EINVAL);
        run_by_hand(&hand);
        CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
    }

    CASE("many threads wait for one job, and all are told") {
        struct watcher watchers[8];
        struct eddy_job job;
        BOTH(kind)
        {
            gate_open(&gate);
            open_pool(kind, 1);
            begin_hold(&job, &gate);
            for (int i = 0; i < 8; i++)
                start_watcher(&watchers[i], &job);
            let_go(&gate, 1);
            for (int i = 0; i < 8; i++) {
                join(watchers[i].thread);
                CHECK_CODE(watchers[i].err, 0);
            }
            CHECK_CODE(close_pool(kind), 0);
            gate_close(&gate);
        }
    }
}

/* ---- Being told --------------------------------------------------------------------------------------- */

static char calls[32];

struct named {
    struct eddy_job_callback callback;
    char letter;
    struct eddy_job *other; /* to be cancelled */
    struct eddy_job *asked; /* how it stands */
    int asked_err;
    struct named *next; /* to be added, to the same job */
    pthread_t thread;   /* in which it was called */
    bool was_done;
    int err;
};

static void call_named(struct eddy_job_callback *callback, struct eddy_job *job)
{
    struct named *self = container_of(callback, struct named, callback);

    calls[strlen(calls)] = self->letter;
    self->thread = pthread_self();
    self->was_done = eddy_job_done(job) && !eddy_job_running(job);
    self->err = eddy_job_error(job);
    if (self->asked)
        self->asked_err = eddy_job_result(self->asked, 0);
    if (self->other)
        (void)eddy_job_cancel(self->other);
    self->was_done = self->was_done && eddy_job_done(job); /* still */
    if (self->next)
        CHECK_CODE(eddy_job_add_done_callback(job, &self->next->callback), 0);
}

static struct named named(char letter)
{
    return (struct named){.callback.fn = call_named, .letter = letter};
}

static void add(struct eddy_job *job, struct named *one)
{
    CHECK_CODE(eddy_job_add_done_callback(job, &one->callback), 0);
}

/* In the thread that ends the job, and before its waiter goes on. */
static void try_order(int kind)
{
    struct named each[4] = {named('a'), named('b'), named('c'), named('d')};
    struct eddy_job job;

    memset(calls, 0, sizeof calls);
    gate_open(&gate);
    open_pool(kind, 1);
    eddy_job_init(&job, hold, &gate, sizeof gate, NULL, 0);
    add(&job, &each[0]);
    CHECK_CODE(eddy_executor_submit(executor, &job), 0);
    add(&job, &each[1]);
    await_begun(&gate);
    add(&job, &each[2]);
    CHECK_CODE(eddy_job_add_done_callback(&job, &each[1].callback), EDDY_EQUEUED);
    CHECK_TEXT(calls, "");
    let_go(&gate, 1);
    CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
    CHECK_TEXT(calls, "abc");
    add(&job, &each[3]);
    CHECK_TEXT(calls, "abcd");
    for (int i = 0; i < 4; i++) {
        CHECK(each[i].was_done && each[i].err == 0);
        CHECK((i == 3) == (pthread_equal(each[i].thread, pthread_self()) != 0));
    }
    CHECK_CODE(close_pool(kind), 0);
    gate_close(&gate);
}

static void free_itself(struct eddy_job_callback *callback, struct eddy_job *job)
{
    (void)job;
    free(callback);
}

static struct eddy_job *again;
static int said_again;

static void submit_again(struct eddy_job_callback *callback, struct eddy_job *job)
{
    (void)callback;
    CHECK_CODE(eddy_job_result(job, EDDY_FOREVER), 0); /* to itself it is done */
    CHECK(!eddy_job_cancel(job));
    said_again = eddy_executor_submit(executor, again);
}

static void callbacks(void)
{
    CASE("callbacks come in order, in the thread that ends the job, before its waiters go on") {
        BOTH(kind) try_order(kind);
    }

    CASE("a cancel calls the callbacks in the thread that cancels") {
        struct named a = named('a');
        struct eddy_job job;
        int n = 3, result = 0;
        open_hand(&hand);
        submit_square(&job, &n, &result);
        add(&job, &a);
        CHECK(eddy_job_cancel(&job));
        CHECK(pthread_equal(a.thread, pthread_self()) && a.was_done && a.err == -ECANCELED);
    }

    CASE("a callback cancels another job, whose callbacks come in the midst of its own job's") {
        struct named a = named('a'), b = named('b'), c = named('c');
        struct eddy_job first, second;
        int n = 3, result = 0;
        open_hand(&hand);
        submit_square(&first, &n, &result);
        submit_square(&second, &n, &result);
        a.other = &second;
        add(&first, &a);
        add(&first, &b);
        add(&second, &c);
        run_by_hand(&hand);
        CHECK_TEXT(calls, "acb");
        CHECK(a.was_done && b.was_done && b.err == 0 && c.err == -ECANCELED);
        CHECK(eddy_job_cancelled(&second) && !eddy_job_cancelled(&first));
    }

    CASE("in the midst of a job's callbacks it is done, also to another job's callback") {
        struct named a = named('a'), c = named('c');
        struct eddy_job first, second;
        int n = 3, result = 0;
        open_hand(&hand);
        submit_square(&first, &n, &result);
        submit_square(&second, &n, &result);
        a.other = &second;
        c.asked = &first;
        add(&first, &a);
        add(&second, &c);
        CHECK(eddy_job_cancel(&first));
        CHECK_TEXT(calls, "ac");
        CHECK_CODE(c.asked_err, -ECANCELED);
    }

    CASE("a callback of a job that is cancelled may cancel it again, and is told true") {
        struct named a = named('a'), b = named('b');
        struct eddy_job job;
        int n = 3, result = 0;
        open_hand(&hand);
        submit_square(&job, &n, &result);
        a.other = &job;
        add(&job, &a);
        add(&job, &b);
        CHECK(eddy_job_cancel(&job));
        CHECK_TEXT(calls, "ab");
    }

    CASE("a callback that is added by a callback of the same job is called at once") {
        struct named a = named('a'), b = named('b'), c = named('c');
        struct eddy_job job;
        int n = 3, result = 0;
        open_hand(&hand);
        submit_square(&job, &n, &result);
        a.next = &c;
        add(&job, &a);
        add(&job, &b);
        run_by_hand(&hand);
        CHECK_TEXT(calls, "acb");
    }

    CASE("a callback that another thread adds while callbacks are called is called as well") {
        struct eddy_job_callback holding = {.fn = hold_callback};
        struct named late = named('l');
        struct eddy_job job;
        int n = 3, result = 0;
        gate_open(&ending);
        open_pool(THREADS, 1);
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_job_add_done_callback(&job, &holding), 0);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        await_begun(&ending);
        CHECK(!eddy_job_done(&job));
        CHECK_CODE(eddy_job_result(&job, 0), -ETIMEDOUT);
        add(&job, &late);
        CHECK_TEXT(calls, "");
        let_go(&ending, 1);
        CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
        CHECK_TEXT(calls, "l");
        CHECK_CODE(close_pool(THREADS), 0);
        gate_close(&ending);
    }

    CASE("a callback's memory may go when it is called, and it may come again for the next run") {
        struct eddy_job_callback *one;
        struct named a = named('a');
        struct eddy_job job;
        int n = 3, result = 0;
        open_hand(&hand);
        init_square(&job, &n, &result);
        for (int i = 0; i < 3; i++) {
            one = calloc(1, sizeof *one);
            CHECK(one != NULL);
            one->fn = free_itself;
            CHECK_CODE(eddy_job_add_done_callback(&job, one), 0);
        }
        add(&job, &a);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        run_by_hand(&hand);
        CHECK_TEXT(calls, "a");
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        add(&job, &a);
        run_by_hand(&hand);
        CHECK_TEXT(calls, "aa");
    }

    CASE("a callback submits another job; its own it cannot, before all of them were called") {
        struct eddy_job_callback callback = {.fn = submit_again};
        struct eddy_job job, other;
        const int n = 3, m = 4;
        int result = 0, another = 0;
        BOTH(kind)
        {
            open_pool(kind, 1);
            init_square(&job, &n, &result);
            init_square(&other, &m, &another);
            again = &other;
            CHECK_CODE(eddy_job_add_done_callback(&job, &callback), 0);
            CHECK_CODE(eddy_executor_submit(executor, &job), 0);
            CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
            CHECK_CODE(said_again, 0);
            CHECK_CODE(eddy_job_result(&other, EDDY_FOREVER), 0);
            CHECK_INT(another, 16);
            again = &job;
            CHECK_CODE(eddy_job_add_done_callback(&job, &callback), 0); /* it is done: now */
            CHECK_CODE(said_again, 0);
            CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
            CHECK_CODE(eddy_job_add_done_callback(&other, &callback), 0);
            CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
            init_square(&job, &n, &result);
            CHECK_CODE(eddy_job_add_done_callback(&job, &callback), 0);
            CHECK_CODE(eddy_executor_submit(executor, &job), 0);
            CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
            CHECK_CODE(said_again, EDDY_EQUEUED);
            CHECK_CODE(close_pool(kind), 0);
        }
    }
}

/* ---- Whose memory goes when it is done ------------------------------------------------------------ */

enum { ROUNDS = 300 };

static struct eddy_job *new_square(const int *n, int *result)
{
    struct eddy_job *job = malloc(sizeof *job);

    CHECK(job != NULL);
    init_square(job, n, result);
    return job;
}

static void free_when_done(int kind, bool polls)
{
    const int n = 3;
    int result = 0;

    open_pool(kind, 1);
    for (int i = 0; i < ROUNDS; i++) {
        struct eddy_job *job = new_square(&n, &result);
        CHECK_CODE(eddy_executor_submit(executor, job), 0);
        if (!polls)
            CHECK_CODE(eddy_job_result(job, EDDY_FOREVER), 0);
        while (!eddy_job_done(job))
            sched_yield();
        memset(job, 0x5A, sizeof *job);
        free(job);
    }
    CHECK_CODE(close_pool(kind), 0);
}

/* Somebody cancels it while another one looks at it. */
static void *free_when_cancelled(void *argument)
{
    struct eddy_job *job = argument;

    while (!eddy_job_done(job))
        sched_yield();
    memset(job, 0x5A, sizeof *job);
    free(job);
    return NULL;
}

/* Frees the job when it is woken, in the midst of the call that ends the job. */
struct freeing {
    struct eddy_job_waiter waiter;
    struct eddy_job *job;
    int err;
};

static void free_job(struct eddy_job_waiter *waiter, int err)
{
    struct freeing *self = container_of(waiter, struct freeing, waiter);

    self->err = err;
    memset(self->job, 0x5A, sizeof *self->job);
    free(self->job);
}

static void submit_freeing(struct freeing *self, const int *n, int *result)
{
    self->job = new_square(n, result);
    self->waiter = (struct eddy_job_waiter){.wake = free_job};
    self->err = EDDY_EPENDING;
    CHECK_CODE(eddy_executor_submit(executor, self->job), 0);
}

static void free_when_woken(int kind)
{
    struct freeing each[3];
    struct eddy_job first;
    const int n = 3;
    int result = 0;

    gate_open(&gate);
    open_pool(kind, 1);
    begin_hold(&first, &gate);
    for (int i = 0; i < 3; i++) {
        submit_freeing(&each[i], &n, &result);
        CHECK(eddy_job_add_waiter(each[i].job, &each[i].waiter));
    }
    CHECK(eddy_job_cancel(each[0].job));
    CHECK_CODE(each[0].err, -ECANCELED);
    CHECK(!eddy_job_remove_waiter(&each[0].waiter));
    let_go(&gate, 1);
    CHECK_CODE(close_pool(kind), 0);
    CHECK(each[1].err == 0 && each[2].err == 0 && result == 9);

    open_pool(kind, 1);
    begin_hold(&first, &gate);
    for (int i = 0; i < 3; i++) {
        submit_freeing(&each[i], &n, &result);
        CHECK(eddy_job_add_waiter(each[i].job, &each[i].waiter));
    }
    CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_CANCEL), 0);
    for (int i = 0; i < 3; i++)
        CHECK_CODE(each[i].err, -ECANCELED);
    let_go(&gate, 1);
    CHECK_CODE(close_pool(kind), 0);
    gate_close(&gate);
}

static void memory(void)
{
    CASE("nobody touches a job any more when its waiters are woken: one of them frees it") {
        BOTH(kind) free_when_woken(kind);
    }

    CASE("who looks at a job in a loop may free it as soon as it is done") {
        BOTH(kind) free_when_done(kind, true);
    }

    CASE("who waits for a job may free it as soon as result returns") {
        BOTH(kind) free_when_done(kind, false);
    }

    CASE("a job that is cancelled may be freed by another thread as soon as it is done") {
        const int n = 3;
        int result = 0;
        open_hand(&hand);
        for (int i = 0; i < ROUNDS; i++) {
            struct eddy_job *job = new_square(&n, &result);
            pthread_t thread;
            CHECK_CODE(eddy_executor_submit(executor, job), 0);
            thread = start(free_when_cancelled, job);
            CHECK(eddy_job_cancel(job));
            join(thread);
        }
    }

    CASE("a job that is done needs its executor no more") {
        struct eddy_thread_pool *pool = calloc(1, sizeof *pool);
        struct named a = named('a');
        struct eddy_job job;
        const int n = 3;
        int result = 0;
        CHECK(pool != NULL);
        CHECK_OK(eddy_thread_pool_open(pool, 1));
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_executor_submit(&pool->executor, &job), 0);
        CHECK_CODE(eddy_thread_pool_close(pool), 0);
        memset(pool, 0x5A, sizeof *pool);
        free(pool);
        CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
        CHECK(!eddy_job_cancel(&job) && eddy_job_done(&job));
        add(&job, &a);
        CHECK_TEXT(calls, "a");
        open_hand(&hand);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0); /* another executor's, now */
        run_by_hand(&hand);
    }
}

/* ---- A job that waits for its own pool ------------------------------------------------------------- */

struct inner {
    struct eddy_job job;
    int n, result, said;
    const struct gate *gate;
};

/* Submits a job to its own pool, and waits for it; first for the gate, if there is one. */
static int wait_for_inner(struct eddy_work *work)
{
    struct inner *self = *(struct inner *const *)work->in;
    struct eddy_work at_gate = {.in = self->gate};

    if (self->gate)
        (void)hold(&at_gate);
    init_square(&self->job, &self->n, &self->result);
    self->said = eddy_executor_submit(executor, &self->job);
    if (self->said == 0)
        self->said = eddy_job_result(&self->job, EDDY_FOREVER);
    return 0;
}

static void submit_outer(struct eddy_job *outer, struct inner *const *inner)
{
    eddy_job_init(outer, wait_for_inner, inner, sizeof *inner, NULL, 0);
    CHECK_CODE(eddy_executor_submit(executor, outer), 0);
}

/* Waits for the job that it is given. */
static int wait_for_given(struct eddy_work *work)
{
    struct watcher *self = *(struct watcher *const *)work->in;

    self->err = eddy_job_result(self->job, self->seconds);
    return 0;
}

static struct inner called;

/* In the thread that ends the job, a driver of a process pool, too. */
static void wait_in_callback(struct eddy_job_callback *callback, struct eddy_job *job)
{
    (void)callback;
    (void)job;
    init_square(&called.job, &called.n, &called.result);
    CHECK_CODE(eddy_executor_submit(executor, &called.job), 0);
    called.said = eddy_job_result(&called.job, EDDY_FOREVER);
}

static void deadlocks(void)
{
    CASE("a job that waits for its own full pool is told EDEADLOCK, and the pool goes on") {
        struct inner inner = {.n = 3}, *inners = &inner;
        struct eddy_job outer;
        open_pool(THREADS, 1);
        submit_outer(&outer, &inners);
        CHECK_CODE(eddy_job_result(&outer, EDDY_FOREVER), 0);
        CHECK_CODE(inner.said, EDDY_EDEADLOCK);
        CHECK_CODE(eddy_job_result(&inner.job, EDDY_FOREVER), 0);
        CHECK(inner.result == 9 && executor->blocked == 0);
        CHECK_CODE(close_pool(THREADS), 0);
    }

    CASE("as long as another thread is free, a job may wait for its own pool") {
        struct inner inner = {.n = 3}, *inners = &inner;
        struct eddy_job outer;
        open_pool(THREADS, 2);
        for (int i = 0; i < 50; i++) {
            submit_outer(&outer, &inners);
            CHECK_CODE(eddy_job_result(&outer, EDDY_FOREVER), 0);
            CHECK_CODE(inner.said, 0);
        }
        CHECK_INT(executor->blocked, 0);
        CHECK_CODE(close_pool(THREADS), 0);
    }

    CASE("threads that the system does not give are none that could run what a job waits for") {
        struct inner inner = {.n = 3}, *inners = &inner;
        struct eddy_job outer;
        open_pool(THREADS, 3);
        faults_plan("pthread_create@2+=EAGAIN");
        submit_outer(&outer, &inners);
        CHECK_CODE(eddy_job_result(&outer, EDDY_FOREVER), 0);
        CHECK_CODE(inner.said, EDDY_EDEADLOCK);
        CHECK_CODE(eddy_job_result(&inner.job, EDDY_FOREVER), 0);
        faults_plan("");
        submit_outer(&outer, &inners);
        CHECK_CODE(eddy_job_result(&outer, EDDY_FOREVER), 0);
        CHECK_CODE(inner.said, 0);
        CHECK_CODE(close_pool(THREADS), 0);
    }

    CASE("three threads of three wait for jobs of their own: the last is told, and all end") {
        struct inner inner[3], *inners[3];
        struct eddy_job outer[3];
        int told = 0;
        gate_open(&gate);
        open_pool(THREADS, 3);
        for (int i = 0; i < 3; i++) {
            inner[i] = (struct inner){.n = i, .gate = &gate};
            inners[i] = &inner[i];
            submit_outer(&outer[i], &inners[i]);
            await_begun(&gate);
        }
        let_go(&gate, 3);
        for (int i = 0; i < 3; i++) {
            CHECK_CODE(eddy_job_result(&outer[i], EDDY_FOREVER), 0);
            CHECK(inner[i].said == 0 || inner[i].said == EDDY_EDEADLOCK);
            told += inner[i].said == EDDY_EDEADLOCK;
            CHECK_CODE(eddy_job_result(&inner[i].job, EDDY_FOREVER), 0);
        }
        CHECK(told == 1 && executor->blocked == 0);
        CHECK_CODE(close_pool(THREADS), 0);
        gate_close(&gate);
    }

    CASE("a job that waits for itself is told EDEADLOCK") {
        struct eddy_job job;
        struct watcher watcher = {.job = &job, .seconds = EDDY_FOREVER}, *watchers = &watcher;
        open_pool(THREADS, 1);
        eddy_job_init(&job, wait_for_given, &watchers, sizeof watchers, NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
        CHECK_CODE(watcher.err, EDDY_EDEADLOCK);
        CHECK_CODE(close_pool(THREADS), 0);
    }

    CASE("with a limit a job of a full pool waits, and is told ETIMEDOUT") {
        struct eddy_job job;
        struct watcher watcher = {.job = &job, .seconds = 0.01}, *watchers = &watcher;
        open_pool(THREADS, 1);
        eddy_job_init(&job, wait_for_given, &watchers, sizeof watchers, NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
        CHECK_CODE(watcher.err, -ETIMEDOUT);
        CHECK_CODE(close_pool(THREADS), 0);
    }

    CASE("a job of a full pool may wait for another executor's job, though that is full, too") {
        struct eddy_thread_pool other = {.name = NULL};
        struct eddy_job job, elsewhere;
        struct watcher watcher = {.job = &elsewhere, .seconds = EDDY_FOREVER};
        struct watcher *watchers = &watcher;
        gate_open(&gate);
        CHECK_OK(eddy_thread_pool_open(&other, 1));
        executor = &other.executor;
        begin_hold(&elsewhere, &gate);
        open_pool(THREADS, 1);
        eddy_job_init(&job, wait_for_given, &watchers, sizeof watchers, NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        await_waiter(&other.executor, &elsewhere, &job);
        let_go(&gate, 1);
        CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
        CHECK_CODE(watcher.err, 0);
        CHECK_CODE(close_pool(THREADS), 0);
        CHECK_CODE(eddy_thread_pool_close(&other), 0);
        gate_close(&gate);
    }

    CASE("a callback that waits for a job of the full pool whose thread calls it: EDEADLOCK") {
        struct eddy_job_callback callback = {.fn = wait_in_callback};
        struct eddy_job job;
        int n = 3, result = 0;
        BOTH(kind)
        {
            called = (struct inner){.n = 5};
            open_pool(kind, 1);
            init_square(&job, &n, &result);
            CHECK_CODE(eddy_job_add_done_callback(&job, &callback), 0);
            CHECK_CODE(eddy_executor_submit(executor, &job), 0);
            CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
            CHECK_CODE(called.said, EDDY_EDEADLOCK);
            CHECK_CODE(eddy_job_result(&called.job, EDDY_FOREVER), 0);
            CHECK_INT(called.result, 25);
            CHECK_CODE(close_pool(kind), 0);
        }
    }
}

/* ---- In a child process ------------------------------------------------------------------------------- */

static bool child_is_told(struct eddy_job *running, struct eddy_job *in_line, struct eddy_job *done)
{
    struct named a = named('a'), b = named('b');

    return eddy_job_result(running, EDDY_FOREVER) == EDDY_EFORK &&
           eddy_job_result(in_line, 0) == EDDY_EFORK && eddy_job_result(done, 0) == 0 &&
           !eddy_job_cancel(in_line) && !eddy_job_cancel(running) &&
           eddy_job_add_done_callback(in_line, &a.callback) == EDDY_EFORK &&
           eddy_job_add_done_callback(done, &b.callback) == 0 && strcmp(calls, "b") == 0;
}

static void forks(void)
{
    CASE("in a child process a job of the parent's is never done there: EFORK, and no callback") {
        struct eddy_job running, in_line, done;
        int n = 3, result = 0, status;
        pid_t pid;
        BOTH(kind)
        {
            memset(calls, 0, sizeof calls);
            gate_open(&gate);
            open_pool(kind, 1);
            submit_square(&done, &n, &result);
            CHECK_CODE(eddy_job_result(&done, EDDY_FOREVER), 0);
            begin_hold(&running, &gate);
            submit_square(&in_line, &n, &result);
            pid = fork();
            if (pid == 0)
                _exit(child_is_told(&running, &in_line, &done) &&
                              (!child_is_whole() || close_pool(kind) == 0)
                          ? 0
                          : 1);
            CHECK(waitpid(pid, &status, 0) == pid && status == 0);
            let_go(&gate, 1);
            CHECK_CODE(eddy_job_result(&in_line, EDDY_FOREVER), 0);
            CHECK_CODE(close_pool(kind), 0);
            gate_close(&gate);
        }
    }
}

TESTS
{
    results();
    cancels();
    waits();
    callbacks();
    memory();
    deadlocks();
    forks();
}
