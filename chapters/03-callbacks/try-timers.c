/* Two drummers. At 300 and at 600 milliseconds both strike. Whom does one hear first? */
#include <eddy.h>

#include <stdio.h>

static struct drummer {
    struct eddy_timer timer;
    int period, beats; /* milliseconds; how often it has struck */
} drummers[] = {{.period = 100}, {.period = 150}};

static struct eddy_loop loop;
static double begin;

static void strike(struct eddy_handle *handle)
{
    struct drummer *drummer = container_of(handle, struct drummer, timer.handle);

    printf("%6.2f  every %d\n", (eddy_loop_time(&loop) - begin) * 1e3, drummer->period);
    if (++drummer->beats * drummer->period <= 600)
        eddy_loop_call_at(&loop, &drummer->timer, begin + drummer->beats * drummer->period / 1e3);
}

int main(void)
{
    int err = eddy_loop_open(&loop, NULL);

    begin = eddy_loop_time(&loop);
    for (int i = 0; i < 2; i++) {
        eddy_timer_init(&drummers[i].timer, strike);
        strike(&drummers[i].timer.handle);
    }
    return err < 0 || eddy_loop_run_until_stuck(&loop) != EDDY_ESTUCK || eddy_loop_close(&loop) < 0;
}
