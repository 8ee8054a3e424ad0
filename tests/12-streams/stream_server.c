/* Servers that run a task for each client: what a handler has, how it ends and what that does to its connection,
 * and what is left when server, handler and connection end in any order. */
#include "streams.h"

#include "stream_server.h"

#include <netinet/in.h>
#include <sys/stat.h>

enum { PEERS = 8 };

static struct eddy_stream_server server;
static struct eddy_server_wait closed[3];
static int peers[PEERS]; /* -1: gone */

/* ---- A handler that does what its client says ------------------------------------------------------------ */

struct talker {
    struct eddy_co co;
    const char *name;
    struct eddy_stream *stream;
    struct eddy_stream_wait wait;
    struct eddy_future rest;
    bool drains; /* its cleanup section waits until all was sent */
};

static struct talker *last; /* handler's frame that has begun */

/* More waits than there is room for, and the kernel takes nothing until serve() or the case says otherwise: what TCP
 * takes by itself is now more, now less. */
static void fill_up(struct eddy_stream *filled)
{
    want_little(filled);
    faults_plan("send@1+=EAGAIN,sendmsg@1+=EAGAIN");
    fill(filled);
}

/* Each line is echoed, but for those that say what to do. */
static struct eddy_step talker(struct eddy_co *co)
{
    struct talker *self = CO_FRAME(co, talker);

    last = self;
    CO_BEGIN(co);
    note("%s", self->name);
    eddy_future_init(&self->rest, &loop);
    for (;;) {
        CO_AWAIT(co, eddy_reader_readline(&self->stream->reader));
        if (self->stream->reader.size == 0 || memcmp(self->stream->reader.data, "end", 3) == 0)
            break;
        if (memcmp(self->stream->reader.data, "fail", 4) == 0)
            CO_FAIL(co, -EIO);
        if (memcmp(self->stream->reader.data, "canceled", 8) == 0) {
            fill_up(self->stream);
            CO_FAIL(co, -ECANCELED);
        }
        if (memcmp(self->stream->reader.data, "swallow", 7) == 0) {
            fill_up(self->stream);
            CO_TRY_AWAIT(co, &self->rest);
            CO_RETURN(co);
        }
        if (memcmp(self->stream->reader.data, "fill", 4) == 0) {
            fill_up(self->stream);
            CO_RETURN(co);
        }
        if (memcmp(self->stream->reader.data, "flood", 5) == 0) {
            fill_up(self->stream);
            CO_AWAIT(co, eddy_stream_drain(&self->wait, self->stream));
        } else if (memcmp(self->stream->reader.data, "rest", 4) == 0) {
            CO_AWAIT(co, &self->rest);
        } else if (memcmp(self->stream->reader.data, "stay", 4) == 0) {
            CO_TRY_AWAIT(co, &self->rest);
            eddy_future_init(&self->rest, &loop);
            CO_AWAIT(co, &self->rest);
        } else if (memcmp(self->stream->reader.data, "close", 5) == 0) {
            eddy_stream_close(self->stream);
            CO_AWAIT(co, eddy_stream_wait_closed(&self->wait, self->stream));
            break;
        } else if (memcmp(self->stream->reader.data, "abort", 5) == 0) {
            eddy_stream_abort(self->stream);
            break;
        } else {
            CO_AWAIT(co, eddy_stream_write(&self->wait, self->stream, self->stream->reader.data,
                                           self->stream->reader.size));
        }
    }
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    if (self->drains)
        CO_TRY_AWAIT(co, eddy_stream_drain(&self->wait, self->stream));
    CO_END(co);
}

/* Ends at once. */
struct polite {
    struct eddy_stream *stream;
    struct eddy_co co;
};

static struct eddy_step polite(struct eddy_co *co)
{
    struct polite *self = CO_FRAME(co, polite);

    CO_BEGIN(co);
    CHECK_CODE(eddy_transport_write(&self->stream->transport, "hello", 5), 0);
    CO_END(co);
}

/* Has a task in its frame, which waits for ever. */
struct child {
    struct eddy_co co;
    struct eddy_future rest;
};

struct parent {
    struct eddy_co co;
    struct eddy_stream *stream;
    struct eddy_task task;
    struct child child;
};

static struct eddy_step child(struct eddy_co *co)
{
    struct child *self = CO_FRAME(co, child);

