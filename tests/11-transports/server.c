/* Servers: who is let in, what a close ends, what happens when there is nothing left to accept with, and who
 * waits for the end. On a virtual clock, so that a second takes no time. */
#include "../06-tasks/tasks.h"

#include "faults.h"
#include "net.h"
#include "server.h"
#include "sockio.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 100, PEERS = 8 };

/* ---- A protocol that leaves in the trace what it is told ------------------------------------------- */

struct client {
    struct eddy_transport transport;
    int number; /* 0 in a new one */
};

static struct eddy_server server, second;
static int made, lost;
static int answer_made;  /* what connection_made returns */
static bool closes_last; /* connection_lost closes the server */
static bool opens_again; /* connection_lost tries to open the connection anew */

static int client_made(struct eddy_transport *transport)
{
    struct client *client = container_of(transport, struct client, transport);

    CHECK_INT(client->number, 0);
    client->number = ++made;
    note("made%d", client->number);
    return answer_made;
}

static int client_received(struct eddy_transport *transport, const char *bytes, size_t n)
{
    return eddy_transport_write(transport, bytes, n);
}

static void client_lost(struct eddy_transport *transport, int err)
{
    struct client *client = container_of(transport, struct client, transport);

    lost++;
    note("lost%d=%s", client->number, eddy_errname(err));
    if (closes_last)
        eddy_server_close(transport->server);
    if (opens_again)
        note("%s", eddy_errname(eddy_transport_open(transport, &loop, 0, transport->protocol)));
}

static const struct eddy_protocol echo = {.name = "echo",
                                          EDDY_CONNECTION(struct client, transport),
                                          .connection_made = client_made,
                                          .data_received = client_received,
                                          .connection_lost = client_lost};

static struct client *client_at(struct eddy_list *link)
{
    return container_of(link, struct client, transport.sibling);
}

/* A connection whose memory has more in it that the loop knows. */
struct proxy {
    struct eddy_transport transport, upstream;
    struct eddy_timer idle;
    struct eddy_handle call;
};

static const struct eddy_protocol proxy = {.name = "proxy",
                                           EDDY_CONNECTION(struct proxy, transport)};

static struct proxy *proxy_at(struct eddy_list *link)
{
    return container_of(link, struct proxy, transport.sibling);
}

static void never(struct eddy_handle *handle)
{
    (void)handle;
    CAUSE("a call comes out of a loop that is closed");
    CHECK(false);
}

static void begin_of_its_own(struct proxy *self, int fd)
{
    CHECK_CODE(eddy_transport_open(&self->upstream, &loop, fd, &proxy), 0);
    turns(2);
    eddy_timer_init(&self->idle, never);
    eddy_handle_init(&self->call, never);
    CHECK_CODE(eddy_loop_call_later(&loop, &self->idle, 60), 0);
    CHECK_CODE(eddy_loop_call_soon(&loop, &self->call), 0);
}

/* ---- The other side ------------------------------------------------------------------------------------ */

static int peers[PEERS];
static int peer_count;

/* A connection that the kernel has made; -ECONNREFUSED. The test's own calls are not counted. */
static int reach(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd, err;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    faults_hold(true);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_OK(fd);
    err = connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : fd;
    if (err < 0)
        close(fd);
    faults_hold(false);
    return err;
}

static void add_peer(int port)
{
    CHECK(peer_count < PEERS);
    peers[peer_count] = reach(port);
    CHECK_OK(peers[peer_count]);
    peer_count++;
}

static void close_peers(void)
{
    while (peer_count > 0)
        close(peers[--peer_count]);
}

/* What it sends comes back. */
static void check_echo(int fd)
{
    char text[8] = "";

    DID("sent \"hello\" on a connection");
    CHECK_INT(send(fd, "hello", 5, MSG_NOSIGNAL), 5);
    turns(2);
    CHECK_INT(recv(fd, text, sizeof text, MSG_DONTWAIT), 5);
    CHECK_TEXT(text, "hello");
}

/* Until nothing comes any more: what timers do has been done. */
static void until_idle(void)
{
    WAITING("the timers to have been called");
    CHECK_CODE(eddy_loop_run_forever(&loop), -EDEADLK);
}

/* The server has closed it. */
static void check_closed(int fd)
{
    char byte;

    CHECK_INT(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
}

/* ---- Beginning and end --------------------------------------------------------------------------------- */

static void begin(void)
{
    server = second = (struct eddy_server){.port = 0};
    set_up();
}

static void open_server(void)
{
    begin();
    CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), 0);
}

/* With so many clients, who have been told. */
static void open_with(int count)
{
    open_server();
    while (peer_count < count)
        add_peer(server.port);
    turns(2);
    CHECK_INT(server.connections, count);
    trace[0] = '\0';
}

