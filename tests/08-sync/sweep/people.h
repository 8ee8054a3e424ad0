/*
 * people - the tasks of the random schedules (schedules.c). Each does a few acts, one after the other: it
 * takes a lock, waits for a condition, puts, gets, and so on, mostly within a limit; it looks at what
 * has come of it, and its cleanup section gives back what it has.
 */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "items.h"

#include "gather.h"
#include "sockio.h"

#include <sys/socket.h>
#include <unistd.h>

enum act {
    LOCK,
    UNLOCK,
    WAIT,
    UNTIL,
    NOTIFY,
    PERMIT,
    GIVE,
    PUT,
    GET,
    BOTH,
    JOIN,
    BARRIER,
    FLAG,
    SET,
    SLEEP,
    TURN,
    SOCKET,
    ACTS
};

struct person {
    struct eddy_task task;
    struct eddy_handle ended;
    struct eddy_co co;
    int id, left, which;
    enum act act;
    bool started; /* not so, if a cancel has landed before */
    bool limited, notified, cancelled;
    struct eddy_future *direct; /* that is waited for, without the limit */
    bool has[LOCKS];
    int debts[QUEUES]; /* items that it has taken, and not said task_done of */
    struct item *item; /* that it wants to put */
    struct eddy_locking locking;
    struct eddy_condition_wait wait;
    struct eddy_permit permit;
    int permit_of;
    struct eddy_queue_put put;
    struct eddy_queue_get get;
    struct eddy_queue_join join;
    struct eddy_barrier_wait barrier;
    struct eddy_flag_wait flag;
    struct eddy_gather gather;
    struct eddy_awaited each[2];
    struct eddy_wait_for wait_for;
    struct eddy_sleep sleep;
    struct eddy_handle poke;
    struct eddy_io io;
    char byte;
};

static struct person *people[PEOPLE]; /* NULL: that one has ended */
static int pairs[PEOPLE][2];

/* ---- Cancelling each other ---------------------------------------------------------------------- */

static bool has_permit(const struct person *self)
{
    return self->permit.semaphore && self->permit.waiter.future.err == 0;
}

/* None is lost, and none comes from nowhere: also while some were handed over, and have not run. */
static void check_permits(void)
{
    for (int i = 0; i < SEMAPHORES; i++) {
        long had = 0;
        for (int k = 0; k < PEOPLE; k++)
            had += people[k] && has_permit(people[k]) &&
                   people[k]->permit.semaphore == &world.semaphores[i];
        CHECK_INT(world.semaphores[i].value + had, world.permits[i]);
    }
}

static void check_world(void)
{
    check_nobody_is_stranded();
    check_permits();
}

static void cancel_somebody(void)
{
    struct person *struck = people[draw(PEOPLE)];

    if (struck && !eddy_task_done(&struck->task)) {
        struck->cancelled = true;
        eddy_task_cancel(&struck->task);
    }
    check_world();
}

/* ---- Beginning an act --------------------------------------------------------------------------- */

static bool is_possible(const struct person *self)
{
    switch (self->act) {
    case LOCK:
        return !self->has[self->which % LOCKS];
    case UNLOCK:
    case WAIT:
    case UNTIL:
    case NOTIFY:
        return self->has[self->which % LOCKS];
    case PERMIT:
    case BOTH:
        return !self->permit.semaphore;
    case GIVE:
        return self->permit.semaphore;
    default:
        return true;
    }
}

static void choose(struct person *self)
{
    do {
        self->act = (enum act)draw(ACTS);
        self->which = (int)draw(6);
    } while (!is_possible(self));
    self->started = self->notified = false;
    self->direct = NULL;
}

static void on_poke(struct eddy_handle *handle)
{
    const struct person *self = container_of(handle, struct person, poke);

    CHECK(write(pairs[self->id][1], "x", 1) == 1);
}

/* The byte comes while it waits: so its event is one among those of others. */
static struct eddy_future *wait_for_a_byte(struct person *self)
{
    eddy_handle_cancel(&self->poke);
    CHECK_OK(eddy_loop_call_soon(&loop, &self->poke));
    return eddy_recv(&self->io, &loop, pairs[self->id][0], &self->byte, 1);
}

static struct eddy_future *want_permit(struct person *self)
{
    self->permit_of = self->which % SEMAPHORES;
    return ask_permit(&self->permit, self->permit_of);
}

static struct eddy_future *want_both(struct person *self)
{
    memset(self->each, 0, sizeof self->each);
    self->each[0].future = get_item(&self->get, self->which % QUEUES);
    self->each[1].future = want_permit(self);
    return eddy_gather(&self->gather, &loop, self->each, 2);
}

static void on_notified(struct eddy_condition_wait *wait)
{
    container_of(wait, struct person, wait)->notified = true;
}

static struct eddy_future *do_at_once(struct person *self)
{
    if (self->act == UNLOCK) {
        self->has[self->which % LOCKS] = false;
        give_lock(self->which % LOCKS, self);
    } else if (self->act == NOTIFY) {
        notify(self->which % LOCKS, (int)draw(4), on_notified);
    } else if (self->act == GIVE) {
        give_permit(&self->permit);
    } else if (self->act == SET) {
        set_flag();
    }
    return eddy_next_turn();
}

static struct eddy_future *begin(struct person *self)
{
    int lock = self->which % LOCKS, queue = self->which % QUEUES;

