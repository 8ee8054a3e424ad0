/* Connections to names with several addresses: which are tried, when, what is left of the others, and of all
 * when somebody loses patience. On a virtual clock; the name service is the test's own. */
#include "../06-tasks/tasks.h"

#include "create_connection.h"
#include "faults.h"
#include "net.h"
#include "net_new.h"
#include "wait_for.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

enum { MOST = 20, OTHERS = 64 };

/* ---- The name service ---------------------------------------------------------------------------------- */

static struct addrinfo answers[MOST];
static union eddy_address addresses[MOST];
static int answer_count;
static int gate[2] = {-1, -1}; /* while it is open, an answer waits for a byte, */
static int begun[2];           /* and writes one here first */
static char asked_host[32], asked_service[16];
static int asked, freed;
static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER; /* two threads may */

/* In the place of libc's. Called in a thread; what it looks at was set before the question. */
int getaddrinfo(const char *restrict host, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict list)
{
    char byte;

    CHECK_INT(hints->ai_socktype, SOCK_STREAM);
    if (gate[0] >= 0 && (write(begun[1], "?", 1) != 1 || read(gate[0], &byte, 1) != 1))
        return EAI_FAIL;
    pthread_mutex_lock(&asking);
    snprintf(asked_host, sizeof asked_host, "%s", host ? host : "");
    snprintf(asked_service, sizeof asked_service, "%s", service);
    asked++;
    pthread_mutex_unlock(&asking);
    if (answer_count == 0)
        return EAI_NONAME;
    *list = answers;
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    CHECK(list == answers);
    freed++;
}

static void add_address(const struct sockaddr *address, socklen_t size)
{
    CHECK(answer_count < MOST);
    memcpy(&addresses[answer_count], address, size);
    answers[answer_count] = (struct addrinfo){.ai_family = address->sa_family,
                                              .ai_socktype = SOCK_STREAM,
                                              .ai_addr = &addresses[answer_count].any,
                                              .ai_addrlen = size};
    if (answer_count > 0)
        answers[answer_count - 1].ai_next = &answers[answer_count];
    answer_count++;
}

static void add_v4(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    add_address((struct sockaddr *)&address, sizeof address);
}

static void add_v6(int port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons((unsigned short)port)};

    address.sin6_addr = in6addr_loopback;
    add_address((struct sockaddr *)&address, sizeof address);
}

/* ---- The other sides --------------------------------------------------------------------------------------- */

static int others[OTHERS]; /* descriptors of the test's own */
static int other_count;

static int keep(int fd)
{
    CHECK_OK(fd);
    CHECK(other_count < OTHERS);
    return others[other_count++] = fd;
}

static int open_listener(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    int fd = keep(socket(AF_INET, SOCK_STREAM, 0));

    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_OK(bind(fd, (struct sockaddr *)&any, sizeof any));
    CHECK_OK(listen(fd, 8));
    return fd;
}

/* An address at which somebody listens: the listener. */
static int add_live(void)
{
    int fd = open_listener();

    add_v4(eddy_net_port(fd));
    return fd;
}

/* An address that says neither yes nor no: its line is full, and what comes is dropped. */
static void add_silent(void)
{
    int listener = open_listener(), filler = keep(socket(AF_INET, SOCK_STREAM, 0));
    struct pollfd polled = {.events = POLLOUT};
    union eddy_address *address;

    CHECK_OK(listen(listener, 0));
    add_v4(eddy_net_port(listener));
    address = &addresses[answer_count - 1];
    CHECK_OK(connect(filler, &address->any, sizeof address->v4));
    polled.fd = keep(socket(AF_INET, SOCK_STREAM, 0));
    CHECK_OK(eddy_net_prepare(polled.fd));
    CHECK(connect(polled.fd, &address->any, sizeof address->v4) < 0 && errno == EINPROGRESS);
    if (poll(&polled, 1, 20) != 0)
        SKIP("here a listener whose line is full answers");
}

/* ---- A task that connects -------------------------------------------------------------------------------- */

struct connector {
    struct eddy_co co;
    const char *name;
    double seconds;  /* its patience; 0: without a limit */
    bool looks_away; /* it awaits something else meanwhile */
    struct eddy_connecting connecting;
    struct eddy_transport transport;
    struct eddy_wait_for limit;
    struct eddy_future never;
};

