/*
 * future - a result that will exist. Whoever starts something gets the future at once; whoever
 * finishes it says so once, with a result, an error or "cancelled"; whoever waits is called then.
 *
 * Finishing calls nobody: it queues the waiters, and the loop calls them in the next turn. So
 * whoever finishes a future is never surprised in the middle of what it does, and a chain of a
 * million futures needs no stack. Nothing is allocated: finishing and cancelling cannot fail for
 * want of memory. (Skip: chapter 6. Its operations on descriptors, io.h, let their waiters join the
 * present turn if nothing else is in line.)
 *
 * The outcome is one number: 0, or the error, -ECANCELED for cancelled, EDDY_EPENDING as long as
 * there is none. A result is a pointer, or lies beside the future in what embeds it.
 *
 * Memory: the future is the caller's, and so is what its result points at. ONE RULE FOR HOW LONG:
 * until its last waiter has been called. Finishing only queues the waiters, and they read the
 * outcome when they are called, a turn later. So whoever finishes a future must not free it at once
 * while somebody waits; a waiter may free it as soon as it is called, if it is the last. A future
 * without waiters holds nothing and needs no end: its memory can go at any time. A zeroed one
 * counts as done, with the result NULL; but it has no loop, so do not wait for it. Threads: the
 * loop's. Another thread posts a handle (eddy_loop_call_soon_threadsafe), and that one finishes the
 * future. (The words and the order of calls are asyncio's.)
 */
#ifndef EDDY_FUTURE_H
#define EDDY_FUTURE_H

#include "errors.h"
#include "loop.h"

#include <errno.h>

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_future;

/* What all futures of one kind have in common: static, one for each kind. */
struct eddy_future_type {
    const char *name; /* for reports: "future", "receive" */
    /*
     * Called by eddy_future_cancel(). Undo what was registered, then set the error -ECANCELED. What
     * cannot be undone: note the wish, and finish later. NULL: there is nothing to undo.
     */
    void (*cancel)(struct eddy_future *future);
    /* Says what it waits for, for the report of a loop that is stuck. NULL: the name will do. */
    void (*describe)(const struct eddy_future *future, char *text, size_t n);
    bool guarded; /* skip: chapter 6 (only eddy_future_finish() ends it, as its task's body ends) */
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
    int err;   /* the outcome; EDDY_EPENDING: none yet */
    bool turn; /* skip: chapter 6 (it is done, but the task that awaits it gives up a turn) */
};

/* A pending future. It remembers this line, for the report of a loop that is stuck. */
#define eddy_future_init(future, loop)                                                            \
    do {                                                                                          \
        static const struct eddy_future_type eddy_at = {"future", NULL, NULL, false, EDDY_HERE_}; \
        eddy_future_init_type(future, loop, &eddy_at);                                            \
    } while (0)

/* The last three members of a type. (By their order: C++ before 2020 knows no .function = here.) */
#define EDDY_HERE_ __func__, __FILE__, __LINE__

/* A pending future of an operation of yours. `type` stays. */
static inline void eddy_future_init_type(struct eddy_future *future, struct eddy_loop *loop,
                                         const struct eddy_future_type *type)
{
    future->loop = loop;
    future->type = type;
    future->err = EDDY_EPENDING;
    future->turn = false;
    eddy_list_init(&future->waiters);
}

/*
 * A future that is done from the beginning, with `err` (0: success, with the result NULL; what is
 * no outcome becomes -EINVAL). For a start that fails, or has nothing to wait for: it returns such
 * a future. Returns `future`.
 */
struct eddy_future *eddy_future_init_done(struct eddy_future *future, struct eddy_loop *loop,
                                          int err);

/* ---- Finishing it ---------------------------------------------------------------------------- */

/* Whether `err` is an outcome: 0, or a negative code other than EDDY_EPENDING. Any other number is
 * refused: by futures with -EINVAL; a generator or task ends with -EINVAL, and it is reported. */
static inline bool eddy_is_outcome(int err)
{
    return err <= 0 && err != EDDY_EPENDING;
}

/*
 * It is done: the waiters are queued, in order. EDDY_EDONE if it is done already; the first outcome
 * stays. EDDY_ECLOSED if its loop is closed. In debug mode EDDY_ETHREAD from another thread. `err`
 * is an outcome, and not 0 (else -EINVAL); -ECANCELED is the outcome "cancelled".
 * O(1), however many wait.
 */
int eddy_future_set_result(struct eddy_future *future, void *result);
int eddy_future_set_error(struct eddy_future *future, int err);

/* Skip: chapter 6. The same, also for a future whose type is guarded: for such a future the two
 * above are EDDY_EOTHER. It is for the module that has made the type. `err` is an outcome (else
 * -EINVAL). */
int eddy_future_finish(struct eddy_future *future, int err, void *result);

/*
 * Nobody wants the result any more. Returns true if the future was pending. Then it is cancelled,
 * unless its type says otherwise, and its waiters are queued. False: it was done, or its loop is
 * closed, and nothing has changed.
 */
bool eddy_future_cancel(struct eddy_future *future);

/* ---- Looking at it --------------------------------------------------------------------------- */

static inline bool eddy_future_done(const struct eddy_future *future)
{
    return future->err != EDDY_EPENDING;
}

static inline bool eddy_future_cancelled(const struct eddy_future *future)
{
    return future->err == -ECANCELED;
}

/* Returns the outcome: 0, an error, -ECANCELED or EDDY_EPENDING. *result becomes the result, or
 * NULL if the outcome is not 0. `result` may be NULL. */
int eddy_future_result(const struct eddy_future *future, void **result);

/* The outcome alone. */
static inline int eddy_future_error(const struct eddy_future *future)
{
    return future->err;
}

/* ---- Waiting for it -------------------------------------------------------------------------- */

/*
 * Call `handle` when the future is done; in the next turn, if it is done already. Waiters are
 * called in the order in which they were added. EDDY_EQUEUED: the handle waits for something
 * already. EDDY_ECLOSED: the loop is closed.
 */
int eddy_future_add_done_callback(struct eddy_future *future, struct eddy_handle *handle);

/* `handle` waits for this future no more. Returns whether it did. False, too, when the future is
 * done and the handle in line (eddy_handle_cancel() takes it out of there), and for a zeroed
 * future. O(waiters before it). */
bool eddy_future_remove_done_callback(struct eddy_future *future, struct eddy_handle *handle);

#ifdef __cplusplus
}
#endif

#endif
