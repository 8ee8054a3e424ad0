/*
 * acts - the ways in which a task of the random schedules (schedules.c) waits for several children, and
 * what must be true after each of its awaits.
 */
#ifndef ACTS_H
#define ACTS_H

#include "children.h"

#include "completed.h"
#include "group.h"
#include "timeout.h"

#include <math.h>

enum { MOST = 4, MEMBERS = 7 };

enum way { GATHERS, SETTLES, WAITS, COMPLETES, WAITS_FOR, SHIELDS, LIMITS, GROUPS, WAYS };

/* One way of waiting for several, a called coroutine. */
struct act {
    struct eddy_co co;
    int depth;
    enum way way;
    int n, distinct; /* children; those that are not NULL and stand in no place before */
    bool twice;      /* the second place has the first one's future */
    int return_when;
    double limit, began;
    double asked_at; /* when a stranger has cancelled its task in its await; INFINITY: none has */
    bool started;    /* what is awaited was; not so if a cancel has landed before */
    struct child *children[MEMBERS];
    struct eddy_awaited each[MOST], rest[MEMBERS];
    struct eddy_gather gather, cleanup;
    struct eddy_wait wait;
    struct eddy_wait_for wait_for;
    struct eddy_shield shield;
    struct eddy_as_completed completed;
    struct eddy_timeout timeout;
    struct eddy_group group;
    struct eddy_member members[MEMBERS];
    struct eddy_sleep sleep;
    struct log log;
    int next_told, all_told; /* as_completed: children, places */
    int refused;             /* places with the task itself, which cannot wait for itself */
    bool delivered;          /* a shield's child was done when the task was cancelled */
    bool late;
    int joined; /* what join has told */
    int before; /* outcome, at the group's close */
    unsigned requests, opened_with;
    bool expired, interrupted, none_left;
};

/* A task. */
struct node {
    struct eddy_co co;
    int depth, left, outcome;
    struct child *me;
    struct act *group; /* that it is a member of; NULL: none */
    struct act act;
    struct eddy_sleep sleep;
};

static struct eddy_step node(struct eddy_co *co);

static struct child *root;

static struct eddy_future *make_task(struct child *child, int depth)
{
    child->node = new_block(sizeof *child->node);
    play.begun++;
    return eddy_task_start(&child->task, &loop, node, child->node, .depth = depth - 1, .me = child);
}

static void free_node(struct child *child)
{
    if (child->node)
        free_block(child->node, sizeof *child->node);
}

/* ---- Starting --------------------------------------------------------------------------------- */

static double some_limit(void)
{
    return draw(6) == 0 ? EDDY_FOREVER : some_seconds();
}

static void prepare(struct act *self)
{
    self->way = (enum way)draw(WAYS);
    self->n =
        self->way == WAITS_FOR || self->way == SHIELDS ? 1 : (int)(draw(MOST * 4 + 1) + 3) / 4;
    self->twice = self->way <= COMPLETES && self->n >= 2 && draw(8) == 0;
    self->return_when = (int)draw(3);
    self->limit = some_limit();
    self->began = now();
    self->asked_at = INFINITY;
}

static void make_children(struct act *self, const bool *asked)
{
    self->started = true;
    for (int i = 0; i < self->n; i++) {
        if (i == 1 && self->twice) {
            self->each[1].future = self->each[0].future;
            self->refused *= 2;
            continue;
        }
        if (self->way <= COMPLETES && draw(16) == 0)
            continue; /* a place with nothing to wait for */
        if (self->way <= WAITS && self->refused == 0 && draw(24) == 0) {
            self->each[i].future = &eddy_current_task()->future;
            self->refused = 1;
            continue;
        }
        self->children[i] = make_child(self->depth, &self->log);
        self->children[i]->asked = asked;
        self->each[i].future = self->children[i]->future;
        self->distinct++;
    }
}

static struct eddy_future *start(struct act *self)
{
    size_t n = (size_t)self->n;

