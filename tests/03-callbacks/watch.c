/*
 * Readers and writers. Each case runs on every selector that this build has, and expects the same of
 * each.
 */
#include "check.h"

#include "errors.h"
#include "faults.h"
#include "traced.h"
#include "turn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *which; /* the selector that is tested */

#define EACH(sentence) CASE(traced_on(sentence, which))

static struct eddy_loop loop;
static struct step steps[4];
#define A (&steps[0])
#define B (&steps[1])
#define C (&steps[2])
#define D (&steps[3])
static int a[2], b[2]; /* two pairs of connected sockets: [0] is watched, [1] is the peer's */

static void set_up(void)
{
    struct eddy_loop_options options = {.selector = which};

    CHECK_CODE(eddy_loop_open(&loop, &options), 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, b) == 0);
    steps_init(steps);
}

static void tear_down(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

static void put_byte(int fd)
{
    CHECK(write(fd, "x", 1) == 1);
}

static void take_byte(int fd)
{
    char byte;

    CHECK(read(fd, &byte, 1) == 1);
}

static void read_from(int fd, struct step *step)
{
    CHECK_CODE(eddy_loop_add_reader(&loop, fd, &step->watch), 0);
}

static void write_to(int fd, struct step *step)
{
    CHECK_CODE(eddy_loop_add_writer(&loop, fd, &step->watch), 0);
}

/* One turn that does not sleep. `expected` is all that it calls, in any order of two. */
static void expect_turn(const char *expected)
{
    trace[0] = '\0';
    eddy_loop_stop(&loop);
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
    CHECK_TEXT(trace, expected);
}

/* What the selector is asked for. */
static int events_of(int fd)
{
    const struct eddy_selector_key *key = eddy_selector_get(&loop.watches.selector, fd);

    return key ? key->events : 0;
}

/* ---- Who is called ----------------------------------------------------------------------------- */

static void calling(void)
{
    EACH("a reader is called in each turn in which there is something to read, until it is removed")
    {
        set_up();
        read_from(a[0], A);
        expect_turn("");
        put_byte(a[1]);
        expect_turn("a");
        expect_turn("a");
        take_byte(a[0]);
        expect_turn("");
        put_byte(a[1]);
        CHECK(eddy_loop_remove_reader(&loop, a[0]));
        CHECK(!eddy_loop_remove_reader(&loop, a[0]));
        CHECK_INT(events_of(a[0]), 0);
        CHECK_INT(loop.watches.count, 0);
        expect_turn("");
        tear_down();
    }

    EACH("a reader and a writer of one descriptor are called, and removed, each for itself")
    {
        set_up();
        read_from(a[0], A);
        write_to(a[0], B);
        expect_turn("b");
        put_byte(a[1]);
        expect_turn("ab");
        CHECK(eddy_loop_remove_writer(&loop, a[0]));
        CHECK_INT(events_of(a[0]), EDDY_READ);
        expect_turn("a");
        write_to(a[0], B);
        CHECK(eddy_loop_remove_reader(&loop, a[0]));
        CHECK_INT(events_of(a[0]), EDDY_WRITE);
        expect_turn("b");
        tear_down();
    }

    EACH(
        "one watch for two descriptors, or for both events of one, is refused, and keeps its place")
    {
        set_up();
        put_byte(a[1]);
        put_byte(b[1]);
        read_from(a[0], A);
        DID("a reader of one descriptor was added for another one, then as a writer");
        CAUSE("a watch has one link, so it is for one place: look whether it is in the table "
              "already");
        CHECK_CODE(eddy_loop_add_reader(&loop, b[0], &A->watch), EDDY_EQUEUED);
        CHECK_CODE(eddy_loop_add_writer(&loop, b[0], &A->watch), EDDY_EQUEUED);
        CHECK_CODE(eddy_loop_add_writer(&loop, a[0], &A->watch), EDDY_EQUEUED);
        CHECK_INT(events_of(a[0]), EDDY_READ);
        CHECK_INT(events_of(b[0]), 0);
        CHECK_INT(loop.watches.count, 1);
        expect_turn("a");
        CHECK(eddy_loop_remove_reader(&loop, a[0]));
        read_from(b[0], A);
        CHECK_CODE(eddy_loop_add_reader(&loop, a[0], &A->watch), EDDY_EQUEUED);
        expect_turn("a");
        CHECK(eddy_loop_remove_reader(&loop, b[0]));
        write_to(a[0], A);
        expect_turn("a");
        tear_down();
    }

    EACH("the end of the stream is something to read")
    {
        set_up();
        read_from(a[0], A);
        CHECK(shutdown(a[1], SHUT_WR) == 0);
        expect_turn("a");
        tear_down();
    }

    EACH("nobody watches what cannot be removed")
    {
        set_up();
        CHECK(!eddy_loop_remove_reader(&loop, a[0]));
        CHECK(!eddy_loop_remove_writer(&loop, -1));
        CHECK(!eddy_loop_remove_reader(&loop, INT_MAX));
        read_from(a[0], A);
        CHECK(!eddy_loop_remove_writer(&loop, a[0]));
        put_byte(a[1]);
        expect_turn("a");
        tear_down();
    }
}

/* ---- What changes while they wait in line ------------------------------------------------------ */

/* Both are ready; whoever is called first does it to the other. */
static void for_both(void (*then)(struct step *step))
{
    put_byte(a[1]);
    put_byte(b[1]);
    read_from(a[0], A);
    read_from(b[0], B);
    A->then = B->then = then;
}

static int fd_of_other(const struct step *step)
{
    return step == A ? b[0] : a[0];
}

static void remove_other(struct step *step)
{
    CHECK(eddy_loop_remove_reader(&loop, fd_of_other(step)));
    A->then = B->then = NULL;
}

static void replace_other(struct step *step)
{
    read_from(fd_of_other(step), C);
    A->then = B->then = NULL;
}

static void close_other(struct step *step)
{
    int fd = fd_of_other(step);

    A->then = B->then = NULL;
    CHECK_CODE(eddy_loop_close_fd(&loop, fd), 0);
    CHECK_INT(dup(0), fd);
}

/* Nobody told the loop: the number is another socket's now. */
static void reuse_other(struct step *step)
{
    int fd = fd_of_other(step);

    A->then = B->then = NULL;
    CHECK(eddy_loop_remove_reader(&loop, fd));
    close(fd);
    CHECK_INT(dup(step == A ? a[0] : b[0]), fd);
    read_from(fd, C);
}

static void expect_one_of_two(void)
{
    trace[0] = '\0';
    eddy_loop_stop(&loop);
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
    CHECK_INT(strlen(trace), 1);
    CHECK(strchr("ab", trace[0]) != NULL);
}

static void changing(void)
{
    EACH("who is removed by an earlier one of its batch is not called")
    {
        set_up();
        for_both(remove_other);
        DID("two are ready; the first that was called removed the other");
        CAUSE("what leaves the table must leave the line, too: its memory may be gone");
        expect_one_of_two();
        tear_down();
    }

    EACH("a new reader takes the place of the old one, who is not called again")
    {
        set_up();
        put_byte(a[1]);
        read_from(a[0], A);
        expect_turn("a");
        read_from(a[0], C);
        CHECK_INT(loop.watches.count, 1);
        expect_turn("c");
        DID("two are ready; the first that was called put another in the second's place");
        CHECK(eddy_loop_remove_reader(&loop, a[0]));
        for_both(replace_other);
        expect_one_of_two();
        trace[0] = '\0';
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK(strchr(trace, 'c') != NULL);
        tear_down();
    }

    EACH("adding the same reader again changes nothing")
    {
        set_up();
        put_byte(a[1]);
        read_from(a[0], A);
        read_from(a[0], A);
        CHECK_INT(loop.watches.count, 1);
        expect_turn("a");
        CHECK(eddy_loop_remove_reader(&loop, a[0]));
        expect_turn("");
        tear_down();
    }

    EACH("a number that is reused within a batch is told of by its new owner's events alone")
    {
        set_up();
        for_both(reuse_other);
        DID("two are ready; the first that was called removed and closed the other, whose number "
            "was used again and watched");
        expect_one_of_two();
        tear_down();
    }

    EACH("who watches a descriptor that is closed is called for the last time, and told why")
    {
        set_up();
        read_from(a[0], A);
        write_to(a[0], B);
        read_from(b[0], C);
        write_to(b[0], D);
        CHECK_CODE(eddy_loop_close_fd(&loop, a[0]), 0);
        CHECK_CODE(eddy_loop_close_fd(&loop, b[0]), 0);
        CHECK_INT(loop.watches.count, 0);
        CHECK_INT(events_of(a[0]) + events_of(b[0]), 0);
        expect_turn("abcd");
        for (int i = 0; i < 4; i++)
            CHECK_CODE(steps[i].watch.err, EDDY_ECLOSED);
        expect_turn("");
        CHECK_INT(dup(0), a[0] < b[0] ? a[0] : b[0]);
        CHECK_INT(dup(0), a[0] < b[0] ? b[0] : a[0]);
        DID("the watch watches something else afterwards");
        read_from(a[1], A);
        CHECK_CODE(A->watch.err, 0);
        tear_down();
    }

    EACH("who waits in line while its descriptor is closed is called once")
    {
        set_up();
        for_both(close_other);
        trace[0] = '\0';
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        eddy_loop_stop(&loop);
        CHECK_INT(strlen(trace), 1);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK_INT(A->calls > B->calls ? B->calls : A->calls, 1);
        CHECK_CODE(A->watch.err + B->watch.err, EDDY_ECLOSED);
        tear_down();
    }
}

/* ---- One that fails ---------------------------------------------------------------------------- */

static char told[128];

static void note_error(struct eddy_loop *of, const struct eddy_context *context)
{
    CHECK(of == &loop);
    snprintf(told, sizeof told, "%s: %s", context->who, eddy_errname(context->err));
}

/* It can read no more, says so, and goes. */
static void fail(struct step *step)
{
    char byte;
    ssize_t n = read(a[0], &byte, 1);

    (void)step;
    eddy_loop_call_exception_handler(
        &loop, &(struct eddy_context){"cannot read", n < 0 ? -errno : 0, "a"});
    CHECK(eddy_loop_remove_reader(&loop, a[0]));
}

static void failing(void)
{
    EACH("one that fails is removed, and the others are called")
    {
        set_up();
        eddy_loop_set_exception_handler(&loop, note_error);
        A->then = fail;
        read_from(a[0], A);
        put_byte(a[1]);
        read_from(b[0], B);
        put_byte(b[1]);
        DID("read() failed for one of two readers: EDDY_FAULTS=read@1=EIO");
        faults_plan("read@1=EIO");
        CHECK_CODE(eddy_loop_call_soon(&loop, &C->soon), 0);
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK_INT(A->calls + B->calls + C->calls, 3);
        CHECK_TEXT(told, "a: EIO");
        expect_turn("b");
        tear_down();
    }
}

static void stop(struct step *step)
{
    (void)step;
    eddy_loop_stop(&loop);
}

/* ---- Behind the loop's back -------------------------------------------------------------------- */

static void deceiving(void)
{
    EACH("a descriptor that was closed without a word keeps nobody from being called")
    {
        set_up();
        read_from(a[0], A);
        read_from(b[0], B);
        close(a[0]);
        put_byte(b[1]);
        expect_turn("b");
        CHECK(eddy_loop_remove_reader(&loop, a[0]));
        CHECK_INT(dup(0), a[0]);
        expect_turn("b");
        tear_down();
    }

    EACH("a number that was closed without a word and used again serves its new owner alone")
    {
        int number;
        set_up();
        number = a[0];
        read_from(number, A);
        write_to(number, D);
        close(number);
        CHECK_INT(dup(b[0]), number);
        DID("closed a watched descriptor without a word; its number was used again and watched");
        CAUSE("the table must forget who watched the old file under this number: he may be gone");
        read_from(number, C);
        CHECK_INT(loop.watches.count, 1);
        put_byte(b[1]);
        expect_turn("c");
        CHECK(!eddy_loop_remove_writer(&loop, number));
        CHECK(eddy_loop_remove_reader(&loop, number));
        tear_down();
    }

    EACH("a fifo that was closed without a word and opened again is told to its new reader")
    {
        char room[] = "/tmp/eddy-watch-XXXXXX";
        CHECK(mkdtemp(room) && chdir(room) == 0 && mkfifo("fifo", 0600) == 0);
        for (int waits = 0; waits < 2; waits++) {
            int fd = open("fifo", O_RDWR | O_NONBLOCK);
            set_up();
            read_from(fd, A);
            close(fd);
            if (waits)
                expect_turn("");
            CHECK_INT(open("fifo", O_RDWR | O_NONBLOCK), fd);
            DID("watched a fifo, closed it without a word%s, opened it again and watched it",
                waits ? ", ran a turn" : "");
            CAUSE("it has the same device and inode, but the kernel has forgotten it: ask the "
                  "kernel");
            read_from(fd, B);
            CHECK_INT(loop.watches.count, 1);
            put_byte(fd);
            expect_turn("b");
            CHECK(eddy_loop_remove_reader(&loop, fd));
            close(fd);
            tear_down();
        }
        CHECK(unlink("fifo") == 0 && chdir("/") == 0 && rmdir(room) == 0);
    }

    EACH("a reader and a writer that are added one after the other are both kept")
    {
        set_up();
        put_byte(a[1]);
        read_from(a[0], A);
        expect_turn("a");
        write_to(a[0], B);
        CHECK_INT(loop.watches.count, 2);
        expect_turn("ab");
        read_from(a[0], C);
        expect_turn("cb");
        tear_down();
    }

    EACH("a child that keeps a copy of what was closed and then removed costs the loop no sleep")
    {
        int copy;
        set_up();
        read_from(a[0], A);
        read_from(b[0], B);
        copy = dup(a[0]);
        put_byte(a[1]);
        close(a[0]);
        CHECK(eddy_loop_remove_reader(&loop, a[0]));
        expect_turn("");
        faults_plan("");
        C->then = stop;
        CHECK_CODE(eddy_loop_call_later(&loop, &C->timer, 0.02), 0);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK(faults_calls("epoll_wait") + faults_calls("poll") + faults_calls("select") <= 5);
        put_byte(b[1]);
        expect_turn("b");
        a[0] = copy;
        tear_down();
    }

    EACH("closing a number that is not open is an error, and no watch is called")
    {
        set_up();
        CHECK_CODE(eddy_loop_close_fd(&loop, -1), -EBADF);
        CHECK_CODE(eddy_loop_close_fd(&loop, INT_MAX), -EBADF);
        read_from(a[0], A);
        put_byte(a[1]);
        expect_turn("a");
        tear_down();
    }
}

/* ---- What is refused --------------------------------------------------------------------------- */

static void expect_refused(int fd, int code)
{
    DID("watched descriptor %d", fd);
    CHECK_CODE(eddy_loop_add_reader(&loop, fd, &A->watch), code);
    CHECK_CODE(eddy_loop_add_writer(&loop, fd, &A->watch), code);
    CHECK(!eddy_handle_queued(&A->watch.handle));
    CHECK_INT(loop.watches.count, 0);
    CHECK_INT(loop.watches.selector.registered, 2); /* the loop's own */
}

static void refusing(void)
{
    EACH("what cannot be watched is refused: negative, huge, closed, a regular file")
    {
        FILE *file = tmpfile();
        int closed;
        set_up();
        closed = dup(a[0]);
        close(closed);
        expect_refused(-1, -EINVAL);
        expect_refused(INT_MIN, -EINVAL);
        expect_refused(INT_MAX, -EBADF);
        expect_refused(closed, -EBADF);
        expect_refused(fileno(file), -EPERM);
        expect_turn("");
        fclose(file);
        tear_down();
    }

    EACH("a number of FD_SETSIZE or more is watched, or refused by select alone")
    {
        struct rlimit limit;
        int high;
        set_up();
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        high = fcntl(a[0], F_DUPFD, 2000);
        if (high < 0)
            SKIP("this system gives no descriptor of 2000");
        put_byte(a[1]);
        if (strcmp(which, "select") == 0) {
            expect_refused(high, -ERANGE);
        } else {
            read_from(high, A);
            expect_turn("a");
        }
        close(high);
        tear_down();
    }

    EACH("without memory nobody is watched, those before are, and a second try succeeds")
    {
        int fd;
        bool failed = true;
        set_up();
        read_from(a[0], A);
        put_byte(a[1]);
        fd = fcntl(b[0], F_DUPFD, 100); /* beyond what the table has room for */
        DID("watched descriptor %d while the first, the second, ... realloc() fails", fd);
        for (int i = 1; failed; i++) {
            char plan[32];
            int code;
            snprintf(plan, sizeof plan, "realloc@%d=ENOMEM", i);
            faults_plan(plan);
            code = eddy_loop_add_reader(&loop, fd, &B->watch);
            failed = faults_injected() > 0;
            CHECK_CODE(code, failed ? -ENOMEM : 0);
            faults_plan("");
            CHECK_INT(loop.watches.count, failed ? 1 : 2);
            CHECK_INT(events_of(fd), failed ? 0 : EDDY_READ);
            expect_turn("a");
        }
        take_byte(a[0]);
        put_byte(b[1]);
        expect_turn("b");
        close(fd);
        tear_down();
    }
}

/* ---- A kernel that does not stop telling ------------------------------------------------------- */

/* Only epoll has a call that can fail there; with the others, nothing is injected. */
static void insisting(void)
{
    EACH(
        "what nobody watches any more is asked for no longer, at the second try if the first fails")
    {
        set_up();
        put_byte(a[1]);
        read_from(a[0], A);
        write_to(a[0], B);
        DID("removed the reader while epoll_ctl() fails: EDDY_FAULTS=epoll_ctl_mod@1=ENOMEM");
        faults_plan("epoll_ctl_mod@1=ENOMEM");
        CHECK(eddy_loop_remove_reader(&loop, a[0]));
        faults_plan("");
        expect_turn("b");
        CHECK_INT(events_of(a[0]), EDDY_WRITE);
        expect_turn("b");
        tear_down();
    }

    EACH("if it cannot be asked for no longer, who watches for the other event learns why")
    {
        set_up();
        read_from(a[0], A);
        write_to(a[0], B);
        put_byte(a[1]);
        put_byte(b[1]);
        read_from(b[0], C);
        DID("removed the reader while epoll_ctl() fails, again and again: "
            "EDDY_FAULTS=epoll_ctl_mod@1+=ENOMEM; the descriptor is ready for both");
        CAUSE("after the descriptor was given up there is nothing registered to ask about");
        faults_plan("epoll_ctl_mod@1+=ENOMEM");
        CHECK(eddy_loop_remove_reader(&loop, a[0]));
        trace[0] = '\0';
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK(strchr(trace, 'b') && strchr(trace, 'c') && strlen(trace) == 2);
        CHECK_CODE(B->watch.err, faults_injected() > 0 ? -ENOMEM : 0);
        faults_plan("");
        tear_down();
    }
}

/* ---- What a turn costs ------------------------------------------------------------------------- */

enum { IDLE = 300, AT_ONCE = 4096 };

struct idle {
    struct eddy_watch watch;
    int fd;
};

/* Memory of its own pages, which can be locked away. */
static void *pages(size_t *size)
{
    FILE *file = tmpfile();
    void *memory;

    *size = (IDLE * sizeof(struct idle) / AT_ONCE + 1) * AT_ONCE;
    CHECK(file && ftruncate(fileno(file), (off_t)*size) == 0);
    memory = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    CHECK(memory != MAP_FAILED);
    fclose(file);
    return memory;
}

static void never(struct eddy_handle *handle)
{
    (void)handle;
    FAIL("nobody calls it: nothing is to be read", "it was called");
}

static void costing(void)
{
    EACH("a turn asks the kernel once, and touches no watch that is not ready")
    {
        size_t size;
        struct idle *idle;
        set_up();
        idle = pages(&size);
        for (int i = 0; i < IDLE; i++) {
            idle[i].fd = dup(b[0]);
            eddy_watch_init(&idle[i].watch, never);
            CHECK_CODE(eddy_loop_add_reader(&loop, idle[i].fd, &idle[i].watch), 0);
        }
        read_from(a[0], A);
        put_byte(a[1]);
        DID("locked the memory of %d watches that are not ready, and ran 100 turns", IDLE);
        CAUSE("whoever asks each watch whether it is ready pays for all of them in each turn");
        CHECK(mprotect(idle, size, PROT_NONE) == 0);
        faults_plan("");
        for (int i = 0; i < 100; i++)
            expect_turn("a");
        CHECK_INT(faults_calls("epoll_wait") + faults_calls("poll") + faults_calls("select"), 100);
        CHECK_INT(faults_calls("epoll_ctl") + faults_calls("read"), 0);
        CHECK(mprotect(idle, size, PROT_READ | PROT_WRITE) == 0);
        for (int i = 0; i < IDLE; i++) {
            CHECK(eddy_loop_remove_reader(&loop, idle[i].fd));
            close(idle[i].fd);
        }
        munmap(idle, size);
        tear_down();
    }
}

TESTS
{
    for (int i = 0; eddy_selector_nth(i); i++) {
        which = eddy_selector_nth(i);
        calling();
        changing();
        failing();
        deceiving();
        refusing();
        insisting();
        costing();
    }
}
