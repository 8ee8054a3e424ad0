/* A proxied client on a virtual clock: a minute takes no time. The test is the client, and the server: it has
 * the other sides of two socket pairs, and says at which second what happens. */
#include "../../../06-tasks/sockets.h"

#include "4-proxy.h"

enum { CHUNK = 20000 };

static struct eddy_task task;
static struct proxied frame;
static struct eddy_stream stream; /* the client's, as its handler has it */
static struct eddy_future door;   /* done when the way is open */
static int client, server, inner; /* their ends; and the proxy's, until the way is opened */
static double ended_at;           /* seconds; -1: not yet */
static struct eddy_handle end_handle;
static bool connected_late;

/* ---- What the cases do --------------------------------------------------------------------------- */

static int left_open; /* tasks that have ended, and had something open; debug mode tells */

/* How a task has ended the cases look at. */
static void note_what_is_open(struct eddy_loop *its, const struct eddy_context *context)
{
    (void)its;
    left_open += strstr(context->message, "has not closed") != NULL;
}

static double now(void)
{
    return scripted_time() - 1000;
}

static void note_end(struct eddy_handle *handle)
{
    (void)handle;
    ended_at = now();
}

static void open_way(void)
{
    CHECK_CODE(eddy_stream_open(&frame.way, &loop, inner), 0);
    inner = -1;
}

static struct eddy_future *knock(struct proxied *self)
{
    CHECK(self == &frame);
    CAUSE("self->connect(self) begins to open the way: call it once");
    CHECK(!door.loop);
    eddy_future_init(&door, &loop);
    if (!connected_late) {
        open_way();
        CHECK_CODE(eddy_future_set_result(&door, NULL), 0);
    }
    return &door;
}

/* A little room in the kernel, so that it is soon full. */
static int half_of_pair(int *other)
{
    int fds[2], room = 8192;

    connected(fds);
    for (int i = 0; i < 2; i++)
        CHECK_OK(setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room));
    *other = fds[1];
    return fds[0];
}

static void stop_loop(struct eddy_handle *handle)
{
    (void)handle;
    eddy_loop_stop(&loop);
}

/* Lets time pass up to this second. */
static void until(double second)
{
    struct eddy_timer timer;

    eddy_timer_init(&timer, stop_loop);
    CHECK_OK(eddy_loop_call_at(&loop, &timer, 1000 + second));
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

static void start(double connecting, double of_client, double of_server)
{
    set_up();
    eddy_loop_set_debug(&loop, true);
    loop.exception_handler = note_what_is_open;
    memset(&task, 0, sizeof task);
    memset(&stream, 0, sizeof stream);
    memset(&door, 0, sizeof door);
    ended_at = -1;
    left_open = 0;
    inner = half_of_pair(&server);
    CHECK_CODE(eddy_stream_open(&stream, &loop, half_of_pair(&client)), 0);
    eddy_task_start(&task, &loop, proxied, &frame, .stream = &stream, .connect = knock,
                    .connect_patience = connecting, .client.patience = of_client,
                    .server.patience = of_server);
    eddy_handle_init(&end_handle, note_end);
    if (eddy_future_done(&task.future) ||
        eddy_future_add_done_callback(&task.future, &end_handle) < 0)
        ended_at = 0;
    turns(5);
}

/* Up to `most` bytes, until no more can be taken, also after some turns. */
static void send_up_to(int fd, size_t most)
{
    static const char chunk[CHUNK];
    size_t sent = 0;

    for (int refused = 0; refused < 10 && sent < most; refused++) {
        ssize_t n = send(fd, chunk, most - sent < CHUNK ? most - sent : CHUNK, MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
            refused = 0;
        }
        turns(3);
    }
}

static void expect_heard(int fd, const char *text)
{
    char bytes[256];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);

    CHECK_BYTES(bytes, (size_t)(n < 0 ? 0 : n), text, strlen(text));
}

/* Reads all that is on its way. */
static size_t read_up(int fd)
{
    static char bytes[CHUNK];
    size_t all = 0;

    for (int nothing = 0; nothing < 10; nothing++) {
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n > 0) {
            all += (size_t)n;
            nothing = 0;
        }
        turns(3);
    }
    return all;
}

static void end_of_sending(int fd)
{
    CHECK(shutdown(fd, SHUT_WR) == 0);
}

