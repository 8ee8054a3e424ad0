/*
 * Signals as callbacks. raise() returns after the real handler has run, so nothing here has to wait
 * for a signal to come.
 */
#include "check.h"

#include "errors.h"
#include "faults.h"
#include "scripted.h"
#include "signals.h"
#include "traced.h"
#include "turn.h"

#include <errno.h>
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

static int before_count;

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

    CASE("while the pipe is full no kind of signal is lost") {
        int end;
        set_up();
        handle(SIGUSR1, A);
        handle(SIGUSR2, B);
        end = dup(0); /* the lowest number that is free: the two before it are the pipe's */
        close(end);
        while (write(end - 1, "0123456789abcdef", 16) > 0)
            ;
        CHECK(errno == EAGAIN);
        DID("filled the pipe of the signals to the brim, then raised two");
        CAUSE("a signal is a flag; the byte only wakes, and a full pipe is readable");
        raise(SIGUSR1);
        raise(SIGUSR2);
        for (int i = 0; i < 200; i++)
            run_one_turn();
        CHECK_INT(A->calls, 1);
        CHECK_INT(B->calls, 1);
        tear_down();
    }

    CASE("the code that a signal interrupts finds errno as it was") {
        set_up();
        handle(SIGUSR1, A);
        errno = EDOM;
        faults_plan("write@1=EAGAIN");
        DID("raised a signal while the pipe is full; errno was EDOM before");
        CAUSE("write() in the handler sets errno: keep it, and put it back");
        raise(SIGUSR1);
        CHECK_INT(errno, EDOM);
        CHECK_INT(faults_injected(), 1);
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
        static const char *const plans[] = {"sigaction_install@1=EINVAL", "socketpair@1=EMFILE"};
        static const int codes[] = {-EINVAL, -EMFILE};
        set_up();
        for (int i = 0; i < 2; i++) {
            DID("EDDY_FAULTS=%s, and asked for a signal", plans[i]);
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

static void forked(void)
{
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
    forked();
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        on_each_selector();
}
