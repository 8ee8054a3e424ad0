/* Texts go through small programs of the system: sort, cat, tr, and shells that end in this way and that. */
#include "../../../06-tasks/tasks.h"

#include "2-filter.h"
#include "faults.h"

#include <sys/wait.h>

enum { LONG = 1000000 };

static struct text text;
static struct filter frame;
static struct eddy_task task;

/* ---- Setting up ------------------------------------------------------------------------------------ */

static void open_loop(void)
{
    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, NULL)); /* programs do not know the virtual clock */
    eddy_loop_set_debug(&loop, true);
    loop.slow_callback_duration = 100; /* no report of that: a close waits for a process */
}

static void set_text(const char *bytes, size_t n)
{
    free(text.bytes);
    text = (struct text){n > 0 ? malloc(n) : NULL, n};
    if (n > 0)
        memcpy(text.bytes, bytes, n);
}

static void check_content(const char *want)
{
    CHECK_BYTES(text.bytes ? text.bytes : "", text.size, want, strlen(want));
}

static void start_filter(int first, int last, const char *const *argv, size_t most)
{
    frame = (struct filter){.text = NULL};
    eddy_task_start(&task, &loop, filter, &frame, .text = &text, .first = first, .last = last,
                    .argv = argv, .most = most);
}

/* Its outcome. No child may be left, and none may have been left to the library. */
static int finish_filter(void)
{
    int err;

    IF_HANG("the program waits until somebody reads what it has written, and you wait for the "
            "program: write, "
            "read and wait at once, which is what eddy_communicate() does");
    err = eddy_loop_run_until_complete(&loop, &task.future);
    if (reports > 0 || (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD))
        FAIL("no process is left when the filter ends", "%s",
             reports > 0 ? reported : "a child that nobody has closed");
    return err;
}

static int run_filter(int first, int last, const char *const *argv, size_t most)
{
    int err;

    open_loop();
    start_filter(first, last, argv, most);
    err = finish_filter();
    CHECK_CODE(eddy_loop_close(&loop), 0);
    return err;
}

static const char *const sort[] = {"sort", NULL}, *const cat[] = {"cat", NULL};

#define SHELL(line) ((const char *const[]){"sh", "-c", line, NULL})

/* With "\\n" for each newline: what a test says stands on one line. */
static const char *shown(const char *bytes)
{
    static char line[200];
    size_t n = 0;

    for (; *bytes && n + 3 < sizeof line; bytes++) {
        if (*bytes == '\n')
            line[n++] = '\\';
        line[n++] = (char)(*bytes == '\n' ? 'n' : *bytes);
    }
    line[n] = '\0';
    return line;
}

static void drop_text(void)
{
    free(text.bytes);
    text.bytes = NULL;
}

/* ---- Lines ------------------------------------------------------------------------------------------- */

static const char *why;

static void check_lines(const char *bytes, int first, int last, size_t begin, size_t end)
{
    struct range range = {77, 77};

    set_text(bytes, strlen(bytes));
    DID("looked for lines %d to %d of \"%s\"", first, last, shown(bytes));
    CAUSE("%s", why);
    CHECK_CODE(find_lines(&text, first, last, &range), 0);
    CHECK_INT(range.begin, (long long)begin);
    CHECK_INT(range.end, (long long)end);
}

static void check_no_lines(const char *bytes, int first, int last)
{
    struct range range = {77, 77};

    set_text(bytes, strlen(bytes));
    DID("looked for lines %d to %d of \"%s\"", first, last, shown(bytes));
    CAUSE("%s", why);
    IF_CRASH("the bytes of an empty text are NULL");
    CHECK_CODE(find_lines(&text, first, last, &range), -EINVAL);
    CAUSE("where there are no such lines, the caller's range is as before");
    CHECK_INT(range.begin, 77);
    CHECK_INT(range.end, 77);
}

