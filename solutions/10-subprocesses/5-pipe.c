/*
 * Exercise 10.5, find the bug: a mother, and children with telephones. A telephone is a pipe: the mother
 * speaks into it, and the child listens. When she hangs up, the line is dead, and the child comes home and
 * says what it has heard. A child is a program of its own: this one, in another role. Each argument is
 * something that happens:
 *
 *     make check-10.5       builds it, sends children out, and says what goes wrong
 *     build/learn/exercises/10.5/5-pipe ann bob ann:hello ann-
 *
 *     ann        ann goes out, with a telephone
 *     ann:hello  the mother says "hello" to her
 *     ann-       the mother hangs up, and ann comes home
 *
 * With ann alone all goes well. With ann and bob, ann does not come home if the mother hangs up on
 * her first.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN_MOST = 16, SAID_MOST = 256, PATIENCE = 30 };

static struct child {
    const char *name;
    pid_t pid;
    int speak;  /* the mother's end of the telephone; -1: hung up */
    int listen; /* the child's end. The mother keeps it, too, to test whether the line is dead */
    int road;   /* a pipe: its other end is the child's stdout */
} children[CHILDREN_MOST];

static int child_count;
static char *program; /* this one */

/* ---- A child, which is another program ----------------------------------------------------------- */

/* Its stdin is the telephone, its stdout the road. (When the mother is gone, poll() tells that nobody reads
 * from the road, and the child ends.) */
static int be_child(const char *name)
{
    struct pollfd ends[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = STDOUT_FILENO}};
    char heard[SAID_MOST];
    size_t used = 0;
    ssize_t n = 1;

    alarm(PATIENCE); /* and whatever happens, not for ever */
    printf("%s listens\n", name);
    fflush(stdout);
    while (n > 0 && poll(ends, 2, -1) > 0 && !ends[1].revents) {
        n = read(STDIN_FILENO, heard + used, sizeof heard - used);
        used += n > 0 ? (size_t)n : 0;
    }
    printf("%s has heard \"%.*s\"\n", name, (int)used, heard);
    return 0;
}

/* In the new process. */
static _Noreturn void become_child(const char *name, const int telephone[2], const int road[2])
{
    char *argv[] = {program, (char *)"--child", (char *)name, NULL};

    dup2(telephone[0], STDIN_FILENO);
    dup2(road[1], STDOUT_FILENO);
    close(telephone[0]);
    close(telephone[1]);
    close(road[0]);
    close(road[1]);
    execv(program, argv);
    _exit(127);
}

/* ---- The mother ---------------------------------------------------------------------------------- */

static struct child *find_child(const char *name, size_t length)
{
    for (int i = 0; i < child_count; i++)
        if (strlen(children[i].name) == length && strncmp(children[i].name, name, length) == 0)
            return &children[i];
    return NULL;
}

/* Prints what comes on the road: one line, or all up to the end. */
static void hear_road(int road, bool all)
{
    char letter;

    while (read(road, &letter, 1) == 1) {
        putchar(letter);
        if (letter == '\n' && !all)
            return;
    }
}

/* None of its ends outlives an exec, in whichever child that is; a copy that dup2() makes does. */
static int open_pipe(int fds[2])
{
    if (pipe(fds) < 0)
        return -1;
    for (int i = 0; i < 2; i++)
        fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    return 0;
}

static int go_out(const char *name)
{
    struct child *child = &children[child_count];
    int telephone[2], road[2];

    if (child_count == CHILDREN_MOST || open_pipe(telephone) < 0 || open_pipe(road) < 0)
        return -1;
    fflush(stdout);
    child->pid = fork();
    if (child->pid == 0)
        become_child(name, telephone, road);
    close(road[1]);
    child->name = name;
    child->speak = telephone[1];
    child->listen = telephone[0];
    child->road = road[0];
    child_count++;
    hear_road(child->road, false);
    return child->pid < 0 ? -1 : 0;
}

/* The line is dead when nobody has an end to speak into. */
static bool is_dead(int listen)
{
    struct pollfd polled = {.fd = listen, .events = POLLIN};

    return poll(&polled, 1, 0) >= 0 && (polled.revents & POLLHUP);
}

/* The mother does not wait for a child that hears no end: she kills it. */
static int hang_up(struct child *child)
{
    int status;
    bool dead;

    close(child->speak);
    child->speak = -1;
    dead = is_dead(child->listen);
    if (!dead) {
        printf("%s does not come home: the line is not dead\n", child->name);
        kill(child->pid, SIGKILL);
    }
    hear_road(child->road, true);
    waitpid(child->pid, &status, 0);
    close(child->listen);
    close(child->road);
    return dead ? 0 : -1;
}

static int say(const struct child *child, const char *words)
{
    ssize_t n = (ssize_t)strlen(words);

    return write(child->speak, words, (size_t)n) == n ? 0 : -1;
}

/* "ann", "ann:hello", "ann-" */
static int happen(const char *word)
{
    size_t length = strcspn(word, ":-");
    struct child *child = find_child(word, length);

    if (!word[length])
        return child ? -1 : go_out(word);
    if (!child || child->speak < 0)
        return -1;
    return word[length] == ':' ? say(child, word + length + 1) : hang_up(child);
}

/* Those who are still out. */
static void call_home(void)
{
    for (int i = 0; i < child_count; i++)
        if (children[i].speak >= 0)
            hang_up(&children[i]);
}

int main(int argc, char *argv[])
{
    int err = 0;

    if (argc == 3 && strcmp(argv[1], "--child") == 0)
        return be_child(argv[2]);
    program = argv[0];
    for (int i = 1; i < argc && err == 0; i++)
        err = happen(argv[i]);
    call_home();
    return err < 0;
}
