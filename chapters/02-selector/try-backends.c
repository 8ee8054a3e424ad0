/* A crowd is silent, and one speaks. How long does each selector take to find out who? */
#include <eddy.h>

#include <stdio.h>
#include <time.h>

enum { SILENT = 300, TIMES = 1000 };

int main(void)
{
    struct eddy_selector selector;
    int pairs[SILENT + 1][2];

    for (int k = 0; k <= SILENT; k++)
        if (eddy_net_pair(pairs[k]) < 0)
            return 1;
    eddy_net_send(pairs[SILENT][1], "hello", 5);
    for (int i = 0; eddy_selector_nth(i); i++) {
        eddy_selector_open(&selector, eddy_selector_nth(i));
        for (int k = 0; k <= SILENT; k++)
            eddy_selector_register(&selector, pairs[k][0], EDDY_READ, NULL);
        clock_t began = clock();
        for (int k = 0; k < TIMES; k++)
            eddy_selector_wait(&selector, EDDY_FOREVER);
        printf("%-6s %6.1f microseconds\n", eddy_selector_name(&selector),
               (double)(clock() - began) * 1e6 / CLOCKS_PER_SEC / TIMES);
        eddy_selector_close(&selector);
    }
    return 0;
}
