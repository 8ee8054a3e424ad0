/*
 * sweep - the library under a kernel that fails in every plausible way. A sweep program is a list
 * of scenarios: functions that use the library as a program would, clean up, and return 0 or the
 * error that the library gave.
 *
 *     static int listens(void) { ... }
 *
 *     SWEEP
 *     {
 *         SCENARIO("listens on localhost", listens);
 *     }
 *
 * Each scenario runs without faults, which must work, and then once for each fault (plausible.h) of
 * each call that it made, in a child process of its own. Always: no crash, no hang, nothing left
 * behind; and the scenario returns the injected error itself, or 0 where that error is absorbed by
 * design. So a missing check of a result fails here.
 *
 *     net           a sample: each call fails once, with one of its errors
 *     net --full    all
 *     EDDY_FAULTS=accept@1=EMFILE net 5    one fault in the fifth scenario
 */
#ifndef SWEEP_H
#define SWEEP_H

#include <stddef.h>

#define SWEEP                        \
    static void sweep_all(void);     \
    int main(int argc, char *argv[]) \
    {                                \
        sweep_start(argc, argv);     \
        sweep_all();                 \
        return sweep_end();          \
    }                                \
    static void sweep_all(void)

#define SCENARIO(sentence, function) sweep_scenario(sentence, function)

/* The same on one of the selectors, whose name comes after the sentence. */
#define SCENARIO_ON(selector, sentence, function) sweep_scenario_on(selector, sentence, function)

void sweep_start(int argc, char *argv[]);
int sweep_end(void);
void sweep_scenario(const char *sentence, int (*scenario)(void));
void sweep_scenario_on(const char *selector, const char *sentence, int (*scenario)(void));

/* A sample takes one scenario of `count`: those of which each comes `count` times, such as on each selector,
 * share the selectors between them. */
void sweep_one_of(int count);

/* From here on errors of `call` are nothing that a scenario would be told. */
void sweep_ignored(const char *call);

/* For a scenario to return: the library did something wrong, said in words. */
int sweep_wrong(const char *what);

/* The other side of a scenario. No faults here. */
int sweep_dial(int port);                     /* a blocking connection to 127.0.0.1, or -errno */
int sweep_pair(int fds[2]);                   /* two connected sockets: 0, or -errno */
int sweep_say(int fd, const char *text);      /* sends all of it */
int sweep_hear(int fd, const char *expected); /* receives exactly this */
int sweep_await(int fd);                      /* until it is readable, for at most a second */
void sweep_hang_up(int fd);

#endif
