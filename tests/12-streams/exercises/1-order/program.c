/*
 * What exercise 12.1 asks, asked of real streams. Each line it prints is a line of the exercise's file, with the
 * answer.
 */
#include "create_connection.h"
#include "net.h"
#include "net_new.h"
#include "report.h"
#include "sockio.h"
#include "stream.h"
#include "stream_server.h"
#include "turn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MUCH = 4 << 20, TURNS = 1000 };

static struct eddy_loop loop;
static long said; /* as digits, in their order */
static int line;

static void say(int digit)
{
    said = 10 * said + digit;
}

/* ---- Turns: a stream that is open watches its descriptor, so the loop is never stuck ------------------------ */

static int turns;

static void on_turn(struct eddy_handle *handle)
{
    if (turns-- > 0)
        eddy_loop_call_soon(&loop, handle);
    else
        eddy_loop_stop(&loop);
}

static void run(void)
{
    struct eddy_handle turn;

    turns = TURNS;
    eddy_handle_init(&turn, on_turn);
    eddy_loop_call_soon(&loop, &turn);
    eddy_loop_run_forever(&loop);
}

/* ---- Tasks on our stream, which say what they are told ------------------------------------------------------ */

static struct eddy_stream ours;

struct reads {
    struct eddy_co co;
};

static struct eddy_step reads(struct eddy_co *co)
{
    struct eddy_reader *reader = &ours.reader;
    int err;

    CO_BEGIN(co);
    do {
        CO_TRY_AWAIT(co, eddy_reader_read(reader, 9));
        err = eddy_co_error(co);
        say(err < 0 ? 3 : reader->size > 0 ? 1 : 2);
        if (err == 0 && reader->size > 0)
            say((int)reader->size);
    } while (err == 0 && reader->size > 0);
    CO_END(co);
}

struct writes {
    struct eddy_co co;
    size_t n;
    struct eddy_stream_wait wait;
};

static struct eddy_step writes(struct eddy_co *co)
{
    static const char much[MUCH];
    struct writes *self = CO_FRAME(co, writes);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_stream_write(&self->wait, &ours, much, self->n));
    say(eddy_co_error(co) < 0 ? 5 : 4);
    CO_END(co);
}

struct closes {
    struct eddy_co co;
    struct eddy_stream_wait wait;
};

static struct eddy_step closes(struct eddy_co *co)
{
    struct closes *self = CO_FRAME(co, closes);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_stream_wait_closed(&self->wait, &ours));
    say(6);
    CO_END(co);
}

static struct eddy_task first, second;
static struct reads reading, reading_too;
static struct writes writing, writing_too;
static struct closes closing;

static void start_reads(void)
{
    eddy_task_start(&first, &loop, reads, &reading);
}

static void start_writes(size_t n)
{
    eddy_task_start(&first, &loop, writes, &writing, .n = n);
}

static void start_closes(void)
{
    eddy_task_start(&second, &loop, closes, &closing);
}

/* ---- The peer: a transport that counts, and reads nothing until it is told to ------------------------------ */

static struct eddy_transport peer;
static size_t peer_got;
static bool peer_answers;

static int peer_data(struct eddy_transport *transport, const char *bytes, size_t n)
{
    (void)transport, (void)bytes;
    peer_got += n;
    return 0;
}

static int peer_eof(struct eddy_transport *transport)
{
    return peer_answers ? eddy_transport_write(transport, "abc", 3) : 0;
}

static int peer_made(struct eddy_transport *transport)
{
    eddy_transport_pause_reading(transport);
    return 0;
}

static const struct eddy_protocol peers = {.name = "peer",
                                           .connection_made = peer_made,
                                           .data_received = peer_data,
                                           .eof_received = peer_eof};

static void begin(void)
{
    int pair[2];

    peer_got = 0;
    peer_answers = false;
    said = 0;
    ours = (struct eddy_stream){.limit = 0};
    peer = (struct eddy_transport){.fd = -1};
    if (eddy_net_pair(pair) < 0 || eddy_stream_open(&ours, &loop, pair[0]) < 0 ||
        eddy_transport_open(&peer, &loop, pair[1], &peers) < 0)
        exit(1);
    run();
}

static void main_goes_on(void)
{
    say(7);
    run();
}

static void peer_sends_and_goes(void)
{
    eddy_transport_write(&peer, "abc", 3);
    eddy_transport_close(&peer);
}

/* All that is still open ends now, and says nothing. */
static void finish(const char *text, size_t all)
{
    long answer;

    if (all > 0 && peer_got == all)
        say(9);
    answer = said;
    eddy_stream_abort(&ours);
    eddy_transport_abort(&peer);
    run();
    printf("%c. %-69s: %ld\n", 'a' + line, text, answer);
    line++;
}

/* ---- Reading ------------------------------------------------------------------------------------------------ */

static void reading_lines(void)
{
    begin();
    start_reads();
    peer_sends_and_goes();
    main_goes_on();
    finish("R begins; the peer sends 3 bytes, and goes", 0);

    begin();
    peer_sends_and_goes();
    main_goes_on();
    start_reads();
    main_goes_on();
    finish("The peer sends 3 bytes, and goes; later R begins", 0);

    begin();
    peer_sends_and_goes();
    main_goes_on();
    eddy_stream_close(&ours);
    start_reads();
    main_goes_on();
    finish("... but before R begins, main closes the stream", 0);

    begin();
    start_reads();
    main_goes_on();
    eddy_stream_close(&ours);
    main_goes_on();
    finish("R begins; later main closes the stream", 0);

    begin();
    start_reads();
    eddy_task_start(&second, &loop, reads, &reading_too);
    peer_sends_and_goes();
    main_goes_on();
    finish("R begins, and a second R; the peer sends 3 bytes, and goes", 0);
}

