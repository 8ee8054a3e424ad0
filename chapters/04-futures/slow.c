/*
 * slow - the first example of every asyncio tutorial: a slow operation sets the future's result
 * after a second, and main() runs the loop until then.
 */
#include "errors.h"
#include "until_complete.h"

#include <stdio.h>
#include <string.h>

struct slow_operation {
    struct eddy_timer timer;
    struct eddy_future *future; /* what it has promised */
};

static void on_time(struct eddy_handle *handle)
{
    static char text[] = "future is done";
    struct slow_operation *self = container_of(handle, struct slow_operation, timer.handle);

    eddy_future_set_result(self->future, text);
}

static int run(struct eddy_loop *loop, const char **result)
{
    struct eddy_future future;
    struct slow_operation slow = {.future = &future};
    void *text = NULL;
    int err;

    eddy_future_init(&future, loop);
    eddy_timer_init(&slow.timer, on_time);
    err = eddy_loop_call_later(loop, &slow.timer, 1.0);
    if (err == 0)
        err = eddy_loop_run_until_complete(loop, &future);
    if (err == 0)
        err = eddy_future_result(&future, &text);
    *result = text;
    eddy_timer_cancel(loop, &slow.timer); /* it is in this frame */
    return err;
}

int main(int argc, char *argv[])
{
    struct eddy_loop loop = {0};
    const char *result = NULL;
    int err;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: slow\n\nWaits for a future that a slow operation finishes.\n");
        return 0;
    }
    err = eddy_loop_open(&loop, NULL);
    if (err == 0)
        err = run(&loop, &result);
    eddy_loop_close(&loop);
    if (err < 0)
        fprintf(stderr, "slow: %s\n", eddy_strerror(err));
    else
        printf("%s\n", result);
    return err < 0;
}