    CO_BEGIN(co);
    note("child");
    eddy_future_init(&self->rest, &loop);
    CO_AWAIT(co, &self->rest);
    CO_END(co);
}

static struct eddy_step parent(struct eddy_co *co)
{
    struct parent *self = CO_FRAME(co, parent);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_task_start(&self->task, &loop, child, &self->child));
    CO_FINALLY(co);
    eddy_task_cancel(&self->task);
    CO_TRY_AWAIT(co, &self->task.future);
    CO_END(co);
}

/* ---- Its peers --------------------------------------------------------------------------------------------- */

static int reach(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd, err;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    faults_hold(true);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_OK(fd);
    err = connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
    if (err == 0)
        CHECK_OK(eddy_net_prepare(fd));
    else
        close(fd);
    faults_hold(false);
    return err < 0 ? err : fd;
}

static void begin(void)
{
    set_up_streams();
    server = (struct eddy_stream_server){.limit = 0};
    memset(closed, 0, sizeof closed);
    for (int i = 0; i < PEERS; i++)
        peers[i] = -1;
}

static void serve(bool drains)
{
    faults_plan("");
    CHECK_CODE(eddy_start_server(&server, &loop, "127.0.0.1", 0,
                                 EDDY_HANDLER(talker, .name = "t", .drains = drains)),
               0);
}

static void connect_peer(int i)
{
    CHECK(peers[i] == -1);
    peers[i] = reach(server.server.port);
    CHECK_OK(peers[i]);
}

static void begin_with_client(bool drains)
{
    begin();
    serve(drains);
    connect_peer(0);
    turns(4);
    EXPECT("t");
    CHECK_INT((long long)server.server.connections, 1);
}

/* Turns until this is there. */
static void expect_found(int i, const char *want)
{
    char all[256] = "";

    WAITING("bytes from the server");
    for (int n = 0; strcmp(all, want) != 0; n++) {
        CHECK(n < 200 && strlen(all) < 100);
        turns(1);
        strcat(all, found(peers[i]));
    }
}

/* It is told to do this. */
static void tell(int i, const char *text)
{
    faults_hold(true);
    say(peers[i], text);
    faults_hold(false);
    turns(4);
}

static void hang_up(int i)
{
    close(peers[i]);
    peers[i] = -1;
}

static struct eddy_future *wait_closed(int i)
{
    return eddy_stream_server_wait_closed(&closed[i], &server);
}

/* All has ended, and the struct may go, or be opened again. */
static void check_over(void)
{
    CHECK_ENDS(wait_closed(0), 0);
    CHECK_INT((long long)server.server.connections, 0);
    CHECK(server.handler.frame == NULL);
}

static void close_all(void)
{
    for (int i = 0; i < PEERS; i++)
        if (peers[i] >= 0)
            hang_up(i);
    tear_down_streams();
}

static void end(void)
{
    eddy_stream_server_close(&server);
    eddy_stream_server_cancel(&server);
    check_over();
    trace[0] = '\0';
    close_all();
}

/* ---- Handlers ------------------------------------------------------------------------------------------------- */

