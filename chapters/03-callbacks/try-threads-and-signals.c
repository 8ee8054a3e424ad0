/* A cook, in a thread, rings when a dish is ready. How often does the waiter come for three? */
#include <eddy.h>

#include <stdio.h>

static struct eddy_loop loop;
static struct eddy_handle bell;

static void *cook(void *arg)
{
    for (int i = 1; i <= 3; i++)
        printf("cook: %d  %s\n", i, eddy_errname(eddy_loop_call_soon_threadsafe(arg, &bell)));
    return NULL;
}

static void come(struct eddy_handle *handle)
{
    (void)handle;
    printf("waiter: coming\n");
}

int main(void)
{
    pthread_t thread;

    eddy_handle_init(&bell, come);
    if (eddy_loop_open(&loop, NULL) < 0 || pthread_create(&thread, NULL, cook, &loop) != 0)
        return 1;
    pthread_join(thread, NULL);
    eddy_loop_run_until_stuck(&loop);
    return eddy_loop_close(&loop) < 0;
}
