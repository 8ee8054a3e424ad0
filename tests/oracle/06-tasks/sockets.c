/* sockets: what a task that receives does to the order of a turn. */
#include "players.h"

#include "net.h"
#include "until_complete.h"

#include <errno.h>
#include <sys/socket.h>

/* Two connected sockets; what is sent to the second is received from the first. */
struct pair {
    int ours, theirs;
    const char *text;
};

static struct pair *pair(const char *text)
{
    static struct pair pairs[2];
    static int count;
    struct pair *made = &pairs[count++];
    int fds[2];

    CHECK(count <= 2);
    open_pair(fds, "");
    CHECK_OK(eddy_net_prepare(fds[0]));
    *made = (struct pair){fds[0], fds[1], text};
    return made;
}

static void send_text(void *whom)
{
    struct pair *to = whom;

    CHECK_INT(send(to->theirs, to->text, 1, 0), 1);
}

/* An actor that watches a socket of its own. */
static struct actor *watcher(const char *name)
{
    struct actor *who = actor(name);
    int fds[2];

    open_pair(fds, "");
    who->fd = fds[0];
    who->left = fds[1];
    watch_reading(who);
    then(who, leave_reading, who);
    return who;
}

static void ring(void *whom)
{
    struct actor *who = whom;

    CHECK_INT(send(who->left, "x", 1, 0), 1);
}

/* One second from now it does both. */
static void at_once(void (*first)(void *whom), void *whom, void (*second)(void *whom), void *other)
{
    struct actor *timer = actor("timer");

    then(timer, first, whom);
    if (second)
        then(timer, second, other);
    later(timer, 1);
}

static void something_there(void)
{
    struct pair *p = pair("x");

    send_text(p);
    begin(role("a", RECEIVES(&p->ours), SAYS("a has x")));
    soon(actor("soon"));
    run();
}

static void one_receives(void)
{
    struct pair *p = pair("x");

    begin(role("a", RECEIVES(&p->ours), SAYS("a has x")));
    at_once(send_text, p, NULL, NULL);
    run();
}

static void two_receive(void)
{
    struct pair *first = pair("x"), *second = pair("y");

    begin(role("b", RECEIVES(&second->ours), SAYS("b has y")));
    begin(role("a", RECEIVES(&first->ours), SAYS("a has x")));
    at_once(send_text, second, send_text, first);
    run();
}

static void two_turns(void)
{
    struct pair *first = pair("x"), *second = pair("y");

    begin(role("a", RECEIVES(&first->ours), SAYS("a has x"), SLEEPS(0), SAYS("a goes on")));
    begin(role("b", RECEIVES(&second->ours), SAYS("b has y"), SLEEPS(0), SAYS("b goes on")));
    at_once(send_text, first, send_text, second);
    run();
}

static void soon_before(void)
{
    struct actor *r = watcher("r");
    struct pair *p = pair("x");

    then(r, soon, actor("soon"));
    begin(role("a", RECEIVES(&p->ours), SAYS("a has x")));
    at_once(ring, r, send_text, p);
    run();
}

static void soon_after(void)
{
    struct pair *p = pair("x");
    struct actor *r = watcher("r");

    then(r, soon, actor("soon"));
    begin(role("a", RECEIVES(&p->ours), SAYS("a has x")));
    at_once(ring, r, send_text, p);
    run();
}

static void soon_between(void)
{
    struct pair *first = pair("x"), *second;
    struct actor *r = watcher("r"), *timer = actor("timer");

    second = pair("y");
    then(r, soon, actor("soon"));
    begin(role("a", RECEIVES(&first->ours), SAYS("a has x")));
    begin(role("b", RECEIVES(&second->ours), SAYS("b has y")));
    then(timer, ring, r);
    then(timer, send_text, first);
    then(timer, send_text, second);
    later(timer, 1);
    run();
}

static void timer_due(void)
{
    struct pair *p = pair("x");

    begin(role("a", RECEIVES(&p->ours), SAYS("a has x")));
    at_once(send_text, p, set, actor("timer 2"));
    run();
}

static void queues_when_it_has(void)
{
    struct pair *p = pair("x");
    struct actor *r = watcher("r");

    begin(role("a", RECEIVES(&p->ours), SAYS("a has x"), DOES(ring, r), DOES(soon, actor("soon"))));
    at_once(send_text, p, NULL, NULL);
    run();
}

static void stopped_before(void)
{
    struct actor *r = watcher("r");
    struct pair *p = pair("x");

    then(r, stop, NULL);
    begin(role("a", RECEIVES(&p->ours), SAYS("a has x")));
    at_once(ring, r, send_text, p);
    run();
    run();
}

static void stopped_after(void)
{
    struct pair *p = pair("x");
    struct actor *r = watcher("r");

    then(r, stop, NULL);
    begin(role("a", RECEIVES(&p->ours), SAYS("a has x")));
    at_once(ring, r, send_text, p);
    run();
    run();
}

static void speak_and_ask(void *whom)
{
    say("asks");
    ask_to_end(whom);
}

static void cancelled_before(void)
{
    struct actor *r = watcher("r");
    struct pair *p = pair("x");
    struct role *a = role("a", RECEIVES(&p->ours), SAYS("a has x"));
    char left = 0;

    then(r, speak_and_ask, a);
    begin(a);
    at_once(ring, r, send_text, p);
    run();
    CHECK_INT(recv(p->ours, &left, 1, 0), 1);
    say("left: %c", left);
}

static void cancelled_after(void)
{
    struct pair *p = pair("x");
    struct actor *r = watcher("r");
    struct role *a = role("a", RECEIVES(&p->ours), SAYS("a has x"));

    then(r, speak_and_ask, a);
    begin(a);
    at_once(ring, r, send_text, p);
    run();
}

static void completes(void)
{
    struct pair *p = pair("x");
    struct role *a = role("a", RECEIVES(&p->ours), SAYS("a has x"));

    a->untold = true;
    begin(a);
    at_once(send_text, p, NULL, NULL);
    CHECK_OK(eddy_loop_run_until_complete(&loop, ending(a)));
    say("complete");
}

static const struct scenario scenarios[] = {
    {something_there, "what is there is received without a turn"},
    {one_receives, "one task receives, and nothing else is in line"},
    {two_receive, "two tasks receive at once: they go on in the order of their events"},
    {two_turns, "two tasks receive at once, and go on to sleep 0: they take turns"},
    {soon_before, "what is queued before the event is called before the task that receives"},
    {soon_after, "what is queued after the event is called after the task that receives"},
    {soon_between, "what is queued between two events is called between the two that receive"},
    {timer_due, "a timer that is due in the turn of the event comes before the task that receives"},
    {queues_when_it_has,
     "who has received queues a callback, while another event comes: the event is second"},
    {stopped_before, "a stop before the event: the task that receives goes on in the next run"},
    {stopped_after, "a stop after the event, in one batch with it"},
    {cancelled_before, "a cancel before the event, in one batch with it: nothing is received"},
    {cancelled_after, "a cancel after the event, in one batch with it"},
    {completes, "the task that the run is for receives: the run ends with it"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
