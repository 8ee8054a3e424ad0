/* Threads that work for somebody: their signals, their name, and how many there are. */
#include "pools.h"

#include "thread.h"

#include <signal.h>
#include <sys/wait.h>

static void *seven(void *argument)
{
    *(int *)argument = 7;
    return NULL;
}

static void *read_mask(void *argument)
{
    pthread_sigmask(SIG_SETMASK, NULL, argument);
    return NULL;
}

/* Until a byte comes. */
static void *wait_for_byte(void *argument)
{
    char byte;

    if (read(*(int *)argument, &byte, 1) != 1)
        return NULL;
    return NULL;
}

static volatile sig_atomic_t handled, elsewhere;
static pthread_t main_thread;

static void on_signal(int signo)
{
    (void)signo;
    handled++;
    elsewhere += !pthread_equal(pthread_self(), main_thread);
}

static void handle(int signo)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    CHECK_OK(sigaction(signo, &action, NULL));
}

static char shown[64];

static void *show_name(void *name)
{
    FILE *file;

    eddy_thread_name(name);
    file = fopen("/proc/thread-self/comm", "r");
    if (!file)
        return NULL;
    if (fgets(shown, sizeof shown, file))
        shown[strcspn(shown, "\n")] = '\0';
    fclose(file);
    return NULL;
}

static void name_a_thread(char *name)
{
    pthread_t thread;

    CHECK_CODE(eddy_thread_start(&thread, show_name, name), 0);
    eddy_thread_join(thread);
}

/* Whether it asks first, or starts one first. */
static bool child_has_none(bool asks)
{
    pthread_t own;
    int n = 0;

    if (asks && eddy_thread_count() != 0)
        return false;
    if (!child_is_whole())
        return true;
    if (eddy_thread_start(&own, seven, &n) < 0 || eddy_thread_count() != 1)
        return false;
    eddy_thread_join(own);
    return eddy_thread_count() == 0;
}

TESTS
{
    CASE("a thread runs its function, and is counted until it is joined") {
        pthread_t thread[2];
        int n[2] = {0, 0};
        CHECK_INT(eddy_thread_count(), 0);
        for (int i = 0; i < 2; i++)
            CHECK_CODE(eddy_thread_start(&thread[i], seven, &n[i]), 0);
        CHECK_INT(eddy_thread_count(), 2);
        eddy_thread_join(thread[0]);
        CHECK_INT(eddy_thread_count(), 1);
        eddy_thread_join(thread[1]);
        CHECK_INT(eddy_thread_count(), 0);
        CHECK(n[0] == 7 && n[1] == 7);
    }

    CASE("all signals are blocked in it from its first moment, and its maker's mask is as before") {
        sigset_t before, after, in_thread;
        pthread_t thread;
        sigemptyset(&before);
        sigaddset(&before, SIGUSR2);
        CHECK_INT(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
        CHECK_CODE(eddy_thread_start(&thread, read_mask, &in_thread), 0);
        CHECK_INT(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
        eddy_thread_join(thread);
        for (int signo = 1; signo < 32; signo++) {
            if (signo != SIGKILL && signo != SIGSTOP)
                CHECK_INT(sigismember(&in_thread, signo), 1);
            CHECK_INT(sigismember(&after, signo), sigismember(&before, signo));
        }
    }

    CASE("a signal to the process is handled in the main thread, whatever the others do") {
        pthread_t thread[3];
        int fds[2];
        main_thread = pthread_self();
        handle(SIGUSR1);
        CHECK_OK(pipe(fds));
        for (int i = 0; i < 3; i++)
            CHECK_CODE(eddy_thread_start(&thread[i], wait_for_byte, &fds[0]), 0);
        for (int i = 1; i <= 100; i++) {
            CHECK_OK(kill(getpid(), SIGUSR1));
            CHECK_INT(handled, i); /* kill() returns when it was handled, if only this one can */
        }
        CHECK_INT(elsewhere, 0);
        CHECK_INT(write(fds[1], "xyz", 3), 3);
        for (int i = 0; i < 3; i++)
            eddy_thread_join(thread[i]);
        close(fds[0]);
        close(fds[1]);
    }

    CASE("a child process has none of its parent's threads") {
        pthread_t thread;
        int fds[2], status;
        pid_t pid;
        CHECK_OK(pipe(fds));
        CHECK_CODE(eddy_thread_start(&thread, wait_for_byte, &fds[0]), 0);
        for (int asks = 0; asks < 2; asks++) {
            pid = fork();
            if (pid == 0)
                _exit(child_has_none(asks == 1) ? 0 : 1);
            CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        }
        CHECK_INT(eddy_thread_count(), 1);
        CHECK_INT(write(fds[1], "x", 1), 1);
        eddy_thread_join(thread);
        close(fds[0]);
        close(fds[1]);
    }

    CASE("a thread has its name, as far as there is room for it") {
        char name[] = "reader", longer[] = "a name that is longer than 15 bytes";
        name_a_thread(name);
        if (!shown[0])
            SKIP("this system does not show a thread's name");
        CHECK_TEXT(shown, "reader");
        name_a_thread(longer);
        CHECK_TEXT(shown, "a name that is ");
    }
}