static void expect_end_heard(int fd)
{
    char byte;

    CHECK_INT(recv(fd, &byte, 1, 0), 0);
}

/* These errors can only come from a side's time-out. */
static void explain(int err)
{
    if (err == EDDY_EQUEUED)
        CAUSE("to->idle is open already: the other pump, which reads from that side, has opened "
              "it. For a write use eddy_wait_for()");
    if (err == EDDY_ECLOSED)
        CAUSE("eddy_timeout_reschedule() returns EDDY_ECLOSED if nobody waits for bytes of that "
              "side: that is no error");
}

static void expect_goes_on(double second)
{
    until(second);
    if (outcome(&task) == EDDY_EQUEUED)
        explain(EDDY_EQUEUED);
    if (ended_at >= 0)
        FAIL("that it goes on", "it has ended at %.1f seconds: %s", ended_at,
             eddy_errname(outcome(&task)));
}

/* It ends at this second, and not later than a tenth after it. */
static void expect_ended(double second, int err)
{
    WAITING("the proxied client to end, at second %.1f", second);
    until(second + 0.05);
    if (ended_at < 0)
        FAIL("that it has ended", "it goes on, at %.1f seconds", now());
    if (ended_at < second - 0.05)
        FAIL("that it ends later", "it has ended at %.1f seconds, and not at %.1f: %s", ended_at,
             second, eddy_errname(outcome(&task)));
    if (err == 0)
        explain(outcome(&task));
    CHECK_CODE(outcome(&task), err);
}

/* With its pumps and its way; then the server that had started it closes the client's stream. */
static void finish(void)
{
    CHECK(eddy_future_done(&task.future));
    CAUSE("when it ends, its way has ended: eddy_stream_abort(), and await "
          "eddy_stream_wait_closed(), in the cleanup section");
    CHECK(!frame.way.transport.loop);
    CAUSE("the client's stream is the caller's, who closes it, and sends what was written: leave "
          "it open");
    CHECK(client < 0 || !eddy_stream_is_closing(&stream));
    CAUSE("an eddy_timeout that is opened is closed, on every way out, with the end as well; a "
          "group, too (eddy_group_close()); and when it ends, its way has ended, which the cleanup "
          "section awaits");
    CHECK_INT(left_open, 0);
    eddy_stream_abort(&stream);
    turns(2);
    tear_down();
    close(client);
    close(server);
    if (inner >= 0)
        close(inner);
}

/* ---- Passing on ---------------------------------------------------------------------------------- */

static void passing(void)
{
    CASE("what one side sends comes to the other, and so do both ends") {
        start(5, 10, 20);
        DID("the client says hi, and waits");
        CAUSE("pump: read what is there, however little, with eddy_reader_read(); and write it. "
              "proxied: start_pumps(), and eddy_group_join(), which waits for both; a close of "
              "the group would cancel them");
        IF_HANG("a loop that does not end with 0 bytes goes on for ever");
        say(client, "hi");
        expect_goes_on(0.5);
        expect_heard(server, "hi");
        DID("... and then it ends; then the server says you, and ends");
        CAUSE("pump: read, write, until 0 bytes; then eddy_stream_write_eof(); the other "
              "direction goes on. When both have ended, close the way, and await its end");
        IF_HANG("a loop that does not end with 0 bytes goes on for ever");
        end_of_sending(client);
        expect_goes_on(1);
        expect_end_heard(server);
        say(server, "you");
        end_of_sending(server);
        expect_ended(1, 0);
        expect_heard(client, "you");
        expect_end_heard(client);
        finish();
    }

    CASE("when one direction fails, the other one ends, too") {
        start(5, 10, 20);
        DID("the client goes, and the server says something");
        CAUSE("a pump ends with the error of its read or its write; with the first one the group "
              "cancels the other pump; join and close of the group are awaited, and the error is "
              "passed on. In the cleanup section the way is aborted, before its end is awaited");
        close(client);
        client = -1;
        expect_goes_on(1);
        say(server, "you");
        until(1.1);
        CHECK_CODE(outcome(&task), -EPIPE);
        finish();
    }
}

/* ---- Connecting ---------------------------------------------------------------------------------- */

static void start_late(void)
{
    connected_late = true;
    start(5, 10, 20);
}

