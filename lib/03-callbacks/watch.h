/*
 * watch - who is called when a descriptor is ready: a table by descriptor, with a reader and a
 * writer each, in front of a selector.
 *
 * A watch is a handle. It is queued each time its descriptor is ready, until it is removed; while
 * it waits in line it is not queued again.
 *
 * Errors: negative codes; on an error nothing has changed. Memory: the table is its own, the
 * watches are the caller's, and stay until they are removed. Threads: the loop's.
 */
#ifndef EDDY_WATCH_H
#define EDDY_WATCH_H

#include "handle.h"
#include "selector.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_watch {
    struct eddy_handle handle;
    int err; /* 0; or why it is called for the last time, such as EDDY_ECLOSED */
    int fd;  /* the descriptor that it was added for last; -1: none yet */
};

/* `function` will be called. Not for a watch that is in use. */
#define eddy_watch_init(watch, function)              \
    do {                                              \
        eddy_handle_init(&(watch)->handle, function); \
        (watch)->fd = -1;                             \
    } while (0)

struct eddy_watch_slot {
    struct eddy_watch *reader, *writer; /* NULL: nobody */
    /* Skip: chapter 6. */
    int held;     /* events whose watch waits for no event, but stands in a line */
    bool drained; /* the last read took all there was: no event has come since */
};

struct eddy_watches {
    struct eddy_selector selector;
    struct eddy_watch_slot *slots; /* by descriptor */
    int slot_count;                /* how many `slots` has room for */
    int count;                     /* watches in it */
};

/*
 * Call `watch` when `fd` is ready for `event`, EDDY_READ or EDDY_WRITE. It takes the place of the
 * watch that was there, which is not called any more, not even if it is queued. The kernel is
 * asked whether it is still the descriptor that the table knows: eddy_selector_add(). If not, all
 * that was known of the number is forgotten.
 * The errors are those of eddy_selector_add(), and EDDY_EQUEUED if `watch` watches another
 * descriptor, or the other event: a watch has one place in line, so it is for one of them.
 */
int eddy_watches_add(struct eddy_watches *watches, int fd, int event, struct eddy_watch *watch);

/* Nobody watches `fd` for `event` any more. Returns whether somebody did. Call it before you close
 * `fd`. */
bool eddy_watches_remove(struct eddy_watches *watches, int fd, int event);

/*
 * For an operation that waits for one event and leaves then. The same as add, but EDDY_EWATCHED if
 * somebody else watches for that. When the operation leaves, the kernel is not told at once, but
 * only when it reports an event that nobody waits for. So an operation that waits again soon makes
 * no system call.
 */
int eddy_watches_await(struct eddy_watches *watches, int fd, int event, struct eddy_watch *watch);

/* The same for an operation that waits for something else, such as its turn: its watch is in the
 * table, so that whoever closes the descriptor reaches it, but the kernel is asked for no event. */
int eddy_watches_hold(struct eddy_watches *watches, int fd, int event, struct eddy_watch *watch);

/* The kernel is asked to tell of `event` no more; the watch stays in the table. */
int eddy_watches_ignore(struct eddy_watches *watches, int fd, int event);

/* Whether somebody watches `fd` for `event`. O(1). */
bool eddy_watches_awaited(const struct eddy_watches *watches, int fd, int event);

/* `watch` waits for that no more, and is not in line either. An operation calls this first when it
 * is called: until then its watch is in the table, so that whoever closes the descriptor reaches
 * it. */
void eddy_watches_leave(struct eddy_watches *watches, int fd, int event, struct eddy_watch *watch);

/* An operation that has read less than there was room for sets this. It stays set until an event
 * comes, and meanwhile the next read need not try in vain. */
void eddy_watches_set_drained(struct eddy_watches *watches, int fd);
bool eddy_watches_drained(const struct eddy_watches *watches, int fd);

/*
 * `fd` is new: it was obtained from the kernel just now. If its number was closed without a
 * word, nothing that is known of the old one counts; a watch that is held is called, with
 * EDDY_ECLOSED. O(1), no system call unless it was.
 */
void eddy_watches_adopt(struct eddy_watches *watches, int fd);

/* `fd` is going to be closed: its watches are queued for the last time, with EDDY_ECLOSED. */
void eddy_watches_end(struct eddy_watches *watches, int fd, struct eddy_list *ready);

/* What a selector's wait has found for a descriptor: queue its watches. */
void eddy_watches_queue(struct eddy_watches *watches, const struct eddy_event *event,
                        struct eddy_list *ready);

/* Forget all watches, release the table and close the selector. Zeroed is fine. */
void eddy_watches_fini(struct eddy_watches *watches);

#ifdef __cplusplus
}
#endif

#endif
