/*
 * Signals as callbacks. raise() returns after the real handler has run, so nothing here has to wait
 * for a signal to come.
 */
#define _XOPEN_SOURCE 700 /* SA_ONSTACK */

#include "check.h"

#include "errors.h"
#include "faults.h"
#include "scripted.h"
#include "signals.h"
#include "traced.h"
#include "turn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct eddy_loop loop;
static struct step steps[4];
#define A (&steps[0])
#define B (&steps[1])
#define C (&steps[2])
#define D (&steps[3])

static void set_up(void)
{
    scripted_start();
    CHECK_CODE(eddy_loop_open(&loop, &scripted), 0);
    steps_init(steps);
}

static void tear_down(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

static void handle(int signo, struct step *step)
{
    CHECK_CODE(eddy_loop_add_signal_handler(&loop, signo, &step->soon), 0);
}

static void run_one_turn(void)
{
    eddy_loop_stop(&loop);
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

/* Two turns: one in which the bytes are read, one in which who is meant is called. */
static void run(void)
{
    run_one_turn();
    run_one_turn();
}

/* ---- What was there before --------------------------------------------------------------------- */

static atomic_int before_count;

static void before(int signo)
{
    (void)signo;
    before_count++;
}

/* (signal() may take it away again when it is called.) */
static void install_before(int signo)
{
    struct sigaction action = {.sa_handler = before};

    sigemptyset(&action.sa_mask);
    CHECK(sigaction(signo, &action, NULL) == 0);
}

static void (*handler_of(int signo))(int)
{
    struct sigaction action;

    CHECK(sigaction(signo, NULL, &action) == 0);
    return action.sa_handler;
}

/* How many descriptors the process keeps for its signals. */
static int count_own(void)
{
    int count = 0;

    for (int fd = 0; fd < 1000; fd++)
        count += eddy_signals_own(fd);
    return count;
}

/* One of the two that the process keeps for its signals, [0] or [1], as they were opened. */
static int own_fd(int end)
{
    for (int fd = 0; fd < 1000; fd++)
        if (eddy_signals_own(fd) && end-- == 0)
            return fd;
    FAIL("two descriptors of the process's own", "none, or one");
}

/* ---- Calling ----------------------------------------------------------------------------------- */

static pthread_t its_thread;
static bool in_the_loop;

static void note_thread(struct step *step)
{
    (void)step;
    its_thread = pthread_self();
    in_the_loop = eddy_running_loop() == &loop;
}

static void *raise_it(void *unused)
{
    (void)unused;
    raise(SIGUSR1); /* in this thread, and no other */
    return NULL;
}

static void calling(void)
{
    CASE("a signal is an ordinary callback of the loop, and not called where it has interrupted") {
        pthread_t thread;
        set_up();
        A->then = note_thread;
        handle(SIGUSR1, A);
        DID("a signal came in another thread than the loop's");
        CHECK(pthread_create(&thread, NULL, raise_it, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK_TEXT(trace, "");
        run();
        CHECK_TEXT(trace, "a");
        CHECK(in_the_loop && pthread_equal(its_thread, pthread_self()));
        tear_down();
    }

    CASE("signals of one kind are one until their handler runs, and another afterwards") {
        set_up();
        handle(SIGUSR1, A);
        for (int i = 0; i < 5; i++)
            raise(SIGUSR1);
        run();
        CHECK_TEXT(trace, "a");
        raise(SIGUSR1);
        run();
        CHECK_TEXT(trace, "aa");
        run();
        CHECK_TEXT(trace, "aa");
        tear_down();
    }

    CASE("signals of several kinds each have their handler") {
        set_up();
        handle(SIGUSR1, A);
        handle(SIGUSR2, B);
        handle(SIGTERM, C);
        raise(SIGTERM);
        raise(SIGUSR2);
        run();
        CHECK_INT(A->calls, 0);
        CHECK_INT(B->calls, 1);
        CHECK_INT(C->calls, 1);
        tear_down();
    }

    CASE("while the socket is full no kind of signal is lost") {
        set_up();
        handle(SIGUSR1, A);
        handle(SIGUSR2, B);
        while (send(own_fd(1), "0123456789abcdef", 16, 0) > 0)
            ;
        CHECK(errno == EAGAIN);
        DID("filled the socket of the signals to the brim, then raised two");
        CAUSE("a signal is a flag; the byte only wakes, and a full socket is readable");
        raise(SIGUSR1);
        raise(SIGUSR2);
        for (int i = 0; i < 2000; i++)
            run_one_turn();
        CHECK_INT(A->calls, 1);
        CHECK_INT(B->calls, 1);
        tear_down();
    }

    CASE("the code that a signal interrupts finds errno as it was") {
        set_up();
        handle(SIGUSR1, A);
        errno = EDOM;
        faults_plan("sendmsg@1+=EAGAIN");
        DID("raised a signal while the socket is full; errno was EDOM before");
        CAUSE("send() in the handler sets errno: keep it, and put it back");
        raise(SIGUSR1);
        CHECK_INT(errno, EDOM);
        CHECK(faults_injected() > 0);
        tear_down();
    }
}

/* ---- Adding and removing ----------------------------------------------------------------------- */

static void owning(void)
{
    CASE("what cannot be handled is refused: SIGKILL, SIGSTOP, and what is no signal") {
        static const int bad[] = {SIGKILL, SIGSTOP, 0, -1, 999, INT_MAX, INT_MIN};
        set_up();
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            DID("eddy_loop_add_signal_handler(%d)", bad[i]);
            CHECK_CODE(eddy_loop_add_signal_handler(&loop, bad[i], &A->soon), -EINVAL);
            CHECK(!eddy_loop_remove_signal_handler(&loop, bad[i]));
        }
        CHECK_INT(loop.watches.count, 0);
        handle(SIGUSR1, A);
        CHECK_CODE(eddy_loop_add_signal_handler(&loop, SIGKILL, &B->soon), -EINVAL);
        raise(SIGUSR1);
        run();
        CHECK_TEXT(trace, "a");
        tear_down();
    }

    CASE("removing says whether there was a handler, and gives back what was there before") {
        set_up();
        install_before(SIGUSR1);
        CHECK(handler_of(SIGUSR2) == SIG_DFL);
        handle(SIGUSR1, A);
        handle(SIGUSR2, B);
        CHECK(handler_of(SIGUSR1) != before);
        raise(SIGUSR1);
        CHECK_INT(before_count, 0);
        DID("removed a handler whose signal has come and has not been told");
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGUSR1));
        CHECK(!eddy_loop_remove_signal_handler(&loop, SIGUSR1));
        CHECK(handler_of(SIGUSR1) == before);
        CHECK(handler_of(SIGUSR2) != SIG_DFL);
        raise(SIGUSR1);
        CHECK_INT(before_count, 1);
        DID("handled the signal again, with another handle, which it has not come for");
        handle(SIGUSR1, C);
        run();
        CHECK_TEXT(trace, "");
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGUSR1));
        CHECK(handler_of(SIGUSR1) == before);
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGUSR2));
        CHECK(handler_of(SIGUSR2) == SIG_DFL);
        tear_down();
    }

    CASE("who is called for a signal can be asked, by the loop that has it") {
        struct eddy_loop second;
        set_up();
        CHECK(eddy_loop_signal_handler(&loop, SIGUSR1) == NULL);
        handle(SIGUSR1, A);
        CHECK_CODE(eddy_loop_open(&second, NULL), 0);
        CHECK(eddy_loop_signal_handler(&loop, SIGUSR1) == &A->soon);
        CHECK(eddy_loop_signal_handler(&loop, SIGUSR2) == NULL);
        CHECK(eddy_loop_signal_handler(&loop, -1) == NULL);
        CHECK(eddy_loop_signal_handler(&second, SIGUSR1) == NULL);
        CHECK_CODE(eddy_loop_close(&second), 0);
        tear_down();
    }

    CASE("a new handler takes the place of the old one, who is not called") {
        set_up();
        handle(SIGUSR1, A);
        handle(SIGUSR1, B);
        raise(SIGUSR1);
        run();
        CHECK_TEXT(trace, "b");
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGUSR1));
        CHECK(handler_of(SIGUSR1) == SIG_DFL);
        tear_down();
    }

    CASE("closing the loop gives all signals back") {
        set_up();
        install_before(SIGUSR1);
        handle(SIGUSR1, A);
        handle(SIGUSR2, B);
        raise(SIGUSR1);
        tear_down();
        CHECK(handler_of(SIGUSR1) == before);
        CHECK(handler_of(SIGUSR2) == SIG_DFL);
        CHECK_TEXT(trace, "");
    }

    CASE("signals belong to the loop that asked first, until it gives them up or is closed") {
        struct eddy_loop second;
        set_up();
        CHECK_CODE(eddy_loop_open(&second, NULL), 0);
        handle(SIGUSR1, A);
        DID("a second loop asked for a signal");
        CHECK_CODE(eddy_loop_add_signal_handler(&second, SIGUSR1, &B->soon), EDDY_EOTHER);
        CHECK_CODE(eddy_loop_add_signal_handler(&second, SIGUSR2, &B->soon), EDDY_EOTHER);
        CHECK(!eddy_loop_remove_signal_handler(&second, SIGUSR1));
        raise(SIGUSR1);
        run();
        CHECK_TEXT(trace, "a");
        DID("it asked again, after the first has removed its handler");
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGUSR1));
        CHECK_CODE(eddy_loop_add_signal_handler(&second, SIGUSR2, &B->soon), 0);
        CHECK_CODE(eddy_loop_add_signal_handler(&loop, SIGUSR1, &A->soon), EDDY_EOTHER);
        CHECK_CODE(eddy_loop_close(&second), 0);
        handle(SIGUSR1, A);
        tear_down();
    }

    CASE("a handler that cannot be installed is refused, and leaves nothing") {
        static const char *const plans[] = {"sigaction_install@1=EINVAL", "socketpair@1=EMFILE",
                                            "fstat@3=EIO", "sigaction_install@2=EINVAL"};
        static const int codes[] = {-EINVAL, -EMFILE, -EIO, -EINVAL};
        set_up();
        handle(SIGUSR1, A);
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGUSR1));
        for (int i = 0; i < 4; i++) {
            DID("EDDY_FAULTS=%s, and asked for a signal", plans[i]);
            if (count_own() == 2)
                close(own_fd(1)); /* so it needs new ones */
            faults_plan(plans[i]);
            CHECK_CODE(eddy_loop_add_signal_handler(&loop, SIGUSR1, &A->soon), codes[i]);
            faults_plan("");
            CHECK_INT(loop.watches.count, 0);
            CHECK(handler_of(SIGUSR1) == SIG_DFL);
        }
        handle(SIGUSR1, A);
        raise(SIGUSR1);
        run();
        CHECK_TEXT(trace, "a");
        tear_down();
    }
}

