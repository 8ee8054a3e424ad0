/* What a job's function is given, and what becomes of what it returns. */
#include "check.h"

#include "errors.h"
#include "work.h"

#include <errno.h>

static char out[8];

static struct eddy_work given(size_t room)
{
    memset(out, '-', sizeof out);
    return (struct eddy_work){.in = "in", .in_size = 2, .out = out, .out_room = room};
}

static int put_three(struct eddy_work *work)
{
    return eddy_work_put(work, "abc", 3);
}

static int put_nothing(struct eddy_work *work)
{
    return eddy_work_put(work, NULL, 0);
}

static int write_it(struct eddy_work *work)
{
    memcpy(work->out, "wxyz", 4);
    return 0;
}

static int says_too_much(struct eddy_work *work)
{
    work->out_size = work->out_room + 1;
    return 0;
}

static int says_much_and_fails(struct eddy_work *work)
{
    work->out_size = work->out_room + 1;
    return -EIO;
}

static int returns_seven(struct eddy_work *work)
{
    (void)work;
    return 7;
}

static int returns_pending(struct eddy_work *work)
{
    (void)work;
    return EDDY_EPENDING;
}

static int fails_in_words(struct eddy_work *work)
{
    return eddy_work_fail(work, -ERANGE, "%d is %s", 5, "too large");
}

TESTS
{
    CASE("what a function puts is its result, and that is how large it is") {
        struct eddy_work work = given(8);
        CHECK_CODE(eddy_work_run(&work, put_three), 0);
        CHECK_BYTES(out, work.out_size, "abc", 3);
        CHECK(out[3] == '-');
        CHECK_CODE(eddy_work_run(&work, put_nothing), 0);
        CHECK_INT(work.out_size, 0);
    }

    CASE("a function that does not say how large its result is has filled the room") {
        struct eddy_work work = given(4);
        work.out_size = 99; /* of a run before */
        CHECK_CODE(eddy_work_run(&work, write_it), 0);
        CHECK_BYTES(out, work.out_size, "wxyz", 4);
    }

    CASE("more than there is room for is refused, and no byte of it is written") {
        struct eddy_work work = given(2);
        CHECK_CODE(eddy_work_run(&work, put_three), -EMSGSIZE);
        CHECK_TEXT(work.message, "the result has 3 bytes, and there is room for 2");
        CHECK_INT(work.out_size, 0);
        CHECK(out[0] == '-');
    }

    CASE("a function that says that its result is larger than its room has failed") {
        struct eddy_work work = given(2);
        CHECK_CODE(eddy_work_run(&work, says_too_much), -EMSGSIZE);
        CHECK_TEXT(work.message, "the result has 3 bytes, and there is room for 2");
        CHECK_INT(work.out_size, 0);
        work = given(2);
        CHECK_CODE(eddy_work_run(&work, says_much_and_fails), -EIO); /* its own error comes first */
        CHECK_TEXT(work.message, "");
        CHECK_INT(work.out_size, 0);
    }

    CASE("a function that returns what is no outcome has failed, and the message says so") {
        struct eddy_work work = given(2);
        CHECK_CODE(eddy_work_run(&work, returns_seven), -EINVAL);
        CHECK_TEXT(work.message, "the function has returned 7, which is no outcome");
        CHECK_INT(work.out_size, 0);
        CHECK_CODE(eddy_work_run(&work, returns_pending), -EINVAL);
    }

    CASE("an error has its message, which is gone at the next run") {
        struct eddy_work work = given(8);
        CHECK_CODE(eddy_work_run(&work, fails_in_words), -ERANGE);
        CHECK_TEXT(work.message, "5 is too large");
        CHECK_INT(work.out_size, 0);
        CHECK_CODE(eddy_work_run(&work, put_three), 0);
        CHECK_TEXT(work.message, "");
    }

    CASE("a message that is too long is cut, and ends with its 0") {
        struct eddy_work work = given(0);
        CHECK_CODE(eddy_work_fail(&work, -EIO, "%0200d", 0), -EIO);
        CHECK_INT(strlen(work.message), EDDY_WORK_MESSAGE - 1);
    }
}