static void handlers(void)
{
    EACH("ST-15: each client has a handler of its own, and all run at the same time")
    {
        begin_with_client(false);
        connect_peer(1);
        connect_peer(2);
        turns(4);
        EXPECT("t t");
        CHECK_INT((long long)server.server.connections, 3);
        tell(1, "half a li");
        tell(2, "two\n");
        expect_found(2, "two\n");
        tell(0, "zero\n");
        expect_found(0, "zero\n");
        tell(1, "ne\n");
        expect_found(1, "half a line\n");
        end();
    }

    EACH("a handler may end at once: what it has written is sent, and then comes the end")
    {
        begin();
        CHECK_CODE(eddy_start_server(&server, &loop, NULL, 0, EDDY_HANDLER(polite, .stream = NULL)),
                   0);
        connect_peer(0);
        expect_found(0, "hello.");
        turns(2);
        CHECK_INT((long long)server.server.connections, 0);
        end();
    }

    EACH("the fields of EDDY_HANDLER are each client's, also when its block has ended")
    {
        begin();
        for (int i = 0; i < 1; i++) {
            char name[] = "gone";
            CHECK_CODE(
                eddy_start_server(&server, &loop, "127.0.0.1", 0,
                                  EDDY_HANDLER(talker, .name = "own", .drains = name[0] == 'g')),
                0);
        }
        connect_peer(0);
        turns(4);
        EXPECT("own");
        CHECK(last->drains);
        end();
    }

    EACH("ST-15: an error of a handler is told, ends its connection, and no other")
    {
        begin_with_client(false);
        connect_peer(1);
        turns(4);
        tell(1, "fail\n");
        expect_found(1, ".");
        turns(2);
        EXPECT("t t.EIO !EIO talker");
        CHECK_INT((long long)server.server.connections, 1);
        tell(0, "still\n");
        expect_found(0, "still\n");
        end();
    }

    EACH("the limit is that of each client's reader: a longer line is its handler's error")
    {
        begin();
        server.limit = 3;
        serve(false);
        connect_peer(0);
        turns(4);
        tell(0, "abc\n");
        expect_found(0, "abc\n");
        tell(0, "abcd\n");
        expect_found(0, ".");
        turns(2);
        EXPECT("t t.EDDY_ELIMIT !EDDY_ELIMIT talker");
        end();
    }

    EACH("ST-16: a client that has ended its side gets the answer")
    {
        begin_with_client(false);
        say(peers[0], "question\n");
        CHECK_OK(shutdown(peers[0], SHUT_WR));
        expect_found(0, "question\n.");
        turns(3);
        EXPECT("t.OK");
        CHECK_INT((long long)server.server.connections, 0);
        end();
    }

    EACH("a handler has ended, and what waits is sent while the peer reads slowly")
    {
        size_t got = 0, n = 1;
        begin_with_client(false);
        tell(0, "fill\n");
        EXPECT("t.OK");
        CHECK_INT((long long)server.server.connections, 1);
        faults_plan("");
        while (server.server.connections > 0) {
            n = empty(peers[0], 500);
            got += n;
            turns(1);
        }
        got += empty(peers[0], SIZE_MAX);
        CHECK(got > MARK_HIGH && got % 1000 == 0);
        end();
    }

    EACH("a handler that closes its stream, and waits for the end, before it ends itself")
    {
        begin_with_client(false);
        tell(0, "close\n");
        expect_found(0, ".");
        turns(3);
        EXPECT("t.OK");
        CHECK_INT((long long)server.server.connections, 0);
        end();
    }

    EACH("a handler that aborts its stream, and ends in the same step")
    {
        begin_with_client(false);
        tell(0, "abort\n");
        turns(3);
        EXPECT("t.OK");
        CHECK_INT((long long)server.server.connections, 0);
        end();
    }

    EACH("a handler that ends as cancelled is no failure, and its connection is dropped")
    {
        begin_with_client(false);
        tell(0, "canceled\n");
        turns(3);
        EXPECT("t.ECANCELED");
        CHECK_INT((long long)server.server.connections, 0);
        end();
    }

    EACH("a handler that outlives its connection keeps its stream, and all ends with it")
    {
        begin_with_client(false);
        tell(0, "rest\n");
        reset(&peers[0]);
        turns(4);
        CHECK_INT((long long)server.server.connections, 1);
        CHECK_CODE(eddy_future_error(eddy_reader_readline(&last->stream->reader)), -ECONNRESET);
        CHECK(eddy_stream_server_of(last->stream) == &server);
        eddy_future_set_result(&last->rest, NULL);
        turns(4);
        EXPECT("t.ECONNRESET !ECONNRESET talker");
        CHECK_INT((long long)server.server.connections, 0);
        end();
    }

    EACH("a client's stream cannot be opened again, and knows its server, others have none")
    {
        begin_with_client(false);
        CHECK(eddy_stream_server_of(last->stream) == &server);
        CHECK(eddy_stream_server_of(&stream) == NULL);
        open_stream(&stream, &pair[0]);
        CHECK(eddy_stream_server_of(&stream) == NULL);
        CHECK_CODE(eddy_stream_open(last->stream, &loop, pair2[0]), EDDY_EQUEUED);
        tell(0, "rest\n");
        reset(&peers[0]);
        turns(4);
        CHECK_CODE(eddy_stream_open(last->stream, &loop, pair2[0]), EDDY_EQUEUED);
        end();
    }
}

/* ---- Peers that reset --------------------------------------------------------------------------------------- */

