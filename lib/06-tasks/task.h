/*
 * task - a coroutine that the loop runs: a step now, and another one whenever what it awaits is
 * done.
 *
 * A task is a future, too: its outcome is how its body ends, and it is awaited and cancelled like
 * any other. And it is one handle, which waits in line for its next step, or among the waiters of
 * the future that it awaits.
 *
 * Cancelling is a request, and an ordinary outcome. The rules:
 * - It cancels what the task awaits, down to the last one; the await comes back with -ECANCELED.
 * - What was delivered wins, a result or an error: the request waits, and lands at the next await,
 *   before its operation is started. Nothing is lost, so nothing must be given back.
 * - A body that has returned has returned: the task ends with its result.
 * - A task that has not begun runs its cleanup section alone.
 * - The cleanup section is never cut short.
 * - A body may refuse: the request is spent when the await that it has cancelled has come back.
 * (The first rule is asyncio's, the second curio's: asyncio throws the result away.)
 *
 * A task that fails while nobody awaits it is told to the loop's exception handler. Whoever awaits
 * it later gets the error all the same.
 *
 * Memory: task and frame are the caller's and stay until the task is done, so whoever starts a task
 * in its frame awaits it, or cancels and awaits it in its cleanup section. (Not in the body: there
 * the await may itself be cancelled, and come back while the task still lives.) A zeroed task counts
 * as done, so a cleanup section may do this to a task that was never started. A cleanup section may
 * also run on a frame whose body has not run: what is 0 there must mean "nothing yet"; a descriptor
 * begins as -1.
 * eddy_spawn() is the exception: one block for both, which the loop frees. Beside that, a loop's
 * first task makes what the loop keeps for all of them; nothing else is allocated.
 * Threads: the loop's.
 */
#ifndef EDDY_TASK_H
#define EDDY_TASK_H

#include "blocks.h"
#include "co.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Starting ---------------------------------------------------------------------------------- */

/*
 * eddy_task_start(&self->task, loop, countdown, &self->countdown, .n = 3): fill the frame
 * self->countdown, a struct countdown, and run countdown() as a task. Its first step comes in the
 * next turn, after what is in line. Returns the task's future; on an error (EDDY_ECLOSED; -ENOMEM,
 * for a loop's first task only) it is done with that, and nothing runs.
 */
#define eddy_task_start(task, loop, ...) \
    EDDY_TASK_START_(task, loop, __VA_ARGS__, .co = {.body = NULL})

#define EDDY_TASK_START_(task, loop, name, frame, ...)            \
    (*(frame) = (struct name){__VA_ARGS__},                       \
     eddy_task_start_frame(task, loop, &(frame)->co, #name, name, \
                           (size_t)((char *)((frame) + 1) - (char *)&(frame)->co)))

/*
 * eddy_spawn(loop, echo_client, .fd = fd): the same with a heap block of its own for task and
 * frame, which the loop frees when the task ends: fire and forget. Nobody can await the task
 * (-EINVAL). Returns 0, -ENOMEM or EDDY_ECLOSED; on an error nothing runs, and what you meant to
 * give to the task is still yours.
 * Keep the frame below 2 kilobytes: then its block is kept for the next. (In debug mode none is
 * kept, so that a sanitizer sees who still uses it.) The frame is aligned as its type wants.
 * Whoever needs the task itself asks eddy_current_task() in its body.
 */
#define eddy_spawn(loop, ...) EDDY_SPAWN_(loop, __VA_ARGS__, .co = {.body = NULL})

#define EDDY_SPAWN_(loop, name, ...)                                         \
    eddy_spawn_frame(loop, &(struct name){__VA_ARGS__}, sizeof(struct name), \
                     _Alignof(struct name), offsetof(struct name, co), #name, name)

struct eddy_future *eddy_task_start_frame(struct eddy_task *task, struct eddy_loop *loop,
                                          struct eddy_co *co, const char *name,
                                          struct eddy_step (*body)(struct eddy_co *co),
                                          size_t co_size);

int eddy_spawn_frame(struct eddy_loop *loop, const void *frame, size_t frame_size, size_t alignment,
                     size_t co_offset, const char *name,
                     struct eddy_step (*body)(struct eddy_co *co));

/* ---- Cancelling and looking -------------------------------------------------------------------- */

/*
 * The last resort, for a task that refuses every cancel: it is never run again. What it awaits is
 * cancelled, its block is freed if it was spawned, and the tasks in that are abandoned with it; its
 * cleanup section does not run, so what it owns is lost. eddy_loop_shutdown() does this to what has
 * not ended when its time is up, and names it. Nothing happens to a task that has ended, or whose
 * step runs.
 */
void eddy_task_abandon(struct eddy_task *task);

/* The first half of that: it waits for nothing any more, and is in no line. For whoever abandons
 * several, whose frames may point into each other. */
void eddy_task_let_go(struct eddy_task *task);

/* Abandon the tasks that lie in the frame of `task`: for whoever frees that frame. O(tasks). */
void eddy_task_abandon_inner(struct eddy_task *task);

/* The task whose eddy_task_let_go() a cancel comes from, or NULL. For the cancel hook of a future that
 * would wait for others to end: this time nobody will, so it takes back at once all that points into
 * the frame. */
const struct eddy_task *eddy_task_lets_go(void);

bool eddy_task_done(const struct eddy_task *task);

/* All tasks of `loop` that have not ended, in the order in which they began: the one after `task`,
 * or with NULL the first; NULL after the last. */
struct eddy_task *eddy_next_task(struct eddy_loop *loop, struct eddy_task *task);

/* Report all tasks of `loop`, a line each. */
void eddy_report_tasks(struct eddy_loop *loop);

/* ---- For modules that keep something for each task (skip: chapter 7) ------------------------------ */

/* What such a module is told, for all tasks of a loop. NULL: not that. */
struct eddy_task_hooks {
    struct eddy_list link; /* among the loop's */
    /* `task` is about to begin; `parent` is the task whose step starts it, or NULL. An error: it
     * does not begin, and that is its outcome. */
    int (*born)(struct eddy_task_hooks *hooks, struct eddy_task *task, struct eddy_task *parent);
    /* It has ended, or is abandoned: its memory may be gone after this. */
    void (*ended)(struct eddy_task_hooks *hooks, struct eddy_task *task);
    /* eddy_task_let_go(): what the module still has in its frame must leave it. */
    void (*let_go)(struct eddy_task_hooks *hooks, struct eddy_task *task);
    /* A name of its own, for reports; NULL: it has none. */
    const char *(*name)(struct eddy_task_hooks *hooks, const struct eddy_task *task);
};

/* From now on `hooks` is told, until the loop is closed; then it is forgotten. For a loop that has
 * tasks (else -EINVAL). */
int eddy_task_add_hooks(struct eddy_loop *loop, struct eddy_task_hooks *hooks);

/* ---- For run.c --------------------------------------------------------------------------------- */

/* What tasks need of a loop: its guest, made with the first task and freed when the loop is
 * closed. */
struct eddy_tasks {
    struct eddy_guest guest;
    struct eddy_list all;          /* that have not ended, in the order in which they began */
    struct eddy_list hooks;        /* who is told of each */
    struct eddy_handle *none_left; /* is called when there is none any more; NULL: nobody asks */
    bool ending;                   /* all are being cancelled, and what is born now is, too */
    struct eddy_blocks blocks;
};

/* NULL: it has never had a task. */
struct eddy_tasks *eddy_tasks_of(const struct eddy_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
