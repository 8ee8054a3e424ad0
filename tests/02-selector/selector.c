/*
 * Each case runs on every selector that this build has, and expects the same of each.
 */
#include "check.h"

#include "errors.h"
#include "faults.h"
#include "selector.h"
#include "selector_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ASKED_MOST = 5 }; /* times that one wait may ask the kernel */

static const char *which; /* the selector that is tested */

#define EACH(sentence) CASE(on_each(sentence))

static const char *on_each(const char *sentence)
{
    static char text[256];

    snprintf(text, sizeof text, "%s [%s]", sentence, which);
    return text;
}

static struct eddy_selector selector;
static int a[2], b[2]; /* two pairs of connected sockets: [0] is watched, [1] is the peer's */

static void set_up(void)
{
    CHECK_INT(eddy_selector_open(&selector, which), 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, b) == 0);
}

static void tear_down(void)
{
    eddy_selector_close(&selector);
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

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Waits without a sleep, and expects exactly one event: this one. */
static void expect_one(int fd, int events, const void *data)
{
    struct eddy_event event = {-1, 0, NULL};

    CHECK_INT(eddy_selector_wait(&selector, 0), 1);
    CHECK(eddy_selector_next(&selector, &event));
    CHECK_INT(event.fd, fd);
    CHECK_INT(event.events, events);
    CHECK(event.data == data);
    CHECK(!eddy_selector_next(&selector, &event));
}

static void expect_none(void)
{
    struct eddy_event event;

    CHECK_INT(eddy_selector_wait(&selector, 0), 0);
    CHECK(!eddy_selector_next(&selector, &event));
}

/* How often the kernel was asked since the plan of faults was made. */
static long asked(void)
{
    return faults_calls("epoll_wait") + faults_calls("poll") + faults_calls("select");
}

/* What the best selector of this build says of it. */
static int code_of_best(int fd)
{
    struct eddy_selector best;
    int code;

    CHECK_CODE(eddy_selector_open(&best, eddy_selector_nth(0)), 0);
    code = eddy_selector_register(&best, fd, EDDY_READ, NULL);
    eddy_selector_close(&best);
    return code;
}

/* ---- Registering ------------------------------------------------------------------------------- */

static void registering(void)
{
    EACH("what is registered can be looked up, until it is unregistered")
    {
        int data;
        set_up();
        DID("eddy_selector_register(fd, EDDY_READ, &data), then eddy_selector_get(fd)");
        CHECK(eddy_selector_get(&selector, a[0]) == NULL);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, &data), 0);
        CHECK(eddy_selector_get(&selector, a[0]) != NULL);
        CHECK_INT(eddy_selector_get(&selector, a[0])->events, EDDY_READ);
        CHECK(eddy_selector_get(&selector, a[0])->data == &data);
        CHECK_INT(selector.registered, 1);
        CHECK_CODE(eddy_selector_unregister(&selector, a[0]), 0);
        CHECK(eddy_selector_get(&selector, a[0]) == NULL);
        CHECK_INT(selector.registered, 0);
        tear_down();
    }

    EACH("descriptor 0 is one like others")
    {
        int data;
        set_up();
        DID("registered a socket, then another as descriptor 0; unregistered the first; a byte "
            "came");
        CAUSE("0 is a number like others: it has room and a slot, and is not negative");
        CHECK(dup2(b[0], 0) == 0);
        CHECK_CODE(eddy_selector_register(&selector, 0, EDDY_READ, &data), 0);
        CHECK_CODE(eddy_selector_unregister(&selector, 0), 0);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        CHECK_CODE(eddy_selector_register(&selector, 0, EDDY_READ, &data), 0);
        CHECK_CODE(eddy_selector_unregister(&selector, a[0]), 0);
        put_byte(b[1]);
        expect_one(0, EDDY_READ, &data);
        CHECK_CODE(eddy_selector_unregister(&selector, 0), 0);
        tear_down();
    }

    EACH("a backend says 0 when it has done what it was to do")
    {
        uint32_t id;
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        id = eddy_selector_get(&selector, a[0])->id;
        DID("called the backend's own set() and wait(), as the selector does");
        CAUSE("selector_backend.h: set() and wait() return 0, or an error. What was found ready is "
              "told "
              "by eddy_selector_report() alone");
        CHECK_CODE(selector.ops->set(&selector, a[0], id, EDDY_READ, EDDY_WRITE), 0);
        CHECK_CODE(selector.ops->set(&selector, a[0], id, EDDY_WRITE, 0), 0);
        CHECK_CODE(selector.ops->set(&selector, a[0], id, 0, EDDY_READ), 0);
        put_byte(a[1]);
        CHECK_CODE(selector.ops->wait(&selector, 0), 0);
        tear_down();
    }

    EACH("a low number that comes after a high one takes no room from it")
    {
        int data, high;
        set_up();
        high = fcntl(a[0], F_DUPFD, 200);
        CHECK(high >= 200);
        DID("registered descriptor %d, then %d; a byte came at %d", high, b[0], high);
        CAUSE("room is made for numbers that are beyond what there is, and written down: it never "
              "becomes less");
        CHECK_CODE(eddy_selector_register(&selector, high, EDDY_READ, &data), 0);
        CHECK_CODE(eddy_selector_register(&selector, b[0], EDDY_READ, NULL), 0);
        put_byte(a[1]);
        expect_one(high, EDDY_READ, &data);
        CHECK_CODE(eddy_selector_unregister(&selector, high), 0);
        close(high);
        tear_down();
    }

    EACH("registering twice is refused, and the first registration stays")
    {
        int first, second;
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, &first), 0);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_WRITE, &second), -EEXIST);
        CHECK_INT(eddy_selector_get(&selector, a[0])->events, EDDY_READ);
        DID("registered a socket for reading, then once more for writing; its peer sent a byte");
        CAUSE("whoever is found ready must be reported, with the kernel's bits turned into "
              "EDDY_READ and EDDY_WRITE");
        put_byte(a[1]);
        expect_one(a[0], EDDY_READ, &first);
        tear_down();
    }

    EACH("events that do not exist, and descriptors that cannot be, are refused")
    {
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], 0, NULL), -EINVAL);
        CHECK_CODE(eddy_selector_register(&selector, a[0], 4, NULL), -EINVAL);
        CHECK_CODE(eddy_selector_register(&selector, a[0], -1, NULL), -EINVAL);
        CHECK_CODE(eddy_selector_register(&selector, -1, EDDY_READ, NULL), -EINVAL);
        CHECK_CODE(eddy_selector_register(&selector, INT_MAX, EDDY_READ, NULL), -EBADF);
        CHECK(eddy_selector_get(&selector, a[0]) == NULL);
        CHECK(eddy_selector_get(&selector, -1) == NULL);
        CHECK(eddy_selector_get(&selector, INT_MAX) == NULL);
        CHECK_INT(selector.registered, 0);
        tear_down();
    }

    EACH("a closed descriptor is refused")
    {
        int fd;
        set_up();
        fd = dup(a[0]);
        close(fd);
        CHECK_CODE(eddy_selector_register(&selector, fd, EDDY_READ, NULL), -EBADF);
        CHECK(eddy_selector_get(&selector, fd) == NULL);
        tear_down();
    }

    EACH("a regular file and a directory are refused alike: they are always ready")
    {
        FILE *file = tmpfile();
        int directory = open("/", O_RDONLY);
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, fileno(file), EDDY_READ, NULL), -EPERM);
        CHECK_CODE(eddy_selector_register(&selector, directory, EDDY_READ, NULL), -EPERM);
        CHECK_INT(selector.registered, 0);
        tear_down();
        fclose(file);
        close(directory);
    }

    EACH("a device that is always ready, such as /dev/null, is refused alike")
    {
        static const char *const names[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom",
                                            "/dev/tty"};
        set_up();
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            int fd = open(names[i], O_RDONLY | O_NONBLOCK), code;
            if (fd < 0)
                continue;
            DID("eddy_selector_register(%s)", names[i]);
            code = eddy_selector_register(&selector, fd, EDDY_READ, NULL);
            if (i == 0 || (i < 4 && strcmp(eddy_selector_nth(0), "epoll") == 0))
                CHECK_CODE(code, -EPERM);
            else
                CHECK_CODE(code, code_of_best(fd));
            eddy_selector_unregister(&selector, fd);
            close(fd);
        }
        tear_down();
    }

    EACH("what is not registered cannot be modified or unregistered")
    {
        set_up();
        CHECK_CODE(eddy_selector_unregister(&selector, a[0]), -ENOENT);
        CHECK_CODE(eddy_selector_modify(&selector, a[0], EDDY_READ, NULL), -ENOENT);
        CHECK_CODE(eddy_selector_unregister(&selector, -1), -ENOENT);
        CHECK_CODE(eddy_selector_unregister(&selector, INT_MAX), -ENOENT);
        tear_down();
    }

    EACH("many descriptors can be registered and taken out in any order")
    {
        enum { MANY = 200 };
        int fds[MANY];
        struct eddy_event event;
        set_up();
        DID("registered 200 descriptors, took out every second, then looked who is ready");
        CAUSE("whatever moves into the hole has a new slot: its number must be noted");
        put_byte(a[1]);
        for (int i = 0; i < MANY; i++) {
            fds[i] = dup(a[0]);
            CHECK_CODE(eddy_selector_register(&selector, fds[i], EDDY_READ, &fds[i]), 0);
        }
        for (int i = 0; i < MANY; i += 2)
            CHECK_CODE(eddy_selector_unregister(&selector, fds[i]), 0);
        CHECK_INT(eddy_selector_wait(&selector, 0), MANY / 2);
        while (eddy_selector_next(&selector, &event)) {
            CHECK_INT(*(int *)event.data, event.fd);
            CHECK_INT(((int *)event.data - fds) % 2, 1);
        }
        for (int i = 0; i < MANY; i++)
            close(fds[i]);
        tear_down();
    }
}

