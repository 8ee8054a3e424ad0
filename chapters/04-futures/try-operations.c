/* A toaster needs 0.3 seconds. After 0.1, ann does not want the toast any more. What is printed? */
#include <eddy.h>

#include <stdio.h>

static struct eddy_loop loop;
static struct eddy_future toast;
static struct eddy_timer toaster, ann;

static void on_time(struct eddy_handle *whose)
{
    if (whose == &toaster.handle)
        printf("toaster: %s\n", eddy_errname(eddy_future_set_result(&toast, NULL)));
    else
        printf("ann: no toast, please: %s\n", eddy_future_cancel(&toast) ? "true" : "false");
}

int main(void)
{
    if (eddy_loop_open(&loop, NULL) < 0)
        return 1;
    eddy_future_init(&toast, &loop);
    eddy_timer_init(&toaster, on_time);
    eddy_timer_init(&ann, on_time);
    eddy_loop_call_later(&loop, &toaster, 0.3);
    eddy_loop_call_later(&loop, &ann, 0.1);
    printf("main: %s\n", eddy_errname(eddy_loop_run_until_complete(&loop, &toast)));
    return eddy_loop_close(&loop) < 0;
}
