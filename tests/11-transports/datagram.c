/* An endpoint for datagrams, UDP or of a Unix path. On every selector. */
#include "../06-tasks/sockets.h"

#include "datagram.h"
#include "in_thread.h"

#include <sys/un.h>

enum { OVERHEAD = 64 }; /* bytes that one that waits counts for beside its own */

static struct eddy_datagram endpoint;
static int peer; /* the other side, a socket of the test */
static union eddy_address peer_address;
static socklen_t peer_size;
static int received, times_lost;
static union eddy_address last_from;
static socklen_t last_size;
static char last[65536];
static size_t last_n;
static char directory[] = "/tmp/eddy-datagram-XXXXXX"; /* of Unix sockets */

/* ---- Who is told ------------------------------------------------------------------------------------ */

static void (*on_made)(void); /* what a case does beside */
static void (*on_received)(void);
static void (*on_error)(void);
static void (*on_resume)(void);

static void told_made(struct eddy_datagram *told)
{
    CHECK(told == &endpoint);
    note("made");
    if (on_made)
        on_made();
}

static void told_received(struct eddy_datagram *told, const void *bytes, size_t n,
                          const struct sockaddr *from, socklen_t size)
{
    CHECK(told == &endpoint && size <= sizeof last_from);
    received++;
    memcpy(last, bytes, n);
    last_n = n;
    memset(&last_from, 0, sizeof last_from);
    memcpy(&last_from, from, size);
    last_size = size;
    if (n < 32)
        note("[%.*s]", (int)n, (const char *)bytes);
    eddy_loop_stop(&loop);
    if (on_received)
        on_received();
}

static void told_error(struct eddy_datagram *told, int err)
{
    CHECK(told == &endpoint);
    note("error=%s", eddy_errname(err));
    eddy_loop_stop(&loop);
    if (on_error)
        on_error();
}

static void told_lost(struct eddy_datagram *told, int err)
{
    CHECK(told == &endpoint && told->fd == -1 && told->loop == NULL);
    times_lost++;
    note("lost=%s", eddy_errname(err));
    eddy_loop_stop(&loop);
}

static void told_pause(struct eddy_datagram *told)
{
    (void)told;
    note("pause");
}

static void told_resume(struct eddy_datagram *told)
{
    (void)told;
    note("resume");
    if (on_resume)
        on_resume();
}

static const struct eddy_datagram_protocol protocol = {.name = "told",
                                                       .connection_made = told_made,
                                                       .datagram_received = told_received,
                                                       .error_received = told_error,
                                                       .connection_lost = told_lost,
                                                       .pause_writing = told_pause,
                                                       .resume_writing = told_resume};

/* ---- Both sides ------------------------------------------------------------------------------------- */

static void start_told(void)
{
    endpoint = (struct eddy_datagram){.fd = -1};
    received = times_lost = 0;
    on_made = on_received = on_error = on_resume = NULL;
}

static void note_peer(void)
{
    peer_size = sizeof peer_address;
    CHECK(getsockname(peer, &peer_address.any, &peer_size) == 0);
}

/* The endpoint and the peer each have a port of this machine. */
static void open_udp(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    start_told();
    peer = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(bind(peer, (struct sockaddr *)&any, sizeof any) == 0);
    note_peer();
    CHECK_CODE(eddy_create_datagram_endpoint(&endpoint, &loop, "127.0.0.1", 0, &protocol), 0);
    EXPECT("");
    turns(1);
    EXPECT("made");
}

static void unix_address(union eddy_address *address, const char *name)
{
    memset(address, 0, sizeof *address);
    address->path.sun_family = AF_UNIX;
    snprintf(address->path.sun_path, sizeof address->path.sun_path, "%s/%s", directory, name);
}

/* The peer has a path, the endpoint none. Such a pair loses nothing, and keeps the order. */
static void open_unix(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    start_told();
    memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
    CHECK(mkdtemp(directory) != NULL);
    peer = socket(AF_UNIX, SOCK_DGRAM, 0);
    unix_address(&peer_address, "peer");
    peer_size = sizeof peer_address.path;
    CHECK(bind(peer, &peer_address.any, peer_size) == 0);
    CHECK_OK(eddy_net_prepare(fd));
    CHECK_CODE(eddy_datagram_open(&endpoint, &loop, fd, &protocol), 0);
    EXPECT("");
    turns(1);
    EXPECT("made");
}

static void close_peer(void)
{
    if (peer_address.any.sa_family == AF_UNIX) {
        unlink(peer_address.path.sun_path);
        rmdir(directory);
    }
    close(peer);
}

