/*
 * Exercise 06.2, a drop-in: write the functions marked TODO, and your file takes the place of
 * lib/06-tasks/co.c in the library. What each function promises stands in
 * lib/06-tasks/co.h. All else is the library's own.
 *
 *     make check-06.2     make hint-06.2     make learn
 */
#include "co.h"

#include "errors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct eddy_task *current;

struct eddy_task *eddy_current_task(void)
{
    return current;
}

/* Only of a pending future: one that is done has forgotten its type. */
static bool is_task(const struct eddy_future *future)
{
    return !eddy_future_done(future) && future->type == &eddy_task_type;
}

/* ---- Names for reports ------------------------------------------------------------------------- */

/* Before its first step, a task knows its name alone. */
static bool has_begun(const struct eddy_co *co)
{
    return co->place.line != EDDY_AT_START || co->task == current;
}

const char *eddy_co_name(const struct eddy_co *co)
{
    return has_begun(co) ? co->place.site->function : co->place.name;
}

static void describe_awaited(const struct eddy_future *future, char *text, size_t n)
{
    char what[96];

    snprintf(what, sizeof what, "%s", future->type->name);
    if (is_task(future))
        snprintf(what, sizeof what, "the task %s",
                 eddy_co_name(container_of(future, struct eddy_task, future)->co));
    else if (future->type->describe)
        future->type->describe(future, what, sizeof what);
    snprintf(text, n, " awaits %s", what);
}

void eddy_task_describe(const struct eddy_task *task, char *text, size_t n)
{
    const struct eddy_place *place = &task->inner->place;
    const char *name = eddy_task_own_name(task);
    char where[256] = "", what[128] = "";

    if (place->line > EDDY_AT_START)
        snprintf(where, sizeof where, " (%s%s%s:%d)",
                 task->inner == task->co ? "" : eddy_co_name(task->inner),
                 task->inner == task->co ? "" : ", ", place->site->file, place->line);
    if (task == current)
        snprintf(what, sizeof what, " is running");
    else if (task->waiting && !eddy_future_done(task->waiting))
        describe_awaited(task->waiting, what, sizeof what);
    else
        snprintf(what, sizeof what, " is in line for its next step");
    snprintf(text, n, "%s%s%s%s%s%s", eddy_co_name(task->co), name ? " " : "", name ? name : "",
             where, what, task->unlanded ? ", and is to be cancelled" : "");
}

/* What a task waits for, and what that waits for, down to the last. */
static void describe_chain(const struct eddy_future *future, char *text, size_t n)
{
    size_t length = 0;

    for (int depth = 0; depth < 5; depth++) {
        const struct eddy_task *task = container_of(future, struct eddy_task, future);
        snprintf(text + length, n - length, "%s", depth > 0 ? "\n                   " : "");
        length += strlen(text + length); /* what there was room for */
        eddy_task_describe(task, text + length, n - length);
        length += strlen(text + length);
        future = task->waiting;
        if (!future || eddy_future_done(future) || !is_task(future))
            break;
    }
}

/* ---- Cancelling -------------------------------------------------------------------------------- */

/* What the task waits for, if it is to be told of the cancel now. NULL: the request lands at the next
 * await; or never, if the cleanup section is all that is left. */
static struct eddy_future *to_cancel(const struct eddy_task *task)
{
    if (task->in_cleanup > 0 || !task->waiting || eddy_future_done(task->waiting))
        return NULL;
    return task->waiting;
}

static struct eddy_task *awaited_task(const struct eddy_task *task)
{
    struct eddy_future *awaited = to_cancel(task);

    return awaited && is_task(awaited) ? container_of(awaited, struct eddy_task, future) : NULL;
}

/*
 * The last of the chain of tasks that await each other; in a loop, since it may be long. It may also
 * be a ring: a mark follows, at distances that double, and whoever comes to it again has been all the
 * way round. Then NULL.
 */
static struct eddy_task *last_of_chain(struct eddy_task *task)
{
    struct eddy_task *mark = task, *next;

    for (size_t steps = 1, most = 1; (next = awaited_task(task)) != NULL; steps++) {
        task = next;
        if (task == mark)
            return NULL;
        if (steps == most) {
            mark = task;
            most *= 2;
        }
    }
    return task;
}

static void ask_task(struct eddy_task *task)
{
    if (task->requests < UINT16_MAX)
        task->requests++;
    if (task->unlanded < UINT16_MAX)
        task->unlanded++;
}

/* All of the chain are asked. `passed_on`: the last one's await, or its end, will come of it. */
static void ask_all(struct eddy_task *task, const struct eddy_task *last, bool passed_on)
{
    for (; task && task != last; task = awaited_task(task)) {
        ask_task(task);
        task->passed_on |= passed_on;
    }
}

static void ask_chain(struct eddy_task *task)
{
    /* TODO 06.2: write ask_chain(). */
}

bool eddy_task_cancel(struct eddy_task *task)
{
    if (eddy_future_done(&task->future) ||
        eddy_loop_check_thread(task->future.loop, "task_cancel") < 0)
        return false;
    ask_chain(task);
    return true;
}

unsigned eddy_task_uncancel(struct eddy_task *task)
{
    if (eddy_loop_check_thread(task->future.loop, "task_uncancel") < 0)
        return task->requests;
    if (task->requests > 0)
        task->requests--;
    if (task->unlanded > 0)
        task->unlanded--;
    return task->requests;
}

