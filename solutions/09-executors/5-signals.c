/*
 * Exercise 09.5, find the bug: a restaurant. The waiter is main(), and the cooks are threads, one for each dish.
 * There are a bell and a phone, which are the waiter's: SIGUSR1 and SIGUSR2. Each argument is something that
 * happens:
 *
 *     make check-09.5      builds it, lets guests come, and says what goes wrong
 *     build/learn/exercises/09.5/5-signals soup full bell free up
 *
 *     soup         (any other word) a dish is ordered, and a cook begins with it
 *     soup+bell    the bell rings while that cook is still in the doorway
 *     bell, phone  it rings; the waiter hears it at once, or, with both hands full, later
 *     full, free   the waiter has both hands full; or free again
 *     up           all dishes are up, and the cooks go home
 *
 * A cook who is startled spoils the dish. (A job's read() would return with EINTR.)
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DISHES_MOST = 8 };

struct dish {
    char name[24];
    pthread_t cook;
    bool in_doorway, come_in, begun, up;
    int looked; /* up, so often */
    volatile sig_atomic_t burnt;
};

static struct dish dishes[DISHES_MOST];
static int dish_count;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int asked; /* to look up, so often */

/* ---- Bell and phone ---------------------------------------------------------------------------- */

/* Who has heard what; the handler writes it into a pipe, and says nothing itself. */
struct heard {
    int signo, dish;
    char who; /* Waiter, waiter with Plates, Cook, cook in the Doorway */
};

static int pipe_ends[2];
static volatile sig_atomic_t hands_full;
static _Thread_local bool is_cook;
static _Thread_local struct dish *mine;

static void startled(int signo)
{
    struct heard heard = {.signo = signo, .who = hands_full ? 'P' : 'W'};

    if (is_cook)
        heard.who = mine ? 'C' : 'D';
    if (mine) {
        mine->burnt = 1;
        heard.dish = (int)(mine - dishes);
    }
    if (write(pipe_ends[1], &heard, sizeof heard) < 0)
        _exit(1);
}

static void say_who(const struct heard *heard)
{
    const char *what = heard->signo == SIGUSR1 ? "bell" : "phone";

    if (heard->who == 'C')
        printf("the cook of the %s hears the %s\n", dishes[heard->dish].name, what);
    else if (heard->who == 'D')
        printf("a cook in the doorway hears the %s\n", what);
    else
        printf("the waiter hears the %s%s\n", what,
               heard->who == 'P' ? ", and drops the plates" : "");
}

/* Each cook looks up once: then whoever was to hear something has heard it. */
static void look_up(void)
{
    pthread_mutex_lock(&lock);
    asked++;
    pthread_cond_broadcast(&changed);
    for (int i = 0; i < dish_count; i++)
        while (dishes[i].looked != asked)
            pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static int rung; /* so often that nobody has been told of it */

/* The waiter cannot hear it now. */
static bool is_deaf(void)
{
    sigset_t mask;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    return sigismember(&mask, SIGUSR1) || sigismember(&mask, SIGUSR2);
}

static void tell_rung(void)
{
    struct heard heard;

    if (is_deaf()) {
        printf("the waiter is deaf\n");
        return;
    }
    for (; rung > 0 && read(pipe_ends[0], &heard, sizeof heard) == sizeof heard; rung--)
        say_who(&heard);
}

static void ring(int signo)
{
    kill(getpid(), signo);
    rung++;
    look_up();
    if (!hands_full)
        tell_rung();
}

/* With both hands full the waiter lets nothing in. */
static void fill_hands(bool full)
{
    static sigset_t before;
    sigset_t both;

    if (full) {
        sigemptyset(&both);
        sigaddset(&both, SIGUSR1);
        sigaddset(&both, SIGUSR2);
        pthread_sigmask(SIG_BLOCK, &both, &before);
        hands_full = 1;
        return;
    }
    hands_full = 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    tell_rung();
}

/* ---- The kitchen -------------------------------------------------------------------------------- */

/* A cook waits for this, lock held, and looks up when asked to. */
static void cook_until(struct dish *dish, const bool *what)
{
    while (!*what) {
        if (dish->looked != asked) {
            dish->looked = asked;
            pthread_cond_broadcast(&changed);
        }
        pthread_cond_wait(&changed, &lock);
    }
}

static void *cook(void *argument)
{
    struct dish *dish = argument;

    is_cook = true;
    pthread_mutex_lock(&lock);
    dish->in_doorway = true;
    pthread_cond_broadcast(&changed);
    cook_until(dish, &dish->come_in);
    mine = dish;
    dish->begun = true;
    pthread_cond_broadcast(&changed);
    cook_until(dish, &dish->up);
    mine = NULL;
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* A new thread has its maker's mask. So all is blocked for a moment, and then again what was before. */
static int hire(struct dish *dish)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&dish->cook, NULL, cook, dish);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void await(const bool *what)
{
    pthread_mutex_lock(&lock);
    while (!*what)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void allow(bool *what)
{
    pthread_mutex_lock(&lock);
    *what = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* "soup", "soup+bell" */
static int order(const char *text)
{
    struct dish *dish = &dishes[dish_count];
    size_t length = strcspn(text, "+");

    if (dish_count == DISHES_MOST || length >= sizeof dish->name || (text[length] && hands_full))
        return -1;
    memset(dish, 0, sizeof *dish);
    memcpy(dish->name, text, length);
    if (hire(dish) != 0)
        return -1;
    dish_count++;
    await(&dish->in_doorway);
    if (text[length] == '+') {
        fill_hands(true);
        ring(SIGUSR1);
        fill_hands(false);
    }
    allow(&dish->come_in);
    await(&dish->begun);
    return 0;
}

static void finish_all(void)
{
    for (int i = 0; i < dish_count; i++) {
        allow(&dishes[i].up);
        pthread_join(dishes[i].cook, NULL);
        printf("the %s is %s\n", dishes[i].name, dishes[i].burnt ? "burnt" : "good");
    }
    dish_count = 0;
}

static int happen(const char *word)
{
    if (strcmp(word, "bell") == 0 || strcmp(word, "phone") == 0)
        ring(*word == 'b' ? SIGUSR1 : SIGUSR2);
    else if (strcmp(word, "full") == 0 || strcmp(word, "free") == 0)
        fill_hands(word[1] == 'u');
    else if (strcmp(word, "up") == 0)
        finish_all();
    else
        return order(word);
    return 0;
}

int main(int argc, char *argv[])
{
    struct sigaction action = {.sa_handler = startled};
    int err = pipe(pipe_ends);

    setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen, even before a crash */
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    for (int i = 1; i < argc && err == 0; i++)
        err = happen(argv[i]);
    finish_all();
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    printf("closed\n");
    return err != 0;
}
