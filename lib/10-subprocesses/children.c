#include "children.h"

#include "errors.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* A look may end a process, which leaves the list; others stay in their places. */
static void on_died(struct eddy_handle *handle)
{
    struct eddy_children *children = container_of(handle, struct eddy_children, died);

    for (struct eddy_list *link = children->running.next, *next; link != &children->running;
         link = next) {
        next = link->next;
        children->look(link);
    }
}

static void close_guest(struct eddy_loop *loop, struct eddy_guest *guest)
{
    struct eddy_children *children = container_of(guest, struct eddy_children, guest);

    (void)loop;
    while (!eddy_list_empty(&children->running))
        eddy_list_pop(&children->running);
    free(children);
}

static const struct eddy_guest_type guest_type = {.name = "children", .close = close_guest};

static struct eddy_children *children_of(struct eddy_loop *loop)
{
    struct eddy_guest *guest = eddy_loop_guest(loop, &guest_type);

    return guest ? container_of(guest, struct eddy_children, guest) : NULL;
}

static int make_children(struct eddy_loop *loop, struct eddy_children **made)
{
    struct eddy_children *children = calloc(1, sizeof *children);
    int err = children ? eddy_loop_add_guest(loop, &children->guest, &guest_type) : -ENOMEM;

    if (err < 0) {
        free(children);
        return err;
    }
    eddy_list_init(&children->running);
    eddy_handle_init(&children->died, on_died);
    *made = children;
    return 0;
}

/* That a process may die is no reason to go on; that one runs is, and process.c says so. */
static int handle_signal(struct eddy_loop *loop, struct eddy_children *children)
{
    struct eddy_handle *known = eddy_loop_signal_handler(loop, SIGCHLD);
    int err;

    if (known)
        return known == &children->died ? 0 : -EEXIST;
    err = eddy_loop_add_signal_handler(loop, SIGCHLD, &children->died);
    if (err == 0)
        eddy_loop_unkeep_signal_handler(loop, SIGCHLD);
    return err;
}

int eddy_children_watch(struct eddy_loop *loop, void (*look)(struct eddy_list *link),
                        struct eddy_children **children)
{
    int err = 0;

    *children = children_of(loop);
    if (!*children)
        err = make_children(loop, children);
    if (err < 0)
        return err;
    (*children)->look = look;
    return handle_signal(loop, *children);
}

void eddy_children_rest(struct eddy_loop *loop)
{
    struct eddy_children *children = children_of(loop);

    if (children && eddy_list_empty(&children->running) &&
        eddy_loop_signal_handler(loop, SIGCHLD) == &children->died)
        eddy_loop_remove_signal_handler(loop, SIGCHLD);
}