static void resets(void)
{
    EACH("a peer that resets n turns after it has connected, for each n: no other is troubled")
    {
        begin();
        serve(false);
        for (int n = 0; n < 6; n++) {
            connect_peer(0);
            turns(n);
            reset(&peers[0]);
            turns(6);
            CHECK_INT((long long)server.server.connections, 0);
        }
        connect_peer(1);
        turns(4);
        tell(1, "fine\n");
        expect_found(1, "fine\n");
        end();
    }

    EACH("a peer that resets while its handler waits to write, or has ended: nothing is left")
    {
        static const char *const orders[] = {"flood\n", "fill\n", "rest\n"};
        begin();
        serve(false);
        for (int i = 0; i < 3; i++) {
            connect_peer(0);
            turns(4);
            tell(0, orders[i]);
            reset(&peers[0]);
            faults_plan("");
            turns(4);
        }
        eddy_stream_server_close(&server);
        CHECK_INT((long long)server.server.connections, 1); /* it rests */
        end();
    }

    EACH("a drain in a cleanup section at a connection that is lost comes to its end")
    {
        begin_with_client(true);
        tell(0, "flood\n");
        reset(&peers[0]);
        faults_plan("");
        turns(6);
        CHECK_INT((long long)server.server.connections, 0);
        end();
    }
}

/* ---- Its end -------------------------------------------------------------------------------------------------- */

