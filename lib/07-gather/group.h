/*
 * group - tasks that begin and end together: none outlives the group, and none fails alone.
 *
 *     CO_BEGIN(co);
 *     err = eddy_group_open(&self->group, co);
 *     ...
 *     eddy_group_spawn(&self->group, fetch, .url = "one");
 *     eddy_group_spawn(&self->group, fetch, .url = "two");
 *     CO_AWAIT(co, eddy_group_join(&self->group));
 *     CO_FINALLY(co);
 *     CO_AWAIT(co, eddy_group_close(&self->group));
 *
 * Members may add members, also while the group is being joined. The first one that fails cancels
 * all others and, if the owner is not in its join, the owner: its await comes back cancelled, and
 * the group's close turns that into the member's error. A member that was cancelled has not failed.
 *
 * JOIN BELONGS INTO THE BODY, where a cancel of the owner reaches the members. CLOSE BELONGS INTO
 * THE CLEANUP SECTION: it cancels whoever is left, and waits for them. (asyncio.TaskGroup does both
 * at the end of its block; the words join and close are curio's.)
 *
 * Errors: the first is the group's. The others are told to the loop's exception handler, since
 * nobody else would hear of them, and counted.
 * Memory: the group is the owner's, in its frame. A member that is spawned has a block of its own,
 * which the loop frees a turn after its end; one that is added is the caller's. So await a spawned
 * member, but put it into no gather and no wait: their places would be asked after that. Threads: the
 * loop's.
 */
#ifndef EDDY_GROUP_H
#define EDDY_GROUP_H

#include "group_block.h"
#include "opened.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Valid when zeroed: closed. Read `failures`; touch no other field. */
struct eddy_group {
    struct eddy_future future; /* what join and close wait for */
    struct eddy_future refused;
    struct eddy_handle told; /* in line until whoever joins hears of it */
    struct eddy_canceller canceller;
    struct eddy_opened opened;
    struct eddy_list members; /* that have not ended */
    struct eddy_co *co;       /* the owner's, that has opened it; NULL: closed */
    size_t failures;          /* how many members have failed */
    int err;                  /* the first error, until it is told */
    bool ends;                /* members are cancelled, and there will be no new ones */
    bool asked, cut;          /* its join was cancelled, and that has cancelled a member */
    bool interrupts;          /* it has cancelled its owner */
    bool closes;
};

/* Open it. `co` is the coroutine that owns it, in its own step. EDDY_EQUEUED: it is open. -ENOMEM. */
int eddy_group_open(struct eddy_group *group, struct eddy_co *co);

/*
 * eddy_group_spawn(&self->group, fetch, .url = url): start fetch() as a member, with a heap block for
 * task and frame, as eddy_spawn() does. What it finds it must leave where somebody looks: in the
 * owner's frame, which outlives it. Returns 0, or -ENOMEM, EDDY_ECLOSED, and -ECANCELED when the
 * group ends; on these nothing runs, and what was to be given to it is still yours.
 */
#define eddy_group_spawn(group, ...) EDDY_GROUP_SPAWN_(group, __VA_ARGS__, .co = {.body = NULL})

#define EDDY_GROUP_SPAWN_(group, name, ...)                                         \
    eddy_group_spawn_frame(group, &(struct name){__VA_ARGS__}, sizeof(struct name), \
                           _Alignof(struct name), offsetof(struct name, co), #name, name)

int eddy_group_spawn_frame(struct eddy_group *group, const void *frame, size_t frame_size,
                           size_t alignment, size_t co_offset, const char *name,
                           struct eddy_step (*body)(struct eddy_co *co));

/*
 * `future` becomes a member: a task that was started in a frame, or an operation. Nothing is
 * allocated. If the group ends, it is cancelled at once, and waited for. EDDY_ECLOSED; EDDY_EQUEUED:
 * the place is in use; EDDY_EOTHER, -EINVAL (a spawned task), EDDY_EDEADLOCK: it is no member.
 */
int eddy_group_add(struct eddy_group *group, struct eddy_member *member,
                   struct eddy_future *future);

/* Cancel the members that there are; they do not fail by that, and the group goes on. */
void eddy_group_cancel(struct eddy_group *group);

/* Done when there is no member any more: with the first error, or 0. A cancel goes to all members; it
 * is done with -ECANCELED when they have ended. EDDY_EWATCHED: it is being joined. EDDY_ECLOSED.
 * If a join is no longer waited for (a wait around it had its time), join again, or close. */
struct eddy_future *eddy_group_join(struct eddy_group *group);

/*
 * Cancel the members that are left; done when they have ended, with the first error that was not
 * told, or 0. That error also becomes the owner's outcome, if it has none, or was cancelled by the
 * group alone. Closed already, or zeroed: done at once with 0. If another task joins, the owner's
 * close ends that join, too; from anybody but the owner it is EDDY_EWATCHED then.
 */
struct eddy_future *eddy_group_close(struct eddy_group *group);

#ifdef __cplusplus
}
#endif

#endif
