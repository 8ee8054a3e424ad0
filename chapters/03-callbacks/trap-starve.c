/* Trap: a callback that queues itself again, and a client that has something to say. Who has a turn
 * if a turn of the loop lasts until nobody is in line any more? */
#include "turn.h"

#include <stdio.h>
#include <unistd.h>

enum { PATIENCE = 1000000 };

struct greedy {
    struct eddy_handle handle;
    long calls;
};

static struct eddy_list line; /* the line of the loop that is made by hand */
static struct eddy_loop loop;
static struct greedy greedy;

static void again_by_hand(struct eddy_handle *handle)
{
    if (++greedy.calls < PATIENCE)
        eddy_list_append(&line, &handle->link);
}

static void until_empty(void)
{
    eddy_handle_init(&greedy.handle, again_by_hand);
    eddy_list_init(&line);
    eddy_list_append(&line, &greedy.handle.link);
    while (!eddy_list_empty(&line)) {
        struct eddy_handle *first = container_of(eddy_list_pop(&line), struct eddy_handle, link);
        first->fn(first);
    }
    printf("until the line is empty:   greedy has had %ld turns, the client none; given up\n",
           greedy.calls);
}

static void again(struct eddy_handle *handle)
{
    greedy.calls++;
    eddy_loop_call_soon(&loop, handle);
}

static void on_readable(struct eddy_handle *handle)
{
    (void)handle;
    printf("what is in line at first:  greedy has had %ld turn, and the client its own\n",
           greedy.calls);
    eddy_loop_stop(&loop);
}

static int one_batch_a_turn(int fd)
{
    struct eddy_watch watch;
    int err = eddy_loop_open(&loop, NULL);

    greedy.calls = 0;
    eddy_handle_init(&greedy.handle, again);
    eddy_watch_init(&watch, on_readable);
    if (err == 0)
        err = eddy_loop_add_reader(&loop, fd, &watch);
    if (err == 0)
        err = eddy_loop_call_soon(&loop, &greedy.handle);
    if (err == 0)
        err = eddy_loop_run_forever(&loop);
    eddy_loop_close(&loop);
    return err;
}

int main(void)
{
    int client[2], err;

    if (pipe(client) < 0 || write(client[1], "x", 1) != 1)
        return 1;
    until_empty();
    err = one_batch_a_turn(client[0]);
    close(client[0]);
    close(client[1]);
    return err < 0;
}
