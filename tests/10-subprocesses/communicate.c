/* Input, output and the end of a process at once: against children that read late, early, or not at all. On
 * every selector. The children are this program itself, or a shell's lines. */
#include "../06-tasks/sockets.h"

#include "communicate.h"
#include "fdio.h"

#include <sys/wait.h>

enum { MEGABYTES_10 = 10 << 20, MOST = MEGABYTES_10 + 1 };

static struct eddy_process process;
static struct eddy_communicate talk;
static const char *program;
static int gate[2]; /* what a child waits for: it has the one end as its stderr */

/* ---- As the child ------------------------------------------------------------------------------------- */

static char large[MEGABYTES_10]; /* the input, and both outputs */

static void fill_large(void)
{
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7 + i / 251);
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    ssize_t some = 1;

    for (; n > 0 && some > 0; bytes += some, n -= (size_t)some)
        some = write(fd, bytes, n);
    return some > 0;
}

/* Whether that was all of the input, and it was right. */
static bool read_all(void)
{
    char some[65536];
    size_t at = 0;
    ssize_t n;

    while ((n = read(STDIN_FILENO, some, sizeof some)) > 0) {
        if (at + (size_t)n > sizeof large || memcmp(some, large + at, (size_t)n) != 0)
            return false;
        at += (size_t)n;
    }
    return at == sizeof large;
}

/* To both, a piece each in turn, and read a piece in between if told so. */
static bool write_both(bool reads)
{
    enum { PIECE = 1 << 16 };
    char some[PIECE];

    for (size_t at = 0; at < sizeof large; at += PIECE) {
        if (!write_all(STDOUT_FILENO, large + at, PIECE) ||
            !write_all(STDERR_FILENO, large + at, PIECE))
            return false;
        for (size_t n = 0; reads && n < PIECE;) {
            ssize_t got = read(STDIN_FILENO, some + n, PIECE - n);
            if (got <= 0)
                return false;
            n += (size_t)got;
        }
        if (reads && memcmp(some, large + at, PIECE) != 0)
            return false;
    }
    return true;
}

/* Its status is 0 if it has read what it should; 7, if it was not to read. */
static int act(const char *what)
{
    fill_large();
    if (strcmp(what, "early") == 0)
        return read_all() && write_both(false) ? 0 : 1;
    if (strcmp(what, "late") == 0)
        return write_both(false) && read_all() ? 0 : 1;
    if (strcmp(what, "meanwhile") == 0)
        return write_both(true) ? 0 : 1;
    if (strcmp(what, "closes") == 0)
        close(STDIN_FILENO);
    return write_both(false) ? 7 : 1;
}

/* ---- The talk ------------------------------------------------------------------------------------------ */

static void set_up_talk(void)
{
    set_up_real();
    process = (struct eddy_process){.pid = 0};
    CHECK(pipe(gate) == 0);
    fill_large();
}

static void open_gate(void)
{
    close(gate[1]);
    gate[1] = -1;
}

static void tear_down_talk(void)
{
    eddy_process_close(&process);
    open_gate();
    close(gate[0]);
    tear_down_real();
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void start(const char *what)
{
    const char *argv[] = {program, "child", what, NULL};
    struct eddy_program peer = {.argv = argv, .in = EDDY_PIPE, .out = EDDY_PIPE, .err = EDDY_PIPE};

    DID("started this program as a child that is \"%s\"", what);
    CHECK_CODE(eddy_process_start(&process, &loop, &peer), 0);
}

static void start_line(const char *line, int in, int out, int err)
{
    struct eddy_program shell = {.in = in, .out = out, .err = err};

    DID("sh -c '%s'", line);
    CHECK_CODE(eddy_process_start_shell(&process, &loop, line, &shell), 0);
}

static struct eddy_future *communicate(const void *input, size_t n, size_t most)
{
    return eddy_communicate(&talk, &process, input, n, most);
}

static int run(struct eddy_future *future)
{
    WAITING("a process's input, output and end");
    return eddy_loop_run_until_complete(&loop, future);
}

static void check_ended(int code)
{
    CHECK(process.ended);
    CHECK_INT(process.code, code);
    CHECK_INT(process.in, -1);
}

static void check_out(const char *text)
{
    CHECK_BYTES(process.out.reader.data, process.out.reader.size, text, strlen(text));
}

static void check_large(const struct eddy_reader *reader)
{
    CHECK_INT(reader->size, MEGABYTES_10);
    CHECK(memcmp(reader->data, large, MEGABYTES_10) == 0);
}

static void ten_megabytes(void)
{
    static const struct {
        const char *child, *sentence;
        int code;
    } children[] = {
        {"early", "P-05: 10 MB go in and 20 MB come out, of a child that reads early", 0},
        {"late", "P-05: 10 MB go in and 20 MB come out, of a child that reads late", 0},
        {"meanwhile", "P-05: 10 MB go in and 20 MB come out, of a child that reads meanwhile", 0},
        {"never", "P-05: 10 MB go in and 20 MB come out, of a child that never reads", 7},
        {"closes", "P-05: 10 MB go in and 20 MB come out, of a child that closes its stdin", 7}};

    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        EACH(children[i].sentence)
        {
            set_up_talk();
            start(children[i].child);
            CHECK_CODE(run(communicate(large, sizeof large, MOST)), 0);
            check_ended(children[i].code);
            check_large(&process.out.reader);
            check_large(&process.err.reader);
            tear_down_talk();
        }
    }
}

