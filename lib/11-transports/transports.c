#include "transports.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

enum { PAGE = 4096 }; /* bytes */

struct transports {
    struct eddy_guest guest;
    struct eddy_list members;
    struct eddy_list forgotten; /* those to be released */
    char room[EDDY_TRANSPORT_PIECE + PAGE - 1];
};

static void close_transports(struct eddy_loop *loop, struct eddy_guest *guest)
{
    struct transports *transports = container_of(guest, struct transports, guest);
    struct eddy_transports_member *member;

    (void)loop;
    while (!eddy_list_empty(&transports->members)) {
        member = container_of(transports->members.next, struct eddy_transports_member, link);
        member->forget(member);
        if (member->release)
            eddy_list_append(&transports->forgotten, &member->link);
    }
}

static void free_transports(struct eddy_guest *guest)
{
    struct transports *transports = container_of(guest, struct transports, guest);
    struct eddy_transports_member *member;

    while (!eddy_list_empty(&transports->forgotten)) {
        member = container_of(eddy_list_pop(&transports->forgotten), struct eddy_transports_member,
                              link);
        member->release(member);
    }
    free(transports);
}

static struct transports *transports_of(struct eddy_loop *loop)
{
    static const struct eddy_guest_type type = {
        .name = "transports", .close = close_transports, .free = free_transports};
    struct eddy_guest *guest = eddy_loop_guest(loop, &type);
    struct transports *transports;

    if (guest)
        return container_of(guest, struct transports, guest);
    transports = calloc(1, sizeof *transports);
    if (!transports)
        return NULL;
    eddy_list_init(&transports->members);
    eddy_list_init(&transports->forgotten);
    eddy_loop_add_guest(loop, &transports->guest, &type);
    return transports;
}

/* Some processors copy to the beginning of a page twice as fast as to the middle of one. */
static char *page_of(char *room)
{
    return room + (PAGE - (uintptr_t)room % PAGE) % PAGE;
}

int eddy_transports_join(struct eddy_loop *loop, struct eddy_transports_member *member,
                         char **piece)
{
    struct transports *transports = transports_of(loop);

    if (!transports)
        return -ENOMEM;
    eddy_list_append(&transports->members, &member->link);
    *piece = page_of(transports->room);
    return 0;
}