/* ---- What is told ------------------------------------------------------------------------------ */

static void telling(void)
{
    EACH("only the wanted events are told")
    {
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        DID("watched a writable socket for reading, with nothing to read");
        CAUSE("what was not asked for is not told: mask with the wanted events");
        expect_none();
        put_byte(a[1]);
        DID("watched a writable socket for reading, with a byte to read");
        expect_one(a[0], EDDY_READ, NULL);
        tear_down();
    }

    EACH("ready for both is one event with both")
    {
        set_up();
        put_byte(a[1]);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ | EDDY_WRITE, a), 0);
        DID("watched for reading and writing a socket that is ready for both");
        expect_one(a[0], EDDY_READ | EDDY_WRITE, a);
        tear_down();
    }

    EACH("one of several is told, wherever it stands")
    {
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, a), 0);
        CHECK_CODE(eddy_selector_register(&selector, b[0], EDDY_READ, b), 0);
        put_byte(b[1]);
        DID("registered two descriptors; only the second has a byte to read");
        CAUSE("the kernel says how many are ready; who is ready may stand anywhere: look at all");
        expect_one(b[0], EDDY_READ, b);
        tear_down();
    }

    EACH("readiness is told as long as it lasts")
    {
        set_up();
        put_byte(a[1]);
        put_byte(a[1]);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        DID("two bytes to read; waited, read one, waited again");
        expect_one(a[0], EDDY_READ, NULL);
        take_byte(a[0]);
        CAUSE("a byte is left, so the descriptor is still ready: level-triggered, not "
              "edge-triggered");
        expect_one(a[0], EDDY_READ, NULL);
        take_byte(a[0]);
        DID("read both bytes, and waited");
        expect_none();
        tear_down();
    }

    EACH("the end of the stream, and an error, make a reader ready")
    {
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        close(a[1]);
        DID("the peer of a watched socket closed");
        CAUSE("a hang-up (POLLHUP, POLLERR) counts as ready for whatever was asked");
        expect_one(a[0], EDDY_READ, NULL);
        a[1] = dup(b[1]);
        tear_down();
    }

    EACH("a pipe without a reader makes its writer ready, who then gets EPIPE")
    {
        int pipes[2];
        set_up();
        CHECK(pipe(pipes) == 0);
        CHECK(fcntl(pipes[1], F_SETFL, O_NONBLOCK) == 0);
        while (write(pipes[1], "0123456789abcdef", 16) > 0)
            ;
        CHECK_CODE(eddy_selector_register(&selector, pipes[1], EDDY_WRITE, NULL), 0);
        expect_none();
        close(pipes[0]);
        DID("watched a full pipe for writing; its reader closed (POLLERR alone)");
        CAUSE("a hang-up (POLLHUP, POLLERR) counts as ready for whatever was asked");
        expect_one(pipes[1], EDDY_WRITE, NULL);
        close(pipes[1]);
        tear_down();
    }

    EACH("modify changes what is wanted, and the data, and no events at all unregisters")
    {
        int data;
        set_up();
        put_byte(a[1]);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ | EDDY_WRITE, NULL), 0);
        DID("modified from reading and writing to reading");
        CHECK_CODE(eddy_selector_modify(&selector, a[0], EDDY_READ, &data), 0);
        expect_one(a[0], EDDY_READ, &data);
        DID("modified from reading to writing");
        CHECK_CODE(eddy_selector_modify(&selector, a[0], EDDY_WRITE, a), 0);
        expect_one(a[0], EDDY_WRITE, a);
        CHECK_CODE(eddy_selector_modify(&selector, a[0], 8, a), -EINVAL);
        CHECK_INT(eddy_selector_get(&selector, a[0])->events, EDDY_WRITE);
        DID("modified to no events");
        CHECK_CODE(eddy_selector_modify(&selector, a[0], 0, NULL), 0);
        CHECK(eddy_selector_get(&selector, a[0]) == NULL);
        expect_none();
        tear_down();
    }
}