static void lines(void)
{
    CASE("find_lines: the first line is 1, the last one is in it, and so is its newline") {
        why = "begin is where the first line begins, end is after the newline of the last one";
        check_lines("one\ntwo\nthree\n", 2, 2, 4, 8);
        check_lines("one\ntwo\nthree\n", 1, 3, 0, 14);
        check_lines("\n\nx\n", 2, 3, 1, 4);
        drop_text();
    }

    CASE("find_lines: the last line need not have a newline") {
        why = "a line ends with its newline, or with the text";
        check_lines("one\ntwo", 2, 2, 4, 7);
        check_lines("x", 1, 1, 0, 1);
        drop_text();
    }

    CASE("find_lines: lines that are not there are EINVAL") {
        why = "at the end of the text no line begins: after the last newline there is none";
        check_no_lines("one\ntwo\n", 3, 3);
        check_no_lines("one\ntwo\n", 1, 3);
        check_no_lines("one\ntwo", 1, 3);
        check_no_lines("", 1, 1);
        why = "lines are counted from 1, and from the first to the last";
        check_no_lines("one\ntwo\n", 0, 1);
        check_no_lines("one\ntwo\n", 2, 1);
        drop_text();
    }
}

/* ---- A range ------------------------------------------------------------------------------------------ */

static void check_replaced(const char *before, size_t begin, size_t end, const char *bytes,
                           const char *want)
{
    size_t n = strlen(bytes);

    set_text(before, strlen(before));
    DID("put %zu other bytes in the place of bytes %zu to %zu of \"%s\"", n, begin, end,
        shown(before));
    CAUSE("%s", why);
    IF_CRASH("for 0 bytes there may be no memory at all, and memcpy() may not be called with NULL, "
             "even for 0; "
             "and a result that is longer than the text needs more room than the text has");
    CHECK_CODE(replace_range(&text, (struct range){begin, end}, n > 0 ? bytes : NULL, n), 0);
    check_content(want);
}

static void ranges(void)
{
    CASE("replace_range: longer, shorter, and as long; what is around it stays") {
        why = "three pieces: what is before the range, the new bytes, what is after the range";
        check_replaced("one\ntwo\nthree\n", 4, 8, "TWO\n", "one\nTWO\nthree\n");
        check_replaced("one\ntwo\nthree\n", 4, 8, "a\nlonger\none\n",
                       "one\na\nlonger\none\nthree\n");
        check_replaced("one\ntwo\nthree\n", 0, 4, "1\n", "1\ntwo\nthree\n");
        check_replaced("one\ntwo\nthree\n", 8, 14, "3", "one\ntwo\n3");
        drop_text();
    }

    CASE("replace_range: nothing comes back, and all was replaced") {
        why = "then the text is empty: its size is 0, and that is no error";
        check_replaced("one\ntwo\n", 4, 8, "", "one\n");
        check_replaced("one\ntwo\n", 0, 8, "", "");
        drop_text();
    }
}

static void no_memory(void)
{
    CASE("replace_range: without memory it is ENOMEM, and the text is as before") {
        int err;

        set_text("one\ntwo\n", 8);
        DID("put 9 other bytes in the place of 4, while malloc, calloc and realloc have none");
        CAUSE("get the memory first, ask whether it is there, and change nothing before");
        IF_CRASH("malloc() returns NULL when there is no memory: ask before you copy");
        faults_plan("malloc@1+=ENOMEM,calloc@1+=ENOMEM,realloc@1+=ENOMEM");
        err = replace_range(&text, (struct range){0, 4}, "long line", 9);
        faults_plan("");
        CHECK_CODE(err, -ENOMEM);
        check_content("one\ntwo\n");
        drop_text();
    }
}

/* ---- The filter ----------------------------------------------------------------------------------------- */

