/* Any descriptor to await: pipes, terminals, files. On every selector. */
#define _XOPEN_SOURCE 700 /* for terminals: posix_openpt() and its like */
#include "sockets.h"

#include "fdio.h"

#include <termios.h>

enum { LARGE = 300000 };

static struct eddy_task a;
static int ends[2];
static char got[LARGE];

static void set_up_pipe(bool blocks)
{
    set_up_real();
    CHECK(pipe(ends) == 0);
    for (int i = 0; i < 2 && !blocks; i++)
        CHECK_OK(eddy_net_prepare(ends[i]));
}

static void tear_down_pipe(void)
{
    close(ends[0]);
    close(ends[1]);
    tear_down_real();
}

static int wait_for(struct eddy_future *future)
{
    WAITING("an operation on a descriptor");
    return eddy_loop_run_until_complete(&loop, future);
}

static int fill_pipe(void)
{
    int flags = fcntl(ends[1], F_GETFL), n = 0;

    fcntl(ends[1], F_SETFL, flags | O_NONBLOCK);
    while (write(ends[1], "x", 1) == 1)
        n++;
    fcntl(ends[1], F_SETFL, flags);
    return n;
}

static void drain_pipe(int n)
{
    for (ssize_t some; n > 0; n -= (int)some)
        CHECK((some = read(ends[0], got, n < LARGE ? (size_t)n : LARGE)) > 0);
}

/* ---- Ready ------------------------------------------------------------------------------------- */

static void ready(void)
{
    EACH("readable waits for a byte, and leaves it there")
    {
        struct eddy_io io;
        struct eddy_future *future;
        char c = 0;
        set_up_pipe(true);
        future = eddy_readable(&io, &loop, ends[0]);
        turns(3);
        CHECK(!eddy_future_done(future));
        CHECK(write(ends[1], "x", 1) == 1);
        CHECK_CODE(wait_for(future), 0);
        CHECK_CODE(wait_for(eddy_readable(&io, &loop, ends[0])), 0);
        CHECK(read(ends[0], &c, 1) == 1 && c == 'x');
        tear_down_pipe();
    }

    EACH("the end of a pipe is readable, and a pipe that nobody reads is writable")
    {
        struct eddy_io io;
        int other[2];
        set_up_pipe(true);
        CHECK(pipe(other) == 0);
        close(ends[1]);
        CHECK_CODE(wait_for(eddy_readable(&io, &loop, ends[0])), 0);
        close(other[0]);
        CHECK_CODE(wait_for(eddy_writable(&io, &loop, other[1])), 0);
        eddy_loop_close_fd(&loop, other[1]);
        ends[1] = dup(ends[0]);
        tear_down_pipe();
    }

    EACH("writable waits until a full pipe has room")
    {
        struct eddy_io io;
        struct eddy_future *future;
        int n;
        set_up_pipe(true);
        n = fill_pipe();
        future = eddy_writable(&io, &loop, ends[1]);
        turns(3);
        CHECK(!eddy_future_done(future));
        drain_pipe(n);
        CHECK_CODE(wait_for(future), 0);
        tear_down_pipe();
    }

    EACH("a cancel takes nothing, closing is told, and a second one who waits is refused")
    {
        struct eddy_io io, second;
        struct eddy_future *future;
        char text[8] = "";
        set_up_pipe(true);
        future = eddy_read(&io, &loop, ends[0], text, sizeof text);
        CHECK_CODE(eddy_future_error(eddy_readable(&second, &loop, ends[0])), EDDY_EWATCHED);
        CHECK(eddy_future_cancel(future));
        CHECK(write(ends[1], "hello", 5) == 5);
        CHECK_CODE(wait_for(future), -ECANCELED);
        CHECK_TEXT(text, "");
        CHECK_CODE(wait_for(eddy_read(&io, &loop, ends[0], text, sizeof text)), 0);
        CHECK_TEXT(text, "hello");
        future = eddy_readable(&io, &loop, ends[0]);
        CHECK_CODE(eddy_loop_close_fd(&loop, ends[0]), 0);
        CHECK_CODE(wait_for(future), EDDY_ECLOSED);
        ends[0] = dup(ends[1]);
        tear_down_pipe();
    }

    EACH("a descriptor that is closed is EBADF, and a closed loop is EDDY_ECLOSED")
    {
        struct eddy_io io;
        char c;
        int fd;
        set_up_pipe(true);
        fd = dup(ends[0]);
        close(fd);
        CHECK_CODE(eddy_future_error(eddy_readable(&io, &loop, fd)), -EBADF);
        CHECK_CODE(eddy_future_error(eddy_read(&io, &loop, fd, &c, 1)), -EBADF);
        CHECK_CODE(eddy_future_error(eddy_write(&io, &loop, fd, "x", 1)), -EBADF);
        tear_down();
        close_pairs();
        CHECK_CODE(eddy_future_error(eddy_writable(&io, &loop, ends[1])), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(eddy_read(&io, &loop, ends[0], &c, 1)), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(eddy_write(&io, &loop, ends[1], "x", 1)), EDDY_ECLOSED);
        close(ends[0]);
        close(ends[1]);
    }
}