/* ---- What has changed since the wait ----------------------------------------------------------- */

static void make_both_ready(void)
{
    put_byte(a[1]);
    put_byte(b[1]);
    CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, a), 0);
    CHECK_CODE(eddy_selector_register(&selector, b[0], EDDY_READ, b), 0);
    CHECK_INT(eddy_selector_wait(&selector, 0), 2);
}

static void changing(void)
{
    EACH("who is unregistered while its event waits is not told")
    {
        struct eddy_event event;
        set_up();
        make_both_ready();
        DID("two are ready; the handler of the first unregistered the second");
        CHECK(eddy_selector_next(&selector, &event));
        CHECK_CODE(eddy_selector_unregister(&selector, event.fd == a[0] ? b[0] : a[0]), 0);
        CAUSE("an event counts only as long as the registration that it was found for");
        CHECK(!eddy_selector_next(&selector, &event));
        tear_down();
    }

    EACH("a number that is reused while its event waits is not told to the new owner")
    {
        struct eddy_event event;
        int other;
        set_up();
        make_both_ready();
        DID("two are ready; the handler of the first closed the second, and a new socket got its "
            "number");
        CHECK(eddy_selector_next(&selector, &event));
        other = event.fd == a[0] ? b[0] : a[0];
        CHECK_CODE(eddy_selector_unregister(&selector, other), 0);
        close(other);
        CHECK_INT(dup(0), other);
        close(other);
        CHECK_INT(dup(event.fd == a[0] ? a[1] : b[1]), other);
        CHECK_CODE(eddy_selector_register(&selector, other, EDDY_READ, NULL), 0);
        CAUSE("an event counts only as long as the registration that it was found for");
        CHECK(!eddy_selector_next(&selector, &event));
        tear_down();
    }

    EACH("events that are wanted no longer are left out")
    {
        struct eddy_event event;
        set_up();
        put_byte(a[1]);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ | EDDY_WRITE, NULL), 0);
        CHECK_INT(eddy_selector_wait(&selector, 0), 1);
        CHECK_CODE(eddy_selector_modify(&selector, a[0], EDDY_WRITE, NULL), 0);
        CHECK(eddy_selector_next(&selector, &event));
        CHECK_INT(event.events, EDDY_WRITE);
        tear_down();
    }

    EACH("a descriptor that was closed while registered is told no more, and the others are")
    {
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        CHECK_CODE(eddy_selector_register(&selector, b[0], EDDY_READ, b), 0);
        put_byte(b[1]);
        close(a[0]);
        DID("closed a registered descriptor without unregistering it, and waited");
        CAUSE(
            "select() fails with EBADF and does not say for whom; poll() says POLLNVAL each time");
        WAITING("a wait with a closed descriptor in the set");
        expect_one(b[0], EDDY_READ, b);
        take_byte(b[0]);
        expect_none();
        DID("unregistered the closed descriptor");
        CHECK_CODE(eddy_selector_unregister(&selector, a[0]), 0);
        CHECK(eddy_selector_get(&selector, a[0]) == NULL);
        a[0] = dup(0);
        tear_down();
    }

    EACH("closed ones can be taken out in any order, and the others stay")
    {
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        CHECK_CODE(eddy_selector_register(&selector, a[1], EDDY_READ, a), 0);
        CHECK_CODE(eddy_selector_register(&selector, b[0], EDDY_READ, NULL), 0);
        close(b[0]);
        expect_none();
        DID("registered three descriptors, closed the third, waited, unregistered the first");
        CAUSE("where the number of a closed one is hidden from the kernel, it must be had back "
              "when that one moves");
        CHECK_CODE(eddy_selector_unregister(&selector, a[0]), 0);
        CHECK_CODE(eddy_selector_unregister(&selector, b[0]), 0);
        put_byte(a[0]);
        expect_one(a[1], EDDY_READ, a);
        b[0] = dup(0);
        tear_down();
    }

    EACH("a registered number is registered, whatever file it is by now")
    {
        int number;
        set_up();
        number = a[0];
        CHECK_CODE(eddy_selector_register(&selector, number, EDDY_READ, a), 0);
        close(number);
        CHECK_INT(dup(b[1]), number);
        CHECK_CODE(eddy_selector_register(&selector, number, EDDY_READ, b), -EEXIST);
        CHECK_CODE(eddy_selector_unregister(&selector, number), 0);
        CHECK_CODE(eddy_selector_register(&selector, number, EDDY_READ, b), 0);
        put_byte(b[0]);
        expect_one(number, EDDY_READ, b);
        tear_down();
    }
}

