/*
 * What exercise 02.1 asks, asked of the real selectors. Each line it prints is a line of the
 * exercise's file, with the answer. All selectors must give the same one.
 */
#include "errors.h"
#include "selector.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct eddy_selector selector;
static int a[2], b[2]; /* two pairs of connected sockets: [0] is ours, [1] is the peer's */
static long answers[26];
static int line, differences;
static bool telling; /* the first selector's answers are told, the others' compared with them */

static void tell(const char *text, long answer)
{
    if (telling) {
        printf("%c. %-66s: %ld\n", 'a' + line, text, answer);
        answers[line] = answer;
    }
    differences += answers[line] != answer;
    line++;
}

/* The events of the only event of a wait that does not sleep; 0: there is none. */
static int events(void)
{
    struct eddy_event event;

    if (eddy_selector_wait(&selector, 0) != 1 || !eddy_selector_next(&selector, &event))
        return 0;
    return event.events;
}

static int watched_for(int fd)
{
    const struct eddy_selector_key *key = eddy_selector_get(&selector, fd);

    return key ? key->events : 0;
}

static void one_descriptor(void)
{
    char byte;

    eddy_selector_register(&selector, a[0], EDDY_READ | EDDY_WRITE, NULL);
    tell("watched for both, and nothing was sent. The event's events are", events());
    if (write(a[1], "x", 1) != 1)
        return;
    tell("the peer has sent a byte. The event's events are", events());
    tell("nobody has received it. The next wait returns", eddy_selector_wait(&selector, 0));
    eddy_selector_modify(&selector, a[0], EDDY_WRITE, NULL);
    tell("modified to EDDY_WRITE. The event's events are", events());
    if (read(a[0], &byte, 1) != 1)
        return;
    close(a[1]);
    eddy_selector_modify(&selector, a[0], EDDY_READ, NULL);
    tell("received; the peer closed; modified to EDDY_READ. The events are", events());
    eddy_selector_register(&selector, a[0], EDDY_WRITE, NULL);
    tell("registered once more, for EDDY_WRITE. It is watched for", watched_for(a[0]));
    eddy_selector_modify(&selector, a[0], 0, NULL);
    tell("modified to 0. It is watched for", watched_for(a[0]));
}

/* How many are told in all, when the handler of the first unregisters the other, and perhaps
 * registers it anew. */
static int told(bool anew)
{
    struct eddy_event event;
    int count = 0;

    eddy_selector_wait(&selector, 0);
    while (eddy_selector_next(&selector, &event)) {
        int other = event.fd == a[0] ? b[0] : a[0];
        count++;
        if (count > 1)
            continue;
        eddy_selector_unregister(&selector, other);
        if (anew)
            eddy_selector_register(&selector, other, EDDY_READ, NULL);
    }
    return count;
}

static void two_descriptors(void)
{
    int number = a[0];

    if (write(b[1], "x", 1) != 1)
        return;
    eddy_selector_register(&selector, a[0], EDDY_READ, NULL);
    eddy_selector_register(&selector, b[0], EDDY_READ, NULL);
    tell("the first one's handler unregisters the other. Events told in all", told(false));
    /* One of the two is registered now, and the other is not: whichever it was. */
    eddy_selector_register(&selector, a[0], EDDY_READ, NULL);
    eddy_selector_register(&selector, b[0], EDDY_READ, NULL);
    tell("... and registers it anew at once. Events told in all", told(true));
    close(a[0]);
    if (dup(b[1]) == number)
        tell("only closed; a new socket got its number. Registering it returns",
             eddy_selector_register(&selector, number, EDDY_READ, NULL));
}

int main(void)
{
    const char *name;

    alarm(10); /* a library that is being changed may hang */
    for (int i = 0; (name = eddy_selector_nth(i)) != NULL; i++) {
        telling = i == 0;
        line = 0;
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, a) < 0 ||
            socketpair(AF_UNIX, SOCK_STREAM, 0, b) < 0 || eddy_selector_open(&selector, name) < 0)
            return 1;
        one_descriptor();
        two_descriptors();
        eddy_selector_close(&selector);
        close(a[0]);
        close(b[0]);
        close(b[1]);
    }
    return line != 10 || differences > 0;
}
