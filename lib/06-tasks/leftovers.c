#include "leftovers.h"

#include <stdio.h>

/* Or the end of many tasks would cost the square of their number. */
enum { LOOKED_MOST = 10000 };

static void report_leftover(struct eddy_task *task, const char *text)
{
    eddy_loop_call_exception_handler(
        task->future.loop, &(struct eddy_context){.message = text, .who = eddy_co_name(task->co)});
}

/* A task in its frame began after it. Returns whether there is one. */
static bool look_at_tasks(struct eddy_task *task, const struct eddy_list *all)
{
    struct eddy_list *link = task->link.next;
    bool found = false;
    char text[200];

    for (int looked = 0; link != all && looked < LOOKED_MOST; looked++, link = link->next) {
        struct eddy_task *other = container_of(link, struct eddy_task, link);
        if (!eddy_task_holds(task, other))
            continue;
        found = true;
        snprintf(text, sizeof text, "it ends before the task %s, which lies in its frame",
                 eddy_co_name(other->co));
        report_leftover(task, text);
    }
    return found;
}

static void look_at_timers(struct eddy_task *task)
{
    struct eddy_loop *loop = task->future.loop;
    char text[200];

    for (size_t i = 0; i < loop->timers.count && i < LOOKED_MOST; i++) {
        struct eddy_timer *timer =
            container_of(loop->timers.entries[i].node, struct eddy_timer, node);
        if (!eddy_task_holds(task, timer))
            continue;
        snprintf(text, sizeof text,
                 "it ends while the timer of %s in its frame is set: a forgotten await?",
                 eddy_guests_name(&loop->guests, &timer->handle));
        report_leftover(task, text);
    }
}

static void look_at_watch(struct eddy_task *task, const struct eddy_watch *watch, int fd,
                          const char *event)
{
    char text[200];

    if (!watch || !eddy_task_holds(task, watch))
        return;
    snprintf(
        text, sizeof text,
        "it ends while an operation in its frame waits to %s descriptor %d: a forgotten await?",
        event, fd);
    report_leftover(task, text);
}

static void look_at_watches(struct eddy_task *task)
{
    const struct eddy_watches *watches = &task->future.loop->watches;

    for (int fd = 0; fd < watches->slot_count && fd < LOOKED_MOST; fd++) {
        look_at_watch(task, watches->slots[fd].reader, fd, "read");
        look_at_watch(task, watches->slots[fd].writer, fd, "write");
    }
}

void eddy_leftovers_report(struct eddy_task *task, const struct eddy_list *all)
{
    /* A frame that is smaller than a task has room for none. With one, what it waits for is its own. */
    if (task->co_size >= sizeof *task && look_at_tasks(task, all))
        return;
    look_at_timers(task);
    look_at_watches(task);
}
