/* Bytes, datagrams, a file and a program by transports, on each selector that this build has, under faults of
 * all that this takes: both sides are in one loop. Whatever fails: it comes to an end, what has come is right
 * or an error is told, connection_lost comes once for each connection_made, and nothing is left. */
#include "sweep.h"

#include "create_connection.h"
#include "datagram.h"
#include "errors.h"
#include "faults.h"
#include "net.h"
#include "net_new.h"
#include "pipes.h"
#include "plausible.h"
#include "report.h"
#include "selector.h"
#include "sendfile.h"
#include "server.h"
#include "subprocess.h"
#include "until_complete.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE = 40000, ROOM = 8192, CLIENTS = 2, FILE_SIZE = 30000 };

/* One side of a connection. */
struct party {
    struct eddy_transport transport;
    const char *says; /* the client's; NULL: all of `text` */
    size_t got;
    bool made, lost;
};

static const char *which; /* the selector that is swept */
static struct eddy_loop loop;
static struct eddy_server server;
static struct party parties[CLIENTS];
static struct eddy_connecting connecting[CLIENTS];
static struct eddy_handle connected[CLIENTS];
static struct eddy_future over; /* nothing is under way any more */
static int under_way, made, lost;
static int told;          /* the first error; what comes of it is told later */
static int try_err;       /* of an address, where another one has answered */
static const char *wrong; /* NULL: nothing yet */
static char text[SIZE + 1];

/* What counts is the outcome. */
static void on_report(const char *report)
{
    (void)report;
}

static int note(int err)
{
    if (told == 0 && err < 0)
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
    eddy_server_close(&server);
    eddy_server_abort_clients(&server);
    for (int i = 0; i < CLIENTS; i++) {
        eddy_transport_abort(&parties[i].transport);
        if (connecting[i].transport)
            eddy_future_cancel(&connecting[i].future);
    }
}

static int set_up(void)
{
    int err;

    eddy_report_to(on_report);
    for (int i = 0; i < SIZE; i++)
        text[i] = (char)('a' + i % 23);
    err = eddy_loop_open(&loop, &(struct eddy_loop_options){.selector = which});
    if (err < 0)
        return err;
    eddy_loop_set_exception_handler(&loop, on_exception);
    eddy_future_init(&over, &loop);
    return 0;
}

static int run_until(struct eddy_future *future)
{
    return note(eddy_loop_run_until_complete(&loop, future));
}

/* If the loop has failed, nobody is told any more. */
static int check_end(int err)
{
    if (err == 0 && made != lost)
        note_wrong("it is over, and some connection was not lost, or twice");
    if (err == 0 && loop.watches.count > 0)
        note_wrong("it is over, and watches on");
    return err;
}

static int tear_down(int err)
{
    note(err);
    if (loop.open && eddy_loop_close(&loop) < 0)
        note_wrong("the loop cannot be closed");
    eddy_server_close(&server);
    for (int i = 0; i < CLIENTS; i++)
        if (parties[i].made && parties[i].transport.fd >= 0)
            note_wrong("a connection outlives its loop");
    return wrong ? sweep_wrong(wrong) : told ? told : try_err;
}

/* Until nothing is under way. */
static int run(void)
{
    return check_end(run_until(&over));
}

static void end_one(void)
{
    if (--under_way == 0)
        eddy_future_set_result(&over, NULL);
}

/* ---- A side of a connection ------------------------------------------------------------------------------ */

static struct party *party_of(struct eddy_transport *transport)
{
    return container_of(transport, struct party, transport);
}

