/*
 * Random schedules: trees of tasks that wait for many at once, in all ways that there are, while what
 * they wait for fails, comes late, and is cancelled by strangers, often in the same turn.
 *
 * A schedule is made by a seed. Its tasks gather, wait, take as they complete, set limits, shield and
 * have groups; their children (children.h) are of all kinds, up to four tasks deep; and a few timers
 * cancel whatever is alive then, the root too, or shut the loop down. The clock is virtual, and what is
 * ready on sockets comes in a shuffled order. After each await it is looked at whether
 * - each child of a gather, a group or a wait_for has ended, and at the moment at which the await ended;
 * - the error is the first one, by the order in which the children themselves have heard of their ends;
 * - the others were cancelled at the moment of the first error, or when the time was up;
 * - no place, timer or scope is left with anybody, and no request that a scope or a group has made;
 * and at the end that the loop has ended, nothing is watched, no timer is set, every body that began
 * has cleaned up once, and every block is freed.
 *
 *     schedules                2,000 schedules; schedules --full    100,000
 *     schedules --seed 4711    that one
 */
#include "acts.h"

#include "ledger.h"

#include <fcntl.h>

enum { ALL = 100000, SAMPLE = 2000, IN_A_CASE = 500, STRANGERS = 10, BLOCKS = 64 };

/* ---- An act ------------------------------------------------------------------------------------ */

/* Cancel what a wait, a shield or an as_completed has left, and all that has not heard of its end. */
static struct eddy_future *end_rest(struct act *self)
{
    for (int i = 0; i < MEMBERS; i++)
        self->rest[i].future = self->children[i] ? self->children[i]->future : NULL;
    return eddy_gather_cancel(&self->cleanup, &loop, self->rest, MEMBERS);
}

static bool all_have_heard(const struct act *self)
{
    for (int i = 0; i < MEMBERS; i++)
        if (self->children[i] && !self->children[i]->heard)
            return false;
    return true;
}

static void free_children(struct act *self)
{
    for (int i = 0; i < MEMBERS; i++) {
        CHECK(!self->children[i] || self->children[i]->heard);
        free_child(self->children[i]);
        self->children[i] = NULL;
    }
}

static bool awaits_once(const struct act *self)
{
    return self->way != COMPLETES && self->way != LIMITS && self->way != GROUPS;
}

static struct eddy_step act(struct eddy_co *co)
{
    struct act *self = CO_FRAME(co, act);

    CO_BEGIN(co);
    prepare(self);
    if (awaits_once(self)) {
        CO_TRY_AWAIT(co, start(self));
        check_await(self, eddy_co_error(co));
    }
    if (self->way == COMPLETES) {
        open_completed(self);
        while (self->completed.left > 0) {
            CO_TRY_AWAIT(co, eddy_as_completed_next(&self->completed));
            check_next(self, eddy_co_error(co));
            if (eddy_co_error(co) == -ECANCELED && draw(2))
                break;
        }
    }
    if (self->way == LIMITS) {
        self->opened_with = eddy_task_cancelling(co->task) - co->task->unlanded;
        CHECK_OK(eddy_timeout_open(&self->timeout, co, self->limit));
        CO_TRY_AWAIT(co, start(self));
        check_await(self, eddy_co_error(co));
        close_limit(self, co);
    }
    if (self->way == GROUPS) {
        open_group(self, co);
        if (draw(2)) {
            CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, &loop, some_seconds()));
            check_body(self, eddy_co_error(co));
            if (eddy_co_error(co) < 0)
                CO_FAIL(co, eddy_co_error(co));
        }
        CO_TRY_AWAIT(co, join(self));
        check_join(self, eddy_co_error(co));
    }
    if (eddy_co_error(co) < 0)
        CO_FAIL(co, eddy_co_error(co));
    CO_FINALLY(co);
    if (self->way == GROUPS) {
        before_close(self, co);
        CO_AWAIT(co, eddy_group_close(&self->group));
        check_close(self, co, eddy_co_error(co));
        check_all_have_ended(self);
    }
    eddy_as_completed_close(&self->completed);
    check_no_place_is_left(self);
    if (!all_have_heard(self))
        CO_AWAIT(co, end_rest(self));
    CHECK_CODE(self->cleanup.future.err, 0);
    free_children(self);
    CO_END(co);
}

