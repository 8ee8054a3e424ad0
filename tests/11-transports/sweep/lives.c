/*
 * Every life of a connection: at each callback of its protocol, at the first call of it or the second, one
 * of the things that can happen there: nothing, a close, an abort, a write, the end of writing, a pause, a
 * reset by the peer, the peer's end, an error that is returned. And after that the life ends as one of its
 * ends says, with what was written still waiting.
 *
 * Whatever happens: made is first, and once; lost is last, and once; pauses and resumes alternate; nothing
 * is received after a close or the end, and nothing resumed after an abort; an error is told only if there
 * was one; no memory, no watch and no descriptor is left. The transport's memory is freed in
 * connection_lost, so that the address sanitizer sees who looks at it later.
 *
 *     lives                 up to two callbacks do something; lives --full    up to three
 */
#include "../../06-tasks/sockets.h"

#include "ledger.h"
#include "transport.h"

enum { MOST_SAMPLE = 2, MOST_FULL = 3, LOW = 4, HIGH = 8, LIMIT = 64, TURNS = 80 };

enum slot { MADE, DATA, DATA2, EOF_RECEIVED, PAUSE, PAUSE2, RESUME, RESUME2, LOST, SLOTS };
enum action {
    NOTHING,
    CLOSE,
    ABORT,
    WRITE,
    WRITE_EOF,
    PAUSE_READING,
    PEER_RESETS,
    PEER_ENDS,
    FAILS,
    ACTIONS
};

static const char *const slot_names[] = {"made",    "data",   "data 2",   "eof", "pause",
                                         "pause 2", "resume", "resume 2", "lost"};
static const char *const action_names[] = {"nothing", "close",      "abort",
                                           "write",   "write_eof",  "pause_reading",
                                           "a reset", "peer's end", "an error"};

/* How it ends, if no callback has ended it before. */
static const struct manner {
    const char *name;
    enum action end;
    bool keep_open; /* what eof_received says */
} manners[] = {{"the peer's end", PEER_ENDS, false},
               {"the peer's end, kept open", PEER_ENDS, true},
               {"a close", CLOSE, false},
               {"an abort", ABORT, false},
               {"a reset", PEER_RESETS, true}};

enum { MANNERS = sizeof manners / sizeof manners[0] };

/* ---- A life ---------------------------------------------------------------------------------------------- */

static struct life {
    const struct manner *manner;
    enum action actions[SLOTS];
    struct eddy_transport *transport; /* NULL: it is lost */
    int peer;                         /* -1: gone */
    int made, data, eofs, pauses, resumes, lost;
    bool inside;  /* a callback is under way; pause_writing may come in it */
    bool closed;  /* by us */
    bool aborted; /* or an error has been met or returned: all is over but lost */
    bool errors;  /* there was a reason for one */
    int err;      /* of connection_lost */
} life;

static long reached[SLOTS][ACTIONS]; /* by all lives of a case */
static long resets;                  /* that were told as an error */
static long kept;                    /* heap blocks between two lives */

static void reset_by_peer(void)
{
    if (life.peer >= 0)
        close(life.peer); /* with bytes that it has not read: a reset */
    life.peer = -1;
    life.errors = true;
}

static void write_some(void)
{
    bool over = life.closed || life.aborted; /* before it pauses, where anything may be done */
    int err = eddy_transport_write(life.transport, "twenty bytes of text", 20);

    CAUSE("a write is taken after the end");
    CHECK(!over || err < 0);
    if (err < 0 && err != EDDY_ECLOSED && err != EDDY_ELIMIT) {
        CHECK(life.errors);
        life.aborted = true;
    }
}

static void act(enum action action)
{
    switch (action) {
    case CLOSE:
        eddy_transport_close(life.transport);
        life.closed = true;
        break;
    case ABORT:
        eddy_transport_abort(life.transport);
        life.closed = life.aborted = true;
        break;
    case WRITE:
        write_some();
        break;
    case WRITE_EOF:
        (void)eddy_transport_write_eof(life.transport);
        break;
    case PAUSE_READING:
        eddy_transport_pause_reading(life.transport);
        break;
    case PEER_RESETS:
        reset_by_peer();
        break;
    case PEER_ENDS:
        if (life.peer >= 0)
            shutdown(life.peer, SHUT_WR);
        break;
    default:
        break;
    }
}

