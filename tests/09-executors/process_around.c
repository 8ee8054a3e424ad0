/* What is around a pool of processes: the terminal's Ctrl-C, a parent that is killed, other children of
 * the program, its output, and loops. */
#include "workers.h"

#include "delay.h"
#include "run.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct eddy_job jobs[4];
static struct gate gate;

static void open_plain(int workers)
{
    DID("opened a pool of %d processes", workers);
    processes = (struct eddy_process_pool){.name = NULL};
    CHECK_CODE(eddy_process_pool_open(&processes, workers), 0);
    executor = &processes.drivers.executor;
}

static int run(int (*fn)(struct eddy_work *work), const void *in, size_t n, void *out, size_t room)
{
    eddy_job_init(&jobs[0], fn, in, n, out, room);
    CHECK_CODE(eddy_executor_submit(executor, &jobs[0]), 0);
    WAITING("a job's end");
    return eddy_job_result(&jobs[0], EDDY_FOREVER);
}

/* ---- Signals ----------------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signo)
{
    (void)signo;
    interrupts++;
}

/* Whether SIGTERM or SIGUSR1 is blocked. */
static int blocks_signals(struct eddy_work *work)
{
    sigset_t mask;
    int blocked;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    blocked = sigismember(&mask, SIGTERM) || sigismember(&mask, SIGUSR1);
    return eddy_work_put(work, &blocked, sizeof blocked);
}

