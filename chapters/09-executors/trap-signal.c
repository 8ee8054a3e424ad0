/* Trap: a thread of your own that blocks no signals. A signal for the process is handled in any thread that
 * lets it in, in the middle of what that does. The threads of a pool block all: the handler runs in main(). */
#include "errors.h"
#include "thread_pool.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static pthread_t main_thread;
static volatile sig_atomic_t in_main;
static sem_t handled;

static void handle(int signo)
{
    (void)signo;
    in_main = pthread_equal(pthread_self(), main_thread) != 0;
    sem_post(&handled);
}

static int work_until_handled(struct eddy_work *work)
{
    (void)work;
    while (sem_wait(&handled) < 0 && errno == EINTR)
        ;
    return 0;
}

static void *work_in_thread(void *unused)
{
    (void)unused;
    work_until_handled(NULL);
    return NULL;
}

static void mask(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(how, &set, NULL);
}

static void say(const char *who)
{
    printf("%s: the handler has run in %s\n", who, in_main ? "main()" : "the thread that works");
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle};
    struct eddy_thread_pool pool = {.name = "signal"};
    struct eddy_job job;
    pthread_t thread;

    main_thread = pthread_self();
    sem_init(&handled, 0, 0);
    sigaction(SIGUSR1, &action, NULL);
    if (pthread_create(&thread, NULL, work_in_thread, NULL) != 0 ||
        eddy_thread_pool_open(&pool, 1) < 0)
        return 1;
    mask(SIG_BLOCK); /* main() is busy, so to say */
    kill(getpid(), SIGUSR1);
    pthread_join(thread, NULL);
    say("a thread of our own");
    eddy_job_init(&job, work_until_handled, NULL, 0, NULL, 0);
    eddy_executor_submit(&pool.executor, &job);
    kill(getpid(), SIGUSR1);
    mask(SIG_UNBLOCK);
    eddy_job_result(&job, EDDY_FOREVER);
    say("a thread of a pool");
    eddy_thread_pool_close(&pool);
    return 0;
}
