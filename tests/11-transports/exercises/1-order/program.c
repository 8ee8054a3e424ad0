/*
 * What exercise 11.1 asks, asked of real connections. Each line it prints is a line of the exercise's file,
 * with the answer.
 */
#include "net.h"
#include "net_new.h"
#include "report.h"
#include "sockio.h"
#include "transport.h"
#include "turn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MUCH = 4 << 20 };

static struct eddy_loop loop;
static long said; /* as digits, in their order */
static int line;

static void tell(const char *text)
{
    printf("%c. %-66s: %ld\n", 'a' + line, text, said);
    line++;
    said = 0;
}

static void say(int digit)
{
    said = 10 * said + digit;
}

static void run(void)
{
    eddy_loop_run_until_stuck(&loop);
}

/* ---- Ours, which says what it is told -------------------------------------------------------------------- */

static int made(struct eddy_transport *transport)
{
    (void)transport;
    say(1);
    return 0;
}

static int data(struct eddy_transport *transport, const char *bytes, size_t n)
{
    (void)transport, (void)bytes;
    say(2);
    say((int)n);
    return 0;
}

static int eof(struct eddy_transport *transport)
{
    (void)transport;
    say(3);
    return 0;
}

static void lost(struct eddy_transport *transport, int err)
{
    (void)transport;
    say(err < 0 ? 5 : 4);
}

static void on_report(struct eddy_loop *of, const struct eddy_context *context)
{
    (void)of, (void)context;
    say(6);
}

static struct eddy_transport ours;
static struct eddy_protocol protocol;

/* What `does` does not say is as above. */
static void open_ours(int fd, const struct eddy_protocol *does)
{
    protocol = (struct eddy_protocol){.name = "ours",
                                      .connection_made = made,
                                      .data_received = data,
                                      .eof_received = eof,
                                      .connection_lost = lost};
    if (does->connection_made)
        protocol.connection_made = does->connection_made;
    if (does->data_received)
        protocol.data_received = does->data_received;
    if (does->eof_received)
        protocol.eof_received = does->eof_received;
    ours = (struct eddy_transport){.fd = -1};
    eddy_transport_open(&ours, &loop, fd, &protocol);
}

static int write_much(struct eddy_transport *transport)
{
    static const char much[MUCH];

    return eddy_transport_write(transport, much, MUCH);
}

/* It is refused. Returns why. */
static int write_in_vain(struct eddy_transport *transport)
{
    int err = eddy_transport_write(transport, "x", 1);

    if (err < 0)
        say(8);
    return err;
}

/* ---- A peer that is a plain socket ---------------------------------------------------------------------- */

static int peer;

static void begin(const struct eddy_protocol *does)
{
    int pair[2];

    if (eddy_net_pair(pair) < 0)
        exit(1);
    peer = pair[1];
    open_ours(pair[0], does);
}

static void peer_sends(size_t n)
{
    if (eddy_net_send(peer, "abcdef", n) != (ssize_t)n)
        exit(1);
}

static void peer_goes(void)
{
    eddy_net_close(peer);
    peer = -1;
}

static void finish(const char *text)
{
    run();
    if (peer >= 0)
        peer_goes();
    tell(text);
}

static void main_goes_on(void)
{
    say(7);
}

static const struct eddy_protocol usual;

/* Three bytes, and the end. */
static void three_bytes(const char *text, const struct eddy_protocol *does)
{
    begin(does);
    peer_sends(3);
    peer_goes();
    main_goes_on();
    finish(text);
}

static void order(void)
{
    begin(&usual);
    eddy_transport_close(&ours);
    main_goes_on();
    finish("main closes it");

    begin(&usual);
    eddy_transport_close(&ours);
    eddy_transport_abort(&ours);
    eddy_transport_close(&ours);
    main_goes_on();
    finish("main closes it, aborts it, and closes it again");

    begin(&usual);
    for (int i = 0; i < 3; i++)
        peer_sends(2);
    peer_goes();
    main_goes_on();
    finish("The peer sends 2 bytes, 2 bytes, and 2 bytes, and goes");

    three_bytes("The peer sends 3 bytes, and goes", &usual);
}

/* ---- Ends ------------------------------------------------------------------------------------------------ */

static int pause_in_made(struct eddy_transport *transport)
{
    eddy_transport_pause_reading(transport);
    return made(transport);
}

static int keep_open(struct eddy_transport *transport)
{
    eof(transport);
    return EDDY_KEEP_OPEN;
}

static int close_in_data(struct eddy_transport *transport, const char *bytes, size_t n)
{
    data(transport, bytes, n);
    eddy_transport_close(transport);
    return 0;
}

static int close_and_write(struct eddy_transport *transport)
{
    made(transport);
    eddy_transport_close(transport);
    write_in_vain(transport);
    return 0;
}