/* ---- A task ------------------------------------------------------------------------------------ */

/* A member's end is heard of a turn later, as that of any other; just before its group hears of it. */
static void tell_end(struct node *self, int outcome)
{
    play.cleaned++;
    if (!self->group)
        return;
    self->me->member = eddy_current_task();
    self->me->told = outcome;
    CHECK_OK(eddy_loop_call_soon(&loop, &self->me->ended));
    CHECK_OK(eddy_future_add_done_callback(&self->me->member->future, &self->me->after));
}

static struct eddy_step node(struct eddy_co *co)
{
    struct node *self = CO_FRAME(co, node);

    CO_BEGIN(co);
    if (self->group)
        self->me->member = co->task;
    for (self->left = self->me == root ? 6 : 1 + (int)draw(3); self->left > 0; self->left--) {
        CO_TRY_CALL(co, act, &self->act, .depth = self->depth);
        if (eddy_co_error(co) < 0 && self->me != root && draw(3))
            CO_FAIL(co, eddy_co_error(co)); /* else it is refused */
        if (self->group && draw(4) == 0)
            add_sibling(self->group);
    }
    if (draw(5) == 0)
        CO_FAIL(co, new_error());
    CO_FINALLY(co);
    if (draw(3) == 0) {
        CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, some_seconds()));
        CHECK_CODE(eddy_co_error(co), 0); /* never cut */
    }
    tell_end(self, eddy_co_outcome(co));
    CO_END(co);
}

/* ---- Strangers ---------------------------------------------------------------------------------- */

/* A timer strikes before those that were set later for the same time. So every other one is set a second
 * time, shortly before, and strikes after what it strikes has just got its result. */
static struct stranger {
    struct eddy_timer timer;
    bool comes_first;
} strangers[STRANGERS];

/* If its request reaches what it awaits now, that is cut at once. */
static void strike_task(struct eddy_task *task)
{
    struct node *struck = container_of(task->co, struct node, co);
    struct act *its = &struck->act;

    if (task->waiting && !eddy_future_done(task->waiting) && task->in_cleanup == 0)
        its->asked_at = earlier_of(its->asked_at, now());
    if (its->way == SHIELDS && its->started && !eddy_future_done(&its->shield.future))
        its->delivered |= eddy_future_done(its->children[0]->future);
    eddy_task_cancel(task);
}

static void strike(struct child *child)
{
    child->struck = true;
    if (child->member)
        strike_task(child->member);
    else if (child->node && !eddy_future_done(child->future))
        strike_task(&child->task);
    else if (child->future)
        eddy_future_cancel(child->future);
}

/* One in eight schedules is shut down, unless it ends before that. */
static bool is_to_shut_down(void)
{
    return play.seed % 8 == 5 && !play.stopped;
}

static void cancel_somebody(struct eddy_handle *handle)
{
    struct stranger *self = container_of(handle, struct stranger, timer.handle);
    unsigned count = 0, which;

    if (!self->comes_first) {
        self->comes_first = true;
        CHECK_OK(eddy_loop_call_later(&loop, &self->timer, 0.25));
        return;
    }
    if (is_to_shut_down() && draw(3) == 0) {
        play.stopped = true;
        eddy_loop_stop(&loop);
        return;
    }
    for (struct eddy_list *link = play.alive.next; link != &play.alive; link = link->next)
        count++;
    which = draw(count + 1);
    for (struct eddy_list *link = play.alive.next; link != &play.alive; link = link->next)
        if (which-- == 0) {
            strike(container_of(link, struct child, link));
            return;
        }
    strike(root);
}

