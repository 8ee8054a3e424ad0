/* Trap: salt is passed when there is pepper, and pepper when there is salt. Chapter 3's loop would
 * sleep for ever. */
#include "errors.h"
#include "until_complete.h"

#include <stdio.h>

static struct eddy_future salt, pepper;

static void on_salt(struct eddy_handle *handle)
{
    (void)handle;
    eddy_future_set_result(&pepper, NULL);
}

static void on_pepper(struct eddy_handle *handle)
{
    (void)handle;
    eddy_future_set_result(&salt, NULL);
}

static int dine(struct eddy_loop *loop)
{
    struct eddy_handle ann, bob;

    eddy_future_init(&salt, loop);
    eddy_future_init(&pepper, loop);
    eddy_handle_init(&ann, on_salt);
    eddy_handle_init(&bob, on_pepper);
    eddy_future_add_done_callback(&salt, &ann);
    eddy_future_add_done_callback(&pepper, &bob);
    return eddy_loop_run_until_complete(loop, &salt);
}

int main(void)
{
    struct eddy_loop loop;
    int err = eddy_loop_open(&loop, NULL);

    if (err < 0)
        return 1;
    err = dine(&loop);
    eddy_loop_close(&loop);
    printf("dine() has returned: %s, %s\n", eddy_errname(err), eddy_strerror(err));
    return err != EDDY_ESTUCK; /* this program was made for it; another one would end with 1 */
}