/* ---- Adding, which asks the kernel ------------------------------------------------------------- */

/* A fifo by its name: each time it is opened it is another thing to wait for, with the same device and
 * inode. */
static int open_fifo(void)
{
    int fd = open("fifo", O_RDWR | O_NONBLOCK);

    CHECK(fd >= 0);
    return fd;
}

static void enter_room(void)
{
    char room[] = "/tmp/eddy-selector-XXXXXX";

    CHECK(mkdtemp(room) != NULL);
    CHECK(chdir(room) == 0);
    CHECK(mkfifo("fifo", 0600) == 0);
}

static void leave_room(void)
{
    char room[64];

    CHECK(getcwd(room, sizeof room) != NULL);
    CHECK(unlink("fifo") == 0);
    CHECK(chdir("/") == 0);
    CHECK(rmdir(room) == 0);
}

/* Closed and opened again, with or without a wait between: the new one is told. */
static void reopen_fifo(bool wait_between)
{
    int fd = open_fifo();

    set_up();
    CHECK_CODE(eddy_selector_add(&selector, fd, EDDY_READ, a), 0);
    close(fd);
    if (wait_between)
        expect_none();
    CHECK_INT(open_fifo(), fd);
    DID("opened a fifo, added it, closed it, %sopened it again, added it",
        wait_between ? "waited, " : "");
    CAUSE("device and inode are the same, but the kernel has forgotten the old one: ask it");
    CHECK(eddy_selector_add(&selector, fd, EDDY_READ, b) >= 0);
    CHECK_INT(selector.registered, 1);
    put_byte(fd);
    expect_one(fd, EDDY_READ, b);
    tear_down();
    close(fd);
}

