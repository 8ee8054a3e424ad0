/* Trap: a piece is taken for a message. A customer sends the prices 3, 4 and 12, a line each. But the first
 * two come in one piece, and the last one in two. */
#include "net_new.h"
#include "transport.h"
#include "turn.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- The till: sums up, and says "thanks" after each piece ---------------------------------------------- */

struct till {
    struct eddy_transport transport;
    int price; /* so far */
    int sum;
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static int thank(struct till *till)
{
    return eddy_transport_write(&till->transport, "thanks\n", 7);
}

static int add_piece(struct eddy_transport *transport, const char *bytes, size_t n)
{
    struct till *till = container_of(transport, struct till, transport);
    int price = 0;

    for (size_t i = 0; i < n && is_digit(bytes[i]); i++)
        price = 10 * price + (bytes[i] - '0');
    till->sum += price;
    return thank(till);
}

static int add_lines(struct eddy_transport *transport, const char *bytes, size_t n)
{
    struct till *till = container_of(transport, struct till, transport);

    for (size_t i = 0; i < n; i++) {
        if (is_digit(bytes[i])) {
            till->price = 10 * till->price + (bytes[i] - '0');
        } else {
            till->sum += till->price;
            till->price = 0;
        }
    }
    return thank(till);
}

static const struct eddy_protocol by_pieces = {.name = "till", .data_received = add_piece};
static const struct eddy_protocol by_lines = {.name = "till", .data_received = add_lines};

/* ---- The customer: two writes at once, one more after each "thanks" ----------------------------- */

static const char *const writes[] = {"3\n", "4\n", "1", "2\n"};

struct customer {
    struct eddy_transport transport;
    size_t next; /* of the writes */
};

static int send_next(struct eddy_transport *transport)
{
    struct customer *self = container_of(transport, struct customer, transport);
    const char *text;

    if (self->next == sizeof writes / sizeof writes[0])
        return eddy_transport_write_eof(transport);
    text = writes[self->next++];
    return eddy_transport_write(transport, text, strlen(text));
}

static int send_two(struct eddy_transport *transport)
{
    int err = send_next(transport);

    return err < 0 ? err : send_next(transport);
}

static int hear_thanks(struct eddy_transport *transport, const char *bytes, size_t n)
{
    (void)bytes, (void)n;
    return send_next(transport);
}

static const struct eddy_protocol customer = {
    .name = "customer", .connection_made = send_two, .data_received = hear_thanks};

/* ---- Both of them ------------------------------------------------------------------------------------------- */

static int sum_up(struct eddy_loop *loop, const struct eddy_protocol *protocol)
{
    struct till till = {.sum = 0};
    struct customer buyer = {.next = 0};
    int wire[2];

    if (eddy_net_pair(wire) < 0)
        return -1;
    if (eddy_transport_open(&till.transport, loop, wire[0], protocol) < 0 ||
        eddy_transport_open(&buyer.transport, loop, wire[1], &customer) < 0)
        return -1;
    eddy_loop_run_until_stuck(loop);
    return till.sum;
}

int main(void)
{
    struct eddy_loop loop;

    if (eddy_loop_open(&loop, NULL) < 0)
        return 1;
    printf("the prices: 3, 4, 12\n");
    printf("a piece is a price: %d\n", sum_up(&loop, &by_pieces));
    printf("a line is a price: %d\n", sum_up(&loop, &by_lines));
    return eddy_loop_close(&loop) < 0;
}
