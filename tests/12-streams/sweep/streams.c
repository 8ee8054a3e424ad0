/* Streams, their server and those who connect to it, on each selector that this build has, under faults of all
 * that this takes: both sides are tasks of one loop. Whatever fails: all come to an end, what has come is right
 * or an error is told, and nothing is left. */
#include "sweep.h"

#include "errors.h"
#include "faults.h"
#include "net.h"
#include "open_connection.h"
#include "plausible.h"
#include "report.h"
#include "run.h"
#include "selector.h"
#include "stream_server.h"
#include "until_complete.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE = 30000, ROOM = 8192, PIECE = 10000 };

/* To a server, or over a socket that is connected. */
struct client {
    struct eddy_co co;
    const char *host, *service, *path;
    int fd;
    struct eddy_connecting connecting;
    struct eddy_stream stream;
    struct eddy_stream_wait wait;
    size_t n;
};

/* What it gets it sends back. */
struct echo {
    struct eddy_co co;
    struct eddy_stream *stream;
    struct eddy_stream_wait wait;
};

/* The same for one stream of its own, which has no server. */
struct answerer {
    struct eddy_co co;
    int fd;
    struct eddy_stream stream;
    struct eddy_task task;
    struct echo echo;
};

static const char *which; /* the selector that is swept */
static struct eddy_loop loop;
static struct eddy_stream_server server;
static struct eddy_task task, answering;
static struct client client_frame;
static struct answerer answerer_frame;
static int told;          /* the first error that comes of no other */
static const char *wrong; /* NULL: nothing yet */
static char text[SIZE];

/* What counts is the outcome. */
static void on_report(const char *report)
{
    (void)report;
}

/* What the other side meets when this one has failed. It may be told sooner. */
static bool may_follow(int err)
{
    return err == -EPIPE || err == -ECONNRESET || err == EDDY_EINCOMPLETE || err == EDDY_ECLOSED;
}

static int note(int err)
{
    if (err < 0 && (told == 0 || (may_follow(told) && !may_follow(err) && err != -ECANCELED)))
        told = err;
    return err;
}

static void note_wrong(const char *what)
{
    if (!wrong)
        wrong = what;
}

/* Else a server would wait for a second, and try again. */
static void on_exception(struct eddy_loop *its, const struct eddy_context *context)
{
    (void)its;
    note(context->err);
    eddy_stream_server_close(&server);
    eddy_stream_server_cancel(&server);
    if (task.co)
        eddy_task_cancel(&task);
}

static int set_up(void)
{
    int err;

    eddy_report_to(on_report);
    for (int i = 0; i < SIZE; i++)
        text[i] = (char)('a' + i % 23);
    err = eddy_loop_open(&loop, &(struct eddy_loop_options){.selector = which});
    if (err == 0)
        eddy_loop_set_exception_handler(&loop, on_exception);
    return err;
}

/* If the loop has failed, some tasks have not ended. */
static int tear_down(int err)
{
    note(err);
    if (loop.open && eddy_next_task(&loop, NULL))
        eddy_loop_shutdown(&loop, 0.01);
    if (loop.open && eddy_loop_close(&loop) < 0)
        note_wrong("the loop cannot be closed");
    eddy_stream_server_close(&server);
    if (server.handler.frame)
        note_wrong("it is over, and the server is open");
    return wrong ? sweep_wrong(wrong) : told;
}

static int run_until(struct eddy_future *future)
{
    return note(eddy_loop_run_until_complete(&loop, future));
}

