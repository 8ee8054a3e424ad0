/* Trap: a regular file is always ready, so waiting for one waits for nothing. */
#include "errors.h"
#include "selector.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    struct eddy_selector selector;
    FILE *file = tmpfile();
    struct pollfd polled;
    int ready = 0;

    if (!file)
        return 1;
    polled = (struct pollfd){.fd = fileno(file), .events = POLLIN};
    for (int i = 0; i < 1000; i++)
        ready += poll(&polled, 1, -1) == 1 && polled.revents == POLLIN;
    printf("an empty file; poll() said readable:  %d of 1000 times, without waiting\n", ready);
    for (int i = 0; eddy_selector_nth(i); i++) {
        if (eddy_selector_open(&selector, eddy_selector_nth(i)) < 0)
            continue;
        printf("eddy_selector_register(), %-6s       %s\n", eddy_selector_name(&selector),
               eddy_errname(eddy_selector_register(&selector, fileno(file), EDDY_READ, NULL)));
        eddy_selector_close(&selector);
    }
    fclose(file);
    return 0;
}
