/* Trap: after a signal, select() fails with EINTR, and its sets say nothing. */
#include "errors.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/time.h>
#include <unistd.h>

static void on_alarm(int signo)
{
    (void)signo;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    int pipes[2], n, error;
    fd_set readable;
    char byte;

    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    if (pipe(pipes) < 0)
        return 1;
    FD_ZERO(&readable);
    FD_SET(pipes[0], &readable);
    setitimer(ITIMER_REAL, &soon, NULL); /* a signal while select() waits */
    n = select(pipes[0] + 1, &readable, NULL, NULL, NULL);
    error = errno;
    printf("nothing was written to the pipe, and select() has returned\n");
    printf("select() returned:           %d, %s\n", n, eddy_errname(-error));
    printf("is the pipe in the set?      %s\n", FD_ISSET(pipes[0], &readable) ? "yes" : "no");
    fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    if (read(pipes[0], &byte, 1) < 0)
        printf(
            "is there a byte to read?     no: %s; without O_NONBLOCK a read would wait for ever\n",
            eddy_errname(-errno));
    close(pipes[0]);
    close(pipes[1]);
    return 0;
}
