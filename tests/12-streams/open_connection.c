/* Streams to somebody else, by name: what they are before the connection is there, and when none comes of it.
 * Which addresses are tried, and when, is in 11-transports/create_connection.c. */
#include "streams.h"

#include "open_connection.h"
#include "wait_for.h"

#include <sys/stat.h>

static struct eddy_connecting connecting, second;
static struct eddy_stream other;
static struct eddy_task task;
static int listening = -1;
static char port[12], path[64];

#define OPEN() eddy_open_connection(&connecting, &stream, &loop, "127.0.0.1", port)
#define OPEN_PATH() eddy_open_unix_connection(&connecting, &stream, &loop, path)
#define CLOSE() (eddy_stream_close(&stream), eddy_stream_wait_closed(&waits[0], &stream))
#define LINE() eddy_reader_readline(&stream.reader)

/* At the port nobody listens, until listen_now(). */
static void set_up_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    set_up_streams();
    connecting = second = (struct eddy_connecting){.count = 0};
    other = (struct eddy_stream){.limit = 0};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listening = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_OK(bind(listening, (struct sockaddr *)&address, sizeof address));
    snprintf(port, sizeof port, "%d", eddy_net_port(listening));
    snprintf(path, sizeof path, "/tmp/eddy-open-%ld", (long)getpid());
    unlink(path); /* of a run that was killed, whose number this process has now */
}

static void listen_now(void)
{
    CHECK_OK(listen(listening, 8));
}

static void listen_at_path(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    close(listening);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path);
    listening = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_OK(bind(listening, (struct sockaddr *)&address, sizeof address));
    CHECK_OK(listen(listening, 8));
}

/* The other side: pair[1]. */
static void accept_it(void)
{
    close(pair[1]);
    pair[1] = accept(listening, NULL, NULL);
    CHECK_OK(pair[1]);
    CHECK_OK(eddy_net_prepare(pair[1]));
}

static void tear_down_port(void)
{
    close(listening);
    unlink(path);
    tear_down_streams();
}

static int outcome_of(struct eddy_future *future)
{
    WAITING("a connection");
    return eddy_loop_run_until_complete(&loop, future);
}

static void check_talk(void)
{
    accept_it();
    CHECK_CODE(eddy_future_error(eddy_stream_write(&waits[0], &stream, "hi", 2)), 0);
    WAITING("two bytes");
    for (const char *text = found(pair[1]); strcmp(text, "hi") != 0; text = found(pair[1]))
        turns(1);
    say(pair[1], "yes\n");
    CHECK_CODE(outcome_of(LINE()), 0);
    CHECK_BYTES(stream.reader.data, stream.reader.size, "yes\n", 4);
}

/* Nobody reads, writes, or waits for ever. */
static void check_closed(void)
{
    CHECK(eddy_stream_is_closing(&stream));
    CHECK_CODE(eddy_future_error(LINE()), EDDY_ECLOSED);
    CHECK_CODE(eddy_future_error(eddy_stream_write(&waits[0], &stream, "x", 1)), EDDY_ECLOSED);
    CHECK_CODE(eddy_future_error(eddy_stream_drain(&waits[0], &stream)), EDDY_ECLOSED);
    CHECK(eddy_future_done(eddy_stream_wait_closed(&waits[0], &stream)));
}

/* ---- It comes, or not --------------------------------------------------------------------------------- */

