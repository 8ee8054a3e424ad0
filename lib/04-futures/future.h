/*
 * future - a result that will exist. Whoever starts something gets the future at once; whoever
 * finishes it says so once, with a result, an error or "cancelled"; whoever waits is called then.
 *
 * Finishing calls nobody: it queues the waiters, and the loop calls them in the next turn. So who
 * finishes a future is never surprised in the middle of what it does, and a chain of a million
 * futures needs no stack. Nothing is allocated: finishing and cancelling cannot fail for want of
 * memory.
 *
 * The outcome is one number: 0, or the error, -ECANCELED for cancelled, EDDY_EPENDING as long as
 * there is none. A result is a pointer, or lies beside the future in what embeds it.
 *
 * Memory: the future is the caller's, and so is what its result points at; both stay as long as
 * somebody waits. A future holds no resource: it needs no end. Threads: the loop's. Another thread
 * posts a handle (eddy_loop_call_soon_threadsafe), and that one finishes the future.
 * (The words and the order of calls are asyncio's.)
 */
#ifndef EDDY_FUTURE_H
#define EDDY_FUTURE_H

#include "loop.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_future;

/* What all futures of one kind have in common: static, one for each kind. */
struct eddy_future_type {
    const char *name; /* for reports: "future", "receive" */
    /*
     * Called by eddy_future_cancel(): undo what was registered, then set the error -ECANCELED; or
     * note the wish, and finish later, if it cannot be undone. NULL: there is nothing to undo.
     */
    void (*cancel)(struct eddy_future *future);
    const char *function, *file; /* where it was made; NULL: not known */
    int line;
};

struct eddy_future {
    struct eddy_loop *loop;
    struct eddy_list waiters; /* handles, in the order in which they were added */
    union {
        const struct eddy_future_type *type; /* while it is pending */
        void *result;                        /* when it is done */
    };
    int err; /* the outcome; EDDY_EPENDING: none yet */
};

/* A pending future. It remembers this line, for the report of a loop that is stuck. */
#define eddy_future_init(future, loop)                                                             \
    do {                                                                                           \
        static const struct eddy_future_type eddy_made_here = {"future", NULL, __func__, __FILE__, \
                                                               __LINE__};                          \
        eddy_future_init_type(future, loop, &eddy_made_here);                                      \
    } while (0)

/* A pending future of an operation of yours. `type` stays. */
void eddy_future_init_type(struct eddy_future *future, struct eddy_loop *loop,
                           const struct eddy_future_type *type);

/* ---- Finishing it ---------------------------------------------------------------------------- */

/*
 * It is done: the waiters are queued, in order. EDDY_EDONE if it is done already; the first outcome
 * stays. EDDY_ECLOSED if its loop is closed. In debug mode EDDY_ETHREAD from another thread. `err`
 * is a negative code, and not EDDY_EPENDING (else -EINVAL); -ECANCELED is the outcome "cancelled".
 * O(1), however many wait.
 */
int eddy_future_set_result(struct eddy_future *future, void *result);
int eddy_future_set_error(struct eddy_future *future, int err);

/*
 * Whatever it was to be is not wanted any more. Returns true if it was pending. Then it is
 * cancelled, unless its type says otherwise; the waiters are queued. False: it was done, or its loop
 * is closed, and nothing has changed.
 */
bool eddy_future_cancel(struct eddy_future *future);

/* ---- Looking at it --------------------------------------------------------------------------- */

bool eddy_future_done(const struct eddy_future *future);
bool eddy_future_cancelled(const struct eddy_future *future);

/* Returns the outcome: 0, and the result to *result (which may be NULL), or the error,
 * -ECANCELED, or EDDY_EPENDING. Then *result is NULL. */
int eddy_future_result(const struct eddy_future *future, void **result);

/* The outcome alone. */
int eddy_future_error(const struct eddy_future *future);

/* ---- Waiting for it -------------------------------------------------------------------------- */

/*
 * Call `handle` when it is done; in the next turn if it is. In the order of adding. EDDY_EQUEUED:
 * the handle waits for something already. EDDY_ECLOSED.
 */
int eddy_future_add_done_callback(struct eddy_future *future, struct eddy_handle *handle);

/* It waits no more. Returns whether it did: false too when the future is done, and the handle in
 * line (eddy_handle_cancel() takes it out of there). O(waiters before it). */
bool eddy_future_remove_done_callback(struct eddy_future *future, struct eddy_handle *handle);

#ifdef __cplusplus
}
#endif

#endif
