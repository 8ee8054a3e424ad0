/* Trap: 0 bytes are taken for the end. Three postcards come, and nothing is written on the second one. */
#include "datagram.h"
#include "turn.h"

#include <stdio.h>

struct letterbox {
    struct eddy_datagram endpoint;
    int cards;
};

static struct letterbox *letterbox_of(struct eddy_datagram *endpoint)
{
    return container_of(endpoint, struct letterbox, endpoint);
}

/* The trap: so it is with a stream. */
static void take_until_end(struct eddy_datagram *endpoint, const void *bytes, size_t n,
                           const struct sockaddr *from, socklen_t size)
{
    (void)bytes, (void)from, (void)size;
    if (n == 0)
        eddy_datagram_close(endpoint);
    else
        letterbox_of(endpoint)->cards++;
}

/* A language of its own says what the end is: here, the third one. */
static void take_three(struct eddy_datagram *endpoint, const void *bytes, size_t n,
                       const struct sockaddr *from, socklen_t size)
{
    (void)bytes, (void)n, (void)from, (void)size;
    if (++letterbox_of(endpoint)->cards == 3)
        eddy_datagram_close(endpoint);
}

static const struct eddy_datagram_protocol by_end = {.name = "letterbox",
                                                     .datagram_received = take_until_end};
static const struct eddy_datagram_protocol by_count = {.name = "letterbox",
                                                       .datagram_received = take_three};

/* From a letterbox to itself: postcards go to an address, and need no connection. */
static int count_cards(struct eddy_loop *loop, const struct eddy_datagram_protocol *protocol)
{
    static const char *const cards[] = {"Rain.", "", "Sun."};
    static const size_t sizes[] = {5, 0, 4};
    struct letterbox box = {.cards = 0};

    if (eddy_create_datagram_endpoint(&box.endpoint, loop, "127.0.0.1", 0, protocol) < 0)
        return -1;
    for (int i = 0; i < 3; i++)
        eddy_datagram_sendto(&box.endpoint, cards[i], sizes[i], &box.endpoint.local.any,
                             sizeof box.endpoint.local.v4);
    eddy_loop_run_until_stuck(loop);
    return box.cards;
}

int main(void)
{
    struct eddy_loop loop;

    if (eddy_loop_open(&loop, NULL) < 0)
        return 1;
    printf("three postcards are sent\n");
    printf("0 bytes are the end: %d has come\n", count_cards(&loop, &by_end));
    printf("0 bytes are a card: %d have come\n", count_cards(&loop, &by_count));
    return eddy_loop_close(&loop) < 0;
}