static void gets_signals(void)
{
    CASE("Ctrl-C of the terminal comes to all processes, and the workers go on") {
        int n = 5, result = 0;
        gate_open(&gate);
        open_pool(PROCESSES, 2);
        CHECK(signal(SIGINT, on_interrupt) != SIG_ERR);
        begin_hold(&jobs[1], &gate);
        CHECK_OK(kill(0, SIGINT)); /* the case is a process group of its own */
        CHECK_INT(interrupts, 1);
        CHECK_CODE(run(square, &n, sizeof n, &result, sizeof result), 0);
        let_go(&gate, 1);
        CHECK_CODE(eddy_job_result(&jobs[1], EDDY_FOREVER), 0);
        CHECK_INT(result, 25);
        CHECK_CODE(close_pool(PROCESSES), 0);
        gate_close(&gate);
    }

    CASE("what the opener of the pool blocks, jobs do not, and its own mask is as before") {
        sigset_t two, after;
        int blocked = -1;
        sigemptyset(&two);
        sigaddset(&two, SIGTERM);
        sigaddset(&two, SIGUSR1);
        CHECK_INT(pthread_sigmask(SIG_SETMASK, &two, NULL), 0);
        open_plain(1);
        CHECK_CODE(run(blocks_signals, NULL, 0, &blocked, sizeof blocked), 0);
        CHECK_INT(blocked, 0);
        CHECK_INT(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
        CHECK(sigismember(&after, SIGTERM) && !sigismember(&after, SIGHUP));
        CHECK_CODE(close_pool(PROCESSES), 0);
    }
}

/* ---- Parents and children ---------------------------------------------------------------------------- */

/* Until nobody has the other end any more. */
static void wait_for_end(int fd)
{
    char byte;

    _exit(read(fd, &byte, 1) == 0 ? 0 : 1);
}

static const struct orphan *brother_of_workers; /* its pipes */

/* In a process of its own: a pool, two workers of which compute for ever and one is idle, and perhaps a
 * child that lives on, without the lifeline. Then it is killed. */
static void open_and_be_killed(void)
{
    char byte;

    open_pool(PROCESSES, 3);
    if (brother_of_workers && fork() == 0) {
        close(lifeline[1]);
        wait_for_end(brother_of_workers->go);
    }
    for (int i = 0; i < 2; i++) {
        eddy_job_init(&jobs[i], compute_for_ever, &lifeline[1], sizeof lifeline[1], NULL, 0);
        eddy_executor_submit(executor, &jobs[i]);
    }
    for (int i = 0; i < 2; i++)
        if (read(lifeline[0], &byte, 1) != 1)
            _exit(1);
    raise(SIGKILL);
}

static void await_killed_parent(void)
{
    int status;
    pid_t pid;

    open_lifeline();
    pid = fork();
    CHECK_OK(pid);
    if (pid == 0)
        open_and_be_killed();
    let_go_of_lifeline();
    WAITING("the parent to be killed");
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
    await_their_end();
}

static bool child_has_its_own(void)
{
    int n = 3, result = 0;

    eddy_process_pool_terminate(&processes); /* of the parent's: nothing */
    if (eddy_process_pool_close(&processes) < 0 || processes.workers ||
        eddy_process_pool_open(&processes, 1) < 0)
        return false;
    init_square(&jobs[1], &n, &result);
    return eddy_executor_submit(executor, &jobs[1]) == 0 &&
           eddy_job_result(&jobs[1], EDDY_FOREVER) == 0 && result == 9 &&
           eddy_process_pool_close(&processes) == 0;
}

static void has_relatives(void)
{
    CASE("a parent that is killed leaves no worker, though they compute for ever") {
        await_killed_parent();
    }

    CASE("nor when another child of it lives on") {
        int go[2];
        struct orphan orphan = {.go = -1};
        CHECK_OK(pipe(go));
        CHECK_INT(fcntl(go[1], F_SETFD, FD_CLOEXEC), 0);
        orphan.go = go[0];
        brother_of_workers = &orphan;
        await_killed_parent();
        close(go[0]);
        close(go[1]);
    }

    CASE("a child of the program is told EFORK, and has no end of a worker's socket") {
        int n = 3, result, status;
        pid_t pid;
        open_plain(2);
        CHECK_CODE(run(square, &n, sizeof n, &result, sizeof result), 0);
        pid = fork();
        if (pid == 0) {
            bool right = processes.workers[0].fd == -1 && processes.workers[1].fd == -1;
            init_square(&jobs[1], &n, &result);
            right = right && eddy_executor_submit(executor, &jobs[1]) == EDDY_EFORK;
            _exit(right && (!child_is_whole() || child_has_its_own()) ? 0 : 1);
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        CHECK_CODE(run(square, &n, sizeof n, &result, sizeof result), 0);
        CHECK_CODE(close_pool(PROCESSES), 0);
    }
}

/* ---- What is printed --------------------------------------------------------------------------------- */

static int print_job(struct eddy_work *work)
{
    (void)work;
    printf("job ");
    return 0;
}

static int print_job_and_exit(struct eddy_work *work)
{
    (void)work;
    printf("last ");
    exit(3);
}

static int print_ready(void *unused)
{
    (void)unused;
    printf("ready ");
    return 0;
}

static FILE *printed;
static char buffer[4096];

static void print_to_a_file(void)
{
    CHECK((printed = tmpfile()) != NULL);
    fflush(stdout);
    CHECK_OK(dup2(fileno(printed), 1));
    CHECK_INT(setvbuf(stdout, buffer, _IOFBF, sizeof buffer), 0);
}

static void check_printed(const char *expected)
{
    char text[128] = "";

    fflush(stdout);
    rewind(printed);
    if (!fgets(text, sizeof text, printed))
        text[0] = '\0';
    CHECK_TEXT(text, expected);
    fclose(printed);
}

/* How many of 0, 1 and 2 are sockets here, or closed. */
static int count_strange(struct eddy_work *work)
{
    struct stat info;
    int strange = 0;

    for (int fd = 0; fd < 3; fd++)
        strange += fstat(fd, &info) < 0 || S_ISSOCK(info.st_mode);
    return eddy_work_put(work, &strange, sizeof strange);
}

static void close_standard(int saved[3])
{
    fflush(stdout);
    for (int fd = 0; fd < 3; fd++) {
        saved[fd] = fcntl(fd, F_DUPFD, 100);
        close(fd);
    }
}

/* Returns whether they were closed. */
static bool restore_standard(const int saved[3])
{
    bool were_closed = true;

    for (int fd = 0; fd < 3; fd++) {
        were_closed = were_closed && fcntl(fd, F_GETFD) < 0;
        dup2(saved[fd], fd);
        close(saved[fd]);
    }
    return were_closed;
}

static void has_no_output(void)
{
    CASE("0, 1 and 2 are closed: no socket gets their numbers, for a worker keeps these") {
        int saved[3], err, strange = -1;
        bool closed;
        processes = (struct eddy_process_pool){.name = NULL};
        close_standard(saved);
        err = eddy_process_pool_open(&processes, 2);
        closed = restore_standard(saved);
        DID("closed 0, 1 and 2, and opened a pool of 2 processes");
        CHECK_CODE(err, 0);
        CHECK(closed);
        executor = &processes.drivers.executor;
        CHECK_CODE(run(count_strange, NULL, 0, &strange, sizeof strange), 0);
        CHECK_INT(strange, 0);
        CHECK_CODE(run(print_job, NULL, 0, NULL, 0), 0);
        CHECK_CODE(close_pool(PROCESSES), 0);
    }
}

static void prints(void)
{
    CASE("what was printed before the pool was opened, and by jobs, appears once") {
        print_to_a_file();
        printf("before ");
        open_plain(2);
        for (int i = 0; i < 3; i++)
            CHECK_CODE(run(print_job, NULL, 0, NULL, 0), 0);
        CHECK_CODE(run(print_job_and_exit, NULL, 0, NULL, 0), EDDY_EBROKEN);
        CHECK_CODE(close_pool(PROCESSES), 0);
        printf("after");
        check_printed("before job job job last after");
    }

    CASE("what a job has printed is there when it has ended, whatever happens to its worker") {
        print_to_a_file();
        open_plain(1);
        CHECK_CODE(run(print_job, NULL, 0, NULL, 0), 0);
        eddy_process_pool_terminate(&processes);
        CHECK_CODE(close_pool(PROCESSES), 0);
        check_printed("job ");
    }

    CASE("what an initializer prints appears, also if no job comes") {
        char text[8] = "";
        int fds[2];
        CHECK_OK(pipe(fds));
        fflush(stdout);
        CHECK_OK(dup2(fds[1], 1));
        CHECK_INT(setvbuf(stdout, buffer, _IOFBF, sizeof buffer), 0);
        processes = (struct eddy_process_pool){.initializer = print_ready};
        CHECK_CODE(eddy_process_pool_open(&processes, 1), 0);
        WAITING("what the initializer prints");
        CHECK_INT(read(fds[0], text, sizeof text), 6);
        CHECK_TEXT(text, "ready ");
        CHECK_CODE(close_pool(PROCESSES), 0);
        close(fds[0]);
        close(fds[1]);
    }
}

/* ---- Loops ------------------------------------------------------------------------------------------- */

struct brief {
    struct eddy_co co;
    int outcome, of_job;
};

static struct eddy_step brief(struct eddy_co *co)
{
    struct brief *self = CO_FRAME(co, brief);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn());
    CO_FAIL(co, self->outcome);
    CO_END(co);
}

static int run_a_loop(struct eddy_work *work)
{
    (void)work;
    return eddy_run(brief, .outcome = -EDOM);
}

/* Opens the pool while a loop runs here. */
static struct eddy_step opener(struct eddy_co *co)
{
    CO_BEGIN(co);
    open_plain(1);
    if (run(run_a_loop, NULL, 0, NULL, 0) != -EDOM)
        CO_FAIL(co, jobs[0].err);
    CHECK_CODE(close_pool(PROCESSES), 0);
    CO_END(co);
}

struct opener {
    struct eddy_co co;
};

static void has_loops(void)
{
    CASE("a job may run a loop of its own, once and again") {
        open_plain(1);
        for (int i = 0; i < 3; i++)
            CHECK_CODE(run(run_a_loop, NULL, 0, NULL, 0), -EDOM);
        CHECK_CODE(close_pool(PROCESSES), 0);
    }

    CASE("also if a loop ran where the pool was opened: that is not the worker's") {
        CHECK_CODE(eddy_run(opener), 0);
    }
}

TESTS
{
    gets_signals();
    has_relatives();
    prints();
    has_no_output();
    has_loops();
}