/* ---- Reading and writing ----------------------------------------------------------------------- */

/* Reads until the end. */
struct drain {
    struct eddy_co co;
    struct eddy_io io;
    int fd;
    size_t n;
};

static struct eddy_step drain(struct eddy_co *co)
{
    struct drain *self = CO_FRAME(co, drain);

    CO_BEGIN(co);
    do {
        CO_AWAIT(co, eddy_read(&self->io, eddy_co_loop(co), self->fd, got + self->n,
                               LARGE - self->n < 5000 ? LARGE - self->n : 5000));
        self->n += (size_t)self->io.n;
    } while (self->io.n > 0 && self->n < LARGE);
    CO_END(co);
}

static void pass(void)
{
    static struct drain in;
    struct eddy_io io;
    const char *sent = pattern(LARGE);

    memset(got, 0, LARGE);
    eddy_task_start(&a, &loop, drain, &in, .fd = ends[0]);
    CHECK_CODE(wait_for(eddy_write(&io, &loop, ends[1], sent, LARGE)), 0);
    CHECK_INT(io.n, LARGE);
    complete(&a, 0);
    CHECK(memcmp(got, sent, LARGE) == 0);
}

static void bytes(void)
{
    EACH("what is written to a pipe is read, all of it, and neither end blocks the loop")
    {
        set_up_pipe(true);
        DID("wrote and read %d bytes through one pipe, whose ends block, in one thread", LARGE);
        CAUSE("to a pipe that blocks, no more than PIPE_BUF bytes at a time, when it is ready");
        pass();
        tear_down_pipe();
    }

    EACH("the same with a pipe that does not block, and with a kernel that is difficult")
    {
        static const char *const plans[] = {
            "", "read%77,write%99", "read@1=EINTR,write@1=EINTR,write@3=EAGAIN,read@2=EAGAIN"};
        set_up_pipe(false);
        for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
            DID("EDDY_FAULTS=%s", plans[i]);
            faults_plan(plans[i]);
            pass();
        }
        faults_plan("");
        tear_down_pipe();
    }

    EACH("nothing is there: the loop goes on; then a byte, and the end")
    {
        struct eddy_io io;
        struct eddy_future *future;
        char c = 0;
        set_up_pipe(true);
        future = eddy_read(&io, &loop, ends[0], &c, 1);
        turns(2);
        CHECK(!eddy_future_done(future));
        CHECK(write(ends[1], "y", 1) == 1);
        CHECK_CODE(wait_for(future), 0);
        CHECK_INT(io.n, 1);
        CHECK_INT(c, 'y');
        close(ends[1]);
        CHECK_CODE(wait_for(eddy_read(&io, &loop, ends[0], &c, 1)), 0);
        CHECK_INT(io.n, 0);
        ends[1] = dup(ends[0]);
        tear_down_pipe();
    }

    EACH("to write nothing is done at once, also to a full pipe; a cancel tells how much has gone")
    {
        struct eddy_io io;
        struct eddy_future *future;
        int n;
        set_up_pipe(true);
        n = fill_pipe();
        CHECK_CODE(eddy_future_error(eddy_write(&io, &loop, ends[1], "", 0)), 0);
        drain_pipe(n);
        future = eddy_write(&io, &loop, ends[1], pattern(LARGE), LARGE);
        for (int i = 0; i < 2; i++)
            turns(1);
        CHECK(!eddy_future_done(future));
        CHECK(eddy_future_cancel(future));
        CHECK(io.n > 0);
        DID("cancelled a write when %d bytes had gone", (int)io.n);
        drain_pipe((int)io.n);
        CHECK_CODE(wait_for(eddy_write(&io, &loop, ends[1], "z", 1)), 0);
        CHECK(read(ends[0], got, LARGE) == 1 && *got == 'z');
        tear_down_pipe();
    }

    EACH("in debug mode nobody is told that a pipe blocks")
    {
        struct eddy_io io;
        set_up_pipe(true);
        eddy_loop_set_debug(&loop, true);
        reports = 0;
        pass();
        CHECK_CODE(wait_for(eddy_writable(&io, &loop, ends[1])), 0);
        CHECK_CODE(wait_for(eddy_write(&io, &loop, ends[1], "", 0)), 0);
        CHECK_INT(reports, 0);
        tear_down_pipe();
    }
}