/* All that is there ends, and nothing is left. */
static void end(void)
{
    closes_last = false;
    eddy_server_close(&server);
    eddy_server_abort_clients(&server);
    eddy_server_close(&second);
    eddy_server_abort_clients(&second);
    run_out();
    CHECK_INT(server.connections + second.connections, 0);
    CHECK_INT(made, lost);
    CHECK_INT(loop.watches.count, 0);
    tear_down();
    close_peers();
}

/* ---- Opening ------------------------------------------------------------------------------------------- */

static void opening(void)
{
    CASE("each client has a transport of its own, and one of many is closed alone") {
        struct client *first;
        open_with(3);
        first = client_at(server.clients.next);
        CHECK(first->transport.server == &server);
        CHECK_INT(first->transport.peer.v4.sin_family, AF_INET);
        check_echo(peers[0]);
        check_echo(peers[2]);
        eddy_transport_close(&first->transport);
        turns(1);
        EXPECT("lost1=OK");
        CHECK_INT(server.connections, 2);
        check_closed(peers[0]);
        check_echo(peers[1]);
        end();
    }

    CASE("port 0 is a free one, and a port that is taken is EADDRINUSE") {
        open_server();
        CHECK(server.port > 0);
        CHECK_INT(server.port, eddy_net_port(server.listeners[0].fd));
        CHECK_CODE(eddy_create_server(&second, &loop, "127.0.0.1", server.port, &echo),
                   -EADDRINUSE);
        CHECK_INT(second.count, 0);
        add_peer(server.port);
        turns(2);
        check_echo(peers[0]);
        end();
    }

    CASE("a port out of range is EPORT, and a name that is none is refused") {
        begin();
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 65536, &echo), EDDY_EPORT);
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", -1, &echo), EDDY_EPORT);
        faults_plan("getaddrinfo@1=EAGAIN");
        CHECK_CODE(eddy_create_server(&server, &loop, "a.name", 80, &echo), EDDY_ERESOLVE);
        faults_plan("");
        CHECK_INT(server.count, 0);
        end();
    }

    CASE("all addresses of a name are listened at, on one port") {
        begin();
        CHECK_CODE(eddy_create_server(&server, &loop, "localhost", 0, &echo), 0);
        CHECK(server.count >= 1);
        for (int i = 0; i < server.count; i++) {
            union eddy_address address;
            socklen_t size = sizeof address;
            CHECK_INT(eddy_net_port(server.listeners[i].fd), server.port);
            CHECK_OK(getsockname(server.listeners[i].fd, &address.any, &size));
            peers[peer_count] = socket(address.any.sa_family, SOCK_STREAM, 0);
            CHECK_OK(connect(peers[peer_count++], &address.any, size));
        }
        turns(2);
        CHECK_INT(server.connections, server.count);
        for (int i = 0; i < peer_count; i++)
            check_echo(peers[i]);
        end();
    }

    CASE("listeners that are given, up to 8, are the server's, and it closes them") {
        int fds[EDDY_SERVER_LISTENERS];
        begin();
        for (int i = 0; i < EDDY_SERVER_LISTENERS; i++)
            CHECK_INT(eddy_net_listen("127.0.0.1", 0, &fds[i], 1), 1);
        CHECK_CODE(eddy_create_server_on(&server, &loop, fds, EDDY_SERVER_LISTENERS, &echo), 0);
        CHECK_INT(server.port, eddy_net_port(fds[0]));
        for (int i = 0; i < EDDY_SERVER_LISTENERS; i++)
            add_peer(eddy_net_port(fds[i]));
        turns(2);
        CHECK_INT(server.connections, EDDY_SERVER_LISTENERS);
        eddy_server_close(&server);
        for (int i = 0; i < EDDY_SERVER_LISTENERS; i++)
            CHECK_INT(fcntl(fds[i], F_GETFD), -1);
        end();
    }

    CASE("refused: open already, no listener, 9 of them, a protocol without a size") {
        static const struct eddy_protocol sizeless = {.name = "sizeless"};
        int fds[EDDY_SERVER_LISTENERS + 1] = {0}, own;
        open_server();
        CHECK_INT(eddy_net_listen("127.0.0.1", 0, &own, 1), 1);
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), EDDY_EQUEUED);
        CHECK_CODE(eddy_create_server_on(&server, &loop, &own, 1, &echo), EDDY_EQUEUED);
        CHECK_CODE(eddy_create_unix_server(&server, &loop, "/tmp/none", &echo), EDDY_EQUEUED);
        CHECK_CODE(eddy_create_server_on(&second, &loop, fds, 0, &echo), -EINVAL);
        CHECK_CODE(eddy_create_server_on(&second, &loop, fds, EDDY_SERVER_LISTENERS + 1, &echo),
                   -EINVAL);
        CHECK_CODE(eddy_create_server_on(&second, &loop, &own, 1, &sizeless), -EINVAL);
        CHECK_CODE(eddy_create_server(&second, &loop, "127.0.0.1", 0, &sizeless), -EINVAL);
        CHECK_CODE(eddy_create_unix_server(&second, &loop, "/tmp/none", &sizeless), -EINVAL);
        CHECK_OK(fcntl(own, F_GETFD)); /* still ours */
        close(own);
        end();
    }

    CASE("a closed loop is ECLOSED") {
        begin();
        tear_down();
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), EDDY_ECLOSED);
        CHECK_CODE(eddy_create_unix_server(&server, &loop, "/tmp/none", &echo), EDDY_ECLOSED);
    }

    CASE("a port that the system does not tell: no server, and not one whose port is 0") {
        int own;
        begin();
        CHECK_INT(eddy_net_listen("127.0.0.1", 0, &own, 1), 1);
        faults_plan("getsockname@1=ENOBUFS");
        CHECK_CODE(eddy_create_server_on(&server, &loop, &own, 1, &echo), -ENOBUFS);
        faults_plan("");
        CHECK_OK(fcntl(own, F_GETFD)); /* still ours */
        CHECK_CODE(eddy_create_server_on(&server, &loop, &own, 1, &echo), 0);
        CHECK_INT(server.port, eddy_net_port(own));
        end();
    }

    CASE("without memory for its watches there is no server, and nothing is left open") {
        int own;
        begin();
        CHECK_INT(eddy_net_listen("127.0.0.1", 0, &own, 1), 1);
        CHECK_OK(dup2(own, 200)); /* beyond the table's room */
        close(own);
        faults_plan("realloc@1=ENOMEM");
        own = 200;
        CHECK_CODE(eddy_create_server_on(&server, &loop, &own, 1, &echo), -ENOMEM);
        CHECK_INT(faults_injected(), 1);
        faults_plan("");
        CHECK_OK(fcntl(own, F_GETFD));
        CHECK_CODE(eddy_create_server_on(&server, &loop, &own, 1, &echo), 0);
        end();
    }
}

