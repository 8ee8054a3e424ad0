/*
 * later - three ways to say when, of asyncio's loop: call_later, call_at and call_soon, asked for in this order.
 * The loop calls them in the order of their times.
 */
#include "errors.h"
#include "turn.h"

#include <stdio.h>

struct call {
    struct eddy_timer timer;
    const char *name;
};

static struct eddy_loop loop;
static double begin;

static void say(struct eddy_handle *handle)
{
    const struct call *call = container_of(handle, struct call, timer.handle);

    printf("%s, after %.1f s\n", call->name, eddy_loop_time(&loop) - begin);
}

static void stop(struct eddy_handle *handle)
{
    (void)handle;
    eddy_loop_stop(&loop);
}

/* An error: there is no memory for a timer. */
static int ask_for_all(struct call calls[3], struct eddy_timer *end)
{
    int err;

    for (int i = 0; i < 3; i++)
        eddy_timer_init(&calls[i].timer, say);
    eddy_timer_init(end, stop);
    begin = eddy_loop_time(&loop);
    err = eddy_loop_call_later(&loop, &calls[0].timer, 0.2);
    if (err == 0)
        err = eddy_loop_call_at(&loop, &calls[1].timer, begin + 0.1);
    if (err == 0)
        err = eddy_loop_call_soon(&loop, &calls[2].timer.handle);
    if (err == 0)
        err = eddy_loop_call_later(&loop, end, 0.3);
    return err;
}

int main(void)
{
    struct call calls[3] = {{.name = "call_later"}, {.name = "call_at"}, {.name = "call_soon"}};
    struct eddy_timer end;
    int err = eddy_loop_open(&loop, NULL);

    if (err == 0)
        err = ask_for_all(calls, &end);
    if (err == 0)
        err = eddy_loop_run_forever(&loop);
    if (err < 0)
        fprintf(stderr, "later: %s\n", eddy_strerror(err));
    eddy_loop_close(&loop);
    return err < 0;
}
