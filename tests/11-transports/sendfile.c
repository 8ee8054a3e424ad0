/* A file that is sent on a transport, between what is written. On every selector. */
#include "told.h"

#include "pipes.h"
#include "sendfile.h"

enum { LARGE = 1000000 }; /* more than a socket takes at once */

static struct eddy_sendfile sending, second;
static FILE *file;
static int number; /* the file's descriptor */

static void set_up_file(size_t n)
{
    set_up_real();
    start_told();
    file = tmpfile();
    CHECK(file != NULL && fwrite(pattern(n), 1, n, file) == n && fflush(file) == 0);
    number = fileno(file);
    CHECK_CODE(eddy_transport_open(&transport, &loop, pair[0], &told_protocol), 0);
    turns(1);
    EXPECT("made");
}

/* The transport has ended, and closed its socket. */
static void tear_down_file(void)
{
    fclose(file);
    CHECK(!is_open(pair[0]));
    CHECK_INT(loop.watches.count, 0);
    tear_down();
    close(pair[1]);
    close(pair2[0]);
    close(pair2[1]);
}

static void put(const char *text)
{
    CHECK_CODE(eddy_transport_write(&transport, text, strlen(text)), 0);
}

static struct eddy_future *send_file(off_t offset, size_t n)
{
    return eddy_sendfile(&sending, &transport, number, offset, n);
}

static int wait_for(struct eddy_future *future)
{
    WAITING("a file to be sent");
    return eddy_loop_run_until_complete(&loop, future);
}

#define PENDING(future) CHECK_CODE(eddy_future_error(future), EDDY_EPENDING)

/* The peer reads until the end: exactly these. */
static void expect_all(const char *before, size_t offset, size_t n, const char *after)
{
    size_t first = strlen(before), last = strlen(after);

    CHECK_INT(take_all(pair[1]), (long long)(first + n + last));
    CHECK(memcmp(kept, before, first) == 0);
    CHECK(memcmp(kept + first, pattern(LARGE) + offset, n) == 0);
    CHECK(memcmp(kept + first + n, after, last) == 0);
}

/* ---- In order --------------------------------------------------------------------------------------- */

struct sender_of_files {
    struct eddy_co co;
    struct eddy_sendfile first, second;
};

static struct eddy_step sender_of_files(struct eddy_co *co)
{
    struct sender_of_files *self = CO_FRAME(co, sender_of_files);

    CO_BEGIN(co);
    put("one ");
    CO_AWAIT(co, eddy_sendfile(&self->first, &transport, number, 0, 3));
    put(" two ");
    CO_AWAIT(co, eddy_sendfile(&self->second, &transport, number, 3, 2));
    CHECK(self->first.sent == 3 && self->second.sent == 2);
    put(" three");
    eddy_transport_close(&transport);
    CO_END(co);
}

/* It begins to send, and goes to sleep. */
struct looks_away {
    struct eddy_co co;
    struct eddy_sendfile sending;
    struct eddy_sleep sleep;
};

static struct eddy_step looks_away(struct eddy_co *co)
{
    struct looks_away *self = CO_FRAME(co, looks_away);

    CO_BEGIN(co);
    eddy_sendfile(&self->sending, &transport, number, 0, LARGE);
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 1000));
    CO_END(co);
}