/* ---- Unix sockets ---------------------------------------------------------------------------------------- */

static char directory[] = "/tmp/eddy-server-XXXXXX";

static void begin_in_directory(void)
{
    CHECK(mkdtemp(directory) != NULL);
    CHECK_OK(chdir(directory));
    begin();
}

static void end_in_directory(void)
{
    end();
    CHECK_OK(chdir("/"));
    CHECK_OK(rmdir(directory)); /* no file is left in it */
}

static bool exists(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

static void add_unix_peer(const char *path)
{
    struct sockaddr_un address;

    CHECK_CODE(eddy_unix_address(path, &address), 0);
    peers[peer_count] = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_OK(connect(peers[peer_count++], (struct sockaddr *)&address, sizeof address));
}

static void unix_servers(void)
{
    CASE("a server at a path: it has no port, and its close removes the file, not its clients") {
        begin_in_directory();
        CHECK_CODE(eddy_create_unix_server(&server, &loop, "s", &echo), 0);
        CHECK_INT(server.port, 0);
        add_unix_peer("s");
        turns(2);
        check_echo(peers[0]);
        CHECK_INT(client_at(server.clients.next)->transport.local.any.sa_family, AF_UNIX);
        CHECK_TEXT(client_at(server.clients.next)->transport.local.path.sun_path, "s");
        eddy_server_close(&server);
        CHECK(!exists("s"));
        check_echo(peers[0]);
        end_in_directory();
    }

    CASE("a path with a live server or a regular file is EADDRINUSE, one too long ENAMETOOLONG") {
        char path[200];
        begin_in_directory();
        memset(path, 'a', sizeof path);
        path[sizeof path - 1] = '\0';
        CHECK_CODE(eddy_create_unix_server(&server, &loop, "s", &echo), 0);
        CHECK_CODE(eddy_create_unix_server(&second, &loop, "s", &echo), -EADDRINUSE);
        CHECK_CODE(eddy_create_unix_server(&second, &loop, path, &echo), -ENAMETOOLONG);
        CHECK_OK(close(open("file", O_CREAT | O_WRONLY, 0600)));
        CHECK_CODE(eddy_create_unix_server(&second, &loop, "file", &echo), -EADDRINUSE);
        CHECK_OK(unlink("file"));
        CHECK(exists("s"));
        end_in_directory();
    }

    CASE("a stale socket is replaced, and a successor's file stays when the first closes") {
        begin_in_directory();
        CHECK_CODE(eddy_create_unix_server(&server, &loop, "s", &echo), 0);
        CHECK_OK(rename("s", "kept"));
        CHECK_CODE(eddy_create_unix_server(&second, &loop, "s", &echo), 0);
        eddy_server_close(&server);
        CHECK(exists("s"));
        add_unix_peer("s");
        turns(2);
        check_echo(peers[0]);
        eddy_server_close(&second);
        CHECK_CODE(eddy_create_unix_server(&second, &loop, "kept", &echo), EDDY_EQUEUED);
        CHECK_CODE(eddy_create_unix_server(&server, &loop, "kept", &echo), 0);
        end_in_directory();
    }

    CASE("its listener is closed through the loop: a successor's file stays, whatever its number") {
        begin_in_directory();
        CHECK_CODE(eddy_create_unix_server(&server, &loop, "s", &echo), 0);
        CHECK_OK(eddy_loop_close_fd(&loop, server.listeners[0].fd));
        CHECK_CODE(eddy_create_unix_server(&second, &loop, "s", &echo), 0);
        turns(1);
        eddy_server_close(&server);
        CHECK(exists("s"));
        eddy_server_close(&second);
        CHECK(!exists("s"));
        end_in_directory();
    }

    CASE("a child that is forked, and closes its copies, leaves the parent its file and clients") {
        pid_t child;
        int status;
        begin_in_directory();
        CHECK_CODE(eddy_create_unix_server(&server, &loop, "s", &echo), 0);
        add_unix_peer("s");
        turns(2);
        child = fork();
        if (child == 0) {
            eddy_server_close(&server);
            eddy_server_abort_clients(&server);
            _exit(eddy_loop_close(&loop) == 0 ? 0 : 1);
        }
        CHECK_INT(waitpid(child, &status, 0), child);
        CHECK_INT(status, 0);
        check_echo(peers[0]);
        add_unix_peer("s");
        turns(2);
        check_echo(peers[1]);
        eddy_server_close(&server);
        CHECK(!exists("s"));
        end_in_directory();
    }

    CASE("a server that cannot have its watch leaves no file") {
        int fillers[200], count = 0;
        begin_in_directory();
        do /* beyond the table's room */
            fillers[count] = dup(0);
        while (fillers[count++] < 150);
        faults_plan("realloc@1=ENOMEM");
        CHECK_CODE(eddy_create_unix_server(&server, &loop, "s", &echo), -ENOMEM);
        faults_plan("");
        CHECK(!exists("s"));
        while (count > 0)
            close(fillers[--count]);
        end_in_directory();
    }
}

/* ---- Closing (TR-17) ------------------------------------------------------------------------------------- */

static void closing(void)
{
    CASE("a close refuses new clients at once, and the connections there are go on") {
        open_with(2);
        eddy_server_close(&server);
        DID("connected after the close, before any turn");
        CHECK_CODE(reach(server.port), -ECONNREFUSED);
        CHECK_INT(server.count, 0);
        CHECK_INT(server.connections, 2);
        eddy_server_close(&server);
        check_echo(peers[0]);
        check_echo(peers[1]);
        EXPECT("");
        end();
    }

    CASE("a close in the turn in which clients are in line: none of them is let in") {
        open_server();
        add_peer(server.port);
        eddy_server_close(&server);
        turns(3);
        EXPECT("");
        CHECK_INT(server.connections, 0);
        end();
    }

    CASE("zeroed, a server is closed: closing it, or its clients, is harmless") {
        begin();
        eddy_server_close(&server);
        eddy_server_close_clients(&server);
        eddy_server_abort_clients(&server);
        end();
    }

    CASE("clients that are closed get what was written to them, and aborted ones do not") {
        static char bytes[4000000], got[65536];
        struct client *client;
        size_t total = 0;
        ssize_t n;
        open_with(2);
        for (struct eddy_list *link = server.clients.next; link != &server.clients;
             link = link->next) {
            client = client_at(link);
            CHECK_CODE(eddy_transport_write(&client->transport, bytes, sizeof bytes), 0);
            CHECK(eddy_transport_get_write_buffer_size(&client->transport) > 0);
        }
        eddy_server_close_clients(&server);
        turns(1);
        EXPECT("");
        CHECK_INT(server.count, 1); /* it listens on */
        while ((n = recv(peers[0], got, sizeof got, MSG_DONTWAIT)) != 0) {
            total += n > 0 ? (size_t)n : 0;
            turns(1);
        }
        CHECK_INT(total, sizeof bytes);
        EXPECT("lost1=OK");
        eddy_server_abort_clients(&server);
        turns(1);
        EXPECT("lost2=OK");
        CHECK_INT(server.connections, 0);
        end();
    }

    CASE("a listener that is closed through the loop: the others go on") {
        int fds[2], port;
        begin();
        CHECK_INT(eddy_net_listen("127.0.0.1", 0, &fds[0], 1), 1);
        CHECK_INT(eddy_net_listen("127.0.0.1", 0, &fds[1], 1), 1);
        port = eddy_net_port(fds[1]);
        CHECK_CODE(eddy_create_server_on(&server, &loop, fds, 2, &echo), 0);
        CHECK_OK(eddy_loop_close_fd(&loop, fds[0]));
        turns(1);
        CHECK_OK(dup2(0, fds[0])); /* somebody else has the number now */
        add_peer(port);
        turns(2);
        check_echo(peers[0]);
        eddy_server_close(&server);
        CHECK_OK(fcntl(fds[0], F_GETFD));
        close(fds[0]);
        end();
    }

    CASE("a listener closed through the loop, and the server before any turn: nothing else is "
         "closed") {
        open_server();
        peers[0] = server.listeners[0].fd;
        CHECK_OK(eddy_loop_close_fd(&loop, peers[0]));
        CHECK_INT(dup2(0, peers[0]), peers[0]); /* somebody else has the number now */
        peer_count = 1;
        eddy_server_close(&server);
        CHECK_OK(fcntl(peers[0], F_GETFD));
        CAUSE("the listener's watch is in line, to be told that it was closed");
        memset(&server, 0x5a, sizeof server);
        turns(2);
        server = (struct eddy_server){.port = 0};
        end();
    }

    CASE("a connection closed through the loop, and aborted before any turn: nothing else is "
         "closed") {
        struct client *client;
        int fd;
        open_with(1);
        client = client_at(server.clients.next);
        fd = client->transport.fd;
        CHECK_OK(eddy_loop_close_fd(&loop, fd));
        CHECK_INT(dup2(0, fd), fd); /* somebody else has the number now */
        eddy_transport_abort(&client->transport);
        turns(2);
        CHECK_OK(fcntl(fd, F_GETFD));
        close(fd);
        EXPECT("lost1=OK"); /* by an abort */
        end();
    }

    CASE("a connection closed through the loop, and then the loop: nothing else is closed") {
        int fd;
        open_with(1);
        fd = client_at(server.clients.next)->transport.fd;
        CHECK_OK(eddy_loop_close_fd(&loop, fd));
        CHECK_INT(dup2(0, fd), fd); /* somebody else has the number now */
        tear_down();
        CHECK_OK(fcntl(fd, F_GETFD));
        close(fd);
        eddy_server_close(&server);
        close_peers();
    }

    CASE("a server is closed after its loop: its clients have ended with that") {
        open_with(2);
        tear_down();
        CHECK_INT(server.connections, 0);
        EXPECT(""); /* nobody is told any more */
        eddy_server_close(&server);
        CHECK_CODE(reach(server.port), -ECONNREFUSED);
        close_peers();
    }

    CASE("a loop is closed, and a connection has a timer, a call and a transport of its own") {
        int fds[2];
        set_up();
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
        CHECK_OK(eddy_create_server(&server, &loop, NULL, 0, &proxy));
        peers[peer_count++] = reach(server.port);
        turns(2);
        CHECK_INT(server.connections, 1);
        begin_of_its_own(proxy_at(server.clients.next), fds[0]);
        tear_down();
        CHECK_INT(server.connections, 0);
        CHECK(fcntl(fds[0], F_GETFD) < 0);
        close(fds[1]);
        eddy_server_close(&server);
        close_peers();
    }

    CASE("a server at a path is closed after its loop, and its file is removed") {
        begin_in_directory();
        CHECK_CODE(eddy_create_unix_server(&server, &loop, "s", &echo), 0);
        tear_down();
        eddy_server_close(&server);
        CHECK(!exists("s"));
        CHECK_OK(chdir("/"));
        CHECK_OK(rmdir(directory));
    }

    CASE("closed, and its last client gone, it opens again, and not before") {
        open_with(1);
        eddy_server_close(&server);
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), EDDY_EQUEUED);
        eddy_server_abort_clients(&server);
        turns(1);
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), 0);
        add_peer(server.port);
        turns(2);
        check_echo(peers[1]);
        end();
    }
}

