/*
 * What exercise 10.1 asks, asked of real programs. Each line it prints is a line of the exercise's file, with
 * the answer.
 */
#include "communicate.h"
#include "delay.h"
#include "errors.h"
#include "run.h"
#include "turn.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct eddy_loop loop;
static long said; /* as digits, in their order */
static int line;

static void tell(const char *text)
{
    printf("%c. %-66s: %ld\n", 'a' + line, text, said);
    line++;
    said = 0;
}

/* The digits of a number that is not negative. */
static void say(long number)
{
    char digits[40];

    snprintf(digits, sizeof digits, "%ld%ld", said, number);
    said = strtol(digits, NULL, 10);
}

static void say_end(const struct eddy_process *process)
{
    say(process->signal ? 2 : 1);
    say(process->signal ? process->signal : process->code);
}

static void run(struct eddy_task *task)
{
    (void)task;
    eddy_loop_run_until_stuck(&loop);
}

/* ---- A program ------------------------------------------------------------------------------------------ */

enum wish { ITS_END, A_LINE, NOBODY_ELSES_END, COMMUNICATE };

struct asker {
    struct eddy_co co;
    enum wish wish;
    struct eddy_program program;
    const char *command; /* for a shell; NULL: the program's argv */
    struct eddy_process process;
    struct eddy_process_wait wait;
    struct eddy_communicate talk;
};

static int start(struct asker *self)
{
    return self->command
               ? eddy_process_start_shell(&self->process, &loop, self->command, &self->program)
               : eddy_process_start(&self->process, &loop, &self->program);
}

/* Before the library can. */
static void wait_as_a_stranger(const struct eddy_process *process)
{
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static struct eddy_future *wish_of(struct asker *self)
{
    if (self->wish == A_LINE)
        return eddy_reader_readline(&self->process.out.reader);
    if (self->wish == COMMUNICATE)
        return eddy_communicate(&self->talk, &self->process, "1\n2\n3\n", 6, 1000);
    if (self->wish == NOBODY_ELSES_END)
        wait_as_a_stranger(&self->process);
    return eddy_process_wait(&self->wait, &self->process);
}

static struct eddy_step asker(struct eddy_co *co)
{
    struct asker *self = CO_FRAME(co, asker);

    CO_BEGIN(co);
    if (start(self) < 0) {
        say(8);
        CO_RETURN(co);
    }
    CO_TRY_AWAIT(co, wish_of(self));
    if (eddy_co_error(co) < 0)
        say(8);
    else if (self->wish == A_LINE)
        say((long)self->process.out.reader.size);
    else
        say_end(&self->process);
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}

static struct asker frame;
static struct eddy_task tasks[2];

static void ask(const char *text, enum wish wish, const char *command, const char *const *argv)
{
    struct eddy_program program = {.argv = argv,
                                   .in = wish == COMMUNICATE ? EDDY_PIPE : EDDY_NULL,
                                   .out = wish == A_LINE || wish == COMMUNICATE ? EDDY_PIPE
                                                                                : EDDY_NULL,
                                   .err = EDDY_NULL};

    frame = (struct asker){.wish = ITS_END};
    eddy_task_start(&tasks[0], &loop, asker, &frame, .wish = wish, .program = program,
                    .command = command);
    run(&tasks[0]);
    tell(text);
}

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SHELL(line) ARGV("sh", "-c", line)

static void ends(void)
{
    ask("`exit 3`", ITS_END, NULL, SHELL("exit 3"));
    ask("`kill -9 $$; exit 3`", ITS_END, NULL, SHELL("kill -9 $$; exit 3"));
    ask("/no/such/program, and no arguments", ITS_END, NULL, ARGV("/no/such/program"));
    ask("... but eddy_process_start_shell starts it", ITS_END, "/no/such/program", NULL);
    ask("echo with the argument $((1+2)). main says the size of its line", A_LINE, NULL,
        ARGV("echo", "$((1+2))"));
    ask("... but eddy_process_start_shell starts it", A_LINE, "echo $((1+2))", NULL);
}

/* ---- Two ends, and a close -------------------------------------------------------------------------------- */

static const char leaves_a_child[] = "exec 3<&0; cat <&3 & echo 1";

struct reader {
    struct eddy_co co;
    struct eddy_process process;
    struct eddy_process_wait wait;
};

static struct eddy_step reader(struct eddy_co *co)
{
    struct reader *self = CO_FRAME(co, reader);
    struct eddy_reader *lines = &self->process.out.reader;
    struct eddy_program pipes = {.in = EDDY_PIPE, .out = EDDY_PIPE};

    CO_BEGIN(co);
    if (eddy_process_start_shell(&self->process, &loop, leaves_a_child, &pipes) < 0)
        CO_FAIL(co, -EIO);
    CO_AWAIT(co, eddy_reader_readline(lines));
    say(1);
    CO_AWAIT(co, eddy_process_wait(&self->wait, &self->process));
    say(7);
    eddy_process_close_in(&self->process);
    CO_AWAIT(co, eddy_reader_readline(lines));
    say((long)lines->size);
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}

struct other {
    struct eddy_co co;
    struct eddy_process *process;
    struct eddy_process_wait wait;
};

static struct eddy_step other(struct eddy_co *co)
{
    struct other *self = CO_FRAME(co, other);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_process_wait(&self->wait, self->process));
    if (eddy_co_error(co) < 0)
        say(8);
    else
        say_end(self->process);
    CO_END(co);
}

