/* Trap: a home-made future calls its waiter at once, in the middle of what its setter does. eddy's
 * queues them. */
#include "errors.h"
#include "future.h"
#include "turn.h"

#include <stdio.h>

enum { LINKS = 1000, PRICE = 2, APPLES = 10 };

struct promise {
    struct eddy_future future;
    struct eddy_handle waiter; /* the only one, for a home-made one */
};

static struct eddy_loop loop;
static bool at_once; /* finish as the home-made ones do */

static void promise_init(struct promise *promise, void (*fn)(struct eddy_handle *handle))
{
    eddy_future_init(&promise->future, &loop);
    eddy_handle_init(&promise->waiter, fn);
    if (!at_once)
        eddy_future_add_done_callback(&promise->future, &promise->waiter);
}

static void finish(struct promise *promise)
{
    if (at_once)
        promise->waiter.fn(&promise->waiter);
    else
        eddy_future_set_result(&promise->future, NULL);
}

/* ---- A shop: whoever waits for a sale looks at its books --------------------------------------- */

static int apples, till;

static void check_books(struct eddy_handle *handle)
{
    (void)handle;
    printf("  an apple is sold for %d: %d of %d are left, %d in the till; the books are %s\n",
           PRICE, apples, APPLES, till, (APPLES - apples) * PRICE == till ? "right" : "WRONG");
}

static void sell(struct promise *sold)
{
    till += PRICE;
    finish(sold);
    apples--;
}

/* ---- A chain: each finishes the next ----------------------------------------------------------- */

static struct promise links[LINKS];
static int depth, deepest;

static void on_link(struct eddy_handle *handle)
{
    struct promise *promise = container_of(handle, struct promise, waiter);

    if (++depth > deepest)
        deepest = depth;
    if (promise + 1 < links + LINKS)
        finish(promise + 1);
    depth--;
}

/* ---- Both, in both ways ------------------------------------------------------------------------ */

static int show(const char *how)
{
    struct promise sold;
    int err;

    printf("%s\n", how);
    apples = APPLES;
    till = deepest = 0;
    promise_init(&sold, check_books);
    sell(&sold);
    for (int i = 0; i < LINKS; i++)
        promise_init(&links[i], on_link);
    finish(&links[0]);
    err = eddy_loop_run_until_stuck(&loop);
    printf("  %d futures, each finishing the next: callbacks within callbacks, %d deep\n", LINKS,
           deepest);
    return err;
}

int main(void)
{
    int err = eddy_loop_open(&loop, NULL);

    if (err < 0)
        return 1;
    at_once = true;
    show("home-made, calls at once:");
    at_once = false;
    err = show("eddy, calls in the next turn:");
    eddy_loop_close(&loop);
    return err != EDDY_ESTUCK;
}