/* ---- Writing ------------------------------------------------------------------------------------------------ */

static void waits_until(const char *text, void (*later)(void), size_t all)
{
    begin();
    start_writes(MUCH);
    main_goes_on();
    later();
    main_goes_on();
    finish(text, all);
}

static void peer_reads(void)
{
    eddy_transport_resume_reading(&peer);
}

static void main_closes(void)
{
    eddy_stream_close(&ours);
}

static void main_aborts(void)
{
    eddy_stream_abort(&ours);
}

static void peer_goes(void)
{
    eddy_transport_abort(&peer);
}

static void main_cancels(void)
{
    eddy_task_cancel(&first);
    peer_reads();
}

static void writing_lines(void)
{
    begin();
    start_writes(3);
    main_goes_on();
    finish("W begins, with 3 bytes; the peer does not read", 3);

    begin();
    start_writes(MUCH);
    main_goes_on();
    finish("... but with 4 MB", MUCH);

    waits_until("W begins, with 4 MB; later the peer reads", peer_reads, MUCH);
    waits_until("... but later main closes the stream", main_closes, MUCH);
    waits_until("... but later main aborts it", main_aborts, MUCH);
    waits_until("... but later the peer goes", peer_goes, MUCH);
    waits_until("... but later main cancels W, and then the peer reads", main_cancels, MUCH);

    begin();
    start_writes(MUCH);
    eddy_task_start(&second, &loop, writes, &writing_too, .n = 3);
    main_goes_on();
    peer_reads();
    main_goes_on();
    finish("... but a second W begins, too, with 3 bytes; later the peer reads", MUCH + 3);
}

/* ---- The end ------------------------------------------------------------------------------------------------ */

static void closing_lines(void)
{
    static const char much[MUCH];

    begin();
    start_reads();
    start_closes();
    main_goes_on();
    eddy_stream_close(&ours);
    main_goes_on();
    finish("R begins, and C; later main closes the stream", 0);

    begin();
    eddy_transport_write(&ours.transport, much, MUCH);
    eddy_stream_close(&ours);
    start_closes();
    main_goes_on();
    peer_reads();
    main_goes_on();
    finish("Main writes 4 MB and closes, and C begins; later the peer reads", MUCH);

    begin();
    peer_reads();
    peer_answers = true;
    start_reads();
    eddy_stream_write_eof(&ours);
    main_goes_on();
    finish("R begins; main ends our direction; the peer answers 3 bytes, and goes", 0);
}

/* ---- A handler ---------------------------------------------------------------------------------------------- */

static struct eddy_stream_server server;

struct handler {
    struct eddy_co co;
    struct eddy_stream *stream;
    int err;
    bool waits;
    struct eddy_stream_wait wait;
};

static struct eddy_step handler(struct eddy_co *co)
{
    static const char much[MUCH];
    struct handler *self = CO_FRAME(co, handler);

    CO_BEGIN(co);
    if (self->waits)
        CO_AWAIT(co, eddy_stream_write(&self->wait, self->stream, much, MUCH));
    else
        eddy_transport_write(&self->stream->transport, much, MUCH);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_FINALLY(co);
    if (self->waits)
        say(eddy_co_outcome(co) < 0 ? 5 : 4);
    CO_END(co);
}

static void on_report(struct eddy_loop *of, const struct eddy_context *context)
{
    (void)of;
    if (strcmp(context->who, "handler") == 0)
        say(8);
}

static void serve(const struct eddy_stream_handler *how, const char *text, bool cancels)
{
    struct eddy_connecting way;
    char path[64];

    snprintf(path, sizeof path, "/tmp/eddy-order-%ld", (long)getpid());
    said = 0;
    peer_got = 0;
    peer = (struct eddy_transport){.fd = -1};
    if (eddy_start_unix_server(&server, &loop, path, how) < 0)
        exit(1);
    eddy_create_unix_connection(&way, &peer, &loop, path, &peers);
    main_goes_on();
    if (cancels)
        eddy_stream_server_cancel(&server);
    peer_reads();
    main_goes_on();
    finish(text, MUCH);
    eddy_stream_server_close(&server);
    run();
}

static void handler_lines(void)
{
    serve(EDDY_HANDLER(handler, .err = 0),
          "The handler writes 4 MB, and returns; later the peer reads", false);
    serve(EDDY_HANDLER(handler, .err = -EPROTO), "... but it fails", false);
    serve(EDDY_HANDLER(handler, .waits = true),
          "... but it awaits its write; main cancels it, and then the peer reads", true);
}

int main(void)
{
    alarm(10); /* a library that is being changed may hang */
    if (eddy_loop_open(&loop, NULL) < 0)
        return 1;
    eddy_loop_set_exception_handler(&loop, on_report);
    reading_lines();
    writing_lines();
    closing_lines();
    handler_lines();
    eddy_loop_close(&loop);
    return line != 19;
}
