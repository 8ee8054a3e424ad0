#include "group.h"

#include "errors.h"
#include "io.h"

#include <errno.h>
#include <stdio.h>

static struct eddy_loop *loop_of(const struct eddy_group *group)
{
    return eddy_co_loop(group->co);
}

static struct eddy_member *member_of(struct eddy_list *link)
{
    return container_of(link, struct eddy_member, link);
}

/* ---- Cancelling -------------------------------------------------------------------------------- */

static void cancel_members(struct eddy_canceller *canceller)
{
    struct eddy_group *group = container_of(canceller, struct eddy_group, canceller);

    for (struct eddy_list *link = group->members.next; link != &group->members; link = link->next)
        eddy_awaited_cancel(&member_of(link)->awaited);
}

static void end_members(struct eddy_group *group)
{
    group->ends = true;
    eddy_canceller_call(&group->canceller);
}

void eddy_group_cancel(struct eddy_group *group)
{
    if (group->co)
        eddy_canceller_call(&group->canceller);
}

static void cancel_join(struct eddy_future *future)
{
    struct eddy_group *group = container_of(future, struct eddy_group, future);

    group->asked = true;
    end_members(group);
}

/* ---- The end of a join, and of the group ------------------------------------------------------- */

/* The first error is told once. */
static int take_outcome(struct eddy_group *group)
{
    int err = group->err;

    if (err == 0 && group->cut)
        err = -ECANCELED;
    group->err = 0;
    group->asked = group->cut = false;
    return err;
}

static void report_error(const struct eddy_group *group, int err, const char *message)
{
    eddy_loop_call_exception_handler(
        loop_of(group),
        &(struct eddy_context){.message = message, .err = err, .who = eddy_co_name(group->co)});
}

/* In its cleanup section: the owner's own error stays; a cancel that was the group's own doing becomes
 * the error that it stood for. */
static void settle_owner(struct eddy_group *group, int err)
{
    struct eddy_co *co = group->co;
    bool landed;
    bool ours =
        group->interrupts && eddy_opened_uncancel(&group->opened, co->place.outcome, &landed);

    if (err == 0 || !co->place.finally)
        return;
    if (co->place.outcome == 0 || (co->place.outcome == -ECANCELED && ours))
        co->place.outcome = err;
    else
        report_error(group, err, "a task of the group has failed, and so has its owner");
}

static int end_group(struct eddy_group *group)
{
    int err = group->err;

    eddy_opened_remove(&group->opened);
    eddy_handle_cancel(&group->told);
    settle_owner(group, err);
    group->co = NULL;
    return err;
}

/* Who waits for a join may stop waiting (eddy_wait()); then it is as if there were no join. */
static bool is_awaited(const struct eddy_group *group)
{
    return !eddy_future_done(&group->future) && !eddy_list_empty(&group->future.waiters);
}

/* Also when it is done, and whoever waits has not heard of it: there is one place for all. */
static bool is_busy(const struct eddy_group *group)
{
    return is_awaited(group) || eddy_handle_queued(&group->told);
}

/* An error of which nobody hears now is told by the close. */
static void on_none_left(struct eddy_group *group)
{
    bool told = is_awaited(group);
    int err = group->err;

    if (eddy_future_done(&group->future))
        return;
    if (!group->closes)
        eddy_awaited_announce(&group->future, &group->told);
    eddy_finish_in_batch(&group->future, group->closes ? end_group(group) : take_outcome(group),
                         NULL);
    if (!told)
        group->err = err;
}

/* ---- A member has ended ------------------------------------------------------------------------ */

/* Whoever owns the group awaits something else, perhaps for long. */
static void interrupt_owner(struct eddy_group *group)
{
    if (is_awaited(group) || group->closes || group->interrupts)
        return;
    group->interrupts = true;
    eddy_opened_cancel(&group->opened);
}

static void note_outcome(struct eddy_group *group, int err)
{
    if (err == -ECANCELED)
        group->cut |= group->asked;
    if (err == 0 || err == -ECANCELED)
        return;
    if (group->failures++ > 0) {
        report_error(group, err, "another task of the group has failed");
        return;
    }
    group->err = err;
    end_members(group);
    interrupt_owner(group);
}

static void on_member_done(struct eddy_handle *handle)
{
    struct eddy_member *member = container_of(handle, struct eddy_member, awaited.handle);
    struct eddy_group *group = member->awaited.owner;
    int err = eddy_awaited_error(&member->awaited);

    eddy_list_remove(&member->link);
    if (member->spawned)
        eddy_group_block_free(member);
    note_outcome(group, err);
    if (eddy_list_empty(&group->members))
        on_none_left(group);
}

