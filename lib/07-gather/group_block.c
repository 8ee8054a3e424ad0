#include "group_block.h"

#include "errors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct group_block {
    struct eddy_list link; /* among the loop's */
    size_t size;
    struct eddy_member member;
    struct eddy_task task; /* and then the frame */
};

/* A loop's blocks that are in use. */
struct group_blocks {
    struct eddy_guest guest;
    struct eddy_list all;
};

/* A loop that has failed, or was stopped, may have a member's handle in line still. */
static void close_blocks(struct eddy_loop *loop, struct eddy_guest *guest)
{
    struct group_blocks *blocks = container_of(guest, struct group_blocks, guest);

    (void)loop;
    while (!eddy_list_empty(&blocks->all)) {
        struct group_block *block =
            container_of(eddy_list_pop(&blocks->all), struct group_block, link);
        eddy_handle_cancel(&block->member.awaited.handle);
        free(block);
    }
    free(blocks);
}

/* NULL: no memory. */
static struct group_blocks *blocks_of(struct eddy_loop *loop)
{
    static const struct eddy_guest_type type = {.name = "group blocks", .close = close_blocks};
    struct eddy_guest *guest = eddy_loop_guest(loop, &type);
    struct group_blocks *blocks;

    if (guest)
        return container_of(guest, struct group_blocks, guest);
    blocks = calloc(1, sizeof *blocks);
    if (!blocks)
        return NULL;
    eddy_list_init(&blocks->all);
    eddy_loop_add_guest(loop, &blocks->guest, &type);
    return blocks;
}

/* In debug mode it is kept for nobody: then a sanitizer sees who uses it once more. */
static void give_block(struct eddy_loop *loop, struct group_block *block)
{
    eddy_list_remove(&block->link);
    if (loop->looks_closer)
        free(block);
    else
        eddy_blocks_give(&eddy_tasks_of(loop)->blocks, block, block->size);
}

static struct group_block *take_block(struct eddy_loop *loop, size_t size)
{
    struct group_blocks *blocks = blocks_of(loop);
    struct group_block *block =
        blocks ? eddy_blocks_take(&eddy_tasks_of(loop)->blocks, size) : NULL;

    if (!block)
        return NULL;
    memset(block, 0, sizeof *block);
    block->size = size;
    eddy_list_append(&blocks->all, &block->link);
    return block;
}

int eddy_group_block_start(struct eddy_member **member, struct eddy_loop *loop, const void *frame,
                           size_t frame_size, size_t alignment, size_t co_offset, const char *name,
                           struct eddy_step (*body)(struct eddy_co *co))
{
    struct group_block *block = take_block(loop, sizeof *block + alignment + frame_size);
    char *place;
    struct eddy_future *future;

    if (!block)
        return -ENOMEM;
    place = memcpy(eddy_blocks_place(block + 1, alignment), frame, frame_size);
    future =
        eddy_task_start_frame(&block->task, loop, (struct eddy_co *)(void *)(place + co_offset),
                              name, body, frame_size - co_offset);
    if (eddy_future_done(future)) {
        int err = eddy_future_error(future);
        give_block(loop, block);
        return err;
    }
    block->member.awaited.future = future;
    block->member.spawned = true;
    *member = &block->member;
    return 0;
}

static void on_last_turn(struct eddy_handle *handle)
{
    struct group_block *block = container_of(handle, struct group_block, member.awaited.handle);

    give_block(block->task.future.loop, block);
}

/* If it was abandoned, the tasks that lie in its frame go on, and the block goes: so they go, too. */
void eddy_group_block_free(struct eddy_member *member)
{
    if (member->awaited.future->err == EDDY_ETASKS)
        eddy_task_abandon_inner(&container_of(member, struct group_block, member)->task);
    member->awaited.handle.fn = on_last_turn;
    eddy_loop_call_soon(member->awaited.future->loop, &member->awaited.handle);
}