/* ---- The pipe that nobody reads ---------------------------------------------------------------- */

static volatile sig_atomic_t sigpipes;

static void count_sigpipe(int signo)
{
    (void)signo;
    sigpipes++;
}

/* Takes more than a pipe holds, and leaves: the writer is in the middle of it then. */
static void *read_and_leave(void *nothing)
{
    size_t n = 0;
    char some[4096];

    while (n < 100000)
        n += (size_t)read(ends[0], some, sizeof some);
    close(ends[0]);
    return nothing;
}

static void broken_pipe(void)
{
    EACH("a reader who leaves in the middle of a write: a part is written, and no signal comes")
    {
        struct sigaction counting = {.sa_handler = count_sigpipe};
        pthread_t reader;
        ssize_t n;
        set_up_pipe(true);
        sigpipes = 0;
        CHECK(sigaction(SIGPIPE, &counting, NULL) == 0);
        CHECK(pthread_create(&reader, NULL, read_and_leave, NULL) == 0);
        n = eddy_write_some(ends[1], pattern(1000000), 1000000);
        CHECK(pthread_join(reader, NULL) == 0);
        CHECK(n >= 100000 && n < 1000000);
        CHECK_INT(sigpipes, 0);
        ends[0] = dup(ends[1]);
        tear_down_pipe();
    }

    EACH("a pipe that nobody reads is EPIPE, and no signal comes")
    {
        struct eddy_io io;
        struct sigaction counting = {.sa_handler = count_sigpipe};
        set_up_pipe(true);
        close(ends[0]);
        CHECK_CODE(wait_for(eddy_write(&io, &loop, ends[1], "x", 1)), -EPIPE);
        CHECK(sigaction(SIGPIPE, &counting, NULL) == 0);
        CHECK_INT(eddy_write_some(ends[1], "x", 1), -EPIPE);
        CHECK_INT(sigpipes, 0);
        ends[0] = dup(ends[1]);
        tear_down_pipe();
    }

    EACH("a SIGPIPE that a program holds back stays held back, whether it has come or not")
    {
        sigset_t sigpipe, now;
        set_up_pipe(true);
        sigemptyset(&sigpipe);
        sigaddset(&sigpipe, SIGPIPE);
        CHECK(pthread_sigmask(SIG_BLOCK, &sigpipe, NULL) == 0);
        close(ends[0]);
        CHECK_INT(eddy_write_some(ends[1], "x", 1), -EPIPE);
        CHECK(sigpending(&now) == 0 && !sigismember(&now, SIGPIPE));
        CHECK(raise(SIGPIPE) == 0);
        CHECK_INT(eddy_write_some(ends[1], "x", 1), -EPIPE);
        CHECK(sigpending(&now) == 0 && sigismember(&now, SIGPIPE) == 1);
        CHECK(pthread_sigmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGPIPE) == 1);
        sigtimedwait(&sigpipe, NULL, &(struct timespec){0});
        ends[0] = dup(ends[1]);
        tear_down_pipe();
    }
}

/* ---- Files and terminals ----------------------------------------------------------------------- */

