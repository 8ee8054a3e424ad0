/* Two threads count, and after each step ring one handle. How often is it called, and what does the
 * last call see? */
#include "errors.h"
#include "turn.h"

#include <stdatomic.h>
#include <stdio.h>

enum { STEPS = 1000000 };

struct counting {
    struct eddy_loop loop;
    struct eddy_handle bell;
    atomic_long counts[2]; /* one for each thread, which alone adds to it */
    long calls, seen[2];   /* the loop's */
};

static struct counting counting;

static void *count(void *data)
{
    atomic_long *mine = data;

    for (long i = 1; i <= STEPS; i++) {
        *mine = i;
        /* EDDY_EQUEUED is as good as 0: a call is coming, and it will see what was counted. */
        eddy_loop_call_soon_threadsafe(&counting.loop, &counting.bell);
    }
    return NULL;
}

static void on_bell(struct eddy_handle *handle)
{
    struct counting *c = container_of(handle, struct counting, bell);

    c->calls++;
    for (int i = 0; i < 2; i++)
        c->seen[i] = c->counts[i];
    if (c->seen[0] + c->seen[1] == 2L * STEPS)
        eddy_loop_stop(&c->loop);
}

int main(void)
{
    pthread_t threads[2];
    int err = eddy_loop_open(&counting.loop, NULL);

    eddy_handle_init(&counting.bell, on_bell);
    for (int i = 0; i < 2 && err == 0; i++)
        err = -pthread_create(&threads[i], NULL, count, &counting.counts[i]);
    if (err < 0) {
        fprintf(stderr, "bell: %s\n", eddy_strerror(err));
        return 1;
    }
    eddy_loop_run_forever(&counting.loop);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("two threads rang %ld times\n", 2L * STEPS);
    printf("the handle was called less often: %s\n", counting.calls < 2L * STEPS ? "yes" : "no");
    printf("the last call saw %ld and %ld\n", counting.seen[0], counting.seen[1]);
    eddy_loop_close(&counting.loop);
    return 0;
}
