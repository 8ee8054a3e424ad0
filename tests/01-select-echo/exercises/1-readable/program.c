/*
 * What exercise 01.1 asks, asked of the real select(). Each line it prints is a line of the
 * exercise's file, with the answer.
 */
#include "net.h"

#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

/* How many descriptors select() calls ready: `fd` is watched for reading, or for writing. */
static int ready(int fd, int for_writing)
{
    fd_set set;
    struct timeval now = {0, 0};

    FD_ZERO(&set);
    FD_SET(fd, &set);
    return for_writing ? select(fd + 1, NULL, &set, NULL, &now)
                       : select(fd + 1, &set, NULL, NULL, &now);
}

static void tell(char line, const char *text, long answer)
{
    printf("%c. %-66s: %ld\n", line, text, answer);
}

/* `pair[0]` is ours; the peer holds `pair[1]`. */
static void reading(int pair[2])
{
    char buf[8];

    tell('a', "nothing was sent. select() for reading returns", ready(pair[0], 0));
    tell('b', "nothing was sent. select() for writing returns", ready(pair[0], 1));
    if (write(pair[1], "hello", 5) != 5)
        return;
    tell('c', "the peer has sent 5 bytes. select() for reading returns", ready(pair[0], 0));
    eddy_net_recv(pair[0], buf, 2);
    tell('d', "we have received 2 of them. select() for reading returns", ready(pair[0], 0));
    eddy_net_recv(pair[0], buf, 3);
    tell('e', "we have received the other 3. select() for reading returns", ready(pair[0], 0));
}

static void ending(int pair[2])
{
    char buf[8];

    shutdown(pair[1], SHUT_WR);
    tell('f', "the peer will send no more. select() for reading returns", ready(pair[0], 0));
    tell('g', "recv() returns", eddy_net_recv(pair[0], buf, sizeof buf));
    tell('h', "we know about the end now. select() for reading returns", ready(pair[0], 0));
}

static void writing(int pair[2])
{
    char block[4096];

    memset(block, 'x', sizeof block);
    while (eddy_net_send(pair[0], block, sizeof block) > 0)
        ;
    tell('i', "we sent until nothing more went. select() for writing returns", ready(pair[0], 1));
    close(pair[1]);
    tell('j', "the peer has gone for good. select() for writing returns", ready(pair[0], 1));
}

int main(void)
{
    int pair[2];

    alarm(10); /* a library that is being changed may hang */
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || eddy_net_prepare(pair[0]) < 0)
        return 1;
    reading(pair);
    ending(pair);
    writing(pair);
    close(pair[0]);
    return 0;
}
