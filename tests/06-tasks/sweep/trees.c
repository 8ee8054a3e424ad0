/*
 * Random trees of tasks, and a cancel at each of their awaits, one after the other.
 *
 * A tree is made by a seed: its tasks sleep, give up turns, call coroutines, start children and
 * await them, spawn others, refuse a cancel now and then, and clean up with awaits. A first run,
 * undisturbed, counts the awaits; then the tree is run once for each of them, and cancelled there, in
 * four ways. Always: each body that was started cleans up exactly once, children before the frame that
 * they lie in, and nothing is left. Each frame is a heap block that is freed when its task has ended,
 * so that the address sanitizer sees whoever still points into it.
 *
 *     trees           50 trees; trees --full    500
 */
#include "../tasks.h"

#include <stdlib.h>

enum { TREES = 500, SAMPLE = 50, DEPTH = 3, ACTIONS = 4 };

/* How the k-th await is disturbed. */
enum way { IN_THE_STEP, IN_THE_NEXT_TURN, AGAIN_AND_AGAIN, SHUT_DOWN, WAYS };

static struct {
    long awaits, at; /* counted, and which of them is disturbed; 0: none */
    enum way way;
    int begun, cleaned, frames; /* frames: that are not freed */
    struct eddy_timer later;
    struct eddy_task root;
    bool disturbed;
} tree;

/* ---- The disturbance --------------------------------------------------------------------------------- */

static void on_later(struct eddy_handle *handle)
{
    (void)handle;
    if (eddy_task_cancel(&tree.root) && tree.way == AGAIN_AND_AGAIN)
        CHECK_OK(eddy_loop_call_later(&loop, &tree.later, 0.25));
}

static void disturb(void)
{
    tree.disturbed = true;
    if (tree.way == IN_THE_STEP)
        eddy_task_cancel(&tree.root);
    else if (tree.way == SHUT_DOWN)
        eddy_loop_stop(&loop);
    else
        CHECK_OK(eddy_loop_call_later(&loop, &tree.later, 0));
}

/* Goes around the operation of each await. */
static struct eddy_future *counted(struct eddy_future *future)
{
    if (++tree.awaits == tree.at)
        disturb();
    return future;
}

static unsigned draw(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 16) % n;
}

static void *new_frame(size_t n)
{
    void *frame = malloc(n);

    CHECK(frame != NULL);
    tree.frames++;
    return frame;
}

static void free_frame(void *frame, size_t n)
{
    memset(frame, 0x5A, n);
    free(frame);
    tree.frames--;
}

/* ---- What is called ----------------------------------------------------------------------------------- */

/* Sleeps twice, the second time in its cleanup section. */
struct errand {
    struct eddy_co co;
    double seconds;
    int outcome;
    struct eddy_sleep sleep;
};

static struct eddy_step errand(struct eddy_co *co)
{
    struct errand *self = CO_FRAME(co, errand);

    CO_BEGIN(co);
    tree.begun++;
    CO_AWAIT(co, counted(eddy_sleep(&self->sleep, &loop, self->seconds)));
    if (self->outcome)
        CO_FAIL(co, self->outcome);
    CO_FINALLY(co);
    CO_AWAIT(co, counted(eddy_sleep(&self->sleep, &loop, self->seconds)));
    CHECK_CODE(eddy_co_error(co), 0); /* never cut */
    tree.cleaned++;
    CO_END(co);
}

/* A spawned one: nobody waits for it, and nobody cancels it but a shutdown. */
struct stray {
    struct eddy_co co;
    struct errand errand;
    double seconds;
    int mark; /* its arguments are there, also if its body never began */
};

static struct eddy_step stray(struct eddy_co *co)
{
    struct stray *self = CO_FRAME(co, stray);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn());
    CO_TRY_CALL(co, errand, &self->errand, .seconds = self->seconds);
    CO_FINALLY(co);
    CHECK_INT(self->mark, 4711);
    tree.cleaned++;
    CO_END(co);
}

/* ---- A node ------------------------------------------------------------------------------------- */

enum action { SLEEP, TURN, TRY, CALL, SPAWN, ONE_CHILD, TWO_CHILDREN, KINDS };

struct node {
    struct eddy_co co;
    unsigned seed;
    int depth, left, i;
    enum action action;
    struct eddy_sleep sleep;
    struct errand *errand;     /* NULL: none is called */
    struct child *children[2]; /* NULL: none */
};

struct child {
    struct eddy_task task;
    struct node *frame;
};

static struct eddy_step node(struct eddy_co *co);

static void start_child(struct node *self, int i)
{
    struct child *child = new_frame(sizeof *child);

    child->frame = new_frame(sizeof *child->frame);
    self->children[i] = child;
    tree.begun++;
    eddy_task_start(&child->task, &loop, node, child->frame, .seed = self->seed + (unsigned)i * 77,
                    .depth = self->depth - 1);
}

static void free_child(struct node *self, int i)
{
    struct child *child = self->children[i];

    CHECK(eddy_task_done(&child->task));
    free_frame(child->frame, sizeof *child->frame);
    free_frame(child, sizeof *child);
    self->children[i] = NULL;
}

