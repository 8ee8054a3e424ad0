#include "task.h"

#include "blocks.h"
#include "errors.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LOOKED_MOST = 1000 };

static struct eddy_task *task_of(struct eddy_list *link)
{
    return container_of(link, struct eddy_task, link);
}

/* ---- Looking ----------------------------------------------------------------------------------- */

bool eddy_task_done(const struct eddy_task *task)
{
    return eddy_future_done(&task->future);
}

struct eddy_task *eddy_next_task(struct eddy_loop *loop, struct eddy_task *task)
{
    struct eddy_list *next = task ? task->link.next : loop->tasks.next;

    return next && next != &loop->tasks ? task_of(next) : NULL;
}

void eddy_report_tasks(struct eddy_loop *loop)
{
    char text[400];
    int count = 0;

    for (struct eddy_task *task = NULL; (task = eddy_next_task(loop, task)) != NULL; count++) {
        eddy_task_describe(task, text, sizeof text);
        eddy_report("task %d: %s", count + 1, text);
    }
    eddy_report("%d task%s", count, count == 1 ? "" : "s");
}

/* ---- A task's life ----------------------------------------------------------------------------- */

static void tell_no_tasks(struct eddy_loop *loop)
{
    if (loop->no_tasks && eddy_list_empty(&loop->tasks) && !eddy_handle_queued(loop->no_tasks))
        eddy_loop_call_soon(loop, loop->no_tasks);
}

static void report_failure(struct eddy_task *task, int err)
{
    if (err == 0 || err == -ECANCELED || !eddy_list_empty(&task->future.waiters))
        return;
    eddy_loop_call_exception_handler(
        task->future.loop,
        &(struct eddy_context){.message = "the task has failed, and nobody awaits it",
                               .err = err,
                               .who = eddy_co_name(task->co)});
}

/* Debug mode: a task that lies in this frame must have ended before it. It began after this one; not
 * all that did are looked at, or the end of many tasks would cost the square of their number. */
static void check_children(struct eddy_task *task)
{
    const char *frame = (const char *)task->co;
    struct eddy_task *other = task;
    char text[200];

    if (task->co_size < sizeof *task)
        return;
    for (int looked = 0;
         looked < LOOKED_MOST && (other = eddy_next_task(task->future.loop, other)) != NULL;
         looked++) {
        if ((const char *)other < frame || (const char *)other >= frame + task->co_size)
            continue;
        snprintf(text, sizeof text, "it ends before the task %s, which lies in its frame",
                 eddy_co_name(other->co));
        eddy_loop_call_exception_handler(
            task->future.loop,
            &(struct eddy_context){.message = text, .who = eddy_co_name(task->co)});
    }
}

/* A spawned task's: {task, frame}. */
static size_t block_size(const struct eddy_task *task)
{
    return (size_t)((const char *)task->co - (const char *)task) + task->co_size;
}

void eddy_task_end(struct eddy_task *task)
{
    struct eddy_loop *loop = task->future.loop;
    int outcome = task->co->place.outcome;

    if (loop->debug)
        check_children(task);
    eddy_list_remove(&task->link);
    report_failure(task, outcome);
    if (task->spawned)
        eddy_blocks_give(loop, task, block_size(task));
    else
        eddy_future_finish(&task->future, outcome, task->co);
    tell_no_tasks(loop);
}

/* A name for debug mode: the handle is a task's if it is called here. */
static const char *name_task(struct eddy_handle *handle)
{
    return handle->fn == eddy_co_step
               ? eddy_co_name(container_of(handle, struct eddy_task, handle)->co)
               : NULL;
}

/* The loop asks before it is closed. */
static int may_close(struct eddy_loop *loop)
{
    if (!eddy_list_empty(&loop->tasks)) {
        eddy_loop_call_exception_handler(
            loop, &(struct eddy_context){
                      .message = "the loop cannot be closed: these tasks have not ended"});
        eddy_report_tasks(loop);
        return EDDY_ETASKS;
    }
    eddy_blocks_fini(loop);
    return 0;
}

static int start(struct eddy_task *task, struct eddy_loop *loop, struct eddy_co *co,
                 struct eddy_step (*body)(struct eddy_co *co))
{
    int err;

    co->body = body;
    co->task = task;
    task->co = task->inner = co;
    eddy_future_init_type(&task->future, loop, &eddy_task_type);
    task->handle.fn = eddy_co_step; /* it has a name of its own: name_task() */
    err = eddy_loop_call_soon(loop, &task->handle);
    if (err < 0)
        return err;
    eddy_list_append(&loop->tasks, &task->link);
    loop->may_close = may_close;
    loop->name_task = name_task;
    return 0;
}

struct eddy_future *eddy_task_start_frame(struct eddy_task *task, struct eddy_loop *loop,
                                          struct eddy_co *co, const char *name,
                                          struct eddy_step (*body)(struct eddy_co *co),
                                          size_t co_size)
{
    int err;

    *task = (struct eddy_task){.co_size = (uint32_t)co_size};
    co->place.name = name;
    err = start(task, loop, co, body);
    return err < 0 ? eddy_future_init_done(&task->future, loop, err) : &task->future;
}

int eddy_spawn_frame(struct eddy_loop *loop, const void *frame, size_t frame_size, size_t co_offset,
                     const char *name, struct eddy_step (*body)(struct eddy_co *co))
{
    struct eddy_task *task;
    struct eddy_co *co;
    int err;

    if (eddy_loop_is_closed(loop))
        return EDDY_ECLOSED;
    task = eddy_blocks_take(loop, sizeof *task + frame_size);
    if (!task)
        return -ENOMEM;
    *task = (struct eddy_task){.co_size = (uint32_t)(frame_size - co_offset), .spawned = true};
    memcpy(task + 1, frame, frame_size);
    co = (struct eddy_co *)(void *)((char *)(task + 1) + co_offset);
    co->place.name = name;
    err = start(task, loop, co, body);
    if (err < 0)
        eddy_blocks_give(loop, task, block_size(task));
    return err;
}

void eddy_task_abandon(struct eddy_task *task)
{
    struct eddy_loop *loop = task->future.loop;

    if (task->waiting && !eddy_future_done(task->waiting) && task->waiting->type != &eddy_task_type)
        eddy_future_cancel(task->waiting);
    eddy_handle_cancel(&task->handle);
    eddy_list_remove(&task->link);
    if (task->spawned)
        eddy_blocks_give(loop, task, block_size(task));
    else
        eddy_future_finish(&task->future, EDDY_ETASKS, NULL);
}