static void ends(void)
{
    EACH("P-06: a child that ends without reading its 10 MB of input is no error")
    {
        static const char *const lines[] = {"exit 3", "exec <&-; echo out; exit 3",
                                            "head -c 1 >/dev/null; exit 3"};
        for (int i = 0; i < 3; i++) {
            set_up_talk();
            start_line(lines[i], EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT);
            CHECK_CODE(run(communicate(large, sizeof large, MOST)), 0);
            check_ended(3);
            check_out(i == 1 ? "out\n" : "");
            tear_down_talk();
        }
    }

    EACH("P-15: wait is for the process alone, communicate also for the end of its output")
    {
        struct eddy_process_wait wait = {.waiter = {.link = {NULL, NULL}}};
        struct eddy_future *all;
        set_up_talk();
        start_line("(cat <&2; echo late) & echo early; exit 4", EDDY_NULL, EDDY_PIPE,
                   EDDY_FD(gate[0]));
        all = communicate(NULL, 0, MOST);
        CHECK_CODE(run(eddy_process_wait(&wait, &process)), 0);
        check_ended(4);
        turns(3);
        CHECK_CODE(eddy_future_error(all), EDDY_EPENDING);
        open_gate();
        CHECK_CODE(run(all), 0);
        check_out("early\nlate\n");
        tear_down_talk();
    }

    EACH("P-04: of a process that has ended and was waited for, all output is there")
    {
        struct eddy_process_wait wait = {.waiter = {.link = {NULL, NULL}}};
        set_up_talk();
        start_line("echo out; echo err >&2; exit 5", EDDY_PIPE, EDDY_PIPE, EDDY_PIPE);
        CHECK_CODE(run(eddy_process_wait(&wait, &process)), 0);
        CHECK_CODE(run(communicate("more", 4, MOST)), 0);
        check_ended(5);
        check_out("out\n");
        CHECK_BYTES(process.err.reader.data, process.err.reader.size, "err\n", 4);
        tear_down_talk();
    }

    EACH("a process that is killed meanwhile is no error: its signal tells")
    {
        set_up_talk();
        start_line("echo out; kill -9 $$", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT);
        CHECK_CODE(run(communicate(large, sizeof large, MOST)), 0);
        check_out("out\n");
        CHECK(process.ended && process.signal == SIGKILL && process.code == -1);
        tear_down_talk();
    }
}

static void parts(void)
{
    EACH("no input is the end of its input, of what is no pipe nothing is read")
    {
        set_up_talk();
        start_line("cat; echo end; exit 2", EDDY_PIPE, EDDY_PIPE, EDDY_NULL);
        CHECK_CODE(run(communicate(NULL, 0, MOST)), 0);
        check_ended(2);
        check_out("end\n");
        CHECK(process.err.reader.loop == NULL);
        tear_down_talk();
    }

    EACH("with no pipe at all it waits for the end")
    {
        set_up_talk();
        start_line("exit 6", EDDY_NULL, EDDY_NULL, EDDY_INHERIT);
        CHECK_CODE(run(communicate(NULL, 0, 0)), 0);
        check_ended(6);
        tear_down_talk();
    }

    EACH("stderr into stdout comes in one, in its order, NUL is a byte as others")
    {
        set_up_talk();
        start_line("cat; echo err >&2; echo out", EDDY_PIPE, EDDY_PIPE, EDDY_STDOUT);
        CHECK_CODE(run(communicate("a\0b", 3, MOST)), 0);
        CHECK_BYTES(process.out.reader.data, process.out.reader.size, "a\0berr\nout\n", 11);
        tear_down_talk();
    }

    EACH("more than `most` is ELIMIT, with the first ones, at either of the two")
    {
        for (int i = 0; i < 3; i++) {
            set_up_talk();
            start_line(i == 2 ? "printf 12345 >&2" : "printf 12345; printf 123 >&2", EDDY_PIPE,
                       EDDY_PIPE, EDDY_PIPE);
            CHECK_CODE(run(communicate(NULL, 0, i == 0 ? 5 : 4)), i == 0 ? 0 : EDDY_ELIMIT);
            if (i < 2)
                check_out(i == 0 ? "12345" : "1234");
            tear_down_talk();
        }
    }

    EACH("a child that never stops writing is ELIMIT, and its input is written no more")
    {
        set_up_talk();
        start_line("while echo y; do :; done", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT);
        CHECK_CODE(run(communicate(large, sizeof large, 100000)), EDDY_ELIMIT);
        CHECK_INT(process.out.reader.size, 100000);
        CHECK(!eddy_process_poll(&process));
        tear_down_talk();
    }

    EACH("input without a pipe is EINVAL, a closed process ECLOSED, nothing was started")
    {
        set_up_talk();
        CHECK_CODE(eddy_future_error(communicate("x", 1, MOST)), EDDY_ECLOSED);
        start_line("echo out", EDDY_NULL, EDDY_PIPE, EDDY_INHERIT);
        CHECK_CODE(run(communicate("x", 1, MOST)), -EINVAL);
        CHECK_CODE(run(communicate(NULL, 0, MOST)), 0);
        check_out("out\n");
        tear_down_talk();
    }
}

