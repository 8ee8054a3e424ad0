/*
 * unix - the echo server at a path instead of a port: only this machine comes in, and only whoever may write to
 * the file.
 *
 *     build/chapters/11-transports/unix /tmp/echo
 *     nc -U /tmp/echo
 */
#include "serving.h"

struct echo {
    struct eddy_transport transport;
};

static int send_back(struct eddy_transport *transport, const char *bytes, size_t n)
{
    return eddy_transport_write(transport, bytes, n);
}

static const struct eddy_protocol echo = {.name = "echo",
                                          EDDY_CONNECTION(struct echo, transport),
                                          .data_received = send_back,
                                          .pause_writing = eddy_transport_pause_reading,
                                          .resume_writing = eddy_transport_resume_reading};

int main(int argc, char *argv[])
{
    struct demo demo = {.name = "unix"};

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 2 || strcmp(argv[1], "--help") == 0) {
        printf("usage: unix PATH\n\nSends every client of the socket PATH its own bytes back.\n");
        return argc != 2;
    }
    printf("unix: in another terminal, type:  nc -U %s\nunix: Ctrl-C ends it\n", argv[1]);
    return demo_status(&demo, eddy_run(serving, .demo = &demo, .protocol = &echo, .path = argv[1]));
}