static int lost;

static int on_made(struct eddy_transport *transport)
{
    (void)transport;
    note("made");
    return 0;
}

static void on_lost(struct eddy_transport *transport, int err)
{
    (void)transport;
    lost++;
    note("lost=%s", eddy_errname(err));
}

static const struct eddy_protocol protocol = {
    .name = "quiet", .connection_made = on_made, .connection_lost = on_lost};

static struct eddy_future *start_connecting(struct connector *self, struct eddy_loop *of)
{
    struct eddy_future *future =
        eddy_create_connection(&self->connecting, &self->transport, of, "a.name", "80", &protocol);

    return self->seconds > 0 ? eddy_wait_for(&self->limit, of, future, self->seconds) : future;
}

/* Once it is connected, it keeps the connection until it is cancelled. */
static struct eddy_step connector(struct eddy_co *co)
{
    struct connector *self = CO_FRAME(co, connector);

    CO_BEGIN(co);
    eddy_future_init(&self->never, eddy_co_loop(co));
    if (self->looks_away) {
        (void)start_connecting(self, eddy_co_loop(co));
        CO_AWAIT(co, &self->never);
    }
    CO_TRY_AWAIT(co, start_connecting(self, eddy_co_loop(co)));
    note("%s=%s", self->name, eddy_errname(eddy_co_error(co)));
    if (eddy_co_error(co) < 0)
        CO_RETURN(co);
    CO_AWAIT(co, &self->never);
    CO_FINALLY(co);
    eddy_transport_abort(&self->transport);
    CO_END(co);
}

static struct eddy_task task;
static struct connector frame;

static void open_gate(void)
{
    CHECK_OK(pipe(gate));
    CHECK_OK(pipe(begun));
}

/* The name is being asked for: it can be taken back no more. */
static void await_question(void)
{
    char byte;

    WAITING("a thread to ask for the name");
    CHECK_INT(read(begun[0], &byte, 1), 1);
}

/* One question is answered. */
static void let_go(void)
{
    CHECK(write(gate[1], "!", 1) == 1);
}

static void begin(void)
{
    set_up();
    frame = (struct connector){.name = "a"};
}

/* The loop's door has something for it: a thread has posted. */
static void await_post(void)
{
    struct pollfd polled = {.fd = loop.wakeup.pair.fds[0], .events = POLLIN};

    WAITING("an answer of the name service");
    CHECK_INT(poll(&polled, 1, -1), 1);
}

/* The name has its addresses, and the first of them is tried. */
static void resolve(const struct connector *of)
{
    while (!eddy_future_done(of->connecting.asked)) {
        await_post();
        turns(1);
    }
    turns(1);
}

/* The kernel knows what comes of this try, and the task is told. */
static void settle(int i)
{
    struct pollfd polled = {.events = POLLOUT};

    turns(2);
    polled.fd = frame.connecting.tries[i].fd;
    WAITING("address %d to answer", i);
    if (polled.fd >= 0)
        CHECK_INT(poll(&polled, 1, -1), 1);
    turns(3);
}

static void start(void)
{
    eddy_task_start(&task, &loop, connector, &frame, .name = "a");
    turns(1);
    resolve(&frame);
}

static void start_with_limit(double seconds)
{
    eddy_task_start(&task, &loop, connector, &frame, .name = "a", .seconds = seconds);
    turns(1);
    resolve(&frame);
}

/* Virtual seconds. */
static void pass(double seconds)
{
    struct eddy_sleep sleep;

    CHECK_CODE(eddy_loop_run_until_complete(&loop, eddy_sleep(&sleep, &loop, seconds)), 0);
}

/* A silent address answers at last: with this socket, which is connected, or has failed. */
static void answer_with(int i, int fd)
{
    CHECK(frame.connecting.tries[i].fd >= 0);
    CHECK_OK(dup2(fd, frame.connecting.tries[i].fd));
    turns(3);
}

static void answer(int i)
{
    int pair[2];

    CHECK_OK(eddy_net_pair(pair));
    keep(pair[0]);
    keep(pair[1]);
    answer_with(i, pair[0]);
}