/* ---- Beside others ---------------------------------------------------------------------------------------- */

static void beside(void)
{
    EACH("while one is pending a second one is EWATCHED, with its own struct or the same")
    {
        struct eddy_future *first;
        struct eddy_communicate other = {.process = NULL};
        set_up_talk();
        start_line("cat; exit 3", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT);
        first = communicate(large, sizeof large, MOST);
        CHECK_CODE(run(eddy_communicate(&other, &process, "x", 1, MOST)), EDDY_EWATCHED);
        CHECK_CODE(run(eddy_communicate(&talk, &process, "x", 1, MOST)), EDDY_EWATCHED);
        CAUSE("the one that was refused has taken the first one's pipes from it");
        CHECK_CODE(run(first), 0);
        check_ended(3);
        CHECK_BYTES(process.out.reader.data, process.out.reader.size, large, sizeof large);
        tear_down_talk();
    }

    EACH("while a task reads or writes one of its pipes it is EWATCHED, and that goes on")
    {
        struct eddy_future *pending;
        struct eddy_io io;
        set_up_talk();
        start_line("cat; exit 3", EDDY_PIPE, EDDY_PIPE, EDDY_PIPE);
        pending = eddy_reader_readline(&process.err.reader);
        CHECK_CODE(run(communicate("a", 1, MOST)), EDDY_EWATCHED);
        CHECK(eddy_future_cancel(pending));
        pending = eddy_write(&io, &loop, process.in, large, sizeof large);
        CHECK_CODE(run(communicate("a", 1, MOST)), EDDY_EWATCHED);
        CHECK(eddy_future_cancel(pending));
        CHECK_CODE(run(communicate("a", 1, MOST)), 0);
        CHECK_INT(process.out.reader.size, io.n + 1);
        check_ended(3);
        tear_down_talk();
    }

    EACH("its process is closed and started anew in a turn: the new one's stdin stays open")
    {
        struct eddy_process_wait wait = {.waiter = {.link = {NULL, NULL}}};
        struct eddy_future *first;
        set_up_talk();
        DID("a process that leaves one of its own, which keeps stdin and does not read it");
        start_line("exec 3<&0; cat <&2 >/dev/null & exit 0", EDDY_PIPE, EDDY_NULL,
                   EDDY_FD(gate[0]));
        first = communicate(large, sizeof large, MOST);
        CHECK_CODE(run(eddy_process_wait(&wait, &process)), 0);
        eddy_process_close(&process);
        start_line("cat", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT);
        CHECK_CODE(run(first), EDDY_ECLOSED);
        CAUSE("the end of the old one's input has closed the new one's");
        CHECK(process.in >= 0);
        tear_down_talk();
    }
}

/* ---- Cut short ------------------------------------------------------------------------------------------ */

struct talker {
    struct eddy_co co;
    struct eddy_process process;
    struct eddy_communicate talk;
};

static struct eddy_step talker(struct eddy_co *co)
{
    struct talker *self = CO_FRAME(co, talker);
    struct eddy_program shell = {.in = EDDY_PIPE, .out = EDDY_PIPE, .err = EDDY_FD(gate[0])};
    int err;

    CO_BEGIN(co);
    err = eddy_process_start_shell(&self->process, eddy_co_loop(co), "cat <&2", &shell);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_communicate(&self->talk, &self->process, large, sizeof large, MOST));
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}

