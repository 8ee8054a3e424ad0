/* Each scenario runs a process on each selector that this build has, under faults of all that this takes:
 * memory, descriptors, pipes, the signal, fork and exec. Whatever fails, no process is left, and no pipe. */
#include "sweep.h"

#include "communicate.h"
#include "errors.h"
#include "faults.h"
#include "fdio.h"
#include "plausible.h"
#include "report.h"
#include "run.h"
#include "selector.h"
#include "task.h"
#include "until_complete.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static const char *which; /* the selector that is swept */
static struct eddy_loop loop;
static struct eddy_process process;

/* What counts is the outcome. */
static void on_report(const char *text)
{
    (void)text;
}

static int set_up(void)
{
    eddy_report_to(on_report);
    return eddy_loop_open(&loop, &(struct eddy_loop_options){.selector = which});
}

static bool is_left(void)
{
    bool left;

    faults_hold(true);
    left = waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD;
    faults_hold(false);
    return left;
}

static int tear_down(int err)
{
    eddy_process_close(&process);
    if (loop.open && err < 0 && eddy_next_task(&loop, NULL))
        eddy_loop_shutdown(&loop, 0.01);
    if (is_left())
        err = sweep_wrong("it is over, and a process is left");
    if (loop.open && eddy_loop_close(&loop) < 0)
        err = sweep_wrong("the loop cannot be closed: a task is left");
    loop = (struct eddy_loop){0};
    return err;
}

static int start(const char *line, int in, int out, int err)
{
    return eddy_process_start_shell(&process, &loop, line,
                                    &(struct eddy_program){.in = in, .out = out, .err = err});
}

static int wait_for(int code)
{
    static struct eddy_process_wait wait; /* stays, if the run fails */
    int err = eddy_loop_run_until_complete(&loop, eddy_process_wait(&wait, &process));

    if (err == 0 && process.code != code)
        err = sweep_wrong("it has ended with another code");
    return err;
}

static int read_text(struct eddy_pump *pump, const char *want)
{
    int err = eddy_loop_run_until_complete(&loop, eddy_reader_readall(&pump->reader, 100));

    if (err == 0 && (pump->reader.size != strlen(want) ||
                     memcmp(pump->reader.data, want, pump->reader.size) != 0))
        err = sweep_wrong("it has written something else");
    return err;
}

/* It runs, and its pipe is read. */
static int start_cat(void)
{
    int err = start("echo; exec cat", EDDY_PIPE, EDDY_PIPE, EDDY_NULL);

    return err ? err
               : eddy_loop_run_until_complete(&loop, eddy_reader_readline(&process.out.reader));
}

/* ---- The scenarios --------------------------------------------------------------------------------------- */

static int waits(void)
{
    int err = set_up();

    err = err ? err : start("exit 3", EDDY_NULL, EDDY_NULL, EDDY_STDOUT);
    return tear_down(err ? err : wait_for(3));
}

static int finds(void)
{
    const char *argv[] = {"sh", "-c", "exit 4", NULL}, *env[] = {"PATH=/no/such:/bin", NULL};
    struct eddy_program program = {
        .argv = argv, .env = env, .cwd = "/", .out = EDDY_FD(2), .own_group = true};
    int err = set_up();

    err = err ? err : eddy_process_start(&process, &loop, &program);
    return tear_down(err ? err : wait_for(4));
}

static int reads(void)
{
    int err = set_up();

    err = err ? err : start("echo out; echo err >&2", EDDY_INHERIT, EDDY_PIPE, EDDY_PIPE);
    err = err ? err : read_text(&process.out, "out\n");
    err = err ? err : read_text(&process.err, "err\n");
    return tear_down(err ? err : wait_for(0));
}

static int writes(void)
{
    static struct eddy_io io;
    int err = set_up();

    err = err ? err : start("read x; echo $x", EDDY_PIPE, EDDY_PIPE, EDDY_INHERIT);
    err = err ? err
              : eddy_loop_run_until_complete(&loop, eddy_write(&io, &loop, process.in, "hi\n", 3));
    err = err ? err : read_text(&process.out, "hi\n");
    return tear_down(err ? err : wait_for(0));
}

static int closes(void)
{
    int err = set_up();

    err = err ? err : start_cat();
    if (err == 0) {
        eddy_process_poll(&process);
        eddy_process_close(&process);
        if (process.signal != SIGKILL)
            err = sweep_wrong("it was closed while it ran, and not killed");
    }
    return tear_down(err);
}

static int closes_loop_first(void)
{
    int err = set_up();

    err = err ? err : start_cat();
    if (loop.open && eddy_loop_close(&loop) < 0)
        err = sweep_wrong("the loop cannot be closed");
    return tear_down(err);
}

static int terminates(void)
{
    int err = set_up();

    err = err ? err : start("exec cat", EDDY_PIPE, EDDY_NULL, EDDY_INHERIT);
    err = err ? err : eddy_process_terminate(&process);
    return tear_down(err ? err : wait_for(-1));
}

/* In a task, whose frame has it. */
struct talk {
    struct eddy_co co;
    struct eddy_process process;
    struct eddy_communicate communicate;
};

static struct eddy_step talk(struct eddy_co *co)
{
    struct talk *self = CO_FRAME(co, talk);
    int err;

    CO_BEGIN(co);
    err = eddy_process_start_shell(
        &self->process, &loop, "cat; echo end >&2; exit 5",
        &(struct eddy_program){.in = EDDY_PIPE, .out = EDDY_PIPE, .err = EDDY_PIPE});
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_communicate(&self->communicate, &self->process, "to and fro", 10, 100));
    if (self->process.code != 5 || self->process.err.reader.size != 4)
        CO_FAIL(co, sweep_wrong("it has ended otherwise"));
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}

static int communicates(void)
{
    static struct eddy_task task;
    static struct talk frame;
    int err = set_up();

    err = err ? err
              : eddy_loop_run_until_complete(
                    &loop, eddy_task_start(&task, &loop, talk, &frame, .process = {.in = -1}));
    return tear_down(err);
}

SWEEP
{
    sweep_ignored("close"); /* eddy_loop_close() can do nothing about it */
    sweep_ignored("recv");  /* of the byte that wakes: the flags say which signal has come */
    plausible_expect("read", EAGAIN, AGAIN); /* then it waits, and tries again */
    plausible_expect("write", EAGAIN, AGAIN);
    plausible_expect("write", EPIPE, EITHER); /* communicate: a program need not read its input */
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "starts a program, and waits for it", waits);
        SCENARIO_ON(which, "looks for a program, in a directory, with an environment", finds);
        SCENARIO_ON(which, "reads all that it writes", reads);
        SCENARIO_ON(which, "writes to it, and reads", writes);
        SCENARIO_ON(which, "closes it while it runs", closes);
        SCENARIO_ON(which, "closes the loop first, and then the process", closes_loop_first);
        SCENARIO_ON(which, "terminates it", terminates);
        SCENARIO_ON(which, "communicates, in a task", communicates);
    }
}
