/* Servers and connections to them in one loop: on every selector, with the system's own names. */
#include "../06-tasks/sockets.h"

#include "create_connection.h"
#include "server.h"

#include <netdb.h>
#include <sys/stat.h>

/* ---- Both sides ------------------------------------------------------------------------------------------ */

struct client {
    struct eddy_transport transport;
};

static int echo_received(struct eddy_transport *transport, const char *bytes, size_t n)
{
    return eddy_transport_write(transport, bytes, n);
}

static const struct eddy_protocol echo = {
    .name = "echo", EDDY_CONNECTION(struct client, transport), .data_received = echo_received};

/* Asks for one echo, and waits until it has come. */
struct asker {
    struct eddy_co co;
    const char *host, *service, *path;
    struct eddy_connecting connecting;
    struct eddy_transport transport;
    struct eddy_future answered;
    char answer[16];
    size_t n;
};

static int answer_received(struct eddy_transport *transport, const char *bytes, size_t n)
{
    struct asker *self = container_of(transport, struct asker, transport);

    CHECK(self->n + n < sizeof self->answer);
    memcpy(self->answer + self->n, bytes, n);
    self->n += n;
    if (self->n == 5)
        eddy_future_set_result(&self->answered, NULL);
    return 0;
}

static const struct eddy_protocol question = {.name = "question", .data_received = answer_received};

static struct eddy_step asker(struct eddy_co *co)
{
    struct asker *self = CO_FRAME(co, asker);

    CO_BEGIN(co);
    eddy_future_init(&self->answered, eddy_co_loop(co));
    CO_AWAIT(co, self->path
                     ? eddy_create_unix_connection(&self->connecting, &self->transport,
                                                   eddy_co_loop(co), self->path, &question)
                     : eddy_create_connection(&self->connecting, &self->transport, eddy_co_loop(co),
                                              self->host, self->service, &question));
    CHECK_CODE(eddy_transport_write(&self->transport, "hello", 5), 0);
    CO_AWAIT(co, &self->answered);
    CO_FINALLY(co);
    eddy_transport_abort(&self->transport);
    CO_END(co);
}

static struct eddy_server server;
static struct eddy_server_wait closed;
static struct eddy_task task;
static struct asker frame;

static void ask(const char *host, const char *service, int err)
{
    DID("connected to %s, %s", host, service);
    eddy_task_start(&task, &loop, asker, &frame, .host = host, .service = service);
    complete(&task, err);
    CHECK_TEXT(frame.answer, err == 0 ? "hello" : "");
}

static void ask_path(const char *path, int err)
{
    DID("connected to the path %s", path);
    eddy_task_start(&task, &loop, asker, &frame, .path = path);
    complete(&task, err);
    CHECK_TEXT(frame.answer, err == 0 ? "hello" : "");
}

/* All connections have ended; then the asker's side has been told, too. */
static void end(void)
{
    eddy_server_close(&server);
    eddy_server_abort_clients(&server);
    if (server.loop)
        CHECK_CODE(eddy_loop_run_until_complete(&loop, eddy_server_wait_closed(&closed, &server)),
                   0);
    run_out();
    tear_down_real();
}

static const char *number(int port)
{
    static char text[12];

    snprintf(text, sizeof text, "%d", port);
    return text;
}

/* A port that is taken, and at which nobody listens. */
static int silent_port(int *fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_OK(bind(*fd, (struct sockaddr *)&address, sizeof address));
    return eddy_net_port(*fd);
}

