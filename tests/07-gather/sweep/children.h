/*
 * children - what the random schedules (schedules.c) wait for: sleeps, futures that a timer finishes,
 * bytes from a socket, tasks, and what is made of these. Each is a heap block that is filled with
 * rubbish and freed when whoever has it has ended, so that the address sanitizer sees who still points
 * into it; each hears of its own end, and keeps when that was and how. Errors are numbers that no two
 * have in common, so that whoever is told one can be asked whether it is the right one.
 */
#ifndef CHILDREN_H
#define CHILDREN_H

#include "../../06-tasks/tasks.h"

#include "gather.h"
#include "shield.h"
#include "sockio.h"
#include "wait_for.h"
#include "waiting.h"

#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS = 3, INNER = 2, DEPTH = 4, FIRST_ERROR = 1000 };

enum kind { SLEEP, PLAIN, BEFORE, RECEIVE, GATHER, WAIT_FOR, WAIT, SHIELD, TASK, KINDS };

struct node;

/* In whose log it is when it has ended. */
struct log {
    struct child *ended[8];
    int count;
};

struct child {
    enum kind kind;
    struct eddy_list link; /* among all that are alive */
    struct eddy_future *future;
    struct eddy_sleep sleep;
    struct eddy_future plain;
    struct eddy_timer timer; /* finishes `plain`, or sends the byte */
    struct eddy_io io;
    int pair;
    char byte;
    struct child *inner[INNER];
    struct eddy_awaited each[INNER];
    struct eddy_gather gather;
    struct eddy_wait wait;
    struct eddy_wait_for wait_for;
    struct eddy_shield shield;
    struct eddy_task task;
    struct node *node;               /* the task's frame */
    struct eddy_task *member;        /* or it is a group's: its task, when it has begun */
    struct eddy_handle ended, after; /* after: for a group's */
    struct log *log;
    const bool *asked; /* whether who waits for it has been cancelled: looked at when it ends */
    bool heard, was_asked, struck; /* struck: by a stranger */
    int err;
    double since, at; /* when it was made, and when it has ended */
    int told;         /* the error that it will have, if it is a future or a sleep */
};

/* All of the schedule that is being played. */
static struct {
    const char *program;
    unsigned seed, dice;
    int errors, blocks, begun, cleaned;
    long cuts, expirations, failures, told; /* what has happened, over all schedules */
    struct eddy_list alive;
    int fds[PAIRS][2];
    bool taken[PAIRS], stopped;
    int reports, expected_reports;
} play;

static unsigned draw(unsigned n)
{
    play.dice = play.dice * 1103515245 + 12345;
    return (play.dice >> 16) % n;
}

/* Few different times, so that much happens at once. */
static double some_seconds(void)
{
    return draw(6) / 2.0;
}

static double now(void)
{
    return eddy_loop_time(&loop);
}

static int new_error(void)
{
    return -FIRST_ERROR - ++play.errors;
}

static void *new_block(size_t n)
{
    void *block = calloc(1, n);

    CHECK(block != NULL);
    play.blocks++;
    return block;
}

static void free_block(void *block, size_t n)
{
    memset(block, 0x5A, n);
    free(block);
    play.blocks--;
}

/* ---- Its end ---------------------------------------------------------------------------------- */

static void hear(struct child *child, int err)
{
    CHECK(!child->heard);
    child->heard = true;
    child->err = err;
    child->at = now();
    child->was_asked = child->asked && *child->asked;
    if (child->log)
        child->log->ended[child->log->count++] = child;
}

/* What is made of others, and waits for them, has ended: then they have, too. */
static void look_at_inner(const struct child *child)
{
    for (int i = 0; i < INNER; i++) {
        if (!child->inner[i])
            continue;
        CHECK(!eddy_handle_queued(&child->each[i].handle));
        if (child->kind == GATHER || child->kind == WAIT_FOR)
            CHECK(eddy_future_done(child->inner[i]->future));
    }
    CHECK(!eddy_handle_queued(&child->wait_for.awaited.handle));
    CHECK(!eddy_handle_queued(&child->wait_for.timer.handle) &&
          child->wait_for.timer.node.slot == 0);
    CHECK(!eddy_handle_queued(&child->shield.awaited.handle));
    CHECK(child->wait.timer.node.slot == 0);
}

static void on_ended(struct eddy_handle *handle)
{
    struct child *child = container_of(handle, struct child, ended);

    hear(child, eddy_future_error(child->future));
    look_at_inner(child);
}

/* ---- Making one ------------------------------------------------------------------------------- */

static void on_finish(struct eddy_handle *handle)
{
    struct child *child = container_of(handle, struct child, timer.handle);

    if (child->told < 0)
        eddy_future_set_error(&child->plain, child->told);
    else
        eddy_future_set_result(&child->plain, NULL);
}