/* A request that came while the operation was being started: it is the same one, and now there is
 * somebody to pass it on to. */
static void ask_again(struct eddy_task *task)
{
    eddy_task_uncancel(task);
    ask_chain(task);
}

/* The part of a chain that has not been asked yet, from `task` down: to its last, or to one that has
 * been. So each task is come to once. */
static void ask_rest(struct eddy_task *task)
{
    struct eddy_task *below = task, *last = task;
    struct eddy_future *awaited;
    bool passed_on;

    for (; below && below->unlanded == 0; below = awaited_task(below)) {
        ask_task(below);
        last = below;
    }
    awaited = below ? NULL : to_cancel(last);
    passed_on = below ? below->in_cleanup == 0 : awaited || last->in_cleanup == 0;
    for (; task != last; task = awaited_task(task))
        task->passed_on |= passed_on;
    last->passed_on |= below ? passed_on : awaited != NULL;
    if (awaited)
        eddy_future_cancel(awaited);
}

void eddy_task_cancel_all(struct eddy_list *tasks)
{
    for (struct eddy_list *link = tasks->next; link != tasks; link = link->next) {
        struct eddy_task *task = container_of(link, struct eddy_task, link);
        if (task->unlanded == 0)
            ask_rest(task);
    }
}

static void cancel_task(struct eddy_future *future)
{
    eddy_task_cancel(container_of(future, struct eddy_task, future));
}

const struct eddy_future_type eddy_task_type = {
    .name = "task", .cancel = cancel_task, .describe = describe_chain, .guarded = true};

/* ---- What the macros of co.h call -------------------------------------------------------------- */

enum { TURN = 100, TURN_BYTES = 65536, RING_MOST = 8 };

void eddy_co_spend(size_t bytes)
{
    size_t part = bytes < TURN_BYTES ? bytes * TURN / TURN_BYTES : TURN;

    if (current && current->spent < TURN)
        current->spent += (uint16_t)part;
}

struct eddy_loop *eddy_co_loop(const struct eddy_co *co)
{
    return co->task->future.loop;
}

/* Whether `future` is done only when `task` is. Short rings are seen; a loop with a long one is stuck,
 * and says so. */
static bool waits_for(const struct eddy_future *future, const struct eddy_task *task)
{
    for (int hops = 0; hops < RING_MOST && future && is_task(future); hops++) {
        if (future == &task->future)
            return true;
        future = container_of(future, struct eddy_task, future)->waiting;
    }
    return false;
}

static bool is_spawned(const struct eddy_future *future)
{
    return is_task(future) && container_of(future, struct eddy_task, future)->spawned;
}

static int start_waiting(struct eddy_task *task, struct eddy_future *future)
{
    /* TODO 06.2: write start_waiting(). */
    return -ENOSYS;
}

/* It is done: no need to pause. But now and then others must have their turn. */
static bool give_up_turn(struct eddy_task *task, const struct eddy_future *future)
{
    /* TODO 06.2: write give_up_turn(). */
    return false;
}

/* Returns whether to pause. */
bool eddy_co_await(struct eddy_co *co, struct eddy_future *future)
{
    /* TODO 06.2: write eddy_co_await(). */
    return false;
}

bool eddy_co_finally(struct eddy_co *co)
{
    bool first = eddy_place_finally(&co->place);

    co->task->in_cleanup += first;
    return first;
}

static void leave_cleanup(struct eddy_co *co)
{
    co->place.line = EDDY_AT_END;
    co->task->in_cleanup -= co->place.finally;
}

/* `inner` becomes the one that runs: the body that has called it pauses, and the step goes on there. */
void eddy_co_call(struct eddy_co *co, struct eddy_co *inner,
                  struct eddy_step (*body)(struct eddy_co *co))
{
    /* TODO 06.2: write eddy_co_call(). */
}

/* ---- A step ------------------------------------------------------------------------------------ */

/* Cancelled before its first step: the body is entered at its cleanup section. */
static void skip_body(struct eddy_co *co)
{
    /* TODO 06.2: write skip_body(). */
}

/* The body of `co` has returned. Who goes on: its caller, with what came of it; NULL: nobody, that was
 * the task's own. */
static struct eddy_co *return_to_caller(struct eddy_co *co)
{
    /* TODO 06.2: write return_to_caller(). */
    return NULL;
}

/* What a local variable would be read from. */
__attribute__((noinline)) static void spoil_stack(void)
{
    volatile char bytes[1024];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)0xA5;
}

/* Calls the body until it pauses. In debug mode it has paused also where there is nothing to wait for;
 * then its stack is spoilt, and it goes on. Returns whether it has paused. */
static bool run_body(struct eddy_co *co)
{
    struct eddy_task *task = co->task;
    bool paused = co->body(co).paused;

    while (paused && task->again) {
        task->again = false;
        spoil_stack();
        paused = co->body(co).paused;
    }
    return paused;
}

/* From the one that awaits, and not from the outermost: however deep the calls are, a step costs the
 * same, and the C stack holds one body at a time. Returns whether the task has paused. */
static bool run_bodies(struct eddy_task *task)
{
    /* TODO 06.2: write run_bodies(). */
    return false;
}

void eddy_co_step(struct eddy_handle *handle)
{
    /* TODO 06.2: write eddy_co_step(). */
}