static void filtering(void)
{
    CASE("filter: lines go through sort, and the others stay where they are") {
        DID("sent lines 2 to 4 of five through sort");
        CAUSE(
            "the program gets the bytes of the range, and no others; its output takes their place");
        set_text("z\npear\nfig\napple\na\n", 19);
        CHECK_CODE(run_filter(2, 4, sort, 1000), 0);
        CAUSE("%s",
              frame.process.pid == 0 ? "filter() has started nothing: is it written?"
              : text.size == 4
                  ? "nothing has come back: its stdout must be a pipe, too; and the output lies in "
                    "self->process.out.reader, but after the close it does no more: copy it before"
                  : "the program gets the bytes of the range, and no others; its output takes "
                    "their place");
        check_content("z\napple\nfig\npear\na\n");
        drop_text();
    }

    CASE("filter: a million bytes through a program that writes while it reads") {
        char *bytes = malloc(LONG);
        DID("sent %d bytes, 20000 lines, through cat", LONG);
        CAUSE("all of it comes back");
        for (int i = 0; i < LONG; i++)
            bytes[i] = (char)(i % 50 == 49 ? '\n' : 'a' + i % 23);
        set_text(bytes, LONG);
        CHECK_CODE(run_filter(1, LONG / 50, cat, 2 * LONG), 0);
        CHECK_BYTES(text.bytes, text.size, bytes, LONG);

        DID("sent them through head -1, which does not read them all");
        CAUSE("the write fails with EPIPE then, which is the program's own affair");
        CHECK_CODE(run_filter(1, LONG / 50, (const char *const[]){"head", "-n", "1", NULL}, LONG),
                   0);
        CHECK_BYTES(text.bytes, text.size, bytes, 50);
        free(bytes);
        drop_text();
    }

    CASE("filter: arguments are words of their own, which no shell reads") {
        const char *const argv[] = {"printf", "%s\n", "a  b; echo $(c)", NULL};
        DID("sent a line through printf, with the argument \"a  b; echo $(c)\"");
        CAUSE("hand argv to eddy_process_start() as it is");
        set_text("x\n", 2);
        CHECK_CODE(run_filter(1, 1, argv, 1000), 0);
        check_content("a  b; echo $(c)\n");
        drop_text();
    }

    CASE("filter: a program that says nothing leaves nothing") {
        DID("sent line 1 of two through true, which neither reads nor writes");
        CAUSE("0 bytes that come back are a result: the lines are gone");
        IF_CRASH("a reader in which nothing came has no data: it is NULL, and so are its 0 bytes");
        set_text("one\ntwo\n", 8);
        CHECK_CODE(run_filter(1, 1, (const char *const[]){"true", NULL}, 1000), 0);
        check_content("two\n");
        drop_text();
    }
}

/* ---- What goes wrong -------------------------------------------------------------------------------------- */

static const char unchanged[] =
    "after an error the text is as before: change it as the very last thing";

static void failing(void)
{
    CASE("filter: lines that are not there are EINVAL, and nothing is started") {
        DID("sent lines 2 to 3 of two through cat");
        CAUSE("ask find_lines() first, and start nothing if it refuses");
        set_text("b\na\n", 4);
        CHECK_CODE(run_filter(2, 3, cat, 1000), -EINVAL);
        CHECK_INT(frame.process.pid, 0);
        check_content("b\na\n");
        drop_text();
    }

    CASE("filter: a program that is not there is ENOENT") {
        DID("sent a line through /no/such/program");
        CAUSE("that is what eddy_process_start() returns: end with it");
        set_text("b\na\n", 4);
        CHECK_CODE(run_filter(1, 2, (const char *const[]){"/no/such/program", NULL}, 1000),
                   -ENOENT);
        check_content("b\na\n");
        drop_text();
    }

    CASE("filter: a program that fails changes nothing, whatever it has written") {
        DID("sent lines through a shell that writes half, and ends with code 3");
        CAUSE(
            "what came back is half of something: look at self->process.code when all is done. For "
            "eddy_communicate() that is no error");
        set_text("b\na\n", 4);
        CHECK_CODE(run_filter(1, 2, SHELL("echo half; exit 3"), 1000), -EIO);
        CAUSE("%s", unchanged);
        check_content("b\na\n");
        drop_text();
    }

    CASE("filter: a program that is killed has failed, too") {
        DID("sent lines through a shell that writes half, and kills itself");
        CAUSE("whoever is killed has no code: it is -1, and self->process.signal says by what. So "
              "ask whether "
              "the code is 0, and not whether it is above 0");
        set_text("b\na\n", 4);
        CHECK_CODE(run_filter(1, 2, SHELL("echo half; kill -9 $$"), 1000), -EIO);
        CAUSE("%s", unchanged);
        check_content("b\na\n");
        drop_text();
    }

    CASE("filter: a program that does not stop writing is EDDY_ELIMIT, and is ended") {
        DID("sent lines through a shell that says yes for ever, with most = 1000");
        CAUSE("self->most is the last argument of eddy_communicate()");
        IF_HANG("close the process in the cleanup section, which runs on each way out; and "
                "self->most is the last "
                "argument of eddy_communicate()");
        set_text("b\na\n", 4);
        CHECK_CODE(run_filter(1, 2, SHELL("while :; do echo yes; done"), 1000), EDDY_ELIMIT);
        CAUSE("%s", unchanged);
        check_content("b\na\n");

        DID("sent 4 bytes through cat, with most = 4");
        CAUSE("exactly `most` bytes may come");
        CHECK_CODE(run_filter(1, 2, cat, 4), 0);
        check_content("b\na\n");

        DID("sent 4 bytes through cat, with most = 3");
        CAUSE("self->most is the last argument of eddy_communicate()");
        CHECK_CODE(run_filter(1, 2, cat, 3), EDDY_ELIMIT);
        check_content("b\na\n");
        drop_text();
    }
}

