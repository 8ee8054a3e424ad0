/* Trap: send() takes what there is room for, not what it was given. */
#include "net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MILLION = 1000000 };

int main(void)
{
    int pair[2];
    char *answer = calloc(1, MILLION);

    if (!answer || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || eddy_net_prepare(pair[0]) < 0)
        return 1;
    printf("to send:         %d bytes\n", MILLION);
    printf("send() took:     %zd bytes\n", eddy_net_send(pair[0], answer, MILLION));
    printf("send() again:    %zd (EAGAIN is %d)\n", eddy_net_send(pair[0], answer, MILLION),
           EAGAIN);
    printf("A program that ignores these two results has lost the rest of the answer.\n");
    close(pair[0]);
    close(pair[1]);
    free(answer);
    return 0;
}