static void adding(void)
{
    EACH("to add is to register, and to add the other event keeps the first")
    {
        set_up();
        put_byte(a[1]);
        CHECK_CODE(eddy_selector_add(&selector, a[0], EDDY_READ, NULL), 0);
        expect_one(a[0], EDDY_READ, NULL);
        DID("added a descriptor for reading, then for writing; it is ready for both");
        CAUSE("the kernel must hear that what is wanted has changed");
        CHECK_CODE(eddy_selector_add(&selector, a[0], EDDY_WRITE, a), 0);
        CHECK_CODE(eddy_selector_add(&selector, a[0], EDDY_WRITE, a), 0);
        CHECK_INT(selector.registered, 1);
        expect_one(a[0], EDDY_READ | EDDY_WRITE, a);
        tear_down();
    }

    EACH("a number that was closed and is another file's now can be added, for what is asked now")
    {
        int number;
        set_up();
        number = a[0];
        CHECK_CODE(eddy_selector_add(&selector, number, EDDY_WRITE, a), 0);
        close(number);
        CHECK_INT(dup(b[1]), number);
        put_byte(b[0]);
        DID("added a descriptor for writing and closed it; the number was used again; added it for "
            "reading");
        CAUSE("the old registration leaves nothing behind, and the caller is told");
        CHECK_CODE(eddy_selector_add(&selector, number, EDDY_READ, b), 1);
        CHECK_INT(selector.registered, 1);
        expect_one(number, EDDY_READ, b);
        tear_down();
    }

    EACH("a number that leads to the same fifo again, but newly opened, is told")
    {
        enter_room();
        reopen_fifo(false);
        reopen_fifo(true);
        leave_room();
    }

    EACH("what was found before a descriptor was added anew is not told")
    {
        struct eddy_event event;
        set_up();
        put_byte(a[1]);
        CHECK_CODE(eddy_selector_add(&selector, a[0], EDDY_READ, a), 0);
        CHECK_INT(eddy_selector_wait(&selector, 0), 1);
        CHECK_CODE(eddy_selector_add(&selector, a[0], EDDY_READ, b), 0);
        CHECK(!eddy_selector_next(&selector, &event));
        expect_one(a[0], EDDY_READ, b);
        tear_down();
    }

    EACH("what cannot be added is refused, and a registration that was there stays")
    {
        int number;
        set_up();
        CHECK_CODE(eddy_selector_add(&selector, a[0], 0, NULL), -EINVAL);
        CHECK_CODE(eddy_selector_add(&selector, -1, EDDY_READ, NULL), -EINVAL);
        CHECK_CODE(eddy_selector_add(&selector, INT_MAX, EDDY_READ, NULL), -EBADF);
        number = a[0];
        CHECK_CODE(eddy_selector_add(&selector, number, EDDY_READ, a), 0);
        close(number);
        CHECK_CODE(eddy_selector_add(&selector, number, EDDY_READ, b), -EBADF);
        CHECK(eddy_selector_get(&selector, number)->data == a);
        CHECK_INT(dup(0), number);
        tear_down();
        CHECK_CODE(eddy_selector_add(&selector, 0, EDDY_READ, NULL), EDDY_ECLOSED);
    }
}

