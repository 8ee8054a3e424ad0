/* Trap: when no descriptor is free, accept() fails, the connection keeps waiting, and the listener
 * stays readable: a server that only goes on spins. */
#include "errors.h"
#include "net.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

enum { ROUNDS = 1000 };

/* A connection to `listener` that nobody has accepted. */
static int knock(int listener)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    getsockname(listener, (struct sockaddr *)&addr, &len);
    return connect(fd, (struct sockaddr *)&addr, len) < 0 ? -1 : fd;
}

/* Looks at the listener, without waiting. */
static int is_readable(int listener)
{
    struct timeval now = {0, 0};
    fd_set readable;

    FD_ZERO(&readable);
    FD_SET(listener, &readable);
    return select(listener + 1, &readable, NULL, NULL, &now) == 1;
}

int main(void)
{
    struct rlimit limit;
    int listener = -1, client, ready = 0, failed = 0;

    if (eddy_net_listen("127.0.0.1", 0, &listener, 1) < 0 || (client = knock(listener)) < 0)
        return 1;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = (rlim_t)client + 1; /* from here on, no descriptor is free */
    setrlimit(RLIMIT_NOFILE, &limit);

    for (int i = 0; i < ROUNDS; i++) {
        ready += is_readable(listener);
        failed += eddy_net_accept(listener) == -EMFILE;
    }
    printf("select() said \"readable\":   %d of %d times, without waiting\n", ready, ROUNDS);
    printf("accept() said %s:      %d of %d times\n", eddy_errname(-EMFILE), failed, ROUNDS);
    printf("A server that goes straight on does this until a client leaves.\n");
    close(client);
    close(listener);
    return 0;
}
