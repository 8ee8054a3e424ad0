/* Ann has written to us, and bob can be written to. The selector knows them by their names. */
#include <eddy.h>

#include <stdio.h>

int main(void)
{
    struct eddy_selector selector = {0};
    struct eddy_event event;
    char names[2][4] = {"ann", "bob"};
    int ann[2], bob[2];

    if (eddy_net_pair(ann) < 0 || eddy_net_pair(bob) < 0 || eddy_selector_open(&selector, NULL) < 0)
        return 1;
    eddy_selector_register(&selector, ann[0], EDDY_READ, names[0]);
    eddy_selector_register(&selector, bob[0], EDDY_READ | EDDY_WRITE, names[1]);
    eddy_net_send(ann[1], "hello", 5);
    printf("%s says: %d are ready\n", eddy_selector_name(&selector),
           eddy_selector_wait(&selector, 0.5));
    while (eddy_selector_next(&selector, &event))
        printf("%s:%s%s\n", (char *)event.data, event.events & EDDY_READ ? " read" : "",
               event.events & EDDY_WRITE ? " write" : "");
    eddy_selector_close(&selector);
    return 0;
}
