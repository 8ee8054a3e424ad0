/* A tap, and a pipe with a plug in it. How much goes in before somebody says stop? */
#include <eddy.h>

#include <stdio.h>

static int pour(struct eddy_transport *tap)
{
    static const char cup[1000];
    int cups = 0;

    while (eddy_transport_write(tap, cup, sizeof cup) == 0)
        cups++;
    printf("%d cups poured, %zu bytes wait\n", cups, eddy_transport_get_write_buffer_size(tap));
    eddy_transport_abort(tap);
    return 0;
}

/* "Stop" turns the tap off. */
static const struct eddy_protocol water = {
    .name = "water", .connection_made = pour, .pause_writing = eddy_transport_close};

int main(void)
{
    struct eddy_transport tap = {.fd = -1};
    struct eddy_loop loop;
    int pipe[2];

    if (eddy_loop_open(&loop, NULL) < 0 || eddy_net_pair(pipe) < 0)
        return 1;
    eddy_transport_open(&tap, &loop, pipe[0], &water);
    eddy_loop_run_until_stuck(&loop);
    return eddy_loop_close(&loop) < 0;
}
