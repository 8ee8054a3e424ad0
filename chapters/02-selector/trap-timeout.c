/* Trap: poll() counts in milliseconds. 500 times a deadline that is 0.4 ms away, and a loop that
 * waits until it has come. How often does it ask? */
#include "selector_backend.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

enum { DEADLINES = 500, AWAY = 400000 /* ns */ };

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int down(int64_t ns)
{
    return (int)(ns / 1000000);
}

static long calls_with(int (*rounded)(int64_t))
{
    long calls = 0;

    for (int i = 0; i < DEADLINES; i++) {
        int64_t deadline = now() + AWAY, left = AWAY;
        while (left > 0) {
            poll(NULL, 0, rounded(left));
            calls++;
            left = deadline - now();
        }
    }
    return calls;
}

int main(void)
{
    printf("0.4 ms rounded down: %d ms; calls of poll() for %d deadlines: %ld\n", down(AWAY),
           DEADLINES, calls_with(down));
    printf("0.4 ms rounded up:   %d ms; calls of poll() for %d deadlines: %ld\n",
           eddy_selector_ms(AWAY), DEADLINES, calls_with(eddy_selector_ms));
    return 0;
}
