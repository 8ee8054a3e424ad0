#include "next_signal.h"

#include "errors.h"
#include "signals.h"

#include <errno.h>

/* The handler stays: the next signal is kept for the next await. */
static void cancel_next_signal(struct eddy_future *future)
{
    eddy_future_set_error(future, -ECANCELED);
}

static const struct eddy_future_type type = {.name = "signal", .cancel = cancel_next_signal};

static void on_signal(struct eddy_handle *handle)
{
    struct eddy_signal *signal = container_of(handle, struct eddy_signal, handle);

    if (eddy_future_done(&signal->future))
        signal->has_come = true;
    else
        eddy_future_set_result(&signal->future, NULL);
}

int eddy_signal_open(struct eddy_signal *signal, struct eddy_loop *loop, int signo)
{
    struct eddy_handle *there = eddy_loop_signal_handler(loop, signo);
    int err = there ? -EEXIST : 0;

    if (there && there == &signal->handle) /* it is open, and stays so */
        return err;
    *signal = (struct eddy_signal){.signo = signo};
    eddy_future_init_done(&signal->future, loop, 0);
    eddy_handle_init(&signal->handle, on_signal);
    if (err == 0)
        err = eddy_loop_add_signal_handler(loop, signo, &signal->handle);
    if (err == 0)
        signal->loop = loop;
    return err;
}

struct eddy_future *eddy_signal_next(struct eddy_signal *signal)
{
    if (!signal->loop) /* its future knows the loop that it was opened in */
        return eddy_future_init_done(&signal->refused, signal->future.loop, EDDY_ECLOSED);
    if (!eddy_future_done(&signal->future))
        return eddy_future_init_done(&signal->refused, signal->loop, EDDY_EWATCHED);
    if (signal->has_come) {
        signal->has_come = false;
        return eddy_future_init_done(&signal->future, signal->loop, 0);
    }
    eddy_future_init_type(&signal->future, signal->loop, &type);
    return &signal->future;
}

void eddy_signal_close(struct eddy_signal *signal)
{
    if (!signal->loop)
        return;
    if (eddy_loop_signal_handler(signal->loop, signal->signo) == &signal->handle)
        eddy_loop_remove_signal_handler(signal->loop, signal->signo);
    eddy_handle_cancel(&signal->handle);
    if (!eddy_future_done(&signal->future))
        eddy_future_set_error(&signal->future, EDDY_ECLOSED);
    signal->loop = NULL;
}
