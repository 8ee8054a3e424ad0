/*
 * A model of the wake-up (lib/03-callbacks/wakeup.c). Two threads post a handle each, again and again, and
 * a third one takes the first one's back, while the loop's thread waits for a byte, takes what was posted
 * and calls it; and closes the wake-up, at the end or at any moment. What was accepted is called, taken
 * back or dropped, once. Nobody sleeps on a handle, and nobody sends to a pair that is closed.
 *
 *     waking            each posts twice; waking --full    five times
 */
#include "walker.h"

/* In how many ways the model can be broken. */
enum broken {
    NOT,
    LIST_THEN_BYTE,  /* the list is taken, and then the byte is read */
    TOLD_LATER,      /* `told` is reset after the lock was given back */
    NEVER_TOLD,      /* nobody notes that a byte is on its way */
    SENT_LATER,      /* the byte is sent after the lock was given back */
    POSTED_LATER,    /* the handle joins the list after the lock was given back */
    PAIR_FIRST,      /* the pair is closed before the lock is taken */
    CALLED_TWICE,    /* a handle that is called stays in the list of those that were taken */
    TAKEN_NOT_SOUGHT /* who takes a handle back looks among the posted ones alone */
};

enum { FIRST, SECOND, CANCELLER, LOOP, MOST_IN_LINE = 4 };

struct state {
    signed char lock, open, told, bytes, pair_closed, any_time;
    signed char posted[MOST_IN_LINE], taken[MOST_IN_LINE]; /* whose handles, from 1; 0: no more */
    signed char linked[2], accepted[2], ended[2];
    signed char left[2]; /* posts to come */
    signed char sends[2], calls, gone;
};

static enum broken broken;
static int posts;
static bool any_time;

static void put(signed char *list, int handle)
{
    int n = 0;

    while (n < MOST_IN_LINE - 1 && list[n])
        n++;
    list[n] = (signed char)(handle + 1);
}

static bool take_out(signed char *list, int handle)
{
    for (int i = 0; i < MOST_IN_LINE && list[i]; i++)
        if (list[i] == handle + 1) {
            memmove(&list[i], &list[i + 1], (size_t)(MOST_IN_LINE - 1 - i));
            list[MOST_IN_LINE - 1] = 0;
            return true;
        }
    return false;
}

static void end_handle(struct state *s, int handle)
{
    s->linked[handle] = 0;
    if (++s->ended[handle] > s->accepted[handle])
        walk_wrong("a handle is called more often than it was posted");
}

static int lock(struct state *s, int me)
{
    return walk_lock(&s->lock, me);
}

/* ---- Who posts --------------------------------------------------------------------------------- */

enum { POST = 0, GIVE_BACK = 6 };

static int want(struct state *s, int me)
{
    s->sends[me] = 0;
    if (s->left[me]-- > 0)
        return NEXT;
    s->gone++;
    return END;
}

static int look(struct state *s, int me)
{
    return !s->open || s->linked[me] ? GIVE_BACK : NEXT;
}

static void send_byte(struct state *s)
{
    s->bytes++;
    if (s->pair_closed)
        walk_wrong("a byte is sent to a pair that is closed");
}

static int tell(struct state *s, int me)
{
    s->sends[me] = !s->told;
    if (s->sends[me] && broken != SENT_LATER)
        send_byte(s);
    return NEXT;
}

static int note(struct state *s, int me)
{
    (void)me;
    s->told = broken != NEVER_TOLD;
    return NEXT;
}

static int append(struct state *s, int me)
{
    s->linked[me] = 1;
    s->accepted[me]++;
    if (broken == POSTED_LATER)
        return walk_unlock(&s->lock, me);
    put(s->posted, me);
    return NEXT;
}

static int give_back(struct state *s, int me)
{
    if (broken != POSTED_LATER || s->lock == me + 1)
        return walk_unlock(&s->lock, me);
    put(s->posted, me);
    return NEXT;
}

static int return_it(struct state *s, int me)
{
    if (broken == SENT_LATER && s->sends[me])
        send_byte(s);
    return POST;
}

