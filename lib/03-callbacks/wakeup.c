#include "wakeup.h"

#include "errors.h"
#include "net_new.h"

#include <errno.h>
#include <unistd.h>

/* ---- Opening and closing ----------------------------------------------------------------------- */

int eddy_wakeup_pipe(int fds[2])
{
    return eddy_net_pipe(fds);
}

int eddy_wakeup_open(struct eddy_wakeup *wakeup)
{
    int err;

    *wakeup = (struct eddy_wakeup){0};
    err = -pthread_mutex_init(&wakeup->lock, NULL);
    if (err < 0)
        return err;
    err = eddy_wakeup_pipe(wakeup->fds);
    wakeup->open = err == 0;
    return err;
}

/* Takes the whole chain. */
static struct eddy_handle *take_all(struct eddy_wakeup *wakeup)
{
    struct eddy_handle *first = wakeup->first;

    wakeup->first = wakeup->last = NULL;
    wakeup->told = false;
    return first;
}

/* The handle behind `handle` in the chain. The last one's link leads to itself, so that a posted
 * handle has a link in any case: this is how one that is posted twice is known. */
static struct eddy_handle *behind(struct eddy_handle *handle)
{
    struct eddy_list *next = handle->link.next;

    handle->link.next = NULL;
    return next == &handle->link ? NULL : container_of(next, struct eddy_handle, link);
}

size_t eddy_wakeup_close(struct eddy_wakeup *wakeup)
{
    struct eddy_handle *handle;
    size_t count = 0;

    if (!wakeup->open)
        return 0;
    pthread_mutex_lock(&wakeup->lock);
    wakeup->open = false;
    handle = take_all(wakeup);
    close(wakeup->fds[0]);
    close(wakeup->fds[1]); /* under the lock: nobody writes to a number that is somebody else's */
    pthread_mutex_unlock(&wakeup->lock);
    for (; handle; count++)
        handle = behind(handle);
    return count;
}

/* ---- From any thread --------------------------------------------------------------------------- */

static int tell(struct eddy_wakeup *wakeup)
{
    ssize_t n;

    if (wakeup->told)
        return 0;
    do
        n = write(wakeup->fds[1], "", 1);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) /* EAGAIN: it is full, so it is readable */
        return -errno;
    wakeup->told = true;
    return 0;
}

static void append(struct eddy_wakeup *wakeup, struct eddy_handle *handle)
{
    handle->link.next = &handle->link;
    if (wakeup->last)
        wakeup->last->link.next = &handle->link;
    else
        wakeup->first = handle;
    wakeup->last = handle;
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
        err = tell(wakeup);
    if (err == 0)
        append(wakeup, handle);
    pthread_mutex_unlock(&wakeup->lock);
    return err;
}

/* ---- From the loop's --------------------------------------------------------------------------- */

/*
 * The byte first, then the list. The other way round, a handle that is posted in between would lose
 * its byte: the loop would sleep on it.
 */
int eddy_wakeup_take(struct eddy_wakeup *wakeup, struct eddy_list *ready)
{
    char bytes[64];
    ssize_t n = read(wakeup->fds[0], bytes, sizeof bytes);
    int err = n < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;
    struct eddy_handle *handle;

    pthread_mutex_lock(&wakeup->lock);
    handle = take_all(wakeup);
    pthread_mutex_unlock(&wakeup->lock);
    while (handle) {
        struct eddy_handle *next = behind(handle);
        eddy_list_append(ready, &handle->link);
        handle = next;
    }
    return err;
}

bool eddy_wakeup_waiting(struct eddy_wakeup *wakeup)
{
    bool waiting;

    pthread_mutex_lock(&wakeup->lock);
    waiting = wakeup->first != NULL;
    pthread_mutex_unlock(&wakeup->lock);
    return waiting;
}