static void connecting_to(void)
{
    EACH("a stream to a port, which writes and reads when the await has returned")
    {
        set_up_port();
        listen_now();
        CHECK_CODE(outcome_of(OPEN()), 0);
        check_talk();
        tear_down_port();
    }

    EACH("a stream to a path")
    {
        set_up_port();
        listen_at_path();
        CHECK_CODE(outcome_of(OPEN_PATH()), 0);
        check_talk();
        tear_down_port();
    }

    EACH("the limit of its reader is set before")
    {
        set_up_port();
        listen_at_path();
        stream.limit = 3;
        CHECK_CODE(outcome_of(OPEN_PATH()), 0);
        accept_it();
        say(pair[1], "four\n");
        CHECK_CODE(outcome_of(LINE()), EDDY_ELIMIT);
        tear_down_port();
    }

    EACH("ST-14: where nobody listens it is ECONNREFUSED, the stream has ended, and opens again")
    {
        set_up_port();
        CHECK_CODE(outcome_of(OPEN()), -ECONNREFUSED);
        check_closed();
        listen_now();
        CHECK_CODE(outcome_of(OPEN()), 0);
        check_talk();
        tear_down_port();
    }

    EACH("a path that is not there is ENOENT, a port that is none EPORT: the stream has ended")
    {
        set_up_port();
        CHECK_CODE(outcome_of(OPEN_PATH()), -ENOENT);
        check_closed();
        CHECK_CODE(outcome_of(eddy_open_connection(&connecting, &stream, &loop, "::1", "65616")),
                   EDDY_EPORT);
        check_closed();
        memset(trace, 'x', 200);
        CHECK_CODE(outcome_of(eddy_open_unix_connection(&connecting, &stream, &loop, trace)),
                   -ENAMETOOLONG);
        memset(trace, '\0', 200);
        check_closed();
        tear_down_port();
    }

    EACH("one that was lost is opened again, and what it had is gone, though no connection comes")
    {
        set_up_port();
        listen_at_path();
        CHECK_CODE(outcome_of(OPEN_PATH()), 0);
        accept_it();
        say(pair[1], "unread\n");
        turns(2);
        close(pair[1]);
        pair[1] = -1;
        CHECK_CODE(eddy_future_error(eddy_stream_write(&waits[0], &stream, "x", 1)), -EPIPE);
        CHECK_CODE(outcome_of(eddy_stream_wait_closed(&waits[0], &stream)), -EPIPE);
        unlink(path);
        CHECK_CODE(outcome_of(OPEN_PATH()), -ENOENT);
        check_closed();
        CHECK_CODE(eddy_future_error(eddy_stream_wait_closed(&waits[0], &stream)), 0);
        tear_down_port();
    }

    EACH("on a closed loop it is ECLOSED")
    {
        set_up_port();
        close(listening);
        tear_down_real();
        CHECK_CODE(eddy_future_error(OPEN()), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(OPEN_PATH()), EDDY_ECLOSED);
        check_closed();
    }
}

/* ---- While it is under way ------------------------------------------------------------------------------- */

