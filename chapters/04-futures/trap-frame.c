/* Trap: a future lies in a frame. The frame ends, and somebody still means to finish the future. */
#include "errors.h"
#include "until_complete.h"

#include <stdio.h>

/* The frame of a function that asks and waits. It is static, so that the next call has its own where
 * the last one's was. That happens on the stack as well, but there it would be undefined. */
static struct frame {
    struct eddy_future reply;
    const char *asker;
} frame;

/* An operation that can outlive its asker, and knows where to answer. Time is counted in turns of
 * the loop here. */
struct lookup {
    struct eddy_handle step;
    struct eddy_future *reply;
    char number[4];
    int turns; /* until it has found the number */
};

static struct eddy_loop loop;

static void on_step(struct eddy_handle *handle)
{
    struct lookup *lookup = container_of(handle, struct lookup, step);

    if (--lookup->turns > 0)
        eddy_loop_call_soon(&loop, &lookup->step);
    else
        eddy_future_set_result(lookup->reply, lookup->number);
}

/* Waits for one turn, if the asker is impatient. Then it returns, and its frame has ended. */
static int ask(const char *asker, struct lookup *lookup, bool impatient)
{
    void *number;
    int err;

    frame.asker = asker;
    eddy_future_init(&frame.reply, &loop);
    lookup->reply = &frame.reply;
    eddy_handle_init(&lookup->step, on_step);
    err = eddy_loop_call_soon(&loop, &lookup->step);
    if (impatient)
        eddy_loop_stop(&loop);
    if (err == 0)
        err = eddy_loop_run_until_complete(&loop, &frame.reply);
    eddy_future_result(&frame.reply, &number);
    printf("  %s asks for %s, and is told: %s\n", frame.asker, lookup->number,
           number ? (char *)number : eddy_errname(err));
    return err;
}

static int both(const char *how, bool cancel)
{
    struct lookup anns = {.number = "101", .turns = 3}, bobs = {.number = "303", .turns = 9};
    int err;

    printf("%s\n", how);
    err = ask("ann", &anns, true);
    if (cancel)
        eddy_handle_cancel(&anns.step);
    if (err == EDDY_ESTOPPED)
        err = ask("bob", &bobs, false);
    eddy_handle_cancel(&anns.step);
    eddy_handle_cancel(&bobs.step);
    return err;
}

int main(void)
{
    int err = eddy_loop_open(&loop, NULL);

    if (err == 0)
        err = both("ann gives up, and what she has started goes on:", false);
    if (err == 0)
        err = both("ann gives up, and cancels it:", true);
    eddy_loop_close(&loop);
    return err < 0;
}
