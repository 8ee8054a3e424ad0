/* From main() into the world of tasks and back: eddy_run(), and what signals do to it. */
#include "tasks.h"

#include "faults.h"
#include "signals.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void (*handler_of(int signo))(int)
{
    struct sigaction action;

    CHECK(sigaction(signo, NULL, &action) == 0);
    return action.sa_handler;
}

/* Ends at once, with `outcome`. */
struct brief {
    struct eddy_co co;
    int outcome;
    const char *word;
};

static struct eddy_step brief(struct eddy_co *co)
{
    struct brief *self = CO_FRAME(co, brief);

    CO_BEGIN(co);
    note("%s", self->word);
    CO_AWAIT(co, eddy_next_turn());
    if (self->outcome)
        CO_FAIL(co, self->outcome);
    CO_END(co);
}

/* Tells of the loop that it runs in, and sleeps an hour. */
struct nosy {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step nosy(struct eddy_co *co)
{
    struct nosy *self = CO_FRAME(co, nosy);
    struct eddy_loop *its = eddy_co_loop(co);

    CO_BEGIN(co);
    note("%s debug=%d at=%g", eddy_selector_name(&its->watches.selector), its->looks_closer,
         eddy_loop_time(its));
    CO_AWAIT(co, eddy_sleep(&self->sleep, its, 3600));
    note("at=%g", eddy_loop_time(its));
    CO_END(co);
}

/* Takes Ctrl-C away from eddy_run(), has another handler for it or none, and sleeps. */
struct taker {
    struct eddy_co co;
    struct eddy_sleep sleep;
    struct eddy_future never;
    struct eddy_handle own;
    bool replaces, sleeps;
};

static void do_nothing(struct eddy_handle *handle)
{
    (void)handle;
}

static struct eddy_step taker(struct eddy_co *co)
{
    struct taker *self = CO_FRAME(co, taker);
    struct eddy_loop *its = eddy_co_loop(co);

    CO_BEGIN(co);
    eddy_handle_init(&self->own, do_nothing);
    if (self->replaces)
        CHECK_OK(eddy_loop_add_signal_handler(its, SIGINT, &self->own));
    CHECK(eddy_loop_remove_signal_handler(its, SIGINT));
    CHECK(eddy_loop_remove_signal_handler(its, SIGTERM));
    if (self->sleeps)
        CO_AWAIT(co, eddy_sleep(&self->sleep, its, 0.001));
    else {
        eddy_future_init(&self->never, its);
        CO_AWAIT(co, &self->never);
    }
    CO_END(co);
}

/* Forks, and goes on in both: in the child the loop is the parent's. */
struct forker {
    struct eddy_co co;
    pid_t *child;
};

static struct eddy_step forker(struct eddy_co *co)
{
    struct forker *self = CO_FRAME(co, forker);

    CO_BEGIN(co);
    *self->child = fork();
    CHECK(*self->child >= 0);
    CO_AWAIT(co, eddy_next_turn());
    CO_END(co);
}

struct nosier {
    struct eddy_co co;
};

static struct eddy_step nosier(struct eddy_co *co)
{
    struct eddy_loop *its = eddy_co_loop(co);

    CO_BEGIN(co);
    note("%s debug=%d", eddy_selector_name(&its->watches.selector), its->looks_closer);
    CO_END(co);
}

/* Waits for ever, and tells how it ends; in its cleanup section it does something that takes turns. */
struct endless {
    struct eddy_co co;
    const char *name;
    struct eddy_sleep sleep;
    int i;
};

static struct eddy_step endless(struct eddy_co *co)
{
    struct endless *self = CO_FRAME(co, endless);

    CO_BEGIN(co);
    note("%s", self->name);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 3600));
    CO_FINALLY(co);
    for (self->i = 0; self->i < 3; self->i++)
        CO_AWAIT(co, eddy_next_turn());
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Spawns two that never end, and ends. */
struct founder {
    struct eddy_co co;
    int outcome;
};

static struct eddy_step founder(struct eddy_co *co)
{
    struct founder *self = CO_FRAME(co, founder);