static void refuse(int i)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int port = keep(socket(AF_INET, SOCK_STREAM, 0)), fd = keep(socket(AF_INET, SOCK_STREAM, 0));
    struct pollfd polled = {.fd = fd, .events = POLLOUT};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_OK(bind(port, (struct sockaddr *)&address, size)); /* and nobody listens */
    CHECK_OK(getsockname(port, (struct sockaddr *)&address, &size));
    CHECK_OK(eddy_net_prepare(fd));
    if (connect(fd, (struct sockaddr *)&address, size) < 0 && errno == ECONNREFUSED)
        SKIP("here connect() does not wait");
    CHECK_INT(poll(&polled, 1, -1), 1);
    answer_with(i, fd);
}

/* No descriptor, timer, watch or address is left; the ledger counts what lies outside. */
static void end(void)
{
    faults_plan("");
    if (!eddy_future_done(&task.future))
        CHECK(cancel_task(&task));
    run_out();
    CHECK_INT(frame.transport.loop != NULL, 0);
    CHECK_INT(loop.watches.count, 0);
    tear_down();
    CHECK_INT(asked - (answer_count == 0), freed);
    while (other_count > 0)
        close(others[--other_count]);
    for (int i = 0; i < 2 && gate[i] >= 0; i++) {
        close(gate[i]);
        close(begun[i]);
    }
}

#define CHECK_TRY(i, want) CHECK_CODE(frame.connecting.tries[i].err, want)

/* ---- One after the other ----------------------------------------------------------------------------------- */

static void racing(void)
{
    CASE("connection_made has been called when the await returns") {
        int fd;
        begin();
        fd = add_live();
        start();
        settle(0);
        EXPECT("made a=OK");
        CHECK_TEXT(asked_host, "a.name");
        CHECK_TEXT(asked_service, "80");
        CHECK_INT(frame.connecting.count, 1);
        CHECK_TRY(0, 0);
        CHECK_INT(ntohs(frame.transport.peer.v4.sin_port), eddy_net_port(fd));
        keep(accept(fd, NULL, NULL));
        CHECK_INT(freed, 1);
        end();
        EXPECT("lost=OK");
    }

    CASE("the first address fails: the next one is tried at once") {
        begin();
        add_live();
        add_live();
        faults_plan("connect@1=ECONNREFUSED");
        start();
        settle(1);
        EXPECT("made a=OK");
        CHECK(scripted_time() == 1000);
        CHECK_TRY(0, -ECONNREFUSED);
        CHECK_TRY(1, 0);
        CHECK_INT(faults_calls("connect"), 2);
        end();
    }

    CASE("an address that fails later: the next one is tried at once, too") {
        begin();
        add_silent();
        add_live();
        start();
        pass(0.1);
        CHECK_INT(frame.connecting.begun, 1);
        refuse(0);
        settle(1);
        EXPECT("made a=OK");
        CHECK(scripted_time() < 1000.2);
        CHECK_TRY(0, -ECONNREFUSED);
        end();
    }

    CASE("the first address is silent: the next one is tried beside it after 250 ms, and wins") {
        begin();
        add_silent();
        add_live();
        start();
        pass(0.249);
        CHECK_INT(frame.connecting.begun, 1);
        EXPECT("");
        pass(0.002);
        CHECK_INT(frame.connecting.begun, 2);
        settle(1);
        EXPECT("made a=OK");
        CHECK_TRY(0, -ECANCELED);
        CHECK_INT(frame.connecting.tries[0].fd, -1);
        CHECK_INT(scripted_registered(), 1); /* the connection */
        end();
    }

    CASE("each silent address has 250 ms to itself") {
        begin();
        add_silent();
        add_silent();
        add_silent();
        add_live();
        start();
        for (int i = 1; i <= 3; i++) {
            CHECK_INT(frame.connecting.begun, i);
            pass(0.251);
        }
        CHECK_INT(frame.connecting.begun, 4);
        settle(3);
        EXPECT("made a=OK");
        end();
    }

    CASE("the first address answers after the second was begun: the first wins, the other is "
         "closed") {
        begin();
        add_silent();
        add_silent();
        add_live();
        start();
        pass(0.251);
        CHECK_INT(frame.connecting.begun, 2);
        answer(0);
        EXPECT("made a=OK");
        CHECK_TRY(0, 0);
        CHECK_TRY(1, -ECANCELED);
        CHECK_TRY(2, EDDY_EPENDING);
        pass(1);
        CHECK_INT(frame.connecting.begun, 2);
        end();
    }

    CASE("two answer in one turn: one wins, and the other is closed") {
        int pair[2];
        begin();
        add_silent();
        add_silent();
        start();
        pass(0.251);
        CHECK_OK(eddy_net_pair(pair));
        CHECK_OK(dup2(keep(pair[0]), frame.connecting.tries[0].fd));
        CHECK_OK(dup2(keep(pair[1]), frame.connecting.tries[1].fd));
        turns(3);
        EXPECT("made a=OK");
        CHECK_INT(frame.connecting.tries[0].err + frame.connecting.tries[1].err, -ECANCELED);
        CHECK_INT(scripted_registered(), 1);
        end();
    }

    CASE("an answer and the 250 ms in one turn: the answer wins, and nothing else is left") {
        struct pollfd polled = {.events = POLLOUT};
        begin();
        add_live();
        add_silent();
        start();
        polled.fd = frame.connecting.tries[0].fd;
        if (polled.fd >= 0)
            CHECK_INT(poll(&polled, 1, -1), 1);
        scripted_advance(0.3);
        turns(3);
        EXPECT("made a=OK");
        CHECK_TRY(0, 0);
        CHECK_INT(frame.connecting.tries[1].fd, -1);
        CHECK_INT(scripted_registered(), 1);
        end();
    }

    CASE("a second one that fails does not end the first: its 250 ms go to the third at once") {
        begin();
        add_silent();
        add_live();
        add_live();
        faults_plan("connect@2=ENETUNREACH");
        start();
        pass(0.251);
        settle(2);
        EXPECT("made a=OK");
        CHECK(scripted_time() < 1000.26);
        CHECK_TRY(0, -ECANCELED);
        CHECK_TRY(1, -ENETUNREACH);
        end();
    }

    CASE("an address for which there is not even a socket has failed") {
        begin();
        add_live();
        add_live();
        faults_plan("socket@1=EAFNOSUPPORT");
        start();
        settle(1);
        EXPECT("made a=OK");
        CHECK_TRY(0, -EAFNOSUPPORT);
        end();
    }
}

