/* From any descriptor into a reader: pipes, sockets, terminals, files. On every selector. */
#define _XOPEN_SOURCE 700 /* for terminals: posix_openpt() and its like */
#include "../06-tasks/sockets.h"

#include "fdio.h"
#include "pump.h"

#include <sys/stat.h>
#include <termios.h>

enum { LARGE = 300000, LIMIT = 1000 };

static struct eddy_pump pump, second;
static int ends[2];

static void set_up_pipe(void)
{
    set_up_real();
    CHECK(pipe(ends) == 0);
    pump = second = (struct eddy_pump){.fd = 0};
}

static void tear_down_ends(void)
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

static void tear_down_pipe(void)
{
    eddy_pump_close(&pump);
    eddy_pump_close(&second);
    tear_down_ends();
    tear_down_real();
}

static void open_pump(int fd, size_t limit)
{
    CHECK_CODE(eddy_pump_open(&pump, &loop, fd, limit), 0);
}

static int wait_for(struct eddy_future *future)
{
    WAITING("a read of what the pump brings");
    return eddy_loop_run_until_complete(&loop, future);
}

static int readline(void)
{
    return wait_for(eddy_reader_readline(&pump.reader));
}

static void put(int fd, const char *text)
{
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static void end_input(void)
{
    close(ends[1]);
    ends[1] = -1;
}

#define CHECK_LINE(text)                                                     \
    do {                                                                     \
        CHECK_CODE(readline(), 0);                                           \
        CHECK_BYTES(pump.reader.data, pump.reader.size, text, strlen(text)); \
    } while (0)

/* ---- What it reads ----------------------------------------------------------------------------------- */

/* All lines and the end, of whatever it is that they are written to. */
static void check_lines(int from, int to)
{
    open_pump(from, 0);
    put(to, "one\ntw");
    CHECK_LINE("one\n");
    put(to, "o\n\nrest");
    CHECK_LINE("two\n");
    CHECK_LINE("\n");
    CHECK(shutdown(to, SHUT_WR) == 0 || errno == ENOTSOCK);
}

static void kinds(void)
{
    EACH("a pipe that blocks is read line by line as they appear, to its end")
    {
        set_up_pipe();
        check_lines(ends[0], ends[1]);
        end_input();
        CHECK_LINE("rest");
        CHECK_LINE("");
        CHECK(!(fcntl(ends[0], F_GETFL) & O_NONBLOCK));
        tear_down_pipe();
    }

    EACH("a socket, too")
    {
        set_up_pipe();
        check_lines(pair[0], pair[1]);
        CHECK_LINE("rest");
        CHECK_LINE("");
        tear_down_pipe();
    }

    EACH("a socket whose other side resets it: that is the reader's error, in each read")
    {
        int listener, client, server;
        struct sockaddr_in addr = {.sin_family = AF_INET};
        socklen_t size = sizeof addr;
        set_up_pipe();
        addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        listener = socket(AF_INET, SOCK_STREAM, 0);
        client = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(bind(listener, (struct sockaddr *)&addr, size) == 0 && listen(listener, 1) == 0);
        CHECK(getsockname(listener, (struct sockaddr *)&addr, &size) == 0);
        CHECK(connect(client, (struct sockaddr *)&addr, size) == 0);
        server = accept(listener, NULL, NULL);
        CHECK(setsockopt(client, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
                         sizeof(struct linger)) == 0);
        open_pump(server, 0);
        close(client);
        CHECK_CODE(readline(), -ECONNRESET);
        CHECK_CODE(readline(), -ECONNRESET);
        eddy_pump_close(&pump);
        close(server);
        close(listener);
        tear_down_pipe();
    }

    EACH("a regular file is read to its end, though no kernel waits for it")
    {
        FILE *file = tmpfile();
        set_up_pipe();
        CHECK(file != NULL && fwrite(pattern(LARGE), 1, LARGE, file) == LARGE);
        CHECK(fflush(file) == 0 && lseek(fileno(file), 0, SEEK_SET) == 0);
        open_pump(fileno(file), 0);
        CHECK_CODE(wait_for(eddy_reader_readall(&pump.reader, LARGE)), 0);
        CHECK_INT(pump.reader.size, LARGE);
        CHECK(memcmp(pump.reader.data, pattern(LARGE), LARGE) == 0);
        CHECK(eddy_reader_at_eof(&pump.reader));
        eddy_pump_close(&pump);
        fclose(file);
        tear_down_pipe();
    }

    EACH("a file is read no further than is wanted, and in small reads it comes whole")
    {
        FILE *file = tmpfile();
        int n = 0, most;
        set_up_pipe();
        CHECK(file != NULL && fwrite(pattern(LARGE), 1, LARGE, file) == LARGE);
        CHECK(fflush(file) == 0 && lseek(fileno(file), 0, SEEK_SET) == 0);
        open_pump(fileno(file), LIMIT);
        turns(10);
        most = (int)lseek(fileno(file), 0, SEEK_CUR);
        CHECK(most > 2 * LIMIT && most < 2 * LIMIT + 20000);
        for (;;) {
            CHECK_CODE(wait_for(eddy_reader_read(&pump.reader, 777)), 0);
            if (pump.reader.size == 0)
                break;
            CHECK(memcmp(pump.reader.data, pattern(LARGE) + n, pump.reader.size) == 0);
            n += (int)pump.reader.size;
        }
        CHECK_INT(n, LARGE);
        eddy_pump_close(&pump);
        fclose(file);
        tear_down_pipe();
    }

    EACH("/dev/null is the end at once, a directory, an error, a descriptor that is none, too")
    {
        int null = open("/dev/null", O_RDONLY), directory = open("/", O_RDONLY);
        set_up_pipe();
        open_pump(null, 0);
        CHECK_LINE("");
        eddy_pump_close(&pump);
        open_pump(directory, 0);
        CHECK_CODE(readline(), -EISDIR);
        eddy_pump_close(&pump);
        close(directory);
        open_pump(directory, 0);
        CHECK_CODE(readline(), -EBADF);
        CHECK_CODE(readline(), -EBADF);
        eddy_pump_close(&pump);
        close(null);
        tear_down_pipe();
    }
}

/* The other end of a new terminal; -1: this machine has none. */
static int open_terminal(int *keyboard)
{
    int fd = -1;

    *keyboard = posix_openpt(O_RDWR | O_NOCTTY);
    if (*keyboard >= 0 && grantpt(*keyboard) == 0 && unlockpt(*keyboard) == 0)
        fd = open(ptsname(*keyboard), O_RDWR | O_NOCTTY);
    return fd;
}

static void terminals(void)
{
    EACH("a terminal is read line by line, and Ctrl-D is the end, it goes on blocking")
    {
        int keyboard, terminal;
        set_up_pipe();
        terminal = open_terminal(&keyboard);
        if (terminal < 0)
            SKIP("there is no terminal here");
        open_pump(terminal, 0);
        put(keyboard, "hel");
        turns(2);
        put(keyboard, "lo\nmore\n");
        CHECK_LINE("hello\n");
        CHECK_LINE("more\n");
        put(keyboard, "\4");
        CHECK_LINE("");
        CHECK(!(fcntl(terminal, F_GETFL) & O_NONBLOCK));
        eddy_pump_close(&pump);
        close(terminal);
        close(keyboard);
        tear_down_pipe();
    }
}

/* ---- Pausing ----------------------------------------------------------------------------------------- */

static int left_in_pipe(void)
{
    static char bytes[LARGE];

    CHECK_OK(eddy_net_prepare(ends[0]));
    return (int)read(ends[0], bytes, sizeof bytes);
}

static int make_nonblocking(int fd)
{
    return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void put_pattern(int from, int n)
{
    CHECK(write(ends[1], pattern(LARGE) + from, (size_t)n) == n);
}

/* When 40,000 of 50,000 bytes have come: that is far above the limit, and nobody waits any more. */
static void cancel_large_read(void)
{
    struct eddy_future *future;

    open_pump(ends[0], LIMIT);
    put_pattern(0, 40000);
    future = eddy_reader_readexactly(&pump.reader, 50000);
    turns(10);
    CHECK_INT(pump.reader.end, 40000);
    CHECK(eddy_future_cancel(future));
}

static void pauses(void)
{
    EACH("nobody reads: it takes more than twice the limit, and the rest stays in the pipe")
    {
        int n;
        set_up_pipe();
        CHECK(make_nonblocking(ends[1]) == 0);
        n = (int)write(ends[1], pattern(LARGE), 60000);
        CHECK(n > 30000);
        open_pump(ends[0], LIMIT);
        turns(10);
        CHECK_INT(pump.reader.end, 16384);
        CHECK_INT(loop.watches.count, 0);
        eddy_pump_close(&pump);
        CHECK_INT(left_in_pipe(), n - 16384);
        tear_down_pipe();
    }

    EACH("it goes on when somebody waits, and when enough was read: nothing is lost or doubled")
    {
        struct eddy_io io;
        struct eddy_future *writing;
        int n = 0;
        set_up_pipe();
        CHECK(make_nonblocking(ends[1]) == 0);
        open_pump(ends[0], LIMIT);
        writing = eddy_write(&io, &loop, ends[1], pattern(LARGE), LARGE);
        for (int i = 0; n < LARGE; i++) {
            size_t want = (size_t)(i % 5 == 0 ? 20000 : 1 + i % 3000);
            want = want < (size_t)(LARGE - n) ? want : (size_t)(LARGE - n);
            CHECK_CODE(wait_for(eddy_reader_readexactly(&pump.reader, want)), 0);
            CHECK(memcmp(pump.reader.data, pattern(LARGE) + n, want) == 0);
            n += (int)want;
        }
        CHECK_CODE(wait_for(writing), 0);
        end_input();
        CHECK_LINE("");
        tear_down_pipe();
    }

    EACH("a cancelled read pauses it, when much has come, the next one goes on, and has all")
    {
        set_up_pipe();
        cancel_large_read();
        put_pattern(40000, 10000);
        CHECK_CODE(wait_for(eddy_reader_readexactly(&pump.reader, 50000)), 0);
        CHECK(memcmp(pump.reader.data, pattern(LARGE), 50000) == 0);
        tear_down_pipe();
    }

    EACH("after such a cancel, it goes on also when little is left, and nobody waits")
    {
        set_up_pipe();
        cancel_large_read();
        CHECK_CODE(wait_for(eddy_reader_readexactly(&pump.reader, 39500)), 0);
        put_pattern(40000, 10000);
        turns(3);
        CHECK_CODE(eddy_future_error(eddy_reader_readexactly(&pump.reader, 10500)), 0);
        CHECK(memcmp(pump.reader.data, pattern(LARGE) + 39500, 10500) == 0);
        tear_down_pipe();
    }

    EACH("it is paused, and the end comes: it reads no more, whoever writes there then")
    {
        char path[] = "/tmp/eddy-pump-XXXXXX", bytes[8];
        set_up_pipe();
        tear_down_ends();
        CHECK(mkdtemp(path) != NULL && rmdir(path) == 0 && mkfifo(path, 0600) == 0);
        ends[0] = open(path, O_RDONLY | O_NONBLOCK);
        ends[1] = open(path, O_WRONLY);
        cancel_large_read();
        end_input();
        turns(2);
        ends[1] = open(path, O_WRONLY);
        CHECK(unlink(path) == 0);
        put(ends[1], "new");
        CHECK_CODE(wait_for(eddy_reader_read(&pump.reader, 39900)), 0);
        turns(3);
        CHECK_CODE(wait_for(eddy_reader_read(&pump.reader, 200)), 0);
        CHECK_INT(pump.reader.size, 100);
        CHECK_LINE("");
        CHECK(read(ends[0], bytes, sizeof bytes) == 3);
        tear_down_pipe();
    }

    EACH("asyncio 168: to read to the end of ten times the limit does not hang")
    {
        set_up_pipe();
        CHECK(write(ends[1], pattern(LARGE), 10 * LIMIT) == 10 * LIMIT);
        end_input();
        open_pump(ends[0], LIMIT);
        turns(5);
        CHECK_CODE(wait_for(eddy_reader_readall(&pump.reader, LARGE)), 0);
        CHECK_INT(pump.reader.size, 10 * LIMIT);
        tear_down_pipe();
    }
}

/* ---- Ends --------------------------------------------------------------------------------------------- */

static void ends_early(void)
{
    EACH("closed, it takes nothing more: what is in the pipe is the next reader's")
    {
        char text[8] = "";
        struct eddy_future *future;
        set_up_pipe();
        open_pump(ends[0], 0);
        put(ends[1], "a\n");
        CHECK_LINE("a\n");
        future = eddy_reader_readline(&pump.reader);
        put(ends[1], "b\n");
        eddy_pump_close(&pump);
        eddy_pump_close(&pump);
        CHECK_CODE(wait_for(future), EDDY_ECLOSED);
        CHECK_INT(loop.watches.count, 0);
        CHECK(read(ends[0], text, sizeof text) == 2);
        CHECK_TEXT(text, "b\n");
        open_pump(ends[0], 0); /* and it can be opened again */
        put(ends[1], "c\n");
        CHECK_LINE("c\n");
        tear_down_pipe();
    }

    EACH("one that was zeroed is closed, opened twice it is EQUEUED, and goes on")
    {
        set_up_pipe();
        eddy_pump_close(&pump);
        open_pump(ends[0], 0);
        CHECK_CODE(eddy_pump_open(&pump, &loop, pair[0], 0), EDDY_EQUEUED);
        put(ends[1], "a\n");
        CHECK_LINE("a\n");
        tear_down_pipe();
    }

    EACH("its descriptor is closed through the loop: ECLOSED, in each read")
    {
        struct eddy_future *future;
        set_up_pipe();
        open_pump(ends[0], 0);
        future = eddy_reader_readline(&pump.reader);
        turns(2);
        CHECK_CODE(eddy_loop_close_fd(&loop, ends[0]), 0);
        ends[0] = -1;
        CHECK_CODE(wait_for(future), EDDY_ECLOSED);
        CHECK_CODE(readline(), EDDY_ECLOSED);
        tear_down_pipe();
    }

    EACH("two on one descriptor: the second is EWATCHED, and the first goes on")
    {
        set_up_pipe();
        open_pump(ends[0], 0);
        CHECK_CODE(eddy_pump_open(&second, &loop, ends[0], 0), 0);
        CHECK_CODE(wait_for(eddy_reader_readline(&second.reader)), EDDY_EWATCHED);
        put(ends[1], "a\n");
        CHECK_LINE("a\n");
        eddy_pump_close(&second);
        put(ends[1], "b\n");
        CHECK_LINE("b\n");
        tear_down_pipe();
    }

    EACH("of a closed loop none is opened, one that was open is closed without harm")
    {
        set_up_pipe();
        open_pump(ends[0], 0);
        CHECK_CODE(eddy_future_error(eddy_reader_readline(&pump.reader)), EDDY_EPENDING);
        tear_down();
        CHECK_CODE(eddy_pump_open(&second, &loop, ends[0], 0), EDDY_ECLOSED);
        eddy_pump_close(&pump);
        close_pairs();
        close(ends[0]);
        close(ends[1]);
    }

    EACH("a kernel that is difficult: interrupted, not now, one byte at a time, and an error")
    {
        set_up_pipe();
        put(ends[1], "one\ntwo\n");
        faults_plan("read@1=EINTR,read@2=EAGAIN,read%1");
        open_pump(ends[0], 0);
        CHECK_LINE("one\n");
        CHECK_LINE("two\n");
        faults_plan("read@1=EIO");
        put(ends[1], "three\n");
        CHECK_CODE(readline(), -EIO);
        faults_plan("");
        tear_down_pipe();
    }

    EACH("without memory, at each allocation: an error of the start or of a read")
    {
        int err = -1;
        char plan[96];
        for (int i = 1; err < 0; i++) {
            CHECK(i < 20);
            set_up_pipe();
            put(ends[1], "one\n");
            snprintf(plan, sizeof plan, "malloc@%d=ENOMEM,calloc@%d=ENOMEM,realloc@%d=ENOMEM", i, i,
                     i);
            faults_plan(plan);
            err = eddy_pump_open(&pump, &loop, ends[0], 0);
            if (err == 0)
                err = readline();
            DID("%s: %s", plan, eddy_errname(err));
            CHECK(err == 0 || err == -ENOMEM);
            CHECK(i > 1 || err == -ENOMEM);
            err = faults_injected() > 0 && err == 0 ? -1 : err;
            faults_plan("");
            tear_down_pipe();
        }
    }
}

/* ---- In a frame --------------------------------------------------------------------------------------- */

struct owner {
    struct eddy_co co;
    struct eddy_pump in;
    int fd;
};

static struct eddy_step owner(struct eddy_co *co)
{
    struct owner *self = CO_FRAME(co, owner);
    int err;

    CO_BEGIN(co);
    err = eddy_pump_open(&self->in, eddy_co_loop(co), self->fd, 0);
    CHECK(err == 0 || self->in.reader.loop == NULL);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_reader_readline(&self->in.reader));
    note("%.*s", (int)self->in.reader.size - 1, self->in.reader.data);
    CO_FINALLY(co);
    eddy_pump_close(&self->in);
    CO_END(co);
}

/* Reads a byte, and then more than is there, in the same turn. */
struct hungry {
    struct eddy_co co;
};

static struct eddy_step hungry(struct eddy_co *co)
{
    CO_BEGIN(co);
    CO_AWAIT(co, eddy_reader_readexactly(&pump.reader, 1));
    CO_AWAIT(co, eddy_reader_readexactly(&pump.reader, LARGE));
    CO_END(co);
}

/* Another one closes the descriptor, and reads in the next turn, before the pump has been told. */
struct closer {
    struct eddy_co co;
    bool closes;
    int turns;
};

static struct eddy_step closer(struct eddy_co *co)
{
    struct closer *self = CO_FRAME(co, closer);

    CO_BEGIN(co);
    while (self->turns-- > 0)
        CO_AWAIT(co, eddy_next_turn());
    if (!self->closes)
        CO_RETURN(co);
    CHECK_CODE(eddy_loop_close_fd(eddy_co_loop(co), ends[0]), 0);
    ends[0] = -1;
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_reader_readexactly(&pump.reader, LARGE));
    CO_END(co);
}

