/*
 * Exercise 04.3, find the bug: a day in a bakery. A customer who comes in waits to be
 * called, and takes a loaf. A customer who is called and finds no loaf left waits again. Each
 * argument is something that happens:
 *
 *     make check-04.3      builds it, lives some days, and says what goes wrong
 *     build/learn/exercises/04.3/3-inside ann bob 1 carl+dora 2        is a day of your own
 *
 *     ann          ann comes in
 *     carl+dora    these two come in together; whoever is called first takes one loaf for both
 *     2            the baker brings two loaves
 *     ...          time passes
 *
 * It works, but not on every day. The bakery is right. Its future is home-made, and two of the
 * future's functions have the same wrong idea.
 */
#include "turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- A future of our own: it has no result, it is only done or not --------------------------- */

struct promise {
    struct eddy_loop *loop;
    struct eddy_list waiters; /* handles */
    bool done;
};

static void promise_init(struct promise *promise, struct eddy_loop *loop)
{
    promise->loop = loop;
    promise->done = false;
    eddy_list_init(&promise->waiters);
}

/* It is done: all who wait for it are called. */
static void settle(struct promise *promise)
{
    if (promise->done)
        return;
    promise->done = true;
    while (!eddy_list_empty(&promise->waiters)) {
        struct eddy_list *link = eddy_list_pop(&promise->waiters);
        struct eddy_handle *handle = container_of(link, struct eddy_handle, link);
        handle->fn(handle);
    }
}

/* `handle` is called when it is done, which it may be already. */
static void when_done(struct promise *promise, struct eddy_handle *handle)
{
    if (promise->done)
        handle->fn(handle);
    else
        eddy_list_append(&promise->waiters, &handle->link);
}

/* ---- The bakery ------------------------------------------------------------------------------ */

struct bakery {
    struct eddy_loop loop;
    struct promise bread; /* done: there is a loaf on the shelf */
    int loaves, inside;
    struct eddy_list customers;
    struct eddy_handle next; /* something happens */
    char **events;           /* all that will; NULL is after the last */
};

struct customer {
    struct eddy_handle called;
    struct eddy_list link;
    struct bakery *bakery;
    struct customer *partner; /* NULL: came alone */
    const char *name;
};

static void leave(struct customer *customer)
{
    eddy_handle_cancel(&customer->called);
    eddy_list_remove(&customer->link);
    customer->bakery->inside--;
    free(customer);
}

static void take_loaf(struct customer *customer)
{
    struct bakery *bakery = customer->bakery;
    const char *name = customer->name;

    bakery->loaves--;
    if (bakery->loaves == 0)
        promise_init(&bakery->bread, &bakery->loop); /* for the next bread */
    if (customer->partner)
        leave(customer->partner);
    leave(customer);
    printf("%s takes a loaf: %d left, %d inside\n", name, bakery->loaves, bakery->inside);
}

static void on_called(struct eddy_handle *handle)
{
    struct customer *customer = container_of(handle, struct customer, called);

    if (customer->bakery->loaves > 0)
        take_loaf(customer);
    else
        when_done(&customer->bakery->bread, handle);
}

static struct customer *come_in(struct bakery *bakery, const char *name)
{
    struct customer *customer = calloc(1, sizeof *customer);

    if (!customer)
        exit(1);
    customer->bakery = bakery;
    customer->name = name;
    eddy_handle_init(&customer->called, on_called);
    eddy_list_append(&bakery->customers, &customer->link);
    when_done(&bakery->bread, &customer->called);
    bakery->inside++;
    printf("%s comes in: %d inside\n", name, bakery->inside);
    return customer;
}

static void come_in_together(struct bakery *bakery, char *names)
{
    char *plus = strchr(names, '+');
    struct customer *first, *second;

    *plus = '\0';
    first = come_in(bakery, names);
    second = come_in(bakery, plus + 1);
    first->partner = second;
    second->partner = first;
}

static void bring(struct bakery *bakery, int loaves)
{
    printf("the baker brings %d\n", loaves);
    bakery->loaves += loaves;
    settle(&bakery->bread);
}

/* ---- The day --------------------------------------------------------------------------------- */

static void on_next(struct eddy_handle *handle)
{
    struct bakery *bakery = container_of(handle, struct bakery, next);
    char *event = *bakery->events;

    if (!event)
        return;
    bakery->events++;
    eddy_loop_call_soon(&bakery->loop, handle); /* first: the day goes on, whoever is called now */
    if (atoi(event) > 0)
        bring(bakery, atoi(event));
    else if (strchr(event, '+'))
        come_in_together(bakery, event);
    else if (event[0] != '.')
        come_in(bakery, event);
}

static void close_shop(struct bakery *bakery)
{
    while (!eddy_list_empty(&bakery->customers)) {
        struct customer *customer = container_of(bakery->customers.next, struct customer, link);
        printf("%s goes home without\n", customer->name);
        leave(customer);
    }
    eddy_loop_close(&bakery->loop);
}

int main(int argc, char *argv[])
{
    struct bakery bakery = {.events = argv + (argc > 0)};

    setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen, even before a crash */
    if (eddy_loop_open(&bakery.loop, NULL) < 0)
        return 1;
    promise_init(&bakery.bread, &bakery.loop);
    eddy_list_init(&bakery.customers);
    eddy_handle_init(&bakery.next, on_next);
    eddy_loop_call_soon(&bakery.loop, &bakery.next);
    eddy_loop_run_until_stuck(&bakery.loop); /* until nobody will be called any more */
    close_shop(&bakery);
    return 0;
}