/* ---- Ghosts: closed behind the selector's back, while a copy lives ------------------------------ */

/* Leaves `count` of them, all ready. Each is b[0], of which tear_down() closes a copy. */
static void make_ghosts(int count)
{
    put_byte(b[1]);
    for (int i = 0; i < count; i++) {
        int fd = dup(b[0]);
        CHECK_CODE(eddy_selector_register(&selector, fd, EDDY_READ, NULL), 0);
        close(fd);
        CHECK_CODE(eddy_selector_unregister(&selector, fd), 0);
    }
}

static void haunted(void)
{
    EACH("a copy of what was closed and then unregistered keeps no wait awake")
    {
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, a), 0);
        make_ghosts(1);
        DID("closed a registered descriptor, of which a copy lives, then unregistered it; waited "
            "0.01 "
            "seconds");
        CAUSE("epoll goes on to tell of it, and no number leads to it: make a new set");
        faults_plan("");
        CHECK_INT(eddy_selector_wait(&selector, 0.01), 0);
        CHECK(asked() <= ASKED_MOST);
        put_byte(a[1]);
        expect_one(a[0], EDDY_READ, a);
        tear_down();
    }

    EACH("more of them than one batch holds starve nobody")
    {
        set_up();
        make_ghosts(600);
        put_byte(a[1]);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, a), 0);
        expect_one(a[0], EDDY_READ, a);
        tear_down();
    }

    EACH("as long as nothing can be done against them the others are told, and later it is done")
    {
        static const char *const plans[] = {"epoll_create1@1=EMFILE", "epoll_ctl_add@1=ENOSPC",
                                            "epoll_ctl_add@2=ENOMEM"};
        for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
            set_up();
            CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, a), 0);
            CHECK_CODE(eddy_selector_register(&selector, a[1], EDDY_READ, a), 0);
            make_ghosts(1);
            put_byte(a[1]);
            DID("waited with a ghost in the set and EDDY_FAULTS=%s", plans[i]);
            CAUSE("the old set is given up only when the new one is complete");
            faults_plan(plans[i]);
            expect_one(a[0], EDDY_READ, a);
            faults_plan("");
            expect_one(a[0], EDDY_READ, a);
            take_byte(a[0]);
            CHECK_INT(eddy_selector_wait(&selector, 0.01), 0);
            CHECK(asked() <= ASKED_MOST + 2);
            put_byte(a[0]);
            expect_one(a[1], EDDY_READ, a);
            tear_down();
        }
    }

    EACH("a ghost whose copy comes back to its number can be registered")
    {
        int copy;
        set_up();
        copy = dup(a[0]);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        close(a[0]);
        CHECK_CODE(eddy_selector_unregister(&selector, a[0]), 0);
        CHECK_INT(dup2(copy, a[0]), a[0]);
        put_byte(a[1]);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, a), 0);
        expect_one(a[0], EDDY_READ, a);
        close(copy);
        tear_down();
    }
}

/* ---- Time -------------------------------------------------------------------------------------- */

static void on_alarm(int signo)
{
    (void)signo;
}

