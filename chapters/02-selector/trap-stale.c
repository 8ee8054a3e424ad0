/* Trap: one wait finds two descriptors ready. The first one's handler closes the second, and a new
 * client gets its number. Whose is the event that is left? */
#include "errors.h"
#include "selector.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int ann[2], bob[2], carl[2]; /* [0] is the server's end */

static int set_up(void)
{
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ann) == 0 &&
           socketpair(AF_UNIX, SOCK_STREAM, 0, bob) == 0 && write(ann[1], "x", 1) == 1 &&
           write(bob[1], "x", 1) == 1;
}

static void tear_down(void)
{
    for (int i = 0; i < 2; i++) {
        close(ann[i]);
        close(carl[i]);
    }
    close(bob[1]);
}

/* What ann asks for: bob is shown out. Then carl comes, and the kernel gives the lowest number. */
static int anns_turn(void)
{
    int number = bob[0];

    printf("  ann's turn:    bob is shown out; carl comes");
    close(bob[0]);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, carl) < 0)
        return 0;
    printf(", and gets %s number\n", carl[0] == number ? "bob's" : "another");
    return 1;
}

static void carls_turn(void)
{
    char byte;
    ssize_t n = recv(carl[0], &byte, 1, MSG_DONTWAIT);

    printf("  carl's turn:   nothing has come from him: %s\n",
           n < 0 ? eddy_errname(-errno) : "(but it has)");
}

static int with_poll(void)
{
    struct pollfd polled[2] = {{.fd = ann[0], .events = POLLIN}, {.fd = bob[0], .events = POLLIN}};

    printf("poll():\n  ready:         %d\n", poll(polled, 2, -1));
    if (!anns_turn())
        return 0;
    if (polled[1].revents & POLLIN && polled[1].fd == carl[0])
        carls_turn();
    return 1;
}

static int with_eddy(void)
{
    struct eddy_selector selector;
    struct eddy_event event;
    int good = eddy_selector_open(&selector, "poll") == 0 &&
               eddy_selector_register(&selector, ann[0], EDDY_READ, NULL) == 0 &&
               eddy_selector_register(&selector, bob[0], EDDY_READ, NULL) == 0;

    printf("eddy_selector_wait():\n  ready:         %d\n", eddy_selector_wait(&selector, 1));
    while (good && eddy_selector_next(&selector, &event)) {
        if (event.fd != ann[0]) {
            carls_turn();
            continue;
        }
        eddy_selector_unregister(&selector, bob[0]);
        good = anns_turn() && eddy_selector_register(&selector, carl[0], EDDY_READ, NULL) == 0;
    }
    printf("  nobody else:   bob's event was passed over\n");
    eddy_selector_close(&selector);
    return good;
}

int main(void)
{
    if (!set_up() || !with_poll())
        return 1;
    tear_down();
    if (!set_up() || !with_eddy())
        return 1;
    tear_down();
    return 0;
}