static void until_lost(void)
{
    WAITING("connection_lost");
    while (times_lost == 0)
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

static void until_received(int n)
{
    WAITING("%d datagrams", n);
    while (received < n)
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

static void until_noted(const char *text)
{
    WAITING("the protocol to be told: %s", text);
    while (!strstr(trace, text))
        turns(1);
}

static int sendto_peer(const void *bytes, size_t n)
{
    return eddy_datagram_sendto(&endpoint, bytes, n, &peer_address.any, peer_size);
}

static int say_to_peer(const char *text)
{
    return sendto_peer(text, strlen(text));
}

/* What the peer gets next. */
static const char *heard(void)
{
    static char text[64];
    ssize_t n;

    WAITING("a datagram at the peer");
    n = recv(peer, text, sizeof text - 1, 0);
    CHECK_OK(n < 0 ? -errno : n);
    text[n] = '\0';
    return text;
}

static bool nothing_heard(void)
{
    char byte;

    return recv(peer, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* From the peer to the endpoint, which must have an address. */
static void tell(const void *bytes, size_t n)
{
    faults_hold(true);
    CHECK_INT(sendto(peer, bytes, n, 0, &endpoint.local.any, sizeof endpoint.local.v4),
              (long long)n);
    faults_hold(false);
}

static void close_endpoint(void)
{
    trace[0] = '\0';
    eddy_datagram_close(&endpoint);
    until_lost();
    EXPECT("lost=OK");
    CHECK_INT(times_lost, 1);
    close_peer();
    tear_down_real();
}

/* ---- Datagrams as they are --------------------------------------------------------------------------- */

static void send_back(void)
{
    CHECK_CODE(eddy_datagram_sendto(&endpoint, last, last_n, &last_from.any, last_size), 0);
}

static void moving(void)
{
    EACH("TR-19: each datagram is one call, whole, with its sender, an empty one, too")
    {
        set_up_real();
        open_udp();
        tell("one", 3);
        tell("", 0);
        tell("three", 5);
        until_received(3);
        EXPECT("[one] [] [three]");
        CHECK_INT(last_size, sizeof last_from.v4);
        CHECK(last_from.v4.sin_port == peer_address.v4.sin_port);
        CHECK(last_from.v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
        close_endpoint();
    }

    EACH("TR-19: each that is sent comes whole, in order, an empty one, too, and can be answered")
    {
        set_up_real();
        open_udp();
        on_received = send_back;
        CHECK_CODE(say_to_peer("one"), 0);
        CHECK_CODE(sendto_peer(NULL, 0), 0);
        CHECK_CODE(say_to_peer("three"), 0);
        CHECK_TEXT(heard(), "one");
        CHECK_TEXT(heard(), "");
        CHECK_TEXT(heard(), "three");
        tell("and back", 8);
        until_received(1);
        CHECK_TEXT(heard(), "and back");
        CHECK_INT(eddy_datagram_get_write_buffer_size(&endpoint), 0);
        close_endpoint();
    }

    EACH("the largest that there is goes and comes whole, a larger one is EMSGSIZE")
    {
        static char large[EDDY_DATAGRAM_MOST + 1];
        int room = 1 << 20;
        set_up_real();
        open_udp();
        CHECK(setsockopt(endpoint.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == 0);
        CHECK(setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
        memcpy(large, pattern(sizeof large), sizeof large);
        CHECK_CODE(sendto_peer(large, EDDY_DATAGRAM_MOST + 1), -EMSGSIZE);
        CHECK_CODE(sendto_peer(large, SIZE_MAX), -EMSGSIZE);
        CHECK_CODE(sendto_peer(large, EDDY_DATAGRAM_MOST), 0);
        WAITING("a large datagram at the peer");
        CHECK_INT(recv(peer, last, sizeof last, 0), EDDY_DATAGRAM_MOST);
        CHECK(memcmp(last, large, EDDY_DATAGRAM_MOST) == 0);
        last[0] = '\0';
        tell(large, EDDY_DATAGRAM_MOST);
        until_received(1);
        CHECK_INT(last_n, EDDY_DATAGRAM_MOST);
        CHECK(memcmp(last, large, EDDY_DATAGRAM_MOST) == 0);
        EXPECT("");
        close_endpoint();
    }

    EACH("an address that is larger than any is EINVAL")
    {
        set_up_real();
        open_udp();
        CHECK_CODE(eddy_datagram_sendto(&endpoint, "a", 1, &peer_address.any,
                                        sizeof(union eddy_address) + 1),
                   -EINVAL);
        EXPECT("");
        close_endpoint();
    }

    EACH("between Unix sockets: one without a name has an address of its family at most")
    {
        union eddy_address name;
        set_up_real();
        open_unix();
        CHECK_CODE(say_to_peer("hello"), 0);
        CHECK_TEXT(heard(), "hello");
        unix_address(&name, "endpoint");
        CHECK(bind(endpoint.fd, &name.any, sizeof name.path) == 0);
        CHECK_INT(sendto(peer, "with", 4, 0, &name.any, sizeof name.path), 4);
        until_received(1);
        EXPECT("[with]");
        CHECK_TEXT(last_from.path.sun_path, peer_address.path.sun_path);
        close_peer();
        peer = socket(AF_UNIX, SOCK_DGRAM, 0);
        CHECK_INT(sendto(peer, "without", 7, 0, &name.any, sizeof name.path), 7);
        until_received(2);
        EXPECT("[without]");
        CHECK(last_size <= sizeof last_from.any.sa_family);
        unlink(name.path.sun_path);
        close_endpoint();
    }

    EACH("many that have come do not keep all others waiting")
    {
        set_up_real();
        open_udp();
        for (int i = 0; i < 100; i++)
            tell("x", 1);
        turns(1);
        CHECK(received < 100);
        until_received(100);
        trace[0] = '\0';
        close_endpoint();
    }

    EACH("one larger than 65,535 bytes, of a Unix socket, is EMSGSIZE, and never a part of it")
    {
        static char large[70000];
        union eddy_address name;
        set_up_real();
        open_unix();
        unix_address(&name, "name");
        CHECK(bind(endpoint.fd, &name.any, sizeof name.path) == 0);
        CHECK_INT(sendto(peer, large, sizeof large, 0, &name.any, sizeof name.path), sizeof large);
        until_noted("error=EMSGSIZE");
        CHECK_INT(received, 0);
        CHECK_INT(sendto(peer, large, 65535, 0, &name.any, sizeof name.path), 65535);
        until_received(1);
        CHECK_INT(last_n, 65535);
        unlink(name.path.sun_path);
        close_endpoint();
    }

    EACH("many that wait do not keep all others waiting, though the kernel takes each")
    {
        set_up_real();
        open_udp();
        faults_plan("sendto@1=EAGAIN");
        for (int i = 0; i < 100; i++)
            CHECK_CODE(sendto_peer("x", 1), 0);
        for (int sent = 1; sent <= 100; sent = (int)faults_calls("sendto")) {
            turns(1);
            CHECK(faults_calls("sendto") > sent && faults_calls("sendto") <= sent + 20);
        }
        faults_plan("");
        close_endpoint();
    }

    EACH("a protocol that is told nothing is one, too")
    {
        static const struct eddy_datagram_protocol deaf = {.name = "deaf"};
        set_up_real();
        open_udp();
        eddy_datagram_abort(&endpoint);
        until_lost();
        CHECK_CODE(eddy_create_datagram_endpoint(&endpoint, &loop, "127.0.0.1", 0, &deaf), 0);
        turns(1);
        tell("abc", 3);
        faults_plan("sendto@1=EPERM");
        CHECK_CODE(say_to_peer("x"), 0);
        faults_plan("sendto@1+=EAGAIN");
        for (int i = 0; i < 3; i++)
            CHECK_CODE(sendto_peer(last, EDDY_DATAGRAM_MOST), 0);
        faults_plan("");
        turns(3);
        eddy_datagram_close(&endpoint);
        turns(2);
        CHECK(endpoint.loop == NULL);
        EXPECT("lost=OK");
        close_peer();
        tear_down_real();
    }
}

/* ---- What waits -------------------------------------------------------------------------------------- */

static void waiting(void)
{
    EACH("TR-19: those that wait are sent one by one in order, later ones after them")
    {
        char text[] = "two";
        set_up_real();
        open_unix();
        faults_plan("sendto@1=EAGAIN");
        CHECK_CODE(say_to_peer("one"), 0);
        CHECK_CODE(say_to_peer(text), 0);
        memset(text, 'x', 3); /* the caller's */
        CHECK_CODE(say_to_peer(""), 0);
        CHECK_INT(faults_calls("sendto"), 1);
        CHECK_INT(eddy_datagram_get_write_buffer_size(&endpoint), 6 + 3 * OVERHEAD);
        turns(1);
        CHECK_INT(faults_calls("sendto"), 4);
        CHECK_INT(eddy_datagram_get_write_buffer_size(&endpoint), 0);
        CHECK_TEXT(heard(), "one");
        CHECK_TEXT(heard(), "two");
        CHECK_TEXT(heard(), "");
        EXPECT("");
        close_endpoint();
    }

    EACH("an interrupted send and receive are made again")
    {
        set_up_real();
        open_udp();
        faults_plan("sendto@1=EINTR,recvfrom@1=EINTR");
        CHECK_CODE(say_to_peer("one"), 0);
        CHECK_TEXT(heard(), "one");
        tell("two", 3);
        until_received(1);
        EXPECT("[two]");
        CHECK_INT(faults_injected(), 2);
        faults_plan("");
        close_endpoint();
    }

    EACH("above a mark it pauses once, at the lower one it resumes once")
    {
        int room = 1 << 20;
        set_up_real();
        open_udp();
        CHECK(setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == 0);
        for (int round = 0; round < 2; round++) {
            int sent = 0;
            faults_plan("sendto@1+=EAGAIN");
            while (eddy_datagram_get_write_buffer_size(&endpoint) + 1000 + OVERHEAD <=
                   EDDY_TRANSPORT_HIGH) {
                CHECK_CODE(sendto_peer(pattern(1000), 1000), 0);
                sent++;
            }
            EXPECT("");
            for (int i = 0; i < 5; i++, sent++)
                CHECK_CODE(sendto_peer(pattern(1000), 1000), 0);
            EXPECT("pause");
            CHECK_INT(eddy_datagram_get_write_buffer_size(&endpoint), sent * (1000 + OVERHEAD));
            faults_plan("");
            until_noted("resume");
            turns(3);
            EXPECT("resume");
            CHECK_INT(eddy_datagram_get_write_buffer_size(&endpoint), 0);
            while (!nothing_heard())
                ;
        }
        close_endpoint();
    }

    EACH("it resumes at the lower mark, and not before")
    {
        char plan[64];
        long most = EDDY_TRANSPORT_LOW / (1000 + OVERHEAD); /* so many are below it */
        long sent = 0;
        set_up_real();
        open_udp();
        faults_plan("sendto@1+=EAGAIN");
        for (; eddy_datagram_get_write_buffer_size(&endpoint) <= EDDY_TRANSPORT_HIGH; sent++)
            CHECK_CODE(sendto_peer(pattern(1000), 1000), 0);
        EXPECT("pause");
        snprintf(plan, sizeof plan, "sendto@%ld+=EAGAIN", sent - most);
        faults_plan(plan);
        WAITING("all but the last to be sent");
        while (faults_calls("sendto") < sent - most - 1)
            turns(1);
        EXPECT("");
        CHECK_INT(eddy_datagram_get_write_buffer_size(&endpoint), (most + 1) * (1000 + OVERHEAD));
        faults_plan("sendto@2+=EAGAIN");
        turns(1);
        EXPECT("resume");
        CHECK_INT(eddy_datagram_get_write_buffer_size(&endpoint), most * (1000 + OVERHEAD));
        faults_plan("");
        close_endpoint();
    }

    EACH("without memory one that must wait is ENOMEM, and the next one goes")
    {
        set_up_real();
        open_unix();
        faults_plan("sendto@1=EAGAIN,malloc@1=ENOMEM");
        CHECK_CODE(say_to_peer("lost"), -ENOMEM);
        CHECK_INT(eddy_datagram_get_write_buffer_size(&endpoint), 0);
        CHECK_CODE(say_to_peer("one"), 0);
        faults_plan("sendto@1=EAGAIN,malloc@2=ENOMEM");
        CHECK_CODE(say_to_peer("two"), 0);
        CHECK_CODE(say_to_peer("lost"), -ENOMEM);
        CHECK_CODE(say_to_peer("three"), 0);
        turns(1);
        faults_plan("");
        CHECK_TEXT(heard(), "one");
        CHECK_TEXT(heard(), "two");
        CHECK_TEXT(heard(), "three");
        EXPECT("");
        close_endpoint();
    }
}

static void stop(struct eddy_handle *handle)
{
    (void)handle;
    eddy_loop_stop(&loop);
}

static void pass_time(double seconds)
{
    struct eddy_timer timer;

    eddy_timer_init(&timer, stop);
    CHECK_CODE(eddy_loop_call_later(&loop, &timer, seconds), 0);
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

/* Both are on the virtual clock: real sockets, but time passes only when nothing happens. */
static void limits(void)
{
    CASE("a limit holds for what waits, also for empty ones") {
        int err = 0, n = 0, empty = 0;
        set_up();
        open_unix();
        faults_plan("sendto@1+=EAGAIN");
        for (; err == 0 && n < 2000; n += err == 0)
            err = sendto_peer(pattern(EDDY_DATAGRAM_MOST), EDDY_DATAGRAM_MOST);
        CHECK_CODE(err, EDDY_ELIMIT);
        CHECK_INT(n, EDDY_TRANSPORT_MOST / (EDDY_DATAGRAM_MOST + OVERHEAD));
        for (err = 0; err == 0 && empty < 2000; empty += err == 0)
            err = sendto_peer("", 0);
        CHECK_CODE(err, EDDY_ELIMIT);
        CHECK(eddy_datagram_get_write_buffer_size(&endpoint) <= EDDY_TRANSPORT_MOST);
        CHECK_CODE(say_to_peer("x"), EDDY_ELIMIT);
        EXPECT("pause");
        eddy_datagram_abort(&endpoint);
        CHECK_INT(eddy_datagram_get_write_buffer_size(&endpoint), 0);
        turns(1);
        faults_plan("");
        EXPECT("lost=OK");
        close_peer();
        tear_down();
    }

    CASE("a Unix socket whose receiver is full rests in between, and does not spin") {
        int sent = 0;
        char text[16];
        long waits;
        set_up();
        open_unix();
        while (eddy_datagram_get_write_buffer_size(&endpoint) == 0 && sent < 100000) {
            snprintf(text, sizeof text, "%d", sent++);
            CHECK_CODE(say_to_peer(text), 0);
        }
        CHECK_CODE(say_to_peer("last"), 0);
        faults_plan("");
        waits = scripted_waits();
        pass_time(1);
        CAUSE("a Unix socket is writable although its receiver is full");
        CHECK(faults_calls("sendto") <= 110);
        CHECK(scripted_waits() - waits <= 330);
        CHECK(faults_calls("sendto") >= 10);
        for (int i = 0; i < sent; i++) {
            snprintf(text, sizeof text, "%d", i);
            CHECK_TEXT(heard(), text);
            pass_time(0.02);
        }
        CHECK_TEXT(heard(), "last");
        CHECK_INT(eddy_datagram_get_write_buffer_size(&endpoint), 0);
        EXPECT("");
        eddy_datagram_close(&endpoint);
        turns(2);
        EXPECT("lost=OK");
        close_peer();
        tear_down();
    }
}

static long polls(void)
{
    return faults_calls("epoll_wait") + faults_calls("poll") + faults_calls("select") +
           faults_calls("pselect");
}

static void resting(void)
{
    EACH("at rest, it is not looked at: a wait or two for each attempt, however long it lasts")
    {
        set_up_real();
        open_unix();
        while (eddy_datagram_get_write_buffer_size(&endpoint) == 0)
            CHECK_CODE(say_to_peer("x"), 0);
        faults_plan("");
        pass_time(0.1);
        CAUSE("the kernel is asked for an event which it always has");
        CHECK(polls() <= 3 * faults_calls("sendto") + 5);
        CHECK(faults_calls("sendto") > 0);
        eddy_datagram_abort(&endpoint);
        EXPECT("");
        close_endpoint();
    }
}

/* ---- Errors ------------------------------------------------------------------------------------------ */

static int again; /* how often a callback sends another one */

static void send_another(void)
{
    if (again-- > 0)
        CHECK_CODE(say_to_peer("another"), 0);
}

static void close_it(void)
{
    eddy_datagram_close(&endpoint);
}

static void abort_it(void)
{
    eddy_datagram_abort(&endpoint);
}

static void errors(void)
{
    EACH("uvloop 338: one bad sendto goes to error_received, and the next one works")
    {
        union eddy_address nobody;
        set_up_real();
        open_unix();
        unix_address(&nobody, "nobody");
        CHECK_CODE(eddy_datagram_sendto(&endpoint, "x", 1, &nobody.any, sizeof nobody.path), 0);
        EXPECT("error=ENOENT");
        CHECK_CODE(say_to_peer("one"), 0);
        CHECK_TEXT(heard(), "one");
        faults_plan("sendto@1=ENETUNREACH");
        CHECK_CODE(say_to_peer("lost"), 0);
        CHECK_CODE(say_to_peer("two"), 0);
        faults_plan("");
        EXPECT("error=ENETUNREACH");
        CHECK_TEXT(heard(), "two");
        close_endpoint();
    }

    EACH("uvloop 338: a bad one among those that wait, too: those after it are sent")
    {
        set_up_real();
        open_unix();
        faults_plan("sendto@1=EAGAIN,sendto@3=EMSGSIZE,sendto@4=EPERM");
        CHECK_CODE(say_to_peer("one"), 0);
        CHECK_CODE(say_to_peer("bad"), 0);
        CHECK_CODE(say_to_peer("bad, too"), 0);
        CHECK_CODE(say_to_peer("four"), 0);
        turns(1);
        faults_plan("");
        EXPECT("error=EMSGSIZE error=EPERM");
        CHECK_TEXT(heard(), "one");
        CHECK_TEXT(heard(), "four");
        close_endpoint();
    }

    EACH("no memory to wait for room: the send tells it, and the endpoint is lost with that")
    {
        int err;
        set_up_real();
        open_unix();
        faults_plan("sendto@1=EAGAIN,epoll_ctl_mod@1=ENOMEM,epoll_ctl_add@1=ENOMEM");
        err = say_to_peer("one");
        CHECK_CODE(err, faults_injected() > 1 ? -ENOMEM : 0);
        faults_plan("");
        if (err == 0) /* on this selector nothing can fail here */
            eddy_datagram_abort(&endpoint);
        until_lost();
        EXPECT(err == 0 ? "lost=OK" : "lost=ENOMEM");
        close_peer();
        tear_down_real();
    }

    EACH("an error of a receive is told, and the next one is received")
    {
        set_up_real();
        open_udp();
        faults_plan("recvfrom@1=ENOMEM,recvfrom@3=EAGAIN");
        tell("one", 3);
        until_received(1);
        EXPECT("error=ENOMEM [one]");
        tell("two", 3);
        until_received(2);
        faults_plan("");
        EXPECT("[two]");
        close_endpoint();
    }

    EACH("connected, and nobody is there: ECONNREFUSED, and it goes on")
    {
        struct sockaddr_in address;
        set_up_real();
        open_udp();
        close(peer);
        address = peer_address.v4;
        CHECK_CODE(eddy_datagram_connect(&endpoint, (struct sockaddr *)&address, sizeof address),
                   0);
        CHECK_CODE(eddy_datagram_sendto(&endpoint, "x", 1, NULL, 0), 0);
        until_noted("error");
        EXPECT("error=ECONNREFUSED");
        peer = socket(AF_INET, SOCK_DGRAM, 0);
        CHECK(bind(peer, (struct sockaddr *)&address, sizeof address) == 0);
        CHECK_CODE(eddy_datagram_sendto(&endpoint, "here", 4, NULL, 0), 0);
        CHECK_TEXT(heard(), "here");
        EXPECT("");
        close_endpoint();
    }

    EACH("connected, it hears nobody else")
    {
        int stranger;
        set_up_real();
        open_udp();
        stranger = socket(AF_INET, SOCK_DGRAM, 0);
        CHECK_CODE(eddy_datagram_connect(&endpoint, &peer_address.any, peer_size), 0);
        CHECK_INT(sendto(stranger, "stranger", 8, 0, &endpoint.local.any, sizeof endpoint.local.v4),
                  8);
        tell("peer", 4);
        until_received(1);
        EXPECT("[peer]");
        close(stranger);
        close_endpoint();
    }

    EACH("without an address, and not connected, it is an error that is told")
    {
        set_up_real();
        open_udp();
        CHECK_CODE(eddy_datagram_sendto(&endpoint, "x", 1, NULL, 0), 0);
        EXPECT("error=EDESTADDRREQ");
        close_endpoint();
    }

    EACH("error_received and resume_writing may send: what must wait then is sent in its turn")
    {
        int large = EDDY_TRANSPORT_HIGH - OVERHEAD + 1;
        set_up_real();
        open_unix();
        on_error = send_another;
        again = 1;
        faults_plan("sendto@1=EAGAIN,sendto@2=EPERM,sendto@3=EAGAIN");
        CHECK_CODE(say_to_peer("bad"), 0);
        turns(3);
        EXPECT("error=EPERM");
        CHECK_TEXT(heard(), "another");
        on_resume = send_another;
        again = 1;
        faults_plan("sendto@1=EAGAIN,sendto@3=EAGAIN");
        CHECK_CODE(sendto_peer(pattern(EDDY_DATAGRAM_MOST), (size_t)large), 0);
        EXPECT("pause");
        turns(3);
        EXPECT("resume");
        CHECK_INT(recv(peer, last, sizeof last, 0), large);
        turns(3);
        CHECK_TEXT(heard(), "another");
        faults_plan("");
        close_endpoint();
    }

    EACH("aborted in datagram_received, no other one comes, though more are there")
    {
        set_up_real();
        open_udp();
        on_received = abort_it;
        tell("one", 3);
        tell("two", 3);
        until_lost();
        turns(2);
        EXPECT("[one] lost=OK");
        CHECK_INT(times_lost, 1);
        close_peer();
        tear_down_real();
    }

    EACH("aborted in error_received, while it sends what waits, it is lost once")
    {
        set_up_real();
        open_unix();
        on_error = abort_it;
        faults_plan("sendto@1=EAGAIN,sendto@2=EPERM");
        for (int i = 0; i < 3; i++)
            CHECK_CODE(say_to_peer("x"), 0);
        until_lost();
        turns(2);
        faults_plan("");
        EXPECT("error=EPERM lost=OK");
        CHECK(nothing_heard());
        close_peer();
        tear_down_real();
    }
}

/* ---- Its end ------------------------------------------------------------------------------------------ */

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* Opens one in its frame, sends what cannot go, and waits for something else. */
struct owner {
    struct eddy_co co;
    int fd;
    struct eddy_datagram endpoint;
    struct eddy_future never;
};

static struct eddy_step owner(struct eddy_co *co)
{
    static const struct eddy_datagram_protocol deaf = {.name = "deaf"};
    struct owner *self = CO_FRAME(co, owner);

    CO_BEGIN(co);
    CHECK_CODE(eddy_datagram_open(&self->endpoint, eddy_co_loop(co), self->fd, &deaf), 0);
    CHECK_CODE(eddy_datagram_sendto(&self->endpoint, "abc", 3, &peer_address.any, peer_size), 0);
    eddy_future_init(&self->never, eddy_co_loop(co));
    CO_AWAIT(co, &self->never);
    CO_END(co);
}

static void ending(void)
{
    EACH("closed, it sends what waits, receives no more, and is lost once")
    {
        int fd;
        set_up_real();
        open_udp();
        fd = endpoint.fd;
        faults_plan("sendto@1=EAGAIN,sendto@3=EAGAIN");
        CHECK_CODE(say_to_peer("one"), 0);
        CHECK_CODE(say_to_peer("two"), 0);
        tell("not heard", 9);
        eddy_datagram_close(&endpoint);
        eddy_datagram_close(&endpoint);
        CHECK(eddy_datagram_is_closing(&endpoint));
        CHECK_CODE(say_to_peer("three"), EDDY_ECLOSED);
        CHECK(is_open(fd));
        EXPECT("");
        until_lost();
        faults_plan("");
        turns(2);
        EXPECT("lost=OK");
        CHECK(!is_open(fd));
        CHECK_TEXT(heard(), "one");
        CHECK_TEXT(heard(), "two");
        eddy_datagram_close(&endpoint);
        eddy_datagram_abort(&endpoint);
        turns(2);
        CHECK_INT(times_lost, 1);
        CHECK_CODE(say_to_peer("three"), EDDY_ECLOSED);
        CHECK_CODE(eddy_datagram_connect(&endpoint, &peer_address.any, peer_size), EDDY_ECLOSED);
        CHECK_CODE(eddy_datagram_port(&endpoint), EDDY_ECLOSED);
        close_peer();
        tear_down_real();
    }

    EACH("aborted, it drops what waits, and is lost in the next turn, once")
    {
        set_up_real();
        open_unix();
        faults_plan("sendto@1=EAGAIN");
        CHECK_CODE(say_to_peer("one"), 0);
        eddy_datagram_close(&endpoint);
        eddy_datagram_abort(&endpoint);
        eddy_datagram_abort(&endpoint);
        EXPECT("");
        CHECK_INT(eddy_datagram_get_write_buffer_size(&endpoint), 0);
        turns(1);
        faults_plan("");
        EXPECT("lost=OK");
        turns(2);
        CHECK_INT(times_lost, 1);
        CHECK(nothing_heard());
        close_peer();
        tear_down_real();
    }

    EACH("closed or aborted in connection_made: lost is next, and the loop has nothing to report")
    {
        for (int abort = 0; abort < 2; abort++) {
            set_up_real();
            eddy_loop_set_debug(&loop, true);
            start_told();
            on_made = abort ? abort_it : close_it;
            CHECK_CODE(eddy_create_datagram_endpoint(&endpoint, &loop, NULL, 0, &protocol), 0);
            until_lost();
            turns(2);
            EXPECT("made lost=OK");
            CHECK_TEXT(reported, "");
            tear_down_real();
        }
    }

    EACH("too much before connection_made: pause_writing comes after it")
    {
        set_up_real();
        start_told();
        CHECK_CODE(eddy_create_datagram_endpoint(&endpoint, &loop, NULL, 0, &protocol), 0);
        faults_plan("sendto@1+=EAGAIN");
        for (int i = 0; i < 2; i++)
            CHECK_CODE(eddy_datagram_sendto(&endpoint, pattern(60000), 60000, NULL, 0), 0);
        EXPECT("");
        turns(1);
        faults_plan("");
        EXPECT("made pause");
        eddy_datagram_abort(&endpoint);
        until_lost();
        EXPECT("lost=OK");
        tear_down_real();
    }

    EACH("closed before connection_made, that comes all the same, and what was sent goes")
    {
        for (int abort = 0; abort < 2; abort++) {
            set_up_real();
            open_unix();
            eddy_datagram_abort(&endpoint);
            until_lost();
            EXPECT("lost=OK");
            times_lost = 0;
            CHECK_CODE(
                eddy_datagram_open(&endpoint, &loop, socket(AF_UNIX, SOCK_DGRAM, 0), &protocol), 0);
            CHECK_OK(eddy_net_prepare(endpoint.fd));
            faults_plan("sendto@1=EAGAIN");
            CHECK_CODE(say_to_peer("one"), 0);
            (abort ? eddy_datagram_abort : eddy_datagram_close)(&endpoint);
            until_lost();
            faults_plan("");
            EXPECT("made lost=OK");
            CHECK(abort ? nothing_heard() : strcmp(heard(), "one") == 0);
            close_peer();
            tear_down_real();
        }
    }

    EACH("given up by the selector, for want of memory: it is still ours, and is closed")
    {
        bool failed;
        int fd;
        set_up_real();
        open_unix();
        fd = endpoint.fd;
        faults_plan("sendto@1=EAGAIN,epoll_ctl_mod@2=ENOMEM");
        CHECK_CODE(say_to_peer("one"), 0);
        turns(3); /* nobody watches for room any more, and the kernel still tells of it */
        failed = faults_injected() > 1;
        faults_plan("");
        if (!failed)
            eddy_datagram_abort(&endpoint); /* on this selector nothing can fail here */
        until_lost();
        EXPECT(failed ? "lost=ENOMEM" : "lost=OK");
        CHECK(!is_open(fd));
        close_peer();
        tear_down_real();
    }

    EACH("closed through the loop, and aborted, or the loop closed: the number is left alone")
    {
        for (int abort = 0; abort < 2; abort++) {
            int fd;
            set_up_real();
            open_unix();
            fd = endpoint.fd;
            give_number_away(fd, pair[0]);
            if (abort) {
                eddy_datagram_abort(&endpoint);
                until_lost();
                EXPECT("lost=OK");
            }
            tear_down();
            CHECK(is_open(fd));
            close(fd);
            close_pairs();
            close_peer();
        }
    }

    EACH("somebody closes its descriptor through the loop: ECLOSED, the number is not ours")
    {
        int fd;
        set_up_real();
        open_udp();
        fd = endpoint.fd;
        give_number_away(fd, pair[0]);
        until_lost();
        turns(2);
        EXPECT("lost=EDDY_ECLOSED");
        CHECK(is_open(fd));
        close(fd);
        close_peer();
        tear_down_real();
    }

    EACH("the same, and used before any turn: nothing is done to the number")
    {
        for (int i = 0; i < 3; i++) {
            int fd;
            set_up_real();
            open_udp();
            fd = endpoint.fd;
            give_number_away(fd, pair[0]);
            CHECK_CODE(sendto_peer("x", 1), EDDY_ECLOSED);
            if (i == 1)
                eddy_datagram_close(&endpoint);
            if (i == 2)
                eddy_datagram_abort(&endpoint);
            until_lost();
            turns(2);
            EXPECT(i == 0 ? "lost=EDDY_ECLOSED" : "lost=OK");
            CHECK(is_open(fd));
            close(fd);
            close_peer();
            tear_down_real();
        }
    }

    EACH("the same while it is closing, and rests from a receiver that is full")
    {
        int fd;
        set_up_real();
        open_unix();
        fd = endpoint.fd;
        faults_plan("sendto@1+=EAGAIN");
        CHECK_CODE(say_to_peer("one"), 0);
        eddy_datagram_close(&endpoint);
        while (faults_calls("sendto") < 2)
            turns(1);
        give_number_away(fd, pair[0]);
        until_lost();
        CHECK_INT(faults_calls("sendto"), 2);
        faults_plan("");
        EXPECT("lost=EDDY_ECLOSED");
        CHECK(is_open(fd));
        close(fd);
        close_peer();
        tear_down_real();
    }

    EACH("in the frame of an abandoned task: nothing is left of it, also while it rests")
    {
        for (int n = 1; n < 5; n++) {
            static struct eddy_task task;
            static struct owner frame;
            int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
            set_up_real();
            open_unix();
            CHECK_OK(eddy_net_prepare(fd));
            faults_plan("sendto@1+=EAGAIN");
            eddy_task_start(&task, &loop, owner, &frame, .fd = fd);
            turns(n);
            eddy_task_abandon(&task);
            memset(&frame, 0x5a, sizeof frame);
            CHECK(!is_open(fd));
            turns(3);
            faults_plan("");
            close_endpoint();
        }
    }

    EACH("a loop that is closed closes it, with what waits, and tells nobody")
    {
        for (int n = 0; n < 3; n++) {
            int fd;
            set_up_real();
            open_unix();
            fd = endpoint.fd;
            faults_plan("sendto@1+=EAGAIN");
            CHECK_CODE(say_to_peer("one"), 0);
            turns(n);
            tear_down();
            faults_plan("");
            close_pairs();
            CHECK(!is_open(fd) && endpoint.loop == NULL);
            EXPECT("");
            eddy_datagram_close(&endpoint);
            CHECK_CODE(say_to_peer("two"), EDDY_ECLOSED);
            close_peer();
        }
    }
}

/* ---- Threads ------------------------------------------------------------------------------------------- */

static void touch(void)
{
    CHECK_CODE(say_to_peer("x"), EDDY_ETHREAD);
    CHECK_CODE(eddy_datagram_connect(&endpoint, &endpoint.local.any, sizeof endpoint.local.v4),
               EDDY_ETHREAD);
    eddy_datagram_close(&endpoint);
    eddy_datagram_abort(&endpoint);
}

static void touch_from_a_thread(void)
{
    call_in_thread(touch);
    CHECK(!eddy_datagram_is_closing(&endpoint));
}

static void threads(void)
{
    EACH("debug mode: each call from another thread is refused and reported, and changes nothing")
    {
        set_up_real();
        open_udp();
        eddy_loop_set_debug(&loop, true);
        on_received = touch_from_a_thread;
        tell("one", 3);
        until_received(1);
        CHECK(strstr(trace, "[one]") != NULL);
        trace[0] = '\0';
        close_endpoint();
    }
}

/* ---- What can be opened -------------------------------------------------------------------------------- */

static int create(const char *host, int port)
{
    return eddy_create_datagram_endpoint(&endpoint, &loop, host, port, &protocol);
}

static void opening(void)
{
    EACH("it has an address, and a port that was picked, or the one that was asked for")
    {
        int port;
        set_up_real();
        open_udp();
        port = eddy_datagram_port(&endpoint);
        CHECK(port > 0 && port == ntohs(endpoint.local.v4.sin_port));
        CHECK(endpoint.local.v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
        eddy_datagram_abort(&endpoint);
        until_lost();
        times_lost = 0;
        CHECK_INT(ntohs(endpoint.local.v4.sin_port), port); /* TR-16: also afterwards */
        CHECK_CODE(create("127.0.0.1", port), 0);
        CHECK_INT(eddy_datagram_port(&endpoint), port);
        turns(1);
        close_endpoint();
    }

    EACH("on all addresses, if none is said")
    {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        set_up_real();
        open_udp();
        eddy_datagram_abort(&endpoint);
        until_lost();
        times_lost = 0;
        CHECK_CODE(create(NULL, 0), 0);
        to.sin_port = htons((uint16_t)eddy_datagram_port(&endpoint));
        turns(1);
        CHECK_INT(sendto(peer, "abc", 3, 0, (struct sockaddr *)&to, sizeof to), 3);
        until_received(1);
        close_endpoint();
    }

    EACH("a port out of range, one that is taken, and a host that there is none")
    {
        set_up_real();
        open_udp();
        CHECK_CODE(create("127.0.0.1", 0), EDDY_EQUEUED);
        eddy_datagram_abort(&endpoint);
        until_lost();
        CHECK_CODE(create("127.0.0.1", -1), EDDY_EPORT);
        CHECK_CODE(create("127.0.0.1", 65536), EDDY_EPORT);
        CHECK_CODE(create("127.0.0.1", ntohs(peer_address.v4.sin_port)), -EADDRINUSE);
        faults_plan("getaddrinfo@1=EAGAIN");
        CHECK_CODE(create("127.0.0.1", 0), EDDY_ERESOLVE);
        faults_plan("socket@1=EMFILE");
        CHECK_CODE(create("127.0.0.1", 0), -EMFILE);
        faults_plan("");
        CHECK(endpoint.loop == NULL);
        trace[0] = '\0';
        turns(2);
        EXPECT("");
        close_peer();
        tear_down_real();
        CHECK_CODE(create("127.0.0.1", 0), EDDY_ECLOSED);
    }

    EACH("without memory nothing is opened, and the descriptor stays the caller's")
    {
        int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
        set_up_real();
        start_told();
        CHECK_OK(eddy_net_prepare(fd));
        faults_plan("calloc@1=ENOMEM,malloc@1=ENOMEM");
        CHECK_CODE(eddy_datagram_open(&endpoint, &loop, fd, &protocol), -ENOMEM);
        faults_plan("calloc@1=ENOMEM");
        CHECK_CODE(create("127.0.0.1", 0), -ENOMEM);
        faults_plan("");
        CHECK(is_open(fd) && endpoint.loop == NULL);
        turns(2);
        EXPECT("");
        CHECK_CODE(eddy_datagram_open(&endpoint, &loop, fd, &protocol), 0);
        CHECK_CODE(eddy_datagram_open(&endpoint, &loop, fd, &protocol), EDDY_EQUEUED);
        eddy_datagram_close(&endpoint);
        until_lost();
        EXPECT("made lost=OK");
        tear_down_real();
    }

    EACH("that the socket cannot be watched is the end, with that error, after connection_made")
    {
        set_up_real();
        open_udp();
        eddy_datagram_abort(&endpoint);
        until_lost();
        times_lost = 0;
        trace[0] = '\0';
        CHECK_CODE(create("127.0.0.1", 0), 0);
        faults_plan("epoll_ctl_add@1=ENOSPC,epoll_ctl_mod@1=ENOSPC");
        turns(2);
        if (faults_injected() > 0)
            EXPECT("made lost=ENOSPC");
        else /* on this selector nothing can fail here */
            eddy_datagram_abort(&endpoint);
        faults_plan("");
        until_lost();
        close_peer();
        tear_down_real();
    }
}

TESTS
{
    limits();
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        moving();
        waiting();
        resting();
        errors();
        ending();
        threads();
        opening();
    }
}