static void files(void)
{
    EACH("a file is always ready: it is written and read at once, in its pieces")
    {
        struct eddy_io io;
        FILE *file = tmpfile();
        int fd;
        set_up_real();
        CHECK(file != NULL);
        fd = fileno(file);
        CHECK_CODE(eddy_future_error(eddy_readable(&io, &loop, fd)), 0);
        CHECK_CODE(eddy_future_error(eddy_writable(&io, &loop, fd)), 0);
        CHECK_CODE(wait_for(eddy_write(&io, &loop, fd, pattern(LARGE), LARGE)), 0);
        CHECK_INT(io.n, LARGE);
        CHECK(lseek(fd, 0, SEEK_SET) == 0);
        CHECK_CODE(eddy_future_error(eddy_read(&io, &loop, fd, got, LARGE)), 0);
        CHECK_INT(io.n, LARGE);
        CHECK(memcmp(got, pattern(LARGE), LARGE) == 0);
        CHECK_CODE(eddy_future_error(eddy_read(&io, &loop, fd, got, LARGE)), 0);
        CHECK_INT(io.n, 0);
        fclose(file);
        tear_down_real();
    }

    EACH("a large write to a file gives up its turn, and closing finds it there")
    {
        struct eddy_io io;
        struct eddy_future *future;
        FILE *file = tmpfile();
        set_up_real();
        CHECK(file != NULL);
        future = eddy_write(&io, &loop, fileno(file), pattern(LARGE), LARGE);
        CHECK(!eddy_future_done(future));
        CHECK_INT(io.n, EDDY_IO_MOST);
        eddy_loop_close_fd(&loop, dup2(pair[0], fileno(file)));
        CHECK_CODE(wait_for(future), EDDY_ECLOSED);
        fclose(file);
        tear_down_real();
    }

    EACH("from /dev/null comes the end, and what goes there is gone")
    {
        struct eddy_io io;
        char c;
        int fd = open("/dev/null", O_RDWR);
        set_up_real();
        CHECK_CODE(eddy_future_error(eddy_read(&io, &loop, fd, &c, 1)), 0);
        CHECK_INT(io.n, 0);
        CHECK_CODE(eddy_future_error(eddy_write(&io, &loop, fd, "x", 1)), 0);
        close(fd);
        tear_down_real();
    }
}

/* The other end of a new terminal; -1: this machine has none. */
static int open_terminal(int *keyboard)
{
    struct termios settings;
    int fd = -1;

    *keyboard = posix_openpt(O_RDWR | O_NOCTTY);
    if (*keyboard >= 0 && grantpt(*keyboard) == 0 && unlockpt(*keyboard) == 0)
        fd = open(ptsname(*keyboard), O_RDWR | O_NOCTTY);
    if (fd < 0) {
        close(*keyboard);
        return -1;
    }
    CHECK(tcgetattr(fd, &settings) == 0);
    settings.c_lflag &= (tcflag_t)~ECHO;
    CHECK(tcsetattr(fd, TCSANOW, &settings) == 0);
    return fd;
}

static void terminals(void)
{
    EACH("a line that is typed is read whole, and O_NONBLOCK is not needed for it")
    {
        struct eddy_io io;
        struct eddy_future *future;
        char line[32] = "";
        int keyboard, terminal;
        set_up_real();
        terminal = open_terminal(&keyboard);
        if (terminal >= 0) {
            future = eddy_read(&io, &loop, terminal, line, sizeof line - 1);
            CHECK(write(keyboard, "hel", 3) == 3);
            turns(2);
            CHECK(!eddy_future_done(future));
            CHECK(write(keyboard, "lo\n", 3) == 3);
            CHECK_CODE(wait_for(future), 0);
            CHECK_TEXT(line, "hello\n");
            CHECK_CODE(wait_for(eddy_write(&io, &loop, terminal, "ok", 2)), 0);
            CHECK(!(fcntl(terminal, F_GETFL) & O_NONBLOCK));
            CHECK_CODE(eddy_loop_close_fd(&loop, terminal), 0);
            close(keyboard);
        }
        tear_down_real();
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        ready();
        bytes();
        broken_pipe();
        files();
        terminals();
    }
}
