/*
 * hello - the first program of asyncio's manual.
 *
 *     async def main():
 *         print("Hello ...")
 *         await asyncio.sleep(1)
 *         print("... World!")
 *
 *     asyncio.run(main())
 */
#include "delay.h"
#include "errors.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct hello {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step hello(struct eddy_co *co)
{
    struct hello *self = CO_FRAME(co, hello);

    CO_BEGIN(co);
    printf("Hello ...\n");
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1.0));
    printf("... World!\n");
    CO_END(co);
}

int main(int argc, char *argv[])
{
    int err;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: hello\n\nSleeps for a second between two words.\n");
        return 0;
    }
    err = eddy_run(hello);
    if (err == 0 || err == -ECANCELED) /* that is Ctrl-C */
        return 0;
    fprintf(stderr, "hello: %s\n", eddy_strerror(err));
    return 1;
}