static void signals_every(int milliseconds)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {{0, milliseconds * 1000}, {0, milliseconds * 1000}};

    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void timing(void)
{
    EACH("a wait of 0 or less looks and returns")
    {
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        WAITING("a wait of 0 seconds");
        CHECK_INT(eddy_selector_wait(&selector, 0), 0);
        CHECK_INT(eddy_selector_wait(&selector, -1), 0);
        CHECK_INT(eddy_selector_wait(&selector, -INFINITY), 0);
        tear_down();
    }

    EACH("a time limit is not cut short, however small it is")
    {
        static const double limits[] = {0.0000001, 0.0004, 0.0015, 0.02};
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
            double start = now();
            DID("waited %g seconds, with nothing ready", limits[i]);
            CAUSE("a limit is rounded up to what the kernel counts in, never down");
            faults_plan("");
            CHECK_INT(eddy_selector_wait(&selector, limits[i]), 0);
            CHECK(now() - start >= limits[i]);
            CHECK(asked() <= ASKED_MOST);
        }
        tear_down();
    }

    EACH("modify makes more ready, or less; what is wanted no longer keeps no wait awake")
    {
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        expect_none();
        DID("modified a writable socket from reading to both, then back");
        CAUSE("the kernel must hear that what is wanted has changed");
        CHECK_CODE(eddy_selector_modify(&selector, a[0], EDDY_READ | EDDY_WRITE, NULL), 0);
        expect_one(a[0], EDDY_WRITE, NULL);
        CHECK_CODE(eddy_selector_modify(&selector, a[0], EDDY_READ, NULL), 0);
        faults_plan("");
        CHECK_INT(eddy_selector_wait(&selector, 0.2), 0);
        CHECK(asked() <= ASKED_MOST);
        tear_down();
    }

    EACH("a descriptor that was closed while registered does not keep a wait awake")
    {
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        close(a[0]);
        DID("closed a registered descriptor, then waited 0.2 seconds with nothing ready");
        CAUSE("a closed descriptor has POLLNVAL each time, at once: the kernel must not be asked "
              "about it again");
        faults_plan("");
        CHECK_INT(eddy_selector_wait(&selector, 0.2), 0);
        CHECK(asked() <= ASKED_MOST);
        a[0] = dup(0);
        tear_down();
    }

    EACH("signals neither end a wait nor make it longer")
    {
        double start;
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        DID("waited 0.05 seconds with nothing ready, with a signal every 5 ms");
        WAITING("a wait that is interrupted again and again");
        CAUSE("a backend returns -errno, so that -EINTR is known from a failure; who called it "
              "asks again, with the time that is left");
        signals_every(5);
        start = now();
        CHECK_CODE(eddy_selector_wait(&selector, 0.05), 0);
        CHECK(now() - start >= 0.05);
        setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
        tear_down();
    }

    EACH("without a limit a wait ends when something is ready")
    {
        pid_t child;
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        child = fork();
        if (child == 0)
            _exit(write(a[1], "x", 1) != 1);
        DID("waited EDDY_FOREVER; another process wrote");
        CHECK_INT(eddy_selector_wait(&selector, EDDY_FOREVER), 1);
        CHECK(waitpid(child, NULL, 0) == child);
        tear_down();
    }

    EACH("a limit that is no number is refused")
    {
        set_up();
        CHECK_CODE(eddy_selector_wait(&selector, NAN), -EINVAL);
        tear_down();
    }
}

/* ---- Ends and limits --------------------------------------------------------------------------- */

/* Registers `fd` while the first allocation of it fails, the second, ... until none does. Those that
 * were registered `before` must be told each time. */
static void register_at_last(int fd, int before)
{
    char plan[32];
    int code, which_fails = 1;

    do {
        snprintf(plan, sizeof plan, "realloc@%d=ENOMEM", which_fails++);
        faults_plan(plan);
        code = eddy_selector_register(&selector, fd, EDDY_READ, NULL);
        if (faults_injected() > 0) {
            CHECK_CODE(code, -ENOMEM);
            CHECK_INT(eddy_selector_wait(&selector, 0), before);
        }
    } while (faults_injected() > 0);
    faults_plan("");
    CHECK_CODE(code, 0);
    CHECK_INT(eddy_selector_wait(&selector, 0), before + 1);
}

