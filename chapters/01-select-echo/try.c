/* Two guests are connected, and bob has said something. Whom can we hear without waiting? */
#include <eddy.h>

#include <stdio.h>
#include <sys/select.h>

int main(void)
{
    struct timeval patience = {.tv_sec = 0, .tv_usec = 500000};
    int ann[2], bob[2];
    char text[20] = "";
    fd_set set;

    if (eddy_net_pair(ann) < 0 || eddy_net_pair(bob) < 0)
        return 1;
    eddy_net_send(bob[1], "good morning", 12);
    FD_ZERO(&set);
    FD_SET(ann[0], &set);
    FD_SET(bob[0], &set);
    printf("how many can be heard: %d\n", select(bob[0] + 1, &set, NULL, NULL, &patience));
    printf("ann: %s\n", FD_ISSET(ann[0], &set) ? "yes" : "no");
    printf("bob: %s\n", FD_ISSET(bob[0], &set) ? "yes" : "no");
    printf("bytes from bob: %zd\n", eddy_net_recv(bob[0], text, sizeof text - 1));
    printf("bob says: %s\n", text);
    return 0;
}