static void paused_and_kept(void)
{
    begin(&(struct eddy_protocol){.connection_made = pause_in_made});
    peer_sends(3);
    peer_goes();
    main_goes_on();
    run();
    main_goes_on();
    eddy_transport_resume_reading(&ours);
    finish("... but connection_made pauses reading; later main resumes it");

    begin(&(struct eddy_protocol){.eof_received = keep_open});
    peer_sends(3);
    peer_goes();
    main_goes_on();
    run();
    main_goes_on();
    eddy_transport_close(&ours);
    finish("... but eof_received says EDDY_KEEP_OPEN; later main closes it");
}

static void ends(void)
{
    paused_and_kept();
    three_bytes("... but data_received closes it",
                &(struct eddy_protocol){.data_received = close_in_data});

    begin(&(struct eddy_protocol){.connection_made = close_and_write});
    main_goes_on();
    finish("connection_made closes it, and writes a byte");
}

/* ---- A peer that is a transport ------------------------------------------------------------------------- */

static size_t peer_got;

static int peer_data(struct eddy_transport *transport, const char *bytes, size_t n)
{
    (void)transport, (void)bytes;
    peer_got += n;
    return 0;
}

static int peer_counts(struct eddy_transport *transport)
{
    (void)transport;
    if (peer_got == MUCH)
        say(9);
    return 0;
}

static int peer_answers(struct eddy_transport *transport)
{
    return eddy_transport_write(transport, "abc", 3);
}

static void with_peer(const char *text, const struct eddy_protocol *does,
                      int (*at_end)(struct eddy_transport *))
{
    struct eddy_protocol hers = {
        .name = "peer", .data_received = peer_data, .eof_received = at_end};
    struct eddy_transport other = {.fd = -1};
    int pair[2];

    if (eddy_net_pair(pair) < 0)
        exit(1);
    peer_got = 0;
    peer = -1;
    open_ours(pair[0], does);
    eddy_transport_open(&other, &loop, pair[1], &hers);
    main_goes_on();
    finish(text);
}

static int much_and_close(struct eddy_transport *transport)
{
    made(transport);
    write_much(transport);
    eddy_transport_close(transport);
    return 0;
}

static int much_and_abort(struct eddy_transport *transport)
{
    made(transport);
    write_much(transport);
    eddy_transport_abort(transport);
    return 0;
}

static int half_close(struct eddy_transport *transport)
{
    made(transport);
    eddy_transport_write(transport, "x", 1);
    eddy_transport_write_eof(transport);
    write_in_vain(transport);
    return 0;
}

static void last_bytes(void)
{
    with_peer("connection_made writes 4 MB, and closes it",
              &(struct eddy_protocol){.connection_made = much_and_close}, peer_counts);
    with_peer("... but aborts it", &(struct eddy_protocol){.connection_made = much_and_abort},
              peer_counts);
    with_peer("connection_made writes, ends its direction, and writes again",
              &(struct eddy_protocol){.connection_made = half_close}, peer_answers);
}

/* ---- Errors ---------------------------------------------------------------------------------------------- */

static int fail_in_data(struct eddy_transport *transport, const char *bytes, size_t n)
{
    data(transport, bytes, n);
    return -EPROTO;
}

static int fail_in_made(struct eddy_transport *transport)
{
    made(transport);
    return -EPROTO;
}

static int abort_and_fail(struct eddy_transport *transport, const char *bytes, size_t n)
{
    data(transport, bytes, n);
    eddy_transport_abort(transport);
    return -EPROTO;
}

static int close_and_return(struct eddy_transport *transport, const char *bytes, size_t n)
{
    data(transport, bytes, n);
    eddy_transport_close(transport);
    return write_in_vain(transport);
}

static int much_in_made(struct eddy_transport *transport)
{
    made(transport);
    return write_much(transport);
}

/* The peer stays, and reads nothing. */
static void three_bytes_and_stays(const char *text, const struct eddy_protocol *does)
{
    begin(does);
    peer_sends(3);
    main_goes_on();
    finish(text);
}

static void errors(void)
{
    three_bytes_and_stays("data_received returns an error",
                          &(struct eddy_protocol){.data_received = fail_in_data});
    three_bytes_and_stays("... but connection_made returns it",
                          &(struct eddy_protocol){.connection_made = fail_in_made});
    three_bytes_and_stays("... but data_received aborts it, and then returns it",
                          &(struct eddy_protocol){.data_received = abort_and_fail});
    three_bytes_and_stays("... but data_received closes it, writes, and returns that error",
                          &(struct eddy_protocol){.data_received = close_and_return});
    three_bytes_and_stays("Like o, and connection_made has written 4 MB before",
                          &(struct eddy_protocol){.connection_made = much_in_made,
                                                  .data_received = close_and_return});
}

int main(void)
{
    alarm(10); /* a library that is being changed may hang */
    if (eddy_loop_open(&loop, NULL) < 0)
        return 1;
    eddy_loop_set_exception_handler(&loop, on_report);
    order();
    ends();
    last_bytes();
    errors();
    eddy_loop_close(&loop);
    return line != 16;
}