/* ---- Opening, adding --------------------------------------------------------------------------- */

/* The owner is abandoned: its members go on by themselves, as far as they do. */
static void leave_frame(struct eddy_opened *opened)
{
    struct eddy_group *group = container_of(opened, struct eddy_group, opened);

    while (!eddy_list_empty(&group->members))
        eddy_awaited_stop(&member_of(eddy_list_pop(&group->members))->awaited);
    eddy_handle_cancel(&group->told);
    eddy_future_finish(&group->future, -ECANCELED, NULL);
    group->co = NULL;
}

int eddy_group_open(struct eddy_group *group, struct eddy_co *co)
{
    int err;

    if (group->co)
        return EDDY_EQUEUED;
    *group = (struct eddy_group){.err = 0};
    group->canceller.cancel = cancel_members;
    eddy_list_init(&group->members);
    eddy_future_init_done(&group->future, eddy_co_loop(co), 0);
    err = eddy_opened_add(&group->opened, co->task, leave_frame);
    if (err == 0)
        group->co = co;
    return err;
}

static int add_member(struct eddy_group *group, struct eddy_member *member)
{
    int err = eddy_awaited_start(&member->awaited, loop_of(group), group, on_member_done);

    if (err < 0)
        return err;
    eddy_list_append(&group->members, &member->link);
    if (group->ends)
        eddy_awaited_cancel(&member->awaited);
    return 0;
}

int eddy_group_add(struct eddy_group *group, struct eddy_member *member, struct eddy_future *future)
{
    if (!group->co)
        return EDDY_ECLOSED;
    if (eddy_list_linked(&member->link))
        return EDDY_EQUEUED;
    member->awaited.future = future;
    member->spawned = false;
    return add_member(group, member);
}

int eddy_group_spawn_frame(struct eddy_group *group, const void *frame, size_t frame_size,
                           size_t alignment, size_t co_offset, const char *name,
                           struct eddy_step (*body)(struct eddy_co *co))
{
    struct eddy_member *member;
    int err;

    if (!group->co)
        return EDDY_ECLOSED;
    err = eddy_loop_check_thread(loop_of(group), "group_spawn");
    if (err < 0 || group->ends)
        return err < 0 ? err : -ECANCELED;
    err = eddy_group_block_start(&member, loop_of(group), frame, frame_size, alignment, co_offset,
                                 name, body);
    return err < 0 ? err : add_member(group, member);
}

/* ---- Joining and closing ----------------------------------------------------------------------- */

static void describe_join(const struct eddy_future *future, char *text, size_t n)
{
    const struct eddy_group *group = container_of(future, const struct eddy_group, future);
    size_t count = 0;

    for (struct eddy_list *link = group->members.next; link != &group->members; link = link->next)
        count++;
    snprintf(text, n, "group: %zu of its tasks have not ended", count);
}

static const struct eddy_future_type type = {
    .name = "group", .cancel = cancel_join, .describe = describe_join, .guarded = true};

struct eddy_future *eddy_group_join(struct eddy_group *group)
{
    int err = group->co ? eddy_loop_check_thread(loop_of(group), "group_join") : EDDY_ECLOSED;

    if (err == 0 && is_busy(group))
        err = EDDY_EWATCHED;
    if (err < 0)
        return eddy_future_init_done(&group->refused, group->future.loop, err);
    if (eddy_list_empty(&group->members))
        return eddy_future_init_done(&group->future, loop_of(group), take_outcome(group));
    eddy_future_init_type(&group->future, loop_of(group), &type);
    return &group->future;
}

/* Its frame is about to go, so the owner is never refused: whoever joins is told together with it. */
struct eddy_future *eddy_group_close(struct eddy_group *group)
{
    int err = group->co ? eddy_loop_check_thread(loop_of(group), "group_close") : 0;

    if (err == 0 && group->co && is_busy(group) && eddy_current_task() != group->co->task)
        err = EDDY_EWATCHED;
    if (err < 0 || !group->co)
        return eddy_future_init_done(&group->refused, group->future.loop, err);
    group->closes = true;
    if (eddy_list_empty(&group->members))
        return eddy_future_init_done(&group->refused, group->future.loop, end_group(group));
    if (!is_awaited(group))
        eddy_future_init_type(&group->future, loop_of(group), &type);
    end_members(group);
    return &group->future;
}
