/* Trap: a client goes while its timer is set. Its memory is given back; the heap still leads there. */
#include "errors.h"
#include "turn.h"

#include <stdio.h>
#include <string.h>

struct client {
    struct eddy_timer silence;
    char name[16];
};

static const double patience = 0.02;

static struct eddy_loop loop;

static void on_silence(struct eddy_handle *handle)
{
    struct client *client = container_of(handle, struct client, silence.handle);

    printf("  on_silence() is called, for %s\n", client->name);
}

/* As good as free() and the next malloc(): the bytes are somebody else's. But the memory stays, so
 * that what follows is wrong and not undefined. */
static void as_if_freed(struct client *client)
{
    strcpy(client->name, "a stranger");
}

/* A guard for your own programs: free nothing of which this is true. */
static bool in_use(const struct eddy_timer *timer)
{
    return eddy_heap_linked(&timer->node) || eddy_handle_queued(&timer->handle);
}

static int leave(const char *how, bool cancel_first)
{
    struct client ann = {.name = "ann"};
    int err;

    eddy_timer_init(&ann.silence, on_silence);
    err = eddy_loop_call_later(&loop, &ann.silence, patience);
    printf("%s\n", how);
    if (cancel_first)
        eddy_timer_cancel(&loop, &ann.silence);
    printf("  ann goes; is her timer in use?  %s\n", in_use(&ann.silence) ? "yes" : "no");
    as_if_freed(&ann);
    if (err == 0)
        err = eddy_loop_run_until_stuck(&loop);
    printf("  the run ends: %s\n", eddy_errname(err));
    return err;
}

int main(void)
{
    int err = eddy_loop_open(&loop, NULL);

    if (err < 0)
        return 1;
    if (leave("the timer forgotten:", false) == EDDY_ESTUCK)
        err = leave("the timer cancelled first:", true);
    eddy_loop_close(&loop);
    return err != EDDY_ESTUCK;
}
