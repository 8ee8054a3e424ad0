/* Each number sleeps as long as it is large, and then says itself. */
#include <eddy.h>

#include <stdio.h>

struct number {
    struct eddy_timer timer;
    int n;
};

static struct eddy_loop loop;

static void say(struct eddy_handle *handle)
{
    printf("%d\n", container_of(handle, struct number, timer.handle)->n);
}

int main(void)
{
    struct number numbers[] = {{.n = 3}, {.n = 1}, {.n = 4}, {.n = 1}, {.n = 5}};

    if (eddy_loop_open(&loop, NULL) < 0)
        return 1;
    for (int i = 0; i < 5; i++) {
        eddy_timer_init(&numbers[i].timer, say);
        eddy_loop_call_later(&loop, &numbers[i].timer, numbers[i].n * 0.1);
    }
    eddy_loop_run_until_stuck(&loop);
    return eddy_loop_close(&loop) < 0;
}