/* ---- The process's own two ----------------------------------------------------------------------- */

/* What is open besides the process's own two. */
static int count_open(void)
{
    int count = 0;

    for (int fd = 0; fd < 1000; fd++)
        count += fcntl(fd, F_GETFD) >= 0 && !eddy_signals_own(fd);
    return count;
}

/* A handler that is held up between its flag and its byte, as by a thread that does not run. Here it
 * is called when it has long been removed. */
static void (*kept_handler)(int);

static void keep_handler(int signo)
{
    kept_handler = handler_of(signo);
}

static atomic_bool raising;
static atomic_int sigpipes;

static void on_sigpipe(int signo)
{
    (void)signo;
    sigpipes++;
}

static void *raise_all_the_time(void *unused)
{
    while (raising)
        raise(SIGUSR1);
    return unused;
}

static void watch_for_sigpipe(void)
{
    struct sigaction action = {.sa_handler = on_sigpipe};

    sigemptyset(&action.sa_mask);
    CHECK(sigaction(SIGPIPE, &action, NULL) == 0);
    sigpipes = 0;
}

/* Adds and removes a handler, `rounds` times, while others get its signal: also with a new loop each. */
static void add_and_remove(int rounds, bool reopen)
{
    for (int i = 0; i < rounds; i++) {
        handle(SIGUSR1, A);
        if (reopen) {
            tear_down();
            CHECK_CODE(eddy_loop_open(&loop, NULL), 0);
        } else {
            CHECK(eddy_loop_remove_signal_handler(&loop, SIGUSR1));
        }
    }
}

