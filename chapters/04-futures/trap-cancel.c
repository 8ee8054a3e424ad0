/* Trap: cancelling a future tells its waiters. It ends the operation only if the future's type says
 * how. */
#include "errors.h"
#include "future.h"
#include "turn.h"

#include <errno.h>
#include <stdio.h>

struct nap {
    struct eddy_future future;
    struct eddy_timer timer;
};

static struct eddy_loop loop;

static void on_time(struct eddy_handle *handle)
{
    struct nap *nap = container_of(handle, struct nap, timer.handle);

    printf("  the timer fires:         %s\n",
           eddy_errname(eddy_future_set_result(&nap->future, NULL)));
}

static void cancel_nap(struct eddy_future *future)
{
    struct nap *nap = container_of(future, struct nap, future);

    eddy_timer_cancel(future->loop, &nap->timer);
    eddy_future_set_error(future, -ECANCELED);
}

static int show(const char *how, const struct eddy_future_type *type)
{
    struct nap nap;
    int err;

    printf("%s\n", how);
    eddy_future_init_type(&nap.future, &loop, type);
    eddy_timer_init(&nap.timer, on_time);
    err = eddy_loop_call_later(&loop, &nap.timer, 0.05);
    if (err < 0)
        return err;
    printf("  cancel() returns:        %s\n", eddy_future_cancel(&nap.future) ? "true" : "false");
    printf("  the outcome:             %s\n", eddy_errname(eddy_future_error(&nap.future)));
    err = eddy_loop_run_until_stuck(&loop);
    printf("  nothing is left to do:   %s\n", eddy_errname(err));
    return err;
}

int main(void)
{
    static const struct eddy_future_type without = {.name = "nap"};
    static const struct eddy_future_type with = {.name = "nap", .cancel = cancel_nap};
    int err = eddy_loop_open(&loop, NULL);

    if (err < 0)
        return 1;
    err = show("without a cancel hook:", &without);
    if (err == EDDY_ESTUCK)
        err = show("with one:", &with);
    eddy_loop_close(&loop);
    return err != EDDY_ESTUCK;
}