/* ---- Nothing left to accept with (TR-23) ----------------------------------------------------------------- */

/* What ends a server while its trouble is told. */
static void close_on_trouble(struct eddy_loop *of, const struct eddy_context *context)
{
    (void)of;
    note("%s", eddy_errname(context->err));
    eddy_server_close(&server);
}

static void trouble(void)
{
    CASE("no descriptor: told once, the client waits, and is let in a second later") {
        open_server();
        faults_plan("accept@1=EMFILE");
        add_peer(server.port);
        turns(20);
        CHECK_INT(faults_injected(), 1);
        CHECK_INT(reports, 1);
        CHECK(strstr(reported, "echo: a server cannot accept its clients"));
        CHECK_INT(server.connections, 0);
        CHECK_INT(scripted_registered(), 0); /* it does not spin */
        CHECK(scripted_time() == 1000);
        until_idle();
        CHECK_INT(server.connections, 1);
        CHECK_INT(reports, 1);
        check_echo(peers[0]);
        end();
    }

    CASE("no memory, or no descriptor in the system: the same") {
        static const char *const plans[] = {"calloc@1=ENOMEM", "accept@1=ENOMEM", "accept@1=ENFILE",
                                            "accept@1=ENOBUFS"};
        for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
            DID("let a client come, with %s", plans[i]);
            reports = 0;
            open_server();
            faults_plan(plans[i]);
            add_peer(server.port);
            turns(5);
            CHECK_INT(reports, 1);
            CHECK_INT(server.connections, 0);
            until_idle();
            CHECK_INT(faults_injected(), 1);
            CHECK_INT(server.connections, 1);
            CHECK(scripted_time() == 1001);
            faults_plan("");
            check_echo(peers[0]);
            end();
        }
    }

    CASE("no memory for its transport: that client is turned away, and the next is let in") {
        open_server();
        faults_plan("calloc@2=ENOMEM"); /* what the loop keeps for all transports */
        add_peer(server.port);
        turns(2);
        CHECK_INT(faults_injected(), 1);
        CHECK_INT(reports, 1);
        check_closed(peers[0]);
        add_peer(server.port);
        until_idle();
        CHECK(scripted_time() == 1001);
        EXPECT("made1");
        check_echo(peers[1]);
        end();
    }

    CASE("trouble that lasts is told each second, and no more often") {
        open_server();
        faults_plan("accept@1=EMFILE,accept@2=EMFILE,accept@3=EMFILE");
        add_peer(server.port);
        add_peer(server.port);
        until_idle();
        CHECK_INT(reports, 3);
        CHECK(scripted_time() == 1003);
        CHECK_INT(server.connections, 2);
        end();
    }

    CASE("those that were let in before go on while the server rests") {
        open_with(1);
        faults_plan("accept@1=EMFILE");
        add_peer(server.port);
        turns(2);
        CHECK_INT(faults_injected(), 1);
        check_echo(peers[0]);
        CHECK_INT(server.connections, 1);
        until_idle();
        CHECK_INT(server.connections, 2);
        end();
    }

    CASE("a server that is closed while it rests is not revived, and no timer is left") {
        open_server();
        faults_plan("accept@1=EMFILE");
        add_peer(server.port);
        turns(2);
        eddy_server_close(&server);
        memset(&server, 0x5a, sizeof server);
        run_out();
        CHECK(scripted_time() == 1000);
        CHECK_INT(faults_calls("accept"), 1);
        server = (struct eddy_server){.port = 0};
        end();
    }

    CASE("closed while it rests and opened again, it rests no more") {
        open_server();
        faults_plan("accept@1=EMFILE");
        add_peer(server.port);
        turns(2);
        eddy_server_close(&server);
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), 0);
        add_peer(server.port);
        turns(2);
        CHECK(scripted_time() == 1000);
        check_echo(peers[1]);
        end();
    }

    CASE("an exception handler that closes the server, as its trouble is told: not revived") {
        open_server();
        eddy_loop_set_exception_handler(&loop, close_on_trouble);
        faults_plan("accept@1=EMFILE");
        add_peer(server.port);
        turns(2);
        EXPECT("EMFILE");
        CAUSE("the timer is set after the handler has been called");
        memset(&server, 0x5a, sizeof server);
        run_out();
        CHECK(scripted_time() == 1000);
        server = (struct eddy_server){.port = 0};
        end();
    }

    CASE("without memory for the timer it does not rest, and the client is let in") {
        open_server();
        faults_plan("accept@1=EMFILE,realloc@1=ENOMEM");
        add_peer(server.port);
        turns(4);
        CHECK_INT(faults_injected(), 2);
        CHECK_INT(reports, 1);
        CHECK_INT(server.connections, 1);
        CHECK(scripted_time() == 1000);
        end();
    }

    CASE("a listener is closed through the loop while the server rests: its number is left "
         "alone") {
        int fds[2], port;
        begin();
        CHECK_INT(eddy_net_listen("127.0.0.1", 0, &fds[0], 1), 1);
        CHECK_INT(eddy_net_listen("127.0.0.1", 0, &fds[1], 1), 1);
        port = eddy_net_port(fds[1]);
        CHECK_CODE(eddy_create_server_on(&server, &loop, fds, 2, &echo), 0);
        faults_plan("accept@1=EMFILE");
        add_peer(port);
        turns(2);
        CHECK_OK(eddy_loop_close_fd(&loop, fds[0]));
        CHECK_OK(dup2(peers[0], fds[0])); /* somebody else has the number now */
        until_idle();
        CHECK_INT(reports, 1);
        CHECK_INT(server.connections, 1);
        CHECK(scripted_time() == 1001);
        CHECK_INT(send(fds[0], "hello", 5, MSG_NOSIGNAL), 5);
        eddy_server_close(&server);
        CHECK_OK(fcntl(fds[0], F_GETFD));
        close(fds[0]);
        end();
    }

    CASE("a connection that was spoilt while it waited is passed over: no rest") {
        open_server();
        faults_plan("accept@1=ECONNABORTED,accept@2=ENETDOWN");
        add_peer(server.port);
        turns(2);
        CHECK_INT(faults_injected(), 2);
        CHECK_INT(server.connections, 1);
        CHECK_INT(reports, 0);
        end();
    }

    CASE("a crowd is let in 64 at a time, so that others have their turn") {
        int fds[MANY];
        open_server();
        for (int i = 0; i < MANY; i++)
            CHECK_OK(fds[i] = reach(server.port));
        turns(1);
        CHECK_INT(server.connections, 64);
        turns(1);
        CHECK_INT(server.connections, MANY);
        for (int i = 0; i < MANY; i++)
            close(fds[i]);
        until_idle();
        CHECK_INT(server.connections, 0);
        CHECK_INT(lost, MANY);
        end();
    }

    CASE("connection_made that fails ends this connection, and no other") {
        open_server();
        answer_made = -EPERM;
        add_peer(server.port);
        turns(3);
        answer_made = 0;
        EXPECT("made1 lost1=EPERM");
        CHECK(reports == 1 && strstr(reported, "connection_made"));
        check_closed(peers[0]);
        add_peer(server.port);
        turns(2);
        check_echo(peers[1]);
        end();
    }
}

