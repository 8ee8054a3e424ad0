/* Trap: sending to a peer that has gone kills the process, and says nothing. */
#include "errors.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Sends to a peer that has gone, in a child process. Returns how that ended. */
static int send_to_nobody(int flags)
{
    int pair[2], status = 0;
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return -1;
    close(pair[1]);
    fflush(stdout);
    child = fork();
    if (child == 0)
        _exit(send(pair[0], "hello", 5, flags) < 0 ? errno : 0);
    close(pair[0]);
    waitpid(child, &status, 0);
    return status;
}

int main(void)
{
    int plain = send_to_nobody(0), careful = send_to_nobody(MSG_NOSIGNAL);

    if (WIFSIGNALED(plain))
        printf("send() without a flag:    the process is dead, by signal %d (SIGPIPE is %d)\n",
               WTERMSIG(plain), SIGPIPE);
    if (WIFEXITED(careful))
        printf("send() with MSG_NOSIGNAL: the process lives, and knows: %s\n",
               eddy_errname(-WEXITSTATUS(careful)));
    return 0;
}