static void limits(void)
{
    EACH("closing twice is harmless, and afterwards everything says closed")
    {
        set_up();
        eddy_selector_close(&selector);
        eddy_selector_close(&selector);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), EDDY_ECLOSED);
        CHECK_CODE(eddy_selector_modify(&selector, a[0], EDDY_READ, NULL), EDDY_ECLOSED);
        CHECK_CODE(eddy_selector_unregister(&selector, a[0]), EDDY_ECLOSED);
        CHECK_CODE(eddy_selector_wait(&selector, 0), EDDY_ECLOSED);
        CHECK_TEXT(eddy_selector_name(&selector), "closed");
        CHECK(eddy_selector_get(&selector, a[0]) == NULL);
        tear_down();
    }

    EACH("in a child process the parent's selector is not touched")
    {
        pid_t child;
        int status = 0;
        set_up();
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, NULL), 0);
        child = fork();
        if (child == 0)
            _exit(eddy_selector_unregister(&selector, a[0]) != EDDY_EFORK ||
                  eddy_selector_wait(&selector, 0) != EDDY_EFORK);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_INT(WEXITSTATUS(status), 0);
        put_byte(a[1]);
        expect_one(a[0], EDDY_READ, NULL);
        tear_down();
    }

    EACH("a descriptor above FD_SETSIZE is watched, or refused by select alone")
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
        DID("eddy_selector_register(2000)");
        CAUSE("FD_SET() beyond FD_SETSIZE (%d) writes past the end of the set", FD_SETSIZE);
        if (strcmp(which, "select") == 0) {
            CHECK_CODE(eddy_selector_register(&selector, high, EDDY_READ, NULL), -ERANGE);
            CHECK(eddy_selector_get(&selector, high) == NULL);
        } else {
            CHECK_CODE(eddy_selector_register(&selector, high, EDDY_READ, NULL), 0);
            expect_one(high, EDDY_READ, NULL);
        }
        close(high);
        tear_down();
    }

    EACH("without memory nothing changes")
    {
        set_up();
        DID("registered while the first, then the second allocation fails");
        CAUSE("what realloc() gave up is still there: keep the old pointer until it succeeded");
        faults_plan("realloc@1=ENOMEM");
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, a), -ENOMEM);
        faults_plan("realloc@2=ENOMEM");
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, a), -ENOMEM);
        CHECK_INT(selector.registered, 0);
        CHECK(eddy_selector_get(&selector, a[0]) == NULL);
        faults_plan("");
        put_byte(a[1]);
        CHECK_CODE(eddy_selector_register(&selector, a[0], EDDY_READ, a), 0);
        expect_one(a[0], EDDY_READ, a);
        tear_down();
    }

    EACH("without memory for one more those before it stay, and a second try succeeds")
    {
        enum { MANY = 40 };
        int fds[MANY];
        set_up();
        put_byte(a[1]);
        DID("registered 40 descriptors, each first while an allocation fails, then again");
        CAUSE("what realloc() gave up is still there: keep the old pointer until it succeeded");
        for (int i = 0; i < MANY; i++) {
            fds[i] = dup(a[0]);
            register_at_last(fds[i], i);
        }
        for (int i = 0; i < MANY; i++)
            close(fds[i]);
        tear_down();
    }

    EACH("opening without memory leaves nothing")
    {
        DID("opened while calloc() fails");
        faults_plan("calloc@1=ENOMEM");
        CHECK_CODE(eddy_selector_open(&selector, which), -ENOMEM);
        CHECK_CODE(eddy_selector_wait(&selector, 0), EDDY_ECLOSED);
        eddy_selector_close(&selector);
    }
}

static void choosing(void)
{
    CASE("the best selector is the default, and EDDY_SELECTOR names another") {
        unsetenv("EDDY_SELECTOR");
        CHECK_INT(eddy_selector_open(&selector, NULL), 0);
        CHECK_TEXT(eddy_selector_name(&selector), eddy_selector_nth(0));
        eddy_selector_close(&selector);
        setenv("EDDY_SELECTOR", "", 1);
        CHECK_INT(eddy_selector_open(&selector, NULL), 0);
        CHECK_TEXT(eddy_selector_name(&selector), eddy_selector_nth(0));
        eddy_selector_close(&selector);
        for (int i = 0; eddy_selector_nth(i); i++) {
            setenv("EDDY_SELECTOR", eddy_selector_nth(i), 1);
            CHECK_INT(eddy_selector_open(&selector, NULL), 0);
            CHECK_TEXT(eddy_selector_name(&selector), eddy_selector_nth(i));
            eddy_selector_close(&selector);
        }
    }

    CASE("a selector that this build does not have is an error") {
        CHECK_CODE(eddy_selector_open(&selector, "kqueue"), EDDY_ESELECTOR);
        CHECK_CODE(eddy_selector_open(&selector, ""), EDDY_ESELECTOR);
        setenv("EDDY_SELECTOR", "kqueue", 1);
        CHECK_CODE(eddy_selector_open(&selector, NULL), EDDY_ESELECTOR);
        CHECK_CODE(eddy_selector_wait(&selector, 0), EDDY_ECLOSED);
        CHECK(eddy_selector_nth(99) == NULL);
    }
}

TESTS
{
    for (int i = 0; eddy_selector_nth(i); i++) {
        which = eddy_selector_nth(i);
        registering();
        telling();
        changing();
        adding();
        haunted();
        timing();
        limits();
    }
    choosing();
}
