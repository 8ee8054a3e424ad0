/*
 * Exercise 09.7, find the bug: a bakery. The baker is a thread, and the customers are tasks of the loop.
 * Each argument is a customer, how many loaves it wants, and what else happens to it:
 *
 *     make check-09.7      builds it, lets customers come, and says what goes wrong
 *     EDDY_DEBUG=1 build/learn/exercises/09.7/7-loop ann=2 bob=1,h
 *
 *     2        wants two loaves
 *     s        the second loaf is slow: ten turns go by while it is in the oven
 *     p        the shop is on the phone, and the loop does nothing else, until they are baked
 *     h        is called home when the first loaf is in the oven; the oven is opened ten turns later
 *     w        is called home while it waits for its turn
 *     q        has a quick baker, who is done before the order is out
 *
 * The oven and the quick baker are there for what the arguments say; there is no bug in them.
 *
 * With ann=1,p all goes well. With ann=1 mostly nobody is served; and in debug mode, in which the loop looks
 * which thread is calling, never.
 */
#include "delay.h"
#include "errors.h"
#include "offload.h"
#include "run.h"
#include "thread_pool.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS_MOST = 8, TURNS = 10 };

/* ---- The oven ---------------------------------------------------------------------------------- */

struct gate {
    bool shut, reached;
};

/* What the baker does for one customer. An event opens the gates, so no job ends before its await has
 * begun. */
struct place {
    struct gate gates[2]; /* before the first loaf, and before each other one */
    bool ended;
};

static struct oven {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct place places[CUSTOMERS_MOST];
    int loaves;
} oven = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void set(bool *what, bool value)
{
    pthread_mutex_lock(&oven.lock);
    *what = value;
    pthread_cond_broadcast(&oven.changed);
    pthread_mutex_unlock(&oven.lock);
}

static bool is(const bool *what)
{
    bool value;

    pthread_mutex_lock(&oven.lock);
    value = *what;
    pthread_mutex_unlock(&oven.lock);
    return value;
}

static void wait_until(const bool *what, bool value)
{
    pthread_mutex_lock(&oven.lock);
    while (*what != value)
        pthread_cond_wait(&oven.changed, &oven.lock);
    pthread_mutex_unlock(&oven.lock);
}

static void bake_loaf(struct place *place, int i)
{
    struct gate *gate = &place->gates[i > 0];

    set(&gate->reached, true);
    wait_until(&gate->shut, false);
    pthread_mutex_lock(&oven.lock);
    oven.loaves++;
    pthread_mutex_unlock(&oven.lock);
}

static void open_gates(struct place *place)
{
    set(&place->gates[0].shut, false);
    set(&place->gates[1].shut, false);
}

/* ---- The quick baker --------------------------------------------------------------------------- */

/* An executor that does a job while it is submitted. (Its lock is held.) */
static int do_it_now(struct eddy_executor *executor, struct eddy_job *job)
{
    int err;

    eddy_job_begin(job);
    pthread_mutex_unlock(&executor->lock);
    err = eddy_work_run(&job->work, job->fn);
    pthread_mutex_lock(&executor->lock);
    eddy_job_finish(job, err);
    return 0;
}

static const struct eddy_executor_ops quick_ops = {.name = "quick baker", .enqueue = do_it_now};

/* ---- The baker, and what the shop hears of it --------------------------------------------------- */

struct customer {
    struct eddy_co co;
    const char *name;
    struct eddy_executor *baker;
    struct eddy_loop *loop;
    struct place *place;
    int wanted;
    atomic_int baked; /* the baker counts */
    int seen;         /* the shop counts */
    struct eddy_offload baking;
    struct eddy_handle news;
};

/* In the loop: there is a loaf, or there are some. */
static void on_news(struct eddy_handle *handle)
{
    struct customer *customer = container_of(handle, struct customer, news);

    while (customer->seen < atomic_load(&customer->baked)) {
        customer->seen++;
        printf("%s: loaf %d of %d\n", customer->name, customer->seen, customer->wanted);
    }
}

/* The baker's job. */
static int bake(struct eddy_work *work)
{
    struct customer *customer = container_of(work, struct customer, baking.job.work);

    for (int i = 0; i < customer->wanted; i++) {
        bake_loaf(customer->place, i);
        atomic_fetch_add(&customer->baked, 1);
        (void)eddy_loop_call_soon_threadsafe(customer->loop, &customer->news);
    }
    set(&customer->place->ended, true);
    return 0;
}

/* ---- A customer -------------------------------------------------------------------------------- */

static struct eddy_step customer(struct eddy_co *co)
{
    struct customer *self = CO_FRAME(co, customer);

