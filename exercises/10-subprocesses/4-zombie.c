/*
 * Exercise 10.4, find the bug: an inn with ghosts. Each guest is a process. The innkeeper hears a bell
 * (SIGCHLD) when somebody has left the house, asks who it was, and writes into the book how the stay has
 * ended. There is also a cook, a process too, but no guest: another part of the program has started her, and
 * waits for her. Each argument is something that happens:
 *
 *     make check-10.4       builds it, lets guests come and go, and says what goes wrong
 *     build/learn/exercises/10.4/4-zombie ann bob ann-3 bob!
 *
 *     ann        ann comes
 *     ann-3      ann leaves, and gives the inn 3 stars
 *     ann!       ann is thrown out
 *     ann-3,bob! both at the same moment
 *     cook       the cook comes, makes a dish, and leaves: her exit code is 7
 *     eat        waitpid() for the cook: her exit code is the dish
 *
 * Now and then a ghost stays in the house. And now and then a dish is lost.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUESTS_MOST = 16, PATIENCE = 30 };

/* ---- The book ------------------------------------------------------------------------------------ */

static struct guest {
    const char *name;
    pid_t pid;
    int door; /* a pipe: what we tell the guest */
    bool here;
} book[GUESTS_MOST];

static int guest_count;

static struct guest *find_guest(const char *name, size_t length)
{
    for (int i = guest_count - 1; i >= 0; i--)
        if (strlen(book[i].name) == length && strncmp(book[i].name, name, length) == 0)
            return &book[i];
    return NULL;
}

/* How the stay has ended: `status` is waitpid()'s. */
static void write_down(struct guest *guest, int status)
{
    guest->here = false;
    close(guest->door);
    if (WIFSIGNALED(status))
        printf("%s was thrown out\n", guest->name);
    else
        printf("%s gives %d stars\n", guest->name, WEXITSTATUS(status));
}

/* ---- The bell ------------------------------------------------------------------------------------ */

/* Somebody has left the house. */
static void answer_bell(void)
{
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);

    for (int i = 0; i < guest_count; i++)
        if (book[i].here && book[i].pid == pid)
            write_down(&book[i], status);
}

static void do_nothing(int signo)
{
    (void)signo;
}

/* The bell is silent (blocked) while something happens, and is heard afterwards. */
static void hear_bell(void)
{
    sigset_t bell, rung;
    int signo;

    sigemptyset(&bell);
    sigaddset(&bell, SIGCHLD);
    sigpending(&rung);
    if (sigismember(&rung, SIGCHLD) && sigwait(&bell, &signo) == 0)
        answer_bell();
}

static void hang_bell(void)
{
    struct sigaction action = {.sa_handler = do_nothing};
    sigset_t bell;

    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, NULL);
    sigemptyset(&bell);
    sigaddset(&bell, SIGCHLD);
    sigprocmask(SIG_BLOCK, &bell, NULL);
}

/* ---- Guests -------------------------------------------------------------------------------------- */

/* A guest stays until a number is told, or until the inn is gone. */
static _Noreturn void stay(int door)
{
    char stars = 0;

    alarm(PATIENCE);
    if (read(door, &stars, 1) != 1)
        stars = 0;
    _exit(stars);
}

static int come(const char *name)
{
    struct guest *guest = &book[guest_count];
    int fds[2];

    if (guest_count == GUESTS_MOST || pipe(fds) < 0)
        return -1;
    guest->pid = fork();
    if (guest->pid == 0) {
        close(fds[1]);
        for (int i = 0; i < guest_count; i++)
            if (book[i].here)
                close(book[i].door);
        stay(fds[0]);
    }
    close(fds[0]);
    guest->name = name;
    guest->door = fds[1];
    guest->here = true;
    guest_count++;
    return guest->pid < 0 ? -1 : 0;
}

/* Until it is dead. It stays what it then is, a zombie: WNOWAIT. */
static void see_it_die(pid_t pid)
{
    siginfo_t info;

    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        ;
}

/* "ann-3" or "ann!" */
static int leave(const char *word)
{
    size_t length = strcspn(word, "-!");
    struct guest *guest = find_guest(word, length);
    char stars = word[length] == '-' ? (char)atoi(word + length + 1) : 0;

    if (!guest || !guest->here) {
        printf("%.*s is not here\n", (int)length, word);
        return 0;
    }
    if (word[length] == '!')
        kill(guest->pid, SIGKILL);
    else if (write(guest->door, &stars, 1) != 1)
        return -1;
    see_it_die(guest->pid);
    return 0;
}

/* ---- The cook, who is somebody else's ------------------------------------------------------------ */

static pid_t cook;

static int start_cook(void)
{
    cook = fork();
    if (cook == 0)
        _exit(7);
    see_it_die(cook);
    return cook < 0 ? -1 : 0;
}

static int eat(void)
{
    int status;

    if (waitpid(cook, &status, 0) == cook)
        printf("the dish is good: %d\n", WEXITSTATUS(status));
    else
        printf("the dish is lost: %s\n", errno == ECHILD ? "ECHILD" : "?");
    return 0;
}

/* ---- The house ----------------------------------------------------------------------------------- */

static int happen(char *word)
{
    int err = 0;

    if (strcmp(word, "cook") == 0)
        return start_cook();
    if (strcmp(word, "eat") == 0)
        return eat();
    if (!strpbrk(word, "-!"))
        return come(word);
    for (word = strtok(word, ","); word && err == 0; word = strtok(NULL, ","))
        err = leave(word);
    return err;
}

/* A ghost has left, and the system still keeps the number for it. */
static int count_ghosts(void)
{
    siginfo_t info;
    int n = 0;

    for (int i = 0; i < guest_count; i++) {
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)book[i].pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            info.si_pid)
            n++;
    }
    return n;
}

static void close_house(void)
{
    int here = 0;

    for (int i = 0; i < guest_count; i++)
        here += book[i].here;
    printf("in the book %d, in the house %d ghosts\n", here, count_ghosts());
    for (int i = 0; i < guest_count; i++) {
        if (book[i].here)
            kill(book[i].pid, SIGKILL);
        waitpid(book[i].pid, NULL, 0);
    }
}

int main(int argc, char *argv[])
{
    int err = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    hang_bell();
    for (int i = 1; i < argc && err == 0; i++) {
        err = happen(argv[i]);
        hear_bell();
    }
    close_house();
    return err < 0;
}
