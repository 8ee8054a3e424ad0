#include "task.h"

#include "errors.h"
#include "leftovers.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct eddy_task *task_of(struct eddy_list *link)
{
    return container_of(link, struct eddy_task, link);
}

/* ---- A loop's tasks ------------------------------------------------------------------------------ */

static int may_close(struct eddy_loop *loop, struct eddy_guest *guest)
{
    if (eddy_list_empty(&container_of(guest, struct eddy_tasks, guest)->all))
        return 0;
    eddy_loop_call_exception_handler(
        loop,
        &(struct eddy_context){.message = "the loop cannot be closed: these tasks have not ended"});
    eddy_report_tasks(loop);
    return EDDY_ETASKS;
}

static void close_guest(struct eddy_loop *loop, struct eddy_guest *guest)
{
    struct eddy_tasks *tasks = container_of(guest, struct eddy_tasks, guest);

    (void)loop;
    eddy_blocks_fini(&tasks->blocks);
    free(tasks);
}

/* A task's handle is known by its function. */
static const char *name_handle(const struct eddy_handle *handle)
{
    return handle->fn == eddy_co_step
               ? eddy_co_name(container_of(handle, const struct eddy_task, handle)->co)
               : NULL;
}

static const struct eddy_guest_type guest_type = {
    .name = "tasks", .may_close = may_close, .close = close_guest, .name_handle = name_handle};

/* At each task's beginning and end. It comes late, so it is the first of the guests, most often. */
struct eddy_tasks *eddy_tasks_of(const struct eddy_loop *loop)
{
    struct eddy_guest *guest = container_of(loop->guests.next, struct eddy_guest, link);

    if (!loop->open || eddy_list_empty(&loop->guests))
        return NULL;
    if (guest->type != &guest_type)
        guest = eddy_loop_guest(loop, &guest_type);
    return guest ? container_of(guest, struct eddy_tasks, guest) : NULL;
}

/* The same, made if this is the first task. NULL: *err says why. */
static struct eddy_tasks *tasks_for(struct eddy_loop *loop, int *err)
{
    struct eddy_tasks *tasks = eddy_tasks_of(loop);

    *err = eddy_loop_is_closed(loop) ? EDDY_ECLOSED : eddy_loop_check_thread(loop, "task_start");
    if (tasks || *err < 0)
        return tasks;
    tasks = calloc(1, sizeof *tasks);
    *err = tasks ? eddy_loop_add_guest(loop, &tasks->guest, &guest_type) : -ENOMEM;
    if (*err < 0) {
        free(tasks);
        return NULL;
    }
    eddy_list_init(&tasks->all);
    eddy_list_init(&tasks->hooks);
    return tasks;
}

/* ---- Who is told of each task -------------------------------------------------------------------- */

static struct eddy_task_hooks *hooks_of(struct eddy_list *link)
{
    return container_of(link, struct eddy_task_hooks, link);
}

int eddy_task_add_hooks(struct eddy_loop *loop, struct eddy_task_hooks *hooks)
{
    struct eddy_tasks *tasks = eddy_tasks_of(loop);

    if (!tasks)
        return -EINVAL;
    if (eddy_list_linked(&hooks->link))
        return EDDY_EQUEUED;
    eddy_list_append(&tasks->hooks, &hooks->link);
    return 0;
}

/* Those before `end` are told, and no more. */
static void tell_ended(struct eddy_tasks *tasks, struct eddy_list *end, struct eddy_task *task)
{
    for (struct eddy_list *link = tasks->hooks.next; link != end; link = link->next)
        if (hooks_of(link)->ended)
            hooks_of(link)->ended(hooks_of(link), task);
}

static int tell_born(struct eddy_tasks *tasks, struct eddy_task *task)
{
    int err = 0;

    for (struct eddy_list *link = tasks->hooks.next; link != &tasks->hooks; link = link->next) {
        if (hooks_of(link)->born)
            err = hooks_of(link)->born(hooks_of(link), task, eddy_current_task());
        if (err < 0) {
            tell_ended(tasks, link, task);
            break;
        }
    }
    return err;
}

static void tell_let_go(struct eddy_tasks *tasks, struct eddy_task *task)
{
    for (struct eddy_list *link = tasks->hooks.next; link != &tasks->hooks; link = link->next)
        if (hooks_of(link)->let_go)
            hooks_of(link)->let_go(hooks_of(link), task);
}

const char *eddy_task_own_name(const struct eddy_task *task)
{
    struct eddy_tasks *tasks = eddy_tasks_of(task->future.loop);
    struct eddy_list *end = tasks ? &tasks->hooks : NULL;
    const char *name = NULL;

    for (struct eddy_list *link = end ? end->next : NULL; !name && link != end; link = link->next)
        if (hooks_of(link)->name)
            name = hooks_of(link)->name(hooks_of(link), task);
    return name;
}

/* ---- Looking ----------------------------------------------------------------------------------- */

bool eddy_task_done(const struct eddy_task *task)
{
    return eddy_future_done(&task->future);
}

struct eddy_task *eddy_next_task(struct eddy_loop *loop, struct eddy_task *task)
{
    struct eddy_tasks *tasks = eddy_tasks_of(loop);
    struct eddy_list *next = tasks ? task ? task->link.next : tasks->all.next : NULL;

