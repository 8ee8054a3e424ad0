/* A chain of three proxies, whose two ends send to each other what is hashed at both. One end stops reading for
 * a while: then all of the chain waits, and none of it keeps more than it should. The proxies' sides are those
 * of chapters/11-transports/proxy.c, over socket pairs. On every selector. */
int proxy_main(int argc, char *argv[]);
#define main proxy_main
#include "../../chapters/11-transports/proxy.c"
#undef main

#include "heard.h"

#include <stdint.h>

enum {
    PROXIES = 3,
    MB = 1 << 20,
    BLOCK = 65537, /* a prime, so that no piece begins where another one has */
    SLOW = 20000,  /* bytes that go one at a time in make test, */
    SLOW_FULL = 200000,
    SMALL_LOW = 100, /* and the marks for these, */
    SMALL_HIGH = 1000,
    SMALL_PIECE = 100 /* and how much is received of them */
};

/* ---- The chain ---------------------------------------------------------------------------------------------- */

static struct proxy_of_two {
    struct side in, out;
} proxies[PROXIES];

static int lost, pauses, resumes;
static size_t most_waited; /* on any side */

/* What waits already is no more than the mark, or nothing would have been read. */
static int passed_on(struct eddy_transport *from, const char *bytes, size_t n)
{
    struct eddy_transport *to = &side_of(from)->other->transport;
    int err = pass_on(from, bytes, n);
    size_t waits = eddy_transport_get_write_buffer_size(to);

    CAUSE("a proxy reads on, though more than the upper mark waits on its other side");
    CHECK(waits <= to->high + n);
    if (waits > most_waited)
        most_waited = waits;
    return err;
}

static void paused(struct eddy_transport *transport)
{
    pauses++;
    pause_other(transport);
}

static void resumed(struct eddy_transport *transport)
{
    resumes++;
    resume_other(transport);
}

static void side_lost(struct eddy_transport *transport, int err)
{
    CHECK_CODE(err, 0);
    leave_other(side_of(transport));
    lost++;
}

static const struct eddy_protocol passing = {.name = "passing",
                                             .data_received = passed_on,
                                             .eof_received = pass_end_on,
                                             .connection_lost = side_lost,
                                             .pause_writing = paused,
                                             .resume_writing = resumed};

/* ---- Its ends ----------------------------------------------------------------------------------------------- */

static struct end {
    int fd;
    size_t total, sent, received;
    uint64_t sent_hash, received_hash;
    bool rests, shut, ended; /* it reads nothing; has sent its end; has found the other's */
} ends[2];

static char block[BLOCK];

static void fill_block(void)
{
    uint32_t seed = 1;

    for (int i = 0; i < BLOCK; i++) {
        seed = seed * 1664525 + 1013904223;
        block[i] = (char)(seed >> 24);
    }
}

/* FNV-1a: the order counts. */
static uint64_t hash_more(uint64_t hash, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3;
    return hash;
}

static void end_sends(struct end *end)
{
    while (end->sent < end->total) {
        size_t at = end->sent % BLOCK, left = end->total - end->sent;
        ssize_t n = send(end->fd, block + at, left < BLOCK - at ? left : BLOCK - at, MSG_NOSIGNAL);
        if (n < 0) {
            CHECK(errno == EAGAIN || errno == ENOBUFS);
            return;
        }
        end->sent_hash = hash_more(end->sent_hash, block + at, (size_t)n);
        end->sent += (size_t)n;
    }
    if (!end->shut)
        shutdown(end->fd, SHUT_WR);
    end->shut = true;
}

static void end_receives(struct end *end)
{
    char bytes[16384];
    ssize_t n;

    while (!end->rests && !end->ended && (n = recv(end->fd, bytes, sizeof bytes, 0)) >= 0) {
        end->received_hash = hash_more(end->received_hash, bytes, (size_t)n);
        end->received += (size_t)n;
        end->ended = n == 0;
    }
}

/* A turn of the chain, and what its ends can do by then. */
static void move(void)
{
    turns(1);
    faults_hold(true);
    for (int i = 0; i < 2; i++) {
        end_sends(&ends[i]);
        end_receives(&ends[i]);
    }
    faults_hold(false);
}