static const struct step poster[] = {
    {"(wants to post its handle)", want},
    {"pthread_mutex_lock(&wakeup->lock);\n"
     "if (!wakeup->open)",
     lock},
    {"err = EDDY_ECLOSED;\n"
     "else if (handle->link.next)",
     look},
    {"int err = wakeup->told ? 0 : eddy_pair_send(&wakeup->pair);", tell},
    {"wakeup->told = true;", note},
    {"handle->link.next = &handle->link;\n"
     "append_chain(&wakeup->posted, (struct eddy_chain){handle, handle});",
     append},
    {"append_chain(&wakeup->posted, (struct eddy_chain){handle, handle});\n"
     "}\n"
     "pthread_mutex_unlock(&wakeup->lock);",
     give_back},
    {"(is back)", return_it},
    {NULL, NULL}};

/* ---- Who takes it back ------------------------------------------------------------------------- */

static int find(struct state *s, int me)
{
    (void)me;
    if (take_out(s->posted, FIRST) || (broken != TAKEN_NOT_SOUGHT && take_out(s->taken, FIRST)))
        end_handle(s, FIRST);
    else if (s->linked[FIRST])
        walk_wrong("a handle that waits cannot be taken back");
    return NEXT;
}

static int found(struct state *s, int me)
{
    s->gone++;
    return walk_unlock(&s->lock, me);
}

static const struct step canceller[] = {
    {"bool found;\n"
     "pthread_mutex_lock(&wakeup->lock);",
     lock},
    {"found = remove_handle(&wakeup->posted, handle) || remove_handle(&wakeup->taken, handle);",
     find},
    {"pthread_mutex_unlock(&wakeup->lock);\n"
     "return found;",
     found},
    {NULL, NULL}};

/* ---- The loop ---------------------------------------------------------------------------------- */

enum { WAIT = 0, READ = 1, LOCK_TO_TAKE = 2, LOCK_TO_CALL = 6, CLOSE = 10 };

/* Closing when nobody posts any more, and nothing waits: so a handle on which it sleeps is seen. */
static int wait_for_byte(struct state *s, int me)
{
    bool over = s->gone == 3 && !s->linked[FIRST] && !s->linked[SECOND];

    (void)me;
    if (s->any_time && walk_choose(2) == 1)
        return CLOSE;
    if (s->bytes > 0)
        return broken == LIST_THEN_BYTE ? LOCK_TO_TAKE : READ;
    return over || s->any_time ? CLOSE : BLOCKED;
}

static int read_bytes(struct state *s, int me)
{
    (void)me;
    s->bytes = 0;
    return broken == LIST_THEN_BYTE ? LOCK_TO_CALL : NEXT;
}

static int take(struct state *s, int me)
{
    (void)me;
    for (int i = 0; i < MOST_IN_LINE && s->posted[i]; i++)
        put(s->taken, s->posted[i] - 1);
    memset(s->posted, 0, sizeof s->posted);
    return NEXT;
}

static int forget_told(struct state *s, int me)
{
    if (broken == TOLD_LATER)
        return walk_unlock(&s->lock, me);
    s->told = 0;
    return NEXT;
}

static int have_taken(struct state *s, int me)
{
    if (broken == TOLD_LATER)
        s->told = 0;
    else
        walk_unlock(&s->lock, me);
    return broken == LIST_THEN_BYTE ? READ : NEXT;
}

static int next_handle(struct state *s, int me)
{
    int handle = s->taken[0] - 1;

    (void)me;
    s->calls = s->taken[0];
    if (handle < 0)
        return NEXT;
    if (broken != CALLED_TWICE)
        take_out(s->taken, handle);
    end_handle(s, handle);
    return NEXT;
}

static int unlock(struct state *s, int me)
{
    return walk_unlock(&s->lock, me);
}

static int call(struct state *s, int me)
{
    (void)me;
    return s->calls ? LOCK_TO_CALL : WAIT;
}

static int leave_line(struct state *s, int me)
{
    (void)me;
    s->pair_closed = broken == PAIR_FIRST;
    return NEXT;
}

static int say_closed(struct state *s, int me)
{
    s->open = 0;
    return walk_lock(&s->lock, me);
}

static int drop(struct state *s, int me)
{
    (void)me;
    for (int handle = FIRST; handle <= SECOND; handle++)
        if (take_out(s->posted, handle) || take_out(s->taken, handle))
            end_handle(s, handle);
    return NEXT;
}

static int close_pair(struct state *s, int me)
{
    (void)me;
    s->pair_closed = 1;
    return NEXT;
}

