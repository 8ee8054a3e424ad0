/* A loop that is closed while handles of spawned members are in line: they lie in blocks that go. */
#include "../06-tasks/tasks.h"

#include "group.h"

enum { TURNS = 8, MEGABYTE = 1 << 20 };

/* A block so large is given back to the system: whoever touches it afterwards is killed. (Each is larger than
 * those before it, or the heap would keep it.) */
struct large {
    struct eddy_co co;
    char room[(TURNS + 1) * MEGABYTE];
};

static struct large frame;

static struct eddy_step large(struct eddy_co *co)
{
    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn());
    note("end");
    CO_END(co);
}

struct owner {
    struct eddy_co co;
    size_t size; /* of its member's frame */
    struct eddy_group group;
};

static struct eddy_step owner(struct eddy_co *co)
{
    struct owner *self = CO_FRAME(co, owner);

    CO_BEGIN(co);
    CHECK_OK(eddy_group_open(&self->group, co));
    CHECK_OK(eddy_group_spawn_frame(&self->group, &frame, self->size, _Alignof(struct large),
                                    offsetof(struct large, co), "large", large));
    CO_AWAIT(co, eddy_group_join(&self->group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

/* As after an error of the selector: the loop runs no more, its tasks are abandoned. */
static void leave_after(int n)
{
    static struct owner owner_frame;
    struct eddy_task task;

    set_up();
    eddy_task_start(&task, &loop, owner, &owner_frame, .size = (size_t)(n + 1) * MEGABYTE);
    turns(n);
    while (eddy_next_task(&loop, NULL))
        eddy_task_abandon(eddy_next_task(&loop, NULL));
    CHECK_OK(eddy_loop_close(&loop));
}

int main(int argc, char *argv[])
{
    check_start(argc, argv);
    CASE("a loop may be closed at any moment of a member's life, its handles in line or not")
        for (int n = 0; n < TURNS; n++) {
            DID("%d turns, all tasks abandoned, eddy_loop_close()", n);
            leave_after(n);
        }
    return check_end();
}