    return next && next != &tasks->all ? task_of(next) : NULL;
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

static void tell_none_left(struct eddy_loop *loop, struct eddy_tasks *tasks)
{
    if (tasks->none_left && eddy_list_empty(&tasks->all) && !eddy_handle_queued(tasks->none_left))
        eddy_loop_call_soon(loop, tasks->none_left);
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

/* A spawned task's: {task, frame}. In debug mode it is kept for nobody: then a sanitizer sees who uses
 * it once more. */
static void give_block(struct eddy_loop *loop, struct eddy_tasks *tasks, struct eddy_task *task)
{
    if (loop->looks_closer)
        free(task);
    else
        eddy_blocks_give(&tasks->blocks, task,
                         (size_t)((char *)task->co - (char *)task) + task->co_size);
}

void eddy_task_end(struct eddy_task *task)
{
    struct eddy_loop *loop = task->future.loop;
    struct eddy_tasks *tasks = eddy_tasks_of(loop);
    int outcome = eddy_place_outcome(&task->co->place);

    if (loop->looks_closer)
        eddy_leftovers_report(task, &tasks->all);
    eddy_list_remove(&task->link);
    report_failure(task, outcome);
    tell_ended(tasks, &tasks->hooks, task);
    if (task->spawned)
        give_block(loop, tasks, task);
    else
        eddy_future_finish(&task->future, outcome, task->co);
    tell_none_left(loop, tasks);
}

/* Born while all are being cancelled. A task that a cleanup section starts in its frame is a part of
 * that section, which is never cut short. */
static bool comes_too_late(const struct eddy_task *task, const struct eddy_tasks *tasks)
{
    struct eddy_task *parent;

    if (!tasks->ending)
        return false;
    parent = eddy_current_task();
    return task->spawned || !parent || parent->in_cleanup == 0;
}

static int start_task(struct eddy_task *task, struct eddy_loop *loop, struct eddy_tasks *tasks,
                      struct eddy_co *co, struct eddy_step (*body)(struct eddy_co *co))
{
    int err;

    co->body = body;
    co->task = task;
    task->co = task->inner = co;
    eddy_future_init_type(&task->future, loop, &eddy_task_type);
    task->handle.fn = eddy_co_step; /* it has a name of its own: name_handle() */
    err = tell_born(tasks, task);
    if (err < 0)
        return err;
    eddy_loop_call_soon(loop, &task->handle); /* it is open, and this its thread: see tasks_for() */
    eddy_list_append(&tasks->all, &task->link);
    if (comes_too_late(task, tasks))
        eddy_task_cancel(task);
    return 0;
}

struct eddy_future *eddy_task_start_frame(struct eddy_task *task, struct eddy_loop *loop,
                                          struct eddy_co *co, const char *name,
                                          struct eddy_step (*body)(struct eddy_co *co),
                                          size_t co_size)
{
    int err;
    struct eddy_tasks *tasks = tasks_for(loop, &err);

    *task = (struct eddy_task){.co_size = (uint32_t)co_size};
    co->place.name = name;
    if (err == 0)
        err = start_task(task, loop, tasks, co, body);
    return err < 0 ? eddy_future_init_done(&task->future, loop, err) : &task->future;
}

int eddy_spawn_frame(struct eddy_loop *loop, const void *frame, size_t frame_size, size_t alignment,
                     size_t co_offset, const char *name,
                     struct eddy_step (*body)(struct eddy_co *co))
{
    struct eddy_task *task;
    struct eddy_co *co;
    int err;
    struct eddy_tasks *tasks = tasks_for(loop, &err);

    if (err < 0)
        return err;
    task = eddy_blocks_take(&tasks->blocks, sizeof *task + alignment + frame_size);
    if (!task)
        return -ENOMEM;
    *task = (struct eddy_task){.co_size = (uint32_t)(frame_size - co_offset), .spawned = true};
    co = (struct eddy_co *)(void *)((char *)memcpy(eddy_blocks_place(task + 1, alignment), frame,
                                                   frame_size) +
                                    co_offset);
    co->place.name = name;
    err = start_task(task, loop, tasks, co, body);
    if (err < 0)
        give_block(loop, tasks, task);
    return err;
}

static _Thread_local const struct eddy_task *letting_go;

const struct eddy_task *eddy_task_lets_go(void)
{
    return letting_go;
}

/* A hook or a cancel may abandon another task on its way. */
void eddy_task_let_go(struct eddy_task *task)
{
    const struct eddy_task *before = letting_go;

    letting_go = task;
    tell_let_go(eddy_tasks_of(task->future.loop), task);
    if (task->waiting && !eddy_future_done(task->waiting) && task->waiting->type != &eddy_task_type)
        eddy_future_cancel(task->waiting);
    letting_go = before;
    task->waiting = NULL;
    eddy_handle_cancel(&task->handle);
}

/* Those in its frame began after it; if it has left the list, all there are may have. */
void eddy_task_abandon_inner(struct eddy_task *task)
{
    struct eddy_list *all = &eddy_tasks_of(task->future.loop)->all, *link = all->prev;

    while (link != all && link != &task->link) {
        struct eddy_task *inner = container_of(link, struct eddy_task, link);
        link = link->prev;
        if (eddy_task_holds(task, inner))
            eddy_task_abandon(inner);
    }
}

void eddy_task_abandon(struct eddy_task *task)
{
    struct eddy_loop *loop = task->future.loop;

    if (eddy_future_done(&task->future) || task == eddy_current_task())
        return;
    eddy_task_let_go(task);
    if (task->spawned)
        eddy_task_abandon_inner(task);
    eddy_list_remove(&task->link);
    tell_ended(eddy_tasks_of(loop), &eddy_tasks_of(loop)->hooks, task);
    if (task->spawned)
        give_block(loop, eddy_tasks_of(loop), task);
    else
        eddy_future_finish(&task->future, EDDY_ETASKS, NULL);
}
