/* Ann sends five letters at once, and hangs up. How often is the reader called? */
#include <eddy.h>

#include <stdio.h>

static struct eddy_loop loop;
static struct eddy_watch reader;
static int ends[2] = {-1, -1}; /* ours, and ann's */

static void on_readable(struct eddy_handle *handle)
{
    char letter = '-';
    ssize_t n = eddy_net_recv(ends[0], &letter, 1);

    (void)handle;
    printf("%c  %s\n", letter, n < 0 ? eddy_strerror((int)n) : n == 0 ? "the end" : "a letter");
    if (n <= 0) {
        eddy_loop_remove_reader(&loop, ends[0]);
        eddy_loop_close_fd(&loop, ends[0]);
    }
}

int main(void)
{
    int err = eddy_loop_open(&loop, NULL) < 0 || eddy_net_pair(ends) < 0;

    eddy_watch_init(&reader, on_readable);
    eddy_loop_add_reader(&loop, ends[0], &reader);
    eddy_net_send(ends[1], "hello", 5);
    eddy_net_close(ends[1]);
    return err || eddy_loop_run_until_stuck(&loop) != EDDY_ESTUCK || eddy_loop_close(&loop) < 0;
}