/* ---- Which addresses --------------------------------------------------------------------------------------- */

static void check_families(const char *want)
{
    char got[MOST + 1] = "";

    for (int i = 0; i < frame.connecting.count; i++)
        got[i] = frame.connecting.tries[i].address.any.sa_family == AF_INET6 ? '6' : '4';
    CHECK_TEXT(got, want);
}

static void choosing(void)
{
    CASE("both families by turns, beginning with the one that comes first, each in its order") {
        static const struct {
            const char *given, *tried;
        } orders[] = {{"44466", "46464"}, {"66644", "64646"}, {"4666", "4666"},
                      {"6464", "6464"},   {"44", "44"},       {"4466", "4646"}};
        for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++) {
            int v4 = 0, v6 = 0;
            DID("gave the families %s", orders[k].given);
            answer_count = 0;
            begin();
            for (int i = 0; orders[k].given[i]; i++)
                if (orders[k].given[i] == '6')
                    add_v6(i + 1);
                else
                    add_v4(i + 1);
            faults_plan("socket@1+=EMFILE");
            start();
            turns(2);
            EXPECT("a=EMFILE");
            check_families(orders[k].tried);
            for (int i = 0; i < frame.connecting.count; i++) {
                const union eddy_address *each = &frame.connecting.tries[i].address;
                int *last = each->any.sa_family == AF_INET6 ? &v6 : &v4, port = 0;
                port =
                    ntohs(each->any.sa_family == AF_INET6 ? each->v6.sin6_port : each->v4.sin_port);
                CHECK(port > *last);
                *last = port;
                CHECK_TRY(i, -EMFILE);
            }
            end();
        }
    }

    CASE("sixteen addresses are tried, and no more") {
        begin();
        for (int i = 0; i < MOST; i++)
            add_v4(i + 1);
        faults_plan("connect@1+=ECONNREFUSED");
        start();
        turns(MOST);
        EXPECT("a=ECONNREFUSED");
        CHECK_INT(frame.connecting.count, EDDY_CONNECT_TRIES);
        CHECK_INT(faults_calls("connect"), EDDY_CONNECT_TRIES);
        end();
    }

    CASE("addresses that are larger than any we know are passed over; only such: ENOHOST") {
        begin();
        add_v4(1);
        answers[0].ai_addrlen = sizeof(union eddy_address) + 1;
        start();
        turns(2);
        EXPECT("a=EDDY_ENOHOST");
        CHECK_INT(freed, 1);
        end();
    }
}

