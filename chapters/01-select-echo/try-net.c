/* Ann shouts, and bob does not listen. How much is taken from her, and what becomes of it when he goes? */
#include <eddy.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    static char shout[1000000];
    char text[20];
    int pair[2];

    if (eddy_net_pair(pair) < 0)
        return 1;
    memset(shout, 'A', sizeof shout);
    printf("ann hears: %s\n", eddy_errname((int)eddy_net_recv(pair[0], text, sizeof text)));
    printf("she shouts %zu bytes\n", sizeof shout);
    printf("taken: %zd\n", eddy_net_send(pair[0], shout, sizeof shout));
    printf("once more: %s\n", eddy_errname((int)eddy_net_send(pair[0], shout, sizeof shout)));
    eddy_net_close(pair[1]);
    printf("bob has gone: %s\n", eddy_errname((int)eddy_net_send(pair[0], shout, sizeof shout)));
    printf("she hears: %s\n", eddy_errname((int)eddy_net_recv(pair[0], text, sizeof text)));
    eddy_net_close(pair[0]);
    return 0;
}