static void set_strangers(void)
{
    int count = (int)draw(STRANGERS);

    for (int i = 0; i < count; i++) {
        strangers[i].comes_first = i % 2 == 0;
        eddy_timer_init(&strangers[i].timer, cancel_somebody);
        CHECK_OK(eddy_loop_call_later(&loop, &strangers[i].timer,
                                      draw(20) / 2.0 + (i % 2 == 0 ? 0 : 0.25)));
    }
}

/* ---- A schedule --------------------------------------------------------------------------------- */

static void count_report(struct eddy_loop *that, const struct eddy_context *context)
{
    (void)that;
    (void)context;
    play.reports++;
}

static void play_schedule(unsigned seed)
{
    struct child *task = new_block(sizeof *task);

    play.seed = seed;
    play.stopped = false;
    say_schedule();
    play.dice = seed * 2654435761u;
    play.errors = play.begun = play.cleaned = play.reports = play.expected_reports = 0;
    eddy_list_init(&play.alive);
    scripted_shuffle(seed);
    eddy_loop_set_debug(&loop, seed % 4 == 0);
    root = task;
    root->pair = -1;
    root->kind = TASK;
    root->future = make_task(root, DEPTH);
    eddy_handle_init(&root->ended, on_ended);
    CHECK_OK(eddy_future_add_done_callback(root->future, &root->ended));
    eddy_list_append(&play.alive, &root->link);
    set_strangers();
    if (is_to_shut_down() && eddy_loop_run_until_stuck(&loop) == 0)
        CHECK_CODE(eddy_loop_shutdown(&loop, 10000), 0);
    run_out();
    CHECK(eddy_future_done(root->future));
    free_child(root);
    CHECK(eddy_list_empty(&play.alive));
    CHECK(eddy_next_task(&loop, NULL) == NULL);
    CHECK_INT(play.cleaned, play.begun);
    CHECK_INT(play.blocks, 0);
    CHECK_INT((int)loop.timers.count, 0);
    CHECK_INT(loop.watches.count, 0);
    CHECK_INT(play.reports, play.expected_reports);
    CHECK_INT(reports, 0);
}

static void play_schedules(unsigned first, unsigned count)
{
    long blocks = ledger_blocks;

    set_up();
    eddy_loop_set_exception_handler(&loop, count_report);
    for (int i = 0; i < PAIRS; i++) {
        CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, play.fds[i]));
        CHECK_OK(fcntl(play.fds[i][0], F_SETFL, O_NONBLOCK));
    }
    for (unsigned seed = first; seed < first + count; seed++)
        play_schedule(seed);
    CAUSE("blocks of the groups' members are not given back");
    CHECK(ledger_blocks - blocks < BLOCKS);
    for (int i = 0; i < PAIRS; i++) {
        CHECK_OK(eddy_loop_close_fd(&loop, play.fds[i][0]));
        close(play.fds[i][1]);
    }
    tear_down();
    CAUSE("the schedules try too little");
    CHECK(count == 1 ||
          (play.cuts > 0 && play.expirations > 0 && play.failures > 0 && play.told > 0));
}

int main(int argc, char *argv[])
{
    bool full = argc > 1 && strcmp(argv[1], "--full") == 0;
    unsigned one = argc > 2 && strcmp(argv[1], "--seed") == 0 ? (unsigned)atol(argv[2]) : 0;
    unsigned all = full ? ALL : SAMPLE, in_a_case = one ? 1 : IN_A_CASE;
    char sentence[120];
    int failed;

    play.program = argv[0];
    check_start(argc, argv);
    check_limit(full ? 60 : 10);
    for (unsigned seed = one ? one : 1; seed <= (one ? one : all); seed += in_a_case) {
        snprintf(sentence, sizeof sentence,
                 "random schedules %u to %u: none outlives its await, and the first error is told",
                 seed, seed + in_a_case - 1);
        CASE(sentence)
            play_schedules(seed, in_a_case);
    }
    failed = check_end();
    if (full && !failed)
        printf("schedules: %d random schedules of many at once: all clean\n", ALL);
    return failed;
}