/* ---- No connection ------------------------------------------------------------------------------------------ */

static void failing(void)
{
    CASE("all fail: the error is the first one's, and each has its own in tries") {
        begin();
        for (int i = 0; i < 3; i++)
            add_v4(i + 1);
        faults_plan("connect@1=ETIMEDOUT,connect@2=ENETUNREACH,connect@3=ECONNREFUSED");
        start();
        turns(4);
        EXPECT("a=ETIMEDOUT");
        CHECK_TRY(0, -ETIMEDOUT);
        CHECK_TRY(1, -ENETUNREACH);
        CHECK_TRY(2, -ECONNREFUSED);
        CHECK(scripted_time() == 1000);
        end();
    }

    CASE("all fail, and the first one last of all: its error all the same") {
        begin();
        add_silent();
        add_v4(1);
        faults_plan("connect@2=ENETUNREACH");
        start();
        pass(0.251);
        turns(2);
        EXPECT("");
        CHECK_TRY(1, -ENETUNREACH);
        refuse(0);
        EXPECT("a=ECONNREFUSED");
        CHECK_TRY(0, -ECONNREFUSED);
        end();
    }

    CASE("a name that is none is ENOHOST, a name service that fails ERESOLVE; then it goes again") {
        begin();
        start();
        turns(2);
        EXPECT("a=EDDY_ENOHOST");
        CHECK_INT(frame.connecting.count, 0);
        faults_plan("getaddrinfo@1=EAGAIN");
        start();
        turns(2);
        EXPECT("a=EDDY_ERESOLVE");
        add_live();
        faults_plan("");
        asked = 0;
        start();
        settle(0);
        EXPECT("made a=OK");
        end();
    }

    CASE("without memory to begin with, nothing is left, and it goes again") {
        begin();
        add_live();
        for (int i = 1; i <= 2; i++) {
            char plan[32];
            snprintf(plan, sizeof plan, "calloc@%d=ENOMEM", i);
            DID("connected, with %s", plan);
            task = (struct eddy_task){.co = NULL};
            frame = (struct connector){.name = "a"};
            eddy_task_start(&task, &loop, connector, &frame, .name = "a");
            faults_plan(plan);
            turns(2);
            faults_plan("");
            EXPECT("a=ENOMEM");
            CHECK(!frame.transport.loop && asked == 0);
        }
        start();
        settle(0);
        EXPECT("made a=OK");
        end();
    }

    CASE("the transport was opened otherwise meanwhile: EQUEUED, and that goes on") {
        int pair[2];
        begin();
        add_silent();
        start();
        CHECK_OK(eddy_net_pair(pair));
        keep(pair[1]);
        CHECK_CODE(eddy_transport_open(&frame.transport, &loop, pair[0], &protocol), 0);
        answer(0);
        EXPECT("made a=EDDY_EQUEUED");
        CHECK_TRY(0, EDDY_EQUEUED);
        CHECK_INT(frame.connecting.tries[0].fd, -1);
        CHECK_INT(frame.transport.fd, pair[0]);
        eddy_transport_abort(&frame.transport);
        end();
    }

    CASE("refused: a transport that is open, and a struct that connects already") {
        struct eddy_transport other = {.loop = NULL};
        struct eddy_connecting spare = {.count = 0};
        begin();
        add_silent();
        start();
        CHECK_CODE(eddy_future_error(eddy_create_connection(&frame.connecting, &other, &loop,
                                                            "a.name", "80", &protocol)),
                   EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(eddy_create_unix_connection(&frame.connecting, &other, &loop,
                                                                 "/tmp/none", &protocol)),
                   EDDY_EQUEUED);
        answer(0);
        EXPECT("made a=OK");
        CHECK_CODE(eddy_future_error(eddy_create_connection(&spare, &frame.transport, &loop,
                                                            "a.name", "80", &protocol)),
                   EDDY_EQUEUED);
        CHECK(frame.transport.loop == &loop);
        end();
    }

    CASE("a closed loop is ECLOSED") {
        begin();
        tear_down();
        CHECK_CODE(eddy_future_error(eddy_create_connection(&frame.connecting, &frame.transport,
                                                            &loop, "a.name", "80", &protocol)),
                   EDDY_ECLOSED);
    }

    CASE("to a path: nobody there is ENOENT, one too long ENAMETOOLONG") {
        char path[200];
        begin();
        memset(path, 'a', sizeof path);
        path[sizeof path - 1] = '\0';
        CHECK_CODE(eddy_future_error(eddy_create_unix_connection(
                       &frame.connecting, &frame.transport, &loop, path, &protocol)),
                   -ENAMETOOLONG);
        CHECK_CODE(eddy_loop_run_until_complete(
                       &loop, eddy_create_unix_connection(&frame.connecting, &frame.transport,
                                                          &loop, "/tmp/no/such/path", &protocol)),
                   -ENOENT);
        CHECK_TRY(0, -ENOENT);
        run_out();
        tear_down();
    }
}

