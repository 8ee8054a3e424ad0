/*
 * Exercise 02.3, find the bug: a house for three, with a bouncer. A guest who sends a line is told
 * how many are inside. The line "all out" throws out everybody else, and those outside may come in.
 *
 *     make check-02.3        builds it, talks to it, and says what goes wrong
 *     build/learn/exercises/02.3/3-bouncer 8081    then, in other terminals:  nc localhost 8081
 *
 * Yet when two say "all out" at once, a guest who was thrown out has a turn. One function is wrong.
 */
#include "../../chapters/demo.h"

#include "selector.h"

enum { FULL = 3 };

struct guest {
    int fd, place;
    size_t used; /* line[0..used) has been received */
    char line[64];
};

struct house {
    struct eddy_selector selector;
    int door, stop_fd; /* the door is the listener */
    struct guest *guests[FULL];
    int inside;
};

/* A guest who comes to a full house waits outside. To register the door twice, or to unregister it
 * twice, does no harm. */
static void watch_door(struct house *house)
{
    if (house->inside == FULL)
        eddy_selector_unregister(&house->selector, house->door);
    else
        eddy_selector_register(&house->selector, house->door, EDDY_READ, NULL);
}

static void drop(struct house *house, struct guest *guest)
{
    eddy_selector_unregister(&house->selector, guest->fd);
    eddy_net_close(guest->fd);
    house->guests[guest->place] = NULL;
    house->inside--;
    free(guest);
    watch_door(house);
}

static void let_in(struct house *house)
{
    int fd;

    while (house->inside < FULL && (fd = eddy_net_accept(house->door)) >= 0) {
        struct guest *guest = calloc(1, sizeof *guest);
        if (!guest || eddy_selector_register(&house->selector, fd, EDDY_READ, guest) < 0) {
            free(guest);
            eddy_net_close(fd);
            continue;
        }
        guest->fd = fd;
        while (house->guests[guest->place])
            guest->place++;
        house->guests[guest->place] = guest;
        house->inside++;
    }
    watch_door(house);
}

/* Returns 0, or an error: then the guest is lost. */
static int on_line(struct house *house, struct guest *guest)
{
    char answer[32];
    int n;

    if (strncmp(guest->line, "all out\n", guest->used) == 0) {
        for (int i = 0; i < FULL; i++)
            if (house->guests[i] && house->guests[i] != guest)
                drop(house, house->guests[i]);
        let_in(house);
    }
    guest->used = 0;
    n = snprintf(answer, sizeof answer, "%d inside\n", house->inside);
    return eddy_net_send(guest->fd, answer, (size_t)n) == n ? 0 : -EPIPE;
}

static void on_readable(struct house *house, struct guest *guest)
{
    ssize_t n =
        eddy_net_recv(guest->fd, guest->line + guest->used, sizeof guest->line - guest->used);

    if (n == -EAGAIN)
        return;
    if (n > 0)
        guest->used += (size_t)n;
    if (n <= 0 || (guest->line[guest->used - 1] == '\n' && on_line(house, guest) < 0))
        drop(house, guest);
}

/* Everybody who is ready has a turn; then we look again. */
static void serve(struct house *house)
{
    struct eddy_event ready[FULL + 2];
    int n;

    while ((n = eddy_selector_wait(&house->selector, EDDY_FOREVER)) >= 0) {
        for (int i = 0; i < n; i++)
            eddy_selector_next(&house->selector, &ready[i]);
        for (int i = 0; i < n; i++) {
            if (ready[i].fd == house->stop_fd)
                return;
            if (ready[i].fd == house->door)
                let_in(house);
            else
                on_readable(house, ready[i].data);
        }
    }
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "A house for three, with a bouncer.");
    struct house house = {.stop_fd = demo_stop_fd()};

    demo.host = "127.0.0.1";
    if (eddy_selector_open(&house.selector, NULL) < 0)
        return 1;
    demo_listen(&demo, &house.door, 1);
    eddy_selector_register(&house.selector, house.stop_fd, EDDY_READ, NULL);
    watch_door(&house);
    serve(&house);
    for (int i = 0; i < FULL; i++)
        if (house.guests[i])
            drop(&house, house.guests[i]);
    eddy_net_close(house.door);
    eddy_selector_close(&house.selector);
    demo_end();
    return 0;
}