static void keeping(void)
{
    CASE("the process keeps two descriptors for its signals, however many loops come and go") {
        int before_them, first;
        set_up();
        handle(SIGUSR1, A);
        before_them = count_open();
        first = own_fd(0);
        CHECK_INT(count_own(), 2);
        for (int i = 0; i < 10; i++) {
            tear_down();
            set_up();
            handle(SIGUSR2, B);
        }
        CHECK_INT(own_fd(0), first);
        CHECK_INT(count_own(), 2);
        CHECK_INT(count_open(), before_them);
        CHECK(!eddy_signals_own(0) && !eddy_signals_own(-1));
        tear_down();
        CHECK_INT(count_own(), 2);
    }

    CASE("a handler that comes late, when all were removed and the loop is closed, does no harm") {
        int other[2];
        char byte;
        watch_for_sigpipe();
        set_up();
        handle(SIGUSR1, A);
        keep_handler(SIGUSR1);
        tear_down();
        CHECK(pipe(other) == 0);
        CHECK(fcntl(other[0], F_SETFL, O_NONBLOCK) == 0);
        DID("removed the last handler, opened a pipe, then let the real handler run once more");
        CAUSE("what it sends to must not be closed: its number would be another file's");
        kept_handler(SIGUSR1);
        CHECK(read(other[0], &byte, 1) < 0 && errno == EAGAIN);
        CHECK_INT(sigpipes, 0);
        DID("... and the next loop hears of it no more");
        set_up();
        handle(SIGUSR1, A);
        run();
        CHECK_TEXT(trace, "");
        tear_down();
        close(other[0]);
        close(other[1]);
    }

    CASE("handlers come and go while the signal comes all the time in other threads: no SIGPIPE") {
        pthread_t threads[2];
        sigset_t mine;
        watch_for_sigpipe();
        install_before(SIGUSR1);
        set_up();
        raising = true;
        for (int i = 0; i < 2; i++)
            CHECK(pthread_create(&threads[i], NULL, raise_all_the_time, NULL) == 0);
        sigemptyset(&mine);
        sigaddset(&mine, SIGUSR1);
        pthread_sigmask(SIG_BLOCK, &mine, NULL);
        DID("added and removed a handler, and closed its loop, again and again, while two threads "
            "raised the signal all the time");
        add_and_remove(2000, false);
        tear_down();
        CHECK_CODE(eddy_loop_open(&loop, NULL), 0);
        add_and_remove(300, true);
        raising = false;
        for (int i = 0; i < 2; i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
        pthread_sigmask(SIG_UNBLOCK, &mine, NULL);
        CHECK_INT(sigpipes, 0);
        tear_down();
    }

    CASE("somebody closes the process's own: no byte reaches a stranger, and nothing is lost") {
        for (int end = 0; end < 2; end++) {
            int number, other[2];
            char byte;
            watch_for_sigpipe();
            set_up();
            handle(SIGUSR1, A);
            number = own_fd(end);
            CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, other) == 0);
            CHECK(fcntl(other[0], F_SETFL, O_NONBLOCK) == 0);
            CHECK(dup2(other[1], number) == number);
            DID("closed the process's own descriptor of number %d of two, another socket got its "
                "number; raised the signal",
                end);
            raise(SIGUSR1);
            CHECK(read(other[0], &byte, 1) < 0 && errno == EAGAIN);
            CHECK_INT(sigpipes, 0);
            DID("... then added another handler");
            CAUSE("a pair that is not whole is made anew, and whoever has come meanwhile is told");
            handle(SIGUSR2, B);
            CHECK_INT(count_own(), 2);
            run();
            CHECK_TEXT(trace, "a");
            raise(SIGUSR2);
            run();
            CHECK_TEXT(trace, "ab");
            tear_down();
            CHECK(close(number) == 0); /* it was not closed by us */
            close(other[0]);
            close(other[1]);
        }
    }

    CASE("a loop that handles signals mends by itself what it can see, and does not spin") {
        set_up();
        handle(SIGUSR1, A);
        close(own_fd(1));
        DID("somebody closed the descriptor that signals are sent to; the loop ran");
        run();
        CHECK_INT(count_own(), 2);
        raise(SIGUSR1);
        run();
        CHECK_TEXT(trace, "a");
        close(own_fd(1));
        DID("the same, while no socket can be had");
        CAUSE("without a way to be told, the signals are given back");
        faults_plan("socketpair@1=EMFILE");
        run();
        CHECK(handler_of(SIGUSR1) == SIG_DFL);
        CHECK(!eddy_loop_remove_signal_handler(&loop, SIGUSR1));
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        tear_down();
    }

    CASE("the real handler runs on the stack for signals, if there is one") {
        struct sigaction action;
        set_up();
        handle(SIGUSR1, A);
        CHECK(sigaction(SIGUSR1, NULL, &action) == 0);
        CHECK(action.sa_flags & SA_ONSTACK);
        CHECK(action.sa_flags & SA_RESTART);
        tear_down();
    }
}

