/*
 * handle - what the loop calls: a function, and a link with which it stands in line. The loop calls
 * nothing else; becoming ready is moving a handle to the list of what is ready.
 *
 * A handle is embedded in whatever the function needs, and container_of() leads back to it. So a
 * callback needs no argument and nobody allocates:
 *
 *     struct greeting { struct eddy_handle handle; const char *name; };
 *
 *     static void greet(struct eddy_handle *handle)
 *     {
 *         struct greeting *greeting = container_of(handle, struct greeting, handle);
 *         printf("hello, %s\n", greeting->name);
 *     }
 *
 * Its memory must stay until it has run or was cancelled; in its own callback it may be freed or
 * used again. Threads: the loop's, except where a function says otherwise.
 */
#ifndef EDDY_HANDLE_H
#define EDDY_HANDLE_H

#include "list.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_handle {
    struct eddy_list link; /* in what it waits in line for */
    void (*fn)(struct eddy_handle *handle);
};

/* `function` will be called. Not for a handle that waits in line: its neighbours would still lead
 * to it; cancel it first. In debug mode (EDDY_DEBUG=1) reports then know its name. */
#define eddy_handle_init(handle, function) eddy_handle_init_named(handle, function, #function)

/* What the macro calls, with a name of your own. `name` must stay; static text, best. Any thread. */
void eddy_handle_init_named(struct eddy_handle *handle, void (*fn)(struct eddy_handle *handle),
                            const char *name);

/*
 * The name of the function that `fn` is; "a callback" if none was noted. Names are noted in debug
 * mode only, and of the first 500 functions. Any thread.
 */
const char *eddy_handle_name(void (*fn)(struct eddy_handle *handle));

/* Whether it waits in line. Not for a handle that another thread has posted; nobody can tell. */
static inline bool eddy_handle_queued(const struct eddy_handle *handle)
{
    return eddy_list_linked(&handle->link);
}

/*
 * It will not run. Returns whether it was to: false when it has run, was cancelled before, or was
 * posted by a thread (eddy_loop_cancel_threadsafe()). O(1). For timers: eddy_timer_cancel().
 */
bool eddy_handle_cancel(struct eddy_handle *handle);

/* Whether EDDY_DEBUG is set, to anything but "" and "0": asked once. Any thread. */
bool eddy_debug_wanted(void);

#ifdef __cplusplus
}
#endif

#endif