/* ---- Waiting for the end (TR-24) --------------------------------------------------------------------------- */

struct closer {
    struct eddy_co co;
    const char *name;
    struct eddy_server *of;
    struct eddy_server_wait wait;
};

static struct eddy_step closer(struct eddy_co *co)
{
    struct closer *self = CO_FRAME(co, closer);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_server_wait_closed(&self->wait, self->of));
    note("%s=%s", self->name, eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

static struct eddy_task tasks[3];
static struct closer closers[3];

static void start_closer(int i, const char *name)
{
    eddy_task_start(&tasks[i], &loop, closer, &closers[i], .name = name, .of = &server);
    turns(1);
}

static void waiting(void)
{
    CASE("all who wait are told when it is closed and its last connection has ended, in "
         "order") {
        open_with(2);
        start_closer(0, "a");
        start_closer(1, "b");
        eddy_server_close(&server);
        start_closer(2, "c");
        turns(2);
        EXPECT("");
        eddy_transport_close(&client_at(server.clients.next)->transport);
        turns(2);
        EXPECT("lost1=OK");
        eddy_transport_close(&client_at(server.clients.next)->transport);
        turns(2);
        EXPECT("lost2=OK a=OK b=OK c=OK");
        start_closer(0, "late");
        EXPECT("late=OK");
        end();
    }

    CASE("connection_lost cannot open its struct anew: that is the server's, which frees it") {
        open_with(1);
        opens_again = true;
        eddy_server_abort_clients(&server);
        turns(1);
        opens_again = false;
        EXPECT("lost1=OK EDDY_EQUEUED");
        CHECK_INT(server.connections, 0);
        eddy_server_close(&server);
        end();
    }

    CASE("connections that have ended before the close do not end the waiting") {
        open_with(1);
        start_closer(0, "a");
        eddy_server_abort_clients(&server);
        turns(2);
        EXPECT("lost1=OK");
        CHECK_INT(server.connections, 0);
        eddy_server_close(&server);
        turns(2);
        EXPECT("a=OK");
        end();
    }

    CASE("connections that end in the turn of the close count, whichever comes first") {
        for (int first = 0; first < 2; first++) {
            DID("closed the server %s its client", first ? "before" : "after");
            made = lost = 0;
            open_with(1);
            start_closer(0, "a");
            if (first)
                eddy_server_close(&server);
            eddy_server_abort_clients(&server);
            if (!first)
                eddy_server_close(&server);
            turns(2);
            EXPECT("lost1=OK a=OK");
            start_closer(1, "b");
            EXPECT("b=OK");
            end();
        }
    }

    CASE("a client that is let in, and has not been told yet, counts") {
        open_server();
        add_peer(server.port);
        turns(1);
        EXPECT("");
        CHECK_INT(server.connections, 1);
        eddy_server_close(&server);
        start_closer(0, "a");
        turns(2);
        EXPECT("made1");
        check_echo(peers[0]);
        close_peers();
        turns(3);
        EXPECT("lost1=OK a=OK");
        end();
    }

    CASE("connection_lost of the last one closes the server: all who wait are told") {
        open_with(1);
        start_closer(0, "a");
        closes_last = true;
        close_peers();
        turns(3);
        EXPECT("lost1=OK a=OK");
        CHECK_INT(server.count, 0);
        end();
    }

    CASE("without connections, a close ends the waiting, and after it there is none") {
        open_server();
        start_closer(0, "a");
        eddy_server_close(&server);
        start_closer(1, "b");
        turns(1);
        EXPECT("a=OK b=OK");
        end();
    }

    CASE("one who waits is cancelled, and the others wait on") {
        open_with(1);
        start_closer(0, "a");
        start_closer(1, "b");
        CHECK(cancel_task(&tasks[0]));
        turns(2);
        EXPECT("a=ECANCELED");
        CHECK_CODE(eddy_future_error(eddy_server_wait_closed(&closers[1].wait, &server)),
                   EDDY_EQUEUED);
        eddy_server_close(&server);
        eddy_server_close_clients(&server);
        turns(2);
        EXPECT("lost1=OK b=OK");
        end();
    }

    CASE("a server that was never open, or whose loop is closed, is ECLOSED") {
        begin();
        start_closer(0, "a");
        EXPECT("a=EDDY_ECLOSED");
        CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &echo), 0);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, &tasks[0].future), 0);
        tear_down();
        CHECK_CODE(eddy_future_error(eddy_server_wait_closed(&closers[0].wait, &server)),
                   EDDY_ECLOSED);
        eddy_server_close(&server);
    }
}