static void both_sides(void)
{
    EACH("by name: a server of localhost is reached as localhost, and echoes")
    {
        set_up_real();
        CHECK_CODE(eddy_create_server(&server, &loop, "localhost", 0, &echo), 0);
        ask("localhost", number(server.port), 0);
        end();
    }

    EACH("by number, and what was sent comes back though each byte goes alone")
    {
        set_up_real();
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), 0);
        faults_plan("send%1,recv%1");
        ask("127.0.0.1", number(server.port), 0);
        CHECK(faults_injected() >= 10);
        faults_plan("");
        ask("127.0.0.1", number(server.port), 0);
        end();
    }

    EACH("a port out of range is EPORT, and not what is left of it in 16 bits")
    {
        set_up_real();
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), 0);
        ask("127.0.0.1", number(65536 + server.port), EDDY_EPORT);
        ask("127.0.0.1", "-1", EDDY_EPORT);
        ask("127.0.0.1", "99999999999999999999999", EDDY_EPORT);
        ask("127.0.0.1", number(server.port), 0);
        end();
    }

    EACH("nobody listens: ECONNREFUSED; a service that is none: ENOHOST")
    {
        int fd, port;
        set_up_real();
        port = silent_port(&fd);
        ask("127.0.0.1", number(port), -ECONNREFUSED);
        CHECK_INT(frame.connecting.count, 1);
        CHECK_CODE(frame.connecting.tries[0].err, -ECONNREFUSED);
        ask("127.0.0.1", "no such service", EDDY_ENOHOST);
        close(fd);
        end();
    }

    EACH("to a path: an echo; then, when its server has gone without a word, ECONNREFUSED")
    {
        char directory[] = "/tmp/eddy-connect-XXXXXX";
        struct eddy_unix_file file;
        int fd;
        CHECK(mkdtemp(directory) != NULL);
        CHECK_OK(chdir(directory));
        set_up_real();
        CHECK_CODE(eddy_create_unix_server(&server, &loop, "s", &echo), 0);
        ask_path("s", 0);
        eddy_server_close(&server);
        ask_path("s", -ENOENT);
        fd = eddy_unix_listen("s", &file);
        CHECK_OK(fd);
        close(fd);
        ask_path("s", -ECONNREFUSED);
        eddy_unix_remove(&file);
        end();
        CHECK_OK(chdir("/"));
        CHECK_OK(rmdir(directory));
    }
}

/* ---- Rest, on every selector -------------------------------------------------------------------------------- */

/* A clock that stands still, but a selector of the system's. */
static void set_up_still(void)
{
    struct eddy_loop_options options = {.selector = which, .clock = scripted.clock};

    scripted_start();
    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, &options));
    connected(pair);
    connected(pair2);
}

static int reach(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_OK(connect(fd, (struct sockaddr *)&address, sizeof address));
    return fd;
}

static void resting(void)
{
    EACH("a server without descriptors asks the kernel for nothing, and goes on after a second")
    {
        int fd;
        set_up_still();
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), 0);
        faults_plan("accept@1=EMFILE");
        fd = reach(server.port);
        turns(20);
        CHECK_INT(faults_calls("accept"), 1);
        CHECK_INT(reports, 1);
        scripted_advance(0.99);
        turns(2);
        CHECK_INT(faults_calls("accept"), 1);
        scripted_advance(0.02);
        turns(3);
        CHECK_INT(server.connections, 1);
        CHECK_INT(reports, 1);
        close(fd);
        end();
    }

    EACH("a listener is closed through the loop while it rests, and its number goes to another")
    {
        int fd, peer, taken;
        set_up_still();
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), 0);
        fd = server.listeners[0].fd;
        faults_plan("accept@1=EMFILE");
        peer = reach(server.port);
        turns(2);
        CHECK_OK(eddy_loop_close_fd(&loop, fd));
        taken = dup2(pair[0], fd);
        CHECK_INT(taken, fd);
        scripted_advance(1.5);
        turns(4);
        CHECK_INT(reports, 1);
        CHECK_INT(faults_calls("accept"), 1);
        eddy_server_close(&server);
        say(taken, "hello"); /* still open */
        close(taken);
        close(peer);
        end();
    }
}

/* ---- The loop goes ------------------------------------------------------------------------------------------- */

static struct eddy_connecting connecting;
static struct eddy_transport transport;

static void closing(void)
{
    EACH("a loop is closed with a connection: its descriptor is closed, its memory is free")
    {
        struct eddy_future *future;
        set_up_real();
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), 0);
        future = eddy_create_connection(&connecting, &transport, &loop, "127.0.0.1",
                                        number(server.port), &question);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, future), 0);
        tear_down();
        CHECK(!transport.loop && transport.fd == -1);
        eddy_server_close(&server);
        close_pairs();
    }

    EACH("a loop is closed while addresses are tried: ECLOSED, and their descriptors are closed")
    {
        int fd, port;
        set_up_real();
        port = silent_port(&fd);
        (void)eddy_create_connection(&connecting, &transport, &loop, "127.0.0.1", number(port),
                                     &question);
        CHECK_OK(eddy_loop_run_until_complete(&loop, connecting.asked));
        turns(1);
        CHECK_INT(connecting.begun, 1);
        tear_down();
        CHECK_CODE(eddy_future_error(&connecting.future), EDDY_ECLOSED);
        close(fd);
        close_pairs();
    }

    EACH("a loop is closed while a name is asked for: ECLOSED, and its addresses are freed")
    {
        set_up_real();
        (void)eddy_create_connection(&connecting, &transport, &loop, "127.0.0.1", "80", &question);
        tear_down();
        CHECK_CODE(eddy_future_error(&connecting.future), EDDY_ECLOSED);
        close_pairs();
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        both_sides();
        resting();
        closing();
    }
}
