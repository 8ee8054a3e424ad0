/* Trap: a name in a line that a shell reads. What stands in it becomes a command. As an argument it is a name,
 * whatever is in it. */
#include "errors.h"
#include "process.h"
#include "run.h"

#include <stdio.h>

static const char name[] = "Ann; echo anything could run here";

struct show {
    struct eddy_co co;
    struct eddy_process process;
    struct eddy_process_wait wait;
};

static int start_shell(struct show *self, const struct eddy_program *program)
{
    char line[200];

    snprintf(line, sizeof line, "echo hello, %s", name); /* never do this */
    return eddy_process_start_shell(&self->process, eddy_co_loop(&self->co), line, program);
}

static struct eddy_step show(struct eddy_co *co)
{
    struct show *self = CO_FRAME(co, show);
    struct eddy_program program = {.argv = (const char *[]){"echo", "hello,", name, NULL}};
    int err;

    CO_BEGIN(co);
    printf("in a line for a shell:\n");
    err = start_shell(self, &program);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_process_wait(&self->wait, &self->process));
    eddy_process_close(&self->process);

    printf("as an argument:\n");
    err = eddy_process_start(&self->process, eddy_co_loop(co), &program);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_process_wait(&self->wait, &self->process));
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0); /* the programs write to the same place */
    return eddy_run(show) < 0;
}
