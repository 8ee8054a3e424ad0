/* Trap: a thread has a result, and queues it with call_soon() instead of call_soon_threadsafe(). */
#include "errors.h"
#include "turn.h"

#include <stdio.h>

static struct eddy_loop loop;
static struct eddy_handle result;
static struct eddy_timer hour;
static pthread_t thread;
static int answer;
static int64_t posted; /* when, in nanoseconds */

static int64_t now(void)
{
    return eddy_clock_monotonic.now(&eddy_clock_monotonic);
}

static void *work(void *unused)
{
    (void)unused;
    printf("call_soon():             %s\n", eddy_errname(eddy_loop_call_soon(&loop, &result)));
    posted = now();
    answer = eddy_loop_call_soon_threadsafe(&loop, &result);
    return NULL;
}

static void on_result(struct eddy_handle *handle)
{
    int64_t came = now();

    (void)handle;
    pthread_join(thread, NULL);
    printf("call_soon_threadsafe():  %d, and the loop is awake after %.0f us\n", answer,
           (double)(came - posted) / 1e3);
    eddy_loop_stop(&loop);
}

static void on_hour(struct eddy_handle *handle)
{
    (void)handle;
    printf("an hour has passed\n");
}

/* Begun by the loop, so that it runs when the thread does. */
static void begin(struct eddy_handle *handle)
{
    (void)handle;
    if (pthread_create(&thread, NULL, work, NULL) != 0)
        eddy_loop_stop(&loop);
}

int main(void)
{
    struct eddy_handle start;
    int err = eddy_loop_open(&loop, NULL);

    if (err < 0)
        return 1;
    eddy_loop_set_debug(&loop, true); /* without, the wrong call would be made, and be a race */
    eddy_handle_init(&start, begin);
    eddy_handle_init(&result, on_result);
    eddy_timer_init(&hour, on_hour);
    err = eddy_loop_call_later(&loop, &hour, 3600);
    if (err == 0)
        err = eddy_loop_call_soon(&loop, &start);
    if (err == 0)
        err = eddy_loop_run_forever(&loop);
    eddy_timer_cancel(&loop, &hour);
    eddy_loop_close(&loop);
    return err < 0;
}
