/* Trap: a child that nobody waits for. It has ended, but the system keeps its number and its exit status until
 * its parent has asked: a zombie. Who goes on like this has all numbers in use in the end. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 3 };

static pid_t pids[CHILDREN];

static int start_children(void)
{
    for (int i = 0; i < CHILDREN; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(i);
        if (pids[i] < 0)
            return -1;
    }
    return 0;
}

/* How many of the numbers are in use. */
static int count_numbers(void)
{
    int n = 0;

    for (int i = 0; i < CHILDREN; i++)
        n += kill(pids[i], 0) == 0;
    return n;
}

int main(void)
{
    siginfo_t info;

    if (start_children() < 0)
        return 1;
    for (int i = 0; i < CHILDREN; i++) /* until it has ended, and it stays what it is: WNOWAIT */
        while (waitid(P_PID, (id_t)pids[i], &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
            ;
    printf("%d have ended, and %d numbers are in use\n", CHILDREN, count_numbers());
    for (int i = 0; i < CHILDREN; i++)
        while (waitpid(pids[i], NULL, 0) < 0 && errno == EINTR)
            ;
    printf("%d were waited for, and %d numbers are in use\n", CHILDREN, count_numbers());
    return 0;
}
