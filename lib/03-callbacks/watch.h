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
};

/* `function` will be called. */
#define eddy_watch_init(watch, function) eddy_handle_init(&(watch)->handle, function)

struct eddy_watch_slot {
    struct eddy_watch *reader, *writer; /* NULL: nobody */
};

struct eddy_watches {
    struct eddy_selector selector;
    struct eddy_watch_slot *slots; /* by descriptor */
    int slot_count;                /* how many `slots` has room for */
    int count;                     /* watches in it */
};

/*
 * Call `watch` when `fd` is ready for `event`, EDDY_READ or EDDY_WRITE. It takes the place of who
 * watched for that before, who is not called any more, not even if it is queued.
 * The errors are those of eddy_selector_register().
 */
int eddy_watches_add(struct eddy_watches *watches, int fd, int event, struct eddy_watch *watch);

/* Nobody watches `fd` for `event` any more. Returns whether somebody did. Before you close `fd`. */
bool eddy_watches_remove(struct eddy_watches *watches, int fd, int event);

/* `fd` is going to be closed: who watches it is queued for the last time, with EDDY_ECLOSED. */
void eddy_watches_end(struct eddy_watches *watches, int fd, struct eddy_list *ready);

/* What a selector's wait has found for a descriptor: queue who watches. */
void eddy_watches_queue(struct eddy_watches *watches, const struct eddy_event *event,
                        struct eddy_list *ready);

/* Forget all watches, release the table and close the selector. Zeroed is fine. */
void eddy_watches_fini(struct eddy_watches *watches);

#ifdef __cplusplus
}
#endif

#endif
