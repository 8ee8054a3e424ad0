/*
 * one - the smallest coroutine: it is run to its end, and its result is 1.
 *
 * What is a return value in asyncio is a field of the frame here: it has its own type, and stays where
 * it is as long as the frame does.
 */
#include "errors.h"
#include "run.h"
#include "until_complete.h"

#include <stdio.h>
#include <string.h>

struct one {
    struct eddy_co co;
    int result;
};

static struct eddy_step one(struct eddy_co *co)
{
    struct one *self = CO_FRAME(co, one);

    CO_BEGIN(co);
    self->result = 1;
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct eddy_loop loop = {0};
    struct eddy_task task;
    struct one frame;
    int err;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: one\n\nRuns a coroutine, and prints its result.\n");
        return 0;
    }
    err = eddy_loop_open(&loop, NULL);
    if (err == 0)
        err = eddy_loop_run_until_complete(&loop, eddy_task_start(&task, &loop, one, &frame));
    eddy_loop_shutdown(&loop, 1); /* if the loop has failed, the task has not ended */
    eddy_loop_close(&loop);
    if (err < 0)
        fprintf(stderr, "one: %s\n", eddy_strerror(err));
    else
        printf("%d\n", frame.result);
    return err < 0;
}
