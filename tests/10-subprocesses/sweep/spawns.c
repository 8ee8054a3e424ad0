/*
 * Random processes, 64 at a time: they end by themselves, by their own signal or by one of ours, write more
 * than a pipe holds, or wait for ever; they are waited for, looked at, killed, terminated, and closed at any
 * time, and the tasks that have them are cancelled by a stranger.
 *
 * Each process looks what descriptors it has: 0, 1 and 2, each of the kind that was asked for, and no
 * other, though this program keeps some open without close-on-exec. What it finds is its code. kill() is
 * this file's own, and asks for each signal whether its receiver is a process of the loop's that nobody has
 * waited for yet. A few children of the program's own stand by, and nobody may touch them. At the end there
 * is no zombie, and no process is left.
 *
 *     spawns                400 processes; spawns --full    10,000
 *     spawns --seed 401     those of one case
 */
#define _XOPEN_SOURCE 700 /* killpg() is of POSIX's XSI part */

#include "../programs.h"

#include "delay.h"
#include "task.h"

enum { ALL = 10000, SAMPLE = 400, IN_A_CASE = 200, PLACES = 64, BYSTANDERS = 4 };
enum { LEAK = 200, WRONG_KIND = 201, LINES = 20000 };

int kill(pid_t pid, int signo); /* in place of the C library's */

/* ---- The process ----------------------------------------------------------------------------------------- */

static bool is_kind(int fd, char kind)
{
    struct stat info, null;

    if (fstat(fd, &info) < 0 || stat("/dev/null", &null) < 0)
        return false;
    if (kind == 'n')
        return info.st_rdev == null.st_rdev && S_ISCHR(info.st_mode);
    return kind == 'i' || S_ISFIFO(info.st_mode);
}

static int look_around(const char *kinds)
{
    for (int fd = 3; fd < OPEN_MOST; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return LEAK;
    for (int fd = 0; fd < 3; fd++)
        if (!is_kind(fd, kinds[fd]))
            return WRONG_KIND;
    return 0;
}

/* `kinds` says of 0, 1 and 2: i, p or n; `deed`: e, exit; k, a signal to itself; w, wait; o, output. */
static int be_process(const char *kinds, const char *deed, int n)
{
    int found = look_around(kinds);

    if (found)
        return found;
    if (*deed == 'k')
        raise(n);
    while (*deed == 'w')
        pause();
    for (int i = 0; i < LINES && *deed == 'o'; i++)
        if (write(1, "some bytes\n", 11) < 0)
            return n;
    return n;
}

/* ---- What happens to it ------------------------------------------------------------------------------------ */

struct place {
    struct eddy_co co;
    struct eddy_process process;
    struct eddy_process_wait wait;
    struct eddy_sleep sleep;
    char kinds[4], deed[2], number[12];
    int n, sent, err;
};

static struct {
    const struct place *places;
    unsigned dice, left;
    long started, killed, ended, cancelled, closed, wrong_signals;
    const char *program;
} world;

static struct eddy_task tasks[PLACES];
static struct eddy_timer stranger;

static unsigned draw(unsigned n)
{
    world.dice = world.dice * 1664525u + 1013904223u;
    return (world.dice >> 8) % n;
}

static const struct place *place_of(pid_t pid)
{
    for (int i = 0; i < PLACES; i++)
        if (world.places[i].process.loop && world.places[i].process.pid == pid)
            return &world.places[i];
    return NULL;
}

/* sigqueue() and killpg() do what kill() does. */
int kill(pid_t pid, int signo)
{
    const struct place *place = world.places ? place_of(pid) : NULL;
    siginfo_t info = {.si_pid = 0};

    if (pid < 0 && !world.places)
        return killpg(-pid, signo); /* the harness's: what a case has left */
    if (!place || place->process.ended ||
        waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        world.wrong_signals++;
    return sigqueue(pid, signo, (union sigval){.sival_int = 0});
}

static int draw_kind(char *letter, int fd)
{
    static const int kinds[] = {EDDY_INHERIT, EDDY_PIPE, EDDY_NULL, EDDY_STDOUT};
    unsigned i = draw(fd == 2 ? 4 : 3);

    *letter = "ipn"[i % 3];
    return kinds[i];
}

static int start_drawn(struct place *self)
{
    const char *argv[] = {here, "process", self->kinds, self->deed, self->number, NULL};
    struct eddy_program program = {.argv = argv, .own_group = draw(2)};

    program.in = draw_kind(&self->kinds[0], 0);
    program.out = draw_kind(&self->kinds[1], 1);
    program.err = draw_kind(&self->kinds[2], 2);
    if (program.err == EDDY_STDOUT)
        self->kinds[2] = self->kinds[1];
    self->deed[0] = "eekwwo"[draw(6)];
    if (self->deed[0] == 'o' && self->kinds[1] == 'i')
        self->deed[0] = 'e'; /* it would be this program's own output */
    self->n = self->deed[0] == 'k' ? (draw(2) ? SIGTERM : SIGKILL) : (int)draw(200);
    snprintf(self->number, sizeof self->number, "%d", self->n);
    self->sent = 0;
    world.started++;
    return eddy_process_start(&self->process, &loop, &program);
}

/* Any time, and perhaps too late. */
static void send_drawn(struct place *self)
{
    int signo = draw(2) ? SIGTERM : SIGKILL, err;

    if (self->deed[0] != 'w' && draw(2))
        return;
    err = eddy_process_send_signal(&self->process, signo);
    CHECK(err == 0 || err == -ESRCH);
    if (err == 0)
        self->sent = self->sent == SIGKILL ? SIGKILL : signo;
    world.killed += err == 0;
}

static void check_outcome(const struct place *self)
{
    const struct eddy_process *process = &self->process;
    bool by_itself = self->deed[0] == 'k' ? process->signal == self->n
                                          : self->deed[0] != 'w' && process->code == self->n;

    CHECK(process->ended);
    CAUSE("a descriptor of this program, or of another one's pipes, was open in it");
    CHECK(process->code != LEAK);
    CAUSE("one of its three descriptors is not what was asked for");
    CHECK(process->code != WRONG_KIND);
    CAUSE("its status is another's");
    CHECK(by_itself || (self->sent && (process->signal == SIGTERM || process->signal == SIGKILL)));
    CHECK(waitpid(process->pid, NULL, WNOHANG) < 0 && errno == ECHILD);
    world.ended++;
}

/* One process after the other. Whatever cancels an await here, the process is closed. */
static struct eddy_step place(struct eddy_co *co)
{
    struct place *self = CO_FRAME(co, place);

    CO_BEGIN(co);
    while (world.left > 0) {
        world.left--;
        CHECK_CODE(start_drawn(self), 0);
        CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, &loop, draw(4) / 1000.0));
        if (eddy_co_error(co) == 0 && self->process.out.reader.loop && self->deed[0] == 'o' &&
            draw(2))
            CO_TRY_AWAIT(co, eddy_reader_readall(&self->process.out.reader, LINES * 11));
        if (eddy_co_error(co) == 0 && draw(8) > 0) {
            send_drawn(self);
            if (self->deed[0] == 'o' && self->process.out.reader.loop)
                CO_TRY_AWAIT(co, eddy_reader_readall(&self->process.out.reader, LINES * 11));
            eddy_process_poll(&self->process);
            if (eddy_co_error(co) == 0)
                CO_TRY_AWAIT(co, eddy_process_wait(&self->wait, &self->process));
            if (eddy_co_error(co) == 0)
                check_outcome(self);
        }
        world.closed += !self->process.ended;
        eddy_process_close(&self->process);
    }
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}

