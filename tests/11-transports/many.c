/* A server with many connections: what an idle one costs, a crowd of which every second one is reset, and a
 * server that is closed while a crowd is coming in. On every selector. */
#include "heard.h"

#include "ledger.h"
#include "server.h"

#include <sys/resource.h>
#include <sys/select.h>

enum {
    CROWD = 10000,    /* connections, of which make test tries a tenth */
    SPARE_FDS = 100,  /* that are open beside them */
    IN_LINE = 64,     /* that connect at a time: the kernel's line is longer */
    IDLE = 200,       /* connections that do nothing; so many fit into select() with their peers */
    IDLE_COST = 1024, /* bytes of memory that one of these may take */
    LATECOMERS = 20,  /* that are in line behind those that are accepted in one turn, */
    IN_ONE_TURN = 64  /* of which there are so many */
};

/* ---- A protocol that counts ------------------------------------------------------------------------------- */

struct client {
    struct eddy_transport transport;
    bool made;
};

static struct eddy_server server;
static int made, lost, errors;
static int close_at; /* connection_made of this number closes the server; 0: none does */

static int client_made(struct eddy_transport *transport)
{
    struct client *client = container_of(transport, struct client, transport);

    CHECK(!client->made);
    client->made = true;
    if (++made == close_at)
        eddy_server_close(transport->server);
    return 0;
}

static int client_received(struct eddy_transport *transport, const char *bytes, size_t n)
{
    return eddy_transport_write(transport, bytes, n);
}

static void client_lost(struct eddy_transport *transport, int err)
{
    struct client *client = container_of(transport, struct client, transport);

    CAUSE("connection_lost comes twice, or to a connection that was never made");
    CHECK(client->made);
    client->made = false;
    CHECK(err == 0 || err == -ECONNRESET || err == -EPIPE);
    errors += err < 0;
    lost++;
}

static const struct eddy_protocol counted = {.name = "counted",
                                             EDDY_CONNECTION(struct client, transport),
                                             .connection_made = client_made,
                                             .data_received = client_received,
                                             .connection_lost = client_lost};

/* ---- Their peers -------------------------------------------------------------------------------------------- */

static int peers[CROWD];
static int peer_count;

/* As many descriptors as the system gives, and the selector can watch. Returns how many connections with both
 * of their sides that is. */
static int make_room(void)
{
    struct rlimit limit;
    rlim_t most = strcmp(which, "select") == 0 ? FD_SETSIZE : CROWD * 2 + SPARE_FDS;

    CHECK_OK(getrlimit(RLIMIT_NOFILE, &limit));
    if (limit.rlim_cur < most) {
        limit.rlim_cur = limit.rlim_max < most ? limit.rlim_max : most;
        CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
    }
    if (limit.rlim_cur < most)
        most = limit.rlim_cur;
    CHECK(most > 2 * SPARE_FDS);
    return (int)(most - SPARE_FDS) / 2;
}

