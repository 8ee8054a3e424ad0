#include "actors.h"

#include "errors.h"
#include "selector_backend.h"
#include "turn.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 16 };

struct eddy_loop loop;
bool stage_tells_turns = true;
static struct actor actors[MOST];
static int fds_open[MOST];
static int actor_count, fd_count;

/* ---- The stage ------------------------------------------------------------------------------- */

static int say_and_wait(struct eddy_selector *selector, int64_t ns)
{
    if (ns == INT64_MAX)
        say("wait for ever");
    else if (ns > 0 || stage_tells_turns)
        say("wait %g", (double)ns / 1e9);
    return scripted.ops->wait(selector, ns);
}

static void ignore(struct eddy_loop *that, const struct eddy_context *context)
{
    (void)that;
    (void)context;
}

void stage_open(void)
{
    static struct eddy_selector_ops ops;
    struct eddy_loop_options options = scripted;

    ops = *scripted.ops;
    ops.wait = say_and_wait;
    options.ops = &ops;
    scripted_start();
    CHECK_OK(eddy_loop_open(&loop, &options));
    eddy_loop_set_exception_handler(&loop, ignore);
}

void stage_close(void)
{
    CHECK_OK(eddy_loop_close(&loop));
    while (fd_count > 0)
        close_last();
}

/* ---- Actors ---------------------------------------------------------------------------------- */

static void perform(struct actor *self)
{
    speak(self);
    scripted_advance(self->takes);
    for (struct act *act = self->acts; act < self->acts + ACTS && act->verb; act++)
        act->verb(act->whom);
}

static void on_handle(struct eddy_handle *handle)
{
    perform(container_of(handle, struct actor, handle));
}

static void on_timer(struct eddy_handle *handle)
{
    perform(container_of(handle, struct actor, timer.handle));
}

static void on_watch(struct eddy_handle *handle)
{
    perform(container_of(handle, struct actor, watch.handle));
}

struct actor *actor(const char *name)
{
    struct actor *who = &actors[actor_count++];

    CHECK(actor_count <= MOST);
    *who = (struct actor){.name = name, .fd = -1};
    eddy_handle_init(&who->handle, on_handle);
    eddy_timer_init(&who->timer, on_timer);
    eddy_watch_init(&who->watch, on_watch);
    return who;
}

void then(struct actor *who, void (*verb)(void *whom), void *whom)
{
    struct act *act = who->acts;

    while (act < who->acts + ACTS && act->verb)
        act++;
    CHECK(act < who->acts + ACTS);
    *act = (struct act){verb, whom};
}

int attempt(int err)
{
    switch (err) {
    case EDDY_ECLOSED:
        say("refused: closed");
        break;
    case EDDY_ERUNNING:
        say("refused: running");
        break;
    case EDDY_EOTHER:
        say("refused: another loop's");
        break;
    case EDDY_ESTOPPED:
        say("refused: stopped before");
        break;
    case EDDY_EDONE:
        say("refused: done already");
        break;
    default:
        if (err < 0)
            say("refused: %s", eddy_errname(err));
    }
    return err;
}

void run(void)
{
    int err = eddy_loop_run_forever(&loop);

    if (err == -EDEADLK) /* the scripted selector's: it would sleep for ever */
        say("nothing can happen");
    else if (attempt(err) == 0)
        say("stopped");
}

/* ---- Verbs ----------------------------------------------------------------------------------- */

void soon(void *whom)
{
    struct actor *who = whom;

    attempt(eddy_loop_call_soon(&loop, &who->handle));
}

void post(void *whom)
{
    struct actor *who = whom;

    attempt(eddy_loop_call_soon_threadsafe(&loop, &who->handle));
}

void set(void *whom)
{
    struct actor *who = whom;

    attempt(eddy_loop_call_later(&loop, &who->timer, who->delay));
}

void cancel(void *whom)
{
    struct actor *who = whom;

    eddy_handle_cancel(&who->handle);
    eddy_timer_cancel(&loop, &who->timer);
}

void watch_reading(void *whom)
{
    struct actor *who = whom;

    CHECK_OK(eddy_loop_add_reader(&loop, who->fd, &who->watch));
}

void watch_writing(void *whom)
{
    struct actor *who = whom;

    CHECK_OK(eddy_loop_add_writer(&loop, who->fd, &who->watch));
}

void leave_reading(void *whom)
{
    struct actor *who = whom;

    eddy_loop_remove_reader(&loop, who->fd);
}

void leave_writing(void *whom)
{
    struct actor *who = whom;

    eddy_loop_remove_writer(&loop, who->fd);
}

void speak(void *whom)
{
    struct actor *who = whom;

    say("%s", who->name);
}

void stop(void *nobody)
{
    (void)nobody;
    eddy_loop_stop(&loop);
}

/* ---- Others ---------------------------------------------------------------------------------- */

void later(struct actor *who, double delay)
{
    who->delay = delay;
    set(who);
}

void at(struct actor *who, double when)
{
    attempt(eddy_loop_call_at(&loop, &who->timer, when));
}

static void keep_fds(int err, const int fds[2], int to, const char *text)
{
    CHECK_INT(err, 0);
    CHECK(fd_count + 2 <= MOST);
    fds_open[fd_count++] = fds[0];
    fds_open[fd_count++] = fds[1];
    CHECK_INT(write(to, text, strlen(text)), (long long)strlen(text));
}

void open_pipe(int fds[2], const char *text)
{
    int err = pipe(fds);

    keep_fds(err, fds, fds[1], text);
}

void open_pair(int fds[2], const char *text)
{
    int err = socketpair(AF_UNIX, SOCK_STREAM, 0, fds);

    keep_fds(err, fds, fds[1], text);
}

void close_last(void)
{
    close(fds_open[--fd_count]);
}

struct actor *reader(const char *name)
{
    struct actor *who = actor(name);
    int fds[2];

    open_pipe(fds, "x");
    who->fd = fds[0];
    then(who, leave_reading, who);
    return who;
}