/* ---- Losing patience ---------------------------------------------------------------------------------------- */

static void cancelling(void)
{
    CASE("cancelled while the name is asked for: it comes to its end, and no address is tried") {
        begin();
        add_live();
        open_gate();
        eddy_task_start(&task, &loop, connector, &frame, .name = "a");
        turns(1);
        await_question();
        CHECK(cancel_task(&task));
        (void)cancel_task(&task);
        turns(2);
        EXPECT("");
        let_go();
        resolve(&frame);
        turns(1);
        EXPECT("a=ECANCELED");
        CHECK_INT(frame.connecting.count, 0);
        CHECK_INT(faults_calls("connect"), 0);
        CHECK_INT(freed, 1);
        end();
    }

    CASE("cancelled while addresses are tried: all are closed at once") {
        begin();
        add_silent();
        add_silent();
        start();
        pass(0.251);
        CHECK_INT(scripted_registered(), 2);
        CHECK(cancel_task(&task));
        CHECK_INT(scripted_registered(), 0);
        turns(1);
        EXPECT("a=ECANCELED");
        CHECK_TRY(0, -ECANCELED);
        CHECK_TRY(1, -ECANCELED);
        end();
        CHECK(scripted_time() < 1000.26);
    }

    CASE("cancelled when it is connected already: too late, and the transport is open") {
        begin();
        add_silent();
        start();
        answer(0);
        CHECK(!eddy_future_cancel(&frame.connecting.future));
        EXPECT("made a=OK");
        CHECK(frame.transport.loop == &loop);
        end();
        EXPECT("lost=OK");
    }

    CASE("a time-out while addresses are silent: nothing of them is left") {
        begin();
        add_silent();
        add_silent();
        add_silent();
        start_with_limit(0.4);
        pass(0.399);
        CHECK_INT(frame.connecting.begun, 2);
        pass(0.002);
        turns(2);
        EXPECT("a=ETIMEDOUT");
        CHECK_INT(scripted_registered(), 0);
        CHECK_TRY(2, EDDY_EPENDING);
        end();
        CHECK(scripted_time() < 1000.41);
    }

    CASE("a time-out while the name is asked for ends when that has an end") {
        begin();
        add_live();
        open_gate();
        eddy_task_start(&task, &loop, connector, &frame, .name = "a", .seconds = 0.1);
        turns(1);
        await_question();
        pass(0.2);
        EXPECT("");
        let_go();
        resolve(&frame);
        turns(2);
        EXPECT("a=ETIMEDOUT");
        CHECK_INT(faults_calls("connect"), 0);
        end();
    }

    CASE("two at a time do not mind each other") {
        struct eddy_task other;
        static struct connector other_frame;
        begin();
        add_silent();
        add_silent();
        eddy_task_start(&other, &loop, connector, &other_frame, .name = "b");
        start();
        resolve(&other_frame);
        CHECK_INT(frame.connecting.begun + other_frame.connecting.begun, 2);
        pass(0.251);
        CHECK_INT(frame.connecting.begun + other_frame.connecting.begun, 4);
        CHECK(cancel_task(&other));
        turns(1);
        EXPECT("b=ECANCELED");
        answer(1);
        EXPECT("made a=OK");
        CHECK_INT(freed, 2);
        end();
    }
}