static void ending(void)
{
    EACH("closed it listens no more, and handlers go on, all who wait get the last one's end")
    {
        struct eddy_future *futures[2];
        int port;
        begin_with_client(false);
        port = server.server.port;
        futures[0] = wait_closed(0);
        eddy_stream_server_close(&server);
        eddy_stream_server_close(&server);
        futures[1] = wait_closed(1);
        CHECK_CODE(reach(port), -ECONNREFUSED);
        tell(0, "more\n");
        expect_found(0, "more\n");
        PENDING(futures[0]);
        PENDING(futures[1]);
        CHECK_CODE(eddy_future_error(wait_closed(1)), EDDY_EQUEUED);
        CHECK_CODE(eddy_start_server(&server, &loop, NULL, 0, EDDY_HANDLER(talker, .name = "x")),
                   EDDY_EQUEUED);
        tell(0, "end\n");
        CHECK_ENDS(futures[0], 0);
        CHECK_ENDS(futures[1], 0);
        CHECK_CODE(eddy_future_error(wait_closed(2)), 0);
        end();
    }

    EACH("cancel runs the cleanup sections, drops what waits, and is told as no error")
    {
        begin_with_client(false);
        connect_peer(1);
        connect_peer(2);
        turns(4);
        trace[0] = '\0';
        tell(1, "rest\n");
        tell(2, "flood\n");
        eddy_stream_server_close(&server);
        eddy_stream_server_cancel(&server);
        check_over();
        EXPECT("t.ECANCELED t.ECANCELED t.ECANCELED");
        CHECK_TEXT(found(peers[1]), ".");
        end();
    }

    EACH("cancel without close: clients end, and new ones are served")
    {
        begin_with_client(false);
        eddy_stream_server_cancel(&server);
        turns(4);
        EXPECT("t.ECANCELED");
        CHECK_INT((long long)server.server.connections, 0);
        connect_peer(1);
        turns(4);
        tell(1, "new\n");
        expect_found(1, "new\n");
        end();
    }

    EACH("a cleanup section that waits until all was sent: the peer gets it, and then the end")
    {
        size_t got = 0;
        begin_with_client(true);
        tell(0, "flood\n");
        eddy_stream_server_cancel(&server);
        turns(4);
        CHECK_INT((long long)server.server.connections, 1);
        faults_plan("");
        while (server.server.connections > 0) {
            got += empty(peers[0], 500);
            turns(1);
        }
        got += empty(peers[0], SIZE_MAX);
        CHECK_INT((long long)got, 1000);
        end();
    }

    EACH("cancel of a handler that has ended drops what it has written and nobody reads")
    {
        begin_with_client(false);
        tell(0, "fill\n");
        eddy_stream_server_close(&server);
        turns(3);
        CHECK_INT((long long)server.server.connections, 1);
        eddy_stream_server_cancel(&server);
        check_over();
        end();
    }

    EACH("a handler that refuses the cancel goes on, and its connection ends when it does")
    {
        begin_with_client(false);
        tell(0, "stay\n");
        eddy_stream_server_close(&server);
        eddy_stream_server_cancel(&server);
        turns(4);
        CHECK_INT((long long)server.server.connections, 1);
        EXPECT("");
        eddy_stream_server_cancel(&server);
        check_over();
        EXPECT("t.ECANCELED");
        end();
    }

    EACH("a handler that takes a cancel for success: what it has written is dropped all the same")
    {
        begin_with_client(false);
        tell(0, "swallow\n");
        eddy_stream_server_cancel(&server);
        turns(4);
        EXPECT("t.OK");
        CHECK_INT((long long)server.server.connections, 0);
        end();
    }

    EACH("close and cancel n turns after a client came, for each n, in both orders: all is over")
    {
        begin();
        for (int n = 0; n < 8; n++) {
            for (int first = 0; first < 2; first++) {
                serve(false);
                connect_peer(0);
                turns(n);
                if (first)
                    eddy_stream_server_cancel(&server);
                eddy_stream_server_close(&server);
                if (!first)
                    eddy_stream_server_cancel(&server);
                DID("cancelled and closed after %d turns", n);
                if (!first)
                    check_over();
                hang_up(0);
                check_over();
            }
        }
        end();
    }

    EACH("a server that has ended is opened again, in the turn in which it is told")
    {
        for (int round = 0; round < 2; round++) {
            if (round == 0)
                begin_with_client(false);
            eddy_stream_server_close(&server);
            eddy_stream_server_cancel(&server);
            check_over();
            serve(false);
            connect_peer(1);
            turns(4);
            tell(1, "again\n");
            expect_found(1, "again\n");
            hang_up(1);
        }
        end();
    }

    EACH("zeroed it is closed, and every call is harmless")
    {
        begin();
        eddy_stream_server_close(&server);
        eddy_stream_server_cancel(&server);
        CHECK_CODE(eddy_future_error(wait_closed(0)), EDDY_ECLOSED);
        close_all();
    }

    EACH("what it cannot listen on is an error: it stays closed, and can be opened")
    {
        int fd, busy;
        begin();
        fd = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(eddy_start_server(&server, &loop, "127.0.0.1", -1,
                                EDDY_HANDLER(talker, .name = "x")) < 0);
        CHECK(server.handler.frame == NULL);
        serve(false);
        busy = server.server.port;
        CHECK_CODE(
            eddy_start_server(&server, &loop, "127.0.0.1", 0, EDDY_HANDLER(talker, .name = "x")),
            EDDY_EQUEUED);
        CHECK(server.server.port == busy);
        connect_peer(0);
        turns(4);
        EXPECT("t");
        close(fd);
        end();
    }

    EACH("at a path, and on a socket that listens already")
    {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        struct stat found_there;
        int fd;
        begin();
        snprintf(address.sun_path, sizeof address.sun_path, "/tmp/eddy-serves-%ld", (long)getpid());
        CHECK_CODE(eddy_start_unix_server(&server, &loop, address.sun_path,
                                          EDDY_HANDLER(talker, .name = "t")),
                   0);
        CHECK_CODE(
            eddy_start_unix_server(&server, &loop, "/tmp/other", EDDY_HANDLER(talker, .name = "t")),
            EDDY_EQUEUED);
        peers[0] = socket(AF_UNIX, SOCK_STREAM, 0);
        CHECK_OK(connect(peers[0], (struct sockaddr *)&address, sizeof address));
        CHECK_OK(eddy_net_prepare(peers[0]));
        turns(4);
        tell(0, "hello\n");
        expect_found(0, "hello\n");
        eddy_stream_server_close(&server);
        CHECK(stat(address.sun_path, &found_there) < 0);
        eddy_stream_server_cancel(&server);
        check_over();
        hang_up(0);
        CHECK_CODE(eddy_net_listen("127.0.0.1", 0, &fd, 1), 1);
        CHECK_CODE(eddy_start_server_on(&server, &loop, &fd, 1, EDDY_HANDLER(talker, .name = "t")),
                   0);
        connect_peer(0);
        turns(4);
        tell(0, "hello\n");
        expect_found(0, "hello\n");
        end();
    }
}

/* ---- The loop, or a frame, goes ---------------------------------------------------------------------------------- */

struct keeper {
    struct eddy_co co;
    struct eddy_stream_server server;
    struct eddy_server_wait wait;
    struct eddy_future rest;
    bool forgets;
};

static struct keeper keeper_frame;
static struct eddy_task task;

static struct eddy_step keeper(struct eddy_co *co)
{
    struct keeper *self = CO_FRAME(co, keeper);