/* ---- A second one ends ----------------------------------------------------------------------------- */

/* Raises two, one after the other, in a child that never looks. Returns its status. */
static int raise_in_child(int first, int second, bool look_between)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        if (eddy_loop_open(&loop, NULL) != 0 ||
            eddy_loop_add_end_handler(&loop, SIGINT, &A->soon) != 0 ||
            eddy_loop_add_end_handler(&loop, SIGTERM, &B->soon) != 0 ||
            eddy_loop_add_signal_handler(&loop, SIGUSR1, &C->soon) != 0)
            _exit(99);
        raise(first);
        if (look_between)
            run();
        raise(second);
        _exit(7); /* it lives on */
    }
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static void expect_killed(int first, int second, bool look_between, int by)
{
    int status = raise_in_child(first, second, look_between);

    DID("raised signal %d, then %d, %s", first, second,
        look_between ? "when the first was told" : "while the loop does not look");
    if (by) {
        CHECK(WIFSIGNALED(status));
        CHECK_INT(WTERMSIG(status), by);
    } else {
        CHECK(WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), 7);
    }
}

static void ending(void)
{
    CASE("a second signal that asks the program to end ends it, whichever of them, looked or not") {
        steps_init(steps);
        expect_killed(SIGINT, SIGINT, false, SIGINT);
        expect_killed(SIGTERM, SIGTERM, false, SIGTERM);
        expect_killed(SIGINT, SIGTERM, false, SIGTERM);
        expect_killed(SIGTERM, SIGINT, false, SIGINT);
        expect_killed(SIGINT, SIGINT, true, SIGINT);
        expect_killed(SIGINT, SIGUSR1, false, 0);
        expect_killed(SIGUSR1, SIGUSR1, false, 0);
        expect_killed(SIGUSR1, SIGINT, false, 0);
    }

    CASE("when all that ask to end were removed, and added again, the first is told again") {
        set_up();
        install_before(SIGINT);
        for (int i = 0; i < 3; i++) {
            CHECK_CODE(eddy_loop_add_end_handler(&loop, SIGINT, &A->soon), 0);
            CHECK_CODE(eddy_loop_add_end_handler(&loop, SIGTERM, &B->soon), 0);
            raise(SIGINT);
            CHECK(eddy_loop_remove_signal_handler(&loop, SIGTERM));
            run();
            CHECK_INT(A->calls, i + 1);
            CHECK(eddy_loop_remove_signal_handler(&loop, SIGINT));
        }
        CHECK_INT(before_count, 0);
        DID("a second one, whose program had a handler of its own before");
        CHECK_CODE(eddy_loop_add_end_handler(&loop, SIGINT, &A->soon), 0);
        raise(SIGINT);
        raise(SIGINT);
        CHECK_INT(before_count, 1);
        CHECK(handler_of(SIGINT) == before);
        tear_down();
    }
}