static void in_order(void)
{
    EACH("after what waits already, before what is written while it is under way")
    {
        static char before[LARGE + 1];
        struct eddy_future *future;
        set_up_file(LARGE);
        memset(before, 'b', LARGE);
        CHECK_CODE(eddy_transport_set_write_buffer_limits(&transport, LARGE, LARGE, 3 * LARGE), 0);
        put(before);
        CHECK(eddy_transport_get_write_buffer_size(&transport) > 0);
        future = send_file(0, LARGE);
        PENDING(future);
        put("after");
        put(", too");
        eddy_transport_close(&transport);
        expect_all(before, 0, LARGE, "after, too");
        CHECK_CODE(eddy_future_error(future), 0);
        CHECK_INT(sending.sent, LARGE);
        EXPECT("lost=OK");
        tear_down_file();
    }

    EACH("a byte at a time, of the file and of the socket, all comes in order")
    {
        struct eddy_future *future;
        set_up_file(LARGE);
        put("before");
        faults_plan("send%1,pread%3,send@3=EAGAIN,send@9=EINTR,pread@7=EINTR");
        future = send_file(0, 2000);
        put("after");
        eddy_transport_close(&transport);
        expect_all("before", 0, 2000, "after");
        CHECK(faults_injected() > 4000);
        faults_plan("");
        CHECK_CODE(eddy_future_error(future), 0);
        CHECK_INT(sending.sent, 2000);
        EXPECT("lost=OK");
        tear_down_file();
    }

    EACH("a task sends parts of it, one after the other, and writes in between")
    {
        static struct eddy_task task;
        static struct sender_of_files frame;
        set_up_file(LARGE);
        eddy_task_start(&task, &loop, sender_of_files, &frame);
        complete(&task, 0);
        until_lost();
        CHECK_INT(take_all(pair[1]), 20);
        CHECK(memcmp(kept, "one ", 4) == 0 && memcmp(kept + 4, pattern(LARGE), 3) == 0);
        CHECK(memcmp(kept + 7, " two ", 5) == 0 && memcmp(kept + 12, pattern(LARGE) + 3, 2) == 0);
        CHECK(memcmp(kept + 14, " three", 6) == 0);
        EXPECT("lost=OK");
        tear_down_file();
    }

    EACH("a part from an offset on, and the file's own position stays")
    {
        set_up_file(LARGE);
        CHECK(lseek(number, 17, SEEK_SET) == 17);
        CHECK_CODE(wait_for(send_file(LARGE - 1000, 900)), 0);
        CHECK_INT(lseek(number, 0, SEEK_CUR), 17);
        CHECK(is_open(number));
        eddy_transport_close(&transport);
        expect_all("", LARGE - 1000, 900, "");
        tear_down_file();
    }

    EACH("nothing of it is sent at once, in its place, also of a file that is empty")
    {
        struct eddy_future *future;
        set_up_file(0);
        faults_plan("send@1=EAGAIN");
        put("before");
        future = send_file(0, 0);
        put("after");
        PENDING(future);
        CHECK_CODE(wait_for(future), 0);
        faults_plan("");
        CHECK_INT(sending.sent, 0);
        eddy_transport_close(&transport);
        expect_all("before", 0, 0, "after");
        tear_down_file();
    }

    EACH("data comes in meanwhile: what is received and what is sent share a buffer, and no byte")
    {
        struct eddy_future *future;
        size_t n = 0, more;
        set_up_file(LARGE);
        quiet = true;
        future = send_file(0, LARGE);
        WAITING("the file, and what is sent to its sender");
        while (n < LARGE) {
            static char room[LARGE];
            ssize_t got = recv(pair[1], room, sizeof room, 0);
            if (got > 0) {
                CHECK(memcmp(room, pattern(LARGE) + n, (size_t)got) == 0);
                n += (size_t)got;
            }
            memset(room, 'x', 1000);
            CHECK_INT(send(pair[1], room, 1000, MSG_NOSIGNAL), 1000);
            turns(1);
        }
        CHECK_CODE(wait_for(future), 0);
        turns(2);
        more = kept_size;
        CHECK(more > 0 && more % 1000 == 0);
        for (size_t i = 0; i < more; i++)
            CHECK(kept[i] == 'x');
        eddy_transport_close(&transport);
        until_lost();
        EXPECT("lost=OK");
        tear_down_file();
    }
}

/* ---- Marks, and the end ------------------------------------------------------------------------------ */