    make_children(self, &self->gather.asked);
    if (self->way == SETTLES)
        return eddy_gather_settled(&self->gather, &loop, self->each, n);
    if (self->way == WAITS)
        return eddy_wait(&self->wait, &loop, self->each, n, self->return_when, self->limit);
    if (self->way == WAITS_FOR)
        return eddy_wait_for(&self->wait_for, &loop, self->each[0].future, self->limit);
    if (self->way == SHIELDS)
        return eddy_shield(&self->shield, &loop, self->each[0].future);
    return eddy_gather(&self->gather, &loop, self->each, n);
}

/* ---- What must be true after an await ---------------------------------------------------------- */

static void say_schedule(void)
{
    DID("played schedule %u; to repeat it: %s --seed %u", play.seed, play.program, play.seed);
}

static double earlier_of(double a, double b)
{
    return a < b ? a : b;
}

static double later_of(double a, double b)
{
    return a > b ? a : b;
}

static bool same(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

/* How often its outcome is heard of: it may stand in two places. */
static int places(const struct act *self, const struct child *child)
{
    return self->twice && child == self->children[0] ? 2 : 1;
}

static bool can_be_cut_at_once(const struct child *child)
{
    return child->kind == SLEEP || child->kind == PLAIN || child->kind == RECEIVE;
}

static void check_no_place_is_left(const struct act *self)
{
    for (int i = 0; i < self->n && i < MOST; i++)
        CHECK(!eddy_handle_queued(&self->each[i].handle));
    CHECK(!eddy_handle_queued(&self->wait_for.awaited.handle));
    CHECK(!eddy_handle_queued(&self->shield.awaited.handle));
    CHECK(self->wait_for.timer.node.slot == 0);
    CHECK(self->wait.timer.node.slot == 0);
}

static void check_all_have_ended(const struct act *self)
{
    double last = self->began;

    for (int i = 0; i < MEMBERS; i++) {
        const struct child *child = self->children[i];
        if (!child)
            continue;
        CHECK(child->heard && (!child->future || eddy_future_done(child->future)));
        if (child->at > last)
            last = child->at;
    }
    CAUSE("it has ended, but not when the last child had");
    CHECK(same(now(), last));
}

/* After the first error, or when the time was up, none that can be cut at once has gone on. */
static void check_cut(const struct act *self, double when)
{
    for (int i = 0; i < self->log.count; i++)
        if (can_be_cut_at_once(self->log.ended[i]) && self->log.ended[i]->at > when) {
            CAUSE("a child was to be cancelled at that moment");
            CHECK(same(self->log.ended[i]->at, later_of(when, self->log.ended[i]->since)));
        }
}

/* What the outcome of a gather must be, from what its children have heard, in that order. */
static int model_gather(const struct act *self, bool collects, size_t *failures)
{
    int first = self->refused && !collects ? EDDY_EDEADLOCK : 0;
    bool cut = false;

    *failures = (size_t)self->refused;
    if (first < 0)
        check_cut(self, self->began);
    for (int i = 0; i < self->log.count; i++) {
        const struct child *child = self->log.ended[i];
        for (int k = 0; k < places(self, child); k++) {
            if (child->err == 0)
                continue;
            if (child->err == -ECANCELED && (child->was_asked || first < 0)) {
                cut |= child->was_asked;
                continue;
            }
            ++*failures;
            if (!collects && first == 0) {
                first = child->err;
                check_cut(self, child->at);
            }
        }
    }
    return first < 0 ? first : cut ? -ECANCELED : 0;
}

static void check_gather(const struct act *self, int err)
{
    size_t failures;
    int want = model_gather(self, self->way == SETTLES, &failures);

    check_all_have_ended(self);
    check_cut(self, self->asked_at);
    CAUSE("the first error is another one");
    CHECK_INT(err, want);
    CHECK_INT((long long)self->gather.failures, (long long)failures);
    play.failures += err < 0;
}

/* Nothing but a stranger cancels what a wait, a shield or an as_completed looks at. */
static void check_none_was_cancelled(const struct act *self)
{
    for (int i = 0; i < self->n; i++) {
        const struct child *child = self->children[i];
        if (!child || !can_be_cut_at_once(child) || child->struck)
            continue;
        CAUSE("it cancels what it waits for");
        CHECK(eddy_future_error(child->future) != -ECANCELED);
    }
}

/* When a wait had what it waited for, from what its children have heard. INFINITY: not yet. */
static double model_wait(const struct act *self)
{
    double last = self->began;

    if (self->return_when == EDDY_FIRST_COMPLETED && self->distinct + self->twice < self->n)
        return self->began;
    if (self->return_when == EDDY_FIRST_EXCEPTION && self->refused)
        return self->began;
    for (int i = 0; i < self->log.count; i++) {
        const struct child *child = self->log.ended[i];
        last = child->at;
        if (self->return_when == EDDY_FIRST_COMPLETED)
            return last;
        if (self->return_when == EDDY_FIRST_EXCEPTION && child->err != 0 &&
            child->err != -ECANCELED)
            return last;
    }
    return self->log.count == self->distinct ? last : INFINITY;
}

/* What is done already is passed on at once, before it has heard of that itself. */
static void let_hear(struct child *child)
{
    if (child->heard || !eddy_future_done(child->future))
        return;
    eddy_handle_cancel(&child->ended);
    on_ended(&child->ended);
}

static void check_wait(const struct act *self, int err)
{
    double when;

    if (self->n == 0) {
        CHECK_CODE(err, -EINVAL);
        return;
    }
    for (int i = 0; i < self->n; i++)
        if (self->children[i])
            let_hear(self->children[i]);
    check_none_was_cancelled(self);
    when = model_wait(self);
    CHECK(err == 0 || err == -ECANCELED);
    CAUSE("what it waited for was there before");
    CHECK(when >= now() - 1e-6);
    if (err == 0 && self->wait.timed_out)
        CHECK(same(now(), self->began + later_of(self->limit, 0)));
    else if (err == 0)
        CHECK(same(now(), when));
    CHECK(now() <= self->began + later_of(self->limit, 0) + 1e-6);
}

static void check_wait_for(const struct act *self, int err)
{
    struct child *child = self->children[0];
    double due = self->began + (self->limit > 0 ? self->limit : 0);

    let_hear(child);
    check_all_have_ended(self);
    check_cut(self, earlier_of(due, self->asked_at));
    if (child->err != -ECANCELED)
        CHECK_INT(err, child->err);
    else if (earlier_of(child->at, self->asked_at) < due - 1e-6)
        CHECK_CODE(err, -ECANCELED); /* also if its end takes until after the limit */
    else if (child->at > due + 1e-6 && !self->wait_for.asked)
        CHECK_CODE(err, -ETIMEDOUT);
    else /* cancelled by what it is a part of, at the limit or before */
        CHECK(err == -ETIMEDOUT || err == -ECANCELED);
    play.expirations += err == -ETIMEDOUT;
}

static void check_shield(const struct act *self, int err)
{
    struct child *child = self->children[0];

    let_hear(child);
    check_none_was_cancelled(self);
    CAUSE("what was delivered wins");
    if (err != -ECANCELED || self->delivered)
        CHECK_INT(err, child->err);
    if (child->heard && err != -ECANCELED)
        CHECK(same(now(), child->at));
}

static void check_await(struct act *self, int err)
{
    say_schedule();
    play.cuts += err == -ECANCELED;
    if (!self->started) {
        CHECK_CODE(err, -ECANCELED);
        return;
    }
    check_no_place_is_left(self);
    if (self->way == WAITS)
        check_wait(self, err);
    else if (self->way == WAITS_FOR)
        check_wait_for(self, err);
    else if (self->way == SHIELDS)
        check_shield(self, err);
    else
        check_gather(self, err);
}

/* ---- As they complete -------------------------------------------------------------------------- */

static void open_completed(struct act *self)
{
    make_children(self, NULL);
    CHECK_OK(
        eddy_as_completed_open(&self->completed, &loop, self->each, (size_t)self->n, self->limit));
    CHECK_INT((long long)self->completed.left <= self->n, 1);
}

/* They are told in the order in which they have heard of it themselves. */
static void check_next(struct act *self, int err)
{
    say_schedule();
    self->all_told += err != -ECANCELED;
    if (self->completed.left == 0 && err != -ECANCELED)
        CHECK_INT(self->all_told, self->n - (self->twice && self->children[0]));
    check_none_was_cancelled(self);
    if (err == -ECANCELED)
        return;
    if (err == -ETIMEDOUT) {
        CHECK(self->completed.awaited == NULL);
        CHECK(now() >= self->began + self->limit - 1e-6);
        self->late = true;
        return;
    }
    CHECK_CODE(err, 0);
    CHECK(!self->late);
    if (self->completed.pending == 0)
        CHECK(self->completed.timer.node.slot == 0);
    if (!self->completed.awaited->future)
        return;
    CHECK(self->next_told < self->log.count);
    CHECK(self->completed.awaited->future == self->log.ended[self->next_told]->future);
    self->next_told++;
    play.told++;
}

/* ---- A limit for a gather ---------------------------------------------------------------------- */

static void close_limit(struct act *self, struct eddy_co *co)
{
    int err = eddy_co_error(co), want = err, told;
    unsigned before = eddy_task_cancelling(co->task), after;
    bool landed = co->task->unlanded == 0;

    self->expired = eddy_timeout_expired(&self->timeout);
    told = eddy_timeout_close(&self->timeout, co);
    after = eddy_task_cancelling(co->task);
    CAUSE("the scope did not take its own request back, or more than that");
    CHECK_INT((int)after, (int)(before - self->expired));
    if (self->expired && landed && err == -ECANCELED && after <= self->opened_with)
        want = -ETIMEDOUT;
    CHECK_INT(told, want);
    CHECK_INT(eddy_co_error(co), want);
    CHECK(self->timeout.timer.node.slot == 0);
    if (self->expired)
        CHECK(now() >= self->began + self->limit - 1e-6);
    check_cut(self, self->began + (self->limit > 0 ? self->limit : 0));
    play.expirations += want == -ETIMEDOUT;
}

/* ---- A group ----------------------------------------------------------------------------------- */

static void on_member_ended(struct eddy_handle *handle)
{
    struct child *child = container_of(handle, struct child, ended);

    hear(child, child->told);
}

/* Somebody else has waited for it, too, and is called after the group: its block is still there. */
static void on_after(struct eddy_handle *handle)
{
    struct child *child = container_of(handle, struct child, after);

    CHECK_INT(eddy_future_error(&child->member->future), child->told);
    child->member = NULL;
}

/* A task in a block of the group's own. It says itself how it ends: nobody can ask it. */
static int spawn_member(struct act *self, int i)
{
    struct child *child = new_block(sizeof *child);
    int err =
        eddy_group_spawn(&self->group, node, .depth = self->depth - 1, .me = child, .group = self);

    child->kind = TASK;
    child->pair = -1;
    child->log = &self->log;
    child->asked = &self->group.asked;
    eddy_handle_init(&child->ended, on_member_ended);
    eddy_handle_init(&child->after, on_after);
    eddy_list_append(&play.alive, &child->link);
    if (err < 0) {
        free_child(child);
        return err;
    }
    play.begun++;
    self->children[i] = child;
    return 0;
}

static void add_future(struct act *self, int i, int depth)
{
    self->children[i] = make_child(depth, &self->log);
    self->children[i]->asked = &self->group.asked;
    CHECK_OK(eddy_group_add(&self->group, &self->members[i], self->children[i]->future));
}

static void add_member(struct act *self, int i)
{
    if (self->depth > 0 && draw(2)) {
        CHECK_OK(spawn_member(self, i));
        return;
    }
    add_future(self, i, self->depth);
}

static void open_group(struct act *self, struct eddy_co *co)
{
    self->opened_with = eddy_task_cancelling(co->task) - co->task->unlanded;
    CHECK_OK(eddy_group_open(&self->group, co));
    for (int i = 0; i < self->n; i++)
        add_member(self, i);
}

/* A member brings in another one. If the group ends, that is cancelled at once, or not begun. */
static void add_sibling(struct act *self)
{
    int i = self->n;

    if (i == MEMBERS)
        return;
    if (draw(2)) {
        self->n += spawn_member(self, i) == 0;
        return;
    }
    self->n++;
    add_future(self, i, 0);
    if (self->group.ends)
        CHECK(eddy_future_done(self->children[i]->future));
}

/* The first error of its members; *count: how many have failed. */
static int model_group(const struct act *self, int *count, bool *cut)
{
    int first = 0;

    *count = 0;
    *cut = false;
    for (int i = 0; i < self->log.count; i++) {
        const struct child *child = self->log.ended[i];
        *cut |= child->err == -ECANCELED && child->was_asked;
        if (child->err == 0 || child->err == -ECANCELED)
            continue;
        if (first == 0) {
            first = child->err;
            check_cut(self, child->at);
        }
        ++*count;
    }
    return first;
}

/* What the owner awaits besides is cut short at the moment at which a member fails. */
static void check_body(const struct act *self, int err)
{
    say_schedule();
    for (int i = 0; i < self->log.count; i++)
        if (self->log.ended[i]->err < 0 && self->log.ended[i]->err != -ECANCELED) {
            CAUSE("the owner was to be cancelled at that moment");
            CHECK(self->log.ended[i]->at >= now() - 1e-6);
        }
    CHECK(err == 0 || err == -ECANCELED);
}

static struct eddy_future *join(struct act *self)
{
    self->started = true;
    self->began = now();
    return eddy_group_join(&self->group);
}

static void check_join(struct act *self, int err)
{
    int count;
    bool cut;
    int first = model_group(self, &count, &cut);

    if (!self->started) {
        CHECK_CODE(err, -ECANCELED); /* it has landed before the join began */
        return;
    }
    self->joined = err;
    CHECK_INT(err, first < 0 ? first : cut ? -ECANCELED : 0);
    check_all_have_ended(self);
    check_cut(self, self->asked_at);
    play.failures += err < 0;
}

static void before_close(struct act *self, struct eddy_co *co)
{
    self->began = now();
    self->before = eddy_co_outcome(co);
    self->requests = eddy_task_cancelling(co->task);
    self->interrupted = self->group.interrupts;
    self->none_left = eddy_list_empty(&self->group.members);
}

static void check_close(struct act *self, struct eddy_co *co, int err)
{
    int count, first;
    bool cut, was_told, ours, adopted;

    say_schedule();
    first = model_group(self, &count, &cut);
    was_told = self->joined == first;
    CHECK_INT((long long)self->group.failures, count);
    CHECK_INT(err, was_told ? 0 : first);
    if (self->none_left)
        CHECK_INT((int)eddy_task_cancelling(co->task), (int)(self->requests - self->interrupted));
    ours = self->interrupted && eddy_task_cancelling(co->task) <= self->opened_with;
    if (self->before == -ECANCELED && self->interrupted && !self->none_left && !ours)
        ours = eddy_co_outcome(co) == err; /* another request may have come after its end */
    adopted = err < 0 && (self->before == 0 || (self->before == -ECANCELED && ours));
    CHECK_INT(eddy_co_outcome(co), adopted ? err : self->before);
    play.expected_reports += (count > 1 ? count - 1 : 0) + (err < 0 && !adopted);
    check_cut(self, self->began);
    CHECK(eddy_list_empty(&self->group.members));
    for (int i = 0; i < MEMBERS; i++)
        CHECK(!eddy_handle_queued(&self->members[i].awaited.handle));
}

#endif