    CO_BEGIN(co);
    CHECK_CODE(
        eddy_start_server(&self->server, &loop, "127.0.0.1", 0, EDDY_HANDLER(talker, .name = "t")),
        0);
    eddy_future_init(&self->rest, &loop);
    CO_AWAIT(co, &self->rest);
    CO_FINALLY(co);
    if (!self->forgets) {
        eddy_stream_server_close(&self->server);
        eddy_stream_server_cancel(&self->server);
        CO_AWAIT(co, eddy_stream_server_wait_closed(&self->wait, &self->server));
    }
    CO_END(co);
}

static void start_keeper(bool forgets)
{
    begin();
    eddy_task_start(&task, &loop, keeper, &keeper_frame, .forgets = forgets);
    turns(1);
    peers[0] = reach(keeper_frame.server.server.port);
    CHECK_OK(peers[0]);
}

/* Every handler is abandoned, as a shutdown does. */
static void abandon_handlers(void)
{
    struct eddy_task *next;

    while ((next = eddy_next_task(&loop, NULL)) != NULL)
        eddy_task_abandon(next);
}

static void gone(void)
{
    EACH("a task serves, and its cleanup section ends the clients: nothing is reported")
    {
        start_keeper(false);
        turns(4);
        say(peers[0], "hello\n");
        expect_found(0, "hello\n");
        cancel_task(&task);
        complete(&task, -ECANCELED);
        EXPECT("t t.ECANCELED");
        close_all();
    }

    EACH("a task is abandoned with a server in its frame, n turns after a client came")
    {
        for (int n = 0; n < 8; n++) {
            start_keeper(false);
            turns(n);
            DID("abandoned the server's task after %d turns", n);
            eddy_task_abandon(&task);
            memset(&keeper_frame, 0x5a, sizeof keeper_frame);
            turns(6);
            CHECK_TEXT(found(peers[0]) + (n == 0), n == 0 ? "" : ".");
            CHECK_INT(loop.watches.count, 0);
            trace[0] = '\0';
            close_all();
        }
    }

    EACH("a task is abandoned while it waits for its clients' end, and a handler has not ended")
    {
        start_keeper(false);
        turns(4);
        tell(0, "stay\n");
        cancel_task(&task);
        turns(3);
        CHECK(!eddy_task_done(&task));
        eddy_task_abandon(&task);
        memset(&keeper_frame, 0x5a, sizeof keeper_frame);
        turns(4);
        CHECK(eddy_stream_server_of(last->stream) == NULL);
        eddy_future_set_result(&last->rest, NULL);
        turns(4);
        CHECK_INT(loop.watches.count, 0);
        trace[0] = '\0';
        close_all();
    }

    EACH("handlers are abandoned while they read, write, and rest: their connections end")
    {
        static const char *const orders[] = {"half", "flood\n", "rest\n"};
        begin();
        serve(false);
        for (int i = 0; i < 3; i++) {
            connect_peer(i);
            turns(4);
            tell(i, orders[i]);
        }
        abandon_handlers();
        turns(4);
        eddy_stream_server_close(&server);
        check_over();
        trace[0] = '\0';
        close_all();
    }

    EACH("a handler is abandoned: the task in its frame is, too, before the frame goes")
    {
        begin();
        CHECK_CODE(eddy_start_server(&server, &loop, "127.0.0.1", 0, EDDY_HANDLER(parent)), 0);
        connect_peer(0);
        turns(4);
        EXPECT("child");
        eddy_task_abandon(eddy_next_task(&loop, NULL));
        turns(4);
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        eddy_stream_server_close(&server);
        check_over();
        EXPECT("!EDDY_ETASKS parent");
        close_all();
    }

    EACH("a loop is closed with a server, and clients in each state")
    {
        for (int n = 0; n < 6; n++) {
            begin();
            serve(false);
            connect_peer(0);
            turns(n);
            if (n == 4)
                tell(0, "half a line");
            if (n == 5)
                tell(0, "flood\n");
            abandon_handlers();
            DID("closed the loop %d turns after a client came", n);
            tear_down();
            CHECK_CODE(eddy_future_error(wait_closed(0)), EDDY_ECLOSED);
            eddy_stream_server_cancel(&server);
            eddy_stream_server_close(&server);
            CHECK(server.handler.frame == NULL);
            trace[0] = '\0';
            close_pairs();
            hang_up(0);
        }
    }

    EACH("a loop is closed when connections are lost, and their handlers were abandoned, or have "
         "ended")
    {
        for (int ends = 0; ends < 2; ends++) {
            begin_with_client(false);
            tell(0, "rest\n");
            reset(&peers[0]);
            turns(4);
            CHECK_INT((long long)server.server.connections, 1);
            if (ends)
                eddy_future_set_result(&last->rest, NULL);
            if (ends)
                turns(1);
            else
                abandon_handlers();
            tear_down();
            eddy_stream_server_close(&server);
            CHECK(server.handler.frame == NULL);
            trace[0] = '\0';
            close_pairs();
        }
    }

    EACH("a loop is shut down: handlers are cancelled, and then nothing is left")
    {
        begin_with_client(false);
        CHECK_OK(eddy_loop_shutdown(&loop, 10));
        EXPECT("t.ECANCELED");
        end();
    }
}

