/* Trap: the end of a pipe, inherited by the wrong child. cat ends when all who could write to it have closed
 * their end. The second child has inherited one, and does not even know. With FD_CLOEXEC it has not. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int to_cat[2], from_cat[2];

static pid_t start(const char *program, const char *argument, int in, int out)
{
    pid_t pid = fork();

    if (pid == 0) {
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        execlp(program, program, argument, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* The end of what cat writes, within so many milliseconds; negative: for ever. */
static const char *wait_for_end(int milliseconds)
{
    struct pollfd end = {.fd = from_cat[0], .events = POLLIN};

    return poll(&end, 1, milliseconds) == 1 ? "the end comes" : "no end comes";
}

static void wait_for_child(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* Two pipes, none of whose ends outlives an exec; a dup2() does. */
static int open_pipes(void)
{
    if (pipe(to_cat) < 0 || pipe(from_cat) < 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        fcntl(to_cat[i], F_SETFD, FD_CLOEXEC);
        fcntl(from_cat[i], F_SETFD, FD_CLOEXEC);
    }
    return 0;
}

/* `flags` of our end, to which we write, when the other child is started. */
static int show(int flags)
{
    pid_t cat, other;

    if (open_pipes() < 0)
        return 1;
    cat = start("cat", NULL, to_cat[0], from_cat[1]);
    fcntl(to_cat[1], F_SETFD, flags);
    other = start("sleep", "1000", STDIN_FILENO, STDOUT_FILENO);
    close(to_cat[0]);
    close(to_cat[1]);
    close(from_cat[1]);
    printf("  all is closed here: %s\n", wait_for_end(flags == FD_CLOEXEC ? -1 : 200));
    kill(other, SIGTERM);
    wait_for_child(other);
    printf("  the other child has gone: %s\n", wait_for_end(-1));
    wait_for_child(cat);
    close(from_cat[0]);
    return 0;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* or a child would have what is in the buffer */
    printf("our end is inherited:\n");
    if (show(0) != 0)
        return 1;
    printf("our end is closed by exec:\n");
    return show(FD_CLOEXEC);
}
