#include "wakeup.h"

#include "errors.h"
#include "net.h"

#include <errno.h>

/* ---- A chain: under the lock ------------------------------------------------------------------- */

/* The one after `handle`. The last one's link leads to itself, so that a posted handle has a link in
 * any case: this is how one that is posted twice is known. */
static struct eddy_handle *handle_after(struct eddy_handle *handle)
{
    struct eddy_list *next = handle->link.next;

    return next == &handle->link ? NULL : container_of(next, struct eddy_handle, link);
}

/* All of `more`, which may be empty, in their order. */
static void append_chain(struct eddy_chain *chain, struct eddy_chain more)
{
    if (!more.first)
        return;
    if (chain->last)
        chain->last->link.next = &more.first->link;
    else
        chain->first = more.first;
    chain->last = more.last;
}

/* Takes `handle` out, which comes after `before`; NULL: it is the first. */
static void take_handle(struct eddy_chain *chain, struct eddy_handle *before,
                        struct eddy_handle *handle)
{
    struct eddy_handle *next = handle_after(handle);

    if (!before)
        chain->first = next;
    else
        before->link.next = next ? &next->link : &before->link;
    if (!next)
        chain->last = before;
    handle->link.next = NULL;
}

static bool remove_handle(struct eddy_chain *chain, struct eddy_handle *handle)
{
    struct eddy_handle *before = NULL, *at = chain->first;

    while (at && at != handle) {
        before = at;
        at = handle_after(at);
    }
    if (at)
        take_handle(chain, before, at);
    return at != NULL;
}

static size_t drop_chain(struct eddy_chain *chain)
{
    size_t count = 0;

    for (; chain->first; count++)
        take_handle(chain, NULL, chain->first);
    return count;
}

/* ---- Opening and closing ----------------------------------------------------------------------- */

static void nobody_is_left(struct eddy_handle *door)
{
    (void)door;
}

int eddy_wakeup_open(struct eddy_wakeup *wakeup)
{
    int err;

    *wakeup = (struct eddy_wakeup){.door = {.fn = nobody_is_left}};
    err = -pthread_mutex_init(&wakeup->lock, NULL);
    if (err < 0)
        return err;
    err = eddy_pair_open(&wakeup->pair);
    wakeup->open = err == 0;
    return err;
}

size_t eddy_wakeup_close(struct eddy_wakeup *wakeup)
{
    size_t count;

    if (!wakeup->open)
        return 0;
    eddy_handle_cancel(&wakeup->door);
    pthread_mutex_lock(&wakeup->lock);
    wakeup->open = false;
    count = drop_chain(&wakeup->posted) + drop_chain(&wakeup->taken);
    eddy_pair_close(
        &wakeup->pair); /* under the lock: nobody sends to a number that is given back */
    pthread_mutex_unlock(&wakeup->lock);
    return count;
}

/* ---- From any thread --------------------------------------------------------------------------- */

/* What the pair says when one of it is not ours any more. */
static int pair_error(int err)
{
    return err == -ENOBUFS || err == -ENOMEM ? err : EDDY_EWAKEUP;
}

static int tell_loop(struct eddy_wakeup *wakeup)
{
    int err = wakeup->told ? 0 : eddy_pair_send(&wakeup->pair);

    if (err < 0 && err != -EAGAIN) /* EAGAIN: it is full, so there is something to read */
        return pair_error(err);
    wakeup->told = true;
    return 0;
}

int eddy_wakeup_post(struct eddy_wakeup *wakeup, struct eddy_handle *handle)
{
    int err;

    pthread_mutex_lock(&wakeup->lock);
    if (!wakeup->open)
        err = EDDY_ECLOSED;
    else if (handle->link.next)
        err = EDDY_EQUEUED;
    else
        err = tell_loop(wakeup);
    if (err == 0) {
        handle->link.next = &handle->link;
        append_chain(&wakeup->posted, (struct eddy_chain){handle, handle});
    }
    pthread_mutex_unlock(&wakeup->lock);
    return err;
}

bool eddy_wakeup_cancel(struct eddy_wakeup *wakeup, struct eddy_handle *handle)
{
    bool found;

    pthread_mutex_lock(&wakeup->lock);
    found = remove_handle(&wakeup->posted, handle) || remove_handle(&wakeup->taken, handle);
    pthread_mutex_unlock(&wakeup->lock);
    return found;
}

bool eddy_wakeup_waiting(struct eddy_wakeup *wakeup)
{
    bool waiting;

    pthread_mutex_lock(&wakeup->lock);
    waiting = wakeup->posted.first || wakeup->taken.first;
    pthread_mutex_unlock(&wakeup->lock);
    return waiting;
}

/* ---- From the loop's --------------------------------------------------------------------------- */

/* Nobody ever writes to the second socket: if it is readable, the first has been closed. */
static int read_bytes(struct eddy_wakeup *wakeup, int fd)
{
    char bytes[64];
    ssize_t n = fd == wakeup->pair.fds[0] ? eddy_net_recv(fd, bytes, sizeof bytes) : 0;

    if (n > 0 || n == -EAGAIN)
        return 0;
    return n == 0 ? EDDY_EWAKEUP : pair_error((int)n);
}

/*
 * The byte first, then the list. The other way round, a handle that is posted in between would lose
 * its byte: the loop would sleep on it.
 */
int eddy_wakeup_take(struct eddy_wakeup *wakeup, int fd, struct eddy_list *ready)
{
    int err = read_bytes(wakeup, fd);

    pthread_mutex_lock(&wakeup->lock);
    append_chain(&wakeup->taken, wakeup->posted);
    wakeup->posted = (struct eddy_chain){NULL, NULL};
    wakeup->told = false;
    if (wakeup->taken.first && !eddy_handle_queued(&wakeup->door))
        eddy_list_append(ready, &wakeup->door.link);
    pthread_mutex_unlock(&wakeup->lock);
    return err;
}

/* From here on it can be posted again: for what has happened since, there will be another call. */
struct eddy_handle *eddy_wakeup_next(struct eddy_wakeup *wakeup, struct eddy_list *batch)
{
    struct eddy_handle *handle;

    pthread_mutex_lock(&wakeup->lock);
    handle = wakeup->taken.first;
    if (handle)
        take_handle(&wakeup->taken, NULL, handle);
    if (wakeup->taken.first)
        eddy_list_append(batch->next, &wakeup->door.link); /* before the first, so in front */
    pthread_mutex_unlock(&wakeup->lock);
    return handle ? handle : &wakeup->door;
}