static void meanwhile(void)
{
    EACH("opened while it is open it is EQUEUED, and it goes on")
    {
        set_up_port();
        listen_at_path();
        CHECK_CODE(outcome_of(OPEN_PATH()), 0);
        CHECK_CODE(eddy_future_error(OPEN()), EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(OPEN_PATH()), EDDY_EQUEUED);
        check_talk();
        tear_down_port();
    }

    EACH("opened while it is being opened it is EQUEUED, in each way, and the first goes on")
    {
        struct eddy_future *future;
        set_up_port();
        listen_now();
        future = OPEN();
        CHECK_CODE(eddy_future_error(OPEN()), EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(eddy_open_unix_connection(&second, &stream, &loop, path)),
                   EDDY_EQUEUED);
        CHECK_CODE(eddy_stream_open(&stream, &loop, pair2[0]), EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(eddy_open_connection(&connecting, &other, &loop, "::1", port)),
                   EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(eddy_reader_readline(&other.reader)), EDDY_ECLOSED);
        CHECK_CODE(outcome_of(future), 0);
        check_talk();
        tear_down_port();
    }

    EACH("a write before it is there is ECLOSED, a read waits, and gets what comes")
    {
        struct eddy_future *future, *line;
        set_up_port();
        listen_now();
        future = OPEN();
        CHECK_CODE(eddy_future_error(eddy_stream_write(&waits[0], &stream, "x", 1)), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(eddy_stream_drain(&waits[0], &stream)), EDDY_ECLOSED);
        line = LINE();
        PENDING(line);
        CHECK_CODE(outcome_of(future), 0);
        accept_it();
        say(pair[1], "line\n");
        CHECK_CODE(outcome_of(line), 0);
        tear_down_port();
    }

    EACH("who writes much when it is there, and before the await has returned, has a turn, too")
    {
        struct eddy_future *future;
        set_up_port();
        listen_now();
        future = OPEN();
        WAITING("a connection");
        while (eddy_stream_is_closing(&stream))
            turns(1);
        CHECK_CODE(eddy_transport_set_write_buffer_limits(&stream.transport, 0, 1 << 20, 1 << 20),
                   0);
        CHECK_ENDS(eddy_stream_write(&waits[0], &stream, pattern(1 << 19), 1 << 19), 0);
        CHECK_CODE(eddy_future_error(future), 0);
        tear_down_port();
    }

    EACH("a read that waits when no connection comes is ECLOSED")
    {
        struct eddy_future *future, *line;
        set_up_port();
        future = OPEN();
        line = LINE();
        CHECK_CODE(outcome_of(future), -ECONNREFUSED);
        CHECK_CODE(eddy_future_error(line), EDDY_ECLOSED);
        check_closed();
        tear_down_port();
    }

    EACH("cancelled it is ECANCELED, the stream has ended, and opens again")
    {
        struct eddy_future *future;
        set_up_port();
        listen_now();
        future = OPEN();
        CHECK(eddy_future_cancel(future));
        CHECK_CODE(outcome_of(future), -ECANCELED);
        check_closed();
        CHECK_CODE(outcome_of(OPEN()), 0);
        check_talk();
        tear_down_port();
    }

    EACH("closed meanwhile, it ends as soon as it is there")
    {
        struct eddy_future *future;
        set_up_port();
        listen_at_path();
        future = OPEN_PATH();
        eddy_stream_close(&stream);
        CHECK_CODE(outcome_of(future), 0);
        CHECK(eddy_stream_is_closing(&stream));
        CHECK_CODE(outcome_of(eddy_stream_wait_closed(&waits[0], &stream)), 0);
        accept_it();
        CHECK_FOUND(".");
        tear_down_port();
    }

    EACH("closed meanwhile, its end is waited for until no connection can come any more")
    {
        struct eddy_future *future, *end;
        set_up_port();
        future = OPEN();
        end = CLOSE();
        CHECK_CODE(outcome_of(end), 0);
        CHECK_CODE(eddy_future_error(future), -ECONNREFUSED);
        future = OPEN();
        end = CLOSE();
        CHECK(eddy_future_cancel(future));
        CHECK_CODE(outcome_of(end), 0);
        CHECK_CODE(eddy_future_error(future), -ECANCELED);
        listen_now();
        future = OPEN();
        end = CLOSE();
        CHECK_CODE(outcome_of(end), 0);
        CHECK_CODE(eddy_future_error(future), 0);
        check_closed();
        tear_down_port();
    }

    EACH("a loop is closed meanwhile: nothing is left of it, and it opens on another one")
    {
        set_up_port();
        listen_now();
        (void)OPEN();
        tear_down();
        CHECK_CODE(eddy_future_error(&connecting.future), EDDY_ECLOSED);
        eddy_stream_close(&stream);
        trace[0] = '\0'; /* in debug mode, that something was under way */
        close_pairs();
        set_up_heard();
        CHECK_CODE(outcome_of(OPEN()), 0);
        close(listening);
        tear_down_streams();
    }
}

/* ---- In a task's frame -------------------------------------------------------------------------------------- */

struct caller {
    struct eddy_co co;
    struct eddy_connecting connecting;
    struct eddy_stream stream;
    struct eddy_stream_wait wait;
    struct eddy_future rest;
    bool by_path, forgets, rests;
};

static struct caller frame;

static struct eddy_step caller(struct eddy_co *co)
{
    struct caller *self = CO_FRAME(co, caller);

    CO_BEGIN(co);
    if (self->by_path)
        CO_AWAIT(co, eddy_open_unix_connection(&self->connecting, &self->stream, &loop, path));
    else
        CO_AWAIT(co,
                 eddy_open_connection(&self->connecting, &self->stream, &loop, "127.0.0.1", port));
    eddy_future_init(&self->rest, &loop);
    if (self->rests)
        CO_AWAIT(co, &self->rest);
    CO_FINALLY(co);
    if (!self->forgets) {
        eddy_stream_close(&self->stream);
        CO_TRY_AWAIT(co, eddy_stream_wait_closed(&self->wait, &self->stream));
    }
    CO_END(co);
}

static void start_caller(bool by_path, bool forgets, bool rests)
{
    eddy_task_start(&task, &loop, caller, &frame, .by_path = by_path, .forgets = forgets,
                    .rests = rests);
}