static void connecting(void)
{
    CASE("a connect that takes less than its time") {
        start_late();
        DID("the way is open after 4 seconds; a connect may take 5. Then the client says hi");
        CAUSE("await self->connect(self), within connect_patience, and begin to pump after that");
        expect_goes_on(4);
        open_way();
        CHECK_CODE(eddy_future_set_result(&door, NULL), 0);
        say(client, "hi");
        expect_goes_on(6);
        expect_heard(server, "hi");
        cancel_task(&task);
        until(7);
        finish();
    }

    CASE("a client that has said all, and has ended, before the way is open") {
        start_late();
        DID("the client says hi, and ends; the way is open after 1 second");
        CAUSE("write what a read has returned, also if the end stands behind it: 0 bytes are the "
              "end, not eddy_reader_at_eof()");
        say(client, "hi");
        end_of_sending(client);
        expect_goes_on(1);
        open_way();
        CHECK_CODE(eddy_future_set_result(&door, NULL), 0);
        expect_goes_on(2);
        expect_heard(server, "hi");
        expect_end_heard(server);
        end_of_sending(server);
        expect_ended(2, 0);
        finish();
    }

    CASE("a connect that takes too long") {
        start_late();
        DID("the way does not open; a connect may take 5 seconds");
        CAUSE("eddy_wait_for() around self->connect(self), with connect_patience: it cancels the "
              "connect, and ends with -ETIMEDOUT");
        IF_CRASH("there are no pumps yet, and no way: close of a group that was never opened is "
                 "harmless");
        expect_goes_on(4.9);
        expect_ended(5, -ETIMEDOUT);
        CHECK_CODE(eddy_future_error(&door), -ECANCELED);
        finish();
    }

    CASE("a connect that is refused") {
        start_late();
        DID("the connect ends with ECONNREFUSED, after 1 second");
        CAUSE("an error of the connect ends the task, with that error, and without pumps");
        expect_goes_on(1);
        CHECK_CODE(eddy_future_set_error(&door, -ECONNREFUSED), 0);
        expect_ended(1, -ECONNREFUSED);
        finish();
    }

    CASE("cancelled while it connects") {
        start_late();
        DID("cancelled the task after 1 second, while it connects");
        CAUSE("a cancel goes through eddy_wait_for() to the connect; it is no time-out");
        expect_goes_on(1);
        cancel_task(&task);
        expect_ended(1, -ECANCELED);
        CHECK_CODE(eddy_future_error(&door), -ECANCELED);
        finish();
    }
}

/* ---- Silence ------------------------------------------------------------------------------------- */

static void silence(void)
{
    CASE("both are silent: the client's patience is over first") {
        start(5, 10, 20);
        DID("nobody says anything; the client's patience is 10 seconds, the server's is 20");
        CAUSE("the read of a pump is limited, by the patience of the side that it reads from; a "
              "pump whose time is up ends with -ETIMEDOUT. It is eddy_timeout_close() that makes "
              "this of the -ECANCELED with which the read comes back: close first, look at "
              "eddy_co_error() after that");
        expect_goes_on(9.9);
        expect_ended(10, -ETIMEDOUT);
        finish();
    }

    CASE("both are silent: the server's patience is over first") {
        start(5, 20, 10);
        DID("nobody says anything; the client's patience is 20 seconds, the server's is 10");
        CAUSE("each side has its own patience, and the first that is over ends both directions");
        expect_goes_on(9.9);
        expect_ended(10, -ETIMEDOUT);
        finish();
    }

    CASE("the client's time begins anew with what it says") {
        start(5, 10, 20);
        DID("the client says a word at 8 seconds; its patience is 10");
        CAUSE("each read has the whole patience of its side");
        expect_goes_on(8);
        say(client, "hi");
        expect_goes_on(17.9);
        expect_ended(18, -ETIMEDOUT);
        finish();
    }

    CASE("a client that listens is there") {
        start(5, 10, 20);
        DID("the server says a word every 6 seconds, up to 60; the client reads, and says "
            "nothing; its patience is 10");
        CAUSE("what is passed on to a side begins its time anew: after a write to `to`, "
              "eddy_timeout_reschedule() of to->idle, which the other pump has open. (Or put "
              "down in to->moved when that was; the other pump, whose time is up, looks there)");
        for (int i = 1; i <= 10; i++) {
            expect_goes_on(6 * i);
            say(server, "you");
            until(6 * i + 0.1);
            expect_heard(client, "you");
        }
        DID("... and then the server is silent");
        CAUSE("the client's time counts from what was passed on to it last");
        expect_goes_on(69.9);
        expect_ended(70, -ETIMEDOUT);
        finish();
    }

    CASE("a server that listens is there, too") {
        start(5, 20, 10);
        DID("the client says a word every 6 seconds, up to 60; the server reads, and says "
            "nothing; its patience is 10");
        CAUSE("what holds for the client holds for the server: the two pumps are the same");
        for (int i = 1; i <= 10; i++) {
            expect_goes_on(6 * i);
            say(client, "hi");
        }
        DID("... and then the client is silent");
        CAUSE("the server's time counts from what was passed on to it last");
        expect_goes_on(69.9);
        expect_ended(70, -ETIMEDOUT);
        finish();
    }

    CASE("from a client that has sent its end nobody waits for bytes") {
        start(5, 10, 20);
        DID("the client asks, and ends; the server answers after 15 seconds; the client's "
            "patience is 10, the server's is 20");
        CAUSE("a pump that has ended waits for nothing: its time-out must have ended, too");
        say(client, "hi");
        end_of_sending(client);
        expect_goes_on(15);
        say(server, "you");
        end_of_sending(server);
        expect_ended(15, 0);
        expect_heard(client, "you");
        finish();
    }
}

