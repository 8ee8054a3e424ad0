/* Two parrots on a wire. Each one says what it hears, and forgets the first letter. */
#include <eddy.h>

#include <stdio.h>

static int repeat(struct eddy_transport *parrot, const char *bytes, size_t n)
{
    int err = eddy_transport_write(parrot, bytes + 1, n - 1);

    printf("%s hears %.*s\n", (char *)parrot->data, (int)n, bytes);
    if (n == 1)
        eddy_transport_close(parrot);
    return err;
}

static const struct eddy_protocol bird = {.name = "parrot", .data_received = repeat};

int main(void)
{
    struct eddy_transport polly = {.data = (char[]){"Polly"}}, coco = {.data = (char[]){"Coco"}};
    struct eddy_loop loop;
    int wire[2];

    if (eddy_loop_open(&loop, NULL) < 0 || eddy_net_pair(wire) < 0)
        return 1;
    eddy_transport_open(&polly, &loop, wire[0], &bird);
    eddy_transport_open(&coco, &loop, wire[1], &bird);
    eddy_transport_write(&polly, "hello", 5);
    eddy_loop_run_until_stuck(&loop);
    return eddy_loop_close(&loop) < 0;
}
