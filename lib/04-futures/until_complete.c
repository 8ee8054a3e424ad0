#include "until_complete.h"

#include "errors.h"

#include <stdio.h>
#include <string.h>

struct run {
    struct eddy_handle done;
    struct eddy_loop *loop;
    const char *function, *file;
    int line;
};

static void on_done(struct eddy_handle *handle)
{
    eddy_loop_stop(container_of(handle, struct run, done)->loop);
}

static void name_waiters(const struct eddy_future *future, const struct run *run, char *text,
                         size_t n)
{
    size_t length = 0;

    text[0] = '\0';
    for (struct eddy_list *link = future->waiters.next; link != &future->waiters;
         link = link->next) {
        struct eddy_handle *handle = container_of(link, struct eddy_handle, link);
        if (handle == &run->done || length + 1 >= n)
            continue;
        snprintf(text + length, n - length, "%s%s", length ? ", " : "",
                 eddy_guests_name(&run->loop->guests, handle));
        length += strlen(text + length);
    }
}

static void describe_future(const struct eddy_future *future, char *text, size_t n)
{
    const struct eddy_future_type *type = future->type;

    if (type->describe)
        type->describe(future, text, n);
    else if (type->file)
        snprintf(text, n, "%s, made in %s (%s:%d)", type->name, type->function, type->file,
                 type->line);
    else
        snprintf(text, n, "%s", type->name);
}

/* Why a program hangs is most often found in a debugger. This one says it, and does not hang. */
static void report_stuck(const struct eddy_future *future, const struct run *run)
{
    char text[1600], what[700], waiters[300];

    describe_future(future, what, sizeof what);
    name_waiters(future, run, waiters, sizeof waiters);
    snprintf(text, sizeof text,
             "stuck: nobody can finish what %s (%s:%d) waits for\n"
             "    it waits for   %s\n"
             "    called then    %s\n"
             "    nothing else   no callback is in line, no timer is set, no "
             "descriptor is watched,\n"
             "                   nobody keeps the loop: no thread, no signal handler",
             run->function, run->file, run->line, what, waiters[0] ? waiters : "nobody");
    eddy_loop_call_exception_handler(run->loop, &(struct eddy_context){.message = text});
}

int eddy_loop_run_until_complete_at(struct eddy_loop *loop, struct eddy_future *future,
                                    const char *function, const char *file, int line)
{
    struct run run = {.loop = loop, .function = function, .file = file, .line = line};
    int err;

    if (future->loop != loop)
        return EDDY_EOTHER;
    if (eddy_loop_is_running(loop))
        return EDDY_ERUNNING;
    eddy_handle_init(&run.done, on_done);
    err = eddy_future_add_done_callback(future, &run.done);
    if (err < 0)
        return err;
    err = eddy_loop_run_until_stuck(loop);
    if (err == EDDY_ESTUCK)
        report_stuck(future, &run);
    eddy_handle_cancel(&run.done);
    if (err < 0)
        return err;
    return eddy_future_done(future) ? future->err : EDDY_ESTOPPED;
}