static void on_stranger(struct eddy_handle *handle)
{
    struct eddy_task *task = &tasks[draw(PLACES)];

    (void)handle;
    if (!eddy_task_done(task) && task->waiting)
        world.cancelled += eddy_task_cancel(task);
    if (world.left > 0)
        CHECK_OK(eddy_loop_call_later(&loop, &stranger, draw(8) / 1000.0));
}

/* ---- A case -------------------------------------------------------------------------------------------------- */

static pid_t bystanders[BYSTANDERS];

static void start_bystanders(void)
{
    for (int i = 0; i < BYSTANDERS; i++) {
        bystanders[i] = fork();
        while (bystanders[i] == 0)
            pause();
        CHECK_OK(bystanders[i]);
    }
}

static void check_bystanders(void)
{
    siginfo_t info = {.si_pid = 0};

    CAUSE("a zombie is left, or a signal has come to a process that is not the loop's");
    CHECK_OK(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT));
    CHECK_INT(info.si_pid, 0);
    for (int i = 0; i < BYSTANDERS; i++) {
        CHECK_OK(sigqueue(bystanders[i], SIGKILL, (union sigval){.sival_int = 0}));
        CHECK_INT(waitpid(bystanders[i], NULL, 0), bystanders[i]);
    }
    CHECK(nothing_to_wait_for());
}

static void play(unsigned seed, unsigned count)
{
    static struct place places[PLACES];
    int leaks[3];

    DID("played processes %u to %u; to repeat: %s --seed %u", seed, seed + count - 1, world.program,
        seed);
    world.dice = seed * 2654435761u;
    world.left = count;
    for (int i = 0; i < 3; i++)
        leaks[i] = fcntl(0, F_DUPFD, 40 + 300 * i);
    open_loop();
    start_bystanders();
    world.places = places;
    for (int i = 0; i < PLACES; i++)
        eddy_task_start(&tasks[i], &loop, place, &places[i], .err = 0);
    eddy_timer_init(&stranger, on_stranger);
    CHECK_OK(eddy_loop_call_later(&loop, &stranger, 0));
    WAITING("all processes to end");
    CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
    for (int i = 0; i < PLACES; i++)
        CHECK_CODE(eddy_future_error(&tasks[i].future), 0);
    CHECK_INT(world.started, count);
    CAUSE("a signal went to a number that had been waited for");
    CHECK_INT(world.wrong_signals, 0);
    check_bystanders();
    close_loop();
    for (int i = 0; i < 3; i++)
        close(leaks[i]);
    CAUSE("the processes try too little");
    CHECK(world.ended > count / 4 && world.killed > 0 && world.closed > 0 && world.cancelled > 0);
}

int main(int argc, char *argv[])
{
    bool full = argc > 1 && strcmp(argv[1], "--full") == 0;
    unsigned one = argc > 2 && strcmp(argv[1], "--seed") == 0 ? (unsigned)atol(argv[2]) : 0;
    unsigned all = full ? ALL : SAMPLE;
    char sentence[120];
    int failed;

    if (argc > 4 && strcmp(argv[1], "process") == 0)
        return be_process(argv[2], argv[3], atoi(argv[4]));
    world.program = argv[0];
    check_start(argc, argv);
    check_limit(60);
    note_path(argv[0]);
    for (unsigned seed = one ? one : 1; seed <= (one ? one : all); seed += IN_A_CASE) {
        snprintf(sentence, sizeof sentence,
                 "random processes %u to %u: no zombie, no strange descriptor, no wrong signal",
                 seed, seed + IN_A_CASE - 1);
        CASE(sentence)
            play(seed, IN_A_CASE);
    }
    failed = check_end();
    if (full && !failed)
        printf("spawns: %d random processes, %d at a time: all clean\n", ALL, PLACES);
    return failed;
}
