#include "flag.h"

#include "errors.h"

static const struct eddy_future_type type = {
    .name = "flag", .cancel = eddy_waiter_cancel, .guarded = true};

void eddy_flag_init(struct eddy_flag *flag, struct eddy_loop *loop)
{
    *flag = (struct eddy_flag){.loop = loop};
    eddy_list_init(&flag->line);
}

struct eddy_future *eddy_flag_wait(struct eddy_flag_wait *wait, struct eddy_flag *flag)
{
    int err = eddy_waiter_refusal(&wait->waiter, flag->loop, "flag_wait");

    if (err < 0)
        return eddy_future_init_done(&wait->refused, flag->loop, err);
    if (flag->is_set)
        return eddy_waiter_done(&wait->waiter, flag->loop, 0, NULL);
    return eddy_waiter_start(&wait->waiter, flag->loop, &type, &flag->line);
}

void eddy_flag_set(struct eddy_flag *flag)
{
    if (eddy_loop_check_thread(flag->loop, "flag_set") < 0)
        return;
    flag->is_set = true;
    eddy_waiter_wake_all(&flag->line, 0);
}

void eddy_flag_clear(struct eddy_flag *flag)
{
    if (eddy_loop_check_thread(flag->loop, "flag_clear") == 0)
        flag->is_set = false;
}