static void marks(void)
{
    EACH("the file counts for no mark, what is written after it does")
    {
        struct eddy_future *future;
        set_up_file(LARGE);
        CHECK_CODE(eddy_transport_set_write_buffer_limits(&transport, 10, 20, 30), 0);
        future = send_file(0, LARGE);
        turns(1);
        CHECK_INT(eddy_transport_get_write_buffer_size(&transport), 0);
        put("0123456789");
        put("0123456789");
        CHECK_INT(eddy_transport_get_write_buffer_size(&transport), 20);
        EXPECT("");
        put("!");
        EXPECT("pause");
        CHECK_CODE(eddy_transport_write(&transport, "0123456789", 10), EDDY_ELIMIT);
        CHECK_INT(eddy_transport_get_write_buffer_size(&transport), 21);
        eddy_transport_close(&transport);
        expect_all("", 0, LARGE, "01234567890123456789!");
        CHECK_CODE(eddy_future_error(future), 0);
        EXPECT("resume lost=OK");
        tear_down_file();
    }

    EACH("closed while it is under way: all of it is sent first")
    {
        struct eddy_future *future;
        set_up_file(LARGE);
        future = send_file(0, LARGE);
        eddy_transport_close(&transport);
        expect_all("", 0, LARGE, "");
        CHECK_CODE(eddy_future_error(future), 0);
        EXPECT("lost=OK");
        CHECK_INT(times_lost, 1);
        tear_down_file();
    }

    EACH("at the end of writing, too; and the other direction stays open")
    {
        struct eddy_future *future;
        set_up_file(LARGE);
        future = send_file(0, LARGE);
        CHECK_CODE(eddy_transport_write_eof(&transport), 0);
        expect_all("", 0, LARGE, "");
        CHECK_CODE(eddy_future_error(future), 0);
        say(pair[1], "thanks");
        turns(1);
        EXPECT("data=thanks");
        eddy_transport_close(&transport);
        until_lost();
        EXPECT("lost=OK");
        tear_down_file();
    }

    EACH("to a pipe, whose reader goes away in the middle: EPIPE, for both")
    {
        for (int gone = 0; gone < 2; gone++) {
            int ends[2];
            struct eddy_future *future;
            set_up_file(LARGE);
            eddy_transport_close(&transport);
            until_lost();
            start_told();
            trace[0] = '\0';
            CHECK(pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
            CHECK_CODE(eddy_connect_write_pipe(&transport, &loop, ends[1], &told_protocol), 0);
            future = send_file(0, LARGE);
            turns(3);
            if (gone) {
                close(ends[0]);
                until_lost();
                EXPECT("made lost=EPIPE");
                CHECK_CODE(eddy_future_error(future), -EPIPE);
            } else {
                eddy_transport_close(&transport);
                CHECK_INT(take_all(ends[0]), LARGE);
                CHECK(memcmp(kept, pattern(LARGE), LARGE) == 0);
                close(ends[0]);
                EXPECT("made lost=OK");
                CHECK_CODE(eddy_future_error(future), 0);
            }
            tear_down_file();
        }
    }
}

/* ---- It fails --------------------------------------------------------------------------------------- */

static void failing(void)
{
    EACH("a file that is too short is EINCOMPLETE, and the connection is lost")
    {
        struct eddy_future *future;
        set_up_file(1000);
        future = send_file(600, 401);
        put("after");
        CHECK_CODE(wait_for(future), EDDY_EINCOMPLETE);
        CHECK_INT(sending.sent, 400);
        until_lost();
        EXPECT("lost=EDDY_EINCOMPLETE");
        CHECK_INT(take_all(pair[1]), 400);
        tear_down_file();
    }

    EACH("a read that fails, at the first piece or later, loses the connection with that")
    {
        static const char *const plans[] = {"pread@1=EIO", "pread@2=EIO", "pread@5=EIO"};
        for (int i = 0; i < 3; i++) {
            struct eddy_future *future;
            set_up_file(LARGE);
            faults_plan(plans[i]);
            future = send_file(0, LARGE);
            take_all(pair[1]);
            CHECK_INT(faults_injected(), 1);
            faults_plan("");
            CHECK_CODE(eddy_future_error(future), -EIO);
            CHECK_INT(sending.sent, (long long)kept_size);
            CHECK(memcmp(kept, pattern(LARGE), kept_size) == 0);
            EXPECT("lost=EIO");
            tear_down_file();
        }
    }

    EACH("no file is EBADF, and a directory, EISDIR: the connection is lost")
    {
        int directory = open("/", O_RDONLY);
        set_up_file(10);
        CHECK_CODE(wait_for(eddy_sendfile(&sending, &transport, 999, 0, 10)), -EBADF);
        until_lost();
        EXPECT("lost=EBADF");
        tear_down_file();
        set_up_file(10);
        CHECK_CODE(wait_for(eddy_sendfile(&sending, &transport, directory, 0, 10)), -EISDIR);
        until_lost();
        EXPECT("lost=EISDIR");
        tear_down_file();
        close(directory);
    }

    EACH("cancelled in the middle, the connection is lost with ECANCELED")
    {
        for (int n = 0; n < 3; n++) {
            struct eddy_future *future;
            set_up_file(LARGE);
            future = send_file(0, LARGE);
            put("after");
            turns(n);
            PENDING(future);
            CHECK(eddy_future_cancel(future));
            CHECK(!eddy_future_cancel(future));
            CHECK_CODE(eddy_future_error(future), -ECANCELED);
            CHECK_INT(eddy_transport_get_write_buffer_size(&transport), 0);
            CHECK_CODE(eddy_transport_write(&transport, "x", 1), EDDY_ECLOSED);
            EXPECT("");
            until_lost();
            turns(2);
            EXPECT("lost=ECANCELED");
            CHECK_INT(take_all(pair[1]), (long long)sending.sent);
            CHECK_CODE(send_file(0, 5)->err, EDDY_ECLOSED); /* and not EQUEUED: it is free again */
            tear_down_file();
        }
    }

    EACH("a task that is cancelled, or abandoned, in the middle: nothing points to its frame")
    {
        for (int abandon = 0; abandon < 2; abandon++) {
            static struct eddy_task task;
            static struct sender_of_files frame;
            set_up_file(LARGE);
            faults_plan("send@2+=EAGAIN");
            eddy_task_start(&task, &loop, sender_of_files, &frame);
            turns(3);
            PENDING(&task.future);
            if (abandon)
                eddy_task_abandon(&task);
            else
                CHECK(eddy_task_cancel(&task));
            if (!abandon)
                complete(&task, -ECANCELED);
            memset(&frame, 0x5a, sizeof frame);
            until_lost();
            faults_plan("");
            EXPECT("lost=ECANCELED");
            CHECK_INT(take_all(pair[1]), 4);
            tear_down_file();
        }
    }

    EACH("... also when it awaits something else meanwhile")
    {
        static struct eddy_task task;
        static struct looks_away frame;
        set_up_file(LARGE);
        faults_plan("send@2+=EAGAIN");
        eddy_task_start(&task, &loop, looks_away, &frame);
        turns(3);
        eddy_task_abandon(&task);
        memset(&frame, 0x5a, sizeof frame);
        until_lost();
        faults_plan("");
        EXPECT("lost=ECANCELED");
        CHECK_INT(take_all(pair[1]), EDDY_TRANSPORT_PIECE);
        tear_down_file();
    }

    EACH("without memory to note a frame it is ENOMEM, and the connection goes on")
    {
        static struct eddy_task task;
        static struct sender_of_files frame;
        set_up_file(LARGE);
        eddy_task_start(&task, &loop, sender_of_files, &frame);
        faults_plan("calloc@1=ENOMEM");
        complete(&task, -ENOMEM);
        CHECK_INT(faults_injected(), 1);
        faults_plan("");
        put("after");
        eddy_transport_close(&transport);
        until_lost();
        CHECK_INT(take_all(pair[1]), 9);
        CHECK(memcmp(kept, "one after", 9) == 0);
        tear_down_file();
    }

    EACH("the connection is aborted in the middle: ECLOSED; it fails: with its error")
    {
        struct eddy_future *future;
        set_up_file(LARGE);
        future = send_file(0, LARGE);
        turns(2);
        eddy_transport_abort(&transport);
        CHECK_CODE(eddy_future_error(future), EDDY_ECLOSED);
        until_lost();
        EXPECT("lost=OK");
        CHECK(!eddy_future_cancel(future));
        tear_down_file();
        set_up_file(LARGE);
        future = send_file(0, LARGE);
        turns(1);
        faults_plan("send@1=ECONNRESET");
        put("after");
        take_all(pair[1]);
        faults_plan("");
        CHECK_CODE(eddy_future_error(future), -ECONNRESET);
        EXPECT("lost=ECONNRESET");
        tear_down_file();
    }

    EACH("the peer goes away in the middle: the future has the connection's error, once")
    {
        struct eddy_future *future;
        set_up_file(LARGE);
        future = send_file(0, LARGE);
        turns(2);
        close(pair[1]);
        until_lost();
        CHECK(eddy_future_error(future) < 0 && eddy_future_error(future) != EDDY_EPENDING);
        CHECK_INT(times_lost, 1);
        trace[0] = '\0';
        tear_down_file();
    }
}

/* ---- It is refused ---------------------------------------------------------------------------------- */

static void never_called(struct eddy_handle *handle)
{
    (void)handle;
    CAUSE("a loop that is closed has called a handle");
    CHECK(false);
}

static void refused(void)
{
    EACH("a second one while one is under way is EWATCHED, and the same one EQUEUED")
    {
        struct eddy_future *future;
        set_up_file(LARGE);
        future = send_file(0, LARGE);
        CHECK_CODE(eddy_sendfile(&second, &transport, number, 0, 5)->err, EDDY_EWATCHED);
        CHECK_CODE(send_file(0, 5)->err, EDDY_EQUEUED);
        CHECK(!eddy_future_cancel(&second.refused));
        PENDING(future);
        eddy_transport_close(&transport);
        CHECK_CODE(eddy_sendfile(&second, &transport, number, 0, 5)->err, EDDY_ECLOSED);
        expect_all("", 0, LARGE, "");
        CHECK_CODE(eddy_future_error(future), 0);
        CHECK_CODE(send_file(0, 5)->err, EDDY_ECLOSED); /* after connection_lost */
        tear_down_file();
    }

    EACH("refused, the outcome of the one before stays")
    {
        struct eddy_future *future;
        set_up_file(LARGE);
        future = send_file(0, 10);
        CHECK_CODE(wait_for(future), 0);
        CHECK_CODE(eddy_transport_write_eof(&transport), 0);
        CHECK_CODE(send_file(0, 10)->err, EDDY_ECLOSED);
        CHECK_CODE(future->err, 0);
        CHECK_INT(sending.sent, 10);
        eddy_transport_abort(&transport);
        until_lost();
        tear_down_file();
    }

    EACH("to a pipe to read from it is EBADF")
    {
        int ends[2];
        static struct eddy_transport reading;
        set_up_file(10);
        CHECK(pipe(ends) == 0);
        CHECK_CODE(eddy_connect_read_pipe(&reading, &loop, ends[0], &told_protocol), 0);
        CHECK_CODE(eddy_sendfile(&sending, &reading, number, 0, 10)->err, -EBADF);
        eddy_transport_abort(&reading);
        until_lost();
        close(ends[1]);
        times_lost = 0;
        eddy_transport_abort(&transport);
        until_lost();
        EXPECT("made lost=OK lost=OK");
        tear_down_file();
    }

    EACH("that the socket cannot be watched is the future's error, and the connection's")
    {
        struct eddy_future *future;
        set_up_file(10);
        faults_plan("epoll_ctl_mod@1=ENOMEM,epoll_ctl_add@1=ENOMEM,realloc@1=ENOMEM");
        future = send_file(0, 10);
        if (faults_injected() == 0)
            eddy_transport_abort(&transport); /* on this selector nothing can fail here */
        CHECK_CODE(eddy_future_error(future), faults_injected() ? -ENOMEM : EDDY_ECLOSED);
        faults_plan("");
        until_lost();
        CHECK_CODE(send_file(0, 5)->err, EDDY_ECLOSED);
        trace[0] = '\0';
        tear_down_file();
    }

    EACH("a loop that is closed while it is under way: with another loop it goes again")
    {
        set_up_file(LARGE);
        send_file(0, LARGE);
        turns(1);
        tear_down();
        close(pair[1]);
        close(pair2[0]);
        close(pair2[1]);
        set_up_real();
        CHECK_CODE(eddy_transport_open(&transport, &loop, pair[0], &told_protocol), 0);
        CHECK_CODE(wait_for(send_file(0, 100)), 0);
        eddy_transport_close(&transport);
        until_lost();
        CHECK_INT(take_all(pair[1]), 100);
        tear_down_file();
    }

    EACH("a loop that is closed while it is under way: it is ECLOSED, and can be used anew")
    {
        struct eddy_handle handle;
        struct eddy_future *future;
        set_up_file(LARGE);
        future = send_file(0, LARGE);
        eddy_handle_init(&handle, never_called);
        CHECK_OK(eddy_future_add_done_callback(future, &handle));
        turns(1);
        tear_down();
        CHECK(!is_open(pair[0]));
        CHECK_CODE(eddy_future_error(future), EDDY_ECLOSED);
        CHECK(!eddy_future_cancel(future) && !eddy_handle_queued(&handle));
        EXPECT("");
        fclose(file);
        close_pairs();
        set_up_file(5);
        CHECK_CODE(eddy_future_error(send_file(0, 5)), EDDY_EPENDING);
        eddy_transport_close(&transport);
        until_lost();
        CHECK_CODE(eddy_future_error(&sending.future), 0);
        EXPECT("lost=OK");
        tear_down_file();
    }
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        in_order();
        marks();
        failing();
        refused();
    }
}