    CO_BEGIN(co);
    CHECK_OK(eddy_spawn(eddy_co_loop(co), endless, .name = "a"));
    CHECK_OK(eddy_spawn(eddy_co_loop(co), endless, .name = "b"));
    CO_AWAIT(co, eddy_next_turn());
    CO_FAIL(co, self->outcome);
    CO_FINALLY(co);
    note("main.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* ---- Running ---------------------------------------------------------------------------------- */

static void running(void)
{
    CASE("a coroutine is run with its arguments, and its outcome is returned") {
        DID("eddy_run(brief, .word = \"hello\"), and with two outcomes");
        CHECK_CODE(eddy_run(brief, .word = "hello"), 0);
        CHECK_CODE(eddy_run(brief, .word = "again", .outcome = -EIO), -EIO);
        EXPECT("hello again");
        CHECK_INT(reports, 0);
    }

    CASE("with options, its loop has that selector, that clock, and debug mode") {
        struct eddy_loop_options options = scripted;
        unsetenv("EDDY_DEBUG");
        scripted_start();
        CHECK_CODE(eddy_run_with(&options, nosy), 0);
        EXPECT("scripted debug=0 at=1000 at=4600");
        CHECK_CODE(eddy_run_with(&(struct eddy_loop_options){.selector = "nosuch"}, nosy),
                   EDDY_ESELECTOR);
        options = (struct eddy_loop_options){.selector = "select", .debug = true};
        CHECK_CODE(eddy_run_with(&options, nosier), 0);
        EXPECT("select debug=1");
        CHECK_CODE(eddy_run_with(NULL, brief, .outcome = -EIO, .word = "usual"), -EIO);
        EXPECT("usual");
    }

    CASE("whoever takes Ctrl-C away from eddy_run leaves the count of what keeps the loop right") {
        WAITING("a loop that should be stuck, or a sleep");
        CHECK_CODE(eddy_run(taker, .sleeps = true), 0);
        CHECK_CODE(eddy_run(taker, .sleeps = true, .replaces = true), 0);
        eddy_report_to(on_report);
        CHECK_CODE(eddy_run(taker, .sleeps = false), EDDY_ESTUCK);
        CHECK_CODE(eddy_run(taker, .sleeps = false, .replaces = true), EDDY_ESTUCK);
    }

    CASE("a task that forks: in the child the loop ends, and the parent's goes on") {
        pid_t child = 0;
        int status, err;
        eddy_report_to(on_report);
        err = eddy_run(forker, .child = &child);
        if (child == 0)
            _exit(err == EDDY_EFORK ? 0 : 1);
        CHECK_CODE(err, 0);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }

    CASE("a program of another version's headers is not run, and is told so") {
        struct brief frame = {.word = "never"};
        eddy_report_to(on_report);
        CHECK_CODE(eddy_run_frame(EDDY_VERSION_NUMBER + 1, NULL, &frame, sizeof frame,
                                  offsetof(struct brief, co), "brief", brief, __func__, __FILE__,
                                  __LINE__),
                   EDDY_EVERSION);
        CHECK_INT(reports, 1);
        EXPECT("");
    }

    CASE("tasks that are left when the main one ends are cancelled, and run to their end") {
        static const int ends[] = {0, -EIO};
        for (int i = 0; i < 2; i++) {
            CHECK_CODE(eddy_run(founder, .outcome = ends[i]), ends[i]);
            EXPECT(i == 0 ? "a b main.OK a.ECANCELED b.ECANCELED"
                          : "a b main.EIO a.ECANCELED b.ECANCELED");
        }
    }

    CASE("a loop that cannot be opened is why it could not be run, and nothing has begun") {
        faults_plan("socketpair@1=EMFILE");
        CHECK_CODE(eddy_run(brief, .word = "hello"), -EMFILE);
        faults_plan("sigaction@1=EINVAL");
        CHECK_CODE(eddy_run(brief, .word = "hello"), -EINVAL);
        faults_plan("");
        EXPECT("");
    }
}

/* Inside a loop that runs: another thread's could be run, this one's not. */
struct nesting {
    struct eddy_co co;
};

static struct eddy_step nesting(struct eddy_co *co)
{
    CO_BEGIN(co);
    CHECK_CODE(eddy_run(brief, .word = "inner"), EDDY_ERUNNING);
    CO_AWAIT(co, eddy_next_turn());
    note("went on");
    CO_END(co);
}

/* Waits for a future of its own, that nobody knows; or for a task that does. */
struct forlorn {
    struct eddy_co co;
    struct eddy_task task;
    struct waiter waiter;
    struct eddy_future own;
};

static struct eddy_step forlorn(struct eddy_co *co)
{
    struct forlorn *self = CO_FRAME(co, forlorn);

    CO_BEGIN(co);
    eddy_future_init(&self->own, eddy_co_loop(co));
    eddy_task_start(&self->task, eddy_co_loop(co), waiter, &self->waiter, .name = "a",
                    .on = &self->own);
    CO_AWAIT(co, &self->task.future);
    CO_FINALLY(co);
    eddy_task_cancel(&self->task);
    CO_AWAIT(co, &self->task.future);
    note("main.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void odd_ways(void)
{
    CASE("in a step of another loop it is refused, leaves nothing, and that loop goes on") {
        CHECK_CODE(eddy_run(nesting), 0);
        EXPECT("went on");
    }

    CASE("a program that is stuck says which tasks wait, although Ctrl-C would end it, and ends") {
        eddy_report_to(on_report);
        DID("ran a main task that waits for a task that waits for what nobody can finish");
        CAUSE("that somebody may press Ctrl-C does not keep the loop");
        CHECK_CODE(eddy_run(forlorn), EDDY_ESTUCK);
        EXPECT("a a.ECANCELED main.ECANCELED");
        CHECK_INT(reports, 1);
        CHECK(strstr(reported, "forlorn (" __FILE__ ":") != NULL);
        CHECK(strstr(reported, ") awaits the task waiter\n") != NULL);
        CHECK(strstr(reported, ") awaits future\n") != NULL);
    }
}

/* ---- Signals ------------------------------------------------------------------------------------ */

/* Sends itself a signal, as somebody else would, and waits; then perhaps another. */
struct signalled {
    struct eddy_co co;
    int first, second;
    bool refuses;
    struct eddy_sleep sleep;
};

static struct eddy_step signalled(struct eddy_co *co)
{
    struct signalled *self = CO_FRAME(co, signalled);

    CO_BEGIN(co);
    CHECK(handler_of(SIGINT) != SIG_DFL && handler_of(SIGTERM) != SIG_DFL);
    raise(self->first);
    CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 60));
    note("%s", eddy_errname(eddy_co_error(co)));
    CHECK(handler_of(SIGINT) == SIG_DFL && handler_of(SIGTERM) == SIG_DFL);
    if (!self->refuses)
        CO_FAIL(co, eddy_co_error(co));
    CO_FINALLY(co);
    if (self->second)
        raise(self->second);
    CO_AWAIT(co, eddy_next_turn());
    note("cleaned");
    CO_END(co);
}

/* Never pauses, as one that computes for ever; two signals come meanwhile. */
struct busy {
    struct eddy_co co;
    int first, second;
};

static struct eddy_step busy(struct eddy_co *co)
{
    struct busy *self = CO_FRAME(co, busy);

    CO_BEGIN(co);
    raise(self->first);
    raise(self->second);
    _exit(7); /* it goes on for ever */
    CO_END(co);
}

static int status_of_busy(int first, int second)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(eddy_run(busy, .first = first, .second = second) ? 8 : 9);
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static int own_calls;

static void own_handler(int signo)
{
    (void)signo;
    own_calls++;
}

struct with_own {
    struct eddy_co co;
    int i;
};

static struct eddy_step with_own(struct eddy_co *co)
{
    struct with_own *self = CO_FRAME(co, with_own);

    CO_BEGIN(co);
    CHECK(handler_of(SIGINT) == own_handler);
    CHECK(handler_of(SIGTERM) != SIG_DFL);
    raise(SIGINT);
    for (self->i = 0; self->i < 5; self->i++)
        CO_AWAIT(co, eddy_next_turn());
    note("not cancelled");
    CO_END(co);
}

/* Until somebody has reported something. */
struct curious {
    struct eddy_co co;
    struct eddy_task task;
    struct endless endless;
    int i;
};

static struct eddy_step curious(struct eddy_co *co)
{
    struct curious *self = CO_FRAME(co, curious);

    CO_BEGIN(co);
    eddy_task_start(&self->task, eddy_co_loop(co), endless, &self->endless, .name = "a");
    CO_AWAIT(co, eddy_next_turn());
    raise(SIGUSR1);
    for (self->i = 0; self->i < 10 && reports < 3; self->i++)
        CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    eddy_task_cancel(&self->task);
    CO_AWAIT(co, &self->task.future);
    CO_END(co);
}

struct quiet {
    struct eddy_co co;
};

static struct eddy_step quiet(struct eddy_co *co)
{
    CO_BEGIN(co);
    CHECK(handler_of(SIGUSR1) == SIG_DFL);
    CO_END(co);
}

/* How a process ends that runs this. */
static int status_of(int first, int second)
{
    int status = 0;
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0)
        _exit(eddy_run(signalled, .first = first, .second = second) == -ECANCELED ? 42 : 1);
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

static void signals(void)
{
    CASE("SIGINT and SIGTERM cancel the main task, which ends in order, and are given back") {
        static const int signos[] = {SIGINT, SIGTERM};
        for (int i = 0; i < 2; i++) {
            CHECK_CODE(eddy_run(signalled, .first = signos[i]), -ECANCELED);
            EXPECT("ECANCELED cleaned");
            CHECK(handler_of(SIGINT) == SIG_DFL && handler_of(SIGTERM) == SIG_DFL);
        }
    }

    CASE("a main task may refuse, and then has succeeded") {
        CHECK_CODE(eddy_run(signalled, .first = SIGINT, .refuses = true), 0);
        EXPECT("ECANCELED cleaned");
    }

    CASE("a second signal does what it always did: it ends the process") {
        static const int signos[] = {SIGINT, SIGTERM};
        int status;
        for (int i = 0; i < 2; i++)
            for (int k = 0; k < 2; k++) {
                DID("signal %d, and signal %d in the cleanup section", signos[i], signos[k]);
                status = status_of(signos[i], signos[k]);
                CHECK(WIFSIGNALED(status));
                CHECK_INT(WTERMSIG(status), signos[k]);
            }
        status = status_of(SIGINT, 0);
        CHECK(WIFEXITED(status));
        CHECK_INT(WEXITSTATUS(status), 42);
    }

    CASE("a second signal ends a program whose task computes for ever, whichever of the two") {
        static const int signos[] = {SIGINT, SIGTERM};
        for (int i = 0; i < 2; i++)
            for (int k = 0; k < 2; k++) {
                int status = status_of_busy(signos[i], signos[k]);
                DID("signal %d, and signal %d while a task does not pause", signos[i], signos[k]);
                CHECK(WIFSIGNALED(status));
                CHECK_INT(WTERMSIG(status), signos[k]);
            }
    }

    CASE("a signal that the program handles itself is left alone") {
        struct sigaction action = {.sa_handler = own_handler};
        CHECK(sigaction(SIGINT, &action, NULL) == 0);
        CHECK_CODE(eddy_run(with_own), 0);
        EXPECT("not cancelled");
        CHECK_INT(own_calls, 1);
        CHECK(handler_of(SIGINT) == own_handler);
    }

    CASE("where another loop has the signals, it is run without, and they stay that one's") {
        struct eddy_handle handle;
        eddy_handle_init(&handle, NULL);
        set_up();
        CHECK_OK(eddy_loop_add_signal_handler(&loop, SIGUSR2, &handle));
        CHECK_CODE(eddy_run(brief, .word = "hello"), 0);
        EXPECT("hello");
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGUSR2));
        tear_down();
    }

    CASE("in debug mode SIGUSR1 reports all tasks, and the program goes on") {
        CHECK(setenv("EDDY_DEBUG", "1", 1) == 0);
        eddy_report_to(on_report);
        CHECK_CODE(eddy_run(curious), 0);
        CHECK(strstr(reported, "task 1: curious (" __FILE__ ":") != NULL);
        CHECK(strstr(reported, "task 2: endless (" __FILE__ ":") != NULL);
        CHECK(strstr(reported, ") awaits sleep\n2 tasks\n") != NULL);
        CHECK(handler_of(SIGUSR1) == SIG_DFL);
    }

    CASE("without debug mode SIGUSR1 is not touched") {
        CHECK(unsetenv("EDDY_DEBUG") == 0);
        CHECK_CODE(eddy_run(quiet), 0);
    }
}

TESTS
{
    running();
    odd_ways();
    signals();
}