static void cut_short(void)
{
    EACH("cancelled in the midst, the process goes on, another talk has all that comes")
    {
        struct eddy_future *all;
        set_up_talk();
        start_line("echo out; cat <&2; cat >/dev/null; echo end; exit 8", EDDY_PIPE, EDDY_PIPE,
                   EDDY_FD(gate[0]));
        all = communicate(large, sizeof large, MOST);
        while (process.out.reader.end < 4)
            turns(1);
        CHECK(eddy_future_cancel(all));
        CHECK_CODE(run(all), -ECANCELED);
        CHECK(!eddy_process_poll(&process) && process.in >= 0);
        open_gate();
        CHECK_CODE(run(communicate(large, 1000, MOST)), 0);
        check_ended(8);
        check_out("out\nend\n");
        tear_down_talk();
    }

    EACH("its process is closed meanwhile: ECLOSED, and no child is left")
    {
        struct eddy_future *all;
        set_up_talk();
        start_line("cat <&2", EDDY_PIPE, EDDY_PIPE, EDDY_FD(gate[0]));
        all = communicate(large, sizeof large, MOST);
        turns(3);
        eddy_process_close(&process);
        CHECK_CODE(run(all), EDDY_ECLOSED);
        tear_down_talk();
    }

    EACH("a task that is cancelled in the midst of it leaves no child")
    {
        static struct eddy_task a;
        static struct talker frame;
        set_up_talk();
        eddy_task_start(&a, &loop, talker, &frame);
        turns(3);
        CHECK(eddy_task_cancel(&a));
        complete(&a, -ECANCELED);
        tear_down_talk();
    }

    EACH("a task that is abandoned in the midst of it leaves no child, and no pointer")
    {
        static struct eddy_task a;
        static struct talker frame;
        set_up_talk();
        eddy_task_start(&a, &loop, talker, &frame);
        turns(3);
        eddy_task_abandon(&a);
        memset(&frame, 0x5a, sizeof frame);
        turns(3);
        tear_down_talk();
    }
}

/* ---- A difficult machine -------------------------------------------------------------------------------- */

static void faulty(void)
{
    EACH("a kernel that moves little at a time, and interrupts, is no difference")
    {
        set_up_talk();
        start_line("cat; exit 2", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT);
        faults_plan("read%777,write%999,read@3=EINTR,write@2=EINTR,write@4=EAGAIN,read@5=EAGAIN");
        CHECK_CODE(run(communicate(large, 200000, MOST)), 0);
        faults_plan("");
        check_ended(2);
        CHECK_INT(process.out.reader.size, 200000);
        CHECK(memcmp(process.out.reader.data, large, 200000) == 0);
        tear_down_talk();
    }

    EACH("an error of writing or of reading is its error, and the others are given up")
    {
        static const char *const plans[] = {"write@1=EIO", "read@1=EIO"};
        for (int i = 0; i < 2; i++) {
            set_up_talk();
            start_line("echo out; cat >/dev/null; cat <&2", EDDY_PIPE, EDDY_PIPE, EDDY_FD(gate[0]));
            faults_plan(plans[i]);
            CHECK_CODE(run(communicate(large, sizeof large, MOST)), -EIO);
            faults_plan("");
            tear_down_talk();
        }
    }

    EACH("without memory, at each allocation: ENOMEM, or it goes without, nothing is left")
    {
        bool met = true;
        char plan[96];
        int err;
        for (int i = 1; met; i++) {
            CHECK(i < 60);
            set_up_talk();
            snprintf(plan, sizeof plan, "malloc@%d=ENOMEM,calloc@%d=ENOMEM,realloc@%d=ENOMEM", i, i,
                     i);
            faults_plan(plan);
            err = eddy_process_start_shell(
                &process, &loop, "cat",
                &(struct eddy_program){.in = EDDY_PIPE, .out = EDDY_PIPE, .err = EDDY_PIPE});
            if (err == 0)
                err = run(communicate(large, 10000, MOST));
            met = faults_injected() > 0;
            faults_plan("");
            DID("%s: %s", plan, eddy_errname(err));
            CHECK(err == 0 || (met && err == -ENOMEM));
            CHECK(i > 1 || err == -ENOMEM);
            tear_down_talk();
        }
    }
}

int main(int argc, char *argv[])
{
    if (argc > 2 && strcmp(argv[1], "child") == 0)
        return act(argv[2]);
    program = argv[0];
    check_start(argc, argv);
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        ten_megabytes();
        ends();
        parts();
        beside();
        cut_short();
        faulty();
    }
    return check_end();
}