/* ---- No room ------------------------------------------------------------------------------------- */

static void no_room(void)
{
    CASE("a client that does not read, and sends") {
        start(5, 10, 4);
        DID("the server sends without end; the client does not read, and says a word every "
            "second; its patience is 10, the server's is 4");
        CAUSE("the write of a pump is limited, too, by the patience of the side that it writes "
              "to; and what comes from that side does not count: use eddy_wait_for() around the "
              "write");
        send_up_to(server, SIZE_MAX);
        for (int i = 1; i <= 9; i++) {
            expect_goes_on(i);
            say(client, "hi");
        }
        expect_goes_on(9.9);
        expect_ended(10, -ETIMEDOUT);
        finish();
    }

    CASE("a client that reads again in time") {
        start(5, 10, 4);
        DID("the server sends without end; the client does not read for 6 seconds, and then it "
            "does; the server's patience is 4");
        CAUSE("the server is not idle: nobody reads from it. Its time does not count while the "
              "pump waits to write: it ends with the read, and begins, all of it, with the next "
              "one");
        send_up_to(server, SIZE_MAX);
        expect_goes_on(6);
        CHECK(read_up(client) > CHUNK);
        expect_goes_on(9.8);
        DID("... and then the server is silent for 4 seconds");
        CAUSE("the pump waits for the server's bytes again");
        expect_ended(10, -ETIMEDOUT);
        finish();
    }

    CASE("what is passed on counts when it has been passed on") {
        start(5, 10, 20);
        DID("the server sends until the write waits; the client does not read for 6 seconds, and "
            "then it does; after that both are silent; the client's patience is 10");
        CAUSE("the client's time begins anew after the write, which has waited 6 seconds, and "
              "not before it: eddy_timeout_reschedule() comes last");
        while (!stream.transport.writing_paused)
            send_up_to(server, 1000);
        expect_goes_on(6);
        CHECK(read_up(client) > CHUNK);
        expect_goes_on(15.9);
        expect_ended(16, -ETIMEDOUT);
        finish();
    }

    CASE("a server that does not take the rest") {
        start(5, 30, 20);
        DID("the client sends 40000 bytes, and ends; the server ends, too, and does not read; "
            "its patience is 20");
        CAUSE("when both have ended, what was written is still to be sent: the wait for the "
              "way's end is limited, too, by the server's patience. In the cleanup section the "
              "way is aborted: nothing cuts a close short there");
        send_up_to(client, 40000);
        end_of_sending(client);
        end_of_sending(server);
        expect_goes_on(19.9);
        expect_ended(20, -ETIMEDOUT);
        finish();
    }
}

static void cancelling(void)
{
    CASE("cancelled, while both are silent") {
        start(5, 10, 20);
        DID("cancelled the task after 3 seconds");
        CAUSE("a cancel is no time-out: it reaches the pumps through the group's join, and the "
              "cleanup section waits for them");
        expect_goes_on(3);
        cancel_task(&task);
        expect_ended(3, -ECANCELED);
        finish();
    }
}

TESTS
{
    check_limit(5);
    passing();
    connecting();
    silence();
    no_room();
    cancelling();
}