/* ---- Beginning and end -------------------------------------------------------------------------------------- */

/* Two sockets that are connected. `room`: bytes that each keeps, about; 0: as many as usual. */
static void join(int *one_fd, int *other_fd, int room)
{
    int fds[2];

    connected(fds);
    for (int i = 0; i < 2 && room > 0; i++)
        CHECK_OK(setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room));
    *one_fd = fds[0];
    *other_fd = fds[1];
}

static void open_side(struct side *side, int fd, struct side *other, size_t low, size_t high)
{
    *side = (struct side){.other = other};
    CHECK_CODE(eddy_transport_open(&side->transport, &loop, fd, &passing), 0);
    CHECK_CODE(eddy_transport_set_write_buffer_limits(&side->transport, low, high, high + MB), 0);
}

static void set_up_chain(size_t there, size_t back, size_t low, size_t high, int room)
{
    int in, next;

    set_up_real();
    fill_block();
    lost = pauses = resumes = 0;
    most_waited = 0;
    ends[0] = (struct end){.total = there};
    ends[1] = (struct end){.total = back};
    join(&ends[0].fd, &in, room);
    for (int i = 0; i < PROXIES; i++) {
        struct proxy_of_two *it = &proxies[i];
        open_side(&it->in, in, &it->out, low, high);
        join(&next, &in, room);
        open_side(&it->out, next, &it->in, low, high);
    }
    ends[1].fd = in;
}

static bool all_pause(void)
{
    for (int i = 0; i < PROXIES; i++)
        if (eddy_transport_is_reading(&proxies[i].in.transport))
            return false;
    return true;
}

/* The far end reads nothing, until the last proxy waits for it, and the one before that for the last, and the
 * first one, too. What it sends itself goes its way meanwhile. */
static void stop_reading_for_a_while(void)
{
    size_t sent;

    ends[1].rests = true;
    WAITING("all proxies to read no more from the near end");
    while (!all_pause())
        move();
    WAITING("all that the far end sends");
    while (ends[0].received < ends[1].total)
        move();
    CHECK(all_pause());
    sent = ends[0].sent;
    CHECK(sent < ends[0].total && !ends[1].ended);
    for (int i = 0; i < 100; i++)
        move();
    DID("the far end has read nothing for a hundred turns more");
    CHECK_INT(ends[0].sent, (long long)sent);
    ends[1].rests = false;
}

static void tear_down_chain(void)
{
    WAITING("both ends to have found the other's end");
    while (!ends[0].ended || !ends[1].ended || lost < 2 * PROXIES)
        move();
    for (int i = 0; i < 2; i++) {
        CHECK_INT(ends[i].received, (long long)ends[!i].total);
        CAUSE("bytes came in another order, or others");
        CHECK(ends[i].received_hash == ends[!i].sent_hash);
        close(ends[i].fd);
    }
    CHECK_INT(lost, 2 * PROXIES);
    CHECK_INT(pauses, resumes);
    CHECK(pauses >= PROXIES);
    tear_down_real();
}

TESTS
{
    check_limit(30);
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        EACH("10 MB each way through three proxies, a reader stops: little waits, nothing is lost")
        {
            set_up_chain(10 * MB, 10 * MB, EDDY_TRANSPORT_LOW, EDDY_TRANSPORT_HIGH, 0);
            WAITING("the first megabyte");
            while (ends[1].received < MB)
                move();
            stop_reading_for_a_while();
            tear_down_chain();
            CHECK(most_waited <= EDDY_TRANSPORT_HIGH + EDDY_TRANSPORT_PIECE);
        }

        EACH("the same a byte at a time: nothing is lost, doubled or out of order")
        {
            size_t there = getenv("EDDY_FULL") ? SLOW_FULL : SLOW;
            set_up_chain(there, there / 10, SMALL_LOW, SMALL_HIGH, 4096);
            faults_plan("send%1,sendmsg%1,recv%100");
            WAITING("the first thousand bytes");
            while (ends[1].received < 1000)
                move();
            stop_reading_for_a_while();
            tear_down_chain();
            CHECK(most_waited > SMALL_HIGH && most_waited <= SMALL_HIGH + SMALL_PIECE);
        }
    }
}
