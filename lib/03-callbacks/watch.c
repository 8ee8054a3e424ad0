#include "watch.h"

#include "errors.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- The table --------------------------------------------------------------------------------- */

static struct eddy_watch **place_of(const struct eddy_watches *watches, int fd, int event)
{
    struct eddy_watch_slot *slot = &watches->slots[fd];

    return event == EDDY_READ ? &slot->reader : &slot->writer;
}

static struct eddy_watch *find_watch(const struct eddy_watches *watches, int fd, int event)
{
    if (fd < 0 || fd >= watches->slot_count)
        return NULL;
    return *place_of(watches, fd, event);
}

/* Takes the watch out of the table, and out of the line. NULL: there was none. */
static struct eddy_watch *take_watch(struct eddy_watches *watches, int fd, int event)
{
    struct eddy_watch *watch = find_watch(watches, fd, event);

    if (watch) {
        *place_of(watches, fd, event) = NULL;
        watches->slots[fd].held &= ~event;
        watches->count--;
        eddy_handle_cancel(&watch->handle);
    }
    return watch;
}

static void forget_watch(struct eddy_watches *watches, int fd, int event)
{
    struct eddy_watch *watch = find_watch(watches, fd, event);

    if (!watch)
        return;
    if (watches->slots[fd].held & event)
        watch->err = EDDY_ECLOSED; /* it stands in a line, so it is there, and will be called */
    watches->count--;
}

/* The number is another file's by now: the old one was closed without a word, and the memory of its
 * watches may be gone. So they are forgotten, and not touched; but for those that are held. */
static void forget_fd(struct eddy_watches *watches, int fd)
{
    forget_watch(watches, fd, EDDY_READ);
    forget_watch(watches, fd, EDDY_WRITE);
    if (fd >= 0 && fd < watches->slot_count)
        watches->slots[fd] = (struct eddy_watch_slot){0};
}

/* ---- Adding and removing ----------------------------------------------------------------------- */

/* Room for `fd`, which is open: so it is a number that the kernel gave. */
static int make_room(struct eddy_watches *watches, int fd)
{
    int count = watches->slot_count ? watches->slot_count : 16;
    struct eddy_watch_slot *slots;

    if (fd < watches->slot_count)
        return 0;
    while (count <= fd)
        count = count > INT_MAX / 2 ? INT_MAX : 2 * count;
    slots = realloc(watches->slots, (size_t)count * sizeof *slots);
    if (!slots)
        return -ENOMEM;
    memset(slots + watches->slot_count, 0, (size_t)(count - watches->slot_count) * sizeof *slots);
    watches->slots = slots;
    watches->slot_count = count;
    return 0;
}

static int ask_for_event(struct eddy_watches *watches, int fd, int event)
{
    int err = eddy_selector_add(&watches->selector, fd, event, NULL);

    if (err > 0)
        forget_fd(watches, fd);
    return err < 0 ? err : 0;
}

int eddy_watches_ignore(struct eddy_watches *watches, int fd, int event)
{
    const struct eddy_selector_key *key = eddy_selector_get(&watches->selector, fd);

    return key ? eddy_selector_modify(&watches->selector, fd, key->events & ~event, NULL) : 0;
}

/* The table knows; what the watch says of itself may be out of date. */
static bool watches_elsewhere(const struct eddy_watches *watches, int fd, int event,
                              const struct eddy_watch *watch)
{
    int other = event == EDDY_READ ? EDDY_WRITE : EDDY_READ;

    return find_watch(watches, watch->fd, other) == watch ||
           (watch->fd != fd && find_watch(watches, watch->fd, event) == watch);
}

static void put_watch(struct eddy_watches *watches, int fd, int event, struct eddy_watch *watch)
{
    watches->count += find_watch(watches, fd, event) == NULL;
    *place_of(watches, fd, event) = watch;
    watches->slots[fd].held &= ~event;
    watch->err = 0;
    watch->fd = fd;
}

int eddy_watches_add(struct eddy_watches *watches, int fd, int event, struct eddy_watch *watch)
{
    int err = watches_elsewhere(watches, fd, event, watch) ? EDDY_EQUEUED : 0;

    if (err == 0)
        err = ask_for_event(watches, fd, event);
    if (err < 0)
        return err;
    err = make_room(watches, fd);
    if (err < 0) {
        eddy_selector_unregister(&watches->selector, fd); /* without room, nobody watched it */
        return err;
    }
    if (find_watch(watches, fd, event) != watch)
        take_watch(watches, fd, event);
    put_watch(watches, fd, event, watch);
    return 0;
}

bool eddy_watches_awaited(const struct eddy_watches *watches, int fd, int event)
{
    return find_watch(watches, fd, event) != NULL;
}