/* The kernel connects it, and the server accepts it later. */
static void add_peer(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_port = htons((unsigned short)server.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_OK(fd);
    CHECK_OK(connect(fd, (struct sockaddr *)&address, sizeof address));
    CHECK_OK(eddy_net_prepare(fd));
    peers[peer_count++] = fd;
}

static void until(const int *count, int want)
{
    for (int i = 0; *count < want; i++) {
        CHECK(i < 1000000);
        turns(1);
    }
    CHECK_INT(*count, want);
}

/* A few at a time, until each has been told connection_made. */
static void add_peers(int count)
{
    int before = made;

    WAITING("the clients to be accepted");
    for (int i = 1; i <= count; i++) {
        add_peer();
        if (i % IN_LINE == 0 || i == count)
            until(&made, before + i);
    }
}

static void set_up_server(void)
{
    set_up_real();
    server = (struct eddy_server){.port = 0};
    made = lost = errors = peer_count = close_at = 0;
    CHECK_CODE(eddy_create_server(&server, &loop, "127.0.0.1", 0, &counted), 0);
}

static void tear_down_server(void)
{
    eddy_server_close(&server);
    while (peer_count > 0)
        close(peers[--peer_count]);
    WAITING("the last connection to be lost");
    until(&lost, made);
    CHECK_INT(server.connections, 0);
    tear_down_real();
}

/* "hello" comes back. */
static void check_answer(int fd)
{
    char answer[8];
    ssize_t n;

    WAITING("the answer");
    while ((n = recv(fd, answer, sizeof answer, MSG_DONTWAIT)) < 0 && errno == EAGAIN)
        turns(1);
    CHECK_INT(n, 5);
    CHECK_BYTES(answer, 5, "hello", 5);
}

/* ---- Idle ----------------------------------------------------------------------------------------------------- */

static void idle(void)
{
    EACH("an idle connection takes less than 1 KiB: its one block, and its place in tables")
    {
        if (make_room() <= IDLE)
            SKIP("this system gives no %d descriptors", 2 * IDLE);
        set_up_server();
        add_peers(1); /* the loop's buffer comes with this one */
        faults_plan("");
        DID("accepted %d connections more, which do nothing", IDLE);
        add_peers(IDLE);
        CAUSE("a connection has a buffer of its own, or a block that it does not need");
        CHECK_INT(faults_calls("calloc") + faults_calls("malloc"), IDLE);
        CHECK(faults_asked() < IDLE * IDLE_COST);
        tear_down_server();
    }

    EACH("all connections of a loop receive into one buffer, which comes with the first")
    {
        struct eddy_transport *first;
        set_up_server();
        faults_plan("");
        add_peers(1);
        CHECK(faults_asked() > EDDY_TRANSPORT_PIECE);
        first = container_of(server.clients.next, struct eddy_transport, sibling);
        faults_plan("");
        add_peers(10);
        CHECK(faults_asked() < EDDY_TRANSPORT_PIECE);
        for (struct eddy_list *link = first->sibling.next; link != &server.clients;
             link = link->next)
            CHECK(container_of(link, struct eddy_transport, sibling)->piece == first->piece);
        faults_plan("");
        DID("each peer said something, and had the answer");
        for (int i = 0; i < peer_count; i++) {
            say(peers[i], "hello");
            check_answer(peers[i]);
        }
        CHECK_INT(faults_asked(), 0);
        tear_down_server();
    }
}

/* ---- A crowd ---------------------------------------------------------------------------------------------------- */

/* Each says something, and has the answer; only those that are reset do not read it. */
static void talk(void)
{
    for (int i = 0; i < peer_count; i++)
        say(peers[i], "hello");
    for (int i = 0; i < peer_count; i += 2)
        check_answer(peers[i]);
}

/* As many at a time as there is room for. Every second one is reset, the others end as one should. */
static void wave(int count)
{
    int before = lost, resets = errors;

    add_peers(count);
    CHECK_INT(server.connections, count);
    talk();
    for (int i = 0; i < count; i++)
        if (i % 2)
            reset(&peers[i]);
        else
            close(peers[i]);
    peer_count = 0;
    WAITING("all to be lost");
    until(&lost, before + count);
    CHECK_INT(errors, resets + count / 2);
}

static void crowd(void)
{
    int count = getenv("EDDY_FULL") ? CROWD : CROWD / 10;

    check_limit(30);
    EACH("N11: 10,000 connections, every second one reset: each lost once, and memory is back")
    {
        long blocks;
        int room, left;
        set_up_server();
        room = make_room();
        wave(2); /* what stays with a loop is there after this */
        blocks = ledger_blocks;
        for (left = count; left > 0; left -= room)
            wave(left < room ? left : room);
        CHECK_INT(server.connections, 0);
        CHECK(made == count + 2 && lost == count + 2 && errors == count / 2 + 1);
        CAUSE("something is kept of a connection that was lost");
        CHECK_INT(ledger_blocks, blocks);
        CHECK_INT(reports, 0);
        wave(2);
        tear_down_server();
    }
    check_limit(10);
}

/* ---- Closed while they come --------------------------------------------------------------------------------------- */

/* A client that the server never accepted finds a reset or the end. */
static bool turned_away(int fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT);

    return n == 0 || (n < 0 && errno == ECONNRESET);
}

static void closing(void)
{
    EACH("N11: closed in connection_made, clients in line: those accepted stay, no other comes")
    {
        int away = 0;
        set_up_server();
        close_at = 1;
        for (int i = 0; i < IN_ONE_TURN + LATECOMERS; i++)
            add_peer();
        WAITING("the first to be made");
        while (made == 0)
            turns(1);
        turns(3);
        CHECK_INT(server.count, 0);
        CHECK_INT(made, IN_ONE_TURN);
        CHECK_INT(server.connections, IN_ONE_TURN);
        for (int i = 0; i < peer_count; i++)
            away += turned_away(peers[i]);
        CHECK_INT(away, peer_count - made);
        for (int i = 0; i < made; i++) {
            say(peers[i], "hello");
            check_answer(peers[i]);
        }
        tear_down_server();
    }

    EACH("N4: reset before it is accepted: passed over, or made and lost, and the server goes on")
    {
        set_up_server();
        add_peer();
        add_peer();
        say(peers[0], "never read");
        reset(&peers[0]);
        peers[0] = peers[--peer_count];
        WAITING("the second to be made, and the first to be lost");
        while (server.connections != 1 || made == 0)
            turns(1);
        turns(2);
        CHECK(made - lost == 1 && lost <= 1 && errors == lost);
        CHECK_INT(reports, 0);
        say(peers[0], "hello");
        check_answer(peers[0]);
        tear_down_server();
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        idle();
        crowd();
        closing();
    }
}
