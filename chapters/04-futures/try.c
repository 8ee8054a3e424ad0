/* One egg, and two who wait for it. In which order are these lines printed? */
#include <eddy.h>

#include <stdio.h>

static struct eddy_future egg;
static struct eddy_handle ann, bob;

static void eat(struct eddy_handle *who)
{
    printf("%s: %s\n", who == &ann ? "ann" : "bob", eddy_strerror(eddy_future_error(&egg)));
}

int main(void)
{
    struct eddy_loop loop = {0};

    if (eddy_loop_open(&loop, NULL) < 0)
        return 1;
    eddy_future_init(&egg, &loop);
    eddy_handle_init(&ann, eat);
    eddy_handle_init(&bob, eat);
    eddy_future_add_done_callback(&egg, &ann);
    eddy_future_add_done_callback(&egg, &bob);
    eddy_future_set_result(&egg, NULL);
    printf("the egg is done\n");
    eddy_loop_run_until_complete(&loop, &egg);
    return eddy_loop_close(&loop) < 0;
}
