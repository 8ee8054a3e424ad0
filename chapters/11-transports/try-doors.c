/* An inn opens on a port that nobody knows beforehand. A guest finds it by its name. */
#include <eddy.h>

#include <stdio.h>

static struct eddy_server inn;

static void leave(struct eddy_transport *guest, int err)
{
    printf("%d doors, mine a %d; left with %d.\n", inn.count, guest->peer.any.sa_family, err);
    eddy_server_close(&inn);
}

static const struct eddy_protocol guest = {.connection_lost = leave};
static const struct eddy_protocol host = {.size = sizeof(struct eddy_transport),
                                          .connection_made = eddy_transport_write_eof};

int main(void)
{
    struct eddy_transport me = {.fd = -1};
    struct eddy_connecting way = {.count = 0};
    struct eddy_loop loop;
    char port[8];

    if (eddy_loop_open(&loop, NULL) < 0 ||
        eddy_create_server(&inn, &loop, "localhost", 0, &host) < 0)
        return 1;
    snprintf(port, sizeof port, "%d", inn.port);
    eddy_create_connection(&way, &me, &loop, "localhost", port, &guest);
    eddy_loop_run_until_stuck(&loop);
    return eddy_loop_close(&loop) < 0;
}