/* Nothing of the library points into the frame. */
static void abandon_caller(void)
{
    eddy_task_abandon(&task);
    trace[0] = '\0'; /* if the name was being asked for just then, that is reported */
    memset(&frame, 0x5a, sizeof frame);
    WAITING("a name that is still being asked for");
    CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
    CHECK_INT(loop.watches.count, 0);
    tear_down_port();
}

static void in_tasks(void)
{
    EACH("a task connects, closes, and waits for the end: nothing is reported")
    {
        set_up_port();
        listen_now();
        start_caller(false, false, false);
        complete(&task, 0);
        tear_down_port();
    }

    EACH("a task whose connection is refused, and that closes it all the same")
    {
        set_up_port();
        start_caller(false, false, false);
        complete(&task, -ECONNREFUSED);
        tear_down_port();
    }

    EACH("a task whose connection is refused need not close it: the stream has ended")
    {
        set_up_port();
        start_caller(false, true, false);
        complete(&task, -ECONNREFUSED);
        memset(&frame, 0x5a, sizeof frame);
        turns(2);
        start_caller(true, true, false);
        complete(&task, -ENOENT);
        tear_down_port();
    }

    EACH("a task that is cancelled while it connects need not close it, either")
    {
        set_up_port();
        start_caller(false, true, false);
        turns(1);
        cancel_task(&task);
        complete(&task, -ECANCELED);
        tear_down_port();
    }

    EACH("a task is abandoned while the name is asked for")
    {
        set_up_port();
        listen_now();
        start_caller(false, false, false);
        turns(1);
        abandon_caller();
    }

    EACH("a task is abandoned when the stream was closed meanwhile")
    {
        set_up_port();
        listen_now();
        start_caller(false, false, false);
        turns(1);
        eddy_stream_close(&frame.stream);
        abandon_caller();
    }

    EACH("a task is abandoned in each turn on the way to its connection, and after it")
    {
        set_up_port();
        listen_at_path();
        for (int n = 1; n < 6; n++) {
            start_caller(true, false, true);
            turns(n);
            eddy_task_abandon(&task);
            memset(&frame, 0x5a, sizeof frame);
            turns(3);
            CHECK_INT(loop.watches.count, 0);
        }
        tear_down_port();
    }
}

/* ---- Without memory, and from another thread ------------------------------------------------------------------ */

/* Each allocation fails once: either the connection comes all the same, or an error and nothing else. */
static void try_without(const char *call)
{
    char plan[32];
    int err, n = 0;
    long met;

    do {
        snprintf(plan, sizeof plan, "%s@%d=ENOMEM", call, ++n);
        set_up_port();
        listen_at_path();
        faults_plan(plan);
        err = outcome_of(OPEN_PATH());
        met = faults_injected();
        faults_plan("");
        DID("connected with %s: %ld met", plan, met);
        CHECK(err == 0 || (err == -ENOMEM && met > 0));
        if (err < 0)
            check_closed();
        tear_down_port();
    } while (met > 0);
    CHECK(n < 100);
}

static void open_there(void)
{
    CHECK_CODE(eddy_future_error(OPEN()), EDDY_ETHREAD);
    CHECK_CODE(eddy_future_error(OPEN_PATH()), EDDY_ETHREAD);
}

static void in_other_thread(struct eddy_handle *handle)
{
    (void)handle;
    call_in_thread(open_there);
}

static void hardships(void)
{
    EACH("each allocation fails once: it is ENOMEM, and the stream has ended, or it comes")
    {
        try_without("malloc");
        try_without("calloc");
        try_without("realloc");
    }
}

static void cases(void)
{
    connecting_to();
    meanwhile();
    in_tasks();
    hardships();
}

TESTS
{
    static struct eddy_handle handle;

    in_all_modes(cases);

    CASE("debug mode: opened from another thread it is ETHREAD, and stays closed") {
        which = eddy_selector_nth(0);
        in_debug = true;
        set_up_port();
        eddy_handle_init(&handle, in_other_thread);
        CHECK_OK(eddy_loop_call_soon(&loop, &handle));
        turns(1);
        EXPECT("!EDDY_ETHREAD ? !EDDY_ETHREAD ?");
        check_closed();
        tear_down_port();
    }
}
