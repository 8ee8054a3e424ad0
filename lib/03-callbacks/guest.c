#include "guest.h"

static struct eddy_guest *guest_of(struct eddy_list *link)
{
    return container_of(link, struct eddy_guest, link);
}

struct eddy_guest *eddy_guest_find(const struct eddy_list *guests,
                                   const struct eddy_guest_type *type)
{
    for (struct eddy_list *link = guests->next; link != guests; link = link->next)
        if (guest_of(link)->type == type)
            return guest_of(link);
    return NULL;
}

bool eddy_guest_leave(struct eddy_guest *guest)
{
    if (!eddy_list_linked(&guest->link))
        return false;
    eddy_list_remove(&guest->link);
    return true;
}

const char *eddy_guests_name(const struct eddy_list *guests, const struct eddy_handle *handle)
{
    const char *name = NULL;

    for (struct eddy_list *link = guests->next; !name && link != guests; link = link->next)
        if (guest_of(link)->type->name_handle)
            name = guest_of(link)->type->name_handle(handle);
    return name ? name : eddy_handle_name(handle->fn);
}

int eddy_guests_may_close(struct eddy_loop *loop, const struct eddy_list *guests)
{
    int err = 0;

    for (struct eddy_list *link = guests->next; err == 0 && link != guests; link = link->next)
        if (guest_of(link)->type->may_close)
            err = guest_of(link)->type->may_close(loop, guest_of(link));
    return err;
}

void eddy_guests_close(struct eddy_loop *loop, struct eddy_list *guests)
{
    struct eddy_list stay;

    eddy_list_init(&stay);
    while (!eddy_list_empty(guests)) {
        struct eddy_guest *guest = guest_of(eddy_list_pop(guests));
        if (guest->type->free)
            eddy_list_append(&stay, &guest->link);
        guest->type->close(loop, guest);
    }
    eddy_list_move(guests, &stay);
}

void eddy_guests_free(struct eddy_list *guests)
{
    while (!eddy_list_empty(guests)) {
        struct eddy_guest *guest = guest_of(eddy_list_pop(guests));
        guest->type->free(guest);
    }
}
