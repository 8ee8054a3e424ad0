/* Files and names when something goes wrong: errors of each call, a device that is full, a cancel while a call
 * runs, a task that is abandoned in the midst of one, and a loop that is closed. */
#include "loops.h"

#include "file.h"
#include "resolve.h"

#include <fcntl.h>

static struct eddy_file file;

static int run_future(struct eddy_future *future)
{
    return eddy_loop_run_until_complete(&loop, future);
}

static void open_null(int flags)
{
    file = (struct eddy_file){.open = false};
    CHECK_CODE(run_future(eddy_file_open(&file, &loop, "/dev/null", flags, 0)), 0);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* ---- Errors ---------------------------------------------------------------------------------------- */

static void errors(void)
{
    CASE("each call's error is its await's, nothing has moved, and the file can go on") {
        char byte;
        open_loop();
        faults_plan("open@1=EMFILE");
        CHECK_CODE(run_future(eddy_file_open(&file, &loop, "/dev/null", O_RDWR, 0)), -EMFILE);
        CHECK(!file.open);
        open_null(O_RDWR);
        faults_plan("read@1=EIO,write@1=EIO,fsync@1=EIO");
        CHECK_CODE(run_future(eddy_file_read(&file, &loop, &byte, 1)), -EIO);
        CHECK_INT(file.n, 0);
        CHECK_CODE(run_future(eddy_file_write(&file, &loop, "x", 1)), -EIO);
        CHECK_INT(file.n, 0);
        CHECK_CODE(run_future(eddy_file_sync(&file, &loop)), -EIO);
        faults_plan("");
        CHECK(file.open);
        CHECK_CODE(run_future(eddy_file_write(&file, &loop, "x", 1)), 0);
        CHECK_INT(file.n, 1);
        CHECK_CODE(run_future(eddy_file_close(&file, &loop)), 0);
        close_loop();
    }

    CASE("opening and reading go on when a signal interrupts them; closing is not done twice") {
        char byte;
        open_loop();
        faults_plan("open@1=EINTR,read@1=EINTR,close@1=EINTR");
        open_null(O_RDONLY);
        CHECK_CODE(run_future(eddy_file_read(&file, &loop, &byte, 1)), 0);
        CHECK_CODE(run_future(eddy_file_close(&file, &loop)), 0);
        CHECK_INT(faults_calls("close"), 1);
        faults_plan("");
        CHECK(!file.open);
        close_loop();
    }

    CASE("a close that fails has closed the file all the same, and says so") {
        open_loop();
        open_null(O_RDONLY);
        faults_plan("close@1=EIO");
        CHECK_CODE(run_future(eddy_file_close(&file, &loop)), -EIO);
        faults_plan("");
        CHECK(!file.open);
        CHECK_CODE(run_future(eddy_file_close(&file, &loop)), 0);
        close_loop();
    }

    CASE("a device that is full, in truth: ENOSPC, and nothing was written") {
        if (access("/dev/full", W_OK) < 0)
            SKIP("there is no /dev/full that can be written to");
        open_loop();
        file = (struct eddy_file){.open = false};
        CHECK_CODE(run_future(eddy_file_open(&file, &loop, "/dev/full", O_WRONLY, 0)), 0);
        CHECK_CODE(run_future(eddy_file_write(&file, &loop, "x", 1)), -ENOSPC);
        CHECK_INT(file.n, 0);
        CHECK_CODE(run_future(eddy_file_close(&file, &loop)), 0);
        close_loop();
    }

    CASE("no bytes to write, or to read: done, and nothing moves") {
        open_loop();
        open_null(O_RDWR);
        CHECK_CODE(run_future(eddy_file_write(&file, &loop, NULL, 0)), 0);
        CHECK_INT(file.n, 0);
        CHECK_CODE(run_future(eddy_file_read(&file, &loop, NULL, 0)), 0);
        CHECK_INT(file.n, 0);
        CHECK_CODE(run_future(eddy_file_close(&file, &loop)), 0);
        close_loop();
    }
}

/* ---- Cut short ------------------------------------------------------------------------------------- */

/* A call on a pipe begins in a thread, and ends when the test has written into it, or read from it. */
static int ends[2];

static void open_pipe(int end)
{
    CHECK_OK(pipe(ends));
    file = (struct eddy_file){.fd = ends[end], .open = true};
}

static void close_pipe(int end)
{
    CHECK_CODE(run_future(eddy_file_close(&file, &loop)), 0);
    CHECK_OK(close(ends[1 - end]));
}

/* It runs, or has run. */
static void await_running(const struct eddy_job *job)
{
    WAITING("a thread to take the job out of the line");
    while (!eddy_job_running(job) && !eddy_job_done(job))
        sched_yield();
}

struct reader {
    struct eddy_co co;
    char byte;
};

static struct eddy_step reader(struct eddy_co *co)
{
    struct reader *self = CO_FRAME(co, reader);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_file_read(&file, eddy_co_loop(co), &self->byte, 1));
    note("%s:%d", eddy_errname(eddy_co_error(co)), (int)file.n);
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    note("%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void write_when_told(struct eddy_loop *told, const struct eddy_context *context)
{
    (void)told;
    if (strstr(context->message, "the loop waits for the job")) {
        note("waits");
        CHECK_INT(write(ends[1], "x", 1), 1);
    }
}

static void cuts(void)
{
    CASE("cancelled while it runs, a read comes to its end, and no byte is lost") {
        static struct eddy_task task;
        static struct reader frame;
        open_loop();
        open_pipe(0);
        eddy_task_start(&task, &loop, reader, &frame);
        turns(1);
        await_running(&file.offload.job);
        CHECK(cancel_task(&task));
        turns(10);
        EXPECT("");
        CHECK_INT(write(ends[1], "x", 1), 1);
        CHECK_CODE(run_task(&task), -ECANCELED);
        EXPECT("OK:1 ECANCELED");
        CHECK(frame.byte == 'x');
        close_pipe(0);
        close_loop();
    }

    CASE("a task is abandoned while its read runs: the loop waits until the bytes are there") {
        struct eddy_task *task = malloc(sizeof *task);
        struct reader *frame = malloc(sizeof *frame);
        open_loop();
        eddy_loop_set_exception_handler(&loop, write_when_told);
        open_pipe(0);
        eddy_task_start(task, &loop, reader, frame);
        turns(1);
        await_running(&file.offload.job);
        eddy_task_abandon(task);
        EXPECT("waits");
        CHECK(frame->byte == 'x');
        free(frame);
        free(task);
        close_pipe(0);
        close_loop();
    }

    CASE("an open that is cancelled in line opens nothing") {
        struct by_hand hand;
        struct eddy_future *future;
        open_loop();
        open_hand(&hand);
        CHECK_CODE(eddy_loop_set_default_executor(&loop, executor), 0);
        file = (struct eddy_file){.open = false};
        future = eddy_file_open(&file, &loop, "/dev/null", O_RDONLY, 0);
        CHECK(eddy_future_cancel(future));
        CHECK_CODE(run_future(future), -ECANCELED);
        CHECK(!file.open);
        future = eddy_file_open(&file, &loop, "/dev/null", O_RDONLY, 0);
        run_by_hand(&hand);
        CHECK_CODE(run_future(future), 0);
        CHECK(file.open);
        CHECK_CODE(eddy_loop_set_default_executor(&loop, NULL), 0);
        CHECK_CODE(run_future(eddy_file_close(&file, &loop)), 0);
        close_loop();
    }

    CASE("a loop that is closed: a file is closed all the same, and all else is ECLOSED") {
        char byte;
        int fd;
        open_loop();
        open_null(O_RDWR);
        fd = file.fd;
        close_loop();
        CHECK_CODE(eddy_file_read(&file, &loop, &byte, 1)->err, EDDY_ECLOSED);
        CHECK_CODE(eddy_file_write(&file, &loop, "x", 1)->err, EDDY_ECLOSED);
        CHECK_CODE(eddy_file_sync(&file, &loop)->err, EDDY_ECLOSED);
        CHECK(is_open(fd));
        CHECK_CODE(eddy_file_close(&file, &loop)->err, EDDY_ECLOSED);
        CHECK(!file.open && !is_open(fd));
    }

    CASE("the loop is closed while a close is in line: the file is closed all the same") {
        struct by_hand hand;
        int fd;
        open_loop();
        open_hand(&hand);
        open_null(O_RDONLY);
        fd = file.fd;
        CHECK_CODE(eddy_loop_set_default_executor(&loop, executor), 0);
        eddy_file_close(&file, &loop);
        close_loop();
        CHECK(!file.open && !is_open(fd));
    }
}

/* ---- Names ----------------------------------------------------------------------------------------- */

static void block_resolvers(struct eddy_job *jobs, const struct gate *gate)
{
    executor = eddy_loop_resolvers(&loop);
    for (int i = 0; i < EDDY_RESOLVERS; i++)
        begin_hold(&jobs[i], gate);
}

struct asker {
    struct eddy_co co;
    struct eddy_resolve *resolve;
};

static struct eddy_step asker(struct eddy_co *co)
{
    struct asker *self = CO_FRAME(co, asker);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_getaddrinfo(self->resolve, eddy_co_loop(co), "127.0.0.1", "80", NULL));
    note("%s", eddy_errname(eddy_co_error(co)));
    CO_AWAIT(co, eddy_next_turn());
    CO_END(co);
}

static void names(void)
{
    CASE("a name's answer that is there when the cancel comes is not lost, and is freed") {
        static struct eddy_task task;
        static struct asker frame;
        static struct eddy_resolve resolve;
        static struct gate gate;
        struct eddy_job jobs[EDDY_RESOLVERS];
        gate_open(&gate);
        open_loop();
        block_resolvers(jobs, &gate); /* or the answer may be there before the await */
        eddy_task_start(&task, &loop, asker, &frame, .resolve = &resolve);
        turns(1);
        let_go(&gate, EDDY_RESOLVERS);
        await_job(&resolve.offload.job);
        CHECK(cancel_task(&task));
        CHECK_CODE(run_task(&task), -ECANCELED);
        EXPECT("OK");
        CHECK(resolve.list != NULL);
        eddy_getaddrinfo_free(&resolve);
        CHECK(resolve.list == NULL);
        eddy_getaddrinfo_free(&resolve);
        close_loop();
        gate_close(&gate);
    }

    CASE("numbers of both families, and what looks like a number and is none") {
        static const struct addrinfo number = {.ai_flags = AI_NUMERICHOST,
                                               .ai_socktype = SOCK_STREAM};
        static const char *const texts[] = {"127.0.0.1", "::1", "999.999.999.999", "1.2.3.4.5", ""};
        struct eddy_resolve resolve = {.list = NULL};
        open_loop();
        for (int i = 0; i < 5; i++) {
            CHECK_CODE(run_future(eddy_getaddrinfo(&resolve, &loop, texts[i], "80", &number)),
                       i < 2 ? 0 : EDDY_ENOHOST);
            CHECK((resolve.list != NULL) == (i < 2));
            CHECK(i != 0 || resolve.list->ai_family == AF_INET);
            CHECK(i != 1 || resolve.list->ai_family == AF_INET6);
        }
        close_loop();
    }

    CASE("at most so many names are asked for at once as there are resolvers") {
        static struct eddy_job jobs[EDDY_RESOLVERS + 1];
        static struct gate gate;
        gate_open(&gate);
        open_loop();
        block_resolvers(jobs, &gate);
        submit_hold(&jobs[EDDY_RESOLVERS], &gate);
        for (int i = 0; i < EDDY_RESOLVERS; i++)
            CHECK(eddy_job_running(&jobs[i]));
        CHECK(!eddy_job_running(&jobs[EDDY_RESOLVERS]));
        let_go(&gate, EDDY_RESOLVERS + 1);
        close_loop(); /* waits for them */
        for (int i = 0; i <= EDDY_RESOLVERS; i++)
            CHECK_CODE(eddy_job_error(&jobs[i]), 0);
        gate_close(&gate);
    }

    CASE("without memory for the resolvers the await is ENOMEM, and later it works") {
        struct eddy_resolve resolve = {.list = NULL};
        open_loop();
        faults_plan("calloc@1+=ENOMEM");
        CHECK_CODE(eddy_getaddrinfo(&resolve, &loop, "127.0.0.1", "80", NULL)->err, -ENOMEM);
        faults_plan("");
        CHECK_CODE(run_future(eddy_getaddrinfo(&resolve, &loop, "127.0.0.1", "80", NULL)), 0);
        eddy_getaddrinfo_free(&resolve);
        close_loop();
    }
}

TESTS
{
    errors();
    cuts();
    names();
}