/* ---- The frame goes ------------------------------------------------------------------------------------------ */

/* Nothing of the library may look into the frame any more: what is there now leads to a crash. */
static void abandon(void)
{
    eddy_task_abandon(&task);
    CHECK_INT(scripted_registered(), 0);
    memset(&frame, 0x5a, sizeof frame);
    run_out();
    CHECK(scripted_time() < 1000.3);
    CHECK_INT(lost, 0); /* nobody is told */
    frame.transport.loop = NULL;
    end();
}

static void abandoned(void)
{
    CASE("a task is abandoned while addresses are tried") {
        begin();
        add_silent();
        add_silent();
        add_silent();
        start();
        pass(0.251);
        CHECK_INT(scripted_registered(), 2);
        abandon();
    }

    CASE("a task is abandoned while it waits with a time-out") {
        begin();
        add_silent();
        add_silent();
        start_with_limit(10);
        pass(0.251);
        abandon();
    }

    CASE("a task is abandoned that connects, and awaits something else") {
        begin();
        add_silent();
        add_silent();
        eddy_task_start(&task, &loop, connector, &frame, .looks_away = true);
        turns(1);
        resolve(&frame);
        pass(0.251);
        CHECK_INT(scripted_registered(), 2);
        abandon();
    }

    CASE("a task is abandoned while the name is asked for: the loop waits for the answer") {
        begin();
        add_live();
        open_gate();
        eddy_task_start(&task, &loop, connector, &frame, .name = "a");
        turns(1);
        await_question();
        let_go();
        abandon();
    }

    CASE("a task is abandoned when the answer has come, and the loop has not looked yet") {
        begin();
        add_live();
        open_gate();
        eddy_task_start(&task, &loop, connector, &frame, .name = "a");
        turns(1);
        let_go();
        await_post();
        abandon();
    }

    CASE("a task is abandoned with a name in line that nobody asks for any more") {
        static struct connector before[EDDY_RESOLVERS];
        struct eddy_task waiting[EDDY_RESOLVERS];
        begin();
        add_silent();
        open_gate();
        for (int i = 0; i < EDDY_RESOLVERS; i++)
            eddy_task_start(&waiting[i], &loop, connector, &before[i], .name = "b");
        eddy_task_start(&task, &loop, connector, &frame, .name = "a");
        turns(1);
        for (int i = 0; i < EDDY_RESOLVERS; i++)
            await_question();
        eddy_task_abandon(&task);
        memset(&frame, 0x5a, sizeof frame);
        for (int i = 0; i < EDDY_RESOLVERS; i++) {
            CHECK(cancel_task(&waiting[i]));
            let_go();
        }
        for (int i = 0; i < EDDY_RESOLVERS; i++)
            resolve(&before[i]);
        turns(2);
        EXPECT("b=ECANCELED b=ECANCELED b=ECANCELED b=ECANCELED");
        CHECK_INT(asked, EDDY_RESOLVERS);
        frame.transport.loop = NULL;
        end();
    }

    CASE("a task is abandoned with its connection: it is closed, and nobody is told") {
        begin();
        add_live();
        start();
        settle(0);
        EXPECT("made a=OK");
        abandon();
    }

    CASE("a task is abandoned when it has won, and connection_made has not been called") {
        int pair[2];
        begin();
        add_silent();
        start();
        CHECK_OK(eddy_net_pair(pair));
        CHECK_OK(dup2(keep(pair[0]), frame.connecting.tries[0].fd));
        keep(pair[1]);
        while (!frame.transport.loop)
            turns(1);
        EXPECT("");
        abandon();
        EXPECT("");
    }
}

TESTS
{
    racing();
    choosing();
    failing();
    cancelling();
    abandoned();
}
