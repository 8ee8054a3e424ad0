/* A rocket, which is a program of its own. Does it lift off? */
#include <eddy.h>

#include <stdio.h>

static const char *const argv[] = {"sh", "-c", "for i in 3 2 1; do echo $i; sleep 0.2; done", NULL};

struct tower {
    struct eddy_co co;
    struct eddy_process rocket;
};

static struct eddy_step tower(struct eddy_co *co)
{
    struct tower *self = CO_FRAME(co, tower);
    struct eddy_program program = {.argv = argv, .out = EDDY_PIPE};
    struct eddy_reader *lines = &self->rocket.out.reader;

    CO_BEGIN(co);
    eddy_process_start(&self->rocket, eddy_co_loop(co), &program);
    do
        CO_AWAIT(co, eddy_reader_readline(lines));
    while (printf("%.*s", (int)lines->size, lines->data) > 0);
    CO_FINALLY(co);
    eddy_process_close(&self->rocket);
    CO_END(co);
}

int main(void)
{
    return eddy_run(tower) < 0;
}