/* Writes a byte to itself, and reads it, a hundred times. */
struct echo {
    struct eddy_co co;
    int times;
};

static struct eddy_step echo(struct eddy_co *co)
{
    struct echo *self = CO_FRAME(co, echo);

    CO_BEGIN(co);
    for (; self->times < 100; self->times++) {
        put(ends[1], "x");
        CO_AWAIT(co, eddy_reader_readexactly(&pump.reader, 1));
    }
    CO_END(co);
}

static long count_waits(void)
{
    return faults_calls("epoll_wait") + faults_calls("poll") + faults_calls("select");
}

static void in_frames(void)
{
    EACH("whoever waits has what came in the same turn: a hundred bytes cost a hundred waits")
    {
        static struct eddy_task a;
        static struct echo frame;
        set_up_pipe();
        open_pump(ends[0], 0);
        eddy_task_start(&a, &loop, echo, &frame);
        faults_plan("");
        complete(&a, 0);
        CAUSE("the task that waits does not join the batch in which its bytes came");
        CHECK(count_waits() >= 100 && count_waits() < 110);
        tear_down_pipe();
    }

    EACH("paused, closed and wanted again before it has heard of that, it is ECLOSED")
    {
        static struct eddy_task a, b;
        static struct closer frames[2];
        set_up_pipe();
        cancel_large_read();
        eddy_task_start(&a, &loop, closer, &frames[0], .turns = 9);
        eddy_task_start(&b, &loop, closer, &frames[1], .turns = 4, .closes = true);
        complete(&b, EDDY_ECLOSED);
        complete(&a, 0);
        tear_down_pipe();
    }

    EACH("paused and wanted again in one turn, it still tells what becomes of its descriptor")
    {
        static struct eddy_task a;
        static struct hungry frame;
        set_up_pipe();
        open_pump(ends[0], LIMIT);
        eddy_task_start(&a, &loop, hungry, &frame);
        turns(1);
        put_pattern(0, 16000);
        turns(3);
        CHECK_INT(pump.reader.end, 16000);
        CHECK_CODE(eddy_loop_close_fd(&loop, ends[0]), 0);
        ends[0] = -1;
        complete(&a, EDDY_ECLOSED);
        tear_down_pipe();
    }

    EACH("a task that is abandoned with an open pump leaves no pointer, and the pipe alone")
    {
        static struct eddy_task a;
        static struct owner frame;
        char text[8] = "";
        set_up_pipe();
        eddy_task_start(&a, &loop, owner, &frame, .fd = ends[0]);
        turns(2);
        CHECK_INT(loop.watches.count, 1);
        eddy_task_abandon(&a);
        CHECK_INT(loop.watches.count, 0);
        memset(&frame, 0x5a, sizeof frame);
        put(ends[1], "a\n");
        turns(2);
        CHECK(read(ends[0], text, sizeof text) == 2);
        EXPECT("");
        tear_down_pipe();
    }

    EACH("a task that is cancelled closes its pump, and the next task reads what comes")
    {
        static struct eddy_task a;
        static struct owner frame;
        set_up_pipe();
        eddy_task_start(&a, &loop, owner, &frame, .fd = ends[0]);
        turns(2);
        CHECK(eddy_task_cancel(&a));
        complete(&a, -ECANCELED);
        eddy_task_start(&a, &loop, owner, &frame, .fd = ends[0]);
        put(ends[1], "hello\n");
        complete(&a, 0);
        EXPECT("hello");
        tear_down_pipe();
    }

    EACH("a frame that cannot be told is ENOMEM, and nothing is open")
    {
        static struct eddy_task a;
        static struct owner frame;
        set_up_pipe();
        eddy_task_start(&a, &loop, owner, &frame, .fd = ends[0]);
        faults_plan("calloc@1=ENOMEM");
        complete(&a, -ENOMEM);
        faults_plan("");
        CHECK_INT(loop.watches.count, 0);
        tear_down_pipe();
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        kinds();
        terminals();
        pauses();
        ends_early();
        in_frames();
    }
}