static void free_errand(struct node *self)
{
    if (self->errand)
        free_frame(self->errand, sizeof *self->errand);
    self->errand = NULL;
}

static double seconds(struct node *self)
{
    return draw(&self->seed, 4) / 2.0;
}

/* What needs no await. Only who is not too deep has children. */
static void begin_action(struct node *self)
{
    self->action = (enum action)draw(&self->seed, self->depth > 0 ? KINDS : ONE_CHILD);
    if (self->action == CALL)
        self->errand = new_frame(sizeof *self->errand);
    if (self->action == SPAWN) {
        CHECK_OK(eddy_spawn(&loop, stray, .seconds = seconds(self), .mark = 4711));
        tree.begun++;
    }
    for (int i = 0; i < 2; i++)
        if (self->action == TWO_CHILDREN || (i == 0 && self->action == ONE_CHILD))
            start_child(self, i);
}

/* (No switch: it would take the awaits' labels.) */
static struct eddy_step node(struct eddy_co *co)
{
    struct node *self = CO_FRAME(co, node);

    CO_BEGIN(co);
    for (self->left = ACTIONS; self->left > 0; self->left--) {
        begin_action(self);
        if (self->action == SLEEP)
            CO_AWAIT(co, counted(eddy_sleep(&self->sleep, &loop, seconds(self))));
        if (self->action == TURN)
            CO_AWAIT(co, counted(eddy_next_turn()));
        if (self->action == TRY) /* a cancel is refused here */
            CO_TRY_AWAIT(co, counted(eddy_sleep(&self->sleep, &loop, seconds(self))));
        if (self->action == CALL)
            CO_CALL(co, errand, self->errand, .seconds = seconds(self),
                    .outcome = draw(&self->seed, 6) == 0 ? -ENOSPC : 0);
        free_errand(self);
        for (self->i = 0; self->i < 2; self->i++)
            if (self->children[self->i]) {
                CO_AWAIT(co, counted(&self->children[self->i]->task.future));
                free_child(self, self->i);
            }
    }
    if (draw(&self->seed, 6) == 0)
        CO_FAIL(co, -EIO);
    CO_FINALLY(co);
    free_errand(self);
    for (self->i = 0; self->i < 2; self->i++)
        if (self->children[self->i]) {
            eddy_task_cancel(&self->children[self->i]->task);
            CO_AWAIT(co, counted(&self->children[self->i]->task.future));
            free_child(self, self->i);
        }
    CO_AWAIT(co, counted(eddy_sleep(&self->sleep, &loop, seconds(self))));
    CHECK_CODE(eddy_co_error(co), 0);
    tree.cleaned++;
    CO_END(co);
}

/* ---- A run -------------------------------------------------------------------------------------- */

static void run_tree(unsigned seed, long at, enum way way)
{
    struct node *root;

    memset(&tree, 0, sizeof tree);
    tree.at = at;
    tree.way = way;
    tree.begun = 1;
    eddy_timer_init(&tree.later, on_later);
    root = new_frame(sizeof *root);
    eddy_task_start(&tree.root, &loop, node, root, .seed = seed, .depth = DEPTH);
    if (at > 0 && way == SHUT_DOWN) {
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), 0); /* it is stopped */
        CHECK_CODE(eddy_loop_shutdown(&loop, 10000), 0);
    }
    run_out();
    CHECK(eddy_task_done(&tree.root));
    CHECK(eddy_next_task(&loop, NULL) == NULL);
    free_frame(root, sizeof *root);
    CHECK_INT(tree.cleaned, tree.begun);
    CHECK_INT(tree.frames, 0);
    CHECK_INT((int)loop.timers.count, 0);
}

static void try_tree(unsigned seed)
{
    static const char *const ways[] = {"cancelled in the step", "cancelled in the next turn",
                                       "cancelled again and again", "shut down"};
    long awaits;

    run_tree(seed, 0, IN_THE_STEP);
    awaits = tree.awaits;
    CHECK(awaits > 0);
    for (int way = 0; way < WAYS; way++)
        for (long at = 1; at <= awaits; at++) {
            DID("the tree of seed %u: at its await %ld of %ld it was %s", seed, at, awaits,
                ways[way]);
            run_tree(seed, at, (enum way)way);
            CHECK(tree.disturbed);
        }
}

int main(int argc, char *argv[])
{
    bool full = argc > 1 && strcmp(argv[1], "--full") == 0;
    int trees = full ? TREES : SAMPLE, failed;
    char sentence[120];

    check_start(argc, argv);
    check_limit(full ? 60 : 10);
    for (unsigned seed = 1; seed <= (unsigned)trees; seed++) {
        snprintf(
            sentence, sizeof sentence,
            "cancelled at any of its awaits, tree %u of tasks cleans up once, and leaves nothing",
            seed);
        CASE(sentence) {
            set_up();
            try_tree(seed);
            tear_down();
        }
    }
    failed = check_end();
    if (full && !failed)
        printf("trees: %d trees of tasks, disturbed at each await in %d ways: all clean\n", trees,
               WAYS);
    return failed;
}