struct closer {
    struct eddy_co co;
    struct eddy_process process;
    struct eddy_task task;
    struct other other;
};

static struct eddy_step closer(struct eddy_co *co)
{
    struct closer *self = CO_FRAME(co, closer);
    struct eddy_program program = {.argv = ARGV("cat"), .in = EDDY_PIPE, .out = EDDY_NULL};

    CO_BEGIN(co);
    if (eddy_process_start(&self->process, &loop, &program) < 0)
        CO_FAIL(co, -EIO);
    eddy_task_start(&self->task, &loop, other, &self->other, .process = &self->process);
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_next_turn());
    eddy_process_close(&self->process);
    say(1);
    CO_AWAIT(co, &self->task.future);
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}

static void two_ends(void)
{
    static struct reader reads;
    static struct closer closes;

    eddy_task_start(&tasks[0], &loop, reader, &reads);
    run(&tasks[0]);
    tell("A shell says a line, ends, and leaves a cat with its output");

    eddy_task_start(&tasks[0], &loop, closer, &closes);
    run(&tasks[0]);
    tell("Another task waits for `cat`. main closes it, and says 1");

    ask("eddy_communicate sends three lines to `exit 4`", COMMUNICATE, NULL, SHELL("exit 4"));
}

/* ---- A reader --------------------------------------------------------------------------------------------- */

struct user {
    struct eddy_co co;
    struct eddy_reader *reader;
    int reads;
    char how; /* 'l': a line; 'n': four bytes; 'u': until a newline */
};

static struct eddy_future *read_once(struct user *self)
{
    if (self->how == 'l')
        return eddy_reader_readline(self->reader);
    return self->how == 'n' ? eddy_reader_readexactly(self->reader, 4)
                            : eddy_reader_readuntil(self->reader, "\n", 1);
}

static struct eddy_step user(struct eddy_co *co)
{
    struct user *self = CO_FRAME(co, user);

    CO_BEGIN(co);
    for (; self->reads > 0; self->reads--) {
        CO_TRY_AWAIT(co, read_once(self));
        if (eddy_co_error(co) < 0)
            say(8);
        if (eddy_co_error(co) != EDDY_ELIMIT)
            say((long)self->reader->size);
    }
    CO_END(co);
}

static void read_bytes(const char *text, const char *bytes, size_t limit, char how, int reads)
{
    static struct user uses;
    struct eddy_reader in = {.data = NULL};

    eddy_reader_open(&in, &loop, limit, NULL);
    eddy_reader_feed(&in, bytes, strlen(bytes));
    eddy_reader_feed_eof(&in);
    eddy_task_start(&tasks[0], &loop, user, &uses, .reader = &in, .how = how, .reads = reads);
    run(&tasks[0]);
    eddy_reader_close(&in);
    tell(text);
}

static void readers(void)
{
    read_bytes("`ab`, newline, `cd`. Three lines are read", "ab\ncd", 0, 'l', 3);
    read_bytes("`abc`. Exactly four bytes are read", "abc", 0, 'n', 1);
    read_bytes("Limit 4. `abcdefgh`, newline, `ij`, newline. Two lines are read", "abcdefgh\nij\n",
               4, 'l', 2);
    read_bytes("... but twice it is read until a newline", "abcdefgh\nij\n", 4, 'u', 2);
}

/* ---- How they begin and end -------------------------------------------------------------------------------- */

static void children(void)
{
    signal(SIGPIPE, SIG_IGN);
    ask("main ignores SIGPIPE, which is 13. `kill -s PIPE $$; exit 5`", ITS_END, NULL,
        SHELL("kill -s PIPE $$; exit 5"));
    ask("`exit 6`. main calls waitpid() for it, and then waits", NOBODY_ELSES_END, NULL,
        SHELL("exit 6"));
}

int main(void)
{
    alarm(10); /* a library that is being changed may hang */
    if (eddy_loop_open(&loop, NULL) < 0)
        return 1;
    ends();
    two_ends();
    readers();
    children();
    eddy_loop_close(&loop);
    return line != 15;
}
