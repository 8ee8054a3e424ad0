#include "opened.h"

#include <errno.h>
#include <stdlib.h>

/* What a loop keeps for all that is open. */
struct openings {
    struct eddy_guest guest;
    struct eddy_task_hooks hooks;
    struct eddy_list all;
};

static struct eddy_opened *opened_of(struct eddy_list *link)
{
    return container_of(link, struct eddy_opened, link);
}

/* Or the end of many tasks would cost the square of their number. */
enum { LOOKED_MOST = 10000 };

/* Of the `most` that were opened last. Returns how many of them were the task's. */
static size_t leave_all(struct eddy_task_hooks *hooks, struct eddy_task *task, size_t most)
{
    struct eddy_list *all = &container_of(hooks, struct openings, hooks)->all, *link = all->prev;
    size_t count = 0;

    for (size_t looked = 0; link != all && looked < most; looked++) {
        struct eddy_opened *opened = opened_of(link);
        link = link->prev;
        if (opened->task != task)
            continue;
        eddy_list_remove(&opened->link);
        opened->leave(opened);
        count++;
    }
    return count;
}

/* O(all that is open): a task is abandoned as a last resort. */
static void leave_frame(struct eddy_task_hooks *hooks, struct eddy_task *task)
{
    leave_all(hooks, task, SIZE_MAX);
}

/* A close was forgotten, and the frame goes. To look for that costs too much for every day. */
static void look_at_open(struct eddy_task_hooks *hooks, struct eddy_task *task)
{
    struct eddy_loop *loop = task->future.loop;

    if (!loop->looks_closer || leave_all(hooks, task, LOOKED_MOST) == 0)
        return;
    eddy_loop_call_exception_handler(
        loop, &(struct eddy_context){
                  .message = "it ends and has not closed what it has opened (a group, a scope, "
                             "an iteration)",
                  .who = eddy_co_name(task->co)});
}

static void close_openings(struct eddy_loop *loop, struct eddy_guest *guest)
{
    struct openings *openings = container_of(guest, struct openings, guest);

    (void)loop;
    while (!eddy_list_empty(&openings->all))
        eddy_list_pop(&openings->all);
    free(openings);
}

/* NULL: no memory. */
static struct openings *openings_of(struct eddy_loop *loop)
{
    static const struct eddy_guest_type type = {.name = "openings", .close = close_openings};
    struct eddy_guest *guest = eddy_loop_guest(loop, &type);
    struct openings *openings;

    if (guest)
        return container_of(guest, struct openings, guest);
    openings = calloc(1, sizeof *openings);
    if (!openings)
        return NULL;
    openings->hooks.let_go = leave_frame;
    openings->hooks.ended = look_at_open;
    eddy_list_init(&openings->all);
    eddy_loop_add_guest(loop, &openings->guest, &type);
    eddy_task_add_hooks(loop, &openings->hooks);
    return openings;
}

int eddy_opened_add(struct eddy_opened *opened, struct eddy_task *task,
                    void (*leave)(struct eddy_opened *opened))
{
    int err = eddy_loop_check_thread(task->future.loop, "open");
    struct openings *openings = err < 0 ? NULL : openings_of(task->future.loop);

    if (!openings)
        return err < 0 ? err : -ENOMEM;
    opened->task = task;
    opened->leave = leave;
    opened->before = task->requests - task->unlanded; /* the others will land together with ours */
    eddy_list_append(&openings->all, &opened->link);
    return 0;
}

int eddy_opened_add_here(struct eddy_opened *opened, const void *where,
                         void (*leave)(struct eddy_opened *opened))
{
    struct eddy_task *task = eddy_current_task();

    return task && eddy_task_holds(task, where) ? eddy_opened_add(opened, task, leave) : 0;
}

void eddy_opened_remove(struct eddy_opened *opened)
{
    if (eddy_list_linked(&opened->link))
        eddy_list_remove(&opened->link);
}

/* ---- Its request to cancel the task -------------------------------------------------------------- */

void eddy_opened_cancel(struct eddy_opened *opened)
{
    eddy_task_cancel(opened->task);
    opened->requests = opened->task->requests;
    opened->unlanded = opened->task->unlanded;
}

/* A landing takes all there are. So as long as none has come, each request since then has made both
 * counts larger, and each that was taken back has made both smaller. */
static bool has_landed(const struct eddy_opened *opened)
{
    const struct eddy_task *task = opened->task;

    return task->unlanded == 0 ||
           task->unlanded + opened->requests < opened->unlanded + task->requests;
}

bool eddy_opened_uncancel(struct eddy_opened *opened, int err, bool *landed)
{
    struct eddy_task *task = opened->task;
    bool only = task->requests <= opened->before + 1;

    *landed = has_landed(opened);
    if (!*landed)
        eddy_task_uncancel(task);
    else if (task->requests > 0)
        task->requests--;
    if (*landed && !only && err == -ECANCELED)
        task->unlanded = 0;
    return only;
}