    CO_BEGIN(co);
    self->loop = eddy_co_loop(co);
    eddy_handle_init(&self->news, on_news);
    CO_AWAIT(co,
             eddy_run_in_executor(&self->baking, self->loop, self->baker, bake, NULL, 0, NULL, 0));
    CO_FINALLY(co);
    eddy_loop_cancel_threadsafe(self->loop, &self->news); /* the frame goes: no call any more, */
    on_news(&self->news);                                 /* and what has come is looked at now */
    if (is(&self->place->gates[0].reached) && !is(&self->place->ended))
        printf("%s: goes home, and the baker bakes on in this frame\n", self->name);
    else
        printf("%s: goes home with %d\n", self->name, self->seen);
    if (eddy_co_outcome(co) == -ECANCELED)
        eddy_co_handled(co);
    CO_END(co);
}

/* ---- What else happens -------------------------------------------------------------------------- */

struct event {
    struct eddy_co co;
    char what;
    const char *name;
    struct eddy_task *customer;
    struct place *place;
    int turn;
};

static bool waits_for(struct event *self, char what, int loaf)
{
    return self->what == what && !is(&self->place->gates[loaf].reached);
}

static struct eddy_step event(struct eddy_co *co)
{
    struct event *self = CO_FRAME(co, event);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn());
    if (self->what == 'p') {
        open_gates(self->place);
        wait_until(&self->place->ended, true); /* and the loop stands still */
    }
    if (self->what == 's')
        set(&self->place->gates[0].shut, false);
    while (waits_for(self, 'h', 0) || waits_for(self, 's', 1))
        CO_AWAIT(co, eddy_next_turn());
    if (self->what == 'h' || self->what == 'w')
        eddy_task_cancel(self->customer);
    for (; strchr("hs", self->what) && self->turn < TURNS; self->turn++)
        CO_AWAIT(co, eddy_next_turn());
    if (self->what == 's')
        printf("%s: the second is in the oven\n", self->name);
    CO_FINALLY(co);
    open_gates(self->place);
    CO_END(co);
}

/* ---- The shop ---------------------------------------------------------------------------------- */

struct shop {
    struct eddy_co co;
    char **arguments;
    struct eddy_thread_pool baker;
    struct eddy_executor quick;
    struct eddy_task tasks[CUSTOMERS_MOST], happening[CUSTOMERS_MOST];
    struct customer customers[CUSTOMERS_MOST];
    struct event events[CUSTOMERS_MOST];
    int count, i;
};

/* "ann=2,h" */
static int let_in(struct shop *self, struct eddy_loop *loop, char *argument)
{
    int i = self->count;
    const char *name = strtok(argument, "="), *loaves = strtok(NULL, ","),
               *what = strtok(NULL, ",");

    if (i == CUSTOMERS_MOST || !name || !loaves || (what && !strchr("sphwq", *what)))
        return -EINVAL;
    oven.places[i].gates[0].shut = !what || *what != 'q';
    oven.places[i].gates[1].shut = what && *what == 's';
    eddy_task_start(&self->tasks[i], loop, customer, &self->customers[i], .name = name,
                    .baker = what && *what == 'q' ? &self->quick : &self->baker.executor,
                    .place = &oven.places[i], .wanted = atoi(loaves));
    eddy_task_start(&self->happening[i], loop, event, &self->events[i], .what = what ? *what : 'o',
                    .name = name, .customer = &self->tasks[i], .place = &oven.places[i]);
    self->count++;
    return 0;
}

static struct eddy_step shop(struct eddy_co *co)
{
    struct shop *self = CO_FRAME(co, shop);
    int err;

    CO_BEGIN(co);
    err = eddy_thread_pool_open(&self->baker, 1);
    if (err == 0)
        err = eddy_executor_open(&self->quick, &quick_ops, 1);
    for (; err == 0 && *self->arguments; self->arguments++)
        err = let_in(self, eddy_co_loop(co), *self->arguments);
    if (err < 0)
        CO_FAIL(co, err);
    for (self->i = 0; self->i < self->count; self->i++)
        CO_AWAIT(co, &self->tasks[self->i].future);
    for (self->i = 0; self->i < self->count; self->i++)
        CO_AWAIT(co, &self->happening[self->i].future);
    CO_FINALLY(co);
    for (self->i = 0; self->i < self->count; self->i++)
        open_gates(&oven.places[self->i]);
    eddy_thread_pool_close(&self->baker);
    for (self->i = 0; self->i < self->count; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_TRY_AWAIT(co, &self->tasks[self->i].future);
        eddy_task_cancel(&self->happening[self->i]);
        CO_TRY_AWAIT(co, &self->happening[self->i].future);
    }
    CO_END(co);
}

int main(int argc, char *argv[])
{
    int err;

    setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen, even before a crash */
    err = eddy_run(shop, .arguments = argv + (argc > 0));
    printf("the end: %d loaves\n", oven.loaves);
    return err < 0;
}
