/* The memory of spawned members: where a frame lies, and when its block goes. */
#include "limits.h"

#include "faults.h"
#include "group_block.h"

static struct eddy_task a;

/* Ends after some turns. Of any size and alignment that is asked for. */
struct filled {
    struct eddy_co co;
    int turns;
    bool *aligned;
    size_t alignment;
    unsigned char bytes[200];
};

static struct eddy_step filled(struct eddy_co *co)
{
    struct filled *self = CO_FRAME(co, filled);

    CO_BEGIN(co);
    for (; self->turns > 0; self->turns--)
        CO_AWAIT(co, eddy_next_turn());
    for (size_t i = 0; i < sizeof self->bytes; i++)
        CHECK_INT(self->bytes[i], (unsigned char)i);
    *self->aligned = (uintptr_t)self % self->alignment == 0;
    note("end");
    CO_END(co);
}

static bool is_aligned;

static int start(struct eddy_member **member, size_t alignment, int n)
{
    struct filled frame = {.turns = n, .aligned = &is_aligned, .alignment = alignment};

    for (size_t i = 0; i < sizeof frame.bytes; i++)
        frame.bytes[i] = (unsigned char)i;
    is_aligned = false;
    return eddy_group_block_start(member, &loop, &frame, sizeof frame, alignment,
                                  offsetof(struct filled, co), "filled", filled);
}

/* The loop's tasks begin with one of another kind. */
static void set_up_tasks(int debug)
{
    static struct slow frame;

    set_up_in(debug);
    eddy_task_start(&a, &loop, slow, &frame, .name = "a", .seconds = 1000);
}

static void tear_down_tasks(void)
{
    cancel_task(&a);
    run_out();
    tear_down();
}

/* Its task has ended, and it waits for nobody any more: as a group has it then. */
static void run_and_free(struct eddy_member *member)
{
    turns(3);
    CHECK(eddy_future_done(member->awaited.future));
    eddy_group_block_free(member);
}

/* Has a task in its frame. */
struct house {
    struct eddy_co co;
    struct eddy_task task, second;
    struct slow frame, second_frame;
};

static struct eddy_step house(struct eddy_co *co)
{
    struct house *self = CO_FRAME(co, house);
    struct eddy_loop *on = eddy_co_loop(co);

    CO_BEGIN(co);
    eddy_task_start(&self->task, on, slow, &self->frame, .name = "one", .seconds = 60);
    eddy_task_start(&self->second, on, slow, &self->second_frame, .name = "two", .seconds = 60);
    CO_AWAIT(co, &self->task.future);
    CO_END(co);
}

static int refuse_birth(struct eddy_task_hooks *hooks, struct eddy_task *task,
                        struct eddy_task *parent)
{
    (void)hooks, (void)task, (void)parent;
    return -EPERM;
}

TESTS
{
    CASE("a frame lies where its type wants it, whatever that is, with all its bytes") {
        for (size_t alignment = 8; alignment <= 4096; alignment *= 2) {
            struct eddy_member *member;
            set_up_tasks(alignment == 64);
            CHECK_CODE(start(&member, alignment, 1), 0);
            CHECK(member->spawned && member->awaited.future->loop == &loop);
            run_and_free(member);
            EXPECT("end");
            CHECK(is_aligned);
            tear_down_tasks();
        }
    }

    CASE("a block that is given back is taken again; in debug mode it is kept for nobody") {
        for (int mode = 0; mode < 2; mode++) {
            struct eddy_member *member;
            set_up_tasks(mode);
            CHECK_CODE(start(&member, 8, 0), 0);
            run_and_free(member);
            turns(2);
            faults_plan("");
            CHECK_CODE(start(&member, 8, 0), 0);
            CHECK_INT(faults_calls("malloc"), mode);
            run_and_free(member);
            turns(2);
            tear_down_tasks();
        }
    }

    CASE("a block stays for one turn more, and what its task came to can be read until then") {
        struct eddy_member *member;
        set_up_tasks(1);
        CHECK_CODE(start(&member, 8, 0), 0);
        run_and_free(member);
        CHECK_CODE(member->awaited.future->err, 0);
        CHECK(eddy_handle_queued(&member->awaited.handle));
        turns(1);
        tear_down_tasks();
    }

    CASE("without memory, for the loop's first block or for a block, nothing runs") {
        const char *plans[] = {"calloc@1+=ENOMEM", "malloc@1+=ENOMEM"};
        struct eddy_member *member = NULL;
        set_up_tasks(0);
        for (int i = 0; i < 2; i++) {
            faults_plan(plans[i]);
            CHECK_CODE(start(&member, 8, 0), -ENOMEM);
            CHECK_INT(faults_injected(), 1);
            CHECK(member == NULL);
        }
        faults_plan("");
        turns(2);
        EXPECT("");
        CHECK_CODE(start(&member, 8, 0), 0);
        run_and_free(member);
        EXPECT("end");
        tear_down_tasks();
    }

    CASE("a task that may not begin gives its block back") {
        struct eddy_task_hooks hooks = {.born = refuse_birth};
        struct eddy_member *member = NULL;
        set_up_tasks(0);
        CHECK_CODE(eddy_task_add_hooks(&loop, &hooks), 0);
        CHECK_CODE(start(&member, 8, 0), -EPERM);
        CHECK(member == NULL);
        hooks.born = NULL;
        faults_plan("");
        CHECK_CODE(start(&member, 8, 0), 0);
        CHECK_INT(faults_calls("malloc"), 0);
        run_and_free(member);
        EXPECT("end");
        tear_down_tasks();
    }

    CASE("what is left when the loop is closed goes with it") {
        for (int mode = 0; mode < 2; mode++) {
            struct eddy_member *member;
            set_up_tasks(mode);
            for (int i = 0; i < 10; i++)
                CHECK_CODE(start(&member, 8, i), 0);
            turns(20);
            tear_down_tasks();
        }
    }

    CASE("an abandoned task takes along those in its frame, and no other") {
        for (int mode = 0; mode < 2; mode++) {
            struct house frame = {.co = {.body = NULL}};
            struct eddy_member *member;
            set_up_tasks(mode);
            CHECK_CODE(eddy_group_block_start(&member, &loop, &frame, sizeof frame,
                                              _Alignof(struct house), offsetof(struct house, co),
                                              "house", house),
                       0);
            turns(3);
            CHECK_INT(timers(), 3);
            eddy_task_abandon(container_of(member->awaited.future, struct eddy_task, future));
            CHECK_INT(timers(), 3);
            eddy_group_block_free(member);
            CHECK_INT(timers(), 1);
            CHECK(eddy_next_task(&loop, &a) == NULL);
            turns(2);
            EXPECT("");
            tear_down_tasks();
        }
    }
}
