/*
 * blocking - the echo server of most introductions: accept one client, serve it, accept the next.
 * It is correct, and one silent client stops it for everybody else.
 */
#include "../demo.h"

#include <netinet/in.h>
#include <unistd.h>

/* Both calls wait: recv() for bytes, send() for room. */
static void serve(int client)
{
    char buf[4096];
    ssize_t n;

    while ((n = recv(client, buf, sizeof buf, 0)) > 0)
        if (send(client, buf, (size_t)n, MSG_NOSIGNAL) < 0)
            break;
    close(client);
}

static int listen_blocking(const struct demo *demo)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((unsigned short)demo->port)};
    socklen_t len = sizeof addr;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(listener, 5) < 0 ||
        getsockname(listener, (struct sockaddr *)&addr, &len) < 0) {
        fprintf(stderr, "%s: cannot listen on port %d: %s (port 0 picks a free one)\n", demo->name,
                demo->port, eddy_strerror(-errno));
        exit(1);
    }
    printf("%s: listening on port %d; in another terminal, type:  nc localhost %d\n", demo->name,
           ntohs(addr.sin_port), ntohs(addr.sin_port));
    printf("%s: Ctrl-C ends it\n", demo->name);
    return listener;
}

static void on_stop(int signo)
{
    (void)signo;
    _exit(0); /* it holds nothing that the kernel would not take back */
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "Sends its clients their own bytes back, in turn.");
    int listener = listen_blocking(&demo);

    demo_on_stop(on_stop);
    for (int number = 1;; number++) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            continue;
        printf("client %d: its turn\n", number);
        serve(client);
        printf("client %d: done\n", number);
    }
}
