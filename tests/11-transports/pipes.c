/* Transports over one end of a pipe, and over a terminal. On every selector. */
#define _XOPEN_SOURCE 700 /* for terminals: posix_openpt() and its like */
#include "told.h"

#include "pipes.h"

#include <sys/stat.h>

#include <poll.h>
#include <termios.h>

enum { LARGE = 300000 }; /* more than a pipe takes */

static int ends[2];

static void set_up_pipe(void)
{
    set_up_real();
    CHECK(pipe(ends) == 0);
    start_told();
}

/* Nobody owns it any more; the other end may have been closed before. */
static void tear_down_pipe(int other)
{
    if (other >= 0)
        close(other);
    tear_down_real();
}

static void open_reading(void)
{
    CHECK_CODE(eddy_connect_read_pipe(&transport, &loop, ends[0], &told_protocol), 0);
    EXPECT("");
    turns(1);
    EXPECT("made");
}

static void open_writing(void)
{
    CHECK_CODE(eddy_connect_write_pipe(&transport, &loop, ends[1], &told_protocol), 0);
    CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0); /* the test's end */
    EXPECT("");
    turns(1);
    EXPECT("made");
}

static void put(const char *text)
{
    CHECK(write(ends[1], text, strlen(text)) == (ssize_t)strlen(text));
}

static int say_all(const char *text)
{
    return eddy_transport_write(&transport, text, strlen(text));
}

/* ---- To read ---------------------------------------------------------------------------------------- */

