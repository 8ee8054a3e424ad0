/*
 * ping - the classic: runs `ping -c 4 HOST`, prints each line as it comes, and then how it has ended.
 */
#include "../demo.h"

#include "process.h"
#include "run.h"

struct ping {
    struct eddy_co co;
    const char *host;
    struct eddy_process process;
    struct eddy_process_wait wait;
    int *code;
};

static int start_ping(struct ping *self)
{
    struct eddy_program program = {.argv = (const char *[]){"ping", "-c", "4", self->host, NULL},
                                   .out = EDDY_PIPE};

    return eddy_process_start(&self->process, eddy_co_loop(&self->co), &program);
}

static struct eddy_step ping(struct eddy_co *co)
{
    struct ping *self = CO_FRAME(co, ping);
    struct eddy_reader *lines = &self->process.out.reader;
    int err;

    CO_BEGIN(co);
    err = start_ping(self);
    if (err < 0)
        CO_FAIL(co, err);
    for (;;) {
        CO_AWAIT(co, eddy_reader_readline(lines));
        if (lines->size == 0)
            break;
        printf("%.*s", (int)lines->size, lines->data);
    }
    CO_AWAIT(co, eddy_process_wait(&self->wait, &self->process));
    if (self->process.signal)
        printf("signal %d\n", self->process.signal);
    else
        printf("exit %d\n", self->process.code);
    *self->code = self->process.code;
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}

/* Its own status is ping's. */
int main(int argc, char *argv[])
{
    const struct demo demo = {.name = "ping: cannot run ping"};
    int code = 0, err;

    setvbuf(stdout, NULL, _IOLBF, 0); /* each line at once, also into a pipe */
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        bool help = strcmp(argv[1], "--help") == 0;
        fprintf(help ? stdout : stderr,
                "usage: ping [HOST]\n\nRuns ping -c 4 HOST; localhost unless given.\n");
        return !help;
    }
    err = eddy_run(ping, .host = argc == 2 ? argv[1] : "localhost", .code = &code);
    return demo_status(&demo, err) || code != 0;
}
