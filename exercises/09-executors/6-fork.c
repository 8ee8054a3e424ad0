/*
 * Exercise 09.6, find the bug: a post office. A clerk, which is a thread, writes each letter into the
 * book. For each letter a carrier is sent out, which is a process. Before a carrier goes, it looks into its
 * copy of the book, and says what it reads there. Each argument is a letter's address:
 *
 *     make check-09.6       builds it, sends letters, and says what goes wrong
 *     build/learn/exercises/09.6/6-fork ann bob
 *     build/learn/exercises/09.6/6-fork ann *bob carl
 *
 *     ann        the carrier is sent out when the clerk has written the letter down
 *     *bob       the carrier is sent out while the clerk is in the middle of writing
 *
 * Now and then a carrier does not come back.
 */
#include "thread.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 4000 }; /* milliseconds for a carrier */

/* ---- The book ------------------------------------------------------------------------------------ */

static struct {
    pthread_mutex_t lock;
    char text[256];
} book = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int to_clerk[2], from_clerk[2]; /* pipes; a byte says: go on, or: it is so far */
static bool clerk_pauses; /* in the middle of a letter, with the book, until it is asked to go on */

static void tell(int pipe, char word)
{
    if (write(pipe, &word, 1) != 1)
        perror("post office");
}

static char hear(int pipe)
{
    char word = '?';

    if (read(pipe, &word, 1) != 1)
        perror("post office");
    return word;
}

static void ask_to_go_on(void)
{
    clerk_pauses = false;
    tell(to_clerk[1], 'g');
}

/* Nobody else has the book then. A clerk that pauses is asked to go on first. */
static void take_book(void)
{
    if (clerk_pauses)
        ask_to_go_on();
    pthread_mutex_lock(&book.lock);
}

static void give_book_back(void)
{
    pthread_mutex_unlock(&book.lock);
}

/* ---- The clerk, a thread ------------------------------------------------------------------------- */

static void add_to_book(const char *text, size_t n)
{
    size_t used = strlen(book.text);

    snprintf(book.text + used, sizeof book.text - used, "%.*s", (int)n, text);
}

/* In the middle of a letter marked with a star the clerk pauses. */
static void write_down(const char *address)
{
    const char *name = address + (*address == '*');
    size_t half = strlen(name) / 2;

    pthread_mutex_lock(&book.lock);
    add_to_book(" ", 1);
    add_to_book(name, half);
    if (*address == '*') {
        tell(from_clerk[1], 'm');
        hear(to_clerk[0]);
    }
    add_to_book(name + half, strlen(name) - half);
    pthread_mutex_unlock(&book.lock);
    tell(from_clerk[1], 'w');
}

static void *be_clerk(void *argument)
{
    for (char **letters = argument; *letters; letters++) {
        hear(to_clerk[0]);
        write_down(*letters);
    }
    return NULL;
}

/* ---- A carrier, a process ------------------------------------------------------------------------ */

static _Noreturn void be_carrier(const char *name)
{
    clerk_pauses = false; /* there is no clerk in this process */
    take_book();
    printf("%s's carrier reads:%s\n", name, book.text);
    give_book_back();
    fflush(stdout);
    _exit(0);
}

/* `road` ends when the carrier does. */
static bool wait_for_carrier(const char *name, pid_t pid, int road)
{
    struct pollfd polled = {.fd = road, .events = POLLIN};
    bool back = poll(&polled, 1, PATIENCE) != 0;

    if (!back) {
        printf("%s's carrier does not come back\n", name);
        kill(pid, SIGKILL);
    }
    waitpid(pid, NULL, 0);
    close(road);
    return back;
}

static pid_t fork_carrier(void)
{
    return fork();
}

static bool send_carrier(const char *name)
{
    int road[2];
    pid_t pid;

    if (pipe(road) < 0)
        return false;
    fflush(stdout);
    pid = fork_carrier();
    if (pid == 0)
        be_carrier(name);
    close(road[1]);
    if (clerk_pauses)
        ask_to_go_on();
    return pid > 0 && wait_for_carrier(name, pid, road[0]);
}

/* ---- The office ---------------------------------------------------------------------------------- */

/* Returns whether the carrier has come back. */
static bool send_letter(const char *address)
{
    bool back;

    tell(to_clerk[1], 's');
    clerk_pauses = hear(from_clerk[0]) == 'm';
    back = send_carrier(address + (*address == '*'));
    if (*address == '*')
        hear(from_clerk[0]); /* now it is written */
    return back;
}

int main(int argc, char *argv[])
{
    pthread_t clerk;
    bool all_back = true;

    if (pipe(to_clerk) < 0 || pipe(from_clerk) < 0)
        return 1;
    if (eddy_thread_start(&clerk, be_clerk, argv + 1) < 0)
        return 1;
    for (int i = 1; i < argc; i++)
        all_back = send_letter(argv[i]) && all_back;
    eddy_thread_join(clerk);
    printf("the book:%s\n", book.text);
    return all_back ? 0 : 1;
}