/* What the life does at this callback; and what that returns. */
static int at(enum slot slot)
{
    enum action action = life.actions[slot];

    reached[slot][action]++;
    act(action);
    if (action != FAILS)
        return 0;
    life.errors = life.aborted = true;
    return -EPROTO;
}

/* ---- What it is told -------------------------------------------------------------------------------------- */

static void enter(void)
{
    CAUSE("a callback comes before connection_made, after connection_lost, or in another one");
    CHECK(life.made == 1 && life.lost == 0 && !life.inside);
    life.inside = true;
}

static int on_made(struct eddy_transport *transport)
{
    int err;

    CHECK(transport == life.transport);
    life.made++;
    enter();
    err = at(MADE);
    life.inside = false;
    return err;
}

static int on_data(struct eddy_transport *transport, const char *bytes, size_t n)
{
    int err = 0;

    CHECK(transport == life.transport && n > 0 && (bytes[0] == 'a' || bytes[0] == 'b'));
    enter();
    CHECK(!life.closed && !life.aborted && life.eofs == 0);
    if (life.data++ < 2)
        err = at(life.data == 1 ? DATA : DATA2);
    life.inside = false;
    return err;
}

static int on_eof(struct eddy_transport *transport)
{
    int err;

    CHECK(transport == life.transport);
    enter();
    CHECK(!life.closed && !life.aborted);
    CHECK_INT(++life.eofs, 1);
    err = at(EOF_RECEIVED);
    life.inside = false;
    if (err == 0 && !life.manner->keep_open)
        life.closed = true;
    return err == 0 && life.manner->keep_open ? EDDY_KEEP_OPEN : err;
}

static void on_pause(struct eddy_transport *transport)
{
    CHECK(transport == life.transport);
    CHECK(life.made == 1 && life.lost == 0 && !life.aborted);
    CHECK_INT(++life.pauses, life.resumes + 1);
    if (life.pauses <= 2)
        at(life.pauses == 1 ? PAUSE : PAUSE2);
}

static void on_resume(struct eddy_transport *transport)
{
    CHECK(transport == life.transport);
    enter();
    CHECK(!life.aborted && !transport->lost_soon);
    CHECK_INT(++life.resumes, life.pauses);
    if (life.resumes <= 2)
        at(life.resumes == 1 ? RESUME : RESUME2);
    life.inside = false;
}

static void on_lost(struct eddy_transport *transport, int err)
{
    CHECK(transport == life.transport);
    enter();
    CHECK_INT(transport->fd, -1);
    life.err = err;
    at(LOST);
    life.inside = false;
    life.lost++;
    life.transport = NULL;
    free(transport);
}

static const struct eddy_protocol told = {.name = "lives",
                                          .connection_made = on_made,
                                          .data_received = on_data,
                                          .eof_received = on_eof,
                                          .connection_lost = on_lost,
                                          .pause_writing = on_pause,
                                          .resume_writing = on_resume};

/* ---- From one end to the other ------------------------------------------------------------------------------ */

