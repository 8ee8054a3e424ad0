/*
 * group_block - a member's place in its group; and the memory of one that is spawned: place, task and
 * frame in one block, from what the loop keeps for spawned tasks. The functions are group.c's alone.
 *
 * Memory: the loop's. What is left when it is closed is freed then. Threads: the loop's.
 */
#ifndef EDDY_GROUP_BLOCK_H
#define EDDY_GROUP_BLOCK_H

#include "awaited.h"
#include "task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A place in a group, for one that is added. Begins zeroed; touch no field. */
struct eddy_member {
    struct eddy_awaited awaited;
    struct eddy_list link; /* among the members that have not ended */
    bool spawned;
};

/* Make a block and start its task. *member is its place, whose future is the task's. Errors: -ENOMEM,
 * and those of eddy_task_start(). */
int eddy_group_block_start(struct eddy_member **member, struct eddy_loop *loop, const void *frame,
                           size_t frame_size, size_t alignment, size_t co_offset, const char *name,
                           struct eddy_step (*body)(struct eddy_co *co));

/* Its task has ended. The block goes a turn later, when all others that may have awaited the task have
 * been called, too. If it was abandoned, the tasks in its frame are abandoned with it. */
void eddy_group_block_free(struct eddy_member *member);

#ifdef __cplusplus
}
#endif

#endif