/* ---- In a child process ------------------------------------------------------------------------ */

/* What a child does that inherited a loop which handles SIGUSR1. Returns what went wrong, or NULL. */
static const char *begin_anew(bool close_first)
{
    struct eddy_loop own;

    if (close_first && eddy_loop_close(&loop) != 0)
        return "the parent's loop cannot be closed";
    if (eddy_loop_open(&own, NULL) != 0 ||
        eddy_loop_add_signal_handler(&own, SIGUSR1, &B->soon) != 0)
        return "its own loop cannot handle a signal";
    raise(SIGUSR1);
    for (int i = 0; i < 2; i++) {
        eddy_loop_stop(&own);
        if (eddy_loop_run_forever(&own) != 0)
            return "its own loop does not run";
    }
    if (A->calls != 0 || B->calls != 1)
        return "not its own handle was called";
    if (!close_first && eddy_loop_close(&loop) != 0)
        return "the parent's loop cannot be closed afterwards";
    if (eddy_loop_close(&own) != 0 || handler_of(SIGUSR1) != before)
        return "the signal was not given back to whom it belonged before the parent's loop";
    return NULL;
}

/* A child that has inherited the handler, and has no loop: what does `signo` do to it? */
static int status_of_child(int signo)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        raise(signo);
        _exit(7);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static void forked(void)
{
    CASE("a signal does to a child what it did to it before its parent's loop asked") {
        int status;
        set_up();
        handle(SIGTERM, A);
        CHECK_CODE(eddy_loop_add_end_handler(&loop, SIGINT, &B->soon), 0);
        DID("forked, and raised SIGTERM in the child, which does not handle it");
        status = status_of_child(SIGTERM);
        CHECK(WIFSIGNALED(status));
        CHECK_INT(WTERMSIG(status), SIGTERM);
        status = status_of_child(SIGINT);
        CHECK(WIFSIGNALED(status));
        CHECK_INT(WTERMSIG(status), SIGINT);
        signal(SIGUSR1, SIG_IGN);
        handle(SIGUSR1, C);
        DID("the same for SIGUSR1, which was ignored before");
        status = status_of_child(SIGUSR1);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
        run();
        CHECK_TEXT(trace, "");
        tear_down();
        signal(SIGUSR1, SIG_DFL);
    }

    CASE("a child process begins anew: its loop may handle signals, and its parent hears of none") {
        set_up();
        install_before(SIGUSR1);
        handle(SIGUSR1, A);
        for (int close_first = 0; close_first < 2; close_first++) {
            int status = 0;
            pid_t child = fork();
            DID("a child closed what it inherited %s, and handled a signal with a loop of its own",
                close_first ? "first" : "last");
            if (child == 0) {
                const char *wrong = begin_anew(close_first);
                if (wrong)
                    fprintf(stderr, "the child: %s\n", wrong);
                _exit(wrong != NULL);
            }
            CHECK(waitpid(child, &status, 0) == child);
            CHECK(WIFEXITED(status));
            CHECK_INT(WEXITSTATUS(status), 0);
            run();
            CHECK_TEXT(trace, "");
        }
        raise(SIGUSR1);
        run();
        CHECK_TEXT(trace, "a");
        tear_down();
        CHECK(handler_of(SIGUSR1) == before);
    }
}