static void on_send(struct eddy_handle *handle)
{
    struct child *child = container_of(handle, struct child, timer.handle);

    CHECK_INT(send(play.fds[child->pair][1], "x", 1, MSG_NOSIGNAL), 1);
}

static int some_outcome(void)
{
    return draw(4) == 0 ? new_error() : 0;
}

static struct eddy_future *make_plain(struct child *child)
{
    child->told = some_outcome();
    eddy_future_init(&child->plain, &loop);
    eddy_timer_init(&child->timer, on_finish);
    CHECK_OK(eddy_loop_call_later(&loop, &child->timer, some_seconds()));
    return &child->plain;
}

static struct eddy_future *make_before(struct child *child)
{
    return eddy_future_init_done(&child->plain, &loop, draw(4) ? some_outcome() : -ECANCELED);
}

/* NULL: no socket is free. */
static struct eddy_future *make_receive(struct child *child)
{
    int pair = (int)draw(PAIRS);

    if (play.taken[pair])
        return NULL;
    play.taken[pair] = true;
    child->pair = pair;
    eddy_timer_init(&child->timer, on_send);
    CHECK_OK(eddy_loop_call_later(&loop, &child->timer, some_seconds()));
    return eddy_recv(&child->io, &loop, play.fds[pair][0], &child->byte, 1);
}

static struct child *make_child(int depth, struct log *log);
static struct eddy_future *make_task(struct child *child, int depth);

static struct eddy_future *make_composed(struct child *child, int depth)
{
    bool leaves_them = child->kind == WAIT || child->kind == SHIELD;
    int n = child->kind == GATHER || child->kind == WAIT ? INNER : 1;

    for (int i = 0; i < n; i++) {
        /* What goes on by itself can be let go of at any time: no task. */
        child->inner[i] = make_child(leaves_them ? -1 : depth - 1, NULL);
        child->each[i].future = child->inner[i]->future;
    }
    if (child->kind == GATHER && draw(3) == 0)
        return eddy_gather_settled(&child->gather, &loop, child->each, INNER);
    if (child->kind == GATHER)
        return eddy_gather(&child->gather, &loop, child->each, INNER);
    if (child->kind == WAIT)
        return eddy_wait(&child->wait, &loop, child->each, INNER, (int)draw(3), some_seconds());
    if (child->kind == SHIELD)
        return eddy_shield(&child->shield, &loop, child->inner[0]->future);
    return eddy_wait_for(&child->wait_for, &loop, child->inner[0]->future, some_seconds());
}

static struct eddy_future *make_future(struct child *child, int depth)
{
    switch (child->kind) {
    case PLAIN:
        return make_plain(child);
    case BEFORE:
        return make_before(child);
    case RECEIVE:
        return make_receive(child);
    case TASK:
        return make_task(child, depth);
    case SLEEP:
        return NULL;
    default:
        return make_composed(child, depth);
    }
}

/* Depth -1: nothing that must be waited for to its end; 0: no task. */
static struct child *make_child(int depth, struct log *log)
{
    struct child *child = new_block(sizeof *child);

    child->since = now();
    child->kind = (enum kind)(depth < 0    ? draw(2)
                              : depth == 0 ? draw(RECEIVE + 1)
                                           : draw(KINDS + 5));
    if (child->kind >= KINDS)
        child->kind = TASK;
    child->log = log;
    child->pair = -1;
    child->future = make_future(child, depth);
    if (!child->future) {
        child->kind = SLEEP;
        child->future = eddy_sleep(&child->sleep, &loop, some_seconds());
    }
    eddy_handle_init(&child->ended, on_ended);
    CHECK_OK(eddy_future_add_done_callback(child->future, &child->ended));
    eddy_list_append(&play.alive, &child->link);
    return child;
}

/* ---- Freeing it ------------------------------------------------------------------------------- */

static void free_pair(struct child *child)
{
    char byte;

    while (recv(play.fds[child->pair][0], &byte, 1, MSG_DONTWAIT) == 1)
        continue;
    play.taken[child->pair] = false;
}

static void free_node(struct child *child);

/* Nobody waits for it any more. */
static void free_child(struct child *child)
{
    if (!child)
        return;
    eddy_timer_cancel(&loop, &child->timer);
    if (child->pair >= 0)
        free_pair(child);
    for (int i = 0; i < INNER; i++)
        free_child(child->inner[i]);
    eddy_handle_cancel(&child->ended);
    CHECK(!eddy_handle_queued(&child->after));
    if (child->future) {
        eddy_future_cancel(child->future);
        CHECK(eddy_future_done(child->future));
        CHECK(!child->future->waiters.next || eddy_list_empty(&child->future->waiters));
    }
    eddy_list_remove(&child->link);
    free_node(child);
    free_block(child, sizeof *child);
}

#endif