/* So that the kernel takes a part only. */
static void want_little_room(struct eddy_transport *transport)
{
    int room = ROOM;

    faults_hold(true);
    setsockopt(transport->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    faults_hold(false);
}

static int begin(struct eddy_transport *transport)
{
    struct party *self = party_of(transport);

    made++;
    if (self->made || self->lost)
        note_wrong("made twice");
    self->made = true;
    want_little_room(transport);
    return eddy_transport_set_write_buffer_limits(transport, 1000, 4000, 10 * SIZE);
}

static void end(struct eddy_transport *transport, int err)
{
    struct party *self = party_of(transport);

    lost++;
    note(err);
    if (!self->made || self->lost)
        note_wrong("lost twice, or never made");
    self->lost = true;
}

static void take(struct party *self, const char *bytes, size_t n)
{
    if (n > SIZE - self->got || memcmp(text + self->got, bytes, n) != 0)
        note_wrong("other bytes have come than were written");
    self->got += n;
}

static int write_text(struct eddy_transport *transport)
{
    struct iovec pieces[] = {{text, 10}, {text + 10, 29990}, {text + 30000, SIZE - 30000}};

    return note(eddy_transport_writelines(transport, pieces, 3));
}

/* ---- A server that sends back, and its clients -------------------------------------------------------------- */

/* An x is not liked. */
static int echo_received(struct eddy_transport *transport, const char *bytes, size_t n)
{
    struct party *self = party_of(transport);

    if (self->got == 0 && bytes[0] == 'x') {
        eddy_transport_abort(transport);
        return 0;
    }
    self->got += n;
    return note(eddy_transport_write(transport, bytes, n));
}

static int echo_eof(struct eddy_transport *transport)
{
    /* Who has said a byte is not there any more. */
    int err = party_of(transport)->got > 1 ? note(eddy_transport_write(transport, ".", 1)) : 0;

    eddy_transport_close(transport);
    return err < 0 ? err : EDDY_KEEP_OPEN;
}

static const struct eddy_protocol echo = {.name = "echo",
                                          EDDY_CONNECTION(struct party, transport),
                                          .connection_made = begin,
                                          .data_received = echo_received,
                                          .eof_received = echo_eof,
                                          .connection_lost = end,
                                          .pause_writing = eddy_transport_pause_reading,
                                          .resume_writing = eddy_transport_resume_reading};

static int client_made(struct eddy_transport *transport)
{
    struct party *self = party_of(transport);
    int err = begin(transport);

    if (err == 0 && self->says)
        err = note(eddy_transport_write(transport, self->says, 1));
    else if (err == 0)
        err = write_text(transport);
    return err == 0 && !self->says ? note(eddy_transport_write_eof(transport)) : err;
}

static int client_received(struct eddy_transport *transport, const char *bytes, size_t n)
{
    struct party *self = party_of(transport);

    if (!self->says) {
        bool last = self->got + n == SIZE + 1 && bytes[n - 1] == '.';
        take(self, bytes, n - last);
        self->got += last;
        return 0;
    }
    if (n != 1 || bytes[0] != self->says[0])
        note_wrong("another byte has come back");
    eddy_transport_abort(transport);
    return 0;
}

static void end_client(void)
{
    if (under_way == 1)
        eddy_server_close(&server);
    end_one();
}

static void client_lost(struct eddy_transport *transport, int err)
{
    struct party *self = party_of(transport);

    end(transport, err);
    if (!self->says && self->got != SIZE + 1 && told == 0)
        note_wrong("some bytes have not come, and no error was told");
    end_client();
}

static const struct eddy_protocol client = {.name = "client",
                                            .connection_made = client_made,
                                            .data_received = client_received,
                                            .connection_lost = client_lost};

/* All but the last address may be one at which nobody listens, or of a family that there is not. */
static int why_not(const struct eddy_connecting *it)
{
    for (int i = 0; i + 1 < it->begun; i++)
        switch (it->tries[i].err) {
        case -ECONNREFUSED:
        case -EADDRNOTAVAIL:
        case -ENETUNREACH:
        case -EAFNOSUPPORT:
        case -ECANCELED:
            break;
        default:
            return it->tries[i].err;
        }
    return it->begun > 0 ? it->tries[it->begun - 1].err : 0;
}

static void on_connected(struct eddy_handle *handle)
{
    struct eddy_connecting *it = &connecting[handle - connected];
    int err = eddy_future_error(&it->future), why = why_not(it);

    if (try_err == 0 && why < 0)
        try_err = why;
    if (err == 0)
        return;
    note(why ? why : err);
    end_client();
}

static void start_client(int i, const char *host, const char *service, const char *says)
{
    struct eddy_transport *transport = &parties[i].transport;
    struct eddy_future *future =
        host ? eddy_create_connection(&connecting[i], transport, &loop, host, service, &client)
             : eddy_create_unix_connection(&connecting[i], transport, &loop, service, &client);

    parties[i].says = says;
    under_way++;
    eddy_handle_init(&connected[i], on_connected);
    if (future == &connecting[i].refused) {
        note(eddy_future_error(future));
        end_client();
    } else {
        eddy_future_add_done_callback(future, &connected[i]);
    }
}

static int wait_closed(void)
{
    static struct eddy_server_wait wait;

    int err = run_until(&over);

    return err ? err : check_end(run_until(eddy_server_wait_closed(&wait, &server)));
}

static int serve_tcp(const char *host)
{
    char service[8];
    int err = set_up();

    err = err ? err : eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo);
    if (err == 0) {
        snprintf(service, sizeof service, "%d", server.port);
        under_way++; /* this function */
        start_client(0, host, service, NULL);
        start_client(1, host, service, "x");
        end_client();
        err = wait_closed();
    }
    return tear_down(err);
}