/* ---- On each selector -------------------------------------------------------------------------- */

static const char *which;

#define EACH(sentence) CASE(traced_on(sentence, which))

static void open_real(void)
{
    struct eddy_loop_options options = {.selector = which};

    CHECK_CODE(eddy_loop_open(&loop, &options), 0);
    steps_init(steps);
}

static void stop(struct step *step)
{
    (void)step;
    eddy_loop_stop(&loop);
}

enum { FLOOD = 100000 };

static int fds[2];
static atomic_bool flooded;

/* Each ping is answered, and 1000 of them are enough when the flood has ended. */
static void answer(struct step *step)
{
    char byte;

    CHECK(read(fds[0], &byte, 1) == 1);
    CHECK(write(fds[1], "x", 1) == 1);
    if (flooded && step->calls >= 1000)
        eddy_loop_stop(&loop);
}

static void *flood(void *unused)
{
    (void)unused;
    for (int i = 0; i < FLOOD; i++)
        raise(SIGUSR1);
    flooded = true;
    return NULL;
}

static void interrupt_parent(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(kill(getppid(), SIGINT));
    CHECK(child > 0);
}

static void on_each_selector(void)
{
    EACH("a signal wakes a loop that sleeps")
    {
        open_real();
        A->then = stop;
        handle(SIGINT, A);
        interrupt_parent();
        WAITING("SIGINT, which another process sends");
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK_TEXT(trace, "a");
        CHECK(wait(NULL) > 0);
        tear_down();
    }

    EACH("a flood of a hundred thousand signals keeps nobody from being served")
    {
        pthread_t thread;
        open_real();
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
        CHECK(write(fds[1], "x", 1) == 1);
        handle(SIGUSR1, A);
        B->then = answer;
        flooded = false;
        CHECK_CODE(eddy_loop_add_reader(&loop, fds[0], &B->watch), 0);
        DID("a thread raised SIGUSR1 100000 times, while a byte went round");
        CHECK(pthread_create(&thread, NULL, flood, NULL) == 0);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK(B->calls >= 1000);
        CHECK(A->calls >= 1 && A->calls <= FLOOD);
        tear_down();
        close(fds[0]);
        close(fds[1]);
    }
}

TESTS
{
    calling();
    owning();
    keeping();
    ending();
    forked();
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        on_each_selector();
}