/* ---- Without memory -------------------------------------------------------------------------------------------------- */

/* Each allocation fails once: the server does not start, or a client is not served, or all is well. */
static void try_without(const char *call)
{
    char plan[32];
    int err, n = 0;
    long met;

    do {
        begin();
        snprintf(plan, sizeof plan, "%s@%d=ENOMEM", call, ++n);
        faults_plan(plan);
        err = eddy_start_server(&server, &loop, "127.0.0.1", 0, EDDY_HANDLER(talker, .name = "t"));
        DID("started a server, and connected, with %s", plan);
        CHECK(err == 0 || (err == -ENOMEM && faults_injected() > 0));
        if (err == 0) {
            connect_peer(0);
            turns(4);
            say(peers[0], "hello\n");
            turns(4);
        }
        met = faults_injected();
        faults_plan("");
        if (met == 0)
            expect_found(0, "hello\n");
        if (err == 0)
            end();
        else
            close_all();
    } while (met > 0);
    CHECK(n < 100);
}

static void hardships(void)
{
    EACH("each allocation fails once: it does not start, or that client is not served")
    {
        try_without("malloc");
        try_without("calloc");
        try_without("realloc");
    }
}

/* ---- Debug mode -------------------------------------------------------------------------------------------------------- */

static void call_all(void)
{
    eddy_stream_server_close(&server);
    eddy_stream_server_cancel(&server);
    CHECK_CODE(eddy_future_error(wait_closed(1)), EDDY_ETHREAD);
}

static void open_there(void)
{
    CHECK_CODE(eddy_start_server(&server, &loop, "127.0.0.1", 0, EDDY_HANDLER(talker, .name = "x")),
               EDDY_ETHREAD);
}

static void (*there)(void);

static void in_other_thread(struct eddy_handle *handle)
{
    (void)handle;
    call_in_thread(there);
}

static void begin_debug(void)
{
    which = eddy_selector_nth(0);
    in_debug = true;
}

static void in_debug_mode(void)
{
    static struct eddy_handle handle;

    CASE("debug mode: calls from another thread are ETHREAD, are reported, and change nothing") {
        begin_debug();
        begin_with_client(false);
        there = call_all;
        eddy_handle_init(&handle, in_other_thread);
        CHECK_OK(eddy_loop_call_soon(&loop, &handle));
        turns(1);
        EXPECT("!EDDY_ETHREAD ? !EDDY_ETHREAD ? !EDDY_ETHREAD ?");
        tell(0, "still\n");
        expect_found(0, "still\n");
        end();
    }

    CASE("debug mode: started from another thread it is ETHREAD, and stays closed") {
        begin_debug();
        begin();
        there = open_there;
        eddy_handle_init(&handle, in_other_thread);
        CHECK_OK(eddy_loop_call_soon(&loop, &handle));
        turns(1);
        EXPECT("!EDDY_ETHREAD ?");
        CHECK(server.handler.frame == NULL);
        serve(false);
        end();
    }

    CASE("debug mode: a task that ends and has not closed its server is told, and it is closed") {
        begin_debug();
        start_keeper(true);
        turns(4);
        eddy_future_set_result(&keeper_frame.rest, NULL);
        complete(&task, 0);
        CHECK(strstr(trace, "!OK keeper") != NULL);
        memset(&keeper_frame, 0x5a, sizeof keeper_frame);
        turns(6);
        CHECK_TEXT(found(peers[0]), ".");
        trace[0] = '\0';
        close_all();
    }
}

static void cases(void)
{
    handlers();
    resets();
    ending();
    gone();
    hardships();
}

TESTS
{
    in_all_modes(cases);
    in_debug_mode();
}