static void reading(void)
{
    EACH("what is written to a pipe is data, as it comes, then the end, then it is lost")
    {
        set_up_pipe();
        put("one");
        open_reading(); /* TR-14: not before connection_made */
        turns(1);
        EXPECT("data=one");
        put("two\n");
        put("three");
        turns(1);
        EXPECT("data=two\nthree");
        put("four");
        close(ends[1]);
        until_lost();
        EXPECT("data=four eof lost=OK");
        CHECK(!is_open(ends[0]));
        tear_down_pipe(-1);
    }

    EACH("a pipe to read does not block from now on, and has no addresses")
    {
        set_up_pipe();
        open_reading();
        CHECK(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
        CHECK_INT(transport.peer.any.sa_family, AF_UNSPEC);
        CHECK_INT(transport.local.any.sa_family, AF_UNSPEC);
        eddy_transport_close(&transport);
        until_lost();
        tear_down_pipe(ends[1]);
    }

    EACH("while it is paused neither data nor the end is told, then both, data first")
    {
        set_up_pipe();
        open_reading();
        CHECK(eddy_transport_is_reading(&transport));
        eddy_transport_pause_reading(&transport);
        eddy_transport_pause_reading(&transport);
        CHECK(!eddy_transport_is_reading(&transport));
        put("abc");
        close(ends[1]);
        turns(3);
        EXPECT("");
        eddy_transport_resume_reading(&transport);
        eddy_transport_resume_reading(&transport);
        until_lost();
        EXPECT("data=abc eof lost=OK");
        tear_down_pipe(-1);
    }

    EACH("after its end a pipe closes, also if the protocol would keep the other direction open")
    {
        set_up_pipe();
        told_answer = EDDY_KEEP_OPEN;
        open_reading();
        close(ends[1]);
        until_lost();
        EXPECT("eof lost=OK");
        tear_down_pipe(-1);
    }

    EACH("closed, or aborted, it is told no more, and lost once")
    {
        for (int abort = 0; abort < 2; abort++) {
            set_up_pipe();
            open_reading();
            put("abc");
            (abort ? eddy_transport_abort : eddy_transport_close)(&transport);
            eddy_transport_close(&transport);
            eddy_transport_abort(&transport);
            CHECK(eddy_transport_is_closing(&transport) && !eddy_transport_is_reading(&transport));
            CHECK(is_open(ends[0]));
            EXPECT("");
            turns(3);
            EXPECT("lost=OK");
            CHECK(!is_open(ends[0]));
            eddy_transport_close(&transport);
            eddy_transport_abort(&transport);
            turns(2);
            CHECK_INT(times_lost, 1);
            tear_down_pipe(ends[1]);
        }
    }

    EACH("closed before connection_made, that comes all the same, and then the end")
    {
        set_up_pipe();
        CHECK_CODE(eddy_connect_read_pipe(&transport, &loop, ends[0], &told_protocol), 0);
        put("abc");
        eddy_transport_close(&transport);
        turns(3);
        EXPECT("made lost=OK");
        tear_down_pipe(ends[1]);
    }

    EACH("an interrupted read is tried again, EAGAIN is nothing, and EIO ends it")
    {
        set_up_pipe();
        open_reading();
        put("abc");
        faults_plan("read@1=EINTR");
        turns(1);
        EXPECT("data=abc");
        CHECK_INT(faults_injected(), 1);
        put("def");
        faults_plan("read@1=EAGAIN");
        turns(1);
        EXPECT("");
        turns(1);
        EXPECT("data=def");
        put("ghi");
        faults_plan("read@1=EIO");
        until_lost();
        EXPECT("lost=EIO");
        faults_plan("");
        tear_down_pipe(ends[1]);
    }

    EACH("an error of data_received is reported, and ends this transport with it")
    {
        set_up_pipe();
        told_answer = -EPROTO;
        open_reading();
        put("abc");
        until_lost();
        EXPECT("data=abc lost=EPROTO");
        CHECK_INT(reports, 1);
        CHECK(strstr(reported, "data_received") && strstr(reported, "told"));
        tear_down_pipe(ends[1]);
    }

    EACH("a byte at a time, all comes in order")
    {
        set_up_pipe();
        open_reading();
        CHECK(write(ends[1], pattern(5000), 5000) == 5000);
        close(ends[1]);
        quiet = true;
        faults_plan("read%1");
        until_lost();
        faults_plan("");
        EXPECT("eof lost=OK");
        CHECK(kept_size == 5000 && memcmp(kept, pattern(5000), 5000) == 0);
        tear_down_pipe(-1);
    }

    EACH("a pipe to read cannot be written to, and has no end to write")
    {
        struct iovec pieces[2] = {{(void *)"a", 1}, {(void *)"b", 1}};
        set_up_pipe();
        open_reading();
        CHECK_CODE(say_all("abc"), -EBADF);
        CHECK_CODE(eddy_transport_writelines(&transport, pieces, 2), -EBADF);
        CHECK(!eddy_transport_can_write_eof(&transport));
        CHECK_CODE(eddy_transport_write_eof(&transport), -EOPNOTSUPP);
        CHECK_INT(eddy_transport_get_write_buffer_size(&transport), 0);
        put("x");
        turns(1);
        EXPECT("data=x"); /* none of it has done any harm */
        eddy_transport_close(&transport);
        until_lost();
        EXPECT("lost=OK");
        CHECK_CODE(say_all("abc"), EDDY_ECLOSED);
        tear_down_pipe(ends[1]);
    }
}

/* ---- To write --------------------------------------------------------------------------------------- */

static void writing(void)
{
    EACH("what is written comes out at the other end, at once, and in order")
    {
        char text[16] = "";
        struct iovec pieces[3] = {{(void *)"de", 2}, {(void *)"", 0}, {(void *)"fg", 2}};
        set_up_pipe();
        open_writing();
        CHECK_CODE(say_all("abc"), 0);
        CHECK_CODE(say_all(""), 0);
        CHECK_INT(take(ends[0], text, sizeof text), 3);
        CHECK_CODE(eddy_transport_writelines(&transport, pieces, 3), 0);
        turns(2);
        CHECK_INT(take(ends[0], text, sizeof text), 4);
        CHECK_BYTES(text, 4, "defg", 4);
        CHECK_INT(eddy_transport_get_write_buffer_size(&transport), 0);
        EXPECT("");
        eddy_transport_close(&transport);
        until_lost();
        EXPECT("lost=OK");
        CHECK_INT(take(ends[0], text, sizeof text), 0);
        tear_down_pipe(ends[0]);
    }

    EACH("closed, or at its end, it sends what waits first: write_eof is close for a pipe")
    {
        for (int eof = 0; eof < 2; eof++) {
            start_told();
            set_up_pipe();
            open_writing();
            CHECK(eddy_transport_can_write_eof(&transport));
            CHECK_CODE(eddy_transport_write(&transport, pattern(LARGE), LARGE), 0);
            EXPECT("pause");
            if (eof)
                CHECK_CODE(eddy_transport_write_eof(&transport), 0);
            else
                eddy_transport_close(&transport);
            CHECK(eddy_transport_is_closing(&transport));
            CHECK_CODE(say_all("more"), EDDY_ECLOSED);
            CHECK_INT(take_all(ends[0]), LARGE);
            CHECK(memcmp(kept, pattern(LARGE), LARGE) == 0);
            EXPECT("resume lost=OK");
            CHECK_INT(times_lost, 1);
            tear_down_pipe(ends[0]);
        }
    }

    EACH("above a mark it pauses, at the lower one it resumes, by turns, and a limit holds")
    {
        static char room[LARGE];
        set_up_pipe();
        open_writing();
        CHECK_CODE(eddy_transport_set_write_buffer_limits(&transport, 100, 1000, 5000), 0);
        faults_plan("write@1+=EAGAIN");
        CHECK_CODE(eddy_transport_write(&transport, pattern(LARGE), 1000), 0);
        EXPECT("");
        CHECK_CODE(eddy_transport_write(&transport, pattern(LARGE) + 1000, 1), 0);
        EXPECT("pause");
        CHECK_CODE(eddy_transport_write(&transport, pattern(LARGE) + 1001, 3999), 0);
        CHECK_CODE(say_all("x"), EDDY_ELIMIT);
        CHECK_INT(eddy_transport_get_write_buffer_size(&transport), 5000);
        EXPECT("");
        faults_plan("");
        turns(2);
        EXPECT("resume");
        CHECK_INT(take(ends[0], room, sizeof room), 5000);
        CHECK(memcmp(room, pattern(LARGE), 5000) == 0);
        CHECK_CODE(say_all("x"), 0);
        eddy_transport_close(&transport);
        until_lost();
        EXPECT("lost=OK");
        tear_down_pipe(ends[0]);
    }

    EACH("a byte at a time, all is written in order, with interrupted and refused writes")
    {
        set_up_pipe();
        open_writing();
        faults_plan("write%1,write@2=EINTR,write@5=EAGAIN,write@6=EAGAIN");
        for (int i = 0; i < 100; i++)
            CHECK_CODE(eddy_transport_write(&transport, pattern(LARGE) + 50 * i, 50), 0);
        eddy_transport_close(&transport);
        CHECK_INT(take_all(ends[0]), 5000);
        CHECK(memcmp(kept, pattern(LARGE), 5000) == 0);
        faults_plan("");
        EXPECT("lost=OK");
        tear_down_pipe(ends[0]);
    }

    EACH("aborted, it drops what waits, and ends in the next turn")
    {
        char text[16];
        set_up_pipe();
        open_writing();
        CHECK_CODE(say_all("abc"), 0);
        faults_plan("write@1+=EAGAIN");
        CHECK_CODE(say_all("dropped"), 0);
        eddy_transport_abort(&transport);
        CHECK_INT(eddy_transport_get_write_buffer_size(&transport), 0);
        turns(1);
        faults_plan("");
        EXPECT("lost=OK");
        CHECK_INT(take(ends[0], text, sizeof text), 3);
        CHECK_INT(take(ends[0], text, sizeof text), 0);
        tear_down_pipe(ends[0]);
    }

    EACH("an error of a write is that write's, and the end, in the next turn")
    {
        set_up_pipe();
        open_writing();
        faults_plan("write@1=EIO");
        CHECK_CODE(say_all("abc"), -EIO);
        EXPECT("");
        CHECK_CODE(say_all("abc"), EDDY_ECLOSED);
        turns(2);
        faults_plan("");
        EXPECT("lost=EIO");
        tear_down_pipe(ends[0]);
    }

    EACH("written to before connection_made, it is sent all the same")
    {
        char text[16];
        set_up_pipe();
        CHECK_CODE(eddy_connect_write_pipe(&transport, &loop, ends[1], &told_protocol), 0);
        CHECK_CODE(say_all("abc"), 0);
        eddy_transport_close(&transport);
        CHECK_INT(take(ends[0], text, sizeof text), 3);
        turns(3);
        EXPECT("made lost=OK");
        tear_down_pipe(ends[0]);
    }
}

/* ---- Nobody reads any more -------------------------------------------------------------------------- */

static void sigpipe_is_ours(int signo)
{
    (void)signo;
    note("SIGPIPE");
}

static void readers(void)
{
    EACH("TR-21: the reader goes away though nothing is written: it is lost, without an error")
    {
        set_up_pipe();
        open_writing();
        turns(2);
        EXPECT("");
        close(ends[0]);
        until_lost();
        EXPECT("lost=OK");
        tear_down_pipe(-1);
    }

    EACH("TR-21: a pause of reading, which a pipe to write has none of, hides it from nobody")
    {
        set_up_pipe();
        CHECK_CODE(eddy_connect_write_pipe(&transport, &loop, ends[1], &told_protocol), 0);
        eddy_transport_pause_reading(&transport);
        CHECK(!eddy_transport_is_reading(&transport));
        turns(1);
        eddy_transport_pause_reading(&transport);
        close(ends[0]);
        turns(3);
        EXPECT("made lost=OK");
        tear_down_pipe(-1);
    }

    EACH("TR-21: the reader had gone before: connection_made comes first")
    {
        set_up_pipe();
        close(ends[0]);
        CHECK_CODE(eddy_connect_write_pipe(&transport, &loop, ends[1], &told_protocol), 0);
        until_lost();
        EXPECT("made lost=OK");
        tear_down_pipe(-1);
    }

    EACH("the reader goes away while bytes wait: EPIPE, whether they are being closed or not")
    {
        for (int closing = 0; closing < 2; closing++) {
            set_up_pipe();
            open_writing();
            CHECK_CODE(eddy_transport_write(&transport, pattern(LARGE), LARGE), 0);
            if (closing)
                eddy_transport_close(&transport);
            EXPECT("pause");
            close(ends[0]);
            until_lost();
            turns(2);
            EXPECT("lost=EPIPE");
            CHECK_INT(times_lost, 1);
            tear_down_pipe(-1);
        }
    }

    EACH("a write after the reader has gone is EPIPE, and never a SIGPIPE")
    {
        struct sigaction action = {.sa_handler = sigpipe_is_ours}, before;
        sigset_t pending;
        set_up_pipe();
        open_writing();
        CHECK(sigaction(SIGPIPE, &action, &before) == 0);
        close(ends[0]);
        CHECK_CODE(say_all("abc"), -EPIPE);
        until_lost();
        EXPECT("lost=EPIPE");
        CHECK(sigpending(&pending) == 0 && !sigismember(&pending, SIGPIPE));
        sigaction(SIGPIPE, &before, NULL);
        tear_down_pipe(-1);
    }
}

/* ---- What can be opened ----------------------------------------------------------------------------- */

static int open_one(bool to_write, int fd)
{
    return to_write ? eddy_connect_write_pipe(&transport, &loop, fd, &told_protocol)
                    : eddy_connect_read_pipe(&transport, &loop, fd, &told_protocol);
}

static void opening(void)
{
    EACH("a regular file is refused, and no descriptor is EBADF: nothing has changed then")
    {
        FILE *file = tmpfile();
        set_up_pipe();
        CHECK(file != NULL);
        for (int to_write = 0; to_write < 2; to_write++) {
            CHECK_CODE(open_one(to_write, fileno(file)), -EPERM);
            CHECK_CODE(open_one(to_write, 999), -EBADF);
            CHECK_CODE(open_one(to_write, -1), -EBADF);
        }
        CHECK(!(fcntl(fileno(file), F_GETFL) & O_NONBLOCK));
        CHECK(transport.loop == NULL);
        turns(2);
        EXPECT("");
        fclose(file);
        close(ends[1]);
        tear_down_pipe(ends[0]);
    }

    EACH("opened twice it is EQUEUED, without memory ENOMEM, of a closed loop ECLOSED")
    {
        set_up_pipe();
        for (int to_write = 0; to_write < 2; to_write++) {
            faults_plan("calloc@1=ENOMEM,malloc@1=ENOMEM");
            CHECK_CODE(open_one(to_write, ends[to_write]), -ENOMEM);
            faults_plan("");
            CHECK(is_open(ends[to_write]) && transport.loop == NULL);
        }
        open_reading();
        CHECK_CODE(open_one(false, ends[0]), EDDY_EQUEUED);
        CHECK_CODE(open_one(true, ends[1]), EDDY_EQUEUED);
        eddy_transport_close(&transport);
        until_lost();
        EXPECT("lost=OK");
        tear_down_real();
        CHECK_CODE(open_one(true, ends[1]), EDDY_ECLOSED);
        CHECK(is_open(ends[1]));
        close(ends[1]);
    }

    EACH("a number that was closed without a word before is a new one")
    {
        static struct eddy_watch old;
        int number;
        set_up_pipe();
        eddy_watch_init(&old, NULL);
        CHECK_CODE(eddy_loop_add_reader(&loop, ends[0], &old), 0);
        number = ends[0];
        close(ends[0]);
        close(ends[1]);
        CHECK(pipe(ends) == 0 && ends[0] == number);
        open_reading();
        put("abc");
        close(ends[1]);
        until_lost();
        EXPECT("data=abc eof lost=OK");
        tear_down_pipe(-1);
    }

    EACH("data is the caller's: it stays from before the opening to after the end")
    {
        set_up_pipe();
        transport.data = &ends;
        open_reading();
        CHECK(transport.data == &ends);
        close(ends[1]);
        until_lost();
        CHECK(transport.data == &ends);
        EXPECT("eof lost=OK");
        tear_down_pipe(-1);
    }
}

/* ---- Terminals -------------------------------------------------------------------------------------- */

/* ends[0] is the user's side, ends[1] the program's. */
static void set_up_terminal(void)
{
    struct termios settings;

    set_up_real();
    start_told();
    ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK(ends[0] >= 0 && grantpt(ends[0]) == 0 && unlockpt(ends[0]) == 0);
    ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
    CHECK(ends[1] >= 0 && tcgetattr(ends[1], &settings) == 0);
    settings.c_lflag &= (tcflag_t)~ECHO;
    settings.c_oflag &= (tcflag_t)~OPOST;
    CHECK(tcsetattr(ends[1], TCSANOW, &settings) == 0);
}

/* The kernel's terminals work by themselves: what was written need not be at the other side yet. */
static void until_data(void)
{
    WAITING("what was typed");
    while (kept_size == 0)
        turns(1);
}

static void terminals(void)
{
    EACH("a terminal to read: a line is told when it has been typed to its end")
    {
        set_up_terminal();
        CHECK_CODE(open_one(false, ends[1]), 0);
        turns(1);
        EXPECT("made");
        CHECK(write(ends[0], "hello\n", 6) == 6);
        until_data();
        EXPECT("data=hello\n");
        eddy_transport_close(&transport);
        until_lost();
        EXPECT("lost=OK");
        tear_down_pipe(ends[0]);
    }

    EACH("a terminal to write is not lost when the user types, and what is written appears")
    {
        char text[16] = "";
        struct pollfd typed;
        set_up_terminal();
        CHECK_CODE(open_one(true, ends[1]), 0);
        turns(1);
        CHECK(write(ends[0], "hello\n", 6) == 6);
        typed = (struct pollfd){.fd = ends[1], .events = POLLIN};
        WAITING("what was typed");
        CHECK_INT(poll(&typed, 1, -1), 1);
        turns(3);
        EXPECT("made");
        CHECK_CODE(say_all("abc"), 0);
        CHECK_INT(read(ends[0], text, sizeof text), 3);
        CHECK_TEXT(text, "abc");
        eddy_transport_close(&transport);
        until_lost();
        EXPECT("lost=OK");
        tear_down_pipe(ends[0]);
    }

    EACH("/dev/null to write is closed through the loop: ECLOSED, and the number is not ours")
    {
        set_up_real();
        start_told();
        ends[1] = open("/dev/null", O_WRONLY);
        CHECK_CODE(open_one(true, ends[1]), 0);
        turns(3);
        EXPECT("made");
        give_number_away(ends[1], pair[0]);
        until_lost();
        EXPECT("lost=EDDY_ECLOSED");
        CHECK(close(ends[1]) == 0);
        tear_down_pipe(-1);
    }

    EACH("a fifo that is open in both ways is not lost when what was written can be read")
    {
        char path[] = "/tmp/eddy-fifo-XXXXXX";
        int fd = mkstemp(path);
        CHECK_OK(fd);
        close(fd);
        CHECK_OK(unlink(path));
        CHECK_OK(mkfifo(path, 0600));
        set_up_real();
        start_told();
        ends[1] = open(path, O_RDWR);
        CHECK_OK(unlink(path));
        CHECK_CODE(open_one(true, ends[1]), 0);
        CHECK_CODE(eddy_transport_write(&transport, "abc", 3), 0);
        turns(3);
        EXPECT("made");
        eddy_transport_close(&transport);
        until_lost();
        EXPECT("lost=OK");
        tear_down_pipe(-1);
    }

    EACH("/dev/null to write takes all, and is not lost")
    {
        set_up_real();
        start_told();
        ends[1] = open("/dev/null", O_WRONLY);
        CHECK_CODE(open_one(true, ends[1]), 0);
        turns(3);
        EXPECT("made");
        CHECK_CODE(eddy_transport_write(&transport, pattern(LARGE), LARGE), 0);
        eddy_transport_close(&transport);
        until_lost();
        EXPECT("lost=OK");
        tear_down_pipe(-1);
    }
}

/* ---- Its frame, its loop, its descriptor ------------------------------------------------------------- */

/* Opens one in its frame, writes more than goes, and waits for something else. */
struct owner {
    struct eddy_co co;
    bool to_write;
    struct eddy_transport transport;
    struct eddy_future never;
};

static struct eddy_step owner(struct eddy_co *co)
{
    struct owner *self = CO_FRAME(co, owner);

    CO_BEGIN(co);
    if (self->to_write) {
        CHECK_CODE(
            eddy_connect_write_pipe(&self->transport, eddy_co_loop(co), ends[1], &told_protocol),
            0);
        CHECK_CODE(eddy_transport_write(&self->transport, pattern(LARGE), LARGE), 0);
    } else {
        CHECK_CODE(
            eddy_connect_read_pipe(&self->transport, eddy_co_loop(co), ends[0], &told_protocol), 0);
    }
    eddy_future_init(&self->never, eddy_co_loop(co));
    CO_AWAIT(co, &self->never);
    CO_END(co);
}

static void ending(void)
{
    EACH("in the frame of an abandoned task: its descriptor is closed, and nothing is told")
    {
        for (int to_write = 0; to_write < 2; to_write++)
            for (int n = 1; n < 4; n++) {
                static struct eddy_task task;
                static struct owner frame;
                set_up_pipe();
                eddy_task_start(&task, &loop, owner, &frame, .to_write = to_write);
                turns(n);
                trace[0] = '\0';
                eddy_task_abandon(&task);
                memset(&frame, 0x5a, sizeof frame);
                CHECK(!is_open(ends[to_write]));
                turns(3);
                EXPECT("");
                tear_down_pipe(ends[!to_write]);
            }
    }

    EACH("a loop that is closed closes them, and tells nobody")
    {
        for (int to_write = 0; to_write < 2; to_write++) {
            set_up_pipe();
            CHECK_CODE(open_one(to_write, ends[to_write]), 0);
            if (to_write)
                CHECK_CODE(eddy_transport_write(&transport, pattern(LARGE), LARGE), 0);
            turns(1);
            EXPECT(to_write ? "made pause" : "made");
            tear_down();
            close_pairs();
            CHECK(!is_open(ends[to_write]));
            CHECK(transport.loop == NULL && transport.fd == -1);
            EXPECT("");
            eddy_transport_close(&transport);
            close(ends[!to_write]);
        }
    }

    EACH("somebody closes its descriptor through the loop: ECLOSED, and the number is not ours")
    {
        for (int to_write = 0; to_write < 2; to_write++) {
            set_up_pipe();
            CHECK_CODE(open_one(to_write, ends[to_write]), 0);
            turns(1);
            give_number_away(ends[to_write], ends[!to_write]);
            until_lost();
            EXPECT("made lost=EDDY_ECLOSED");
            CHECK(is_open(ends[to_write]));
            close(ends[to_write]);
            tear_down_pipe(ends[!to_write]);
        }
    }

    EACH("lost, it can be opened again, in connection_lost's turn or later")
    {
        set_up_pipe();
        open_reading();
        eddy_transport_close(&transport);
        until_lost();
        EXPECT("lost=OK");
        close(ends[1]);
        CHECK(pipe(ends) == 0);
        times_lost = 0;
        open_reading();
        put("abc");
        close(ends[1]);
        until_lost();
        EXPECT("data=abc eof lost=OK");
        tear_down_pipe(-1);
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        reading();
        writing();
        readers();
        opening();
        terminals();
        ending();
    }
}