static const struct step loop[] = {
    {"(waits for a byte)", wait_for_byte},
    {"int err = read_bytes(wakeup, fd);\n"
     "pthread_mutex_lock(&wakeup->lock);",
     read_bytes},
    {"pthread_mutex_lock(&wakeup->lock);\n"
     "append_chain(&wakeup->taken, wakeup->posted);",
     lock},
    {"append_chain(&wakeup->taken, wakeup->posted);\n"
     "wakeup->posted = (struct eddy_chain){NULL, NULL};\n"
     "wakeup->told = false;",
     take},
    {"wakeup->told = false;", forget_told},
    {"pthread_mutex_unlock(&wakeup->lock);\n"
     "return err;",
     have_taken},
    {"pthread_mutex_lock(&wakeup->lock);\n"
     "handle = wakeup->taken.first;",
     lock},
    {"take_handle(&wakeup->taken, NULL, handle);\n"
     "if (wakeup->taken.first)",
     next_handle},
    {"pthread_mutex_unlock(&wakeup->lock);\n"
     "return handle ? handle : &wakeup->door;",
     unlock},
    {"(calls it)", call},
    {"eddy_handle_cancel(&wakeup->door);\n"
     "pthread_mutex_lock(&wakeup->lock);",
     leave_line},
    {"pthread_mutex_lock(&wakeup->lock);\n"
     "wakeup->open = false;",
     say_closed},
    {"count = drop_chain(&wakeup->posted) + drop_chain(&wakeup->taken);\n"
     "eddy_pair_close(",
     drop},
    {"eddy_pair_close(", close_pair},
    {"pthread_mutex_unlock(&wakeup->lock);\n"
     "return count;",
     unlock},
    {NULL, NULL}};

/* ---- All together ------------------------------------------------------------------------------ */

static void begin(struct state *s)
{
    s->open = 1;
    s->any_time = any_time;
    s->left[FIRST] = s->left[SECOND] = (signed char)posts;
}

/* (Where the list is taken first, what comes of it is to be seen.) */
static void check(const struct state *s)
{
    if (s->bytes > 1 && broken != LIST_THEN_BYTE)
        walk_wrong("a second byte is sent before the loop has looked");
}

static void end(const struct state *s)
{
    for (int handle = FIRST; handle <= SECOND; handle++)
        if (s->ended[handle] != s->accepted[handle])
            walk_wrong("a handle was accepted, and neither called nor dropped");
}

static const struct model model = {
    .sources = {"lib/03-callbacks/wakeup.c"},
    .size = sizeof(struct state),
    .begin = begin,
    .check = check,
    .end = end,
    .threads = {{"first", poster}, {"second", poster}, {"canceller", canceller}, {"loop", loop}}};

static void finds(enum broken how, bool closes_any_time, const char *wrong)
{
    broken = how;
    any_time = closes_any_time;
    walk_finds(&model, wrong);
}

int main(int argc, char *argv[])
{
    static const char asleep[] = "nobody can go on, and not all are at their ends";

    posts = walk_start(argc, argv) ? 5 : 2;
    CASE("the wake-up, in every order: what was posted is called once, or taken back")
        walk_holds(&model);
    CASE("the wake-up, closed at any moment: what was posted is called, or dropped") {
        any_time = true;
        walk_holds(&model);
    }
    CASE("the walker finds: the list is taken before the byte is read")
        finds(LIST_THEN_BYTE, false, asleep);
    CASE("the walker finds: `told` is reset without the lock")
        finds(TOLD_LATER, false, asleep);
    CASE("the walker finds: nobody notes that a byte is on its way")
        finds(NEVER_TOLD, false, "a second byte is sent before the loop has looked");
    CASE("the walker finds: the byte is sent without the lock, while the pair is closed")
        finds(SENT_LATER, true, "a byte is sent to a pair that is closed");
    CASE("the walker finds: a handle is put in the list without the lock")
        finds(POSTED_LATER, false, asleep);
    CASE("the walker finds: the pair is closed without the lock")
        finds(PAIR_FIRST, true, "a byte is sent to a pair that is closed");
    CASE("the walker finds: a handle that is called stays among those that wait")
        finds(CALLED_TWICE, false, "a handle is called more often than it was posted");
    CASE("the walker finds: who takes a handle back does not look among those that were taken")
        finds(TAKEN_NOT_SOUGHT, false, "a handle that waits cannot be taken back");
    return walk_end("waking");
}
