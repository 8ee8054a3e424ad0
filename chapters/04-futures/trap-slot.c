/* Trap: ann and bob want to know the same thing, and a slow operation that is made with chapter 3's
 * means has one place for one handle. `trap-slot by-hand` hangs; without the word, it has a future. */
#include "future.h"
#include "turn.h"

#include <stdio.h>
#include <string.h>

struct asker {
    struct eddy_handle told;
    const char *name;
};

static const double slow = 0.05;

static struct eddy_loop loop;
static struct eddy_timer timer;
static const char *number;
static int waiting;

static bool by_hand;
static struct eddy_handle *then; /* by hand: whose handle is put in line */
static struct eddy_future found; /* or: both wait for this */

static void on_found(struct eddy_handle *handle)
{
    (void)handle;
    number = "303";
    if (by_hand)
        eddy_loop_call_soon(&loop, then);
    else
        eddy_future_set_result(&found, NULL);
}

static void on_told(struct eddy_handle *handle)
{
    printf("%s is told: %s\n", container_of(handle, struct asker, told)->name, number);
    if (--waiting == 0)
        eddy_loop_stop(&loop);
}

static void ask(struct asker *asker)
{
    printf("%s asks for the number of floor 3\n", asker->name);
    eddy_handle_init(&asker->told, on_told);
    waiting++;
    if (by_hand)
        then = &asker->told;
    else
        eddy_future_add_done_callback(&found, &asker->told);
}

int main(int argc, char *argv[])
{
    struct asker ann = {.name = "ann"}, bob = {.name = "bob"};
    int err = eddy_loop_open(&loop, NULL);

    setvbuf(stdout, NULL, _IOLBF, 0);
    by_hand = argc > 1 && strcmp(argv[1], "by-hand") == 0;
    eddy_future_init(&found, &loop);
    eddy_timer_init(&timer, on_found);
    if (err == 0)
        err = eddy_loop_call_later(&loop, &timer, slow);
    if (err == 0) {
        ask(&ann);
        ask(&bob);
        err = eddy_loop_run_forever(&loop);
    }
    eddy_loop_close(&loop);
    return err < 0;
}
