/* Somebody speaks five letters at a time. A reader hears lines. */
#include <eddy.h>

#include <stdio.h>

static const char said[] = "Roses are red,\nviolets are blue,\nand ...";
static struct eddy_reader ear;

struct poem {
    struct eddy_co co;
};

static struct eddy_step poem(struct eddy_co *co)
{
    CO_BEGIN(co);
    eddy_reader_open(&ear, eddy_co_loop(co), 0, NULL);
    for (const char *at = said; *at; at += 5)
        eddy_reader_feed(&ear, at, 5);
    eddy_reader_feed_eof(&ear);
    for (; !eddy_reader_at_eof(&ear); printf("[%.*s]\n", (int)ear.size, ear.data))
        CO_AWAIT(co, eddy_reader_readline(&ear));
    CO_FINALLY(co);
    eddy_reader_close(&ear);
    CO_END(co);
}

int main(void)
{
    return eddy_run(poem) < 0;
}
