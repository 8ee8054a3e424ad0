/* Trap: a handler writes the signal's number into a pipe. 100000 SIGUSR1 come while the loop is busy,
 * and then SIGTERM. */
#include "signals.h"
#include "turn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { MANY = 100000 };

static void raise_all(void)
{
    for (int i = 0; i < MANY; i++)
        raise(SIGUSR1);
    raise(SIGTERM);
}

static void tell(const char *how, long usr1, long term)
{
    printf("%s  SIGUSR1 %ld, SIGTERM %ld\n", how, usr1, term);
}

/* ---- By number --------------------------------------------------------------------------------- */

static int numbers[2];

static void on_signal(int signo)
{
    unsigned char byte = (unsigned char)signo;
    ssize_t n = write(numbers[1], &byte, 1);

    (void)n;
}

static int by_number(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    long seen[128] = {0};
    unsigned char byte;

    if (pipe(numbers) < 0 || fcntl(numbers[0], F_SETFL, O_NONBLOCK) < 0 ||
        fcntl(numbers[1], F_SETFL, O_NONBLOCK) < 0)
        return -1;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    raise_all();
    while (read(numbers[0], &byte, 1) == 1)
        seen[byte % 128]++;
    tell("a number in the pipe:", seen[SIGUSR1], seen[SIGTERM]);
    close(numbers[0]);
    close(numbers[1]);
    return 0;
}

/* ---- By flag ----------------------------------------------------------------------------------- */

struct counter {
    struct eddy_handle handle;
    long calls;
};

static struct eddy_loop loop;

static void on_usr1(struct eddy_handle *handle)
{
    container_of(handle, struct counter, handle)->calls++;
}

static void on_term(struct eddy_handle *handle)
{
    container_of(handle, struct counter, handle)->calls++;
    eddy_loop_stop(&loop);
}

static int by_flag(void)
{
    struct counter usr1 = {.calls = 0}, term = {.calls = 0};
    int err = eddy_loop_open(&loop, NULL);

    eddy_handle_init(&usr1.handle, on_usr1);
    eddy_handle_init(&term.handle, on_term);
    if (err == 0)
        err = eddy_loop_add_signal_handler(&loop, SIGUSR1, &usr1.handle);
    if (err == 0)
        err = eddy_loop_add_signal_handler(&loop, SIGTERM, &term.handle);
    if (err == 0) {
        raise_all();
        err = eddy_loop_run_forever(&loop);
        tell("a flag and a byte:   ", usr1.calls, term.calls);
    }
    eddy_loop_close(&loop);
    return err;
}

int main(void)
{
    return by_number() < 0 || by_flag() < 0;
}
