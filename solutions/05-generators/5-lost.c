/*
 * Exercise 05.5, find the bug: an evening at a cloakroom. A guest gives a coat away for a ticket,
 * dances, and goes home in the coat that hangs on the ticket's hook. Each guest is a generator, and
 * each argument is a guest who does the next thing:
 *
 *     make check-05.5      builds it, lives some evenings, and says what goes wrong
 *     build/learn/exercises/05.5/5-lost ann ann ann ann bob      is an evening of your own
 *
 * The first time ann comes, the next two times she dances, and the fourth time she goes home; then she
 * may come again. It works, but not on every evening. What a guest does is right; what a guest
 * remembers is not.
 */
#include "gen.h"

#include <stdio.h>
#include <string.h>

enum { GUESTS_MOST = 8, HOOKS = 100 };

struct room {
    int tickets;              /* the last one that was given out this evening */
    const char *hooks[HOOKS]; /* whose coat hangs there; NULL: none */
};

struct guest {
    struct eddy_gen gen;
    struct room *room;
    const char *name;
    int ticket;
    int dances;
};

/* ---- A guest ----------------------------------------------------------------------------------- */

static void hang_up(struct room *room, int ticket, const char *name)
{
    room->hooks[ticket % HOOKS] = name;
    printf("%s hangs up a coat: ticket %d\n", name, ticket);
}

static void go_home(struct room *room, int ticket, const char *name)
{
    const char **hook = &room->hooks[ticket % HOOKS];

    if (*hook)
        printf("%s goes home in the coat of %s\n", name, *hook);
    else
        printf("%s goes home without a coat\n", name);
    *hook = NULL;
}

static struct eddy_step guest(struct eddy_gen *gen)
{
    struct guest *self = GEN_FRAME(gen, guest);
    struct room *room = self->room;

    GEN_BEGIN(gen);
    self->ticket = room->tickets;
    hang_up(room, self->ticket, self->name);
    GEN_YIELD(gen, NULL);
    for (self->dances = 1; self->dances <= 2; self->dances++) {
        printf("%s dances: %d\n", self->name, self->dances);
        GEN_YIELD(gen, NULL);
    }
    go_home(room, self->ticket, self->name);
    GEN_END(gen);
}

/* ---- The evening ------------------------------------------------------------------------------- */

/* The guest called `name`; if there is none, then one who comes now, and is given the next ticket. NULL:
 * the house is full. */
static struct guest *find(struct guest guests[GUESTS_MOST], struct room *room, const char *name)
{
    struct guest *found = NULL;

    for (int i = 0; i < GUESTS_MOST; i++) {
        if (guests[i].name && strcmp(guests[i].name, name) == 0)
            return &guests[i];
        if (!guests[i].name && !found)
            found = &guests[i];
    }
    if (found) {
        *found = (struct guest){.gen = GEN_INIT(guest), .room = room, .name = name};
        room->tickets++;
    }
    return found;
}

int main(int argc, char *argv[])
{
    struct room room = {.tickets = 0};
    struct guest guests[GUESTS_MOST] = {{.name = NULL}};

    setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen, even before a crash */
    for (int i = 1; i < argc; i++) {
        struct guest *guest = find(guests, &room, argv[i]);
        void *value;
        if (guest && eddy_gen_next(&guest->gen, &value) != EDDY_YIELDED)
            guest->name = NULL; /* has gone home */
    }
    return 0;
}