/* ---- A task is abandoned ---------------------------------------------------------------------------------- */

struct owner {
    struct eddy_co co;
    struct eddy_server server;
    struct eddy_future never;
};

static struct eddy_step owner(struct eddy_co *co)
{
    struct owner *self = CO_FRAME(co, owner);

    CO_BEGIN(co);
    if (eddy_create_server(&self->server, eddy_co_loop(co), "127.0.0.1", 0, &echo) < 0)
        CO_FAIL(co, -EIO);
    eddy_future_init(&self->never, eddy_co_loop(co));
    CO_AWAIT(co, &self->never);
    CO_FINALLY(co);
    note("cleanup");
    eddy_server_close(&self->server);
    CO_END(co);
}

static struct eddy_task own;
static struct owner frame;

/* A task with a server in its frame, which has a client. */
static void start_owner(void)
{
    begin();
    eddy_task_start(&own, &loop, owner, &frame, .server = {.port = 0});
    turns(1);
    add_peer(frame.server.port);
    turns(2);
    EXPECT("made1");
}

/* The frame goes. */
static void abandon_owner(void)
{
    eddy_task_abandon(&own);
    memset(&frame, 0x5a, sizeof frame);
}

static void abandoned(void)
{
    CASE("a task with a server in its frame is abandoned: the connections live on without it") {
        int port;
        start_owner();
        port = frame.server.port;
        abandon_owner();
        CHECK_CODE(reach(port), -ECONNREFUSED);
        check_echo(peers[0]);
        close_peers();
        run_out();
        EXPECT("lost1=OK");
        end();
    }

    CASE("the server had been closed, and another task waits for its end: it is told") {
        start_owner();
        eddy_task_start(&tasks[0], &loop, closer, &closers[0], .name = "a", .of = &frame.server);
        turns(1);
        eddy_server_close(&frame.server);
        abandon_owner();
        turns(2);
        EXPECT("a=OK");
        close_peers();
        run_out();
        EXPECT("lost1=OK");
        end();
    }

    CASE("a task with a server that rests is abandoned: no timer is left") {
        start_owner();
        faults_plan("accept@1=EMFILE");
        add_peer(frame.server.port);
        turns(2);
        abandon_owner();
        close_peers();
        run_out();
        CHECK(scripted_time() == 1000);
        EXPECT("lost1=OK");
        end();
    }

    CASE("a task that is cancelled closes its server, and its connections still count") {
        start_owner();
        CHECK(cancel_task(&own));
        turns(1);
        CHECK(eddy_future_done(&own.future));
        EXPECT("cleanup");
        CHECK_INT(frame.server.connections, 1);
        close_peers();
        run_out();
        CHECK_INT(frame.server.connections, 0);
        EXPECT("lost1=OK");
        end();
    }
}

TESTS
{
    opening();
    unix_servers();
    closing();
    trouble();
    waiting();
    abandoned();
}