static int serves_tcp(void)
{
    return serve_tcp("127.0.0.1");
}

/* It has two addresses, where the system has IPv6, and at the first nobody listens. */
static int connects_by_name(void)
{
    return serve_tcp("localhost");
}

static void leave_socket_at(const char *path)
{
    struct sockaddr_un address;
    int fd;

    faults_hold(true);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (eddy_unix_address(path, &address) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        note_wrong("no Unix socket can be made");
    close(fd);
    faults_hold(false);
}

/* That a path cannot be removed at the end is told to nobody. */
static int serves_path(void)
{
    char path[48];
    bool served = false;
    int err = set_up();

    snprintf(path, sizeof path, "/tmp/eddy-transports-%ld", (long)getpid());
    leave_socket_at(path);
    err = err ? err : eddy_create_unix_server(&server, &loop, path, &echo);
    if (err == 0) {
        served = true;
        under_way++;
        start_client(0, NULL, path, NULL);
        start_client(1, NULL, path, "y");
        end_client();
        err = wait_closed();
    }
    err = tear_down(err);
    faults_hold(true);
    if (unlink(path) == 0 && served && (err < 0 || faults_injected() == 0))
        err = sweep_wrong("the server is closed, and its path is left");
    return err;
}

/* ---- Two sides of a pipe, and of a pair ---------------------------------------------------------------------- */

static struct eddy_sendfile sending;
static struct eddy_handle sent;
static FILE *file;

static void on_sent(struct eddy_handle *handle)
{
    (void)handle;
    note(eddy_future_error(&sending.future));
    end_one();
}

static int start_file(struct eddy_transport *transport)
{
    struct eddy_future *future = eddy_sendfile(&sending, transport, fileno(file), 0, FILE_SIZE);

    if (eddy_future_done(future))
        return note(eddy_future_error(future));
    under_way++;
    eddy_handle_init(&sent, on_sent);
    eddy_future_add_done_callback(future, &sent);
    return 0;
}

/* With a file: 5,000 bytes, those of the file, and 5,000 more. */
static int writer_made(struct eddy_transport *transport)
{
    int err = begin(transport);

    if (err == 0 && !file)
        err = write_text(transport);
    if (err == 0 && file)
        err = note(eddy_transport_write(transport, text, 5000));
    if (err == 0 && file)
        err = start_file(transport);
    if (err == 0 && file)
        err = note(eddy_transport_write(transport, text + 35000, 5000));
    if (err == 0)
        eddy_transport_close(transport);
    return err;
}

static int reader_received(struct eddy_transport *transport, const char *bytes, size_t n)
{
    take(party_of(transport), bytes, n);
    return 0;
}

static void side_lost(struct eddy_transport *transport, int err)
{
    end(transport, err);
    if (transport == &parties[1].transport && parties[1].got != SIZE && told == 0)
        note_wrong("some bytes have not come, and no error was told");
    end_one();
}

static const struct eddy_protocol writer = {
    .name = "writer", .connection_made = writer_made, .connection_lost = side_lost};
static const struct eddy_protocol reader = {.name = "reader",
                                            .connection_made = begin,
                                            .data_received = reader_received,
                                            .connection_lost = side_lost};

typedef int open_side(struct eddy_transport *transport, struct eddy_loop *its, int fd,
                      const struct eddy_protocol *protocol);

static int move_text(const int fds[2], open_side *open_writer, open_side *open_reader)
{
    int err = set_up();
    int write_err = err ? err : open_writer(&parties[0].transport, &loop, fds[1], &writer);
    int read_err =
        write_err ? write_err : open_reader(&parties[1].transport, &loop, fds[0], &reader);

    if (write_err < 0)
        sweep_hang_up(fds[1]);
    if (read_err < 0)
        sweep_hang_up(fds[0]);
    under_way = 2;
    return tear_down(read_err ? read_err : run());
}

static int moves_by_pipe(void)
{
    int fds[2], err;

    faults_hold(true);
    err = eddy_net_pipe(fds);
    faults_hold(false);
    return err ? err : move_text(fds, eddy_connect_write_pipe, eddy_connect_read_pipe);
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

static int open_file(void)
{
    int err = 0;

    for (int i = 0; i < SIZE; i++)
        text[i] = (char)('a' + i % 23);
    faults_hold(true);
    file = tmpfile();
    if (!file || fwrite(text + 5000, 1, FILE_SIZE, file) != FILE_SIZE || fflush(file) != 0)
        err = sweep_wrong("no file can be made");
    faults_hold(false);
    return err;
}

static int sends_file(void)
{
    int fds[2], err = open_file();

    err = err ? err : prepare(fds);
    err = err ? err : move_text(fds, eddy_transport_open, eddy_transport_open);
    faults_hold(true);
    if (file)
        fclose(file);
    file = NULL;
    return err;
}

/* ---- Datagrams -------------------------------------------------------------------------------------------------- */

static struct eddy_datagram asking, answering;
static const size_t sizes[] = {0, 1, 1400, 20000};
static size_t turn; /* which of these is asked */

static void close_datagrams(int err)
{
    note(err);
    eddy_datagram_close(&asking);
    eddy_datagram_close(&answering);
}

static void ask(struct eddy_datagram *endpoint)
{
    int err = eddy_datagram_sendto(endpoint, text, sizes[turn], NULL, 0);

    if (err < 0)
        close_datagrams(err);
}

static void on_answer(struct eddy_datagram *endpoint, const void *bytes, size_t n,
                      const struct sockaddr *from, socklen_t size)
{
    (void)from;
    (void)size;
    if (n != sizes[turn] || memcmp(text, bytes, n) != 0)
        note_wrong("another datagram has come back");
    if (++turn == sizeof sizes / sizeof sizes[0])
        close_datagrams(0);
    else
        ask(endpoint);
}

static void on_question(struct eddy_datagram *endpoint, const void *bytes, size_t n,
                        const struct sockaddr *from, socklen_t size)
{
    int err = eddy_datagram_sendto(endpoint, bytes, n, from, size);

    if (err < 0)
        close_datagrams(err);
}

static void on_datagram_error(struct eddy_datagram *endpoint, int err)
{
    (void)endpoint;
    close_datagrams(err);
}

/* The other one has nobody to talk to. */
static void datagram_lost(struct eddy_datagram *endpoint, int err)
{
    (void)endpoint;
    lost++;
    close_datagrams(err);
    end_one();
}

static void datagram_made(struct eddy_datagram *endpoint)
{
    made++;
    if (endpoint == &asking)
        ask(endpoint);
}

static const struct eddy_datagram_protocol asker = {.name = "asker",
                                                    .connection_made = datagram_made,
                                                    .datagram_received = on_answer,
                                                    .error_received = on_datagram_error,
                                                    .connection_lost = datagram_lost};
static const struct eddy_datagram_protocol answerer = {.name = "answerer",
                                                       .connection_made = datagram_made,
                                                       .datagram_received = on_question,
                                                       .error_received = on_datagram_error,
                                                       .connection_lost = datagram_lost};

/* A datagram socket is connected at once. */
static int connect_to(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int err;

    if (port < 0)
        return port;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    err = eddy_datagram_connect(&asking, (struct sockaddr *)&to, sizeof to);
    return err == -EINPROGRESS ? 0 : err;
}

static int exchanges_datagrams(void)
{
    int err = set_up();

    err = err ? err : eddy_create_datagram_endpoint(&answering, &loop, "127.0.0.1", 0, &answerer);
    err = err ? err : eddy_create_datagram_endpoint(&asking, &loop, "127.0.0.1", 0, &asker);
    err = err ? err : connect_to(eddy_datagram_port(&answering));
    under_way = 2;
    err = err ? err : run();
    if (err == 0 && told == 0 && turn != sizeof sizes / sizeof sizes[0])
        note_wrong("some datagrams have not come back, and no error was told");
    return tear_down(err);
}

/* ---- A program ---------------------------------------------------------------------------------------------------- */

static struct eddy_subprocess program;
static size_t heard[3];
static int exits;

/* Why its input is closed, program_pipe_lost() is told. */
static void program_made(struct eddy_subprocess *subprocess)
{
    int err = eddy_transport_write(&subprocess->pipes[0], text, 10);

    made++;
    err = err ? err : eddy_transport_write_eof(&subprocess->pipes[0]);
    if (err != EDDY_ECLOSED)
        note(err);
}

static int program_wrote(struct eddy_subprocess *subprocess, int fd, const char *bytes, size_t n)
{
    const char *expected = fd == 1 ? text : "end\n";
    size_t most = fd == 1 ? 10 : 4;

    (void)subprocess;
    if (n > most - heard[fd] || memcmp(expected + heard[fd], bytes, n) != 0)
        note_wrong("the program has written something else");
    heard[fd] += n;
    return 0;
}

static void program_pipe_lost(struct eddy_subprocess *subprocess, int fd, int err)
{
    (void)subprocess;
    (void)fd;
    note(err);
}

static void program_exited(struct eddy_subprocess *subprocess)
{
    exits++;
    if (subprocess->process.code != 5 && told == 0)
        note_wrong("the program has ended otherwise, and no error was told");
}

static void program_lost(struct eddy_subprocess *subprocess)
{
    (void)subprocess;
    lost++;
    if (exits != 1 || (told == 0 && (heard[1] != 10 || heard[2] != 4)))
        note_wrong("something of the program was not told");
    end_one();
}

static int runs_program(void)
{
    static const struct eddy_subprocess_protocol watcher = {.name = "watcher",
                                                            .connection_made = program_made,
                                                            .pipe_data_received = program_wrote,
                                                            .pipe_connection_lost =
                                                                program_pipe_lost,
                                                            .process_exited = program_exited,
                                                            .connection_lost = program_lost};
    const char *argv[] = {"/bin/sh", "-c", "cat; echo end >&2; exit 5", NULL};
    struct eddy_program how = {.argv = argv, .in = EDDY_PIPE, .out = EDDY_PIPE, .err = EDDY_PIPE};
    int err = set_up();

    err = err ? err : eddy_subprocess_open(&program, &loop, &how, &watcher);
    under_way = 1;
    err = err ? err : run();
    if (loop.open && eddy_loop_close(&loop) < 0)
        note_wrong("the loop cannot be closed");
    eddy_subprocess_close(&program);
    return tear_down(err);
}

/* ---- All of it ------------------------------------------------------------------------------------------------------ */

static void expect_all(const char *call, const int errors[], enum outcome outcome)
{
    for (int i = 0; errors[i]; i++)
        plausible_expect(call, errors[i], outcome);
}

SWEEP
{
    static const char *const again[] = {"recv",     "send",   "read",  "write",
                                        "recvfrom", "sendto", "accept"};
    static const int refused[] = {ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL, ETIMEDOUT, EACCES, 0};
    static const int no_socket[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES, 0};
    static const int gone[] = {ECONNRESET, ETIMEDOUT, ENOMEM, EHOSTUNREACH, 0};
    int selectors = 0;

    while (eddy_selector_nth(selectors))
        selectors++;
    sweep_one_of(selectors);
    sweep_ignored("close");
    sweep_ignored("getpeername"); /* then an address is not known */
    for (size_t i = 0; i < sizeof again / sizeof again[0]; i++)
        plausible_expect(again[i], EAGAIN, AGAIN);
    expect_all("connect", refused, EITHER);           /* another address may answer */
    expect_all("socket", no_socket, EITHER);          /* the same */
    plausible_expect("getsockname", ENOBUFS, EITHER); /* of a connection: as getpeername */
    plausible_expect("pthread_create", EAGAIN,
                     EITHER); /* names are asked for in the loop's thread */
    plausible_expect("pthread_mutex_init", EAGAIN, EITHER);
    plausible_expect("pthread_mutex_init", ENOMEM, EITHER);
    plausible_expect("pthread_cond_init", EAGAIN, EITHER);
    plausible_expect("pthread_cond_init", ENOMEM, EITHER);
    plausible_expect("pthread_condattr_init", ENOMEM, EITHER);
    plausible_expect("calloc", ENOMEM, EITHER);
    plausible_expect("realloc", ENOMEM, EITHER); /* of the timer that would start a second try */
    expect_all("recv", gone, EITHER);            /* of the byte that wakes, too */
    plausible_also("recv", EDDY_EWAKEUP);
    plausible_expect("bind", EADDRINUSE,
                     EITHER); /* the second one, of a path: nothing else is picked */
    plausible_expect("listen", EADDRINUSE, EITHER);
    plausible_also("connect", -EADDRINUSE); /* it cannot be told whether somebody listens */
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "a server on TCP, and two clients", serves_tcp);
        SCENARIO_ON(which, "a name of which an address fails", connects_by_name);
        SCENARIO_ON(which, "a server at a path, and two clients", serves_path);
        SCENARIO_ON(which, "both sides of a pipe", moves_by_pipe);
        SCENARIO_ON(which, "a file, between what is written", sends_file);
        SCENARIO_ON(which, "datagrams to and fro", exchanges_datagrams);
        SCENARIO_ON(which, "a program, with three pipes", runs_program);
    }
}
