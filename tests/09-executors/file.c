/* Files: each call a job of the loop's pool. (Closing has a test of its own, file_close.) */
#include "pools.h"

#include "../06-tasks/tasks.h"

#include "faults.h"
#include "file.h"

#include <fcntl.h>
#include <sys/stat.h>

static char path[64] = "/tmp/eddy-file-XXXXXX";

static void open_all(void)
{
    int fd = mkstemp(path);

    CHECK_OK(fd);
    CHECK_OK(close(fd));
    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, NULL)); /* threads do not know the virtual clock */
}

static void close_all(void)
{
    tear_down();
    CHECK_OK(unlink(path));
}

static int run(struct eddy_future *future)
{
    return eddy_loop_run_until_complete(&loop, future);
}

static void check_content(const char *want)
{
    char text[256];
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, text, sizeof text);

    CHECK_OK(close(fd));
    CHECK_BYTES(text, (size_t)n, want, strlen(want));
}

TESTS
{
    CASE("what is written can be read again, in pieces, up to the end") {
        struct eddy_file file = {.open = false};
        char text[8];
        open_all();
        CHECK_CODE(run(eddy_file_open(&file, &loop, path, O_RDWR, 0)), 0);
        CHECK(file.open && fcntl(file.fd, F_GETFD) == FD_CLOEXEC);
        CHECK_CODE(run(eddy_file_write(&file, &loop, "hello, world", 12)), 0);
        CHECK_INT(file.n, 12);
        CHECK_CODE(run(eddy_file_sync(&file, &loop)), 0);
        CHECK_CODE(run(eddy_file_close(&file, &loop)), 0);
        CHECK(!file.open);
        CHECK_CODE(run(eddy_file_open(&file, &loop, path, O_RDONLY, 0)), 0);
        CHECK_CODE(run(eddy_file_read(&file, &loop, text, sizeof text)), 0);
        CHECK_BYTES(text, (size_t)file.n, "hello, w", 8);
        CHECK_CODE(run(eddy_file_read(&file, &loop, text, sizeof text)), 0);
        CHECK_BYTES(text, (size_t)file.n, "orld", 4);
        CHECK_CODE(run(eddy_file_read(&file, &loop, text, sizeof text)), 0);
        CHECK_INT(file.n, 0);
        CHECK_CODE(run(eddy_file_close(&file, &loop)), 0);
        close_all();
    }

    CASE("a file that is made has the mode; what is appended comes after the rest") {
        struct eddy_file file = {.open = false};
        struct stat info;
        open_all();
        CHECK_OK(unlink(path));
        CHECK_CODE(run(eddy_file_open(&file, &loop, path, O_WRONLY | O_CREAT | O_APPEND, 0600)), 0);
        CHECK_CODE(run(eddy_file_write(&file, &loop, "one\n", 4)), 0);
        CHECK_CODE(run(eddy_file_write(&file, &loop, "two\n", 4)), 0);
        CHECK_CODE(run(eddy_file_close(&file, &loop)), 0);
        CHECK_OK(stat(path, &info));
        CHECK_INT(info.st_mode & 0777, 0600);
        check_content("one\ntwo\n");
        close_all();
    }

    CASE("errors are those of the calls: no such file, a directory, one that is read-only") {
        struct eddy_file file = {.open = false};
        open_all();
        CHECK_CODE(run(eddy_file_open(&file, &loop, "/no/such/file", O_RDONLY, 0)), -ENOENT);
        CHECK(!file.open);
        CHECK_CODE(run(eddy_file_open(&file, &loop, "/", O_WRONLY, 0)), -EISDIR);
        CHECK_CODE(run(eddy_file_open(&file, &loop, path, O_RDONLY, 0)), 0);
        CHECK_CODE(run(eddy_file_write(&file, &loop, "x", 1)), -EBADF);
        CHECK_INT(file.n, 0);
        CHECK_CODE(run(eddy_file_close(&file, &loop)), 0);
        close_all();
    }

    CASE("a file that is not open is EBADF, one that is open is EQUEUED to an open") {
        struct eddy_file file = {.open = false};
        char text[8];
        open_all();
        CHECK_CODE(run(eddy_file_read(&file, &loop, text, sizeof text)), -EBADF);
        CHECK_CODE(run(eddy_file_write(&file, &loop, "x", 1)), -EBADF);
        CHECK_CODE(run(eddy_file_sync(&file, &loop)), -EBADF);
        CHECK_CODE(run(eddy_file_close(&file, &loop)), 0);
        CHECK_CODE(run(eddy_file_open(&file, &loop, path, O_RDONLY, 0)), 0);
        CHECK_CODE(run(eddy_file_open(&file, &loop, path, O_RDONLY, 0)), EDDY_EQUEUED);
        CHECK_CODE(run(eddy_file_close(&file, &loop)), 0);
        close_all();
    }

    CASE("one call at a time: a second one is EQUEUED, and the first goes on") {
        struct eddy_file file = {.open = false};
        struct by_hand hand;
        struct eddy_future *first;
        char text[8];
        open_all();
        open_hand(&hand);
        CHECK_CODE(run(eddy_file_open(&file, &loop, path, O_RDWR, 0)), 0);
        CHECK_CODE(eddy_loop_set_default_executor(&loop, executor), 0);
        first = eddy_file_write(&file, &loop, "one", 3);
        CHECK_CODE(eddy_future_error(eddy_file_read(&file, &loop, text, sizeof text)),
                   EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(eddy_file_close(&file, &loop)), EDDY_EQUEUED);
        run_by_hand(&hand);
        CHECK_CODE(run(first), 0);
        check_content("one");
        CHECK_CODE(eddy_loop_set_default_executor(&loop, NULL), 0);
        CHECK_CODE(run(eddy_file_close(&file, &loop)), 0);
        close_all();
    }

    CASE("writes that are cut, and calls that a signal interrupts, are gone on with") {
        struct eddy_file file = {.open = false};
        open_all();
        CHECK_CODE(run(eddy_file_open(&file, &loop, path, O_RDWR, 0)), 0);
        faults_plan("write%2,write@2=EINTR,fsync@1=EINTR");
        CHECK_CODE(run(eddy_file_write(&file, &loop, "seven b", 7)), 0);
        CHECK_CODE(run(eddy_file_sync(&file, &loop)), 0);
        faults_plan("");
        CHECK_INT(file.n, 0);
        check_content("seven b");
        CHECK_CODE(run(eddy_file_close(&file, &loop)), 0);
        close_all();
    }

    CASE("a device that is full is ENOSPC, and n says how far it came") {
        struct eddy_file file = {.open = false};
        open_all();
        CHECK_CODE(run(eddy_file_open(&file, &loop, path, O_RDWR, 0)), 0);
        faults_plan("write%3,write@3=ENOSPC");
        CHECK_CODE(run(eddy_file_write(&file, &loop, "0123456789", 10)), -ENOSPC);
        faults_plan("");
        CHECK_INT(file.n, 6);
        CHECK_CODE(run(eddy_file_close(&file, &loop)), 0);
        close_all();
    }

    CASE("cancelled in line, nothing is written; a call that runs comes to its end") {
        struct eddy_file file = {.open = false};
        struct by_hand hand;
        struct eddy_job *job;
        struct eddy_future *future;
        open_all();
        open_hand(&hand);
        CHECK_CODE(run(eddy_file_open(&file, &loop, path, O_RDWR, 0)), 0);
        CHECK_CODE(eddy_loop_set_default_executor(&loop, executor), 0);
        future = eddy_file_write(&file, &loop, "lost", 4);
        CHECK(eddy_future_cancel(future));
        CHECK_CODE(run(future), -ECANCELED);
        future = eddy_file_write(&file, &loop, "kept", 4);
        job = begin_by_hand(&hand);
        eddy_future_cancel(future);
        finish_by_hand(&hand, job, eddy_work_run(&job->work, job->fn));
        CHECK_CODE(run(future), 0);
        check_content("kept");
        CHECK_CODE(eddy_loop_set_default_executor(&loop, NULL), 0);
        CHECK_CODE(run(eddy_file_close(&file, &loop)), 0);
        close_all();
    }
}