/* So that the kernel takes a part only. */
static int want_little_room(struct eddy_stream *stream)
{
    int room = ROOM;

    faults_hold(true);
    setsockopt(stream->transport.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    faults_hold(false);
    return eddy_transport_set_write_buffer_limits(&stream->transport, 1000, 4000, 10 * SIZE);
}

/* ---- The two sides ----------------------------------------------------------------------------------------- */

/* What it met at the end is told, too: nobody else would. */
static struct eddy_step echo(struct eddy_co *co)
{
    struct echo *self = CO_FRAME(co, echo);

    CO_BEGIN(co);
    note(want_little_room(self->stream));
    for (;;) {
        CO_AWAIT(co, eddy_reader_read(&self->stream->reader, SIZE));
        if (self->stream->reader.size == 0)
            break;
        CO_AWAIT(co, eddy_stream_write(&self->wait, self->stream, self->stream->reader.data,
                                       self->stream->reader.size));
    }
    CO_FINALLY(co);
    note(eddy_co_outcome(co) == -ECANCELED ? 0 : eddy_co_outcome(co));
    eddy_stream_close(self->stream);
    CO_TRY_AWAIT(co, eddy_stream_wait_closed(&self->wait, self->stream));
    note(eddy_co_error(co));
    CO_END(co);
}

static struct eddy_step answerer(struct eddy_co *co)
{
    struct answerer *self = CO_FRAME(co, answerer);
    int err;

    CO_BEGIN(co);
    err = note(eddy_stream_open(&self->stream, &loop, self->fd));
    if (err < 0)
        CO_FAIL(co, err);
    self->fd = -1;
    CO_AWAIT(co, eddy_task_start(&self->task, &loop, echo, &self->echo, .stream = &self->stream));
    CO_FINALLY(co);
    eddy_stream_abort(&self->stream);
    if (self->fd >= 0)
        sweep_hang_up(self->fd);
    CO_END(co);
}

static struct eddy_future *connect_client(struct client *self)
{
    return self->path
               ? eddy_open_unix_connection(&self->connecting, &self->stream, &loop, self->path)
               : eddy_open_connection(&self->connecting, &self->stream, &loop, self->host,
                                      self->service);
}

static int open_client(struct client *self)
{
    int err = eddy_stream_open(&self->stream, &loop, self->fd);

    if (err == 0)
        self->fd = -1;
    return err;
}

static void check_answer(struct client *self)
{
    if (self->stream.reader.size != SIZE || memcmp(self->stream.reader.data, text, SIZE) != 0)
        note_wrong("something else has come back, and no error was told");
}

/* They are copied, so the array need not stay. */
static struct eddy_future *write_last(struct client *client)
{
    struct iovec pieces[] = {{text + SIZE - PIECE, 10}, {text + SIZE - PIECE + 10, PIECE - 10}};

    return eddy_stream_writelines(&client->wait, &client->stream, pieces, 2);
}

/* Writes all in three pieces, the last one of several, and reads them back. */
static struct eddy_step client(struct eddy_co *co)
{
    struct client *self = CO_FRAME(co, client);
    int err;

    CO_BEGIN(co);
    if (self->fd < 0)
        CO_AWAIT(co, connect_client(self));
    err = self->fd < 0 ? 0 : open_client(self);
    err = err ? err : want_little_room(&self->stream);
    if (err < 0)
        CO_FAIL(co, err);
    for (; self->n < SIZE - PIECE; self->n += PIECE)
        CO_AWAIT(co, eddy_stream_write(&self->wait, &self->stream, text + self->n, PIECE));
    CO_AWAIT(co, write_last(self));
    err = eddy_stream_write_eof(&self->stream);
    if (err < 0)
        CO_FAIL(co, err == EDDY_ECLOSED && told ? told : err);
    CO_AWAIT(co, eddy_reader_readall(&self->stream.reader, SIZE));
    if (told == 0)
        check_answer(self);
    CO_FINALLY(co);
    note(eddy_co_outcome(co));
    eddy_stream_close(&self->stream);
    CO_TRY_AWAIT(co, eddy_stream_wait_closed(&self->wait, &self->stream));
    if (eddy_co_error(co) != EDDY_ECLOSED) /* never open */
        note(eddy_co_error(co));
    if (self->fd >= 0)
        sweep_hang_up(self->fd);
    CO_END(co);
}

/* Ends the server when it has heard of it, and waits for what comes of that. */
static struct eddy_step ender(struct eddy_co *co)
{
    struct client *self = CO_FRAME(co, client);

    CO_BEGIN(co);
    CO_AWAIT(co, connect_client(self));
    CO_AWAIT(co, eddy_stream_write(&self->wait, &self->stream, "x", 1));
    CO_AWAIT(co, eddy_reader_readexactly(&self->stream.reader, 1));
    eddy_stream_server_close(&server);
    eddy_stream_server_cancel(&server);
    CO_AWAIT(co, eddy_reader_read(&self->stream.reader, 1));
    if (self->stream.reader.size != 0)
        note_wrong("a server was cancelled, and its clients hear of it");
    CO_FINALLY(co);
    note(eddy_co_outcome(co));
    eddy_stream_abort(&self->stream);
    CO_END(co);
}

/* ---- The scenarios ------------------------------------------------------------------------------------------- */

/* The client has ended; now the handlers do. */
static int end_server(void)
{
    static struct eddy_server_wait wait;

    eddy_stream_server_close(&server);
    if (told < 0)
        eddy_stream_server_cancel(&server);
    return run_until(eddy_stream_server_wait_closed(&wait, &server));
}

static int run_client(const char *host, const char *service, const char *path)
{
    int err = run_until(eddy_task_start(&task, &loop, client, &client_frame, .host = host,
                                        .service = service, .path = path, .fd = -1));

    return loop.open && eddy_task_done(&task) ? end_server() : err;
}

static int serves_tcp(void)
{
    char service[8];
    int err = set_up();

    err = err ? err : eddy_start_server(&server, &loop, "127.0.0.1", 0, EDDY_HANDLER(echo));
    if (err == 0) {
        snprintf(service, sizeof service, "%d", server.server.port);
        err = run_client("127.0.0.1", service, NULL);
    }
    return tear_down(err);
}

/* That a path cannot be removed at the end is told to nobody. */
static int serves_path(void)
{
    char path[48];
    int err = set_up();

    snprintf(path, sizeof path, "/tmp/eddy-streams-%ld", (long)getpid());
    err = err ? err : eddy_start_unix_server(&server, &loop, path, EDDY_HANDLER(echo));
    err = err ? err : run_client(NULL, NULL, path);
    err = tear_down(err);
    faults_hold(true);
    unlink(path);
    faults_hold(false);
    return err;
}

static int cancels(void)
{
    char path[48];
    int err = set_up();

    snprintf(path, sizeof path, "/tmp/eddy-streams-%ld", (long)getpid());
    err = err ? err : eddy_start_unix_server(&server, &loop, path, EDDY_HANDLER(echo));
    if (err == 0) {
        client_frame = (struct client){.path = path, .fd = -1};
        err = run_until(eddy_task_start_frame(&task, &loop, &client_frame.co, "ender", ender,
                                              sizeof client_frame));
        err = loop.open && eddy_task_done(&task) ? end_server() : err;
    }
    err = tear_down(err);
    faults_hold(true);
    unlink(path);
    faults_hold(false);
    return err;
}

static int prepare(int fds[2])
{
    int err = sweep_pair(fds);

    faults_hold(true);
    err = err ? err : eddy_net_prepare(fds[0]);
    err = err ? err : eddy_net_prepare(fds[1]);
    faults_hold(false);
    return err;
}

/* A task that did not begin has not closed its socket. */
static struct eddy_future *begin_side(struct eddy_future *future, int fd)
{
    if (!eddy_future_done(future))
        return future;
    note(eddy_future_error(future));
    sweep_hang_up(fd);
    return future;
}

static int talks_over_pair(void)
{
    int fds[2], err = prepare(fds);

    err = err ? err : set_up();
    if (err < 0) {
        sweep_hang_up(fds[0]);
        sweep_hang_up(fds[1]);
        return tear_down(err);
    }
    begin_side(eddy_task_start(&answering, &loop, answerer, &answerer_frame, .fd = fds[1]), fds[1]);
    err = run_until(
        begin_side(eddy_task_start(&task, &loop, client, &client_frame, .fd = fds[0]), fds[0]));
    if (eddy_task_done(&task) && !eddy_task_done(&answering))
        err = run_until(&answering.future);
    return tear_down(err);
}

/* ---- All of it ------------------------------------------------------------------------------------------------- */

static void expect_all(const char *call, const int errors[], enum outcome outcome)
{
    for (int i = 0; errors[i]; i++)
        plausible_expect(call, errors[i], outcome);
}

SWEEP
{
    static const char *const again[] = {"recv", "send", "read", "write", "accept"};
    static const int gone[] = {ECONNRESET, ETIMEDOUT, ENOMEM, EHOSTUNREACH, 0};
    int selectors = 0;

    while (eddy_selector_nth(selectors))
        selectors++;
    sweep_one_of(selectors);
    sweep_ignored("close");
    sweep_ignored("getpeername"); /* then an address is not known */
    for (size_t i = 0; i < sizeof again / sizeof again[0]; i++)
        plausible_expect(again[i], EAGAIN, AGAIN);
    plausible_expect("getsockname", ENOBUFS, EITHER); /* of a connection: as getpeername */
    plausible_expect("pthread_create", EAGAIN,
                     EITHER); /* names are asked for in the loop's thread */
    plausible_expect("pthread_mutex_init", EAGAIN, EITHER);
    plausible_expect("pthread_mutex_init", ENOMEM, EITHER);
    plausible_expect("pthread_cond_init", EAGAIN, EITHER);
    plausible_expect("pthread_cond_init", ENOMEM, EITHER);
    plausible_expect("pthread_condattr_init", ENOMEM, EITHER);
    plausible_expect("calloc", ENOMEM, EITHER);
    plausible_expect("epoll_ctl_mod", ENOMEM, EITHER); /* removing returns no error */
    plausible_expect("bind", EADDRINUSE, EITHER);      /* at a path it is told, a port has two */
    plausible_expect("listen", EADDRINUSE, EITHER);
    expect_all("recv", gone, EITHER); /* of the byte that wakes, too */
    plausible_also("recv", EDDY_EWAKEUP);
    plausible_also("connect", -EADDRINUSE); /* it cannot be told whether somebody listens */
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "a server on TCP, and a client by name", serves_tcp);
        SCENARIO_ON(which, "a server at a path, and a client", serves_path);
        SCENARIO_ON(which, "a server that is cancelled by its client", cancels);
        SCENARIO_ON(which, "two streams over a pair", talks_over_pair);
    }
}
