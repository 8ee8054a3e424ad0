/*
 * context - what a task has of its own: a name, and values that its children inherit, such as the
 * number of the request that all of them work for. (asyncio's task names, and contextvars)
 *
 *     static const struct eddy_context_var request = {"request", NULL};
 *
 *     err = eddy_context_var_set(&request, self->id);      in a task
 *     ... eddy_context_var_get(&request) ...               in it, and in each task that it starts later
 *
 * A child begins with a copy of what its parent has at that moment; what either sets afterwards is
 * its own. Called coroutines (CO_CALL) are the same task, and have the same values.
 *
 * Memory: a value is a pointer, and what it leads to must stay as long as any task has it; so not a
 * field of a frame, unless all that inherit it end before that. The same holds for names.
 * A task with a name or a value has a record on the heap, which goes with it. As long as a loop has
 * none, none of this costs anything; later, a birth and an end look whether there is one, O(1).
 * Threads: the loop's.
 */
#ifndef EDDY_CONTEXT_H
#define EDDY_CONTEXT_H

#include "task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Static. Its address is the key. */
struct eddy_context_var {
    const char *name; /* for people */
    void *fallback;   /* what it is where nobody has set it */
};

/* In the task whose step runs, and in those that it starts from now on, `var` is `value`. -EINVAL: in
 * a plain callback there is no task. -ENOMEM: nothing has changed. O(values of the task). */
int eddy_context_var_set(const struct eddy_context_var *var, void *value);

/* What `var` is in the task whose step runs; its fallback in a plain callback. */
void *eddy_context_var_get(const struct eddy_context_var *var);

/* The task's name, which reports show after its function's. It is not inherited. NULL: none again.
 * -ENOMEM; -EINVAL: the task has ended. */
int eddy_task_set_name(struct eddy_task *task, const char *name);

/* That name; if it has none, its function's. Not for a task that has ended. */
const char *eddy_task_name(const struct eddy_task *task);

#ifdef __cplusplus
}
#endif

#endif