static void open_life(void)
{
    int fds[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK_OK(eddy_net_prepare(fds[0]));
    life.peer = fds[1];
    life.transport = calloc(1, sizeof *life.transport);
    CHECK(life.transport != NULL);
    CHECK_CODE(eddy_transport_open(life.transport, &loop, fds[0], &told), 0);
    CHECK_CODE(eddy_transport_set_write_buffer_limits(life.transport, LOW, HIGH, LIMIT), 0);
}

static void say_as_peer(const char *text)
{
    faults_hold(true);
    if (life.peer >= 0)
        (void)send(life.peer, text, 1, MSG_NOSIGNAL); /* ended, it says nothing */
    faults_hold(false);
}

/* What happens in a turn, beside the callbacks. Twenty bytes take seven turns: so there are two pauses, and
 * at the end some bytes wait. */
static void drive(int turn)
{
    if (turn == 1)
        say_as_peer("a");
    else if (turn == 2 || turn == 9)
        write_some();
    else if (turn == 4)
        say_as_peer("b");
    else if (turn == 12)
        act(life.manner->end);
    else if (turn == 20)
        eddy_transport_resume_reading(life.transport);
    else if (turn == 40)
        act(CLOSE);
}

static void tell_life(void)
{
    char text[200] = "";
    size_t n = 0;

    for (int slot = 0; slot < SLOTS; slot++)
        if (life.actions[slot] != NOTHING)
            n += (size_t)snprintf(text + n, sizeof text - n, "at %s %s; ", slot_names[slot],
                                  action_names[life.actions[slot]]);
    DID("%sthen %s", text, life.manner->name);
}

static void check_end_of_life(void)
{
    CAUSE("connection_lost does not come, or more than once");
    CHECK_INT(life.made, 1);
    CHECK_INT(life.lost, 1);
    CAUSE("connection_lost tells an error that was none");
    CHECK(life.err == 0 || life.errors);
    CHECK(life.err == 0 || life.err == -EPROTO || life.err == -ECONNRESET || life.err == -EPIPE);
    CAUSE("something is left of a connection");
    CHECK_INT(loop.watches.count, 0);
    CHECK(kept == 0 || ledger_blocks == kept);
    kept = ledger_blocks;
    resets += life.err == -ECONNRESET || life.err == -EPIPE;
}

static void play(const struct manner *manner, const enum action actions[])
{
    life = (struct life){.manner = manner};
    memcpy(life.actions, actions, sizeof life.actions);
    tell_life();
    open_life();
    for (int turn = 0; turn < TURNS && life.transport; turn++) {
        drive(turn);
        turns(1);
    }
    turns(2);
    check_end_of_life();
    if (life.peer >= 0)
        close(life.peer);
}

/* ---- All of them ---------------------------------------------------------------------------------------------- */

/* Only three callbacks can return an error. */
static bool possible(enum slot slot, enum action action)
{
    return action != FAILS || slot == MADE || slot == DATA || slot == DATA2 || slot == EOF_RECEIVED;
}

/* All lives in which up to `most` of the callbacks from `slot` on do something. Returns how many; with no
 * manner they are only counted. */
static long walk(const struct manner *manner, enum action actions[], int slot, int most)
{
    long count = 0;

    if (slot == SLOTS) {
        if (manner)
            play(manner, actions);
        return 1;
    }
    for (int action = 0; action < (most > 0 ? ACTIONS : 1); action++) {
        if (!possible((enum slot)slot, (enum action)action))
            continue;
        actions[slot] = (enum action)action;
        count += walk(manner, actions, slot + 1, most - (action != NOTHING));
    }
    actions[slot] = NOTHING;
    return count;
}

static void ignore_exception(struct eddy_loop *its, const struct eddy_context *context)
{
    (void)its;
    CHECK_CODE(context->err, -EPROTO);
}

/* An abort or a reset as the end drops what has paused it the second time. */
static bool leaves_room(const struct manner *manner, int slot)
{
    return manner->end == PEER_ENDS ||
           (slot != EOF_RECEIVED && (slot != RESUME2 || manner->end == CLOSE));
}

static void check_reached(const struct manner *manner)
{
    CAUSE("the lives try too little");
    for (int slot = 0; slot < SLOTS; slot++)
        for (int action = 0; action < ACTIONS; action++)
            if (possible((enum slot)slot, (enum action)action) && leaves_room(manner, slot))
                CHECK(reached[slot][action] > 0);
    CHECK(resets > 0);
}

static void walk_all(const struct manner *manner, int most)
{
    enum action actions[SLOTS] = {NOTHING};

    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, &(struct eddy_loop_options){.selector = which}));
    loop.exception_handler = ignore_exception;
    faults_plan("send%3,sendmsg%3");
    walk(manner, actions, 0, most);
    faults_plan("");
    check_reached(manner);
    tear_down();
}

int main(int argc, char *argv[])
{
    bool full = argc > 1 && strcmp(argv[1], "--full") == 0;
    int most = full ? MOST_FULL : MOST_SAMPLE, failed;
    enum action actions[SLOTS] = {NOTHING};
    long count = walk(NULL, actions, 0, most), all = 0;
    char sentence[160];

    check_start(argc, argv);
    check_limit(full ? 300 : 30);
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        for (const struct manner *manner = manners; manner < manners + MANNERS; manner++) {
            all += count;
            snprintf(sentence, sizeof sentence, "%ld lives, then %s: made once, lost once [%s]",
                     count, manner->name, which);
            CASE(sentence)
                walk_all(manner, most);
        }
    }
    failed = check_end();
    if (!failed)
        printf("# %ld lives of a connection, each lost exactly once\n", all);
    return failed;
}
