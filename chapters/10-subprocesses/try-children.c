/* A caterpillar becomes a butterfly. Is it still the same animal? */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char butterfly[] = "echo \"$$: I am a butterfly. My home is $PWD.\"";

static int become_butterfly(void)
{
    printf("%d: I am a caterpillar.\n", getpid());
    fflush(stdout);
    execl("/bin/sh", "sh", "-c", butterfly, (char *)NULL);
    perror("no wings");
    return 127;
}

int main(void)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(become_butterfly());
    waitpid(child, &status, 0);
    printf("%d: it was %d, and ended with %d.\n", getpid(), child, WEXITSTATUS(status));
    return 0;
}
