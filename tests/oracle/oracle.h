/*
 * oracle - plays scenarios on eddy, and holds what they log against what asyncio logged.
 *
 * Beside NAME.c lie NAME.py, the same scenarios on asyncio; NAME.log, what they logged there; and,
 * if eddy does something else on purpose, NAME.differs, with the reason. A scenario is known by its
 * sentence.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "check.h"

struct scenario {
    void (*play)(void);
    const char *sentence;
};

/* One more line of the log. printf's format. */
void say(const char *format, ...) FORMAT(1);

/* Plays them all, each as a case of its own. `source` is the __FILE__ that they are in. */
void oracle_play(const struct scenario *scenarios, size_t count, const char *source);

#endif
