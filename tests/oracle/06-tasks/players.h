/*
 * players - what the scenarios with tasks have besides actors and futures: tasks that play a role,
 * which is a list of moves:
 *
 *     struct role *a = role("a", SAYS("a runs"), SLEEPS(1), SAYS("a goes on"),
 *                           CLEANS_UP, SAYS("a cleans up"));
 *
 *     begin(a);
 *     run();
 *
 * The cleanup section always runs, as that of any coroutine; what stands behind CLEANS_UP is in it.
 */
#ifndef PLAYERS_H
#define PLAYERS_H

#include "task.h"

#include "04-futures/promises.h"

#include "delay.h"
#include "sockio.h"

enum kind {
    ENDS,
    SAYS_IT,
    DOES_IT,
    SLEEPS_NOW,
    RECEIVES_IT,
    AWAITS_IT,
    CALLS_IT,
    FAILS_NOW,
    CLEANS_UP_NOW
};

struct move {
    enum kind kind;
    const char *text;
    void (*verb)(void *whom);
    void *whom; /* the verb's; or the future, or the role */
    double seconds;
};

#define SAYS(words)                      \
    {                                    \
        .kind = SAYS_IT, .text = (words) \
    }
#define DOES(what, to)                                \
    {                                                 \
        .kind = DOES_IT, .verb = (what), .whom = (to) \
    }
#define SLEEPS(time)                          \
    {                                         \
        .kind = SLEEPS_NOW, .seconds = (time) \
    }
/* One byte, from a descriptor that lies here. */
#define RECEIVES(from)                      \
    {                                       \
        .kind = RECEIVES_IT, .whom = (from) \
    }
#define AWAITS(future)                      \
    {                                       \
        .kind = AWAITS_IT, .whom = (future) \
    }
/* Awaits it, and the call that starts it does this, too. */
#define STARTS(what, future)                                \
    {                                                       \
        .kind = AWAITS_IT, .verb = (what), .whom = (future) \
    }
#define CALLS(inner)                      \
    {                                     \
        .kind = CALLS_IT, .whom = (inner) \
    }
#define FAILS             \
    {                     \
        .kind = FAILS_NOW \
    }
#define CLEANS_UP             \
    {                         \
        .kind = CLEANS_UP_NOW \
    }

/* The frame of the coroutine that plays any role. */
struct player {
    struct eddy_co co;
    struct role *role;
    const struct move *move;
    struct eddy_sleep sleep;
    struct eddy_io io;
    char byte;
};

struct role {
    const char *name;
    const struct move *moves; /* the last is ENDS */
    int refuses;              /* so many requests to cancel */
    bool untold;              /* it does not say how it has ended: nobody waits for it */
    struct eddy_task task;
    struct player frame;
    struct eddy_handle ended;
};

/* ---- Playing --------------------------------------------------------------------------------- */

/* What the player awaits now. */
static inline struct eddy_future *start(struct player *self)
{
    const struct move *move = self->move;

    if (move->verb)
        move->verb(move->whom);
    if (move->kind == SLEEPS_NOW)
        return eddy_sleep(&self->sleep, &loop, move->seconds);
    if (move->kind == RECEIVES_IT)
        return eddy_recv(&self->io, &loop, *(int *)move->whom, &self->byte, 1);
    return move->whom;
}

static inline void make_move(const struct move *move)
{
    if (move->kind == SAYS_IT)
        say("%s", move->text);
    else if (move->kind == DOES_IT)
        move->verb(move->whom);
}

static inline bool refuses(struct role *role, int err)
{
    if (err != -ECANCELED || role->refuses == 0)
        return false;
    role->refuses--;
    say("%s refuses", role->name);
    return true;
}

static inline bool awaits(const struct move *move)
{
    return move->kind == SLEEPS_NOW || move->kind == RECEIVES_IT || move->kind == AWAITS_IT;
}

static inline const struct move *cleanup_of(const struct role *role)
{
    const struct move *move = role->moves;

    while (move->kind != ENDS && move->kind != CLEANS_UP_NOW)
        move++;
    return move;
}

static inline struct player *frame_of(void *role)
{
    return &((struct role *)role)->frame;
}

static struct eddy_step player(struct eddy_co *co)
{
    struct player *self = CO_FRAME(co, player);
    struct role *role = self->role;

    CO_BEGIN(co);
    for (self->move = role->moves; self->move != cleanup_of(role); self->move++) {
        if (self->move->kind == FAILS_NOW)
            CO_FAIL(co, -EIO);
        if (awaits(self->move))
            CO_TRY_AWAIT(co, start(self));
        else if (self->move->kind == CALLS_IT)
            CO_TRY_CALL(co, player, frame_of(self->move->whom), .role = self->move->whom);
        else {
            make_move(self->move);
            continue;
        }
        if (eddy_co_error(co) < 0 && !refuses(role, eddy_co_error(co)))
            CO_FAIL(co, eddy_co_error(co));
    }
    CO_FINALLY(co);
    for (self->move = cleanup_of(role); self->move->kind != ENDS; self->move++) {
        if (awaits(self->move))
            CO_AWAIT(co, start(self));
        else
            make_move(self->move);
    }
    CO_END(co);
}

/* ---- Beginning, and looking ------------------------------------------------------------------ */

static inline struct role *keep_role(const char *name, const struct move *moves)
{
    static struct role roles[8];
    static int count;
    struct role *made = &roles[count++];

    CHECK(count <= 8);
    *made = (struct role){.name = name, .moves = moves};
    return made;
}

/* A new role. It lasts as long as the function that this stands in. */
#define role(name, ...) keep_role(name, (const struct move[]){__VA_ARGS__, {.kind = ENDS}})

/* The role of one who sleeps, and has a cleanup section. */
#define SLEEPER(name, seconds)                                                        \
    role(name, SAYS(name " runs"), SLEEPS(seconds), SAYS(name " goes on"), CLEANS_UP, \
         SAYS(name " cleans up"))

/* The same, but it fails after its sleep. */
#define FAILER(name, seconds) \
    role(name, SAYS(name " runs"), SLEEPS(seconds), FAILS, CLEANS_UP, SAYS(name " cleans up"))

/* The future of its task, which others await and cancel. */
static inline struct eddy_future *ending(struct role *who)
{
    return &who->task.future;
}

static inline void say_ending(struct eddy_handle *handle)
{
    struct role *who = container_of(handle, struct role, ended);
    int err = eddy_future_error(ending(who));

    if (err == 0 || err == -ECANCELED)
        say("%s: %s", who->name, err == 0 ? "done" : "cancelled");
    else
        say("%s: error %s", who->name, eddy_errname(err));
}

/* A task plays the role. */
static inline void begin(void *whom)
{
    struct role *who = whom;

    CHECK(!eddy_future_done(eddy_task_start(&who->task, &loop, player, &who->frame, .role = who)));
    eddy_handle_init(&who->ended, say_ending);
    if (!who->untold)
        CHECK_OK(eddy_future_add_done_callback(ending(who), &who->ended));
}

/* Its role's name; "none" if there is no such task. */
static inline const char *name_of(const struct eddy_task *task)
{
    return task ? container_of(task, struct role, task)->name : "none";
}

/* A role's task is asked to end. Says whether there was anything left to ask. */
static inline void ask_to_end(void *whom)
{
    struct role *who = whom;

    say(eddy_task_cancel(&who->task) ? "cancelled" : "not cancelled");
}

/* A timer asks it to end. */
static inline void asked_at(struct role *who, const char *timer, double when)
{
    struct actor *asking = actor(timer);

    then(asking, ask_to_end, who);
    later(asking, when);
}

#endif
