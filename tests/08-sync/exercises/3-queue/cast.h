/*
 * cast - what the test of exercise 08.3 needs beside tasks.h: a queue, puts and gets that are started
 * without a task, and tasks that put and get.
 */
#ifndef CAST_H
#define CAST_H

#include "../../../06-tasks/tasks.h"

#include "faults.h"
#include "queue.h"
#include "wait_for.h"

#include <pthread.h>

enum { MANY = 4 };

static struct eddy_queue queue;
static struct eddy_queue_put put_at[MANY];
static struct eddy_queue_get get_at[MANY];
static struct eddy_queue_join join_at[MANY];
static char a[] = "a", b[] = "b", c[] = "c", d[] = "d";

static inline void set_up_queue(int kind, long maxsize)
{
    set_up();
    CHECK_CODE(eddy_queue_open(&queue, &loop, kind, maxsize), 0);
}

/* Whatever has still to happen in some turn has happened. */
static inline void settle(void)
{
    turns(4);
}

static inline void tear_down_queue(void)
{
    settle();
    eddy_queue_close(&queue);
    settle();
    tear_down();
}

static inline struct eddy_future *put(int i, void *item)
{
    return eddy_queue_put(&put_at[i], &queue, item);
}

static inline struct eddy_future *get(int i)
{
    return eddy_queue_get(&get_at[i], &queue);
}

static inline struct eddy_future *join(int i)
{
    return eddy_queue_join(&join_at[i], &queue);
}

static inline int put_now(void *item)
{
    return eddy_queue_put_nowait(&queue, item, 0);
}

/* What is taken now, or the name of the error. */
static inline const char *taken(void)
{
    void *item = NULL;
    int err = eddy_queue_get_nowait(&queue, &item);

    return err < 0 ? eddy_errname(err) : item ? item : "nothing";
}

static inline int outcome_of(const struct eddy_future *future)
{
    return eddy_future_error(future);
}

static inline const char *item_of(int i)
{
    return get_at[i].item ? get_at[i].item : "nothing";
}

static inline int length_of(const struct eddy_list *line)
{
    int n = 0;

    for (const struct eddy_list *link = line->next; link != line; link = link->next)
        n++;
    return n;
}

/* ---- Tasks -------------------------------------------------------------------------------------- */

/* Gets one item, and says so; then it rests. A request lands at the rest. */
struct user {
    struct eddy_co co;
    const char *name;
    struct eddy_queue_get get;
    struct eddy_sleep rest;
};

static inline struct eddy_step user(struct eddy_co *co)
{
    struct user *self = CO_FRAME(co, user);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_queue_get(&self->get, &queue));
    note("%s=%s", self->name, self->get.item ? (char *)self->get.item : "nothing");
    CO_AWAIT(co, eddy_sleep(&self->rest, eddy_co_loop(co), 0));
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Puts one item, and rests. */
struct maker {
    struct eddy_co co;
    const char *name;
    char *item;
    struct eddy_queue_put put;
};

static inline struct eddy_step maker(struct eddy_co *co)
{
    struct maker *self = CO_FRAME(co, maker);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_queue_put(&self->put, &queue, self->item));
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Puts the same item several times. */
struct shover {
    struct eddy_co co;
    int left;
    char *item;
    struct eddy_queue_put put;
};

static inline struct eddy_step shover(struct eddy_co *co)
{
    struct shover *self = CO_FRAME(co, shover);

    CO_BEGIN(co);
    for (; self->left > 0; self->left--)
        CO_AWAIT(co, eddy_queue_put(&self->put, &queue, self->item));
    CO_END(co);
}

/* Calls everything from another thread. */
struct stranger {
    struct eddy_co co;
    char *item;
    int put_err, get_err, done_err, join_err;
};

static inline void *call_there(void *frame)
{
    struct stranger *self = frame;
    void *item;

    self->put_err = put_now(self->item);
    self->get_err = eddy_queue_get_nowait(&queue, &item);
    self->done_err = eddy_queue_task_done(&queue);
    self->join_err = outcome_of(join(0));
    eddy_queue_shutdown(&queue);
    eddy_queue_shutdown_now(&queue, NULL);
    return NULL;
}

static inline struct eddy_step stranger(struct eddy_co *co)
{
    struct stranger *self = CO_FRAME(co, stranger);
    pthread_t thread;

    CO_BEGIN(co);
    CHECK(pthread_create(&thread, NULL, call_there, self) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CO_END(co);
}

/* The two of asyncio issue 343. The maker puts 0 to 5, and sleeps for as many seconds after each. */
struct slower {
    struct eddy_co co;
    char items[6][2];
    int i;
    struct eddy_queue_put put;
    struct eddy_sleep sleep;
};

static inline struct eddy_step slower(struct eddy_co *co)
{
    struct slower *self = CO_FRAME(co, slower);

    CO_BEGIN(co);
    for (self->i = 0; self->i < 6; self->i++) {
        self->items[self->i][0] = (char)('0' + self->i);
        CO_AWAIT(co, eddy_queue_put(&self->put, &queue, self->items[self->i]));
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->i));
    }
    CO_END(co);
}

/* Gets them, and waits no longer than 3 seconds for each. */
struct impatient {
    struct eddy_co co;
    int late;
    struct eddy_queue_get get;
    struct eddy_wait_for limit;
};

static inline struct eddy_step impatient(struct eddy_co *co)
{
    struct impatient *self = CO_FRAME(co, impatient);
    struct eddy_loop *on = eddy_co_loop(co);

    CO_BEGIN(co);
    while (self->late < 4) {
        CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, on, eddy_queue_get(&self->get, &queue), 3.0));
        if (eddy_co_error(co) == 0)
            note("%s", self->get.item ? (char *)self->get.item : "nothing");
        self->late += eddy_co_error(co) < 0;
    }
    CO_END(co);
}

#endif