    switch (self->act) {
    case LOCK:
        return check_waits(&self->locking.waiter,
                           eddy_lock_acquire(&self->locking, &world.locks[lock]),
                           &world.locks[lock].line);
    case WAIT:
    case UNTIL:
        self->has[lock] = false;
        return wait_for_bread(&self->wait, lock, self->act == UNTIL, self);
    case PERMIT:
        return want_permit(self);
    case PUT:
        self->item = new_item(queue);
        return put_item(&self->put, self->item);
    case GET:
        return get_item(&self->get, queue);
    case BOTH:
        return want_both(self);
    case JOIN:
        return eddy_queue_join(&self->join, &world.queues[queue]);
    case BARRIER:
        return come_to_barrier(&self->barrier);
    case FLAG:
        return eddy_flag_wait(&self->flag, &world.flag);
    case SLEEP:
        return eddy_sleep(&self->sleep, &loop, some_seconds());
    case SOCKET:
        return wait_for_a_byte(self);
    default:
        return do_at_once(self);
    }
}

static struct eddy_future *start(struct person *self)
{
    self->started = true;
    self->direct = begin(self);
    check_world();
    if (draw(10) == 0)
        cancel_somebody();
    self->limited = draw(3) > 0;
    return self->limited ? eddy_wait_for(&self->wait_for, &loop, self->direct, some_seconds())
                         : self->direct;
}

/* ---- What has come of it ------------------------------------------------------------------------ */

static void have_item(struct person *self)
{
    struct item *item = self->get.item;

    take_item(item);
    self->debts[item->queue]++;
    if (draw(2)) {
        self->debts[item->queue]--;
        say_task_done(item->queue);
    }
}

/* What was delivered is the outcome of the await, whatever limit or cancel came meanwhile. */
static void check_outcome(const struct person *self, int err)
{
    int direct = self->direct->err;

    CHECK(eddy_future_done(self->direct));
    if (!self->limited || direct != -ECANCELED)
        CHECK_CODE(err, direct);
    else
        CHECK(err == -ETIMEDOUT || err == -ECANCELED);
    CHECK(err != -ECANCELED || self->cancelled);
    world.expirations += err == -ETIMEDOUT;
    world.cuts += err == -ECANCELED;
}

static void finish_wait(struct person *self, int err)
{
    int lock = self->which % LOCKS;

    take_lock(lock, self);
    self->has[lock] = true;
    if (self->act == UNTIL && err == 0)
        CHECK(world.bread[lock]-- > 0);
    if (self->act == WAIT)
        CHECK_INT(self->notified, err == 0); /* a notification is a result */
}

static void finish_both(struct person *self)
{
    if (self->get.waiter.future.err == 0)
        have_item(self);
    else
        CHECK(self->get.item == NULL);
    CHECK_INT(has_permit(self), self->permit.waiter.future.err == 0);
}

static void finish(struct person *self, int err)
{
    check_outcome(self, err);
    if (self->act == LOCK && err == 0) {
        take_lock(self->which % LOCKS, self);
        self->has[self->which % LOCKS] = true;
    }
    if (self->act == LOCK)
        CHECK_INT(eddy_lock_mine(&world.locks[self->which % LOCKS]), err == 0);
    if (self->act == WAIT || self->act == UNTIL)
        finish_wait(self, err);
    if (self->act == PERMIT)
        CHECK_INT(has_permit(self), err == 0);
    if (self->act == PUT)
        CHECK_INT(self->item->entered, err == 0);
    if (self->act == GET && err == 0)
        have_item(self);
    else if (self->act == GET)
        CHECK(self->get.item == NULL);
    if (self->act == BOTH)
        finish_both(self);
    check_world();
}

/* ---- A person ----------------------------------------------------------------------------------- */

static void give_all_back(struct person *self)
{
    eddy_handle_cancel(&self->poke);
    for (int i = 0; i < LOCKS; i++)
        if (self->has[i])
            give_lock(i, self);
    if (self->permit.semaphore)
        give_permit(&self->permit);
    for (int i = 0; i < QUEUES; i++)
        for (; self->debts[i] > 0; self->debts[i]--)
            say_task_done(i);
    CHECK_CODE(eddy_permit_release(&self->permit), -EPERM);
    check_world();
}

static struct eddy_step person(struct eddy_co *co)
{
    struct person *self = CO_FRAME(co, person);

    CO_BEGIN(co);
    for (; self->left > 0; self->left--) {
        choose(self);
        CO_TRY_AWAIT(co, start(self));
        if (self->started)
            finish(self, eddy_co_error(co));
        else
            world.landed_late++;
        if (eddy_co_error(co) == -ECANCELED && (world.ending || draw(3)))
            CO_FAIL(co, -ECANCELED);
        if (draw(12) == 0)
            cancel_somebody();
    }
    CO_FINALLY(co);
    give_all_back(self);
    CO_END(co);
}

static void free_person(struct person *self)
{
    people[self->id] = NULL;
    memset(self, 0x5A, sizeof *self);
    free(self);
}

static void on_ended(struct eddy_handle *handle)
{
    free_person(container_of(handle, struct person, ended));
}

static void make_person(int id)
{
    struct person *self = malloc(sizeof *self);

    CHECK(self != NULL);
    people[id] = self;
    eddy_task_start(&self->task, &loop, person, self, .id = id, .left = 2 + (int)draw(10));
    eddy_handle_init(&self->poke, on_poke);
    eddy_handle_init(&self->ended, on_ended);
    CHECK_OK(eddy_future_add_done_callback(&self->task.future, &self->ended));
}

#endif