/* Its `n`-th call of `call` fails. Returns whether there was one. */
static bool run_without(const char *call, int n)
{
    char plan[64];
    int err;

    DID("sent two lines through sort, and call %d of %s() fails", n, call);
    snprintf(plan, sizeof plan, "%s@%d=ENOMEM", call, n);
    set_text("b\na\n", 4);
    open_loop();
    start_filter(1, 2, sort, 1000);
    faults_plan(plan);
    err = finish_filter();
    CAUSE("replace_range() may fail, too: the filter ends with its error");
    CHECK(err == 0 || err == -ENOMEM);
    check_content(err == 0 ? "a\nb\n" : "b\na\n");
    n = (int)faults_injected();
    faults_plan("");
    CHECK_CODE(eddy_loop_close(&loop), 0);
    drop_text();
    return n > 0;
}

static void without_memory(void)
{
    CASE("filter: without memory, wherever it is asked for, it is ENOMEM, and changes nothing") {
        static const char *const calls[] = {"malloc", "calloc", "realloc"};
        for (int i = 0; i < 3; i++)
            for (int n = 1; run_without(calls[i], n); n++)
                CHECK(n < 100);
    }
}

static void cancelling(void)
{
    CASE("filter: cancelled while the program runs, it leaves no process, and the text as it was") {
        open_loop();
        DID("cancelled it while a program ran that never ends");
        CAUSE("what stands after CO_FINALLY runs on each way out, also after a cancel: close the "
              "process there, "
              "and nowhere else");
        set_text("b\na\n", 4);
        start_filter(1, 2, SHELL("exec sleep 1000"), 1000);
        turns(2);
        CHECK(frame.process.pid > 0);
        CHECK(cancel_task(&task));
        CHECK_CODE(finish_filter(), -ECANCELED);
        check_content("b\na\n");
        CHECK_CODE(eddy_loop_close(&loop), 0);
        drop_text();
    }

    CASE("filter: cancelled before its first step, it starts nothing") {
        open_loop();
        DID("started filter() as a task, and cancelled it before the loop ran");
        CAUSE("only the cleanup section runs then; a process that was never started may be closed");
        set_text("b\na\n", 4);
        start_filter(1, 2, cat, 1000);
        CHECK(cancel_task(&task));
        CHECK_CODE(finish_filter(), -ECANCELED);
        check_content("b\na\n");
        CHECK_CODE(eddy_loop_close(&loop), 0);
        drop_text();
    }
}

TESTS
{
    check_limit(5);
    lines();
    ranges();
    no_memory();
    filtering();
    failing();
    without_memory();
    cancelling();
}
