/*
 * What exercise 09.1 asks, asked of real jobs. Each line it prints is a line of the exercise's file, with the
 * answer.
 */
#include "errors.h"
#include "job_map.h"
#include "thread_pool.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { JOBS = 4 };

static struct eddy_thread_pool pool;
static struct eddy_job jobs[JOBS];
static struct eddy_job_callback callbacks[2 * JOBS];
static const int numbers[2 * JOBS] = {0, 1, 2, 3, 4, 5, 6, 7};
static int line;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool reached, open;
    long said; /* as digits, in their order */
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};

static void say(int number)
{
    pthread_mutex_lock(&gate.lock);
    gate.said = 10 * gate.said + number;
    pthread_mutex_unlock(&gate.lock);
}

/* ---- Jobs ------------------------------------------------------------------------------------------ */

static int say_own(struct eddy_work *work)
{
    say(*(const int *)work->in);
    return 0;
}

/* The one that keeps the thread. */
static int stand_in_gate(struct eddy_work *work)
{
    (void)work;
    pthread_mutex_lock(&gate.lock);
    gate.reached = true;
    pthread_cond_broadcast(&gate.moved);
    while (!gate.open)
        pthread_cond_wait(&gate.moved, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    return 0;
}

static void submit(int number, int (*fn)(struct eddy_work *work))
{
    eddy_job_init(&jobs[number], fn, &numbers[number], sizeof numbers[number], NULL, 0);
    (void)eddy_executor_submit(&pool.executor, &jobs[number]);
}

static int submit_2_and_say(struct eddy_work *work)
{
    submit(2, say_own);
    return say_own(work);
}

static int wait_for_2_and_say(struct eddy_work *work)
{
    submit(2, say_own);
    if (eddy_job_result(&jobs[2], EDDY_FOREVER) == EDDY_EDEADLOCK) {
        say(8);
        return 0;
    }
    return say_own(work);
}

static int fail_if_2(struct eddy_work *work)
{
    return *(const int *)work->in == 2 ? -EDOM : 0;
}

static void say_for_callback(struct eddy_job_callback *callback, struct eddy_job *job)
{
    (void)job;
    say((int)(callback - callbacks));
}

static void add_callback(int number, int says)
{
    callbacks[says] = (struct eddy_job_callback){.fn = say_for_callback};
    eddy_job_add_done_callback(&jobs[number], &callbacks[says]);
}

/* ---- A line ---------------------------------------------------------------------------------------- */

static void begin(int threads)
{
    gate.reached = gate.open = false;
    gate.said = 0;
    for (int i = 0; i < JOBS; i++)
        jobs[i] =
            (struct eddy_job){.fn = NULL}; /* one that is not submitted is waited for by nobody */
    pool = (struct eddy_thread_pool){.name = "order"};
    if (eddy_thread_pool_open(&pool, threads) < 0)
        perror("1-order");
}

/* The pool's one thread is kept from here on. */
static void close_gate(void)
{
    begin(1);
    submit(0, stand_in_gate);
    pthread_mutex_lock(&gate.lock);
    while (!gate.reached)
        pthread_cond_wait(&gate.moved, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static void open_gate(void)
{
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.moved);
    pthread_mutex_unlock(&gate.lock);
}

/* A job may submit another one, which a pool that is being closed would refuse. */
static void wait_for_jobs(void)
{
    for (int i = 1; i < JOBS; i++)
        eddy_job_result(&jobs[i], EDDY_FOREVER);
    for (int i = 1; i < JOBS; i++)
        eddy_job_result(&jobs[i], EDDY_FOREVER);
}

static void tell(const char *text)
{
    eddy_thread_pool_close(&pool);
    printf("%c. %-66s: %ld\n", 'a' + line, text, gate.said);
    line++;
}

/* ---- Page 1 ---------------------------------------------------------------------------------------- */

static void ask_jobs(void)
{
    close_gate();
    for (int i = 1; i <= 3; i++)
        submit(i, say_own);
    eddy_job_cancel(&jobs[2]);
    open_gate();
    tell("1, 2 and 3 are submitted, and 2 is cancelled");

    close_gate();
    submit(1, say_own);
    submit(2, say_own);
    add_callback(2, 5);
    eddy_job_cancel(&jobs[2]);
    say(7);
    open_gate();
    tell("1 and 2, with callback 5. 2 is cancelled. main says 7");

    close_gate();
    submit(1, say_own);
    add_callback(1, 4);
    add_callback(1, 6);
    open_gate();
    eddy_job_result(&jobs[1], EDDY_FOREVER);
    say(7);
    tell("1, with callbacks 4 and 6. main waits for it, and says 7");

    close_gate();
    submit(1, say_own);
    open_gate();
    eddy_job_result(&jobs[1], EDDY_FOREVER);
    add_callback(1, 4);
    say(7);
    tell("1. main waits for it, adds callback 4, and says 7");
}

static void ask_ends(void)
{
    close_gate();
    submit(1, say_own);
    add_callback(1, 4);
    submit(2, say_own);
    eddy_executor_shutdown(&pool.executor, EDDY_SHUT_CANCEL);
    say(7);
    open_gate();
    tell("1, with callback 4, and 2. A shutdown that cancels. main says 7");

    close_gate();
    submit(1, say_own);
    eddy_executor_shutdown(&pool.executor, 0);
    eddy_job_init(&jobs[2], say_own, &numbers[2], sizeof numbers[2], NULL, 0);
    add_callback(2, 5);
    (void)eddy_executor_submit(&pool.executor, &jobs[2]);
    say(7);
    open_gate();
    tell("1. Shutdown without wait. 2, with callback 5. main says 7");
}

static void ask_map(void)
{
    struct eddy_job_arrays arrays = {&numbers[1], sizeof numbers[1], NULL, 0};
    struct eddy_job_map map = {.next = 0};
    int err;

    begin(1);
    eddy_job_map_open(&map, &pool.executor, fail_if_2, &jobs[1], 3, &arrays, EDDY_FOREVER);
    while ((err = eddy_job_map_next(&map)) != -ENOENT)
        say(err < 0 ? 8 : (int)map.next);
    eddy_job_map_close(&map);
    tell("A map over 1, 2 and 3, and 2 fails. main says what it is told");
}

/* ---- Page 2 ---------------------------------------------------------------------------------------- */

static void ask_pools(void)
{
    close_gate();
    submit(1, submit_2_and_say);
    submit(3, say_own);
    open_gate();
    wait_for_jobs();
    tell("1 and 3. The function of 1 submits 2, and then says 1");

    begin(1);
    submit(1, wait_for_2_and_say);
    wait_for_jobs();
    tell("1. Its function submits 2, waits for it, and says 1, or 8");

    begin(2);
    submit(1, wait_for_2_and_say);
    wait_for_jobs();
    tell("... but the pool has two threads");
}

int main(void)
{
    alarm(10); /* a library that is being changed may hang */
    ask_jobs();
    ask_ends();
    ask_map();
    ask_pools();
    return line != 10;
}