int eddy_watches_await(struct eddy_watches *watches, int fd, int event, struct eddy_watch *watch)
{
    const struct eddy_selector_key *key = eddy_selector_get(&watches->selector, fd);

    if (eddy_watches_awaited(watches, fd, event))
        return EDDY_EWATCHED;
    if (!key || !(key->events & event) || fd >= watches->slot_count)
        return eddy_watches_add(watches, fd, event, watch);
    put_watch(watches, fd, event, watch);
    return 0;
}

int eddy_watches_hold(struct eddy_watches *watches, int fd, int event, struct eddy_watch *watch)
{
    int err = eddy_watches_awaited(watches, fd, event) ? EDDY_EWATCHED : make_room(watches, fd);

    if (err < 0)
        return err;
    put_watch(watches, fd, event, watch);
    watches->slots[fd].held |= event;
    return 0;
}

void eddy_watches_leave(struct eddy_watches *watches, int fd, int event, struct eddy_watch *watch)
{
    if (find_watch(watches, fd, event) == watch)
        take_watch(watches, fd, event);
    eddy_handle_cancel(&watch->handle);
}

void eddy_watches_adopt(struct eddy_watches *watches, int fd)
{
    if (eddy_selector_get(&watches->selector, fd))
        eddy_selector_unregister(&watches->selector, fd);
    forget_fd(watches, fd);
}

/* The last call, for which there will be no event. */
static void end_watch(struct eddy_watches *watches, int fd, int event, int err,
                      struct eddy_list *ready)
{
    struct eddy_watch *watch = take_watch(watches, fd, event);

    if (!watch)
        return;
    watch->err = err;
    eddy_list_append(ready, &watch->handle.link);
}

bool eddy_watches_remove(struct eddy_watches *watches, int fd, int event)
{
    if (!take_watch(watches, fd, event))
        return false;
    /* If the kernel refuses, it may still tell of the event; then it is asked again. */
    (void)eddy_watches_ignore(watches, fd, event);
    return true;
}

void eddy_watches_end(struct eddy_watches *watches, int fd, struct eddy_list *ready)
{
    (void)eddy_selector_unregister(&watches->selector, fd);
    end_watch(watches, fd, EDDY_READ, EDDY_ECLOSED, ready);
    end_watch(watches, fd, EDDY_WRITE, EDDY_ECLOSED, ready);
    forget_fd(watches, fd);
}

void eddy_watches_set_drained(struct eddy_watches *watches, int fd)
{
    if (fd >= 0 && fd < watches->slot_count)
        watches->slots[fd].drained = true;
}

bool eddy_watches_drained(const struct eddy_watches *watches, int fd)
{
    return fd >= 0 && fd < watches->slot_count && watches->slots[fd].drained;
}

/* ---- Events ------------------------------------------------------------------------------------ */

/* The kernel tells of what nobody watches for: it is asked to stop. If it cannot, the descriptor is
 * given up, since it would be told again and again; the watch of the other event is told why. */
static void decline_event(struct eddy_watches *watches, int fd, int event, struct eddy_list *ready)
{
    int err = eddy_watches_ignore(watches, fd, event);

    if (err == 0) /* or it has been given up a moment ago, for its other event */
        return;
    eddy_selector_unregister(&watches->selector, fd);
    end_watch(watches, fd, EDDY_READ, err, ready);
    end_watch(watches, fd, EDDY_WRITE, err, ready);
}

static void queue_watch(struct eddy_watches *watches, int fd, int event, struct eddy_list *ready)
{
    struct eddy_watch *watch = find_watch(watches, fd, event);

    if (!watch) {
        decline_event(watches, fd, event, ready);
        return;
    }
    if (!eddy_handle_queued(&watch->handle))
        eddy_list_append(ready, &watch->handle.link);
}

void eddy_watches_queue(struct eddy_watches *watches, const struct eddy_event *event,
                        struct eddy_list *ready)
{
    if (event->fd < watches->slot_count)
        watches->slots[event->fd].drained = false;
    if (event->events & EDDY_READ)
        queue_watch(watches, event->fd, EDDY_READ, ready);
    if (event->events & EDDY_WRITE)
        queue_watch(watches, event->fd, EDDY_WRITE, ready);
}

void eddy_watches_fini(struct eddy_watches *watches)
{
    for (int fd = 0; watches->count > 0 && fd < watches->slot_count; fd++) {
        take_watch(watches, fd, EDDY_READ);
        take_watch(watches, fd, EDDY_WRITE);
    }
    free(watches->slots);
    eddy_selector_close(&watches->selector);
    *watches = (struct eddy_watches){0};
}
