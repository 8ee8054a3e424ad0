/*
 * guest - what a module keeps for a loop, and the loop knows nothing of: its own state in a struct
 * of its own, with a struct eddy_guest in it. A loop has one list of these. So no module needs a
 * field in struct eddy_loop, and one that is not used costs nothing.
 *
 *     static const struct eddy_guest_type counter_type = {.name = "counter", .close = free_counter};
 *
 *     eddy_loop_add_guest(loop, &counter->guest, &counter_type);      once
 *     guest = eddy_loop_guest(loop, &counter_type);                   from then on
 *
 * The type is also the key: its address says whose the guest is. The functions that add and find
 * one are in loop.h.
 *
 * Memory: the guest's owner's; it stays until its close function has been called, or it has left.
 * Threads: the loop's.
 */
#ifndef EDDY_GUEST_H
#define EDDY_GUEST_H

#include "handle.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_loop;
struct eddy_guest;

/* What all guests of one kind have in common: static, one for each kind. */
struct eddy_guest_type {
    const char *name;
    /* Before the loop is closed: 0, or why it must not be, an error. NULL: it may. */
    int (*may_close)(struct eddy_loop *loop, struct eddy_guest *guest);
    /* The loop is being closed, and the guest has left it: give back what it holds. The loop's
     * calls are EDDY_ECLOSED already. */
    void (*close)(struct eddy_loop *loop, struct eddy_guest *guest);
    /* After that, when all is forgotten: no line, heap or table of the loop points anywhere any more. So memory
     * may go in which others have handles, timers or watches. NULL: there is no such memory. */
    void (*free)(struct eddy_guest *guest);
    /* For reports: the name of `handle`, if it is one of this guest's. NULL: it is not. */
    const char *(*name_handle)(const struct eddy_handle *handle);
};

struct eddy_guest {
    struct eddy_list link; /* among the loop's guests */
    const struct eddy_guest_type *type;
};

/* The first guest of this type in a loop's list; NULL: none. O(guests), and those are few. */
struct eddy_guest *eddy_guest_find(const struct eddy_list *guests,
                                   const struct eddy_guest_type *type);

/* It leaves its loop: its close function will not be called. Returns whether it was in one. */
bool eddy_guest_leave(struct eddy_guest *guest);

/* For reports: the name of `handle`. A guest's word, or else the name of its function. */
const char *eddy_guests_name(const struct eddy_list *guests, const struct eddy_handle *handle);

/* For closing a loop: the first error that a guest answers, or 0; and then the end of all guests,
 * the last one added first. */
int eddy_guests_may_close(struct eddy_loop *loop, const struct eddy_list *guests);
void eddy_guests_close(struct eddy_loop *loop, struct eddy_list *guests);

/* And then, when all is forgotten, those that have memory to give back. */
void eddy_guests_free(struct eddy_list *guests);

#ifdef __cplusplus
}
#endif

#endif
